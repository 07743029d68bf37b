"""ClinicalTrials.gov API v2 over HTTP: slowly, honestly, and with every answer checked before anyone believes it.

The retries are our own loop and not urllib3's `Retry`: under `requests` that one ends where the body begins, so a reset
or a cut in the middle of a page would not be tried again, nor would bad JSON; and it sleeps unseen, past our own pace.
"""

from __future__ import annotations

import json
import logging
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
import urllib3
from urllib3.util.retry import Retry

from apps.ctgov.errors import (
    BadAnswer,
    BadRequest,
    Blocked,
    Incomplete,
    NotFound,
    OutOfBand,
    RateLimited,
    RegistryError,
    ServerFault,
    Unreachable,
)
from apps.ctgov.parser import nct_id_of
from apps.studies.records import normalise_nct_id

logger = logging.getLogger(__name__)

MAX_PAGE_SIZE = 1000
# Only dates and numbers can be sorted by, and two keys at most. The day of first posting never moves, so a record that
# is updated while we page keeps its place; new ones come last.
SORT = "StudyFirstPostDate:asc,StudyFirstSubmitDate:asc"
MAX_REDIRECTS = 3
_CHUNK = 64 * 1024
_TIME_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")
_STUDY_PATH = re.compile(r"/studies/(NCT[0-9]{8})", re.IGNORECASE)

T = TypeVar("T")


