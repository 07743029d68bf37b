"""Lists by caution: only kinds that a person has switched on, by the day, in the API and in files as well."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client

from apps.ingest.services import sync
from apps.search.models import SimilarProtocol, StudyDocument, StudyDocumentPast
from apps.search.query import StudyQuery
from apps.search.selectors import search_studies
from apps.vocabulary.cautions import CAUTIONS
from apps.web.views.site import known
from tests.factories.cautions import show_cautions
from tests.factories.studies import encoded, study

pytestmark = pytest.mark.django_db

FEE, LATE, TWIN, PLAIN = "NCT90000001", "NCT90000002", "NCT90000003", "NCT90000004"
SUMMARY = "protocolSection.descriptionModule.briefSummary"
SENT = "protocolSection.statusModule.studyFirstSubmitDate"
SPONSOR = "protocolSection.sponsorCollaboratorsModule.leadSponsor.name"
PLAN = " ".join(f"step{number} of the plan says thing{number}" for number in range(60))


@pytest.fixture(autouse=True)
def trials(tmp_path: Any) -> None:
    load(
        tmp_path,
        {
            FEE: {SUMMARY: f"A patient funded trial. {PLAN}"},
            LATE: {SENT: "2024-06-01", SPONSOR: "Another Institute"},
            TWIN: {SUMMARY: f"A trial. {PLAN}"},
            PLAIN: {SPONSOR: "A third Institute"},
        },
    )


def load(folder: Any, records: dict[str, dict[str, Any]]) -> None:
    for nct_id, changes in records.items():
        (folder / f"{nct_id}.json").write_bytes(encoded(study(nct_id, changes)))
    assert sync(replay=folder) is not None
    known.forget()


def found(*kinds: str, **more: Any) -> list[str]:
    query, problems = StudyQuery.parse({"caution": list(kinds), **more})
    assert not problems
    return sorted(row.nct_id for row in search_studies(query).documents)


def counts() -> dict[str, int]:
    facets = {facet.parameter: facet for facet in search_studies(StudyQuery()).facets}
    return {value.value: value.count for value in facets["caution"].values}


def test_kinds_that_are_off_are_no_choice_and_are_left_out_of_a_query() -> None:
    assert counts() == {}
    results = search_studies(StudyQuery(caution=("fee-mentioned",)))
    assert results.count == 4
    assert results.query.caution == ()
    assert "is no caution that is shown here" in results.problems[0].message
    show_cautions("registered-late")
    results = search_studies(StudyQuery(caution=("fee-mentioned", "registered-late")))
    assert [row.nct_id for row in results.documents] == [LATE]
    assert results.query.caution == ("registered-late",)


def test_trials_are_found_by_each_kind_and_by_any_of_several() -> None:
    show_cautions("fee-mentioned", "registered-late", "similar-protocol")
    assert counts() == {"fee-mentioned": 1, "similar-protocol": 2, "registered-late": 1}
    assert found("fee-mentioned") == [FEE]
    assert found("similar-protocol") == [FEE, TWIN]
    assert found("registered-late", "fee-mentioned") == [FEE, LATE]


def test_a_caution_begins_on_its_day_though_nothing_is_published() -> None:
    show_cautions("not-updated")
    with time_machine.travel("2027-03-11T23:59:00Z", tick=False):
        assert found("not-updated") == []
    with time_machine.travel("2027-03-12T00:01:00Z", tick=False):
        assert found("not-updated") == [FEE, LATE, TWIN, PLAIN]


def test_a_list_of_an_earlier_day_has_the_cautions_of_that_day(tmp_path: Any) -> None:
    show_cautions("fee-mentioned", "similar-protocol")
    load(tmp_path, {FEE: {SUMMARY: "Nobody pays here."}})
    StudyDocument.objects.update(published_from="2026-03-02T00:00:00Z")
    StudyDocumentPast.objects.update(published_from="2026-02-01T00:00:00Z", published_to="2026-03-02T00:00:00Z")
    StudyDocument.objects.exclude(pk=FEE).update(published_from="2026-02-01T00:00:00Z")
    SimilarProtocol.objects.update(since="2026-02-01T00:00:00Z", until="2026-03-02T00:00:00Z")
    show_cautions("registered-late")  # the dataset moves
    assert found("fee-mentioned", as_of="2026-03-01") == [FEE]
    assert found("similar-protocol", as_of="2026-03-01") == [FEE, TWIN]
    assert found("fee-mentioned", "similar-protocol", as_of="2026-03-02") == []
    assert found("fee-mentioned", "similar-protocol") == []


def test_the_site_has_the_facet_with_one_kind_on(client: Client) -> None:
    assert 'value="fee-mentioned"' not in client.get("/trials/").content.decode()
    show_cautions("fee-mentioned")
    page = BeautifulSoup(client.get("/trials/").content, "html.parser")
    assert "caution=fee-mentioned" in str(page) or page.select_one("input[name=caution][value=fee-mentioned]")
    page = BeautifulSoup(client.get("/trials/?caution=fee-mentioned").content, "html.parser")
    assert "reasons to ask further" in page.h1.get_text().lower()


def test_the_site_names_a_kind_that_is_off(client: Client) -> None:
    answer = client.get("/trials/?caution=no-results&caution=%00bad")
    assert answer.status_code == 200
    told = answer.content.decode()
    assert "We do not know “no-results” under" in told
    assert "We do not know “bad” under" in told


def test_the_api_tells_and_filters_by_kinds_that_are_on(client: Client) -> None:
    assert client.get("/api/v1/studies/").json()["results"][0]["cautions"] == []
    refused = client.get("/api/v1/studies/?caution=fee-mentioned")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["parameter"] == "caution"
    show_cautions("fee-mentioned", "similar-protocol")
    rows = client.get("/api/v1/studies/?caution=fee-mentioned").json()["results"]
    assert [(row["nct_id"], row["cautions"]) for row in rows] == [(FEE, ["fee-mentioned", "similar-protocol"])]
    assert client.get(f"/api/v1/studies/{TWIN}/").json()["cautions"] == ["similar-protocol"]
    harvested = client.get("/api/v1/studies/?cursor=*").json()["results"]
    assert {row["nct_id"]: row["cautions"] for row in harvested}[TWIN] == ["similar-protocol"]
    facets = client.get("/api/v1/facets/").json()["facets"]
    [facet] = [facet for facet in facets if facet["parameter"] == "caution"]
    assert [value["value"] for value in facet["values"]] == ["fee-mentioned", "similar-protocol"]
    assert client.get("/api/v1/facets/?caution=no-results").status_code == 400


def test_an_answer_of_yesterday_is_no_longer_current(client: Client) -> None:
    show_cautions("not-updated")
    with time_machine.travel("2027-03-11T12:00:00Z", tick=False):
        etag = client.get("/api/v1/studies/").headers["ETag"]
        assert client.get("/api/v1/studies/", headers={"If-None-Match": etag}).status_code == 304
    with time_machine.travel("2027-03-12T12:00:00Z", tick=False):
        assert client.get("/api/v1/studies/", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize("kinds", [(), ("fee-mentioned",), tuple(CAUTIONS)])
def test_files_have_the_kinds_that_are_on(client: Client, kinds: tuple[str, ...]) -> None:
    assert client.get("/trials/export.csv?caution=no-results").status_code == 400
    show_cautions(*kinds)
    answer = client.get("/trials/export.csv")
    text = b"".join(answer).decode("utf-8-sig") if answer.streaming else answer.content.decode("utf-8-sig")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = {row["nct_id"]: row["cautions"] for row in csv.DictReader(io.StringIO("\n".join(lines)))}
    wanted = {(): "", ("fee-mentioned",): "fee-mentioned"}
    assert rows[FEE].startswith(wanted.get(kinds, "fee-mentioned"))
    assert bool(rows[TWIN]) == (kinds == tuple(CAUTIONS))
