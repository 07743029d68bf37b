from __future__ import annotations

import datetime as dt

import pytest

from apps.ingest.schedule import PastRun, next_due

NOW = dt.datetime(2026, 5, 3, 15, 0, tzinfo=dt.UTC)
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)


def due(*past: PastRun) -> dt.datetime:
    return next_due(past, now=NOW, interval=4 * HOUR, blocked=6 * HOUR)


def ended(state: str, error: str = "") -> PastRun:
    return PastRun(state, error, NOW)


def test_a_new_site_syncs_at_once() -> None:
    assert due() == NOW


@pytest.mark.parametrize("state", ["ok", "unchanged", "held"])
def test_after_a_run_that_ended_the_interval_passes(state: str) -> None:
    assert due(ended(state)) == NOW + 4 * HOUR


def test_a_block_by_the_registry_asks_for_the_long_pause() -> None:
    assert due(ended("failed", "blocked"), ended("ok")) == NOW + 6 * HOUR


@pytest.mark.parametrize(("failures", "minutes"), [(1, 1), (2, 2), (3, 4), (7, 64)])
def test_failures_in_a_row_double_the_pause(failures: int, minutes: int) -> None:
    runs = [ended("failed", "unreachable")] * failures
    assert due(*runs, ended("ok")) == NOW + minutes * MINUTE
    assert due(*runs) == NOW + minutes * MINUTE


def test_the_pause_never_exceeds_the_interval() -> None:
    assert due(*[ended("failed", "unreachable")] * 500) == NOW + 4 * HOUR
