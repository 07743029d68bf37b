"""The search expressions of `query.*`: words, "phrases", AND, OR, NOT and parentheses.

Words without quotation marks must all be there, in any place. NOT binds closest, then AND, then OR; the operators are
capitals. Pure: the result is a tsquery of PostgreSQL as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

# Far beyond what people write, and far below what would burden the database.
MAX_LENGTH = 10_000
MAX_TERMS = 500
MAX_DEPTH = 50

_SIGN = re.compile(
    r"""\s*(?:
        "(?P<phrase>[^"]*)"
      | (?P<operator>(?:AND|OR|NOT)(?![^\s()",]))
      | (?P<open>\()
      | (?P<close>\))
      | (?P<bad>["\[\]])
      | (?P<word>[^\s()\[\]",]+)
      | ,
    )""",
    re.VERBOSE,
)
_HAS_WORD = re.compile(r"[^\W_]")


class ExpressionError(ValueError):
    """The expression cannot be read; the message says what is wrong, and at which character where there is one."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase, as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    part: Expression


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that must all hold ("&") or of which one must ("|"); two or more."""

    operator: Literal["&", "|"]
    parts: tuple[Expression, ...]


Expression = Term | Not | Group


@dataclass(frozen=True, slots=True)
class _Sign:
    kind: str
    text: str
    at: int


def parse(text: str) -> Expression:
    """The expression that the text stands for; ExpressionError for anything that is none."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"it is longer than {MAX_LENGTH} characters")
    signs = _signs(text)
    if not signs:
        raise ExpressionError("it has no word to search for")
    if sum(sign.kind == "term" for sign in signs) > MAX_TERMS:
        raise ExpressionError(f"it has more than {MAX_TERMS} words and phrases")
    return _Parser(signs).whole()


def to_tsquery(expression: Expression, weights: str = "") -> str:
    """The text for `to_tsquery`: each word or phrase quoted, with the weights that it may be found under."""
    match expression:
        case Term(text):
            quoted = text.replace("\\", "\\\\").replace("'", "''")
            return f"'{quoted}':{weights}" if weights else f"'{quoted}'"
        case Not(part):
            return f"!{to_tsquery(part, weights)}"
        case Group(operator, parts):
            return f"({f' {operator} '.join(to_tsquery(part, weights) for part in parts)})"


def _signs(text: str) -> list[_Sign]:
    signs = []
    for match in _SIGN.finditer(text.rstrip()):
        kind = match.lastgroup
        if kind == "bad":
            at = match.start("bad")
            told = "a quotation mark is not closed" if match["bad"] == '"' else f"'{match['bad']}' is not understood"
            raise ExpressionError(f"{told} (character {at + 1})")
        if kind in {"phrase", "word"}:
            # Marks alone, such as a hyphen between words, are nothing to search for.
            if _HAS_WORD.search(match[kind]):
                signs.append(_Sign("term", match[kind], match.start(kind)))
        elif kind:
            signs.append(_Sign(match[kind], match[kind], match.start(kind)))
    return signs


class _Parser:
    """Recursive descent; `depth` counts open parentheses."""

    def __init__(self, signs: list[_Sign]) -> None:
        self.signs = signs
        self.at = 0
        self.depth = 0

    def whole(self) -> Expression:
        expression = self.any_of()
        if self.at < len(self.signs):
            raise self.unexpected()
        return expression

    def any_of(self) -> Expression:
        parts = [self.all_of()]
        while self.take("OR"):
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else Group("|", tuple(parts))

    def all_of(self) -> Expression:
        parts = [self.one()]
        while self.kind not in {"", "OR", ")"}:
            self.take("AND")
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else Group("&", tuple(parts))

    def one(self) -> Expression:
        denied = False
        while self.take("NOT"):
            denied = not denied
        if self.kind == "term":
            part: Expression = Term(self.signs[self.at].text)
            self.at += 1
        elif self.take("("):
            part = self.inner()
        else:
            raise self.unexpected()
        if not denied:
            return part
        return part.part if isinstance(part, Not) else Not(part)

    def inner(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(f"parentheses are nested more than {MAX_DEPTH} deep")
        part = self.any_of()
        if not self.take(")"):
            raise ExpressionError("a parenthesis is not closed")
        self.depth -= 1
        return part

    @property
    def kind(self) -> str:
        return self.signs[self.at].kind if self.at < len(self.signs) else ""

    def take(self, kind: str) -> bool:
        if self.kind == kind:
            self.at += 1
            return True
        return False

    def unexpected(self) -> ExpressionError:
        if self.at == len(self.signs):
            return ExpressionError("it ends where a word, a phrase or '(' should follow")
        sign = self.signs[self.at]
        return ExpressionError(f"'{sign.text}' is not expected there (character {sign.at + 1})")
