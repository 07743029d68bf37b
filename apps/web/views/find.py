"""The finder: trials that a person may ask to join, by what was typed, the nearest first.

What was typed stands in the address and nowhere else: the answer is for this one browser, no cache keeps it, no log
line names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.core.languages import in_language
from apps.curation.selectors import published_labels
from apps.search.finder import CLOSED, NO_SITES, Found, Sites, countries_with_studies, studies_to_join
from apps.search.models import StudyDocument
from apps.search.query import clean_text
from apps.search.selectors import dataset_version
from apps.vocabulary.countries import country_name
from apps.vocabulary.places import Place, larger_town_near, looks_like_a_postcode, places_meant, told, written
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, CELL_TYPES, DISEASE_BY_SLUG, DISEASES
from apps.web.forms import SEXES, FindForm
from apps.web.middleware import PERMISSIONS_WITH_PLACE
from apps.web.presenters.finder import (
    ASKED,
    GATES,
    NOT_CONFIRMED,
    Gate,
    Person,
    distance_number,
    distance_words,
    fits_of,
    gates_of,
    keeps_out,
    length_words,
    sites_words,
    status_words,
)
from apps.web.views.rows import Row, rows_of
from apps.web.views.site import asked_as

PARAMETERS = ("disease", "age", "sex", "since", "kind", "country", "near", "lat", "lon", "radius", "unit")
# So many trials of a group are shown before a reader asks for all of them, and then so many.
_SHOWN, _MOST_SHOWN = 12, 200
_GROUPS: Mapping[tuple[str, ...], Promise | str] = {
    ("msc",): CELL_TYPE_BY_SLUG["msc"].name,
    ("hsc",): CELL_TYPE_BY_SLUG["hsc"].name,
    ("hsc", "msc"): _("Trials that give both"),
    (): _("Kind of cell not known"),
}
_OPEN = ("RECRUITING", "AVAILABLE"), ("NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several places of a name, with the address that means it."""

    name: str
    beside: str
    href: str


@dataclass(slots=True)
class Where:
    """What was made of the place. `choices` are asked back; `problem` says why there is none.

    `without` is the address without a place.
    """

    point: tuple[float, float] | None = None
    name: str = ""
    text: str = ""
    choices: list[Choice] = field(default_factory=list)
    problem: str = ""
    without: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial in the results. `band` is the heading above it where it is the first under that heading.

    `others` names the limits that nothing was typed for. `level` is that of the trial's own heading.
    """

    row: Row
    status: str
    place: Sequence[str]
    asked: Sequence[Gate]
    others: Sequence[str]
    gates: Sequence[Gate]
    level: int
    band: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Trials of one kind of cell: those that what was typed leaves open, and those whose record says otherwise."""

    slug: str
    name: str
    short: str
    count: str
    trials: Sequence[Trial]
    unfit: Sequence[Trial]
    unfit_count: int
    all_href: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    document: StudyDocument
    sites: Sites
    fits: Mapping[str, str]
    band: int
    key: tuple[int, int, float, int]

    @property
    def out(self) -> bool:
        return keeps_out(self.fits)


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    asked = any(name in request.GET for name in PARAMETERS)
    form = FindForm(request.GET)
    form.is_valid()
    version = dataset_version()
    where = _where(form) if asked else Where()
    if where.problem:
        form.add_error("near", where.problem)
    context: dict[str, Any] = {
        "section": "find",
        "form": form,
        "asked": asked,
        "where": where,
        "diseases": [(item.slug, f"{item.name} ({item.abbreviation})") for item in DISEASES],
        "kinds": CELL_TYPES,
        "countries": _countries(version, form.cleaned_data.get("country") or ""),
        "problems": _problems(form) if asked else [],
        "hereabouts": _hereabouts(form),
        "start": in_language("/find/"),
    }
    if asked and not where.choices:
        context |= _results(request, form, where, version)
    # Nothing of a place beyond what we use of it goes back into the page.
    asked_as(request, _address(form).partition("?")[2] if asked else "")
    page = render(request, "web/find.html", context)
    page.headers["Cache-Control"] = "private, no-store"
    page.headers["X-Robots-Tag"] = "noindex"
    page.headers["Permissions-Policy"] = PERMISSIONS_WITH_PLACE
    return page