class Query(Protocol):
    """What the client needs of `apps.vocabulary.queries.RegistryQuery`."""

    @property
    def name(self) -> str: ...

    @property
    def params(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class RegistryVersion:
    """`data_timestamp` is the registry's own text, `2026-06-09T09:00:05`, without a zone and meant as UTC."""

    api_version: str
    data_timestamp: str


@dataclass(frozen=True, slots=True)
class StudiesPage:
    """One page of an answer. `total` is the registry's count, on page 1 only; each study is the raw JSON of one record.

    `restarted` marks a page 1 that came again because a token died midway: what was read before may be stale.
    """

    number: int
    total: int | None
    studies: tuple[bytes, ...]
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """`nct_id` is the record's own id: another one than was asked for when that is an alias of a merged record."""

    nct_id: str
    payload: bytes


def user_agent(version: str, contact_url: str) -> str:
    """The honest name under which we ask: who we are, and where to complain."""
    return f"trialtracker/{version} (+{contact_url})"


class RegistryClient:
    """One conversation with the registry; not for several threads. Raises `RegistryError` and its kinds, nothing else.

    `min_interval`, the time-outs and `max_wait` are seconds; `page_size` is brought into 1 to 1000. `max_total` and
    `min_total` are the band of a believable answer to one query. `max_wait` caps one Retry-After: a longer one is
    raised, for the caller to plan by. `requests` and `bytes` count what was asked and what came over the wire.
    """

    def __init__(
        self,
        base_url: str,
        *,
        user_agent: str,
        min_interval: float = 1.0,
        connect_timeout: float = 10,
        read_timeout: float = 60,
        answer_timeout: float = 600,
        page_size: int = 200,
        max_total: int = 20_000,
        min_total: int = 0,
        attempts: int = 5,
        backoff: float = 1.0,
        max_backoff: float = 60,
        max_wait: float = 120,
        max_answer_bytes: int = 200_000_000,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Unreachable(f"The registry's address {base_url!r} is no http or https address.")
        self.base_url = base_url.rstrip("/")
        self.page_size = max(1, min(page_size, MAX_PAGE_SIZE))
        self.requests = 0
        self.bytes = 0
        self._min_interval = min_interval
        self._timeouts = (connect_timeout, read_timeout)
        self._answer_timeout = answer_timeout
        self._band = (min_total, max_total)
        self._attempts = max(1, attempts)
        self._backoff, self._max_backoff, self._max_wait = backoff, max_backoff, max_wait
        self._max_answer_bytes = max_answer_bytes
        self._sleep, self._clock, self._jitter = sleep, clock, jitter
        self._last_request: float | None = None
        self._session = requests.Session()
        self._session.headers.update(
            {"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
        # Proxies come from the environment, credentials from nowhere: requests would read ~/.netrc.
        self._session.auth = lambda request: request

    def __enter__(self) -> RegistryClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def version(self) -> RegistryVersion:
        """One request. BadAnswer for another major version of the API, or a time stamp that cannot be compared."""
        answer = self._get("/version", {}, _version)
        if not answer.api_version.startswith("2."):
            raise BadAnswer(
                f"The registry speaks API version {answer.api_version[:20]!r}; this program knows version 2."
            )
        if not _TIME_STAMP.fullmatch(answer.data_timestamp):
            raise BadAnswer(
                f"The registry's time stamp {answer.data_timestamp[:40]!r} is not of the form 2026-06-09T09:00:05."
            )
        return answer

    def iter_pages(self, query: Query) -> Iterator[StudiesPage]:
        """The pages of the registry's answer to `query`, as they come; none is kept here.

        A study may stand on two pages. After the last page the different ids are held against the total of page 1:
        Incomplete when fewer came. OutOfBand before the first page is handed out; BadAnswer for pages without end.
        A token refused midway (the registry's data moved) starts once more with page 1, marked `restarted`.
        """
        try:
            yield from self._pass(query, restarted=False)
        except _TokenRefused:
            logger.info("The registry refused a page token of query %s: starting again at page 1.", query.name)
        else:
            return
        try:
            yield from self._pass(query, restarted=True)
        except _TokenRefused as again:
            raise BadAnswer(
                f"The registry refused its own page token twice while answering the query {query.name}: {again}"
            ) from None

    def study(self, nct_id: str) -> FoundStudy:
        """One record by id, however spelt. NotFound when the registry says so; an alias gives the record it now is."""
        try:
            asked = at = normalise_nct_id(nct_id)
        except ValueError as error:
            raise NotFound(f"{error}.") from None
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._get(f"/studies/{at}", {"format": "json", "markupFormat": "markdown"}, _study, redirects=True)
            if isinstance(answer, bytes):
                break
            at = answer.nct_id
        else:
            raise BadAnswer(f"The registry sends {asked} from one id to another without end.")
        found = nct_id_of(answer)
        if found != at and at not in _aliases(answer):
            raise BadAnswer(
                f"Asked for {at}, the registry sent {f'the record {found}' if found else 'a record without an id'}."
            )
        return FoundStudy(found, answer)

    def _pass(self, query: Query, *, restarted: bool) -> Iterator[StudiesPage]:
        fixed = {
            **query.params,
            "format": "json",
            "markupFormat": "markdown",
            "sort": SORT,
            "pageSize": str(self.page_size),
        }
        total = 0
        ids: set[str | int] = set()
        arrived = 0
        token: str | None = None
        tokens: set[str] = set()
        number = 0
        while True:
            number += 1
            if token is None:
                page = self._get("/studies", {**fixed, "countTotal": "true"}, _page)
                total = self._believed_total(page, query)
            else:
                try:
                    page = self._get("/studies", {**fixed, "pageToken": token}, _page)
                except BadRequest as refused:
                    raise _TokenRefused(refused.sentence) from None
            studies = tuple(bytes(raw) for raw in page.studies)
            token = page.next_page_token or None
            del page
            ids.update(nct_id_of(study) or hash(study) for study in studies)
            arrived += len(studies)
            if arrived > 2 * total + 2 * MAX_PAGE_SIZE or token in tokens:
                raise BadAnswer(
                    f"The registry's answer to the query {query.name} has no end: page {number} of {total} studies."
                )
            if token:
                tokens.add(token)
            # A token may lead to an empty page when the last one was exactly full: that is the end.
            last = token is None or not studies
            if studies or number == 1:
                yield StudiesPage(number, total if number == 1 else None, studies, restarted and number == 1)
            del studies
            if last:
                break
        if len(ids) < total:
            raise Incomplete(
                f"The registry counted {total} studies for the query {query.name} and sent {len(ids)} different ones."
            )

    def _believed_total(self, page: _Page, query: Query) -> int:
        lowest, highest = self._band
        if page.total_count is None or page.total_count < 0:
            raise BadAnswer(f"The registry gave no total for the query {query.name}, so the answer cannot be checked.")
        if not lowest <= page.total_count <= highest:
            raise OutOfBand(
                f"The query {query.name} matches {page.total_count} studies; {lowest} to {highest} are believable."
            )
        return page.total_count

    def _get(
        self, path: str, params: dict[str, str], decode: Callable[[bytearray], T], *, redirects: bool = False
    ) -> Any:
        """Ask until there is an answer or no try is left. With `redirects`, one to another study comes as `_Moved`."""
        for attempt in range(1, self._attempts + 1):
            self._keep_pace()
            try:
                return self._once(path, params, decode, redirects)
            except _Passing as passing:
                error, asked = passing.error, passing.retry_after
            if attempt == self._attempts or (asked is not None and asked > self._max_wait):
                raise error
            wait = min(self._max_backoff, self._backoff * 2 ** (attempt - 1)) + self._jitter() * self._backoff
            wait = max(wait, asked or 0)
            logger.info("Try %d of %d in %.1f s: %s", attempt + 1, self._attempts, wait, error.sentence)
            self._sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _keep_pace(self) -> None:
        if self._last_request is not None:
            wait = self._last_request + self._min_interval - self._clock()
            if wait > 0:
                self._sleep(wait)
        self._last_request = self._clock()

    def _once(self, path: str, params: dict[str, str], decode: Callable[[bytearray], T], redirects: bool) -> T | _Moved:
        self.requests += 1
        try:
            response = self._session.get(
                self.base_url + path, params=params, timeout=self._timeouts, allow_redirects=False, stream=True
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError) as error:
            raise _Passing(Unreachable(f"No answer from {self._host}: {_plainly(error)}.")) from None
        try:
            with response:
                if response.status_code != 200:
                    return self._other_than_ok(response, path, redirects)
                body = self._body(response)
        finally:
            self.bytes += response.raw.tell()
        kind = response.headers.get("Content-Type", "")
        if "json" not in kind:
            raise _Passing(
                BadAnswer(f"{self._host} answered {path} with {kind.split(';')[0] or 'something'} and not JSON.")
            )
        try:
            return decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
            raise _Passing(
                BadAnswer(f"{self._host} answered {path} with JSON that is broken or of another shape.")
            ) from None

    def _body(self, response: requests.Response) -> bytearray:
        body = bytearray()
        until = self._clock() + self._answer_timeout
        try:
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > self._max_answer_bytes:
                    raise BadAnswer(f"{self._host} sent more than {self._max_answer_bytes} bytes in one answer.")
                if self._clock() > until:
                    raise _Passing(
                        Unreachable(f"{self._host} took more than {self._answer_timeout:g} s for one answer.")
                    )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _Passing(
                Unreachable(f"{self._host} broke off in the middle of an answer: {_plainly(error)}.")
            ) from None
        return body

    def _other_than_ok(self, response: requests.Response, path: str, redirects: bool) -> _Moved:
        status, said = response.status_code, _said(response)
        if status in {301, 302, 303, 307, 308}:
            location = response.headers.get("Location", "")
            target = urljoin(self.base_url + path, location) if location else "nowhere"
            # Only to another study of this same API: what follows the registry's own address is a study's path.
            moved = _STUDY_PATH.fullmatch(target.split("?")[0].removeprefix(self.base_url)) if redirects else None
            if moved:
                return _Moved(moved[1].upper())
            raise BadAnswer(f"{self._host} redirects {path} to {target[:200]!r}, which is not followed.")
        if status == 403:
            raise Blocked(
                f"{self._host} refuses us (403): wait for some hours, then write to the registry if it goes on."
            )
        if status == 404:
            if said is not None and path.startswith("/studies/"):
                raise NotFound(f"The registry has no study {path.rpartition('/')[2]}.")
            raise BadAnswer(f"{self._host} has no API v2 at {self.base_url} (404): is CTGOV_BASE_URL right?")
        if status == 429:
            wait = _retry_after(response)
            raise _Passing(RateLimited(f"{self._host} asks us to slow down (429){_in_words(wait)}.", wait), wait)
        if status >= 500 or status == 408:
            wait = _retry_after(response)
            raise _Passing(ServerFault(f"{self._host} has a fault of its own ({status}){_in_words(wait)}.", wait), wait)
        raise BadRequest(f"{self._host} does not accept our request ({status}){f': {said}' if said else '.'}")

    @property
    def _host(self) -> str:
        return urlsplit(self.base_url).netloc.rpartition("@")[2]


class _Passing(Exception):
    """A fault that may pass: try again, and raise `error` when no try is left."""

    def __init__(self, error: RegistryError, retry_after: float | None = None) -> None:
        super().__init__(error.sentence)
        self.error = error
        self.retry_after = retry_after


class _TokenRefused(Exception):
    """400 to a request that differed from the accepted page 1 only by its token."""


@dataclass(frozen=True, slots=True)
class _Moved:
    nct_id: str


# A record stays raw: a page of a thousand large ones never becomes a tree of dictionaries.
class _Page(msgspec.Struct, rename="camel"):
    studies: list[msgspec.Raw]
    next_page_token: str | None = None
    total_count: int | None = None


class _Version(msgspec.Struct, rename="camel"):
    api_version: str
    data_timestamp: str = ""


class _Names(msgspec.Struct, frozen=True, rename="camel"):
    nct_id_aliases: tuple[str, ...] = ()


class _Protocol(msgspec.Struct, frozen=True, rename="camel"):
    identification_module: _Names = _Names()


class _Aliases(msgspec.Struct, frozen=True, rename="camel"):
    protocol_section: _Protocol = _Protocol()


_PAGE = msgspec.json.Decoder(_Page)
_VERSION = msgspec.json.Decoder(_Version)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ALIASES = msgspec.json.Decoder(_Aliases)


def _page(body: bytearray) -> _Page:
    try:
        return _PAGE.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return _page_by_brackets(bytes(body))


# A lone surrogate or absurd nesting in one record spoils the decoding of the whole page. The records are then cut apart
# at their brackets, so that the others go in and the bad one is told by name; JSON that is really broken stays refused.
_MARK = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)


def _page_by_brackets(body: bytes) -> _Page:
    depth = 0
    key = b""
    start = first = last = 0
    spans: list[tuple[int, int]] = []
    for mark in _MARK.finditer(body):
        sign = mark[0]
        if sign[:1] == b'"':
            if depth == 1:
                key = sign
        elif sign in b"{[":
            depth += 1
            if depth == 2 and sign == b"[" and key == b'"studies"' and not last:
                first = mark.end()
            elif depth == 3 and first and not last:
                start = mark.start()
        else:
            depth -= 1
            if depth == 2 and first and not last:
                spans.append((start, mark.end()))
            elif depth == 1 and first and not last:
                last = mark.start()
    if depth or not last:
        raise ValueError("not the shape of a page")
    page = _PAGE.decode(body[:first] + body[last:])
    page.studies = [_record(body[begin:end]) for begin, end in spans]
    return page


def _record(raw: bytes) -> msgspec.Raw:
    """`raw` as it is, when it is a JSON object, if only one that Python's patient decoder takes; else ValueError."""
    try:
        if not isinstance(json.loads(raw), dict):
            raise ValueError("a record is an object")
    except RecursionError:
        pass
    return msgspec.Raw(raw)


def _version(body: bytearray) -> RegistryVersion:
    version = _VERSION.decode(body)
    return RegistryVersion(version.api_version, version.data_timestamp)


def _study(body: bytearray) -> bytes:
    try:
        _OBJECT.decode(body)
    except (msgspec.DecodeError, RecursionError):
        _record(bytes(body))
    return bytes(body)


def _aliases(payload: bytes) -> tuple[str, ...]:
    try:
        return _ALIASES.decode(payload).protocol_section.identification_module.nct_id_aliases
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()


def _said(response: requests.Response) -> str | None:
    """The registry's own sentence of an error answer; None when it is not plain text (a proxy's HTML page, say)."""
    if not response.headers.get("Content-Type", "").startswith("text/plain"):
        return None
    try:
        start = next(response.iter_content(2000), b"")
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError):
        return ""
    return " ".join(start.decode("utf-8", "replace").split())[:300]


def _retry_after(response: requests.Response) -> float | None:
    """Seconds from now, whether the header gives a number or a date; None without a readable one."""
    header = response.headers.get("Retry-After")
    if not header:
        return None
    try:
        return Retry(retry_after_max=10**9).parse_retry_after(header)
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError, TypeError):
        return None


def _in_words(wait: float | None) -> str:
    return "" if wait is None else f", for {wait:.0f} seconds"


def _plainly(error: BaseException) -> str:
    """What happened, without the address and its parameters that the library's message repeats."""
    text = repr(error)
    for sign, words in (
        ("NameResolution", "no such host, or no network"),
        ("ConnectTimeout", "it did not accept the connection in time"),
        ("ReadTimeout", "it fell silent"),
        ("Read timed out", "it fell silent"),
        ("refused", "it refused the connection"),
        ("SSL", "its certificate or encryption is not acceptable"),
        ("ProxyError", "the proxy in between failed"),
        ("IncompleteRead", "the answer was cut short"),
        ("DecodeError", "the compression was broken"),
        ("ContentDecoding", "the compression was broken"),
        ("Connection aborted", "it dropped the connection"),
        ("reset", "it dropped the connection"),
        ("unreachable", "there is no network"),
    ):
        if sign in text:
            return words
    return type(error).__name__
