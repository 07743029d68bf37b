"""/healthz and /readyz as the contracts say, in sickness too."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from apps.ingest.models import SyncRun
from apps.web.views import health
from tests.factories.documents import entry, publish


def test_alive_without_anything(client: Client) -> None:
    """No database is allowed in this test."""
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_ready_before_the_first_sync(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "database": "ok",
        "redis": "ok",
        "migrations": "ok",
        "sync": {"state": "never", "finished_at": None, "data_timestamp": None, "published": 0},
    }


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["ok", "held", "failed"])
def test_the_state_of_the_sync_is_told_and_does_not_count(client: Client, state: str) -> None:
    publish(entry(), entry())
    SyncRun.objects.create(kind="full", state="ok", data_timestamp="2026-09-04T09:00:06", finished_at=timezone.now())
    if state != "ok":
        SyncRun.objects.create(kind="full", state=state, finished_at=timezone.now())
    response = client.get("/readyz")
    assert response.status_code == 200
    sync = response.json()["sync"]
    assert (sync["state"], sync["data_timestamp"], sync["published"]) == (state, "2026-09-04T09:00:06", 2)
    assert sync["finished_at"]


@pytest.mark.django_db
def test_no_redis_is_not_ready(client: Client) -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["redis"] != "ok"
    assert response.json()["database"] == "ok"


@pytest.mark.django_db
def test_pending_migrations_are_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    health._migrated.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'search'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "pending" in response.json()["migrations"]
    assert "manage.py migrate" in response.json()["migrations"]


def test_no_database_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def refused(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused\nis the server running?")

    monkeypatch.setattr(health.transaction, "atomic", refused)
    response = client.get("/readyz")
    assert response.status_code == 503
    answer = response.json()
    assert answer["database"] == "connection refused"
    assert answer["migrations"] != "ok"
    assert set(answer["sync"]) == {"state", "finished_at", "data_timestamp", "published"}
