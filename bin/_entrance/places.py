"""Where things lie. Each kind of run (site, sample, test, bench) has a folder of its own, so they never meet."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from _entrance.console import Refusal

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"


@dataclass(frozen=True)
class Places:
    kind: str  # site, sample, test or bench
    root: Path = ROOT

    @property
    def local(self) -> Path:
        return self.root / ".local" if self.kind == "site" else self.root / ".local" / self.kind

    @property
    def run(self) -> Path:
        """What means something only while the entrance runs."""
        return self.local / "run"

    @property
    def static(self) -> Path:
        return self.local / "static"

    @property
    def snapshots(self) -> Path:
        return self.local / "snapshots"

    @property
    def services(self) -> Path:
        return self.run / "services.json"

    @property
    def elsewhere(self) -> Path:
        """For the database of root's checkout, where its unprivileged user cannot reach the checkout."""
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path("/var/tmp") / f"trialtracker-{name}"  # noqa: S108 - made and checked in postgres.py

    def make(self) -> None:
        for folder in (self.root / ".local", self.local, self.run):
            folder.mkdir(exist_ok=True)
            if folder.stat().st_uid == os.geteuid():
                folder.chmod(0o755)  # the database may run as another user below it; what is secret is 0600 by itself

    def secret(self, name: str) -> str:
        """A secret made once and kept."""
        path = self.local / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(50))
        return path.read_text()


def write_private(path: Path, text: str) -> None:
    """Writes it whole or not at all, readable by its owner alone."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


@contextmanager
def only_one(places: Places, busy: str) -> Iterator[None]:
    """Holds the lock of this kind of run, or refuses with `busy`. The lock dies with the process, however that ends."""
    path = places.run / "lock"
    with open(path, "a+") as file:
        # manage.py looks at the lock for a moment to learn whether we run: hence a few tries.
        for attempt in range(5):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == 4:
                    file.seek(0)
                    raise Refusal(busy.format(process=file.read().strip() or "unknown")) from None
                time.sleep(0.1)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
