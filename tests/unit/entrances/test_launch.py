"""Which Python the entrances take, and what they say when there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

UP = Path(settings.BASE_DIR) / "bin" / "up"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH with the few programs that the launcher needs."""
    for name in ("sh", "readlink", "dirname", "uname"):
        found = subprocess.run(
            ["/bin/sh", "-c", f"command -v {name}"], capture_output=True, text=True, check=True
        ).stdout.strip()
        (tmp_path / name).symlink_to(Path(found).resolve())
    return tmp_path


def pretend(path: Path, name: str, version: tuple[int, int]) -> None:
    """A Python that believes to be of this version and shows which name it was called by."""
    program = path / name
    program.write_text(
        "#!/bin/sh\n"
        f'case "$2" in *version_info*) exec {sys.executable} -c "import sys; sys.version_info = {version}; $2";; esac\n'
        f'echo "{name} runs $2"\n'
    )
    program.chmod(0o755)


def launch(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([UP], env={"PATH": str(path)}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_a_supported_python_is_taken(path: Path, version: tuple[int, int]) -> None:
    pretend(path, "python3", version)
    assert launch(path).stdout == "python3 runs up\n"


def test_another_on_the_path_is_found_when_the_first_is_too_old(path: Path) -> None:
    pretend(path, "python3", (3, 9))
    pretend(path, "python3.12", (3, 12))
    assert launch(path).stdout == "python3.12 runs up\n"


def test_a_tested_one_is_preferred_to_a_newer_one(path: Path) -> None:
    pretend(path, "python3", (3, 15))
    pretend(path, "python3.11", (3, 11))
    assert launch(path).stdout == "python3.11 runs up\n"


def test_a_newer_one_is_taken_when_there_is_no_other(path: Path) -> None:
    pretend(path, "python3", (3, 15))
    assert launch(path).stdout == "python3 runs up\n"


@pytest.mark.parametrize(("version", "found"), [((3, 9), "Python 3.9"), (None, "no Python 3")])
def test_without_one_the_cure_is_said_in_a_sentence(path: Path, version: tuple[int, int] | None, found: str) -> None:
    if version:
        pretend(path, "python3", version)
    run = launch(path)
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.startswith(f"bin/up needs Python 3.11, 3.12 or 3.13 and found {found}: install one (")
    assert run.stderr.count("\n") == 1


def test_windows_is_told_where_it_runs(path: Path) -> None:
    (path / "uname").unlink()
    (path / "uname").write_text("#!/bin/sh\necho MINGW64_NT-10.0\n")
    (path / "uname").chmod(0o755)
    run = launch(path)
    assert run.returncode == 1
    assert "WSL" in run.stderr
    assert run.stderr.count("\n") == 1
