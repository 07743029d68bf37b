"""What can go wrong between us and the registry. Every error says itself in one sentence that a person can act on.

No type of `requests` or `urllib3` leaves this room: whoever calls the client catches
`RegistryError` or one of its kinds.
"""

from __future__ import annotations

from typing import ClassVar


class RegistryError(Exception):
    """Base of the tree. `kind` is a slug for records and dashboards; `str(error)` is the sentence."""

    kind: ClassVar[str] = "registry"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Unreachable(RegistryError):
    """No answer at all: no network, no such host, refused, reset or timed out, every time that it was tried."""

    kind = "unreachable"


class Blocked(RegistryError):
    """403: the registry or its network refuses us. Trying again soon makes it worse: wait for hours, tell a person."""

    kind = "blocked"


class _AskedToWait(RegistryError):
    """`retry_after` is what the registry asked for last, in seconds, or None."""

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.args = (sentence, retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.sentence


class RateLimited(_AskedToWait):
    """429 to the last try, or a Retry-After longer than a client should sleep."""

    kind = "rate-limited"


class ServerFault(_AskedToWait):
    """5xx to the last try."""

    kind = "server-fault"


class BadRequest(RegistryError):
    """400: our parameters are wrong. The sentence quotes the registry's own."""

    kind = "bad-request"


class BadAnswer(RegistryError):
    """The registry answered what this client cannot use: not JSON, another shape, endless, too large."""

    kind = "bad-answer"


class NotFound(RegistryError):
    """The registry has no study of that id. Never raised for a wrong address: that is a BadAnswer."""

    kind = "not-found"


class Incomplete(RegistryError):
    """Fewer different studies arrived than the registry had counted."""

    kind = "incomplete"


class OutOfBand(RegistryError):
    """The total is outside the expected band: a mistyped parameter once matched 470,000 studies."""

    kind = "out-of-band"


class ParseError(ValueError):
    """A record that cannot become a StudyRecord: where, what stood there (cut, contacts withheld), and why not."""

    def __init__(self, path: str, value: str, reason: str) -> None:
        super().__init__(path, value, reason)
        self.path = path
        self.value = value
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason
