"""The project's words: slugs that others rely on, labels for every registry word, countries, queries."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings

from apps.studies import records
from apps.vocabulary import queries as queries_module
from apps.vocabulary import statuses
from apps.vocabulary.countries import SHORT_NAMES, SPELLINGS, country_code, country_name
from apps.vocabulary.queries import QUERIES, any_of, queries_fingerprint
from apps.vocabulary.statuses import LABELS, STATUSES, TONES, label_for, phases_label, tone_for
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG, SCOPE_BY_SLUG

RECORDED = Path(settings.BASE_DIR).parent / "shared" / "ctgov" / "studies"


def test_slugs_are_those_of_the_contract():
    assert list(DISEASE_BY_SLUG) == [
        "multiple-sclerosis",
        "rheumatoid-arthritis",
        "systemic-lupus-erythematosus",
        "type-1-diabetes",
    ]
    assert list(CELL_TYPE_BY_SLUG) == ["msc", "hsc"]
    assert list(SCOPE_BY_SLUG) == ["in_scope", "review", "out"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("status", records.Status),
        ("phase", records.Phase),
        ("study_type", records.StudyType),
        ("sponsor_class", records.AgencyClass),
        ("intervention_type", records.InterventionType),
        ("arm_type", records.ArmGroupType),
        ("allocation", records.DesignAllocation),
        ("intervention_model", records.InterventionalAssignment),
        ("primary_purpose", records.PrimaryPurpose),
        ("masking", records.DesignMasking),
        ("who_masked", records.WhoMasked),
        ("observational_model", records.ObservationalModel),
        ("time_perspective", records.DesignTimePerspective),
        ("sex", records.Sex),
        ("standard_age", records.StandardAge),
        ("sampling_method", records.SamplingMethod),
        ("biospecimen_retention", records.BioSpecRetention),
        ("date_type", records.DateType),
        ("enrollment_type", records.EnrollmentType),
        ("ipd_sharing", records.IpdSharing),
        ("ipd_info_type", records.IpdSharingInfoType),
        ("outcome_type", records.OutcomeMeasureType),
        ("reporting_status", records.ReportingStatus),
        ("measure_param", records.MeasureParam),
        ("dispersion_type", records.MeasureDispersionType),
        ("dispersion_type", records.AnalysisDispersionType),
        ("interval_sides", records.ConfidenceIntervalNumSides),
        ("non_inferiority_type", records.NonInferiorityType),
        ("event_assessment", records.EventAssessment),
        ("role", records.ContactRole),
        ("role", records.OfficialRole),
        ("responsible_party", records.ResponsiblePartyType),
        ("id_type", records.SecondaryIdType),
        ("reference_type", records.ReferenceType),
        ("agreement_restriction", records.AgreementRestrictionType),
    ],
)
def test_every_word_of_the_registry_has_a_label(kind, words):
    assert set(words.words) <= set(LABELS[kind])


def test_statuses_carry_the_words_of_the_pills():
    labels = {status.word: str(status.label) for status in STATUSES}
    assert labels["TERMINATED"] == "Stopped early"
    assert labels["ACTIVE_NOT_RECRUITING"] == "Active"
    assert labels["AVAILABLE"] == "Available (expanded access)"
    assert {status.tone for status in STATUSES} <= set(TONES)


def test_word_outside_the_list_is_shown_in_plain_case():
    assert label_for("status", "SOME_NEW_WORD") == "Some new word"
    assert label_for("status", "Half New") == "Half New"
    assert label_for("status", None) == ""
    assert tone_for("SOME_NEW_WORD") == "unsure"
    assert tone_for(None) == "unsure"


def test_unknown_kind_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        label_for("statuses", "RECRUITING")


@pytest.mark.parametrize(
    ("phases", "label"),
    [
        ((), ""),
        (("PHASE2",), "Phase 2"),
        (("PHASE1", "PHASE2"), "Phase 1/2"),
        (("NA",), "Phase not applicable"),
        (("EARLY_PHASE1",), "Early phase 1"),
        (("EARLY_PHASE1", "PHASE1"), "Early phase 1, Phase 1"),
        (("PHASE9",), "Phase9"),
    ],
)
def test_phases_in_words(phases, label):
    assert str(phases_label(phases)) == label


def test_no_two_kinds_of_label_are_swapped_by_accident():
    assert statuses.LABELS["phase"] is statuses.PHASES
    assert statuses.LABELS["sponsor_class"] is statuses.SPONSOR_CLASSES


@pytest.mark.parametrize(
    ("spelling", "code", "name"),
    [
        ("Iran, Islamic Republic of", "IR", "Iran"),
        ("Korea, Republic of", "KR", "South Korea"),
        ("Turkey", "TR", "Türkiye"),
        ("Turkey (Türkiye)", "TR", "Türkiye"),
        ("Türkiye (Türkiye)", "TR", "Türkiye"),
        ("Macedonia, The Former Yugoslav Republic of", "MK", "North Macedonia"),
        ("Czechia", "CZ", "Czechia"),
        ("Czech Republic", "CZ", "Czechia"),
        ("Viet Nam", "VN", "Vietnam"),
        ("Vietnam", "VN", "Vietnam"),
        ("Palestinian Territories, Occupied", "PS", "Palestinian territories"),
        ("united  states", "US", "United States"),
        ("de", "DE", "Germany"),
        ("Côte D'Ivoire", "CI", "Côte d'Ivoire"),
        ("Côte D’Ivoire", "CI", "Côte d'Ivoire"),
    ],
)
def test_country_by_any_of_its_spellings(spelling, code, name):
    assert country_code(spelling) == code
    assert country_name(spelling) == name


def test_country_that_is_no_more_stays_as_written():
    assert country_code("Former Serbia and Montenegro") is None
    assert country_name("Former Serbia and Montenegro") == "Former Serbia and Montenegro"
    assert country_code("") is None
    assert country_code(None) is None


def test_every_code_of_the_tables_has_a_name_that_leads_back():
    for code in {*SPELLINGS.values(), *SHORT_NAMES}:
        assert country_code(country_name(code)) == code


def test_every_country_of_the_recorded_studies_has_a_code():
    if not RECORDED.exists():
        pytest.skip("the recorded studies are not here")
    names = set()
    for file in RECORDED.glob("*.jsonl.gz"):
        with gzip.open(file) as lines:
            for line in lines:
                names |= set(re.findall(rb'"country": ?("(?:[^"\\]|\\.)*")', line))
    spelled = {json.loads(name) for name in names}
    assert len(spelled) > 50
    assert {name for name in spelled if country_code(name) is None} <= {"Former Serbia and Montenegro"}


def test_ten_queries_of_two_parameters_that_fit_into_a_url():
    assert [query.name for query in QUERIES] == [
        f"{disease}-{cell_type}" for disease in (*DISEASE_BY_SLUG, "autoimmune") for cell_type in ("msc", "hsc")
    ]
    for query in QUERIES:
        assert set(query.params) == {"query.cond", "query.term"}
        assert len(urlencode(query.params)) < 4000


def test_queries_hold_quoted_phrases_joined_by_or():
    for query in QUERIES:
        for expression in query.params.values():
            phrases = expression.split(" OR ")
            assert all(re.fullmatch(r'"[^"\[\](),\\]+"', phrase) for phrase in phrases)
            assert len(phrases) == len(set(phrases))


@pytest.mark.parametrize("phrase", ["diabetes, type 1", 'the "cells"', "cells (MSC)", "AREA[Phase]", "a\\b", " "])
def test_phrase_with_a_reserved_character_is_refused(phrase):
    with pytest.raises(ValueError, match="Not a phrase"):
        any_of([phrase])


def test_fingerprint_moves_with_a_query(monkeypatch):
    before = queries_fingerprint()
    monkeypatch.setattr(queries_module, "QUERIES", QUERIES[1:])
    queries_fingerprint.cache_clear()
    assert queries_fingerprint() != before
    queries_fingerprint.cache_clear()
