"""Watching a run, and studies asked for by their ids: who may, what is told, and what nonsense gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.curation.models import AuditEntry
from apps.desk.following import MOST_IDS
from apps.ingest.models import LandedStudy, RequestedStudy, StudySnapshot, SyncRun
from tests.factories.documents import entry, publish

pytestmark = pytest.mark.django_db

FOLLOWED, LIVE = "/desk/followed/", "/desk/runs/live/"


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks sent to the queue. No worker runs here."""
    asked: list[str] = []
    monkeypatch.setattr("apps.desk.views.tick.apply_async", lambda **options: asked.append("tick"))
    return asked


def ask(client: Any, ids: str, reason: str = "A reader named it.") -> Any:
    return client.post(FOLLOWED, {"ids": ids, "reason": reason})


class TestFollowing:
    def test_ids_in_any_spelling_are_asked_for_once(self, signed_in: Callable, asked: list[str]) -> None:
        client = signed_in("curator")
        assert ask(client, "nct1, NCT00000002\nNCT00000001;NCT3").status_code == 302
        ids = ["NCT00000001", "NCT00000002", "NCT00000003"]
        assert list(RequestedStudy.objects.order_by("pk").values_list("pk", flat=True)) == ids
        assert asked == ["tick"]
        told = AuditEntry.objects.order_by("pk").values_list("action", "nct_id", "by", "reason")
        assert list(told) == [("followed", nct_id, "curator@example.org", "A reader named it.") for nct_id in ids]
        page = client.get(FOLLOWED).content.decode()
        assert "3 trials are followed by their ids" in page
        assert page.count("Waits for the next run.") == 3
        # Who asks again changes nothing: the first reason stands.
        assert ask(client, "NCT00000001", "Again.").status_code == 302
        assert RequestedStudy.objects.get(pk="NCT00000001").reason == "A reader named it."
        assert AuditEntry.objects.count() == 3

    @pytest.mark.parametrize(
        ("ids", "reason", "told"),
        [
            ("", "So.", "at least one"),
            (" , ;", "So.", "at least one"),
            ("hello NCT00000001", "So.", "“hello”"),
            ("NCT\u0661\u0662", "So.", "Not an NCT id"),
            ("NCT0", "So.", "Not an NCT id"),
            ("NCT1 " + "x" * 10_000, "So.", "“xxxxxxxxxxxxxxxxxxxx”"),
            (" ".join(f"NCT{number}" for number in range(1, MOST_IDS + 2)), "So.", f"No more than {MOST_IDS}"),
            ("NCT1", " ", "Give the reason"),
            ("NCT1", "x" * 1001, "at most 1000"),
            ("NCT1\x00", "So.", "Null characters"),
        ],
    )
    def test_nonsense_is_refused_and_comes_back_as_typed(
        self, ids: str, reason: str, told: str, signed_in: Callable, asked: list[str]
    ) -> None:
        answer = ask(signed_in("curator"), ids, reason)
        assert answer.status_code == 422
        page = BeautifulSoup(answer.content, "html.parser")
        assert told in page.get_text()
        if "\x00" not in ids:
            assert page.select_one("#id_ids").get_text().strip() == ids.strip()
        assert not RequestedStudy.objects.exists()
        assert asked == []

    def test_one_is_let_go_with_a_reason(self, signed_in: Callable) -> None:
        client = signed_in("curator")
        ask(client, "NCT00000001")
        assert "Give the reason" in client.post(f"{FOLLOWED}NCT00000001/stop/", follow=True).content.decode()
        assert RequestedStudy.objects.exists()
        page = client.post(f"{FOLLOWED}NCT00000001/stop/", {"reason": "A mistake."}, follow=True).content.decode()
        assert "NCT00000001 is no longer followed" in page
        assert AuditEntry.objects.latest("pk").action == "unfollowed"
        page = client.post(f"{FOLLOWED}NCT00000001/stop/", {"reason": "A mistake."}, follow=True).content.decode()
        assert "is not followed by its id any more" in page
        assert client.post(f"{FOLLOWED}nct1/stop/", {"reason": "So."}).status_code == 404

    def test_a_viewer_looks_and_a_sample_says_that_it_asks_nobody(self, signed_in: Callable, settings: Any) -> None:
        settings.SAMPLE = True
        viewer = signed_in("viewer")
        page = viewer.get(FOLLOWED).content.decode()
        assert "it asks the registry for nothing" in page
        assert "<textarea" not in page
        assert ask(viewer, "NCT1").status_code == 403

    def test_the_page_costs_the_same_for_few_and_many(self, signed_in: Callable) -> None:
        client = signed_in("curator")
        costs = []
        for number in (1, 40):
            RequestedStudy.objects.bulk_create(
                [RequestedStudy(pk=f"NCT{number:08}") for number in range(1, number + 1)], ignore_conflicts=True
            )
            publish(entry(nct_id=f"NCT{number:08}"))
            with CaptureQueriesContext(connection) as queries:
                assert client.get(FOLLOWED + "?page=x").status_code == 200
            costs.append(len(queries))
        assert costs[0] == costs[1] <= 10


