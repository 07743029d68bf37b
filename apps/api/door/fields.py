"""The `fields` parameter: which parts of a record are given."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

_PIECES = Path(__file__).with_name("pieces.toml")


class FieldsError(ValueError):
    """The list is empty or names something that a record does not have; the message says which."""


# A part of a record to the parts below it that are wanted; an empty mapping means all of it.
Choice = Mapping[str, "Choice"]


@cache
def paths() -> Mapping[str, str]:
    """Everything that a field can be called, piece names and dotted paths, to its path in the record."""
    found = {}
    for table, pieces in tomllib.loads(_PIECES.read_text(encoding="utf-8")).items():
        for below, piece in pieces.items():
            path = below if table == "record" else f"{table}.{below}"
            found[path] = path
            if piece:
                found[piece] = path
    return found


def read_fields(raw: str) -> Choice:
    """The parts named in a list with commas or pipes; names count as written, as they do at the registry."""
    names = [name.strip() for name in re.split(r"[,|]", raw) if name.strip()]
    if not names:
        raise FieldsError("Parameter `fields` is empty")
    chosen: dict[str, Any] = {}
    # Shorter paths first: a module that is wanted whole takes in what else is named of it.
    for path in sorted(map(_path_of, names), key=len):
        _choose(chosen, path.split("."))
    return chosen


def project(part: Any, choice: Choice) -> Any:
    """The part of a record without what was not chosen; nothing that comes out empty is given."""
    if not choice:
        return part
    if isinstance(part, list):
        return [item for item in (project(item, choice) for item in part) if item]
    if not isinstance(part, dict):
        return None
    return dict(_kept(part, choice))


def _kept(part: Mapping[str, Any], choice: Choice) -> Iterator[tuple[str, Any]]:
    for key, value in part.items():
        if key in choice:
            below = choice[key]
            kept = project(value, below)
            if kept or not below:
                yield key, kept


def _path_of(name: str) -> str:
    path = paths().get(name)
    if path is None:
        shown = name if len(name) <= 60 else f"{name[:59]}…"
        raise FieldsError(f"Parameter 'fields' contains invalid field name: '{shown}'")
    return path


def _choose(chosen: dict[str, Any], steps: list[str]) -> None:
    for step in steps:
        if step in chosen and not chosen[step]:
            return
        chosen = chosen.setdefault(step, {})
