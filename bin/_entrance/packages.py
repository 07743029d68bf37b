"""The virtual environment and what is installed in it, from wheels alone."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from _entrance.console import Progress, Refusal, say
from _entrance.places import ROOT, VENV, VENV_PYTHON
from _entrance.processes import Recipe, Supervisor

OLDEST, UNTRIED = (3, 11), (3, 14)


def prepare(supervisor: Supervisor, *requirements: str) -> None:
    """Makes `.venv` hold the packages of these files; does nothing when it does already."""
    with _alone(supervisor):
        if not _usable():
            _make(supervisor)
        for name in requirements:
            _install(supervisor, ROOT / name)


def environment() -> dict[str, str]:
    """Ours, less what would lead .venv's Python to other packages."""
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONHOME", "PYTHONPATH", "PYTHON"}}
    return kept | {"PYTHONUNBUFFERED": "1", "VIRTUAL_ENV": str(VENV)}


@contextmanager
def _alone(supervisor: Supervisor) -> Iterator[None]:
    """One set-up of .venv at a time: bin/test may be started beside bin/up."""
    said = False
    with open(ROOT / ".local" / "setup.lock", "a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not said:
                    say("Waiting for another set-up in this checkout to end.")
                said = True
                supervisor.pump()
        yield


def _usable() -> bool:
    """True when .venv has a Python that runs, is new enough and has pip."""
    try:
        answer = subprocess.run(
            [VENV_PYTHON, "-c", "import pip, sys; print(*sys.version_info[:2])"],
            capture_output=True, text=True, check=True, env=environment(), timeout=60,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    return tuple(map(int, answer.stdout.split())) >= OLDEST


def _make(supervisor: Supervisor) -> None:
    version = "{}.{}".format(*sys.version_info)
    if sys.version_info >= UNTRIED:
        say(f"Python {version} is newer than those this is tested with (3.11 to 3.13); trying it.")
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise Refusal(
            f"Python's {missing[0]} module is missing: install it (Debian, Ubuntu: apt install python{version}-venv; "
            f"Fedora: dnf install python3-pip) and run this again."
        )
    say(f"Making .venv with Python {version}.")
    # The base Python, not that of an active environment, which may be the very .venv that is made anew.
    python = getattr(sys, "_base_executable", None) or sys.executable
    lines: list[str] = []
    recipe = Recipe("venv", [python, "-m", "venv", "--clear", str(VENV)], environment(), ROOT, on_line=lines.append)
    if supervisor.run(recipe) != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        said = next((line for line in reversed(lines) if line.strip()), "no reason given")
        raise Refusal(
            f"The virtual environment {VENV} could not be made ({said}): make room or rights there, and run this again."
        )


def _install(supervisor: Supervisor, requirements: Path) -> None:
    stamp = VENV / f".{requirements.name}.installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    pins = re.findall(r"^[A-Za-z0-9][^\s=]*==", requirements.read_text(), re.MULTILINE)
    progress = Progress(f"Installing the packages of {requirements.name}", len(pins))
    faults: list[str] = []

    def on_line(line: str) -> None:
        if line.startswith(("Collecting ", "Requirement already satisfied", "Ignoring ")):
            progress.step()
        elif line.startswith("ERROR:"):
            faults.append(line.removeprefix("ERROR:").strip())

    say(f"Installing the packages of {requirements.name} (only when it has changed; a minute or so).")
    argv = [
        *(
            str(VENV_PYTHON),
            "-m",
            "pip",
            "install",
            "--only-binary",
            ":all:",
            "--no-input",
            "--disable-pip-version-check",
        ),
        *("--retries", "2", "--progress-bar", "off", "-r", str(requirements)),
    ]
    code = supervisor.run(Recipe("pip", argv, environment(), ROOT, on_line=on_line))
    progress.close()
    if code != 0:
        reason = faults[-1] if faults else f"pip ended with exit code {code}"
        raise Refusal(
            f"The packages could not be installed ({reason}): check the network and run it again; there is a wheel "
            f"for each on Python 3.11 to 3.13 on Linux and macOS."
        )
    stamp.write_text(wanted)
