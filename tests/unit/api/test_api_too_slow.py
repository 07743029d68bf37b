"""Statements of the API that the database stops: a problem, 503 with Retry-After, at every address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _hurried() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 50")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")


def _slow(*args: Any, **kwargs: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("/api/v1/studies/", "apps.api.views.dataset_version"),
        ("/api/v1/studies/NCT90000001/", "apps.api.views.memberships"),
    ],
)
def test_a_request_that_was_stopped_says_so(
    api: Client, monkeypatch: pytest.MonkeyPatch, address: str, asked: str
) -> None:
    monkeypatch.setattr(asked, _slow)
    response = api.get(address)
    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert (response["Retry-After"], response["Cache-Control"]) == ("30", "no-store")
    assert "stopped" in response.json()["detail"]
    assert "ETag" not in response


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("/api/ctgov/v2/studies", "apps.api.door.views.dataset_version"),
        ("/api/ctgov/v2/studies/NCT90000001", "apps.api.door.views.one_study"),
        ("/api/ctgov/v2/version", "apps.api.door.views.last_good_run"),
    ],
)
def test_at_the_door_it_is_a_sentence(api: Client, monkeypatch: pytest.MonkeyPatch, address: str, asked: str) -> None:
    monkeypatch.setattr(asked, _slow)
    response = api.get(address)
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert "stopped" in response.content.decode()
    assert "ETag" not in response
