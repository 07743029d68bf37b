"""What is kept of a few answers, and which goes first."""

from __future__ import annotations

from apps.search.remembered import Remembered


def test_the_answer_asked_for_longest_ago_goes_first():
    kept: Remembered[str, int] = Remembered(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (1, None, 3)
    assert len(kept) == 2


def test_an_answer_is_replaced_and_an_empty_one_is_an_answer():
    kept: Remembered[str, int] = Remembered(2)
    kept.put("a", 1)
    kept.put("a", 0)
    assert kept.get("a") == 0
    assert kept.get("") is None
    assert len(kept) == 1
