"""Numbers of cells: the notations and traps met in records, in made-up words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.classification.rules.cards.amounts import read_numbers, read_unit, spelled
from apps.classification.rules.cards.doses import extract_doses
from tests.unit.classification.designs import designed, quoted
from tests.unit.classification.timing import LIMIT, seconds

MSC = "Mesenchymal stem cells"
AHSCT = "Autologous hematopoietic stem cell transplantation"


def labels(text="", *, title=MSC, kinds=("msc",), **parts):
    """The labels of a record; `text` is the description of the intervention by which the cells are given."""
    if text:
        parts.setdefault("interventions", [("BIOLOGICAL", MSC, text)])
    material = designed(title, kinds=kinds, **parts)
    found = list(extract_doses(material))
    assert quoted(material, found)
    return found


def doses(text="", **parts):
    return {label.value for label in labels(text, **parts) if label.scheme == "dose"}


def cd34_doses(text="", **parts):
    parts.setdefault("title", AHSCT)
    parts.setdefault("kinds", ("hsc",))
    return {label.value for label in labels("", summary=text, **parts) if label.scheme == "cd34_dose"}


# How a number is written


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2x10^6 MSC/kg", "2e6/kg"),
        ("2 × 10^6 cells/kg", "2e6/kg"),
        ("2×10⁶ cells/kg", "2e6/kg"),
        ("2*10^6 cells/kg", "2e6/kg"),
        ("2·10^6 cells/kg", "2e6/kg"),
        ("2 x 10(6) cells/kg", "2e6/kg"),
        ("2x10\\^6 cells/kg", "2e6/kg"),
        ("2.5x10ˆ7 cells", "2.5e7"),
        ("2e6 cells/kg", "2e6/kg"),
        ("2E+06 cells/kg", "2e6/kg"),
        ("2x10E6 cells/kg", "2e6/kg"),
        ("4*10e6 cells/kg", "4e6/kg"),
        ("2 x 10exp6 cells/kg", "2e6/kg"),
        ("2 x 10 to the power of 6 cells/kg", "2e6/kg"),
        ("2.000.000 cells/kg", "2e6/kg"),
        ("2,000,000 cells/kg", "2e6/kg"),
        ("2 000 000 cells/kg", "2e6/kg"),
        ("2 x 1,000,000 cells/kg", "2e6/kg"),
        ("2000000 cells/Kg", "2e6/kg"),
        ("two million cells per kilogram", "2e6/kg"),
        ("2 million cells/kg", "2e6/kg"),
        ("2 millions of cells per kg", "2e6/kg"),
        ("2M cells/kg", "2e6/kg"),
        ("2 mill cells/kg", "2e6/kg"),
        ("2 mln cells/kg", "2e6/kg"),
        ("2 mln. cells/kg", "2e6/kg"),
        ("2 mio cells/kg", "2e6/kg"),
        ("90-million cells", "9e7"),
        ("1 billion cells", "1e9"),
        ("one hundred million cells", "1e8"),
        ("1,5 x 10^6 cells/kg", "1.5e6/kg"),
        ("2·5x10^6 cells/kg", "2.5e6/kg"),
    ],
)
def test_notations(written, value):
    (label,) = labels(f"They receive {written} by vein.")
    assert (label.value, label.doubtful) == (value, False)


@pytest.mark.parametrize("written", ["2x106 cells/kg", "2 x106 MSC/kg", "2×10 6 cells/kg", "2 x 106/kg body weight"])
def test_lost_caret(written):
    assert doses(f"They receive {written} once.") == {"2e6/kg"}


def test_lost_caret_where_the_same_record_writes_it_rightly():
    parts = {
        "interventions": [("BIOLOGICAL", MSC, "1x10^6 cells/kg")],
        "arms": [("EXPERIMENTAL", "MSC", "1x106/kg", ())],
    }
    (label,) = labels(**parts)
    assert (label.value, label.doubtful) == ("1e6/kg", False)


def test_bare_hundred_and_six_per_kilogram_is_a_doubt():
    (label,) = labels("MSC are given at 106/kg body weight.")
    assert (label.value, label.doubtful) == ("1e6/kg", True)


def test_power_without_a_factor():
    assert doses("10^6/kg UC-MSCs by vein") == {"1e6/kg"}


def test_ten_e_six_means_ten_to_the_sixth():
    assert doses("Infusion of 10e6 MSC/kg") == {"1e6/kg"}


def test_dot_as_multiplication():
    assert doses("They get 1.10^6 MSC/kg.") == {"1e6/kg"}
    (label,) = labels("They get 6.10e7 MSC.")
    assert (label.value, label.doubtful) == ("6e7", True)


def test_two_signs_that_contradict_are_a_doubt():
    (label,) = labels("MSC at 2x10^6 million per kg body weight")
    assert label.doubtful


def test_factor_times_millions_is_a_doubt():
    (label,) = labels("MSC in a dose of 2 x 50 million cells")
    assert (label.value, label.doubtful) == ("1e8", True)


# Several numbers with one exponent or unit


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("0.75 or 1.5×10^6 MSC/kg", {"7.5e5/kg", "1.5e6/kg"}),
        ("80, 160, or 240 x 10^6 MSC", {"8e7", "1.6e8", "2.4e8"}),
        ("1-2 x 1000000 MSC/kg", {"1e6-2e6/kg"}),
        ("100-300 million MSC", {"1e8-3e8"}),
        ("0.5 to 1 x 10^6 MSC/kg", {"5e5-1e6/kg"}),
        ("(1~5)×10^6 MSC/kg", {"1e6-5e6/kg"}),
        ("1000000 to 2000000 cells/Kg", {"1e6-2e6/kg"}),
        ("between 5 and 10 million MSC", {"5e6-1e7"}),
        ("1x10^6 cells/kg to 2x10^6 cells/kg", {"1e6-2e6/kg"}),
        ("1x10^6, 5x10^6 and 1x10^7 cells/kg", {"1e6/kg", "5e6/kg", "1e7/kg"}),
        ("20 or 40 million MSC", {"2e7", "4e7"}),
        ("1x10^6 cells/kg followed by 2x10^6 cells/kg", {"1e6/kg", "2e6/kg"}),
    ],
)
def test_shared_exponent_or_unit(written, values):
    assert doses(f"They receive {written} by vein.") == values


def test_number_said_twice_is_one_dose():
    assert doses("They receive 2x10^7 (20 million) MSC.") == {"2e7"}
    assert doses("They receive 20 million (2x10^7) MSC.") == {"2e7"}


def test_two_numbers_that_are_arms():
    parts = {
        "arms": [("EXPERIMENTAL", "Low", "10 million MSC", ()), ("EXPERIMENTAL", "High", "40 million MSC", ())],
        "interventions": [("BIOLOGICAL", MSC, "")],
    }
    found = labels(**parts)
    assert [(label.value, label.detail["arms"]) for label in found] == [("1e7", [0]), ("4e7", [1])]


def test_steps_of_an_escalation():
    text = "Escalating doses of MSC: 1x10^6/kg in the first cohort, then 2x10^6/kg, then 4x10^6/kg."
    assert doses(text) == {"1e6/kg", "2e6/kg", "4e6/kg"}


def test_two_routes_in_one_patient():
    assert doses("100 million MSC into the spinal canal and 50 million MSC by vein") == {"1e8", "5e7"}


def test_number_of_an_arm_is_no_factor():
    assert doses("Group 1, 2 million MSC/kg") == {"2e6/kg"}


# Units


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("10^6/kg UC-MSCs", "1e6/kg"),
        ("1 x 10^6 MSC per kg of body weight", "1e6/kg"),
        ("1x10^6 CSM / kg", "1e6/kg"),
        ("1 million allogeneic MSCs per kilo", "1e6/kg"),
        ("3x10^7 cells /body", "3e7"),
        ("3x10^7 cells/patient", "3e7"),
        ("3x10^7 MSC for each patient", "3e7"),
        ("1x10^8 MSC/m2", "1e8/m2"),
        ("2x10^7 MSC per joint", "2e7/joint"),
        ("2x10^7 MSC for each knee", "2e7/joint"),
    ],
)
def test_units(written, value):
    assert doses(f"They receive {written}.") == {value}


def test_total_and_per_kilogram_are_never_converted():
    assert doses("60 million MSC (about 1 million cells per kg)") == {"6e7", "1e6/kg"}


def test_volume_of_the_same_number():
    assert doses("They receive 3x10^7 MSC/5 ml.") == {"3e7"}


# Bounds, tolerance, totals


def test_bounds():
    assert doses("Infusion of up to 6x10^5 MSC per kg") == {"<=6e5/kg"}
    assert doses("Infusion of at least 1x10^6 MSC/kg") == {">=1e6/kg"}
    assert doses("A maximum of 1x10^8 MSC is infused.") == {"<=1e8"}


def test_numbers_of_units_behind_the_name_of_the_cells():
    text = "Debridement and posterior stabilisation, then an injection of 2 ml saline + MSC 30 million unit"
    assert doses(text) == {"3e7"}


def test_most_at_one_time_beside_the_sum_over_all_times():
    assert doses("3 daily doses of up to 90-million MSC/dose (cumulative dose of up to 270 million MSC)") == {"<=9e7"}


def test_ceiling_of_a_dose_by_weight():
    assert doses("2x10^6 MSC/kg up to a maximum of 200 million cells") == {"2e6/kg"}
    assert doses("MSC 2 million cells/kg; 200 million cells is the maximum dose") == {"2e6/kg"}


def test_upper_end_said_again_as_the_maximum():
    assert doses("Between 5 and 10 million MSC are injected. 10 million cells is the maximum dose.") == {"5e6-1e7"}


def test_tolerance_range():
    assert doses("MSC: 5x10^7 cells (range: 4.5x10^7 to 5.5x10^7 cells)") == {"5e7"}
    assert doses("MSC: 2x10^6 cells/kg (+/- 20%)") == {"2e6/kg"}


def test_mean_with_its_deviation_is_a_range():
    assert doses("They receive 20 ± 5 million MSC.") == {"1.5e7-2.5e7"}


def test_total_over_several_times_beside_its_parts():
    text = "A total of 300x10^6 MSC is given in 3 injections of 100x10^6 cells every month."
    assert doses(text) == {"1e8"}


def test_only_the_total_over_several_times():
    (label,) = labels("MSC: a total of 400x10^6 cells in four infusions")
    assert (label.value, label.detail["cumulative"], label.doubtful) == ("4e8", True, True)


def test_total_of_many_places_in_one_sitting():
    (label,) = labels("20 injections of 5x10^6 MSC per site, for a total of 1x10^8 cells in a single procedure")
    assert (label.value, label.detail["cumulative"]) == ("1e8", False)


# What is no dose


@pytest.mark.parametrize(
    "text",
    [
        "MSC in a low dose or a high dose",
        "MSC were seeded at 5x10^3 cells/cm2.",
        "MSC were plated at a density of 1x10^6 cells per flask.",
        "MSC with methylprednisolone 500 mg/kg",
        "MSC and vitamin D 50000 IU weekly",
        "MSC and 100000 units of heparin",
        "MSC are applied at 2 million cells/cm2 of the wound.",
        "MSC at a concentration of 10x10^6/mL",
        "The dose range for each cm2 of the wound is (1-5)x10^6 MSC.",
        "MSC for a disease of 2 million people",
        "MSC with 150m of a drug every 6 hours",
        "MSC are cultured up to the fifth passage to get about 500 million cells.",
    ],
)
def test_no_dose(text):
    assert doses(text) == set()


def test_cell_counts_in_exclusions():
    text = "Exclusion: leukocytes below 3x10^9/L, or fewer than 1x10^6 MSC/kg after culture"
    assert doses("MSC by vein", eligibility=text) == set()


def test_counts_of_other_cells():
    assert doses("MSC together with 5 million cardiac stem cells") == set()
    assert doses("150 million MSC and 5 million CD8 T cells") == {"1.5e8"}


def test_bag_in_which_cells_are_supplied_beside_the_dose():
    text = "The product is supplied as 100 million MSC in 20 mL. They receive 2 million MSC/kg."
    assert doses(text) == {"2e6/kg"}
    (label,) = labels("The product is supplied as 100 million MSC in 20 mL.")
    assert label.doubtful


def test_exosomes_have_no_dose_of_cells():
    parts = {"title": "MSC-derived exosomes", "interventions": [("BIOLOGICAL", "Exosomes", "exosomes of 1x10^8 MSC")]}
    assert doses(**parts) == set()


# Where it stands


def test_description_is_read_where_arms_are_silent():
    text = "Patients are treated with 1x10^6 MSC/kg."
    (label,) = labels(summary=text)
    assert (label.value, label.rule) == ("1e6/kg", "dose-in-description")
    assert doses("2x10^6 MSC/kg", summary=text) == {"2e6/kg"}


def test_other_studies_and_animals():
    assert doses(summary="Mice that receive 1x10^6 MSC/kg live longer.") == set()
    assert doses(summary="In a previous study patients received 1x10^6 MSC/kg.") == set()


def test_dose_per_weight_told_among_laboratory_work():
    text = "Cells are harvested with trypsin and injected at a dose of 2 million MSC per kg body weight."
    assert doses(summary=text) == {"2e6/kg"}
    assert doses(summary="MSC are given at a concentration of 2x10^6 cells per kilogram.") == {"2e6/kg"}


def test_dose_per_weight_or_joint_without_a_word_of_giving():
    assert doses(summary="Approximately 2 million autologous MSC/kg from iliac crest marrow") == {"2e6/kg"}
    text = "Marrow is cultured for 4 weeks in a clean room; 42±4 million cell per knee."
    assert doses(summary=text) == {"3.8e7-4.6e7/joint"}
    assert doses(summary="Approximately 20 million autologous MSC from marrow") == set()
    assert cd34_doses("At least 3.0 million CD34+ cells per kg are frozen.") == {">=3e6/kg"}


def test_millions_per_weight_where_the_sentence_names_nothing_else():
    assert doses(summary="Observation for a month, then 2 infusions of 2 million/kg.") == {"2e6/kg"}
    assert doses(summary="Lymphocytes are given at 2 million/kg.") == set()
    assert doses(summary="Observation, then 2 million/kg.", kinds=("msc", "hsc")) == set()


def test_dose_as_the_name_of_an_arm_that_is_given_the_product():
    arms = [("EXPERIMENTAL", "A: 1 mill/kg", "", (MSC,)), ("EXPERIMENTAL", "B: 2 mill/kg", "", (MSC,))]
    assert doses(arms=arms, interventions=[("BIOLOGICAL", MSC, "")]) == {"1e6/kg", "2e6/kg"}


def test_dose_in_the_title():
    (label,) = labels(title="20 million mesenchymal stem cells for lupus")
    assert (label.value, label.rule) == ("2e7", "dose-in-title")


def test_unusual_number_is_a_doubt():
    (label,) = labels("They receive 5x10^10 MSC/kg.")
    assert label.doubtful


def test_cells_of_a_study_that_gives_neither_kind():
    (label,) = labels("Stem cells: 1x10^8 cells", title="Stem cells", kinds=())
    assert (label.value, label.detail["kind"]) == ("1e8", None)


def test_detail():
    (label,) = labels("They receive 1-2 x 10^6 MSC/kg.")
    assert label.detail == {
        "kind": "msc",
        "low": 1e6,
        "high": 2e6,
        "basis": "kg",
        "bound": None,
        "cumulative": False,
        "written": "1-2 x 10^6 MSC/kg",
        "arms": [],
    }


# Grafts


def test_cd34_dose():
    assert cd34_doses("A graft of at least 2x10^6 CD34+ cells/kg is infused.") == {">=2e6/kg"}
    assert cd34_doses("3 x 10^6 CD34 positive cells per kg are reinfused.") == {"3e6/kg"}


def test_nucleated_and_t_cells_of_a_graft():
    text = "The graft of 2x10^8 nucleated cells/kg holds 1x10^5 CD3 cells/kg."
    assert cd34_doses(text) == set()


def test_cd34_cells_that_criteria_ask_for():
    text = "Inclusion: harvest of at least 2x10^6 CD34+ cells/kg"
    (label,) = labels(title=AHSCT, kinds=("hsc",), eligibility=text)
    assert (label.value, label.rule) == (">=2e6/kg", "dose-in-criteria")


def test_both_kinds_in_one_study():
    text = "A graft of 3x10^6 CD34+ cells/kg is infused with 1x10^6 MSC/kg."
    found = labels(title="Mesenchymal cells with a hematopoietic graft", kinds=("hsc", "msc"), summary=text)
    assert {(label.scheme, label.value) for label in found} == {("dose", "1e6/kg"), ("cd34_dose", "3e6/kg")}


# The parts


def test_spelled():
    assert spelled(1e6, basis="kg") == "1e6/kg"
    assert spelled(1.5e6, 2e6, "kg") == "1.5e6-2e6/kg"
    assert spelled(2e6, None, "kg", "at-least") == ">=2e6/kg"
    assert spelled(123456) == "1.235e5"


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("cells/kg", "kg"),
        ("cells per patient", "total"),
        ("cells/ml", "concentration"),
        ("cells/cm2", "area"),
        ("cells/min", "rate"),
        ("cells per site", "site"),
        ("cells", None),
    ],
)
def test_measure(text, measure):
    text = "1x10^6 " + text
    assert read_unit(text, 6, len(text)).measure == measure


# Any text

_WORDS = st.sampled_from(
    [
        *(
            "1x10^6",
            "2x106",
            "10e6",
            "1.10^6",
            "0.75",
            "1000000",
            "2,000,000",
            "million",
            "10",
            "⁶",
            "x",
            "×",
            "·",
            "±",
        ),
        *(
            "cells",
            "MSC",
            "CD34+",
            "/",
            "kg",
            "per",
            "patient",
            "mg",
            "ml",
            "cm2",
            "seeded",
            "each",
            "total",
            "of",
            "up",
        ),
        *("or", "and", "to", "-", "(", ")", "%", ".", ";", "\n", "\ud800", "é"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_WORDS, max_size=60).map(" ".join), st.text(max_size=60))
def test_any_text_gives_quotable_labels(words, noise):
    found = labels(
        kinds=("hsc", "msc"),
        summary=words + noise,
        eligibility=words,
        arms=[("EXPERIMENTAL", noise, words, ["X"]), ("EXPERIMENTAL", words, noise, [])],
        interventions=[("BIOLOGICAL", "X", words), ("DRUG", words, noise)],
    )
    assert len({(label.scheme, label.value, label.detail["kind"]) for label in found}) == len(found)


@settings(max_examples=200, deadline=None)
@given(st.lists(_WORDS, max_size=40).map("".join))
def test_numbers_stand_in_order_and_apart(text):
    numbers = read_numbers(text)
    assert all(0 <= number.start < number.end <= len(text) for number in numbers)
    assert all(one.end <= other.start for one, other in pairwise(numbers))


@pytest.mark.parametrize("place", ["arm", "description"])
@pytest.mark.parametrize(
    "piece",
    [
        *("a", "1", "10", "12,", " ", "(", "10^6 ", "x10", "1e6 ", "1.10^6 ", "1 000 ", "10^6 (", "±", "1±", "1, "),
        *("1x10^6 cells/kg ", "1x10^6 to 2x10^6 ", "1 million per ", "1000000 cells (a ", "total dose ", "MSC 1 "),
        *("cells ", "CD34 ", "5x1,000,000 ", "MSC 1x10^6.\n", "2x10^6 CD34+ cells/kg, ", "x 10 ", "up to "),
        *("cells not less than 1x10^6/kg or more, ", "MNC > 1x10^8/kg, CD34+ ", "step 1: 0,5 ", "0.5, 1, 2 ("),
        *("(in million cells/kg) cohort 1: 2; ", "doses (million cells ", "medium from 20 million ", "no less than "),
        *("In another group's trial 1x10^6 MSC/kg ", "in a phase I study 1x10^6 MSC/kg were "),
    ],
)
def test_long_text_stays_quick(piece, place):
    text = (piece * (32_000 // len(piece) + 1))[:32_000]
    told = {"description": text} if place == "description" else {"arms": [("EXPERIMENTAL", MSC, text, ())]}
    material = designed(MSC, kinds=("msc", "hsc"), eligibility=text, **told)
    list(material.reading.hits(("msc",)))
    assert seconds(lambda: list(extract_doses(material))) < LIMIT


def test_ten_with_a_lost_exponent_by_weight_is_read_and_doubted():
    (label,) = labels("Mesenchymal stem cells are infused at 106 cells/kg body weight.")
    assert (label.value, label.doubtful) == ("1e6/kg", True)
    assert doses("Mesenchymal stem cells are given to 106 people of 70 kg.") == set()
    assert doses("Mesenchymal stem cells at 106 cells.") == set()


# Bounds told with a denial, behind the number, or of other cells beside it


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The number of progenitors should not be less than 4.0 million CD34+/kg.", ">=4e6/kg"),
        ("The graft holds no fewer than 4x10^6 CD34+ cells/kg.", ">=4e6/kg"),
        ("The graft must not fall below 4x10^6 CD34+ cells/kg.", ">=4e6/kg"),
        ("The graft is not lower than 4x10^6 CD34+ cells/kg.", ">=4e6/kg"),
        ("Infused: not under 4x10^6 CD34+ cells/kg.", ">=4e6/kg"),
        ("At the harvest a minimum of CD34+ : 4.10^6 / kg.", ">=4e6/kg"),
        ("The graft holds 4x10^6 CD34+ cells/kg or more.", ">=4e6/kg"),
        ("Of CD34+ cells 4x10^6/kg is the minimum of the graft.", ">=4e6/kg"),
        ("The graft holds less than 4x10^6 CD34+ cells/kg.", "<=4e6/kg"),
        ("The graft holds no more than 4x10^6 CD34+ cells/kg.", "<=4e6/kg"),
        ("The graft must not exceed 4x10^6 CD34+ cells/kg.", "<=4e6/kg"),
        ("The graft holds over 4x10^6 CD34+ cells/kg.", ">=4e6/kg"),
        ("A harvest exceeding 4x10^6 CD34+ cells/kg is reinfused.", ">=4e6/kg"),
        ("The graft holds not less than 2,5 x 10E6 CD34+/kg.", ">=2.5e6/kg"),
    ],
)
def test_denied_comparison_is_the_other_bound(text, value):
    assert cd34_doses(text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "The target of the harvest is MNC >3×10^8/kg, CD34+ >2×10^6/kg.",
        "The graft: TNC 3x10^8/kg; CD34+ cells >= 2x10^6/kg.",
        "The graft has mononuclear cells > 3 x 10^8/kg, and CD34+ cells > 2 x 10^6/kg.",
        "Collected are MNC: 3x10^8/kg and CD34+: more than 2x10^6/kg.",
        "The graft: CD3 cells < 1x10^5/kg, CD34+ cells > 2x10^6/kg.",
    ],
)
def test_number_right_behind_other_cells_is_theirs(text):
    assert cd34_doses(text) == {">=2e6/kg"}


@pytest.mark.parametrize(
    "text",
    [
        "An injection of 8 ml of conditioned medium collected from 30 million cells after two days.",
        "Participants receive exosomes obtained from 30 million mesenchymal stem cells.",
        "Participants receive the secretome of about 30 million MSC.",
        "Injections of extracellular vesicles released by 3x10^7 cells are given.",
        "A lysate prepared from 30 million cells is injected.",
    ],
)
def test_cells_of_which_something_else_is_made_are_no_dose(text):
    assert doses(title="Cells or what they make", summary=f"Mesenchymal stem cells are compared. {text}") == set()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (
            "Step 1 : 0,5\nStep 2 : 1\nStep 3 : 3 (all figures are million cells per kg body weight)",
            {"5e5/kg", "1e6/kg", "3e6/kg"},
        ),
        ("Doses (in million cells/kg): cohort 1: 0.5, cohort 2: 1, cohort 3: 3", {"5e5/kg", "1e6/kg", "3e6/kg"}),
        ("The dose levels are 0.5, 1 and 3 (x 10^6 cells/kg).", {"5e5/kg", "1e6/kg", "3e6/kg"}),
        ("Participants receive 1, 2 or 4 (×10⁶ MSC/kg).", {"1e6/kg", "2e6/kg", "4e6/kg"}),
        ("Low dose: 1; middle dose: 2; high dose: 4 (unit: 10^6 cells/kg)", {"1e6/kg", "2e6/kg", "4e6/kg"}),
        ("Cohort A = 20; cohort B = 40. Doses are given in millions of cells.", {"2e7", "4e7"}),
        ("Cohort 1: 3 patients; cohort 2: 6 patients (in million cells/kg)", set()),
        ("Group 1: 2 weeks, group 2: 4 weeks (doses in million cells/kg follow)", set()),
    ],
)
def test_unit_told_once_for_a_table(text, values):
    assert doses(text) == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The target of the graft is 5x10^6 CD34+ cells/kg, the minimum 2x10^6 CD34+ cells/kg.", "5e6/kg"),
        ("A minimum of 2x10^6 CD34+ cells/kg is collected, with a goal of 5x10^6 CD34+ cells/kg.", "5e6/kg"),
        ("At least 2x10^6 CD34+ cells/kg are collected, ideally 5x10^6 CD34+ cells/kg.", "5e6/kg"),
        ("Collected: target >= 5x10^6 CD34+ cells/kg; minimum 2x10^6 CD34+ cells/kg.", ">=5e6/kg"),
        ("The graft holds at least 2x10^6 CD34+/kg, preferably 5x10^6 CD34+ cells/kg.", "5e6/kg"),
        ("The graft holds at least 2x10^6 CD34+/kg.", ">=2e6/kg"),
    ],
)
def test_target_stands_for_the_minimum_beside_it(text, value):
    assert cd34_doses(text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "1x10^6 MSC/kg at least four weeks apart",
        "1x10^6 MSC/kg in one or more infusions",
        "1x10^6 MSC/kg, minimum interval 4 weeks",
        "1x10^6 MSC/kg over 30 minutes",
        "1x10^6 MSC/kg or higher doses later",
    ],
)
def test_bound_of_something_else_behind_a_dose(text):
    assert doses(text) == {"1e6/kg"}
