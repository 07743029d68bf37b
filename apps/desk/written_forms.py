"""The forms in which pages, terms of the glossary and sources are written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.languages import ENGLISH
from apps.guide.files import explains
from apps.guide.glossary import GROUPS, OF_THE_REGISTRY, SOURCED
from apps.guide.models import GlossaryTerm, Page, PageSource
from apps.guide.sections import ABOUT, COMMON, KIND_PARTS, KINDS, OPERATOR, QUESTIONS, is_leaflet, layout_of
from apps.guide.subjects import KEY
from apps.guide.writing import NAME_LENGTH, NOTE_LENGTH, Refused, as_definition, as_forms, as_line, as_statements
from apps.vocabulary.taxonomy import DISEASE_BY_SLUG

_SECTION_LENGTH, _ADDRESS_LENGTH, _KEY_LENGTH, _WORD_LENGTH = 40_000, 600, 40, 80
_NAMES: Mapping[str, Any] = {
    "what": gettext_lazy("What it is"),
    "unknown": gettext_lazy("What is not known"),
    "ethics": gettext_lazy("What is owed to people in a trial"),
    "rules": gettext_lazy("Rules and oversight"),
    "cost": gettext_lazy("Cost and access"),
    "questions": gettext_lazy("Questions to ask"),
    "questions_from": gettext_lazy("Where the questions are from"),
    "travel": gettext_lazy("Before you pay or travel"),
    # Of the sheet
    "doctor": gettext_lazy("Ask your doctor"),
    "team": gettext_lazy("Ask the trial's team"),
    "msc": gettext_lazy("MSC alone"),
    "hsc": gettext_lazy("HSC alone"),
    "after": gettext_lazy("Whose questions they follow"),
    # Of the page about the site, as it is headed there
    "lead": gettext_lazy("Under the title"),
    "disclaimer": gettext_lazy("Information, not advice"),
    "apart": gettext_lazy("After the two kinds"),
    "how": gettext_lazy("How it is made"),
    "mistakes": gettext_lazy("When something is wrong"),
    "emergency": gettext_lazy("If you feel unwell"),
    "source": gettext_lazy("Source of the records"),
    "operator": gettext_lazy("Who runs this site, and how to reach them"),
}
_PAGES: Mapping[str, Any] = {
    COMMON: gettext_lazy("What all four diseases share"),
    QUESTIONS: gettext_lazy("Questions of the sheet for the doctor"),
    ABOUT: gettext_lazy("About this site"),
    OPERATOR: gettext_lazy("Who runs this site"),
}


def page_name(slug: str) -> str:
    """A page as the desk names it."""
    return str(DISEASE_BY_SLUG[slug].name if slug in DISEASE_BY_SLUG else _PAGES.get(slug, slug))


def section_name(section: str) -> str:
    """A section as the desk names it: "MSC: Known risks"."""
    kind, _found, part = section.partition("_")
    if kind in KINDS and part:
        return f"{kind.upper()}: {KIND_PARTS[part]}"
    return str(_NAMES[section])


def _not_to_come(date: dt.date | None) -> dt.date | None:
    if date and date > timezone.now().date():
        raise forms.ValidationError(_("This day is still to come. Give today or an earlier day."))
    return date


def language_name(code: str) -> str:
    """A language by its own name."""
    return dict(settings.LANGUAGES).get(code, code)


class Noted(forms.Form):
    """What every form here has: why it is changed, and the version that the person saw. `body` is what was written."""

    note = forms.CharField(label=gettext_lazy("What you changed, and why"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def clean_note(self) -> str:
        note = self._line("note", NOTE_LENGTH)
        if not note:
            raise forms.ValidationError(_("Say in a sentence what you changed and why: the history shows it."))
        return note

    def _line(self, name: str, most: int) -> str:
        try:
            return as_line(name, self.cleaned_data[name], most)
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from refused

    def _key(self, name: str) -> str:
        key = self._line(name, _KEY_LENGTH)
        if not KEY.fullmatch(key) or key.isdigit():  # in addresses a number alone is that of a version
            raise forms.ValidationError(_("Write small letters, and digits and hyphens between them."))
        return key

    def clean_version(self) -> int:
        return int(self.cleaned_data["version"])


def _date(label: Any, told: Any = "", *, required: bool = True) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, input_formats=["%Y-%m-%d"], help_text=told, required=required)


_OF_LEAFLETS = ("checked_on", "reviewer", "reviewed_on")


class PageForm(Noted):
    """A page: a text a section; of a disease's page the days and the reviewer, too."""

    checked_on = _date(gettext_lazy("Last held against its sources"))
    reviewer = forms.CharField(
        label=gettext_lazy("Reviewed by"),
        required=False,
        help_text=gettext_lazy("The clinician's name and calling. Nothing: the page says that none has reviewed it."),
    )
    reviewed_on = _date(gettext_lazy("Reviewed on"), required=False)

    def __init__(self, *, page: Page, known: Mapping[str, PageSource], **told: Any) -> None:
        super().__init__(**told)
        self._page, self._language, self._known, self._layout = page, page.language, known, layout_of(page.slug)
        if not is_leaflet(page.slug):
            # What is no statement of medicine has neither sources to be held against nor a clinician to review it.
            for name in _OF_LEAFLETS:
                del self.fields[name]
        for section in self._layout.sections:
            self.fields[section] = forms.CharField(
                label=section_name(section),
                required=False,
                help_text=self._help(section),
                max_length=_SECTION_LENGTH,
                widget=forms.Textarea(attrs={"rows": self._rows(section), "lang": page.language}),
            )
        self.order_fields([*self._layout.sections, "checked_on", "reviewer", "reviewed_on", "note", "version"])

    def _rows(self, section: str) -> int:
        return min(8, 2 * (self._layout.most or {}).get(section, 4))

    def _help(self, section: str) -> str:
        most = (self._layout.most or {}).get(section)
        if most is None:
            return ""
        return ngettext(
            "%(n)d paragraph: the sheet is one side of paper.",
            "At most %(n)d paragraphs: the sheet is one side of paper.",
            most,
        ) % {"n": most}

    def clean_checked_on(self) -> dt.date | None:
        return _not_to_come(self.cleaned_data["checked_on"])

    def clean_reviewed_on(self) -> dt.date | None:
        return _not_to_come(self.cleaned_data["reviewed_on"])

    def clean_reviewer(self) -> str:
        return self._line("reviewer", NAME_LENGTH)

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        for section in self._layout.sections:
            if section in told:
                try:
                    told[section] = as_statements(
                        section, told[section], layout=self._layout, known=self._known, language=self._language
                    )
                except Refused as refused:
                    self.add_error(section, str(refused))
        if "reviewer" in told and "reviewed_on" in told and bool(told["reviewer"]) != bool(told["reviewed_on"]):
            missing = "reviewed_on" if told["reviewer"] else "reviewer"
            self.add_error(missing, _("Give the reviewer and the day together, or neither."))
        return told

    @property
    def body(self) -> dict[str, Any]:
        """What was written; sections that are empty are left out."""
        told = self.cleaned_data
        parts = {section: told[section] for section in self._layout.sections if told[section]}
        return {"parts": parts} | {name: told.get(name, getattr(self._page, name)) for name in _OF_LEAFLETS}


