"""Writing: pages, terms of the glossary and their sources, with a preview, every version, and the way back to one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_http_methods

from apps.core.languages import ENGLISH, in_language
from apps.curation.pages import edit
from apps.desk.pages import check, context_of
from apps.desk.written_forms import Noted, PageForm, SourceForm, TermForm, language_name, page_name, section_name
from apps.guide.files import explains, file_of
from apps.guide.models import GlossaryTerm, Kept, Page, PageSource, Version
from apps.guide.sections import ABOUT, COMMON, KINDS, OPERATOR, is_leaflet, layout_of
from apps.guide.selectors import (
    glossary_of,
    known_sources,
    leaflet_of,
    parts_of,
    questions_of,
    row_of,
    version_of,
    versions_of,
)
from apps.guide.subjects import Overtaken, differs, named, put_body
from apps.guide.writing import Refused, as_text
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG

_LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)
SEE, WRITE = "guide.view_page", "guide.change_page"
SEE_TERMS, WRITE_TERMS = "guide.view_glossaryterm", "guide.change_glossaryterm"
SEE_SOURCES, WRITE_SOURCES = "guide.view_pagesource", "guide.change_pagesource"


class Writing(View):
    """The form of something that people write; of a new one where nothing stands yet.

    What is refused, or was overtaken, comes back as it was typed; a preview saves nothing.
    """

    http_method_names = ["get", "head", "post"]
    right: ClassVar[str]
    standing: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **names: str) -> HttpResponseBase:
        check(request, self.right)
        self.open(**names)
        return super().dispatch(request, *args, **names)

    def get(self, request: HttpRequest, **names: str) -> HttpResponse:
        version = self.standing.version if self.standing else 0
        return self.page(self.form(initial=self.initial() | {"version": version}))

    def post(self, request: HttpRequest, **names: str) -> HttpResponse:
        form = self.form(data=request.POST)
        previewed = request.POST.get("do") == "preview"
        if previewed:
            del form.fields["note"]  # why it is changed may be said later
        if not form.is_valid():
            return self.page(form, status=422)
        subject = self.subject(form)
        if previewed:
            unsaved = self.unsaved(subject, form.body)
            return self.page(self.form(initial=request.POST.dict()), preview=self.preview(unsaved))
        told = form.cleaned_data
        try:
            saved = edit(
                subject=subject,
                body=form.body,
                by=request.user.get_username(),
                note=told["note"],
                version=told["version"],
            )
        except Overtaken as overtaken:
            if key := next((name for name in ("slug", "key") if name in form.fields), ""):
                form.add_error(key, _("There is one of this key. Take another key, or change that one."))
            else:
                _at_version(form, overtaken)
            return self.page(form, status=409)
        except Refused as refused:
            place = _FIELDS.get(refused.place, refused.place)
            form.add_error(place if place in form.fields else None, str(refused))
            return self.page(form, status=422)
        _tell(request, saved)
        return redirect(address_of(subject))

    def unsaved(self, subject: str, body: Mapping[str, Any]) -> Any:
        """What would stand."""
        model, names = _named(subject)
        row = model(**names)
        put_body(row, body)
        return row

    def page(self, form: Noted, *, preview: SafeString | str = "", status: int = 200) -> HttpResponse:
        standing = self.standing
        file = file_of(standing.subject) if standing else None
        context = {
            "form": form,
            "preview": preview,
            "subject": standing.subject if standing else "",
            # The file has moved on since a person wrote; what they changed themselves they know.
            "file_differs": file is not None and file.seed != standing.seed and differs(standing, file.body),
        } | self.told()
        return render(self.request, "desk/write.html", context_of(self.request) | context, status=status)

    # What each of them says of itself

    def open(self, **names: str) -> None:
        """Find what stands under the names of an address. Http404 where there is nothing to write."""
        raise NotImplementedError

    def form(self, **told: Any) -> Any:
        raise NotImplementedError

    def initial(self) -> dict[str, Any]:
        """What the form holds at first."""
        raise NotImplementedError

    def subject(self, form: Any) -> str:
        return self.standing.subject

    def preview(self, row: Any) -> SafeString | str:
        """As readers would have it, by their own template."""
        raise NotImplementedError

    def told(self) -> dict[str, Any]:
        """The title, the way here, the public page, and what else the page of the form says."""
        raise NotImplementedError


# The field of a form where it has another name than in the table.
_FIELDS = {"forms": "written_as"}


class PageWriting(Writing):
    right = WRITE

    def open(self, **names: str) -> None:
        self.standing, self._known = _page(names["slug"], names["language"]), known_sources()

    def form(self, **told: Any) -> PageForm:
        return PageForm(page=self.standing, known=self._known, **told)

    def initial(self) -> dict[str, Any]:
        page = self.standing
        texts = {section: as_text(page.parts.get(section, ())) for section in layout_of(page.slug).sections}
        return texts | {name: getattr(page, name) for name in ("checked_on", "reviewer", "reviewed_on")}

    def preview(self, row: Page) -> SafeString:
        row.text_changed_at = timezone.now() if row.parts != self.standing.parts else self.standing.text_changed_at
        with translation.override(row.language):
            if not is_leaflet(row.slug):
                parts = parts_of(row, self._known)
                questions = questions_of(parts)
                context = {"slug": row.slug, "about": parts, "operator": parts.get(OPERATOR), "questions": questions}
                return render_to_string("desk/_page.html", context | {"team": questions.to_team(KINDS)})
            common = row if row.slug == COMMON else _page(COMMON, row.language)
            leaflet = leaflet_of(row, common, self._known)
            kinds = [
                {"slug": kind, "cell_type": CELL_TYPE_BY_SLUG[kind], "parts": leaflet.kind(kind)} for kind in KINDS
            ]
            return render_to_string("_partials/leaflet.html", {"leaflet": leaflet, "kinds": kinds})

    def told(self) -> dict[str, Any]:
        page, name = self.standing, page_name(self.standing.slug)
        path = f"/diseases/{page.slug}/" if page.slug in DISEASE_BY_SLUG else _WHERE.get(page.slug, "")
        return {
            "title": _("Write: %(page)s") % {"page": f"{name} ({language_name(page.language)})"},
            "crumb": name,
            "language": page.language,
            "is_leaflet": is_leaflet(page.slug),
            "public": in_language(path, page.language) if path else "",
            "others": [
                (language_name(code), reverse("desk:write-page", args=[page.slug, code]))
                for code in _LANGUAGES
                if code != page.language and file_of(f"{Page.KIND}/{page.slug}/{code}")
            ],
            "help": self._help(),
        }

    def _help(self) -> str:
        if layout_of(self.standing.slug).ours:
            return _(
                "A paragraph a statement, an empty line between two. Plain sentences, no markup; no source is needed."
            )
        return _(
            "A paragraph a statement, an empty line between two. At its end the keys of its sources in brackets: "
            "[fda-regenerative, ebmt-ms]. Plain sentences, no markup. Only questions need no source."
        )


# Where pages that have no address by their own name are read.
_WHERE = {ABOUT: "/about/", OPERATOR: "/about/"}


class TermWriting(Writing):
    right = WRITE_TERMS

    def open(self, **names: str) -> None:
        slug, self._language = names.get("slug", ""), names.get("language", ENGLISH)
        self._english = _term(slug, ENGLISH) if slug else None
        self._known = known_sources()
        if self._language == ENGLISH:
            self.standing = self._english
        elif self._language not in _LANGUAGES:
            raise Http404
        else:
            self.standing = row_of(f"term/{slug}/{self._language}")

    def form(self, **told: Any) -> TermForm:
        return TermForm(
            standing=self.standing, english=self._english, language=self._language, known=self._known, **told
        )

    def initial(self) -> dict[str, Any]:
        term = self.standing
        if term is None:
            return {}
        text = as_text([{"text": term.text, "sources": term.sources}])
        told = {"name": term.name, "group": term.group, "written_as": "\n".join(term.forms), "text": text}
        return told | {"shown": term.shown}

    def subject(self, form: TermForm) -> str:
        slug = self._english.slug if self._english else form.cleaned_data["slug"]
        return f"{GlossaryTerm.KIND}/{slug}/{self._language}"

    def preview(self, row: GlossaryTerm) -> SafeString | str:
        if not row.shown:
            return _("No page would explain this word.")
        english = row if row.language == ENGLISH else _term(row.slug, ENGLISH)
        english.shown = True
        with translation.override(row.language):
            [term] = glossary_of([english, row], self._known, row.language).terms
            return render_to_string("desk/_term.html", {"term": term, "terms": [term]})

    def told(self) -> dict[str, Any]:
        english, language = self._english, self._language
        name = english.name if english else _("A new term")
        held = []
        if english is not None and english.slug in explains():
            explained = explains()[english.slug]
            told = _("Pages of trials explain “%(word)s” by this term, so it cannot be taken out.")
            held.append(told % {"word": explained.status or explained.phase})
        if english is not None and not english.shown:
            held.append(_("It has been taken out of the public glossary."))
        if self.standing is None and english is not None:
            told = _("Not written in this language yet: readers have the English text: “%(text)s”")
            held.append(told % {"text": english.text})
        return {
            "title": _("Glossary: %(name)s") % {"name": f"{name} ({language_name(language)})" if english else name},
            "crumb": name,
            "language": language,
            "public": in_language(f"/glossary/#{english.slug}", language) if english and english.shown else "",
            "others": [
                (language_name(code), reverse("desk:write-term", args=[english.slug, code]))
                for code in _LANGUAGES
                if english and code != language
            ],
            "held": held,
            "help": _("What is medicine or law needs a source that you have read; how we use a word needs none."),
        }


class SourceWriting(Writing):
    right = WRITE_SOURCES

    def open(self, **names: str) -> None:
        if key := names.get("key"):
            self.standing = row_of(f"{PageSource.KIND}/{key}")
            if self.standing is None:
                raise Http404

    def form(self, **told: Any) -> SourceForm:
        return SourceForm(standing=self.standing, **told)

    def initial(self) -> dict[str, Any]:
        source = self.standing
        if source is None:
            return {}
        return {"title": source.title, "by_whom": source.by, "url": source.url, "read": source.read}

    def subject(self, form: SourceForm) -> str:
        return f"{PageSource.KIND}/{self.standing.key if self.standing else form.cleaned_data['key']}"

    def preview(self, row: PageSource) -> SafeString:
        return render_to_string("_partials/source.html", {"source": row})

    def told(self) -> dict[str, Any]:
        key = self.standing.key if self.standing else ""
        return {
            "title": _("Source: %(key)s") % {"key": key} if key else _("A new source"),
            "crumb": key or _("new"),
            "language": ENGLISH,
            "of_sources": True,
            "help": _("Cite only what you have read yourself, with its PMID, DOI or address as seen there."),
        }


write_page, write_term, write_source = PageWriting.as_view(), TermWriting.as_view(), SourceWriting.as_view()


# Versions


@require_http_methods(["GET", "POST"])
def history(request: HttpRequest, subject: str) -> HttpResponse:
    """Every version of something written, the newest first. A post takes the text of this release's file."""
    see, write = _rights(subject)
    check(request, write if request.method == "POST" else see)
    versions = versions_of(subject)
    if not versions:
        raise Http404
    file = file_of(subject)
    if request.method == "POST":
        if file is None:
            raise Http404
        return _take(request, subject, file.body, _("As in the file of this release."))
    context = {
        "subject": subject,
        "versions": versions,
        "back": address_of(subject),
        "may_write": request.user.has_perm(write),
        "has_file": file is not None,
        "current": versions[0].number,
        "name": _name(subject),
        "title": _("History: %(subject)s") % {"subject": _name(subject)},
    }
    return render(request, "desk/page_history.html", context_of(request) | context)


