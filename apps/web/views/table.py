"""HTML of the dense table of trials. Written here and not in a template because a table has thousands of cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from apps.core.languages import RegistryText, html_of
from apps.search.models import StudyDocument
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG
from apps.web.presenters.trial_facts import FACT_BY_SLUG, Answer, Fact, answer
from apps.web.views.markup import choice
from apps.web.views.rows import Row


def trial_table(
    documents: Sequence[StudyDocument],
    rows: Sequence[Row],
    columns: Sequence[str],
    order: str,
    sorted_by: Callable[[str], str],
) -> SafeString:
    """A row a trial: its title, then these columns. `rows` are the documents in words.

    `order` is the sort in force, `sorted_by` leads to one. What a record does not state is a dash that says so to those
    who do not see it.
    """
    facts = [FACT_BY_SLUG[slug] for slug in columns]
    unstated = f'<span aria-hidden="true">–</span><span class="visually-hidden">{escape(gettext("not stated"))}</span>'
    heads = "".join(_head(fact, order, sorted_by) for fact in facts)
    title = _sortable(escape(gettext("Trial")), "title", order, sorted_by)
    word = escape(gettext("Compare"))
    body = "\n".join(
        f'<tr><th scope="row"><a href="{escape(row.href)}">{html_of(row.title)}</a>'
        f'<span class="trials__id">{escape(row.nct_id)}{_remarks(row)}{choice(row.nct_id, word)}</span></th>'
        f"{''.join([_cell(fact, answer(fact, document), document, row.tone, unstated) for fact in facts])}</tr>"
        for document, row in zip(documents, rows, strict=True)
    )
    caption = escape(gettext("Trials, a row each"))
    html = (
        f'<div class="table-wrap trials" role="region" aria-labelledby="trials-caption" tabindex="0">'
        f'<table class="table table--dense"><caption class="visually-hidden" id="trials-caption">{caption}</caption>'
        f"<thead><tr>{title}{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )
    return mark_safe(html)  # noqa: S308 escaped piece by piece


def _head(fact: Fact, order: str, sorted_by: Callable[[str], str]) -> str:
    name = escape(str(fact.name))
    if fact.kind:
        short = escape(CELL_TYPE_BY_SLUG[fact.kind].short)
        name = f'<span class="kind kind--{fact.kind}">{short}</span> {name}'
    return _sortable(name, fact.sort, order, sorted_by) if fact.sort else f'<th scope="col">{name}</th>'


def _sortable(name: str, sort: str, order: str, sorted_by: Callable[[str], str]) -> str:
    """A heading that sorts by its column; where it does so already, it turns the order round."""
    other = sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"
    if order not in {sort, other}:
        return f'<th scope="col"><a href="{escape(sorted_by(sort))}">{name}</a></th>'
    way, arrow = ("descending", "▼") if order.startswith("-") else ("ascending", "▲")
    link = escape(sorted_by(other if order == sort else sort))
    return f'<th scope="col" aria-sort="{way}"><a href="{link}">{name} <span aria-hidden="true">{arrow}</span></a></th>'


def _remarks(row: Row) -> str:
    then = f" ({escape(row.then)})" if row.then else ""
    return then + (f' <span class="pill pill--unsure">{escape(row.remark)}</span>' if row.remark else "")


def _cell(fact: Fact, told: Answer, document: StudyDocument, tone: str, unstated: str) -> str:
    if told.remark:
        return f'<td class="quiet">{escape(told.remark)}</td>'
    if not told.values:
        return f"<td>{unstated}</td>"
    if fact.slug == "kind":
        marks = (
            f'<span class="kind kind--{slug}">{escape(CELL_TYPE_BY_SLUG[slug].short)}</span>'
            for slug in document.cell_types
            if slug in CELL_TYPE_BY_SLUG
        )
        return f"<td>{' '.join(marks)}</td>"
    if fact.slug == "status":
        return f'<td><span class="pill pill--{escape(tone)}">{escape(told.text)}</span></td>'
    words = html_of(RegistryText(told.text)) if fact.own else escape(told.text)
    return f"<td{' class=num' if fact.number else ''}>{words}</td>"
