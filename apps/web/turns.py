"""Who comes next in a web process: no address, and no sweep over lists, may keep the others waiting.

The threads of a process share one processor. A crawler that asks over many connections would have most of it, so one
request of an address runs at a time and the rest of it waits; whoever has had fewer turns goes first. What can be asked
in endless combinations has a lane: of lists with parameters (the API's too) one runs at a time, whoever asks, and of
files one. Everything else is in no lane. Who is alone has no more at once: several answers that are being made would
have to be waited for by whoever comes next, and one after the other they are not made later.

Nothing is known of an address but while it has a request in the process.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Lane = Literal["", "lists", "files"]

# Requests in a process at once, running, waiting or being sent: of one address, and of all in a lane. They leave some
# of the threads (deploy/gunicorn.conf.py) to everyone else.
MOST_OF_ONE = 8
MOST_IN_LANE: Mapping[Lane, int] = {"lists": 10, "files": 4}

Refusal = Literal["too many of one", "too many"]


@dataclass
class _Address:
    inside: int = 0
    turns: int = 0
    running: int = 0


@dataclass(eq=False)
class _Waiting:
    visit: Visit
    number: int
    go: threading.Event = field(default_factory=threading.Event)


class Visit:
    """One request in the process, until `leave`. It may take several turns: the pieces of a file take one each."""

    def __init__(self, turns: Turns, who: str, lane: Lane) -> None:
        self.who, self.lane = who, lane
        self._turns: Turns | None = turns

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for its turn, and gives it back. After `leave` nobody waits."""
        turns = self._turns
        if turns is None:
            yield
            return
        turns._take(self)
        try:
            yield
        finally:
            turns._give(self)

    def leave(self) -> None:
        turns, self._turns = self._turns, None
        if turns is not None:
            turns._left(self)

    __del__ = leave


class Turns:
    """The requests of one process."""

    def __init__(self, most_of_one: int = MOST_OF_ONE, most_in_lane: Mapping[Lane, int] = MOST_IN_LANE) -> None:
        self._most_of_one, self._most_in_lane = most_of_one, most_in_lane
        # Re-entrant, since a visit may be collected, and so leave, at any moment.
        self._lock = threading.RLock()
        self._addresses: dict[str, _Address] = {}
        self._waiting: list[_Waiting] = []
        self._in_lane: Counter[Lane] = Counter()
        self._taken: Counter[Lane] = Counter()
        self._number = 0

    def __len__(self) -> int:
        return sum(address.inside for address in self._addresses.values())

    def visit(self, who: str, *, lane: Lane = "") -> Visit | Refusal:
        """Lets a request in, or says why not."""
        with self._lock:
            address = self._addresses.get(who)
            if address is not None and address.inside >= self._most_of_one:
                return "too many of one"
            if lane and self._in_lane[lane] >= self._most_in_lane[lane]:
                return "too many"
            if address is None:
                address = self._addresses[who] = _Address()
            address.inside += 1
            self._in_lane[lane] += 1
            return Visit(self, who, lane)

    def _take(self, visit: Visit) -> None:
        with self._lock:
            self._number += 1
            waiting = _Waiting(visit, self._number)
            self._waiting.append(waiting)
            self._next()
        waiting.go.wait()

    def _give(self, visit: Visit) -> None:
        with self._lock:
            self._addresses[visit.who].running -= 1
            self._taken[visit.lane] -= 1
            self._next()

    def _left(self, visit: Visit) -> None:
        with self._lock:
            address = self._addresses[visit.who]
            address.inside -= 1
            self._in_lane[visit.lane] -= 1
            if not address.inside:
                del self._addresses[visit.who]
                self._next()

    def _next(self) -> None:
        """Lets everyone go whose turn it is."""
        for waiting in sorted(self._waiting, key=lambda one: (self._addresses[one.visit.who].turns, one.number)):
            visit = waiting.visit
            address = self._addresses[visit.who]
            if address.running or (visit.lane and self._taken[visit.lane]):
                continue
            address.running += 1
            address.turns += 1
            self._taken[visit.lane] += 1
            self._waiting.remove(waiting)
            waiting.go.set()
