"""The protocol's facts in the order and the words of the page."""

from __future__ import annotations

import time
from typing import Any

import pytest

from apps.web.trial_page import Standing
from tests.factories.guide import guide_in
from tests.unit.web.trial_pages import fixture, html_of, record_of, soup_of


def head(protocol: dict[str, Any] | None = None, **sections: Any) -> dict[str, str]:
    soup = soup_of(record_of(protocol, **sections))
    return {
        fact.dt.get_text(): " ".join(fact.dd.get_text(" ", strip=True).split())
        for fact in soup.select(".trial-facts > div")
    }


def site(**values: Any) -> dict[str, Any]:
    return {"facility": "A hospital", "city": "Lyon", "country": "France"} | values


def test_the_sections_stand_in_the_order_in_which_a_reader_asks() -> None:
    soup = soup_of(fixture("results_with_adverse_events"))
    order = [part["id"] for part in soup.select("section.trial-part")]
    asked = ["about", "given", "who", "where", "when", "ask", "measured", "results", "design", "sponsors", "record"]
    assert [name for name in order if name in asked] == asked
    assert [link["href"] for link in soup.select("aside .toc a")] == [f"#{name}" for name in order]
    ids = [tag["id"] for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids))


def test_absent_key_facts_are_told_as_absent() -> None:
    facts = head()
    assert set(facts.values()) == {"The record does not say.", "NCT90000050 ClinicalTrials.gov"}
    assert len(facts) == 8


def test_key_facts_tell_planned_from_actual_and_how_old_the_record_is() -> None:
    facts = head(
        {
            "statusModule": {
                "statusVerifiedDate": "2025-03",
                "startDateStruct": {"date": "2024-05", "type": "ACTUAL"},
                "primaryCompletionDateStruct": {"date": "2027-06", "type": "ESTIMATED"},
                "lastUpdatePostDateStruct": {"date": "2025-05-03", "type": "ACTUAL"},
            },
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": ["PHASE1", "PHASE2"],
                "enrollmentInfo": {"count": 1148, "type": "ESTIMATED"},
            },
        }
    )
    assert facts["Phase"] == "Phase 1/2"
    assert facts["People in the trial"] == "1,148 (planned)"
    assert facts["Start"] == "May 2024 (actual)"
    assert facts["Last visit for the main result"] == "June 2027 (planned)"
    assert facts["Record last updated"] == "3 May 2025, 12 months ago The sponsor last confirmed it in March 2025."


@pytest.mark.parametrize(
    ("status", "updated", "told"),
    [
        ("RECRUITING", "2022-07-29", "It was last updated 3 years ago."),
        ("NOT_YET_RECRUITING", "2025-04", "It was last updated 12 months ago."),
        ("RECRUITING", "2025-05-03", ""),
        ("RECRUITING", "", "The record does not say when it was last updated."),
        ("COMPLETED", "2012-01-01", ""),
    ],
)
def test_an_open_trial_whose_record_nobody_touched_for_a_year_says_so(status: str, updated: str, told: str) -> None:
    module = {"overallStatus": status, "lastUpdatePostDateStruct": {"date": updated} if updated else {}}
    notice = soup_of(record_of({"statusModule": module})).select_one(".notice")
    assert bool(notice) == bool(told)
    assert told in (notice.get_text() if notice else "")
    assert ("before you travel" in notice.get_text()) if notice else True


def test_risk_and_money_is_told_for_each_kind_by_itself_with_its_sources() -> None:
    both = Standing(cell_types=["msc", "hsc"], diseases=["multiple-sclerosis"])
    told = {kind: guide_in().risks(kind) for kind in both.cell_types}
    risk = soup_of(record_of(), both, risks=told).find(id="risk")
    assert [kind["class"][-1] for kind in risk.select("h3.kind")] == ["kind--msc", "kind--hsc"]
    for kind in risk.select(".trial-text:has(h3)"):
        assert all(statement.select("a[href^=https]") for statement in kind.select("p"))
    assert risk.select('a[href="/diseases/multiple-sclerosis/#travel"]')
    assert "no endorsement" in risk.get_text()
    assert soup_of(record_of(), Standing(scope="out")).find(id="risk") is None


