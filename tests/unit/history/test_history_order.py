"""Ids of changes become visible in their order, whatever transactions write at once."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.history.models import StudyChange
from apps.history.selectors import changes_after
from apps.history.services import record_changes
from apps.studies.facts import FieldChange

AT = dt.datetime(2026, 5, 3, tzinfo=dt.UTC)
_INSERT = (
    "INSERT INTO history_studychange (nct_id, field, run_id, at, data_timestamp) "
    "SELECT 'NCT9000000' || %s, 'overall_status', %s, now(), '' FROM generate_series(1, 3)"
)


@contextmanager
def another_connection() -> Iterator[BaseDatabaseWrapper]:
    other = connection.copy()
    try:
        yield other
    finally:
        other.close()


def changes(*fields: str, nct_id: str = "NCT90000001") -> list[FieldChange]:
    return [FieldChange(nct_id, field, None, {"value": field}) for field in fields]


def record(*told: FieldChange, at: dt.datetime = AT) -> None:
    with transaction.atomic():
        record_changes(told, run_id=1, data_timestamp="2026-05-03T00:00:00", at=at)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_ends_late_lets_no_higher_id_be_seen_before_its_own() -> None:
    """The harvester polls while one writer has its ids and has not committed, and a second one wants to."""
    with another_connection() as slow:
        slow.set_autocommit(False)
        with slow.cursor() as cursor:
            cursor.execute(_INSERT, [1, 1])
        begun, ended = threading.Event(), threading.Event()

        def second_writer() -> None:
            with another_connection() as quick, quick.cursor() as cursor:
                begun.set()
                cursor.execute(_INSERT, [2, 2])
            ended.set()

        thread = threading.Thread(target=second_writer)
        thread.start()
        assert begun.wait(10)
        # It waits: had it gone through, the harvester would read its ids and never come back for the lower ones.
        assert not ended.wait(0.5)
        assert changes_after(0, 100) == []
        slow.commit()
        assert ended.wait(10)
        thread.join()
    seen = changes_after(0, 100)
    assert [change.run_id for change in seen] == [1, 1, 1, 2, 2, 2]
    assert [change.id for change in seen] == sorted(change.id for change in seen)


@pytest.mark.django_db(transaction=True)
def test_a_harvester_that_polls_without_rest_misses_nothing() -> None:
    """Four writers, each with transactions that commit, fail or dawdle, and one reader with its cursor."""
    written: list[int] = []
    done = threading.Event()

    def writer(number: int) -> None:
        with another_connection() as own:
            own.set_autocommit(False)
            for turn in range(12):
                with own.cursor() as cursor:
                    cursor.execute(_INSERT, [number, number])
                    cursor.execute("SELECT pg_sleep(%s)", [0.004 * ((turn + number) % 3)])
                if (turn + number) % 4:
                    own.commit()
                    written.append(3)
                else:
                    own.rollback()

    def finish(threads: list[threading.Thread]) -> None:
        for thread in threads:
            thread.join()
        done.set()

    writers = [threading.Thread(target=writer, args=[number]) for number in range(1, 5)]
    for thread in writers:
        thread.start()
    threading.Thread(target=finish, args=[writers]).start()
    seen: list[int] = []
    last_look = False
    while not last_look:
        last_look = done.is_set()
        while page := changes_after(seen[-1] if seen else 0, 4):
            seen += [change.id for change in page]
    assert len(seen) == sum(written)
    assert seen == list(StudyChange.objects.order_by("id").values_list("id", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_lets_the_next_one_on() -> None:
    with transaction.atomic():
        record_changes(changes("title"), run_id=1, data_timestamp="", at=AT)
        transaction.set_rollback(True)
    record(*changes("phases"))
    [change] = changes_after(0, 10)
    assert change.field == "phases"


@pytest.mark.django_db
class TestChangesAfter:
    def test_pages_follow_on_each_other(self) -> None:
        record(*changes("a", "b", "c", "d", "e"))
        first = changes_after(0, 2)
        second = changes_after(first[-1].id, 2)
        third = changes_after(second[-1].id, 2)
        assert [change.field for change in first + second + third] == ["a", "b", "c", "d", "e"]
        assert changes_after(third[-1].id, 2) == []

    def test_studies_fields_and_days(self) -> None:
        record(*changes("a", "b"), *changes("a", nct_id="NCT90000002"))
        record(*changes("a"), at=AT + dt.timedelta(days=2))
        assert len(changes_after(0, 9, nct_ids=["NCT90000002"])) == 1
        assert len(changes_after(0, 9, fields=["a"])) == 3
        assert len(changes_after(0, 9, since=AT + dt.timedelta(days=1))) == 1
        assert len(changes_after(0, 9, nct_ids=["NCT90000001", "NCT90000002"], fields=["b"])) == 1

    def test_one_statement_however_many(self, django_assert_num_queries: Any) -> None:
        record(*changes("a", "b", "c"))
        with django_assert_num_queries(1):
            assert len(changes_after(0, 50)) == 3
