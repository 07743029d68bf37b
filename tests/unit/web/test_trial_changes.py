"""What changed, in plain words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest

from apps.studies.facts import facts_of
from apps.web.presenters.trial_changes import _FACTS, days_of_changes
from tests.unit.web.trial_pages import record_of, soup_of


@dataclass
class Change:
    field: str
    old: Any
    new: Any
    at: dt.datetime = dt.datetime(2026, 5, 3, 23, 30, tzinfo=dt.UTC)


def words(*changes: Change) -> list[str]:
    section = soup_of(record_of(), changes=changes).find(id="changes")
    return [" ".join(item.get_text().split()) for item in section.select("li")]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Change("overall_status", "RECRUITING", "COMPLETED"), "Status: Recruiting → became Completed"),
        (Change("enrollment", 20, 1148), "People in the trial: 20 → became 1,148"),
        (Change("enrollment", None, 20), "People in the trial: not given → became 20"),
        (Change("enrollment_type", "ESTIMATED", "ACTUAL"), "Number of people is: planned → became actual"),
        (Change("start_date", "2026-05", "2026-06-03"), "Start: May 2026 → became 3 June 2026"),
        (Change("start_date", "2026-05", ""), "Start: May 2026 → became not given"),
        (Change("phases", ["PHASE1"], ["PHASE1", "PHASE2"]), "Phase: Phase 1 → became Phase 1/2"),
        (Change("has_results", False, True), "Results posted: No → became Yes"),
        (Change("countries", ["Spain"], ["Spain", "Turkey"]), "Countries; added: Türkiye"),
        (Change("keywords", ["a", "b"], ["b", "c"]), "Keywords; added: c; taken out: a"),
        (Change("keywords", ["a", "b"], ["b", "a"]), "Keywords: in another order"),
        (Change("registry_state", "present", "gone"), "no longer in the registry"),
        (Change("registry_state", "present", "NCT90000001"), "merged into NCT90000001"),
        (Change("first_seen", None, {"overall_status": "RECRUITING"}), "First seen by us: Recruiting"),
        (Change("some_new_fact", "a", "b"), "Some new fact: a → became b"),
        (Change("brief_title", "<i>x</i>", "y"), "Title: <i>x</i> → became y"),
    ],
)
def test_a_change_in_words(change: Change, told: str) -> None:
    assert told in words(change)[0]


def test_changes_stand_under_the_day_on_which_we_saw_them() -> None:
    earlier = Change("enrollment", 1, 2, at=dt.datetime(2026, 4, 30, 0, 1, tzinfo=dt.UTC))
    days = days_of_changes([Change("enrollment", 2, 3), Change("has_results", False, True), earlier])
    assert [(day.day, len(day.changes)) for day in days] == [("3 May 2026", 2), ("30 April 2026", 1)]


def test_a_long_text_is_told_by_its_beginning() -> None:
    (day,) = days_of_changes([Change("why_stopped", "", "word " * 100)])
    assert day.changes[0].new.endswith("word …")
    assert len(day.changes[0].new) < 170


def test_every_fact_that_history_keeps_has_a_plain_name() -> None:
    assert set(facts_of(record_of())) <= set(_FACTS)


def test_no_changes_make_no_section() -> None:
    assert soup_of(record_of(), changes=[]).find(id="changes") is None


def test_the_last_days_stand_open_and_the_others_are_folded() -> None:
    days = [Change("enrollment", n, n + 1, at=dt.datetime(2026, 4, 30 - n, tzinfo=dt.UTC)) for n in range(5)]
    section = soup_of(record_of(), changes=days).find(id="changes")
    assert [len(part.select("dt")) for part in section.select("dl")] == [3, 2]
    assert section.select_one("details dt").get_text() == "Seen 27 April 2026"
