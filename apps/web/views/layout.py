"""How the site lays a list out: as cards or as a table, and with which columns. No part of the question itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext

from apps.search.query import clean_text
from apps.web.presenters.trial_facts import DEFAULT_COLUMNS, FACT_BY_SLUG

VIEWS = ("cards", "table")
_MAX_NAMED, _MAX_SHOWN = 5, 60


@dataclass(frozen=True, slots=True)
class Layout:
    """`view` is "cards" or "table"; `columns` are slugs of facts in their own order, () for the usual ones."""

    view: str = "cards"
    columns: tuple[str, ...] = ()

    @property
    def is_table(self) -> bool:
        return self.view == "table"

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns of the table."""
        return self.columns or DEFAULT_COLUMNS

    def pairs(self) -> list[tuple[str, str]]:
        """Parameters and values in a fixed order, defaults left out. Columns outlast a look at the cards."""
        view = [("view", self.view)] if self.view != VIEWS[0] else []
        return view + [("columns", slug) for slug in self.columns]

    def seen_as(self, view: str) -> Layout:
        return Layout(view, self.columns)


CARDS = Layout()


def read_layout(params: QueryDict) -> tuple[Layout, list[str]]:
    """The layout that an address asks for, and a sentence for each value in it that is none. Never raises."""
    notices = []
    view = clean_text(params.get("view", "")).casefold()
    if view and view not in VIEWS:
        notices.append(_unknown(view, "view"))
        view = ""
    asked = (text for raw in params.getlist("columns") for text in raw.split(","))
    words = dict.fromkeys(word for text in asked if (word := clean_text(text).casefold().replace("-", "_")))
    unknown = [word for word in words if word not in FACT_BY_SLUG]
    notices += [_unknown(word, "columns") for word in unknown[:_MAX_NAMED]]
    columns = tuple(slug for slug in FACT_BY_SLUG if slug in words)
    return Layout(view or VIEWS[0], () if columns == DEFAULT_COLUMNS else columns), notices


def _unknown(value: str, name: str) -> str:
    shown = value if len(value) <= _MAX_SHOWN else value[: _MAX_SHOWN - 1] + "…"
    message = gettext("We do not know “%(value)s” under “%(name)s”, so we left it out.")
    return message % {"value": shown, "name": name}
