"""Rows of trials, pagers and dates: documents in, texts out, so that templates only print."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext, ngettext

from apps.core.dates import PartialDate
from apps.core.languages import RegistryText, day_words, in_language, month_words
from apps.search.models import StudyDocument
from apps.search.snippets import Snippet
from apps.vocabulary.card_words import value_words
from apps.vocabulary.cards import FIELD_BY_SLUG
from apps.vocabulary.countries import country_name
from apps.vocabulary.statuses import label_for, phases_label, tone_for
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG, SCOPE_BY_SLUG
from apps.web.presenters.trial_fresh import row_remark
from apps.web.presenters.words import old_though_open

_GIVEN_NAMES, _GIVEN_CHARACTERS = 4, 180
_COUNTRIES = 3

# What a row tells of the card, by the kinds of cell. Of a trial of both kinds only what belongs to one of them alone:
# its own page tells the rest of each apart.
_SHORT_CARDS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    (): ("source", "donor", "route"),
    ("msc",): ("source", "donor", "route", "dose"),
    ("hsc",): ("source", "donor", "conditioning"),
    ("hsc", "msc"): ("dose", "conditioning"),
}
_CARD_VALUES = 3


@dataclass(slots=True)
class Row:
    """One trial in a list, every text ready to print.

    `old`: an open trial whose record nobody has updated for long. `card`: names of the card's fields with their values.
    `snippets`: where the words of a search stand. `then`: what is told of a row that is not the present one.
    `more`: how many names of what is given are left out.
    """

    nct_id: str
    href: str
    title: str
    status: str
    tone: str
    kinds: list[tuple[str, str]]
    diseases: str
    given: str
    phase: str
    people: str
    where: str
    changed: str
    remark: str
    old: bool = False
    card: Sequence[tuple[str, str]] = ()
    snippets: Sequence[Snippet] = ()
    then: str = ""
    more: str = ""


def rows_of(
    documents: Iterable[StudyDocument],
    snippets: Mapping[str, Sequence[Snippet]] = MappingProxyType({}),
    day: dt.date | None = None,
) -> list[Row]:
    """Texts are kept by language from one list to the next (`lru_cache`): most of them come again and again.

    `snippets` by NCT id: where the words of a search stand. `day` is the one on which the documents stood, None now.
    """
    language = get_language() or "en"
    today = day or timezone.now().date()
    then = gettext("its page shows the present") if day else ""
    return [_row(document, language, today, snippets.get(document.nct_id, ()), then) for document in documents]


def _row(document: StudyDocument, language: str, today: dt.date, snippets: Sequence[Snippet], then: str) -> Row:
    changed, age = _changed(
        language, document.last_update_posted, document.overall_status, document.primary_completion_date, today
    )
    names, more = _given(language, tuple(document.interventions))
    return Row(
        nct_id=document.nct_id,
        href=in_language(f"/trials/{document.nct_id}/"),
        title=RegistryText(document.title) or gettext("(the record has no title)"),
        status=_status(language, document.overall_status, document.registry_state == "gone"),
        tone=tone_for(document.overall_status) if document.registry_state != "gone" else "quiet",
        kinds=[(slug, CELL_TYPE_BY_SLUG[slug].short) for slug in document.cell_types if slug in CELL_TYPE_BY_SLUG],
        diseases=_diseases(language, tuple(document.diseases)),
        given=names,
        more=more,
        phase=_phase(language, tuple(document.phases), document.study_type),
        people=_people(language, document.enrollment, document.enrollment_type),
        where=_where(language, document.location_count, tuple(document.countries)),
        changed=changed,
        remark=_remark(document),
        old=bool(age),
        card=_card(language, document),
        snippets=snippets,
        then=then,
    )


def _card(language: str, document: StudyDocument) -> tuple[tuple[str, str], ...]:
    fields = _SHORT_CARDS.get(tuple(document.cell_types), ())
    return tuple(
        _card_words(language, slug, tuple(document.card[slug]), slug in document.doubts)
        for slug in fields
        if slug in document.card
    )


@lru_cache(maxsize=4096)
def _card_words(language: str, slug: str, values: tuple[str, ...], doubtful: bool) -> tuple[str, str]:
    """A field's name and its first values in words."""
    words = ", ".join(value_words(slug, value) for value in values[:_CARD_VALUES])
    if (more := len(values) - _CARD_VALUES) > 0:
        words += " " + ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more}
    return str(FIELD_BY_SLUG[slug].name), gettext("%(words)s, doubtful") % {"words": words} if doubtful else words


@lru_cache(maxsize=256)
def _status(language: str, word: str, gone: bool) -> str:
    status = str(label_for("status", word)) or gettext("Status not stated")
    return gettext("Was: %(status)s") % {"status": status} if gone else status


