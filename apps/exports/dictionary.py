"""The data dictionary, made from the columns themselves."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from apps.exports.columns import COLUMNS


def columns_told() -> list[dict[str, Any]]:
    """Every column as plain data: name, type, description, where it is read from, and the values of a closed list."""
    return [
        {
            "name": column.name,
            "type": column.kind,
            "description": " ".join(str(column.description).split()),
            "read_from": str(column.origin),
            "values": {word: str(name) for word, name in column.values.items()},
        }
        for column in COLUMNS
    ]


def types_told() -> list[tuple[str, str]]:
    """Each type of column, and how it is written in each format."""
    return [
        ("text", gettext("A text. Where there is none: an empty cell, or null.")),
        ("integer", gettext("A whole number, in every format. Where there is none: an empty cell, or null.")),
        ("boolean", gettext("true or false in CSV and JSON Lines, Excel's own TRUE or FALSE, 1 or 0 in SQLite.")),
        (
            "list",
            gettext(
                "Several texts in the record's order, or none. CSV and Excel: separated by |. JSON Lines and Parquet: "
                "a list. SQLite: a JSON array."
            ),
        ),
        ("time", gettext("A moment in UTC as 2026-03-01T09:30:00Z; in Parquet a time stamp with its zone.")),
    ]


def rules() -> list[str]:
    """How the cells are to be read, in sentences."""
    return [
        gettext(
            "Several values in a cell are separated by |. Within a value, | is written \\| and \\ is written \\\\."
        ),
        gettext(
            "In CSV and Excel a text that begins with =, +, - or @ (their full-width forms too), a tab or a line break "
            "has an apostrophe before it, so that no spreadsheet takes it for a formula; so has one that begins with "
            "apostrophes and then one of these. Take one apostrophe away to have the value. Numbers stay numbers."
        ),
        gettext("An empty cell is a value that the record does not state or, of what our rules read, did not find."),
        gettext(
            "Excel holds 32,767 characters in a cell and no control characters: a longer text is cut and ends with "
            "“… [cut for Excel]”, control characters are left out. CSV, JSON Lines and Parquet have the whole text."
        ),
    ]
