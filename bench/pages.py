"""The pages under gunicorn with two workers, beside a bare Django view, at several sizes of the dataset."""

from __future__ import annotations

import gzip
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from bench.figures import database_url, figure, fresh_database
from bench.load import Load, load
from bench.made_up import WORDS, made_up_studies

DATABASE = "bench_pages"
BASE = 1_000
ROUNDS = 3
# Of one burst.
SECONDS = 1.5
SIZES = (1_000, 10_000, 100_000)
PAGES = {
    "list": ("/trials/", "/trials/?page=2", "/trials/?sort=title"),
    "filtered_list": (
        "/trials/?disease=multiple-sclerosis&cell_type=msc",
        "/trials/?status=RECRUITING&country=CN",
        "/trials/?q=placebo+infusion&disease=type-1-diabetes",
    ),
    # Texts that nobody has asked for before: so many that none comes again while it is measured.
    "new_text": tuple(f"/trials/?q={'+'.join(words)}" for words in combinations(WORDS, 3)),
    "detail": tuple(f"/trials/NCT{90_000_000 + n:08d}/" for n in range(0, BASE, 97)),
    "disease": ("/diseases/multiple-sclerosis/", "/diseases/type-1-diabetes/"),
    "home": ("/",),
    "api_list": ("/api/v1/studies/", "/api/v1/studies/?disease=rheumatoid-arthritis"),
}


@contextmanager
def serving(application: str, workers: int = 2, **environment: str) -> Iterator[int]:
    """gunicorn as the project ships it, on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [
        "-m",
        "gunicorn",
        "--config",
        "deploy/gunicorn.conf.py",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        str(workers),
    ]
    child = subprocess.Popen(
        [sys.executable, *arguments, application],
        env={
            **os.environ,
            "DATABASE_URL": database_url(DATABASE),
            "LOG_LEVEL": "WARNING",
            "API_REQUESTS_PER_MINUTE": "1000000",
            **environment,
        },
        cwd=settings.BASE_DIR,
        stdout=2,  # standard error, also where sys.stderr is no file
    )
    try:
        for _ in range(200):
            try:
                urlopen(f"http://127.0.0.1:{port}/", timeout=30).read()
                break
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        yield port
    finally:
        child.terminate()
        child.wait()


def fill(size: int) -> None:
    """Made-up studies through the corridor; beyond a thousand, copies of them under other ids."""
    call_command("collectstatic", interactive=False, verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made_up.jsonl.gz"
        with gzip.open(path, "wb", compresslevel=1) as lines:
            lines.write(b"\n".join(made_up_studies(BASE)))
        call_command("sync_studies", replay=path, stdout=sys.stderr)
    multiply(size)


def multiply(size: int) -> None:
    """Copies of the published documents under other ids, up to this many."""
    copies = size // BASE - 1
    if copies <= 0:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'search_studydocument' "
            "AND is_generated = 'NEVER' AND column_name <> 'nct_id'"
        )
        columns = ", ".join(row[0] for row in cursor.fetchall())
        cursor.execute(
            f"""
            INSERT INTO search_studydocument (nct_id, {columns})
            SELECT 'NCT' || (substr(nct_id, 4)::int + {BASE} * copy), {columns}
            FROM search_studydocument, generate_series(1, %s) AS copy
            """,
            [copies],
        )
        cursor.execute("ANALYZE search_studydocument")
        cursor.execute("UPDATE search_datasetversion SET version = version + 1")


def _measure(size: int, names: Sequence[str]) -> None:
    """Each page in turn with the bare view, burst by burst, so that a busy moment of the machine hits both."""
    with serving("bench.bare") as bare_port, serving("trialtracker.wsgi", PAGE_CACHE_MB="0") as port:
        load(bare_port, ["/"], seconds=min(1, SECONDS))
        for name in names:
            paths = PAGES[name]
            load(port, paths[:50], seconds=min(1, SECONDS))
            _figure(f"page_{name}", size, _in_turn(bare_port, port, paths), 200)
        etag = urlopen(f"http://127.0.0.1:{port}/trials/").headers["ETag"]
        same = _in_turn(bare_port, port, ["/trials/"], headers=f"If-None-Match: {etag}\r\n")
        _figure("page_not_modified", size, same, 304)
        with serving("trialtracker.wsgi") as keeping_port:
            load(keeping_port, ["/trials/"], seconds=min(1, SECONDS))
            _figure("page_warm", size, _in_turn(bare_port, keeping_port, ["/trials/"]), 200)
        for name in ("list", "detail", "disease", "home") if size == BASE else ():
            figure(f"weight_{name}", _weight(port, PAGES[name][0]) / 1000, "kB gzipped, assets included", limit=60)


def _in_turn(bare_port: int, port: int, paths: Sequence[str], headers: str = "") -> list[tuple[Load, Load]]:
    return [
        (load(bare_port, ["/"], seconds=SECONDS), load(port, paths, seconds=SECONDS, headers=headers))
        for _ in range(ROUNDS)
    ]


def _figure(name: str, size: int, rounds: list[tuple[Load, Load]], wanted: int) -> None:
    only({wanted}, {status for _, ours in rounds for status in ours.statuses}, name)
    ratio = median(ours.rate / bare.rate for bare, ours in rounds)
    figure(
        name,
        median(ours.rate for _, ours in rounds),
        "requests/s",
        studies=size,
        yardstick=round(median(bare.rate for bare, _ in rounds), 1),
        ratio=round(ratio, 3),
        p50_ms=round(median(ours.p50 for _, ours in rounds), 1),
        p95_ms=round(median(ours.p95 for _, ours in rounds), 1),
    )


def only(wanted: set[int], met: set[int], name: str) -> None:
    if met != wanted:
        raise RuntimeError(f"{name}: expected the answer {wanted}, met {met}")


def _weight(port: int, path: str) -> int:
    """Bytes over the wire for a page and every asset that it names."""
    html = _zipped(port, path)
    assets = set(re.findall(rb'(?:href|src)="(/static/[^"]+)"', gzip.decompress(html)))
    return len(html) + sum(len(_zipped(port, asset.decode())) for asset in assets)


def _zipped(port: int, path: str) -> bytes:
    answer = urlopen(Request(f"http://127.0.0.1:{port}{path}", headers={"Accept-Encoding": "gzip"}))
    body = answer.read()
    return body if answer.headers.get("Content-Encoding") == "gzip" else gzip.compress(body, mtime=0)


def pages() -> None:
    """At 1,000 studies: every page, its speed and its weight."""
    with fresh_database(DATABASE):
        fill(BASE)
        _measure(BASE, list(PAGES))


def scale() -> None:
    """The same at 1,000, 10,000 and 100,000 studies."""
    for size in SIZES:
        with fresh_database(DATABASE):
            fill(size)
            _measure(size, ("list", "filtered_list", "new_text", "detail", "disease"))


BENCHMARKS = {"pages": pages, "scale": scale}
