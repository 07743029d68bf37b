"""What a request asks for: every parameter read, or refused in words as the registry does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.http import QueryDict
from rest_framework.exceptions import APIException

from apps.api.door.expressions import MAX_LENGTH, Expression, ExpressionError, parse
from apps.api.door.fields import Choice, FieldsError, read_fields
from apps.api.door.ordering import SortError, SortKey, read_sort
from apps.api.door.tokens import Position, TokenError, read_token
from apps.search.query import clean_text
from apps.studies.records import Status, normalise_nct_id

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 10, 1000
_LARGEST_INTEGER = 2_147_483_647

QUERIES = tuple(
    f"query.{area}" for area in ("term", "cond", "intr", "titles", "outc", "spons", "lead", "id", "locn", "patient")
)
STUDY_PARAMETERS = ("fields", "format", "markupFormat")
LIST_PARAMETERS = (
    *QUERIES,
    "filter.ids",
    "filter.overallStatus",
    "sort",
    "countTotal",
    "pageSize",
    "pageToken",
    *STUDY_PARAMETERS,
)
_ID = r"NCT0*[1-9][0-9]{0,7}"
_ONLY_IDS = re.compile(rf"\s*{_ID}(?:[,\s]+{_ID})*\s*", re.IGNORECASE)

Read = TypeVar("Read")


class Refused(APIException):
    """400, with a sentence."""

    status_code = 400


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list asks for.

    `queries` are expressions by parameter; `ids` are sets of NCT ids, and a study must be in each; `statuses` is empty
    where any will do; `choice` is None for whole records; `after` is None for the first page.
    """

    parameters: Mapping[str, str]
    queries: Mapping[str, Expression]
    ids: tuple[tuple[str, ...], ...]
    statuses: tuple[str, ...]
    choice: Choice | None
    sort: tuple[SortKey, ...]
    count_total: bool
    page_size: int
    after: Position | None


def read_listing(query: QueryDict) -> Listing:
    given = _once(query, LIST_PARAMETERS)
    _check_format(given)
    expressions: dict[str, Expression] = {}
    alone: list[tuple[str, ...]] = []
    for name in QUERIES:
        raw = given.get(name, "")
        if _ONLY_IDS.fullmatch(raw):
            alone.append(_ids(name, raw))
        elif raw.strip():
            expressions[name] = _expression(name, raw)
    # A query of nothing but NCT ids makes the registry ignore the filters.
    filtered = {} if alone else given
    ids = _ids("filter.ids", filtered.get("filter.ids", ""))
    token = given.get("pageToken")
    return Listing(
        parameters=given,
        queries=expressions,
        ids=(*alone, ids) if ids else tuple(alone),
        statuses=_statuses(filtered.get("filter.overallStatus", "")),
        choice=read_choice(given),
        sort=_or_refused(SortError, read_sort, given.get("sort", "")),
        count_total=_truth("countTotal", given.get("countTotal", "false")),
        page_size=_page_size(given.get("pageSize", "0")),
        after=None if token is None else _or_refused(TokenError, lambda raw: read_token(raw, given), token),
    )


def read_study_choice(query: QueryDict) -> Choice | None:
    """The fields that a request for one study asks for; None for the whole record."""
    given = _once(query, STUDY_PARAMETERS)
    _check_format(given)
    return read_choice(given)


def read_nothing(query: QueryDict) -> None:
    _once(query, ())


def read_nct_id(raw: str) -> str:
    """The id in its usual form, from a padded one or one in lower case."""
    try:
        return normalise_nct_id(raw)
    except ValueError:
        raise Refused("Parameter `nctId` has incorrect format") from None


def read_choice(given: Mapping[str, str]) -> Choice | None:
    return _or_refused(FieldsError, read_fields, given["fields"]) if "fields" in given else None


def _once(query: QueryDict, known: tuple[str, ...]) -> dict[str, str]:
    """Each parameter's one value."""
    for name, values in query.lists():
        if name not in known:
            raise Refused(f"`{_shown(name)}` is unknown parameter. {_known(known)}")
        if len(values) > 1:
            raise Refused(f"Parameter `{name}` is given more than once")
    return query.dict()  # type: ignore[return-value]


def _known(known: tuple[str, ...]) -> str:
    return f"Known are: {', '.join(known)}" if known else "This address takes none"


def _check_format(given: Mapping[str, str]) -> None:
    if given.get("format", "json") != "json":
        raise Refused("Parameter `format` has incorrect value: this collection is given as json alone")
    if given.get("markupFormat", "markdown") not in {"markdown", "legacy"}:
        raise Refused("Parameter `markupFormat` has incorrect value: markdown or legacy")


def _expression(name: str, raw: str) -> Expression:
    try:
        return parse(raw if len(raw) > MAX_LENGTH else clean_text(raw))
    except ExpressionError as error:
        raise Refused(f"Error parsing query in `{name}`: {error}") from None


def _ids(name: str, raw: str) -> tuple[str, ...]:
    try:
        return tuple(normalise_nct_id(item) for item in re.split(r"[,|\s]+", raw) if item)
    except ValueError:
        raise Refused(f"Parameter `{name}` has incorrect format: a list of NCT ids with commas or pipes") from None


def _statuses(raw: str) -> tuple[str, ...]:
    words = [word.strip() for word in re.split(r"[,|]", raw) if word.strip()]
    for word in words:
        if word not in Status.words:
            told = f"Parameter `filter.overallStatus` contains invalid value `{_shown(word)}`."
            raise Refused(f"{told} Allowed are: {', '.join(Status.words)}")
    return tuple(words)


def _truth(name: str, raw: str) -> bool:
    if raw not in {"true", "false"}:
        raise Refused(f"Parameter `{name}` has incorrect format: true or false")
    return raw == "true"


def _page_size(raw: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", raw) or int(raw) > _LARGEST_INTEGER:
        raise Refused("Parameter `pageSize` has incorrect format: a whole number from 0")
    return min(int(raw), MAX_PAGE_SIZE) or DEFAULT_PAGE_SIZE


def _or_refused(error: type[ValueError], read: Callable[[str], Read], raw: str) -> Read:
    try:
        return read(raw)
    except error as refused:
        raise Refused(str(refused)) from None


def _shown(text: str) -> str:
    text = clean_text(text)
    return text if len(text) <= 60 else f"{text[:59]}…"
