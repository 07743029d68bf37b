"""A curator's word beside the registry's: which of the two is published, and when a person must look again. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.studies.records import StudyRecord
from apps.vocabulary.card_values import CARD_FILTERS, in_order
from apps.vocabulary.card_words import value_words, without_unit
from apps.vocabulary.cards import FIELD_BY_SLUG, FIELDS
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG, SCOPE_BY_SLUG

SCOPE, PLAIN_TITLE, SUMMARY = "scope", "plain_title", "summary"
OUT = "out"

# What can be decided, in the order in which it is shown.
DECIDABLE: Mapping[str, Promise] = {
    SCOPE: gettext_lazy("In our list"),
    "disease": gettext_lazy("Disease"),
    "cell_type": gettext_lazy("Kind of cell"),
    **{field.slug: field.name for field in FIELDS},
    PLAIN_TITLE: gettext_lazy("Title in plain words"),
    SUMMARY: gettext_lazy("Summary in plain words"),
}
# The longest text of each, in characters.
TEXTS: Mapping[str, int] = {PLAIN_TITLE: 200, SUMMARY: 3000}
REASON_LENGTH = 1000
SOURCE_LENGTH = 2000
_MOST_VALUES = 30

# Values by field. A field without any is not stated.
Values = Mapping[str, tuple[str, ...]]


class Standing(StrEnum):
    """How a decision stands to what registry and rules say now. It is published in each case."""

    IN_FORCE = "in-force"  # they say what they said when it was made
    REOPENED = "reopened"  # they say something else since: a person must look again
    AGREED = "agreed"  # they say the same: nothing is overridden, until they move on
    FOR_GOOD = "for-good"  # left out whatever they say: nobody is asked again


class LabelLike(Protocol):
    """What is needed of a label of the rules."""

    @property
    def scheme(self) -> str: ...
    @property
    def value(self) -> str: ...


class DecisionLike(Protocol):
    """What is needed of a `StudyOverride`."""

    @property
    def field(self) -> str: ...
    @property
    def values(self) -> Sequence[str]: ...
    @property
    def said_then(self) -> Sequence[str]: ...
    @property
    def standing(self) -> str: ...


class Refused(ValueError):
    """A decision that cannot be taken.

    `place` is the part of the form: "values", "reason", "source", "for_good" or "field".
    """

    def __init__(self, place: str, told: str) -> None:
        super().__init__(told)
        self.place = place


_ALL_UNSAID: dict[str, tuple[str, ...]] = dict.fromkeys(DECIDABLE, ())


def said_of(title: str, summary: str, labels: Iterable[LabelLike]) -> dict[str, tuple[str, ...]]:
    """What registry and rules say of each field that can be decided."""
    given: dict[str, list[str]] = {}
    for label in labels:
        if label.scheme in _ALL_UNSAID:
            given.setdefault(label.scheme, []).append(label.value)
    said = {field: in_field_order(field, values) for field, values in given.items()}
    # Most studies have no card: what nothing is said of needs no order.
    return _ALL_UNSAID | said | {PLAIN_TITLE: (title,) if title else (), SUMMARY: (summary,) if summary else ()}


def said_of_record(record: StudyRecord, labels: Iterable[LabelLike]) -> dict[str, tuple[str, ...]]:
    """The same of a record with its labels."""
    return said_of(record.title, record.protocol.description.brief_summary or "", labels)


def in_field_order(field: str, values: Iterable[str]) -> tuple[str, ...]:
    """Each value once, in the order in which the field's values are published."""
    if field in FIELD_BY_SLUG:
        return tuple(in_order(field, values))
    # Several rules may give a scope; the first is the one.
    given = list(dict.fromkeys(values))
    return tuple(given[:1] if field == SCOPE else sorted(given))


def standing_of(decision: DecisionLike, said: Sequence[str]) -> Standing:
    """How a decision stands, now that registry and rules say this."""
    if decision.standing == Standing.FOR_GOOD:
        return Standing.FOR_GOOD
    if tuple(said) == tuple(decision.values):
        return Standing.AGREED
    return Standing.IN_FORCE if _is_as_then(decision, said) else Standing.REOPENED


