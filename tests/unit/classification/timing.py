"""How long a rule takes, on a machine that may be slow at this moment."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable
from typing import NamedTuple

# No text may keep a rule longer, the best of three, on a machine that does the yardstick in YARDSTICK seconds.
LIMIT = 0.050
YARDSTICK = 0.0026
_WORD = re.compile(r"\b(?:cells|doses?|infus\w+|weeks?|given)\b", re.I)
_TEXT = "Two infusions of 10 million cells are given four weeks apart, each over an hour. " * 160


def seconds(work: Callable[[], object], limit: float = LIMIT) -> float:
    """Seconds of the processor's time, the best of up to three, as if no neighbour slowed the machine.

    A neighbour can halve the speed of a core for minutes. So each turn is held against a yardstick of the same kind of
    work, run before and after it, and only ever made shorter by it. The collector stands still, as it does for
    `timeit`: in a long run of tests it walks over what other tests left behind. One turn within `limit` will do.
    """
    best = float("inf")
    running = gc.isenabled()
    gc.disable()
    try:
        for _ in range(3):
            before, taken, after = _timed(_yardstick), _timed(work), _timed(_yardstick)
            best = min(best, taken / max(1.0, before / YARDSTICK, after / YARDSTICK))
            if best <= limit:
                break
    finally:
        if running:
            gc.enable()
    return best


class _Place(NamedTuple):
    word: str
    start: int
    end: int


def _yardstick() -> int:
    """Searching and keeping what is found, as the rules do: neighbours slow the two down by different factors."""
    kept: dict[str, list[_Place]] = {}
    for _ in range(4):
        for found in _WORD.finditer(_TEXT):
            kept.setdefault(found[0], []).append(_Place(_TEXT[found.start() : found.end()], *found.span()))
    return sum(map(len, kept.values()))


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