@require_http_methods(["GET", "POST"])
def version(request: HttpRequest, subject: str, number: int) -> HttpResponse:
    """A version beside the one before it. A post goes back to it, which is a new version."""
    see, write = _rights(subject)
    check(request, write if request.method == "POST" else see)
    found = version_of(subject, number)
    if found is None:
        raise Http404
    if request.method == "POST":
        return _take(request, subject, found.after, _("Back to version %(number)d.") % {"number": number})
    newest = versions_of(subject)[0].number
    context = {
        "subject": subject,
        "version": found,
        "rows": _differences(found),
        "newest": newest,
        "may_write": request.user.has_perm(write) and number != newest,
        "title": _("Version %(number)d of %(subject)s") % {"number": number, "subject": _name(subject)},
    }
    return render(request, "desk/page_version.html", context_of(request) | context)


def _take(request: HttpRequest, subject: str, body: Mapping[str, Any], note: str) -> HttpResponse:
    """Publish an older text, or the file's, over the version that the person saw."""
    seen = request.POST.get("version", "")
    number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else -1
    try:
        saved = edit(subject=subject, body=body, by=request.user.get_username(), note=note, version=number)
    except Overtaken:
        messages.error(request, _("It was changed after you opened this page, so nothing was done. Look again first."))
    except Refused as refused:
        messages.error(request, _("Nothing was done. %(reason)s") % {"reason": refused})
    else:
        _tell(request, saved)
    return redirect("desk:page-history", subject)


