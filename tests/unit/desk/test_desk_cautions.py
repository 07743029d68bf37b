"""Cautions at the desk: staff see them all, and it takes two leads to show a kind to readers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from apps.curation.models import AuditEntry
from apps.curation.services import propose_caution
from apps.ingest.services import sync
from apps.search.cautions import public_cautions
from apps.vocabulary.cautions import CAUTIONS
from tests.factories.cautions import show_cautions
from tests.factories.studies import encoded, study
from tests.unit.desk.conftest import waiting_on_the_desk

pytestmark = pytest.mark.django_db

KINDS = "/desk/search/cautionkind/"
MSC = "NCT90000001"


def switch(client: Client, action: str, *kinds: str) -> Any:
    client.get(KINDS)
    return client.post(KINDS, {"action": action, "_selected_action": list(kinds)}, follow=True)


def test_every_kind_stands_there_switched_off(signed_in: Callable) -> None:
    page = BeautifulSoup(signed_in("admin").get(KINDS).content, "html.parser")
    assert {row.get_text(strip=True) for row in page.select(".field-slug")} == set(CAUTIONS)
    assert public_cautions() == frozenset()


def test_one_proposes_and_another_confirms(signed_in: Callable) -> None:
    first, second = signed_in("lead"), signed_in("admin")
    answer = switch(first, "propose", "not-updated", "no-results")
    assert "2 kinds proposed" in answer.content.decode()
    assert public_cautions() == frozenset()
    assert waiting_on_the_desk(second)["Cautions to confirm, by a second person"] == 2
    assert "lead@example.org" in second.get(KINDS).content.decode()

    answer = switch(first, "confirm", "not-updated").content.decode()
    assert "It takes a second person" in answer
    assert public_cautions() == frozenset()

    assert "Readers now see 1 kind more" in switch(second, "confirm", "not-updated").content.decode()
    assert public_cautions() == {"not-updated"}
    assert "1 proposal withdrawn" in switch(second, "withdraw", "no-results").content.decode()
    assert "was confirmed or withdrawn" in switch(second, "confirm", "no-results").content.decode()

    assert "Readers no longer see 1 kind" in switch(first, "hide_from_readers", "not-updated").content.decode()
    assert public_cautions() == frozenset()
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "by")) == [
        ("proposed", "lead@example.org"),
        ("proposed", "lead@example.org"),
        ("confirmed", "admin@example.org"),
        ("withdrawn", "admin@example.org"),
        ("decided", "lead@example.org"),
    ]


def test_what_cannot_be_done_does_not_stop_the_rest(signed_in: Callable) -> None:
    first, second = signed_in("lead"), signed_in("admin")
    switch(first, "propose", "not-updated")
    page = switch(second, "propose", "not-updated", "no-results").content.decode()
    assert "was proposed by lead@example.org" in page
    assert "1 kind proposed" in page


@pytest.mark.parametrize("role", ["viewer", "curator", ""])
@pytest.mark.parametrize("action", ["propose", "confirm", "withdraw", "hide_from_readers"])
def test_nobody_else_can(role: str, action: str, signed_in: Callable) -> None:
    client = signed_in(role) if role else Client()
    signed_in("lead").get(KINDS)
    show_cautions("no-results")
    propose_caution(kind="not-updated", by="somebody@example.org")
    lines = AuditEntry.objects.count()
    switch(client, action, "not-updated", "no-results", "registered-late")
    assert public_cautions() == {"no-results"}
    assert AuditEntry.objects.count() == lines


@pytest.mark.parametrize("nonsense", ["bad-people", "<script>", "' OR 1=1", "\x00", "", "x" * 5000, "\udce9"])
def test_nonsense_switches_nothing(nonsense: str, signed_in: Callable) -> None:
    client = signed_in("lead")
    sent = nonsense.encode(errors="surrogateescape")
    client.get(KINDS)
    for told in ({"action": "propose", "_selected_action": sent}, {"action": sent, "_selected_action": "not-updated"}):
        assert client.post(KINDS, told, follow=True).status_code in {200, 400}
    assert public_cautions() == frozenset()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "curator"])
def test_staff_see_every_caution_with_its_words_whatever_is_on(role: str, signed_in: Callable, tmp_path: Path) -> None:
    summary = "protocolSection.descriptionModule.briefSummary"
    told = {summary: "This is a patient funded trial."}
    (tmp_path / f"{MSC}.json").write_bytes(encoded(study(MSC, told, updated="2999-01-01")))
    sync(replay=tmp_path)
    page = BeautifulSoup(signed_in(role).get(f"/desk/trials/{MSC}/").content, "html.parser")
    text = page.select_one("section[aria-labelledby=cautions]").get_text(" ", strip=True)
    assert str(CAUTIONS["fee-mentioned"]) in text
    assert "This is a patient funded trial." in text
    assert "switched off" in text
    assert "It will hold from 1 January 3001 on." in text
