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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from bench.figures import database_url, figure, fresh_database
from bench.load import load
from bench.made_up import made_up_studies

DATABASE = "bench_pages"
BASE = 1_000
SIZES = (1_000, 10_000, 100_000)
PAGES = {
    "list": ("/trials/", "/trials/?page=2", "/trials/?sort=title"),
    "filtered_list": (
        "/trials/?disease=multiple-sclerosis&cell_type=msc",
        "/trials/?status=RECRUITING&country=CN",
        "/trials/?q=placebo+infusion&disease=type-1-diabetes",
    ),
    "detail": tuple(f"/trials/NCT{90_000_000 + n:08d}/" for n in range(0, BASE, 97)),
    "disease": ("/diseases/multiple-sclerosis/", "/diseases/type-1-diabetes/"),
    "home": ("/",),
    "api_list": ("/api/v1/studies/", "/api/v1/studies/?disease=rheumatoid-arthritis"),
}


@contextmanager
def serving(application: str, environment: Mapping[str, str]) -> Iterator[int]:
    """gunicorn, two workers, on a free port of this machine."""
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
        "2",
    ]
    child = subprocess.Popen(
        [sys.executable, *arguments, application],
        env={**os.environ, "DATABASE_URL": database_url(DATABASE), "LOG_LEVEL": "WARNING", **environment},
        cwd=settings.BASE_DIR,
        stdout=sys.stderr,
    )
    try:
        for _ in range(200):
            try:
                urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()
                break
            except (URLError, ConnectionError):
                time.sleep(0.1)
        yield port
    finally:
        child.terminate()
        child.wait()


def _fill(size: int) -> None:
    """Made-up studies through the corridor; beyond a thousand, copies of them under other ids."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made_up.jsonl.gz"
        with gzip.open(path, "wb", compresslevel=1) as lines:
            lines.write(b"\n".join(made_up_studies(BASE)))
        call_command("sync_studies", replay=path, stdout=sys.stderr)
    _multiply(size)


def _multiply(size: int) -> None:
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


def _measure(size: int, *, everything: bool) -> None:
    with serving("bench.bare", {}) as port:
        load(port, ["/"], seconds=1)
        bare = load(port, ["/"])
    figure(
        "page_yardstick", bare.rate, "requests/s", p50_ms=round(bare.p50, 1), p95_ms=round(bare.p95, 1), studies=size
    )
    with serving("trialtracker.wsgi", {"API_THROTTLE": "1000000/min"}) as port:
        for name, paths in PAGES.items():
            if not everything and name in {"home", "api_list"}:
                continue
            load(port, paths, seconds=1)
            shown = load(port, paths)
            _only({200}, shown.statuses, name)
            figure(
                f"page_{name}",
                shown.rate,
                "requests/s",
                yardstick=round(bare.rate, 1),
                studies=size,
                p50_ms=round(shown.p50, 1),
                p95_ms=round(shown.p95, 1),
            )
        etag = urlopen(f"http://127.0.0.1:{port}/trials/").headers["ETag"]
        same = load(port, ["/trials/"], headers=f"If-None-Match: {etag}\r\n")
        _only({304}, same.statuses, "304")
        figure(
            "page_not_modified",
            same.rate,
            "requests/s",
            yardstick=round(bare.rate, 1),
            studies=size,
            p50_ms=round(same.p50, 1),
            p95_ms=round(same.p95, 1),
        )
        if everything:
            for name in ("list", "detail", "disease", "home"):
                figure(f"weight_{name}", _weight(port, PAGES[name][0]) / 1000, "kB gzipped, assets included", limit=60)


def _only(wanted: set[int], met: Mapping[int, int], name: str) -> None:
    if set(met) != wanted:
        raise RuntimeError(f"{name}: expected {wanted}, met {dict(met)}")


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
        _fill(BASE)
        _measure(BASE, everything=True)


def scale() -> None:
    """The same at 1,000, 10,000 and 100,000 studies."""
    for size in SIZES:
        with fresh_database(DATABASE):
            _fill(size)
            _measure(size, everything=False)


BENCHMARKS = {"pages": pages, "scale": scale}