def _is_as_then(decision: DecisionLike, said: Sequence[str]) -> bool:
    """Whether they say what they said when it was decided.

    A limit that was told without its unit then, and with one now, is the same limit: values once had none, and the
    record's own words were before the curator. Another unit is not, nor is one that is lost.
    """
    then = list(decision.said_then)
    if decision.field != "severity":
        return list(said) == then
    return sorted(value if value in then else without_unit(value) for value in said) == sorted(then)


def laid_over(said: Values, decisions: Iterable[DecisionLike]) -> dict[str, tuple[str, ...]]:
    """What is published: the curators' word where they have decided, the registry's and the rules' elsewhere."""
    return dict(said) | {decision.field: tuple(decision.values) for decision in decisions}


# What may be decided

_OPEN_VALUE = re.compile(r"[^\s\x00-\x1f]{1,64}")


def checked_values(field: str, values: Iterable[str]) -> tuple[str, ...]:
    """The values as they are published; none means that the field is not stated. Refused says what is wrong."""
    if field not in DECIDABLE:
        raise Refused("field", _("There is no field “%(field)s” to decide.") % {"field": field[:40]})
    if field in TEXTS:
        return _checked_text(field, values)
    given = [value.strip() for value in values if value.strip()]
    if len(given) > _MOST_VALUES:
        raise Refused("values", _("No more than %(most)d values, please.") % {"most": _MOST_VALUES})
    for value in given:
        if not _is_value(field, value):
            raise Refused("values", _not_a_value(field, value))
    if field == SCOPE and len(set(given)) != 1:
        raise Refused("values", _("Choose one: in_scope, review or out."))
    return in_field_order(field, given)


def words_of(field: str) -> Mapping[str, object]:
    """The closed list of a field's values by slug; empty for fields with open values and for texts."""
    known: Mapping[str, Mapping[str, object]] = {
        SCOPE: SCOPE_BY_SLUG,
        "disease": DISEASE_BY_SLUG,
        "cell_type": CELL_TYPE_BY_SLUG,
    }
    return known[field] if field in known else FIELD_BY_SLUG[field].words if field in FIELD_BY_SLUG else {}


def in_words(field: str, value: str) -> str:
    """A value of a field as people read it."""
    if field in FIELD_BY_SLUG:
        return value_words(field, value)
    known: Any = words_of(field).get(value, value)
    return str(getattr(known, "name", known))


def _is_value(field: str, value: str) -> bool:
    if words := words_of(field):
        return value in words
    return bool(_OPEN_VALUE.fullmatch(value) and CARD_FILTERS[field].words_of(value))


def _not_a_value(field: str, value: str) -> str:
    told = {"value": value[:60], "field": DECIDABLE[field]}
    if words := words_of(field):
        told["words"] = ", ".join(words)
        return _("“%(value)s” is no value of %(field)s. There are: %(words)s.") % told
    return _("“%(value)s” cannot be read as a value of %(field)s: write it as the rules do, without spaces.") % told


def _checked_text(field: str, values: Iterable[str]) -> tuple[str, ...]:
    text = "\n".join(values).replace("\x00", "").strip()
    if not text:
        raise Refused("values", _("Write the text, or let the registry speak again by taking the decision back."))
    if len(text) > TEXTS[field]:
        raise Refused("values", _("No longer than %(most)d characters, please.") % {"most": TEXTS[field]})
    return (text,)


def checked_for_good(field: str, values: Sequence[str]) -> None:
    """Only leaving a trial out can be for good. Refused for anything else."""
    if field != SCOPE or tuple(values) != (OUT,):
        raise Refused("for_good", _("Only a trial that is not in scope can be left out for good."))


def checked_reason(reason: str, missing: str = "") -> str:
    """The reason without its margins. Refused where there is none, with the sentence `missing`, or far too much."""
    reason = reason.replace("\x00", "").strip()
    if not reason:
        raise Refused("reason", missing or _("Give the reason: it is shown on the trial's page."))
    if len(reason) > REASON_LENGTH:
        raise Refused("reason", _("No longer than %(most)d characters, please.") % {"most": REASON_LENGTH})
    return reason


def checked_source(source: str) -> str:
    """The quote or address without its margins; it may be missing."""
    source = source.replace("\x00", "").strip()
    if len(source) > SOURCE_LENGTH:
        raise Refused("source", _("No longer than %(most)d characters, please.") % {"most": SOURCE_LENGTH})
    return source
