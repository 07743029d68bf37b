"""What the extractors read of one record."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from apps.classification.rules.quoting import Span
from apps.classification.rules.reading import Place, Reading, place_of
from apps.studies.records import StudyRecord
from apps.studies.texts import iter_texts
from apps.vocabulary.terms import card_finder

_ARMS = "protocolSection.armsInterventionsModule."
_ELIGIBILITY = "protocolSection.eligibilityModule."
_OUTCOMES = "protocolSection.outcomesModule."


class Passage(NamedTuple):
    """A whole text of the record, and where it stands."""

    place: Place
    path: str
    text: str

    def span(self, start: int, end: int) -> Span:
        return Span(self.path, self.text, start, end)


class Outcome(NamedTuple):
    """An outcome as registered; each text may be empty. `path` ends with the outcome's number."""

    path: str
    primary: bool
    measure: str
    description: str
    time_frame: str


class Named(NamedTuple):
    """A term of a card's vocabulary in a passage. `field` and `value` are the two parts of the term's group."""

    field: str
    value: str
    passage: Passage
    start: int
    end: int

    @property
    def span(self) -> Span:
        return self.passage.span(self.start, self.end)


@dataclass(frozen=True, eq=False)
class Material:
    """A record, what the first rules found in it, and the kinds of cell (of "msc", "hsc") that it gives."""

    record: StudyRecord
    reading: Reading
    kinds: frozenset[str]

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Titles, conditions, keywords, interventions, arms, summary, description, as `iter_texts` gives them."""
        return tuple(Passage(place_of(path), path, text) for path, text in iter_texts(self.record))

    @cached_property
    def criteria(self) -> Passage | None:
        """The eligibility criteria, one text; None where the record has none."""
        text = self.record.protocol.eligibility.eligibility_criteria
        return Passage(Place.CRITERIA, _ELIGIBILITY + "eligibilityCriteria", text) if text else None

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Primary outcomes first, then secondary, then other ones."""
        module = self.record.protocol.outcomes
        named = (
            ("primaryOutcomes", module.primary_outcomes),
            ("secondaryOutcomes", module.secondary_outcomes),
            ("otherOutcomes", module.other_outcomes),
        )
        return tuple(
            Outcome(
                f"{_OUTCOMES}{name}[{i}]",
                name == "primaryOutcomes",
                outcome.measure or "",
                outcome.description or "",
                outcome.time_frame or "",
            )
            for name, outcomes in named
            for i, outcome in enumerate(outcomes)
        )

    def named(self, vocabulary: str, passages: tuple[Passage, ...] | None = None) -> Iterator[Named]:
        """The terms of a file of `apps/vocabulary/card_terms` in these passages (all by default), in reading order."""
        finder = card_finder(vocabulary)
        for passage in self.passages if passages is None else passages:
            for found in finder.find(passage.text):
                field, _, value = found.group.partition(".")
                yield Named(field, value, passage, found.start, found.end)

    def named_together(self, vocabulary: str, passages: Sequence[Passage]) -> Iterator[Named]:
        """What `named` gives, of many short passages in one pass."""
        starts, position = [], 0
        for passage in passages:
            starts.append(position)
            position += len(passage.text) + 1
        # No phrase reaches across the sign between two texts.
        for found in card_finder(vocabulary).find("\x00".join(passage.text for passage in passages)):
            at = bisect_right(starts, found.start) - 1
            field, _, value = found.group.partition(".")
            yield Named(field, value, passages[at], found.start - starts[at], found.end - starts[at])