def test_the_registrys_number_for_not_known_is_not_shown() -> None:
    soup = soup_of(fixture("enrolment_unknown"))
    assert "99999999" not in soup.get_text()
    assert "99,999,999" not in soup.get_text()


def test_an_observational_study_has_no_phase_and_says_so() -> None:
    assert head({"designModule": {"studyType": "OBSERVATIONAL"}})["Phase"] == "None: observational study"


@pytest.mark.parametrize(
    ("countries", "where"),
    [
        (["France"], "France 1 site"),
        (["Spain", "France", "Spain"], "France, Spain 3 sites"),
        (["A", "B", "C", "D", "E", "F", "G"], "A, B, C, D, E and 2 more countries 7 sites"),
        ([None], "1 site"),
    ],
)
def test_where_in_short(countries: list[str | None], where: str) -> None:
    locations = [{"city": "X"} | ({"country": name} if name else {}) for name in countries]
    assert head({"contactsLocationsModule": {"locations": locations}})["Where"] == where


def test_sites_stand_by_country_with_their_counts() -> None:
    locations = [site(status="RECRUITING"), site(country="Turkey", city="Izmir"), site(), {"city": "Nowhere"}]
    where = soup_of(record_of({"contactsLocationsModule": {"locations": locations}})).find(id="where")
    told = [" ".join(summary.get_text().split()) for summary in where.select("summary")]
    assert told == ["France 2 sites, 1 recruiting", "Türkiye 1 site", "Country not given 1 site"]
    assert all(details.has_attr("open") for details in where.select("details"))
    assert len(where.select("tbody tr")) == 4


def test_many_sites_are_folded_and_a_large_country_is_divided_by_state() -> None:
    locations = [site(country="United States", city="Town", state=f"State {n % 3}") for n in range(60)]
    where = soup_of(record_of({"contactsLocationsModule": {"locations": locations}})).find(id="where")
    assert not where.select("details[open]")
    assert [row.get_text(" ", strip=True) for row in where.select(".trial-region")] == [
        "State 0 20 sites",
        "State 1 20 sites",
        "State 2 20 sites",
    ]
    assert len(where.select("tbody tr:not(.trial-region)")) == 60


def test_contacts_can_be_called_and_written_to() -> None:
    contact = {
        "name": "Ada Test",
        "role": "CONTACT",
        "phone": "+33 (0)4-72 11",
        "phoneExt": "12",
        "email": "a@b.example",
    }
    module = {"centralContacts": [contact], "locations": [site(contacts=[contact])]}
    soup = soup_of(record_of({"contactsLocationsModule": module}))
    for part in ("ask", "where"):
        links = {link["href"]: link.get_text() for link in soup.find(id=part).select("a")}
        assert links == {"tel:+33047211": "+33 (0)4-72 11, extension 12", "mailto:a@b.example": "a@b.example"}


def test_a_record_without_a_contact_says_so() -> None:
    assert "The record names no contact" in soup_of(record_of()).find(id="ask").get_text()


def test_arms_stand_with_what_they_are_given() -> None:
    module = {
        "armGroups": [
            {"label": "Cells", "type": "EXPERIMENTAL", "description": r"\<2 x 10\^6", "interventionNames": ["Drug: X"]},
            {"label": "Sham", "type": "SHAM_COMPARATOR"},
        ],
        "interventions": [{"type": "BIOLOGICAL", "name": "X", "otherNames": ["Y", "Z"], "armGroupLabels": ["Cells"]}],
    }
    tables = soup_of(record_of({"armsInterventionsModule": module})).find(id="given").select("table")
    rows = [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in tables[0].select("tbody tr")]
    assert rows == [["Cells Experimental", "<2 x 10^6", "Drug: X"], ["Sham Sham comparator", "–", "–"]]
    assert tables[1].tbody.get_text(" ", strip=True) == "X Biological also: Y, Z Cells"
    assert len(tables[1].select("thead th")) == 2


