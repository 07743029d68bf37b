"""Readers of our files that are not ours, and the rules by which a flat table is read."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import openpyxl
import pyarrow.parquet
from django.test import Client
from openpyxl.utils.escape import unescape

from apps.exports.cells import split
from apps.exports.columns import COLUMNS

KINDS = {column.name: column.kind for column in COLUMNS}


def taken(client: Client, path: str, status: int = 200, **headers: str) -> bytes:
    """The body of an answer, streamed or not."""
    response = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    body = b"".join(response.streaming_content) if response.streaming else response.content
    assert response.status_code == status, body[:500]
    return body


def from_cells(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a flat table as JSON Lines has it, by the rules of the data dictionary alone."""
    values: dict[str, Any] = {}
    for name, cell in row.items():
        if isinstance(cell, str) and cell.startswith("'"):
            cell = cell[1:]
        if KINDS[name] == "list":
            values[name] = split(cell) if cell else []
        elif cell in ("", None):
            values[name] = None
        elif KINDS[name] == "integer":
            values[name] = int(cell)
        elif KINDS[name] == "boolean":
            values[name] = cell if isinstance(cell, bool) else {"true": True, "false": False}[cell]
        else:
            values[name] = cell
    return values


def csv_rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def sheet(body: bytes, name: str = "Trials") -> list[tuple[Any, ...]]:
    """The cells of a sheet. Office writes a carriage return as _x000D_, which this reader leaves to its caller."""
    book = openpyxl.load_workbook(io.BytesIO(body))
    return [tuple(unescape(c.value) if isinstance(c.value, str) else c.value for c in row) for row in book[name]]


def xlsx_rows(body: bytes) -> list[dict[str, Any]]:
    head, *rows = sheet(body)
    return [dict(zip(head, row, strict=True)) for row in rows]


def jsonl_rows(body: bytes) -> list[dict[str, Any]]:
    # By line feeds alone: a text may hold other separators of lines.
    return [json.loads(line) for line in body.decode().split("\n") if line]


def parquet_table(body: bytes) -> Any:
    return pyarrow.parquet.read_table(io.BytesIO(body))


def parquet_rows(body: bytes) -> list[dict[str, Any]]:
    rows = parquet_table(body).to_pylist()
    for row in rows:
        row["published_at"] = row["published_at"].strftime("%Y-%m-%dT%H:%M:%SZ")
    return rows
