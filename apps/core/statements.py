"""SQL statements that PostgreSQL stopped because they took longer than they may."""

from __future__ import annotations

from django.db import OperationalError

_CANCELLED = "57014"
# What a reader or a program is told to wait, in seconds.
RETRY_AFTER = 30


def was_stopped(error: BaseException) -> bool:
    """True for the error of a statement that was stopped; false for any other error."""
    return isinstance(error, OperationalError) and getattr(error.__cause__, "pgcode", None) == _CANCELLED
