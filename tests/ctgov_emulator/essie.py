"""A small part of Essie, the registry's search language: enough for named queries and the common advanced filters.

Words, "phrases", AND, OR, NOT, parentheses, AREA[field], RANGE[from, to], MISSING, ALL. Case, accents and a plural s do
not matter; words without quotation marks must all be there, in any place. No synonyms: the real registry finds more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

# Gives the text of a search area, in normal form.
Text = Callable[[str], str]
Matcher = Callable[[Text], bool]

_WORD = re.compile(r"\w+")
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<phrase>"(?:[^"\\]|\\.)*")
      | (?P<range>RANGE\[(?P<low>[^,\]]*),(?P<high>[^\]]*)\])
      | (?P<area>AREA\[(?P<name>[A-Za-z][\w.\-]*)\])
      | (?P<tuning>(?:EXPANSION|COVERAGE|TILT|SEARCH)\[[^\]]*\])
      | (?P<open>\()
      | (?P<close>\))
      | (?P<word>[^\s()\[\],"]+)
      | (?P<bad>.)
    )""",
    re.VERBOSE | re.DOTALL,
)


class QueryError(Exception):
    """The expression cannot be parsed; the message is what the registry would say."""


@dataclass(frozen=True)
class _Sign:
    kind: str
    text: str
    low: str = ""
    high: str = ""


def normal_text(text: str) -> str:
    """` multiple sclerosi ` ... : folded words between single spaces, so that a phrase is a substring."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return f" {' '.join(_folded(word) for word in _WORD.findall(text.lower()))} "


def _folded(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] not in "siu" else word


def compile_query(expression: str, area: str, known_area: Callable[[str], bool]) -> Matcher:
    """A function that says whether a study matches; QueryError as the registry words it."""
    return _Parser(expression, known_area).whole(area)


class _Parser:
    def __init__(self, expression: str, known_area: Callable[[str], bool]) -> None:
        self.known_area = known_area
        self.signs = list(_signs(expression))
        self.at = 0

    def whole(self, area: str) -> Matcher:
        matcher = self.any_of(area)
        if self.at < len(self.signs):
            raise QueryError(f"extraneous input '{self.signs[self.at].text}' expecting <EOF>")
        return matcher

    def peek(self) -> _Sign | None:
        return self.signs[self.at] if self.at < len(self.signs) else None

    def take(self, *texts: str) -> bool:
        sign = self.peek()
        if sign and sign.kind == "word" and sign.text in texts:
            self.at += 1
            return True
        return False

    def any_of(self, area: str) -> Matcher:
        parts = [self.all_of(area)]
        while self.take("OR"):
            parts.append(self.all_of(area))
        return parts[0] if len(parts) == 1 else lambda text: any(part(text) for part in parts)

    def all_of(self, area: str) -> Matcher:
        parts = [self.one(area)]
        while (sign := self.peek()) and sign.kind != "close" and not (sign.kind == "word" and sign.text == "OR"):
            self.take("AND")
            parts.append(self.one(area))
        return parts[0] if len(parts) == 1 else lambda text: all(part(text) for part in parts)

    def one(self, area: str) -> Matcher:
        if self.take("NOT"):
            inner = self.one(area)
            return lambda text: not inner(text)
        sign = self.peek()
        if sign is None or sign.kind == "close" or (sign.kind == "word" and sign.text in {"AND", "OR"}):
            raise QueryError(f"no viable alternative at input '{sign.text if sign else '<EOF>'}'")
        self.at += 1
        if sign.kind == "open":
            inner = self.any_of(area)
            if not (closing := self.peek()) or closing.kind != "close":
                raise QueryError("missing ')' at '<EOF>'")
            self.at += 1
            return inner
        if sign.kind == "area":
            if not self.known_area(sign.text):
                raise QueryError(f"unknown area '{sign.text}'")
            return self.one(sign.text)
        if sign.kind == "tuning":
            return self.one(area)
        if sign.kind == "range":
            return _range(area, sign.low, sign.high)
        if sign.kind == "word" and sign.text == "ALL":
            return lambda text: True
        if sign.kind == "word" and sign.text == "MISSING":
            return lambda text: not text(area).strip()
        words = normal_text(sign.text)
        return lambda text: words in text(area)


def _signs(expression: str) -> list[_Sign]:
    signs = []
    for match in _TOKEN.finditer(expression.strip()):
        kind = match.lastgroup or ""
        if match["bad"]:
            raise QueryError(f"no viable alternative at input '{match['bad']}'")
        if match["range"]:
            signs.append(_Sign("range", match["range"], match["low"].strip(), match["high"].strip()))
        elif match["area"]:
            signs.append(_Sign("area", match["name"]))
        elif match["phrase"]:
            signs.append(_Sign("phrase", match["phrase"][1:-1].replace('\\"', '"')))
        else:
            signs.append(_Sign(kind, match[kind]))
    return signs


def _range(area: str, low: str, high: str) -> Matcher:
    """Bounds are inside. Dates of any precision stand for their first day; numbers are compared as numbers."""

    def inside(text: Text) -> bool:
        # In normal form a date has lost its hyphens.
        found = [_comparable(value.strip().replace(" ", "-")) for value in text(area).split("\n")]
        return any(
            one is not None
            and (low == "MIN" or _not_above(_comparable(low), one))
            and (high == "MAX" or _not_above(one, _comparable(high)))
            for one in found
        )

    return inside


def _comparable(value: str) -> tuple[int, float | str] | None:
    value = value.strip()
    if re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", value):
        return 1, value if len(value) == 10 else value + "-01"
    if re.fullmatch(r"-?\d+(\.\d+)?", value):
        return 0, float(value)
    return None


def _not_above(low: tuple[int, float | str] | None, high: tuple[int, float | str] | None) -> bool:
    if low is None or high is None:
        return False
    if low[0] != high[0]:
        # A year alone against a date.
        low, high = _as_date(low), _as_date(high)
    return low <= high


def _as_date(value: tuple[int, float | str]) -> tuple[int, float | str]:
    return value if value[0] == 1 else (1, f"{int(value[1]):04d}-01-01")
