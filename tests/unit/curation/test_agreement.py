"""The figures of two readers, and which studies are read twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.curation.agreement import agreement, is_read_twice

READING = st.lists(st.sampled_from("abc"), max_size=2, unique=True).map(sorted)
PAIRS = st.lists(st.tuples(READING, READING), max_size=30)


def table(*cells: tuple[str, str, int]) -> list[tuple[list[str], list[str]]]:
    return [([first], [second]) for first, second, number in cells for _ in range(number)]


@pytest.mark.parametrize(
    ("pairs", "n", "agreed", "kappa"),
    [
        # po = 0.7; pe = 0.5 * 0.6 + 0.5 * 0.4 = 0.5.
        (table(("yes", "yes", 20), ("yes", "no", 5), ("no", "yes", 10), ("no", "no", 15)), 50, 35, 0.4),
        # The same po with other margins: pe = 0.6 * 0.7 + 0.4 * 0.3 = 0.54, po = 0.6.
        (table(("yes", "yes", 45), ("yes", "no", 15), ("no", "yes", 25), ("no", "no", 15)), 100, 60, 0.06 / 0.46),
        (table(("a", "b", 1), ("b", "a", 1)), 2, 0, -1.0),
        (table(("a", "a", 2), ("b", "b", 3)), 5, 5, 1.0),
        (table(("a", "a", 7)), 7, 7, None),
        ([], 0, 0, None),
        # A category is a whole set of values.
        ([(["a", "b"], ["a"]), (["a"], ["a"]), ([], [])], 3, 2, (2 / 3 - 3 / 9) / (1 - 3 / 9)),
    ],
)
def test_known_tables(pairs: list, n: int, agreed: int, kappa: float | None) -> None:
    told = agreement(pairs)
    assert (told.n, told.agreed) == (n, agreed)
    assert told.kappa == (None if kappa is None else pytest.approx(kappa))
    assert told.percent == (100 * agreed / n if n else None)


@given(PAIRS)
def test_it_is_the_same_from_both_sides_and_never_more_than_one(pairs: list) -> None:
    told, turned = agreement(pairs), agreement([(second, first) for first, second in pairs])
    assert told == turned
    if told.kappa is not None:
        assert -1 <= told.kappa <= 1
        assert (told.kappa == 1) == (told.agreed == told.n)


@given(st.integers(0, 99_999_999), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_has_all_of_a_smaller_one(number: int, one: float, other: float) -> None:
    nct_id = f"NCT{number:08}"
    if is_read_twice(nct_id, min(one, other)):
        assert is_read_twice(nct_id, max(one, other))
    assert not is_read_twice(nct_id, 0)
    assert is_read_twice(nct_id, 1)


def test_about_a_tenth() -> None:
    chosen = sum(is_read_twice(f"NCT{number:08}", 0.1) for number in range(20_000))
    assert 1_850 < chosen < 2_150
