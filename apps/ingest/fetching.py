"""What a run brings in: the named queries, single ids, stored records; and what became of the missing."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

from django.conf import settings

from apps.ctgov.client import RegistryClient, user_agent
from apps.ctgov.errors import BadRequest, NotFound
from apps.ctgov.parser import nct_id_of
from apps.ingest import gate
from apps.ingest.landing import land_payloads, list_standing, unlist_query
from apps.ingest.models import IngestIssue, LandedStudy, RequestedStudy, SyncRun
from apps.ingest.processing import Progress
from apps.ingest.runs import timed
from apps.ingest.selectors import GOOD
from apps.studies.files import iter_payloads
from apps.studies.models import RegistryState, Study
from apps.vocabulary.queries import QUERIES, RegistryQuery

log = logging.getLogger(__name__)

# Ids asked for in one request; the registry's address line stays well under what proxies allow.
IDS_A_REQUEST = 100
LANDED_AT_ONCE = 100

T = TypeVar("T")
Step = SyncRun.Step


@contextmanager
def _registry(run: SyncRun) -> Iterator[RegistryClient]:
    """The registry, with all that is asked of it in the run's figures, however it ends."""
    with RegistryClient(
        settings.CTGOV_BASE_URL,
        user_agent=user_agent(settings.VERSION, settings.CTGOV_CONTACT_URL),
        min_interval=settings.CTGOV_MIN_INTERVAL,
        backoff=settings.CTGOV_MIN_INTERVAL,
        connect_timeout=settings.CTGOV_CONNECT_TIMEOUT,
        read_timeout=settings.CTGOV_READ_TIMEOUT,
        page_size=settings.CTGOV_PAGE_SIZE,
        max_total=settings.SYNC_MAX_STUDIES,
    ) as client:
        try:
            yield client
        finally:
            _note_traffic(run, client)


def land_scope(run: SyncRun, progress: Progress, *, full: bool) -> bool:
    """Land the answers to all named queries. False when the registry has nothing new since the last good run."""
    with _registry(run) as client:
        with timed(run, Step.VERSION):
            version = client.version()
        run.api_version, run.data_timestamp = version.api_version, version.data_timestamp
        if not full and _nothing_new(run):
            return False
        run.step = Step.LAND
        with timed(run, Step.LAND):
            for number, query in enumerate(QUERIES):
                _land_query(run, client, query, number, progress)
            _land_by_id(run, client)
    return True


def _nothing_new(run: SyncRun) -> bool:
    """Whether the last good run brought this very data; after a replay the registry has the last word again."""
    brought = (SyncRun.Kind.FULL, SyncRun.Kind.REPLAY)
    last = SyncRun.objects.filter(kind__in=brought, state__in=GOOD).order_by("-pk").first()
    asked = ("kind", "data_timestamp", "api_version", "base_url", "queries_hash")
    return last is not None and all(getattr(run, name) == getattr(last, name) for name in asked)


def _land_query(run: SyncRun, client: RegistryClient, query: RegistryQuery, number: int, progress: Progress) -> None:
    """Land the answer to the query of this number. The run's percentage takes all queries as equally long."""
    total = arrived = 0
    for page in client.iter_pages(query):
        if page.restarted:
            unlist_query(run, query.name)
            arrived = 0
        land_payloads(run, page.studies, query=query.name)
        total, arrived = page.total or total, arrived + len(page.studies)
        run.pages += 1
        run.percent = round(100 * (number + min(1.0, arrived / max(1, total))) / len(QUERIES))
        _count_seen(run)
        _note_traffic(run, client)
        progress(run)


def _land_by_id(run: SyncRun, client: RegistryClient) -> None:
    """Studies that no query finds but that we follow: those asked for by id, and those that have left our queries."""
    landed = set(LandedStudy.objects.filter(run=run).values_list("nct_id", flat=True))
    requested = set(RequestedStudy.objects.values_list("nct_id", flat=True)) - landed
    left = (
        set(Study.objects.filter(registry_state=RegistryState.LEFT).values_list("nct_id", flat=True))
        - landed
        - requested
    )
    _ask_for(run, client, requested, LandedStudy.Verdict.FOUND)
    _ask_for(run, client, left, LandedStudy.Verdict.LEFT)


