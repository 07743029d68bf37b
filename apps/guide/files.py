"""The files that texts are seeded from: `content/*.toml`, and in other languages `locale/<language>/guide/`.

An English page has a list of {text, sources} a section; a page of another language a list of texts a section, in the
order of the English ones, whose sources they share. The glossary has a table a term, in other languages name, text and
forms alone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings

from apps.core.languages import ENGLISH
from apps.guide.models import GlossaryTerm, Kept, Page, PageSource
from apps.guide.sections import ABOUT, COMMON, OPERATOR, QUESTIONS, Written, layout_of
from apps.guide.translated import translated
from apps.vocabulary.taxonomy import DISEASES

CONTENT = Path(__file__).parent / "content"
_CHECKED = "checked"


@dataclass(frozen=True, slots=True)
class PageFile:
    """A page as its file has it."""

    model: ClassVar[type[Kept]] = Page
    slug: str
    language: str
    checked_on: dt.date
    parts: dict[str, list[Written]]

    @property
    def subject(self) -> str:
        return f"{Page.KIND}/{self.slug}/{self.language}"

    @property
    def body(self) -> dict[str, Any]:
        """What a version of it would hold."""
        reviewed = {"reviewer": "", "reviewed_on": None}
        return {"parts": self.parts, "checked_on": self.checked_on.isoformat()} | reviewed

    @property
    def seed(self) -> str:
        """A hash of what is written, whatever the layout of the file."""
        return _hash([self.checked_on.isoformat(), self.parts])


@dataclass(frozen=True, slots=True)
class TermFile:
    """A term of the glossary as its file has it. `group` is told in English alone."""

    model: ClassVar[type[Kept]] = GlossaryTerm
    slug: str
    language: str
    name: str
    group: str
    forms: tuple[str, ...]
    text: str
    sources: tuple[str, ...]

    @property
    def subject(self) -> str:
        return f"{GlossaryTerm.KIND}/{self.slug}/{self.language}"

    @property
    def body(self) -> dict[str, Any]:
        told = {"name": self.name, "group": self.group, "forms": list(self.forms), "text": self.text}
        return told | {"sources": list(self.sources), "shown": True}

    @property
    def seed(self) -> str:
        return _hash(self.body)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A source as its file has it."""

    model: ClassVar[type[Kept]] = PageSource
    key: str
    title: str
    by: str
    url: str
    read: dt.date

    @property
    def subject(self) -> str:
        return f"{PageSource.KIND}/{self.key}"

    @property
    def body(self) -> dict[str, Any]:
        return {"title": self.title, "by": self.by, "url": self.url, "read": self.read.isoformat()}

    @property
    def seed(self) -> str:
        return _hash([self.title, self.by, self.url, self.read.isoformat()])


SeedFile = PageFile | TermFile | SourceFile


@dataclass(frozen=True, slots=True)
class Explained:
    """What a term explains beside itself: the registry's own word for a status or a phase, "" for none."""

    status: str
    phase: str


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@cache
def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads((CONTENT / f"{name}.toml").read_text(encoding="utf-8"))


def seed_files() -> tuple[SeedFile, ...]:
    """Everything that is seeded, by its table: first what others cite."""
    return (*source_files(), *page_files(), *term_files())


def file_of(subject: str) -> SeedFile | None:
    """The file of what versions are kept of under this name."""
    return _by_subject().get(subject)


@cache
def _by_subject() -> Mapping[str, SeedFile]:
    return {file.subject: file for file in seed_files()}


@cache
def source_files() -> tuple[SourceFile, ...]:
    """Every source. Read once a process."""
    return tuple(SourceFile(key=key, **entry) for key, entry in _read("sources").items())


# Pages


@cache
def page_files() -> tuple[PageFile, ...]:
    """Every page in every language that has it. Read once a process.

    ValueError where a translation has not as many texts in a section as the English page.
    """
    pages = []
    for slug in (COMMON, *(disease.slug for disease in DISEASES), QUESTIONS, ABOUT, OPERATOR):
        entry = dict(_read(slug))
        page = PageFile(slug, ENGLISH, entry.pop(_CHECKED), _sections(slug, entry))
        pages.append(page)
        for language, _name in settings.LANGUAGES:
            if told := translated("guide", slug, language):
                pages.append(_translation(page, language, told))
    return tuple(pages)


def _sections(slug: str, entry: dict[str, Any]) -> dict[str, list[Written]]:
    sections = layout_of(slug).sections
    if strange := entry.keys() - set(sections):
        raise ValueError(f"{slug}.toml has a section that no such page has: {sorted(strange)}")
    return {
        section: [{"text": item["text"], "sources": list(item.get("sources", ()))} for item in entry[section]]
        for section in sections
        if section in entry
    }


def _translation(page: PageFile, language: str, told: dict[str, Any]) -> PageFile:
    parts: dict[str, list[Written]] = {}
    checked = told.pop(_CHECKED)
    if told.keys() != page.parts.keys():
        raise ValueError(
            f"{page.slug} in {language} differs in its sections: {sorted(told.keys() ^ page.parts.keys())}"
        )
    for section, statements in page.parts.items():
        texts = told[section]
        if len(texts) != len(statements):
            raise ValueError(
                f"{page.slug} in {language} has {len(texts)} texts in {section}, English {len(statements)}"
            )
        parts[section] = [
            {"text": text, "sources": item["sources"]} for text, item in zip(texts, statements, strict=True)
        ]
    return PageFile(page.slug, language, checked, parts)


# Terms


@cache
def term_files() -> tuple[TermFile, ...]:
    """Every term in every language that has it, in the order of the English file. Read once a process.

    ValueError where a translation has a term that English lacks.
    """
    english = _read("terms")
    terms = [_term(slug, ENGLISH, entry, entry) for slug, entry in english.items()]
    for language, _name in settings.LANGUAGES:
        told = translated("guide", "terms", language)
        if strange := told.keys() - english.keys():
            raise ValueError(f"the glossary in {language} has terms that English lacks: {sorted(strange)}")
        terms += [_term(slug, language, told[slug], english[slug]) for slug in english if slug in told]
    return tuple(terms)


def _term(slug: str, language: str, told: Mapping[str, Any], english: Mapping[str, Any]) -> TermFile:
    return TermFile(
        slug=slug,
        language=language,
        name=told["name"],
        group=english["group"] if language == ENGLISH else "",
        forms=tuple(told.get("forms", ())),
        text=told["text"],
        sources=tuple(english.get("sources", ())),
    )


@cache
def explains() -> Mapping[str, Explained]:
    """By term: which status or phase it explains; terms that explain none are left out. No person edits it."""
    told = {slug: Explained(entry.get("status", ""), entry.get("phase", "")) for slug, entry in _read("terms").items()}
    return {slug: found for slug, found in told.items() if found.status or found.phase}
