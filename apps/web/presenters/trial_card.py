"""The product card, the transplant card, and what holds for the whole trial: values in words, with their sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from apps.studies.records import StudyRecord
from apps.vocabulary.card_values import in_order
from apps.vocabulary.card_words import value_words
from apps.vocabulary.cards import FIELD_BY_SLUG, FIELDS, CardField
from apps.vocabulary.gate_lines import GateLine, gate_lines
from apps.vocabulary.taxonomy import CellType
from apps.web.presenters.trial_evidence import LabelLike, Reason, reason_of
from apps.web.presenters.trial_marks import Marks
from apps.web.presenters.words import line

# Groups of fields that tell of the cells, with their headings; the product stands under the card's own.
_OF_CELLS: Mapping[str, Promise | str] = {"product": "", "transplant": gettext_lazy("The transplantation")}
# Groups that tell of the trial, whichever cells it gives.
_OF_TRIAL: Mapping[str, Promise | str] = {"gates": "", "design": "", "outcomes": ""}
# Stands for the kind where a label tells of the trial, or of cells whose kind is not known.
_NO_KIND = ""

Values = Mapping[tuple[str, str], "list[Value]"]


@dataclass(frozen=True, slots=True)
class Value:
    """A value in words; values that stand for each other are one. `code` is how our data writes it or them.

    `arms` names the arms to which it belongs, where told.
    """

    words: str
    code: str
    arms: list[str]
    doubtful: bool
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class Row:
    """A field. Without values: our rules found none in the record."""

    slug: str
    name: str
    values: list[Value]

    @property
    def doubtful(self) -> bool:
        return any(value.doubtful for value in self.values)


@dataclass(frozen=True, slots=True)
class Part:
    """Fields that belong together. Where `title` is empty they stand under the card's own."""

    slug: str
    title: str
    rows: list[Row]

    @property
    def stated(self) -> list[Row]:
        return [row for row in self.rows if row.values]

    @property
    def unstated(self) -> list[str]:
        """The names of the fields without a value."""
        return [row.name for row in self.rows if not row.values]


@dataclass(frozen=True, slots=True)
class Card:
    """What the record says of one kind of cells; `kind` is None for cells whose kind is not known."""

    kind: CellType | None
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class TrialCard:
    """A card for each kind of cells, who can join, and what else holds for the whole trial.

    `criteria`: the page shows the criteria from which gates are read. `doubtful`: some reading on a card is.
    """

    cards: list[Card]
    gates: Part
    trial: list[Part]
    criteria: bool
    doubtful: bool


def trial_card(
    record: StudyRecord, labels: Sequence[LabelLike], kinds: Sequence[CellType], marks: Marks
) -> TrialCard | None:
    """The labels of the card's fields by the kinds of cells that the trial gives; None without labels.

    What is read of one kind of cells never stands on the card of the other. Where the kind is not known, or a trial
    gives both and a label does not say of which it tells, the value stands on a card without a kind.
    """
    if not labels:
        return None
    slugs = [kind.slug for kind in kinds]
    groups: dict[tuple[str, str], list[LabelLike]] = {}
    for item in labels:
        slug = _kind_of(item, slugs)
        if slug is not None:
            groups.setdefault((slug, item.scheme), []).append(item)
    values = {key: _values(record, key[1], items, marks) for key, items in groups.items()}
    cards = [Card(kind, _parts(_OF_CELLS, _fields_of(kind.slug, values), values, kind.slug)) for kind in kinds]
    if kindless := [
        field for field in FIELDS if (_NO_KIND, field.slug) in values or (field.card == "both" and not kinds)
    ]:
        cards.append(Card(None, _parts(_OF_CELLS, kindless, values, _NO_KIND)))
    gates, *trial = _parts(_OF_TRIAL, FIELDS, values, _NO_KIND)
    shown = [card for card in cards if card.parts]
    return TrialCard(shown, gates, trial, bool(record.protocol.eligibility), any(item.doubtful for item in labels))


def _kind_of(label: LabelLike, kinds: Sequence[str]) -> str | None:
    """The kind of cells of which a label tells; None where its field is not on that kind's card."""
    field = FIELD_BY_SLUG[label.scheme]
    if field.group in _OF_TRIAL or not kinds:
        return _NO_KIND
    fits = [kind for kind in kinds if field.card in {kind, "both"}]
    detail = label.detail or {}
    if told := detail.get("kind"):
        return str(told) if told in fits else None
    # A rule that gives "kind" without a word in it could not tell.
    if fits and len(kinds) > 1 and ("kind" in detail or len(fits) > 1):
        return _NO_KIND
    return fits[0] if fits else None


def _fields_of(kind: str, values: Values) -> list[CardField]:
    """The fields of a kind's card. What stands on the card without a kind is not called unstated here."""
    return [
        field
        for field in FIELDS
        if field.card in {kind, "both"} and ((kind, field.slug) in values or (_NO_KIND, field.slug) not in values)
    ]


def _parts(groups: Mapping[str, Promise | str], fields: Iterable[CardField], values: Values, kind: str) -> list[Part]:
    rows: dict[str, list[Row]] = {group: [] for group in groups}
    for field in fields:
        found = values.get((kind, field.slug), [])
        if field.group in rows and (found or _is_open(field, values, kind)):
            rows[field.group].append(Row(field.slug, str(field.name), found))
    return [Part(group, str(groups[group]), found) for group, found in rows.items() if found]


def _is_open(field: CardField, values: Values, kind: str) -> bool:
    """Whether a field without a value is a question at all: what is given once has no time between."""
    times = values.get((kind, "administrations"), [])
    return field.slug != "interval" or not times or any(value.code != "1" for value in times)


def _values(record: StudyRecord, slug: str, labels: Sequence[LabelLike], marks: Marks) -> list[Value]:
    by_code: dict[str, list[LabelLike]] = {}
    for item in labels:
        by_code.setdefault(item.value, []).append(item)
    details = {code: next((item.detail for item in items if item.detail), None) for code, items in by_code.items()}
    codes = in_order(slug, by_code)
    lines = (
        gate_lines(slug, codes, details)
        if FIELD_BY_SLUG[slug].group == "gates"
        else [GateLine(value_words(slug, code, details[code]), (code,)) for code in codes]
    )
    return [_value(record, line, [item for code in line.values for item in by_code[code]], marks) for line in lines]


def _value(record: StudyRecord, line: GateLine, labels: Sequence[LabelLike], marks: Marks) -> Value:
    return Value(
        capfirst(line.words),
        "; ".join(line.values),
        _arms(record, labels),
        any(item.doubtful for item in labels),
        [reason_of(record, item, marks) for item in labels],
    )


def _arms(record: StudyRecord, labels: Iterable[LabelLike]) -> list[str]:
    """The names of the arms that the labels' details tell by number from 0; none where they mean all."""
    names = [line(arm.label) for arm in record.protocol.arms_interventions.arm_groups]
    told = [arm for item in labels for arm in _listed((item.detail or {}).get("arms"))]
    found = [names[arm] for arm in told if isinstance(arm, int) and 0 <= arm < len(names)]
    return list(dict.fromkeys(name for name in found if name)) if set(found) != set(names) else []


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
