"""The glossary as readers have it: words, what they mean, and which of them stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.guide.sections import Source

GROUPS: Mapping[str, Promise] = {
    "status": _("What a status means"),
    "phase": _("What a phase means"),
    "trial": _("How a trial is done"),
    "record": _("What a record says"),
    "cells": _("Cells, and how they are given"),
    "transplant": _("The transplant"),
    "measure": _("Illness and how it is measured"),
}
# Their terms explain a word of the registry: which one, the files say.
OF_THE_REGISTRY = frozenset({"status", "phase"})
# Groups of medicine and law: nothing in them stands without a source.
SOURCED = OF_THE_REGISTRY | {"transplant", "measure"}

_WORD = re.compile(r"[^\W_](?:[\w+/-]*[\w+])?")


@dataclass(frozen=True, slots=True)
class Term:
    """A word and what it means. `forms` are how pages write it; `status` and `phase` the registry's own word.

    `language` is that of name and text, where it may be another than the page's.
    """

    slug: str
    name: str
    group: str
    text: str
    forms: tuple[str, ...]
    sources: tuple[Source, ...]
    status: str = ""
    phase: str = ""
    language: str = ""


@dataclass(frozen=True)
class Glossary:
    """The terms of a language, in the order in which readers have them."""

    terms: tuple[Term, ...] = ()

    @cached_property
    def cited(self) -> tuple[Source, ...]:
        """Every source that a term rests on, once, in the order in which they are first cited."""
        return tuple({source.key: source for term in self.terms for source in term.sources}.values())

    def status(self, word: str | None) -> Term | None:
        """What a recruitment status of the registry means; None for one that the glossary lacks."""
        return self._statuses.get(word or "")

    def phases(self, words: Iterable[str]) -> list[Term]:
        """What the phases of a record mean, in the order of the phases."""
        asked = set(words)
        return [term for term in self.terms if term.phase and term.phase in asked]

    def terms_in(self, text: str) -> list[Term]:
        """The terms whose words stand in a plain text, in the order of the glossary."""
        exact, folded = self._single
        lowered = text.lower()
        written = set(_WORD.findall(text))
        words = {word.lower() for word in written}
        slugs = {exact[word].slug for word in written & exact.keys()}
        slugs |= {folded[word].slug for word in words & folded.keys()}
        slugs |= {term.slug for start, pattern, term in self._phrases if start in lowered and pattern.search(text)}
        return [term for term in self.terms if term.slug in slugs]

    @cached_property
    def _statuses(self) -> Mapping[str, Term]:
        return {term.status: term for term in self.terms if term.status}

    @cached_property
    def _single(self) -> tuple[Mapping[str, Term], Mapping[str, Term]]:
        """Terms of one word by the word: as it is written, and in any case."""
        exact: dict[str, Term] = {}
        folded: dict[str, Term] = {}
        for term in self.terms:
            for form in term.forms:
                if " " not in form:
                    if form == form.lower():
                        folded |= {form: term, form + "s": term}
                    else:
                        exact[form] = term
        return exact, folded

    @cached_property
    def _phrases(self) -> tuple[tuple[str, re.Pattern[str], Term], ...]:
        """Terms of several words: what is looked for first, then how it must stand."""
        found = []
        for term in self.terms:
            for form in term.forms:
                if " " in form:
                    flags = 0 if form != form.lower() else re.IGNORECASE
                    found.append((form.lower(), re.compile(rf"(?<!\w){re.escape(form)}s?(?!\w)", flags), term))
        return tuple(found)


NO_GLOSSARY = Glossary()
