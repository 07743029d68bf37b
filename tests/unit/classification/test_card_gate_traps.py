"""What does not bind everybody: strata, groups, alternatives; units, and drugs that go on. In made-up words."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from apps.classification.rules.cards.gates import extract_gates
from apps.classification.rules.cards.severity import spelled
from tests.unit.classification.designs import quoted
from tests.unit.classification.people import MS, NEPHRITIS, RA, SLE, T1D, gates, people, repeated, seconds, texts, told
from tests.unit.classification.timing import LIMIT


def marks(scheme, criteria, **parts):
    """Each value with what its detail says of whom it binds, numbers of lists aside."""
    found = {}
    for label in gates(scheme, criteria, **parts):
        detail = label.detail or {}
        found[label.value] = {key: detail[key] for key in ("of_group", "at_least", "others") if key in detail}
    return found


def lists(criteria, **parts):
    """The limits of severity by the list of which a part is enough; None for those that all must meet."""
    found = {}
    for label in gates("severity", criteria, **parts):
        found.setdefault(label.detail.get("any_of"), set()).add(label.value)
    return {frozenset(values) for number, values in found.items() if number is not None}, found.get(None, set())


# Age


@pytest.mark.parametrize(
    "text",
    [
        "Children are stratified by age (12-21 and 7-11 years, respectively)",
        "Aged 7-11 years or 12-21 years",
        "Ages 7 to 11, 12 to 17, and 18 to 21 years",
    ],
)
def test_strata_of_age_together_are_the_age(text):
    parts = T1D | {"ages": ("7 Years", "21 Years")}
    assert told("age", f"Inclusion:\n- {text}", **parts) == ["7-21"]


def test_strata_that_leave_the_fields_are_a_doubt():
    parts = T1D | {"ages": ("7 Years", "30 Years")}
    assert told("age", "Inclusion:\n- Stratified by age (12-21 and 7-11 years)", **parts) == ["7-30?"]


def test_age_of_one_group_does_not_disagree_with_the_fields():
    parts = T1D | {"ages": ("7 Years", "40 Years")}
    assert told("age", "Inclusion:\n- For the adult group only: age 18 to 40 years", **parts) == ["7-40"]


def test_age_of_one_group_may_agree_with_the_fields_for_all():
    parts = T1D | {"ages": ("18 Years", "70 Years")}
    text = "Inclusion:\n- Aged 18 to 55 years; aged 18 to 70 years (cohort 2 only)"
    assert told("age", text, **parts) == ["18-70"]


# Groups


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("For the walking sub-group only: EDSS 3-6", "walking sub-group"),
        ("Walking (W) group: EDSS 3-6", "Walking (W) group"),
        ("5-2. For cohort 2 only:\n\nEDSS 3-6\n\n6. Informed consent", "cohort 2"),
        ("Cohort B:\n  - EDSS 3-6", "Cohort B"),
        ("Arm 1 - walkers: EDSS 3-6", "Arm 1"),
        ("For patients who walk: consent\nFor patients with a cane:\n- EDSS 3-6", "patients with a cane"),
        ("In the second stratum, EDSS 3-6", "second stratum"),
        ("EDSS 3-6 (group A only)", "group A"),
        ("EDSS 3-6 for the second cohort only", "second cohort"),
    ],
)
def test_limit_of_a_group_is_not_everybodys(text, group):
    assert marks("severity", f"Inclusion Criteria:\n{text}") == {"edss:3-6": {"of_group": group}}


def test_heading_of_a_whole_list_names_the_group():
    text = "Inclusion Criteria for cohort 2:\n- Consent\n- EDSS 3-6\nExclusion Criteria:\n- Infection"
    assert marks("severity", text) == {"edss:3-6": {"of_group": "cohort 2"}}


@pytest.mark.parametrize(
    "text",
    [
        "All groups: EDSS 3-6",
        "Both cohorts: EDSS 3-6",
        "Age group: 18 to 60\nEDSS 3-6",
        "For women of childbearing potential: contraception\nEDSS 3-6",
        "For patients to be eligible: EDSS 3-6",
        "Walking (W) group: consent\nEDSS 3-6",
        "Cohort 2:\n  - consent\nEDSS 3-6",
        "1. Cohort 2:\nconsent\n2. EDSS 3-6",
        "Cohort 2:\n- consent\nAll patients:\n- EDSS 3-6",
        "Blood group: any\nEDSS 3-6",
        "Patients must belong to a group that: EDSS 3-6",
    ],
)
def test_limit_outside_of_a_group_is_everybodys(text):
    assert marks("severity", f"Inclusion Criteria:\n{text}") == {"edss:3-6": {}}


def test_group_of_an_exclusion_and_of_an_inclusion_is_one_range():
    text = (
        "Inclusion Criteria:\n- For the kidney sub-group only: lupus nephritis, creatinine > 100 µmol/L\n"
        "Exclusion Criteria:\n- For the kidney sub-group only: nephritis with creatinine > 250 µmol/L"
    )
    assert marks("severity", text, **SLE) == {"creatinine:100-250umol/l": {"of_group": "kidney sub-group"}}


def test_limits_of_two_groups_do_not_become_one_range():
    text = "Inclusion:\n- Group A: EDSS ≥ 3\n- Group B: EDSS ≤ 6"
    assert marks("severity", text) == {"edss>=3": {"of_group": "Group A"}, "edss<=6": {"of_group": "Group B"}}


def test_one_limit_of_two_groups_names_both():
    text = "Inclusion:\n- Group A: EDSS ≥ 3\n- Group B: EDSS ≥ 3\n- Group A: EDSS ≥ 3.0"
    assert marks("severity", text) == {"edss>=3": {"of_group": "Group A; Group B"}}


def test_what_everybody_must_meet_holds_for_groups_too():
    text = "Inclusion:\n- EDSS ≥ 3\n- Group A: EDSS ≥ 3"
    assert marks("severity", text) == {"edss>=3": {}}


def test_form_that_only_a_group_has_is_of_the_group_whatever_the_title_says():
    text = "Inclusion:\n- SLE\n- Kidney group: lupus nephritis in a biopsy, class III to V"
    assert marks("phenotype", text, **NEPHRITIS) == {"lupus-nephritis": {"of_group": "Kidney group"}}
    assert marks("severity", text, **NEPHRITIS) == {"ln-class:3-5": {"of_group": "Kidney group"}}
    also = text + "\n- Lupus nephritis of any class"
    assert marks("phenotype", also, **NEPHRITIS) == {"lupus-nephritis": {}}


def test_duration_of_a_group():
    text = "Inclusion:\n- Early group: diagnosis of MS less than 2 years ago"
    assert marks("duration", text) == {"<24": {"of_group": "Early group"}}


def test_failure_in_a_group():
    text = "Inclusion:\n- Late group: failed treatment with interferon"
    assert marks("failed_drugs", text) == {"yes": {"of_group": "Late group"}}


# Alternatives


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("ESR ≥ 30 mm/h or CRP > 5 mg/L", {"esr>=30mm/h", "crp>5mg/l"}),
        ("DAS28 > 3.2, SDAI > 11", None),
        ("DAS28≥3.2或 SDAI>11.0或CDAI >10.0", {"das28>=3.2", "sdai>11.0", "cdai>10.0"}),
        ("DAS28 > 3.2 and/or a CDAI of at least 10", {"das28>3.2", "cdai>=10"}),
        ("ESR ≥ 30 mm/h, or\n- CRP > 5 mg/L", {"esr>=30mm/h", "crp>5mg/l"}),
        ("At least 6 swollen joints at screening or DAS28 > 3.2", {"swollen-joints>=6", "das28>3.2"}),
    ],
)
def test_limits_joined_by_or_stand_for_each_other(text, values):
    alternatives, needed = lists(f"Inclusion:\n- {text}", **RA)
    assert alternatives == ({frozenset(values)} if values else set())
    assert bool(needed) == (values is None)


@pytest.mark.parametrize(
    ("opening", "least"),
    [
        ("At least one of the following", 1),
        ("Any of the following", 1),
        ("One or more of the following", 1),
        ("At least two of the following", 2),
        ("At least 2 of the following 3 criteria", 2),
    ],
)
def test_list_of_which_a_part_is_enough(opening, least):
    text = (
        f"Inclusion:\n- DAS28 > 3.2\n- {opening}: rheumatoid factor > 15 IU/mL, CRP > 2.0 mg/dL, and ESR > 30 mm/hour"
    )
    expected = {"at_least": least, "others": True}
    assert marks("severity", text, **RA) == {"das28>3.2": {}, "crp>2.0mg/dl": expected, "esr>30mm/h": expected}


def test_list_of_alternatives_in_lines_ends_with_the_lines_that_stand_farther_in():
    text = "Inclusion:\n* At least one of the following:\n  * ESR > 30 mm/h\n  * CRP > 5 mg/L\n* DAS28 > 3.2"
    assert lists(text, **RA) == ({frozenset({"esr>30mm/h", "crp>5mg/l"})}, {"das28>3.2"})
    assert not any(label.doubtful for label in gates("severity", text, **RA))


def test_list_of_alternatives_whose_end_cannot_be_told_is_a_doubt():
    text = "Inclusion:\nAt least one of the following:\nESR > 30 mm/h\nCRP > 5 mg/L"
    assert told("severity", text, **RA) == ["esr>30mm/h?", "crp>5mg/l?"]


@pytest.mark.parametrize(
    "text",
    [
        "Meet any of the following criteria.\n\ni. ESR > 30 mm/h\n\nii. CRP > 5 mg/L\n\nDAS28 > 3.2",
        "One of the following:\n* ESR > 30 mm/h\n* CRP > 5 mg/L\n\n* DAS28 > 3.2",
        "1. One of the following:\nESR > 30 mm/h\nCRP > 5 mg/L\n2. DAS28 > 3.2",
    ],
)
def test_end_of_a_list_of_alternatives(text):
    assert lists(f"Inclusion:\n{text}", **RA) == ({frozenset({"esr>30mm/h", "crp>5mg/l"})}, {"das28>3.2"})


def test_two_limits_in_one_alternative_are_a_doubt():
    text = "Inclusion:\n* Any of the following:\n  * ESR > 30 mm/h and CRP > 5 mg/L\n  * DAS28 > 3.2\n* CDAI > 10"
    assert told("severity", text, **RA) == ["esr>30mm/h?", "crp>5mg/l?", "das28>3.2", "cdai>10"]


def test_alternative_that_is_none_of_our_measures():
    expected = {"at_least": 1, "others": True}
    assert marks("severity", "Inclusion:\n- HbA1c > 7% or on insulin", **T1D) == {"hba1c>7%": expected}
    assert marks("severity", "Inclusion:\n- A fracture or HbA1c > 7%", **T1D) == {"hba1c>7%": expected}
    # The same limit in another unit is no alternative.
    assert marks("severity", "Inclusion:\n- HbA1c > 7% or 53 mmol/mol", **T1D) == {"hba1c>7%": {}}


def test_of_exclusions_joined_by_or_none_may_be_met():
    text = "Exclusion:\n- EDSS > 6.5 or HbA1c > 9%"
    assert lists(text, **T1D) == (set(), {"edss<=6.5", "hba1c<=9%"})


def test_ranges_for_two_forms_stand_for_each_other():
    text = "Inclusion:\n- EDSS 2 to 6 in relapsing, 4 to 6.5 in progressive disease"
    assert lists(text) == ({frozenset({"edss:2-6", "edss:4-6.5"})}, set())


def test_what_one_criterion_demands_is_no_alternative_of_another():
    text = "Inclusion:\n- CRP > 5 mg/L\n- CRP > 5 mg/L or ESR > 30 mm/h"
    assert marks("severity", text, **RA)["crp>5mg/l"] == {}


# Units


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("mg/dL", "mg/dl"),
        ("mg per dl", "mg/dl"),
        ("µmol / L", "umol/l"),
        ("μmol/l", "umol/l"),
        ("mcg/L", "ug/l"),
        ("g/24 hours", "g/day"),
        ("g/24h", "g/day"),
        ("g/d", "g/day"),
        ("mg in 24 h", "mg/day"),
        ("％", "%"),
        ("percent", "%"),
        ("mm/1st hour", "mm/h"),
        ("mm/hr", "mm/h"),
        ("units/kg/day", "u/kg/day"),
        ("g/gCr", "g/g"),
        ("mL/min/1.73 m²", "ml/min/1.73m2"),
        ("ml/min/1.73m\\^2", "ml/min/1.73m2"),
        ("", ""),
    ],
)
def test_a_unit_has_one_spelling(written, unit):
    assert spelled(written) == unit


@pytest.mark.parametrize(
    ("text", "value", "parts"),
    [
        ("CRP > 2.0 mg/dL", "crp>2.0mg/dl", RA),
        ("CRP > 2.0 mg/L", "crp>2.0mg/l", RA),
        ("CRP > 2.0", "crp>2.0", RA),
        ("C-peptide of at least 0.2 pmol/mL (0.6 ng/mL)", "c-peptide>=0.2pmol/ml", T1D),
        ("Proteinuria greater than 1 g/day", "proteinuria>1g/day", SLE),
        ("24-hour urine protein ≥ 1.0 g", "proteinuria>=1.0g/day", SLE),
        ("Urine protein/creatinine ratio (UPC) > 1", "proteinuria>1ratio", SLE),
        ("Urine protein to creatinine ratio > 1 mg/mg", "proteinuria>1mg/mg", SLE),
        ("EDSS 3-6", "edss:3-6", MS),
    ],
)
def test_a_value_has_the_unit_that_is_written(text, value, parts):
    found = [
        label.value for label in gates("severity", f"Inclusion:\n- {text}", **parts) if label.detail["measure"] != "das"
    ]
    assert found == [value]


def test_one_number_in_two_units_is_two_limits():
    text = "Inclusion:\n- CRP > 2.0 mg/dL\n- CRP > 2.0 mg/L"
    assert set(told("severity", text, **RA)) == {"crp>2.0mg/dl", "crp>2.0mg/l"}


def test_a_limit_told_again_without_its_unit_is_the_same():
    assert told("severity", "Inclusion:\n- CRP > 2.0\n- CRP > 2.0 mg/L", **RA) == ["crp>2.0mg/l"]


def test_limits_in_two_units_do_not_become_one_range():
    text = "Inclusion:\n- C-peptide > 0.2 nmol/L\n- C-peptide < 3 ng/mL"
    assert set(told("severity", text, **T1D)) == {"c-peptide>0.2nmol/l", "c-peptide<3ng/ml"}


def test_a_range_whose_ends_have_two_units_is_a_doubt_without_a_unit():
    (label,) = gates("severity", "Inclusion:\n- Proteinuria between 500 mg/day and 3 g/day", **SLE) or [None]
    assert label is None or (label.doubtful and "g/day" not in label.value)


# Drugs


def drugs(criteria, **parts):
    (label,) = gates("failed_drugs", f"Inclusion:\n{criteria}", **(RA | parts))
    return label.detail["drugs"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "Failed etanercept due to inefficacy and at least 4 weeks on stable dose of methotrexate, or leflunomide",
            ["etanercept"],
        ),
        ("Inadequate response to methotrexate, or with low dose steroids (prednisone)", ["methotrexate"]),
        ("Failed infliximab; methotrexate and prednisone are permitted", ["infliximab", "methotrexate", "prednisone"]),
        ("Active disease despite a stable dose of methotrexate", ["methotrexate"]),
        ("Failed:\n- infliximab\n- or with continued doses of prednisone", ["infliximab"]),
    ],
)
def test_drugs_that_go_on_have_not_failed(text, names):
    found = drugs(f"- {text}")
    assert found == names or (";" in text and found == names[:1])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cyclophosphamide (CYC), oral CYC and cytoxan", ["cyclophosphamide"]),
        ("mycophenolate (MMF), MMF", ["mycophenolate"]),
        ("MTX or methotrexate", ["MTX"]),
        ("corticosteroids or a corticosteroid", ["corticosteroids"]),
        ("interferon beta and glatiramer (Copaxone)", ["interferon beta", "glatiramer"]),
        ("methotrexate (prednisone allowed)", ["methotrexate"]),
        ("interferon beta-1b (Betaferon), interferon beta 1b", ["interferon beta-1b"]),
        ("Betaferon or interferon beta-1b", ["Betaferon"]),
        ("Rebif, Avonex or interferon beta-1a", ["Rebif"]),
        ("interferon beta-1a or interferon beta-1b", ["interferon beta-1a", "interferon beta-1b"]),
    ],
)
def test_one_drug_is_told_once(text, names):
    assert drugs(f"- Failed {text}") == names


def test_list_of_what_failed_ends_where_a_group_begins():
    text = "- Non-responders to treatment, that is:\nfailed methotrexate\nSecond group:\nprednisone in use"
    assert drugs(text) == ["methotrexate"]


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("Transplantation for Lupus That Failed at Least Two Lines of Therapy", ["yes"]),
        ("Cells After Failure of Two DMARDs in lupus", ["yes"]),
        ("Heart Failure Therapy in Lupus", []),
        ("Cells in Lupus to Prevent Treatment Failure", []),
    ],
)
def test_failure_told_by_a_title(title, value):
    assert told("failed_drugs", "", **(SLE | {"title": title})) == value


# Everything

PIECES = [
    "For the LN sub-group only:", "Group A:", "(group A only)", "for the a b c group ", "In the first cohort, ",
    "group ", "at least one of the following: ", "two of ", "或", " or ", "EDSS 3-6", "CRP > 2.0 mg/dL", "ESR > 3 or ",
    "and on stable dose of methotrexate", "failed ", "cyclophosphamide (CYC) ", "12-21 and 7-11 years ", "aged ", "\n",
    "  ", ":", "(", "Exclusion:", "All patients:", "proteinuria > 1 g", "Inclusion criteria for group A:", "5-2. ",
    "\ud800", "\0",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_long_text_stays_quick(piece):
    assert seconds(extract_gates, people(repeated(piece), **NEPHRITIS)) < LIMIT


@given(texts(PIECES))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_text_crashes_it(text):
    for parts in (RA, NEPHRITIS):
        material = people(text, ages=("7 Years", "21 Years"), **parts)
        assert quoted(material, list(extract_gates(material)))
