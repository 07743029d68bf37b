"""What a word that stands in no document may have been meant to be: the nearest word that does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db import connection

from apps.search.limits import search_limits
from apps.search.matching import Question, quoting
from apps.search.words import fold

# How alike two spellings must be (difflib's ratio): "lupsu" and "lupus" are 0.8, "failure" and "failed" 0.77.
LEAST_ALIKE = 0.8
# Candidates by trigrams for each word, of which the likest is taken.
_CANDIDATES = 12
# Of a long text only the first words are looked at.
_WORDS = 12

# For each word that no document has in any form, the words of the documents that share most trigrams with it.
_NEAREST = """
SELECT place, ARRAY(
    SELECT near.word FROM search_word AS near WHERE near.word %% asked.word
    ORDER BY similarity(near.word, asked.word) DESC, near.word LIMIT %(candidates)s
)
FROM unnest(%(words)s::text[]) WITH ORDINALITY AS asked(word, place)
WHERE numnode(plainto_tsquery('trialtracker', asked.word)) > 0 AND NOT EXISTS (
    SELECT 1 FROM search_studydocument WHERE whole_vector @@ plainto_tsquery('trialtracker', asked.word)
)
ORDER BY place
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """A question in the nearest spelling (`text`), and the text that asks for what was typed and nothing else."""

    text: str
    exactly: str


def correction_of(question: Question) -> Correction | None:
    """The question with every unknown word in its nearest spelling, None where there is nothing to put right.

    Words in quotation marks, words with digits and words that some document has stay as they are. One statement.
    """
    if not question.spelt:
        return None
    words = [fold(word) for word, _position in question.spelt[:_WORDS]]
    with connection.cursor() as cursor:
        cursor.execute(search_limits() + _NEAREST, {"words": words, "candidates": _CANDIDATES})
        rows = cursor.fetchall()
    text = question.text
    stretches: list[tuple[int, int]] = []
    for place, candidates in reversed(rows):
        word, position = question.spelt[place - 1]
        end = position + len(word)
        stretches.insert(0, (position, end))
        if (nearest := _likest(words[place - 1], candidates)) is not None:
            text = text[:position] + nearest + text[end:]
    if text == question.text:
        return None
    return Correction(text, quoting(question.text, stretches))


def _likest(word: str, candidates: Sequence[str]) -> str | None:
    alike = {near: SequenceMatcher(None, word, near).ratio() for near in candidates}
    nearest = max(alike, key=alike.__getitem__, default=None)
    return nearest if nearest is not None and alike[nearest] >= LEAST_ALIKE else None
