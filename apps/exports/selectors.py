"""Reading a whole list for an export: one consistent state of the data, in batches, and what it says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext

from apps.exports.about import About, Edition, Origin, about_list, whole
from apps.exports.formats import Format
from apps.search.limits import SEARCH_TIMEOUT_MS
from apps.search.models import StudyDocument
from apps.search.query import StudyQuery
from apps.search.selectors import Results, search_studies, stream_documents

# For each piece that is fetched, and for a reader who has stopped reading.
_FETCH_TIMEOUT, _IDLE_TIMEOUT = "30s", "60s"

# Asks of which data the list is, and read with what, inside the export's own transaction.
AskOrigin = Callable[[], Origin]


class NotExported(Exception):
    """A list that cannot be exported as it was asked for. Its text is a sentence that says what to do."""


class SearchTooSlow(NotExported):
    """The search of the texts took too long and was stopped."""


@dataclass(frozen=True, slots=True)
class WholeList:
    """All trials of a list. `batches` can be read once, inside the block that made it; there `results` may be
    streamed again."""

    about: About
    results: Results
    batches: Iterator[Sequence[StudyDocument]]


@contextmanager
def whole_list(query: StudyQuery, *, origin: AskOrigin) -> Iterator[WholeList]:
    """All trials that a query finds, as of one moment: no sync that runs meanwhile shows in them.

    The query's page and page size count for nothing. SearchTooSlow where its text took too long, OutsideHistory where
    it asks for a day of which there is no list, NotExported where it asks for a caution that readers do not see.
    """
    query = whole(query)
    with one_state():
        results = _found(query)
        if results.timed_out:
            raise SearchTooSlow(" ".join(problem.message for problem in results.problems))
        if left_out := [problem.message for problem in results.problems if problem.kind == "unknown_value"]:
            raise NotExported(" ".join(left_out))
        about = about_list(
            query,
            results.count,
            Edition(origin(), results.version, timezone.now()),
            tuple(problem.message for problem in results.problems),
        )
        batches = stream_documents(results)
        try:
            yield WholeList(about, results, batches)
        finally:
            batches.close()


def _found(query: StudyQuery) -> Results:
    """The search, under its own limits. A search that PostgreSQL stopped leaves the transaction as it was."""
    before = transaction.savepoint()
    # As search_studies sets them itself where it is alone.
    _set(statement_timeout=str(SEARCH_TIMEOUT_MS), enable_seqscan="off")
    results = search_studies(query, facets=False, rows="ids")
    transaction.savepoint_rollback(before)
    return results


@contextmanager
def one_state() -> Iterator[None]:
    """A transaction that sees the database as it is at its first statement, and writes nothing."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        _set(statement_timeout=_FETCH_TIMEOUT, idle_in_transaction_session_timeout=_IDLE_TIMEOUT)
        yield


def _set(**settings: str) -> None:
    """For the rest of this transaction, or until it goes back to an earlier savepoint."""
    calls = ", ".join("set_config(%s, %s, true)" for _ in settings)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", [part for pair in settings.items() for part in pair])


class Download:
    """An export on its way: an iterator of bytes that holds its transaction until it is read or closed."""

    def __init__(
        self,
        query: StudyQuery,
        form: Format,
        *,
        origin: AskOrigin,
        bodiless: bool = False,
    ) -> None:
        """`bodiless` makes nothing but `about`. NotExported where the list cannot be had in this format.

        OutsideHistory as in `whole_list`.
        """
        self.format = form
        with ExitStack() as stack:
            listed = stack.enter_context(whole_list(query, origin=origin))
            self.about = listed.about
            if form.most is not None and self.about.rows > form.most:
                raise NotExported(
                    gettext("This list has %(rows)s trials; a file of this kind is made for %(most)s at most. "
                            "Narrow the list, or take it as CSV, JSON Lines or Parquet.")
                    % {"rows": self.about.rows, "most": form.most}
                )  # fmt: skip
            self._pieces: Iterator[bytes] = iter(())
            if not bodiless:
                pieces = form.write(listed.about, listed.batches)
                # What goes wrong at the beginning is told as an error, not by a file that breaks off.
                self._pieces = chain([next(pieces, b"")], pieces)
                self._stack = stack.pop_all()
                return
        self._stack = ExitStack()

    @property
    def file_name(self) -> str:
        """trialtracker-trials-2026-03-01.csv, by the day on which it was made."""
        return f"trialtracker-trials-{self.about.day}.{self.format.slug}"

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._pieces = iter(())
        self._stack.close()
