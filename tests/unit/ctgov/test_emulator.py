"""The emulated registry answers as the API description and the field's experience say, by hand and over HTTP."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.ctgov_emulator import FAULTS, Fault, RegistryEmulator
from tests.ctgov_emulator.essie import QueryError, compile_query, normal_text
from tests.factories.studies import studies, study

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "ctgov"


@pytest.fixture
def registry() -> Iterator[RegistryEmulator]:
    with RegistryEmulator(
        [
            study("NCT90000001", updated="2025-01-10", status="RECRUITING", enrollment=30),
            study(
                "NCT90000002", updated="2025-03-10", status="ACTIVE_NOT_RECRUITING", enrollment=10, countries=["France"]
            ),
            study(
                "NCT90000003",
                {"protocolSection.statusModule.lastUpdatePostDateStruct": None},
                title="Lupus and hæmatopoietic cells",
                conditions=["Systemic Lupus Erythematosus"],
                status="COMPLETED",
                enrollment=20,
            ),
            study(
                "NCT90000004", {"protocolSection.identificationModule.nctIdAliases": ["NCT90000104"]}, updated="2024-06"
            ),
        ]
    ) as emulator:
        yield emulator


def get(registry: RegistryEmulator, path: str, **params: Any) -> requests.Response:
    return requests.get(
        registry.url + path,
        params={key.replace("__", "."): value for key, value in params.items()},
        timeout=10,
        allow_redirects=False,
    )


def found(registry: RegistryEmulator, **params: Any) -> list[str]:
    answer = get(registry, "/studies", **params)
    assert answer.status_code == 200, answer.text
    return [one["protocolSection"]["identificationModule"]["nctId"] for one in answer.json()["studies"]]


class TestListing:
    def test_default_page(self, registry: RegistryEmulator) -> None:
        body = get(registry, "/studies").json()
        assert set(body) == {"studies"}
        assert len(body["studies"]) == 4

    def test_total_only_when_asked_for_and_only_on_page_1(self, registry: RegistryEmulator) -> None:
        first = get(registry, "/studies", countTotal="true", pageSize=3).json()
        assert first["totalCount"] == 4
        second = get(registry, "/studies", countTotal="true", pageSize=3, pageToken=first["nextPageToken"]).json()
        assert "totalCount" not in second
        assert len(second["studies"]) == 1
        assert "nextPageToken" not in second

    def test_page_sizes(self) -> None:
        with RegistryEmulator(studies(1005)) as many:
            sizes = {asked: len(found(many, pageSize=asked)) for asked in (0, 7, 1000, 99999)}
        assert sizes == {0: 10, 7: 7, 1000: 1000, 99999: 1000}

    def test_full_last_page_leads_to_an_empty_one(self, registry: RegistryEmulator) -> None:
        token = get(registry, "/studies", pageSize=4).json()["nextPageToken"]
        assert get(registry, "/studies", pageSize=4, pageToken=token).json() == {"studies": []}

    def test_token_is_bound_to_the_other_parameters_but_not_to_the_page_size(self, registry: RegistryEmulator) -> None:
        token = get(registry, "/studies", pageSize=2, query__cond="sclerosis").json()["nextPageToken"]
        assert get(registry, "/studies", pageSize=1, query__cond="sclerosis", pageToken=token).status_code == 200
        other = get(registry, "/studies", pageSize=2, query__cond="lupus", pageToken=token)
        assert (other.status_code, other.headers["Content-Type"]) == (400, "text/plain;charset=utf-8")
        for broken in (token[:-1], token + "A", "abracadabra", ""):
            assert get(registry, "/studies", pageSize=2, query__cond="sclerosis", pageToken=broken).status_code == 400

    def test_token_dies_with_its_data_set(self, registry: RegistryEmulator) -> None:
        token = get(registry, "/studies", pageSize=2).json()["nextPageToken"]
        registry.registry.refresh()
        assert get(registry, "/studies", pageSize=2, pageToken=token).status_code == 400

    @pytest.mark.parametrize(
        ("params", "sentence"),
        [
            ({"filter.phase": "PHASE3"}, "`filter.phase` is unknown parameter"),
            ({"query.recrs": "x"}, "`query.recrs` is unknown parameter"),
            ({"fields": "NCTId,Nonsense"}, "Parameter 'fields' contains invalid field name: 'Nonsense'"),
            ({"sort": "LastUpdatePostDate,+x"}, "Item 2 in parameter `sort` has incorrect format"),
            ({"sort": "StartDate,CompletionDate,@relevance"}, "Parameter `sort` has more than 2 items"),
            ({"sort": "BriefTitle"}, "unsortable"),
            ({"query.term": "stem [cells"}, "Error parsing query in `query.term`: no viable alternative at input '['"),
            ({"query.term": "(stem"}, "missing ')'"),
            ({"query.term": "a, b"}, "no viable alternative at input ','"),
            ({"filter.overallStatus": "recruiting"}, "invalid value"),
            ({"filter.ids": "NCT90000001,CTRI1"}, "incorrect format"),
            ({"pageSize": "-1"}, "incorrect format"),
            ({"countTotal": "yes"}, "incorrect format"),
            ({"format": "xml"}, "incorrect value"),
        ],
    )
    def test_errors_are_sentences_in_plain_text(
        self, registry: RegistryEmulator, params: dict[str, str], sentence: str
    ) -> None:
        answer = requests.get(registry.url + "/studies", params=params, timeout=10)
        assert answer.status_code == 400
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert sentence in answer.text

    def test_wrong_path_is_the_web_servers_page(self, registry: RegistryEmulator) -> None:
        for url in (registry.url + "/trials", registry.url.removesuffix("/v2") + "/v1/studies"):
            answer = requests.get(url, timeout=10)
            assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html")

    def test_sorting_puts_what_lacks_the_field_last(self, registry: RegistryEmulator) -> None:
        ids = [f"NCT9000000{number}" for number in (2, 1, 4, 3)]
        assert found(registry, sort="LastUpdatePostDate") == ids
        assert found(registry, sort="LastUpdatePostDate:asc") == [*reversed(ids[:3]), ids[3]]
        assert found(registry, sort="EnrollmentCount") == [f"NCT9000000{number}" for number in (2, 3, 1, 4)]
        assert found(registry, sort="EnrollmentCount:desc|StartDate")[0] == "NCT90000004"

    def test_fields(self, registry: RegistryEmulator) -> None:
        body = get(registry, "/studies", fields="NCTId|LocationCountry", filter__ids="NCT90000002").json()
        assert body["studies"] == [
            {
                "protocolSection": {
                    "identificationModule": {"nctId": "NCT90000002"},
                    "contactsLocationsModule": {"locations": [{"country": "France"}]},
                }
            }
        ]

    def test_gzip_and_etag(self, registry: RegistryEmulator) -> None:
        packed = requests.get(registry.url + "/studies", headers={"Accept-Encoding": "gzip"}, timeout=10, stream=True)
        assert packed.headers["Content-Encoding"] == "gzip"
        plain = requests.get(registry.url + "/studies", headers={"Accept-Encoding": "identity"}, timeout=10)
        assert "Content-Encoding" not in plain.headers
        assert gzip.decompress(packed.raw.read()) == plain.content
        assert packed.headers["ETag"] == plain.headers["ETag"]

    def test_connections_are_kept_alive(self, registry: RegistryEmulator) -> None:
        with requests.Session() as session:
            for path in ("/version", "/studies", "/studies/NCT90000099", "/studies?sort=x", "/trials", "/version"):
                session.get(registry.url + path, timeout=10)
        assert len(registry.requests) == 6
        assert len({request.connection for request in registry.requests}) == 1


class TestSearching:
    @pytest.mark.parametrize(
        ("params", "numbers"),
        [
            ({"query.cond": "multiple sclerosis"}, {1, 2, 4}),
            ({"query.cond": '"MULTIPLE sclerosis"'}, {1, 2, 4}),
            ({"query.cond": '"sclerosis multiple"'}, set()),
            ({"query.cond": "sclerosis multiple"}, {1, 2, 4}),
            ({"query.cond": "lupus OR sclerosis"}, {1, 2, 3, 4}),
            ({"query.cond": "lupus AND sclerosis"}, set()),
            ({"query.cond": '"systemic lupus erythematosus" OR (sclerosis AND NOT multiple)'}, {3}),
            ({"query.term": "NOT lupus"}, {1, 2, 4}),
            ({"query.titles": "haematopoietic"}, set()),
            ({"query.titles": "cell"}, {1, 2, 3, 4}),
            ({"query.intr": '"mesenchymal stem cell"'}, {1, 2, 3, 4}),
            ({"query.locn": "france"}, {2}),
            ({"query.spons": '"Test Institute"'}, {1, 2, 3, 4}),
            ({"query.lead": "Test"}, {1, 2, 3, 4}),
            ({"query.outc": "EDSS"}, {1, 2, 3, 4}),
            ({"query.id": "NCT90000104"}, {4}),
            ({"query.patient": "pregnancy"}, {1, 2, 3, 4}),
            ({"query.cond": "sclerosis", "query.locn": "Spain"}, {1, 4}),
            ({"query.term": "AREA[OverallStatus]RECRUITING"}, {1, 4}),
            ({"filter.overallStatus": "RECRUITING,COMPLETED"}, {1, 3, 4}),
            ({"filter.overallStatus": "RECRUITING|ACTIVE_NOT_RECRUITING"}, {1, 2, 4}),
            ({"filter.advanced": "AREA[LastUpdatePostDate]RANGE[2025-01-10,MAX]"}, {1, 2}),
            ({"filter.advanced": "AREA[LastUpdatePostDate]RANGE[MIN,2024-12-31]"}, {4}),
            ({"filter.advanced": "AREA[LastUpdatePostDate]RANGE[2024-06,2024-06]"}, {4}),
            ({"filter.advanced": "AREA[EnrollmentCount]RANGE[20, 30]"}, {1, 3}),
            ({"filter.advanced": "AREA[LastUpdatePostDate]MISSING"}, {3}),
            ({"filter.ids": "NCT90000003,NCT90000001,NCT90000099"}, {1, 3}),
            ({"filter.ids": "nct90000104"}, {4}),
            ({"filter.geo": "distance(40.4,-3.7,10km)"}, {1, 3, 4}),
            ({"filter.geo": "distance(40.4,-3.7,1mi)"}, set()),
            ({"query.term": "NCT90000001, NCT90000002", "filter.overallStatus": "COMPLETED"}, {1, 2}),
        ],
    )
    def test_finds(self, registry: RegistryEmulator, params: dict[str, str], numbers: set[int]) -> None:
        assert set(found(registry, **params)) == {f"NCT9000000{number}" for number in numbers}

    def test_match_all_ignores_the_query(self) -> None:
        with RegistryEmulator(studies(3), match_all=True) as registry:
            assert len(found(registry, query__cond="something else")) == 3

    @pytest.mark.parametrize("expression", ["a AND", "OR a", "(a", "a)", "NOT", "AREA[Nonsense]x", 'a "b', "a [b]", ""])
    def test_expressions_that_cannot_be_parsed(self, expression: str) -> None:
        with pytest.raises(QueryError):
            compile_query(expression, "BasicSearch", lambda area: area != "Nonsense")

    def test_words_are_folded(self) -> None:
        assert normal_text("Ménière's Cells, UC-MSCs; diabetes") == " meniere s cell uc msc diabete "
        assert normal_text("multiple sclerosis lupus") == " multiple sclerosis lupus "


class TestSingle:
    def test_study(self, registry: RegistryEmulator) -> None:
        assert (
            get(registry, "/studies/nct0090000003").json()["protocolSection"]["identificationModule"]["nctId"]
            == "NCT90000003"
        )

    def test_alias(self, registry: RegistryEmulator) -> None:
        answer = get(registry, "/studies/NCT90000104", format="json")
        assert answer.status_code == 301
        assert answer.headers["Location"] == "/api/v2/studies/NCT90000004?format=json"

    def test_unknown(self, registry: RegistryEmulator) -> None:
        answer = get(registry, "/studies/NCT90000099")
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/plain;charset=utf-8")

    def test_malformed(self, registry: RegistryEmulator) -> None:
        assert get(registry, "/studies/CTRI5").status_code == 400


class TestWhatHappensToTheData:
    def test_change(self, registry: RegistryEmulator) -> None:
        registry.registry.change("NCT90000001", {"protocolSection.statusModule.overallStatus": "COMPLETED"})
        assert set(found(registry, filter__overallStatus="COMPLETED")) == {"NCT90000001", "NCT90000003"}

    def test_vanish_and_merge(self, registry: RegistryEmulator) -> None:
        registry.registry.vanish("NCT90000001")
        registry.registry.merge("NCT90000002", into="NCT90000003")
        assert get(registry, "/studies/NCT90000001").status_code == 404
        assert get(registry, "/studies/NCT90000002").status_code == 301
        assert set(found(registry)) == {"NCT90000003", "NCT90000004"}

    def test_refresh_moves_the_time_stamp_and_next_day_every_record(self, registry: RegistryEmulator) -> None:
        before = get(registry, "/studies/NCT90000001").content
        registry.registry.refresh()
        assert get(registry, "/version").json() == {"apiVersion": "2.0.5", "dataTimestamp": "2026-06-10T09:00:05"}
        assert get(registry, "/studies/NCT90000001").content == before
        registry.registry.next_day()
        after = get(registry, "/studies/NCT90000001").json()
        assert after["derivedSection"]["miscInfoModule"]["versionHolder"] == "2026-06-11"

    def test_control_over_http(self, registry: RegistryEmulator) -> None:
        control = registry.url.removesuffix("/api/v2") + "/_control"
        state = requests.post(
            control, json={"order": "server_error", "times": 2, "path": "/version"}, timeout=10
        ).json()
        assert state["orders"] == [{"kind": "server_error", "times": 2, "path": "/version"}]
        assert [get(registry, "/version").status_code for _ in range(3)] == [500, 500, 200]
        requests.post(control, json={"do": "vanish", "nct_id": "NCT90000001"}, timeout=10)
        assert requests.get(control, timeout=10).json()["studies"] == 3
        for nonsense in (
            {"order": "earthquake"},
            {"do": "sing"},
            {"do": "vanish", "nct_id": "NCT90000001"},
            {"do": "change"},
        ):
            assert requests.post(control, json=nonsense, timeout=10).status_code == 400

    def test_control_is_not_counted(self, registry: RegistryEmulator) -> None:
        requests.get(registry.url.removesuffix("/api/v2") + "/_control", timeout=10)
        get(registry, "/version")
        assert (len(registry.requests), registry.count("/version"), registry.count("/studies*")) == (1, 1, 0)


class TestOrders:
    def test_every_kind_can_be_ordered_and_does_something(self) -> None:
        """Each kind changes the answer to one of these requests, or its time; nothing is ordered in vain."""
        for kind in FAULTS:
            with RegistryEmulator(studies(3)) as registry:
                asked: list[tuple[str, dict[str, Any]]] = [
                    ("/version", {}),
                    ("/studies/NCT90000001", {}),
                    ("/studies", {"countTotal": "true", "sort": "StudyFirstPostDate:asc", "pageSize": 2}),
                    ("/studies", {"countTotal": "true", "sort": "StudyFirstPostDate:asc", "pageSize": 5}),
                ]
                token = get(registry, "/studies", pageSize=2, sort="StudyFirstPostDate:asc").json()["nextPageToken"]
                asked.append(("/studies", {"sort": "StudyFirstPostDate:asc", "pageSize": 2, "pageToken": token}))
                calm = [outcome(registry, path, params) for path, params in asked]
                registry.order(kind, times=None, seconds=0.4)
                assert [outcome(registry, path, params) for path, params in asked] != calm, kind

    def test_after_and_times_and_path(self) -> None:
        fault = Fault("server_error", times=2, path="/studies*", after=1)
        struck = [fault.strikes(path, {}) for path in ("/studies", "/version", "/studies/NCT1", "/studies", "/studies")]
        assert struck == [False, False, True, True, False]
        assert fault.spent

    def test_unknown_kind(self) -> None:
        with pytest.raises(ValueError, match="There is no fault 'earthquake'"):
            Fault("earthquake")


def outcome(registry: RegistryEmulator, path: str, params: dict[str, Any]) -> Any:
    try:
        answer = requests.get(registry.url + path, params=params, timeout=5, allow_redirects=False)
    except requests.RequestException as error:
        return type(error).__name__
    return answer.status_code, answer.content, answer.elapsed.total_seconds() > 0.35


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the registry's API description (../shared/ctgov) is not here")
class TestAgainstTheDescription:
    def test_parameters_are_those_of_the_description(self) -> None:
        from tests.ctgov_emulator.server import LIST_PARAMETERS, STUDY_PARAMETERS

        def names(path: str) -> set[str]:
            return {one["name"] for one in described()["paths"][path]["get"]["parameters"] if one["in"] == "query"}

        assert names("/studies") == LIST_PARAMETERS
        assert names("/studies/{nctId}") == STUDY_PARAMETERS

    @pytest.mark.parametrize(
        "path", ["/version", "/studies/metadata", "/studies/enums", "/studies/search-areas", "/stats/size", "/studies"]
    )
    def test_answers_have_the_described_shape(self, registry: RegistryEmulator, path: str) -> None:
        schema = described()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        check(get(registry, path).json(), schema, described()["components"]["schemas"], path)


@cache
def described() -> Any:
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((RECORDED / "openapi.yaml").read_text())


def check(value: Any, schema: dict[str, Any], schemas: dict[str, Any], path: str) -> None:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    kind = schema.get("type")
    if kind == "object":
        assert isinstance(value, dict), path
        assert set(schema.get("required", ())) <= set(value), path
        if "properties" in schema:
            assert set(value) <= set(schema["properties"]), path
            for key, item in value.items():
                check(item, schema["properties"][key], schemas, f"{path}.{key}")
    elif kind == "array":
        assert isinstance(value, list), path
        for item in value:
            check(item, schema["items"], schemas, f"{path}[]")
    elif kind is not None:
        types: dict[str, Any] = {"string": str, "integer": int, "boolean": bool, "number": (int, float)}
        assert isinstance(value, types[kind]), path
        assert "enum" not in schema or value in schema["enum"], path


def test_serves_recorded_studies_to_our_own_queries(registry: RegistryEmulator) -> None:
    """Every labelled study of the scope that is recorded is found by at least one of the named queries."""
    gold = RECORDED.parent / "gold" / "dev.csv"
    if not gold.is_file():
        pytest.skip("the labelled studies (../shared/gold) are not here")
    import csv

    from apps.ctgov.client import RegistryClient
    from apps.ctgov.parser import nct_id_of
    from apps.studies.files import iter_payloads
    from apps.vocabulary.queries import QUERIES
    from tests.ctgov_emulator import Registry

    with gold.open() as rows:
        wanted = {row["nct_id"] for row in csv.DictReader(rows) if row["in_scope"] in {"yes", "unsure"}}
    data = Registry(iter_payloads(RECORDED / "studies"))
    with RegistryEmulator(data) as full, RegistryClient(full.url, user_agent="test", min_interval=0) as client:
        arrived = {nct_id_of(one) for query in QUERIES for page in client.iter_pages(query) for one in page.studies}
    assert len(wanted & set(data.nct_ids)) > 70
    assert wanted & set(data.nct_ids) <= arrived


def test_stopping_leaves_no_open_connection() -> None:
    registry = RegistryEmulator(studies(1))
    with requests.Session() as session:
        with registry:
            session.get(registry.url + "/version", timeout=5)
        with pytest.raises(requests.ConnectionError):
            session.get(registry.url + "/version", timeout=5)


def test_json_of_the_pages_is_one_study_a_line(registry: RegistryEmulator) -> None:
    lines = get(registry, "/studies", sort="EnrollmentCount").text.splitlines()
    assert len(lines) == 6
    assert json.loads(lines[1].rstrip(","))["hasResults"] is False
