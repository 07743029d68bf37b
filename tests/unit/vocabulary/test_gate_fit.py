"""What a person typed against a record's limits, held against a naive reading of both."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.vocabulary.gate_fit import (
    ASK,
    DOES_NOT_FIT,
    FITS,
    Fit,
    age_fit,
    duration_fit,
    of_several,
    read_time,
    sex_fit,
)

AGES = st.integers(0, 120)


@pytest.mark.parametrize(
    ("value", "age", "fit"),
    [
        ("18-55", 34, FITS),
        ("18-55", 18, FITS),
        ("18-55", 55, FITS),
        ("18-55", 17, DOES_NOT_FIT),
        ("18-55", 56, DOES_NOT_FIT),
        ("18-", 90, FITS),
        ("-17", 9, FITS),
        ("-17", 18, DOES_NOT_FIT),
        ("6m-", 0, ASK),
        ("6m-", 1, FITS),
        ("-18m", 1, ASK),
        ("-18m", 0, FITS),
        ("-18m", 2, DOES_NOT_FIT),
        ("nonsense", 34, ASK),
        ("", 34, ASK),
    ],
)
def test_ages(value: str, age: int, fit: Fit) -> None:
    assert age_fit(value, age) == fit


@given(AGES, AGES, AGES)
def test_ages_in_whole_years_are_compared_as_numbers(low: int, high: int, age: int) -> None:
    assert age_fit(f"{low}-{high}", age) == (FITS if low <= age <= high else DOES_NOT_FIT)
    assert age_fit(f"{low}-", age) == (FITS if low <= age else DOES_NOT_FIT)
    assert age_fit(f"-{high}", age) == (FITS if age <= high else DOES_NOT_FIT)


@settings(deadline=None)
@given(st.integers(0, 1440), AGES)
def test_ages_in_months_hold_for_every_day_of_the_year_of_life(limit: int, age: int) -> None:
    """Someone of nine is somewhere between 108 months and the day before 120."""
    days = [Fraction(age * 12) + Fraction(part, 100) for part in range(1200)]
    old_enough = {day >= limit for day in days}
    assert age_fit(f"{limit}m-", age) == (
        {True: FITS, False: DOES_NOT_FIT}[old_enough.pop()] if len(old_enough) == 1 else ASK
    )


@pytest.mark.parametrize(
    ("value", "sex", "fit"),
    [
        ("all", "female", FITS),
        ("all", "male", FITS),
        ("female", "female", FITS),
        ("female", "male", DOES_NOT_FIT),
        ("male", "female", DOES_NOT_FIT),
        ("other", "male", ASK),
    ],
)
def test_sexes(value: str, sex: str, fit: Fit) -> None:
    assert sex_fit(value, sex) == fit


@pytest.mark.parametrize(
    ("typed", "low", "high"),
    [
        ("2", 24, 36),
        ("2 years", 24, 36),
        ("2y", 24, 36),
        ("18 months", 18, 19),
        ("1.5 years", 18, 19),
        ("1,5 Years", 18, 19),
        ("0", 0, 12),
        ("6 weeks", 6 * 7 / 30.44, 7 * 7 / 30.44),
        ("10 days", 10 / 30.44, 11 / 30.44),
    ],
)
def test_times(typed: str, low: float, high: float) -> None:
    time = read_time(typed)
    assert time is not None
    assert (time.low, time.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    "typed", ["abc", "", "-2", "2 moons", "two", "1e3", "99999", "121 years", "2 years ago", "\0", "٢"]
)
def test_what_is_no_time(typed: str) -> None:
    assert read_time(typed) is None


@given(st.text())
def test_no_text_breaks_it(typed: str) -> None:
    read_time(typed)


@pytest.mark.parametrize(
    ("value", "typed", "since", "fit"),
    [
        ("<=36", "2 years", "diagnosis", FITS),
        ("<=36", "3 years", "diagnosis", ASK),
        # Who says "3 years" may have a day less.
        ("<36", "3 years", "diagnosis", ASK),
        ("<36", "37 months", "diagnosis", DOES_NOT_FIT),
        ("<=36", "4 years", "diagnosis", DOES_NOT_FIT),
        ("<36", "2 years", "diagnosis", FITS),
        (">=12", "1 year", "diagnosis", FITS),
        (">12", "1 year", "diagnosis", ASK),
        (">=60", "2 years", "diagnosis", DOES_NOT_FIT),
        ("6-60", "18 months", "diagnosis", FITS),
        ("6-60", "5 months", "diagnosis", DOES_NOT_FIT),
        ("<=3", "0", "diagnosis", ASK),
        # Symptoms come before the diagnosis: the time may be longer than typed, never shorter.
        ("<=36", "2 years", "onset", ASK),
        ("<=36", "4 years", "onset", DOES_NOT_FIT),
        (">=60", "2 years", "onset", ASK),
        (">=60", "6 years", "onset", FITS),
        ("<=36", "2 years", "disease", FITS),
        (">=60", "2 years", "disease", ASK),
        ("nonsense", "2 years", "diagnosis", ASK),
    ],
)
def test_durations(value: str, typed: str, since: str, fit: Fit) -> None:
    time = read_time(typed)
    assert time is not None
    assert duration_fit(value, time, since) == fit


SIGNS = {
    "<=": lambda months, limit: months <= limit,
    "<": lambda months, limit: months < limit,
    ">=": lambda months, limit: months >= limit,
    ">": lambda months, limit: months > limit,
}


@settings(deadline=None)
@given(st.sampled_from(list(SIGNS)), st.integers(0, 300), st.integers(0, 25), st.sampled_from(["years", "months"]))
def test_durations_hold_for_every_day_that_was_meant(sign: str, limit: int, number: int, unit: str) -> None:
    size = 12 if unit == "years" else 1
    days = [Fraction(number * size) + Fraction(size * part, 400) for part in range(400)]
    within = {SIGNS[sign](day, limit) for day in days}
    time = read_time(f"{number} {unit}")
    assert time is not None
    if sign == "<" and number * size == limit:
        within = {True, False}
    expected = {True: FITS, False: DOES_NOT_FIT}[within.pop()] if len(within) == 1 else ASK
    assert duration_fit(f"{sign}{limit}", time) == expected


def test_several_values_are_one_answer_where_they_agree() -> None:
    assert of_several([FITS, FITS]) == FITS
    assert of_several([DOES_NOT_FIT]) == DOES_NOT_FIT
    assert of_several([FITS, DOES_NOT_FIT]) == ASK
    assert of_several([]) == ASK
    assert of_several([DOES_NOT_FIT], doubtful=True) == ASK
    assert of_several([FITS], doubtful=True) == ASK
