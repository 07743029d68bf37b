"""What the cells are compared with: the traps met in records, in made-up words."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.classification.rules.cards.comparators import REASONS, extract_comparators
from apps.classification.rules.cards.material import Material
from apps.classification.rules.reading import Reading
from apps.studies.records import Outcome, OutcomesModule
from apps.vocabulary.cards import COMPARATORS
from tests.unit.classification.designs import designed, quoted, seconds
from tests.unit.classification.timing import LIMIT

CELLS = ("EXPERIMENTAL", "Mesenchymal stem cells", "One infusion of mesenchymal stem cells", ())


def labels(**parts):
    parts.setdefault("title", "Mesenchymal stem cells in a disease")
    material = designed(**parts)
    found = list(extract_comparators(material))
    assert quoted(material, found)
    assert all(label.value in COMPARATORS and label.reason == REASONS[label.rule] for label in found)
    return found


def values(**parts):
    """The values; a doubtful one has a question mark."""
    return {label.value + "?" * label.doubtful for label in labels(**parts)}


def against(kind, label, text="", names=(), **parts):
    """The values where one other arm stands beside the cells."""
    return values(arms=[CELLS, (kind, label, text, names)], **parts)


# What a group without the cells gets


@pytest.mark.parametrize(
    ("kind", "label", "text", "value"),
    [
        ("PLACEBO_COMPARATOR", "Placebo", "Saline", "placebo"),
        ("PLACEBO_COMPARATOR", "Control", "The same volume of Ringer's lactate without cells", "placebo"),
        ("PLACEBO_COMPARATOR", "Control", "", "placebo"),
        ("PLACEBO_COMPARATOR", "Vehicle", "The carrier alone", "placebo"),
        ("SHAM_COMPARATOR", "Sham", "A sham aspiration of marrow", "sham"),
        ("SHAM_COMPARATOR", "Control", "", "sham"),
        ("NO_INTERVENTION", "Control", "", "no-treatment"),
        ("NO_INTERVENTION", "Observation only", "", "no-treatment"),
        ("ACTIVE_COMPARATOR", "Standard of care", "", "standard-care"),
        ("ACTIVE_COMPARATOR", "Control", "Conventional therapy as the doctor decides", "standard-care"),
        ("NO_INTERVENTION", "Control", "Usual medical care", "standard-care"),
        ("ACTIVE_COMPARATOR", "Control", "Standard renal treatment", "standard-care"),
        ("ACTIVE_COMPARATOR", "Best available therapy", "One of four drugs", "standard-care"),
        ("OTHER", "Best therapy", "", "standard-care"),
        ("OTHER", "Best medical treatment", "", "standard-care"),
        ("ACTIVE_COMPARATOR", "Insulin", "", "active-drug"),
        ("ACTIVE_COMPARATOR", "Mitoxantrone", "Twelve milligrams a month", "active-drug"),
        ("ACTIVE_COMPARATOR", "Hyaluronic acid", "", "active-drug"),
        ("ACTIVE_COMPARATOR", "Waiting list", "Cells after one year", "delayed-treatment"),
        ("ACTIVE_COMPARATOR", "Std", "", "standard-care"),
        ("PLACEBO_COMPARATOR", "Drug + dummy", "", "placebo"),
        ("ACTIVE_COMPARATOR", "Group 2", "The drug and medium without MSC", "placebo"),
        ("NO_INTERVENTION", "Observational only", "", "no-treatment"),
        ("NO_INTERVENTION", "Historical controls", "People seen in earlier years", "historical"),
    ],
)
def test_control(kind, label, text, value):
    assert against(kind, label, text) == {value}


def test_a_drug_arm_typed_placebo_comparator():
    assert against("PLACEBO_COMPARATOR", "Methotrexate", "Methotrexate once a week") == {"active-drug?"}


def test_a_placebo_typed_no_intervention():
    assert against("NO_INTERVENTION", "Control", "An infusion of placebo") == {"placebo"}
    assert against("NO_INTERVENTION", "Control", "Saline alone") == {"placebo"}


def test_a_sham_typed_placebo_comparator():
    assert against("PLACEBO_COMPARATOR", "Sham puncture", "") == {"sham"}


def test_a_placebo_typed_experimental():
    assert against("EXPERIMENTAL", "Conventional plus placebo", "Conventional therapy plus placebo") == {"placebo"}


def test_cells_typed_no_intervention_are_no_control():
    arms = [("NO_INTERVENTION", "Stem cell infusion", "Mesenchymal stem cells", ()), CELLS]
    assert values(arms=arms) == set()


def test_a_group_whose_label_takes_the_cells_away():
    assert against("ACTIVE_COMPARATOR", "Insulin without stem cells", "Insulin alone") == {"active-drug"}


def test_the_background_alone_is_standard_care():
    arms = [
        ("EXPERIMENTAL", "Mesenchymal stem cells + leflunomide", "", ()),
        ("ACTIVE_COMPARATOR", "Leflunomide", "", ()),
    ]
    assert values(arms=arms) == {"standard-care"}


def test_one_drug_alone_is_a_doubtful_standard_care():
    assert against("ACTIVE_COMPARATOR", "Conventional", "Methotrexate only") == {"standard-care?"}
    assert against("NO_INTERVENTION", "2", "Only insulin") == {"standard-care?"}
    assert against("NO_INTERVENTION", "Control", "They get no cells, and nothing else") == {"no-treatment"}


def test_a_group_that_is_only_told_not_to_get_the_cells():
    text = "Mesenchymal stem cells will not be given."
    assert against("ACTIVE_COMPARATOR", "No mesenchymal stem cells", text) == {"no-treatment?"}
    assert against("ACTIVE_COMPARATOR", "Without mesenchymal stem cells", "Surgery of the shoulder") != {
        "no-treatment?"
    }


def test_placebo_and_sham_in_one_group():
    text = "Saline into a vein; for the lumbar puncture, a sham puncture"
    assert against("SHAM_COMPARATOR", "Placebo", text) == {"placebo", "sham"}


def test_albumin_within_standard_care_is_no_placebo():
    text = "Standard medical treatment with rest, human serum albumin and plasma"
    assert against("NO_INTERVENTION", "Control", text) == {"standard-care"}


def test_carrier_of_the_cells_is_no_placebo():
    assert against("ACTIVE_COMPARATOR", "Mitoxantrone", "A drug by mouth") == {"active-drug"}
    arms = [("EXPERIMENTAL", "Mesenchymal stem cells", "Mesenchymal stem cells in saline", ())]
    assert values(arms=arms, model="SINGLE_GROUP", allocation="NA") == {"none"}


def test_healthy_people_are_no_control():
    assert "no-treatment" not in against("NO_INTERVENTION", "Healthy controls", "Healthy volunteers give blood")


def test_groups_that_are_only_observed_are_no_controls():
    arms = [(None, "Given mesenchymal stem cells", "", ()), (None, "Late stage", "People with long disease", ())]
    assert values(arms=arms, study_type="OBSERVATIONAL") == set()


def test_a_control_whose_treatment_is_not_told_is_not_guessed():
    told = "People will be assigned to the control group."
    assert against("EXPERIMENTAL", "The control group", told) == {"unspecified"}
    # Nothing says that the other treatment is the control's.
    assert (
        against("EXPERIMENTAL", "The control group", told, interventions=[("DRUG", "Growth factor gel", "")]) == set()
    )


# The same cells, later


def test_crossover_is_delayed_treatment():
    assert against("PLACEBO_COMPARATOR", "Placebo", "", model="CROSSOVER") == {"placebo", "delayed-treatment"}
    assert against("ACTIVE_COMPARATOR", "Mitoxantrone", "", model="CROSSOVER") == {"active-drug", "delayed-treatment"}


def test_crossover_whose_arms_both_get_the_cells():
    names = ["Mesenchymal stem cells", "Suspension media"]
    arms = [
        ("EXPERIMENTAL", "Early MSC", "Cells at week 0, medium at week 24", names),
        ("EXPERIMENTAL", "Late MSC", "Medium at week 0, cells at week 24", names),
    ]
    interventions = [("BIOLOGICAL", names[0], ""), ("OTHER", names[1], "")]
    assert values(arms=arms, interventions=interventions, model="CROSSOVER") == {"placebo?", "delayed-treatment"}


def test_placebo_then_cells():
    text = "Placebo at first, then mesenchymal stem cells after six months"
    assert against("PLACEBO_COMPARATOR", "Placebo first", text) == {"placebo", "delayed-treatment"}


def test_standard_care_then_a_graft():
    parts = {"title": "Hematopoietic stem cell transplantation", "kinds": ("hsc",)}
    arms = [
        ("EXPERIMENTAL", "Hematopoietic stem cell transplantation", "", ()),
        ("ACTIVE_COMPARATOR", "Standard therapy", "Pulses of a drug. Crossover to the transplantation is allowed.", ()),
    ]
    assert values(arms=arms, **parts) == {"standard-care", "delayed-treatment"}


def test_no_crossover():
    assert against("PLACEBO_COMPARATOR", "Placebo", "There is no crossover") == {"placebo"}


def test_early_and_late_cells_without_arms():
    listed = [("OTHER", "Early infusion of stem cells", ""), ("OTHER", "Late infusion of stem cells", "")]
    assert values(interventions=listed) == {"delayed-treatment"}


# Arms with cells that differ


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Low dose", "1x10^6 mesenchymal stem cells/kg"), ("High dose", "2x10^6 mesenchymal stem cells/kg")),
        (("Mesenchymal stem cells 1", "1 million cells/kg"), ("Mesenchymal stem cells 2", "4 million cells/kg")),
        (("Mesenchymal stem cells, low dose", ""), ("Mesenchymal stem cells, high dose", "")),
        (("Single dose of mesenchymal stem cells", ""), ("Repeated doses of mesenchymal stem cells", "")),
        (
            ("Group 1", "Two infusions of mesenchymal stem cells"),
            ("Group 2", "Four infusions of mesenchymal stem cells"),
        ),
        (("Group 1", "Mesenchymal stem cells, once"), ("Group 2", "Mesenchymal stem cells, twice")),
        (("Group 1", "Mesenchymal stem cells 2 times"), ("Group 2", "Mesenchymal stem cells 3 times")),
    ],
)
def test_arms_with_other_numbers_of_cells_or_of_times(one, other):
    arms = [("EXPERIMENTAL", *one, ()), ("EXPERIMENTAL", *other, ())]
    assert values(arms=arms) == {"dose-comparison"}


@pytest.mark.parametrize(
    ("one", "other"),
    [("Low dose, one injection", "High dose, one injection"), ("Dose 1", "Dose 2"), ("Dose level A", "Dose level B")],
)
def test_levels_of_the_dose_beside_one_number_of_times(one, other):
    arms = [("EXPERIMENTAL", one, "", ()), ("EXPERIMENTAL", other, "", ())]
    assert "dose-comparison" in values(arms=arms)


def test_arms_with_the_same_dose_do_not_compare_it():
    arms = [
        ("EXPERIMENTAL", "Adults", "1x10^6 mesenchymal stem cells/kg, once", ()),
        ("EXPERIMENTAL", "Children", "1x10^6 mesenchymal stem cells/kg, once", ()),
    ]
    assert values(arms=arms) == set()


def test_volume_is_no_dose():
    arms = [
        ("EXPERIMENTAL", "Group 1", "Mesenchymal stem cells at 10 million cells per mL", ()),
        ("EXPERIMENTAL", "Group 2", "Mesenchymal stem cells at 15 million cells per mL", ()),
    ]
    assert values(arms=arms) == set()


def test_cohorts_within_one_arm():
    text = "Cohort 1: 5x10^7 mesenchymal stem cells. Cohort 2: 1x10^8 mesenchymal stem cells."
    parts = {"arms": [("EXPERIMENTAL", "Treatment", text, ())], "model": "SINGLE_GROUP", "allocation": "NA"}
    assert values(**parts) == {"dose-comparison"}
    text = "Cohort 1 and cohort 2 get 5x10^7 mesenchymal stem cells each."
    assert values(**{**parts, "arms": [("EXPERIMENTAL", "Treatment", text, ())]}) == {"none"}


def test_dose_escalation():
    arms = [CELLS]
    assert values(arms=arms, summary="A dose-escalation study.") == {"dose-comparison"}
    assert values(arms=arms, summary="A dose-escalation study has been done before.") == set()


def test_escalation_of_a_drug_around_a_graft_is_no_dose_of_cells():
    parts = {"title": "Hematopoietic stem cell transplantation", "kinds": ("hsc",)}
    assert values(summary="Dose escalation of the conditioning.", **parts) == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mesenchymal stem cells, intravenous", "Mesenchymal stem cells, intrathecal"),
        ("IV-treated with mesenchymal stem cells", "IT-treated with mesenchymal stem cells"),
        ("Autologous mesenchymal stem cells", "Allogeneic mesenchymal stem cells"),
        ("Bone marrow mesenchymal stem cells", "Umbilical cord mesenchymal stem cells"),
        ("Mesenchymal stem cells", "Mononuclear cells of bone marrow"),
    ],
)
def test_other_cells_or_another_way(one, other):
    arms = [("EXPERIMENTAL", one, "", ()), ("EXPERIMENTAL", other, "", ())]
    assert values(arms=arms) == {"cell-comparison"}


def test_two_ways_into_one_organ():
    arms = [("EXPERIMENTAL", "Sub-tenon injection", "", ()), ("EXPERIMENTAL", "Suprachoroidal injection", "", ())]
    assert values(arms=arms) == {"cell-comparison"}


def test_donors_that_only_the_interventions_name():
    grafts = ["Allogeneic stem cell transplantation", "Autologous stem cell transplantation"]
    arms = [("EXPERIMENTAL", "Allo", "", grafts[:1]), ("EXPERIMENTAL", "Auto", "", grafts[1:])]
    found = values(arms=arms, interventions=[("PROCEDURE", name, "") for name in grafts], kinds=("hsc",))
    assert found == {"cell-comparison"}


def test_a_numeral_is_no_way():
    arms = [
        ("EXPERIMENTAL", "Mesenchymal stem cells in class IV", "", ()),
        ("EXPERIMENTAL", "Mesenchymal stem cells in class III", "", ()),
    ]
    assert values(arms=arms) == set()


def test_both_ways_in_one_person_are_no_comparison():
    arms = [
        ("EXPERIMENTAL", "Adults", "Mesenchymal stem cells intravenously and intrathecally", ()),
        ("EXPERIMENTAL", "Children", "Mesenchymal stem cells intravenously", ()),
    ]
    assert values(arms=arms) == set()


# Historical controls


def test_historical_controls():
    assert against("NO_INTERVENTION", "Control", "Compared with historical controls") == {"historical"}
    arms = [("EXPERIMENTAL", "Cells", "Outcomes are compared to results in the literature", ())]
    assert values(arms=arms, model="SINGLE_GROUP", allocation="NA") == {"historical"}
    (label,) = labels(summary="The result is compared with historical controls.", model="SINGLE_GROUP")
    assert (label.value, label.doubtful) == ("historical", True)
    assert values(summary="Historical controls were published in other studies.", model="SINGLE_GROUP") == {"none"}


# One group


def test_a_single_group_compares_nothing():
    (label,) = labels(arms=[CELLS], model="SINGLE_GROUP", allocation="NA")
    assert (label.value, label.rule, label.doubtful) == ("none", "single-group", False)


def test_a_single_arm_in_a_design_that_is_not_told():
    (label,) = labels(arms=[CELLS], model="", allocation="NA")
    assert (label.value, label.rule) == ("none", "single-arm")


def test_a_single_group_that_describes_controls():
    parts = {"arms": [CELLS], "model": "SINGLE_GROUP", "allocation": "NA"}
    assert values(summary="The control group receives standard care.", **parts) == {"standard-care?"}
    assert values(summary="A control group is followed.", **parts) == {"none?"}
    assert values(summary="There is no control group.", **parts) == {"none"}


def test_expanded_access_compares_nothing():
    assert values(study_type="EXPANDED_ACCESS", model="", allocation="") == {"none"}


def test_an_observational_study_without_arms_tells_nothing():
    assert values(study_type="OBSERVATIONAL", model="", allocation="") == set()


# Records without arms


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("Mesenchymal Stem Cells Versus Hyaluronic Acid", "active-drug?"),
        ("Mesenchymal stem cells vs. best available therapy", "standard-care?"),
        ("Mitoxantrone Versus Mesenchymal Stem Cells", "active-drug?"),
    ],
)
def test_the_title_tells_the_comparison(title, value):
    assert values(title=title) == {value}


@pytest.mark.parametrize(
    "title",
    [
        "Intravenous Versus Intrathecal Mesenchymal Stem Cells",
        "Mesenchymal stem cells versus more mesenchymal stem cells",
        "High versus low dose of mesenchymal stem cells",
    ],
)
def test_a_title_that_compares_the_cells_themselves_names_no_drug(title):
    assert "active-drug?" not in values(title=title)


def test_placebo_among_the_interventions():
    listed = [("BIOLOGICAL", "Mesenchymal stem cells", ""), ("OTHER", "Placebo", "")]
    assert values(interventions=listed) == {"placebo"}
    listed = [("BIOLOGICAL", "Mesenchymal stem cells", ""), ("OTHER", "Standard of care", "")]
    assert values(interventions=listed) == {"standard-care?"}


def test_placebo_controlled_in_the_title():
    assert values(title="A placebo-controlled study of mesenchymal stem cells") == {"placebo"}
    assert values(summary="Earlier studies were placebo-controlled.") == set()


# Any text

_WORDS = st.sampled_from(
    [
        *(
            "placebo",
            "sham",
            "standard",
            "care",
            "control",
            "group",
            "historical",
            "compared",
            "with",
            "without",
            "cells",
        ),
        *(
            "mesenchymal",
            "stem",
            "saline",
            "low",
            "high",
            "dose",
            "1x10^6",
            "cells/kg",
            "two",
            "infusions",
            "cohort",
            "1",
        ),
        *("versus", "then", "intravenous", "autologous", "not", ".", "\\n", "(", "10^6", "crossover", "\ud800", "é"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(_WORDS, max_size=40).map(" ".join),
    st.text(max_size=40),
    st.sampled_from(["EXPERIMENTAL", "PLACEBO_COMPARATOR", "NO_INTERVENTION", "SHAM_COMPARATOR", "OTHER", None]),
)
def test_any_text_gives_quotable_labels(words, noise, kind):
    found = labels(
        title=words,
        summary=words + noise,
        arms=[(kind, noise, words, ["X"]), ("EXPERIMENTAL", words, noise, []), ("ACTIVE_COMPARATOR", words, words, [])],
        interventions=[("DRUG", "X", words)],
    )
    assert len({label.value for label in found}) == len(found)


@pytest.mark.parametrize(
    "piece",
    [
        *("placebo ", "control group without ", "historical control ", "MSC low dose ", "two infusions ", "cohort 1 "),
        *("1e6 cells ", "10^6 ", "standard a b c ", "compared with a b c ", "not ", "a", "1", " ", "(", "\n", "then "),
        *("3 + 3 ", "low, ", "low or high ", "randomised to early or ", "contrasted with data of a ", "BAT one of "),
        *("Best available therapy includes a ", "matched control ", "delayed "),
    ],
)
def test_long_text_stays_quick(piece):
    assert seconds(extract_comparators, description=piece, kinds=("msc",)) < LIMIT
    assert seconds(extract_comparators, arm=piece, kinds=("msc",)) < LIMIT


@settings(max_examples=10, deadline=None)
@given(st.lists(_WORDS, min_size=1, max_size=12).map(" ".join))
def test_long_texts_of_any_of_its_words_stay_quick(words):
    assert seconds(extract_comparators, description=words + " ", kinds=("msc",)) < LIMIT
    assert seconds(extract_comparators, arm=words + " ", kinds=("msc",)) < LIMIT


def test_what_the_other_group_gets_by_the_text_of_a_record_without_arms():
    told = "One group will undergo transplantation. The other group of study participants will receive {}."
    assert values(description=told.format("immunosuppressive therapy as prescribed")) == {"active-drug?"}
    assert values(description=told.format("standard of care")) == {"standard-care?"}
    assert values(description=told.format("mesenchymal stem cells later")) == set()
    assert values(description="In a previous report the other group received insulin.") == set()


@pytest.mark.parametrize(
    ("measure", "values"),
    [
        ("Single injection vs. repeated MSC injections", {"dose-comparison"}),
        ("A single dose compared with two doses", {"dose-comparison"}),
        ("Change after a single injection, repeated at 6 months", set()),
    ],
)
def test_an_outcome_that_compares_once_with_again(measure, values):
    material = designed(arms=[CELLS])
    module = OutcomesModule(primary_outcomes=(Outcome(measure=measure),))
    protocol = msgspec.structs.replace(material.record.protocol, outcomes=module)
    record = msgspec.structs.replace(material.record, protocol=protocol)
    found = list(extract_comparators(Material(record, Reading(record), frozenset({"msc"}))))
    assert {label.value for label in found} - {"none"} == values


# Comparisons told in words


@pytest.mark.parametrize(
    "text",
    [
        "Results will be contrasted with 255 matched persons of a registry who had routine care.",
        "The results are compared with our 21 former patients.",
        "Outcomes are compared to data from a national register.",
        "Survival is compared with previously treated patients of the clinic.",
        "Findings are set against cases in our database.",
        "Outcomes are compared with earlier patients who had BEAM.",
    ],
)
def test_earlier_people_told_in_words_are_historical(text):
    assert values(model="SINGLE_GROUP", description=text) == {"historical?"}


def test_data_that_go_into_a_registry_are_no_comparison():
    assert values(model="SINGLE_GROUP", description="Data are entered into a registry of the society.") == {"none"}


@pytest.mark.parametrize(
    "text",
    [
        "A 3 + 3 design is used.",
        "Enrolment follows a classical 3+3 dose escalation.",
        "Three-plus-three design.",
        "Participants get a low or high dose of mesenchymal stem cells.",
        "Participants get a low, medium or high dose.",
        "The low dose and a high dose are given one after another.",
    ],
)
def test_doses_compared_within_one_group(text):
    assert values(model="SINGLE_GROUP", description=text) == {"dose-comparison"}


def test_three_plus_three_of_something_else():
    assert values(model="SINGLE_GROUP", description="The visits take 3 + 3 days.") == {"none"}


@pytest.mark.parametrize(("sooner", "later"), [("Early", "Delayed"), ("Immediate MSC", "Deferred MSC")])
def test_arms_that_get_the_cells_at_different_times(sooner, later):
    arms = [
        ("EXPERIMENTAL", sooner, "mesenchymal stem cells at baseline", ()),
        ("EXPERIMENTAL", later, "mesenchymal stem cells at week 24", ()),
    ]
    assert values(arms=arms) == {"delayed-treatment"}


@pytest.mark.parametrize(
    "text",
    [
        "Subjects are randomised to early (baseline) or delayed (24 weeks) treatment.",
        "Participants are assigned to immediate or deferred infusion.",
        "Patients are randomly allocated to the early or the late transplantation.",
    ],
)
def test_early_or_delayed_in_a_sentence(text):
    assert values(description=text) == {"delayed-treatment"}


@pytest.mark.parametrize(
    "text",
    [
        "BAT is chosen by the doctor among natalizumab, alemtuzumab and cladribine.",
        "Best available therapy consists of ocrelizumab or rituximab.",
        "Best available therapy will be selected by the site from natalizumab or ocrelizumab.",
        "BAT: one of the high efficacy DMTs.",
    ],
)
def test_best_available_therapy_whose_drugs_are_told(text):
    assert against("ACTIVE_COMPARATOR", "BAT", text) == {"active-drug"}
    assert against("ACTIVE_COMPARATOR", "BAT", "", description=text) == {"active-drug"}
    assert against("ACTIVE_COMPARATOR", "BAT", "as the doctor decides") == {"standard-care"}


def test_matched_controls_of_an_observed_cohort():
    arms = [(None, "Transplanted", "exposed to mesenchymal stem cells", ()), (None, "DMT", "matched controls", ())]
    assert values(arms=arms, study_type="OBSERVATIONAL") == {"active-drug?"}
    arms[1] = (None, "DMT", "the same disease", ())
    assert values(arms=arms, study_type="OBSERVATIONAL") == set()
