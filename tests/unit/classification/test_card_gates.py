"""Criteria, age, sex, form of the disease, failed drugs, pregnancy: the traps met in records, in made-up words."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from apps.classification.rules.cards.comparisons import comparison, limits_in, months, number
from apps.classification.rules.cards.criteria import criteria_of, criteria_within
from apps.classification.rules.cards.gates import extract_gates
from apps.classification.rules.cards.material import Passage
from apps.classification.rules.reading import Place
from tests.unit.classification.designs import quoted
from tests.unit.classification.people import MS, NEPHRITIS, RA, SLE, T1D, gates, people, repeated, seconds, texts, told
from tests.unit.classification.timing import LIMIT

# Criteria, one by one


def listed(text):
    """(words, whether meeting them keeps people out) of every criterion but headings."""
    passage = Passage(Place.CRITERIA, "path", text)
    return [(one.text.strip(), one.keeps_out) for one in criteria_of(passage)]


@pytest.mark.parametrize(
    "text",
    [
        "Inclusion Criteria:\n\n* able to walk\n\nExclusion Criteria:\n\n* on dialysis",
        "Inclusion criteria\n\n1. able to walk\n\nExclusion criteria\n\n1. on dialysis",
        "INCLUSION CRITERIA\n- able to walk\nEXCLUSION CRITERIA\n- on dialysis",
        "Key inclusion criteria:\n• able to walk\nKey exclusion criteria:\n• on dialysis",
        "Inclusion:\n(a) able to walk\nExclusion:\n(b) on dialysis",
        "Main criteria for inclusion:\nInclusion Criteria:\n- able to walk\nNon-inclusion criteria:\n- on dialysis",
        "Inclusion Criteria: adults; able to walk; Exclusion Criteria: 1. on dialysis",
        "able to walk\nExclusion Criteria:\non dialysis",
        "**Inclusion Criteria:**\n1\\. able to walk\n**Exclusion Criteria:**\n1\\. on dialysis",
        "- able to walk\nPatients with any of the following will be excluded:\n- on dialysis",
    ],
)
def test_lists_and_their_headings(text):
    found = dict(listed(text))
    assert [out for words, out in found.items() if "able to walk" in words] == [False]
    assert [out for words, out in found.items() if "on dialysis" in words] == [True]


def test_without_a_heading_a_criterion_includes():
    assert listed("- able to walk\n- adults") == [("able to walk", False), ("adults", False)]


def test_sentence_against_its_own_list():
    assert listed("Inclusion:\n- Women who nurse are excluded") == [
        ("Inclusion:", False),
        ("Women who nurse are excluded", True),
    ]
    assert listed("Exclusion:\n- Those on steroids are eligible")[-1] == ("Those on steroids are eligible", False)


def test_sentence_about_criteria_is_no_heading():
    text = "Inclusion Criteria:\n- Must meet all inclusion and none of the exclusion criteria\n- able to walk"
    assert listed(text)[-1] == ("able to walk", False)


def test_denied_criterion():
    assert listed("- No heart disease\n- not younger than 18")[0] == ("No heart disease", True)
    assert listed("- No heart disease\n- not younger than 18")[1] == ("not younger than 18", False)


def test_criteria_within_a_description():
    text = (
        "Cells are grown for two weeks.\n\nInclusion criteria\n\nable to walk;\n\n* adults\n\nExclusion criteria:\n\n"
        "on dialysis\n\nMarrow is taken under anaesthesia."
    )
    found = [(one.text, one.keeps_out) for one in criteria_within(Passage(Place.DESCRIPTION, "path", text))]
    assert found == [
        ("Inclusion criteria", False),
        ("able to walk;", False),
        ("adults", False),
        ("Exclusion criteria:", True),
        ("on dialysis", True),
    ]
    assert (
        criteria_within(Passage(Place.DESCRIPTION, "path", "People who meet the inclusion criteria get cells.")) == ()
    )


# Comparisons


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("between 3,0 and 7,0", "3.0", "7.0"),
        ("from 2·0 to 6·5", "2.0", "6.5"),
        ("3 – 6", "3", "6"),
        ("at least 3", "3", None),
        ("a minimum of 3", "3", None),
        ("no fewer than 3", "3", None),
        ("3 or more", "3", None),
        ("3 or higher", "3", None),
        ("more than 1,000", "1000", None),
        ("3+", "3", None),
        ("superior or egal to 3", "3", None),
        ("inferior or egal 7", None, "7"),
        ("equal to or less than 7", None, "7"),
        ("does not exceed 7", None, "7"),
        ("7 or less", None, "7"),
        ("\\<= 7", None, "7"),
        ("＜7", None, "7"),
        (">3 and <7", "3", "7"),
        ("greater than or equal to 3, and less than 7", "3", "7"),
        ("at least 3 but no more than 7", "3", "7"),
        (".5-1.5", "0.5", "1.5"),
    ],
)
def test_comparisons(written, low, high):
    text = f"a score {written} at entry"
    first = next(limits_in(comparison("mg"), text, 0, len(text)))
    assert (first.low, first.high, first.written) == (low, high, True)


def test_numbers_and_months():
    assert [number(text) for text in ("3,0", "2·5", "100,000", "six (6)", "twenty-four", ".5")] == [
        "3.0",
        "2.5",
        "100000",
        "6",
        "24",
        "0.5",
    ]
    assert [months(2, "years"), months(12, "weeks"), months(10, "days"), months(1, "hour")] == [24, 2.8, 0.3, 0.0]


# Age and sex


def ages(criteria, low="18 Years", high="65 Years", **parts):
    return gates("age", criteria, ages=(low, high), **parts)


@pytest.mark.parametrize(
    ("low", "high", "value"),
    [
        ("18 Years", "65 Years", "18-65"),
        ("18 Years", None, "18-"),
        (None, "65 Years", "-65"),
        ("6 Months", "18 Years", "6m-18"),
        ("2 Weeks", None, "2w-"),
    ],
)
def test_age_is_the_field_of_the_registry(low, high, value):
    (label,) = ages("", low, high)
    assert (label.value, label.doubtful) == (value, False)


def test_age_without_fields_is_not_told():
    assert gates("age", "Inclusion:\n- Aged 18 to 60 years") == []
    assert ages("", "N/A", "No limit") == []


@pytest.mark.parametrize(
    "text",
    [
        "Aged 16-65 years",
        "Age: 16 to 65 years, inclusive",
        "Men and women between 16 and 65 years of age",
        "Age ≥ 16 and ≤ 65 years",
        "16-65 years old",
    ],
)
def test_age_in_the_criteria_disagrees(text):
    (label,) = ages(f"Inclusion Criteria:\n- {text}", "18 Years", "60 Years")
    assert (label.value, label.doubtful) == ("18-60", True)
    assert label.detail["text"] == [{"low": 16, "high": 65}]
    assert len(label.evidence) == 3


@pytest.mark.parametrize(
    "text",
    [
        "Inclusion:\n- Age 18-65 years",
        "Inclusion:\n- over 17 years of age",
        "Exclusion:\n- Age over 65 years",
        "Exclusion:\n- younger than 18 years of age",
        "Inclusion:\n- Adults of 18 years and older",
        "Inclusion:\n- Age at onset between 16 and 50 years",
        "Inclusion:\n- The donor is aged 10 to 70 years",
        "Inclusion:\n- Women over 50 years of age need no test",
        "Inclusion criteria:\n- MS\nInclusion criteria for healthy controls:\n- Age 20-40 years",
        "Inclusion:\n- MS diagnosed at the age of 10 years or later",
        "Inclusion:\n- Life expectancy above 5 years at any age",
    ],
)
def test_age_that_agrees_or_is_of_something_else(text):
    (label,) = ages(text)
    assert (label.value, label.doubtful, label.detail["text"]) == ("18-65", False, [])


def test_age_in_criteria_of_the_description():
    text = "Inclusion Criteria:\n\nmen and women aged 25 to 65 years;\n\nThe cells come from marrow."
    (label,) = ages("", "35 Years", "65 Years", description=text)
    assert label.doubtful
    assert label.detail["text"] == [{"low": 25, "high": 65}]


@pytest.mark.parametrize(("field", "value"), [("ALL", "all"), ("FEMALE", "female"), ("MALE", "male")])
def test_sex(field, value):
    assert told("sex", "", sex=field) == [value]


def test_sex_that_the_registry_does_not_tell():
    assert told("sex", "Inclusion:\n- women") == told("sex", "", sex="?") == []


# Forms of the disease


@pytest.mark.parametrize(
    ("text", "forms", "parts"),
    [
        ("Relapsing-remitting MS", ["rrms"], MS),
        ("RRMS or SPMS", ["rrms", "spms"], MS),
        ("primary or secondary progressive MS", ["ppms", "spms"], MS),
        ("progressive-relapsing MS", ["prms"], MS),
        ("Biopsy-proven lupus nephritis", ["lupus-nephritis"], SLE),
        ("newly diagnosed type 1 diabetes", ["new-onset"], T1D),
        ("LADA", ["lada"], T1D),
    ],
)
def test_forms_that_can_join(text, forms, parts):
    assert told("phenotype", f"Inclusion:\n- {text}", **parts) == forms


@pytest.mark.parametrize(
    "text",
    [
        "Exclusion:\n- primary progressive MS",
        "Inclusion:\n- No primary progressive MS",
        "Inclusion:\n- MS without secondary progressive course",
        "Inclusion criteria for controls:\n- relapsing-remitting MS",
    ],
)
def test_forms_that_cannot_join(text):
    assert told("phenotype", text) == []


def test_form_of_another_disease():
    assert told("phenotype", "Inclusion:\n- newly diagnosed cancer", **T1D) == []
    assert told("phenotype", "Inclusion:\n- relapsing remitting course", **RA) == []


def test_form_in_the_title():
    assert told("phenotype", "", title="Cells for secondary progressive multiple sclerosis") == ["spms"]


def test_form_in_other_words_is_a_doubt():
    assert told("phenotype", "", keywords=["Relapsing-Remitting Multiple Sclerosis"]) == ["rrms?"]
    assert told("phenotype", "", summary="People recently diagnosed with type 1 diabetes get cells.", **T1D) == [
        "new-onset?"
    ]
    text = "They have recently (< 6 months) been diagnosed with type 1 diabetes."
    assert told("phenotype", "", summary=text, **T1D) == ["new-onset?"]
    assert told("phenotype", "", summary="Cells are given to 20 patients with primary progressive MS.") == ["ppms?"]
    assert told("phenotype", "", summary="Safety in people with secondary progressive MS is studied.") == ["spms?"]


def test_form_of_the_disease_at_large():
    assert told("phenotype", "", summary="Relapsing-remitting MS is the commonest form.") == []
    assert told("phenotype", "", summary="Patients with relapsing-remitting MS often become worse later.") == []


# Drugs that failed


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Failure of at least two disease-modifying therapies", MS),
        ("Did not respond to interferon: failed treatment with interferon", MS),
        ("At least one relapse while on natalizumab", MS),
        ("Poor response to steroid therapy", MS),
        ("Inadequate response to methotrexate", RA),
        ("Incomplete response to at least one TNFα inhibitor", RA),
        ("Intolerance to at least one DMARD", RA),
        ("Active disease despite cyclophosphamide", SLE),
        ("Refractory lupus", SLE),
        ("Nephritis resistant to mycophenolate mofetil", NEPHRITIS),
        ("After conventional treatment (steroids) SLEDAI ≥ 8", SLE),
    ],
)
def test_earlier_treatment_failed(text, parts):
    assert told("failed_drugs", f"Inclusion:\n- {text}", **parts) == ["yes"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Inclusion:\n- Treated with interferon", MS),
        ("Inclusion:\n- On stable methotrexate", RA),
        ("Exclusion:\n- Heart failure or renal failure", MS),
        ("Exclusion:\n- Failure to comply with treatment", MS),
        ("Exclusion:\n- Intolerance to cyclophosphamide", MS),
        ("Inclusion:\n- No failure of earlier therapy", MS),
        ("Inclusion:\n- Relapsed or refractory disease after treatment", SLE),
        ("Inclusion:\n- Insulin resistance treated with drugs", T1D),
        ("Inclusion:\n- After conventional treatment people sign the consent", SLE),
        ("Inclusion criteria for controls:\n- Failure of methotrexate", RA),
    ],
)
def test_no_treatment_failed(text, parts):
    assert told("failed_drugs", text, **parts) == []


def test_names_of_drugs_that_failed():
    (label,) = gates(
        "failed_drugs", "Inclusion:\n- Failure of two of these:\n- interferon beta\n- Glatiramer acetate\n- natalizumab"
    )
    assert label.detail["drugs"] == ["interferon beta", "Glatiramer acetate", "natalizumab"]


def test_failure_in_the_title():
    (label,) = gates("failed_drugs", "", title="Cells for refractory lupus", conditions=["Lupus"])
    assert (label.value, label.rule, label.doubtful) == ("yes", "treatment-failed-in-title", False)
    assert told("failed_drugs", "", title="Cells for relapsed/refractory lupus", conditions=["Lupus"]) == []


def test_responders_excluded_is_a_doubt():
    assert told("failed_drugs", "Exclusion:\n- Good response to interferon") == ["yes?"]


# Pregnancy


@pytest.mark.parametrize(
    "text",
    [
        "Exclusion:\n- Pregnant or breast-feeding women",
        "Exclusion:\n- Pregnancy",
        "Exclusion:\n- Women who are nursing or plan to become pregnant",
        "Exclusion:\n- Positive pregnancy test",
        "Inclusion:\n- Negative pregnancy test",
        "Inclusion:\n- Not pregnant or lactating",
        "Inclusion:\n- men and nonpregnant women",
        "Exclusion:\n- Women of childbearing age must have a negative pregnancy test",
        "Inclusion:\n- Pregnant women are excluded",
    ],
)
def test_pregnancy_excluded(text):
    assert told("pregnancy", text) == ["excluded"]


@pytest.mark.parametrize(
    "text",
    [
        "Inclusion:\n- Use of contraception to prevent pregnancy",
        "Exclusion:\n- Lives in a nursing home",
        "Exclusion:\n- Women able to become pregnant without contraception",
        "Inclusion:\n- Women after pregnancy with new disease",
        "Inclusion criteria:\n- MS\nExclusion criteria for donors:\n- Pregnancy",
    ],
)
def test_pregnancy_not_told(text):
    assert told("pregnancy", text) == []


# Everything

PIECES = [
    "aged", "18 years", "aged between", "age at", "18 y", "65 years old", "inclusion", "Inclusion criteria:",
    "inclusion criteria\n", "Exclusion", "excluded", "not", "who must not", "patients", "no", "failed",
    "failed treatment with interferon", "despite", "refractory lupus", "pregnant", "pregnancy test", "negative",
    "plan to become pregnant", "relapsing remitting or", "new onset", "for example", "maximum of", "i.e.", ". A", ";",
    ":", "(the", "or", "*", "- ", "\\>", "older than", "1. ", "\ud800", "\0", "٣",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_long_text_stays_quick(piece):
    material = people(repeated(piece + " "), ages=("18 Years", "65 Years"), **MS)
    assert seconds(extract_gates, material) < LIMIT


@given(texts(PIECES))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_text_crashes_it(text):
    material = people(text, ages=("18 Years", text[:20]), sex=text[:9], **(MS | {"title": text[:300] or "A trial"}))
    assert quoted(material, list(extract_gates(material)))


# Activity under a drug; forms that the criteria alone tell


@pytest.mark.parametrize(
    "text",
    [
        "2 relapses or more during the 12 preceding months under natalizumab, ocrelizumab or rituximab",
        "Worsening under interferon for at least 6 months",
        "Relapse while on natalizumab",
        "New lesions whilst receiving ocrelizumab",
        "Progression during treatment with interferon",
        "At least one attack on treatment with glatiramer",
    ],
)
def test_activity_under_a_drug_is_its_failure(text):
    assert told("failed_drugs", f"Inclusion Criteria:\n* {text}") == ["yes"]


@pytest.mark.parametrize(
    "text",
    [
        "No relapse under natalizumab",
        "Without progression while on interferon",
        "Relapse in the last year. Under interferon for 6 months",
        "Stable under interferon",
    ],
)
def test_no_activity_under_a_drug_is_no_failure(text):
    assert told("failed_drugs", f"Inclusion Criteria:\n* {text}") == []


def test_form_of_a_disease_that_the_criterion_itself_names():
    criteria = "Inclusion Criteria:\nClinically definite MS, primary or secondary progressive"
    parts = {"title": "Cells in severe demyelination", "conditions": ["Demyelinating Diseases"]}
    assert told("phenotype", criteria, **parts) == ["ppms", "spms"]


def test_rpms_is_a_form():
    assert told("phenotype", "Inclusion Criteria:\n* RRMS, RPMS or SPMS") == ["rrms", "prms", "spms"]


def test_class_of_nephritis_is_the_form():
    assert told("phenotype", "Inclusion Criteria:\n* Nephritis WHO class III or IV", **SLE) == ["lupus-nephritis"]
    assert told("phenotype", "Inclusion Criteria:\n* Six months of therapy for an episode of nephritis", **SLE) == []
