"""Decisions as a spreadsheet: written out, and read back as what a curator wishes. Pure: no database, no clock."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from apps.curation.batches import Wish
from apps.curation.decisions import TEXTS
from apps.curation.models import StudyOverride
from apps.exports.cells import FORMULA_STARTS, csv_lines, harmless, join, split

# `do` is empty, "decide" or "clear": take the decision back. What stands after `source` but for `version` and `do` is
# for people: it is not read.
COLUMNS = ("nct_id", "field", "values", "reason", "source", "by", "at", "standing", "said_now", "version", "do")
_NEEDED = ("nct_id", "field", "values", "reason")
MOST_BYTES = 8_000_000
MOST_ROWS = 20_000
# Excel takes a file for UTF-8 by this mark alone.
_MARK = "\ufeff"
_MADE_HARMLESS = re.compile(rf"'+[{re.escape(FORMULA_STARTS)}]")
_VERSION = re.compile(r"[0-9]{1,18}")
_DO = {"": "decide", "decide": "decide", "clear": "clear"}


class Unreadable(ValueError):
    """A file that is no spreadsheet of decisions. Its text says what is wrong and what to do."""


def written(overrides: Iterable[StudyOverride]) -> Iterator[bytes]:
    """The file, piece by piece: RFC 4180 in UTF-8 with a mark at the beginning, no cell a formula."""
    yield _MARK.encode() + csv_lines([COLUMNS])
    for item in overrides:
        yield csv_lines([_row(item)])


def _row(item: StudyOverride) -> tuple[str, ...]:
    return (
        item.nct_id,
        item.field,
        _cell(item.field, item.values),
        harmless(item.reason),
        harmless(item.source),
        harmless(item.by),
        item.at.isoformat(timespec="seconds"),
        item.standing,
        _cell(item.field, item.said_now),
        str(item.version),
        "",
    )


def _cell(field: str, values: Iterable[str]) -> str:
    """A text as it is, other values joined."""
    return harmless("\n".join(values) if field in TEXTS else join(values))


def read(content: bytes) -> list[Wish]:
    """What each row wishes; a row that cannot be meant says so in `wrong`. Unreadable where the file is none.

    Commas, or semicolons as Excel writes them where the comma is for decimals. Rows are numbered as a spreadsheet does,
    the head being 1; empty ones are passed over.
    """
    text = _decoded(content)
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in head and "," not in head else ",")
    wishes: list[Wish] = []
    try:
        columns = _columns(next(reader, []))
        for number, cells in enumerate(reader, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(wishes) == MOST_ROWS:
                raise Unreadable(_("The file has more than %(most)d rows. Send it in parts.") % {"most": MOST_ROWS})
            wishes.append(_wish(number, columns, cells))
    except csv.Error as error:
        told = {"row": reader.line_num, "error": error}
        raise Unreadable(_("This is no CSV file that can be read: line %(row)d, %(error)s.") % told) from None
    if not wishes:
        raise Unreadable(_("The file has no row beneath its head."))
    return wishes


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        told = {"most": MOST_BYTES // 1_000_000}
        raise Unreadable(_("The file is larger than %(most)d megabytes. Send it in parts.") % told)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Unreadable(_("This is a workbook. In your spreadsheet program, save the sheet as “CSV UTF-8”."))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(_("The file is in UTF-16. In your spreadsheet program, save it as “CSV UTF-8”."))
    if b"\x00" in content:
        raise Unreadable(_("This is no text. Send the file that you took from here, saved as “CSV UTF-8”."))
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        told = {"line": content.count(b"\n", 0, error.start) + 1}
        raise Unreadable(
            _("Line %(line)d is not in UTF-8, so letters would be lost. Save the file as “CSV UTF-8”.") % told
        ) from None
    return text.removeprefix(_MARK)


def _columns(head: list[str]) -> list[str]:
    columns = [name.strip().lower() for name in head]
    while columns and not columns[-1]:
        columns.pop()
    told = {"columns": ", ".join(COLUMNS)}
    if missing := [name for name in _NEEDED if name not in columns]:
        told["missing"] = ", ".join(missing)
        raise Unreadable(_("The first row lacks %(missing)s. The columns are: %(columns)s.") % told)
    if strange := [name or "–" for name in columns if name not in COLUMNS]:
        told["strange"] = ", ".join(name[:40] for name in strange[:5])
        raise Unreadable(
            _("The first row has columns that mean nothing here: %(strange)s. There are: %(columns)s.") % told
        )
    if len(set(columns)) < len(columns):
        raise Unreadable(_("A column stands twice in the first row."))
    return columns


def _wish(number: int, columns: list[str], cells: list[str]) -> Wish:
    row = dict(zip(columns, cells, strict=False))
    nct_id, field = row.get("nct_id", "").strip().upper(), row.get("field", "").strip()
    version, do = row.get("version", "").strip() or "0", row.get("do", "").strip().lower()
    wrong = ""
    if any(cell.strip() for cell in cells[len(columns) :]):
        wrong = _("This row has more cells than the first row has columns.")
    elif len(cells) < len(columns) and any(name not in row for name in _NEEDED):
        wrong = _("This row breaks off: it has fewer cells than the first row has columns.")
    elif not _VERSION.fullmatch(version):
        wrong = _("The version must be the number that the export gave, or nothing for a new decision.")
    elif do not in _DO:
        wrong = _("“do” must be empty, decide or clear.")
    return Wish(
        row=number,
        nct_id=nct_id,
        field=field,
        values=_values(field, as_meant(row.get("values", ""))),
        reason=as_meant(row.get("reason", "")),
        source=as_meant(row.get("source", "")),
        version=0 if wrong else int(version),
        do=_DO.get(do, "decide"),
        wrong=wrong,
    )


def _values(field: str, cell: str) -> tuple[str, ...]:
    return (cell,) if field in TEXTS else tuple(split(cell))


def as_meant(cell: str) -> str:
    """A cell without the apostrophe that `harmless` put before it."""
    return cell[1:] if _MADE_HARMLESS.match(cell) else cell
