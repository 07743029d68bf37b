"""Everything that people write, in one list: by language, who changed it last, and where it differs from its file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from apps.core.languages import ENGLISH
from apps.desk.pages import check, context_of
from apps.desk.writing import SEE, WRITE, WRITE_SOURCES, WRITE_TERMS, address_of
from apps.desk.written_forms import language_name, page_name
from apps.guide.files import file_of
from apps.guide.glossary import GROUPS
from apps.guide.models import GlossaryTerm, Page
from apps.guide.sections import is_leaflet
from apps.guide.selectors import everything_written
from apps.guide.subjects import differs

_LANGUAGES: Mapping[str, str] = dict(settings.LANGUAGES)
_KINDS: Mapping[str, Promise] = {Page.KIND: gettext_lazy("pages"), GlossaryTerm.KIND: gettext_lazy("glossary")}
_REMARKS: Mapping[str, Promise] = {
    "differs": gettext_lazy("differs from its file"),
    "alone": gettext_lazy("in no file"),
    "behind": gettext_lazy("English is newer"),
    "missing": gettext_lazy("not written yet"),
    "out": gettext_lazy("taken out"),
    "unreviewed": gettext_lazy("no clinician has reviewed it"),
}
_FILTERS: Mapping[str, tuple[Promise, Mapping[str, str | Promise]]] = {
    "kind": (gettext_lazy("What"), _KINDS),
    "language": (gettext_lazy("Language"), _LANGUAGES),
    "remark": (gettext_lazy("Remark"), _REMARKS),
}
_RIGHTS: Mapping[str, str] = {Page.KIND: WRITE, GlossaryTerm.KIND: WRITE_TERMS}
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Item:
    """A text in one language. `remarks` are keys of `_REMARKS`; `at` is None where nobody has written it yet.

    `group` is that of a term in the glossary.
    """

    kind: str
    slug: str
    language: str
    name: str
    subject: str
    address: str
    group: str = ""
    version: int = 0
    who: str = ""
    at: dt.datetime | None = None
    remarks: tuple[str, ...] = ()
    reviewed: str = ""

    @property
    def told(self) -> list[str]:
        return [str(_REMARKS[remark]) for remark in self.remarks]

    @property
    def spoken(self) -> str:
        return language_name(self.language)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the list, shut until it is wanted: all pages, or a group of the glossary."""

    name: str
    may_write: bool
    items: list[Item]

    @property
    def remarked(self) -> int:
        return sum(bool(item.remarks) for item in self.items)


@require_safe
def content(request: HttpRequest) -> HttpResponse:
    """The list; what a parameter cannot mean is left aside."""
    check(request, SEE)
    asked = {name: request.GET.get(name, "") for name in _FILTERS}
    asked = {name: value if value in _FILTERS[name][1] else "" for name, value in asked.items()}
    text = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:_LONGEST]
    items = [item for item in _items() if _is_asked(item, asked, text.casefold())]
    user = request.user
    context = {
        "title": _("Content"),
        "parts": _parts(items, {kind for kind, right in _RIGHTS.items() if user.has_perm(right)}),
        "number": len(items),
        "text": text,
        "is_narrowed": bool(text or any(asked.values())),
        "filters": [
            (slug, name, [(value, word, asked[slug] == value) for value, word in words.items()])
            for slug, (name, words) in _FILTERS.items()
        ],
        "may_add": user.has_perm(WRITE_TERMS),
        "may_add_source": user.has_perm(WRITE_SOURCES),
    }
    return render(request, "desk/content.html", context_of(request) | context)


def _parts(items: list[Item], may_write: Container[str]) -> list[Part]:
    """Pages, then the groups of the glossary in its order; those without a text are left out."""
    by_group: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        by_group.setdefault((item.kind, item.group), []).append(item)
    order = [(Page.KIND, ""), *((GlossaryTerm.KIND, group) for group in GROUPS)]
    return [
        Part(_part_name(kind, group), kind in may_write, by_group[kind, group])
        for kind, group in [*order, *(key for key in by_group if key not in order)]
        if (kind, group) in by_group
    ]


def _part_name(kind: str, group: str) -> str:
    name = capfirst(str(_KINDS[kind]))
    return f"{name}: {GROUPS.get(group, group)}" if group else name


def _is_asked(item: Item, asked: Mapping[str, str], text: str) -> bool:
    return (
        asked["kind"] in {"", item.kind}
        and asked["language"] in {"", item.language}
        and (not asked["remark"] or asked["remark"] in item.remarks)
        and (not text or text in item.name.casefold() or text in item.slug)
    )


def _items() -> Iterator[Item]:
    """Pages, then terms by their English name; of each every language of the site."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for row in everything_written():
        rows.setdefault((row.KIND, row.slug), {})[row.language] = row
    for (kind, slug), told in sorted(rows.items(), key=lambda item: (item[0][0] != Page.KIND, _name(*item).casefold())):
        english = told.get(ENGLISH)
        for language in [*_LANGUAGES, *(code for code in told if code not in _LANGUAGES)]:
            name = _name((kind, slug), {ENGLISH: told[language]} if language in told else told)
            if language in told:
                yield _item(told[language], english, name)
            elif kind == GlossaryTerm.KIND:
                address = reverse("desk:write-term", args=[slug, language])
                yield Item(kind, slug, language, name, "", address, _group(english), remarks=("missing",))


def _name(key: tuple[str, str], told: Mapping[str, Any]) -> str:
    kind, slug = key
    english = told.get(ENGLISH)
    return page_name(slug) if kind == Page.KIND else english.name if english else slug


def _item(row: Page | GlossaryTerm, english: Page | GlossaryTerm | None, name: str) -> Item:
    file, remarks = file_of(row.subject), []
    if file is None:
        remarks.append("alone")
    elif row.changed_by and differs(row, file.body):
        remarks.append("differs")
    if english is not None and _written_at(english) > _written_at(row):
        remarks.append("behind")
    if isinstance(english, GlossaryTerm) and not english.shown:
        remarks.append("out")
    reviewer = row.reviewer if isinstance(row, Page) else ""
    if isinstance(row, Page) and not reviewer and is_leaflet(row.slug):
        remarks.append("unreviewed")
    return Item(
        kind=row.KIND,
        slug=row.slug,
        language=row.language,
        name=name,
        subject=row.subject,
        address=address_of(row.subject),
        group=_group(english),
        version=row.version,
        who=row.changed_by,
        at=row.changed_at,
        remarks=tuple(remarks),
        reviewed=f"{reviewer}, {row.reviewed_on}" if isinstance(row, Page) and reviewer else "",
    )


def _group(english: Page | GlossaryTerm | None) -> str:
    return english.group if isinstance(english, GlossaryTerm) else ""


def _written_at(row: Page | GlossaryTerm) -> dt.datetime:
    return row.text_changed_at if isinstance(row, Page) else row.changed_at
