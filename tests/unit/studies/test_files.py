"""Study records from files: every accepted form, and one sentence for everything else."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from apps.studies.files import StudyFilesError, iter_payloads


def test_folder_gives_json_files_and_lines_in_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "NCT90000002.json").write_bytes(b'{"two": 2}\n')
    (tmp_path / "NCT90000001.json").write_bytes(b'{"one": 1}')
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"a": 1}\n\n{"a": 2}\r\n{"a": 3}'))
    (tmp_path / "notes.json").write_bytes(b"no study")
    (tmp_path / "README.md").write_bytes(b"no study")
    assert list(iter_payloads(tmp_path)) == [b'{"one": 1}', b'{"two": 2}\n', b'{"a": 1}', b'{"a": 2}', b'{"a": 3}']


@pytest.mark.parametrize("name", ["NCT90000001.json", "anything.json"])
def test_one_json_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"{}")
    assert list(iter_payloads(tmp_path / name)) == [b"{}"]


def test_one_file_of_lines_is_read_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"a": 1}\n' * 1000)[:-1])
    payloads = iter_payloads(file)
    assert next(payloads) == b'{"a": 1}'
    with pytest.raises(StudyFilesError, match="not a whole gzip file"):
        list(payloads)


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(b"{}\n") + gzip.compress(b"{}\n"))
    assert len(list(iter_payloads(tmp_path))) == 2


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StudyFilesError, match="does not exist: expected a folder of NCT"):
        list(iter_payloads(tmp_path / "nowhere"))


def test_folder_without_a_study(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_bytes(b"{}")
    with pytest.raises(StudyFilesError, match="holds no study"):
        list(iter_payloads(tmp_path))


@pytest.mark.parametrize("name", ["studies.csv", "studies.jsonl", "studies.zip"])
def test_file_of_another_kind(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(StudyFilesError, match="is no file of studies"):
        list(iter_payloads(tmp_path / name))


@pytest.mark.parametrize("content", [b"plain text", b"", b"\x1f\x8b\x08\x00broken-broken-broken"])
def test_gzip_that_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.jsonl.gz"
    file.write_bytes(content)
    if content:
        with pytest.raises(StudyFilesError, match="not a whole gzip file"):
            list(iter_payloads(file))
    else:
        assert list(iter_payloads(file)) == []


def test_folder_named_like_a_study(tmp_path: Path) -> None:
    (tmp_path / "NCT90000001.json").mkdir()
    with pytest.raises(StudyFilesError, match="cannot be read"):
        list(iter_payloads(tmp_path))
