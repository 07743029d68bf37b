"""The API's description as a page: what its template shows, in order. Pure; no request, no database."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.search.query import FILTERS, SCOPE

# Parameters of the study query: told once for all operations that take them.
SHARED = ("q", *FILTERS, SCOPE.parameter)
# A request to try for each operation, as the query of its address.
TRIED = {
    "studies_list": "disease=multiple-sclerosis&cell_type=msc&fields=title,overall_status",
    "studies_retrieve": "fields=title,card",
    "studies_changes_list": "page_size=10",
    "studies_evidence_retrieve": "",
    "facets_retrieve": "disease=type-1-diabetes",
    "sponsors_list": "cell_type=hsc&page_size=10",
    "labels_list": "scheme=disease&fields=scheme,value,rule&page_size=10",
    "changes_list": "field=overall_status&page_size=10",
    "sync_retrieve": "",
    "schema": "",
    "ctgov_studies": "query.term=lupus&fields=NCTId,BriefTitle",
    "ctgov_study": "fields=NCTId,StatusModule",
    "ctgov_version": "",
}
_FEW = 6
# Upper limits from here on are those of the database, and tell a reader nothing.
_NO_LIMIT = 1_000_000
_CODE = re.compile(r"`([^`]+)`")
_NAMES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A parameter or a field. `words` are its values where the list is closed; `shape` names the shape that it has."""

    name: str
    kind: str
    meaning: str
    words: Sequence[str] = ()
    shape: str = ""

    @property
    def many(self) -> bool:
        return len(self.words) > _FEW


@dataclass(frozen=True, slots=True)
class Answer:
    """One way in which an operation may answer."""

    status: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One address. `shared` is true where it takes the parameters of the study query."""

    id: str
    path: str
    summary: str
    meaning: str
    parameters: Sequence[Told]
    shared: bool
    tried: str
    shape: str
    example: str
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of object in answers."""

    name: str
    meaning: str
    fields: Sequence[Told]


@dataclass(frozen=True, slots=True)
class Page:
    """`operations` are of /api/v1/, `door` of the registry-shaped door."""

    version: str
    shared: Sequence[Told]
    operations: Sequence[Operation]
    door: Sequence[Operation]
    shapes: Sequence[Shape] = field(default_factory=tuple)


def page_of(description: Mapping[str, Any], nct_id: str) -> Page:
    """The page; `nct_id` is a study that the examples may lead to."""
    components = description["components"]["schemas"]
    found = [
        _operation(path, item["get"], components, nct_id)
        for path, item in sorted(description["paths"].items(), key=lambda item: _place(item[1]["get"]["operationId"]))
    ]
    parameters = description["paths"]["/api/v1/studies/"]["get"]["parameters"]
    return Page(
        version=description["info"]["version"],
        shared=[_parameter(item) for item in parameters if item["name"] in SHARED],
        operations=[item for item in found if item.path.startswith("/api/v1/")],
        door=[item for item in found if not item.path.startswith("/api/v1/")],
        shapes=[
            Shape(name, with_code(shape.get("description", "")), list(_fields(shape, components)))
            for name, shape in sorted(components.items())
            if "properties" in shape
        ],
    )


def with_code(text: str) -> SafeString:
    """A text as HTML, with what stands between backticks as code."""
    return mark_safe(_CODE.sub(r"<code>\1</code>", escape(text)))  # noqa: S308 (escaped before)


def _place(operation_id: str) -> int:
    """In the order of `TRIED`; new ones come last."""
    return list(TRIED).index(operation_id) if operation_id in TRIED else len(TRIED)


def _operation(path: str, told: Mapping[str, Any], components: Mapping[str, Any], nct_id: str) -> Operation:
    good = told["responses"]["200"]["content"]["application/json"]
    query = TRIED.get(told["operationId"], "")
    address = path.replace("{nct_id}", nct_id)
    parameters = [item for item in told.get("parameters", ()) if item["name"] not in SHARED]
    return Operation(
        id=told["operationId"].replace("_", "-"),
        path=path,
        summary=told["summary"],
        meaning=with_code(told["description"]),
        parameters=[_parameter(item) for item in parameters],
        shared=any(item["name"] == "q" for item in told.get("parameters", ())),
        tried=f"{address}?{query}" if query else address,
        shape=_reference(good["schema"]),
        example=json.dumps(next(iter(good["examples"].values()))["value"], indent=2, ensure_ascii=False),
        answers=[Answer(status, item["description"]) for status, item in sorted(told["responses"].items())],
    )


def _parameter(told: Mapping[str, Any]) -> Told:
    schema = told["schema"]
    words = schema.get("enum") or schema.get("items", {}).get("enum") or ()
    # A parameter that can be repeated has the kind of one of its values; the meaning says what repeating means.
    kind = _kind(schema["items"] if schema.get("type") == "array" else schema, {})
    return Told(told["name"], kind, with_code(told.get("description", "")), [str(word) for word in words if word])


def _fields(shape: Mapping[str, Any], components: Mapping[str, Any]) -> Iterator[Told]:
    for name, schema in shape["properties"].items():
        words = _resolved(schema, components).get("enum") or ()
        shown = [str(word) for word in words if word is not None]
        named = _reference(schema) or _reference(schema.get("items", {}))
        linked = named if "properties" in components.get(named, {}) else ""
        yield Told(name, _kind(schema, components), with_code(schema.get("description", "")), shown, linked)


def _kind(schema: Mapping[str, Any], components: Mapping[str, Any]) -> str:
    """The kind of a value in words: "text", "list of texts", "whole number or null"."""
    resolved = _resolved(schema, components)
    kinds = resolved.get("type", "object")
    if kinds == "array":
        items = _resolved(resolved.get("items", {}), components)
        inner = _NAMES.get(str(items.get("type", "object")), "")
        return _("list of %(kind)s") % {"kind": inner} if inner not in {"", "list"} else _("list of lists")
    if isinstance(kinds, list) and len(kinds) > 3:
        return _("any value")
    names = [_NAMES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    if "minimum" in resolved and "maximum" in resolved and resolved["maximum"] < _NO_LIMIT:
        names[0] += f", {resolved['minimum']} to {resolved['maximum']}"
    return " or ".join(names)


def _resolved(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Mapping[str, Any]:
    named = _reference(schema)
    return components.get(named, schema)


def _reference(schema: Mapping[str, Any]) -> str:
    """The name of the shape that a schema stands for, "" for none."""
    reference = schema.get("$ref") or next((part.get("$ref", "") for part in schema.get("allOf", ())), "")
    return str(reference).rpartition("/")[2]
