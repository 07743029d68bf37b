"""The index of bitmaps behind every facet: how long a process takes to build it, and what it weighs there."""

from __future__ import annotations

import tracemalloc

from django.db import connection

from apps.search.bitmaps import BitmapIndex, build, select
from apps.search.models import VECTORS
from apps.search.query import StudyQuery
from apps.search.selectors import _facets
from bench.figures import figure, fresh_database, seconds
from bench.pages import BASE, fill

DATABASE = "bench_index"
SIZE = 100_000
SPONSORS = 15_000
_TEXTS = {"text_a", "text_b", "text_c", "text_d", *VECTORS}


def index() -> None:
    """At 100,000 studies of 15,000 sponsors."""
    with fresh_database(DATABASE):
        fill(BASE)
        _multiply()
        tracemalloc.start()
        held = build(1)
        weight = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        figure("index_memory", weight / 1e6, "MB", studies=SIZE)
        figure("index_build", seconds(lambda: build(1), 3), "s", studies=SIZE)
        for name, query in (
            ("facets", StudyQuery()),
            ("facets_filtered", StudyQuery(status=("RECRUITING",), allocation=("RANDOMIZED",), country=("CN",))),
        ):
            first = seconds(lambda query=query: _count(held, query))
            figure(
                name, seconds(lambda query=query: _count(held, query), 20) * 1000, "ms", first_ms=round(first * 1000, 2)
            )


def _count(held: BitmapIndex, query: StudyQuery) -> None:
    list(_facets(held, query, select(held, query, None), ""))


def _multiply() -> None:
    """Copies under other ids and other sponsors, without the texts: the index does not read them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'search_studydocument' "
            "AND is_generated = 'NEVER' AND column_name NOT IN ('nct_id', 'sponsor')"
        )
        names = [row[0] for row in cursor.fetchall()]
        values = ["''" if name in _TEXTS else name for name in names]
        cursor.execute(
            f"""
            INSERT INTO search_studydocument (nct_id, sponsor, {", ".join(names)})
            SELECT 'NCT' || (substr(nct_id, 4)::int + {BASE} * copy),
                'Sponsor ' || (substr(nct_id, 4)::bigint * 31 + copy * 977) %% {SPONSORS}, {", ".join(values)}
            FROM search_studydocument, generate_series(1, %s) AS copy
            """,
            [SIZE // BASE - 1],
        )
        cursor.execute("ANALYZE search_studydocument")


BENCHMARKS = {"index": index}
