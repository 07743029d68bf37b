"""The synonyms of `synonyms.toml`, looked up by how people type them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("synonyms.toml")
_WORD = re.compile(r"[^\W_]+(?:['’´`][^\W_]+)?")


def fold(text: str) -> tuple[str, ...]:
    """The words of a text in small letters, without apostrophes and without the plural s of longer words."""
    words = (re.sub(r"['’´`]", "", word.casefold()) for word in _WORD.findall(text))
    return tuple(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words)


@cache
def groups() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Folded words to all phrases of their group, as written. Raises ValueError when two groups share one."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for group in _data()["groups"]:
        for phrase in group:
            key = fold(phrase)
            if found.setdefault(key, tuple(group)) != tuple(group):
                raise ValueError(f"{phrase!r} stands in two groups")
    return found


@cache
def loose() -> frozenset[tuple[str, ...]]:
    """Folded words that are looked up, and never given as a synonym of another."""
    return frozenset(map(fold, _data()["loose"]))


@cache
def _data() -> Mapping[str, list[Any]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def _longest() -> int:
    return max(len(key) for key in groups())


def synonyms_in(words: Sequence[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """(first, past the last, other phrases) for each stretch of `words` that has synonyms; the longest wins."""
    folded = [fold(word) for word in words]
    at = 0
    while at < len(words):
        for size in range(min(_longest(), len(words) - at), 0, -1):
            key = tuple(part for word in folded[at : at + size] for part in word)
            group = groups().get(key)
            if group:
                yield at, at + size, tuple(phrase for phrase in group if fold(phrase) not in {key, *loose()})
                at += size - 1
                break
        at += 1
