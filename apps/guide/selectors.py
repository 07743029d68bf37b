"""The pages as readers see them: short texts that people wrote, each medical statement with its sources beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise

from apps.core.languages import ENGLISH, current_language
from apps.guide.files import Explained, explains, term_files
from apps.guide.glossary import NO_GLOSSARY, Glossary, Term
from apps.guide.models import GlossaryTerm, Kept, Page, PageSource, Version
from apps.guide.sections import (
    ABOUT,
    COMMON,
    KIND_PARTS,
    KINDS,
    OPERATOR,
    QUESTIONS,
    Source,
    Statement,
    Statements,
    is_leaflet,
    layout_of,
)
from apps.guide.subjects import named


@dataclass(frozen=True, slots=True)
class Leaflet:
    """What a disease page says beside its counts: what all diseases share, then what is the disease's own.

    `checked` is when it was last held against its sources; `changed_since` whether its words changed after the review.
    """

    slug: str
    language: str
    parts: Mapping[str, Statements]
    sources: tuple[Source, ...]
    checked: dt.date
    reviewer: str = ""
    reviewed: dt.date | None = None
    changed_since: bool = False

    def kind(self, slug: str) -> list[tuple[str | Promise, Statements]]:
        """The parts that are written on a kind of treatment, each with its heading."""
        told = ((title, self.parts.get(f"{slug}_{part}", ())) for part, title in KIND_PARTS.items())
        return [(title, statements) for title, statements in told if statements]


@dataclass(frozen=True, slots=True)
class Questions:
    """What to ask: one's own doctor, the trial's team, and what only one kind of cells raises.

    `after` says whose questions they follow.
    """

    doctor: Statements = ()
    team: Statements = ()
    kinds: Mapping[str, Statements] = field(default_factory=dict)
    after: Statements = ()

    def to_team(self, kinds: Iterable[str]) -> Statements:
        """What to ask the team of a trial of these kinds of cells."""
        return (*(item for kind in kinds for item in self.kinds.get(kind, ())), *self.team)


@dataclass(frozen=True, slots=True)
class Guide:
    """Everything that people write in one language, and in English where that language lacks it."""

    leaflets: Mapping[str, Leaflet] = field(default_factory=dict)
    common: Mapping[str, Statements] = field(default_factory=dict)
    glossary: Glossary = NO_GLOSSARY
    questions: Questions = field(default_factory=Questions)
    about: Mapping[str, Statements] = field(default_factory=dict)
    operator: Statements = ()

    def brief(self, kind: str) -> Statements:
        """A kind of treatment in short: the beginning of what it involves, of what is hoped and of its risks."""
        parts = (("how", 2), ("hope", 1), ("risks", 1))
        return tuple(item for part, most in parts for item in self.common.get(f"{kind}_{part}", ())[:most])

    def risks(self, kind: str) -> Statements:
        """What is said of the risks of a kind of treatment, whatever the disease."""
        return self.common.get(f"{kind}_risks", ())


class _Citations:
    """Numbers the sources in the order in which they are cited."""

    def __init__(self, known: Mapping[str, PageSource], language: str) -> None:
        self._known, self._language = known, language
        self.cited: dict[str, Source] = {}

    def parts(self, pages: Iterable[Page]) -> dict[str, Statements]:
        """What pages of one layout say together, by section."""
        held = list(pages)
        sections = layout_of(held[0].slug).sections if held else ()
        told = {section: [item for page in held for item in page.parts.get(section, ())] for section in sections}
        return {
            section: tuple(
                Statement(item["text"], self.sources(item["sources"]), self._language) for item in statements
            )
            for section, statements in told.items()
        }

    def sources(self, keys: Iterable[str]) -> tuple[Source, ...]:
        return tuple(self._source(key) for key in keys)

    def _source(self, key: str) -> Source:
        if key not in self.cited:
            known = self._known[key]
            self.cited[key] = Source(key, len(self.cited) + 1, known.title, known.by, known.url, known.read)
        return self.cited[key]


# By language: the dataset's version and the pages at it. A version is never given twice, so nothing held is stale.
_HELD: dict[str, tuple[int, Guide]] = {}


def guide_at(version: int) -> Guide:
    """The pages in the active language. No statement where they are held already for this version of the dataset."""
    language = current_language()
    held_version, guide = _HELD.get(language, (0, Guide()))
    if held_version != version or not version:
        guide = _guide(language)
        _HELD[language] = (version, guide)
    return guide


def _guide(language: str) -> Guide:
    spoken = {language, ENGLISH}
    pages, terms = Page.objects.filter(language__in=spoken), GlossaryTerm.objects.filter(language__in=spoken)
    return guide_of(pages, terms, PageSource.objects.in_bulk(), language)


def guide_of(
    pages: Iterable[Page], terms: Iterable[GlossaryTerm], known: Mapping[str, PageSource], language: str
) -> Guide:
    """What is written in a language, or in English where it lacks something, over the sources that are known."""
    held = {(page.slug, page.language): page for page in pages}
    leaflets, common = _leaflets(held, known, language)

    def parts(slug: str) -> dict[str, Statements]:
        # A page in which nothing stands says nothing either: English stands in.
        page = next((page for code in (language, ENGLISH) if (page := held.get((slug, code))) and page.parts), None)
        return parts_of(page, known) if page else {}

    return Guide(
        leaflets=leaflets,
        common=common,
        glossary=glossary_of(terms, known, language),
        questions=questions_of(parts(QUESTIONS)),
        about=parts(ABOUT),
        operator=parts(OPERATOR).get(OPERATOR, ()),
    )


def _leaflets(
    pages: Mapping[tuple[str, str], Page], known: Mapping[str, PageSource], language: str
) -> tuple[dict[str, Leaflet], dict[str, Statements]]:
    """The pages of the diseases, and what all of them share."""
    spoken = language if (COMMON, language) in pages else ENGLISH
    common = pages.get((COMMON, spoken))
    if common is None:
        return {}, {}
    leaflets = {}
    for slug in {slug for slug, _language in pages if is_leaflet(slug)} - {COMMON}:
        own = pages.get((slug, spoken))
        told = ENGLISH if own is None else spoken
        own, shared = own or pages.get((slug, ENGLISH)), common if told == spoken else pages.get((COMMON, ENGLISH))
        if own and shared:
            leaflets[slug] = leaflet_of(own, shared, known)
    return leaflets, _Citations(known, spoken).parts([common])


def glossary_of(terms: Iterable[GlossaryTerm], known: Mapping[str, PageSource], language: str) -> Glossary:
    """The public glossary in a language: in the order of the file, then by name; a term that it lacks in English."""
    held = {(term.slug, term.language): term for term in terms}
    citations = _Citations(known, language)
    order = {file.slug: at for at, file in enumerate(term_files()) if file.language == ENGLISH}
    found = []
    for english in (term for (_slug, spoken), term in held.items() if spoken == ENGLISH and term.shown):
        told, explained = held.get((english.slug, language), english), explains().get(english.slug, Explained("", ""))
        found.append(
            Term(
                slug=english.slug,
                name=told.name,
                group=english.group,
                text=told.text,
                # The registry writes English, whatever the page speaks.
                forms=tuple(dict.fromkeys((*english.forms, *told.forms))),
                sources=citations.sources(told.sources),
                status=explained.status,
                phase=explained.phase,
                language=told.language,
            )
        )
    found.sort(key=lambda term: (order.get(term.slug, len(order)), term.name.casefold(), term.slug))
    return Glossary(tuple(found))


def questions_of(parts: Mapping[str, Statements]) -> Questions:
    """The questions of the sheet from the sections of their page."""
    return Questions(
        doctor=parts.get("doctor", ()),
        team=parts.get("team", ()),
        kinds={kind: parts.get(kind, ()) for kind in KINDS},
        after=parts.get("after", ()),
    )


def leaflet_of(page: Page, common: Page, known: Mapping[str, PageSource]) -> Leaflet:
    """The leaflet of a page over what all diseases share; of the shared page itself, that alone."""
    pages = [common] if page.slug == COMMON else [common, page]
    citations = _Citations(known, page.language)
    parts = citations.parts(pages)
    reviewed = page.reviewed_on
    return Leaflet(
        slug=page.slug,
        language=page.language,
        parts=parts,
        sources=tuple(citations.cited.values()),
        checked=min(item.checked_on for item in pages),
        reviewer=page.reviewer,
        reviewed=reviewed,
        changed_since=reviewed is not None and any(item.text_changed_at.date() > reviewed for item in pages),
    )


def parts_of(page: Page, known: Mapping[str, PageSource]) -> dict[str, Statements]:
    """What a page says, by section."""
    return _Citations(known, page.language).parts([page])


# For the desk


def row_of(subject: str) -> Kept | None:
    """What stands under this name; None where nothing does."""
    found = named(subject)
    return found[0]._default_manager.filter(**found[1]).first() if found else None


def known_sources() -> dict[str, PageSource]:
    """Every source by its key."""
    return PageSource.objects.in_bulk()


def everything_written() -> list[Page | GlossaryTerm]:
    """Every page, then every term of the glossary, by name and language. Two statements."""
    return [*Page.objects.order_by("slug", "language"), *GlossaryTerm.objects.order_by("slug", "language")]


def versions_of(subject: str) -> list[Version]:
    """The versions of what people write, the newest first, without their texts."""
    return list(Version.objects.filter(subject=subject).defer("before", "after").order_by("-number"))


def version_of(subject: str, number: int) -> Version | None:
    return Version.objects.filter(subject=subject, number=number).first()
