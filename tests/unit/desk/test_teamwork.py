"""Several curators at one desk: notes, claims, filters, the search; nonsense in each, and two at the same moment."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.services import create_curator
from apps.curation.models import AuditEntry, Claim, Note, SavedFilter
from apps.curation.queues import EVERYTHING, first_waiting, found, live_claims
from apps.curation.teamwork import MOST_FILTERS, NOTE_LENGTH, Taken, claim, claim_next, save_filter
from apps.ingest.services import sync
from apps.search.models import StudyDocument
from tests.factories.studies import study

pytestmark = pytest.mark.django_db

IDS = ONE, TWO, THREE = "NCT90000001", "NCT90000002", "NCT90000003"
ADA, BEA = "curator@example.org", "bea@example.org"
LUPUS = {
    "protocolSection.conditionsModule.conditions": ["Systemic Lupus Erythematosus"],
    "protocolSection.identificationModule.briefTitle": "MSC in lupus",
    "protocolSection.identificationModule.officialTitle": "MSC in lupus",
    "derivedSection.conditionBrowseModule": None,
    "protocolSection.statusModule.overallStatus": "COMPLETED",
}


@pytest.fixture(autouse=True)
def trials(tmp_path: Path) -> None:
    for nct_id in IDS:
        (tmp_path / f"{nct_id}.json").write_text(json.dumps(study(nct_id, LUPUS if nct_id == THREE else {})))
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


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def accept(client: Client, nct_id: str, **told: Any) -> Any:
    given = {"values": "bone-marrow", "reason": "So.", "version": 0, "queue": "doubtful"} | told
    return client.post(f"/desk/trials/{nct_id}/source/", given)


class TestNotes:
    def test_a_note_is_shown_to_curators_and_to_nobody_else(self, ada: Client, signed_in: Callable) -> None:
        answer = ada.post(
            f"/desk/trials/{ONE}/notes/", {"text": " <b>Ask</b> Dr Nobody.\n\nTwice. ", "queue": "doubtful"}
        )
        assert answer["Location"] == f"/desk/trials/{ONE}/?queue=doubtful#notes"
        shown = BeautifulSoup(page(signed_in("viewer"), f"/desk/trials/{ONE}/"), "html.parser").select_one(
            ".desk-notes"
        )
        assert "<b>Ask</b> Dr Nobody." in shown.get_text()
        assert ADA in shown.get_text()
        for address in (f"/trials/{ONE}/", f"/api/v1/studies/{ONE}/", "/decisions/"):
            assert "Dr Nobody" not in page(Client(), address)

    @pytest.mark.parametrize(
        ("text", "told"),
        [("", "Write the note first"), (" \x00 ", "Write"), ("x" * (NOTE_LENGTH + 1), "No longer than 4000")],
    )
    def test_a_refused_note_comes_back(self, ada: Client, text: str, told: str) -> None:
        answer = ada.post(f"/desk/trials/{ONE}/notes/", {"text": text})
        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert text.replace("\x00", "�").strip() in answer.content.decode().replace("\x00", "�")
        assert not Note.objects.exists()

    def test_who_may_and_where(self, ada: Client, signed_in: Callable) -> None:
        assert signed_in("viewer").post(f"/desk/trials/{ONE}/notes/", {"text": "x"}).status_code == 403
        assert Client().post(f"/desk/trials/{ONE}/notes/", {"text": "x"}).status_code == 302
        for nct_id in ("NCT99999999", "nct1", "%00"):
            assert ada.post(f"/desk/trials/{nct_id}/notes/", {"text": "x"}).status_code == 404
        assert not Note.objects.exists()

    def test_nobody_changes_it(self, ada: Client) -> None:
        ada.post(f"/desk/trials/{ONE}/notes/", {"text": "x"})
        for statement in ("UPDATE curation_note SET text = 'y'", "DELETE FROM curation_note"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


class TestClaims:
    def test_another_sees_it_and_takes_over_on_purpose(self, ada: Client, bea: Client) -> None:
        ada.post(f"/desk/trials/{ONE}/claim/")
        assert "You are working on this trial." in page(ada, f"/desk/trials/{ONE}/")
        seen = page(bea, f"/desk/trials/{ONE}/?queue=doubtful")
        assert f"{ADA} is working on this trial." in seen
        assert "autofocus" not in seen
        assert ADA in page(bea, "/desk/queue/doubtful/")
        assert f"{ADA} is working on this trial." in page(bea, f"/desk/trials/{ONE}/source/")
        told = bea.post(f"/desk/trials/{ONE}/claim/", follow=True).content.decode()
        assert "Take it over if you mean to." in told
        assert Claim.objects.get().by == ADA
        bea.post(f"/desk/trials/{ONE}/claim/", {"over": ADA})
        assert Claim.objects.get().by == BEA
        # Ada, whose page is old by now, does not get it back by chance.
        assert "is working on" in ada.post(f"/desk/trials/{ONE}/claim/", {"over": "cid"}, follow=True).content.decode()

    def test_next_passes_over_what_others_are_at_and_claims(self, ada: Client, bea: Client) -> None:
        assert first_waiting("doubtful", ADA) == ONE
        bea.post(f"/desk/trials/{TWO}/claim/")
        answer = accept(ada, ONE)
        assert answer["Location"] == f"/desk/trials/{THREE}/?queue=doubtful"
        assert {item.nct_id: item.by for item in Claim.objects.all()} == {TWO: BEA, THREE: ADA}
        assert accept(ada, THREE)["Location"] == "/desk/queue/doubtful/"
        assert [item.nct_id for item in Claim.objects.all()] == [TWO]

    def test_it_ends_after_two_hours_without_action(self, ada: Client, bea: Client) -> None:
        ada.post(f"/desk/trials/{ONE}/claim/")
        assert timezone.now() + dt.timedelta(minutes=119) < Claim.objects.get().until
        Claim.objects.update(until=timezone.now() - dt.timedelta(seconds=1))
        assert "Nobody is working on this trial." in page(bea, f"/desk/trials/{ONE}/")
        assert first_waiting("doubtful", BEA) == ONE
        bea.post(f"/desk/trials/{ONE}/claim/")
        assert Claim.objects.get().by == BEA

    def test_a_decision_ends_it_unless_more_is_asked(self, ada: Client) -> None:
        StudyDocument.objects.filter(pk=ONE).update(doubts=["source", "donor"])
        ada.post(f"/desk/trials/{ONE}/claim/")
        soon = timezone.now() + dt.timedelta(minutes=1)
        Claim.objects.update(until=soon)
        answer = ada.post(f"/desk/trials/{ONE}/plain_title/", {"values": "x", "reason": "So.", "version": 0})
        assert answer.status_code == 302
        # Publishing wrote the doubts that the rules have; the study may have left the queue with them.
        waits = StudyDocument.objects.get(pk=ONE).doubts != []
        assert Claim.objects.filter(until__gt=soon).exists() == waits
        assert Claim.objects.exists() == waits

    def test_a_note_is_action(self, ada: Client, bea: Client) -> None:
        ada.post(f"/desk/trials/{ONE}/claim/")
        soon = timezone.now() + dt.timedelta(minutes=1)
        Claim.objects.update(until=soon)
        bea.post(f"/desk/trials/{ONE}/notes/", {"text": "x"})
        assert Claim.objects.get().until == soon
        ada.post(f"/desk/trials/{ONE}/notes/", {"text": "x"})
        assert Claim.objects.get().until > soon

    def test_released_by_hand(self, ada: Client, bea: Client) -> None:
        ada.post(f"/desk/trials/{ONE}/claim/")
        assert "not working on this" in bea.post(f"/desk/trials/{ONE}/release/", follow=True).content.decode()
        assert Claim.objects.exists()
        assert "free again" in ada.post(f"/desk/trials/{ONE}/release/", follow=True).content.decode()
        assert not Claim.objects.exists()

    def test_given_to_a_colleague_who_keeps_it(self, ada: Client, bea: Client, signed_in: Callable) -> None:
        signed_in("viewer")
        shown = page(ada, f"/desk/trials/{ONE}/")
        assert f"<option>{BEA}</option>" in shown
        assert "viewer@example.org" not in shown
        ada.post(f"/desk/trials/{ONE}/assign/", {"to": BEA})
        given = Claim.objects.get()
        assert (given.by, given.given_by, given.until) == (BEA, ADA, None)
        assert f"{ADA} gave it to you." in page(bea, f"/desk/trials/{ONE}/")
        # Coming to it in the queue makes it none the shorter.
        claim(nct_id=ONE, by=BEA)
        assert (Claim.objects.get().until, Claim.objects.get().given_by) == (None, ADA)
        with pytest.raises(Taken):
            claim(nct_id=ONE, by=ADA)
        for to in ("viewer@example.org", "nobody", "", "\x00"):
            told = ada.post(f"/desk/trials/{TWO}/assign/", {"to": to}, follow=True).content.decode()
            assert "Choose one of the people who may decide." in told
        assert Claim.objects.count() == 1

    def test_what_somebody_is_at_is_given_away_on_purpose_only(self, ada: Client, bea: Client) -> None:
        create_curator("cid@example.org", "curator")
        bea.post(f"/desk/trials/{ONE}/claim/")
        ada.post(f"/desk/trials/{ONE}/assign/", {"to": "cid@example.org"})
        assert Claim.objects.get().by == BEA
        ada.post(f"/desk/trials/{ONE}/assign/", {"to": "cid@example.org", "over": BEA})
        assert Claim.objects.get().by == "cid@example.org"

    @pytest.mark.parametrize("step", ["claim", "release", "assign"])
    def test_who_may_and_where(self, ada: Client, signed_in: Callable, step: str) -> None:
        viewer = signed_in("viewer")
        assert viewer.post(f"/desk/trials/{ONE}/{step}/").status_code == 403
        assert ada.get(f"/desk/trials/{ONE}/{step}/").status_code == 405
        told = {"to": create_curator(BEA, "curator").username, "over": "\x00"}
        for nct_id, status in (("NCT99999999", {302, 404}), ("nct1", {404}), ("%00", {404})):
            assert ada.post(f"/desk/trials/{nct_id}/{step}/", told).status_code in status
        assert not Claim.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_moment_each_gets_another_study() -> None:
    got: list[str | None] = []
    gate = threading.Barrier(4)

    def run(by: str) -> None:
        gate.wait()
        got.append(claim_next(kind="doubtful", narrowed=EVERYTHING, by=by))
        connections.close_all()

    threads = [threading.Thread(target=run, args=[f"curator {number}"]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(filter(None, got)) == list(IDS)
    assert len({item.by for item in live_claims()}) == 3


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            ("", IDS),
            ("?disease=systemic-lupus-erythematosus", [THREE]),
            ("?disease=multiple-sclerosis&cell_type=msc", [ONE, TWO]),
            ("?cell_type=hsc", []),
            ("?status=COMPLETED", [THREE]),
            ("?assigned=mine", [ONE]),
            ("?assigned=others", [TWO]),
            ("?assigned=free", [THREE]),
            ("?disease=multiple-sclerosis&assigned=mine&page=x", [ONE]),
        ],
    )
    def test_a_queue_narrowed(self, ada: Client, query: str, ids: list[str]) -> None:
        claim(nct_id=ONE, by=ADA)
        claim(nct_id=TWO, by=BEA)
        shown = BeautifulSoup(page(ada, f"/desk/queue/doubtful/{query}"), "html.parser")
        assert sorted(link.get_text() for link in shown.select("tbody th a")) == sorted(ids)
        assert "Left aside" not in shown.get_text()

    @pytest.mark.parametrize(
        "query",
        ["disease=asthma", "status=%00", "assigned=x", "colour=red", f"cell_type={'x' * 3000}", "disease=%F0%9F"],
    )
    def test_nonsense_is_left_aside_with_a_notice(self, ada: Client, query: str) -> None:
        shown = page(ada, f"/desk/queue/doubtful/?{query}")
        assert "Left aside, since it means nothing here" in shown
        assert "3 trials wait" in shown

    def test_filters_go_along_from_trial_to_trial(self, ada: Client) -> None:
        shown = BeautifulSoup(page(ada, "/desk/queue/doubtful/?disease=multiple-sclerosis"), "html.parser")
        link = shown.select_one("tbody th a")["href"]
        assert link == f"/desk/trials/{ONE}/?queue=doubtful&disease=multiple-sclerosis"
        form = BeautifulSoup(page(ada, link), "html.parser").select_one("button[autofocus]").find_parent("form")
        told = {item["name"]: item.get("value", "") for item in form.select("input[type=hidden]")}
        assert (
            ada.post(form["action"], told)["Location"]
            == f"/desk/trials/{TWO}/?queue=doubtful&disease=multiple-sclerosis"
        )
        assert accept(ada, TWO, narrow="disease=multiple-sclerosis")["Location"] == (
            "/desk/queue/doubtful/?disease=multiple-sclerosis"
        )

    def test_saved_under_a_name_and_forgotten(self, ada: Client, bea: Client) -> None:
        told = {"queue": "doubtful", "narrow": "status=COMPLETED&colour=red"}
        ada.post("/desk/filters/", told | {"name": " My\tfinished  ones "})
        kept = SavedFilter.objects.get()
        assert (kept.by, kept.name, kept.query) == (ADA, "My finished ones", "status=COMPLETED")
        for address in ("/desk/", "/desk/queue/review/"):
            assert 'href="/desk/queue/doubtful/?status=COMPLETED"' in page(ada, address)
            assert "My finished ones" not in page(bea, address)
        ada.post("/desk/filters/", told | {"name": "My finished ones", "narrow": ""})
        assert SavedFilter.objects.get().query == ""
        assert bea.post(f"/desk/filters/{kept.pk}/forget/").status_code == 404
        assert ada.post(f"/desk/filters/{kept.pk}/forget/").status_code == 302
        assert not SavedFilter.objects.exists()

    @pytest.mark.parametrize(
        ("told", "status"),
        [
            ({"queue": "doubtful"}, 302),
            ({"queue": "doubtful", "name": "\x00\x01"}, 302),
            ({"queue": "doubtful", "name": "x" * 61}, 302),
            ({"queue": "colour", "name": "x"}, 404),
            ({"name": "x"}, 404),
        ],
    )
    def test_nonsense_is_not_saved(self, ada: Client, told: dict[str, str], status: int) -> None:
        assert ada.post("/desk/filters/", told).status_code == status
        assert ada.post("/desk/filters/99999999999999999999/forget/").status_code == 404
        assert not SavedFilter.objects.exists()

    def test_there_is_an_end(self, ada: Client) -> None:
        for number in range(MOST_FILTERS):
            save_filter(by=ADA, name=str(number), kind="review", query="")
        answer = ada.post("/desk/filters/", {"queue": "review", "name": "one more"}, follow=True)
        assert "Take one away first." in answer.content.decode()
        ada.post("/desk/filters/", {"queue": "doubtful", "name": "0"})
        assert SavedFilter.objects.get(name="0").kind == "doubtful"


class TestSearch:
    @pytest.fixture(autouse=True)
    def told(self, ada: Client) -> None:
        ada.post(f"/desk/trials/{TWO}/notes/", {"text": "The sponsor was asked about 100 % of the dose."})
        accept(ada, ONE, reason="Read in the arms_and doses.")

    @pytest.mark.parametrize(
        ("text", "studies", "notes", "entries"),
        [
            ("NCT9000", [*IDS], 1, 0),
            ("nct90000002", [TWO], 1, 0),
            ("lupus", [THREE], 0, 0),
            ("SPONSOR dose", None, 1, 0),
            ("100 %", None, 1, 0),
            ("arms_and", None, 0, 1),
            ("armsXand", [], 0, 0),
            ("", [], 0, 0),
            ("' OR 1=1 --", None, 0, 0),
            ("(((", [], 0, 0),
        ],
    )
    def test_one_field_over_everything(self, text: str, studies: list[str] | None, notes: int, entries: int) -> None:
        result = found(text)
        assert (len(result.notes), len(result.entries)) == (notes, entries)
        if studies is not None:
            assert [nct_id for nct_id, _title in result.studies] == studies

    @pytest.mark.parametrize("text", ["\x00", "x" * 5000, "😀 é", "<script>alert(1)</script>", "%", "a b " * 60, "NCT"])
    def test_nonsense_is_searched_for(self, signed_in: Callable, text: str) -> None:
        answer = signed_in("viewer").get("/desk/search/", {"q": text})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
        assert ("Only the first 200" in answer.content.decode()) is (len(text) > 200)

    def test_more_than_are_shown(self, ada: Client) -> None:
        for _ in range(51):
            Note.objects.create(nct_id=ONE, by=ADA, text="again and again")
        assert "There are more than these 50" in page(ada, "/desk/search/?q=again")
        assert Client().get("/desk/search/?q=again").status_code == 302


@pytest.mark.parametrize(
    "address", ["/desk/queue/doubtful/?assigned=others", f"/desk/trials/{ONE}/", "/desk/search/?q=asked"]
)
def test_pages_cost_the_same_for_few_and_many(ada: Client, address: str) -> None:
    costs = []
    for number in (5, 50):
        for place in range(number):
            Note.objects.create(nct_id=ONE, by=BEA, text="I asked.")
            AuditEntry.objects.create(nct_id=ONE, field="disease", action="decided", by=BEA, reason="I asked.")
            save_filter(by=ADA, name=str(place), kind="review", query="")
        document = StudyDocument.objects.get(pk=TWO)
        for place in range(number):
            document.pk = f"NCT8000{place:04}"
            document.save(force_insert=not StudyDocument.objects.filter(pk=document.pk).exists())
            Claim.objects.update_or_create(nct_id=document.pk, defaults={"by": BEA, "until": None})
        with CaptureQueriesContext(connection) as asked:
            page(ada, address)
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 22
