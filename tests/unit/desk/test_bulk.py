"""One decision for several trials of a queue: chosen, previewed, taken, undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.curation.models import AuditEntry, Batch, Claim, StudyOverride
from apps.curation.teamwork import claim
from apps.ingest.services import sync
from apps.search.models import StudyDocument
from tests.factories.studies import study

pytestmark = pytest.mark.django_db

IDS = ONE, TWO, THREE = "NCT90000001", "NCT90000002", "NCT90000003"
ADA = "curator@example.org"


@pytest.fixture(autouse=True)
def trials(tmp_path: Path) -> None:
    for nct_id in IDS:
        (tmp_path / f"{nct_id}.json").write_text(json.dumps(study(nct_id)))
    sync(replay=tmp_path)
    StudyDocument.objects.update(doubts=["source"])


@pytest.fixture
def ada(signed_in: Callable) -> Client:
    return signed_in("curator")


def ask(client: Client, ids: tuple[str, ...] = IDS, **told: Any) -> Any:
    given = {"nct_id": ids, "field": "source", "how": "accept", "queue": "doubtful", "reason": "So.", "version": 0}
    return client.post("/desk/bulk/", given | told)


def test_from_the_queue_to_the_undone_batch(ada: Client) -> None:
    queue = BeautifulSoup(ada.get("/desk/queue/doubtful/?disease=multiple-sclerosis").content, "html.parser")
    form = queue.select_one('form[action="/desk/bulk/"]')
    assert [box["value"] for box in form.select("[name=nct_id]")] == list(IDS)
    assert form.select_one("[name=field] [selected]")["value"] == "source"
    chosen = {"nct_id": [ONE, THREE], "field": "source", "how": "accept", "queue": "doubtful"}
    asked = BeautifulSoup(ada.get("/desk/bulk/", chosen).content, "html.parser")
    assert asked.select_one("[name=reason]")["value"] == "A curator looked at the record and agrees with the reading."
    assert asked.select_one("[name=values]") is None
    claim(nct_id=ONE, by=ADA)
    claim(nct_id=THREE, by="bea")
    number = int(ask(ada, (ONE, THREE))["Location"].split("/")[-2])
    assert not AuditEntry.objects.exists()
    page = ada.get(f"/desk/batches/{number}/").content.decode()
    assert "bea is working on this trial." in page
    assert page.count("Bone marrow") == 4  # before and after of each
    ada.post(f"/desk/batches/{number}/confirm/")
    entries = AuditEntry.objects.order_by("pk")
    assert [(entry.nct_id, entry.action, entry.batch, entry.reason) for entry in entries] == [
        (ONE, "decided", number, "So."),
        (THREE, "decided", number, "So."),
    ]
    assert [item.by for item in Claim.objects.all()] == ["bea"]
    ada.post(f"/desk/batches/{number}/undo/")
    assert not StudyOverride.objects.exists()
    assert AuditEntry.objects.filter(batch=number).count() == 4


def test_a_value_is_set(ada: Client) -> None:
    page = ada.get("/desk/bulk/", {"nct_id": IDS, "field": "disease", "how": "set"}).content.decode()
    assert 'value="rheumatoid-arthritis"' in page
    number = Batch.objects.get(
        pk=int(ask(ada, field="disease", how="set", values=["rheumatoid-arthritis"])["Location"].split("/")[-2])
    )
    assert number.counts["new"] == 3
    ada.post(f"/desk/batches/{number.pk}/confirm/")
    assert {tuple(item.diseases) for item in StudyDocument.objects.all()} == {("rheumatoid-arthritis",)}
    # Asked once more it changes nothing; what is published can be kept with another reason.
    ask(ada, field="disease", how="set", values=["rheumatoid-arthritis"])
    assert Batch.objects.latest("pk").counts["unchanged"] == 3
    ask(ada, (TWO,), field="disease", how="keep", reason="Looked at again.")
    [row] = Batch.objects.latest("pk").rows
    assert (row["kind"], row["values"], row["version"] > 0) == ("changed", ["rheumatoid-arthritis"], True)
    ask(ada, (TWO,), field="disease", how="accept")
    assert Batch.objects.latest("pk").rows[0]["values"] == ["multiple-sclerosis"]


@pytest.mark.parametrize(
    "told",
    [
        {"nct_id": []},
        {"nct_id": ["\x00", "nct1", "NCT9", "'; DROP TABLE x; --"]},
        {"nct_id": [f"NCT{number:08}" for number in range(1, 502)]},
        {"field": "colour"},
        {"field": "summary"},
        {"how": "burn"},
        {"how": ""},
        {"field": "", "queue": "x"},
    ],
)
def test_nonsense_leads_back_with_a_word(ada: Client, told: dict[str, Any]) -> None:
    for answer in (
        ask(ada, **told),
        ada.get("/desk/bulk/", {"nct_id": IDS, "field": "source", "how": "accept"} | told),
    ):
        assert answer.status_code == 302
    assert "Choose trials, a field, and what to do with it." in ada.get("/desk/").content.decode()
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"reason": " "}, "Give the reason"),
        ({"reason": "x" * 1001}, "at most 1000"),
        ({"how": "set", "values": ["red"]}, "red"),
        ({"how": "set", "field": "scope", "values": ""}, "Choose one"),
        ({"how": "set", "field": "dose", "values": "a lot"}, "cannot be read"),
    ],
)
def test_what_is_refused_comes_back(ada: Client, told: dict[str, Any], words: str) -> None:
    answer = ask(ada, **told)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert answer.content.decode().count('name="nct_id"') == 3
    assert not Batch.objects.exists()


def test_an_unknown_trial_is_a_refused_row(ada: Client) -> None:
    ask(ada, ("NCT99999999", ONE))
    assert {kind: number for kind, number in Batch.objects.get().counts.items() if number} == {"new": 1, "refused": 1}


def test_who_may(signed_in: Callable) -> None:
    viewer = signed_in("viewer")
    assert ask(viewer).status_code == 403
    assert 'name="nct_id"' not in viewer.get("/desk/queue/doubtful/").content.decode()
    assert ask(Client()).status_code == 302
    assert not Batch.objects.exists()


def test_a_preview_costs_the_same_for_few_and_many(ada: Client) -> None:
    costs = []
    for ids in ((ONE,), IDS):
        with CaptureQueriesContext(connection) as asked:
            number = ask(ada, ids)["Location"]
            assert ada.get(number).status_code == 200
        costs.append(len(asked))
    assert costs[0] == costs[1]
