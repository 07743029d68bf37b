"""XLSX: the table on one sheet, what it says of itself on a second, the data dictionary on a third.

The rows go to a temporary file as they come, and the finished workbook is sent from another.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import IO, Any

from django.utils.translation import gettext
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from apps.exports.about import About
from apps.exports.cells import flat
from apps.exports.columns import COLUMNS, NAMES, row_of
from apps.exports.dictionary import columns_told, rules
from apps.search.models import StudyDocument

# What a web server process makes in about ten seconds (it is ended after thirty); Excel itself has 1,048,576 rows.
MOST_ROWS = 20_000
# Excel counts in UTF-16 units.
MOST_UNITS = 32_767
PIECE = 256 * 1024
# What XML cannot hold. Tab, line feed and carriage return it can.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_WIDTHS = {"text": 18, "list": 24, "integer": 11, "boolean": 11, "time": 20}
_WIDE = {"title": 60, "reasons": 40, "nct_id": 13}


def xlsx(about: About, batches: Iterable[Sequence[StudyDocument]]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        _write(file, about, batches)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _write(file: IO[bytes], about: About, batches: Iterable[Sequence[StudyDocument]]) -> None:
    changed: Counter[str] = Counter()
    with Workbook(file, {"constant_memory": True}) as book:
        # A second workbook of the same data is the same but for the time that it tells on its second sheet.
        book.set_properties({"title": about.words, "comments": about.citation, "created": about.edition.made_at})
        bold = book.add_format({"bold": True})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        _trials(book.add_worksheet("Trials"), batches, bold, changed)
        _about(book.add_worksheet("About"), about, bold, wrapped, changed)
        _dictionary(book.add_worksheet("Columns"), bold, wrapped)


def _trials(sheet: Worksheet, batches: Iterable[Sequence[StudyDocument]], bold: Format, changed: Counter[str]) -> None:
    for place, column in enumerate(COLUMNS):
        sheet.set_column(place, place, _WIDE.get(column.name, _WIDTHS[column.kind]))
    sheet.freeze_panes(1, 1)
    for place, name in enumerate(NAMES):
        sheet.write_string(0, place, name, bold)
    last = 0
    for document in chain.from_iterable(batches):
        last += 1
        for place, value in enumerate(row_of(document)):
            _cell(sheet, last, place, flat(value), changed)
    sheet.autofilter(0, 0, last, len(NAMES) - 1)


def _cell(sheet: Worksheet, row: int, place: int, value: str | int | bool | None, changed: Counter[str]) -> None:
    """Each kind of value by its own method: no text is ever taken for a formula, a number or a link."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, int):
        sheet.write_number(row, place, value)
    else:
        sheet.write_string(row, place, _fitting(value, changed))


def _fitting(text: str, changed: Counter[str]) -> str:
    """The text as a cell can hold it; counts what had to be left out."""
    if _CONTROLS.search(text):
        changed["controls"] += 1
        text = _CONTROLS.sub("", text)
    if len(text) > MOST_UNITS // 2 and (units := _units(text)) > MOST_UNITS:
        changed["cut"] += 1
        mark = gettext(" … [cut for Excel]")
        while units > MOST_UNITS - len(mark):
            # Each letter is one unit or two: so many can go at least.
            text = text[: -max(1, (units - MOST_UNITS + len(mark)) // 2)]
            units = _units(text)
        text += mark
    return text


def _units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def _about(sheet: Worksheet, about: About, bold: Format, wrapped: Format, changed: Counter[str]) -> None:
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 110)
    told: list[tuple[str, Any]] = list(about.told().items())
    told += [("cells_cut", changed["cut"]), ("cells_without_control_characters", changed["controls"])]
    told += [("rules", rule) for rule in rules()]
    row = 0
    for name, value in told:
        for item in value if isinstance(value, list) else [value]:
            sheet.write_string(row, 0, name, bold)
            if isinstance(item, int):
                sheet.write_number(row, 1, item, wrapped)
            elif item is not None:
                sheet.write_string(row, 1, _CONTROLS.sub("", item)[: MOST_UNITS // 2], wrapped)
            row += 1


def _dictionary(sheet: Worksheet, bold: Format, wrapped: Format) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 10)
    sheet.set_column(2, 4, 60)
    for place, head in enumerate(("name", "type", "description", "read_from", "values")):
        sheet.write_string(0, place, head, bold)
    for row, told in enumerate(columns_told(), 1):
        values = "; ".join(f"{word}: {name}" for word, name in told["values"].items())
        for place, text in enumerate((told["name"], told["type"], told["description"], told["read_from"], values)):
            sheet.write_string(row, place, text, wrapped)
