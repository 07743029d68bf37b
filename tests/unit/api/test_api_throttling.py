"""Counting requests by address."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from rest_framework.settings import api_settings

pytestmark = pytest.mark.django_db

LIST = "/api/v1/studies/"


def test_an_address_that_asks_too_often_is_told_how_long_to_wait(api: Client, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    with time_machine.travel("2026-05-03T10:00:20Z", tick=False):
        answers = [api.get(LIST) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
        refused = answers[-1]
        assert refused["Retry-After"] == "41"
        assert refused["Content-Type"] == "application/problem+json"
        assert "Retry-After" in refused.json()["detail"]
        assert refused["Access-Control-Allow-Origin"] == "*"
        assert api.get(LIST, REMOTE_ADDR="10.0.0.9").status_code == 200
    with time_machine.travel("2026-05-03T10:01:01Z", tick=False):
        assert api.get(LIST).status_code == 200


def test_the_limit_is_at_least_what_we_promise(settings: Any) -> None:
    assert settings.API_REQUESTS_PER_MINUTE >= 300


def test_bad_requests_and_unchanged_answers_count_too(api: Client, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    with time_machine.travel("2026-05-03T10:00:20Z", tick=False):
        tag = api.get(LIST)["ETag"]
        assert api.get(LIST, {"x": "y"}).status_code == 400
        assert api.get(LIST, headers={"if-none-match": tag}).status_code == 429


def test_a_forwarded_address_counts_only_behind_our_own_proxies(
    api: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    with time_machine.travel("2026-05-03T10:00:20Z", tick=False):
        monkeypatch.setattr(api_settings, "NUM_PROXIES", 0)
        assert api.get(LIST, headers={"x-forwarded-for": "1.1.1.1"}).status_code == 200
        assert api.get(LIST, headers={"x-forwarded-for": "2.2.2.2"}).status_code == 429
        monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)
        assert api.get(LIST, headers={"x-forwarded-for": "made up, 3.3.3.3"}).status_code == 200
        assert api.get(LIST, headers={"x-forwarded-for": "another, 3.3.3.3"}).status_code == 429
        assert api.get(LIST, headers={"x-forwarded-for": "4.4.4.4 \x01 " + "9" * 5000}).status_code == 200


def test_one_household_of_ipv6_is_one_reader(api: Client, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    with time_machine.travel("2026-05-03T10:00:20Z", tick=False):
        assert api.get(LIST, REMOTE_ADDR="2001:db8:1:2::1").status_code == 200
        assert api.get(LIST, REMOTE_ADDR="2001:db8:1:2:ffff::9").status_code == 429
        assert api.get(LIST, REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


def test_no_address_is_stored(api: Client) -> None:
    api.get(LIST, REMOTE_ADDR="203.0.113.77")
    names = cache._cache.get_client().keys()
    assert any(b"api:" in name for name in names)
    assert not any(b"203.0.113.77" in name for name in names)


def test_without_redis_the_api_answers_and_counts_nothing(
    api: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    settings.API_REQUESTS_PER_MINUTE = 1
    answers = [api.get(LIST) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "RateLimit-Limit" not in answers[0]
    assert "Nothing is counted" in caplog.text
