"""The corridor: from a page of the registry to what is published."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from urllib.request import Request, urlopen

import msgspec
import orjson
from django.conf import settings
from django.db import connection

from bench.figures import database_url, figure, fresh_database, recorded_studies

DATABASE = "bench_sync"

_YARDSTICK_TABLE = """
CREATE TABLE bench_yardstick (
    nct_id text PRIMARY KEY, record jsonb NOT NULL,
    search tsvector GENERATED ALWAYS AS (jsonb_to_tsvector('english', record, '["string"]')) STORED
);
CREATE INDEX ON bench_yardstick USING gin (search);
"""


def yardstick(studies: list[bytes]) -> float:
    """Studies a second: orjson decode and COPY into one table of jsonb with a generated tsvector and its GIN index."""
    with connection.cursor() as cursor:
        cursor.execute(_YARDSTICK_TABLE)
        begun = time.perf_counter()
        rows = StringIO()
        for payload in studies:
            record = orjson.loads(payload)
            text = orjson.dumps(record).decode().replace("\\u0000", "").replace("\\", "\\\\")
            rows.write(f"{record['protocolSection']['identificationModule']['nctId']}\t{text}\n")
        rows.seek(0)
        cursor.copy_expert("COPY bench_yardstick (nct_id, record) FROM STDIN", rows)
        taken = time.perf_counter() - begun
        cursor.execute("DROP TABLE bench_yardstick")
    return len(studies) / taken


@contextmanager
def registry(studies: list[bytes]) -> Iterator[str]:
    """The emulator in a process of its own, serving every study to every query; gives its address."""
    command = [sys.executable, "-m", "bench.registry"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=settings.BASE_DIR) as child:
        assert child.stdin
        assert child.stdout
        child.stdin.write(msgspec.msgpack.encode(studies))
        child.stdin.close()
        try:
            yield child.stdout.readline().decode().strip()
        finally:
            child.terminate()


def _sync_in_a_process(url: str) -> dict:
    """One sync in a process of its own, so that its memory can be read; gives its report and the peak in MB."""
    environment = {
        **os.environ,
        "CTGOV_BASE_URL": url,
        "CTGOV_MIN_INTERVAL": "0",
        "DATABASE_URL": database_url(DATABASE),
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.one_sync"],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def sync_cold() -> None:
    """A first sync of everything; then one with nothing new; then one with a single changed record."""
    studies = recorded_studies()
    with fresh_database(DATABASE):
        before = yardstick(studies)
        with registry(studies) as url:
            cold = _sync_in_a_process(url)
            after = yardstick(studies)
            unchanged = _sync_in_a_process(url)
            rows = _row_versions()
            _change_one(url, studies[0])
            one = _sync_in_a_process(url)
            written = sum(before_row != after_row for before_row, after_row in zip(rows, _row_versions(), strict=True))
    figure(
        "sync_cold",
        cold["seen"] / cold["seconds"],
        "studies/s",
        yardstick=round((before + after) / 2, 1),
        studies=cold["seen"],
        seconds=cold["seconds"],
        timings=cold["timings"],
        failed=cold["failed"],
    )
    figure("sync_cold_memory", cold["peak_mb"], "MB", limit=250)
    figure(
        "sync_unchanged", unchanged["seconds"], "s", limit=0.3, requests=unchanged["requests"], state=unchanged["state"]
    )
    figure(
        "sync_one_change",
        written,
        "studies written",
        seconds=one["seconds"],
        updated=one["updated"],
        unchanged=one["unchanged"],
    )


def _row_versions() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nct_id, xmin::text FROM studies_study ORDER BY nct_id")
        return cursor.fetchall()


def _change_one(url: str, payload: bytes) -> None:
    """The registry posts an update of one study, and a new day."""
    nct_id = msgspec.json.decode(payload)["protocolSection"]["identificationModule"]["nctId"]
    title = {"protocolSection.identificationModule.briefTitle": "Another title"}
    for order in ({"do": "change", "nct_id": nct_id, "changes": title}, {"do": "refresh"}):
        urlopen(Request(url.replace("/api/v2", "/_control"), json.dumps(order).encode())).read()


BENCHMARKS = {"sync_cold": sync_cold}
