"""The desk's lists and pages: who sees what, that nothing can be changed, what they cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import OperationalError

from apps.accounts.models import User
from apps.accounts.services import create_curator
from apps.classification.models import StudyLabel
from apps.curation.models import MistakeReport
from apps.ingest.models import IngestIssue, QueryMembership, StudySnapshot, SyncRun
from apps.ingest.services import sync
from tests.factories.studies import study

pytestmark = pytest.mark.django_db

TABLES = [
    "ingest/syncrun",
    "ingest/ingestissue",
    "ingest/studysnapshot",
    "ingest/querymembership",
    "studies/study",
    "classification/studylabel",
    "history/studychange",
    "search/studydocument",
    "curation/mistakereport",
]


@pytest.fixture
def fill(tmp_path: Path) -> Callable[[int], None]:
    """Take so many studies through the corridor, with an issue, a report and a membership for each."""

    def fill(number: int) -> None:
        for place in range(number):
            nct_id = f"NCT9000{place:04d}"
            (tmp_path / f"{nct_id}.json").write_text(json.dumps(study(nct_id)))
        run = sync(replay=tmp_path)
        for place in range(number):
            nct_id = f"NCT9000{place:04d}"
            MistakeReport.objects.create(nct_id=nct_id, what="The city is wrong. " * 20)
            QueryMembership.objects.create(nct_id=nct_id, query=f"q{run.pk}", since="2026-01-01T00:00Z")
            IngestIssue.objects.create(run=run, nct_id=nct_id, path=f"p{place}", value="x" * 500, reason="Odd.")

    return fill


def first_id(table: str) -> object:
    app, model = table.split("/")
    with connection.cursor() as cursor:
        column = "nct_id" if model in {"study", "studydocument"} else "id"
        cursor.execute(f"SELECT {column} FROM {app}_{model} ORDER BY 1 LIMIT 1")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("table", TABLES)
def test_a_list_costs_the_same_for_few_rows_and_many(table: str, fill: Callable, signed_in: Callable):
    client = signed_in("viewer")
    costs = []
    for number in (2, 12):
        fill(number)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(f"/desk/{table}/").status_code == 200
        costs.append(len(captured))
        assert not any('"payload"' in query["sql"] or '"text_d"' in query["sql"] for query in captured)
    assert costs[0] == costs[1]
    assert costs[0] <= 14


@pytest.mark.parametrize("table", TABLES)
def test_a_row_can_be_read_and_not_changed(table: str, fill: Callable, signed_in: Callable):
    fill(1)
    address = f"/desk/{table}/{first_id(table)}/change/"
    for role in ("viewer", "curator", "admin"):
        client = signed_in(role)
        page = client.get(address)
        assert page.status_code == 200
        assert 'name="_save"' not in page.content.decode()
        assert client.post(address, {"nct_id": "NCT99999999"}).status_code == 403
        assert client.get(f"/desk/{table}/add/").status_code == 403
        assert client.post(address.removesuffix("change/") + "delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("text", ["NCT90000000", "NCT9", "'; DROP TABLE x; --", "é 😀", "12345678901234567890", '"a b'])
def test_any_list_can_be_searched_for_anything(table: str, text: str, signed_in: Callable):
    assert signed_in("viewer").get(f"/desk/{table}/", {"q": text}).status_code == 200


@pytest.mark.parametrize(
    "address", ["ingest/syncrun/?state__exact=%00", "curation/studyoverride/?field=%00", "accounts/user/?email=a%00b"]
)
def test_a_filter_that_no_row_can_have_leads_to_the_whole_list(address: str, signed_in: Callable):
    answer = signed_in("admin").get(f"/desk/{address}", follow=True)
    assert (answer.status_code, [status for _to, status in answer.redirect_chain]) == (200, [302])


@pytest.mark.parametrize("table", [*TABLES, "accounts/user"])
def test_strangers_and_readers_see_nothing(table: str, client: Client):
    assert client.get(f"/desk/{table}/").status_code == 302
    client.force_login(User.objects.create_user("reader@example.org", "reader@example.org"))
    assert client.get(f"/desk/{table}/").status_code == 302


def test_accounts_are_for_administrators(signed_in: Callable):
    for role, status in (("viewer", 403), ("curator", 403), ("admin", 200)):
        client = signed_in(role)
        assert client.get("/desk/accounts/user/").status_code == status
        assert ("/desk/accounts/user/" in client.get("/desk/").content.decode()) is (status == 200)


def test_an_administrator_closes_an_account_and_makes_links(signed_in: Callable):
    client, other = signed_in("admin"), create_curator("ada@example.org", "viewer")
    page = client.post(
        "/desk/accounts/user/", {"action": "make_links", "_selected_action": [other.pk]}, follow=True
    ).content.decode()
    assert "/desk/sign-in/" in page
    response = client.post(f"/desk/accounts/user/{other.pk}/change/", {"is_staff": "on", "groups": []})
    assert response.status_code == 302
    other.refresh_from_db()
    assert (other.is_active, other.email) == (False, "ada@example.org")


def test_a_snapshot_shows_its_record(fill: Callable, signed_in: Callable):
    fill(1)
    page = signed_in("viewer").get(f"/desk/ingest/studysnapshot/{StudySnapshot.objects.get().pk}/change/")
    assert "Mesenchymal Stem Cells in Multiple Sclerosis" in page.content.decode()


def test_a_curator_finds_the_doubtful_readings(fill: Callable, signed_in: Callable):
    fill(1)
    told = {"study_id": "NCT90000000", "rule": "made-up", "reason": "Two statements differ.", "ruleset_version": 1}
    StudyLabel.objects.create(scheme="dose", value="7e6/kg", doubtful=True, **told)
    StudyLabel.objects.create(scheme="dose", value="8e6/kg", **told)
    page = signed_in("curator").get("/desk/classification/studylabel/", {"doubtful__exact": "1"}).content.decode()
    assert "7e6/kg" in page
    assert "8e6/kg" not in page
    assert 'href="?doubtful__exact=1"' in page


def test_what_a_reader_wrote_is_shown_as_text(signed_in: Callable):
    report = MistakeReport.objects.create(nct_id="NCT90000001", what="<script>alert(1)</script>")
    for address in ("/desk/curation/mistakereport/", f"/desk/curation/mistakereport/{report.pk}/change/"):
        assert "<script>alert" not in signed_in("viewer").get(address).content.decode()


def test_curators_mark_reports_as_dealt_with(fill: Callable, signed_in: Callable):
    fill(2)
    report = MistakeReport.objects.first()
    chosen = {"action": "mark_done", "_selected_action": [report.pk]}
    signed_in("viewer").post("/desk/curation/mistakereport/", chosen)
    report.refresh_from_db()
    assert report.done_at is None
    curator = signed_in("curator")
    curator.post("/desk/curation/mistakereport/", chosen)
    report.refresh_from_db()
    assert report.done_at is not None
    assert MistakeReport.objects.filter(done_at=None).count() == 1
    curator.post("/desk/curation/mistakereport/", chosen | {"action": "reopen"})
    report.refresh_from_db()
    assert report.done_at is None


def held_run() -> SyncRun:
    return SyncRun.objects.create(
        state="held", step="gate", reason="It would lose 90 % of the studies.", finished_at="2026-05-03T10:00Z"
    )


class TestRuns:
    @pytest.fixture(autouse=True)
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Names of the tasks sent to the queue. No worker runs here, so nothing comes of them."""
        asked: list[str] = []
        monkeypatch.setattr("apps.desk.views.sync_task.apply_async", lambda **options: asked.append("sync_now"))
        monkeypatch.setattr("apps.desk.views.tick.apply_async", lambda **options: asked.append("tick"))
        return asked

    def test_a_curator_asks_for_a_sync(self, signed_in: Callable, asked: list[str]):
        client = signed_in("curator")
        assert 'action="/desk/runs/sync/"' in client.get("/desk/ingest/syncrun/").content.decode()
        page = client.post("/desk/runs/sync/", follow=True)
        assert asked == ["sync_now"]
        assert "A sync has been asked for" in page.content.decode()
        assert page.redirect_chain == [("/desk/runs/live/?after=0", 302)]

    def test_a_curator_sees_a_held_run_and_leaves_it_to_a_lead(self, signed_in: Callable):
        run = held_run()
        client = signed_in("curator")
        for address in ("/desk/", f"/desk/ingest/syncrun/{run.pk}/change/"):
            page = client.get(address).content.decode()
            assert "It would lose 90 % of the studies." in page
            assert f"/desk/runs/{run.pk}/" not in page
        for decision in ("release", "discard"):
            assert client.post(f"/desk/runs/{run.pk}/{decision}/").status_code == 403
        run.refresh_from_db()
        assert (run.state, run.step) == ("held", "gate")

    def test_a_viewer_steers_nothing(self, signed_in: Callable, asked: list[str]):
        run = held_run()
        client = signed_in("viewer")
        for address in ("/desk/", "/desk/ingest/syncrun/", f"/desk/ingest/syncrun/{run.pk}/change/"):
            page = client.get(address).content.decode()
            assert "/desk/runs/sync/" not in page
            assert f"/desk/runs/{run.pk}/" not in page
        for address in ("/desk/runs/sync/", f"/desk/runs/{run.pk}/release/", f"/desk/runs/{run.pk}/discard/"):
            assert client.post(address).status_code == 403
        assert asked == []
        run.refresh_from_db()
        assert run.state == "held"

    def test_a_link_alone_steers_nothing(self, signed_in: Callable, client: Client, asked: list[str]):
        run = held_run()
        for address in ("/desk/runs/sync/", f"/desk/runs/{run.pk}/release/"):
            assert signed_in("admin").get(address).status_code == 405
            assert client.post(address).status_code == 302
            strict = Client(enforce_csrf_checks=True)
            strict.force_login(create_curator("admin@example.org", "admin"))
            assert strict.post(address).status_code == 403
        assert asked == []

    def test_a_held_run_is_let_through(self, signed_in: Callable, asked: list[str]):
        run = held_run()
        client = signed_in("lead")
        for address in ("/desk/", f"/desk/ingest/syncrun/{run.pk}/change/"):
            page = client.get(address).content.decode()
            assert "It would lose 90 % of the studies." in page
            assert f'action="/desk/runs/{run.pk}/release/"' in page
        client.post(f"/desk/runs/{run.pk}/release/")
        run.refresh_from_db()
        assert (run.state, run.released_by) == ("running", "lead@example.org")
        assert asked == ["tick"]

    def test_a_held_run_is_discarded(self, signed_in: Callable, asked: list[str]):
        run = held_run()
        page = signed_in("lead").post(f"/desk/runs/{run.pk}/discard/", follow=True).content.decode()
        run.refresh_from_db()
        assert run.step == "done"
        assert "Discarded by lead@example.org" in run.reason
        assert "was discarded" in page
        assert asked == []

    def test_a_run_that_is_not_held_any_more_says_so(self, signed_in: Callable):
        run = SyncRun.objects.create(state="ok", step="done", finished_at="2026-05-03T10:00Z")
        page = signed_in("lead").post(f"/desk/runs/{run.pk}/release/", follow=True).content.decode()
        assert "is not held" in page
        assert signed_in("lead").post(f"/desk/runs/{run.pk}/explode/").status_code == 404


def test_without_its_queue_the_desk_says_so(signed_in: Callable, monkeypatch: pytest.MonkeyPatch):
    def refuse(**options: Any) -> None:
        raise OperationalError("Connection refused.")

    monkeypatch.setattr("apps.desk.views.sync_task.apply_async", refuse)
    page = signed_in("curator").post("/desk/runs/sync/", follow=True).content.decode()
    assert "The queue cannot be reached" in page


def test_the_dashboard_of_an_empty_site(signed_in: Callable):
    page = signed_in("admin").get("/desk/")
    assert page.status_code == 200
    assert "nothing fetched yet" in page.content.decode()
