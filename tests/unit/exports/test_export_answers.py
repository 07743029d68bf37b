"""Lists as files over HTTP: what is refused, what the headers say, what it costs, what never leaves."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings as site_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.ctgov.parser import parse_study
from apps.exports import selectors
from apps.exports.columns import NAMES
from apps.exports.formats import FORMATS
from apps.ingest.models import SyncRun
from apps.search import selectors as search
from apps.search.documents import build_entry
from apps.search.query import PARAMETERS
from apps.web.views import exports
from tests.factories.documents import entry, publish
from tests.factories.studies import situation
from tests.unit.exports.readers import csv_rows, jsonl_rows, sheet, taken


@pytest.fixture
def three(db: None) -> None:
    publish(
        entry("NCT90000001", title="Alpha"),
        entry("NCT90000002", title="Beta", cell_types=["hsc"], countries=["CN"]),
        entry("NCT90000003", title="Gamma", scope="review"),
    )


@pytest.fixture
def synced(db: None) -> SyncRun:
    return SyncRun.objects.create(
        kind="full", state="ok", finished_at="2026-09-04T10:00:00Z", data_timestamp="2026-09-04T09:00:06"
    )


@pytest.mark.usefixtures("three", "synced")
@pytest.mark.parametrize("kind", FORMATS)
def test_the_headers_say_what_it_is(client: Client, kind: str) -> None:
    response = client.get(f"/trials/export.{kind}?country=CN&page=3")
    body = b"".join(response.streaming_content)
    assert response.status_code == 200
    assert response["Content-Type"] == FORMATS[kind].media_type
    assert re.fullmatch(
        rf'attachment; filename="trialtracker-trials-\d{{4}}-\d\d-\d\d\.{kind}"', response["Content-Disposition"]
    )
    assert body
    assert response["Export-Rows"] == "1"
    assert response["Export-Data-Timestamp"] == "2026-09-04T09:00:06"
    assert response["Export-Query-Url"] == "http://localhost:8000/trials/?country=CN"
    assert unquote(response["Export-Title"]) == "1 trial in China"
    assert "as of 4 September 2026, 09:00 UTC" in unquote(response["Export-Citation"])
    assert int(response["Export-Dataset-Version"]) > 0
    assert int(response["Export-Ruleset-Version"]) > 0
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert not response.cookies
    beside = re.match(r'<([^>]+)>; rel="describedby"', response["Link"])[1]
    told = json.loads(taken(client, beside))
    assert told["title"] == "1 trial in China"
    assert told["data_timestamp"] == "2026-09-04T09:00:06"


@pytest.mark.usefixtures("three")
def test_head_makes_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> Iterator[bytes]:
        raise AssertionError("a body was made")

    monkeypatch.setattr(search, "_document", refuse)
    response = client.head("/trials/export.xlsx")
    assert response.status_code == 200
    assert response["Export-Rows"] == "2"


@pytest.mark.usefixtures("three")
def test_a_copy_that_still_stands_is_not_sent_again(client: Client) -> None:
    first = client.get("/trials/export.csv")
    b"".join(first.streaming_content)
    assert taken(client, "/trials/export.csv", 304, if_none_match=first["ETag"]) == b""
    publish(entry("NCT90000009"))
    assert len(csv_rows(taken(client, "/trials/export.csv", if_none_match=first["ETag"]))) == 3


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("status=norway", "norway"),
        ("diseas=multiple-sclerosis", "diseas"),
        ("utm_source=x", "utm_source"),
        ("scope=everything", "everything"),
        ("sort=colour", "colour"),
        ("page=0", "page"),
        ("page_size=100000", "page_size"),
        ("q=" + "x" * 501, "500"),
        ("sort=title&sort=nct_id", "sort"),
    ],
)
@pytest.mark.parametrize("path", ["export.csv", "export.parquet", "about.json", "cite.ris"])
def test_what_was_not_understood_is_refused(client: Client, path: str, query: str, word: str) -> None:
    told = taken(client, f"/trials/{path}?{query}", 400).decode()
    assert word in told
    assert "<" not in told
    page = taken(client, f"/trials/{path}?{query}", 400, accept="text/html,*/*").decode()
    assert "<h1>No file was made</h1>" in page
    assert 'content="noindex' in page


@pytest.mark.usefixtures("three")
def test_pages_count_for_nothing(client: Client) -> None:
    whole = csv_rows(taken(client, "/trials/export.csv"))
    assert csv_rows(taken(client, "/trials/export.csv?page=900&page_size=1")) == whole
    assert len(whole) == 2


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    "path", ["export.pdf", "export.", "export.csv/", "export.CSV", "cite.doc", "about.xml", "export.é"]
)
def test_there_is_no_such_file(client: Client, path: str) -> None:
    assert client.get(f"/trials/{path}", follow=True).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_files_are_only_read(client: Client, method: str) -> None:
    assert getattr(client, method)("/trials/export.csv").status_code == 405


@given(
    st.dictionaries(
        st.sampled_from([*PARAMETERS, "x", "as_of", "format"]), st.lists(st.text(max_size=20), max_size=3), max_size=4
    ),
    st.sampled_from([*(f"export.{kind}" for kind in FORMATS), "about.json", "cite.ris", "cite.bib", "cite.txt"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("three")
def test_nonsense_is_never_an_error_of_ours(
    client: Client, monkeypatch: pytest.MonkeyPatch, params: dict[str, list[str]], path: str
) -> None:
    monkeypatch.setattr(exports, "EXPORTS_A_MINUTE", 10_000)
    response = client.get(f"/trials/{path}", params)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    assert response.status_code in {200, 400}
    assert response.status_code == 200 or body.decode().strip()


@pytest.mark.usefixtures("three")
def test_the_order_and_the_choice_are_the_lists(client: Client) -> None:
    publish(*(entry(title=f"Stem {number}", enrollment=number) for number in range(60)))
    for query in ("sort=-enrollment", "q=stem", "q=NCT90000001, NCT90000002", "sort=title&cell_type=msc", "scope=all"):
        pages: list[str] = []
        for number in range(1, 5):
            document = client.get(f"/trials/?{query}&page={number}")
            if document.status_code == 200:
                pages += re.findall(r'trial-row__title"><a href="/trials/(NCT\d+)/', document.content.decode())
        rows = csv_rows(taken(client, f"/trials/export.csv?{query}"))
        assert [row["nct_id"] for row in rows] == pages


@pytest.mark.usefixtures("three")
def test_one_address_cannot_take_everything(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "EXPORTS_A_MINUTE", 2)
    for _ in range(2):
        taken(client, "/trials/export.csv")
    response = client.get("/trials/export.csv")
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 61
    assert "ETag" not in response


@pytest.mark.django_db(transaction=True)
def test_a_search_that_takes_too_long_is_a_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(entry())
    monkeypatch.setattr(search, "_MATCH", "SELECT %s, pg_sleep(5)::text || %s || '{vector}'")
    monkeypatch.setattr(selectors, "SEARCH_TIMEOUT_MS", 50)
    response = client.get("/trials/export.csv?q=cells")
    assert response.status_code == 503
    assert "too long" in response.content.decode()
    assert "Retry-After" in response
    assert "ETag" not in response
    monkeypatch.undo()
    assert len(csv_rows(taken(client, "/trials/export.csv?q=cells"))) == 1


@pytest.mark.django_db(transaction=True)
def test_a_search_that_cannot_be_held_leaves_the_transaction_whole(client: Client) -> None:
    publish(entry())
    body = taken(client, "/trials/export.jsonl?q=" + "-x OR " * 80)
    assert isinstance(jsonl_rows(body), list)


@pytest.mark.django_db(transaction=True)
def test_a_file_is_of_one_moment(client: Client) -> None:
    """What is published while a file is being read does not show in it, and the transaction ends with the file."""
    publish(*(entry(f"NCT9000{number:04d}", title="before") for number in range(1, 1301)))
    response = client.get("/trials/export.jsonl?sort=nct_id")
    pieces = iter(response.streaming_content)
    first = next(pieces)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("UPDATE search_studydocument SET title = 'after'")
    other.close()
    rows = jsonl_rows(first + b"".join(pieces))
    assert len(rows) == 1300
    assert {row["title"] for row in rows} == {"before"}
    assert not connection.in_atomic_block
    assert {row["title"] for row in jsonl_rows(taken(client, "/trials/export.jsonl"))} == {"after"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_reader_who_goes_away_leaves_nothing_open(client: Client, kind: str) -> None:
    publish(*(entry() for _ in range(1200)))
    response = client.get(f"/trials/export.{kind}")
    next(iter(response.streaming_content))
    for close in response._resource_closers:
        close()
    assert not connection.in_atomic_block
    assert csv_rows(taken(client, "/trials/export.csv?page_size=1"))


@pytest.mark.parametrize("kind", FORMATS)
def test_the_statements_do_not_grow_with_the_list(client: Client, db: None, kind: str) -> None:
    counts = []
    for _ in range(2):
        publish(*(entry(title="Stem cells") for _ in range(700)))
        taken(client, f"/trials/export.{kind}?q=stem")
        with CaptureQueriesContext(
            connection,
        ) as context:
            taken(client, f"/trials/export.{kind}?q=stem&sort=title")
            taken(client, f"/trials/export.{kind}?q=stem")
        counts.append(len(context.captured_queries))
    assert counts[0] >= counts[1]
    # Of each at most: version and run for the ETag; in the export's own state a savepoint, settings, version, text, its
    # ranking, run, rows.
    assert counts[1] <= 2 * 12


@pytest.mark.slow
def test_memory_does_not_grow_with_the_list(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BATCH", 50)
    padding = "a long title " * 200
    peaks: dict[str, list[int]] = {kind: [] for kind in FORMATS}
    for rows in (150, 850):
        publish(*(entry(title=padding, interventions=[padding], text_a="", text_b="") for _ in range(rows)))
        taken(client, "/trials/export.csv?country=NO")  # the index of the whole set belongs to the process
        for kind, found in peaks.items():
            tracemalloc.start()
            for _piece in client.get(f"/trials/export.{kind}").streaming_content:
                pass
            found.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    # The second list is longer by 4.4 MB of titles and interventions.
    for kind, (short, long) in peaks.items():
        assert long < short + 1_000_000, (kind, short, long)


def test_no_contact_is_in_any_file(client: Client, db: None) -> None:
    record = parse_study(situation("contacts_everywhere"))
    told = json.loads(situation("contacts_everywhere"))
    publish(build_entry(record, scope="in_scope", diseases=["multiple-sclerosis"], cell_types=["msc"]))
    secrets = set(personal(told))
    assert len(secrets) > 8
    for kind in FORMATS:
        body = taken(client, f"/trials/export.{kind}")
        if kind == "xlsx":
            body = repr(sheet(body)).encode()
        assert record.nct_id.encode() in body
        for secret in secrets:
            assert secret.encode() not in body, (kind, secret)


def personal(tree: Any, key: str = "") -> Iterator[str]:
    """Names, numbers and addresses of people to call or write to, and those of a responsible person."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            of_contact = key in {"contacts", "centralContacts"} and name == "name"
            if of_contact or name in {"email", "phone"} or name.startswith("investigator"):
                yield str(value)
            else:
                yield from personal(value, name)
    elif isinstance(tree, list):
        for item in tree:
            yield from personal(item, key)


