"""Words as the full text search sees them, for what is done beside it: marking hits, putting spellings right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import snowballstemmer

TOKEN = re.compile(r"[^\W_]+")
_stem_of = snowballstemmer.stemmer("english").stemWord


# Words of letters alone, as long as one that can be misspelt: no id and no number is among them.
LETTERS = re.compile(r"(?<![^\W_])[^\W\d_]{4,40}(?![^\W_])")
# Splits an ASCII text as `TOKEN` does, in half the time.
_APART = {code: " " for code in range(128) if not chr(code).isalnum()}


class _Folding(dict[int, str]):
    """Every character to its small letter without an accent; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        bare = unicodedata.normalize("NFKD", char)[0].lower()
        self[code] = bare if len(bare) == 1 else char
        return self[code]


_folding = _Folding()


def fold(text: str) -> str:
    """Small letters without accents, character for character: every place in it is a place in the text."""
    return text.lower() if text.isascii() else text.translate(_folding)


def spelt(texts: Iterable[str]) -> set[str]:
    """The words of these texts that a misspelt one can be held against, folded."""
    tokens: set[str] = set()
    for text in texts:
        # Line by line where a sign is not ASCII: the other lines take the quick way.
        for line in (text,) if text.isascii() else text.split("\n"):
            folded = fold(line)
            tokens.update(folded.translate(_APART).split() if folded.isascii() else TOKEN.findall(folded))
    return {token for token in tokens if _is_spelt(token)}


def _is_spelt(token: str) -> bool:
    # In ASCII, letters are what `isalpha` says.
    return token.isalpha() and 4 <= len(token) <= 40 if token.isascii() else bool(LETTERS.fullmatch(token))


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The stem of a folded word, as PostgreSQL's `english_stem` makes it but for a few words of its newer versions."""
    return _stem_of(word)


def stems(text: str) -> tuple[str, ...]:
    """The stems of a text's words, in order."""
    return tuple(stem(word) for word in TOKEN.findall(fold(text)))
