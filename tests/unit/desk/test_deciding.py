"""The desk's queues and the form of a decision: who may, what nonsense gets, and that nobody overwrites anybody."""

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

from apps.curation.models import AuditEntry, StudyOverride
from apps.curation.queues import QUEUES, waiting
from apps.desk import deciding
from apps.ingest.services import sync
from apps.search.models import StudyDocument
from tests.factories.studies import study

pytestmark = pytest.mark.django_db

MSC, DOUBT, REVIEW = "NCT90000001", "NCT90000002", "NCT90000003"
TITLE = "protocolSection.identificationModule.briefTitle"
OFFICIAL = "protocolSection.identificationModule.officialTitle"
CONDITIONS = "protocolSection.conditionsModule.conditions"
NMO = {
    CONDITIONS: ["Neuromyelitis Optica"],
    TITLE: "Mesenchymal stem cells in neuromyelitis optica",
    OFFICIAL: "Mesenchymal stem cells in neuromyelitis optica",
    "derivedSection.conditionBrowseModule": None,
}
FORM = f"/desk/trials/{MSC}/disease/"


@pytest.fixture(autouse=True)
def trials(tmp_path: Path) -> None:
    for nct_id, changes in ((MSC, {}), (DOUBT, {}), (REVIEW, NMO)):
        (tmp_path / f"{nct_id}.json").write_text(json.dumps(study(nct_id, changes)))
    sync(replay=tmp_path)
    StudyDocument.objects.filter(pk=DOUBT).update(doubts=["source"])


def decision(**told: Any) -> dict[str, Any]:
    return {"values": "rheumatoid-arthritis", "reason": "The arms say so.", "version": 0, "do": "decide"} | told


def test_the_fixture_has_one_of_each() -> None:
    assert [item["nct_id"] for item in waiting("review")] == [REVIEW]
    assert [(item["nct_id"], item["fields"]) for item in waiting("doubtful")] == [(DOUBT, ["source"])]


@pytest.mark.parametrize(
    ("role", "sees", "decides"), [("viewer", 200, 403), ("curator", 200, 302), ("admin", 200, 302), ("", 302, 302)]
)
def test_who_may_see_and_who_may_decide(role: str, sees: int, decides: int, signed_in: Callable) -> None:
    client = signed_in(role) if role else Client()
    for address in ("/desk/queue/review/", f"/desk/trials/{MSC}/"):
        assert client.get(address).status_code == sees
    assert client.post(FORM, decision()).status_code == decides
    assert StudyOverride.objects.exists() == (role in {"curator", "admin"})


@pytest.mark.parametrize(
    "address",
    [
        "/desk/queue/colour/",
        "/desk/trials/NCT99999999/",
        "/desk/trials/nct1/",
        "/desk/trials/%00/",
        f"/desk/trials/{MSC}/colour/",
        f"/desk/trials/{MSC}/near_miss/",
        "/desk/trials/NOPE/disease/",
    ],
)
def test_what_is_not_there_is_not_found(address: str, signed_in: Callable) -> None:
    assert signed_in("curator").get(address).status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999", "%00"])
def test_a_page_of_nonsense_is_a_page(page: str, signed_in: Callable) -> None:
    assert signed_in("curator").get(f"/desk/queue/review/?page={page}").status_code == 200


def test_a_decision_is_published_and_stands_in_the_log(signed_in: Callable) -> None:
    client = signed_in("curator")
    assert client.post(FORM, decision(source="https://example.org/paper")).status_code == 302
    assert StudyDocument.objects.get(pk=MSC).diseases == ["rheumatoid-arthritis"]
    entry = AuditEntry.objects.get()
    assert (entry.by, entry.reason, entry.after) == (
        "curator@example.org",
        "The arms say so.",
        ["rheumatoid-arthritis"],
    )
    page = client.get(f"/desk/trials/{MSC}/").content.decode()
    assert "curator@example.org" in page
    public = BeautifulSoup(client.get(f"/trials/{MSC}/").content, "html.parser").select_one("#decided").get_text(" ")
    for words in ("Rheumatoid arthritis", "Multiple sclerosis", "The arms say so.", "https://example.org/paper"):
        assert words in public
    assert "curator@example.org" not in public


@pytest.mark.parametrize(
    ("nonsense", "told"),
    [
        ({"values": "asthma"}, "asthma"),
        ({"reason": " "}, "Give the reason"),
        ({"reason": "x" * 1001}, "at most 1000"),
        ({"source": "x" * 2001}, "at most 2000"),
        ({"version": "-1"}, "greater than or equal to 0"),
        ({"version": "x"}, "whole number"),
        ({"version": ""}, "required"),
        ({"do": "burn"}, ""),
    ],
)
def test_nonsense_is_refused_and_what_was_typed_comes_back(
    nonsense: dict[str, Any], told: str, signed_in: Callable
) -> None:
    answer = signed_in("curator").post(FORM, decision(**{"source": "Page 4"} | nonsense))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert told in page
    assert ("Page 4" in page) or "source" in nonsense
    assert not StudyOverride.objects.exists()


