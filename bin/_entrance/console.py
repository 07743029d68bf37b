"""What the entrances say to the person in front of them."""

from __future__ import annotations

import sys
import time
from contextlib import suppress


class Refusal(Exception):
    """The entrance cannot go on; its text is one sentence with the cure."""


def say(text: str = "") -> None:
    # The terminal may be gone (SIGHUP): what is left to do must be done all the same.
    with suppress(OSError, ValueError):
        print(text, flush=True)


def complain(text: str) -> None:
    with suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


class Progress:
    """A bar on a terminal; elsewhere a line every few seconds."""

    WIDTH = 30
    EVERY = 5.0  # seconds

    def __init__(self, label: str, total: int) -> None:
        self.label, self.total, self.done = label, max(total, 1), 0
        self.bar = sys.stdout.isatty()
        self.said = time.monotonic()

    def step(self) -> None:
        self.done = min(self.done + 1, self.total)
        if self.bar:
            full = self.WIDTH * self.done // self.total
            self._write(f"\r{self.label} [{'#' * full}{'.' * (self.WIDTH - full)}] {self.done} of {self.total}")
        elif time.monotonic() - self.said >= self.EVERY:
            self.said = time.monotonic()
            say(f"{self.label}: {self.done} of {self.total}")

    def close(self) -> None:
        if self.bar and self.done:
            self._write("\n")

    @staticmethod
    def _write(text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stdout.write(text)
            sys.stdout.flush()
