"""Precision, recall and their intervals."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

# Two-sided 95 % of the normal distribution.
_Z = 1.959963984540054
_DIGITS = 4


def share(part: int, whole: int) -> float | None:
    """part / whole; None where there is nothing to share."""
    return round(part / whole, _DIGITS) if whole else None


def wilson(part: int, whole: int) -> list[float] | None:
    """The 95 % score interval of part / whole after Wilson (1927), as [low, high]; None where whole is 0.

    It stays within 0 and 1 and keeps its width at both ends, where the usual interval shrinks to nothing.
    """
    if not whole:
        return None
    p, z2 = part / whole, _Z * _Z / whole
    middle = (p + z2 / 2) / (1 + z2)
    half = _Z * math.sqrt(p * (1 - p) / whole + z2 / (4 * whole)) / (1 + z2)
    # At the ends the formula gives 0 and 1 but for the last digits.
    low = 0.0 if part == 0 else middle - half
    high = 1.0 if part == whole else middle + half
    return [round(low, _DIGITS), round(high, _DIGITS)]


@dataclass
class Tally:
    """Values found and not, counted over `n` studies."""

    n: int = 0
    found: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, gold: Collection[str], told: Collection[str]) -> None:
        """One more study: the values that it has, and those that the rules tell."""
        gold, told = set(gold), set(told)
        self.n += 1
        self.found += len(gold & told)
        self.wrong += len(told - gold)
        self.missed += len(gold - told)

    def figures(self) -> dict[str, Any]:
        """`n` studies scored, `gold` values in them; shares are None where nothing was there to be found or told."""
        told, gold = self.found + self.wrong, self.found + self.missed
        return {
            "precision": share(self.found, told),
            "precision_interval": wilson(self.found, told),
            "recall": share(self.found, gold),
            "recall_interval": wilson(self.found, gold),
            "f1": share(2 * self.found, told + gold),
            "n": self.n,
            "gold": gold,
            "found": self.found,
            "wrong": self.wrong,
            "missed": self.missed,
        }


def readable(value: float | None, interval: Sequence[float] | None = None) -> str:
    """A share with its interval, as people read it."""
    if value is None:
        return "-"
    return f"{value:.3f}" + (f" ({interval[0]:.3f}-{interval[1]:.3f})" if interval else "")
