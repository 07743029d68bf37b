"""The first page of the desk: what came lately, how full the cards are, and queries whose number does not grow."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.curation.models import MistakeReport
from apps.desk.dashboard import DAYS, coverage, last_days
from apps.history.models import StudyChange
from apps.ingest.models import IngestIssue, SyncRun
from tests.factories.documents import entry, publish
from tests.factories.people import signed_in_as
from tests.unit.desk.conftest import waiting_on_the_desk

pytestmark = pytest.mark.django_db


def change(number: int, field: str, days_ago: int) -> None:
    at = timezone.now() - dt.timedelta(days=days_ago)
    StudyChange.objects.create(nct_id=f"NCT900000{number:02}", field=field, run_id=1, at=at)


def test_each_day_counts_studies_and_not_changes() -> None:
    change(1, "first_seen", 0)
    change(2, "first_seen", 0)
    change(3, "overall_status", 0)
    change(3, "title", 0)
    change(4, "title", DAYS - 1)
    change(5, "title", DAYS + 1)
    days = last_days()
    assert len(days) == DAYS
    assert (days[0].day, days[0].came, days[0].changed) == (timezone.now().date(), 2, 1)
    assert (days[0].came_wide, days[0].changed_wide) == (100, 50)
    assert (days[-1].came, days[-1].changed, days[-1].came_wide) == (0, 1, 0)
    assert sum(day.changed for day in days) == 2


def test_coverage_is_of_the_trials_that_could_state_a_field() -> None:
    publish(
        entry(cell_types=["msc"], card={"dose": ["1e6/kg"], "source": ["adipose"]}),
        entry(cell_types=["msc"], card={"source": ["adipose"]}),
        entry(cell_types=["hsc"], card={"conditioning": ["beam-atg"]}),
        entry(cell_types=["msc"], scope="out", card={"dose": ["1e6/kg"]}),
    )
    [(_msc, of_msc), (_hsc, of_hsc)] = coverage()
    told = {row.name: (row.stated, row.of, row.percent) for row in of_msc}
    assert told["Dose"] == (1, 2, 50)
    assert told["Tissue"] == (2, 2, 100)
    assert "Conditioning" not in told
    assert {row.name: row.stated for row in of_hsc}["Conditioning"] == 1


def test_the_page_shows_both_to_every_role_and_stands_empty_too(django_assert_max_num_queries: Any) -> None:
    viewer = signed_in_as("viewer")
    page = BeautifulSoup(viewer.get("/desk/").content, "html.parser")
    assert page.select_one("#lately")
    assert "No trial of this kind is in the list." in page.get_text()
    publish(*(entry(cell_types=["msc"]) for _number in range(30)))
    for number in range(30):
        change(number, "first_seen", number % 9)
    viewer.get("/desk/")
    with django_assert_max_num_queries(30):
        page = BeautifulSoup(viewer.get("/desk/").content, "html.parser")
    assert page.select("#coverage ~ details table tbody tr")
    assert Client().get("/desk/").status_code == 302


def test_what_waits_stands_by_impact_and_leads_there() -> None:
    run = SyncRun.objects.create(state="ok", step="done", finished_at=timezone.now())
    IngestIssue.objects.create(run=run, nct_id="NCT90000001", reason="Odd.")
    IngestIssue.objects.create(run=run, severity="notice", reason="Only odd.")
    SyncRun.objects.create(state="held", step="gate", reason="Odd.", finished_at=timezone.now())
    MistakeReport.objects.create(nct_id="NCT90000001", what="The city.")
    publish(entry(scope="review"))
    viewer = signed_in_as("viewer")
    assert waiting_on_the_desk(viewer) == {
        "Runs held before anything was published": 1,
        "Appeals against a decision": 0,
        "Mistakes reported by readers": 1,
        "The record has changed under a decision": 0,
        "Does it belong in our list?": 1,
        "A reading of the rules is in doubt": 0,
        "A second look, blind": 0,
        "Two curators read it differently": 0,
        "Cautions to confirm, by a second person": 0,
        "Words proposed for the rules": 0,
        "Records that the last run could not read": 0,
    }
    page = BeautifulSoup(viewer.get("/desk/").content, "html.parser")
    for link in page.select("section[aria-labelledby=waiting] a"):
        assert viewer.get(link["href"]).status_code == 200, link["href"]
    SyncRun.objects.filter(state="held").delete()
    assert waiting_on_the_desk(viewer)["Records that the last run could not read"] == 1


def test_held_runs_are_asked_for_once_and_counted_as_they_are_listed() -> None:
    for number in range(2):
        SyncRun.objects.create(state="held", step="gate", reason=f"Odd {number}.", finished_at=timezone.now())
    viewer = signed_in_as("viewer")
    with CaptureQueriesContext(connection) as asked:
        page = BeautifulSoup(viewer.get("/desk/").content, "html.parser")
    runs = [query["sql"] for query in asked if "ingest_syncrun" in query["sql"] and "'held'" in query["sql"]]
    assert len(runs) == 1
    assert len(page.select("div.desk-held")) == 2
    assert waiting_on_the_desk(viewer)["Runs held before anything was published"] == 2
