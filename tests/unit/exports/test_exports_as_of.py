"""Files of an earlier day: its rows, its citation, the data and the rules of then."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.test import Client

from apps.classification.rules import RULESET_VERSION
from apps.exports.formats import FORMATS
from apps.ingest.models import SyncRun
from apps.ingest.selectors import last_good_run, runs_behind
from apps.web.views.site import known
from tests.factories.documents import entry, publish_at
from tests.unit.exports.readers import csv_rows, jsonl_rows, parquet_rows, taken, xlsx_rows

pytestmark = pytest.mark.django_db

ONE, TWO = "NCT90000001", "NCT90000002"
READERS = {"csv": csv_rows, "jsonl": jsonl_rows, "parquet": parquet_rows, "xlsx": xlsx_rows}


@pytest.fixture(autouse=True)
def _some_days() -> Iterator[None]:
    with time_machine.travel("2024-06-10T12:00:00Z"):
        publish_at(dt.datetime(2024, 3, 1, 10, tzinfo=dt.UTC), entry(ONE, title="Early cells", text_d="orchid"))
        publish_at(dt.datetime(2024, 3, 5, 10, tzinfo=dt.UTC), entry(ONE, title="Later cells"), entry(TWO))
        for day, kind, rules, terms in (("01", "full", 3, 0), ("03", "reprocess", 4, 2), ("05", "full", 5, 3)):
            SyncRun.objects.create(
                kind=kind,
                state="ok",
                finished_at=f"2024-03-{day}T11:00:00Z",
                data_timestamp=f"2024-03-{day}T09:00:06" if kind == "full" else "",
                ruleset_version=rules,
                terms_version=terms,
            )
        yield


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_has_the_rows_of_then(client: Client, kind: str) -> None:
    body = taken(client, f"/trials/export.{kind}?as_of=2024-03-04")
    if kind in READERS:
        [row] = READERS[kind](body)
        assert (row["nct_id"], row["title"], row["published_at"]) == (ONE, "Early cells", "2024-03-01T10:00:00Z")
    elif kind not in {"xlsx", "parquet"}:
        assert b"Early cells" in body
        assert b"Later cells" not in body
    now = taken(client, f"/trials/export.{kind}")
    if kind in READERS:
        assert {row["nct_id"]: row["title"] for row in READERS[kind](now)}[ONE] == "Later cells"


def test_a_file_of_a_search_has_the_hits_of_then(client: Client) -> None:
    assert [row["nct_id"] for row in csv_rows(taken(client, "/trials/export.csv?q=orchid&as_of=2024-03-04"))] == [ONE]
    assert csv_rows(taken(client, "/trials/export.csv?q=orchid")) == []


@pytest.mark.parametrize(
    ("day", "stamp", "rules", "terms", "words"),
    [
        ("2024-03-02", "2024-03-01T09:00:06", 3, 0, "rules version 3, data set version "),
        ("2024-03-03", "2024-03-01T09:00:06", 4, 2, "rules version 4, words version 2, data set version "),
        ("2024-03-05", "2024-03-05T09:00:06", 5, 3, "rules version 5, words version 3, data set version "),
    ],
)
def test_it_says_of_which_data_and_rules_it_is(
    client: Client, day: str, stamp: str, rules: int, terms: int, words: str
) -> None:
    told = json.loads(taken(client, f"/trials/about.json?as_of={day}"))
    assert (told["data_timestamp"], told["ruleset_version"], told["terms_version"]) == (stamp, rules, terms)
    assert told["title"].endswith(f"as known on {int(day[-2:])} March 2024")
    assert told["query_url"].endswith(f"/trials/?as_of={day}")
    assert words in told["citation"]
    response = client.get(f"/trials/export.csv?as_of={day}")
    assert b"".join(response.streaming_content)
    assert (response["Export-Data-Timestamp"], response["Export-Ruleset-Version"]) == (stamp, str(rules))
    assert response["Export-Terms-Version"] == str(terms)
    assert f"as known on {int(day[-2:])} March 2024" in unquote(response["Export-Title"])


def test_today_is_of_the_present_data_and_rules(client: Client) -> None:
    told = json.loads(taken(client, "/trials/about.json?as_of=2024-06-10"))
    assert (told["data_timestamp"], told["ruleset_version"]) == ("2024-03-05T09:00:06", RULESET_VERSION)
    assert told["terms_version"] == 3


def test_words_accepted_since_are_told_once_they_have_been_applied(client: Client) -> None:
    """The last run that ended well says so, of whatever kind; one that is still under way does not count."""
    run = SyncRun.objects.create(kind="reprocess", state="running", ruleset_version=5, terms_version=9)
    before = json.loads(taken(client, "/trials/about.json"))
    assert before["terms_version"] == 3
    page = client.get("/trials/")
    assert "words version 3, data set version" in page.content.decode()
    run.state, run.finished_at = "ok", "2024-06-10T11:59:00Z"
    run.save()
    known.forget()
    assert json.loads(taken(client, "/trials/about.json"))["terms_version"] == 9
    again = client.get("/trials/", headers={"If-None-Match": page["ETag"]})
    assert (again.status_code, "words version 9, data set version" in again.content.decode()) == (200, True)
    for kind in ("txt", "ris", "bib"):
        assert b"words version 9" in taken(client, f"/trials/cite.{kind}")


def test_rules_that_are_not_known_are_not_told(client: Client) -> None:
    SyncRun.objects.all().delete()
    told = json.loads(taken(client, "/trials/about.json?as_of=2024-03-02"))
    assert (told["data_timestamp"], told["ruleset_version"], told["terms_version"]) == (None, None, None)
    assert "rules version" not in told["citation"]
    response = client.get("/trials/export.csv?as_of=2024-03-02")
    assert b"".join(response.streaming_content)
    assert "Export-Ruleset-Version" not in response.headers
    assert "Export-Terms-Version" not in response.headers


def test_the_page_cites_and_links_the_day(client: Client) -> None:
    page = client.get("/trials/?as_of=2024-03-02").content.decode()
    assert "as known on 2 March 2024. Data: ClinicalTrials.gov" in page
    assert "as of 1 March 2024, 09:00 UTC" in page
    assert "rules version 3" in page
    assert "whenever it is opened, it shows this list" in page
    assert "whenever it is opened" not in client.get("/trials/").content.decode()


def test_a_short_link_keeps_the_day(client: Client) -> None:
    told = json.loads(taken(client, "/trials/about.json?as_of=2024-03-02"))
    response = client.get(told["short_url"].removeprefix("http://localhost:8000"))
    assert (response.status_code, response["Location"]) == (302, "/trials/?as_of=2024-03-02")


@pytest.mark.parametrize("address", ["export.csv", "export.xlsx", "about.json", "cite.ris"])
@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2024-02-29", "The first list is that of 1 March 2024."),
        ("2024-06-11", "11 June 2024 is in the future."),
        ("foo", "“foo” is not a value of “as_of”"),
    ],
)
def test_no_file_is_made_of_a_day_without_a_list(client: Client, address: str, day: str, sentence: str) -> None:
    response = client.get(f"/trials/{address}?as_of={day}")
    assert response.status_code == 400
    assert sentence in response.content.decode()
    page = client.get(f"/trials/{address}?as_of={day}&status=COMPLETED", headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert 'href="/trials/?status=COMPLETED"' in page.content.decode()


def test_run_and_versions_are_those_of_two_runs_in_one_statement(django_assert_num_queries: Any) -> None:
    """A newer full run that found nothing new is what the site is as of; who labelled last is another run."""
    SyncRun.objects.create(kind="full", state="unchanged", finished_at="2024-03-06T11:00:00Z", ruleset_version=9)
    SyncRun.objects.create(kind="replay", state="ok", finished_at="2024-03-07T11:00:00Z", ruleset_version=6)
    SyncRun.objects.create(kind="full", state="held", finished_at="2024-03-08T11:00:00Z", ruleset_version=7)
    with django_assert_num_queries(1):
        good, labelled = runs_behind()
    assert good == last_good_run()
    assert (good.state, good.ruleset_version, labelled.kind, labelled.ruleset_version) == ("unchanged", 9, "replay", 6)
    good, labelled = runs_behind(dt.date(2024, 3, 3))
    assert (good.ruleset_version, labelled.ruleset_version) == (3, 4)
    assert runs_behind(dt.date(2024, 2, 1)) == (None, None)
