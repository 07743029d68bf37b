"""For how long people have been ill: what is counted, from when, and how records write it. In made-up words."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from apps.classification.rules.cards.gates import extract_gates
from tests.unit.classification.designs import quoted
from tests.unit.classification.people import MS, RA, SLE, T1D, gates, people, repeated, seconds, texts, told
from tests.unit.classification.timing import LIMIT


def durations(criteria, **parts):
    return told("duration", criteria, **parts)


@pytest.mark.parametrize(
    ("text", "value", "parts"),
    [
        ("Disease duration of at least 2 years", ">=24", MS),
        ("Disease duration≥2years", ">=24", MS),
        ("Duration of disease: > 5 years", ">60", MS),
        ("Duration of MS less than fifteen years", "<180", MS),
        ("Duration of disease of five (5) years or more", ">=60", MS),
        ("MS diagnosis established between 2 to 15 years", "24-180", MS),
        ("Diagnosis of RA for ≥ 6 months", ">=6", RA),
        ("Rheumatoid arthritis for more than 1 year", ">12", RA),
        ("Diagnosis ≤ 2 years", "<=24", RA),
        ("SLE of at least 24 weeks duration", ">=5.5", SLE),
        ("Less than 12 weeks from diagnosis", "<2.8", T1D),
        ("Type 1 diabetes diagnosed less than 10 days ago", "<0.3", T1D),
        ("Within three weeks of diagnosis", "<=0.7", T1D),
        ("Diabetes diagnosed within the last 6 months", "<=6", T1D),
        ("Disease duration between 0,5 and 3 years", "6-36", T1D),
        ("Type 1 diabetes for at least 6 months", ">=6", T1D),
        ("History of diabetes \\> 5 years", ">60", T1D),
        ("Diagnosis of T1D for a minimum of five (5) years", ">=60", T1D),
        ("At least 6 weeks but shorter than 3 years since diagnosis", "1.4-36", T1D),
        ("Newly diagnosed type 1 diabetes (within 100 days)", "<=3.3", T1D),
        ("T1D ≥5 yrs, C-peptide negative", ">=60", T1D),
        ("T1D < 4 months, antibodies", "<4", T1D),
        ("T1D within 100 days; one antibody", "<=3.3", T1D),
        ("T1D, <12 months", "<12", T1D),
        ("T1D diagnosed in the last 6 weeks", "<=1.4", T1D),
        ("RA, more than 2 years", ">24", RA),
        ("RA 2-10 years", "24-120", RA),
        ("Refractory lupus more than 3 years, with a relative who gives", ">36", SLE),
        ("T1D, 2-16 yr course", "24-192", T1D),
        ("Less than 24 months of evolution of the disease", "<24", MS),
        ("MS with at least 6 months of evolution", ">=6", MS),
        # Who recognised it, by which criteria, in other orders and words.
        ("Known type 1 diabetic of more than one year", ">12", T1D),
        ("T1D recognised up to 3 months before", "<=3", T1D),
        ("Type 1 diabetes detected less than 100 days ago", "<3.3", T1D),
        ("Type 1 DM (GAD or ICA) of less than 5 years", "<60", T1D),
        ("RA with ACR criteria, more than 2 years", ">24", RA),
        ("RA per 2010 ACR/EULAR criteria for 1 year or longer", ">=12", RA),
        ("RA, ACR/EULAR 2010, ≥ 12 weeks", ">=2.8", RA),
        ("SLE fulfilling the 2019 EULAR/ACR criteria for more than 6 months", ">6", SLE),
        ("MS, McDonald 2017, at least 1 year", ">=12", MS),
        ("SLE (ACR 1997), with time of disease > 1 year", ">12", SLE),
        ("RA for no less than half a year, but not more than 15 years", "6-180", RA),
        ("At least 6 months RA; RF positive", ">=6", RA),
        ("1 year or more of RA", ">=12", RA),
        (
            "Diagnosed with type 1 diabetes by history or as the newest criteria of the Society define it > 5 years",
            ">60",
            T1D,
        ),
    ],
)
def test_notation_of_durations(text, value, parts):
    assert durations(f"Inclusion Criteria:\n\n* {text}", **parts) == [value]


def test_exclusion_is_turned_round():
    assert durations("Exclusion Criteria:\n- Duration of disease > 20 years") == ["<=240"]
    assert durations("Exclusion Criteria:\n- MS diagnosed less than one year ago") == [">=12"]
    assert durations("Exclusion Criteria:\n- diabetic history < 5 years", **T1D) == [">=60"]


def test_exclusion_of_a_recent_discovery():
    assert durations("Exclusion Criteria:\n- Recent discovery (\\< 6 months) of diabetes", **T1D) == [">=6"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Wears a sensor to manage the diabetes within the last six months", T1D),
        ("Treatment for diabetes within 1 week", T1D),
        ("MS > 6 months on interferon", MS),
        ("RA for which biologics were given, > 6 months of them", RA),
        ("Surgery of the spine with at least 3 months of evolution", MS),
        ("Diagnosis of arthritis by X-ray: duration of pain > 4 months", MS),
    ],
)
def test_time_behind_the_disease_that_is_none_of_the_disease(text, parts):
    assert durations(f"Inclusion Criteria:\n\n* {text}", **parts) == []


@pytest.mark.parametrize(
    "text", ["RA 18-60 years", "MS, 18 to 65 years", "T1D, > 16 years", "Lupus between 14 and 70 years"]
)
def test_age_right_behind_the_disease_is_no_duration(text):
    parts = {"RA": RA, "MS": MS, "T1": T1D, "Lu": SLE}[text[:2]]
    assert durations(f"Inclusion Criteria:\n\n* {text}", **parts) == []


def test_two_criteria_are_one_range():
    text = "Inclusion:\n- Disease duration of at least 2 years\nExclusion:\n- Disease duration > 15 years"
    assert durations(text) == ["24-180"]


def test_from_when_it_is_counted():
    (label,) = gates("duration", "Inclusion:\n- Less than 6 months since diagnosis", **T1D)
    assert (label.detail["since"], label.detail["high_months"]) == ("diagnosis", 6)
    (label,) = gates("duration", "Inclusion:\n- Disease duration of 3 years or more")
    assert (label.detail["since"], label.detail["low_months"]) == ("disease", 36)
    (label,) = gates("duration", "Inclusion:\n- Symptom onset at least 2 years ago")
    assert label.detail["since"] == "onset"


def test_time_without_an_operator_is_a_doubt():
    assert durations("Inclusion:\n- Disease duration 5 years") == ["=60?"]


@pytest.mark.parametrize(
    "text",
    [
        "Duration of disability of at least 1 year",
        "Duration of therapy of more than 6 months",
        "On stable treatment for at least 3 months",
        "Biopsy within 6 months",
        "At least 12 months since the renal biopsy",
        "At least 1 relapse within the last 12 months",
        "Relapse onset within the last 30 days",
        "Steroid treatment for at least 6 months after diagnosis of a relapse",
        "Diagnosis of cancer within the past 5 years",
        "Aged 18 to 60 years at diagnosis",
        "Age at onset between 16 and 50 years",
        "Life expectancy of at least 2 years",
        "Duration of the study is 2 years",
        "Able to attend visits for 12 months",
        "Stable EDSS for 6 months",
        "MRI within 3 months",
        "Morning stiffness for at least 45 minutes",
    ],
)
def test_what_else_may_last(text):
    assert durations(f"Inclusion Criteria:\n- {text}") == []


@pytest.mark.parametrize(
    "text",
    [
        "History of malignancy diagnosed within 5 years",
        "Diagnosis of hepatitis less than 6 months ago",
        "Stroke or infarction within the last 6 months",
        "Pregnancy within 12 months",
    ],
)
def test_other_diseases_of_exclusions(text):
    assert durations(f"Exclusion Criteria:\n- {text}") == []


def test_example_is_no_criterion():
    text = "Inclusion:\n- Not fit for our other trial. For example, MS onset or duration of disease > 15 years"
    assert durations(text) == []


def test_later_stage_is_a_doubt():
    assert durations("Inclusion:\n- Progressive phase for at least 2 years") == [">=24?"]


def test_donors_and_controls_are_not_the_patients():
    text = "Inclusion criteria:\n- MS\n\nInclusion criteria for donors:\n- Disease duration of at least 2 years"
    assert durations(text) == []


def test_description_tells_what_the_criteria_leave_open():
    text = (
        "Cells are given.\n\nInclusion Criteria:\n\nduration of disease longer than 5 years;\n\nCells grow for 2 years."
    )
    assert durations("", description=text) == [">60"]
    assert durations("Inclusion:\n- Disease duration of 1 year or more", description=text) == [">=12"]


PIECES = [
    "duration of disease", "5 years since the", "since diagnosis of", "diagnosed", "MS for",
    "within 1 year of diagnosis", "3 months since the first", "new onset", "type 1 diabetes", "duration",
    "1 year or more", "12 weeks after", "at least", "between 1 and ", "twenty-four", "of the", "the", "two (2) years",
    "Exclusion Criteria:", "not", "1-", "year", " ", "\n", "(",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_long_text_stays_quick(piece):
    assert seconds(extract_gates, people(repeated(piece + " "), **MS)) < LIMIT


@given(texts(PIECES))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_text_crashes_it(text):
    material = people(text, description=text, **MS)
    assert quoted(material, list(extract_gates(material)))


@pytest.mark.parametrize(
    "text",
    [
        "at least 5 years passed from diagnosis",
        "At least 5 years have passed since the diagnosis",
        "At least 5 years must have elapsed since diagnosis",
        "5 years or more gone by since first diagnosis",
        "More than 5 years elapsed from the diagnosis of MS",
    ],
)
def test_years_that_have_passed(text):
    assert {value.replace("=", "") for value in durations(f"Inclusion Criteria:\n{text}", **MS)} == {">60"}


@pytest.mark.parametrize(
    "text",
    [
        "MS (any course) and aHSCT at least one year ago",
        "MS and ASCT more than 2 years ago",
        "MS of any course, graft at least one year ago",
        "Course of MS after HSCT for at least one year",
    ],
)
def test_time_since_a_transplantation_is_no_duration(text):
    assert durations(f"Inclusion Criteria: {text}", **MS) == []


@pytest.mark.parametrize("text", ["T1DM, 6-60 years", "MS, 18-60 years"])
def test_ages_behind_the_disease_are_no_duration(text):
    assert durations(f"Inclusion Criteria:\n\n* {text}", **(T1D if text.startswith("T1D") else MS)) == []


@pytest.mark.parametrize(
    "text", ["≥ 6 months of RA treatment", "RA treated for at least 6 months", "RA, methotrexate for 12 weeks"]
)
def test_time_on_a_treatment_is_no_duration_of_the_disease(text):
    assert durations(f"Inclusion Criteria:\n\n* {text}", **RA) == []


@pytest.mark.parametrize(("text", "value"), [("course more than 1 year", ">12"), ("② duration ≤ 36 months", "<=36")])
def test_criterion_that_says_how_long_and_not_what_is_a_doubt(text, value):
    [label] = gates("duration", f"Inclusion Criteria:\n\n* {text}", **T1D)
    assert (label.value, label.doubtful) == (value, True)
