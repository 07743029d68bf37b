"""The benchmarks run, on a few studies and for a moment, and say what they measured. Figures come from bin/bench."""

from __future__ import annotations

import json
from itertools import islice

import pytest
from django.http import QueryDict

from apps.search.query import StudyQuery
from bench import crawler, datasette, load, pages

FEW = 40


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "BASE", FEW)


def figures(captured: pytest.CaptureFixture[str]) -> dict[str, dict]:
    lines = [line for line in captured.readouterr().out.splitlines() if line.startswith("{")]
    return {figure["name"]: figure for figure in map(json.loads, lines)}


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
@pytest.mark.django_db(transaction=True)
def test_a_crawler_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    crawler.crawler(size=FEW, seconds=1.5)
    told = figures(capsys)
    for kind in ("alone", "beside_one_address", "beside_eight_addresses"):
        assert {f"reader_{name}_{kind}" for name in ("all", *crawler.READ)} <= set(told)
        assert told[f"reader_all_{kind}"]["studies"] == FEW
    assert told["reader_all_beside_one_address"]["crawler_requests"] > 0


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
@pytest.mark.django_db(transaction=True)
def test_datasette_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    datasette.datasette(size=FEW, seconds=0.3)
    told = figures(capsys)
    assert set(told) == {"datasette_page", "datasette_page_text", "datasette_json", "datasette_json_text"}
    assert all(figure["ratio"] > 0 and figure["studies"] == FEW for figure in told.values())


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
@pytest.mark.django_db(transaction=True)
def test_pages_are_measured(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ROUNDS", 1)
    monkeypatch.setattr(pages, "SECONDS", 0.3)
    monkeypatch.setitem(pages.PAGES, "detail", ("/trials/NCT90000001/",))
    pages.pages()
    told = figures(capsys)
    assert {f"page_{name}" for name in (*pages.PAGES, "not_modified", "warm")} <= set(told)


def test_the_crawler_asks_for_what_there_is_and_hardly_twice_for_the_same() -> None:
    paths = list(islice(crawler.sweep(), 400))
    assert paths == list(islice(crawler.sweep(), 400))
    assert len(set(paths)) > 300
    assert any("export." in path for path in paths)
    for path in paths:
        _query, problems = StudyQuery.parse(QueryDict(path.partition("?")[2].replace("view=table", "")))
        assert not problems, path


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
@pytest.mark.django_db(transaction=True)
def test_the_crawler_stops_after_its_time_and_its_number() -> None:
    with pages.fresh_database(pages.DATABASE):
        pages.fill(FEW)
        with pages.serving("trialtracker.wsgi", NUM_PROXIES="1") as port:
            assert sum(crawler.crawl(port, addresses=1, seconds=20, most=9).values()) == 9
            assert crawler.crawl(port, addresses=1, seconds=0, most=9) == {}
            # An answer that comes in chunks is read to its end, and its connection serves the next.
            told = load.load(port, ["/trials/export.csv", "/trials/"], connections=1, seconds=1)
            assert set(told.statuses) <= {200, 429}
            assert sum(told.statuses.values()) > 1