class SourceForm(Noted):
    """A source. Its key is given once; statements cite it by that."""

    key = forms.CharField(
        label=gettext_lazy("Key"), help_text=gettext_lazy("Small letters, digits and hyphens: msc-review-2024.")
    )
    title = forms.CharField(label=gettext_lazy("Title"))
    by_whom = forms.CharField(
        label=gettext_lazy("Who published it, where and when"),
        help_text=gettext_lazy("Authors, journal, year, and the PMID where there is one."),
    )
    url = forms.CharField(
        label=gettext_lazy("Address"), help_text=gettext_lazy("Of a paper https://doi.org/ and its DOI.")
    )
    read = _date(gettext_lazy("Last read, for what cites it"))

    field_order = ("key", "title", "by_whom", "url", "read", "note", "version")

    def __init__(self, *, standing: PageSource | None, **told: Any) -> None:
        super().__init__(**told)
        self._standing = standing
        if standing:
            del self.fields["key"]

    def clean_key(self) -> str:
        return self._key("key")

    def clean_title(self) -> str:
        return self._line("title", _ADDRESS_LENGTH)

    def clean_by_whom(self) -> str:
        return self._line("by_whom", _ADDRESS_LENGTH)

    def clean_url(self) -> str:
        url = self._line("url", _ADDRESS_LENGTH)
        if self._standing and url == self._standing.url:
            return url  # some that were taken from older pages have no https
        try:
            forms.URLField(assume_scheme="https").clean(url)
        except forms.ValidationError:
            url = ""
        if not url.startswith("https://"):
            raise forms.ValidationError(_("Write a whole address that begins with https://."))
        return url

    def clean_read(self) -> dt.date | None:
        return _not_to_come(self.cleaned_data["read"])

    @property
    def body(self) -> dict[str, Any]:
        told = self.cleaned_data
        return {"title": told["title"], "by": told["by_whom"], "url": told["url"], "read": told["read"]}


