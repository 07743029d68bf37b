"""bin/bench: measures with a database and a Redis of its own; one JSON object a line on stdout."""

from __future__ import annotations

from _entrance.testing import run_beside


def main(arguments: list[str]) -> int:
    return run_beside("bench", ["bench", *arguments], durable=True)
