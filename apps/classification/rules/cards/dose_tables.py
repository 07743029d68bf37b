"""Doses of a table or list whose unit is told once for all: "Step 1: 0.5, step 2: 1 (in million cells per kg)"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

_FIGURE = r"\d{1,3}(?:[.,·]\d{1,2})?"
_SCALE = (
    r"(?:(?P<million>millions?)|(?:[x×*]\s?)?(?:\bof\s)?10(?:\s?(?:\^|\*\*|e)\s?\(?(?P<power>[5-9])\)?|(?P<raised>[⁵-⁹])))"
    r"(?:\s(?:of\s)?(?:[A-Za-z][\w+-]{0,20}\s){0,3}?(?P<cells>[\w-]{0,12}cells?|[\w-]{0,12}MSCs?)\b)?"
    r"(?:\s?(?:/|per\s)\s?(?P<kg>kg\b|kilo))?"
)
# The unit by itself: no figure stands before it.
_NOTE = re.compile(
    r"(?:\b(?:all|figures?|numbers?|doses?|values?|amounts?|quantities|units?|levels?|given|expressed)\b[^.;\n\d]{0,40}?[\s(:=]"
    rf"|[(\[]\s?(?:in\s|all\s|unit:?\s|×\s?|x\s?)?){_SCALE}",
    re.IGNORECASE,
)
_ITEM = re.compile(
    r"\b(?:steps?|cohorts?|groups?|levels?|doses?|arms?|stages?|tiers?|parts?|low(?:er)?|mid(?:dle)?|medium|intermediate|high(?:er)?)"
    rf"(?:\sdose)?(?:\s(?:level\s)?(?:no\.?\s|#)?(?:\d|[A-D]|I{{1,3}}V?))?\s?[:=]\s?(?P<figure>{_FIGURE})"
    r"(?![\d.,]*\d)(?!\s?(?:[x×*^%/]|million|m?l\b|m?g\b|patients|subjects|people|participants|persons|adults|children|days?|weeks?"
    r"|months?|years?|hours?|times|doses|infusions|injections|arms|women|men)\b)(?=[\s,;.)(]|$)",
    re.IGNORECASE,
)
# "0.5, 1 and 2 (x 10^6 cells/kg)".
_LIST = re.compile(
    rf"(?<![\w.,])(?:{_FIGURE}(?:\s?(?:,|/|;)\s?(?:(?:and|or)\s)?|\s(?:and|or|to|then)\s)){{1,5}}{_FIGURE}\s?$"
)
_REACH = 240
_LIST_REACH = 60
_ONE = re.compile(_FIGURE)
# A note may head the table: the items follow it.
_FEWEST = 2


class Item(NamedTuple):
    """A dose of the table; [start, end) is its figure."""

    size: float
    basis: Literal["kg", "total"]
    start: int
    end: int


def read_table(text: str, start: int, end: int) -> Iterator[Item]:
    """The doses whose unit is noted in the sentence [start, end): those listed before the note, or else around it."""
    note = _NOTE.search(text, start, end)
    if note is None or not (note["kg"] or note["cells"]):
        return
    power = 6 if note["million"] else int((note["power"] or note["raised"]).translate(_RAISED))
    basis: Literal["kg", "total"] = "kg" if note["kg"] else "total"
    low = max(0, note.start() - _LIST_REACH)
    listed = _LIST.search(text[low : note.start()]) if text[note.start()] in "([" else None
    figures = (
        [
            (low + listed.start() + one.start(), low + listed.start() + one.end())
            for one in _ONE.finditer(listed.group())
        ]
        if listed
        else [
            found.span("figure")
            for found in _ITEM.finditer(text, max(0, note.start() - _REACH), min(len(text), note.end() + _REACH))
        ]
    )
    if len(figures) < _FEWEST:
        return
    for first, last in figures:
        size = float(re.sub(r"[,·]", ".", text[first:last])) * 10**power
        if size:
            yield Item(size, basis, first, last)


_RAISED = str.maketrans("⁵⁶⁷⁸⁹", "56789")
