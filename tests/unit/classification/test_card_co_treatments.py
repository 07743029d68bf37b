"""What is given together with mesenchymal cells: the traps met in records, in made-up words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.classification.rules.cards.co_treatments import extract_co_treatments
from apps.vocabulary.cards import CO_TREATMENTS
from apps.vocabulary.terms import card_terms
from tests.unit.classification.designs import designed, quoted
from tests.unit.classification.timing import LIMIT, seconds

CELLS = "Mesenchymal stem cells in lupus"


def treatments(title=CELLS, *, kinds=("msc",), **parts):
    material = designed(title, kinds=kinds, **parts)
    found = list(extract_co_treatments(material))
    assert quoted(material, found)
    assert len({label.value for label in found}) == len(found)
    return {label.value for label in found}


def in_arm(text, label="Cells"):
    return treatments(arms=[("EXPERIMENTAL", label, text, ())])


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("Mesenchymal stem cells combined with rituximab in lupus", "rituximab"),
        ("Mesenchymal stem cells plus methotrexate in arthritis", "methotrexate"),
        ("UC-MSC and physical therapy in multiple sclerosis", "rehabilitation"),
        ("Cotransplantation of islets and mesenchymal stem cells", "islets"),
        ("Platelet-rich gel combined with mesenchymal stem cells", "platelet-rich-plasma"),
        ("Mesenchymal stem cells/collagen fleece in a bone", "collagen-scaffold"),
        ("Vitamin D + mesenchymal stem cells in type 1 diabetes", "vitamin-d"),
    ],
)
def test_title_joins_a_treatment(title, value):
    assert treatments(title) == {value}


@pytest.mark.parametrize(
    "title",
    [
        "Mesenchymal stem cells versus cyclophosphamide in lupus",
        "Mesenchymal stem cells compared with rituximab and methotrexate",
        "Mesenchymal stem cells in lupus refractory to cyclophosphamide",
        "Mesenchymal stem cells and insulin secretion",
        "Mesenchymal stem cells and islet function in type 1 diabetes",
        "Mesenchymal stem cells combined with care: islet cell antibodies",
        "Mesenchymal stem cells in steroid-refractory lupus and nephritis",
        "Mononuclear cells or mesenchymal stem cells combined with a scaffold",
    ],
)
def test_title_names_a_treatment_and_does_not_join_it(title):
    assert treatments(title) == set()


def test_label_of_an_arm():
    assert in_arm("", "hUC-MSC + DMARDs") == {"dmards"}
    assert in_arm("", "MSC with hyaluronic acid") == {"hyaluronic-acid"}


def test_description_of_an_arm():
    assert in_arm("Mesenchymal stem cells together with mycophenolate") == {"mycophenolate"}
    assert in_arm("Those enrolled into the MSC with corticosteroid taper arm get two infusions") == {"corticosteroids"}


def test_sentence_of_an_arm_adds_a_treatment():
    text = "Mesenchymal stem cells are given on day 0 of the first week. " * 5 + "All will also receive basiliximab."
    assert in_arm(text) == {"basiliximab"}


def test_background_drugs_are_none():
    assert in_arm("Mesenchymal stem cells in people who continue methotrexate") == set()
    assert in_arm("Mesenchymal stem cells and a stable dose of prednisone") == set()


def test_description_of_the_study_is_not_read():
    text = "Mesenchymal stem cells and methotrexate are given together. Methotrexate is allowed."
    assert treatments(summary=text, eligibility=text) == set()


def test_treatment_of_the_control_arm_is_none():
    parts = {
        "arms": [
            ("EXPERIMENTAL", "Cells", "Mesenchymal stem cells", ["Mesenchymal stem cells"]),
            ("ACTIVE_COMPARATOR", "Drug", "Cyclophosphamide", ["Cyclophosphamide"]),
        ],
        "interventions": [("BIOLOGICAL", "Mesenchymal stem cells", ""), ("DRUG", "Cyclophosphamide", "")],
    }
    assert treatments(**parts) == set()


def test_intervention_of_the_arm_with_cells():
    parts = {
        "arms": [
            ("EXPERIMENTAL", "Both", "Mesenchymal stem cells", ["Mesenchymal stem cells", "Rituximab"]),
            ("ACTIVE_COMPARATOR", "Drug", "", ["Rituximab"]),
        ],
        "interventions": [("BIOLOGICAL", "Mesenchymal stem cells", ""), ("DRUG", "Rituximab", "")],
    }
    assert treatments(**parts) == {"rituximab"}


def test_interventions_of_the_only_arm():
    parts = {"interventions": [("BIOLOGICAL", "Mesenchymal stem cells", ""), ("DRUG", "Heparin", "")]}
    assert treatments(**parts) == {"heparin"}


def test_description_and_other_name_of_the_cells():
    parts = {"interventions": [("BIOLOGICAL", "Mesenchymal stem cells", "MSC diluted in 5 ml of platelet rich plasma")]}
    assert treatments(**parts) == {"platelet-rich-plasma"}


def test_cells_treated_beforehand():
    parts = {"interventions": [("BIOLOGICAL", "Interferon gamma-primed mesenchymal stem cells", "")]}
    assert treatments(**parts) == set()
    parts = {"interventions": [("BIOLOGICAL", "Interferon gamma stimulated mesenchymal stem cells", "")]}
    assert treatments(**parts) == set()


def test_drug_that_mobilises_is_none():
    assert treatments("G-CSF mobilized blood combined with mesenchymal stem cells") == set()


def test_denied_treatment():
    assert in_arm("Mesenchymal stem cells and saline, without methotrexate") == set()


def test_drugs_of_a_conditioning_are_none():
    parts = {
        "kinds": ("hsc", "msc"),
        "interventions": [("BIOLOGICAL", "Mesenchymal stem cells", ""), ("DRUG", "Cyclophosphamide", "")],
    }
    assert treatments("Hematopoietic stem cell transplantation with mesenchymal stem cells", **parts) == set()


def test_transplantations_have_none():
    assert treatments("Stem cell transplantation plus rituximab", kinds=("hsc",)) == set()


def test_every_treatment_has_a_name():
    assert set(card_terms("co_treatments")["treatment"]) == set(CO_TREATMENTS)


# Any text

_FRAGMENTS = (
    "MSC mesenchymal stem cells and + with plus versus or rituximab methotrexate insulin steroid G-CSF primed "
    "continue also receive without ( ) . ; \n , \ud800 é"
)
_WORDS = st.sampled_from(_FRAGMENTS.split(" "))


@settings(max_examples=150, deadline=None)
@given(st.lists(_WORDS, max_size=60).map(" ".join), st.text(max_size=60), st.sampled_from([("msc",), ("hsc", "msc")]))
def test_any_text_gives_quotable_treatments(words, noise, kinds):
    found = treatments(
        words[:80] or "A trial",
        kinds=kinds,
        arms=[("EXPERIMENTAL", noise, words, ["X"]), ("ACTIVE_COMPARATOR", words, noise, [])],
        interventions=[("BIOLOGICAL", "X", words), ("BIOLOGICAL", words, noise)],
    )
    assert found <= set(CO_TREATMENTS)


@pytest.mark.parametrize(
    "piece",
    [
        "MSC ",
        "rituximab ",
        "MSC and rituximab ",
        "MSC + rituximab. ",
        "plus ",
        "with ",
        "without ",
        " ",
        "0",
        "(",
        "steroid 5 mg before the ",
        "premedication with steroid ",
        "steroid is given prior to each infusion. ",
        "steroid; ",
    ],
)
def test_long_text_stays_quick(piece):
    text = (piece * (32_000 // len(piece) + 1))[:32_000]
    material = designed(
        CELLS,
        description=text,
        arms=[("EXPERIMENTAL", "Cells", text, ["MSC"])],
        interventions=[("BIOLOGICAL", "MSC", "")],
    )
    assert seconds(lambda: list(extract_co_treatments(material))) < LIMIT


def test_cells_of_which_the_cells_are_made_are_not_given_beside_them():
    made = "MSC are collected from autologous bone marrow mononuclear cells and combined with platelet-rich plasma."
    assert in_arm(made) == {"platelet-rich-plasma"}
    assert in_arm("MSC combined with bone marrow mononuclear cells.") == {"mononuclear-cells"}


@pytest.mark.parametrize(
    ("told", "values"),
    [
        (
            "Cyclophosphamide will be administered at a dose of 0.8-1.8 g 24 hours before transplantation.",
            {"cyclophosphamide"},
        ),
        ("Diphenhydramine is given 30 minutes before each infusion.", {"antihistamines"}),
        ("Cyclophosphamide was stopped 24 hours before transplantation.", set()),
        ("Previous cyclophosphamide had been given 4 weeks before the infusion.", set()),
    ],
)
def test_given_at_a_time_before_the_cells(told, values):
    assert in_arm(told) == values


def test_description_tells_what_the_treatment_is_made_of():
    told = "The treatment is a combination of (a) massage and acupuncture, (b) detoxification and (c) cells."
    assert treatments(description=told) == {"acupuncture", "detoxification", "massage"}
    assert treatments(description="Massage and acupuncture are what some people try beside cells.") == set()
    assert treatments(description="The treatment consists of rituximab. Cells follow.") == set()


# Premedication, and drugs that an intervention lists in its description


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Dexamethasone 5 mg IV before injection.", "corticosteroids"),
        ("Hydrocortisone 100 mg iv is given before the procedure to all patients.", "corticosteroids"),
        ("Premedication with methylprednisolone precedes each infusion.", "corticosteroids"),
        ("All receive dexamethasone prior to the cell infusion.", "corticosteroids"),
        ("Pre-medication: prednisolone 50 mg.", "corticosteroids"),
        ("Heparin is administered before each infusion of the cells.", "heparin"),
    ],
)
def test_premedication(text, value):
    assert treatments(description=text) == {value}
    assert in_arm(text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "There is no premedication with steroid before the infusion.",
        "The infusion is given without steroid premedication.",
        "Dexamethasone must be stopped 4 weeks before the infusion.",
        "Prednisone 5 mg is tapered before the injection.",
        "Blood glucose and insulin are measured before the infusion.",
        "In another group's trial dexamethasone 5 mg was given before the infusion.",
        "Patients who receive methotrexate before the infusion are analysed separately.",
    ],
)
def test_what_is_stopped_measured_or_denied_before_the_cells(text):
    assert treatments(description=text) == set()


def test_intervention_that_lists_its_drugs_in_the_description():
    arms = [
        ("ACTIVE_COMPARATOR", "A", "", ["Immunosuppressant"]),
        ("EXPERIMENTAL", "B", "", ["Immunosuppressant", "UC-MSC"]),
    ]

    def given(text):
        named = [("BIOLOGICAL", "UC-MSC", ""), ("DRUG", "Immunosuppressant", text)]
        return treatments(arms=arms, interventions=named)

    assert given("prednisone, cyclophosphamide") == {"corticosteroids", "cyclophosphamide"}
    assert given("oral prednisone 5-60 mg plus cyclophosphamide 0.4 g IV every 2 weeks") == {
        "corticosteroids",
        "cyclophosphamide",
    }
    assert given("chosen by the doctor, mostly prednisone") == set()
