"""Facts of published trials, one by one: the columns of the table and the rows of the comparison.

In the order in which people ask. What belongs to one of the two kinds of cell alone says so, and is told of no trial of
the other kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from apps.search.models import StudyDocument
from apps.vocabulary.card_words import Detail, value_words
from apps.vocabulary.cards import FIELDS
from apps.vocabulary.countries import country_name
from apps.vocabulary.gate_lines import gate_lines
from apps.vocabulary.statuses import label_for, phases_label
from apps.vocabulary.study_values import FDA_REGULATED, PUBLICATIONS, REGISTRATIONS, WHO_MASKED, fda_regulated
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG
from apps.web.presenters.words import date_words, number

Words = Callable[[StudyDocument], Iterable[str]]


# Facts whose values are words of the record itself.
REGISTRYS_OWN = frozenset({"given", "acronym", "conditions", "sponsor"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One question. `words` answers it with texts, none where the record states nothing; `kind` is msc, hsc or "".

    `of_cells`: where a trial gives both kinds of cell, the answer would mix them.
    """

    slug: str
    name: Promise | str
    group: str
    words: Words
    kind: str = ""
    of_cells: bool = False
    sort: str = ""
    number: bool = False

    @property
    def own(self) -> bool:
        """Whether its values are words of the record itself."""
        return self.slug in REGISTRYS_OWN


@dataclass(frozen=True, slots=True)
class Answer:
    """What a trial's record says to a fact. Without `values` it says nothing, or `remark` says why it is not told."""

    values: tuple[str, ...]
    remark: str = ""
    doubtful: bool = False

    @property
    def text(self) -> str:
        words = ", ".join(self.values)
        return gettext("%(words)s, doubtful") % {"words": words} if words and self.doubtful else words


Details = Mapping[str, Mapping[str, Detail | None]]
_NO_DETAILS: Details = {}

GROUPS: Mapping[str, Promise] = {
    "what": _("What the trial is"),
    "product": _("Cells and how they are given"),
    "msc": _("MSC: product and dose"),
    "hsc": _("HSC: the transplant"),
    "who": _("Who can join"),
    "where": _("Where"),
    "when": _("Status and dates"),
    "design": _("Design and comparison"),
    "outcomes": _("What is measured, and results"),
    "sponsor": _("Sponsor and oversight"),
}


def answer(fact: Fact, document: StudyDocument, details: Details = _NO_DETAILS) -> Answer:
    """What a trial's record says to a fact, the two kinds of cell kept apart.

    `details` are those of the trial's labels by field and value. With them limits that stand for each other are one
    value, and what holds for one group names it.
    """
    kinds = [kind for kind in document.cell_types if kind in CELL_TYPE_BY_SLUG]
    if fact.kind and kinds and fact.kind not in kinds:
        return Answer((), gettext("Not asked of %(kind)s") % {"kind": CELL_TYPE_BY_SLUG[kinds[0]].short})
    if fact.of_cells and len(kinds) > 1:
        return Answer((), gettext("Of two kinds of cell: see its page"))
    doubtful = fact.slug in document.doubts
    if fact.slug in details:
        lines = gate_lines(fact.slug, document.card.get(fact.slug, ()), details[fact.slug], value_words)
        return Answer(tuple(line.words for line in lines), doubtful=doubtful)
    return Answer(tuple(word for word in fact.words(document) if word), doubtful=doubtful)


def _one(words: Callable[[StudyDocument], str]) -> Words:
    return lambda document: (words(document),)


# A table asks for thousands of dates and words, most of them again and again: each is put into words once.
@lru_cache(maxsize=8192)
def _date_words(language: str | None, raw: str) -> str:
    return date_words(raw)


@lru_cache(maxsize=2048)
def _label_words(language: str | None, kind: str, word: str) -> str:
    return str(label_for(kind, word))


def _date(column: str) -> Words:
    return lambda document: (_date_words(get_language(), getattr(document, column)),)


def _label(kind: str, column: str) -> Words:
    return lambda document: (_label_words(get_language(), kind, getattr(document, column)),)


def _status(document: StudyDocument) -> str:
    status = str(label_for("status", document.overall_status))
    return gettext("Was: %(status)s") % {"status": status} if document.registry_state == "gone" and status else status


def _people(document: StudyDocument) -> str:
    count = number(document.enrollment)
    return gettext("%(n)s planned") % {"n": count} if count and document.enrollment_type == "ESTIMATED" else count


def _kinds(document: StudyDocument) -> Iterable[str]:
    return (CELL_TYPE_BY_SLUG[slug].short for slug in document.cell_types if slug in CELL_TYPE_BY_SLUG)


def _diseases(document: StudyDocument) -> Iterable[str]:
    return (str(DISEASE_BY_SLUG[slug].name) for slug in document.diseases if slug in DISEASE_BY_SLUG)


def _who_masked(document: StudyDocument) -> Iterable[str]:
    return (str(WHO_MASKED.get(word, label_for("who_masked", word))) for word in document.who_masked)


