"""How alike two protocols are: the Jaccard similarity of their three-word shingles, from a short print of each.

A print is the bottom-k sketch of the shingles: the `SIZE` smallest hashes. Of a text with no more shingles than that
the similarity is exact; of a longer one it is estimated, at the threshold with a standard error of 0.03.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from apps.core.folding import fold
from apps.studies.records import StudyRecord

SIZE = 256
# A shingle's hash is made of the numbers of its words by multiplying and adding, in a fifth of the time of hashing its
# text; its upper 31 bits are what a column of whole numbers holds. Two odd numbers of 64 bits, any.
_FIRST, _SECOND, _MASK = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xFFFFFFFFFFFFFFFF
# Chosen from the titles of the recorded pairs of one sponsor: from here on most differ in the illness, the place of
# injection or the cells alone. No pair was read whole.
THRESHOLD = 0.7
# A text with fewer words is a stub: two of them are alike for want of words.
FEWEST_WORDS = 100


@dataclass(frozen=True, slots=True)
class ProtocolPrint:
    """The smallest hashes of a protocol's shingles, in order; none of a text that is too short to compare."""

    hashes: tuple[int, ...] = ()


def print_of(record: StudyRecord) -> ProtocolPrint:
    """The print of what the record says of the trial's way: descriptions, who can join, what is given, outcomes."""
    words = fold("\n".join(filter(None, _texts(record)))).split()
    if len(words) < FEWEST_WORDS:
        return ProtocolPrint()
    numbers = [_number(word) for word in words]
    shingles = {
        (one * _FIRST + two * _SECOND + three & _MASK) >> 33
        for one, two, three in zip(numbers, numbers[1:], numbers[2:], strict=False)
    }
    return ProtocolPrint(tuple(sorted(shingles)[:SIZE]))


def similarity(one: ProtocolPrint, other: ProtocolPrint, *, at_least: float = 0.0) -> float:
    """From 0 to 1; 0 where either has no print. With `at_least` also 0 where it is soon seen to be less than that."""
    if not one.hashes or not other.hashes:
        return 0.0
    mine, theirs = set(one.hashes), set(other.hashes)
    if len(mine & theirs) < at_least * max(len(mine), len(theirs)):
        return 0.0
    smallest = sorted(mine | theirs)
    if len(mine) == SIZE or len(theirs) == SIZE:
        smallest = smallest[:SIZE]
    return len(mine & theirs & set(smallest)) / len(smallest)


def is_similar(one: ProtocolPrint, other: ProtocolPrint) -> bool:
    return similarity(one, other) >= THRESHOLD


def _texts(record: StudyRecord) -> Iterator[str | None]:
    protocol = record.protocol
    yield protocol.description.brief_summary
    yield protocol.description.detailed_description
    yield protocol.eligibility.eligibility_criteria
    for arm in protocol.arms_interventions.arm_groups:
        yield arm.description
    for item in protocol.arms_interventions.interventions:
        yield item.description
    for outcome in (*protocol.outcomes.primary_outcomes, *protocol.outcomes.secondary_outcomes):
        yield outcome.measure


@lru_cache(maxsize=65_536)
def _number(word: str) -> int:
    """64 bits for a word, the same in every process."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
