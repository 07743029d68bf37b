from __future__ import annotations

from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.core.workers import GONE_AFTER_MINUTES, worker_seen
from apps.ctgov.client import RegistryClient, user_agent
from apps.ctgov.errors import RegistryError
from apps.ingest.selectors import freshness, held_runs


class Command(BaseCommand):
    help = "Look at everything that the site stands on, and say what is wrong and what to do."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        looks: dict[str, Callable[[], str]] = {
            "database": _database,
            "migrations": _migrations,
            "redis": _redis,
            "worker": _worker,
            "registry": _registry,
            "sync": _sync,
        }
        wrong = 0
        for name, look in looks.items():
            try:
                self.stdout.write(f"ok     {name}: {look()}")
            except Exception as error:  # each look says its own cure; one failure does not stop the rest
                wrong += 1
                self.stdout.write(f"WRONG  {name}: {str(error).strip().splitlines()[0]}")
        if wrong:
            raise CommandError(f"{wrong} of {len(looks)} looks found something wrong.")


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), pg_size_pretty(pg_database_size(current_database()))")
        return "PostgreSQL {}, {}".format(*cursor.fetchone())


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise RuntimeError(f"{len(waiting)} migrations wait; run: python manage.py migrate")
    return "all applied"


def _redis() -> str:
    info = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2).info("server")
    return f"{info.get('server_name', 'redis')} {info['redis_version']}"


def _worker() -> str:
    seen = worker_seen()
    if seen is None:
        raise RuntimeError("cannot be told, since Redis does not answer")
    if seen:
        return "running"
    if settings.SAMPLE:
        return "none, as the sample needs none"
    raise RuntimeError(
        f"none has given a sign for {GONE_AFTER_MINUTES} minutes; start one (celery --app trialtracker worker)"
    )


def _registry() -> str:
    client = RegistryClient(
        settings.CTGOV_BASE_URL, user_agent=user_agent(settings.VERSION, settings.CTGOV_CONTACT_URL), attempts=1
    )
    try:
        with client:
            version = client.version()
    except RegistryError as error:
        raise RuntimeError(f"{settings.CTGOV_BASE_URL}: {error}") from None
    return f"{settings.CTGOV_BASE_URL}, API {version.api_version}, data of {version.data_timestamp}"


def _sync() -> str:
    fresh = freshness()
    held = held_runs().first()
    if held:
        raise RuntimeError(f"run {held.pk} is held: {held.reason} See /desk/, or manage.py release_run {held.pk}")
    if fresh.state in {"failed", "stale", "never"}:
        raise RuntimeError(f"{fresh.state}; the next try is due at {fresh.next_due:%Y-%m-%d %H:%M} UTC")
    return (
        f"{fresh.state}, {fresh.published} trials published, registry data of {fresh.data_timestamp or 'unknown date'}"
    )
