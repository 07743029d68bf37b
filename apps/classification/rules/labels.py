"""What the rules say of a study."""

from __future__ import annotations

from typing import Any

import msgspec


class Evidence(msgspec.Struct, frozen=True):
    """A quote from the record. `value_at(record, path)[start:end] == quote`, counted in code points.

    `marks` are the words that the rule read, as (start, end) in the same text, within the quote, in order, apart.
    """

    path: str
    start: int
    end: int
    quote: str
    marks: tuple[tuple[int, int], ...] = ()


class Label(msgspec.Struct, frozen=True):
    """One label: scheme and value (slugs), the rule that gave it, its reason in a sentence, and its quotes.

    `doubtful` says that the reading may be wrong and a person should look. `detail` holds what the value is made of, in
    the shape that `apps.vocabulary.cards` gives for the scheme: plain numbers, texts, lists; None for most.
    """

    scheme: str
    value: str
    rule: str
    reason: str
    evidence: tuple[Evidence, ...] = ()
    doubtful: bool = False
    detail: dict[str, Any] | None = None


class Classification(msgspec.Struct, frozen=True):
    """Where a study belongs, and every label. All labels of scheme "scope" hold the value `scope`."""

    scope: str
    labels: tuple[Label, ...]

    def values(self, scheme: str) -> tuple[str, ...]:
        """The distinct values of a scheme, in the order in which they were given."""
        return tuple(dict.fromkeys(label.value for label in self.labels if label.scheme == scheme))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences that say why the study has its scope."""
        return tuple(label.reason for label in self.labels if label.scheme == "scope")
