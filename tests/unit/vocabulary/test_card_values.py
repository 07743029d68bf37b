"""Bands of open values, the order of values, and that no value falls between two stools."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.vocabulary.card_values import CARD_FILTERS, NOT_STATED, in_order, limits
from apps.vocabulary.cards import FIELDS


@pytest.mark.parametrize(
    ("slug", "value", "words"),
    [
        ("source", "adipose", ("adipose",)),
        ("product", "protrans", ("protrans",)),
        ("dose", "1e6/kg", ("per-kg",)),
        ("dose", ">=1e6-2e6/kg", ("per-kg",)),
        ("dose", "3e7", ("fixed",)),
        ("dose", "1e7-1.5e8", ("fixed",)),
        ("dose", "<=5e8", ("fixed",)),
        ("dose", "5e7/m2", ("other",)),
        ("dose", "4e7/joint", ("other",)),
        ("administrations", "1", ("1",)),
        ("administrations", "2-4", ("2", "3", "4-or-more")),
        ("administrations", "3-", ("3", "4-or-more")),
        ("administrations", "12", ("4-or-more",)),
        ("administrations", "0", ()),
        ("interval", "28", ("stated",)),
        ("mobilisation", "cyclophosphamide+g-csf", ("cyclophosphamide", "g-csf")),
        ("mobilisation", "g-csf+gm-csf+prednisone", ("g-csf", "other")),
        ("age", "18-65", ("adults",)),
        ("age", "18-", ("adults", "over-65")),
        ("age", "-65", ("children", "adults")),
        ("age", "6m-17", ("children",)),
        ("age", "16-18", ("children", "adults")),
        ("age", "30d-11m", ("children",)),
        ("age", "66-80", ("over-65",)),
        ("duration", "<=1.4", ("under-3-months",)),
        ("duration", "<3", ("under-3-months",)),
        ("duration", "<=12", ("under-3-months", "3-to-12-months")),
        ("duration", ">=12", ("1-to-5-years", "5-to-10-years", "over-10-years")),
        ("duration", "6-60", ("3-to-12-months", "1-to-5-years")),
        ("duration", "=24", ("1-to-5-years",)),
        ("duration", "=12", ("1-to-5-years",)),
        ("duration", "<=0", ("under-3-months",)),
        ("severity", "edss:3-6.5", ("edss",)),
        ("severity", "edss=4", ("edss",)),
        ("severity", "c-peptide>=0.2", ("c-peptide",)),
        ("severity", "das28>3.2", ("das28",)),
        ("severity", "mayo>=6", ("other",)),
        ("follow_up", "0.5", ("under-6-months",)),
        ("follow_up", "5.9", ("6-to-12-months",)),
        ("follow_up", "12", ("6-to-12-months",)),
        ("follow_up", "12.1", ("6-to-12-months",)),
        ("follow_up", "18", ("1-to-2-years",)),
        ("follow_up", "24", ("1-to-2-years",)),
        ("follow_up", "60", ("2-to-5-years",)),
        ("follow_up", "180", ("over-5-years",)),
    ],
)
def test_a_value_falls_under_its_words(slug: str, value: str, words: tuple[str, ...]) -> None:
    assert CARD_FILTERS[slug].words_of(value) == words


def test_every_field_can_be_asked_for_as_not_stated_and_every_closed_value_as_itself() -> None:
    assert list(CARD_FILTERS) == [field.slug for field in FIELDS]
    for field in FIELDS:
        item = CARD_FILTERS[field.slug]
        assert list(item.words)[-1] == NOT_STATED
        assert all(re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", word) for word in item.words)
        assert all(str(name) for name in item.words.values())
        for word in field.words:
            assert item.words_of(word) == (word,)


@given(st.sampled_from([field.slug for field in FIELDS if not field.words]), st.text(max_size=40))
def test_no_open_value_breaks_its_bands_or_leaves_the_list(slug: str, value: str) -> None:
    item = CARD_FILTERS[slug]
    if slug != "product":
        assert set(item.words_of(value)) <= set(item.words) - {NOT_STATED}
    assert in_order(slug, [value, value]) == [value]


@given(st.integers(1, 10**6))
def test_every_number_of_times_falls_under_one_word(times: int) -> None:
    assert len(CARD_FILTERS["administrations"].words_of(str(times))) == 1


@given(st.decimals(0, 10**5, places=1))
def test_every_follow_up_falls_under_one_word(months: object) -> None:
    assert len(CARD_FILTERS["follow_up"].words_of(str(months))) == 1


@given(st.integers(0, 120), st.integers(0, 120))
def test_every_range_of_ages_falls_under_some_word(one: int, other: int) -> None:
    low, high = sorted((one, other))
    for value in (f"{low}-{high}", f"{low}-", f"-{high}"):
        assert CARD_FILTERS["age"].words_of(value)


@given(st.integers(0, 600), st.integers(1, 600))
def test_every_span_of_time_falls_under_some_word(low: int, more: int) -> None:
    for value in (f"{low}-{low + more}", f">={low}", f"<={more}", f"={low}"):
        assert CARD_FILTERS["duration"].words_of(value)


@pytest.mark.parametrize("text", ["", "-", "<=", "m", "adult", "1.2.3", "18-65 years", "٣", "1--2", "\x00"])
def test_what_is_no_number_has_no_limits(text: str) -> None:
    assert limits(text) is None


@pytest.mark.parametrize(
    ("slug", "given_values", "ordered"),
    [
        ("source", ["adipose", "bone-marrow", "adipose"], ["bone-marrow", "adipose"]),
        ("source", ["tonsil", "placenta"], ["placenta", "tonsil"]),
        ("dose", ["1e8", "2e6/kg", "1e6-2e6/kg", ">=5e5/kg"], [">=5e5/kg", "1e6-2e6/kg", "2e6/kg", "1e8"]),
        ("administrations", ["10", "2", "2-4"], ["2", "2-4", "10"]),
        ("follow_up", ["60", "0.5"], ["0.5", "60"]),
        ("severity", ["hba1c<=9", "c-peptide>=0.2"], ["c-peptide>=0.2", "hba1c<=9"]),
    ],
)
def test_values_have_one_order(slug: str, given_values: list[str], ordered: list[str]) -> None:
    assert in_order(slug, given_values) == ordered
    assert in_order(slug, reversed(given_values)) == ordered
