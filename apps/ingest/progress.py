"""How a run tells of itself on a console: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from apps.ingest.models import SyncRun
from apps.ingest.selectors import processed_of

SECONDS_BETWEEN_LINES = 3.0
WIDTH = 30


class ConsoleProgress:
    """Call it with the run after each step; it decides what is worth printing."""

    def __init__(self, stream: TextIO | None = None, *, every: float = SECONDS_BETWEEN_LINES) -> None:
        self.stream, self.every = stream or sys.stderr, every
        self.bar = self.stream.isatty()
        self.last = 0.0

    def __call__(self, run: SyncRun) -> None:
        now = time.monotonic()
        if run.finished_at is None and now - self.last < (0.1 if self.bar else self.every):
            return
        self.last = now
        if self.bar:
            self.stream.write("\r\x1b[K" + self.line(run) + ("\n" if run.finished_at else ""))
        else:
            self.stream.write(self.line(run) + "\n")
        self.stream.flush()

    def line(self, run: SyncRun) -> str:
        if run.finished_at:
            return summary(run)
        if run.step == SyncRun.Step.PROCESS:
            done, of = processed_of(run)
            return f"Publishing{self._bar(done / max(1, of))} {done} of {of} trials"
        if run.step == SyncRun.Step.LAND:
            return (
                f"Fetching{self._bar(run.percent / 100)} {run.percent} %, {run.seen} trials, {run.bytes / 1e6:.1f} MB"
            )
        return f"Sync: {run.get_step_display()}"

    def _bar(self, share: float) -> str:
        return f" [{'#' * round(min(1.0, share) * WIDTH):<{WIDTH}}]" if self.bar else ""


def summary(run: SyncRun) -> str:
    """One sentence on how a run ended."""
    counts = (
        f"{run.seen} seen, {run.created} new, {run.updated} changed, {run.unchanged} unchanged, "
        f"{run.left} left, {run.failed} not readable"
    )
    match run.state:
        case SyncRun.State.OK:
            return f"Sync finished: {counts}."
        case SyncRun.State.UNCHANGED:
            return "Sync finished: the registry has nothing new."
        case SyncRun.State.HELD:
            return f"Sync held, nothing was published: {run.reason}"
        case SyncRun.State.FAILED:
            return f"Sync failed: {run.reason}"
        case _:
            return f"Sync running: {counts}."