def test_who_can_join() -> None:
    module = {
        "eligibilityCriteria": "Inclusion Criteria:\n\nAge 18\nConsent\n\nExclusion Criteria:\n\n* Pregnancy",
        "sex": "FEMALE",
        "minimumAge": "18 Years",
        "maximumAge": "55 Years",
        "stdAges": ["ADULT"],
    }
    who = soup_of(record_of({"eligibilityModule": module})).find(id="who")
    facts = {term.get_text(): term.find_next("dd").get_text(" ", strip=True) for term in who.select("dt")}
    assert facts == {
        "Age": "18 to 55 years The registry files it under: Adult (18 to 64).",
        "Sex": "Female",
        "Healthy volunteers": "The record does not say.",
    }
    assert [heading.get_text() for heading in who.select("h4")] == ["Inclusion Criteria:", "Exclusion Criteria:"]
    assert [line.get_text() for line in who.select(".trial-criteria p")] == ["Age 18", "Consent"]


def test_a_sentence_on_criteria_is_no_heading() -> None:
    text = "People must meet all inclusion criteria of the parent study and consent in writing before anything is done."
    assert not soup_of(record_of({"eligibilityModule": {"eligibilityCriteria": text}})).find(id="who").select("h4")


def test_references_link_to_pubmed_and_flag_retractions() -> None:
    module = {
        "references": [
            {
                "pmid": "123",
                "type": "DERIVED",
                "citation": "A paper.",
                "retractions": [{"pmid": "9", "source": "J. 2020"}],
            },
            {"citation": "No number.", "type": "BACKGROUND"},
            {"pmid": "../x", "citation": "Odd."},
        ],
        "seeAlsoLinks": [{"label": r"Plan\_1", "url": "https://example.org/p"}, {"label": "X", "url": "javascript:x"}],
    }
    part = soup_of(record_of({"referencesModule": module})).find(id="references")
    assert [link["href"] for link in part.select("a")] == [
        "https://pubmed.ncbi.nlm.nih.gov/123/",
        "https://example.org/p",
    ]
    assert all("nofollow" in link["rel"] for link in part.select("a"))
    assert "Retracted: J. 2020, PubMed 9" in " ".join(part.get_text().split())
    assert part.select("a")[1].get_text() == "Plan_1"


def test_documents_link_to_the_registrys_files() -> None:
    files = [
        {
            "label": "Study Protocol",
            "hasProtocol": True,
            "filename": "Prot_000.pdf",
            "size": 1_590_628,
            "date": "2020-05",
        },
        {"label": "Odd", "filename": "../../x.pdf"},
    ]
    section = {"largeDocumentModule": {"largeDocs": files}}
    part = soup_of(record_of(documentSection=section)).find(id="documents")
    assert [link["href"] for link in part.select("a")] == [
        "https://cdn.clinicaltrials.gov/large-docs/50/NCT90000050/Prot_000.pdf"
    ]
    assert "1.6 MB" in part.get_text()
    assert "../../x.pdf" in part.get_text()


def test_links_out_of_the_site_are_not_followed_by_search_engines() -> None:
    soup = soup_of(fixture("contacts_everywhere"))
    out = soup.select("article a[href^=http]")
    assert out
    assert all({"nofollow", "noopener"} <= set(link["rel"]) for link in out)


def test_the_two_kinds_of_cell_are_two_marks_with_two_words() -> None:
    soup = soup_of(record_of(), Standing(cell_types=["msc", "hsc"], diseases=["multiple-sclerosis"]))
    marks = {mark["class"][1]: mark.get_text() for mark in soup.select(".trial-marks .kind")}
    assert set(marks) == {"kind--msc", "kind--hsc"}
    assert "(MSC)" in marks["kind--msc"]
    assert "(HSC)" in marks["kind--hsc"]


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(scope="review", reasons=["The cells are not named."]), "A person has yet to decide"),
        (Standing(scope="out", reasons=["The cells are not named."]), "This is not one of the trials that we follow"),
    ],
)
def test_what_is_not_listed_says_so_with_reasons(standing: Standing, words: str) -> None:
    soup = soup_of(record_of(), standing)
    notice = soup.select_one(".notice").get_text()
    assert words in notice
    assert "The cells are not named." in notice
    assert soup.select_one("meta[name=robots]")["content"].startswith("noindex")


@pytest.mark.parametrize(
    ("state", "words"),
    [("gone", "The registry no longer has this record"), ("left", "Our searches no longer find this record")],
)
def test_what_left_the_registry_says_so(state: str, words: str) -> None:
    soup = soup_of(record_of(), Standing(registry_state=state))
    assert words in soup.select_one(".notice").get_text()
    assert soup.select_one("meta[name=robots]")["content"].startswith("noindex")


