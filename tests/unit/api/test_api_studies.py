"""The API's lists and records: shapes, errors, conditional requests, and what must not be in there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.api.serializers import EvidenceSerializer, StudyDetailSerializer, StudySerializer
from apps.ingest.models import QueryMembership
from apps.search.query import PARAMETERS
from apps.studies.models import Study
from apps.vocabulary.cards import FIELDS
from tests.factories.documents import entry, publish
from tests.factories.studies import situation, study

pytestmark = pytest.mark.django_db

LIST = "/api/v1/studies/"
NCT = "NCT90000001"
DETAIL = f"{LIST}{NCT}/"
PROBLEM = "application/problem+json"
CONTACTS = ("Test Contact", "+00 000 0000", "contact@example.org", "Site Contact", "site@example.org")


class TestList:
    def test_a_page_has_the_promised_shape(self, api: Client) -> None:
        publish(*[entry() for _ in range(3)])
        body = api.get(LIST, {"page_size": 2}).json()
        assert set(body) == {"count", "next", "previous", "results"}
        assert body["count"] == 3
        assert body["next"] == "http://testserver/api/v1/studies/?page=2&page_size=2"
        assert body["previous"] is None
        last = api.get(body["next"]).json()
        assert last["next"] is None
        assert last["previous"] == "http://testserver/api/v1/studies/?page_size=2"
        assert len({row["nct_id"] for row in body["results"] + last["results"]}) == 3

    def test_a_row_says_what_is_published(self, api: Client, settings: Any) -> None:
        settings.SITE_URL = "https://trials.example/"
        publish(
            entry(NCT, phases=["PHASE1", "PHASE2"], acronym="", enrollment=None, start_date="", reasons=["Because."])
        )
        [row] = api.get(LIST).json()["results"]
        assert row == {
            "nct_id": NCT,
            "url": f"https://trials.example/trials/{NCT}/",
            "title": "Cells for people with multiple sclerosis 001",
            "acronym": None,
            "study_type": "INTERVENTIONAL",
            "overall_status": "RECRUITING",
            "phases": ["PHASE1", "PHASE2"],
            "scope": "in_scope",
            "reasons": ["Because."],
            "diseases": ["multiple-sclerosis"],
            "cell_types": ["msc"],
            "countries": ["ES"],
            "sponsor": "University Hospital of Testing",
            "sponsor_class": "OTHER",
            "interventions": ["Mesenchymal stromal cells"],
            "conditions": ["Multiple Sclerosis"],
            "enrollment": None,
            "enrollment_type": "ESTIMATED",
            "location_count": 1,
            "has_results": False,
            "start_date": None,
            "primary_completion_date": None,
            "first_submitted": None,
            "first_posted": "2024-04-01",
            "last_update_posted": "2025-01-01",
            "registration": "cannot-be-told",
            "allocation": None,
            "masking": None,
            "who_masked": [],
            "sex": None,
            "age_groups": [],
            "publications": [],
            "fda_drug": None,
            "fda_device": None,
            "registry_state": "present",
            "card": {field.slug: [] for field in FIELDS},
            "doubts": [],
            "qualified_limits": [],
            "decided": [],
            "cautions": [],
        }

    def test_the_description_names_every_field_of_a_row(self, api: Client) -> None:
        publish(entry())
        assert set(api.get(LIST).json()["results"][0]) == set(StudySerializer().fields)

    def test_filters_are_those_of_the_site(self, api: Client) -> None:
        publish(entry(NCT, countries=["CN"]), entry(), entry(scope="review"), entry(scope="out"))
        assert [row["nct_id"] for row in api.get(f"{LIST}?country=china&country=jp").json()["results"]] == [NCT]
        assert api.get(f"{LIST}?scope=all").json()["count"] == 4
        assert api.get(f"{LIST}?scope=out&scope=review").json()["count"] == 2
        assert api.get(f"{LIST}?status=recruiting&phase=phase4").json()["count"] == 0

    def test_a_cut_text_and_one_without_words_are_told(self, api: Client) -> None:
        publish(entry())
        body = api.get(LIST, {"q": "sclerosis " * 100}).json()
        assert "500" in body["notices"][0]
        assert body["count"] == 1
        body = api.get(LIST, {"q": "the"}).json()
        assert (body["count"], len(body["notices"])) == (0, 1)

    def test_a_page_past_the_last_is_not_found_and_leads_back(self, api: Client) -> None:
        publish(entry())
        response = api.get(LIST, {"page": 2, "status": "RECRUITING"})
        assert response.status_code == 404
        assert response["Content-Type"] == PROBLEM
        assert response.json()["last"] == "http://testserver/api/v1/studies/?status=RECRUITING"

    def test_an_empty_dataset_is_an_empty_list(self, api: Client) -> None:
        assert api.get(LIST).json() == {"count": 0, "next": None, "previous": None, "results": []}


NONSENSE = [
    "bogus", "0", "-1", "1.5", "201", "999999999999999999999", "true false", "' OR 1=1 --", "<script>", "\x00", "%00",
    "😀", "../../etc/passwd", "null", "[]", "{}", "a" * 5000, "٣", "\u202e", "NaN", "--title", "in_scope,all",
    "\ud7ff\ue000",
]  # fmt: skip


class TestNonsense:
    @pytest.mark.parametrize("parameter", [*PARAMETERS, "format", "as_of", "page[]", "", "\x00", "é"])
    def test_nothing_is_a_server_error(self, api: Client, parameter: str) -> None:
        publish(entry())
        for value in NONSENSE:
            response = api.get(LIST, {parameter: value})
            assert response.status_code in {200, 400, 404}, value
            if parameter not in PARAMETERS:
                assert response.status_code == 400
            if response.status_code == 400:
                assert response["Content-Type"] == PROBLEM
                [error] = response.json()["errors"]
                assert error["message"] in response.json()["detail"]
                assert error["allowed"]

    @pytest.mark.parametrize("parameter", [name for name in PARAMETERS if name not in {"q", "sponsor"}])
    def test_an_unknown_value_says_what_is_allowed(self, api: Client, parameter: str) -> None:
        response = api.get(LIST, {parameter: "bogus"})
        assert response.status_code == 400
        body = response.json()
        assert (body["status"], body["title"]) == (400, "Bad Request")
        [error] = body["errors"]
        assert (error["parameter"], error["value"]) == (parameter, "bogus")
        assert all(str(word) in error["message"] for word in error["allowed"])

    def test_an_unknown_parameter_says_what_there_is(self, api: Client) -> None:
        body = api.get(LIST, {"disese": "multiple-sclerosis"}).json()
        assert body["errors"][0]["allowed"] == [*PARAMETERS, "cursor", "fields"]

    def test_every_error_of_a_query_is_told_at_once(self, api: Client) -> None:
        body = api.get(f"{LIST}?status=x&status=RECRUITING&phase=y&z=1").json()
        assert {error["parameter"] for error in body["errors"]} == {"status", "phase", "z"}

    def test_more_parameters_than_can_be_read_are_refused(self, api: Client) -> None:
        response = api.get(f"{LIST}?{'&'.join(f'status=x{number}' for number in range(1500))}")
        assert response.status_code == 400

    def test_broken_encoding_is_no_server_error(self, api: Client) -> None:
        assert api.get(f"{LIST}?q=%ff%fe%80").status_code == 200
        assert api.get(f"{LIST}?status=%ff").status_code == 400
        assert api.get(f"{LIST}%ff/").status_code == 404

    @pytest.mark.parametrize("accept", ["text/html", "text/csv", "*/*", "nonsense", "application/xml;q=0.9"])
    def test_there_is_json_whatever_is_accepted(self, api: Client, accept: str) -> None:
        response = api.get(LIST, headers={"accept": accept})
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    @pytest.mark.parametrize("address", [LIST, DETAIL, "/api/v1/schema/", "/api/"])
    def test_writing_is_not_allowed(self, api: Client, method: str, address: str) -> None:
        response = getattr(api, method)(address, data="{}", content_type="application/json")
        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD, OPTIONS"
        assert response["Content-Type"] == PROBLEM

    @pytest.mark.parametrize(
        "address", ["/api/v2/studies/", "/api/v1/x/", f"{LIST}{NCT}/labels/", "/api/v1/studies/a/b"]
    )
    def test_any_other_address_is_not_found(self, api: Client, address: str) -> None:
        response = api.get(address, follow=True)
        assert (response.status_code, response["Content-Type"]) == (404, PROBLEM)


class TestDetail:
    def test_a_study_has_its_labels_memberships_and_whole_record(
        self, api: Client, arrive: Callable[..., None], django_assert_num_queries: Any
    ) -> None:
        record = study(NCT)
        arrive(record)
        QueryMembership.objects.create(nct_id=NCT, query="multiple-sclerosis-msc", since="2026-01-02T03:04:05Z")
        # 1 dataset version, 2 memberships, 3 study, 4 document, 5 snapshot's payload, 6 kinds of caution, 7 decisions,
        # 8 labels
        with django_assert_num_queries(8):
            response = api.get(DETAIL)
        body = response.json()
        assert set(body) == set(StudyDetailSerializer().fields)
        assert (body["nct_id"], body["scope"], body["diseases"]) == (NCT, "in_scope", ["multiple-sclerosis"])
        assert body["memberships"] == [
            {"query": "multiple-sclerosis-msc", "since": "2026-01-02T03:04:05Z", "until": None}
        ]
        assert {"scope", "disease", "cell_type"} <= {label["scheme"] for label in body["labels"]}
        evidence = next(label for label in body["labels"] if label["scheme"] == "cell_type")["evidence"][0]
        assert set(evidence) == set(EvidenceSerializer().fields)
        module = record["protocolSection"]["contactsLocationsModule"]
        del module["centralContacts"], module["locations"][0]["contacts"]
        assert body["record"] == record

    def test_no_contact_is_anywhere_in_the_api(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(NCT))
        for address in (LIST, DETAIL, f"{LIST}?scope=all&q=test"):
            told = api.get(address).content.decode()
            assert NCT in told
            for contact in CONTACTS:
                assert contact not in told
        assert "Test Official, MD" in api.get(DETAIL).content.decode()
        for contact in CONTACTS:
            assert api.get(LIST, {"q": f'"{contact}"', "scope": "all"}).json()["count"] == 0

    def test_a_study_out_of_scope_has_its_document(self, api: Client, arrive: Callable[..., None]) -> None:
        record = json.loads(situation("exosomes_out_of_scope"))
        arrive(record)
        body = api.get(f"{LIST}{record['protocolSection']['identificationModule']['nctId']}/").json()
        assert body["scope"] == "out"
        assert body["reasons"]

    @pytest.mark.parametrize("spelling", ["nct90000001", "NCT0090000001", "nCt90000001"])
    def test_another_spelling_leads_to_the_one_address(self, api: Client, spelling: str) -> None:
        response = api.get(f"{LIST}{spelling}/")
        assert (response.status_code, response["Location"]) == (301, DETAIL)

    @pytest.mark.parametrize("text", ["NCT", "90000001", "NCT123456789", "NCT0", "abc", "NCT9000000a", "%00", "NCT１"])
    def test_what_is_no_id_is_not_found(self, api: Client, text: str) -> None:
        response = api.get(f"{LIST}{text}/")
        assert (response.status_code, response["Content-Type"]) == (404, PROBLEM)

    def test_a_study_that_we_never_had_is_not_found(self, api: Client) -> None:
        response = api.get(DETAIL)
        assert response.status_code == 404
        assert NCT in response.json()["detail"]
        assert "ETag" not in response

    def test_a_merged_study_and_an_alias_lead_to_the_record_that_stands(
        self, api: Client, arrive: Callable[..., None]
    ) -> None:
        aliases = {"protocolSection.identificationModule.nctIdAliases": ["NCT80000008"]}
        arrive(study(NCT), study("NCT90000002", aliases))
        Study.objects.filter(pk=NCT).update(registry_state="merged", merged_into="NCT90000002")
        for former in (NCT, "NCT80000008"):
            response = api.get(f"{LIST}{former}/")
            assert (response.status_code, response["Location"]) == (301, f"{LIST}NCT90000002/")

    def test_a_gone_study_keeps_its_answer_and_says_so(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(NCT))
        publish(entry(NCT, registry_state="gone"))
        assert api.get(DETAIL).json()["registry_state"] == "gone"

    def test_it_takes_no_parameters_but_fields(self, api: Client) -> None:
        response = api.get(DETAIL, {"format": "json", "q": "x"})
        assert response.status_code == 400
        assert [error["allowed"] for error in response.json()["errors"]] == [["fields"], ["fields"]]


class TestConditionalRequests:
    def test_a_list_that_has_not_moved_costs_one_statement(self, api: Client, django_assert_num_queries: Any) -> None:
        publish(entry(), entry())
        # 1 dataset version, 2 the kinds of caution and 3 the facet columns for this process, 4 the page's rows
        with django_assert_num_queries(4):
            first = api.get(LIST)
        assert "must-revalidate" in first["Cache-Control"]
        # 1 dataset version
        with django_assert_num_queries(1):
            again = api.get(LIST, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert again["Access-Control-Allow-Origin"] == "*"
        # 1 dataset version, 2 the page's rows
        with django_assert_num_queries(2):
            assert api.get(f"{LIST}?status=RECRUITING", headers={"if-none-match": first["ETag"]}).status_code == 200

    def test_a_publication_ends_the_copy(self, api: Client) -> None:
        publish(entry())
        tag = api.get(LIST)["ETag"]
        publish(entry())
        assert api.get(LIST, headers={"if-none-match": tag}).status_code == 200

    def test_a_record_that_has_not_moved_costs_two_statements(
        self, api: Client, arrive: Callable[..., None], django_assert_num_queries: Any
    ) -> None:
        arrive(study(NCT))
        tag = api.get(DETAIL)["ETag"]
        # 1 dataset version, 2 memberships
        with django_assert_num_queries(2):
            assert api.get(DETAIL, headers={"if-none-match": tag}).status_code == 304

    def test_a_change_anywhere_in_the_record_ends_the_copy(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(NCT))
        tag = api.get(DETAIL)["ETag"]
        arrive(study(NCT, {"protocolSection.eligibilityModule.maximumAge": "61 Years"}))
        response = api.get(DETAIL, headers={"if-none-match": tag})
        assert response.status_code == 200
        assert response.json()["record"]["protocolSection"]["eligibilityModule"]["maximumAge"] == "61 Years"

    def test_a_query_that_lost_the_study_ends_the_copy(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(NCT))
        found = QueryMembership.objects.create(nct_id=NCT, query="x", since="2026-01-02T00:00Z")
        tag = api.get(DETAIL)["ETag"]
        found.until = "2026-02-03T00:00Z"
        found.save()
        assert api.get(DETAIL, headers={"if-none-match": tag}).status_code == 200

    def test_head_answers_like_get_without_a_body(self, api: Client) -> None:
        publish(entry())
        response = api.head(LIST)
        assert (response.status_code, response.content) == (200, b"")
        assert response["ETag"] == api.get(LIST)["ETag"]


class TestOtherSites:
    @pytest.mark.parametrize("address", [LIST, f"{LIST}?status=x", DETAIL, "/api/v1/schema/", "/api/x/"])
    def test_any_site_may_read_answers_and_errors(self, api: Client, address: str) -> None:
        response = api.get(address, headers={"origin": "https://elsewhere.example"})
        assert response["Access-Control-Allow-Origin"] == "*"
        assert "Retry-After" in response["Access-Control-Expose-Headers"]
        assert "Set-Cookie" not in response
        assert "Cookie" not in response.get("Vary", "")

    def test_a_preflight_allows_conditional_reading(self, api: Client) -> None:
        response = api.options(LIST, headers={"origin": "https://x.example", "access-control-request-method": "GET"})
        assert (response.status_code, response.content) == (204, b"")
        assert "If-None-Match" in response["Access-Control-Allow-Headers"]
        assert response["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


class TestDescription:
    def test_it_is_openapi_and_names_every_parameter_and_answer(self, api: Client) -> None:
        response = api.get("/api/v1/schema/")
        assert response.status_code == 200
        schema = json.loads(response.content)
        assert schema["openapi"].startswith("3.1")
        listed = schema["paths"]["/api/v1/studies/"]["get"]
        assert [item["name"] for item in listed["parameters"]] == [*PARAMETERS, "cursor", "fields"]
        assert all(item["description"] for item in listed["parameters"])
        assert {"200", "304", "400", "404", "429", "503"} == set(listed["responses"])
        assert set(listed["responses"]["400"]["content"]) == {PROBLEM}
        assert "/api/v1/studies/{nct_id}/" in schema["paths"]

    def test_it_is_conditional_and_takes_no_parameters(self, api: Client) -> None:
        tag = api.get("/api/v1/schema/")["ETag"]
        assert api.get("/api/v1/schema/", headers={"if-none-match": tag}).status_code == 304
        assert api.get("/api/v1/schema/", {"format": "yaml"}).status_code == 400

    def test_the_entrance_leads_to_the_parts(self, api: Client) -> None:
        for address in api.get("/api/").json().values():
            assert api.get(address).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_search_that_was_stopped_is_not_an_empty_answer(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.search.selectors._MATCH", "SELECT %s, pg_sleep(5)::text || %s || '{vector}'")
    monkeypatch.setattr("apps.search.limits.SEARCH_TIMEOUT_MS", 50)
    response = api.get(LIST, {"q": "lupus", "page": 2})
    assert (response.status_code, response["Content-Type"], response["Retry-After"]) == (503, PROBLEM, "30")
    assert "too long" in response.json()["detail"]


class TestDepth:
    def test_the_deepest_page_costs_no_more_than_the_first(self, api: Client, django_assert_num_queries: Any) -> None:
        publish(*[entry() for _ in range(5)])
        api.get(f"{LIST}?page_size=1")
        # 1 dataset version, 2 the page's rows
        for page in (1, 5):
            with django_assert_num_queries(2):
                assert api.get(f"{LIST}?page_size=1&page={page}").status_code == 200
        # 1 dataset version
        with django_assert_num_queries(1):
            assert api.get(f"{LIST}?page=999999999&page_size=200").status_code == 404
        assert api.get(f"{LIST}?page=1000000000").status_code == 400
        assert api.get(f"{LIST}?page_size=201").status_code == 400


class TestEmptyValues:
    @pytest.mark.parametrize("address", [LIST, "/api/v1/facets/", "/api/v1/labels/", "/api/v1/sponsors/"])
    @pytest.mark.parametrize("query", ["disease=", "disease=multiple-sclerosis&disease=", "scope=+", "country=%00"])
    def test_a_filter_without_a_value_is_not_everything(self, api: Client, address: str, query: str) -> None:
        response = api.get(f"{address}?{query}")
        assert response.status_code == 400
        [error] = response.json()["errors"]
        assert error["parameter"] == query.partition("=")[0]
        assert "no value" in error["message"]
        assert error["allowed"]

    @pytest.mark.parametrize("name", ["sort", "page", "page_size", "cursor", "fields"])
    def test_nor_is_any_other(self, api: Client, name: str) -> None:
        assert api.get(f"{LIST}?{name}=").status_code == 400

    def test_an_empty_text_finds_everything_as_on_the_site(self, api: Client) -> None:
        publish(entry())
        assert api.get(f"{LIST}?q=&cell_type=msc").json()["count"] == 1
