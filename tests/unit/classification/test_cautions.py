"""Cautions: what a record says is found, what it denies is not, and no date is taken for more than it is."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.classification.rules.cautions import Caution, cautions_of, fees, is_similar, print_of, similarity
from apps.classification.rules.cautions.dates import rule_for_results
from apps.classification.rules.cautions.fees import paid_by_people
from apps.classification.rules.cautions.found import years_after
from apps.classification.rules.cautions.protocols import SIZE, ProtocolPrint
from apps.classification.rules.cautions.sites import same_name
from apps.ctgov.parser import parse_study
from apps.studies.records import StudyRecord
from apps.studies.texts import value_at
from apps.vocabulary.cautions import CAUTIONS
from tests.factories.studies import encoded, study
from tests.unit.classification.timing import seconds

STATUS = "protocolSection.statusModule."
SUMMARY = "protocolSection.descriptionModule.briefSummary"
SITES = "protocolSection.contactsLocationsModule.locations"


def record(changes: dict[str, Any] | None = None, **named: Any) -> StudyRecord:
    return parse_study(encoded(study(changes=changes, **named)))


def caution(kind: str, changes: dict[str, Any] | None = None, **named: Any) -> Caution | None:
    return next((item for item in cautions_of(record(changes, **named)) if item.kind == kind), None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("This patient funded trial aims to study cells.", "patient funded"),
        ("An open-label, patient-sponsored study of cells.", "patient-sponsored"),
        ("A non-randomized, Patient Sponsored study.", "Patient Sponsored"),
        ("It is Self Funded (Patients' Own Funding) Clinical Trial", "Patients' Own Funding"),
        ("The procedure is paid for by the participants.", "paid for by the participants"),
        ("Costs of the cells will be borne by patients.", "borne by patients"),
        ("Participants will be required to pay for the infusion.", "Participants will be required to pay"),
        ("Subjects will be charged for the cells.", "Subjects will be charged"),
        ("Patients must cover the cost of travel.", "Patients must cover the cost"),
        ("Participants are responsible for all costs.", "Participants are responsible for all costs"),
        ("They travel at their own expense.", "at their own expense"),
        ("There is a participation fee of 5,000 dollars.", "participation fee"),
        ("Inclusion:\n\n* able to pay for the treatment", "able to pay for the treatment"),
        ("There is no placebo group. This is a patient funded trial.", "patient funded"),
    ],
)
def test_a_fee_is_found_where_people_pay(text: str, words: str) -> None:
    assert [text[start:end] for start, end in paid_by_people(text)] == [words]


@pytest.mark.parametrize(
    "text",
    [
        "There is no cost to participants.",
        "The sponsor pays for all study procedures.",
        "Participants will not be charged for the infusion.",
        "Participants will be paid 50 dollars for each visit.",
        "No participation fee is asked.",
        "The trial is not patient-funded.",
        "No cost, fee or charge is paid by the patients.",
        "Neither the cells nor the stay will be paid by patients.",
        "The treatment is free of charge; nothing is paid by the patient.",
        "The cells are free and no visit is paid for by participants.",
        "Travel costs paid by the participants will be reimbursed.",
        "Patients will pay attention to their diet.",
        "Patients should pay special attention to signs of infection.",
        "The study is funded by a patient organisation.",
        "This is a patient-funded charity's trial.",
        "Funded by the Patient Advocacy Foundation.",
        "The drug is paid by the patient's insurance.",
        "The trial is self-funded by the hospital.",
        "Patient funded: no",
        "Special attention is paid to infusion reactions.",
        "Out-of-pocket cost communication in patients with multiple sclerosis.",
        "Participants are asked whether they would pay for such a device.",
        "An in-patient funded ward gives the care.",
        "Contracted commercial insurance plan or self-paying patients.",
        "Costs are lower than those paid by patients elsewhere.",
        "The doctor in charge of the patients pays a visit.",
        "",
    ],
)
def test_what_denies_a_fee_or_speaks_of_other_money_is_none(text: str) -> None:
    assert list(paid_by_people(text)) == []


def test_the_fee_comes_with_its_sentence_from_any_text() -> None:
    criteria = "Inclusion Criteria:\n\n* Adults\n* Participants must pay for the cells\n\nExclusion Criteria:\n\n* None"
    path = "protocolSection.eligibilityModule.eligibilityCriteria"
    found = caution("fee-mentioned", {path: criteria})
    assert found is not None
    assert found.since is None
    (quote,) = found.evidence
    assert quote.path == path
    assert quote.quote == criteria[quote.start : quote.end]
    assert "must pay" in quote.quote
    assert caution("fee-mentioned") is None


@pytest.mark.parametrize(
    "text", ["the " * 30_000 + "patients", "patients are " * 20_000, "\n" * 60_000, "fee " * 30_000]
)
def test_no_text_takes_long(text: str) -> None:
    assert seconds(lambda: list(paid_by_people("pay " + text))) < 1.0


@pytest.mark.parametrize(
    ("sponsor", "facility"),
    [
        ("Uppsala University Hospital", "Uppsala University Hospital"),
        ("The Affiliated Drum Tower Hospital", "the affiliated drum tower hospital"),
        ("Clínica Universidad de Navarra", "Clinica Universidad de Navarra"),
        ("University of Jordan", "Cell Therapy Center, University of Jordan"),
        ("Northwestern University", "Northwestern University (Feinberg School)"),
        ("Health & Cells", "Health and Cells"),
    ],
)
def test_a_site_with_the_sponsors_whole_name_is_its_own(sponsor: str, facility: str) -> None:
    assert same_name(sponsor, facility)


@pytest.mark.parametrize(
    ("sponsor", "facility"),
    [
        ("Mayo Clinic", "Mayo Clinic in Florida"),
        ("The Cleveland Clinic", "Cleveland Clinic Mellen Center"),
        ("Genesis Limited", "Genesis Institute of Cellular Medicine, Genesis (Trinidad and Tobago) Private Limited"),
        ("Van Hanh General Hospital", "Van Hanh Geral Hospital"),
        ("Tehran University", "Tehran University of Medical Sciences"),
        ("Stem Cells Inc", "Stem Cells LLC"),
        ("", ""),
        ("—", "-"),
    ],
)
def test_what_differs_is_not_the_same(sponsor: str, facility: str) -> None:
    assert not same_name(sponsor, facility)


def test_the_only_site_of_the_sponsor_is_told_with_both_names() -> None:
    own = [{"facility": "Cell Unit, Test Institute", "city": "Madrid", "country": "Spain"}]
    found = caution("sponsor-site", {SITES: own})
    assert found is not None
    assert [quote.quote for quote in found.evidence] == ["Test Institute", "Cell Unit, Test Institute"]
    elsewhere = {"facility": "Other Hospital", "city": "Madrid", "country": "Spain"}
    assert caution("sponsor-site", {SITES: [*own, elsewhere]}) is None
    assert caution("sponsor-site", {SITES: [*own, {**own[0], "city": "Sevilla"}]}) is None
    assert caution("sponsor-site", {SITES: [*own, *own]}) is not None
    assert caution("sponsor-site", {SITES: []}) is None
    assert caution("sponsor-site", {SITES: [{"city": "Madrid"}]}) is None


@pytest.mark.parametrize(
    ("start", "sent", "days"),
    [
        ("2024-05-02", "2024-05-02", None),
        ("2024-05-02", "2024-05-03", 1),
        ("2024-05", "2024-05-31", None),
        ("2024-05", "2024-06-01", 1),
        ("2024", "2024-12-31", None),
        ("2024-02", "2024-03-01", 1),
        ("2024-05-02", None, None),
        (None, "2024-05-03", None),
    ],
)
def test_registered_late_only_where_every_day_of_the_start_is_before(start, sent, days) -> None:
    changes = {STATUS + "startDateStruct": start and {"date": start}, STATUS + "studyFirstSubmitDate": sent}
    found = caution("registered-late", changes)
    assert (found and found.facts["days"]) == days


def test_a_planned_start_proves_no_beginning() -> None:
    changes = {STATUS + "startDateStruct": {"date": "2024-01-01", "type": "ESTIMATED"}}
    assert caution("registered-late", changes) is None


def test_two_years_without_update_come_with_the_day() -> None:
    found = caution("not-updated", updated="2023-03-12")
    assert found is not None
    assert found.since == dt.date(2025, 3, 12)
    assert not found.holds(dt.date(2025, 3, 11))
    assert found.holds(dt.date(2025, 3, 12))
    month = caution("not-updated", updated="2023-03")
    assert month is not None
    assert month.since == dt.date(2025, 3, 31)
    assert years_after(dt.date(2024, 2, 29), 2) == dt.date(2026, 3, 1)


@pytest.mark.parametrize("status", ["COMPLETED", "TERMINATED", "WITHDRAWN", "NO_LONGER_AVAILABLE", None])
def test_a_trial_that_has_ended_needs_no_update(status: str | None) -> None:
    assert caution("not-updated", status=status) is None


def ended(**changes: Any) -> dict[str, Any]:
    base = {"primaryCompletionDateStruct": {"date": "2020-06", "type": "ACTUAL"}, "overallStatus": "COMPLETED"}
    return {STATUS + name: value for name, value in {**base, **changes}.items()}


def test_results_are_missed_a_year_and_a_month_after_the_end() -> None:
    found = caution("no-results", ended())
    assert found is not None
    assert found.since == dt.date(2021, 7, 30)
    assert found.facts == {"rule": "not-regulated", "derived": 0}


@pytest.mark.parametrize(
    "changes",
    [
        ended(overallStatus="UNKNOWN"),
        ended(overallStatus="RECRUITING"),
        ended(overallStatus="WITHDRAWN"),
        ended(primaryCompletionDateStruct={"date": "2020-06", "type": "ESTIMATED"}),
        ended(primaryCompletionDateStruct=None),
        ended(resultsWaived=True),
        ended(dispFirstSubmitDate="2021-01-01"),
        ended(resultsFirstSubmitDate="2021-01-01"),
        ended() | {"hasResults": True},
        ended() | {"hasResults": None},
        ended() | {"protocolSection.designModule.studyType": "OBSERVATIONAL"},
        ended() | {"protocolSection.designModule.enrollmentInfo.count": 0},
        ended() | {"protocolSection.referencesModule": {"references": [{"type": "RESULT", "citation": "A paper."}]}},
    ],
)
def test_no_results_is_said_only_where_the_record_lets_it_be_known(changes: dict[str, Any]) -> None:
    assert caution("no-results", changes) is None


def test_the_rule_for_results_is_never_called_certain() -> None:
    flags = "protocolSection.oversightModule."
    home = [{"facility": "A", "city": "Boston", "country": "United States"}]
    regulated = {flags + "isFdaRegulatedDrug": True, SITES: home}
    phase = "protocolSection.designModule.phases"
    assert rule_for_results(record(regulated)) == "may-apply"
    assert rule_for_results(record(regulated | {phase: ["PHASE1"]})) == "cannot-be-told"
    assert rule_for_results(record(regulated | {STATUS + "startDateStruct.date": "2017-01"})) == "cannot-be-told"
    assert rule_for_results(record({flags + "isFdaRegulatedDrug": True})) == "cannot-be-told"
    assert rule_for_results(record({flags + "isFdaRegulatedDrug": None})) == "cannot-be-told"
    assert rule_for_results(record()) == "not-regulated"


def test_every_caution_is_known_and_quotes_what_stands_there() -> None:
    odd = record(
        ended(studyFirstSubmitDate="2025-01-01")
        | {SUMMARY: "A patient funded trial.", SITES: [{"facility": "Test Institute", "city": "X"}]}
    )
    found = cautions_of(odd)
    assert {item.kind for item in found} == {"fee-mentioned", "sponsor-site", "registered-late", "no-results"}
    assert {item.kind for item in found} < set(CAUTIONS)
    for item in found:
        for quote in item.evidence:
            assert value_at(odd, quote.path)[quote.start : quote.end] == quote.quote


def test_an_empty_record_gives_none() -> None:
    assert cautions_of(StudyRecord()) == ()
    assert print_of(StudyRecord()) == ProtocolPrint()


PLAN = " ".join(f"step{number} of the plan says thing{number}" for number in range(60))


def printed(text: str) -> ProtocolPrint:
    return print_of(record({SUMMARY: text}))


def test_protocols_are_alike_where_little_but_the_illness_differs() -> None:
    one, other = printed(f"Cells for lupus. {PLAN}"), printed(f"CELLS for Asthma!\n\n* {PLAN}")
    assert 0.9 < similarity(one, other) < 1
    assert is_similar(one, other)
    assert similarity(one, one) == 1.0
    assert similarity(one, other) == similarity(other, one)


def test_half_the_plan_is_not_almost_the_same() -> None:
    half = PLAN[: len(PLAN) // 2]
    other = half + " " + " ".join(f"other{number} goes elsewhere{number}" for number in range(80))
    assert not is_similar(printed(PLAN), printed(other))


def test_short_texts_are_not_compared() -> None:
    bare = {
        "protocolSection.eligibilityModule": None,
        "protocolSection.armsInterventionsModule": None,
        "protocolSection.outcomesModule": None,
    }
    stub = print_of(record(bare | {SUMMARY: "To be written. " * 10}))
    assert stub == ProtocolPrint()
    assert similarity(stub, stub) == 0.0


def test_the_estimate_for_long_texts_is_near_the_truth() -> None:
    def words(low: int, high: int) -> str:
        return " ".join(f"w{number}" for number in range(low, high))

    one, other = printed(words(0, 4000)), printed(words(1000, 5000))
    assert len(one.hashes) == len(other.hashes) == SIZE
    assert similarity(one, other) == pytest.approx(0.6, abs=0.1)


@given(st.sets(st.integers(0, 400), max_size=SIZE), st.sets(st.integers(0, 400), max_size=SIZE), st.floats(0.01, 1))
def test_a_similarity_that_reaches_what_is_asked_for_is_told_whole(
    one: set[int], other: set[int], least: float
) -> None:
    prints = ProtocolPrint(tuple(sorted(one))), ProtocolPrint(tuple(sorted(other)))
    whole, asked = similarity(*prints), similarity(*prints, at_least=least)
    assert asked == whole or (asked == 0.0 and whole < least)


@settings(max_examples=300, deadline=None)
@given(st.from_regex(fees._FEE))
def test_the_short_look_passes_all_that_the_long_one_finds(text: str) -> None:
    assert fees._cued(text)
