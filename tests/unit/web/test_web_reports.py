"""Reports of mistakes: anonymous, short, and hard to flood."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client, override_settings

from apps.curation.models import MistakeReport
from apps.studies.models import Study
from apps.web.forms import ReportForm

PATH = "/trials/NCT90000001/report/"
pytestmark = pytest.mark.usefixtures("some_trials")


@pytest.fixture
def opened() -> str:
    """The time stamp of a form that was opened a minute ago."""
    with time_machine.travel(dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1), tick=False):
        return ReportForm.stamp()


def send(client: Client, opened: str, **data: str) -> object:
    return client.post(PATH, {"what": "The disease is wrong.", "page": "labels", "opened": opened} | data)


def test_a_report_lands_and_the_reader_is_thanked(client: Client, opened: str) -> None:
    response = send(client, opened, what="  Wrong\x07 disease.\n\nSee title. ")
    assert response.status_code == 302
    assert response["Location"] == PATH + "?thanks"
    report = MistakeReport.objects.get()
    assert (report.nct_id, report.page, report.what) == ("NCT90000001", "labels", "Wrong disease.\n\nSee title.")
    assert b"Thank you" in client.get(response["Location"]).content
    assert not response.cookies


@pytest.mark.parametrize(
    ("address", "goal"),
    [
        ("/trials/nct90000001/report/", PATH),
        ("/trials/NCT0090000001/report/?thanks", PATH),
        ("/es/trials/nct90000001/report/", "/es" + PATH),
        ("/trials/NCT90009999/report/", PATH),
    ],
)
def test_other_spellings_and_former_ids_lead_to_the_form(client: Client, address: str, goal: str) -> None:
    now = dt.datetime.now(dt.UTC)
    read = {"snapshot_id": 1, "parser_version": 1, "ruleset_version": 1, "first_seen_at": now}
    Study.objects.create(nct_id="NCT90000001", aliases=["NCT90009999"], registry_state_since=now, **read)
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (301, goal)


@pytest.mark.parametrize("named", ["NCT90000099", "banana", "%00", "NCT9%00", "%F0%9F%98%80"])
def test_what_is_no_trial_of_ours_has_no_form(client: Client, named: str) -> None:
    for send in (client.get, client.head, client.post):
        assert send(f"/trials/{named}/report/").status_code == 404


def test_no_cookie_is_needed(opened: str) -> None:
    assert send(Client(enforce_csrf_checks=True), opened).status_code == 302


@pytest.mark.parametrize("what", ["", "   ", "no", "x" * 2001, "NUL \x00 here"])
def test_too_little_and_too_much(client: Client, opened: str, what: str) -> None:
    response = send(client, opened, what=what)
    assert response.status_code == 422
    assert b'id="what-error"' in response.content
    assert not MistakeReport.objects.exists()


def test_a_part_that_is_not_on_the_list(client: Client, opened: str) -> None:
    assert send(client, opened, page="elsewhere").status_code == 422


def test_a_form_sent_at_once_is_to_be_sent_once_more(client: Client) -> None:
    response = send(client, ReportForm.stamp())
    assert response.status_code == 422
    assert b"as robots send it" in response.content
    assert b"The disease is wrong." in response.content
    assert not MistakeReport.objects.exists()


def test_robots_are_thanked_and_forgotten(client: Client, opened: str) -> None:
    assert send(client, opened, website="https://spam.example/").status_code == 302
    assert not MistakeReport.objects.exists()


@pytest.mark.parametrize("stamp", ["", "forged", None])
def test_a_forged_or_old_form_asks_again_and_keeps_the_text(client: Client, stamp: str | None) -> None:
    if stamp is None:
        with time_machine.travel("2020-01-01"):
            stamp = ReportForm.stamp()
    response = send(client, stamp)
    assert response.status_code == 422
    assert b"The disease is wrong." in response.content
    assert b"open for too long" in response.content
    assert not MistakeReport.objects.exists()


def test_eleven_reports_in_an_hour_are_too_many(client: Client, opened: str) -> None:
    for _ in range(10):
        assert send(client, opened).status_code == 302
    response = send(client, opened)
    assert response.status_code == 429
    assert MistakeReport.objects.count() == 10
    assert client.post(PATH, {"what": "From elsewhere.", "opened": opened}, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_without_a_cache_reports_still_land(client: Client, opened: str) -> None:
    gone = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}}
    with override_settings(CACHES=gone):
        assert send(client, opened).status_code == 302
    assert MistakeReport.objects.count() == 1


@pytest.mark.parametrize("nct_id", ["NCT99999999", "nonsense"])
def test_only_for_trials_that_we_have(client: Client, nct_id: str) -> None:
    assert client.get(f"/trials/{nct_id}/report/").status_code == 404
    assert client.post(f"/trials/{nct_id}/report/", {"what": "Wrong in every way."}).status_code == 404


def test_readers_behind_our_proxy_are_counted_apart(client: Client, opened: str, settings: Any) -> None:
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    cache.clear()
    told = {"what": "The disease is wrong.", "page": "labels", "opened": opened}

    def code(reader: str) -> int:
        return client.post(PATH, told, headers={"X-Forwarded-For": reader}).status_code

    assert [code("192.0.2.1") for _turn in range(11)] == [302] * 10 + [429]
    assert code("192.0.2.2") == 302
