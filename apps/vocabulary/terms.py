"""The terms of `terms.toml`, read once, and the finder that looks for all of them in one pass.

Built on RE2: its time grows with the text's length and with nothing else, so no text can hang it.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import re2

TERMS_FILE = Path(__file__).with_name("terms.toml")
CARD_TERMS = Path(__file__).with_name("card_terms")

# What may stand between two words of a phrase. A full stop and a semicolon may not: they end a thought.
_BETWEEN = r"[\s\-‐‑‒–—_/,'’´`()\\*®™]{1,4}"
_APOSTROPHE = r"['’´`]?"
_WORD = re.compile(r"[^\W_]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_APOSTROPHES = re.compile(_APOSTROPHE[:-1] + r"(?=[sS]\b)")


@cache
def terms() -> dict[str, Any]:
    """The file's tables as plain dictionaries and lists. Raises tomllib.TOMLDecodeError for a file that is not TOML."""
    return tomllib.loads(TERMS_FILE.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Found:
    """A term in a text: its group and where it stands, in code points."""

    group: str
    start: int
    end: int


class TermFinder:
    """Finds the phrases of every group in one pass; at each place the longest phrase wins.

    Raises ValueError when two groups claim the same phrase.
    """

    def __init__(self, groups: Mapping[str, Mapping[str, Any]], spellings: Mapping[str, Iterable[str]]) -> None:
        self._spellings = {word: tuple(others) for word, others in spellings.items()}
        self._plain = {
            _singular(other): _singular(word)
            for word, others in self._spellings.items()
            for other in others
            if " " not in other
        }
        self._folded: dict[str, str] = {}
        self._exact: dict[str, str] = {}
        alternatives = []
        for group, table in groups.items():
            for phrase in table.get("phrases", ()):
                for variant in self._variants(phrase):
                    self._claim(self._folded, self._fold(variant), group)
                    alternatives.append(self._phrase_pattern(variant))
            for abbreviation in table.get("exact", ()):
                self._claim(self._exact, " ".join(_WORD.findall(abbreviation)), group)
                alternatives.append(f"(?-i:{_BETWEEN.join(map(re.escape, _WORD.findall(abbreviation)))}s?)")
        options = re2.Options()
        options.case_sensitive = False
        options.longest_match = True
        options.max_mem = 64 << 20
        self._pattern = re2.compile(rf"\b(?:{'|'.join(dict.fromkeys(alternatives))})\b", options)
        self._group_of = lru_cache(maxsize=8192)(self._look_up)

    def find(self, text: str) -> Iterator[Found]:
        """Every term in the text, from left to right, without overlap."""
        try:
            # In ASCII a byte is a code point, and matching bytes spares the counting.
            for match in self._pattern.finditer(text.encode() if text.isascii() else text):
                start, end = match.span()
                group = self._group_of(self._key(text[start:end]))
                if group:
                    yield Found(group, start, end)
        except UnicodeEncodeError:
            # Half of a surrogate pair is no text; one sign for one keeps every offset.
            yield from self.find(_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text))

    def _key(self, quote: str) -> str:
        return " ".join(_WORD.findall(_APOSTROPHES.sub("", quote)))

    def _look_up(self, key: str) -> str | None:
        return self._exact.get(key) or self._exact.get(key.removesuffix("s")) or self._folded.get(self._fold(key))

    def _claim(self, table: dict[str, str], key: str, group: str) -> None:
        if table.setdefault(key, group) != group:
            raise ValueError(f"{key!r} stands in {table[key]} and in {group}")

    def _variants(self, phrase: str) -> Iterator[str]:
        """The phrase, and the phrase with each spelling of more than one word put in."""
        choices = [
            [word, *(other for other in self._spellings.get(word, ()) if " " in other)] for word in phrase.split()
        ]
        return (" ".join(words) for words in itertools.product(*choices))

    def _fold(self, phrase: str) -> str:
        words = _WORD.findall(_APOSTROPHES.sub("", phrase.lower()))
        # A spelling may itself be a plural ("therapies"), or be found in its plural.
        return " ".join(self._plain.get(word) or self._plain.get(_singular(word), _singular(word)) for word in words)

    def _phrase_pattern(self, phrase: str) -> str:
        return _BETWEEN.join(self._word_pattern(word) for word in phrase.split())

    def _word_pattern(self, word: str) -> str:
        spellings = [word, *(other for other in self._spellings.get(word, ()) if " " not in other)]
        plural = "" if word.endswith("s") or len(word) < 3 else "s?"
        choices = "|".join(re.escape(spelling).replace("'", _APOSTROPHE) for spelling in spellings)
        return f"(?:{choices}){plural}"


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


@cache
def finder() -> TermFinder:
    """The finder of all terms that the rules know."""
    return TermFinder(terms()["terms"], terms()["spellings"])


@cache
def card_terms(name: str) -> dict[str, dict[str, Any]]:
    """The tables of one file of `card_terms`: field to value to its phrases. Raises FileNotFoundError."""
    return tomllib.loads((CARD_TERMS / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def card_finder(*names: str) -> TermFinder:
    """The finder of these files of `card_terms`: their tables are [field.value], its groups "field.value".

    Raises FileNotFoundError for a file that there is not.
    """
    groups = {
        f"{field}.{value}": table
        for name in names
        for field, values in card_terms(name).items()
        for value, table in values.items()
    }
    return TermFinder(groups, terms()["spellings"])


@cache
def group_of_mesh() -> Mapping[str, str]:
    """MeSH identifiers, in the form D009103, to groups of terms."""
    return {mesh: group for group, table in terms()["terms"].items() for mesh in table.get("mesh", ())}


def mesh_group(identifier: str | None) -> str | None:
    """The group of a MeSH identifier; the registry has written both D009103 and D000009103."""
    if not identifier or not identifier.startswith("D"):
        return None
    digits = identifier[1:].lstrip("0")
    return group_of_mesh().get("D" + digits.rjust(6 if len(digits) <= 6 else 9, "0"))
