"""By which way into the body the cells are given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from apps.classification.rules.cards.material import Material
from apps.classification.rules.cards.mentions import Sentence, Trust, Word, kind_of
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import Span, evidence
from apps.classification.rules.reading import Place

# "class III or IV", "grade IV", "phase IV": a number, not a way into the body.
_NUMERAL_BEFORE = re.compile(
    r"(?:\b(?:class(?:es)?|grades?|stages?|phases?|types?|degrees?|levels?|factor|nyha|asa|who|fontaine|rutherford|wagner|"
    r"lawrence|group|cohort|arm|collagen|part|figo|icrs|i{1,3}|v)|[\s(/-]i{1,3})[\s,/()–-]{0,3}(?:(?:or|and|to|through)\s+)?$",
    re.IGNORECASE,
)
_NUMERAL_BEHIND = re.compile(r"^(?:\s*(?:-|–)?\s*degrees?|\s*(?:or|to|/|-)\s*V\b)")
_NUMERAL_NEAR = 24
# "iii) ... iv) ...": the fourth item of a list.
_LIST = re.compile(r"(?<!\w)iii[).:]")
_LIST_NEAR = 600
# Before and behind the name of a place into which something is given.
_INTO = re.compile(
    r"\b(?:(?:into|via|through)\s+(?:[\w'’-]+\s+){0,4}|by\s+(?:[\w'’-]+\s+){0,2}|in\s+(?:[\w'’-]+\s+)?)$",
    re.IGNORECASE,
)
# "The infusion runs from a cubital line"; blood is taken from a line too.
_FROM_LINE = re.compile(
    r"\b(?:infusion|injection|transfusion|drip|cells?|MSCs?)\s(?:\w+\s){1,5}?from\s+(?:an?|the|one)\s+(?:[\w'’-]+\s+){0,2}$",
    re.IGNORECASE,
)
_INFUSION = re.compile(
    r"\s*(?:infus|inject|cathet|interven|perfus|administ|deliver|implant|cannul|puncture)", re.IGNORECASE
)
# What is taken out goes the other way: "collected through a central line"; and a line that is laid gives nothing yet.
_TAKEN_OUT = re.compile(
    r"\b(?:collect|draw|harvest|withdraw|apheres|leukapheres|insert|assess|screen)\w*(?P<then>.*)",
    re.IGNORECASE | re.DOTALL,
)
# Between a way and the cells behind it: something else goes this way before or after them.
_EARLIER = re.compile(r"\b(?:prior to|before|after|following|until)\b", re.IGNORECASE)
_GIVING = re.compile(r"\b(?:inject|infus|transfus|administ|deliver|implant|given|receiv|treat)", re.IGNORECASE)
# "The first time is by vein, the following two by lumbar puncture".
_TIMES = re.compile(
    r"\b(?:first|second|third|last|each|every|following|remaining|other|next)\s(?:and\s(?:the\s)?\w+\s)?"
    r"(?:times?|doses?|ones?|two|three|four|five|six|seven|eight)\b(?:\s(?:is|are|was|were|goes|go))?\s(?:by|via|into|through|intra)",
    re.IGNORECASE,
)
_GIVING_NEAR = 50
_FAR = 170


class Statement(NamedTuple):
    value: str
    kind: str
    trust: Trust
    sentence: int
    span: Span


def routes_of(material: Material, read: Iterable[Sentence]) -> Iterator[Label]:
    """Labels of route, one a value (and kind, where both kinds are given)."""
    read = list(read)
    statements = list(_statements(material, read))
    if not statements and material.kinds == {"msc"}:
        yield from _of_placebo(material, read)
    for kind in dict.fromkeys(statement.kind for statement in statements):
        yield from _labels(material, kind, [statement for statement in statements if statement.kind == kind])


def _of_placebo(material: Material, read: Iterable[Sentence]) -> Iterator[Label]:
    """Where nothing tells the way of the cells: that of the placebo, which stands in their place; a doubt."""
    found: dict[str, list[Span]] = {}
    for sentence in read:
        if sentence.trust not in (Trust.NAMED, Trust.STUDY) or sentence.having("cells", "other", "drug"):
            continue
        for word in sentence.having("route"):
            inert = sentence.nearest(word, "inert")
            if inert and sentence.way(word, inert) <= _FAR and not _is_numeral(sentence, word):
                found.setdefault(word.value, []).append(sentence.span(word))
    for value, spans in found.items():
        reason = "The placebo, which stands in the place of the cells, is given this way."
        yield Label("route", value, "route-of-placebo", reason, evidence(spans), doubtful=True)


def _statements(material: Material, read: Iterable[Sentence]) -> Iterator[Statement]:
    for number, sentence in enumerate(read):
        somehow: bool | None = None
        for word in sentence.having("route", "place"):
            if sentence.trust is Trust.LISTED or _is_numeral(sentence, word) or not _is_way(sentence, word):
                continue
            possible, cells = _goes(sentence, word)
            if not possible:
                continue
            trust = sentence.trust
            if cells is None and not sentence.of_cells:
                if somehow is None:
                    somehow = material.kinds == {"msc"} and _is_given_somehow(sentence)
                if not somehow:
                    continue
                trust = Trust.BACKGROUND
            yield Statement(word.value, kind_of(material, sentence, cells), trust, number, sentence.span(word))


def _labels(material: Material, kind: str, statements: list[Statement]) -> Iterator[Label]:
    best = min(statement.trust for statement in statements)
    kept = [statement for statement in statements if statement.trust == best]
    kept += _added([statement.value for statement in kept], statements)
    both = len(material.kinds) > 1
    for value in dict.fromkeys(statement.value for statement in kept):
        yield Label(
            "route",
            value,
            f"route-beside-{kind}" if both else "route-beside-cells",
            "The way into the body is named with the cells.",
            evidence(statement.span for statement in kept if statement.value == value),
            doubtful=best is Trust.BACKGROUND,
            detail={"kind": kind} if both else None,
        )


def _added(values: list[str], statements: list[Statement]) -> list[Statement]:
    """Ways that a sentence on this study adds to those that better places name, naming one of them again."""
    repeated = {one.sentence for one in statements if one.trust is Trust.STUDY and one.value in values}
    return [one for one in statements if one.sentence in repeated and one.value not in values]


def _is_way(sentence: Sentence, word: Word) -> bool:
    """A place is a way only between words of giving; nothing is where something is taken out."""
    text = sentence.passage.text
    near = max(sentence.start, word.start - _GIVING_NEAR)
    taken = _TAKEN_OUT.search(text, near, word.start)
    if taken and not _GIVING.search(taken["then"]):
        return False
    return word.field == "route" or bool(
        _INTO.search(text, near, word.start)
        or _INFUSION.match(text, word.end)
        or (not taken and _FROM_LINE.search(text, near, word.start))
    )


def _is_given_somehow(sentence: Sentence) -> bool:
    """Whether a title, or a sentence of the summary or description, tells of giving, without saying what."""
    described = sentence.trust in (Trust.STUDY, Trust.TEXT) and sentence.passage.place is Place.DESCRIPTION
    told = sentence.passage.text, sentence.start, sentence.end
    return (described or sentence.passage.place is Place.TITLE) and bool(_GIVING.search(*told) or _TIMES.search(*told))


def _is_numeral(sentence: Sentence, word: Word) -> bool:
    text = sentence.passage.text
    written = text[word.start : word.end]
    if written not in ("IV", "iv"):
        return False
    before = text[max(0, word.start - _LIST_NEAR) : word.start]
    if written == "iv" and _LIST.search(before):
        return True
    return bool(
        _NUMERAL_BEFORE.search(before[-_NUMERAL_NEAR:]) or _NUMERAL_BEHIND.match(text[word.end : word.end + 12])
    )


def _goes(sentence: Sentence, route: Word) -> tuple[bool, Word | None]:
    """Whether the cells may go by this way, and the word for them, where the sentence has one."""
    thing = sentence.nearest(route, "cells", "other", "drug")
    if thing is None:
        return not sentence.having("inert"), None
    if thing.field != "cells" or sentence.way(route, thing) > _FAR:
        return False, None
    if thing.start > route.end and _EARLIER.search(sentence.between(route, thing)):
        return False, None
    return True, thing
