"""Killed at any moment, the next run carries on: no half study is ever visible, none is lost or doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from apps.classification.models import StudyLabel
from apps.history.models import StudyChange
from apps.ingest.models import LandedStudy, SyncRun
from apps.ingest.runs import LostRun, corridor_lock, fence, open_run, take_over
from apps.ingest.services import sync
from apps.search.models import StudyDocument
from apps.studies.models import Study
from bench.figures import database_url
from tests.ctgov_emulator import RegistryEmulator
from tests.factories.studies import studies

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = 80


@pytest.fixture
def large_registry() -> Iterator[RegistryEmulator]:
    with RegistryEmulator(studies(SIZE)) as emulator:
        yield emulator


def environment(registry: RegistryEmulator) -> dict[str, str]:
    """For a process of its own on this test's database and registry, slow enough to be caught in the act."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(connection.settings_dict["NAME"]),
        "CTGOV_BASE_URL": registry.url,
        "CTGOV_MIN_INTERVAL": "0.01",
        "CTGOV_PAGE_SIZE": "20",
        "SYNC_BATCH_SIZE": "1",
    }


Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def start_sync(large_registry: RegistryEmulator) -> Iterator[Start]:
    """Starts a sync in a process of its own; whatever still runs at the end of the test is killed."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "sync_studies", "--json"]
    children: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        children.append(
            subprocess.Popen(
                command,
                env=environment(large_registry),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
        return children[-1]

    yield start
    for child in children:
        if child.poll() is None:
            child.kill()
            child.communicate()


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.005)
    raise AssertionError("it did not come to that in time")


def half_studies() -> list[str]:
    """Studies that are there in one table and missing in another."""
    published = set(StudyDocument.objects.values_list("nct_id", flat=True))
    labelled = set(StudyLabel.objects.values_list("study_id", flat=True))
    remembered = set(StudyChange.objects.values_list("nct_id", flat=True))
    stored = set(Study.objects.values_list("nct_id", flat=True))
    return sorted((published | labelled | remembered | stored) - (published & labelled & remembered & stored))


def carry_on(registry: RegistryEmulator, settings: Any) -> SyncRun:
    settings.CTGOV_BASE_URL, settings.CTGOV_MIN_INTERVAL = registry.url, 0
    # A killed process frees the lock when the server notices, a moment later.
    run = until(sync)
    assert isinstance(run, SyncRun)
    return run


def test_killed_while_publishing(start_sync: Start, large_registry: RegistryEmulator, settings: Any) -> None:
    child = start_sync()
    until(lambda: Study.objects.count() > 20)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    done = Study.objects.count()
    assert 20 < done < SIZE, "the process was to be caught in the middle"
    assert half_studies() == []
    asked = large_registry.count()

    run = carry_on(large_registry, settings)

    assert large_registry.count() == asked, "the rest comes from what was landed, without network"
    assert run.pk == SyncRun.objects.earliest("pk").pk
    assert (run.state, run.created) == ("ok", SIZE)
    assert Study.objects.count() == StudyDocument.objects.count() == StudyChange.objects.count() == SIZE
    assert half_studies() == []
    assert not LandedStudy.objects.exists()


def test_killed_while_landing(start_sync: Start, large_registry: RegistryEmulator, settings: Any) -> None:
    large_registry.order("slow", times=None, path="/studies", after=3, seconds=0.5)
    child = start_sync()
    until(LandedStudy.objects.exists)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert not Study.objects.exists()
    large_registry.clear()

    run = carry_on(large_registry, settings)

    assert (run.state, run.created) == ("ok", SIZE)
    assert SyncRun.objects.earliest("pk").error == "interrupted"
    assert half_studies() == []


def test_the_database_goes_away_in_the_middle(
    start_sync: Start, large_registry: RegistryEmulator, settings: Any
) -> None:
    child = start_sync()
    until(lambda: Study.objects.count() > 20)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
    child.communicate()
    assert child.returncode != 0
    assert half_studies() == []

    run = carry_on(large_registry, settings)

    assert (run.state, run.created) == ("ok", SIZE)
    assert half_studies() == []


def test_two_at_once_make_one_run(start_sync: Start) -> None:
    children = [start_sync() for _ in range(3)]
    reports = [json.loads(child.communicate()[0]) for child in children]
    states = sorted(report["state"] for report in reports)
    # A late one may find the first already done, and the registry without news.
    assert states.count("ok") == 1
    assert set(states) <= {"ok", "running", "unchanged"}
    assert Study.objects.count() == StudyChange.objects.count() == SIZE


def test_the_lock_lets_one_through(transactional_db: None) -> None:
    inside: list[bool] = []

    def other() -> None:
        with corridor_lock() as alone:
            inside.append(alone)

    with corridor_lock() as alone:
        assert alone
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert inside == [False]
    with corridor_lock() as again:
        assert again


def test_whoever_lost_the_run_writes_nothing_more(transactional_db: None) -> None:
    mine = open_run(SyncRun.Kind.FULL)
    take_over(SyncRun.objects.get(pk=mine.pk))
    mine.seen = 7
    with pytest.raises(LostRun):
        fence(mine)
    assert SyncRun.objects.get(pk=mine.pk).seen == 0
