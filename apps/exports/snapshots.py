"""The monthly snapshot as it lies in storage: its names, its manifest, what of it is public.

A snapshot is a folder named by its month. Its manifest is written last, so a folder without a whole manifest is one
that is being built, or was left behind, and nobody is shown anything of it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.files.storage import Storage, storages

from apps.exports.about import NAME

# The meaning of the manifest's keys. A key may come; none changes its meaning under the same number.
MANIFEST_VERSION = 1
MANIFEST, CHECKSUMS = "manifest.json", "SHA256SUMS"
MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])", re.ASCII)

# By format: the file's ending and its media type.
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
    "sqlite": "application/vnd.sqlite3",
}


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """One file of a snapshot. `sha256` is that of its bytes, in hex."""

    name: str
    format: str
    media_type: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A published snapshot; `told` is its manifest."""

    month: str
    told: dict[str, Any]

    @property
    def files(self) -> list[SnapshotFile]:
        return [SnapshotFile(**item) for item in self.told["files"]]

    def file(self, name: str) -> SnapshotFile | None:
        return next((item for item in self.files if item.name == name), None)


def storage() -> Storage:
    """Where snapshots lie: the storage `snapshots` of the settings."""
    return storages["snapshots"]


def file_name(month: str, form: str) -> str:
    return f"{NAME}-{month}.{form}"


def published() -> list[Snapshot]:
    """Every whole snapshot, newest first."""
    try:
        months, _files = storage().listdir("")
    except FileNotFoundError:
        return []
    found = (snapshot(month) for month in sorted(months, reverse=True))
    return [item for item in found if item]


def snapshot(month: str) -> Snapshot | None:
    """The published snapshot of a month (YYYY-MM); None where there is none, or none yet."""
    if not MONTH.fullmatch(month):
        return None
    try:
        with storage().open(f"{month}/{MANIFEST}") as file:
            return _read(month, file.read())
    except FileNotFoundError:
        return None


@lru_cache(maxsize=256)
def _read(month: str, text: bytes) -> Snapshot | None:
    """The manifest is believed when it is whole: one that was cut off in the writing is none."""
    try:
        told = json.loads(text)
        whole = told["month"] == month and told["manifest_version"] >= 1 and bool(Snapshot(month, told).files)
    except (ValueError, TypeError, KeyError):
        return None
    return Snapshot(month, told) if whole else None
