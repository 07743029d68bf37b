"""Appeals at the desk: answered once, sent by e-mail, the address shown to nobody and forgotten."""

from __future__ import annotations

import smtplib
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from apps.curation.appeals import send_answers
from apps.curation.models import Appeal, AuditEntry
from tests.factories.people import signed_in_as
from tests.unit.desk.conftest import waiting_on_the_desk

pytestmark = pytest.mark.django_db
ADDRESS = "reader@example.org"


@pytest.fixture
def appeal() -> Appeal:
    return Appeal.objects.create(nct_id="NCT90000001", what="Fat, <b>not</b> marrow.", email=ADDRESS)


@pytest.fixture
def curator() -> Client:
    return signed_in_as("curator")


def path(appeal: Appeal) -> str:
    return f"/desk/appeals/{appeal.pk}/"


def test_the_answer_leaves_by_mail_and_the_address_is_forgotten(curator: Client, appeal: Appeal) -> None:
    page = curator.get(path(appeal))
    assert b"&lt;b&gt;not&lt;/b&gt;" in page.content
    assert curator.post(path(appeal), {"answer": "You are right, it is changed."}).status_code == 302
    send_answers()
    [message] = mail.outbox
    assert message.to == [ADDRESS]
    assert "NCT90000001" in message.subject
    assert "> Fat, <b>not</b> marrow." in message.body
    assert "You are right" in message.body
    appeal.refresh_from_db()
    assert appeal.email == ""
    assert appeal.sent_at is not None
    entry = AuditEntry.objects.get(action="answered")
    assert (entry.by, entry.nct_id, entry.after) == (
        "curator@example.org",
        "NCT90000001",
        "You are right, it is changed.",
    )
    assert send_answers() == 0


def test_a_mail_server_that_is_away_loses_nothing(
    curator: Client, appeal: Appeal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    curator.post(path(appeal), {"answer": "Yes."})

    def away(*_told: Any, **_named: Any) -> int:
        raise smtplib.SMTPServerDisconnected(ADDRESS)

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", away)
        assert send_answers() == 0
    assert ADDRESS not in caplog.text
    assert send_answers() == 1
    assert len(mail.outbox) == 1


def test_without_an_address_nothing_is_sent(curator: Client) -> None:
    appeal = Appeal.objects.create(what="No trial at all is right.")
    assert curator.post(path(appeal), {"answer": "Thank you."}).status_code == 302
    assert send_answers() == 0
    assert mail.outbox == []


def test_the_second_to_answer_sees_the_first(curator: Client, appeal: Appeal) -> None:
    curator.post(path(appeal), {"answer": "First."})
    answer = signed_in_as("admin").post(path(appeal), {"answer": "Second, which is not lost."})
    assert answer.status_code == 409
    assert b"curator@example.org has answered" in answer.content
    assert b"Second, which is not lost." in answer.content
    appeal.refresh_from_db()
    assert appeal.answer == "First."


def test_the_address_is_shown_on_no_page(curator: Client, appeal: Appeal) -> None:
    for page in (path(appeal), "/desk/curation/appeal/", "/desk/curation/appeal/?q=reader", "/desk/"):
        assert ADDRESS.encode() not in curator.get(page).content


@pytest.mark.parametrize("text", ["", "  ", "x" * 5001, "NUL \x00"])
def test_an_answer_that_is_none(curator: Client, appeal: Appeal, text: str) -> None:
    assert curator.post(path(appeal), {"answer": text}).status_code == 422
    appeal.refresh_from_db()
    assert appeal.answered_at is None


@pytest.mark.parametrize("number", ["0", "999999", "9" * 40])
def test_there_is_no_such_appeal(curator: Client, number: str) -> None:
    assert curator.get(f"/desk/appeals/{number}/").status_code == 404


def test_viewers_read_and_answer_nothing(appeal: Appeal) -> None:
    viewer = signed_in_as("viewer")
    page = viewer.get(path(appeal))
    assert page.status_code == 200
    assert b"<textarea" not in page.content
    assert viewer.post(path(appeal), {"answer": "Yes."}).status_code == 403
    assert Client().get(path(appeal)).status_code == 302


def test_the_table_leads_to_the_page(curator: Client, appeal: Appeal) -> None:
    assert f'href="{path(appeal)}"'.encode() in curator.get("/desk/curation/appeal/").content
    assert ADDRESS.encode() not in curator.get(f"/desk/curation/appeal/{appeal.pk}/change/").content
    assert waiting_on_the_desk(curator)["Appeals against a decision"] == 1
