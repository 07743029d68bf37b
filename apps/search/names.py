"""Values of an open list, one a study, as lead sponsors are: many names with few studies each.

A bitmap for each of thousands of names would cost more than everything else together, so the studies carry the number
of their name, and a name the places of its studies.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import compress

_BITS = bytes.maketrans(b"01", b"\x00\x01")
# The lists that are asked for again and again (all trials, a disease's) are counted once.
_COUNTS_KEPT = 32


class Names:
    """Which study has which name. Spellings that differ in case or spaces are one name, told as most studies spell it.

    `column` holds each study's name in the index's order, "" for none.
    """

    def __init__(self, column: Sequence[str]) -> None:
        spellings = Counter(column)
        places: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        for place, raw in enumerate(column):
            places[raw].append(place)
        self._size = len(column)
        self._names: list[str] = []
        self._number: dict[str, int] = {}
        self._places: list[array[int]] = []
        self._codes = array("I", bytes(4 * len(column)))
        for raw, _count in sorted(spellings.items(), key=lambda item: (-item[1], item[0])):
            number = self._number.setdefault(fold(raw), len(self._names))
            if number == len(self._names):
                self._names.append(" ".join(raw.split()))
                self._places.append(array("I"))
            self._places[number].extend(places[raw])
            for place in places[raw]:
                self._codes[place] = number
        order = sorted(
            range(len(self._names)), key=lambda number: (self._names[number].casefold(), self._names[number])
        )
        self._by_name = order
        self._place_by_name = array("I", bytes(4 * len(order)))
        for place, number in enumerate(order):
            self._place_by_name[number] = place
        self.counts = lru_cache(maxsize=_COUNTS_KEPT)(self._counts)

    def spelled(self, name: str) -> str:
        """The name as it is told here; one that no study has comes back as it is."""
        number = self._number.get(fold(name))
        return name if number is None else self._names[number]

    def __contains__(self, name: str) -> bool:
        return fold(name) in self._number

    def having(self, chosen: Iterable[str]) -> int:
        """The bitmap of the studies with any of these names."""
        octets = bytearray(self._size // 8 + 1)
        for name in chosen:
            number = self._number.get(fold(name))
            for place in () if number is None else self._places[number]:
                octets[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(octets, "little")

    def _counts(self, bits: int) -> dict[str, int]:
        """Each name that studies in `bits` have, and how many: the most first, then by name."""
        flags = f"{bits:0{self._size}b}"[::-1].encode().translate(_BITS)
        met = Counter(compress(self._codes, flags))
        # Sorted as whole numbers, which takes a fraction of the time that pairs of a count and a name take.
        many, places = len(self._names), self._place_by_name
        ranks = sorted(places[number] - count * many for number, count in met.items())
        told = {self._names[self._by_name[rank % many]]: -(rank // many) for rank in ranks}
        told.pop("", None)
        return told


def fold(name: str) -> str:
    return " ".join(name.split()).casefold()