@lru_cache(maxsize=256)
def _diseases(language: str, slugs: tuple[str, ...]) -> str:
    return ", ".join(str(DISEASE_BY_SLUG[slug].name) for slug in slugs if slug in DISEASE_BY_SLUG)


@lru_cache(maxsize=256)
def _phase(language: str, phases: tuple[str, ...], study_type: str) -> str:
    return phases_label(phases) or str(label_for("study_type", study_type)) or gettext("Phase not stated")


@lru_cache(maxsize=4096)
def _given(language: str, interventions: tuple[str, ...]) -> tuple[str, str]:
    return given(interventions)


def given(interventions: Sequence[str]) -> tuple[str, str]:
    """The names of what is given, the first few of a long list, and how many more there are."""
    if not interventions:
        return gettext("The record names no intervention."), ""
    text = RegistryText(Truncator(", ".join(interventions[:_GIVEN_NAMES])).chars(_GIVEN_CHARACTERS))
    more = len(interventions) - _GIVEN_NAMES
    return text, ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more} if more > 0 else ""


@lru_cache(maxsize=4096)
def _people(language: str, count: int | None, kind: str) -> str:
    return people(count, kind)


def people(count: int | None, kind: str) -> str:
    """ "24 people", "24 people planned"; a number that the registry does not know is said to be so."""
    if count is None:
        return gettext("Number of people not stated")
    shown = number_format(count, use_l10n=True, force_grouping=True)
    if kind == "ESTIMATED":
        return ngettext("%(n)s person planned", "%(n)s people planned", count) % {"n": shown}
    return ngettext("%(n)s person", "%(n)s people", count) % {"n": shown}


@lru_cache(maxsize=4096)
def _where(language: str, places: int, countries: tuple[str, ...]) -> str:
    return where(places, countries)


def where(places: int, countries: Sequence[str]) -> str:
    """ "12 places in Germany, Italy, Spain and 2 more countries"."""
    names = [country_name(code) for code in countries[:_COUNTRIES]]
    if not names and not places:
        return gettext("Place not stated")
    text = ngettext("%(n)s place", "%(n)s places", places) % {"n": places} if places else ""
    if names:
        text = (text + " " if text else "") + gettext("in %(countries)s") % {"countries": ", ".join(names)}
        if (more := len(countries) - _COUNTRIES) > 0:
            text += " " + ngettext("and %(n)s more country", "and %(n)s more countries", more) % {"n": more}
    return text


def _remark(document: StudyDocument) -> str:
    if document.registry_state == "gone":
        return gettext("No longer in the registry")
    if document.registry_state == "left":
        return gettext("No longer found by our searches")
    if document.scope != "in_scope" and document.scope in SCOPE_BY_SLUG:
        return str(SCOPE_BY_SLUG[document.scope].name)
    return ""


@lru_cache(maxsize=4096)
def _changed(language: str, raw: str, status: str, main_end: str, today: dt.date) -> tuple[str, str]:
    """When the record last changed, and why its status may no longer hold: how long ago that is, or a day that passed.

    Without such a reason the second text is empty.
    """
    remark = row_remark(status, main_end, today)
    if not raw:
        told = gettext("Last change not stated")
        return (f"{told}; {remark}" if remark else told), remark
    told = gettext("changed %(date)s") % {"date": partial_date(raw)}
    try:
        age = old_though_open(status, PartialDate.parse(raw), today)
    except ValueError:
        age = ""
    told = f"{told}, {age}" if age else told
    return (f"{told}; {remark}" if remark else told), age or remark


def partial_date(raw: str) -> str:
    """A registry date in words with its own precision: "3 May 2026", "May 2026", "2026"; other texts as they are."""
    try:
        date = PartialDate.parse(raw)
    except ValueError:
        return raw or gettext("not stated")
    words = {"year": lambda day: str(day.year), "month": month_words, "day": day_words}
    return words[date.precision](date.earliest)


@dataclass(slots=True)
class Pager:
    """Links to the other pages of a list. `pages`: (number, href); no href is this page, no number a gap."""

    previous: str
    next: str
    pages: list[tuple[int | None, str]]


def pager(page: int, pages: int, link: Callable[[int], str]) -> Pager:
    """The first, the last, this page and its neighbours; `link` gives the address of a page."""
    shown = sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
    numbered: list[tuple[int | None, str]] = []
    before = 0
    for number in shown:
        if number - before == 2:
            numbered.append((number - 1, link(number - 1)))
        elif number - before > 2:
            numbered.append((None, ""))
        numbered.append((number, "" if number == page else link(number)))
        before = number
    return Pager(
        previous=link(page - 1) if page > 1 else "",
        next=link(page + 1) if page < pages else "",
        pages=numbered,
    )
