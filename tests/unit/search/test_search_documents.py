"""From the record to the document: which text is found where, and what must never be found."""

from __future__ import annotations

import msgspec

from apps.ctgov.parser import parse_study
from apps.search.documents import TEXT_LIMITS, DocumentEntry, build_entry
from apps.search.models import VECTORS, StudyDocument

RECORD = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT90000042",
            "nctIdAliases": ["NCT90000041"],
            "orgStudyIdInfo": {"id": "ORG-7"},
            "secondaryIdInfos": [{"id": "2011-000468-32", "type": "EUDRACT_NUMBER"}],
            "briefTitle": "Cells in\u0000 Sclerosis",
            "officialTitle": "A Randomised Trial of Cells",
            "acronym": "CELLS",
        },
        "statusModule": {
            "overallStatus": "COMPLETED",
            "startDateStruct": {"date": "2020-03"},
            "studyFirstPostDateStruct": {"date": "2020-01-02", "type": "ACTUAL"},
            "lastUpdatePostDateStruct": {"date": "2023-04-05", "type": "ACTUAL"},
        },
        "sponsorCollaboratorsModule": {
            "responsibleParty": {"type": "PRINCIPAL_INVESTIGATOR", "investigatorFullName": "Iris Investigator"},
            "leadSponsor": {"name": "Sponsor House", "class": "INDUSTRY"},
            "collaborators": [{"name": "Second House", "class": "OTHER"}],
        },
        "descriptionModule": {"briefSummary": "We test whether.", "detailedDescription": "Long words unheard"},
        "conditionsModule": {"conditions": ["Multiple Sclerosis"], "keywords": ["remyelination"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE1", "PHASE2"],
            "enrollmentInfo": {"count": 99999999, "type": "ACTUAL"},
        },
        "armsInterventionsModule": {
            "armGroups": [{"label": "High dose", "description": "Two infusions"}],
            "interventions": [{"type": "BIOLOGICAL", "name": "CX-1", "otherNames": ["Cellulon"]}],
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Relapse rate", "description": "Flares a year"}],
            "secondaryOutcomes": [{"measure": "Walking speed"}],
            "otherOutcomes": [{"measure": "Sleep", "description": "By diary"}],
        },
        "eligibilityModule": {"eligibilityCriteria": "Inclusion: natalizumab has failed"},
        "contactsLocationsModule": {
            "centralContacts": [{"name": "Cora Contact", "phone": "555 0100", "email": "cora@example.org"}],
            "overallOfficials": [{"name": "Olga Official", "affiliation": "Sponsor House"}],
            "locations": [
                {
                    "facility": "Clinic One",
                    "city": "Lyon",
                    "country": "France",
                    "contacts": [{"name": "Sid Site", "email": "sid@example.org"}],
                },
                {"facility": "Clinic Two", "city": "Seoul", "country": "Korea, Republic of"},
                {"city": "Belgrade", "country": "Former Yugoslavia"},
            ],
        },
    },
    "hasResults": True,
}


def built(record: object = RECORD) -> DocumentEntry:
    return build_entry(parse_study(record), scope="in_scope", diseases=["multiple-sclerosis"])


def test_columns_follow_the_record():
    document = built()
    assert document.title == "Cells in\N{REPLACEMENT CHARACTER} Sclerosis", "the parser's doing"
    assert document.countries == ("FR", "Former Yugoslavia", "KR")
    assert document.enrollment is None
    assert (document.start_date, document.last_update_posted) == ("2020-03", "2023-04-05")
    assert document.phases == ("PHASE1", "PHASE2")
    assert (document.sponsor_class, document.location_count, document.has_results) == ("INDUSTRY", 3, True)


def test_each_text_holds_its_kind_of_words():
    document = built()
    for word in ("NCT90000042", "NCT90000041", "ORG-7", "2011-000468-32", "CELLS", "Randomised"):
        assert word in document.text_a
    for word in ("Multiple Sclerosis", "remyelination", "CX-1", "Cellulon"):
        assert word in document.text_b
    for word in ("Sponsor House", "Second House", "Olga Official", "Lyon", "France", "Relapse rate", "Clinic One"):
        assert word in document.text_c
    for word in ("We test whether.", "High dose", "Two infusions", "Walking speed"):
        assert word in document.text_d


def test_the_texts_of_fields_hold_their_field_alone():
    document = built()
    assert document.text_conditions == "Multiple Sclerosis\nremyelination"
    assert document.text_interventions == "CX-1\nCellulon"
    assert document.text_sponsors == "Sponsor House\nSecond House"
    assert document.text_outcomes == "Relapse rate\nFlares a year\nWalking speed\nSleep\nBy diary"
    assert document.text_eligibility == "Inclusion: natalizumab has failed"
    for text in (document.text_a, document.text_b, document.text_c, document.text_d):
        assert "natalizumab" not in text
        assert "diary" not in text


def test_the_texts_of_one_vector_fit_into_it_together():
    whole = ("text_a", "text_b", "text_c", "text_d", "text_outcomes", "text_eligibility")
    fields = ("text_conditions", "text_interventions", "text_sponsors", "text_outcomes")
    for columns in (whole, fields):
        assert sum(TEXT_LIMITS[column] for column in columns) < 240_000


def test_no_contact_is_in_any_column():
    told = msgspec.json.encode(built()).decode()
    for contact in ("Cora Contact", "555 0100", "cora@example.org", "Sid Site", "sid@example.org"):
        assert contact not in told


def test_an_empty_record_has_a_document():
    document = built({"protocolSection": {"identificationModule": {"nctId": "NCT90000001"}}})
    assert document.title == "NCT90000001"
    assert document.text_a == "NCT90000001"
    assert document.countries == ()


def test_texts_are_cut_without_breaking_a_character():
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT90000001"},
            "descriptionModule": {"briefSummary": "é€😀 " * 60_000},
        }
    }
    text = built(record).text_d
    assert TEXT_LIMITS["text_d"] - 4 < len(text.encode()) <= TEXT_LIMITS["text_d"]


def test_an_entry_has_the_columns_of_the_model():
    columns = {field.name for field in StudyDocument._meta.concrete_fields}
    assert {*DocumentEntry.__dataclass_fields__, *VECTORS, "published_from"} == columns
