"""Faults to order: what goes wrong with the next requests."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

# What each kind does, and the options that it takes. Kinds up to "redirected" replace the answer, the others change it.
FAULTS: dict[str, str] = {
    "rate_limited": "429 in plain text; retry_after: seconds or an HTTP date, absent by default",
    "server_error": "500 in plain text",
    "unavailable": "503 with an HTML page; retry_after as above",
    "forbidden": "403 with the HTML page of a network in between",
    "bad_request": "400 in plain text",
    "not_found": "404 with the web server's HTML page, as for a wrong address",
    "reset": "the connection is reset before any answer",
    "stalled": "half of the answer, then silence for `seconds` (default 5)",
    "bad_json": "200 with JSON that ends in the middle",
    "html": "200 with an HTML page",
    "redirected": "302 to `location`",
    "slow": "the right answer after `seconds` (default 1)",
    "truncated": "the right answer, and the connection closed in the middle of it",
    "oversized": "the right answer, and `megabytes` (default 5) of white space",
    "empty_page": "no studies on this page, the token kept",
    "zero_total": "a total of 0 and no studies",
    "wrong_total": "a total that is `by` (default 1) higher than the truth",
    "no_total": "no total",
    "repeated_study": "the first study of the data stands on this page once more",
    "lost_study": "the last study of this page is missing",
    "invalid_token": "400 to a request that carries a page token; others are not touched",
    "same_token": "a token that leads to this page again",
    "endless": "a new token after the last page too, which starts again at the first study",
    "wrong_study": "another study than the one asked for",
    "wrong_version": "apiVersion `version` (default 3.0.0)",
    "no_timestamp": "no dataTimestamp",
}


@dataclass
class Fault:
    """One order: `kind` of FAULTS for the next `times` requests (None: until cleared), after `after` that go well.

    `path` says which requests count, below the API's address: `/studies`, `/studies/NCT*`, `*`.
    """

    kind: str
    times: int | None = 1
    path: str = "*"
    after: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise ValueError(f"There is no fault {self.kind!r}; there are {', '.join(FAULTS)}.")

    def strikes(self, path: str, params: Mapping[str, str]) -> bool:
        """Whether it hits this request; counts down."""
        if not fnmatchcase(path, self.path) or (self.kind == "invalid_token" and "pageToken" not in params):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is None:
            return True
        if self.times <= 0:
            return False
        self.times -= 1
        return True

    @property
    def spent(self) -> bool:
        return self.times is not None and self.times <= 0


class Orders:
    """The orders that stand, oldest first; the first that strikes wins."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self._endless = itertools.count(1)

    def add(self, fault: Fault) -> None:
        self._orders.append(fault)

    def clear(self) -> None:
        self._orders.clear()

    def next_for(self, path: str, params: Mapping[str, str]) -> Fault | None:
        struck = next((fault for fault in self._orders if fault.strikes(path, params)), None)
        self._orders = [fault for fault in self._orders if not fault.spent]
        return struck

    def next_number(self) -> int:
        return next(self._endless)

    def __iter__(self) -> Any:
        return iter(list(self._orders))
