"""Which studies are read twice, and how far two readers agree. Pure.

Cohen's kappa: J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20
(1960) 37-46, doi:10.1177/001316446002000104.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

KAPPA_DOI = "10.1177/001316446002000104"
_WHOLE = 2**32


def is_read_twice(nct_id: str, share: float) -> bool:
    """Whether a study belongs to the share (0 to 1) that is read twice: by its id alone, always the same."""
    return int.from_bytes(hashlib.sha256(nct_id.encode()).digest()[:4], "big") < share * _WHOLE


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of `n` studies read twice `agreed` were read the same. `kappa` is None where it is not defined."""

    n: int
    agreed: int
    kappa: float | None

    @property
    def percent(self) -> float | None:
        return 100 * self.agreed / self.n if self.n else None


def agreement(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> Agreement:
    """How far first and second readings agree. A category is a whole set of values: nothing counts by half.

    kappa = (po - pe) / (1 - pe): po the share read the same, pe the share to be expected if each reader gave their
    categories as often as they did, but by chance. Not defined where pe is 1: both gave one category throughout.
    """
    rated = [(tuple(first), tuple(second)) for first, second in pairs]
    n, agreed = len(rated), sum(first == second for first, second in rated)
    if not n:
        return Agreement(0, 0, None)
    firsts, seconds = (Counter(side) for side in zip(*rated, strict=True))
    by_chance = sum(number * seconds[category] for category, number in firsts.items())
    if by_chance == n * n:
        return Agreement(n, agreed, None)
    return Agreement(n, agreed, (n * agreed - by_chance) / (n * n - by_chance))
