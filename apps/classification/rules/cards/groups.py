"""Criteria that do not bind everybody: those of one group, and lists of which a part is enough."""

from __future__ import annotations

import re
from typing import NamedTuple

# Numbers and bullets before the first word.
_PREFIX = r"[\s*•▪●#\\().\-–—\d]{0,16}(?:[a-zA-Z][.)]\s)?"
_KIND = r"(?i:(?:sub-?\s?)?(?:groups?|cohorts?|arms?|strat(?:um|a)))\b"
_NAME = (
    rf"(?:[\w'’()/&+.-]+\s+){{0,7}}?\(?{_KIND}(?:\s(?:[A-Z]|\d{{1,2}}|[IVX]{{1,4}})(?!\w))?(?:\s?\([^()\n:]{{1,60}}\))?"
)
_FOR = r"(?i:(?:only\s)?(?:for|in)\s)(?i:the\s)?"
_HEADING = re.compile(
    rf"{_PREFIX}(?:{_FOR}|(?i:the\s))?(?P<name>{_NAME})(?i:\s+only)?(?:\s?[-–,][^:\n]{{1,60}})?\s*[:：]"
)
# A heading that names patients in place of a group: those with nephritis, say.
_FOR_PATIENTS = re.compile(
    rf"{_PREFIX}(?i:(?:only\s)?for\s(?:the\s)?)(?P<name>[^:;.,\n]{{0,50}}?(?i:\b(?:patients?|subjects?|participants?|people)\b)"
    r"[^:;.,\n]{0,50}?)(?i:\s+only)?\s*[:：]"
)
_EVERYBODY = re.compile(
    rf"{_PREFIX}(?i:for\s|in\s)?(?i:all|both|every|each|common|general)\b[^:;.\n]{{0,40}}[:：]",
)
_LEADS = re.compile(rf"{_PREFIX}{_FOR}(?P<name>{_NAME})(?i:\s+only)?\s*,")
_ASIDE = re.compile(
    rf"\((?:{_FOR})?(?P<aside>{_NAME})(?i:\s+only)?\)|\b{_FOR}(?P<only>{_NAME})\s+(?i:only)\b|"
    rf"\b(?i:only\s(?:for|in)\s(?:the\s)?)(?P<behind>{_NAME})"
)
_ANY_KIND = re.compile(r"group|cohort|\barms?\b|strat(?:um|a)\b", re.IGNORECASE)
# These words make a sentence, or name other things that are called so.
_NO_GROUP = re.compile(
    r"\b(?:must|who|whose|have|has|had|is|are|be|will|should|not|any|no|if|defined|following|criteri\w+"
    r"|(?:age|blood|working|support|ethnic|racial|target|functional|cooperative|oncology|assessment|activity|muscle"
    r"|upper|lower|left|right|dominant|study|patient)\s(?:sub-?)?(?:groups?|arms?))\b",
    re.IGNORECASE,
)
_NO_PATIENTS = re.compile(
    r"\b(?:all|both|wom[ae]n|females?|m[ae]n|males?|child\w*|fertile|eligib\w*|inclu\w*|enrol\w*|enter\w*|study|trial|purpose\w*"
    r"|healthy|donors?|must|should|who are|to be)\b",
    re.IGNORECASE,
)
_ALL = re.compile(r"\b(?:all|both|each|every|either|entire)\b", re.IGNORECASE)
_LONGEST_NAME = 80

_COUNTS = {"one": 1, "any": 1, "either": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_SOME_OF = re.compile(
    r"\b(?:(?:at\sleast|(?:a\s)?minimum(?:\sof)?)\s(?P<least>one|two|three|four|five|[1-5])|(?P<some>one|any|either|two|three|[1-4]))"
    r"(?:\s?\(\w{1,5}\))?(?:\s(?:one|or more))?(?:\s\w{4,12})?\s(?:of|from)\s(?:(?:the|these|those)\s)?"
    r"(?:(?:two|three|four|five|six|[2-9])\s)?(?:following|below|listed|these|criteria:|conditions:|items:|parameters:)",
    re.IGNORECASE,
)


class Choice(NamedTuple):
    """A list of which `least` must be met. It begins at `start`; `number` tells it from other lists of the text.

    `loose`: where the list ends cannot be told. `below`: it stands in the lines below those words.
    """

    number: int
    least: int
    start: int
    loose: bool
    below: bool = False


def heading_of(text: str, start: int, end: int) -> str | None:
    """The group to which what follows is restricted, "" where it holds for everybody; None for any other text."""
    if text.find(":", start, end) < 0 and text.find("：", start, end) < 0:
        return None
    if _EVERYBODY.match(text, start, end):
        return ""
    found = _HEADING.match(text, start, end)
    if found and not _NO_GROUP.search(found["name"]):
        return "" if _ALL.search(found["name"]) else _clean(found["name"])
    found = _FOR_PATIENTS.match(text, start, end)
    if found and not _NO_PATIENTS.search(found["name"]):
        return _clean(found["name"])
    return None


def group_in(text: str, start: int, end: int) -> str:
    """The group to which a sentence restricts itself: "In cohort 2, ...", "... (LN group only)"; "" for none."""
    if not _ANY_KIND.search(text, start, end):
        return ""
    names = []
    if found := _LEADS.match(text, start, end):
        names.append(found["name"])
    if found := _ASIDE.search(text, start, end):
        names.append(found["aside"] or found["only"] or found["behind"])
    return next((_clean(name) for name in names if not _NO_GROUP.search(name) and not _ALL.search(name)), "")


def named_group(words: str) -> str:
    """The group that a heading of criteria names: "Inclusion criteria for cohort 2:"; "" for none."""
    if not _ANY_KIND.search(words):
        return ""
    found = re.search(rf"(?:{_FOR})?(?P<name>{_NAME})", words.strip(" :：-–()"))
    name = found["name"] if found else ""
    return _clean(name) if name and not _NO_GROUP.search(name) and not _ALL.search(name) else ""


def of_both(one: str, other: str) -> str:
    """Whom a limit binds that two criteria give, each to a group: both groups; everybody, where one of them is none."""
    if not one or not other:
        return ""
    return one if one.lower() == other.lower() or other in one.split("; ") else f"{one}; {other}"


def choice_in(text: str, start: int, end: int) -> Choice | None:
    """The list that "at least one of the following" opens."""
    found = _SOME_OF.search(text, start, end)
    if found is None:
        return None
    written = (found["least"] or found["some"]).lower()
    return Choice(found.start(), int(written) if written.isdigit() else _COUNTS[written], found.end(), loose=False)


def _clean(name: str) -> str:
    words = re.sub(r"\s+", " ", name).strip(" -–—.,(")
    words = re.sub(r"^(?:(?:only|for|in|the|of)\s)+", "", words, flags=re.IGNORECASE)
    words = words + ")" * (words.count("(") - words.count(")"))
    return words[:_LONGEST_NAME].strip()
