"""A crawler that sweeps every combination it can think of, and the pages of a reader meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from django.conf import settings

from bench import pages
from bench.figures import figure, fresh_database
from bench.load import ask
from bench.made_up import WORDS
from bench.pages import DATABASE, fill, serving

SIZE = 10_000
SECONDS = 12.0
MOST_REQUESTS = 20_000
CONNECTIONS = 8
# A person's pages, and how long they look at each, in seconds. Each asks without a copy of its own (no 304).
READ = ("home", "list", "trial", "disease", "filtered")
PAUSE = 0.05
# One crawler from one address; and one that comes from as many addresses as it has connections.
ADDRESSES = {"one_address": 1, "eight_addresses": 8}


def sweep(seed: int = 1) -> Iterator[str]:
    """Addresses without end: sort x page x page size x format, files, values of filters, facets in any combination."""
    from apps.search.query import FILTERS, SORTS

    chance = random.Random(seed)
    forms = (
        *("/trials/", "/trials/", "/trials/", "/trials/", "/api/v1/studies/", "/api/v1/facets/", "/api/v1/sponsors/"),
        *(f"/trials/export.{kind}" for kind in ("csv", "xlsx", "jsonl", "parquet", "ris", "bib")),
        *("/trials/values/sponsor/", "/trials/values/country/", "/trials/cite.txt", "/trials/about.json"),
    )
    closed = {name: item.words for name, item in FILTERS.items() if item.words}
    while True:
        form = chance.choice(forms)
        names = chance.sample(sorted(closed), chance.choice((0, 0, 1, 1, 2, 3)))
        asked = [(name, chance.choice(closed[name])) for name in names]
        if chance.random() < 0.25:
            asked.append(("q", " ".join(chance.sample(WORDS, chance.choice((1, 2))))))
        if form == "/trials/" or form == "/api/v1/studies/":
            asked += [("sort", chance.choice([sort for sort in SORTS if sort != "relevance"]))]
            asked += [("page", str(chance.choice((1, 2, 3, 7, 20, 100, 400, 10**6))))]
            asked += [("page_size", str(chance.choice((1, 25, 50, 100, 200))))]
        if form == "/trials/" and chance.random() < 0.5:
            asked.append(("view", "table"))
        yield f"{form}?{urlencode(asked)}"


_LEAFLETS = ("multiple-sclerosis", "type-1-diabetes", "rheumatoid-arthritis")


def reading(seed: int = 2) -> Iterator[tuple[str, str]]:
    """What a person looks at: the name of a figure, and an address."""
    chance = random.Random(seed)
    for name in itertools.cycle(READ):
        yield (
            name,
            {
                "home": "/",
                "list": "/trials/",
                "trial": f"/trials/NCT{90_000_000 + chance.randrange(pages.BASE):08d}/",
                "disease": f"/diseases/{chance.choice(_LEAFLETS)}/",
                "filtered": f"/trials/?country={chance.choice(('CN', 'ES', 'SE', 'US'))}&status=RECRUITING",
            }[name],
        )


def read(port: int, seconds: float) -> dict[str, list[float]]:
    """How long a reader waits for pages, in milliseconds by figure, asking for one after the other."""
    return asyncio.run(_read(port, seconds))


async def _read(port: int, seconds: float) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {}
    end = time.perf_counter() + seconds
    for name, path in reading():
        if time.perf_counter() >= end:
            break
        begun = time.perf_counter()
        streams = await asyncio.open_connection("127.0.0.1", port)
        status, _keep = await ask(*streams, path, "X-Forwarded-For: 198.51.100.1\r\n")
        streams[1].close()
        if status != 200:
            raise RuntimeError(f"The reader met {status} at {path}.")
        taken.setdefault(name, []).append((time.perf_counter() - begun) * 1000)
        await asyncio.sleep(PAUSE)
    return taken


def crawl(port: int, addresses: int, seconds: float, most: int) -> dict[str, int]:
    """Sweep over some connections for so long, and no more requests than these; gives answers by status."""
    return asyncio.run(_crawl(port, addresses, seconds, most))


async def _crawl(port: int, addresses: int, seconds: float, most: int) -> dict[str, int]:
    statuses: dict[str, int] = {}
    paths = itertools.islice(sweep(), most)
    end = time.perf_counter() + seconds

    async def connection(number: int) -> None:
        headers = f"X-Forwarded-For: 203.0.113.{number % addresses + 1}\r\n"
        streams = None
        for path in paths:
            left = end - time.perf_counter()
            if left <= 0:
                break
            streams = streams or await asyncio.open_connection("127.0.0.1", port)
            try:
                status, keep = await asyncio.wait_for(ask(*streams, path, headers), left + 1)
            except TimeoutError:
                break
            statuses[str(status)] = statuses.get(str(status), 0) + 1
            if not keep:
                streams[1].close()
                streams = None
        if streams:
            streams[1].close()

    await asyncio.gather(*map(connection, range(CONNECTIONS)))
    return statuses


def _crawling(port: int, addresses: int, seconds: float) -> subprocess.Popen[str]:
    """In a process of its own: a reader must not wait for the crawler's side of the work."""
    arguments = [str(argument) for argument in (port, addresses, seconds, MOST_REQUESTS)]
    command = [sys.executable, "-m", "bench.crawler", *arguments]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)


def _figures(kind: str, taken: dict[str, list[float]], **beside: object) -> None:
    whole = [milliseconds for several in taken.values() for milliseconds in several]
    for name, several in {"": whole, **taken}.items():
        cuts = statistics.quantiles(several, n=100)
        figure(
            f"reader_{name or 'all'}_{kind}",
            cuts[94],
            "ms p95",
            p50_ms=round(cuts[49], 1),
            p99_ms=round(cuts[98], 1),
            pages=len(several),
            **(beside if not name else {}),
        )


def crawler(size: int = SIZE, seconds: float = SECONDS) -> None:
    """A reader's pages alone, and beside a crawler over eight connections; two workers, as the project ships them."""
    with fresh_database(DATABASE):
        fill(size)
        with serving("trialtracker.wsgi", NUM_PROXIES="1", LOG_LEVEL="ERROR") as port:
            read(port, min(3.0, seconds))
            _figures("alone", read(port, seconds), studies=size)
            for kind, addresses in ADDRESSES.items():
                with _crawling(port, addresses, seconds + 3) as child:
                    time.sleep(min(2.0, seconds))
                    taken = read(port, seconds)
                    told, _nothing = child.communicate(timeout=60)
                answers = json.loads(told)
                if any(status.startswith("5") and status != "503" for status in answers):
                    raise RuntimeError(f"The crawler met errors: {answers}")
                asked = {"crawler_requests": sum(answers.values()), "crawler_met": answers}
                _figures(f"beside_{kind}", taken, limit=100, studies=size, **asked)


def _main() -> None:
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialtracker.settings")
    django.setup()
    port, addresses, seconds, most = sys.argv[1:]
    print(json.dumps(crawl(int(port), int(addresses), float(seconds), int(most))))


BENCHMARKS = {"crawler": crawler}

if __name__ == "__main__":
    _main()
