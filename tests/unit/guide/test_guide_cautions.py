"""What is told of cautions: every kind has its text, in plain words, with advice of others, and judges nobody."""

from __future__ import annotations

import re
import tomllib

import pytest

from apps.guide.cautions import CONTENT, NO_VERDICT, caution_texts, reckoned
from apps.vocabulary.cautions import CAUTIONS
from tests.reading import HIGHEST_GRADE, grade
from tests.unit.guide.test_guide_leaflets import PROMISES

VERDICTS = re.compile(r"\b(scams?|fraud\w*|illegal\w*|bad|danger\w*|avoid|dishonest|rogue|warning|unethical)\b", re.I)


def test_every_kind_has_its_text_and_no_other() -> None:
    assert list(caution_texts()) == list(CAUTIONS)


@pytest.mark.parametrize("kind", list(CAUTIONS))
def test_it_is_plain_neutral_and_has_a_source(kind: str) -> None:
    text = caution_texts()[kind]
    whole = " ".join([text.means, text.harmless, *(statement.text for statement in text.advice)])
    assert grade(whole) <= HIGHEST_GRADE, grade(whole)
    assert text.harmless
    assert text.advice
    assert all(statement.sources for statement in text.advice)
    assert not VERDICTS.search(whole)
    assert not PROMISES.search(whole)


def test_that_it_is_no_verdict_is_said_in_plain_words() -> None:
    assert grade(str(NO_VERDICT)) <= HIGHEST_GRADE
    assert "not a verdict" in str(NO_VERDICT)
    assert "no endorsement" in str(NO_VERDICT)


def test_every_source_is_used_and_has_an_address() -> None:
    named = tomllib.loads((CONTENT / "sources.toml").read_text(encoding="utf-8"))
    used = {
        source.key for text in caution_texts().values() for statement in text.advice for source in statement.sources
    }
    assert used == set(named)
    assert all(entry["url"].startswith("http") for entry in named.values())


def test_what_was_reckoned_is_told() -> None:
    assert list(reckoned({})) == []
    assert "at least 1 day after" in " ".join(reckoned({"days": 1}))
    assert "cannot tell" in " ".join(reckoned({"rule": "cannot-be-told", "derived": 0}))
    assert "2 papers" in " ".join(reckoned({"rule": "may-apply", "derived": 2}))
    assert "3 other trials of this sponsor held here" in " ".join(reckoned({"held": 3}))
    every = [{"days": 400}, {"rule": "may-apply", "derived": 1}, {"rule": "not-regulated"}, {"held": 2}]
    assert grade(" ".join(told for facts in every for told in reckoned(facts))) <= HIGHEST_GRADE
