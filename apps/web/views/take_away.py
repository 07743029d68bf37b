"""What the list's page offers to take along: its files, its citation, its permanent link.

Written here and not in a template, as the rows are: by the template engine it takes 1.5 ms, here a fifth of that.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from apps.exports.about import Edition, about_list
from apps.exports.formats import FORMATS
from apps.search.selectors import Results
from apps.web.origin import earlier_origin
from apps.web.views.exports import beside
from apps.web.views.site import known


def take_away(results: Results) -> SafeString:
    """The section below a list. Asks the database for nothing that the page has not asked for, but of an earlier day
    once in a process for the data of then."""
    day = results.moment.day
    origin = earlier_origin(day, results.version) if day else known.get().origin
    listed = about_list(results.query, results.count, Edition(origin, results.version, timezone.now()))
    head, cite, after, as_ris, as_bibtex = _words(get_language(), day is not None)
    files = "".join(
        f'<li><a href="{escape(beside(results.query, f"export.{slug}"))}" rel="nofollow" download>{name}</a> '
        f'<span class="quiet small">{plain}</span></li>'
        for slug, name, plain, most in _files(get_language())
        if most is None or results.count <= most
    )
    shown = {"count": number_format(results.count, use_l10n=True, force_grouping=True)}
    all_of_them = ngettext(
        "The one trial of this list, with every column.",
        "All %(count)s trials of this list, on every page of it, with every column.",
        results.count,
    )
    link = escape(listed.short_url)
    ris, bibtex = (escape(beside(results.query, f"cite.{slug}")) for slug in ("ris", "bib"))
    return mark_safe(  # noqa: S308 escaped piece by piece
        '<section class="take-away stack" aria-labelledby="take-away">'
        f"{head[0]}{escape(all_of_them % shown)}{head[1]}"
        f'<ul class="take-away__files" role="list">{files}</ul>'
        f'<details class="disclosure" id="cite">{cite}<blockquote><p>{escape(listed.citation)}</p></blockquote>'
        f'<p class="small">{after[0]}: <a href="{link}" rel="nofollow"><code>{link}</code></a></p>'
        f'<p class="small quiet">{after[1]}</p>'
        f'<p class="small"><a href="{ris}" rel="nofollow" download>{as_ris}</a> · '
        f'<a href="{bibtex}" rel="nofollow" download>{as_bibtex}</a></p>'
        "</details></section>"
    )


@lru_cache(maxsize=16)
def _words(language: str | None, earlier: bool) -> tuple[tuple[str, str], str, tuple[str, str], str, str]:
    """What is the same below every list of the present, or of `earlier` days."""
    title, columns = gettext("Take this list with you"), gettext("What the columns mean")
    cite = gettext("Cite this list")
    link_told = (
        gettext(
            "The link holds the question and its day: whenever it is opened, it shows this list. Nobody is counted or "
            "followed by it."
        )
        if earlier
        else gettext(
            "The link holds the question, not the answer: it shows what the list is on the day it is opened. To keep "
            "today's answer, keep a file. Nobody is counted or followed by it."
        )
    )
    return (
        (
            f'<h2 id="take-away">{escape(title)}</h2><p class="small quiet">',
            f' <a href="/data/dictionary/">{escape(columns)}</a></p>',
        ),
        f"<summary>{escape(cite)}</summary>",
        (escape(gettext("Permanent link")), escape(link_told)),
        escape(gettext("Citation as RIS")),
        escape(gettext("Citation as BibTeX")),
    )


@lru_cache(maxsize=16)
def _names(language: str | None) -> dict[str, tuple[str, str]]:
    return {slug: (escape(str(form.name)), escape(str(form.plain))) for slug, form in FORMATS.items()}


def _files(language: str | None) -> list[tuple[str, str, str, int | None]]:
    """Ending, name, what it is for, and how many trials it holds at most, of each format."""
    names = _names(language)
    return [(slug, *names[slug], form.most) for slug, form in FORMATS.items()]