def _countries(version: int, asked: str) -> list[tuple[str, str]]:
    codes = {*countries_with_studies(version), *([asked] if asked else [])}
    return sorted(((code, country_name(code)) for code in codes), key=lambda item: item[1])


def _problems(form: FindForm) -> list[tuple[str, str]]:
    """The field and the sentence of everything that could not be read, in the order of the form."""
    return [(name, str(errors[0])) for name in form.fields if (errors := form.errors.get(name))]


def _hereabouts(form: FindForm) -> str:
    """The browser's own place in words, where it counts."""
    if not form.point or form.cleaned_data.get("near"):
        return ""
    lat, lon = (number_format(number, 1) for number in form.point)
    return gettext("around %(lat)s, %(lon)s") % {"lat": lat, "lon": lon}


# The place


def _where(form: FindForm) -> Where:
    """A town that was typed goes before what the browser says."""
    text = form.cleaned_data.get("near")
    if not text:
        name = gettext("where your device says that you are") if form.point else ""
        return Where(form.point, name)
    places = _inside(places_meant(text), form.cleaned_data.get("country") or "")
    if not places:
        return Where(problem=_unknown(text))
    # A number may be a postcode of many countries.
    unclear = len(places) > 1 or (places[0].postcode and "," not in text)
    if unclear:
        without = _address(form, near="", lat="", lon="")
        return Where(text=text, choices=list(_choices(form, places)), without=without)
    place = places[0]
    return Where((place.lat, place.lon), _place_words(place), written(place))


def _inside(places: Sequence[Place], country: str) -> Sequence[Place]:
    """Of several places of a name those in the country that was chosen, where there are any."""
    inside = [place for place in places if place.country == country]
    return inside or places


def _place_words(place: Place) -> str:
    return f"{place.postcode} {told(place)}" if place.postcode else told(place)


def _unknown(text: str) -> str:
    if looks_like_a_postcode(text):
        return gettext(
            "We know postcodes of the United States alone (as “10001, US”). Elsewhere please type the town and its "
            "country, such as “Valencia, Spain”."
        )
    return gettext(
        "We do not know “%(text)s”. Please type a town and its country, such as “Valencia, Spain”; if it is a small "
        "place, a larger town nearby."
    ) % {"text": text}


def _choices(form: FindForm, places: Sequence[Place]) -> Iterator[Choice]:
    names = [_place_words(place) for place in places]
    for place, name in zip(places, names, strict=True):
        beside = _beside(place, form.unit_kept) if names.count(name) > 1 else ""
        yield Choice(name, beside, _address(form, near=written(place), lat="", lon=""))


def _beside(place: Place, unit: str) -> str:
    told = []
    if found := larger_town_near(place):
        town, km = found
        told.append(gettext("%(distance)s from %(town)s") % {"distance": distance_words(km, unit), "town": town.name})
    if place.population:
        people = number_format(place.population, use_l10n=True, force_grouping=True)
        told.append(gettext("%(n)s people live there") % {"n": people})
    return "; ".join(told)


def _address(form: FindForm, **changes: str) -> str:
    """The address of the same question with some answers changed; empty ones and those not understood are left out."""
    cleaned = form.cleaned_data
    kept: dict[str, str] = {}
    for name in PARAMETERS:
        value = cleaned.get(name)
        if value is not None and value != "":
            kept[name] = clean_text(str(form.data.get(name, "")))
    if form.point:
        kept["lat"], kept["lon"] = map(str, form.point)
    kept |= changes
    pairs = [(name, kept[name]) for name in (*PARAMETERS, "show") if kept.get(name)]
    return in_language(f"/find/?{urlencode(pairs)}" if pairs else "/find/?disease=")


# The results


def _results(request: HttpRequest, form: FindForm, where: Where, version: int) -> dict[str, Any]:
    told = form.cleaned_data
    person = Person(told.get("age"), told.get("sex") or "", told.get("since"))
    found = studies_to_join(
        version=version,
        disease=told.get("disease") or "",
        cell_type=told.get("kind") or "",
        country=told.get("country") or "",
        point=where.point,
        radius_km=form.radius_km,
    )
    candidates = _candidates(found, person, form, where)
    whole = request.GET.get("show") == "all"
    open_ones, out = [c for c in candidates if not c.out], [c for c in candidates if c.out]
    return {
        "heading": _heading(len(open_ones), len(out), where),
        "summary": list(_summary(open_ones, out, where, form)),
        "groups": _groups(candidates, form, where, whole),
        "typed": _typed(form, where),
        "closed": found.closed,
        "closed_href": _closed_href(told),
        "wider": list(_wider(form)) if not candidates else [],
    }


