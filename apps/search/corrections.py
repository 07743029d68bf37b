"""What a word that stands in no document of a list may have been meant to be: the nearest word that does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from rapidfuzz.distance import OSA

from apps.search.expressions import ExpressionError
from apps.search.limits import search_limits
from apps.search.matching import Question, quoting, read_question
from apps.search.moments import Moment
from apps.search.words import fold

# Slips (a letter too many, too few, another, or two in the wrong order) that a word may have, by its length at least.
_SLIPS = ((6, 2), (4, 1))
# Candidates by trigrams for each word.
_CANDIDATES = 30
# Of a long text only the first words are looked at.
_WORDS = 12

# For each unknown word, the words of the documents asked for that share most trigrams with it. A word is kept when the
# texts that had it are superseded: so each is looked up in those that stand. A word that others have may be a slip of
# theirs: where they are fewer than three, or where so many times as many documents have the nearest word.
_FEW, _MANY, _TIMES = 3, 50, 20
_NEAREST = """
SELECT place, elsewhere, ARRAY(
    SELECT near.word FROM (
        SELECT word FROM search_word WHERE word %% asked.word
        ORDER BY similarity(word, asked.word) DESC, word LIMIT %(candidates)s
    ) AS near
    WHERE EXISTS (
        SELECT 1 FROM {documents}
        WHERE whole_vector @@ plainto_tsquery('trialtracker', near.word) AND scope = ANY(%(scopes)s)
    )
)
FROM unnest(%(words)s::text[]) WITH ORDINALITY AS asked(word, place)
CROSS JOIN LATERAL (
    SELECT count(*) AS elsewhere FROM (
        SELECT 1 FROM {documents} WHERE whole_vector @@ plainto_tsquery('trialtracker', asked.word) LIMIT %(many)s
    ) AS those
) AS others
WHERE numnode(plainto_tsquery('trialtracker', asked.word)) > 0 AND NOT EXISTS (
    SELECT 1 FROM {documents}
    WHERE whole_vector @@ plainto_tsquery('trialtracker', asked.word) AND scope = ANY(%(scopes)s)
) AND elsewhere < %(many)s
ORDER BY place
"""
_COMMONEST = """
SELECT word, (
    SELECT count(*) FROM {documents} WHERE whole_vector @@ plainto_tsquery('trialtracker', word)
) AS documents
FROM unnest(%s::text[]) AS word
ORDER BY documents DESC, word
LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Correction:
    """A question in the nearest spelling (`text`), and the text that asks for what was typed and nothing else."""

    text: str
    exactly: str


def correction_of(question: Question, moment: Moment, scopes: Sequence[str]) -> Correction | None:
    """The question with every unknown word in its nearest spelling, None where there is nothing to put right.

    Unknown is a word that no document of these scopes has at the moment, and of other scopes hardly one, or so few
    beside those with the nearest word that it is a slip there too.

    Words in quotation marks, words with digits and words that are known stay as they are. One statement, and
    one more for each word that several others are as near to.
    """
    if not question.spelt:
        return None
    words = [fold(word) for word, _position in question.spelt[:_WORDS]]
    with connection.cursor() as cursor:
        sql = _NEAREST.format(documents=moment.documents)
        cursor.execute(
            search_limits() + sql, {"words": words, "candidates": _CANDIDATES, "scopes": list(scopes), "many": _MANY}
        )
        rows = cursor.fetchall()
    text = question.text
    stretches: list[tuple[int, int]] = []
    for place, elsewhere, candidates in reversed(rows):
        word, position = question.spelt[place - 1]
        end = position + len(word)
        stretches.insert(0, (position, end))
        if (nearest := _likest(words[place - 1], candidates, elsewhere, moment)) is not None:
            text = text[:position] + nearest + text[end:]
    # A word put right beside a colon may be the name of a field, and ask for what cannot be read.
    if text == question.text or not _is_readable(text):
        return None
    return Correction(text, quoting(question.text, stretches))


def _is_readable(text: str) -> bool:
    try:
        read_question(text)
    except ExpressionError:
        return False
    return True


def _likest(word: str, candidates: Sequence[str], elsewhere: int, moment: Moment) -> str | None:
    """The candidate with fewest slips, of several the one that most documents have.

    None where none is near enough, or where the word is no rarity beside it: `elsewhere` documents have it.
    """
    most = next(slips for length, slips in _SLIPS if len(word) >= length)
    slips = {near: OSA.distance(word, near) for near in candidates}
    least = min(slips.values(), default=most + 1)
    if least > most:
        return None
    alike = [near for near in candidates if slips[near] == least]
    if len(alike) == 1 and elsewhere < _FEW:
        return alike[0]
    with connection.cursor() as cursor:
        cursor.execute(search_limits() + _COMMONEST.format(documents=moment.documents), [alike])
        nearest, documents = cursor.fetchone()
    return str(nearest) if elsewhere < _FEW or documents >= elsewhere * _TIMES else None
