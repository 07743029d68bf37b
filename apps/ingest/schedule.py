"""When the next sync is due: pure, from the last runs and the settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

FIRST_RETRY = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PastRun:
    """How a run of the whole scope ended: its state, its kind of error (or blank), and when."""

    state: str
    error: str
    finished_at: dt.datetime


def next_due(
    past: Sequence[PastRun], *, now: dt.datetime, interval: dt.timedelta, blocked: dt.timedelta
) -> dt.datetime:
    """The moment from which a sync is due. `past` is newest first.

    After a good or a held run, the interval. After a failure, one minute, then twice as long each time, up to the
    interval. After the registry has blocked us, the long pause, as it asks for. An end in the future was written by a
    clock that has been set right since: nothing can be planned by it.
    """
    if not past or past[0].finished_at > now:
        return now
    last = past[0]
    if last.state != "failed":
        return last.finished_at + interval
    if last.error == "blocked":
        return last.finished_at + blocked
    failures = next((n for n, run in enumerate(past) if run.state != "failed"), len(past))
    return last.finished_at + min(interval, FIRST_RETRY * 2 ** min(failures - 1, 20))
