"""HTML of what a list repeats: rows of trials and options of filters.

Written here and not in a template because a list has hundreds of them: by the template engine 25 rows and 60 options
take about 9 ms, here well under 1 ms. Every text passes through `escape` exactly once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from urllib.parse import urlencode

from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from apps.core.languages import english_line, html_of
from apps.search.selectors import FacetValue
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG
from apps.web.views.facets import Group, Section
from apps.web.views.rows import Row

_TO_THESE = '<a class="option__count" tabindex="-1" href="'


def trial_rows(rows: Sequence[Row], level: int = 2, choose: bool = False) -> SafeString:
    """A list of trials; `level` is that of their headings. With `choose` each has a box for the comparison."""
    words = [escape(word) for word in (gettext("What is given"), gettext("Phase"), gettext("People"))]
    words += [escape(word) for word in (gettext("Where"), gettext("Last change"))]
    chosen = escape(gettext("Compare")) if choose else ""
    items = "\n".join(_row(row, level, words, chosen) for row in rows)
    return mark_safe(f'<ul class="trial-list" role="list">\n{items}\n</ul>')  # noqa: S308 escaped piece by piece


def choice(nct_id: str, word: str) -> str:
    """A box that puts a trial into the comparison; `word` is escaped already."""
    nct_id = escape(nct_id)
    return (
        f'<label class="choice"><input type="checkbox" name="nct" value="{nct_id}" form="compare-form"> {word}'
        f'<span class="visually-hidden"> {nct_id}</span></label>'
    )


def _row(row: Row, level: int, words: Sequence[str], chosen: str) -> str:
    word_given, word_phase, word_people, word_where, word_changed = words
    kinds = "".join(f'<span class="kind kind--{escape(slug)}">{escape(name)}</span>' for slug, name in row.kinds)
    remark = f'<span class="pill pill--unsure">{escape(row.remark)}</span>' if row.remark else ""
    old = ' class="trial-row__old"' if row.old else ""
    card = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(words)}</dd></div>" for name, words in row.card)
    card = f'<dl class="trial-row__facts trial-row__card">{card}</dl>' if card else ""
    title, found = _snippets(row)
    then = f" ({escape(row.then)})" if row.then else ""
    return (
        f'<li class="trial-row"><h{level} class="trial-row__title">'
        f'<a href="{escape(row.href)}">{title}</a></h{level}>'
        f'<div class="trial-row__marks"><span class="pill pill--{escape(row.tone)}">{escape(row.status)}</span>{kinds}'
        f"<span>{escape(row.diseases)}</span>{remark}</div>"
        f'<p class="trial-row__given"><span class="visually-hidden">{word_given}: </span>{_given(row)}</p>{card}'
        f'<dl class="trial-row__facts"><div><dt>{word_phase}</dt><dd>{escape(row.phase)}</dd></div>'
        f"<div><dt>{word_people}</dt><dd>{escape(row.people)}</dd></div>"
        f"<div><dt>{word_where}</dt><dd>{escape(row.where)}</dd></div>"
        f"<div><dt>{word_changed}</dt><dd{old}>{escape(row.changed)}</dd></div>"
        f"<div><dt>NCT</dt><dd>{escape(row.nct_id)}{then}</dd></div></dl>{found}"
        f"{choice(row.nct_id, chosen) if chosen else ''}</li>"
    )


def _given(row: Row) -> str:
    return html_of(row.given) + (f" {escape(row.more)}" if row.more else "")


def _snippets(row: Row) -> tuple[str, str]:
    """The title, and lines that tell where the words of a search stand beside it; found words marked."""
    title, found = html_of(row.title), ""
    for snippet in row.snippets:
        text = "".join(f"<mark>{escape(part)}</mark>" if hit else escape(part) for part, hit in snippet.parts)
        if snippet.place == "title":
            title = english_line(text)
        else:
            found += f'<p class="trial-row__found"><span>{escape(snippet.label)}:</span> {english_line(text)}</p>'
    return title, found


def facets(groups: Iterable[Group]) -> SafeString:
    """Facets to fold, with tick boxes in them."""
    return mark_safe(_facets(groups, escape(gettext("Show more"))))  # noqa: S308 escaped piece by piece


def sections(sections: Iterable[Section]) -> SafeString:
    """Facets under headings to fold."""
    word_more = escape(gettext("Show more"))
    return mark_safe("\n".join(_section(section, word_more) for section in sections))  # noqa: S308 likewise


def _section(section: Section, word_more: str) -> str:
    heading = escape(str(section.heading))
    if section.kind:
        short = escape(CELL_TYPE_BY_SLUG[section.kind].short)
        heading = f'<span><span class="kind kind--{section.kind}">{short}:</span> {heading}</span>'
    return (
        f'<details class="facets" id="facets-{section.slug}"{" open" if section.open else ""}>'
        f"<summary>{heading}</summary>\n{_facets(section.groups, word_more)}</details>"
    )


def _facets(groups: Iterable[Group], word_more: str) -> str:
    return "\n".join(_facet(group, word_more) for group in groups)


def _facet(group: Group, word_more: str) -> str:
    parameter, name, href = group.parameter, escape(group.parameter), escape(group.href)
    marks = parameter == "cell_type"
    shown, more = (
        "\n".join([_option(parameter, value, href, marks) for value in values]) for values in (group.shown, group.more)
    )
    if more:
        more = (
            f'<details class="more" id="more-{name}"><summary>{word_more} '
            f'<span class="quiet">({len(group.more)})</span></summary>\n{more}</details>'
        )
    if group.all_href:
        words = escape(gettext("All %(n)s") % {"n": number_format(group.total, use_l10n=True, force_grouping=True)})
        label = escape(group.label)
        link = escape(group.all_href)
        more += f'<p class="more"><a href="{link}">{words}<span class="visually-hidden">: {label}</span></a></p>'
    return (
        f'<details class="facet" id="facet-{name}"{" open" if group.open else ""}>'
        f'<summary id="f-{name}">{escape(group.label)}</summary>\n'
        f'<div class="options" role="group" aria-labelledby="f-{name}">\n{shown}{more}</div></details>'
    )


def _option(name: str, item: FacetValue, href: str, marks: bool) -> str:
    """A tick box with its count, which leads to just these trials. With `marks` the values carry their kinds' shapes.

    Whoever goes by the keyboard has the box, which asks for the same: the number is no second stop beside it.
    """
    box, label, link, told = _box(name, item.value, item.label, marks)
    ticked = " checked" if item.selected else ""
    if not item.count:
        return f'{box}{ticked}{label}<span class="option__count">0</span></div>'
    return f"{box}{ticked}{label}{_TO_THESE}{href}{link}{item.count}{told}{item.count}</a></div>"


@lru_cache(maxsize=2048)
def _box(name: str, value: str, label: str, marks: bool) -> tuple[str, str, str, str]:
    """What of a tick box is the same in every list: the pieces around where it is ticked, its address and its count."""
    pair = urlencode([(name, value)])
    name, value, label = escape(name), escape(value), escape(label)
    shape = f' class="kind kind--text kind--{value}"' if marks else ""
    return (
        f'<div class="option"><label><input type="checkbox" name="{name}" id="{name}-{value}" value="{value}"',
        f"><span{shape}>{label}</span></label> ",
        f'{pair}" aria-label="',
        f': {label}">',
    )
