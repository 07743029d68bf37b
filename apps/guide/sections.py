"""The sections of each page, and the shape of what stands in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

COMMON = "common"
QUESTIONS, ABOUT, OPERATOR = "questions", "about", "operator"
KINDS = ("msc", "hsc")
# Parts of the two kinds of treatment, in the order in which a reader meets them.
KIND_PARTS: Mapping[str, Promise] = {
    "hope": gettext_lazy("What is hoped, and how sure it is"),
    "how": gettext_lazy("What it involves"),
    "found": gettext_lazy("What studies have found"),
    "risks": gettext_lazy("Known risks"),
}
# Every section of the page of a disease, in the order in which a reader meets them.
SECTIONS: tuple[str, ...] = (
    "what",
    *(f"{kind}_{part}" for kind in KINDS for part in KIND_PARTS),
    *("unknown", "ethics", "rules", "cost", "questions", "questions_from", "travel"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which sections a page has, in order. Statements of medicine need their sources; those of `asked` and `ours` none.

    `asked`: sections of questions; `ours`: what we say of ourselves; `most`: how many statements fit, where fewer
    than usual do.
    """

    sections: tuple[str, ...]
    asked: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()
    most: Mapping[str, int] | None = None


LEAFLET = Layout(SECTIONS, asked=frozenset({"questions"}))
# The sheet is one side of paper: what is written here takes room from the record.
_SHEET = {"doctor": 5, "team": 7, "msc": 2, "hsc": 2, "after": 1}
_ABOUT = ("lead", "disclaimer", "what", "msc", "hsc", "apart", "how", "mistakes", "emergency", "source")
_LAYOUTS: Mapping[str, Layout] = {
    QUESTIONS: Layout(tuple(_SHEET), asked=frozenset({"doctor", "team", *KINDS}), most=_SHEET),
    ABOUT: Layout(_ABOUT, ours=frozenset(_ABOUT)),
    OPERATOR: Layout((OPERATOR,), ours=frozenset({OPERATOR})),
}


def layout_of(slug: str) -> Layout:
    """The layout of a page; of any that has none of its own, that of a disease."""
    return _LAYOUTS.get(slug, LEAFLET)


def is_leaflet(slug: str) -> bool:
    """Whether a page is that of a disease, or what all of them share."""
    return slug not in _LAYOUTS


class Written(TypedDict):
    """One or more sentences and the keys of the sources that say so."""

    text: str
    sources: list[str]


Parts = Mapping[str, Sequence[Written]]


@dataclass(frozen=True, slots=True)
class Source:
    """Something published that a statement rests on. `number` is its place in the list that it stands in, from 1."""

    key: str
    number: int
    title: str
    by: str
    url: str
    read: dt.date


@dataclass(frozen=True, slots=True)
class Statement:
    """One or more sentences and the sources that say so; `language` where it may be another than the page's."""

    text: str
    sources: tuple[Source, ...]
    language: str = ""


Statements = tuple[Statement, ...]
