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
# The full stop ends the finder's words.
_DOTTED = re.compile(r"(?<![\w.])[iI]\.\s?([vVmMaA])\.?(?![\w.])")
_DOTTED_ROUTES = {"v": "intravenous", "m": "intramuscular", "a": "intra-arterial"}
# Before and behind the name of a blood vessel into which something is given.
_INTO = re.compile(r"\b(?:into|via|through|by|in)\s+(?:[\w-]+\s+){0,4}$", re.IGNORECASE)
_INFUSION = re.compile(
    r"\s*(?:infus|inject|cathet|interven|perfus|administ|deliver|implant|cannul|puncture)", re.IGNORECASE
)
# Between a way and the cells behind it: something else goes this way before or after them.
_EARLIER = re.compile(r"\b(?:prior to|before|after|following|until)\b", re.IGNORECASE)
_GIVING = re.compile(r"\b(?:inject|infus|transfus|administ|deliver|implant|given|receiv|treat)", re.IGNORECASE)
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
    statements = list(_statements(material, read))
    for kind in dict.fromkeys(statement.kind for statement in statements):
        yield from _labels(material, kind, [statement for statement in statements if statement.kind == kind])


def _statements(material: Material, read: Iterable[Sentence]) -> Iterator[Statement]:
    for number, sentence in enumerate(read):
        for word in (*sentence.having("route", "place"), *_dotted(sentence)):
            if sentence.trust is Trust.LISTED or _is_numeral(sentence, word) or not _is_way(sentence, word):
                continue
            cells = _what_is_given(sentence, word)
            if cells is False:
                continue
            trust = sentence.trust
            if cells is None and not sentence.of_cells:
                if material.kinds != {"msc"} or not _is_given_somehow(sentence):
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
    """A blood vessel is a way only between words of giving."""
    text = sentence.passage.text
    return (
        word.field == "route"
        or bool(_INTO.search(text, max(sentence.start, word.start - _GIVING_NEAR), word.start))
        or bool(_INFUSION.match(text, word.end))
    )


def _is_given_somehow(sentence: Sentence) -> bool:
    """Whether a sentence of the summary or description tells of giving, without saying what."""
    described = sentence.trust in (Trust.STUDY, Trust.TEXT) and sentence.passage.place is Place.DESCRIPTION
    return described and bool(_GIVING.search(sentence.passage.text, sentence.start, sentence.end))


def _dotted(sentence: Sentence) -> Iterator[Word]:
    for found in _DOTTED.finditer(sentence.passage.text, sentence.start, sentence.end):
        yield Word("route", _DOTTED_ROUTES[found[1].lower()], found.start(), found.end())


def _is_numeral(sentence: Sentence, word: Word) -> bool:
    text = sentence.passage.text
    if text[word.start : word.end] != "IV":
        return False
    before = text[max(sentence.start, word.start - 24) : word.start]
    return bool(_NUMERAL_BEFORE.search(before) or _NUMERAL_BEHIND.match(text[word.end : word.end + 12]))


def _what_is_given(sentence: Sentence, route: Word) -> Word | None | bool:
    """The cells given by this way; False when it is something else's way, None when the sentence does not say."""
    thing = sentence.nearest(route, "cells", "other", "drug")
    if thing is None:
        return False if sentence.having("inert") else None
    if thing.field != "cells" or sentence.way(route, thing) > _FAR:
        return False
    earlier = thing.start > route.end and _EARLIER.search(sentence.between(route, thing))
    return False if earlier else thing
