"""Small studies with criteria and outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from hypothesis import strategies as st

from apps.classification.rules.cards.gates import extract_gates
from apps.classification.rules.cards.material import Material
from apps.classification.rules.labels import Label
from apps.classification.rules.reading import Reading
from tests.unit.classification import timing
from tests.unit.classification.builders import payload, record_of
from tests.unit.classification.designs import quoted

MS = {"title": "Cells for multiple sclerosis", "conditions": ["Multiple Sclerosis"]}
RA = {"title": "Cells for rheumatoid arthritis", "conditions": ["Rheumatoid Arthritis"]}
SLE = {"title": "Cells for lupus", "conditions": ["Systemic Lupus Erythematosus"]}
NEPHRITIS = {"title": "Cells for lupus nephritis", "conditions": ["Lupus Nephritis"]}
T1D = {"title": "Cells for type 1 diabetes", "conditions": ["Type 1 Diabetes"]}

# The longest text that a record may have.
LONG = 32_000


def people(
    criteria: str = "",
    *,
    ages: tuple[str | None, str | None] = (None, None),
    sex: str | None = None,
    outcomes: Sequence[tuple[str, str, str]] = (),
    secondary: Sequence[tuple[str, str, str]] = (),
    other: Sequence[tuple[str, str, str]] = (),
    target: str | None = None,
    **parts: Any,
) -> Material:
    """Ages are the registry's fields; outcomes (name, description, time frame)."""
    told = payload(**({"title": "A trial"} | parts), eligibility=criteria)
    protocol = told["protocolSection"]
    protocol["eligibilityModule"] |= {"minimumAge": ages[0], "maximumAge": ages[1], "sex": sex}
    protocol["designModule"]["targetDuration"] = target
    kinds = (("primaryOutcomes", outcomes), ("secondaryOutcomes", secondary), ("otherOutcomes", other))
    protocol["outcomesModule"] = {
        name: [{"measure": measure, "description": text, "timeFrame": frame} for measure, text, frame in some]
        for name, some in kinds
    }
    record = record_of(told)
    return Material(record, Reading(record), frozenset({"msc"}))


def gates(scheme: str, criteria: str, **parts: Any) -> list[Label]:
    """The labels of one field of who can join, their quotes checked."""
    material = people(criteria, **(MS | parts))
    found = list(extract_gates(material))
    assert quoted(material, found)
    return [label for label in found if label.scheme == scheme]


def told(scheme: str, criteria: str, **parts: Any) -> list[str]:
    """The values of a field, a doubtful one with a question mark."""
    return [label.value + "?" * label.doubtful for label in gates(scheme, criteria, **parts)]


def repeated(piece: str) -> str:
    return (piece * (LONG // len(piece) + 1))[:LONG]


def seconds(extract: Callable[[Material], Iterable[Label]], material: Material) -> float:
    """The best of three; what is read once for all extractors has been read."""
    _ = material.passages, material.criteria, material.outcomes
    return timing.seconds(lambda: list(extract(material)))


def texts(words: Sequence[str]) -> st.SearchStrategy[str]:
    """Texts up to the longest that a record may have: the words of an extractor mixed, one piece repeated, or noise."""
    mixed = st.lists(st.sampled_from(words), max_size=300).map(" ".join)
    one = st.sampled_from(words).map(repeated)
    noise = st.text(max_size=400)
    return st.one_of(mixed, noise, one, st.tuples(mixed, noise, one).map("\n".join)).map(lambda text: text[:LONG])
