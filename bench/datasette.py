"""The list beside Datasette over a SQLite file with the same studies, their texts in a full-text index."""

from __future__ import annotations

import itertools
import json
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from django.db import connection

from bench.figures import figure, fresh_database
from bench.load import Load, load
from bench.made_up import WORDS
from bench.pages import DATABASE, ROUNDS, fill, only, serving

SIZE = 10_000
BURST = 1.5
FACETS = ("disease", "cell_type", "status", "phase")
_COLUMNS = {
    "nct_id": "nct_id",
    "title": "title",
    "status": "overall_status",
    "disease": "array_to_string(diseases, ' ')",
    "cell_type": "array_to_string(cell_types, ' ')",
    "phase": "array_to_string(phases, ' ')",
    "countries": "array_to_string(countries, ' ')",
    "sponsor": "sponsor",
    "interventions": "array_to_string(interventions, ' ')",
    "enrollment": "enrollment",
    "start_date": "start_date",
    "last_update_posted": "last_update_posted",
    "scope": "scope",
}
_TEXTS = ("text_a", "text_b", "text_c", "text_d", "text_outcomes", "text_eligibility")
# The same questions on both sides; the texts are so many that none is asked for twice in a burst.
_FILTERED = (("disease", "multiple-sclerosis"), ("status", "RECRUITING"))
_WORDS = [" ".join(words) for words in itertools.combinations(WORDS, 3)]


def asked_of_us(path: str) -> dict[str, list[str]]:
    return {
        "": [path, f"{path}?{urlencode(_FILTERED)}"],
        "_text": [f"{path}?{urlencode({'q': words})}" for words in _WORDS],
    }


def asked_of_datasette(path: str) -> dict[str, list[str]]:
    usual = [("_size", "25"), ("_sort_desc", "last_update_posted"), ("scope", "in_scope")]
    usual += [("_facet", facet) for facet in FACETS]
    return {
        "": [f"{path}?{urlencode(usual)}", f"{path}?{urlencode([*usual, *_FILTERED])}"],
        "_text": [f"{path}?{urlencode([*usual, ('_search', words)])}" for words in _WORDS],
    }


def write_sqlite(path: Path) -> int:
    """The published documents as Datasette would be given them; gives their number."""
    with connection.cursor() as cursor:
        expressions = ", ".join([*_COLUMNS.values(), *_TEXTS])
        cursor.execute(f"SELECT {expressions} FROM search_studydocument")
        rows = cursor.fetchall()
    file = sqlite3.connect(path)
    names, texts = ", ".join(_COLUMNS), ", ".join(_TEXTS)
    marks = ", ".join("?" for _ in _COLUMNS)
    with file:
        file.execute(f"CREATE TABLE studies ({names}, PRIMARY KEY (nct_id))")
        file.execute(f"CREATE VIRTUAL TABLE studies_fts USING fts5 ({texts}, content='')")
        width = len(_COLUMNS)
        file.executemany(f"INSERT INTO studies VALUES ({marks})", [row[:width] for row in rows])
        numbered = [(number, *row[width:]) for number, row in enumerate(rows, 1)]
        file.executemany(
            f"INSERT INTO studies_fts (rowid, {texts}) VALUES (?, {', '.join('?' for _ in _TEXTS)})", numbered
        )
        for column in (*FACETS, "last_update_posted"):
            file.execute(f"CREATE INDEX studies_by_{column} ON studies ({column})")
    file.execute("ANALYZE")
    file.close()
    return len(rows)


@contextmanager
def datasette_serving(path: Path) -> Iterator[int]:
    """Datasette in a process of its own on a free port of this machine, told not to suggest facets."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = path.with_name("metadata.json")
    tables = {"studies": {"fts_table": "studies_fts", "fts_pk": "rowid"}}
    told.write_text(json.dumps({"databases": {path.stem: {"tables": tables}}}))
    command = [sys.executable, "-m", "datasette", "serve", str(path), "--metadata", str(told), "--port", str(port)]
    child = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--setting", "suggest_facets", "off"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            try:
                urlopen(f"http://127.0.0.1:{port}/-/versions.json", timeout=30).read()
                break
            except (URLError, ConnectionError):
                time.sleep(0.1)
        yield port
    finally:
        child.terminate()
        child.wait()


def _in_turn(
    port: int, paths: Sequence[str], their_port: int, their_paths: Sequence[str], seconds: float
) -> list[tuple[Load, Load]]:
    return [(load(port, paths, seconds=seconds), load(their_port, their_paths, seconds=seconds)) for _ in range(ROUNDS)]


def _check(port: int, page: str, text: str) -> None:
    """Both sides answer the same question: every facet in time, the same number of studies with these words."""
    answer = json.loads(urlopen(f"http://127.0.0.1:{port}{page}").read())
    given = answer["facet_results"]
    if set(given) != set(FACETS) or answer.get("facets_timed_out"):
        raise RuntimeError(f"Datasette gave the facets {sorted(given)} alone.")
    if not json.loads(urlopen(f"http://127.0.0.1:{port}{text}").read())["filtered_table_rows_count"]:
        raise RuntimeError("Datasette found nothing by text.")


def datasette(size: int = SIZE, seconds: float = BURST) -> None:
    """Page against page and JSON against JSON, eight connections, burst by burst."""
    with fresh_database(DATABASE), tempfile.TemporaryDirectory() as folder:
        fill(size)
        path = Path(folder) / "bench.db"
        studies = write_sqlite(path)
        theirs = {"page": asked_of_datasette("/bench/studies"), "json": asked_of_datasette("/bench/studies.json")}
        ours = {"page": asked_of_us("/trials/"), "json": asked_of_us("/api/v1/studies/")}
        with datasette_serving(path) as their_port:
            _check(their_port, theirs["json"][""][0], theirs["json"]["_text"][0])
            for workers, kinds in ((2, ("", "_text")), (1, ("",))):
                with serving("trialtracker.wsgi", workers=workers, PAGE_CACHE_MB="0") as port:
                    for form, kind in itertools.product(ours, kinds):
                        load(port, ours[form][kind][:2], seconds=seconds / 2)
                        rounds = _in_turn(port, ours[form][kind], their_port, theirs[form][kind], seconds)
                        _figure(f"datasette_{form}{kind}", rounds, studies=studies, workers=workers)


def _figure(name: str, rounds: list[tuple[Load, Load]], **beside: object) -> None:
    only({200}, {status for pair in rounds for side in pair for status in side.statuses}, name)
    figure(
        name,
        median(ours.rate for ours, _ in rounds),
        "requests/s",
        yardstick=round(median(theirs.rate for _, theirs in rounds), 1),
        ratio=round(median(ours.rate / theirs.rate for ours, theirs in rounds), 2),
        p95_ms=round(median(ours.p95 for ours, _ in rounds), 1),
        yardstick_p95_ms=round(median(theirs.p95 for _, theirs in rounds), 1),
        yardstick_is="Datasette, one process",
        **beside,
    )


BENCHMARKS = {"datasette": datasette}
