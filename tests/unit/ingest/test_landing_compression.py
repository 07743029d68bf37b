"""Stored records are packed and unpacked by several threads at a time, as a threaded server does."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

from apps.ingest.landing import compress, decompress


def test_threads_do_not_disturb_each_other() -> None:
    chance = random.Random(7)
    payloads = [bytes(chance.choices(b"abcdefgh", k=100_000)) for _ in range(8)]
    stored = [compress(payload) for payload in payloads]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(decompress, stored * 20)) == payloads * 20
        assert list(threads.map(compress, payloads * 5)) == stored * 5
