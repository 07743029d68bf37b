"""The servers that the corridor leans on are killed and come back: the next tick carries on, by itself."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings

from tests.ctgov_emulator import RegistryEmulator
from tests.factories.studies import studies
from tests.integration.conftest import nct

sys.path.insert(0, str(Path(settings.BASE_DIR) / "bin"))

from _entrance import postgres, redis, services
from _entrance.console import Refusal
from _entrance.places import ROOT, Places
from _entrance.processes import Child, Recipe, Supervisor

pytestmark = pytest.mark.slow

SIZE = 60
STATUS = "protocolSection.statusModule.overallStatus"
# Studies that are there in one table and missing in another.
HALF = """
    SELECT coalesce(study.nct_id, document.nct_id) FROM studies_study AS study
    FULL JOIN search_studydocument AS document ON document.nct_id = study.nct_id
    WHERE study.nct_id IS NULL OR document.nct_id IS NULL OR study.overall_status <> document.overall_status
       OR NOT EXISTS (SELECT 1 FROM classification_studylabel AS label WHERE label.study_id = study.nct_id)
       OR (SELECT count(*) FROM history_studychange AS change
           WHERE change.nct_id = study.nct_id AND field = 'first_seen') <> 1
"""


class Site:
    """PostgreSQL, Redis, a worker and a beat of its own; what is killed is started again, as bin/up does."""

    def __init__(self, supervisor: Supervisor, places: Places, registry: RegistryEmulator) -> None:
        self.supervisor, self.registry = supervisor, registry
        self.said: list[str] = []
        self.database_url = postgres.start(supervisor, places)
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "SECRET_KEY": "of no use to anyone, and long enough for all that ask for it",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": redis.start(supervisor, places),
            "CTGOV_BASE_URL": registry.url,
            "CTGOV_MIN_INTERVAL": "0.01",
            "SYNC_BATCH_SIZE": "1",
            "SYNC_TICK_SECONDS": "1",
            "SYNC_INTERVAL_HOURS": "0.0003",
        }
        self._start("migrate", "manage.py", "migrate", "--verbosity", "0", env=env, keep=False)
        while any(child.name == "migrate" for child in supervisor.children):
            supervisor.pump(0.1)
        celery = ("-W", "ignore", "-m", "celery", "--quiet", "--app", "trialtracker")
        self._start("worker", *celery, "worker", "--concurrency", "1", env=env)
        self._start("beat", *celery, "beat", "--schedule", str(places.run / "beat"), "--pidfile", "", env=env)

    def _start(self, name: str, *arguments: str, env: dict[str, str], keep: bool = True) -> Child:
        recipe = Recipe(name, [sys.executable, *arguments], env, ROOT, keep=keep, on_line=self.said.append)
        return self.supervisor.start(recipe)

    def kill(self, name: str) -> None:
        child = next(child for child in self.supervisor.children if child.name == name)
        child.signal(signal.SIGKILL)
        self.until(lambda: child not in self.supervisor.children)
        self.until(lambda: any(other.name == name for other in self.supervisor.children))

    def ask(self, statement: str) -> list[Any]:
        """The first column of the answer; nothing while the database is away."""
        with suppress(psycopg2.OperationalError):
            connection = psycopg2.connect(self.database_url)
            try:
                with connection.cursor() as cursor:
                    cursor.execute(statement)
                    return [row[0] for row in cursor.fetchall()]
            finally:
                connection.close()
        return []

    def completed(self) -> int:
        found = self.ask("SELECT count(*) FROM search_studydocument WHERE overall_status = 'COMPLETED'")
        return found[0] if found else 0

    def until(self, condition: Callable[[], Any], seconds: float = 45) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not come to that in time:\n" + "\n".join(self.said[-40:])
            self.supervisor.pump(0.02)

    def complete(self, ids: list[str]) -> None:
        """A new day at the registry, on which these studies are completed."""
        for nct_id in ids:
            self.registry.registry.change(nct_id, {STATUS: "COMPLETED"})
        self.registry.registry.refresh()

    def is_idle(self) -> bool:
        return self.ask("SELECT count(*) FROM ingest_syncrun WHERE state = 'running'") == [0]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    places = Places("restarts")
    places.make()
    try:
        with RegistryEmulator(studies(SIZE)) as registry, Supervisor(places) as supervisor:
            try:
                made = Site(supervisor, places, registry)
            except Refusal as refusal:
                pytest.skip(f"no servers of our own: {refusal}")
            made.until(lambda: made.ask("SELECT count(*) FROM search_studydocument") == [SIZE])
            yield made
            for child in supervisor.children:
                if not child.recipe.service:
                    child.end_group()
    finally:
        services.forget(places)
        for folder in (places.local, places.elsewhere / places.kind):
            shutil.rmtree(folder, ignore_errors=True)


def test_redis_is_killed_in_the_middle_of_a_sync(site: Site) -> None:
    half = [nct(at) for at in range(SIZE // 2)]
    site.complete(half)
    site.until(lambda: 0 < site.completed() < len(half))
    site.kill("redis")
    site.until(lambda: site.completed() == len(half) and site.is_idle())
    # And the queue is in use again: what moves now arrives as well.
    site.complete([nct(SIZE // 2)])
    site.until(lambda: site.completed() == len(half) + 1)
    assert site.ask(HALF) == []


def test_postgresql_is_killed_in_the_middle_of_a_sync(site: Site) -> None:
    site.until(site.is_idle)
    before = site.completed()
    site.complete([nct(at) for at in range(SIZE)])
    site.until(lambda: before + 3 < site.completed() < SIZE)
    (running,) = site.ask("SELECT id FROM ingest_syncrun WHERE state = 'running'")
    site.kill("postgres")
    site.until(lambda: site.completed() == SIZE and site.is_idle())
    assert site.ask(f"SELECT (state, updated)::text FROM ingest_syncrun WHERE id = {running}") == [
        f"(ok,{SIZE - before})"
    ], "the same run was carried on, and counted each study once"
    assert site.ask(HALF) == []
    assert site.ask("SELECT count(*) FROM ingest_landedstudy") == [0]


def test_a_worker_is_killed_in_the_middle_of_a_sync(site: Site) -> None:
    site.until(site.is_idle)
    for at in range(SIZE):
        site.registry.registry.change(nct(at), {STATUS: "RECRUITING"})
    site.registry.registry.refresh()
    site.until(lambda: 0 < site.completed() < SIZE - 3)
    site.kill("worker")
    site.until(lambda: site.completed() == 0 and site.is_idle())
    assert site.ask(HALF) == []
    assert site.ask("SELECT count(*) FROM ingest_landedstudy") == [0]
