"""A value as one cell of a flat table (CSV, XLSX): the rules that the data dictionary states.

Whoever reads such a table by program gets the value back by `split` and by taking one leading apostrophe away.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from apps.exports.columns import Value

SEPARATOR = "|"
ESCAPE = "\\"

# A spreadsheet may take such a text for a formula. Apostrophes before it count, so that one can be taken away again.
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
_FORMULA = re.compile(rf"'*[{re.escape(FORMULA_STARTS)}]")
_SPECIAL = re.compile(r"[|\\]")
_PARTS = re.compile(r"((?:[^|\\]|\\.)*)(?:\||$)", re.DOTALL)


def join(items: Iterable[str]) -> str:
    """A list in one text: "a|b". Within an item, | is written \\| and \\ is written \\\\."""
    return SEPARATOR.join(_SPECIAL.sub(r"\\\g<0>", item) for item in items)


def split(text: str) -> list[str]:
    """The list that `join` was given; no item of it may have been empty."""
    return [re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in _PARTS.findall(text) if part]


def harmless(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet could take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def flat(value: Value) -> str | int | bool | None:
    """The value as one cell: lists joined, texts made harmless, numbers and truths as they are; None for nothing."""
    if isinstance(value, list):
        value = join(value)
    if isinstance(value, str):
        return harmless(value) if value else None
    return value


def csv_lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Rows of cells as lines of CSV (RFC 4180) in UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
