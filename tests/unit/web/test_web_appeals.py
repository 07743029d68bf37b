"""Appeals against decisions: short, hard to flood, an address only where somebody wants an answer."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client

from apps.curation.models import Appeal
from apps.web.forms import AppealForm

PATH = "/decisions/appeal/"
WHAT = "The arms name fat tissue, not bone marrow."
pytestmark = pytest.mark.usefixtures("some_trials")


@pytest.fixture
def opened() -> str:
    """The time stamp of a form that was opened a minute ago."""
    with time_machine.travel(dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1), tick=False):
        return AppealForm.stamp()


def send(client: Client, opened: str, **data: str) -> object:
    told = {"nct_id": "nct90000001", "what": WHAT, "email": "reader@example.org", "opened": opened}
    return client.post(PATH, told | data)


def test_an_appeal_lands_and_the_sender_is_thanked(client: Client, opened: str) -> None:
    response = send(client, opened)
    assert response.status_code == 302
    appeal = Appeal.objects.get()
    assert (appeal.nct_id, appeal.what, appeal.email) == ("NCT90000001", WHAT, "reader@example.org")
    assert b"Thank you" in client.get(response["Location"]).content
    assert not response.cookies


def test_neither_trial_nor_address_nor_cookie_is_needed(opened: str) -> None:
    assert send(Client(enforce_csrf_checks=True), opened, nct_id=" ", email="").status_code == 302
    assert Appeal.objects.get().email == ""


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"what": ""}, "what"),
        ({"what": "too short"}, "what"),
        ({"what": "x" * 4001}, "what"),
        ({"what": "NUL \x00 stands in this text"}, "what"),
        ({"email": "nobody"}, "email"),
        ({"email": f"{'x' * 300}@example.org"}, "email"),
        ({"email": "a@example.org\nBcc: b@example.org"}, "email"),
        ({"nct_id": "NCT1"}, "nct_id"),
        ({"nct_id": "NCT99999999"}, "nct_id"),
        ({"nct_id": "\x00"}, "nct_id"),
        ({"nct_id": "x" * 5000}, "nct_id"),
    ],
)
def test_nonsense_is_told_where_it_stands_and_the_text_stays(
    client: Client, opened: str, data: dict[str, str], place: str
) -> None:
    response = send(client, opened, **data)
    assert response.status_code == 422
    page = BeautifulSoup(response.content, "html.parser")
    assert page.select_one(f"#{place}-error")
    assert f"{place}-error" in page.select_one(f"#{place}")["aria-describedby"]
    if place != "what":
        assert page.select_one("#what").get_text() == WHAT
    assert not Appeal.objects.exists()


def test_a_form_sent_at_once_is_to_be_sent_once_more(client: Client) -> None:
    response = send(client, AppealForm.stamp())
    assert response.status_code == 422
    assert b"as robots send it" in response.content
    assert WHAT.encode() in response.content
    assert not Appeal.objects.exists()


def test_robots_are_thanked_and_forgotten(client: Client, opened: str) -> None:
    assert send(client, opened, website="https://spam.example/").status_code == 302
    assert not Appeal.objects.exists()


@pytest.mark.parametrize("stamp", ["", "forged:x:y", "\x00"])
def test_a_form_without_a_good_stamp_is_shown_again(client: Client, stamp: str) -> None:
    response = send(client, stamp)
    assert response.status_code == 422
    assert b"open for too long" in response.content


def test_five_an_hour_from_one_address(client: Client, opened: str) -> None:
    codes = [send(client, opened).status_code for _turn in range(6)]
    assert codes == [302] * 5 + [429]
    assert Appeal.objects.count() == 5


@pytest.mark.parametrize("nct", ["", "NCT90000001", "<script>", "%00", "x" * 3000])
def test_the_form_may_name_a_trial(client: Client, nct: str) -> None:
    response = client.get(f"{PATH}?nct={nct}")
    assert response.status_code == 200
    assert b"<script>" not in response.content.replace(b"<script src", b"")


def test_the_decisions_lead_to_it(client: Client) -> None:
    assert f'href="{PATH}"'.encode() in client.get("/decisions/").content
