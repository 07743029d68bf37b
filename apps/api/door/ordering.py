"""The `sort` parameter, and where in that order a page begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_ITEM = re.compile(r"(@relevance|[A-Za-z][A-Za-z0-9\-. ]*)(?::(asc|desc))?")
_MOST = 2
RELEVANCE = "@relevance"


class SortError(ValueError):
    """The sort cannot be used; the message says which item, and what there is."""


@dataclass(frozen=True, slots=True)
class Sortable:
    """A field that can be sorted by: its SQL over `study`, its type there, and the way it runs when none is named."""

    sql: str
    type: str
    descending: bool


def _date(column: str) -> Sortable:
    # The registry's own text: a month sorts before the days in it.
    return Sortable(f"nullif(study.{column}, '') COLLATE \"C\"", "text", descending=True)


SORTABLE = {
    "LastUpdatePostDate": _date("last_update_post_date"),
    "StudyFirstPostDate": _date("first_post_date"),
    "ResultsFirstPostDate": _date("results_first_post_date"),
    "StartDate": _date("start_date"),
    "PrimaryCompletionDate": _date("primary_completion_date"),
    "CompletionDate": _date("completion_date"),
    "EnrollmentCount": Sortable("study.enrollment", "integer", descending=False),
}
_ALLOWED = ", ".join((*SORTABLE, RELEVANCE))


@dataclass(frozen=True, slots=True)
class SortKey:
    """One level of an order; studies without the value come last either way."""

    field: str
    descending: bool

    @property
    def type(self) -> str:
        return "real" if self.field == RELEVANCE else SORTABLE[self.field].type


def read_sort(raw: str) -> tuple[SortKey, ...]:
    """The levels named in a list with commas or pipes, at most two."""
    items = [item.strip() for item in re.split(r"[,|]", raw) if item.strip()]
    if len(items) > _MOST:
        raise SortError(f"Parameter `sort` has more than {_MOST} items")
    return tuple(_key(number, item) for number, item in enumerate(items, 1))


def _key(number: int, item: str) -> SortKey:
    match = _ITEM.fullmatch(item)
    if match is None:
        raise SortError(f"Item {number} in parameter `sort` has incorrect format")
    field, way = match.groups()
    if field != RELEVANCE and field not in SORTABLE:
        raise SortError(
            f"Item {number} in parameter `sort` contains a field that is not sorted by here. Allowed are: {_ALLOWED}, "
            "each also with :asc or :desc"
        )
    usual = field == RELEVANCE or SORTABLE[field].descending
    return SortKey(field, way == "desc" if way else usual)


def order_sql(keys: Sequence[SortKey]) -> str:
    """ORDER BY over columns key_0, key_1 and nct_id."""
    levels = [f"key_{place} {'DESC' if key.descending else 'ASC'} NULLS LAST" for place, key in enumerate(keys)]
    return ", ".join([*levels, "nct_id"])


def after_sql(keys: Sequence[SortKey], values: Sequence[str | None], nct_id: str) -> tuple[str, list[str | None]]:
    """A condition that holds for the rows after this one in that order, with its parameters.

    By values and not by number: a study that is added or updated between two pages moves no other across the border.
    """
    alternatives: list[str] = []
    parameters: list[str | None] = []
    same: list[str] = []
    of_same: list[str | None] = []
    for place, (key, value) in enumerate(zip(keys, values, strict=True)):
        # Nothing comes after a missing value but what lacks it too.
        if value is not None:
            beyond = f"(key_{place} {'<' if key.descending else '>'} %s::{key.type} OR key_{place} IS NULL)"
            alternatives.append(" AND ".join([*same, beyond]))
            parameters += [*of_same, value]
        same.append(f"key_{place} IS NOT DISTINCT FROM %s::{key.type}")
        of_same.append(value)
    alternatives.append(" AND ".join([*same, "nct_id > %s"]))
    return " OR ".join(f"({alternative})" for alternative in alternatives), [*parameters, *of_same, nct_id]
