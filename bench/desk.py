"""The desk under gunicorn, with 100,000 studies and 10,000 decisions: 95 of 100 answers shall come within 300 ms."""

from __future__ import annotations

import time
from statistics import median
from urllib.request import Request, urlopen

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.services import create_curator
from apps.curation.batches import MOST_CHANGES, Wish, confirm, preview, undo
from apps.curation.models import Batch
from apps.ingest.selectors import records_of
from bench.figures import figure, fresh_database
from bench.load import load
from bench.pages import BASE, DATABASE, ROUNDS, SECONDS, fill, multiply, only, serving

SIZE = 100_000
OVERRIDES = 10_000
LIMIT = 300
# Curators are few: this many ask at the same time.
CURATORS = 2
_ME = "curator@example.org"
_FIRST = 90_000_000
_TRIALS = tuple(f"/desk/trials/NCT{_FIRST + n:08d}/" for n in range(0, BASE, 97))
PAGES = {
    "index": ("/desk/",),
    "queue_reopened": ("/desk/queue/reopened/", "/desk/queue/reopened/?disease=multiple-sclerosis"),
    "queue_review": ("/desk/queue/review/", "/desk/queue/review/?page=9"),
    "queue_doubtful": ("/desk/queue/doubtful/", "/desk/queue/doubtful/?page=2"),
    "queue_doubtful_filtered": (
        "/desk/queue/doubtful/?disease=type-1-diabetes&cell_type=msc",
        "/desk/queue/doubtful/?status=RECRUITING&assigned=free",
        "/desk/queue/doubtful/?assigned=mine",
    ),
    "queue_doubtful_last": ("/desk/queue/doubtful/?page=999999",),
    "queue_second": ("/desk/queue/second/",),
    "queue_disagreed": ("/desk/queue/disagreed/",),
    "trial": _TRIALS,
    "trial_in_queue": tuple(f"{path}?queue=doubtful" for path in _TRIALS),
    "form": tuple(f"{path}disease/" for path in _TRIALS),
    "search": (
        "/desk/search/?q=NCT9000",
        "/desk/search/?q=lupus",
        "/desk/search/?q=relapse+kidney+mobilisation",
        "/desk/search/?q=arms+4711",
        "/desk/search/?q=zz",
    ),
    "decisions": ("/desk/decisions/",),
    "batch": ("/desk/batches/1/", "/desk/batches/1/?page=7"),
    "agreement": ("/desk/agreement/",),
    "log": ("/desk/curation/auditentry/", "/desk/curation/auditentry/?q=arms"),
    "terms": ("/desk/terms/", "/desk/terms/?q=cell", "/desk/terms/?group=gates/pregnancy.state"),
    "rules": ("/desk/rules/",),
    "overrides": ("/desk/curation/studyoverride/",),
}

# A third of the studies in doubt, a twentieth in review: more than any registry would leave.
_ASKED = """
UPDATE search_studydocument SET doubts = CASE WHEN substr(nct_id, 4)::int % 3 = 0 THEN '{source}'::text[] ELSE '{}' END;
UPDATE search_studydocument SET scope = 'review' WHERE substr(nct_id, 4)::int % 20 = 1;
"""
_FILL = f"""
INSERT INTO curation_auditentry (at, by, action, nct_id, field, reason, source)
SELECT now() - n * interval '1 minute', 'bea@example.org', 'decided', 'NCT' || ({_FIRST} + n * 9 % {SIZE}), 'source',
    'The arms say so, in sentence ' || n, '' FROM generate_series(1, {2 * OVERRIDES}) AS n;
INSERT INTO curation_studyoverride
    (nct_id, field, "values", reason, source, said_then, said_now, standing, by, at, moved_at, version)
SELECT 'NCT' || ({_FIRST} + n * 9 % {SIZE}), 'source', '{{adipose}}', 'The arms say so, in sentence ' || n, '',
    '{{bone-marrow}}', CASE WHEN n % 10 = 0 THEN '{{umbilical-cord}}'::text[] ELSE '{{bone-marrow}}'::text[] END,
    CASE WHEN n % 10 = 0 THEN 'reopened' ELSE 'in-force' END, 'bea@example.org', now() - n * interval '1 minute',
    CASE WHEN n % 10 = 0 THEN now() END, n FROM generate_series(1, {OVERRIDES}) AS n;
INSERT INTO curation_note (nct_id, by, text)
SELECT 'NCT' || ({_FIRST} + n % 2000), 'bea@example.org', 'The sponsor was asked about arm ' || n
FROM generate_series(1, {OVERRIDES}) AS n;
INSERT INTO curation_claim (nct_id, by, given_by, at, until)
SELECT 'NCT' || ({_FIRST} + n * 3), CASE WHEN n % 2 = 0 THEN '{_ME}' ELSE 'bea@example.org' END, '', now(),
    CASE WHEN n % 3 = 0 THEN now() + interval '1 day' END FROM generate_series(1, 500) AS n;
INSERT INTO curation_secondlook (nct_id, field, first_entry, first_by, first_values, first_at, second_by,
    second_values, second_reason, second_at, agreed)
SELECT 'NCT' || ({_FIRST} + n * 7), 'source', n, 'bea@example.org', '{{adipose}}', now(),
    CASE WHEN n % 2 = 0 THEN '{_ME}' ELSE '' END, CASE WHEN n % 2 = 0 THEN '{{bone-marrow}}'::text[] END, '',
    CASE WHEN n % 2 = 0 THEN now() END, CASE WHEN n % 2 = 0 THEN n % 4 = 0 END FROM generate_series(1, 1000) AS n;
"""


