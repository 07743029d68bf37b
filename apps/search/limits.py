"""What one search may cost the database."""

from __future__ import annotations

from django.db import connection

# A search of the texts may take so long (milliseconds); a crawler must not be able to hold the database.
SEARCH_TIMEOUT_MS = 2000


def search_limits() -> str:
    """Settings for the one search that follows. Within a transaction they would outlive it, so there they are left out.

    The planner does not count the cost of unpacking long vectors, and would read the whole table for a usual word.
    """
    if connection.in_atomic_block:
        return ""
    return f"SET LOCAL statement_timeout = {SEARCH_TIMEOUT_MS}; SET LOCAL enable_seqscan = off;"
