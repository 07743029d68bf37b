"""Study records kept in files: a folder of `NCT*.json` and `*.jsonl.gz`, or one such file."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

_FORMS = "a folder of NCT*.json or *.jsonl.gz, or one such file"


class StudyFilesError(Exception):
    """The path cannot be read as study records; the message is a sentence with the cure."""


def iter_payloads(path: Path) -> Iterator[bytes]:
    """The raw JSON of each study under `path`, in the order of file names and lines; StudyFilesError when none is.

    One record stands in memory at a time. Nothing is decoded: a record that is no JSON is the parser's business.
    """
    path = Path(path)
    try:
        files = _files(path)
        for file in files:
            yield from _lines(file) if file.name.endswith(".gz") else (file.read_bytes(),)
    except (gzip.BadGzipFile, zlib.error, EOFError):
        raise StudyFilesError(f"{file} is not a whole gzip file: copy it again.") from None
    except OSError as error:
        raise StudyFilesError(f"{error.filename or path} cannot be read: {error.strerror or error}.") from None


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted([*path.glob("NCT*.json"), *path.glob("*.jsonl.gz")], key=lambda file: file.name)
        if not files:
            raise StudyFilesError(f"{path} holds no study: expected {_FORMS}.")
        return files
    if not path.exists():
        raise StudyFilesError(f"{path} does not exist: expected {_FORMS}.")
    if not path.name.endswith((".json", ".jsonl.gz")):
        raise StudyFilesError(f"{path} is no file of studies: expected {_FORMS}.")
    return [path]


def _lines(file: Path) -> Iterator[bytes]:
    with gzip.open(file) as lines:
        for line in lines:
            if line.strip():
                yield line.rstrip(b"\r\n")