def look_up_missing(run: SyncRun) -> None:
    """Ask for each study that has left the registry's answer: still there, merged into another, or gone?"""
    missing = set(gate.missing(run))
    if missing:
        with _registry(run) as client:
            _ask_for(run, client, missing, LandedStudy.Verdict.LEFT)


def _ask_for(run: SyncRun, client: RegistryClient, wanted: set[str], verdict: str) -> None:
    """Land these studies by their ids, many in a request; those that do not come so are looked up one by one."""
    arrived: set[str] = set()
    for ids in _chunks(sorted(wanted), IDS_A_REQUEST):
        try:
            for page in client.iter_pages(RegistryQuery("by-id", "", "", {"filter.ids": ",".join(ids)})):
                # Nothing but what was asked for: a parameter that is ignored would bring the whole registry.
                asked = [payload for payload in page.studies if nct_id_of(payload) in ids]
                arrived |= land_payloads(run, asked, verdict=verdict)
                run.pages += 1
        except BadRequest:
            # One id that the registry does not like spoils the whole batch: the rest are asked for singly.
            log.warning("The registry refused a batch of %d ids.", len(ids))
    for nct_id in sorted(wanted - arrived):
        _look_up(run, client, nct_id, verdict)
    _count_seen(run)


def _look_up(run: SyncRun, client: RegistryClient, nct_id: str, verdict: str) -> None:
    """Land a study, with `verdict`, or what the registry has in its place."""
    try:
        found = client.study(nct_id)
    except NotFound:
        if not list_standing(run, nct_id, verdict=LandedStudy.Verdict.GONE):
            IngestIssue.objects.create(run=run, nct_id=nct_id, reason="The registry has no record with this id.")
            RequestedStudy.objects.filter(pk=nct_id).delete()
            run.failed += 1
        return
    land_payloads(run, [found.payload], verdict=verdict)
    if found.nct_id != nct_id and _can_be_shown(run, found.nct_id):
        list_standing(run, nct_id, verdict=LandedStudy.Verdict.MERGED, merged_into=found.nct_id)
        if RequestedStudy.objects.filter(pk=nct_id).delete()[0]:
            RequestedStudy.objects.get_or_create(pk=found.nct_id)


def _can_be_shown(run: SyncRun, nct_id: str) -> bool:
    """A study merged into a record that we cannot read keeps its page until we can."""
    readable = LandedStudy.objects.filter(run=run, nct_id=nct_id).exclude(verdict=LandedStudy.Verdict.BAD)
    return readable.exists() or Study.objects.filter(pk=nct_id).exists()


def land_singles(run: SyncRun, nct_ids: Sequence[str], progress: Progress) -> bool:
    run.step = Step.LAND
    with _registry(run) as client, timed(run, Step.LAND):
        run.data_timestamp = client.version().data_timestamp
        for number, nct_id in enumerate(nct_ids, start=1):
            RequestedStudy.objects.get_or_create(pk=nct_id)
            _look_up(run, client, nct_id, LandedStudy.Verdict.FOUND)
            run.percent = round(100 * number / len(nct_ids))
            _count_seen(run)
            _note_traffic(run, client)
            progress(run)
    return True


def land_replay(run: SyncRun, path: Path, progress: Progress) -> bool:
    run.step = Step.LAND
    with timed(run, Step.LAND):
        for payloads in _chunks(iter_payloads(path), LANDED_AT_ONCE):
            land_payloads(run, payloads)
            run.pages += 1
            run.bytes += sum(map(len, payloads))
            _count_seen(run)
            progress(run)
    return True


def _note_traffic(run: SyncRun, client: RegistryClient) -> None:
    """Move the client's figures to the run's, which may have had another client before."""
    run.requests += client.requests
    run.bytes += client.bytes
    client.requests = client.bytes = 0


def _count_seen(run: SyncRun) -> None:
    """Records that have arrived, each once, however they were found."""
    absent = (LandedStudy.Verdict.MERGED, LandedStudy.Verdict.GONE)
    run.seen = LandedStudy.objects.filter(run=run).exclude(verdict__in=absent).count()


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