def _differences(version: Version) -> list[dict[str, Any]]:
    """What a version changed: by section or field, its paragraphs as (sign, text), sign being "+", "-" or ""."""
    before, after = _paragraphs(version.subject, version.before), _paragraphs(version.subject, version.after)
    rows = []
    for name in [*after, *(name for name in before if name not in after)]:
        old, new = before.get(name, []), after.get(name, [])
        lines = [(line[0].strip(), line[2:]) for line in difflib.ndiff(old, new) if line[0] != "?"]
        if lines:
            rows.append({"name": name, "lines": lines, "changed": old != new})
    return sorted(rows, key=lambda row: not row["changed"])


def _paragraphs(subject: str, body: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """What a version holds, by the name of section or field."""
    model, names = _named(subject)
    told: dict[str, list[str]] = {}
    for name, value in (body or {}).items():
        if name == "parts":
            sections = (section for section in layout_of(names["slug"]).sections if value.get(section))
            told |= {section_name(section): as_text(value[section]).split("\n\n") for section in sections}
        elif isinstance(value, bool):
            told[_field_name(model, name)] = [_("yes") if value else _("no")]
        elif value:
            lines = value if isinstance(value, list) else [str(value)]
            told[_field_name(model, name)] = lines
    return told


def _field_name(model: type[Kept], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return capfirst(str(field.verbose_name))


# Shared


def address_of(subject: str) -> str:
    """The address of the form of what versions are kept of under this name."""
    model, names = _named(subject)
    return reverse(f"desk:{_ADDRESSES[model]}", args=list(names.values()))


def _name(subject: str) -> str:
    """What versions are kept of under this name, in words."""
    model, names = _named(subject)
    if model is PageSource:
        return _("source %(key)s") % names
    name = page_name(names["slug"]) if model is Page else _("glossary, %(slug)s") % names
    return f"{name} ({language_name(names['language'])})"


_ADDRESSES: Mapping[type[Kept], str] = {Page: "write-page", GlossaryTerm: "write-term", PageSource: "write-source"}
_RIGHTS: Mapping[type[Kept], tuple[str, str]] = {
    Page: (SEE, WRITE),
    GlossaryTerm: (SEE_TERMS, WRITE_TERMS),
    PageSource: (SEE_SOURCES, WRITE_SOURCES),
}


def _rights(subject: str) -> tuple[str, str]:
    """The permissions to see and to change what versions are kept of under this name."""
    return _RIGHTS[_named(subject)[0]]


def _named(subject: str) -> tuple[type[Kept], dict[str, str]]:
    found = named(subject)
    if found is None:
        raise Http404
    return found


def _page(slug: str, language: str) -> Page:
    return _found(f"{Page.KIND}/{slug}/{language}")


def _term(slug: str, language: str) -> GlossaryTerm:
    return _found(f"{GlossaryTerm.KIND}/{slug}/{language}")


def _found(subject: str) -> Any:
    found = row_of(subject)
    if found is None:
        raise Http404
    return found


def _at_version(form: Noted, overtaken: Overtaken) -> None:
    """The form again as it was typed, over the version that stands now."""
    current = overtaken.current
    typed = dict(form.data.items())
    typed["version"] = str(current.version if current else 0)
    form.data = typed
    who = (current.changed_by if current else "") or _("An update of the files")
    told = _("%(who)s has changed it since you opened this page. See its history, then send once more.")
    form.add_error(None, told % {"who": who})


def _tell(request: HttpRequest, saved: Kept | None) -> None:
    if saved is None:
        messages.info(request, _("Nothing differs from what stands, so nothing was saved."))
    else:
        messages.success(request, _("Saved and published as version %(number)d.") % {"number": saved.version})
