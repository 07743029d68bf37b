"""Parquet, with what the table says of itself as key-value metadata.

The rows are laid down as JSON Lines in a temporary file; DuckDB reads that by the types of the columns and writes the
Parquet file beside it, with a bounded memory and without asking anything of the network.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from apps.exports.about import About
from apps.exports.columns import COLUMNS
from apps.exports.dictionary import columns_told
from apps.exports.formats.lines import jsonl
from apps.search.models import StudyDocument

PIECE = 256 * 1024
ROWS_A_GROUP = 5000
_TYPES: Mapping[str, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "list": "VARCHAR[]",
    "time": "TIMESTAMPTZ",
}


def parquet(about: About, batches: Iterable[Sequence[StudyDocument]]) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        rows, made = Path(folder, "rows.jsonl"), Path(folder, "made.parquet")
        with rows.open("wb") as file:
            file.writelines(jsonl(about, batches))
        _convert(rows, made, metadata(about))
        with made.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


def metadata(about: About) -> dict[str, str]:
    """What stands in the file beside the rows, as texts; `columns` is the data dictionary as JSON."""
    told = {name: value for name, value in about.told().items() if value not in (None, [])}
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}
    return texts | {"columns": json.dumps(columns_told(), ensure_ascii=False)}


def _convert(rows: Path, made: Path, texts: Mapping[str, str]) -> None:
    # Loaded here and not with the site: it takes 30 MB that only those need who make such a file.
    import duckdb

    columns = ", ".join(f"{_quoted(column.name)}: {_quoted(_TYPES[column.kind])}" for column in COLUMNS)
    told = ", ".join(f"{_quoted(name)}: {_quoted(text)}" for name, text in texts.items())
    limits: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": "256MB",
        "threads": 1,
        "temp_directory": str(made.parent),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(":memory:", config=limits) as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute(
            f"COPY (SELECT * FROM read_json({_quoted(str(rows))}, format = 'newline_delimited', "  # noqa: S608
            f"maximum_object_size = {64 * 1024 * 1024}, columns = {{{columns}}})) TO {_quoted(str(made))} "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROWS_A_GROUP}, KV_METADATA {{{told}}})"
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