def _candidates(found: Found, person: Person, form: FindForm, where: Where) -> list[_Candidate]:
    """In the order of the results: by distance as it is shown, then those that recruit, then the last updated."""
    ids = [document.nct_id for document in found.documents]
    # Only these labels tell from what a duration is counted.
    durations = published_labels(ids, ("duration",)) if person.since and ids else {}
    candidates = []
    for place, document in enumerate(found.documents):
        sites = found.sites.get(document.nct_id, NO_SITES)
        km = sites.nearest.km if sites.nearest else None
        band = 0 if sites.near else 1 if km is not None else 2
        number = distance_number(km, form.unit_kept) if km is not None else 0
        key = (number, _rank(document), km or 0.0, place)
        fits = fits_of(document, person, durations.get(document.nct_id, ()))
        candidates.append(_Candidate(document, sites, fits, band if where.point else 0, key))
    return sorted(candidates, key=lambda candidate: (candidate.band, candidate.key))


def _rank(document: StudyDocument) -> int:
    return next((rank for rank, words in enumerate(_OPEN) if document.overall_status in words), len(_OPEN))


def _groups(candidates: Sequence[_Candidate], form: FindForm, where: Where, whole: bool) -> list[Group]:
    most = _MOST_SHOWN if whole else _SHOWN
    parts: dict[tuple[str, ...], tuple[list[_Candidate], list[_Candidate]]] = {kind: ([], []) for kind in _GROUPS}
    for candidate in candidates:
        kind = tuple(sorted(slug for slug in candidate.document.cell_types if slug in CELL_TYPE_BY_SLUG))
        parts[kind][candidate.out].append(candidate)
    shown = [candidate for fit, unfit in parts.values() for candidate in (*fit[:most], *unfit[:most])]
    trials = _trials(shown, form, where)
    groups = []
    for kind, (fit, unfit) in parts.items():
        if not fit and not unfit:
            continue
        cell_type = CELL_TYPE_BY_SLUG[kind[0]] if len(kind) == 1 else None
        more = len(fit) > most or len(unfit) > most
        groups.append(
            Group(
                slug=kind[0] if cell_type else "",
                name=str(_GROUPS[kind]),
                short=cell_type.short if cell_type else "",
                count=_count_words(len(fit)),
                trials=list(_under_bands([trials[c.document.nct_id] for c in fit[:most]], fit, form, where)),
                unfit=[trials[c.document.nct_id] for c in unfit[:most]],
                unfit_count=len(unfit),
                all_href=_address(form, show="all") if more and not whole else "",
            )
        )
    return groups


def _count_words(number: int) -> str:
    return ngettext("%(n)s trial", "%(n)s trials", number) % {"n": number}


def _trials(shown: Sequence[_Candidate], form: FindForm, where: Where) -> dict[str, Trial]:
    documents = [candidate.document for candidate in shown]
    ids = [document.nct_id for document in documents]
    labels = published_labels(ids, [field.slug for field in GATES]) if ids else {}
    trials = {}
    for candidate, row in zip(shown, rows_of(documents), strict=True):
        level = 4 if where.point and not candidate.out else 3
        gates = gates_of(candidate.document, candidate.fits, labels.get(row.nct_id, ()))
        confirmed = candidate.document.overall_status != NOT_CONFIRMED
        place = [row.where]
        if where.point:
            place = sites_words(candidate.sites, form.unit_kept, confirmed=confirmed)
        asked = [gate for gate in gates if candidate.fits.get(gate.slug)]
        others = list(dict.fromkeys(gate.name for gate in gates if not gate.fit and gate.slug not in ASKED))
        trials[row.nct_id] = Trial(row, status_words(candidate.document), place, asked, others, gates, level)
    return trials


