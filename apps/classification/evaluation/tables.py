"""Hand-made csv files, read strictly: what is wrong with one is said with its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator
from pathlib import Path

_ID = re.compile(r"NCT[0-9]{8}")


class GoldError(Exception):
    """The file cannot be read as what it should be; the message is a sentence with the line and the cure."""


def rows_of(path: Path, columns: Collection[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, values by column) of each row, blanks around values taken off; other columns may stand beside these.

    `line` is the last one of the row. Raises GoldError for a file that cannot be read, is not UTF-8, lacks a column or
    has a row that is longer or shorter than the head. A row of nothing, as spreadsheets leave them, is none.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            head = reader.fieldnames or ()
            missing = [column for column in columns if column not in head]
            if missing:
                raise GoldError(f"{path} lacks {_listed(missing)}; its first line must name {_listed(columns)}.")
            for row in reader:
                if not any(row.values()):
                    continue
                if None in row or None in row.values():
                    raise GoldError(f"{path}, line {reader.line_num}: not as many values as the first line names.")
                yield reader.line_num, {name: value.strip() for name, value in row.items()}
    except OSError as error:
        raise GoldError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise GoldError(f"{path} is not UTF-8 text: save it as csv in UTF-8.") from None
    except csv.Error as error:
        raise GoldError(f"{path}, line {reader.line_num + 1}: {error}.") from None


def id_in(row: dict[str, str], where: str) -> str:
    """The row's nct_id in upper case; GoldError for what is none. `where` names file and line."""
    nct_id = row["nct_id"].upper()
    if not _ID.fullmatch(nct_id):
        raise GoldError(f"{where}: {row['nct_id']!r} is no id such as NCT01234567.")
    return nct_id


def _listed(names: Collection[str]) -> str:
    return ", ".join(names)
