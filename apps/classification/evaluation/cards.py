"""The fields of the card on trials whose cards were read by hand: what the rules say against what people read.

Values of a field are sets over one trial, and the figures count values over all trials. A trial is scored in those
fields for which the file has a row; `not-stated` says that the record does not tell, and whatever is told there is
wrong. What is compared is what a value means and not how it is spelled: see `canonical`.

A doubtful value counts like any other; beside that stand the precision of the values that are certain and the share of
doubtful ones. A value for which our lists have no word (a score that we do not follow) counts as missed; beside that
stands the recall of the others.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from apps.classification.evaluation.figures import Tally, share, wilson
from apps.classification.evaluation.gold import words
from apps.classification.evaluation.tables import GoldError, id_in, rows_of
from apps.classification.evaluation.trials import evidence_of
from apps.classification.rules import Classification, Label
from apps.vocabulary.cards import FIELD_BY_SLUG, FIELDS, SEVERITY_MEASURES
from apps.vocabulary.taxonomy import CELL_TYPES

COLUMNS = ("nct_id", "field", "value", "note")
NOT_STATED = "not-stated"
# The kind of cell, then the card in its order.
SCORED = ("cell_type", *(field.slug for field in FIELDS))

# By trial and field, canonical values with the note beside them; a field without values is not stated in the record.
GoldCards = Mapping[str, Mapping[str, Mapping[str, str]]]

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e\+?\d{1,2})?")
_MEASURE = re.compile(r"[a-z][a-z0-9-]*?(?=[:=<>~]|$)")
# Months and days are compared in the steps in which people tell them.
_STEPS = {"follow_up": 1, "interval": 1, "duration": 0.1}
_OF_NUMBERS = frozenset(
    {"dose", "cd34_dose", "administrations", "interval", "age", "duration", "severity", "follow_up"}
)


def canonical(field: str, value: str) -> str:
    """A value in the one spelling in which values of its field are compared.

    Numbers by their size: 1e6/kg is 1000000/kg, 3.0 is 3. Months of follow-up and days between two administrations are
    rounded to whole ones, months since diagnosis to tenths, since weeks and days turn into months in more than one way.
    Whether a bound itself still counts (3 or more, more than 3) is not compared: records rarely tell the two apart.
    Cells that are given are given once at least: up to 8 times is 1 to 8. Lists of drugs have no order.
    """
    value = "".join(value.lower().split())
    if field in _OF_NUMBERS:
        step = _STEPS.get(field)
        value = _NUMBER.sub(lambda found: _number(float(found.group()), step), value)
        value = value.replace("<=", "<").replace(">=", ">").replace("=", ":")
        return f"1-{value[1:]}" if field == "administrations" and value.startswith("<") else value
    return "+".join(sorted(value.split("+")))


def _number(number: float, step: float | None) -> str:
    if step:
        number = math.floor(number / step + 0.5) * step
    return f"{number:.6g}"


def read_cards(path: Path, split: str | None = None) -> GoldCards:
    """The hand-read cards of a file, of one `split` or of all.

    Raises GoldError for a file of another shape, a field that is none, a field that is stated and not stated at once,
    and a split of which the file has no row.
    """
    cards: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    unstated: dict[tuple[str, str], int] = {}
    splits = set()
    names = words()["card_fields"]
    for line, row in rows_of(path, COLUMNS if split is None else (*COLUMNS, "split")):
        where = f"{path}, line {line}"
        nct_id, field = id_in(row, where), names.get(row["field"], row["field"])
        if field not in SCORED:
            raise GoldError(f"{where}: {row['field']!r} is no field; write one of {', '.join((*names, *SCORED))}.")
        if not row["value"]:
            raise GoldError(f"{where}: no value; write {NOT_STATED} for what the record does not tell.")
        splits.add(row.get("split", ""))
        if split is not None and row["split"] != split:
            continue
        values = cards[nct_id][field]
        if row["value"] == NOT_STATED:
            unstated[nct_id, field] = line
        elif (field, row["value"]) != ("cell_type", "other"):
            values[canonical(field, row["value"])] = row["note"]
        if values and (nct_id, field) in unstated:
            raise GoldError(f"{where}: {nct_id} both has a value of {row['field']} and is {NOT_STATED} there.")
    if not cards:
        known = ", ".join(sorted(filter(None, splits))) or "none"
        raise GoldError(f"{path} has no card" + (f" of the split {split!r}; it has {known}." if split else "."))
    return cards


def evaluate_cards(gold: GoldCards, told: Mapping[str, Classification]) -> dict[str, Any]:
    """Every figure in one object with flat keys, ready for JSON. `told` holds those gold trials that have a record."""
    fields = [field for field in SCORED if any(field in card for card in gold.values())]
    scored = {nct_id: card for nct_id, card in gold.items() if nct_id in told}
    return {
        "studies": len(gold),
        "scored": len(scored),
        "no_record": sorted(set(gold) - set(told)),
        **{field: _figures(field, scored, told) for field in fields},
        "misses": [miss for nct_id, card in scored.items() for miss in _misses(nct_id, card, told[nct_id])],
    }


def _figures(field: str, gold: GoldCards, told: Mapping[str, Classification]) -> dict[str, Any]:
    every, certain, listed = Tally(), Tally(), Tally()
    for nct_id, card in gold.items():
        if field in card:
            labels = _labels(field, told[nct_id])
            every.add(card[field], labels)
            certain.add(card[field], [value for value, label in labels.items() if not label.doubtful])
            listed.add([value for value in card[field] if _has_word(field, value)], labels)
    values, sure = every.found + every.wrong, certain.found + certain.wrong
    return {
        **every.figures(),
        "precision_of_certain": share(certain.found, sure),
        "precision_of_certain_interval": wilson(certain.found, sure),
        "doubtful_share": share(values - sure, values),
        "without_word": every.missed - listed.missed,
        "recall_of_listed": share(listed.found, listed.found + listed.missed),
    }


def _misses(nct_id: str, card: Mapping[str, Mapping[str, str]], told: Classification) -> Iterator[dict[str, Any]]:
    for field, gold in card.items():
        labels = _labels(field, told)
        missed = {value: note for value, note in gold.items() if value not in labels}
        wrong = {value: label for value, label in labels.items() if value not in gold}
        if missed or wrong:
            yield {
                "nct_id": nct_id,
                "field": field,
                "missed": missed,
                "wrong": {value: label.doubtful for value, label in wrong.items()},
                "evidence": [one for label in wrong.values() for one in evidence_of(label)],
            }


def _labels(field: str, told: Classification) -> dict[str, Label]:
    """The labels of a field by canonical value; of several for one value a certain one."""
    labels: dict[str, Label] = {}
    for label in told.labels:
        if label.scheme == field:
            value = canonical(field, _written(label))
            if value not in labels or labels[value].doubtful:
                labels[value] = label
    return labels


def _written(label: Label) -> str:
    """Conditioning is read by hand as drugs, of which our value is the class: the drugs stand in the detail."""
    drugs = (label.detail or {}).get("drugs") if label.scheme == "conditioning" else None
    return "+".join(drugs) if drugs else label.value


def _has_word(field: str, value: str) -> bool:
    """Whether our lists know the value; open fields know every one."""
    if field == "cell_type":
        return value in {cell_type.slug for cell_type in CELL_TYPES}
    if field == "severity":
        found = _MEASURE.match(value)
        return bool(found and found.group() in SEVERITY_MEASURES)
    if field == "conditioning":
        return True
    return not FIELD_BY_SLUG[field].words or value in FIELD_BY_SLUG[field].words
