"""Real entrances in copies of this checkout: no stand-ins, no registry, nothing left behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
NO_REGISTRY = "http://127.0.0.1:9/api/v2"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".local", ".*_cache", "__pycache__", "*.pyc")
OURS = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def clean_environment() -> dict[str, str]:
    """This process's, without the services and settings that bin/test gave to it."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS and not name.startswith("PYTEST_")}
    return kept | {"CTGOV_BASE_URL": NO_REGISTRY, "CTGOV_CONNECT_TIMEOUT": "1"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@dataclass
class Entrance:
    """One running bin/..., and everything that it starts."""

    process: subprocess.Popen[str]
    log: Path
    family: dict[int, psutil.Process] = field(default_factory=dict)

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def said_after(self, text: str) -> str:
        self.wait_for(text)
        return self.said

    def wait_for(self, text: str, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.said:
            if self.process.poll() is not None and text not in self.said:
                pytest.fail(f"It ended ({self.process.returncode}) without saying {text!r}:\n{self.said[-3000:]}")
            if time.monotonic() > deadline:
                pytest.fail(f"No {text!r} within {seconds} s:\n{self.said[-3000:]}")
            self.remember_family()
            time.sleep(0.1)

    def remember_family(self) -> None:
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.process.pid)
            self.family |= {child.pid: child for child in (parent, *parent.children(recursive=True))}

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(OSError, psutil.Error):
                if ready():
                    return
            time.sleep(0.2)
        pytest.fail(f"not within {seconds} s:\n{self.said[-3000:]}")

    def wait_for_child(self, word: str, other_than: psutil.Process | None = None) -> psutil.Process:
        """Its direct child with this word in the command line."""
        found: list[psutil.Process] = []

        def there() -> bool:
            found[:] = [
                child
                for child in psutil.Process(self.process.pid).children()
                if child != other_than and any(word in part for part in (child.name(), *child.cmdline()))
            ]
            return bool(found)

        self.wait_until(there)
        return found[0]

    def still_there(self) -> list[str]:
        """What of its family lives, in words."""
        found = []
        for process in self.family.values():
            with suppress(psutil.NoSuchProcess):
                if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(f"{process.pid} {' '.join(process.cmdline())}")
        return found

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Signals the one process and nothing else; the seconds until all of it had gone."""
        self.remember_family()
        begun = time.monotonic()
        self.process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=30)
        while self.still_there() and time.monotonic() - begun < 30:
            time.sleep(0.1)
        return time.monotonic() - begun

    def destroy(self) -> None:
        """After a test, passed or not: asked to end, then made to."""
        if self.process.poll() is None:
            self.stop()
        for process in self.family.values():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()


@dataclass
class Checkout:
    """A copy of this checkout; `python` runs in its .venv."""

    folder: Path
    user: str | None = None
    env: dict[str, str] = field(default_factory=clean_environment)
    running: list[Entrance] = field(default_factory=list)

    @property
    def local(self) -> Path:
        return self.folder / ".local"

    def argv(self, *command: str) -> list[str]:
        drop = ["setpriv", f"--reuid={self.user}", "--regid=nogroup", "--clear-groups"] if self.user else []
        return [*drop, *command]

    def start(self, name: str, *arguments: str, **env: str) -> Entrance:
        log = self.folder.parent / f"{name}-{len(self.running)}.log"
        with open(log, "w") as output:
            process = subprocess.Popen(
                self.argv(str(self.folder / "bin" / name), *arguments),
                cwd="/",
                env=self.env | env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        entrance = Entrance(process, log)
        self.running.append(entrance)
        return entrance

    def run(self, name: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        command = self.argv(str(self.folder / "bin" / name), *arguments)
        return subprocess.run(
            command, cwd="/", env=self.env | env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        python = str(self.folder / ".venv" / "bin" / "python")
        command = self.argv(python, str(self.folder / "manage.py"), *arguments)
        return subprocess.run(command, cwd="/", env=self.env, capture_output=True, text=True, check=False)

    def up(self, *arguments: str, port: int | None = None, **env: str) -> tuple[Entrance, str]:
        """bin/up once the site answers, and the site's address."""
        port = port or free_port()
        entrance = self.start("up", *arguments, PORT=str(port), **env)
        entrance.wait_for("The site is at")
        return entrance, f"http://localhost:{port}"

    def destroy(self) -> None:
        for entrance in self.running:
            entrance.destroy()


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def copy_checkout(folder: Path, *, venv: bool = True) -> Checkout:
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    if venv:
        # Its programs and stamps are copied; the 600 MB below lib/ need not be, to be read.
        shutil.copytree(ROOT / ".venv", folder / ".venv", symlinks=True, ignore=shutil.ignore_patterns("lib", "lib64"))
        (folder / ".venv" / "lib").symlink_to((ROOT / ".venv" / "lib").resolve())
    return Checkout(folder)


def python_for_everyone() -> str | None:
    """A tested Python that an ordinary user can run."""
    for minor in (13, 12, 11):
        for folder in ("/usr/bin", "/usr/local/bin"):
            if (found := Path(folder) / f"python3.{minor}").exists():
                return str(found)
    return None


def surroundings(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode and owner of a folder and of those above it."""
    return {path: (path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in (folder, *folder.parents)}
