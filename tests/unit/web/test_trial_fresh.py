"""How fresh a record is, in words: from its dates and a day that is given, for exact, month-only and missing dates."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from apps.core.dates import PartialDate
from apps.vocabulary.statuses import STATUSES
from apps.web.presenters.trial_fresh import Dates, freshness, row_remark
from tests.factories.documents import entry, publish
from tests.reading import HIGHEST_GRADE, grade
from tests.unit.web.trial_pages import record_of, soup_of

TODAY = dt.date(2026, 5, 3)
OPEN = ("RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION")


def on(text: str | None) -> PartialDate | None:
    return PartialDate.parse(text) if text else None


def dates(confirmed: str = "", updated: str = "", end: str = "", **more: object) -> Dates:
    return Dates(confirmed=on(confirmed), updated=on(updated), end=on(end), **more)


def said(status: str | None, *args: str, **more: object) -> str:
    fresh = freshness(status, dates(*args, **more), TODAY)
    return " ".join((*fresh.sentences, fresh.advice)).strip()


def test_an_open_trial_that_nobody_confirms_and_whose_end_has_passed() -> None:
    assert said("RECRUITING", "2025-03-01", "2025-03-04", "2026-02") == (
        "The sponsor last confirmed this record 14 months ago. It was last updated 13 months ago. "
        "The planned end, February 2026, has passed. "
        "Much may have changed since. Call or write to the trial's team before you travel."
    )


@pytest.mark.parametrize(
    ("confirmed", "words"),
    [
        ("2026-05-03", "confirmed this record today."),
        ("2026-05", "confirmed this record this month."),
        ("2026-04", "confirmed this record 3 days ago."),  # from the last day that it can mean
        ("2026", "confirmed this record this year."),
        ("2025", "confirmed this record 4 months ago."),
        ("2026-05-04", "That day is still to come."),
        ("2031-01", "January 2031. That day is still to come."),
        ("", "The record does not say when the sponsor last confirmed it."),
    ],
)
def test_when_it_was_confirmed(confirmed: str, words: str) -> None:
    assert words in said("RECRUITING", confirmed, "2026-05-01", "2027-01")


@pytest.mark.parametrize(
    ("updated", "words"),
    [
        ("2026-05", "It was last updated this month."),
        ("2026-01-03", "It was last updated 4 months ago."),
        ("2027", "Its last update has the date 2027. That day is still to come."),
        ("", "The record does not say when it was last updated."),
    ],
)
def test_when_it_was_updated(updated: str, words: str) -> None:
    assert words in said("RECRUITING", "2026-05", updated, "2027-01")


@pytest.mark.parametrize(
    ("end", "passed"),
    [
        ("2026-05-02", True),
        ("2026-05-03", False),
        ("2026-04", True),
        ("2026-05", False),
        ("2025", True),
        ("2026", False),
    ],
)
@pytest.mark.parametrize("status", [*OPEN, "ACTIVE_NOT_RECRUITING", "SUSPENDED"])
def test_an_end_has_passed_only_when_no_day_of_it_is_left(status: str, end: str, passed: bool) -> None:
    fresh = freshness(status, dates("2026-05", "2026-05-01", end), TODAY)
    assert any("has passed" in sentence for sentence in fresh.sentences) == passed
    assert fresh.stale == passed


def test_an_end_that_was_reached_has_not_passed_unnoticed() -> None:
    assert "passed" not in said("ACTIVE_NOT_RECRUITING", "2026-05", "2026-05-01", "2026-01", ended=True)


def test_a_start_that_passed_while_the_trial_waits() -> None:
    waiting = dates("2026-05", "2026-05-01", "2028", start=on("2026-03"))
    fresh = freshness("NOT_YET_RECRUITING", waiting, TODAY)
    assert "The planned start, March 2026, has passed." in fresh.sentences
    assert fresh.stale
    assert not freshness("RECRUITING", waiting, TODAY).stale


def test_no_planned_end_is_said_but_is_no_reason_to_warn() -> None:
    fresh = freshness("RECRUITING", dates("2026-05", "2026-05-01"), TODAY)
    assert "The record gives no planned end." in fresh.sentences
    assert not fresh.stale


def test_an_unknown_status_is_said_in_words() -> None:
    fresh = freshness("UNKNOWN", dates("2021-03", "2021-03-04", "2022-01"), TODAY)
    assert fresh.sentences[0].startswith("The registry calls the status unknown")
    assert fresh.stale
    assert "before you travel" in fresh.advice


@pytest.mark.parametrize("status", ["COMPLETED", "TERMINATED", "WITHDRAWN"])
def test_what_has_ended_grows_no_older(status: str) -> None:
    fresh = freshness(status, dates("2012-01", "2012-02-01", "2011"), TODAY)
    assert not fresh.stale
    assert fresh.advice == ""
    assert "passed" not in " ".join(fresh.sentences)


@pytest.mark.parametrize("status", [None, "", "SOME_NEW_WORD", *(status.word for status in STATUSES)])
@pytest.mark.parametrize("date", ["", "2019", "2026-05", "2031-12-31", "0001-01-01", "9999"])
def test_every_status_with_every_kind_of_date_is_told_plainly(status: str | None, date: str) -> None:
    fresh = freshness(status, dates(date, date, date), TODAY)
    assert fresh.sentences
    assert "None" not in said(status, date, date, date)
    assert grade(said(status, date, date, date)) <= HIGHEST_GRADE


def test_a_date_that_is_none_counts_as_missing() -> None:
    module = {"overallStatus": "RECRUITING", "statusVerifiedDate": "soon", "completionDateStruct": {"date": "2026-13"}}
    notice = soup_of(record_of({"statusModule": module})).select_one(".trial-fresh").get_text()
    assert "does not say when the sponsor last confirmed it" in notice
    assert "The record gives no planned end." in notice


def test_the_end_of_the_main_result_stands_in_for_an_end_that_the_record_lacks() -> None:
    module = {
        "overallStatus": "RECRUITING",
        "statusVerifiedDate": "2026-05",
        "primaryCompletionDateStruct": {"date": "2025-01", "type": "ESTIMATED"},
    }
    notice = soup_of(record_of({"statusModule": module})).select_one(".notice").get_text()
    assert "The planned end, January 2025, has passed." in notice


@pytest.mark.parametrize(
    ("status", "end", "told"),
    [
        ("RECRUITING", "2026-04", "planned day of the main result has passed"),
        ("RECRUITING", "2026-05", ""),
        ("RECRUITING", "", ""),
        ("RECRUITING", "tomorrow", ""),
        ("COMPLETED", "2010-01", ""),
        ("UNKNOWN", "", "not confirmed for two years or more"),
        ("", "\x00", ""),
    ],
)
def test_what_a_row_adds(status: str, end: str, told: str) -> None:
    assert row_remark(status, end, TODAY) == told


@pytest.mark.django_db
def test_rows_of_the_list_say_it(client: Client) -> None:
    publish(
        entry("NCT90000031", overall_status="UNKNOWN", last_update_posted="2020-01-01"),
        entry("NCT90000032", last_update_posted="2026-04-01", primary_completion_date="2020-02"),
        entry("NCT90000033", last_update_posted="", primary_completion_date="2020-02"),
    )
    text = client.get("/trials/").content.decode()
    assert "changed 1 January 2020; not confirmed for two years or more" in text
    assert "; planned day of the main result has passed" in text
    assert "Last change not stated; planned day of the main result has passed" in text
