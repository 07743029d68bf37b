"""The sheet for the doctor: one page, with what a doctor needs, at one address a trial, and contacts nowhere else."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from apps.ctgov.parser import parse_study
from apps.ingest.services import sync
from apps.studies.models import RegistryState, Study
from apps.web.sheet_page import CONTACTS, GATES, SITES, build_sheet
from apps.web.trial_page import Standing
from apps.web.views.site import known
from tests.factories.guide import guide_in
from tests.unit.web.test_trial_view import ALIASED, HSC, MSC, NAMES, NEVER, OUT, REVIEW
from tests.unit.web.test_trial_view import CONTACTS as WITH_CONTACTS
from tests.unit.web.trial_pages import FIXTURES, Label, fixture, record_of

TODAY = dt.date(2026, 5, 3)
ASKED = guide_in().questions


@pytest.fixture
def published(db: None, tmp_path: Path) -> None:
    """Our own records, through the whole corridor."""
    for name in NAMES:
        (tmp_path / f"NCT-{name}.json").symlink_to(FIXTURES / f"{name}.json")
    assert sync(replay=tmp_path) is not None
    known.forget()


def sheet_at(client: Client, nct_id: str, status: int = 200) -> BeautifulSoup:
    response = client.get(f"/trials/{nct_id}/sheet/")
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


pytestmark = pytest.mark.usefixtures("published")


def test_it_has_what_a_doctor_needs(client: Client) -> None:
    soup = sheet_at(client, MSC)
    sheet = soup.select_one(".sheet").get_text(" ", strip=True)
    assert soup.select_one("meta[name=robots]")["content"] == "noindex"
    assert MSC in sheet
    assert f"/trials/{MSC}/" in sheet
    assert f"https://clinicaltrials.gov/study/{MSC}" in sheet
    for words in (
        "Made on ",
        "EDSS 3.0 to 6.5",
        "Madrid, Spain: Test Hospital",
        "infusion: mesenchymal cells",
        "Recruiting",
    ):
        assert words in sheet
    for question in (*ASKED.doctor, *ASKED.team, *ASKED.kinds["msc"]):
        assert question.text in sheet
    assert ASKED.kinds["hsc"][0].text not in sheet
    assert soup.select(".sheet__foot a[href*=closerlookatstemcells]")
    assert soup.select(f'a[href="/trials/{MSC}/"]')


def test_a_transplant_has_its_own_questions(client: Client) -> None:
    sheet = sheet_at(client, HSC).select_one(".sheet").get_text(" ", strip=True)
    assert ASKED.kinds["hsc"][0].text in sheet
    assert ASKED.kinds["msc"][0].text not in sheet
    assert "strong treatment and a transplant" in sheet


@pytest.mark.parametrize("spelling", ["nct90000001", " NCT90000001", "NCT090000001", "%20nct90000001%20"])
def test_other_spellings_lead_to_the_one_address(client: Client, spelling: str) -> None:
    response = client.get(f"/trials/{spelling}/sheet/")
    assert (response.status_code, response.headers["Location"]) == (301, f"/trials/{MSC}/sheet/")


@pytest.mark.parametrize(
    "text",
    [
        "NCT",
        "NCT0",
        "NCT123456789",
        "NCT9000000x",
        "90000001",
        "NCT９０００００",
        "a%00b",
        "..",
        "%F0%28",
        "export.csv",
    ],
)
def test_what_is_no_id_is_not_found(client: Client, text: str) -> None:
    assert client.get(f"/trials/{text}/sheet/").status_code == 404


def test_a_never_seen_study_is_a_page_that_offers_the_registry(client: Client) -> None:
    soup = sheet_at(client, NEVER, 404)
    assert soup.select(f'a[href="https://clinicaltrials.gov/study/{NEVER}"]')


def test_former_ids_lead_to_the_sheet_of_the_surviving_record(client: Client) -> None:
    response = client.get("/trials/nct90000106/sheet/", follow=True)
    assert response.redirect_chain[-1] == (f"/trials/{ALIASED}/sheet/", 301)
    Study.objects.filter(pk=MSC).update(registry_state=RegistryState.MERGED, merged_into=HSC)
    assert client.get(f"/trials/{MSC}/sheet/").headers["Location"] == f"/trials/{HSC}/sheet/"


@pytest.mark.parametrize("nct_id", [REVIEW, OUT])
def test_what_is_not_listed_says_so(client: Client, nct_id: str) -> None:
    assert "one of the trials that this site follows" in sheet_at(client, nct_id).select_one(".sheet").get_text()


def test_what_the_registry_dropped_says_so(client: Client) -> None:
    Study.objects.filter(pk=MSC).update(registry_state=RegistryState.GONE)
    assert "The registry no longer has this record." in sheet_at(client, MSC).select_one(".sheet").get_text()


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_can_only_be_read(client: Client, method: str) -> None:
    assert getattr(client, method)(f"/trials/{MSC}/sheet/").status_code == 405


@pytest.mark.parametrize("query", ["?q=x", "?page=-1", "?nct=%00", "?status=%F0%28"])
def test_parameters_that_mean_nothing_change_nothing(client: Client, query: str) -> None:
    assert client.get(f"/trials/{MSC}/sheet/{query}").status_code == 200


@pytest.mark.parametrize("nct_id", [MSC, HSC, WITH_CONTACTS])
def test_it_asks_the_database_seven_times(client: Client, nct_id: str) -> None:
    client.get(f"/trials/{nct_id}/sheet/")
    known.forget()
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/trials/{nct_id}/sheet/")
    tables = [query["sql"].partition(" FROM ")[2].split()[0].strip('"') for query in asked.captured_queries]
    assert tables == [
        "search_datasetversion",
        "ingest_syncrun",
        "studies_study",
        "ingest_studysnapshot",
        "search_studydocument",
        "curation_studyoverride",
        "classification_studylabel",
    ]


# Contacts are people


def _contact_words() -> set[str]:
    module = fixture("contacts_everywhere").protocol.contacts_locations
    people = [*module.central_contacts, *(contact for site in module.locations for contact in site.contacts)]
    return {word for contact in people for word in (contact.email, contact.phone) if word}


def test_contacts_stand_on_the_trials_page_and_its_sheet_and_nowhere_else(client: Client) -> None:
    words = _contact_words()
    assert len(words) > 1
    for path in (f"/trials/{WITH_CONTACTS}/", f"/trials/{WITH_CONTACTS}/sheet/"):
        text = client.get(path).content.decode()
        assert any(word in text for word in words), path
    others = [
        "/", "/trials/", "/trials/?view=table", f"/trials/?q={WITH_CONTACTS}",
        f"/compare/?nct={WITH_CONTACTS}&nct={MSC}",
        "/glossary/", "/data/", "/sitemap.xml", "/diseases/multiple-sclerosis/",
        f"/trials/{WITH_CONTACTS}/report/", f"/api/v1/studies/{WITH_CONTACTS}/", "/api/v1/studies/",
        f"/api/v1/studies/{WITH_CONTACTS}/changes/", f"/api/v1/studies/{WITH_CONTACTS}/evidence/",
        f"/api/ctgov/v2/studies/{WITH_CONTACTS}",
    ]  # fmt: skip
    for path in others:
        response = client.get(path)
        assert response.status_code == 200, path
        text = response.content.decode()
        assert not [word for word in words if word in text], path


# What fits


def long_payload() -> bytes:
    """A record with much of everything, in long words."""
    person = {
        "name": "A Coordinator With A Very Long Name " * 3,
        "phone": "+34 600 000 000",
        "email": f"{'x' * 50}@example.org",
    }
    place = {"facility": "University Hospital of a Town with a Long Name " * 4, "city": "A Town", "country": "Spain"}
    modules = {
        "identificationModule": {"nctId": "NCT90000050", "briefTitle": "A long title of a trial " * 12},
        "statusModule": {"overallStatus": "RECRUITING", "statusVerifiedDate": "2020-01"},
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "A sponsor with a long name " * 10}},
        "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"]},
        "outcomesModule": {"primaryOutcomes": [{"measure": "A measure of something " * 20}] * 9},
        "conditionsModule": {"conditions": ["Multiple Sclerosis"]},
        "armsInterventionsModule": {
            "armGroups": [{"label": f"Arm {at}", "type": "PLACEBO_COMPARATOR"} for at in range(6)],
            "interventions": [{"type": "PROCEDURE", "name": "Mesenchymal stem cells by a procedure of many words " * 3}]
            * 9,
        },
        "eligibilityModule": {"eligibilityCriteria": "Many. " * 300, "minimumAge": "18 Years"},
        "contactsLocationsModule": {
            "centralContacts": [person] * 8,
            "locations": [place | {"status": "RECRUITING"}] * 40,
        },
    }
    return json.dumps({"protocolSection": modules}).encode()


@pytest.mark.parametrize(
    ("language", "mark"),
    [("en", "(We are not sure that we read this right.)"), ("es", "(No estamos seguros de haberlo leído bien.)")],
)
def test_a_doubtful_gate_says_so_however_long_it_is(language: str, mark: str) -> None:
    labels = [
        Label("age", "7-21", doubtful=True),
        Label("sex", "all"),
        Label("duration", "<=12", doubtful=True, detail={"of_group": "a very long name " * 20}),
    ]
    with translation.override(language):
        sheet = build_sheet(record_of(), Standing(cell_types=["msc"]), labels=labels, today=TODAY)
    assert [gate.endswith(mark) for gate in sheet.gates] == [True, False, True]


def test_alternatives_have_one_box() -> None:
    labels = [Label("phenotype", "spms"), Label("phenotype", "ppms")]
    sheet = build_sheet(record_of(), Standing(cell_types=["hsc"]), labels=labels, today=TODAY)
    assert sheet.gates == ["Secondary progressive MS or primary progressive MS"]


def test_much_is_cut_and_told_as_cut() -> None:
    labels = [Label("severity", f"edss:{at}-6") for at in range(20)]
    sheet = build_sheet(parse_study(long_payload()), Standing(cell_types=["msc", "hsc"]), labels=labels, today=TODAY)
    assert len(sheet.gates) == GATES
    assert sheet.more_gates == "and 11 more"
    assert len(sheet.sites) == SITES
    assert sheet.more_sites == "and 35 more"
    assert len(sheet.people) == CONTACTS
    assert all(len(text) <= 170 for text in (sheet.title, *sheet.sites, *sheet.gates))
    assert sheet.fresh.stale


def test_a_record_that_says_nothing_says_so() -> None:
    sheet = build_sheet(record_of(), Standing(), questions=ASKED, today=TODAY)
    assert (sheet.gates, sheet.sites, sheet.people, sheet.phase) == ([], [], [], "no phase given")
    assert sheet.pill.label == "Status not given"
    assert sheet.team_questions == ASKED.team


def test_sites_that_recruit_come_first_and_lend_their_contacts() -> None:
    sites = [
        {"city": "Lyon", "country": "France", "status": "COMPLETED", "contacts": [{"name": "Late"}]},
        {"city": "Turin", "country": "Italy", "status": "RECRUITING", "contacts": [{"name": "First"}]},
    ]
    sheet = build_sheet(record_of({"contactsLocationsModule": {"locations": sites}}), Standing(), today=TODAY)
    assert sheet.sites == ["Turin, Italy (Recruiting)", "Lyon, France (Completed)"]
    assert [person.name for person in sheet.people] == ["First", "Late"]
