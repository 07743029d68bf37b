"""Words as the full text search sees them, for what is done beside it: marking hits, putting spellings right."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

TOKEN = re.compile(r"[^\W_]+")
_stem_of = snowballstemmer.stemmer("english").stemWord


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    bare = unicodedata.normalize("NFKD", char)[0].lower()
    return bare if len(bare) == 1 else char


def fold(text: str) -> str:
    """Small letters without accents, character for character: every place in it is a place in the text."""
    return text.lower() if text.isascii() else "".join(map(_plain, text))


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The stem of a folded word, as PostgreSQL's `english_stem` makes it but for a few words of its newer versions."""
    return _stem_of(word)


def stems(text: str) -> tuple[str, ...]:
    """The stems of a text's words, in order."""
    return tuple(stem(word) for word in TOKEN.findall(fold(text)))
