"""A small load generator: some connections, each asking for its next page as soon as the last has come."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """`rate` is requests a second; `p50` and `p95` are milliseconds; `statuses` counts the answers by status."""

    rate: float
    p50: float
    p95: float
    statuses: Mapping[int, int]


def load(port: int, paths: Sequence[str], *, connections: int = 8, seconds: float = 4.0, headers: str = "") -> Load:
    """Ask 127.0.0.1:`port` for these paths in turn for so many seconds."""
    return asyncio.run(_load(port, paths, connections, seconds, headers))


async def _load(port: int, paths: Sequence[str], connections: int, seconds: float, headers: str) -> Load:
    taken: list[float] = []
    statuses: dict[int, int] = {}
    end = time.perf_counter() + seconds

    async def reader(first: int) -> None:
        number, streams = first, None
        while time.perf_counter() < end:
            begun = time.perf_counter()
            if streams is None:
                streams = await asyncio.open_connection("127.0.0.1", port)
            status, keep = await ask(*streams, paths[number % len(paths)], headers)
            taken.append(time.perf_counter() - begun)
            statuses[status] = statuses.get(status, 0) + 1
            number += connections
            if not keep:
                streams[1].close()
                streams = None
        if streams:
            streams[1].close()

    begun = time.perf_counter()
    await asyncio.gather(*(reader(number) for number in range(connections)))
    rate = len(taken) / (time.perf_counter() - begun)
    cuts = statistics.quantiles(taken, n=20)
    return Load(rate, statistics.median(taken) * 1000, cuts[18] * 1000, statuses)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, headers: str) -> tuple[int, bool]:
    """One answer, read to its end: its status, and whether the connection can be used again."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head[9:12])
    length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), None)
    chunked = "transfer-encoding: chunked" in head
    if status != 304:
        await (_chunks(reader) if chunked else reader.read() if length is None else reader.readexactly(length))
    return status, "connection: close" not in head and (chunked or length is not None or status == 304)


async def _chunks(reader: asyncio.StreamReader) -> None:
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
    await reader.readline()
