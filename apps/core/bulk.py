"""Many rows in one statement. They travel as one JSON text: several times cheaper than building long VALUES lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Model


def write_rows(model: type[Model], rows: Sequence[Mapping[str, Any]], *, replace_on: str = "") -> None:
    """Insert `rows`, mappings from column to a value that JSON can hold, all with the same columns.

    With `replace_on`, the name of a unique column, a row that stands already takes the new values. Raises
    django.db.DatabaseError as any insert does, and TypeError for a value that JSON cannot hold.
    """
    if rows:
        statement = _statement(model, tuple(rows[0]), replace_on)
        with connection.cursor() as cursor:
            cursor.execute(statement, [msgspec.json.encode(rows).decode()])


@cache
def _statement(model: type[Model], columns: tuple[str, ...], replace_on: str) -> str:
    """Names and types come from the model, never from outside."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    shape = ", ".join(f"{column} {fields[column].rel_db_type(connection)}" for column in columns)
    listed = ", ".join(columns)
    statement = (
        f"INSERT INTO {model._meta.db_table} ({listed}) SELECT {listed} FROM json_to_recordset(%s::json) AS r ({shape})"  # noqa: S608
    )
    if replace_on:
        replaced = ", ".join(f"{column} = excluded.{column}" for column in columns if column != replace_on)
        statement += f" ON CONFLICT ({replace_on}) DO UPDATE SET {replaced}"
    return statement
