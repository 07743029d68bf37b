"""What a reader types into the search box, as a tree: words, phrases, OR, minus, brackets, fields.

    lupus nephritis                 both words
    "umbilical cord" OR placenta    either
    -children, NOT children         without
    title:lupus sponsor:"Test University"

A hyphen within a word is part of it. Whatever cannot be read is told with the place of the character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Leaves of one question: more than the longest title has words, few enough to be answered quickly.
MAX_LEAVES = 100
MAX_DEPTH = 16

FIELDS: dict[str, Promise] = {
    "title": _("titles, acronym and ids"),
    "condition": _("conditions and keywords"),
    "intervention": _("names of interventions"),
    "sponsor": _("sponsor and collaborators"),
    "outcome": _("outcomes"),
    "eligibility": _("who can join"),
    "country": _("countries"),
}

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quote>"(?P<phrase>[^"]*)(?P<closed>"?))
      | (?P<open>\()
      | (?P<close>\))
      | (?P<minus>-+(?=[\w"(]))
      | (?P<field>[A-Za-z][A-Za-z_]*:(?![/\s]))
      | (?P<bare>[A-Za-z][A-Za-z_]*:(?=\s|$))
      | (?P<word>[^\s"()]+)
    )""",
    re.VERBOSE,
)


# Quotation marks as phones and word processors write them.
_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟«»″", '"'))


class ExpressionError(ValueError):
    """The text cannot be read. `message` is a sentence for people (lazy), `position` counts characters from 0."""

    def __init__(self, message: Promise | str, position: int) -> None:
        super().__init__(str(message))
        self.message = message
        self.position = position


@dataclass(frozen=True, slots=True)
class Leaf:
    """A word or a phrase, in one field or (None) anywhere; `position` is where it begins in what was typed."""

    text: str
    phrase: bool
    field: str | None
    position: int


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Node, ...]


Node = Leaf | Not | All | Either


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def parse(text: str) -> Node | None:
    """The tree of a text; None where it holds nothing to search for. Raises ExpressionError."""
    reader = _Reader(list(_tokens(text.translate(_STRAIGHT))), len(text))
    tree = reader.either(0)
    if reader.token:
        raise ExpressionError(_("This bracket closes nothing."), reader.token.position)
    if sum(1 for _leaf in leaves(tree)) > MAX_LEAVES:
        raise ExpressionError(_("This is too long a question: search for fewer words."), 0)
    return tree


def leaves(tree: Node | None) -> Iterator[Leaf]:
    """Every word and phrase, from left to right."""
    if isinstance(tree, Leaf):
        yield tree
    elif isinstance(tree, Not):
        yield from leaves(tree.part)
    elif tree is not None:
        for part in tree.parts:
            yield from leaves(part)


def wanted(tree: Node | None) -> Iterator[Leaf]:
    """The words and phrases that are asked for: those under no minus."""
    if isinstance(tree, Leaf):
        yield tree
    elif isinstance(tree, All | Either):
        for part in tree.parts:
            yield from wanted(part)


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            return  # nothing but white space is left
        kind = found.lastgroup or ""
        position = found.end()
        if found["quote"] is not None:
            at = found.start("quote")
            if not found["closed"]:
                raise ExpressionError(_("This quotation mark is not closed."), at)
            yield _Token("phrase", found["phrase"], at)
        elif kind == "bare":
            raise ExpressionError(_("A word must follow the colon, without a space."), found.end("bare") - 1)
        else:
            yield _Token(kind, found[kind], found.start(kind))


class _Reader:
    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = tokens
        self._at = 0
        self._end = end

    @property
    def token(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def either(self, depth: int) -> Node | None:
        if depth > MAX_DEPTH:
            raise ExpressionError(_("There are too many brackets within brackets."), self._position())
        parts = [self.all(depth)]
        while self._operator("OR"):
            self._at += 1
            parts.append(self.all(depth))
        told = tuple(part for part in parts if part is not None)
        return Either(told) if len(told) > 1 else (told[0] if told else None)

    def all(self, depth: int) -> Node | None:
        parts: list[Node] = []
        while (token := self.token) and token.kind != "close" and not self._operator("OR"):
            if self._operator("AND"):
                self._at += 1
                continue
            part = self.one(depth)
            if part is not None:
                parts.append(part)
        return All(tuple(parts)) if len(parts) > 1 else (parts[0] if parts else None)

    def one(self, depth: int) -> Node | None:
        token = self._take()
        if token.kind == "minus" or (token.kind == "word" and token.text == "NOT" and self.token):
            if self.token is None or self.token.kind == "close":
                return None
            part = self.one(depth + 1) if depth <= MAX_DEPTH else None
            return Not(part) if part is not None else None
        if token.kind == "open":
            part = self.either(depth + 1)
            if self.token is None:
                raise ExpressionError(_("This bracket is not closed."), token.position)
            self._at += 1
            return part
        if token.kind == "field":
            return self._in_field(token)
        return _leaf(token, None)

    def _in_field(self, token: _Token) -> Node | None:
        name = token.text[:-1].lower()
        if name not in FIELDS:
            message = _("There is no field of this name. There are: %(fields)s.") % {"fields": ", ".join(FIELDS)}
            raise ExpressionError(message, token.position)
        value = self.token
        if value is None or value.kind not in ("word", "phrase"):
            raise ExpressionError(_("A word or a phrase in quotation marks must follow the field."), self._position())
        return _leaf(self._take(), name)

    def _operator(self, word: str) -> bool:
        """OR is one in any case, as in other search boxes; AND in capitals only: "and" stands in many titles."""
        token = self.token
        if token is None or token.kind != "word":
            return False
        return token.text.upper() == word if word == "OR" else token.text == word

    def _take(self) -> _Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _position(self) -> int:
        return self.token.position if self.token else self._end


def _leaf(token: _Token, field: str | None) -> Leaf | None:
    if not re.search(r"\w", token.text):
        return None
    return Leaf(token.text.strip(), token.kind == "phrase", field, token.position)
