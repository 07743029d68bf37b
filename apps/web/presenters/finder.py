"""What the finder says of a trial: how far its sites are, and what its limits are to a person who asks."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.search.finder import Site, Sites
from apps.search.models import StudyDocument
from apps.vocabulary.card_words import of_group
from apps.vocabulary.cards import FIELDS
from apps.vocabulary.countries import country_name
from apps.vocabulary.gate_fit import ASK, DOES_NOT_FIT, Fit, Time, age_fit, duration_fit, of_several, sex_fit
from apps.vocabulary.gate_lines import gate_lines
from apps.vocabulary.statuses import STATUS_BY_WORD, label_for
from apps.web.presenters.trial_evidence import LabelLike, Quotation, quoted
from apps.web.presenters.words import ONLY_WATCHES

KILOMETRES_IN_A_MILE = 1.609344
# Of distances below this, in either unit, no number is told: positions are centres of towns.
_CLOSE = {"km": 5, "mi": 3}
_FINE = 100

GATES = tuple(field for field in FIELDS if field.group == "gates")
# What a person can be asked in a form; the other limits are for a doctor to look at.
ASKED = ("age", "sex", "duration")

NOT_STATED = "not-stated"
# Open once, and confirmed by nobody for more than two years.
NOT_CONFIRMED = "UNKNOWN"
FIT_WORDS: Mapping[str, Promise] = {
    "fits": gettext_lazy("fits what you typed"),
    "does-not-fit": gettext_lazy("does not fit what you typed"),
    "ask": gettext_lazy("ask the trial's team"),
    NOT_STATED: gettext_lazy("not stated"),
}

_AT_A_SITE: Mapping[str, Promise] = {
    "": gettext_lazy("the record does not say if it takes people now"),
    "RECRUITING": gettext_lazy("recruiting at that site"),
    "NOT_YET_RECRUITING": gettext_lazy("not yet recruiting at that site"),
    "ENROLLING_BY_INVITATION": gettext_lazy("by invitation only at that site"),
    "ACTIVE_NOT_RECRUITING": gettext_lazy("takes no more people at that site"),
    "COMPLETED": gettext_lazy("finished at that site"),
    "SUSPENDED": gettext_lazy("paused at that site"),
    "TERMINATED": gettext_lazy("stopped early at that site"),
    "WITHDRAWN": gettext_lazy("withdrawn at that site"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """What was typed; None and "" where a question was skipped."""

    age: int | None = None
    sex: str = ""
    since: Time | None = None

    def told(self, slug: str) -> bool:
        return {"age": self.age is not None, "sex": bool(self.sex), "duration": self.since is not None}.get(slug, False)


@dataclass(frozen=True, slots=True)
class Gate:
    """A limit in words, what it is to the person ("" where nothing was typed to hold against it), and its sentences."""

    slug: str
    name: str
    words: str
    fit: str
    quotations: Sequence[Quotation] = ()
    doubtful: bool = False

    @property
    def fit_words(self) -> str:
        return str(FIT_WORDS[self.fit]) if self.fit else ""


# Distances


def distance_number(km: float, unit: str) -> int:
    """A distance as it is shown: whole under a hundred, tens above; 0 where it is close."""
    length = km / KILOMETRES_IN_A_MILE if unit == "mi" else km
    if length < _CLOSE[unit]:
        return 0
    return round(length) if length < _FINE else round(length / 10) * 10


def distance_words(km: float, unit: str) -> str:
    """ "about 42 km", "about 1,240 miles", "less than 5 km"."""
    number = distance_number(km, unit)
    if not number:
        return _("less than 3 miles") if unit == "mi" else _("less than 5 km")
    shown = number_format(number, use_l10n=True, force_grouping=True)
    return (_("about %(n)s miles") if unit == "mi" else _("about %(n)s km")) % {"n": shown}


def length_words(length: float, unit: str) -> str:
    """A radius as it was typed: "100 km", "62.5 miles"."""
    shown = number_format(round(length, 2) if length % 1 else int(length), use_l10n=True, force_grouping=True)
    return (_("%(n)s miles") if unit == "mi" else _("%(n)s km")) % {"n": shown}


def site_place(site: Site) -> str:
    """City and country; "" where the record names neither."""
    return ", ".join(part for part in (site.city, country_name(site.country) if site.country else "") if part)


def site_status(site: Site, *, confirmed: bool = True) -> str:
    """`confirmed` is false where nobody has looked at the trial's record for long."""
    if site.status == "RECRUITING" and not confirmed:
        return _("said to recruit when the record was last confirmed")
    if site.status in _AT_A_SITE:
        return str(_AT_A_SITE[site.status])
    return _("%(status)s at that site") % {"status": label_for("status", site.status)}


