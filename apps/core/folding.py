"""Names and texts as they are compared: by their letters and digits alone."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"  +")


class _Folding(dict[int, str]):
    """Every character to its small letters without accents, or to a space; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFKD", chr(code))
        small = "".join(char for char in apart if not unicodedata.combining(char)).casefold()
        self[code] = "".join(char if char.isalnum() or char == "\n" else " " for char in small)
        return self[code]


_folding = _Folding()


def fold(text: str) -> str:
    """A text in small letters without accents and punctuation; one space between words, and line ends as they are."""
    return _SPACES.sub(" ", text.translate(_folding)).strip(" ")
