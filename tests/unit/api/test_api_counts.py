"""Counts: facets of a query, lead sponsors, and how current the data are."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.api.counts.serializers import FacetSerializer, FacetsSerializer, FacetValueSerializer, SponsorSerializer
from apps.api.serializers import RunSerializer, SyncSerializer
from apps.classification.rules import RULESET_VERSION
from apps.ctgov.parser import PARSER_VERSION
from apps.ingest.models import SyncRun
from apps.search.query import FILTERS, PARAMETERS
from apps.search.selectors import dataset_version
from tests.factories.documents import entry, publish

pytestmark = pytest.mark.django_db

FACETS = "/api/v1/facets/"
SPONSORS = "/api/v1/sponsors/"
SYNC = "/api/v1/sync/"
PROBLEM = "application/problem+json"
NONSENSE = [
    "bogus", "-1", "0", "1.5", "999999999999999999999", "' OR 1=1 --", "<script>", "\x00", "%00", "😀", "null", "[]",
    "a" * 5000, "٣", "\u202e", "NaN", "%", "_", "\\", "\ud7ff\ue000", "-", "name,studies",
]  # fmt: skip


def values(body: dict[str, Any], parameter: str) -> dict[str, int]:
    [facet] = [facet for facet in body["facets"] if facet["parameter"] == parameter]
    return {item["value"]: item["count"] for item in facet["values"]}


class TestFacets:
    def test_counts_within_and_across(self, api: Client, django_assert_num_queries: Any) -> None:
        publish(
            entry(countries=["ES"]),
            entry(countries=["CN"], cell_types=["hsc"]),
            entry(countries=["CN"]),
            entry(scope="review"),
        )
        api.get(FACETS)
        # 1 dataset version
        with django_assert_num_queries(1):
            body = api.get(f"{FACETS}?country=cn").json()
        assert set(body) == {name for name, field in FacetsSerializer().fields.items() if field.required}
        assert (body["count"], body["scopes"]) == (2, {"in_scope": 2, "review": 0, "out": 0})
        assert {facet["parameter"] for facet in body["facets"]} == set(FILTERS)
        assert set(body["facets"][0]) == set(FacetSerializer().fields)
        assert set(body["facets"][0]["values"][0]) == set(FacetValueSerializer().fields)
        assert values(body, "country") == {"CN": 2, "ES": 1}
        assert values(body, "cell_type") == {"msc": 1, "hsc": 1}

    def test_the_counts_are_those_of_the_lists(self, api: Client) -> None:
        publish(*[entry(countries=["ES"], phases=["PHASE1"] if n % 2 else ["PHASE2"]) for n in range(5)])
        for word, count in values(api.get(f"{FACETS}?country=es").json(), "phase").items():
            assert api.get(f"/api/v1/studies/?country=es&phase={word}").json()["count"] == count

    def test_a_copy_that_stands(self, api: Client) -> None:
        publish(entry())
        tag = api.get(FACETS)["ETag"]
        assert api.get(FACETS, headers={"if-none-match": tag}).status_code == 304
        publish(entry())
        assert api.get(FACETS, headers={"if-none-match": tag}).status_code == 200

    def test_notices(self, api: Client) -> None:
        publish(entry())
        assert "500" in api.get(FACETS, {"q": "sclerosis " * 100}).json()["notices"][0]

    @pytest.mark.parametrize("name", ["sort", "page", "page_size", "fields", "cursor", "", "é"])
    def test_what_it_does_not_take(self, api: Client, name: str) -> None:
        response = api.get(FACETS, {name: "1"})
        assert response.status_code == 400
        assert response.json()["errors"][0]["allowed"] == [
            parameter for parameter in PARAMETERS if parameter not in {"sort", "page", "page_size"}
        ]

    @pytest.mark.parametrize("name", ["q", *FILTERS, "scope"])
    def test_nonsense(self, api: Client, name: str) -> None:
        publish(entry())
        for value in NONSENSE:
            assert api.get(FACETS, {name: value}).status_code in {200, 400}, value


@pytest.mark.parametrize("address", [FACETS, "/api/v1/sponsors/", "/api/v1/labels/"])
class TestText:
    """How a text was read is told wherever one can be given."""

    def test_another_spelling(self, api: Client, address: str) -> None:
        publish(*[entry(title="Mesenchymal cells in neuromyelitis") for _ in range(3)])
        body = api.get(address, {"q": "neuromyelitsi"}).json()
        assert body["corrected_query"] == "neuromyelitis"
        assert "snippets" not in body

    def test_a_text_that_cannot_be_read(self, api: Client, address: str) -> None:
        response = api.get(address, {"q": "(lupus"})
        assert response.status_code == 400
        [error] = response.json()["errors"]
        assert (error["parameter"], error["position"]) == ("q", 0)


class TestSponsors:
    @pytest.fixture(autouse=True)
    def _some(self) -> None:
        publish(
            entry(sponsor="Alpha Hospital"),
            entry(sponsor="Alpha Hospital", overall_status="COMPLETED", cell_types=["hsc"]),
            entry(sponsor="Alpha Hospital", overall_status="COMPLETED", cell_types=["msc", "hsc"]),
            entry(sponsor="Élan Cells", sponsor_class="INDUSTRY", countries=["FR"]),
            entry(sponsor="Élan Cells", sponsor_class="INDUSTRY", registry_state="gone"),
            entry(sponsor="100%_Cells", sponsor_class=""),
            entry(sponsor=""),
            entry(sponsor="Elsewhere", scope="out"),
            entry(sponsor="Merged away", registry_state="merged"),
        )

    def test_how_many_of_each_kind(self, api: Client, django_assert_num_queries: Any) -> None:
        api.get(SPONSORS)
        # 1 dataset version, 2 the sponsors
        with django_assert_num_queries(2):
            body = api.get(SPONSORS).json()
        assert (body["count"], body["next"], body["previous"]) == (3, None, None)
        assert body["results"][0] == {
            "sponsor": "Alpha Hospital",
            "sponsor_class": "OTHER",
            "studies": 3,
            "recruiting": 1,
            "msc": 2,
            "hsc": 2,
        }
        assert set(body["results"][0]) == set(SponsorSerializer().fields)
        assert [(row["sponsor"], row["studies"], row["recruiting"]) for row in body["results"][1:]] == [
            ("Élan Cells", 2, 1),
            ("100%_Cells", 1, 1),
        ]
        assert body["results"][2]["sponsor_class"] is None

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("name=elan", ["Élan Cells"]),
            ("name=CELLS&sort=name", ["100%_Cells", "Élan Cells"]),
            ("name=%25_", ["100%_Cells"]),
            ("name=%25", ["100%_Cells"]),
            ("name=\\", []),
            ("sort=name", ["100%_Cells", "Alpha Hospital", "Élan Cells"]),
            ("sort=-name", ["Élan Cells", "Alpha Hospital", "100%_Cells"]),
            ("sort=studies", ["100%_Cells", "Élan Cells", "Alpha Hospital"]),
            ("country=fr", ["Élan Cells"]),
            ("cell_type=hsc", ["Alpha Hospital"]),
            ("sponsor_class=industry", ["Élan Cells"]),
            ("scope=out", ["Elsewhere"]),
            ("disease=type-1-diabetes", []),
        ],
    )
    def test_search_filters_and_orders(self, api: Client, query: str, found: list[str]) -> None:
        body = api.get(f"{SPONSORS}?{query}").json()
        assert [row["sponsor"] for row in body["results"]] == found
        assert body["count"] == len(found)

    def test_pages(self, api: Client) -> None:
        first = api.get(f"{SPONSORS}?page_size=1&sort=name&scope=in_scope").json()
        assert first["next"] == "http://testserver/api/v1/sponsors/?page_size=1&sort=name&scope=in_scope&page=2"
        second = api.get(first["next"]).json()
        third = api.get(second["next"]).json()
        assert [page["results"][0]["sponsor"] for page in (first, second, third)] == [
            "100%_Cells",
            "Alpha Hospital",
            "Élan Cells",
        ]
        assert (third["next"], second["previous"]) == (
            None,
            "http://testserver/api/v1/sponsors/?page_size=1&sort=name&scope=in_scope",
        )
        past = api.get(f"{SPONSORS}?page_size=1&page=4")
        assert (past.status_code, past["Content-Type"]) == (404, PROBLEM)
        assert past.json()["last"].endswith("?page_size=1&page=3")
        assert api.get(f"{SPONSORS}?page=999999999&page_size=1000").status_code == 404

    @pytest.mark.parametrize("name", ["name", "sort", "page", "page_size", "q", *FILTERS, "scope", "fields"])
    def test_nonsense(self, api: Client, name: str) -> None:
        for value in NONSENSE:
            response = api.get(SPONSORS, {name: value})
            assert response.status_code in {200, 400, 404}, value
            if response.status_code == 400:
                assert response["Content-Type"] == PROBLEM
                assert response.json()["errors"][0]["allowed"]

    def test_nothing_published(self, api: Client) -> None:
        assert api.get(f"{SPONSORS}?scope=review").json() == {"count": 0, "next": None, "previous": None, "results": []}


class TestSync:
    def test_before_the_first_run(self, api: Client) -> None:
        with time_machine.travel("2026-05-03T10:00:00Z", tick=False):
            body = api.get(SYNC).json()
        assert set(body) == set(SyncSerializer().fields)
        assert body == {
            "state": "never",
            "finished_at": None,
            "data_timestamp": None,
            "next_due": "2026-05-03T10:00:00Z",
            "published": 0,
            "dataset_version": 0,
            "newest_change": 0,
            "parser_version": PARSER_VERSION,
            "ruleset_version": RULESET_VERSION,
            "terms_version": 0,
            "runs": [],
        }

    def test_it_says_what_readyz_says_and_never_who(self, api: Client, django_assert_num_queries: Any) -> None:
        publish(entry(), entry())
        for number in range(12):
            SyncRun.objects.create(
                state="ok",
                data_timestamp=f"2026-09-{number + 1:02}T09:00:06",
                finished_at=timezone.now(),
                released_by="curator@example.org",
                owner="a secret owner",
                seen=number,
            )
        # 1, 2 the last good run and the newest, 3 the runs before, 4 documents, 5 dataset version, 6 newest change,
        # 7 the terms in force, 8 the runs that are told
        with django_assert_num_queries(8):
            response = api.get(SYNC)
        body = response.json()
        ready = api.get("/readyz").json()["sync"]
        assert body["finished_at"][:23] == ready.pop("finished_at")[:23]
        assert {name: body[name] for name in ready} == ready
        assert body["dataset_version"] == dataset_version()
        assert [run["seen"] for run in body["runs"]] == list(range(11, 1, -1))
        assert set(body["runs"][0]) == set(RunSerializer().fields)
        assert b"curator@example.org" not in response.content
        assert b"a secret owner" not in response.content

    def test_a_copy_stands_until_something_moves(self, api: Client) -> None:
        with time_machine.travel("2026-05-03T10:00:00Z", tick=False):
            tag = api.get(SYNC)["ETag"]
        with time_machine.travel("2026-05-03T10:00:09Z", tick=False):
            assert api.get(SYNC, headers={"if-none-match": tag}).status_code == 304
            SyncRun.objects.create(state="running")
            assert api.get(SYNC, headers={"if-none-match": tag}).status_code == 200

    def test_it_takes_no_parameters(self, api: Client) -> None:
        assert api.get(SYNC, {"runs": "1000"}).status_code == 400
