"""Decisions as a spreadsheet through the desk: out, in, previewed, confirmed, undone."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.curation import batches
from apps.curation.batches import Wish, confirm, preview, undo
from apps.curation.models import AuditEntry, Batch, StudyOverride
from apps.curation.services import clear, decide
from apps.ingest.selectors import records_of
from apps.ingest.services import sync
from apps.search.models import StudyDocument
from tests.factories.people import signed_in_as
from tests.factories.studies import study

pytestmark = pytest.mark.django_db

ONE, TWO, THREE = "NCT90000001", "NCT90000002", "NCT90000003"
ADA = "curator@example.org"


@pytest.fixture(autouse=True)
def trials(tmp_path: Path) -> None:
    for nct_id in (ONE, TWO, THREE):
        (tmp_path / f"{nct_id}.json").write_text(json.dumps(study(nct_id)))
    sync(replay=tmp_path)


@pytest.fixture
def client() -> Client:
    return signed_in_as("curator")


def decided(nct_id: str = ONE, field: str = "disease", *values: str, **told: Any) -> StudyOverride:
    given = {"reason": "The arms say so.", "by": ADA, "version": 0} | told
    values = values or ("rheumatoid-arthritis",)
    return decide(record=records_of([nct_id])[nct_id], field=field, values=values, **given)


def taken_out(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/desk/decisions.csv{query}")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline="")))


def sent(client: Client, rows: list[dict[str, Any]]) -> Any:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return upload(client, text.getvalue().encode())


def upload(client: Client, content: bytes, name: str = "changes.csv") -> Any:
    return client.post("/desk/decisions/", {"file": SimpleUploadedFile(name, content)}, follow=True)


def new(nct_id: str = ONE, field: str = "disease", values: str = "rheumatoid-arthritis", **told: str) -> dict[str, str]:
    return {"nct_id": nct_id, "field": field, "values": values, "reason": "So.", "version": "", "do": ""} | told


def kinds() -> dict[str, int]:
    return {kind: number for kind, number in Batch.objects.latest("pk").counts.items() if number}


def document(nct_id: str = ONE) -> StudyDocument:
    return StudyDocument.objects.get(pk=nct_id)


def test_what_is_taken_out_and_sent_back_changes_nothing(client: Client) -> None:
    decided(ONE, "disease", "rheumatoid-arthritis", "type-1-diabetes", reason="=1+1\r\nit says", source="@page 4")
    decided(ONE, "plain_title", "-MSC | in arthritis")
    decided(TWO, "cell_type", "msc", version=0)
    rows = taken_out(client)
    assert [row["standing"] for row in rows] == ["in-force", "in-force", "agreed"]
    assert rows[0]["reason"] == "'=1+1\r\nit says"
    page = sent(client, rows)
    assert kinds() == {"unchanged": 3}
    assert "There is nothing to decide in it." in page.content.decode()
    entries = AuditEntry.objects.count()
    client.post(f"/desk/batches/{Batch.objects.get().pk}/confirm/")
    assert AuditEntry.objects.count() == entries
    # A spreadsheet program may write other ends of lines.
    sent(client, [row | {"reason": row["reason"].replace("\r\n", "\n")} for row in rows])
    assert kinds() == {"unchanged": 3}


def test_a_preview_shows_each_kind_and_decides_nothing(client: Client) -> None:
    for nct_id in (ONE, TWO, THREE):
        decided(nct_id)
    [first, second, third] = taken_out(client)
    decided(TWO, "disease", "type-1-diabetes", version=int(second["version"]), by="bea@example.org", reason="I see it.")
    rows = [
        first | {"values": "multiple-sclerosis"},
        second | {"reason": "Better said."},
        third | {"do": "clear", "reason": "My mistake."},
        new(ONE, "donor", "autologous") | {"source": "Page 3"},
        new(ONE, "donor", "allogeneic"),
        new(TWO, "disease", "asthma"),
        new("NCT99999999"),
        new("x" * 5000),
        new(ONE, "colour", "red"),
        new(ONE, "route", "", reason=""),
    ]
    page = sent(client, rows).content.decode()
    assert kinds() == {"new": 1, "changed": 1, "cleared": 1, "overtaken": 1, "refused": 6}
    for words in (
        "bea@example.org has decided otherwise since. The reason: I see it.",
        "“asthma” is no value of Disease",
        "There is no trial “NCT99999999” here.",
        "There is no field “colour”",
        "earlier row",
        "Give the reason",
        "Type 1 diabetes",
        "Confirm and publish 3 changes",
    ):
        assert words in page, words
    assert document(ONE).diseases == ["rheumatoid-arthritis"]
    assert StudyOverride.objects.count() == 3
    told = {row["row"]: row for row in Batch.objects.get().rows}
    assert (told[2]["before"], told[2]["values"]) == (["rheumatoid-arthritis"], ["multiple-sclerosis"])
    assert (told[3]["before"], told[3]["values"]) == (["type-1-diabetes"], ["rheumatoid-arthritis"])
    assert (told[4]["before"], told[4]["values"]) == (["rheumatoid-arthritis"], ["multiple-sclerosis"])
    assert [row for row, item in told.items() if item["kind"] == "refused"] == [6, 7, 8, 9, 10, 11]


def test_confirmed_it_is_published_with_one_entry_each(client: Client) -> None:
    decided(THREE)
    [third] = taken_out(client)
    sent(client, [new(ONE), new(TWO, "scope", "out"), third | {"do": "clear", "reason": "My mistake."}])
    number = Batch.objects.get().pk
    page = client.post(f"/desk/batches/{number}/confirm/", follow=True).content.decode()
    assert "3 decisions taken and published." in page
    assert (document(ONE).diseases, document(TWO).scope) == (["rheumatoid-arthritis"], "out")
    assert document(THREE).diseases == ["multiple-sclerosis"]
    entries = AuditEntry.objects.filter(batch=number).order_by("pk")
    assert [(entry.nct_id, entry.action, entry.by) for entry in entries] == [
        (ONE, "decided", ADA),
        (TWO, "decided", ADA),
        (THREE, "cleared", ADA),
    ]
    again = client.post(f"/desk/batches/{number}/confirm/", follow=True).content.decode()
    assert "Nothing was done: this batch is taken and published." in again
    assert AuditEntry.objects.filter(batch=number).count() == 3


def test_a_trial_that_a_batch_lists_gets_its_card(client: Client, tmp_path: Path) -> None:
    asthma = {
        "protocolSection.conditionsModule.conditions": ["Asthma"],
        "protocolSection.identificationModule.briefTitle": "MSC in asthma",
        "protocolSection.identificationModule.officialTitle": "MSC in asthma",
        "derivedSection.conditionBrowseModule": None,
    }
    (tmp_path / f"{TWO}.json").write_text(json.dumps(study(TWO, asthma)))
    sync(replay=tmp_path)
    assert (document(TWO).scope, document(TWO).card) == ("out", {})
    sent(client, [new(TWO, "scope", "in_scope")])
    client.post(f"/desk/batches/{Batch.objects.get().pk}/confirm/")
    assert (document(TWO).scope, "age" in document(TWO).card) == ("in_scope", True)


def test_what_moved_between_preview_and_confirming_is_left_and_told(client: Client, tmp_path: Path) -> None:
    sent(client, [new(ONE), new(TWO), new(THREE, "plain_title", "In plain words")])
    decided(ONE, "disease", "type-1-diabetes", by="bea@example.org", reason="I read it.")
    changed = study(TWO, {
        "protocolSection.conditionsModule.conditions": ["Systemic Lupus Erythematosus"],
        "protocolSection.identificationModule.briefTitle": "MSC in lupus",
        "protocolSection.identificationModule.officialTitle": "MSC in lupus",
        "derivedSection.conditionBrowseModule": None,
    })  # fmt: skip
    (tmp_path / f"{TWO}.json").write_text(json.dumps(changed))
    sync(replay=tmp_path)
    page = client.post(f"/desk/batches/{Batch.objects.get().pk}/confirm/", follow=True).content.decode()
    assert kinds() == {"moved": 2, "new": 1}
    assert "2 rows were left alone" in page
    assert "bea@example.org has decided otherwise since" in page
    assert "Registry or rules say something else since the preview." in page
    assert document(ONE).diseases == ["type-1-diabetes"]
    assert document(TWO).diseases == ["systemic-lupus-erythematosus"]
    assert StudyOverride.objects.get(nct_id=THREE).values == ["In plain words"]


def test_undone_everything_stands_as_before(client: Client) -> None:
    first = decided(ONE, "disease", "type-1-diabetes", source="Page 1", by="bea@example.org")
    before = {name: getattr(first, name) for name in ("values", "reason", "source", "by", "said_then", "standing")}
    gone = decided(TWO)
    rows = taken_out(client)
    sent(client, [
        rows[0] | {"values": "rheumatoid-arthritis"},
        rows[1] | {"do": "clear"},
        new(THREE, "scope", "out"),
        new(THREE, "donor", "autologous"),
    ])  # fmt: skip
    number = Batch.objects.get().pk
    client.post(f"/desk/batches/{number}/confirm/")
    assert (document(TWO).diseases, document(THREE).scope) == (["multiple-sclerosis"], "out")
    page = signed_in_as("admin").post(f"/desk/batches/{number}/undo/", follow=True).content.decode()
    assert "4 decisions put back as they stood." in page
    assert "Undone by admin@example.org" in page
    put_back = StudyOverride.objects.get(nct_id=ONE)
    assert {name: getattr(put_back, name) for name in before} == before
    assert abs((put_back.at - first.at).total_seconds()) < 0.001
    assert StudyOverride.objects.get(nct_id=TWO).values == gone.values
    assert document(TWO).diseases == ["rheumatoid-arthritis"]
    assert (document(THREE).scope, "age" in document(THREE).card) == ("in_scope", True)
    assert not StudyOverride.objects.filter(nct_id=THREE).exists()
    done = AuditEntry.objects.filter(batch=number, by="admin@example.org").order_by("pk")
    assert [entry.action for entry in done] == ["restored", "restored", "cleared", "cleared"]
    # What is put back can be decided anew, by its new version.
    assert put_back.version == done[0].pk
    assert "undone" in signed_in_as("admin").post(f"/desk/batches/{number}/undo/", follow=True).content.decode()


def test_undoing_leaves_what_somebody_has_decided_since(client: Client) -> None:
    sent(client, [new(ONE), new(TWO), new(THREE)])
    number = Batch.objects.get().pk
    client.post(f"/desk/batches/{number}/confirm/")
    version = StudyOverride.objects.get(nct_id=TWO).version
    decided(TWO, "disease", "type-1-diabetes", version=version, by="bea@example.org")
    third = StudyOverride.objects.get(nct_id=THREE)
    clear(record=records_of([THREE])[THREE], field="disease", reason="No.", by="bea", version=third.version)
    page = client.post(f"/desk/batches/{number}/undo/", follow=True).content.decode()
    assert kinds() == {"new": 1, "kept": 2}
    assert "bea@example.org has decided since: left as it is." in page
    assert document(ONE).diseases == ["multiple-sclerosis"]
    assert document(TWO).diseases == ["type-1-diabetes"]


def test_thrown_away_it_cannot_be_confirmed(client: Client) -> None:
    sent(client, [new(ONE)])
    number = Batch.objects.get().pk
    client.post(f"/desk/batches/{number}/discard/")
    client.post(f"/desk/batches/{number}/confirm/")
    assert Batch.objects.get().state == "discarded"
    assert not StudyOverride.objects.exists()


def test_who_may(client: Client) -> None:
    sent(client, [new(ONE)])
    number = Batch.objects.get().pk
    viewer, other = signed_in_as("viewer"), signed_in_as("admin")
    for address in ("/desk/decisions/", "/desk/decisions.csv", f"/desk/batches/{number}/"):
        assert viewer.get(address).status_code == 200
        assert Client().get(address).status_code == 302
    assert "Confirm and publish" not in viewer.get(f"/desk/batches/{number}/").content.decode()
    assert upload(viewer, b"x").status_code == 403
    for step in ("confirm", "discard", "undo"):
        assert viewer.post(f"/desk/batches/{number}/{step}/").status_code == 403
        assert client.get(f"/desk/batches/{number}/{step}/").status_code == 405
    # Another's preview is theirs to confirm.
    assert other.post(f"/desk/batches/{number}/confirm/").status_code == 404
    assert not StudyOverride.objects.exists()


@pytest.mark.parametrize("address", ["/desk/batches/99999999/", "/desk/batches/99999999999999999999999/"])
def test_no_such_batch(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404
    for step in ("confirm", "discard", "undo", "burn"):
        assert client.post(f"{address}{step}/").status_code == 404


@pytest.mark.parametrize("query", ["?page=x&kind=%00", "?page=-1&kind=new", "?page=999999999999"])
def test_a_batch_with_nonsense_parameters(client: Client, query: str) -> None:
    sent(client, [new(ONE)])
    assert client.get(f"/desk/batches/{Batch.objects.get().pk}/{query}").status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?field=disease", [ONE, TWO]),
        ("?standing=agreed", [TWO]),
        ("?by=bea", [TWO]),
        ("?by=nobody", []),
        ("?field=&standing=&by=", [ONE, TWO]),
    ],
)
def test_a_file_of_some(client: Client, query: str, found: list[str]) -> None:
    decided(ONE)
    decided(TWO, "disease", "multiple-sclerosis", by="bea")
    assert [row["nct_id"] for row in taken_out(client, query)] == found


@pytest.mark.parametrize("query", ["?field=colour", "?standing=x", "?by=%00", f"?by={'x' * 300}"])
def test_a_file_of_nonsense_is_refused_with_a_sentence(client: Client, query: str) -> None:
    answer = client.get(f"/desk/decisions.csv{query}")
    assert (answer.status_code, len(answer.content) > 20) == (400, True)


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"nct_id;field\n1;2", b"\xff\xfen\x00"])
def test_a_file_that_is_none_comes_back_with_an_error(client: Client, content: bytes) -> None:
    answer = upload(client, content)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not Batch.objects.exists()


def test_no_file_at_all(client: Client) -> None:
    assert client.post("/desk/decisions/", {"file": "x"}).status_code == 422


def test_more_changes_than_a_batch_takes(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_CHANGES", 2)
    answer = sent(client, [new(ONE), new(TWO), new(THREE)])
    assert answer.status_code == 422
    assert "These are 3 changes. One batch takes 2" in answer.content.decode()
    assert not Batch.objects.exists()


def test_a_name_of_nonsense_is_a_name(client: Client) -> None:
    upload(client, b"nct_id,field,values,reason\nNCT90000001,disease,,So.", name="<b>\u202e" + "x" * 150 + ".csv")
    assert Batch.objects.get().told.startswith("<b>x")
    assert "<b>x" not in client.get("/desk/decisions/").content.decode()


def test_a_preview_costs_the_same_for_few_and_many(client: Client) -> None:
    costs = []
    fields = ["disease", "plain_title", "donor", "route", "summary"]
    for ids in ([ONE], [ONE, TWO, THREE]):
        rows = [new(nct_id, field, {"donor": "autologous", "route": "intravenous"}.get(field, "type-1-diabetes"))
                for nct_id in ids for field in fields]  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            sent(client, rows)
        costs.append(len(asked))
        assert kinds() == {"new": len(rows)}
    assert costs[0] == costs[1]


def test_pages_of_batches_cost_the_same_for_few_rows_and_many(client: Client) -> None:
    costs = []
    for number in (5, 50):
        row = {"row": 2, "nct_id": ONE, "field": "disease", "do": "decide", "values": ["asthma"], "reason": "So.",
               "source": "", "version": 0, "kind": "new", "before": [], "told": ""}  # fmt: skip
        made = [Batch.objects.create(told="made up", by=ADA, rows=[row] * number, counts={"new": number})
                for _ in range(number)]  # fmt: skip
        for nct_id, field in (
            (f"NCT8000{place:04}", field) for place in range(number) for field in ("disease", "donor")
        ):
            told = {"values": [], "reason": "So.", "said_then": [], "said_now": [], "by": ADA, "version": 1}
            StudyOverride.objects.update_or_create(
                nct_id=nct_id, field=field, defaults=told | {"standing": "in-force", "at": "2026-01-01T00:00Z"}
            )
        for address in ("/desk/decisions/", f"/desk/batches/{made[-1].pk}/", "/desk/curation/studyoverride/"):
            with CaptureQueriesContext(connection) as asked:
                assert client.get(address).status_code == 200
            costs.append(len(asked))
        with CaptureQueriesContext(connection) as asked:
            assert len(taken_out(client)) == 2 * number
        costs.append(len(asked))
    assert costs[:4] == costs[4:]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Real transactions of two at the same second."""

    @staticmethod
    def both(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
        ended: list[Any] = []
        gate = threading.Barrier(2)

        def run(work: Callable[[], Any]) -> None:
            gate.wait()
            try:
                ended.append(work())
            except Exception as error:  # told to the test
                ended.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=[work]) for work in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return ended

    @staticmethod
    def made(by: str, value: str) -> Batch:
        wishes = [Wish(row=n, nct_id=nct_id, field="disease", values=(value,), reason="So.")
                  for n, nct_id in enumerate((THREE, ONE, TWO))]  # fmt: skip
        return preview(wishes=wishes, told="made", by=by, records=records_of)

    def test_a_batch_is_confirmed_once(self) -> None:
        made = self.made("ada", "rheumatoid-arthritis")
        ended = self.both(*[lambda: confirm(number=made.pk, by="ada", records=records_of)] * 2)
        assert sorted(type(item).__name__ for item in ended) == ["Batch", "Closed"]
        assert AuditEntry.objects.filter(batch=made.pk).count() == 3

    def test_of_two_batches_on_the_same_trials_one_is_taken(self) -> None:
        ada, bea = self.made("ada", "rheumatoid-arthritis"), self.made("bea", "type-1-diabetes")
        ended = self.both(
            lambda: confirm(number=ada.pk, by="ada", records=records_of),
            lambda: confirm(number=bea.pk, by="bea", records=records_of),
        )
        assert sorted((item.counts.get("new", 0), item.counts.get("moved", 0)) for item in ended) == [(0, 3), (3, 0)]
        assert len({item.by for item in StudyOverride.objects.all()}) == 1

    def test_undoing_and_deciding_at_once_end_in_one_order(self) -> None:
        made = self.made("ada", "rheumatoid-arthritis")
        confirm(number=made.pk, by="ada", records=records_of)
        version = StudyOverride.objects.get(nct_id=TWO).version
        self.both(
            lambda: undo(number=made.pk, by="ada", records=records_of),
            lambda: decided(TWO, "disease", "type-1-diabetes", version=version, by="bea"),
        )
        stands = StudyOverride.objects.filter(nct_id=TWO).first()
        # Either bea came first and is kept, or she was told that the decision was gone.
        assert stands is None or stands.by == "bea"
        assert document(TWO).diseases == (["type-1-diabetes"] if stands else ["multiple-sclerosis"])
        assert not StudyOverride.objects.filter(nct_id__in=[ONE, THREE]).exists()
