"""What a run brings in: the named queries, single ids, stored records; and what became of the missing."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from django.conf import settings

from apps.ctgov.client import RegistryClient, user_agent
from apps.ctgov.errors import BadRequest, NotFound
from apps.ingest import gate
from apps.ingest.landing import land_payloads, list_standing, unlist_query
from apps.ingest.models import IngestIssue, LandedStudy, RequestedStudy, SyncRun
from apps.ingest.processing import Progress
from apps.ingest.runs import timed
from apps.ingest.selectors import last_good_run
from apps.studies.files import iter_payloads
from apps.studies.models import RegistryState, Study
from apps.vocabulary.queries import QUERIES, RegistryQuery

log = logging.getLogger(__name__)

# Ids asked for in one request; the registry's address line stays well under what proxies allow.
IDS_A_REQUEST = 100
LANDED_AT_ONCE = 100

T = TypeVar("T")
Step = SyncRun.Step


def _client(run: SyncRun) -> RegistryClient:
    return RegistryClient(
        settings.CTGOV_BASE_URL,
        user_agent=user_agent(settings.VERSION, settings.CTGOV_CONTACT_URL),
        min_interval=settings.CTGOV_MIN_INTERVAL,
        backoff=settings.CTGOV_MIN_INTERVAL,
        connect_timeout=settings.CTGOV_CONNECT_TIMEOUT,
        read_timeout=settings.CTGOV_READ_TIMEOUT,
        page_size=settings.CTGOV_PAGE_SIZE,
        max_total=settings.SYNC_MAX_STUDIES,
    )


def land_scope(run: SyncRun, progress: Progress, *, full: bool) -> bool:
    """Land the answers to all named queries. False when the registry has nothing new since the last good run."""
    with _client(run) as client:
        with timed(run, Step.VERSION):
            version = client.version()
        run.api_version, run.data_timestamp = version.api_version, version.data_timestamp
        _note_traffic(run, client)
        if not full and _nothing_new(run):
            return False
        run.step = Step.LAND
        with timed(run, Step.LAND):
            for query in QUERIES:
                _land_query(run, client, query, progress)
            _land_by_id(run, client)
    return True


def _nothing_new(run: SyncRun) -> bool:
    last = last_good_run()
    asked = ("data_timestamp", "api_version", "base_url", "queries_hash")
    return last is not None and all(getattr(run, name) == getattr(last, name) for name in asked)


def _land_query(run: SyncRun, client: RegistryClient, query: RegistryQuery, progress: Progress) -> None:
    for page in client.iter_pages(query):
        if page.restarted:
            unlist_query(run, query.name)
        land_payloads(run, page.studies, query=query.name)
        run.pages += 1
        run.expected += (page.total or 0) if not page.restarted else 0
        run.seen = LandedStudy.objects.filter(run=run).count()
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
    for verdict, wanted in ((LandedStudy.Verdict.FOUND, requested), (LandedStudy.Verdict.LEFT, left)):
        arrived: set[str] = set()
        for ids in _chunks(sorted(wanted), IDS_A_REQUEST):
            try:
                for page in client.iter_pages(RegistryQuery("by-id", "", "", {"filter.ids": ",".join(ids)})):
                    arrived |= land_payloads(run, page.studies, verdict=verdict)
                    run.pages += 1
            except BadRequest:
                # One id that the registry does not like spoils the whole batch: the rest are asked for singly.
                log.warning("The registry refused a batch of %d ids.", len(ids))
        for nct_id in sorted(wanted - arrived):
            _look_up(run, client, nct_id, verdict)
        run.seen += len(wanted)
        _note_traffic(run, client)


def look_up_missing(run: SyncRun) -> None:
    """Ask for each study that has left the registry's answer: still there, merged into another, or gone?"""
    missing = gate.missing(run)
    if missing:
        with _client(run) as client:
            for nct_id in missing:
                _look_up(run, client, nct_id, LandedStudy.Verdict.LEFT)
            _note_traffic(run, client)


def _look_up(run: SyncRun, client: RegistryClient, nct_id: str, verdict_when_there: str) -> None:
    try:
        found = client.study(nct_id)
    except NotFound:
        list_standing(run, [nct_id], verdict=LandedStudy.Verdict.GONE)
        if not Study.objects.filter(pk=nct_id).exists():
            IngestIssue.objects.create(run=run, nct_id=nct_id, reason="The registry has no record with this id.")
            run.failed += 1
        return
    if found.nct_id == nct_id:
        land_payloads(run, [found.payload], verdict=verdict_when_there)
        return
    list_standing(run, [nct_id], verdict=LandedStudy.Verdict.MERGED, merged_into=found.nct_id)
    land_payloads(run, [found.payload])
    if RequestedStudy.objects.filter(pk=nct_id).delete()[0]:
        RequestedStudy.objects.get_or_create(pk=found.nct_id)


def land_singles(run: SyncRun, nct_ids: Sequence[str], progress: Progress) -> bool:
    run.step, run.expected = Step.LAND, len(nct_ids)
    with _client(run) as client, timed(run, Step.LAND):
        run.data_timestamp = client.version().data_timestamp
        for nct_id in nct_ids:
            RequestedStudy.objects.get_or_create(pk=nct_id)
            _look_up(run, client, nct_id, LandedStudy.Verdict.FOUND)
            run.seen += 1
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
            run.seen = run.expected = LandedStudy.objects.filter(run=run).count()
            progress(run)
    return True


def _note_traffic(run: SyncRun, client: RegistryClient) -> None:
    run.requests, run.bytes = client.requests, client.bytes


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
