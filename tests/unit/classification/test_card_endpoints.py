"""What is measured: by the names of outcomes, and where their descriptions count. In made-up words."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from apps.classification.rules.cards.endpoints import extract_endpoints
from apps.vocabulary.cards import ENDPOINTS
from apps.vocabulary.terms import card_terms
from tests.unit.classification.designs import quoted
from tests.unit.classification.people import people, repeated, seconds, texts
from tests.unit.classification.timing import LIMIT


def measured(name, description="", **parts):
    material = people(outcomes=[(name, description, "")], **parts)
    found = list(extract_endpoints(material))
    assert quoted(material, found)
    return sorted(label.value for label in found)


@pytest.mark.parametrize(
    ("name", "families"),
    [
        ("Change of the EDSS score", ["edss"]),
        ("Change in EDDS", ["edss"]),
        ("Confirmed disability progression", ["edss"]),
        ("Annualized relapse rate", ["relapse"]),
        ("Number of gadolinium-enhancing lesions on MRI", ["mri"]),
        ("No evidence of disease activity (NEDA-3)", ["neda"]),
        ("Timed 25-foot walk", ["walking"]),
        ("Nine-hole peg test", ["hand-function"]),
        ("ACR20/50/70 response", ["acr"]),
        ("DAS28-CRP", ["das28"]),
        ("SLEDAI-2K", ["sledai"]),
        ("24-hour proteinuria", ["proteinuria"]),
        ("C-peptide AUC in a mixed meal tolerance test", ["c-peptide"]),
        ("HbAlc", ["hba1c"]),
        ("Insulin independency", ["insulin-independence"]),
        ("Daily insulin dose", ["insulin-dose"]),
        ("Overall survival", ["survival"]),
        ("Relapse-free survival", ["relapse", "survival"]),
        ("Incidence of adverse events", ["adverse-events"]),
        ("SF-36", ["quality-of-life"]),
        ("Complete Blood Count", ["hematology"]),
        ("Blood biochemistry", ["laboratory"]),
        ("Spirometry", ["lung-function"]),
        ("Neutrophil engraftment", ["engraftment"]),
        ("Acute GVHD", ["gvhd"]),
    ],
)
def test_families(name, families):
    assert measured(name) == families


def test_every_family_has_a_name():
    words = card_terms("endpoints")
    families = {part for field in ("instrument", "endpoint") for value in words[field] for part in value.split("+")}
    assert families <= set(ENDPOINTS)


def test_primary_and_secondary_but_no_other_ones():
    material = people(
        outcomes=[("EDSS", "", "")], secondary=[("Relapses", "", ""), ("EDSS", "", "")], other=[("Fatigue", "", "")]
    )
    found = {label.value: label.detail["primary"] for label in extract_endpoints(material)}
    assert found == {"edss": True, "relapse": False}


@pytest.mark.parametrize("name", ["Cell survival", "Anti-TNF treatment", "Response to a TNFα inhibitor", ""])
def test_words_that_are_no_outcome(name):
    assert measured(name) == []


def test_description_counts_where_the_name_says_nothing():
    assert measured("Efficacy", "Number of relapses and the EDSS") == ["edss", "relapse"]


def test_scales_of_a_description_count_and_its_plain_words_do_not():
    assert measured("Relapses", "Their harm is pain and death; the EDSS is taken too") == ["edss", "relapse"]


def test_safety_is_assessed_by():
    text = "Safety is assessed by adverse events such as infection or death, vital signs, laboratory tests and an ECG."
    assert measured("Safety", text) == ["adverse-events", "ecg", "laboratory", "vital-signs"]
    assert measured("Safety", "Adverse events. No laboratory tests are made.") == ["adverse-events"]


def test_scores_in_the_bracket_behind_acr_are_measured():
    parts = ["acr", "haq", "inflammation-markers", "joint-count", "pain"]
    assert sorted(measured("ACR20 (swollen joints, tender joints, pain, CRP, HAQ)")) == parts


def test_remission_rates_of_acr_are_that_response():
    assert measured("The remission rates of American College of Rheumatology (ACR) 20, ACR 50 and ACR 70") == ["acr"]
    assert measured("Remission, and ACR20") == ["acr", "remission"]


def test_evoked_potentials_are_no_vision():
    assert measured("Visual evoked potential (VEP)") == ["evoked-potentials"]
    told = "Somatosensory (SEP) + visual (VEP) + motor evoked potentials (MEP)"
    assert measured("Combined evoked potentials", told) == ["evoked-potentials"]
    assert measured("Maximal expiratory pressure (MEP)") == []


def test_survival_without_events_on_mri_is_no_survival():
    assert measured("MRI event free survival") == ["mri"]
    assert measured("Event free survival") == ["survival"]


def test_parts_of_a_composite_are_not_measured_for_themselves():
    assert measured("NEDA (no relapse, no EDSS progression, no new lesion on MRI)") == ["neda"]
    assert measured("SLE Responder Index (SRI)", "4 points less in SLEDAI and no new BILAG A") == ["sri"]
    assert measured("NEDA-3", "No relapse, no EDSS progression, no new lesion on MRI") == ["neda"]
    assert measured("ACR20 and HAQ") == ["acr", "haq"]


def test_long_definitions_are_not_read():
    assert measured("Efficacy", "word " * 200 + "EDSS") == []


PIECES = [
    "EDSS", "EDSS 3-6", "ACR20 (", "SRI", "safety", "assessed by", "vital signs", "relapse", "survival", "MRI", "CBC",
    "adverse event", "a", "1", " ", "\n", "(", "10^6 ", "insulin", "TNF", "HbA1c", ",", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_long_text_stays_quick(piece):
    text = repeated(piece + " ")
    assert seconds(extract_endpoints, people(outcomes=[(text, text, text)])) < LIMIT


@given(texts(PIECES))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_text_crashes_it(text):
    material = people(outcomes=[(text, text, text)], secondary=[(text[:100], text, "")])
    assert quoted(material, list(extract_endpoints(material)))
