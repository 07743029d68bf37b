"""The leaflets: short texts that people wrote, each medical statement with its sources beside it.

They live in `content/*.toml`, one file a disease, so that a change of a sentence is a change that can be reviewed.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CONTENT = Path(__file__).parent / "content"


@dataclass(frozen=True, slots=True)
class Source:
    """Something published that a statement rests on. `number` is its place in the leaflet's list, from 1."""

    key: str
    number: int
    title: str
    by: str
    url: str
    read: dt.date


@dataclass(frozen=True, slots=True)
class Statement:
    """One or more sentences and the sources that say so."""

    text: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Leaflet:
    """What a disease page says beside its counts; `reviewed` is when we last held it against its sources."""

    slug: str
    reviewed: dt.date
    what: tuple[Statement, ...]
    msc: tuple[Statement, ...]
    hsc: tuple[Statement, ...]
    unknown: tuple[Statement, ...]
    questions: tuple[Statement, ...]
    questions_from: tuple[Statement, ...]
    travel: tuple[Statement, ...]
    sources: tuple[Source, ...]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT / f"{name}.toml").read_text(encoding="utf-8"))


class _Citations:
    """Numbers the sources in the order in which a leaflet cites them."""

    def __init__(self, known: Mapping[str, Mapping[str, Any]]) -> None:
        self._known = known
        self.cited: dict[str, Source] = {}

    def statements(self, *sections: Sequence[Mapping[str, Any]]) -> tuple[Statement, ...]:
        return tuple(
            Statement(entry["text"], tuple(self._source(key) for key in entry.get("sources", ())))
            for section in sections
            for entry in section
        )

    def _source(self, key: str) -> Source:
        if key not in self.cited:
            self.cited[key] = Source(key=key, number=len(self.cited) + 1, **self._known[key])
        return self.cited[key]


@cache
def leaflet(slug: str) -> Leaflet | None:
    """The leaflet of a disease, None when there is none. Read once a process."""
    if not slug.replace("-", "").isalnum() or not (CONTENT / f"{slug}.toml").is_file() or slug in {"common", "sources"}:
        return None
    own, common, citations = _read(slug), _read("common"), _Citations(_read("sources"))
    return Leaflet(
        slug=slug,
        reviewed=own["reviewed"],
        what=citations.statements(own["what"]),
        msc=citations.statements(own["msc"], common["msc"]),
        hsc=citations.statements(common["hsc"], own["hsc"]),
        unknown=citations.statements(own["unknown"]),
        questions=citations.statements(common["questions"]),
        questions_from=citations.statements(common["questions_from"]),
        travel=citations.statements(common["travel"]),
        sources=tuple(citations.cited.values()),
    )


@cache
def common_statements(section: str) -> tuple[Statement, ...]:
    """Statements of one section of the part that all leaflets share, such as "hsc"; numbered on their own."""
    return _Citations(_read("sources")).statements(_read("common")[section])