def test_open_values_are_typed_a_line_each(signed_in: Callable) -> None:
    client = signed_in("curator")
    address = f"/desk/trials/{MSC}/dose/"
    assert client.post(address, decision(values="1e6/kg\n2e6/kg\n")).status_code == 302
    assert StudyDocument.objects.get(pk=MSC).card["dose"] == ["1e6/kg", "2e6/kg"]
    assert client.post(address, decision(values="a lot", version=1)).status_code in {409, 422}
    assert "1e6/kg\n2e6/kg" in client.get(address).content.decode().replace("\r", "")


def test_the_second_of_two_sees_what_the_first_did(signed_in: Callable) -> None:
    first, second = signed_in("curator"), signed_in("admin")
    first.post(FORM, decision())
    answer = second.post(FORM, decision(values="type-1-diabetes", reason="I read it otherwise."))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "curator@example.org has decided since" in page
    assert "I read it otherwise." in page
    assert StudyDocument.objects.get(pk=MSC).diseases == ["rheumatoid-arthritis"]
    # Sent once more, with the other's decision seen.
    version = BeautifulSoup(page, "html.parser").select_one("[name=version]")["value"]
    again = second.post(FORM, decision(values="type-1-diabetes", reason="I read it otherwise.", version=version))
    assert again.status_code == 302
    assert StudyDocument.objects.get(pk=MSC).diseases == ["type-1-diabetes"]


def test_a_sync_between_form_and_decision_is_not_published_away(
    signed_in: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = deciding.study_of

    def read_and_overtaken(nct_id: str) -> Any:
        read = real(nct_id)
        (tmp_path / f"{MSC}.json").write_text(json.dumps(study(MSC, {TITLE: "A newer title of MSC in MS"})))
        sync(replay=tmp_path)
        return read

    monkeypatch.setattr(deciding, "study_of", read_and_overtaken)
    assert signed_in("curator").post(FORM, decision()).status_code == 302
    published = StudyDocument.objects.get(pk=MSC)
    assert (published.title, published.diseases) == ("A newer title of MSC in MS", ["rheumatoid-arthritis"])


def test_taken_back(signed_in: Callable) -> None:
    client = signed_in("curator")
    client.post(FORM, decision())
    version = StudyOverride.objects.get().version
    assert client.post(FORM, decision(do="clear", version=version, reason="My mistake.")).status_code == 302
    assert StudyDocument.objects.get(pk=MSC).diseases == ["multiple-sclerosis"]
    assert not StudyOverride.objects.exists()


def test_accept_and_next_is_one_press(signed_in: Callable) -> None:
    """The button has the focus: Enter accepts, and leads on."""
    client = signed_in("curator")
    page = BeautifulSoup(client.get(f"/desk/trials/{DOUBT}/?queue=doubtful").content, "html.parser")
    [button] = page.select("button[autofocus]")
    form = button.find_parent("form")
    sent = [(item["name"], item["value"]) for item in form.select("input[type=hidden]")]
    data: dict[str, Any] = {}
    for name, value in sent:
        data.setdefault(name, []).append(value)
    answer = client.post(form["action"], data)
    assert answer.status_code == 302
    assert StudyOverride.objects.get(nct_id=DOUBT, field="source").standing == "agreed"
    assert StudyDocument.objects.get(pk=DOUBT).doubts == []
    assert waiting("doubtful") == []
    assert answer["Location"] == "/desk/queue/doubtful/"


def test_a_scope_decided_leaves_the_queue_and_reaches_the_list(signed_in: Callable) -> None:
    client = signed_in("curator")
    address = f"/desk/trials/{REVIEW}/scope/"
    assert client.get(f"{address}?queue=review").status_code == 200
    assert client.post(address, decision(values="in_scope", queue="review")).status_code == 302
    assert waiting("review") == []
    assert REVIEW in client.get("/trials/").content.decode()


@pytest.mark.parametrize("kind", list(QUEUES))
def test_pages_cost_the_same_for_few_and_many(kind: str, signed_in: Callable) -> None:
    client = signed_in("curator")
    costs = []
    for number in (1, 3):
        if number == 3:
            StudyDocument.objects.update(doubts=["source"])
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/desk/queue/{kind}/").status_code == 200
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 10
