"""Small studies with a design: typed arms that name their interventions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from apps.classification.rules.cards.material import Material
from apps.classification.rules.reading import Reading
from apps.studies.texts import value_at
from tests.unit.classification import timing
from tests.unit.classification.builders import payload, record_of


def designed(
    title: str = "A trial",
    *,
    arms: Sequence[tuple[str | None, str, str, Sequence[str]]] = (),
    interventions: Sequence[tuple[str, str, str]] = (),
    model: str = "PARALLEL",
    allocation: str = "RANDOMIZED",
    kinds: Collection[str] = ("msc",),
    **parts: Any,
) -> Material:
    """Arms are (type, label, description, names of interventions); interventions (type, name, description)."""
    told = payload(title, **parts)
    protocol = told["protocolSection"]
    protocol["designModule"]["designInfo"] = {"interventionModel": model, "allocation": allocation}
    kind_of = {name: kind for kind, name, _ in interventions}
    protocol["armsInterventionsModule"] = {
        "armGroups": [
            {
                "label": label,
                "type": kind,
                "description": text,
                "interventionNames": [f"{kind_of[name].capitalize()}: {name}" for name in names],
            }
            for kind, label, text, names in arms
        ],
        "interventions": [
            {
                "type": kind,
                "name": name,
                "description": text,
                "armGroupLabels": [label for _, label, _, names in arms if name in names],
            }
            for kind, name, text in interventions
        ],
    }
    record = record_of(told)
    return Material(record, Reading(record), frozenset(kinds))


def quoted(material: Material, labels: Sequence[Any]) -> bool:
    """Whether every label has quotes, and each stands at its path and offsets with its marks inside."""
    return all(
        label.evidence
        and all(
            value_at(material.record, one.path)[one.start : one.end] == one.quote
            and all(one.start <= low < high <= one.end for low, high in one.marks)
            for one in label.evidence
        )
        for label in labels
    )


def seconds(
    extract: Callable[[Material], Iterable[Any]], *, description: str = "", arm: str = "", kinds: Collection[str]
) -> float:
    """The best of three times of an extractor on a piece repeated to 32,000 code points."""

    def long(piece: str) -> str:
        return (piece * (32_000 // len(piece) + 1))[:32_000] if piece else ""

    arms = [("EXPERIMENTAL", "Cells", "", ()), ("ACTIVE_COMPARATOR", "Others", long(arm), ())] if arm else []
    material = designed("Stem cell transplantation", description=long(description), arms=arms, kinds=kinds)
    return timing.seconds(lambda: list(extract(material)))
