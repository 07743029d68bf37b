"""Is the process alive, and can it serve? For load balancers and people on call."""

from __future__ import annotations

from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.ingest.selectors import freshness

_DATABASE_MS = 2000
_REDIS_SECONDS = 1.0
_UNKNOWN: dict[str, Any] = {"state": None, "finished_at": None, "data_timestamp": None, "published": None}


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, Redis and migrations are fine, else 503. The state of the sync is told and does not count."""
    database, sync = _database_and_sync()
    answer = {
        "database": database,
        "redis": _redis(),
        "migrations": _migrations() if database == "ok" else "not checked: the database does not answer",
        "sync": sync,
    }
    ready = answer["database"] == answer["redis"] == answer["migrations"] == "ok"
    return JsonResponse(answer, status=200 if ready else 503)


def _database_and_sync() -> tuple[str, dict[str, Any]]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {_DATABASE_MS}")
            cursor.execute("SELECT 1")
        return "ok", _sync()
    except DatabaseError as error:
        return _first_line(error), _UNKNOWN


def _sync() -> dict[str, Any]:
    try:
        now = freshness()
    except DatabaseError:
        # Before the first migration there is no table to ask.
        return _UNKNOWN
    return {
        "state": now.state,
        "finished_at": now.finished_at,
        "data_timestamp": now.data_timestamp or None,
        "published": now.published,
    }


def _redis() -> str:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=_REDIS_SECONDS, socket_timeout=_REDIS_SECONDS
        ) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        return _first_line(error)
    return "ok"


def _migrations() -> str:
    try:
        return _migrated()
    except (_Pending, DatabaseError) as error:
        return _first_line(error)


class _Pending(Exception):
    pass


@cache
def _migrated() -> str:
    """ "ok", kept for the life of the process (new migrations come with a new one); raises while some are pending."""
    executor = MigrationExecutor(connection)
    if pending := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _Pending(f"{len(pending)} pending, the first is {pending[0][0]}; run manage.py migrate")
    return "ok"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200] or type(error).__name__
