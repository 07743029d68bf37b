"""Gates in lines: what stands for each other is one, what is one group's names it, and units are told."""

from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from apps.vocabulary.card_words import gate_words, value_words
from apps.vocabulary.cards import FIELDS
from apps.vocabulary.gate_lines import gate_lines, qualified_limits

ANY = {"any_of": 3, "at_least": 1, "others": False}


def lines(slug, details):
    return [line.words for line in gate_lines(slug, list(details), details)]


def test_alternatives_are_one_line_with_or():
    details = {"das28>=3.2": ANY, "sdai>11.0": ANY, "edss:3-6": None}
    assert lines("severity", details) == ["DAS28 at least 3.2 or SDAI above 11.0", "EDSS 3 to 6"]
    assert gate_lines("severity", list(details), details)[0].values == ("das28>=3.2", "sdai>11.0")


def test_a_list_may_name_other_things():
    details = dict.fromkeys(("crp>2.0mg/dl", "esr>30mm/h"), ANY | {"others": True})
    (line,) = lines("severity", details)
    assert line == (
        "C-reactive protein above 2.0 mg/dL or erythrocyte sedimentation rate above 30 mm/h, or something else that the"
        " record may name"
    )


def test_two_of_a_list():
    details = dict.fromkeys(("crp>2.0mg/dl", "esr>30mm/h"), ANY | {"at_least": 2})
    assert lines("severity", details) == [
        "At least 2 of these: C-reactive protein above 2.0 mg/dL; Erythrocyte sedimentation rate above 30 mm/h"
    ]
    details = {"crp>2.0mg/dl": ANY | {"at_least": 2, "others": True}}
    assert lines("severity", details) == [
        "At least 2 of these, or of others that the record may name: C-reactive protein above 2.0 mg/dL"
    ]


def test_forms_of_a_disease_stand_for_each_other():
    details = {"spms": None, "ppms": {}, "lupus-nephritis": {"of_group": "LN group"}}
    assert lines("phenotype", details) == [
        "Secondary progressive MS or primary progressive MS",
        "For the group “LN group”: Lupus nephritis",
    ]


def test_what_is_one_groups_names_it():
    detail = {"of_group": "cohort 2", "since": "diagnosis"}
    assert gate_words("duration", "<24", detail) == "For the group “cohort 2”: Diagnosed less than 2 years ago"
    assert gate_words("sex", "female", detail) == "For the group “cohort 2”: Only women and girls"
    with translation.override("es"):
        assert "cohort 2" in gate_words("duration", "<24", detail)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("crp>2.0mg/dl", "C-reactive protein above 2.0 mg/dL"),
        ("crp>2.0mg/l", "C-reactive protein above 2.0 mg/L"),
        ("crp>2.0", "C-reactive protein above 2.0"),
        ("c-peptide>0.12nmol/l", "C-peptide above 0.12 nmol/L"),
        ("c-peptide=1ng/ml", "C-peptide 1 ng/mL"),
        ("creatinine:106-250umol/l", "Creatinine 106 to 250 µmol/L"),
        ("hba1c:6.5-10%", "HbA1c 6.5 to 10%"),
        ("hba1c<=86mmol/mol", "HbA1c at most 86 mmol/mol"),
        ("proteinuria>1g/day", "Protein in urine above 1 g/day"),
        ("proteinuria>1ratio", "Protein in urine above 1 (ratio to creatinine)"),
        ("insulin-dose<1u/kg/day", "Insulin dose below 1 U/kg/day"),
        ("egfr:25-55ml/min/1.73m2", "Kidney function (eGFR or creatinine clearance) 25 to 55 mL/min/1.73 m²"),
        ("edss:3.0-6.5", "EDSS 3.0 to 6.5"),
        ("bilag>=1A-or-2B", "BILAG at least 1A or 2B"),
        ("ln-class:3-5", "Lupus nephritis, class III to V"),
        ("crp>2.0 mg/dl", "crp>2.0 mg/dl"),
        ("crp>2.0<b>", "crp>2.0<b>"),
    ],
)
def test_units_in_words(value, words):
    assert value_words("severity", value) == words


def test_a_label_from_before_values_had_units_keeps_that_of_its_detail():
    assert value_words("severity", "crp>2.0", {"unit": "mg/dL"}) == "C-reactive protein above 2.0 mg/dL"
    assert value_words("severity", "crp>2.0mg/l", {"unit": "mg/L"}) == "C-reactive protein above 2.0 mg/L"


ODD = st.one_of(st.none(), st.integers(), st.booleans(), st.text(max_size=20), st.lists(st.integers(), max_size=2))


@given(
    st.sampled_from([field.slug for field in FIELDS if field.group == "gates"]),
    st.dictionaries(
        st.one_of(
            st.sampled_from(["edss:3-6", "crp>2.0mg/dl", "rrms", "\0", "\ud800", "crp>" + "9" * 10_000]), st.text()
        ),
        st.one_of(
            st.none(),
            st.dictionaries(st.sampled_from(["any_of", "at_least", "others", "of_group", "unit", "text"]), ODD),
        ),
        max_size=5,
    ),
)
def test_no_detail_breaks_a_line(slug, details):
    told = gate_lines(slug, list(details), details)
    assert sorted(value for line in told for value in line.values) == sorted(details)


def told(slug, details):
    return qualified_limits(slug, list(details), details)


def test_what_binds_everybody_is_no_qualified_limit():
    details = {"edss:3-6": None, "das28>3.2": {"since": "diagnosis"}}
    assert told("severity", details) == []
    # One of one is no choice.
    assert told("severity", {"esr>28mm/h": ANY | {"at_least": 1, "others": False}}) == []
    assert told("phenotype", {"spms": None, "ppms": {}}) == []


def test_alternatives_and_groups_for_programs():
    details = {"swollen>=6": None} | dict.fromkeys(("esr>28mm/h", "crp>2.0mg/dl"), ANY)
    assert told("severity", details) == ["severity: 1 of esr>28mm/h, crp>2.0mg/dl"]
    details = {"crp>2.0mg/dl": ANY | {"at_least": 2, "others": True, "of_group": "Cohort 2"}}
    assert told("severity", details) == ["severity: 2 of crp>2.0mg/dl, other; group: Cohort 2"]
    assert told("duration", {"<24": {"of_group": "cohort 1"}}) == ["duration: <24; group: cohort 1"]
    details = {"spms": None, "rrms": {"of_group": "LN"}, "ppms": {"of_group": "LN"}}
    assert told("phenotype", details) == ["phenotype: 1 of rrms, ppms; group: LN"]


@pytest.mark.parametrize(
    "details", [{"x": {"any_of": "1", "at_least": "2", "of_group": 3, "others": 1}}, {"x": {"any_of": 1}}]
)
def test_no_detail_breaks_what_is_told_to_programs(details):
    assert told("severity", details) == []
