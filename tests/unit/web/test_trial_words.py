"""Dates, ages, numbers and links in words."""

from __future__ import annotations

import datetime as dt

import pytest

from apps.studies.records import RegistryDate
from apps.web.presenters.words import age_words, ago, date_words, dated, file_size, label, number, outside, yes_no

TODAY = dt.date(2026, 5, 3)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("2026-05-03", "3 May 2026"),
        ("2026-05", "May 2026"),
        ("2026", "2026"),
        ("2019-09-26T04:54", "26 September 2019, 04:54"),
        ("soon", "soon"),
        ("2026-13-45", "2026-13-45"),
        ("", ""),
        (None, ""),
    ],
)
def test_dates_are_as_exact_as_the_record(raw: str | None, words: str) -> None:
    assert date_words(raw) == words


@pytest.mark.parametrize(
    ("date", "words"),
    [
        (RegistryDate("2026-05", "ESTIMATED"), "May 2026 (planned)"),
        (RegistryDate("2026-05-03", "ACTUAL"), "3 May 2026 (actual)"),
        (RegistryDate("2026-05"), "May 2026"),
        (RegistryDate("2026-05", "SOME_NEW_WORD"), "May 2026 (Some new word)"),
        (RegistryDate(None, "ACTUAL"), ""),
    ],
)
def test_planned_and_actual_are_told_apart(date: RegistryDate, words: str) -> None:
    assert dated(date) == words


@pytest.mark.parametrize(
    ("date", "words"),
    [
        (dt.date(2026, 5, 3), "today"),
        (dt.date(2026, 5, 2), "1 day ago"),
        (dt.date(2026, 3, 10), "54 days ago"),
        (dt.date(2026, 2, 3), "3 months ago"),
        (dt.date(2026, 2, 4), "2 months ago"),
        (dt.date(2024, 5, 4), "23 months ago"),
        (dt.date(2024, 5, 3), "2 years ago"),
        (dt.date(2020, 6, 26), "5 years ago"),
        (dt.date(2026, 5, 4), ""),
    ],
)
def test_how_long_ago(date: dt.date, words: str) -> None:
    assert ago(date, TODAY) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        ("18 Years", "55 Years", "18 to 55 years"),
        ("6 Months", "18 Years", "6 months to 18 years"),
        ("1 Year", None, "1 year and over"),
        ("18 Years", "N/A", "18 years and over"),
        (None, "6 Months", "up to 6 months"),
        (None, None, ""),
        ("eighteen", None, "eighteen"),
    ],
)
def test_age_ranges(low: str | None, high: str | None, words: str) -> None:
    assert age_words(low, high) == words


@pytest.mark.parametrize(
    ("size", "words"), [(None, ""), (12, "1 kB"), (842_123, "842 kB"), (1_590_628, "1.6 MB"), (999_600, "1,000 kB")]
)
def test_file_sizes(size: int | None, words: str) -> None:
    assert file_size(size) == words


def test_numbers_have_their_thousands_apart() -> None:
    assert [number(n) for n in (None, 0, 999, 1148, 1_000_000)] == ["", "0", "999", "1,148", "1,000,000"]


def test_a_missing_yes_or_no_is_not_a_no() -> None:
    assert [yes_no(value) for value in (True, False, None)] == ["Yes", "No", ""]


def test_a_word_that_the_registry_adds_tomorrow_is_shown() -> None:
    assert label("violation_event", "SOME_NEW_WORD") == "Some new word"
    assert label("status", "PAUSED_BY_REGULATOR") == "Paused by regulator"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "mailto:a@b.c", "//x.org", "http://[", "see"]
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert "<a" not in outside(url, "shown")
    assert outside(url, "shown") in {"shown", f"shown ({url})"}


def test_links_are_escaped_and_not_followed() -> None:
    assert outside("https://example.org/?a=1&amp;b=2", "<b>") == (
        '<a href="https://example.org/?a=1&amp;b=2" rel="nofollow noopener">&lt;b&gt;</a>'
    )