def test_a_listed_trial_has_no_notice_and_may_be_indexed() -> None:
    soup = soup_of(record_of())
    assert not soup.select(".notice")
    assert soup.select_one("meta[name=robots]")["content"] == "index, follow"


def test_results_that_the_record_announces_but_lacks_are_pointed_to() -> None:
    notice = soup_of(record_of(hasResults=True)).select_one(".notice")
    assert notice.a["href"] == "https://clinicaltrials.gov/study/NCT90000050"
    assert soup_of(record_of(hasResults=False)).select_one(".notice") is None


def test_an_unknown_status_tells_the_one_before_it() -> None:
    status = soup_of(fixture("status_unknown_once_recruiting")).select_one(".trial-status").get_text()
    assert status.startswith("The record says: The trial was open, and nobody has confirmed")
    assert "Before that it was: Recruiting." in status


def test_what_the_trial_does_is_the_records_word_as_of_its_confirmation() -> None:
    module = {"overallStatus": "RECRUITING", "statusVerifiedDate": "2022-05"}
    status = soup_of(record_of({"statusModule": module})).select_one(".trial-status").get_text()
    assert status == "As of May 2022, the record says: The trial is taking people now."


def test_a_record_that_stopped_early_gives_its_reason() -> None:
    module = {"overallStatus": "TERMINATED", "whyStopped": "Slow <b>accrual</b>"}
    soup = soup_of(record_of({"statusModule": module}))
    assert soup.select_one(".pill").get_text() == "Stopped early"
    assert "“Slow <b>accrual</b>”" in soup.select_one(".trial-status").get_text()


def test_no_text_of_a_record_becomes_markup() -> None:
    attack = "<img src=x onerror=alert(1)>"
    person = {"name": attack, "phone": attack, "email": attack, "role": attack}
    protocol = {
        "identificationModule": {
            "nctId": "NCT90000050",
            "briefTitle": attack,
            "officialTitle": attack,
            "acronym": attack,
        },
        "statusModule": {"overallStatus": attack, "whyStopped": attack, "startDateStruct": {"date": attack}},
        "descriptionModule": {"briefSummary": attack, "detailedDescription": "* " + attack},
        "conditionsModule": {"conditions": [attack, attack], "keywords": [attack]},
        "armsInterventionsModule": {
            "armGroups": [{"label": attack, "description": attack, "interventionNames": [attack]}],
            "interventions": [{"name": attack, "type": attack, "otherNames": [attack], "armGroupLabels": [attack]}],
        },
        "outcomesModule": {"primaryOutcomes": [{"measure": attack, "timeFrame": attack, "description": attack}]},
        "eligibilityModule": {"eligibilityCriteria": f"Inclusion criteria {attack}:\n\n{attack}", "minimumAge": attack},
        "contactsLocationsModule": {
            "centralContacts": [person],
            "overallOfficials": [{"name": attack, "affiliation": attack}],
            "locations": [{"facility": attack, "city": attack, "country": attack, "contacts": [person]}],
        },
        "referencesModule": {"references": [{"citation": attack}], "seeAlsoLinks": [{"label": attack, "url": attack}]},
        "sponsorCollaboratorsModule": {
            "leadSponsor": {"name": attack},
            "collaborators": [{"name": attack}, {"name": attack}],
        },
    }
    soup = soup_of(record_of(protocol), Standing(scope="out", reasons=[attack]))
    assert not soup.select("article img")
    assert not soup.select("[onerror]")
    assert soup.get_text().count(attack) > 25


def test_the_largest_records_render_in_time() -> None:
    contact = {"name": "Site Contact", "role": "CONTACT", "phone": "800-555-0100", "email": "site@example.org"}
    locations = [
        site(facility=f"Hospital {n}", state=f"State {n % 50}", status="RECRUITING", contacts=[contact] * 2)
        for n in range(1200)
    ]
    outcome = {"measure": "A measure", "timeFrame": "1 year", "description": "* one\n* two \\<5\n\n" + "word " * 100}
    record = record_of(
        {
            "contactsLocationsModule": {"locations": locations},
            "outcomesModule": {"secondaryOutcomes": [outcome | {"measure": f"Measure {n}"} for n in range(100)]},
        }
    )
    started = time.process_time()
    html_of(record)
    assert time.process_time() - started < 1.5