def desk() -> None:
    """Every page of the desk, asked for by a signed-in curator."""
    with fresh_database(DATABASE):
        fill(BASE)
        with connection.cursor() as cursor:
            cursor.execute(_ASKED)
            multiply(SIZE)
            cursor.execute(_FILL)
            # As autovacuum does by itself, a little later.
            cursor.execute("VACUUM ANALYZE")
        rows = [
            {"row": n, "nct_id": f"NCT{_FIRST + n:08d}", "field": "source", "do": "decide", "values": ["adipose"],
             "reason": "The arms say so.", "source": "", "version": 0, "kind": "new", "before": [], "told": ""}
            for n in range(1, 501)
        ]  # fmt: skip
        Batch.objects.create(told="made up", by=_ME, rows=rows, counts={"new": len(rows)})
        cookie = f"Cookie: {settings.SESSION_COOKIE_NAME}={_signed_in()}\r\n"
        with serving("bench.bare") as bare_port, serving("trialtracker.wsgi") as port:
            for name, paths in PAGES.items():
                _measure(bare_port, port, name, paths, cookie)
            _file(port, cookie)
        _batch()


def _batch() -> None:
    """As many changes as a batch may have: previewed, taken, undone, by the code behind the buttons."""
    wishes = [
        Wish(n, f"NCT{_FIRST + n:08d}", "disease", ("rheumatoid-arthritis",), reason="So.") for n in range(MOST_CHANGES)
    ]
    begun = time.perf_counter()
    made = preview(wishes=wishes, told="made up", by=_ME, records=records_of)
    figure("desk_batch_preview", time.perf_counter() - begun, "s", rows=len(wishes))
    for name, work in (
        ("confirm", lambda: confirm(number=made.pk, by=_ME, records=records_of)),
        ("undo", lambda: undo(number=made.pk, by=_ME, records=records_of)),
    ):
        begun = time.perf_counter()
        with CaptureQueriesContext(connection) as asked:
            work()
        slowest = max(float(query["time"]) for query in asked)
        figure(f"desk_batch_{name}", time.perf_counter() - begun, "s", rows=len(wishes), slowest_statement_s=slowest)


def _signed_in() -> str:
    user = create_curator(_ME, "curator")
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.save()
    assert session.session_key
    return session.session_key


def _measure(bare_port: int, port: int, name: str, paths: tuple[str, ...], cookie: str) -> None:
    """In turn with a bare view, whose figure says how busy the machine was."""
    load(port, paths, seconds=min(1, SECONDS), connections=CURATORS, headers=cookie)
    rounds, bare = [], []
    for _ in range(ROUNDS):
        bare.append(load(bare_port, ["/"], seconds=SECONDS, connections=CURATORS))
        rounds.append(load(port, paths, seconds=SECONDS, connections=CURATORS, headers=cookie))
    only({200}, {status for one in rounds for status in one.statuses}, name)
    p95 = median(one.p95 for one in rounds)
    p50 = round(median(one.p50 for one in rounds), 1)
    figure(
        f"desk_{name}", p95, "ms, p95", limit=LIMIT, p50_ms=p50, bare_p95_ms=round(median(one.p95 for one in bare), 1)
    )


def _file(port: int, cookie: str) -> None:
    """The whole file of decisions, which is no page: how long it takes and that it is whole."""
    name, _, value = cookie.strip().partition(": ")
    begun = time.perf_counter()
    content = urlopen(Request(f"http://127.0.0.1:{port}/desk/decisions.csv", headers={name: value})).read()
    taken = time.perf_counter() - begun
    if content.count(b"\r\n") != OVERRIDES + 1:
        raise RuntimeError("The file of decisions is not whole.")
    figure("desk_decisions_csv", taken, "s", rows=OVERRIDES, megabytes=round(len(content) / 1e6, 2))


BENCHMARKS = {"desk": desk}