class TermForm(Noted):
    """A term of the glossary in one language. Its key is given once: it is its anchor on the public page.

    What holds in every language, its group and whether it is shown, is asked of the English one alone.
    """

    slug = forms.CharField(
        label=gettext_lazy("Key"),
        help_text=gettext_lazy("Small letters, digits and hyphens: cell-dose. It is part of addresses and stays."),
    )
    name = forms.CharField(label=gettext_lazy("The word"))
    group = forms.ChoiceField(label=gettext_lazy("Where it stands"))
    written_as = forms.CharField(
        label=gettext_lazy("How texts write it"),
        required=False,
        max_length=_SECTION_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "One to a line. In small letters it is found in any case, and with an s; with a capital, as you write it."
        ),
    )
    text = forms.CharField(
        label=gettext_lazy("What it means"),
        max_length=_SECTION_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("One paragraph in plain words, then the keys of its sources: [registry-glossary]."),
    )
    shown = forms.BooleanField(
        label=gettext_lazy("In the public glossary"),
        required=False,
        help_text=gettext_lazy("Without the tick no page explains the word, in any language; it stays here."),
    )

    field_order = ("slug", "name", "group", "written_as", "text", "shown", "note", "version")

    def __init__(
        self,
        *,
        standing: GlossaryTerm | None,
        english: GlossaryTerm | None,
        language: str,
        known: Mapping[str, PageSource],
        **told: Any,
    ) -> None:
        super().__init__(**told)
        self._standing, self._english, self._language, self._known = standing, english, language, known
        explained = english is not None and english.slug in explains()
        if english is not None:
            del self.fields["slug"]
        if language != ENGLISH or explained:
            del self.fields["group"]
        else:
            free = [(group, name) for group, name in GROUPS.items() if group not in OF_THE_REGISTRY]
            self.fields["group"].choices = free  # type: ignore[attr-defined]
        if language != ENGLISH or explained or english is None:
            del self.fields["shown"]
        for name in ("name", "written_as", "text"):
            self.fields[name].widget.attrs["lang"] = language

    def clean_slug(self) -> str:
        slug = self._key("slug")
        # Other places of the public page have these anchors.
        if slug in GROUPS or slug in {"sources", "main"} or slug.endswith("-name"):
            raise forms.ValidationError(_("The page of the glossary uses this key itself. Take another."))
        return slug

    def clean_name(self) -> str:
        return self._line("name", _WORD_LENGTH)

    def clean_written_as(self) -> list[str]:
        try:
            return as_forms("written_as", self.cleaned_data["written_as"])
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from refused

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if "text" in told:
            sourced = self._group() in SOURCED
            try:
                told["text"] = as_definition(
                    "text", told["text"], sourced=sourced, known=self._known, language=self._language
                )
            except Refused as refused:
                self.add_error("text", str(refused))
        return told

    def _group(self) -> str:
        return self.cleaned_data.get("group") or (self._english.group if self._english else "")

    @property
    def body(self) -> dict[str, Any]:
        told, english = self.cleaned_data, self._language == ENGLISH
        return {
            "name": told["name"],
            "group": self._group() if english else "",
            "forms": told["written_as"],
            "text": told["text"]["text"],
            "sources": told["text"]["sources"],
            "shown": told.get("shown", self._standing.shown if self._standing else True),
        }
