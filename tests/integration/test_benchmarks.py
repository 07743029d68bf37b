"""The benchmarks run, on a few studies and for a moment, and say what they measured. Figures come from bin/bench.

Each runs as it does under `bin/bench`, in a process of its own: it goes to another database, and what this process
keeps of the tests' database must not meet it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import islice

import pytest
from django.conf import settings
from django.http import QueryDict

from apps.search.query import StudyQuery
from bench import crawler, pages

FEW = 40
SET_UP = f"""
import django
django.setup()
from bench import crawler, datasette, load, pages
from bench.figures import fresh_database
pages.BASE = {FEW}
"""


def run(code: str) -> list[dict]:
    """What a process prints that runs this code, line by line."""
    done = subprocess.run(
        [sys.executable, "-c", SET_UP + code],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "trialtracker.settings", "PYTHONPATH": str(settings.BASE_DIR)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith(("{", "["))]


def figures(code: str) -> dict[str, dict]:
    return {figure["name"]: figure for figure in run(code)}


@pytest.mark.slow
def test_a_crawler_is_measured() -> None:
    told = figures(f"crawler.crawler(size={FEW}, seconds=1.5)")
    for kind in ("alone", "beside_one_address", "beside_eight_addresses"):
        assert {f"reader_{name}_{kind}" for name in ("all", *crawler.READ)} <= set(told)
        assert told[f"reader_all_{kind}"]["studies"] == FEW
    assert told["reader_all_beside_one_address"]["crawler_requests"] > 0


@pytest.mark.slow
def test_datasette_is_measured() -> None:
    told = figures(f"datasette.datasette(size={FEW}, seconds=0.3)")
    assert set(told) == {"datasette_page", "datasette_page_text", "datasette_json", "datasette_json_text"}
    assert all(figure["ratio"] > 0 and figure["studies"] == FEW for figure in told.values())


@pytest.mark.slow
def test_pages_are_measured() -> None:
    told = figures(
        """
pages.ROUNDS, pages.SECONDS = 1, 0.3
pages.PAGES["detail"] = ("/trials/NCT90000001/",)
pages.pages()
"""
    )
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
def test_the_crawler_stops_after_its_time_and_its_number() -> None:
    [told] = run(
        f"""
import json
with fresh_database(pages.DATABASE):
    pages.fill({FEW})
    with pages.serving("trialtracker.wsgi", NUM_PROXIES="1") as port:
        few = sum(crawler.crawl(port, addresses=1, seconds=20, most=9).values())
        none = crawler.crawl(port, addresses=1, seconds=0, most=9)
        # An answer that comes in chunks is read to its end, and its connection serves the next.
        statuses = load.load(port, ["/trials/export.csv", "/trials/"], connections=1, seconds=1).statuses
print(json.dumps({{"few": few, "none": none, "statuses": statuses}}))
"""
    )
    assert (told["few"], told["none"]) == (9, {})
    assert set(told["statuses"]) <= {"200", "429"}
    assert sum(told["statuses"].values()) > 1
