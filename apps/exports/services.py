"""Building the monthly snapshot: the whole data set as files, with checksums and a manifest."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.db import Error, connection
from django.utils import timezone
from django.utils.translation import gettext

from apps.exports.about import About
from apps.exports.columns import COLUMNS, Value, row_of
from apps.exports.dictionary import columns_told, rules, types_told
from apps.exports.formats.lines import csv
from apps.exports.formats.parquet import metadata, parquet
from apps.exports.selectors import AskOrigin, whole_list
from apps.exports.snapshots import (
    CHECKSUMS,
    MANIFEST,
    MANIFEST_VERSION,
    MEDIA_TYPES,
    MONTH,
    Snapshot,
    SnapshotFile,
    file_name,
    snapshot,
    storage,
)
from apps.search.query import StudyQuery
from apps.search.selectors import Results, stream_documents

log = logging.getLogger(__name__)

# Any fixed number will do; it names the building among the database's advisory locks.
_LOCK = 7_213_002
# Every record that has been looked at, whatever its scope: the column `scope` tells them apart.
EVERYTHING = StudyQuery(scope=("all",), sort="nct_id")
_PIECE = 1024 * 1024
_SQLITE_TYPES: Mapping[str, str] = {
    "text": "TEXT",
    "integer": "INTEGER",
    "boolean": "INTEGER",
    "list": "TEXT",
    "time": "TEXT",
}


class NotBuilt(Exception):
    """A snapshot that cannot be built. Its text is a sentence that says why."""


def build_snapshot(*, origin: AskOrigin, month: str | None = None) -> tuple[Snapshot, bool] | None:
    """The snapshot of the current month, and whether this call has built it; None while another process builds.

    Once built it stays as it is: a second call changes nothing. `month` (YYYY-MM, by default the current one in UTC)
    may name an earlier one that was built; NotBuilt where it was not, since only the present can be written down.
    """
    current = timezone.now().strftime("%Y-%m")
    month = month or current
    if not MONTH.fullmatch(month):
        raise NotBuilt(gettext("“%(month)s” is no month: write it as 2026-03.") % {"month": month})
    with _alone() as alone:
        if not alone:
            return None
        if standing := snapshot(month):
            return standing, False
        if month != current:
            message = gettext(
                "There is no snapshot of %(month)s, and none can be built any more: a snapshot is of what is published "
                "now, and now is %(current)s."
            )
            raise NotBuilt(message % {"month": month, "current": current})
        with tempfile.TemporaryDirectory(prefix="snapshot-") as folder:
            told = _write(Path(folder), month, origin)
            _publish(Path(folder), month, told)
    built = snapshot(month)
    if built is None:
        raise NotBuilt(gettext("The snapshot of %(month)s was written but cannot be read back.") % {"month": month})
    log.info("Built the snapshot of %s: %d rows.", month, built.told["rows"])
    return built, True


@contextmanager
def _alone() -> Iterator[bool]:
    """True when this process alone may build. The lock dies with its connection, so with its holder."""
    dedicated = connection.copy()
    try:
        with dedicated.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
            alone = cursor.fetchone()[0]
            try:
                yield alone
            finally:
                # Said aloud, because the server notices a closed connection a little later than the next caller asks.
                with suppress(Error):
                    if alone:
                        cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    finally:
        dedicated.close()


def _write(folder: Path, month: str, origin: AskOrigin) -> dict[str, Any]:
    """Every file into a folder of this machine, from one state of the database; returns the manifest."""
    with whole_list(EVERYTHING, origin=origin) as listed:
        if not listed.about.rows:
            raise NotBuilt(gettext("Nothing is published yet, so there is nothing to write down."))
        words = gettext("snapshot of %(month)s, %(words)s") % {"month": month, "words": listed.about.words}
        about = replace(listed.about, words=words)
        # Each reads the same rows again: all of them see the state in which the first statement found the database.
        for form, write in (("csv", csv), ("parquet", parquet)):
            with (folder / file_name(month, form)).open("wb") as file:
                file.writelines(write(about, stream_documents(listed.results)))
        _sqlite(folder / file_name(month, "sqlite"), about, listed.results)
    files = [_described(folder / file_name(month, form), form) for form in MEDIA_TYPES]
    return {
        "manifest_version": MANIFEST_VERSION,
        "month": month,
        **about.told(),
        "files": [asdict(file) for file in files],
        "columns": columns_told(),
        "types": dict(types_told()),
        "rules": rules(),
    }


def _described(path: Path, form: str) -> SnapshotFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return SnapshotFile(path.name, form, MEDIA_TYPES[form], path.stat().st_size, digest)


def _sqlite(path: Path, about: About, results: Results) -> None:
    """The table `studies`, with lists as JSON arrays; `about` and `columns` say what it is."""
    definitions = ", ".join(f'"{column.name}" {_SQLITE_TYPES[column.kind]}' for column in COLUMNS)
    marks = ", ".join("?" for _ in COLUMNS)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE studies ({definitions}, PRIMARY KEY (nct_id)) WITHOUT ROWID")
        for batch in stream_documents(results):
            rows = ([_sqlite_value(value) for value in row_of(document)] for document in batch)
            database.executemany(f"INSERT INTO studies VALUES ({marks})", rows)  # noqa: S608
        database.execute("CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT)")
        database.executemany("INSERT INTO about VALUES (?, ?)", metadata(about).items())
        database.execute('CREATE TABLE columns (name TEXT PRIMARY KEY, type, description, read_from, "values")')
        database.executemany(
            "INSERT INTO columns VALUES (?, ?, ?, ?, ?)",
            ([_sqlite_value(value) for value in told.values()] for told in columns_told()),
        )


def _sqlite_value(value: Value | dict[str, str]) -> str | int | None:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _publish(folder: Path, month: str, told: dict[str, Any]) -> None:
    """Into storage, the manifest last. What a build that was cut short left there goes first."""
    place = storage()
    with suppress(FileNotFoundError):
        for name in place.listdir(month)[1]:
            place.delete(f"{month}/{name}")
    for file in told["files"]:
        with (folder / file["name"]).open("rb") as content:
            _save(f"{month}/{file['name']}", File(content), file["bytes"])
    sums = "".join(f"{file['sha256']}  {file['name']}\n" for file in told["files"]).encode()
    _save(f"{month}/{CHECKSUMS}", ContentFile(sums), len(sums))
    text = json.dumps(told, ensure_ascii=False, indent=1).encode()
    _save(f"{month}/{MANIFEST}", ContentFile(text), len(text))


def _save(name: str, content: File, size: int) -> None:
    """NotBuilt where storage gave the file another name, or holds less of it."""
    saved = storage().save(name, content)
    if saved != name or storage().size(name) != size:
        raise NotBuilt(gettext("%(name)s could not be stored whole.") % {"name": name})