def _under_bands(
    trials: Sequence[Trial], candidates: Sequence[_Candidate], form: FindForm, where: Where
) -> Iterator[Trial]:
    """The trials, the first of each band with its heading."""
    radius = length_words(form.radius_kept, form.unit_kept)
    bands = [
        gettext("Within %(radius)s") % {"radius": radius},
        gettext("Farther than %(radius)s") % {"radius": radius},
        gettext("How far is not known"),
    ]
    before = None
    for trial, candidate in zip(trials, candidates, strict=False):
        first = where.point is not None and candidate.band != before
        before = candidate.band
        yield replace(trial, band=bands[candidate.band] if first else "")


# Words around the results


def _heading(number: int, out: int, where: Where) -> str:
    if not number:
        return gettext("No trial that fits what you typed") if out else gettext("No trial found")
    words = ngettext("%(n)s trial to ask about", "%(n)s trials to ask about", number) % {"n": number}
    if where.point:
        return gettext("%(trials)s, the nearest first") % {"trials": words}
    return words


def _summary(fit: Sequence[_Candidate], out: Sequence[_Candidate], where: Where, form: FindForm) -> Iterator[str]:
    if where.point and fit:
        near = sum(1 for candidate in fit if candidate.band == 0)
        radius = length_words(form.radius_kept, form.unit_kept)
        words = {"n": near, "radius": radius, "place": where.name}
        if near:
            yield (
                ngettext(
                    "%(n)s of them has a site within %(radius)s of %(place)s.",
                    "%(n)s of them have a site within %(radius)s of %(place)s.",
                    near,
                )
                % words
            )
        else:
            yield gettext("None of them has a site within %(radius)s of %(place)s; the nearest come first.") % words
    if out and not fit:
        yield ngettext(
            "%(n)s does not fit what you typed. It stands below, with the reason.",
            "%(n)s do not fit what you typed. They stand below, with the reasons.",
            len(out),
        ) % {"n": len(out)}
    elif out:
        yield ngettext(
            "%(n)s more does not fit what you typed. It stands at the end of its group, with the reason.",
            "%(n)s more do not fit what you typed. They stand at the end of their group, with the reason.",
            len(out),
        ) % {"n": len(out)}


def _typed(form: FindForm, where: Where) -> list[str]:
    """What was understood, in words."""
    told = form.cleaned_data
    words = []
    if disease := told.get("disease"):
        words.append(str(DISEASE_BY_SLUG[disease].name))
    if told.get("age") is not None:
        words.append(gettext("age %(age)s") % {"age": told["age"]})
    if sex := told.get("sex"):
        words.append(str(SEXES[sex]).lower())
    if time := told.get("since"):
        words.append(gettext("diagnosed %(time)s ago") % {"time": _time_words(time)})
    if kind := told.get("kind"):
        words.append(CELL_TYPE_BY_SLUG[kind].short)
    if country := told.get("country"):
        words.append(gettext("in %(country)s") % {"country": country_name(country)})
    if where.point:
        radius = length_words(form.radius_kept, form.unit_kept)
        words.append(gettext("within %(radius)s of %(place)s") % {"radius": radius, "place": where.name})
    return words


def _time_words(time: Any) -> str:
    number = number_format(float(time.number)) if "." in time.number else str(int(time.number))
    count = float(time.number)
    plural = 1 if count == 1 else 2
    forms = {
        "y": ngettext("%(n)s year", "%(n)s years", plural),
        "m": ngettext("%(n)s month", "%(n)s months", plural),
        "w": ngettext("%(n)s week", "%(n)s weeks", plural),
        "d": ngettext("%(n)s day", "%(n)s days", plural),
    }
    return forms[time.unit] % {"n": number}


def _closed_href(told: Mapping[str, Any]) -> str:
    """The list of trials that take in nobody more; it asks for disease, kind and country, and for nothing personal."""
    pairs = [("disease", told.get("disease")), ("cell_type", told.get("kind")), ("country", told.get("country"))]
    kept = [(name, value) for name, value in pairs if value]
    return in_language(f"/trials/?{urlencode([*kept, *(('status', word) for word in CLOSED)])}")


def _wider(form: FindForm) -> Iterator[tuple[str, str]]:
    """The same question with one answer less, where nothing was found."""
    told = form.cleaned_data
    if told.get("country"):
        yield gettext("Look in all countries"), _address(form, country="")
    if told.get("kind"):
        yield gettext("Look at both kinds of treatment"), _address(form, kind="")
