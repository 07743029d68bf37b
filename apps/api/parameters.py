"""The parameters of a request: those of `StudyQuery`, and those that an address has of its own.

Here anything that cannot be used is an error that says what is allowed; the site is more lenient (docs/contracts.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from apps.api.problems import BadQuery
from apps.search.expressions import FIELDS
from apps.search.query import (
    A_DAY,
    DEFAULT_PAGE_SIZE,
    FILTERS,
    MAX_PAGE,
    MAX_PAGE_SIZE,
    MAX_PROBLEMS,
    MAX_Q,
    PARAMETERS,
    SCOPE,
    SORTS,
    Problem,
    StudyQuery,
    clean_text,
)

# The beginning of a harvest.
START = "*"
_MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of one address's own.

    `read` makes a value of a text and raises ValueError for what it does not take; `schema` describes one value and
    `allowed` tells it to people. `many` may be repeated, which means or; with `commas` one text may hold several.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any]
    allowed: tuple[str, ...]
    many: bool = False
    commas: bool = False
    examples: Mapping[str, Any] = field(default_factory=dict)

    def described(self) -> OpenApiParameter:
        schema: dict[str, Any] = dict(self.schema)
        if self.many or self.commas:
            schema = {"type": "array", "items": schema, "minItems": 1}
        return OpenApiParameter(
            self.name,
            schema,
            description=self.description,
            style="form" if self.commas else None,
            explode=False if self.commas else None,
            examples=[OpenApiExample(name, value=value) for name, value in self.examples.items()],
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for. `own` has every parameter of the address's own: None or () where it was not given."""

    query: StudyQuery
    own: Mapping[str, Any]
    notices: Sequence[Problem]


def read_asked(params: QueryDict, own: Sequence[Parameter] = (), without: Collection[str] = ()) -> Asked:
    """A study query and the address's own parameters. `without` names those of the query that have no meaning here.

    Raises BadQuery with everything that is wrong.
    """
    mine = {item.name for item in own}
    known = (*(name for name in PARAMETERS if name not in without and name not in mine), *mine_in_order(own))
    theirs = params.copy()
    for name in params:
        if name not in known or name in mine:
            del theirs[name]
    query, problems = StudyQuery.parse(theirs)
    values, wrong = _read(params, own, known)
    notices = [problem for problem in problems if problem.kind == "notice"]
    refuse([*(problem for problem in problems if problem.kind != "notice"), *_empty(theirs), *wrong])
    return Asked(query, values, notices)


def read_own(params: QueryDict, own: Sequence[Parameter] = ()) -> Mapping[str, Any]:
    """The parameters of an address that takes no study query. Raises BadQuery."""
    values, wrong = _read(params, own, mine_in_order(own))
    refuse(wrong)
    return values


def mine_in_order(own: Iterable[Parameter]) -> tuple[str, ...]:
    return tuple(item.name for item in own)


def refuse(problems: Sequence[Problem]) -> None:
    """Raises BadQuery where there is a problem."""
    if problems:
        raise BadQuery(problems[:MAX_PROBLEMS])


def unusable(name: str, value: str, message: str, allowed: Sequence[str] = ()) -> Problem:
    return Problem(name, _shown(value), tuple(allowed), message)


