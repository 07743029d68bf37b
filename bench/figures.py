"""Printing figures, and the small tools that every benchmark needs."""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

Benchmark = Callable[[], None]
RECORDED = Path(settings.BASE_DIR).parent / "shared" / "ctgov" / "studies"


def run(benchmarks: Mapping[str, Benchmark]) -> int:
    for name, benchmark in benchmarks.items():
        print(f"-- {name}", file=sys.stderr, flush=True)
        begun = time.perf_counter()
        benchmark()
        print(f"   {time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
    return 0


def figure(name: str, value: float, unit: str, **beside: object) -> None:
    """One line: the figure, its unit, and beside it the yardstick, the ratio and the size that it was measured on."""
    yardstick = beside.get("yardstick")
    if isinstance(yardstick, float | int) and yardstick and "ratio" not in beside:
        beside["ratio"] = round(value / yardstick, 3)
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, **beside}), flush=True)


def recorded_studies() -> list[bytes]:
    """Every recorded study, one of each id, where the recorded studies are at hand; else as many made-up ones."""
    studies: dict[str, bytes] = {}
    for path in sorted(RECORDED.glob("*.jsonl.gz")):
        with gzip.open(path) as lines:
            for line in lines:
                record = msgspec.json.decode(line)
                studies.setdefault(record["protocolSection"]["identificationModule"]["nctId"], line.strip())
    if not studies:
        from bench.made_up import made_up_studies

        print("   no recorded studies beside the project: measured on made-up ones", file=sys.stderr)
        return made_up_studies(4000)
    return list(studies.values())


@contextmanager
def fresh_database(name: str) -> Iterator[None]:
    """A migrated, empty database of this name for the block; dropped after it."""
    original = connection.settings_dict["NAME"]
    quoted = connection.ops.quote_name(name)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {quoted}")
    connections.close_all()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = original
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """The median of several runs."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def database_url(name: str) -> str:
    """The address of another database on the same server."""
    from urllib.parse import quote

    at = connection.settings_dict
    login = quote(at["USER"], safe="") + (":" + quote(at["PASSWORD"], safe="") if at["PASSWORD"] else "")
    host = quote(at["HOST"], safe="") + (f":{at['PORT']}" if at["PORT"] else "")
    return f"postgresql://{login}@{host}/{name}"
