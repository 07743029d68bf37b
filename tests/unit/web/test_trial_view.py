"""A trial's address: one page a study, from every spelling and former id, and what never was here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.history.models import StudyChange
from apps.ingest.services import sync
from apps.search.indexer import move_dataset_version
from apps.studies.models import RegistryState, Study
from apps.web.views.site import known
from tests.unit.web.trial_pages import FIXTURES

NAMES = (
    "alias",
    "contacts_everywhere",
    "exosomes_out_of_scope",
    "hsc_multiple_sclerosis_with_results",
    "marrow_mononuclear_for_review",
    "msc_multiple_sclerosis_recruiting",
)
MSC, HSC, ALIASED = "NCT90000001", "NCT90000002", "NCT90000006"
REVIEW, OUT, CONTACTS = "NCT90000019", "NCT90000020", "NCT90000013"
NEVER = "NCT04047628"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def published(db: None, tmp_path: Path) -> None:
    """Our own records, through the whole corridor."""
    for name in NAMES:
        (tmp_path / f"NCT-{name}.json").symlink_to(FIXTURES / f"{name}.json")
    run = sync(replay=tmp_path)
    assert run is not None
    assert run.created == len(NAMES)
    known.forget()


def soup_at(client: Client, nct_id: str, status: int = 200) -> BeautifulSoup:
    response = client.get(f"/trials/{nct_id}/")
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def test_a_study_has_its_page(client: Client) -> None:
    soup = soup_at(client, MSC)
    assert soup.h1.get_text().startswith("Mesenchymal Stem Cells in Multiple Sclerosis")
    assert soup.select_one("link[rel=canonical]")["href"].endswith(f"/trials/{MSC}/")
    assert soup.select(".kind--msc")
    assert not soup.select(".kind--hsc")
    assert soup.select_one("meta[name=robots]")["content"] == "index, follow"
    assert soup.select(f'a[href="/trials/{MSC}/report/"]')
    assert soup.select(f'a[href="https://clinicaltrials.gov/study/{MSC}"]')


def test_its_labels_have_their_sentences_and_its_first_sight_is_told(client: Client) -> None:
    soup = soup_at(client, MSC)
    summaries = [summary.get_text() for summary in soup.select("#why summary")]
    assert any("Multiple sclerosis" in text for text in summaries)
    assert any("Mesenchymal" in text for text in summaries)
    assert soup.select("#why blockquote")
    assert "First seen by us: Recruiting" in soup.select_one("#changes").get_text()


@pytest.mark.parametrize(
    "spelling", ["nct90000001", " NCT90000001", "NCT90000001 ", "NCT090000001", "nCt0090000001", "%20nct90000001%20"]
)
def test_other_spellings_lead_to_the_one_address(client: Client, spelling: str) -> None:
    response = client.get(f"/trials/{spelling}/")
    assert (response.status_code, response.headers["Location"]) == (301, f"/trials/{MSC}/")


def test_a_shorter_number_is_padded(client: Client) -> None:
    assert client.get("/trials/NCT4047628/").headers["Location"] == f"/trials/{NEVER}/"


@pytest.mark.parametrize("text", ["NCT", "NCT0", "NCT123456789", "NCT9000000x", "90000001", "NCT９０００００", "a%00b"])
def test_what_is_no_id_is_not_found(client: Client, text: str) -> None:
    assert client.get(f"/trials/{text}/").status_code == 404


def test_an_alias_leads_to_the_surviving_record(client: Client) -> None:
    response = client.get("/trials/nct90000106/", follow=True)
    assert response.redirect_chain == [("/trials/NCT90000106/", 301), (f"/trials/{ALIASED}/", 301)]


def test_a_merged_record_leads_to_the_surviving_one(client: Client) -> None:
    Study.objects.filter(pk=MSC).update(registry_state=RegistryState.MERGED, merged_into=HSC)
    response = client.get(f"/trials/{MSC}/")
    assert (response.status_code, response.headers["Location"]) == (301, f"/trials/{HSC}/")


def test_two_records_merged_into_each_other_keep_their_pages(client: Client) -> None:
    """No circle of redirects: each shows what we had of it, and says so."""
    Study.objects.filter(pk=MSC).update(registry_state=RegistryState.MERGED, merged_into=HSC)
    Study.objects.filter(pk=HSC).update(registry_state=RegistryState.MERGED, merged_into=MSC)
    for nct_id in (MSC, HSC):
        soup = soup_at(client, nct_id)
        assert "The registry has merged this record into another" in soup.select_one(".notice").get_text()
        assert soup.select_one("meta[name=robots]")["content"].startswith("noindex")


def test_a_chain_of_mergers_leads_to_its_end_at_once(client: Client) -> None:
    Study.objects.filter(pk=MSC).update(registry_state=RegistryState.MERGED, merged_into=HSC)
    Study.objects.filter(pk=HSC).update(registry_state=RegistryState.MERGED, merged_into=ALIASED)
    assert client.get(f"/trials/{MSC}/").headers["Location"] == f"/trials/{ALIASED}/"


def test_the_history_of_a_merged_record_goes_on_in_the_surviving_one(client: Client) -> None:
    Study.objects.filter(pk=CONTACTS).update(registry_state=RegistryState.MERGED, merged_into=MSC)
    StudyChange.objects.create(nct_id=CONTACTS, field="enrollment", old=11, new=12, at=timezone.now(), run_id=1)
    assert "11 → became 12" in soup_at(client, MSC).select_one("#changes").get_text()


def test_a_never_seen_study_is_a_page_that_offers_the_registry(client: Client) -> None:
    soup = soup_at(client, NEVER, 404)
    assert soup.select(f'a[href="https://clinicaltrials.gov/study/{NEVER}"]')
    assert soup.select_one("meta[name=robots]")["content"] == "noindex"
    assert NEVER in soup.h1.get_text()


@pytest.mark.parametrize(
    ("nct_id", "words"),
    [(REVIEW, "A person has yet to decide"), (OUT, "This is not one of the trials that we follow")],
)
def test_what_is_not_listed_has_a_page_with_reasons_that_is_not_indexed(
    client: Client, nct_id: str, words: str
) -> None:
    soup = soup_at(client, nct_id)
    notice = soup.select_one(".notice")
    assert words in notice.get_text()
    assert notice.select("li")
    assert soup.select_one("meta[name=robots]")["content"].startswith("noindex")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RegistryState.GONE, "The registry no longer has this record"),
        (RegistryState.LEFT, "Our searches no longer find this record"),
    ],
)
def test_what_left_the_registry_keeps_its_page(client: Client, state: str, words: str) -> None:
    Study.objects.filter(pk=MSC).update(registry_state=state)
    soup = soup_at(client, MSC)
    assert words in soup.select_one(".notice").get_text()
    assert soup.select_one("meta[name=robots]")["content"].startswith("noindex")
    assert soup.select_one(".pill").get_text() == ("Was: Recruiting" if state == RegistryState.GONE else "Recruiting")


def test_the_readers_copy_stands_until_something_is_published(client: Client) -> None:
    first = client.get(f"/trials/{MSC}/")
    etag = first.headers["ETag"]
    again = client.get(f"/trials/{MSC}/", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    move_dataset_version()
    assert client.get(f"/trials/{MSC}/", headers={"If-None-Match": etag}).status_code == 200


def test_contacts_stand_on_this_page(client: Client) -> None:
    soup = soup_at(client, CONTACTS)
    assert soup.select('#ask a[href^="mailto:"], #where a[href^="mailto:"]')


@pytest.mark.parametrize("nct_id", [MSC, HSC, CONTACTS, OUT])
def test_the_page_asks_the_database_ten_times(client: Client, nct_id: str) -> None:
    client.get(f"/trials/{nct_id}/")
    known.forget()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get(f"/trials/{nct_id}/")
    tables = [_table_of(query["sql"]) for query in asked.captured_queries]
    assert tables == [
        "search_datasetversion",  # for the ETag
        "ingest_syncrun",  # the last good run: for the ETag, and the registry's date in the foot; kept for some seconds
        "studies_study",  # where it stands at the registry, its former ids
        "ingest_studysnapshot",  # the record as received
        "search_studydocument",  # as published: scope with reasons, labels in short
        "curation_studyoverride",  # what curators decided
        "search_cautionkind",  # which kinds of caution readers see
        "classification_studylabel",  # its labels with their evidence
        "ingest_querymembership",  # the queries that find it
        "history_studychange",  # what changed in it
    ]


def _table_of(sql: str) -> str:
    return sql.partition(" FROM ")[2].split()[0].strip('"')


def test_a_conditional_request_asks_twice_at_most(client: Client, django_assert_max_num_queries: Any) -> None:
    etag = client.get(f"/trials/{MSC}/").headers["ETag"]
    with django_assert_max_num_queries(2):
        assert client.get(f"/trials/{MSC}/", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_page_can_only_be_read(client: Client, method: str) -> None:
    assert getattr(client, method)(f"/trials/{MSC}/").status_code == 405
