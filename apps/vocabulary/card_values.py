"""Values of a card's fields: their order, and by which of them, or by which bands of them, a list can be narrowed.

A closed list is narrowed by its own slugs. Open values (doses, ages, months) fall into bands; a value that spans
several bands is in each of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext_lazy as _

from apps.vocabulary.card_words import value_words
from apps.vocabulary.cards import FIELD_BY_SLUG, FIELDS, SEVERITY_MEASURES, CardField
from apps.vocabulary.terms import card_terms

NOT_STATED = "not-stated"

_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:e[0-9]+)?"
_LEADING = re.compile(rf"[<>=-]*({_NUMBER})")
_UNIT = r"(?:min|[mwdh])?"
_LIMITS = re.compile(
    rf"(?P<sign>[<>]?)=?(?P<low>{_NUMBER})?(?P<low_unit>{_UNIT})(?P<to>-?)(?P<high>{_NUMBER})?(?P<high_unit>{_UNIT})"
)
_YEARS = {"": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25, "h": 1 / 8766, "min": 1 / 525_960}
_COUNT_OF_CELLS = re.compile(rf"[<>]?=?{_NUMBER}(?:-{_NUMBER})?")
_MEASURE = re.compile(r"[a-z][a-z0-9-]*")

DOSES: Mapping[str, Promise] = {
    "per-kg": _("By body weight (cells per kg)"),
    "fixed": _("A number of cells, whatever the weight"),
    "other": _("Counted in another way"),
}

ADMINISTRATIONS: Mapping[str, Promise] = {
    "1": _("Once"),
    "2": _("Twice"),
    "3": _("3 times"),
    "4-or-more": _("4 times or more"),
}

MOBILISATIONS: Mapping[str, Promise] = {
    "g-csf": _("G-CSF"),
    "cyclophosphamide": _("Cyclophosphamide"),
    "plerixafor": _("Plerixafor"),
    "other": _("Another drug"),
}

AGES: Mapping[str, Promise] = {
    "children": _("Under 18 can join"),
    "adults": _("18 to 65 can join"),
    "over-65": _("Over 65 can join"),
}

# Months, from and up to.
DURATIONS: Mapping[str, tuple[float, float, Promise]] = {
    "under-3-months": (0, 3, _("Less than 3 months")),
    "3-to-12-months": (3, 12, _("3 to 12 months")),
    "1-to-5-years": (12, 60, _("1 to 5 years")),
    "5-to-10-years": (60, 120, _("5 to 10 years")),
    "over-10-years": (120, math.inf, _("More than 10 years")),
}

# Months. Half a month off the names, since weeks and days make no whole months: 180 days are written as 5.9.
FOLLOW_UPS: Mapping[str, tuple[float, float, Promise]] = {
    "under-6-months": (0, 5.5, _("Under 6 months")),
    "6-to-12-months": (5.5, 12.5, _("6 to 12 months")),
    "1-to-2-years": (12.5, 24.5, _("More than 1, up to 2 years")),
    "2-to-5-years": (24.5, 60.5, _("More than 2, up to 5 years")),
    "over-5-years": (60.5, math.inf, _("More than 5 years")),
}

_in_words: Callable[[str, str], Promise] = lazy(value_words, str)  # type: ignore[assignment]
# The products that the rules know by name.
PRODUCTS: Mapping[str, Promise] = {slug: _in_words("product", slug) for slug in card_terms("product")["product"]}

_STATED: Mapping[str, Promise] = {"stated": _("Stated")}
_OTHER_MEASURE: Mapping[str, Promise] = {"other": _("Another measure")}


@dataclass(frozen=True)
class CardFilter:
    """How a list is narrowed by a field of the card.

    `words` names what can be asked for by slug, in reading order, `not-stated` last; `words_of` gives the slugs that a
    value of the card falls under. `ranked` says that the slugs follow one another, as bands of a number do.
    """

    field: CardField
    words: Mapping[str, Promise]
    words_of: Callable[[str], tuple[str, ...]]
    ranked: bool


def in_order(slug: str, values: Iterable[str]) -> list[str]:
    """Each value of a field once: as its closed list has them, else by their first number, then by name."""
    places = {word: place for place, word in enumerate(FIELD_BY_SLUG[slug].words)}
    return sorted(set(values), key=lambda value: (places.get(value, len(places)), _first_number(value), value))


def limits(value: str) -> tuple[float, float] | None:
    """Lowest and highest number of "18-65", "18-", "-65", "<=36", ">12" or "3"; None for any other text.

    A number of months, weeks, days, hours or minutes (6m, 2w, 30d, 12h, 5min) becomes years.
    """
    found = _LIMITS.fullmatch(value)
    if not found or not (found["low"] or found["high"]):
        return None
    low = float(found["low"]) * _YEARS[found["low_unit"]] if found["low"] else 0.0
    high = float(found["high"]) * _YEARS[found["high_unit"]] if found["high"] else math.inf
    if found["sign"] == "<":
        return 0.0, low
    return low, high if found["to"] or found["sign"] else low


def _first_number(value: str) -> float:
    found = _LEADING.match(value)
    return float(found[1]) if found else math.inf


def _itself(value: str) -> tuple[str, ...]:
    return (value,)


def _stated(value: str) -> tuple[str, ...]:
    return ("stated",)


def _doses(value: str) -> tuple[str, ...]:
    if value.endswith("/kg"):
        return ("per-kg",)
    return ("fixed",) if _COUNT_OF_CELLS.fullmatch(value) else ("other",)


def _administrations(value: str) -> tuple[str, ...]:
    low, high = limits(value) or (0, -1)
    return tuple(word for times, word in enumerate(ADMINISTRATIONS, 1) if low <= times <= high or times == 4 < high)


def _mobilisations(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(drug if drug in MOBILISATIONS else "other" for drug in value.split("+")))


def _ages(value: str) -> tuple[str, ...]:
    low, high = limits(value) or (math.inf, -1)
    fits = {"children": low < 18, "adults": low <= 65 and high >= 18, "over-65": high > 65}
    return tuple(word for word in AGES if fits[word])


def _durations(value: str) -> tuple[str, ...]:
    low, high = limits(value) or (math.inf, -1)
    # "At most 12 months" does not reach into the band that begins with 12; "12 months" stands in it.
    bands = DURATIONS.items()
    return tuple(word for word, (start, end, _name) in bands if low < end and (high > start or low == start))


def _follow_ups(value: str) -> tuple[str, ...]:
    months, _high = limits(value) or (-1, -1)
    return tuple(word for word, (start, end, _name) in FOLLOW_UPS.items() if start <= months < end)


def _measures(value: str) -> tuple[str, ...]:
    found = _MEASURE.match(value)
    return (found[0] if found and found[0] in SEVERITY_MEASURES else "other",)


def _names(bands: Mapping[str, tuple[float, float, Promise]]) -> dict[str, Promise]:
    return {word: name for word, (_start, _end, name) in bands.items()}


_BANDS: Mapping[str, tuple[Mapping[str, Promise], Callable[[str], tuple[str, ...]]]] = {
    "product": (PRODUCTS, _itself),
    "dose": (DOSES, _doses),
    "administrations": (ADMINISTRATIONS, _administrations),
    "mobilisation": (MOBILISATIONS, _mobilisations),
    "age": (AGES, _ages),
    "duration": (_names(DURATIONS), _durations),
    "severity": ({**SEVERITY_MEASURES, **_OTHER_MEASURE}, _measures),
    "follow_up": (_names(FOLLOW_UPS), _follow_ups),
}


def _filter(field: CardField) -> CardFilter:
    words, words_of = (field.words, _itself) if field.words else _BANDS.get(field.slug, (_STATED, _stated))
    ranked = field.slug in {"administrations", "age", "duration", "follow_up"}
    return CardFilter(field, {**words, NOT_STATED: _("Not stated in the registry")}, words_of, ranked)


CARD_FILTERS: Mapping[str, CardFilter] = {field.slug: _filter(field) for field in FIELDS}
