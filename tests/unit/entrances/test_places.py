from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from _entrance.console import Progress, Refusal
from _entrance.places import Places, only_one, write_private


def test_kinds_never_share_a_folder(tmp_path: Path) -> None:
    folders = {Places(kind, root=tmp_path).local for kind in ("site", "sample", "test", "bench")}
    assert len(folders) == 4


def test_a_secret_is_made_once_and_private(places: Places) -> None:
    first = places.secret("secret_key")
    assert len(first) >= 50
    assert places.secret("secret_key") == first
    assert (places.local / "secret_key").stat().st_mode & 0o777 == 0o600


def test_private_files_are_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "note"
    write_private(path, "a longer text")
    write_private(path, "short")
    assert path.read_text() == "short"
    assert list(tmp_path.iterdir()) == [path]


def test_the_second_is_refused_with_the_number_of_the_first(places: Places) -> None:
    with (
        only_one(places, "busy ({process})"),
        pytest.raises(Refusal, match=rf"busy \({os.getpid()}\)"),
        only_one(places, "busy ({process})"),
    ):
        pass


def test_the_lock_of_a_killed_process_is_free(places: Places) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[3] / 'bin')!r})\n"
        "from pathlib import Path\nfrom _entrance.places import Places, only_one\n"
        f"with only_one(Places('site', root=Path({str(places.root)!r})), ''):\n    print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Refusal), only_one(places, ""):
            pass
        other.kill()
    with only_one(places, ""):
        pass


def test_progress_is_a_line_now_and_then_without_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = Progress("Installing", 3)
    progress.step()
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(progress, "said", progress.said - Progress.EVERY)
    progress.step()
    assert capsys.readouterr().out == "Installing: 2 of 3\n"
    progress.close()
    assert capsys.readouterr().out == ""


def test_progress_is_a_bar_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("Installing", 2)
    progress.bar = True
    progress.step()
    progress.step()
    progress.step()
    progress.close()
    *_, last = capsys.readouterr().out.split("\r")
    assert last == f"Installing [{'#' * 30}] 2 of 2\n"
