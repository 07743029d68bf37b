"""The edges of every band: months, missing values, the registry's sentinel, and days that only just belong."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.vocabulary.cards import COMPARATORS
from apps.vocabulary.study_values import (
    CONTROLS,
    ENROLLMENTS,
    NOT_STATED,
    PUBLICATIONS,
    REGISTRATIONS,
    UPDATES,
    controlled,
    enrollment_band,
    fda_regulated,
    newest_day,
    publications,
    read_year,
    registration_timing,
    start_year,
    update_bands,
)


@pytest.mark.parametrize(
    ("count", "band"),
    [
        (None, NOT_STATED),
        (-1, NOT_STATED),
        (0, "0"),
        (1, "1-to-9"),
        (9, "1-to-9"),
        (10, "10-to-19"),
        (19, "10-to-19"),
        (20, "20-to-49"),
        (49, "20-to-49"),
        (50, "50-to-99"),
        (99, "50-to-99"),
        (100, "100-to-499"),
        (499, "100-to-499"),
        (500, "500-or-more"),
        (10**12, "500-or-more"),
    ],
)
def test_numbers_of_people(count, band):
    assert enrollment_band(count) == band


@given(st.integers(0, 10**9))
def test_every_number_has_a_band(count):
    assert enrollment_band(count) in set(ENROLLMENTS) - {NOT_STATED}


@pytest.mark.parametrize(
    ("sent", "begun", "timing"),
    [
        # Whole days.
        ("2024-05-01", "2024-05-02", "before-start"),
        ("2024-05-02", "2024-05-02", "before-start"),
        ("2024-05-03", "2024-05-02", "within-21-days"),
        ("2024-05-23", "2024-05-02", "within-21-days"),
        ("2024-05-24", "2024-05-02", "over-21-days"),
        ("2003-01-01", "1998-01-01", "over-21-days"),
        # A month for the start: its first and its last day both count.
        ("2024-04-30", "2024-05", "before-start"),
        ("2024-05-01", "2024-05", "before-start"),
        ("2024-05-02", "2024-05", "cannot-be-told"),
        ("2024-05-31", "2024-05", "cannot-be-told"),
        ("2024-06-01", "2024-05", "after-start"),
        ("2024-06-21", "2024-05", "after-start"),
        ("2024-06-22", "2024-05", "over-21-days"),
        ("2024-02-29", "2024-02", "cannot-be-told"),
        ("2024-03-01", "2024-02", "after-start"),
        # A year, as old versions have it; and a month for the sending.
        ("2004-06-01", "2004", "cannot-be-told"),
        ("2005-01-21", "2004", "after-start"),
        ("2005-01-22", "2004", "over-21-days"),
        ("2003-12-31", "2004", "before-start"),
        ("2024-05", "2024-05", "cannot-be-told"),
        ("2024-04", "2024-05", "before-start"),
        # Missing, or no date at all.
        ("", "2024-05-02", "cannot-be-told"),
        ("2024-05-02", "", "cannot-be-told"),
        ("", "", "cannot-be-told"),
        ("soon", "2024-13-45", "cannot-be-told"),
    ],
)
def test_registration_seen_from_the_start(sent, begun, timing):
    assert registration_timing(sent, begun) == timing


DATES = st.dates(dt.date(1999, 1, 1), dt.date(2035, 12, 31))


@given(sent=DATES, begun=DATES)
def test_what_is_said_of_a_month_holds_for_every_day_in_it(sent, begun):
    told = registration_timing(sent.isoformat(), begun.isoformat()[:7])
    assert told in REGISTRATIONS
    agreeing = {
        "before-start": {"before-start"},
        "within-21-days": {"within-21-days"},
        "over-21-days": {"over-21-days"},
        "after-start": {"within-21-days", "over-21-days"},
        "cannot-be-told": set(REGISTRATIONS),
    }
    assert registration_timing(sent.isoformat(), begun.isoformat()) in agreeing[told]


NEWEST = dt.date(2026, 6, 30)


@pytest.mark.parametrize(
    ("raw", "bands"),
    [
        ("2026-06-30", ["30-days"]),
        ("2026-05-31", ["30-days"]),
        ("2026-05-30", ["6-months"]),
        ("2025-12-30", ["6-months"]),
        ("2025-12-29", ["1-year"]),
        ("2025-06-30", ["1-year"]),
        ("2025-06-29", ["2-years"]),
        ("2024-06-30", ["2-years"]),
        ("2024-06-29", ["older"]),
        ("1999-12-31", ["older"]),
        # A month that reaches into two bands stands in both.
        ("2026-05", ["30-days", "6-months"]),
        ("2026-06", ["30-days"]),
        ("2025", ["6-months", "1-year", "2-years"]),
        # Newer than the newest whole day: a month that has begun.
        ("2026-07", ["30-days"]),
        ("", [NOT_STATED]),
        ("yesterday", [NOT_STATED]),
    ],
)
def test_last_updates_are_counted_back_from_the_newest_in_the_data(raw, bands):
    assert list(update_bands(raw, NEWEST)) == bands


def test_without_any_day_no_update_has_a_band():
    assert newest_day(["", "2026-05", "bogus"]) is None
    assert newest_day([]) is None
    assert newest_day(["2026-05-01", "2026-06", "2025-12-31"]) == dt.date(2026, 5, 1)
    assert update_bands("2026-05", None) == (NOT_STATED,)


@given(st.dates(dt.date(1999, 1, 1), NEWEST))
def test_a_day_has_one_band(date):
    [band] = update_bands(date.isoformat(), NEWEST)
    assert band in UPDATES


@pytest.mark.parametrize(
    ("drug", "device", "words"),
    [
        (True, True, ("drug", "device")),
        (True, False, ("drug",)),
        (True, None, ("drug",)),
        (False, True, ("device",)),
        (None, True, ("device",)),
        (False, False, ("no",)),
        (False, None, (NOT_STATED,)),
        (None, False, (NOT_STATED,)),
        (None, None, (NOT_STATED,)),
    ],
)
def test_the_two_flags_of_the_fda(drug, device, words):
    assert fda_regulated(drug, device) == words


@pytest.mark.parametrize(
    ("types", "words"),
    [
        ([], ("none",)),
        (["BACKGROUND"], ("none",)),
        (["", "NEW_KIND"], ("none",)),
        (["DERIVED", "RESULT", "RESULT"], ("RESULT", "DERIVED")),
        (["BACKGROUND", "DERIVED"], ("DERIVED",)),
    ],
)
def test_publications(types, words):
    assert publications(types) == words
    assert set(words) <= set(PUBLICATIONS)


def test_a_control_group_is_one_without_the_cells():
    assert set(COMPARATORS) >= CONTROLS
    assert controlled([]) == NOT_STATED
    assert controlled(["none"]) == "false"
    assert controlled(["dose-comparison", "historical"]) == "false"
    assert controlled(["dose-comparison", "placebo"]) == "true"
    assert controlled(["delayed-treatment"]) == "true"


@pytest.mark.parametrize(
    ("raw", "year"),
    [("2024-05-02", "2024"), ("2024-05", "2024"), ("1998", "1998"), ("", NOT_STATED), ("x", NOT_STATED)],
)
def test_years_of_start(raw, year):
    assert start_year(raw) == year


@pytest.mark.parametrize("text", ["24", "20245", "٢٠٢٤", "2024-05", "'2024", "", "not", "-2024", "2024.0"])
def test_nonsense_is_no_year(text):
    assert read_year(text) is None


def test_a_year_reads_in_any_spelling():
    assert read_year(" 2024 ") == "2024"
    assert read_year("Not_Stated") == NOT_STATED
