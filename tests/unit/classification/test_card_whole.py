"""The card as a whole: every field has its reader, and no text can hang or break any rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.classification.rules import classify
from apps.classification.rules.cards import EXTRACTORS, card_of
from apps.classification.rules.cards.material import Material
from apps.classification.rules.cells import cells_of
from apps.classification.rules.diseases import diseases_of
from apps.classification.rules.reading import Reading
from apps.classification.rules.scope import scope_of
from apps.studies.records import StudyRecord
from apps.vocabulary.cards import FIELDS
from tests.unit.classification.builders import payload, record_of, study
from tests.unit.classification.designs import quoted
from tests.unit.classification.timing import LIMIT, seconds

LONGEST = 32_000
KINDS = frozenset({"msc", "hsc"})


def told(**parts: Any) -> dict[str, Any]:
    """A record that tells something for every field of one kind's card."""
    interventions = [(name, " ".join(text.split())) for name, text in parts.pop("interventions")]
    record = payload(interventions=interventions, **parts)
    protocol = record["protocolSection"]
    protocol["designModule"]["designInfo"] = {"interventionModel": "PARALLEL", "allocation": "RANDOMIZED"}
    protocol["eligibilityModule"] |= {"minimumAge": "18 Years", "maximumAge": "55 Years", "sex": "ALL"}
    protocol["outcomesModule"] = {
        "primaryOutcomes": [{"measure": "Change of EDSS", "timeFrame": "24 months after treatment"}]
    }
    return record


CRITERIA = """Inclusion Criteria:
* Relapsing remitting multiple sclerosis
* EDSS 3.0 to 6.0
* Disease duration of less than 10 years
* Failure of at least one disease modifying drug
Exclusion Criteria:
* Pregnant or breastfeeding women"""

MSC = told(
    title="ProTrans in multiple sclerosis",
    conditions=["Multiple Sclerosis"],
    interventions=[
        (
            "ProTrans",
            """Allogeneic mesenchymal stem cells expanded from umbilical cord tissue, cryopreserved. Two intravenous
            infusions of 1x10^6 cells/kg, 4 weeks apart, together with methylprednisolone.""",
        ),
        ("Placebo", "Saline"),
    ],
    arms=[("Cells", "Two infusions of mesenchymal stem cells with methylprednisolone"), ("Placebo", "Saline")],
    summary="Participants receive allogeneic mesenchymal stem cells together with methylprednisolone, or placebo.",
    eligibility=CRITERIA,
)
HSC = told(
    title="Autologous hematopoietic stem cell transplantation in multiple sclerosis",
    conditions=["Multiple Sclerosis"],
    interventions=[
        (
            "Autologous hematopoietic stem cell transplantation",
            """Stem cells are mobilized with cyclophosphamide and G-CSF, collected from peripheral blood, CD34 selected
            and cryopreserved. Conditioning with BEAM and rabbit ATG is followed by intravenous infusion of at least
            2x10^6 CD34+ cells/kg.""",
        )
    ],
    arms=[("Transplantation", "Non-myeloablative conditioning and transplantation"), ("Drug", "Standard care")],
    eligibility=CRITERIA,
)


@pytest.mark.parametrize(("kind", "record"), [("msc", MSC), ("hsc", HSC)])
def test_every_field_of_a_card_has_its_reader(kind: str, record: dict[str, Any]) -> None:
    classification = classify(record_of(record))
    assert classification.values("cell_type") == (kind,)
    schemes = {label.scheme for label in classification.labels} - {"scope", "disease", "cell_type"}
    assert schemes == {field.slug for field in FIELDS if field.card in {kind, "both"}}
    assert {label.scheme for label in classification.labels if label.doubtful} == set()


@pytest.mark.parametrize("record", [MSC, HSC])
def test_a_card_is_the_same_each_time_and_each_value_has_its_quotes(record: dict[str, Any]) -> None:
    reading = Reading(record_of(record))
    material = Material(reading.record, reading, KINDS)
    card = card_of(material)
    assert quoted(material, card)
    assert card == card_of(Material(reading.record, reading, KINDS))


def test_a_study_out_of_scope_that_gives_neither_kind_has_no_card() -> None:
    aspirin = study("Aspirin in adults aged 18 to 65", conditions=["Headache"], eligibility=CRITERIA)
    assert {label.scheme for label in classify(aspirin).labels} <= {"scope", "near_miss"}