def _fda(document: StudyDocument) -> Iterable[str]:
    words = fda_regulated(document.fda_drug, document.fda_device)
    return (str(FDA_REGULATED[word]) for word in words if word != "not-stated")


def _posted(document: StudyDocument) -> str:
    return gettext("Results posted") if document.has_results else gettext("No results posted")


@lru_cache(maxsize=8192)
def _card_value(language: str | None, slug: str, value: str) -> str:
    return value_words(slug, value)


def _card(slug: str) -> Words:
    return lambda document: (_card_value(get_language(), slug, value) for value in document.card.get(slug, ()))


_GROUP_OF_CARD = {"product": "product", "transplant": "hsc", "design": "design", "gates": "who", "outcomes": "outcomes"}


def _of_card(part: str, kind: str) -> Iterable[Fact]:
    """Facts of the card's fields of one part; of `kind` alone ("both": those that the two kinds share)."""
    for field in FIELDS:
        if field.group == part and field.card == kind:
            group = _GROUP_OF_CARD[part] if kind == "both" else kind
            of_kind = "" if kind == "both" else kind
            shared = kind == "both" and part == "product"
            yield Fact(field.slug, field.name, group, _card(field.slug), of_kind, of_cells=shared)


def _facts() -> Iterable[Fact]:
    yield Fact("kind", _("Kind of cell"), "what", _kinds)
    yield Fact("disease", _("Disease"), "what", _diseases)
    yield Fact("given", _("What is given"), "what", lambda document: document.interventions)
    yield Fact("phase", _("Phase"), "what", _one(lambda document: phases_label(document.phases)))
    yield Fact("study_type", _("Study type"), "what", _label("study_type", "study_type"))
    yield Fact("acronym", _("Acronym"), "what", _one(lambda document: document.acronym))
    yield Fact("conditions", _("Conditions in the record"), "what", lambda document: document.conditions)
    yield from _of_card("product", "both")
    yield from _of_card("product", "msc")
    yield from _of_card("transplant", "hsc")
    yield from _of_card("gates", "both")
    yield Fact("age_groups", _("Age groups"), "who", _labels("standard_age", "age_groups"))
    yield Fact("country", _("Countries"), "where", lambda document: map(country_name, document.countries))
    yield Fact("places", _("Places"), "where", _one(lambda document: number(document.location_count)), number=True)
    yield Fact("status", _("Status"), "when", _one(_status))
    yield Fact("start", _("Start"), "when", _date("start_date"), sort="-start_date")
    yield Fact("completion", _("Last measurement for the main outcome"), "when", _date("primary_completion_date"))
    yield Fact("first_submitted", _("First sent to the registry"), "when", _date("first_submitted"))
    yield Fact("registration", _("Time of registration"), "when", _one(_registration))
    yield Fact("first_posted", _("First posted"), "when", _date("first_posted"), sort="-first_posted")
    yield Fact("updated", _("Last update"), "when", _date("last_update_posted"), sort="-last_update_posted")
    yield Fact("people", _("People"), "design", _one(_people), sort="-enrollment", number=True)
    yield Fact("allocation", _("Allocation"), "design", _label("allocation", "allocation"))
    yield Fact("masking", _("Masking"), "design", _label("masking", "masking"))
    yield Fact("who_masked", _("Who is masked"), "design", _who_masked)
    yield from _of_card("design", "both")
    yield from _of_card("outcomes", "both")
    yield Fact("results", _("Results"), "outcomes", _one(_posted))
    yield Fact("publication", _("Publications"), "outcomes", lambda d: (str(PUBLICATIONS[w]) for w in d.publications))
    yield Fact("sponsor", _("Lead sponsor"), "sponsor", _one(lambda document: document.sponsor))
    yield Fact("sponsor_class", _("Kind of sponsor"), "sponsor", _label("sponsor_class", "sponsor_class"))
    yield Fact("fda_regulated", _("Regulated by the FDA"), "sponsor", _fda)


def _labels(kind: str, column: str) -> Words:
    return lambda document: (str(label_for(kind, word)) for word in getattr(document, column))


def _registration(document: StudyDocument) -> str:
    return str(REGISTRATIONS.get(document.registration, ""))


FACTS: tuple[Fact, ...] = tuple(_facts())
FACT_BY_SLUG: Mapping[str, Fact] = {fact.slug: fact for fact in FACTS}
DEFAULT_COLUMNS: tuple[str, ...] = tuple(
    slug
    for slug in FACT_BY_SLUG
    if slug in {"kind", "disease", "phase", "source", "donor", "country", "status", "start", "updated", "people"}
)


def by_group(facts: Sequence[Fact] = FACTS) -> list[tuple[str, Promise, list[Fact]]]:
    """Slug, name and facts of each group that has any."""
    grouped = {slug: [fact for fact in facts if fact.group == slug] for slug in GROUPS}
    return [(slug, GROUPS[slug], found) for slug, found in grouped.items() if found]
