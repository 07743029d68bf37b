"""The glossary and the questions to take along: short texts that people wrote, with their sources.

They live in `glossary/*.toml`, so that a change of a sentence is a change that can be reviewed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.guide.selectors import Source

CONTENT = Path(__file__).parent / "glossary"

GROUPS: Mapping[str, Promise] = {
    "status": _("What a status means"),
    "phase": _("What a phase means"),
    "trial": _("How a trial is done"),
    "record": _("What a record says"),
    "cells": _("Cells, and how they are given"),
    "transplant": _("The transplant"),
    "measure": _("Illness and how it is measured"),
}


@dataclass(frozen=True, slots=True)
class Term:
    """A word and what it means. `forms` are how pages write it; `status` and `phase` the registry's own word."""

    slug: str
    name: str
    group: str
    text: str
    forms: tuple[str, ...]
    sources: tuple[Source, ...]
    status: str = ""
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Questions:
    """What to ask: one's own doctor, the trial's team, and what only one kind of cells raises."""

    doctor: tuple[str, ...]
    team: tuple[str, ...]
    kinds: Mapping[str, tuple[str, ...]]
    sources: tuple[Source, ...]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def _sources() -> Mapping[str, Source]:
    return {key: Source(key=key, number=at, **entry) for at, (key, entry) in enumerate(_read("sources").items(), 1)}


@cache
def terms() -> tuple[Term, ...]:
    """Every term, in the order of its file. Read once a process."""
    return tuple(
        Term(
            slug=slug,
            name=entry["name"],
            group=entry["group"],
            text=entry["text"],
            forms=tuple(entry.get("forms", ())),
            sources=tuple(_sources()[key] for key in entry.get("sources", ())),
            status=entry.get("status", ""),
            phase=entry.get("phase", ""),
        )
        for slug, entry in _read("terms").items()
    )


@cache
def questions() -> Questions:
    """The questions of the sheet for the doctor. Read once a process."""
    entry = _read("questions")
    asked = {key: tuple(item["text"] for item in entry[key]) for key in ("doctor", "team", "msc", "hsc")}
    return Questions(
        doctor=asked["doctor"],
        team=asked["team"],
        kinds={kind: asked[kind] for kind in ("msc", "hsc")},
        sources=tuple(_sources()[key] for key in entry["sources"]),
    )


def cited() -> tuple[Source, ...]:
    """Every source that a term rests on, once, in the order in which they are first cited."""
    return tuple({source.key: source for term in terms() for source in term.sources}.values())


def status_term(word: str | None) -> Term | None:
    """What a recruitment status of the registry means; None for one that the glossary lacks."""
    return next((term for term in terms() if word and term.status == word), None)


def phase_terms(words: Iterable[str]) -> list[Term]:
    """What the phases of a record mean, in the order of the phases."""
    asked = set(words)
    return [term for term in terms() if term.phase and term.phase in asked]


# Which words stand in a text

_WORD = re.compile(r"[^\W_](?:[\w+/-]*[\w+])?")


@cache
def _single() -> tuple[Mapping[str, Term], Mapping[str, Term]]:
    """Terms of one word by the word: as it is written, and in any case."""
    exact: dict[str, Term] = {}
    folded: dict[str, Term] = {}
    for term in terms():
        for form in term.forms:
            if " " not in form:
                if form == form.lower():
                    folded |= {form: term, form + "s": term}
                else:
                    exact[form] = term
    return exact, folded


@cache
def _phrases() -> tuple[tuple[str, re.Pattern[str], Term], ...]:
    """Terms of several words: what is looked for first, then how it must stand."""
    found = []
    for term in terms():
        for form in term.forms:
            if " " in form:
                flags = 0 if form != form.lower() else re.IGNORECASE
                found.append((form.lower(), re.compile(rf"(?<!\w){re.escape(form)}s?(?!\w)", flags), term))
    return tuple(found)


def terms_in(text: str) -> list[Term]:
    """The terms whose words stand in a plain text, in the order of the glossary."""
    exact, folded = _single()
    lowered = text.lower()
    written, words = set(_WORD.findall(text)), set(_WORD.findall(lowered))
    slugs = {exact[word].slug for word in written & exact.keys()}
    slugs |= {folded[word].slug for word in words & folded.keys()}
    slugs |= {term.slug for start, pattern, term in _phrases() if start in lowered and pattern.search(text)}
    return [term for term in terms() if term.slug in slugs]