def test_a_study_of_our_cells_for_another_disease_has_no_card() -> None:
    knee = study(
        "Adipose mesenchymal stem cells in adults with knee osteoarthritis", conditions=["Knee osteoarthritis"]
    )
    assert {label.scheme for label in classify(knee).labels} == {"scope", "near_miss", "cell_type"}


def test_a_study_that_is_out_but_gives_our_cells_for_our_disease_keeps_its_card() -> None:
    """Its scope is the one question: whoever answers it otherwise finds the card."""
    exosomes = study(
        "Exosomes of allogeneic umbilical cord mesenchymal stem cells in multiple sclerosis",
        conditions=["Multiple sclerosis"],
        interventions=[("Exosomes from umbilical cord mesenchymal stem cells", "")],
    )
    classification = classify(exosomes)
    assert classification.scope == "out"
    assert classification.values("source") == ("umbilical-cord",)


# No text hangs a rule


def first_rules(record: StudyRecord) -> None:
    reading = Reading(record)
    diseases, cells = diseases_of(reading), cells_of(reading)
    scope_of(reading, diseases, cells)


# Pieces of which each is the beginning of something that a rule reads further.
PIECES = (
    "mesenchymal stem cells 1x10^6 cells/kg intravenously ",
    "mesenchymal ",
    "umbilical cord ",
    "(autologous) ",
    "10^6 ",
    "2 x 10",
    "1,000,000 cells ",
    "0123456789",
    "a",
    "-",
    "(",
    " ",
    "\n",
    "\n* ",
    "1. ",
    "EDSS 3.0 to 6.5, ",
    "EDSS ",
    "≥ 6 ",
    "> ",
    "once every 4 weeks for 3 months ",
    "first second third dose ",
    "day 0, 7, 14, ",
    "month 1, month 3, ",
    "1 to 2 ",
    "at least ",
    "up to a maximum of ",
    "years of age ",
    "diagnosed within ",
    "cyclophosphamide or ATG on day -5 and ",
    "G-CSF and ",
    "conditioning with ",
    "mobilized ",
    "placebo or ",
    "not ",
    "of the ",
    "Inclusion Criteria:\n",
    "Exclusion Criteria: pregnant ",
    "C-peptide < 0.3 ng/ml; ",
    "per kg ",
    "é\ud800😀",
)
FIELDS_OF_TEXT = ("official", "summary", "description", "eligibility", "interventions", "arms")


def with_text(field: str, text: str) -> StudyRecord:
    text = text[:LONGEST]
    title = "Mesenchymal stem cells and hematopoietic stem cell transplantation in multiple sclerosis"
    placed: Any = [("Cells", text)] if field in {"interventions", "arms"} else text
    return record_of(payload(title, **{field: placed}))


def slow(record: StudyRecord) -> dict[str, int]:
    """The rules that take longer than they may, with their milliseconds."""
    reading = Reading(record)
    times = {"first rules": seconds(lambda: first_rules(record))} | {
        extract.__name__: seconds(lambda extract=extract: list(extract(Material(record, reading, KINDS))))
        for extract in EXTRACTORS
    }
    return {name: round(taken * 1000) for name, taken in times.items() if taken > LIMIT}


@pytest.mark.parametrize("field", ["description", "eligibility", "arms"])
@pytest.mark.parametrize("piece", PIECES)
def test_no_row_of_one_piece_hangs_a_rule(piece: str, field: str) -> None:
    assert slow(with_text(field, piece * (LONGEST // len(piece) + 1))) == {}


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12), st.sampled_from(FIELDS_OF_TEXT))
@settings(max_examples=40, deadline=None)
def test_no_mixture_of_pieces_hangs_a_rule(pieces: list[str], field: str) -> None:
    mixture = "".join(pieces)
    assert slow(with_text(field, mixture * (LONGEST // len(mixture) + 1))) == {}


@given(st.text(max_size=400), st.sampled_from(FIELDS_OF_TEXT))
@settings(max_examples=100, deadline=None)
def test_no_text_breaks_a_rule_and_every_quote_stands(text: str, field: str) -> None:
    record = with_text(field, text)
    material = Material(record, Reading(record), KINDS)
    assert quoted(material, card_of(material))
    assert quoted(material, [label for label in classify(record).labels if label.evidence])