def test_the_list_page_offers_the_files(client: Client, three: None) -> None:
    page = client.get("/trials/?cell_type=hsc").content.decode()
    for kind in FORMATS:
        assert f'href="/trials/export.{kind}?cell_type=hsc" rel="nofollow" download' in page
    assert "The one trial of this list" in page
    assert "/trials/export" not in client.get("/trials/?country=NO").content.decode()


def test_the_list_page_costs_no_statement_more(client: Client, three: None) -> None:
    client.get("/trials/?cell_type=msc")
    with CaptureQueriesContext(connection) as context:
        client.get("/trials/?cell_type=msc&sort=nct_id&status=RECRUITING")
    assert len(context.captured_queries) <= 3


def test_robots_are_kept_out(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    for path in ("/trials/export.", "/trials/about.json", "/trials/cite.", "/l/"):
        assert f"Disallow: {path}" in lines


def test_the_dictionary_is_made_from_the_columns(client: Client, db: None) -> None:
    page = client.get("/data/dictionary/").content.decode()
    body = json.loads(taken(client, "/data/dictionary.json"))
    assert [column["name"] for column in body["columns"]] == list(NAMES)
    for column in body["columns"]:
        assert f'<tr id="{column["name"]}">' in page
        assert column["description"]
        assert column["read_from"]
    phases = next(column for column in body["columns"] if column["name"] == "phases")
    assert phases["values"]["PHASE1"] == "Phase 1"
    assert any("apostrophe" in rule for rule in body["rules"])
    assert any("|" in rule for rule in body["rules"])
    assert site_settings.SITE_URL in page