def _read(params: QueryDict, own: Sequence[Parameter], known: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    wrong = [_unknown(name, known) for name in params if name not in known]
    values: dict[str, Any] = {}
    for item in own:
        several = item.many or item.commas
        raws = [clean_text(raw) for raw in params.getlist(item.name)]
        if item.commas:
            raws = [part.strip() for raw in raws for part in raw.split(",")]
        if not all(raws):
            wrong.append(_lacks_value(item.name, item.allowed))
            raws = [raw for raw in raws if raw]
        if not several and len(set(raws)) > 1:
            wrong.append(unusable(item.name, raws[1], f"“{item.name}” can be given once.", item.allowed))
        found = []
        for raw in raws:
            try:
                found.append(item.read(raw))
            except ValueError:
                told = f"“{_shown(raw)}” is not a value of “{item.name}”. Allowed are: {', '.join(item.allowed)}."
                wrong.append(unusable(item.name, raw, told, item.allowed))
        values[item.name] = tuple(dict.fromkeys(found)) if several else (found[0] if found else None)
    return values, wrong


def _empty(theirs: QueryDict) -> Iterator[Problem]:
    """A program that sends an empty filter has lost its value: without a word it would be given everything."""
    for name in theirs:
        # The site's own addresses have an empty text in them.
        if name != "q" and not all(map(clean_text, theirs.getlist(name))):
            yield _lacks_value(name, _allowed(name))


def _allowed(name: str) -> tuple[str, ...]:
    if name in FILTERS or name == SCOPE.parameter:
        return (FILTERS.get(name) or SCOPE).allowed
    if name == "as_of":
        return (str(A_DAY),)
    return SORTS if name == "sort" else ("whole numbers from 1",)


def _lacks_value(name: str, allowed: Sequence[str]) -> Problem:
    return unusable(name, "", f"“{name}” has no value: leave it out, or give one of {', '.join(allowed)}.", allowed)


def _unknown(name: str, known: Sequence[str]) -> Problem:
    message = f"There is no parameter “{_shown(name)}” here. "
    message += f"Known are: {', '.join(known)}." if known else "This address takes no parameters."
    return Problem(_shown(name), "", tuple(known), message, "unknown_parameter")


def _shown(text: str) -> str:
    text = clean_text(text)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"


def one_of(words: Collection[str]) -> Callable[[str], str]:
    """Reads one of these words, whatever its case."""
    spellings = {word.casefold(): word for word in words}

    def read(raw: str) -> str:
        try:
            return spellings[raw.casefold()]
        except KeyError:
            raise ValueError from None

    return read


def matching(pattern: str) -> Callable[[str], str]:
    """Reads a text that fits the pattern as a whole."""
    compiled = re.compile(pattern, re.ASCII)

    def read(raw: str) -> str:
        if not compiled.fullmatch(raw):
            raise ValueError
        return raw

    return read


def between(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number with these bounds."""

    def read(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", raw, re.ASCII) or not least <= int(raw) <= most:
            raise ValueError
        return int(raw)

    return read


def closed(name: str, description: str, words: Sequence[str], *, many: bool = False, **more: Any) -> Parameter:
    return Parameter(
        name, description, {"type": "string", "enum": list(words)}, one_of(words), tuple(words), many=many, **more
    )


def page_size(most: int, default: int, what: str) -> Parameter:
    return Parameter(
        "page_size",
        f"{what} a page, {default} by default.",
        {"type": "integer", "minimum": 1, "maximum": most, "default": default},
        between(1, most),
        (f"whole numbers from 1 to {most}",),
    )


def page() -> Parameter:
    return Parameter(
        "page",
        "Page, from 1.",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1},
        between(1, MAX_PAGE),
        (f"whole numbers from 1 to {MAX_PAGE}",),
    )


def fields(names: Sequence[str], always: str) -> Parameter:
    """Which fields of a result are given. The one that names it always is."""
    return Parameter(
        "fields",
        f"Names of the fields that are wanted, with commas; {always} always comes along. Without it all are given.",
        {"type": "string", "enum": list(names)},
        one_of(names),
        tuple(names),
        commas=True,
        examples={"A few": [name for name in names if name != always][:2]},
    )


def chosen_only(row: Mapping[str, Any], names: Collection[str], always: str) -> Mapping[str, Any]:
    """The fields of a result that were asked for, all where none was; a dot leads to a part of a field."""
    if not names:
        return row
    shown: dict[str, Any] = {}
    for name, value in row.items():
        if name in names or name == always:
            shown[name] = value
        elif isinstance(value, Mapping):
            parts = {part: value[part] for part in value if f"{name}.{part}" in names}
            if parts:
                shown[name] = parts
    return shown


def query_parameters(without: Collection[str] = ()) -> list[OpenApiParameter]:
    """The parameters of `StudyQuery`, described."""
    described = [
        OpenApiParameter(
            "q",
            str,
            description=(
                'Text to search for, in words, "phrases", OR, -without, brackets, and fields: '
                f"{', '.join(f'{name}:' for name in FIELDS)}. Words without quotation marks stand for their synonyms "
                f"too. Cut at {MAX_Q} characters; 400 with the position where it cannot be read."
            ),
            examples=[
                OpenApiExample("A phrase without a word", value='"stem cell" -diabetes'),
                OpenApiExample("Fields", value="title:lupus eligibility:cyclophosphamide country:China"),
            ],
        )
    ]
    for item in (*FILTERS.values(), SCOPE):
        told = f"{item.label}. Repeated, it means or."
        if item.parameter == "scope":
            told += " By default in_scope."
        if item.told:
            told += f" {item.told}"
        words = list(item.words) or None
        schema = {"type": "string", "enum": words} if words else {"type": "string", "minLength": 1}
        described.append(OpenApiParameter(item.parameter, {"type": "array", "items": schema}, description=told))
    described += [
        OpenApiParameter(
            "as_of",
            {"type": "string", "format": "date"},
            description="The list and its values as they were known here at the end of this day (UTC), today so far. "
            "400 for a day to come and for one before the first publication, with the first and last day that can be "
            "had. `url` leads to a page that shows the present.",
        ),
        OpenApiParameter(
            "sort",
            str,
            enum=list(SORTS),
            description="Order, - for descending. By default relevance with q, else -last_update_posted.",
        ),
        OpenApiParameter(
            "page",
            {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1},
            description="Page, from 1.",
        ),
        OpenApiParameter(
            "page_size",
            {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE},
            description="Studies a page.",
        ),
    ]
    return [item for item in described if item.name not in without]