class TestWatching:
    def live(self, client: Any, query: str = "") -> Any:
        answer = client.get(LIVE + query)
        assert answer.status_code == 200
        return BeautifulSoup(answer.content, "html.parser").select_one("#live")

    def test_without_any_run(self, signed_in: Callable) -> None:
        part = self.live(signed_in("viewer"))
        assert "no run yet" in part.get_text()
        assert not part.has_attr("data-moves")

    def test_a_run_that_was_asked_for_is_awaited(self, signed_in: Callable) -> None:
        client = signed_in("curator")
        assert "No worker has begun it yet" in self.live(client, "?after=0").get_text()
        run = SyncRun.objects.create(state="ok", step="done", finished_at="2026-05-03T10:00Z")
        assert self.live(client, f"?after={run.pk}").has_attr("data-moves")
        # It has come, and ended.
        assert not self.live(client, "?after=0").has_attr("data-moves")

    @pytest.mark.parametrize("nonsense", ["x", "-1", "9" * 40, "%00", "\u0661", ""])
    def test_nonsense_awaits_nothing(self, nonsense: str, signed_in: Callable) -> None:
        assert not self.live(signed_in("viewer"), f"?after={nonsense}").has_attr("data-moves")

    def test_each_step_tells_how_far_it_is(self, signed_in: Callable) -> None:
        client = signed_in("viewer")
        run = SyncRun.objects.create(step="land", percent=40, seen=7)
        part = self.live(client)
        assert part.has_attr("data-moves")
        assert part.select_one("[aria-current=step]").get_text(" ").startswith("landing records: 40 %")
        assert part.select_one("li").get_text() == "asking the registry for its version: done"
        snapshot = StudySnapshot.objects.create(
            nct_id="NCT1", version=1, content_hash="x", payload=b"", run_id=run.pk, landed_at="2026-01-01T00:00Z"
        )
        for number in range(4):
            LandedStudy.objects.create(run=run, nct_id=f"NCT{number}", snapshot=snapshot, processed=number == 0)
        SyncRun.objects.filter(pk=run.pk).update(step="process")
        assert "publishing: 25 %" in self.live(client).select_one("[aria-current=step]").get_text(" ")

    def test_a_held_run_has_its_buttons_for_leads_alone(self, signed_in: Callable) -> None:
        run = SyncRun.objects.create(state="held", step="gate", reason="Odd.", finished_at="2026-05-03T10:00Z")
        for role, shown in (("curator", False), ("lead", True)):
            part = self.live(signed_in(role))
            assert "Odd." in part.get_text()
            assert bool(part.select(f'form[action="/desk/runs/{run.pk}/release/"]')) is shown
