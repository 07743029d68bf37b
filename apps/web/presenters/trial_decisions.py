"""What curators decided on a trial, in words: both sides with their authors, and whether the record has moved since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import gettext as _

from apps.curation.decisions import DECIDABLE, Standing, in_words
from apps.vocabulary.cards import FIELD_BY_SLUG
from apps.web.presenters.words import day


class OverrideLike(Protocol):
    """What is needed of a `StudyOverride`."""

    field: Any
    values: Any
    said_then: Any
    said_now: Any
    standing: str
    reason: str
    source: str
    at: Any
    moved_at: Any


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that stands against the record or our rules. `now` is what they say since, where they have moved."""

    name: str
    decided: str
    said: str
    now: str
    reason: str
    source: str
    on: str
    moved_on: str


def decisions(overrides: Sequence[OverrideLike]) -> list[Decision]:
    """The decisions that say something else than record and rules, in the order in which fields are shown."""
    place = list(DECIDABLE)
    against = (item for item in overrides if item.standing != Standing.AGREED)
    shown = sorted(against, key=lambda item: place.index(item.field))
    return [
        Decision(
            name=str(DECIDABLE[item.field]),
            decided=_decided(item),
            said=words(item.field, item.said_then),
            now=words(item.field, item.said_now) if item.standing == Standing.REOPENED else "",
            reason=item.reason,
            source=item.source,
            on=day(item.at),
            moved_on=day(item.moved_at) if item.standing == Standing.REOPENED and item.moved_at else "",
        )
        for item in shown
    ]


def _decided(item: OverrideLike) -> str:
    told = words(item.field, item.values)
    return _("%(value)s, for good") % {"value": told} if item.standing == Standing.FOR_GOOD else told


def written(overrides: Sequence[OverrideLike], field: str) -> str:
    """A text that a curator wrote; empty where none did."""
    return next((item.values[0] for item in overrides if item.field == field and item.values), "")


def words(field: str, values: Sequence[str]) -> str:
    """The values of a field as people read them."""
    between = "; " if field in FIELD_BY_SLUG else ", "
    return between.join(in_words(field, value) for value in values) or _("not stated")
