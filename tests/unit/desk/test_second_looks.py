"""Fields that two curators read, the second blind: nothing of the first is shown, and disagreements wait."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.services import create_curator
from apps.curation.models import AuditEntry, SecondLook, StudyOverride
from apps.curation.queues import waiting
from apps.curation.second_looks import NothingToLookAt, agreement_by_field, look
from apps.ingest.services import sync
from apps.search.models import StudyDocument
from tests.factories.studies import study

pytestmark = pytest.mark.django_db

IDS = ONE, TWO, THREE = "NCT90000001", "NCT90000002", "NCT90000003"
ADA, BEA = "curator@example.org", "bea@example.org"
SECOND = f"/desk/trials/{ONE}/source/second/"


@pytest.fixture(autouse=True)
def trials(tmp_path: Path, settings: Any) -> None:
    settings.SECOND_LOOK_SHARE = 1
    for nct_id in IDS:
        (tmp_path / f"{nct_id}.json").write_text(json.dumps(study(nct_id)))
    sync(replay=tmp_path)
    StudyDocument.objects.update(doubts=["source"])


@pytest.fixture
def ada(signed_in: Callable) -> Client:
    return signed_in("curator")


@pytest.fixture
def bea() -> Client:
    client = Client()
    client.force_login(create_curator(BEA, "curator"))
    return client


def decide(client: Client, nct_id: str = ONE, field: str = "source", values: str = "adipose", **told: Any) -> Any:
    given = {"values": values, "reason": "Zebra in the arms.", "version": 0, "do": "decide"} | told
    answer = client.post(f"/desk/trials/{nct_id}/{field}/", given)
    assert answer.status_code == 302
    return answer


def give(client: Client, nct_id: str = ONE, values: str = "adipose", **told: Any) -> Any:
    given = {"values": values, "reason": "I read it so.", "version": 0, "queue": "second"} | told
    return client.post(f"/desk/trials/{nct_id}/source/second/", given)


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_first_decision_is_published_at_once_and_hidden_from_the_second(
    ada: Client, bea: Client, signed_in: Callable
) -> None:
    decide(ada)
    assert StudyDocument.objects.get(pk=ONE).card["source"] == ["adipose"]
    assert [item["nct_id"] for item in waiting("second", viewer=BEA)] == [ONE]
    assert waiting("second", viewer=ADA) == []
    override, entry = StudyOverride.objects.get(), AuditEntry.objects.get()
    addresses = (
        "/desk/queue/second/",
        f"/desk/trials/{ONE}/",
        f"/desk/trials/{ONE}/?queue=second",
        SECOND,
        "/desk/search/?q=zebra",
        "/desk/curation/auditentry/",
        "/desk/curation/studyoverride/",
    )
    for address in addresses:
        shown = page(bea, address)
        assert "Zebra" not in shown, address
        content = BeautifulSoup(shown, "html.parser").select_one("#content")
        for label in content.select("form label"):
            label.decompose()  # the values that can be chosen
        assert "Fat tissue" not in content.get_text(), address
        assert not content.select("[value=adipose][checked]"), address
    for address in (
        f"/desk/curation/auditentry/{entry.pk}/change/",
        f"/desk/curation/studyoverride/{override.pk}/change/",
    ):
        assert bea.get(address).status_code == 302
        assert "Zebra" in page(ada, address)
    answer = bea.get(f"/desk/trials/{ONE}/source/?queue=second")
    assert answer["Location"] == f"{SECOND}?queue=second"
    assert (
        bea.post(f"/desk/trials/{ONE}/source/", {"values": "adipose", "reason": "x", "version": 0}).status_code == 302
    )
    assert StudyOverride.objects.get().by == ADA
    # Who cannot decide looks at everything.
    assert "Zebra" in page(signed_in("viewer"), f"/desk/trials/{ONE}/")
    give(bea)
    assert "Zebra" in page(bea, f"/desk/trials/{ONE}/")
    assert "Fat tissue" in page(bea, f"/desk/trials/{ONE}/")
    assert "Zebra" in page(bea, "/desk/search/?q=zebra")


def test_one_press_accepts_the_reading_and_leads_on(ada: Client, bea: Client) -> None:
    for nct_id in (ONE, TWO):
        decide(ada, nct_id, values="bone-marrow")
    form = BeautifulSoup(page(bea, f"/desk/trials/{ONE}/?queue=second"), "html.parser")
    form = form.select_one("button[autofocus]").find_parent("form")
    assert form["action"] == SECOND
    told: dict[str, Any] = {}
    for item in form.select("input[type=hidden]"):
        told.setdefault(item["name"], []).append(item.get("value", ""))
    answer = bea.post(form["action"], told)
    assert answer["Location"] == f"/desk/trials/{TWO}/?queue=second"
    given = SecondLook.objects.get(nct_id=ONE)
    assert (given.agreed, given.second_by, given.second_values) == (True, BEA, ["bone-marrow"])
    assert AuditEntry.objects.filter(action="second-look", by=BEA, nct_id=ONE, after=["bone-marrow"]).count() == 1
    assert waiting("disagreed") == []


def test_a_disagreement_waits_until_somebody_decides(ada: Client, bea: Client) -> None:
    decide(ada)
    told = give(bea, values="umbilical-cord")
    assert told.status_code == 302
    assert StudyDocument.objects.get(pk=ONE).card["source"] == ["adipose"]
    assert [item["fields"] for item in waiting("disagreed")] == [["source"]]
    shown = page(ada, f"/desk/trials/{ONE}/?queue=disagreed")
    for words in (ADA, BEA, "I read it so.", "Zebra", "Keep the decision"):
        assert words in shown
    assert "The record has changed under this decision" not in shown
    decide(ada, version=StudyOverride.objects.get().version, queue="disagreed")
    assert waiting("disagreed") == []
    assert SecondLook.objects.get().settled_at is not None
    # It is read twice once: the figure stays that of the first two readings.
    assert [(field, told.n, told.agreed) for field, told in agreement_by_field()] == [("source", 1, 0)]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"values": "gold"}, "gold"),
        ({"reason": " "}, "Give the reason"),
        ({"reason": "x\x00"}, "Null characters"),
        ({"reason": "x" * 1001}, "at most 1000"),
        ({"version": "x"}, "whole number"),
    ],
)
def test_nonsense_is_refused_and_shows_nothing(ada: Client, bea: Client, told: dict[str, str], words: str) -> None:
    decide(ada)
    answer = give(bea, **told)
    assert answer.status_code == 422
    if "version" not in told:
        assert words in answer.content.decode()
    assert "Zebra" not in answer.content.decode()
    assert SecondLook.objects.get().second_at is None


def test_who_may_look(ada: Client, bea: Client, signed_in: Callable) -> None:
    decide(ada)
    give(ada)
    assert SecondLook.objects.get().second_at is None
    assert "No second look of yours" in ada.get(SECOND, follow=True).content.decode()
    assert give(signed_in("viewer")).status_code == 403
    assert give(Client()).status_code == 302
    for address in (f"/desk/trials/{ONE}/colour/second/", "/desk/trials/NCT99999999/source/second/"):
        assert bea.get(address).status_code == 404
    assert bea.get(f"/desk/trials/{TWO}/source/second/").status_code == 302
    assert SecondLook.objects.get().second_at is None


def test_what_is_read_twice(ada: Client, settings: Any) -> None:
    decide(ada, TWO, "disease", "type-1-diabetes")  # waits in no queue
    decide(ada, TWO, "plain_title", "In plain words")
    assert not SecondLook.objects.exists()
    settings.SECOND_LOOK_SHARE = 0
    decide(ada, TWO)
    assert not SecondLook.objects.exists()
    settings.SECOND_LOOK_SHARE = 1
    decide(ada, ONE)
    version = StudyOverride.objects.get(nct_id=ONE).version
    decide(ada, ONE, version=version, do="clear")
    # What was taken back before anybody looked is not asked for any more.
    assert not SecondLook.objects.exists()


def test_the_figures(ada: Client, bea: Client) -> None:
    assert "Nothing has been read twice yet." in page(ada, "/desk/agreement/")
    for nct_id, value in zip(IDS, ("adipose", "bone-marrow", "adipose"), strict=True):
        decide(ada, nct_id, values=value)
    for nct_id, value in zip(IDS, ("adipose", "bone-marrow", "bone-marrow"), strict=True):
        give(bea, nct_id, values=value)
    shown = BeautifulSoup(page(ada, "/desk/agreement/"), "html.parser")
    cells = [cell.get_text(" ", strip=True) for cell in shown.select("tbody tr td")]
    # po = 2/3; pe = (2*1 + 1*2) / 9 = 4/9.
    assert [cell.split()[-1] for cell in cells] == ["3", "2", "%", "0.40"]
    assert "66.7" in cells[2]
    assert "10.1177/001316446002000104" in shown.get_text()
    assert Client().get("/desk/agreement/").status_code == 302


def test_pages_cost_the_same_for_few_and_many(ada: Client, bea: Client) -> None:
    document, costs = StudyDocument.objects.get(pk=TWO), []
    addresses = ("/desk/queue/second/", "/desk/queue/disagreed/", "/desk/agreement/", "/desk/")
    for address in addresses:
        page(bea, address)  # what a process asks for once is asked for
    for number in (5, 50):
        for place in range(number):
            document.pk = f"NCT8000{place:04}"
            document.save(force_insert=not StudyDocument.objects.filter(pk=document.pk).exists())
            told = {"first_by": ADA, "first_values": ["adipose"], "first_entry": 1, "second_at": None}
            SecondLook.objects.update_or_create(nct_id=document.pk, field="source", defaults=told)
            seen = {"second_by": BEA, "second_values": ["x"], "second_at": "2026-01-01T00:00Z", "agreed": False}
            SecondLook.objects.update_or_create(nct_id=document.pk, field="donor", defaults=told | seen)
        for address in addresses:
            with CaptureQueriesContext(connection) as asked:
                page(bea, address)
            costs.append(len(asked))
    assert costs[:4] == costs[4:]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_look_counts(ada: Client) -> None:
    decide(ada)
    gate, ended = threading.Barrier(2), []

    def run(by: str) -> None:
        gate.wait()
        try:
            ended.append(look(nct_id=ONE, field="source", values=["adipose"], reason="So.", by=by))
        except NothingToLookAt as error:
            ended.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[by]) for by in ("bea", "cid")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(item).__name__ for item in ended) == ["NothingToLookAt", "SecondLook"]
    assert AuditEntry.objects.filter(action="second-look").count() == 1
