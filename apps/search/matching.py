"""What a reader asks for, as questions to PostgreSQL: from the tree of the expression to tsqueries and their order.

- A word that is asked for looks in every text, who can join included. A word under a minus looks in every text but who
  can join: criteria name mostly what keeps people out, and "-children" would hide the very trials without children.
- Words without quotation marks also stand for their synonyms, under a minus too: who writes "-lupus" wants no SLE
  either. Both are told to the reader. Words in quotation marks stand for themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, Literal, TypeVar

from django.utils.translation import gettext_lazy as _

from apps.search.expressions import All, Either, ExpressionError, Leaf, Node, Not, parse
from apps.search.words import LETTERS, fold, stems
from apps.vocabulary.countries import countries_named
from apps.vocabulary.synonyms import synonyms_in

# Phrases that are added to one question at most; a stretch whose synonyms would go beyond it gets none.
MAX_SYNONYMS = 64

WHOLE, ABOUT, FIELDS = "whole_vector", "search_vector", "field_vector"
# The vector and the weight in it that stand for a field.
_FIELD_PLACES: Mapping[str, tuple[str, str]] = {
    "title": (WHOLE, "A"),
    "condition": (FIELDS, "A"),
    "intervention": (FIELDS, "B"),
    "sponsor": (FIELDS, "C"),
    "outcome": (FIELDS, "D"),
    "eligibility": (WHOLE, "D"),
}
# The weight under which the words of a field stand in the vector that ranks.
_RANKED: Mapping[str, str] = {
    "title": "A",
    "condition": "B",
    "intervention": "B",
    "sponsor": "C",
    "outcome": "C",
    "eligibility": "D",
}

_NCT = re.compile(r"NCT[ :#-]?(\d{1,8})", re.IGNORECASE)
_NCT_LIST = re.compile(rf"\W*{_NCT.pattern}(?:[\s,;|/]+{_NCT.pattern})*\W*", re.IGNORECASE)
_INNER_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
_POSSESSIVE = re.compile(r"['’´`]s\b")

_ID_DIGITS = 8

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Ask:
    """Words or a phrase in one field, or (None) anywhere, with the phrases that mean the same."""

    leaves: tuple[Leaf, ...]
    others: tuple[str, ...] = ()

    @property
    def field(self) -> str | None:
        return self.leaves[0].field


@dataclass(frozen=True, slots=True)
class Match:
    """The studies whose vector fits a tsquery (its text)."""

    vector: str
    tsquery: str


@dataclass(frozen=True, slots=True)
class InCountries:
    """The studies with a place in one of these countries."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group(Generic[Part]):
    """All of the parts, any of them, or not the one part."""

    kind: Literal["all", "any", "not"]
    parts: tuple[Part | Group[Part], ...]


Wish = Ask | Group[Ask]
Plan = Match | InCountries | Group[Match | InCountries]


@dataclass(frozen=True, slots=True)
class Order:
    """Tsqueries over the whole vector by which hits are ranked, the first first.

    In the titles; in titles, conditions and interventions; as typed, without synonyms; anywhere.
    """

    titles: str
    subjects: str
    typed: str
    anywhere: str


