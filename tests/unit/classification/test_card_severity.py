"""Limits of severity: how records write them, and what only looks like one. In made-up words."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from apps.classification.rules.cards.gates import extract_gates
from apps.vocabulary.cards import SEVERITY_MEASURES
from tests.unit.classification.designs import quoted
from tests.unit.classification.people import MS, NEPHRITIS, RA, SLE, T1D, gates, people, repeated, seconds, texts, told
from tests.unit.classification.timing import LIMIT

KIDNEYS = {"title": "Cells for kidneys in diabetes", "conditions": ["Type 1 Diabetes", "Diabetic Nephropathy"]}


def severity(criteria, **parts):
    return told("severity", criteria, **parts)


# How limits are written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("EDSS 3.0-6.5", "edss:3.0-6.5"),
        ("EDSS score between 3 and 6.5", "edss:3-6.5"),
        ("EDSS of 3,0-7,0 at screening", "edss:3.0-7.0"),
        ("EDSS from 2·0 to 6·0", "edss:2.0-6.0"),
        ("EDSS between 3.5 & 6", "edss:3.5-6"),
        ("EDSS ≥ 3 and ≤ 6.5", "edss:3-6.5"),
        ("EDSS >= 3.0", "edss>=3.0"),
        ("EDSS \\<= 6.5", "edss<=6.5"),
        ("EDSS \\> 2", "edss>2"),
        ("EDSS &ge; 3", "edss>=3"),
        ("EDSS score inferior or egal to 7", "edss<=7"),
        ("EDSS less than or equal to 6.0", "edss<=6.0"),
        ("EDSS not higher than 6", "edss<=6"),
        ("EDSS no less than 3", "edss>=3"),
        ("EDSS of at least 3", "edss>=3"),
        ("EDSS up to 6.5", "edss<=6.5"),
        ("EDSS 4 or more", "edss>=4"),
        ("EDSS 7 or below", "edss<=7"),
        ("EDDS score 2 to 6", "edss:2-6"),
        ("Expanded Disability Status Scale (EDSS) ≤ 7", "edss<=7"),
        ("Expanded Disability Status Scale [12] (EDSS, [5]) ≥ 4.5", "edss>=4.5"),
        ("A score of 3 to 6 on the EDSS", "edss:3-6"),
        ("3.0 ≤ EDSS ≤ 6.5", "edss:3.0-6.5"),
        ("2 < EDSS < 6", "edss:2-6"),
        ("Neurological deficit with an EDSS score of greater than or equal to 3.0, and less than 6.5", "edss:3.0-6.5"),
    ],
)
def test_notation_of_limits(text, value):
    assert severity(f"Inclusion Criteria:\n\n* {text}.") == [value]


@pytest.mark.parametrize(
    ("text", "value", "parts"),
    [
        ("DAS28 > 3.2", "das28>3.2", RA),
        ("fasting C-p >0.1 ng/ml", "c-peptide>0.1ng/ml", T1D),
        ("DAS28-CRP score of more than 3.2", "das28>3.2", RA),
        ("Disease activity score in 28 joints (DAS28) ≥5.1", "das28>=5.1", RA),
        ("≥ 6 swollen joints", "swollen-joints>=6", RA),
        ("at least 6 tender joints", "tender-joints>=6", RA),
        ("CRP > 10 mg/L", "crp>10mg/l", RA),
        ("SLEDAI-2K ≥ 8", "sledai>=8", SLE),
        ("SELENA-SLEDAI score of 6 or higher", "sledai>=6", SLE),
        ("Proteinuria ≥ 1 g/24 h", "proteinuria>=1g/day", SLE),
        ("HbAlc < 12%", "hba1c<12%", T1D),
        ("HbA1c 7,5-12％", "hba1c:7.5-12%", T1D),
        ("HbA1c > 7% but < 12%", "hba1c:7-12%", T1D),
        ("HbA1c ≤ 86 mmol/mol", "hba1c<=86mmol/mol", T1D),
        ("7.0% ≤ HbA1c ≤ 12.0%", "hba1c:7.0-12.0%", T1D),
        ("Stimulated C-peptide > 0.2 nmol/L", "c-peptide>0.2nmol/l", T1D),
        ("Daily insulin requirement below 1 U/kg/day", "insulin-dose<1u/kg/day", T1D),
    ],
)
def test_measures_of_the_four_diseases(text, value, parts):
    assert severity(f"Inclusion Criteria:\n- {text}", **parts) == [value]


def test_dropped_operator_is_a_doubt():
    assert severity("Inclusion:\n- c-peptide fasting 1ng/ml", **T1D) == ["c-peptide=1ng/ml?"]
    assert severity("Inclusion:\n- EDSS 4, able to walk") == ["edss=4?"]


def test_lone_number_without_the_unit_of_its_measure_is_none():
    assert severity("Inclusion:\n- C-peptide 2 hours after a meal", **T1D) == []


def test_bare_count_of_joints_is_at_least_so_many():
    text = "Inclusion:\n- Four tender joints and five swollen joints, of 68/66 joints"
    assert sorted(severity(text, **RA)) == ["swollen-joints>=5?", "tender-joints>=4?"]


def test_operator_holds_for_both_counts():
    text = "Inclusion:\n- at least 6 tender and 6 swollen joints"
    assert sorted(severity(text, **RA)) == ["swollen-joints>=6", "tender-joints>=6"]


def test_all_joints_that_are_looked_at_are_no_limit():
    assert severity("Inclusion:\n- Any of 28 swollen joints is injected", **RA) == []
    assert severity("Inclusion:\n- Presence of a swollen joint", **RA) == []


def test_unit_stands_in_the_detail():
    (label,) = gates("severity", "Inclusion:\n- C-peptide ≥ 0.3 ng/ml", **T1D)
    assert (label.detail["low"], label.detail["high"], label.detail["unit"]) == (0.3, None, "ng/ml")
    assert label.detail["written"] == "C-peptide ≥ 0.3 ng/ml"


def test_two_groups_have_two_ranges():
    text = "Inclusion:\n- EDSS 2 to 6 in relapsing, 4 to 6.5 in progressive MS"
    assert severity(text) == ["edss:2-6", "edss:4-6.5"]


# Inclusion and exclusion


def test_exclusion_is_turned_round():
    assert severity("Inclusion Criteria:\n- MS\n\nExclusion Criteria:\n- EDSS > 6.5") == ["edss<=6.5"]
    assert severity("Exclusion Criteria:\n- HbA1c ≥ 12%", **T1D) == ["hba1c<12%"]


def test_lower_and_upper_limit_from_two_lists_are_one_range():
    assert severity("Inclusion Criteria:\n- EDSS ≥ 3\n\nExclusion Criteria:\n- EDSS > 6.5") == ["edss:3-6.5"]


@pytest.mark.parametrize("heading", ["Exclude:", "Excl:", "Excl.:", "Excluded:", "Exclusion:"])
def test_short_heading_of_exclusions_within_a_line(heading):
    assert severity(f"T1D; age 18-50. {heading} HbA1c > 11 %", **T1D) == ["hba1c<=11%"]


def test_denied_inclusion_is_an_exclusion():
    assert severity("Inclusion:\n- No EDSS above 6") == ["edss<=6"]


def test_excluded_range_leaves_two_and_tells_none():
    assert severity("Exclusion:\n- EDSS 3 to 6") == []


def test_outside_of_a_range():
    assert severity("Exclusion:\n- EDSS outside 3 to 6.5") == ["edss:3-6.5"]


def test_exception_says_nothing_of_the_others():
    text = (
        "Inclusion:\n- EDSS ≥ 4.5 *(People with tremor and an EDSS of < 6.5 who are not eligible for our other trial "
        "will be included)"
    )
    assert severity(text) == ["edss>=4.5"]


def test_example_is_no_criterion():
    assert severity("Inclusion:\n- Not fit for our other trial. For example, patients with EDSS > 6.5") == []


# What the number is of


@pytest.mark.parametrize(
    "text",
    [
        "Worsening of the EDSS by at least 1 point in the last year",
        "An increase of 0.5 or more in EDSS",
        "Progression by 1.0 point on the EDSS if the baseline EDSS is below 5.5",
        "EDSS increase ≥ 1.0",
        "Deterioration of at least one degree in the EDSS score during the last year",
        "Disease progression (1 point of EDSS within 12 months)",
        "Sustained progression: EDSS worsened by 1 point",
        "EDSS (range 0 to 10) was taken within the last month",
        "EDSS, where 0 is normal and 10 is death",
        "EDSS measured 2 times within 30 days",
        "EDSS score at week 12 and 24",
    ],
)
def test_edss_as_progression_or_scale(text):
    assert severity(f"Inclusion Criteria:\n- {text}") == []


def test_aim_of_treatment_is_no_limit():
    assert severity("Inclusion:\n- Willing to keep the target of insulin therapy with HbA1c < 7%", **T1D) == []


def test_relapses_and_lesions_are_no_severity():
    assert severity("Inclusion:\n- At least 2 relapses within 2 years\n- 1 or more gadolinium lesions") == []


# Measures of general health


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Exclusion:\n- Serum creatinine > 2.0 mg/dL", MS),
        ("Inclusion:\n- Creatinine clearance > 60 ml/min", MS),
        ("Exclusion:\n- eGFR < 30 ml/min", T1D),
        ("Exclusion:\n- GFR < 15 ml/min", NEPHRITIS),
        ("Exclusion:\n- CRP > 50 mg/L", RA),
        ("Inclusion:\n- CRP < 5 mg/L", MS),
        ("Exclusion:\n- Hemoglobin A1c > 8%", MS),
        ("Inclusion:\n- eGFR > 60 ml/min", SLE),
    ],
)
def test_limit_of_general_health_is_none(text, parts):
    assert severity(text, **parts) == []


@pytest.mark.parametrize(
    ("text", "value", "parts"),
    [
        ("eGFR 25-55 ml/min/1.73m2", "egfr:25-55ml/min/1.73m2", KIDNEYS),
        ("Serum creatinine ≥ 1.5 mg/dL", "creatinine>=1.5mg/dl", NEPHRITIS),
        ("Nephritis with creatinine below 250 µmol/L", "creatinine<250umol/l", SLE),
        ("Urine protein of 1.0 g / gCr or more", "proteinuria>=1.0g/g", SLE),
    ],
)
def test_kidneys_count_where_they_are_the_disease(text, value, parts):
    assert severity(f"Inclusion:\n- {text}", **parts) == [value]


def test_albumin_to_creatinine_is_no_creatinine():
    assert (
        severity("Inclusion:\n- Urine albumin:creatinine ≥ 30 mg/g\n- albumin-to-creatinine > 88 mg/g", **KIDNEYS) == []
    )


def test_multiples_are_no_values():
    assert severity("Inclusion:\n- creatinine 1.5-1.9 × baseline", **NEPHRITIS) == []


def test_criteria_of_others_are_left_aside():
    text = "Inclusion Criteria:\n- EDSS 3-6\n\nInclusion criteria for healthy controls:\n- HbA1c < 6%, EDSS < 1"
    assert severity(text) == ["edss:3-6"]


# Grades


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Biopsy-proven lupus nephritis class III, IV or V", "ln-class:3-5"),
        ("Lupus nephritis (ISN/RPS class III or IV, with or without class V)", "ln-class:3-5"),
        ("Class IV lupus nephritis", "ln-class=4"),
        ("Renal biopsy: class III, IV or V included, and class VI excluded", "ln-class:3-5"),
        ("LN of class 3 to 4", "ln-class:3-4"),
    ],
)
def test_classes_of_nephritis(text, value):
    assert severity(f"Inclusion:\n- {text}", **NEPHRITIS) == [value]


def test_heart_class_is_none_of_nephritis():
    assert severity("Exclusion:\n- Heart failure of NYHA class III or IV", **NEPHRITIS) == []
    assert severity("Inclusion:\n- NYHA class I to II", **NEPHRITIS) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("At least one BILAG A or BILAG B", "bilag>=1B"),
        ("BILAG: 1 A or 2 B organ systems", "bilag>=1A-or-2B"),
        ("At least 1 BILAG A score", "bilag>=1A"),
    ],
)
def test_grades_of_bilag(text, value):
    assert severity(f"Inclusion:\n- {text}", **SLE) == [value]


# Everything


def test_every_measure_has_a_name():
    text = "Inclusion:\n- EDSS 3-6\n- SLEDAI ≥ 8\n- HbA1c < 9%\n- DAS28 > 3.2\n- HAQ > 1\n- CDAI > 10"
    for parts in (MS, RA, SLE, T1D):
        assert {label.detail["measure"] for label in gates("severity", text, **parts)} <= set(SEVERITY_MEASURES)


PIECES = [
    "EDSS", "EDSS 3-6 or", "EDSS increase of", "edss, ", "HbA1c > ", "c-peptide 1 ng/ml", "6 swollen",
    "tender joints", "BILAG A", "nephritis class III", "class III, IV", "lupus nephritis class V or",
    "increase of one", "goal", "if the", "<=", ">= 3 <= 5", "1,000,", "0.5-", "1·", "10^6 ", "(", " ", "\n", "EDSS\n",
    "a", "1", "[5]", "3 x ", "score", "Exclusion:", "creatinine 1.5", "albumin:", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_long_text_stays_quick(piece):
    assert seconds(extract_gates, people(repeated(piece), **NEPHRITIS)) < LIMIT


@given(texts(PIECES))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_text_crashes_it(text):
    material = people(text, **T1D)
    assert quoted(material, list(extract_gates(material)))


# Numbers before the measure, the end of a line, and kidneys in nephritis


@pytest.mark.parametrize(
    "text",
    [
        "1,5 - 8,0 points EDSS",
        "1.5-8.0 EDSS",
        "1.5 to 8.0 points on the EDSS",
        "between 1.5 and 8.0 EDSS",
        "EDSS from 1.5 until 8.0",
    ],
)
def test_range_right_before_the_measure(text):
    assert severity(f"Inclusion Criteria:\n* {text}\n* worsening within a year", **MS) == ["edss:1.5-8.0"]


@pytest.mark.parametrize(
    "text",
    ["Worsening by 1 EDSS point", "at least 1 EDSS point more than a year ago", "2 relapses, EDSS measured twice"],
)
def test_points_of_change_are_no_range(text):
    assert severity(f"Inclusion Criteria:\n* {text}", **MS) == []


def test_limit_at_the_end_of_a_line_stands_whatever_the_next_line_begins_with():
    for following in (
        "worsening under drugs",
        "progression for a year",
        "days of care",
        "increase of lesions",
        "visits",
    ):
        assert severity(f"Inclusion:\n- EDSS from 2.0 until 6.5\n- {following}", **MS) == ["edss:2.0-6.5"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("SLE-DAI not lower than 8", "sledai>=8"),
        ("SLE DAI of at least 8", "sledai>=8"),
        ("BILAG A or (2) B", "bilag>=1A-or-2B"),
        ("BILAG (1) A or (2) B", "bilag>=1A-or-2B"),
    ],
)
def test_spellings_of_lupus_scores(text, value):
    assert severity(f"Inclusion Criteria:\n* {text}", **SLE) == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Scr > 3 mg/dl (265 umol/L)", "creatinine<=3mg/dl"),
        ("Serum creatinine above 3 mg/dl", "creatinine<=3mg/dl"),
        ("Creatinine of 3 mg/dl or more", "creatinine<3mg/dl"),
    ],
)
def test_kidneys_kept_out_in_nephritis_are_an_end_of_its_severity(text, value):
    assert severity(f"Exclusion Criteria:\n* {text}", **NEPHRITIS) == [value]
    assert severity(f"Exclusion Criteria:\n* {text}", **SLE) == []


def test_filtration_kept_out_in_nephritis_stays_general_health():
    assert severity("Exclusion Criteria:\n* GFR < 30 ml/min", **NEPHRITIS) == []


@pytest.mark.parametrize(
    ("text", "values", "parts"),
    [
        ("LN class III - IV", ["ln-class:3-4"], NEPHRITIS),
        ("urine protein:creatinine ratio > 2", ["proteinuria>2ratio"], NEPHRITIS),
        ("urine protein/creatinine > 1", ["proteinuria>1"], NEPHRITIS),
        ("DAS28 3.2-5.8", ["das28:3.2-5.8"], RA),
        ("DAS28 3,2 or more", ["das28>=3.2"], RA),
        ("DAS28-4 > 3.2", ["das28>3.2"], RA),
        ("≥6 of 66 swollen and ≥8 of 68 tender joints", ["swollen-joints>=6", "tender-joints>=8"], RA),
        ("clinical SLEDAI-2K ≥ 6 at screening", ["sledai>=6"], SLE),
        ("fasting Cp < 0.1 pmol/ml", ["c-peptide<0.1pmol/ml"], T1D),
        ("FCP ≥ 100 pmol/L", ["c-peptide>=100pmol/l"], T1D),
    ],
)
def test_names_of_measures_beside_numbers_and_signs(text, values, parts):
    assert sorted(severity(f"Inclusion Criteria:\n\n* {text}", **parts)) == values
