"""CSV and JSON Lines: text, sent as it is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from apps.exports.about import About
from apps.exports.cells import csv_lines, flat
from apps.exports.columns import NAMES, Value, row_of
from apps.search.models import StudyDocument

_encoder = msgspec.json.Encoder()


def csv(about: About, batches: Iterable[Sequence[StudyDocument]]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8 without a mark at the beginning. What it says of itself stands in the answer's headers."""
    yield csv_lines([NAMES])
    for batch in batches:
        yield csv_lines([_csv_cell(value) for value in row_of(document)] for document in batch)


def jsonl(about: About, batches: Iterable[Sequence[StudyDocument]]) -> Iterator[bytes]:
    """One object a line, every column in it: null for a value that is not there, [] for an empty list."""
    for batch in batches:
        yield b"".join(json_line(document) for document in batch)


def json_line(document: StudyDocument) -> bytes:
    return _encoder.encode(dict(zip(NAMES, row_of(document), strict=True))) + b"\n"


def _csv_cell(value: Value) -> str | int | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return flat(value)
