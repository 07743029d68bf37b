"""The sign that a worker leaves: with its heartbeat, seldom, and gone by itself."""

from __future__ import annotations

import pytest
from celery.signals import heartbeat_sent
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import override_settings

from apps.core import workers
from apps.core.workers import Sign, worker_seen

AWAY = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}


@pytest.fixture(autouse=True)
def _no_sign() -> None:
    cache.clear()


def test_a_heartbeat_of_celery_is_a_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    from trialtracker.celery import leave_sign

    monkeypatch.setattr(leave_sign, "_next", 0.0)
    assert worker_seen() is False
    heartbeat_sent.send(sender=None)
    assert worker_seen() is True


def test_a_sign_is_forgotten_when_no_other_follows() -> None:
    Sign()()
    left = cache._cache.get_client().ttl(cache.make_key(workers._KEY))
    assert 0 < left <= workers.GONE_AFTER_MINUTES * 60
    # Several are left in that time, so that one that is lost does no harm.
    assert left > 3 * workers._SECONDS_BETWEEN_SIGNS


def test_not_every_heartbeat_writes() -> None:
    sign = Sign()
    sign()
    cache.clear()
    sign()
    assert worker_seen() is False


def test_without_a_cache_nobody_can_tell_and_nothing_breaks() -> None:
    with override_settings(CACHES=AWAY):
        Sign()()
        assert worker_seen() is None


@pytest.mark.django_db
def test_the_doctor_misses_a_worker(capsys: pytest.CaptureFixture[str], settings: pytest.FixtureRequest) -> None:
    settings.CTGOV_BASE_URL = "http://127.0.0.1:1"
    for prepare, told in (
        (lambda: None, "WRONG  worker: none has given a sign for 3 minutes"),
        (lambda: setattr(settings, "SAMPLE", True), "ok     worker: none, as the sample needs none"),
        (Sign(), "ok     worker: running"),
    ):
        prepare()
        with pytest.raises(CommandError):
            call_command("doctor")
        assert told in capsys.readouterr().out