def sites_words(sites: Sites, unit: str, *, confirmed: bool = True) -> list[str]:
    """The sentences on the sites of a trial, from where someone is."""
    if not sites.total:
        return [_("The record names no site.")]
    counted = ngettext("%(n)s site", "%(n)s sites", sites.total) % {"n": sites.total}
    if sites.unplaced_total and not sites.near:
        words = [_("%(sites)s, none known to be near you.") % {"sites": counted}]
    else:
        words = [_("%(sites)s, %(n)s near you.") % {"sites": counted, "n": sites.near if sites.near else _("none")}]
    if sites.nearest and sites.nearest.km is not None:
        words.append(_("Nearest: %(site)s.") % {"site": _site_words(sites.nearest, unit, confirmed)})
        recruiting = sites.nearest_recruiting
        if recruiting and sites.nearest.status != "RECRUITING":
            words.append(_("Nearest that recruits: %(site)s.") % {"site": _site_words(recruiting, unit, confirmed)})
    if sites.unplaced_total:
        words.append(_unplaced_words(sites))
    return words


def _site_words(site: Site, unit: str, confirmed: bool) -> str:
    words = [distance_words(site.km or 0, unit), site_place(site), site_status(site, confirmed=confirmed)]
    if site.placed == "gazetteer":
        words.append(_("placed by its city's name"))
    if site.placed == "curator":
        words.append(_("placed by a curator of this site"))
    return ", ".join(words)


def _unplaced_words(sites: Sites) -> str:
    names = list(dict.fromkeys(site_place(site) or _("no town named") for site in sites.unplaced))
    told = "; ".join(names)
    if sites.unplaced_total > len(sites.unplaced):
        told = _("%(places)s; and others") % {"places": told}
    number = {"n": sites.unplaced_total, "places": told}
    return (
        ngettext(
            "%(n)s site could not be placed on the map: %(places)s.",
            "%(n)s sites could not be placed on the map: %(places)s.",
            sites.unplaced_total,
        )
        % number
    )


def status_words(document: StudyDocument) -> str:
    """What a status means, where its own word does not say that people can join; and that a study only watches."""
    known = STATUS_BY_WORD.get(document.overall_status)
    told = [str(known.explanation)] if known and known.word != "RECRUITING" else []
    if document.study_type == "OBSERVATIONAL":
        told.append(str(ONLY_WATCHES))
    return " ".join(told)


# Limits


def fit_of(
    slug: str,
    values: Sequence[str],
    person: Person,
    since: Mapping[str, str],
    *,
    doubtful: bool,
    of_groups: Container[str] = (),
) -> str:
    """What the values of a field are to the person: a `Fit`, "not-stated", or "" where nothing was typed.

    `since` tells of each duration from what the record counts it. `of_groups` are the values that are limits of one
    group of the trial: whether the person would be in it is to be asked.
    """
    if not person.told(slug):
        return ""
    if not values:
        return NOT_STATED
    fits = (ASK if value in of_groups else _fit(slug, value, person, since.get(value, "")) for value in values)
    return of_several(fits, doubtful=doubtful)


def _fit(slug: str, value: str, person: Person, since: str) -> Fit:
    if slug == "age" and person.age is not None:
        return age_fit(value, person.age)
    if slug == "sex":
        return sex_fit(value, person.sex)
    assert person.since is not None
    return duration_fit(value, person.since, since)


def fits_of(document: StudyDocument, person: Person, durations: Iterable[LabelLike]) -> dict[str, str]:
    """What each limit that can be asked in a form is to the person."""
    told = list(durations)
    since = {label.value: str((label.detail or {}).get("since", "")) for label in told}
    groups = {"duration": {label.value for label in told if of_group(label.detail)}}
    doubts = set(document.doubts)
    return {
        slug: fit_of(
            slug,
            document.card.get(slug, ()),
            person,
            since,
            doubtful=slug in doubts,
            of_groups=groups.get(slug, ()),
        )
        for slug in ASKED
    }


def keeps_out(fits: Mapping[str, str]) -> bool:
    return DOES_NOT_FIT in fits.values()


def gates_of(document: StudyDocument, fits: Mapping[str, str], labels: Iterable[LabelLike]) -> list[Gate]:
    """The limits of a trial in the order of its card, each with the sentence that it was read from."""
    kept: dict[tuple[str, str], list[LabelLike]] = {}
    for label in labels:
        kept.setdefault((label.scheme, label.value), []).append(label)
    gates = []
    for field in GATES:
        fit = fits.get(field.slug, "")
        values = document.card.get(field.slug, ())
        told = {value: kept.get((field.slug, value), []) for value in values}
        details = {value: next((one.detail for one in those if one.detail), None) for value, those in told.items()}
        for words, alike in gate_lines(field.slug, list(told), details):
            quotations = [
                quoted(item) for value in alike for label in told[value] for item in label.evidence if item["quote"]
            ]
            gates.append(Gate(field.slug, str(field.name), words, fit, quotations, field.slug in document.doubts))
        if not values and field.slug in ASKED:
            gates.append(Gate(field.slug, str(field.name), str(field.name), NOT_STATED))
    return gates