@dataclass(frozen=True, slots=True)
class Term:
    """What may be marked: stems that stand for one of the reader's wishes, in one field or (None) anywhere.

    `word` is the wish where it is one word, folded, else "".
    """

    field: str | None
    sequences: tuple[tuple[str, ...], ...]
    word: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A text that was understood. `plan` and `order` are None where it holds nothing to search for, or to rank by.

    `ids` are the digits of NCT ids, or of the beginning of some, where the text is nothing else; then there is no plan.
    A single whole id is searched for as a word: it may be an alias, or named by other studies.
    `also_searched` and `also_left_out` are the synonyms that were added; `spelt` are the words that may be misspelt,
    each with its place in the text; `widened` are the stretches of the text (from, to) that stand for synonyms too.
    """

    text: str
    ids: tuple[str, ...] = ()
    plan: Plan | None = None
    order: Order | None = None
    terms: tuple[Term, ...] = ()
    also_searched: tuple[str, ...] = ()
    also_left_out: tuple[str, ...] = ()
    spelt: tuple[tuple[str, int], ...] = ()
    widened: tuple[tuple[int, int], ...] = ()

    @property
    def as_typed(self) -> str:
        """The same question without synonyms: the widened stretches in quotation marks."""
        return quoting(self.text, self.widened)


@lru_cache(maxsize=1024)
def read_question(text: str) -> Question:
    """The question that a text stands for. Raises ExpressionError where it cannot be read."""
    ids = tuple(_NCT.findall(text)) if _NCT_LIST.fullmatch(text) else ()
    if len(ids) > 1 or any(len(digits) < _ID_DIGITS for digits in ids):
        return Question(text, ids=ids)
    tree = parse(f"NCT{ids[0]}" if ids else text)
    if tree is None:
        return Question(text)
    wish = _Widener().widen(tree)
    asks = list(_asks(wish))
    anywhere = _ranked(wish, "")
    return Question(
        text=text,
        plan=_plan(wish, denied=False),
        order=Order(_ranked(wish, "A"), _ranked(wish, "AB"), _ranked(wish, "", typed=True), anywhere)
        if anywhere
        else None,
        terms=tuple(_term(ask) for ask, denied in asks if not denied and ask.field != "country"),
        also_searched=_each(ask for ask, denied in asks if not denied),
        also_left_out=_each(ask for ask, denied in asks if denied),
        spelt=tuple(_spelt(ask for ask, denied in asks if not denied)),
        widened=tuple(
            (ask.leaves[0].position, ask.leaves[-1].position + len(ask.leaves[-1].text))
            for ask, _denied in asks
            if ask.others
        ),
    )


def quoting(text: str, stretches: Sequence[tuple[int, int]]) -> str:
    """The text with these stretches (from, to; in order) in quotation marks."""
    for start, end in reversed(stretches):
        text = f'{text[:start]}"{text[start:end]}"{text[end:]}'
    return text


def matches_of(plan: Plan) -> Iterator[Match]:
    """Every question to the database that a plan needs."""
    if isinstance(plan, Match):
        yield plan
    elif isinstance(plan, Group):
        for part in plan.parts:
            yield from matches_of(part)


class _Widener:
    """Lays the synonyms over a tree, as many as one question may have."""

    def __init__(self) -> None:
        self._left = MAX_SYNONYMS

    def widen(self, node: Node) -> Wish:
        if isinstance(node, Leaf):
            return self._stretch([node])[0]
        if isinstance(node, Not) and isinstance(node.part, Not):
            return self.widen(node.part.part)
        if isinstance(node, Not):
            return Group("not", (self.widen(node.part),))
        if isinstance(node, Either):
            return Group("any", tuple(self.widen(part) for part in node.parts))
        return Group("all", tuple(self._all(node)))

    def _all(self, node: All) -> Iterator[Wish]:
        run: list[Leaf] = []
        for part in node.parts:
            if isinstance(part, Leaf) and not part.phrase and (not run or run[0].field == part.field):
                run.append(part)
                continue
            yield from self._stretch(run)
            run = [part] if isinstance(part, Leaf) and not part.phrase else []
            if not run:
                yield self.widen(part)
        yield from self._stretch(run)

    def _stretch(self, leaves: Sequence[Leaf]) -> list[Ask]:
        """Leaves of one field that stand beside each other, those that have synonyms together as one."""
        if not leaves or leaves[0].phrase or leaves[0].field == "country":
            return [Ask((leaf,)) for leaf in leaves]
        asks, at = [], 0
        for first, last, others in synonyms_in([leaf.text for leaf in leaves]):
            asks += [Ask((leaf,)) for leaf in leaves[at:first]]
            asks.append(Ask(tuple(leaves[first:last]), self._allowed(leaves[first:last], others)))
            at = last
        return asks + [Ask((leaf,)) for leaf in leaves[at:]]

    def _allowed(self, leaves: Sequence[Leaf], others: Sequence[str]) -> tuple[str, ...]:
        """These phrases without those that are the same to the search; none where they would be too many."""
        distinct = {stems(phrase): phrase for phrase in reversed(others)}
        distinct.pop(stems(" ".join(leaf.text for leaf in leaves)), None)
        if len(distinct) > self._left:
            return ()
        self._left -= len(distinct)
        return tuple(phrase for phrase in others if phrase in distinct.values())


def _asks(wish: Wish, denied: bool = False) -> Iterator[tuple[Ask, bool]]:
    """Every ask from left to right, and whether it stands under a minus."""
    if isinstance(wish, Ask):
        yield wish, denied
    else:
        for part in wish.parts:
            yield from _asks(part, denied != (wish.kind == "not"))


def _each(asks: Iterator[Ask]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phrase for ask in asks for phrase in ask.others))


def _spelt(asks: Iterator[Ask]) -> Iterator[tuple[str, int]]:
    for ask in asks:
        for leaf in ask.leaves:
            if not leaf.phrase and leaf.field != "country":
                for found in LETTERS.finditer(leaf.text):
                    yield found[0], leaf.position + found.start()


def _term(ask: Ask) -> Term:
    texts = [*(leaf.text for leaf in ask.leaves), *ask.others]
    word = fold(texts[0]) if len(texts) == 1 else ""
    return Term(ask.field, tuple(dict.fromkeys(filter(None, map(stems, texts)))), word)


# Plans.


def _plan(wish: Wish, denied: bool) -> Plan:
    if isinstance(wish, Group):
        if wish.kind == "not":
            part = _plan(wish.parts[0], not denied)
            return part.parts[0] if isinstance(part, Group) and part.kind == "not" else Group("not", (part,))
        return _joined(wish.kind, [_plan(part, denied) for part in wish.parts])
    if wish.field == "country":
        return InCountries(_countries(wish.leaves[0]))
    vector, weights = _FIELD_PLACES[wish.field] if wish.field else (WHOLE, "")
    if denied and vector == WHOLE and weights != "D":
        vector = ABOUT
    return Match(vector, _tsquery(wish, weights))


def _joined(kind: Literal["all", "any"], parts: Sequence[Plan]) -> Plan:
    """The parts as one, those that ask the same vector as one tsquery."""
    plain: dict[str, list[str]] = {}
    refused: dict[str, list[str]] = {}
    rest: list[Plan] = []
    for part in parts:
        if isinstance(part, Match):
            plain.setdefault(part.vector, []).append(part.tsquery)
        elif isinstance(part, Group) and part.kind == "not" and isinstance(part.parts[0], Match):
            refused.setdefault(part.parts[0].vector, []).append(part.parts[0].tsquery)
        else:
            rest.append(part)
    # Not this and not that: neither of them.
    opposite: Literal["all", "any"] = "any" if kind == "all" else "all"
    joined: list[Plan] = [Match(vector, _together(kind, tsqueries)) for vector, tsqueries in plain.items()]
    joined += [Group("not", (Match(vector, _together(opposite, tsqueries)),)) for vector, tsqueries in refused.items()]
    joined += rest
    return joined[0] if len(joined) == 1 else Group(kind, tuple(joined))


def _countries(leaf: Leaf) -> tuple[str, ...]:
    codes = countries_named(leaf.text)
    if not codes:
        message = _("We know no country of this name. Write it in English, as Spain, or as two letters, as ES.")
        raise ExpressionError(message, leaf.position)
    return codes


# Tsqueries as text. Every word and phrase in it is quoted by `_quoted`, and the text is a parameter of to_tsquery.


def _together(kind: Literal["all", "any"], tsqueries: Sequence[str]) -> str:
    operator = " & " if kind == "all" else " | "
    return tsqueries[0] if len(tsqueries) == 1 else f"({operator.join(tsqueries)})"


def _tsquery(ask: Ask, weights: str, *, typed: bool = False) -> str:
    words = _together("all", [_quoted(leaf.text, weights) for leaf in ask.leaves])
    others = [] if typed else [_quoted(phrase, weights) for phrase in ask.others]
    return _together("any", [words, *others])


def _ranked(wish: Wish, weights: str, *, typed: bool = False) -> str:
    """The tsquery of what is asked for, words without a field under these weights; "" where there is none."""
    if isinstance(wish, Ask):
        if wish.field == "country":
            return ""
        return _tsquery(wish, _RANKED[wish.field] if wish.field else weights, typed=typed)
    if wish.kind == "not":
        return ""
    parts = [text for part in wish.parts if (text := _ranked(part, weights, typed=typed))]
    return _together(wish.kind, parts) if parts else ""


def _quoted(text: str, weights: str) -> str:
    marked = f":{weights}" if weights else ""
    spellings = [text.replace("\\", "\\\\").replace("'", "''") for text in _spellings(text)]
    return _together("any", [f"'{spelling}'{marked}" for spelling in spellings])


def _spellings(text: str) -> tuple[str, ...]:
    """As typed; with its words apart (UC-MSC, UC MSC); without the s of a possessive (Wharton's, Wharton)."""
    if (found := _NCT.fullmatch(text)) and len(found[1]) == _ID_DIGITS:
        return (f"NCT{found[1]}",)
    apart = _INNER_HYPHEN.sub(" ", text)
    return tuple(dict.fromkeys((text, apart, _POSSESSIVE.sub("", apart))))
