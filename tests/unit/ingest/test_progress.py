from __future__ import annotations

import io

import pytest

from apps.ingest.models import LandedStudy, StudySnapshot, SyncRun
from apps.ingest.progress import ConsoleProgress, summary
from apps.ingest.selectors import progress_of


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def fetching(**values: int) -> SyncRun:
    return SyncRun(step="land", **values)


def test_a_terminal_gets_a_bar_on_one_line() -> None:
    terminal = Terminal()
    progress = ConsoleProgress(terminal)
    progress(fetching(percent=50, seen=12, bytes=2_000_000))
    assert terminal.getvalue().startswith("\r")
    assert f"[{'#' * 15}{' ' * 15}] 50 %, 12 trials, 2.0 MB" in terminal.getvalue()
    assert "\n" not in terminal.getvalue()


def test_a_log_gets_a_line_every_few_seconds_without_a_bar() -> None:
    log = io.StringIO()
    progress = ConsoleProgress(log, every=60)
    for percent in range(10):
        progress(fetching(percent=percent, seen=percent))
    assert log.getvalue() == "Fetching 0 %, 0 trials, 0.0 MB\n"


@pytest.mark.django_db
def test_publishing_counts_what_is_ticked_off_of_the_working_list_and_the_desk_says_the_same() -> None:
    """Four are on the list of a run that saw three: one has left, and was looked up."""
    run = SyncRun.objects.create(step="process", seen=3)
    for number, done in ((1, True), (2, False), (3, False), (4, False)):
        snapshot = StudySnapshot.objects.create(
            nct_id=f"NCT9000000{number}",
            version=1,
            content_hash="x",
            payload=b"",
            run_id=run.pk,
            landed_at=run.started_at,
        )
        LandedStudy.objects.create(run=run, nct_id=snapshot.nct_id, snapshot=snapshot, processed=done)
    log = io.StringIO()
    ConsoleProgress(log)(run)
    assert log.getvalue() == "Publishing 1 of 4 trials\n"
    assert progress_of(run) == 25


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("ok", "Sync finished: 3 seen, 1 new"),
        ("unchanged", "nothing new"),
        ("held", "Sync held, nothing was published: because"),
        ("failed", "Sync failed: because"),
        ("running", "Sync running"),
    ],
)
def test_every_end_has_its_sentence(state: str, told: str) -> None:
    assert told in summary(SyncRun(state=state, seen=3, created=1, reason="because"))
