"""Addresses of lists: a question to the study list, and how the site lays the answer out.

A list page has hundreds of them, so what they share is put into text once.
"""

from __future__ import annotations

from functools import cached_property
from urllib.parse import urlencode

from apps.core.languages import in_language
from apps.search.query import DEFAULT_PAGE_SIZE, StudyQuery
from apps.web.views.layout import CARDS, Layout

LIST = "/trials/"  # in English; other languages by `in_language`
_TAIL = ("sort", "page", "page_size")


class Addresses:
    """The addresses that a list's page leads to: other pages and orders of it, and lists beside it."""

    def __init__(self, query: StudyQuery, layout: Layout = CARDS) -> None:
        self.query, self.layout = query, layout
        self._pairs = [pair for pair in query.pairs() if pair[0] not in _TAIL]
        self._asked = {name for name, _value in self._pairs}
        self._head = urlencode(self._pairs)

    def list(
        self, *, sort: str | None = None, page: int = 1, page_size: int | None = None, layout: Layout | None = None
    ) -> str:
        """This list in another order, at another page, of another length or seen otherwise; else as it is."""
        return _address(self._head, self._tail(sort, page, page_size, layout))

    def beside(self, query: StudyQuery) -> str:
        """Another question, seen as this one is."""
        return Addresses(query, self.layout).list()

    def to_value(self, parameter: str) -> str:
        """The list without this filter, up to where `name=value` is to be added."""
        if parameter not in self._asked:
            return self._without_any
        return _beginning(urlencode([pair for pair in self._pairs if pair[0] != parameter]), self._tail())

    def to_all(self, parameter: str) -> str:
        """The page with all values of this filter."""
        return _address(self._head, self._tail(), f"{LIST}values/{parameter}/")

    @cached_property
    def _without_any(self) -> str:
        return _beginning(self._head, self._tail())

    def _tail(
        self, sort: str | None = None, page: int = 1, page_size: int | None = None, layout: Layout | None = None
    ) -> str:
        query = self.query
        order = query.order if sort is None else sort
        size = query.page_size if page_size is None else page_size
        pairs = [("sort", order)] if order != query.usual_order else []
        pairs += [("page", str(page))] if page > 1 else []
        pairs += [("page_size", str(size))] if size != DEFAULT_PAGE_SIZE else []
        return urlencode(pairs + (layout or self.layout).pairs())


def _beginning(*texts: str) -> str:
    text = "&".join(filter(None, texts))
    path = in_language(LIST)
    return f"{path}?{text}&" if text else f"{path}?"


def _address(head: str, tail: str, path: str = LIST) -> str:
    text = "&".join(filter(None, (head, tail)))
    path = in_language(path)
    return f"{path}?{text}" if text else path
