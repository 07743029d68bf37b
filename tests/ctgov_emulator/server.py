"""The HTTP side of the emulated registry: HTTP/1.1 with keep-alive, gzip, ETag, and the faults."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import hmac
import json
import math
import os
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from apps.studies.records import Status
from tests.ctgov_emulator.description import ENUM_LIST, METADATA, PATH_OF_PIECE, SEARCH_AREAS
from tests.ctgov_emulator.essie import Matcher, QueryError, Text, compile_query
from tests.ctgov_emulator.faults import Fault, Orders
from tests.ctgov_emulator.fields import AREA_OF_PARAMETER, AREAS, SORT_FIELDS
from tests.ctgov_emulator.registry import NCT_ID, Registry, values

API = "/api/v2"
CONTROL = "/_control"
DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 10, 1000

_FILTERS = ("overallStatus", "geo", "ids", "advanced", "synonyms")
LIST_PARAMETERS = {
    *AREA_OF_PARAMETER,
    *(f"{prefix}.{name}" for prefix in ("filter", "postFilter") for name in _FILTERS),
    *("format", "markupFormat", "aggFilters", "geoDecay", "fields", "sort", "countTotal", "pageSize", "pageToken"),
}
STUDY_PARAMETERS = {"format", "markupFormat", "fields"}
_PAGING = {"countTotal", "pageSize", "pageToken"}
_ONLY_IDS = re.compile(r"\s*[Nn][Cc][Tt][0-9]+(?:[,\s]+[Nn][Cc][Tt][0-9]+)*\s*")
_SORT_ITEM = re.compile(r"([a-zA-Z][a-zA-Z0-9\-. ]*|@relevance)(?::(asc|desc))?")
_GEO = re.compile(r"distance\((-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?),(\d+(?:\.\d+)?)(km|mi)?\)")
_HTML_403 = (
    "<html><head><title>403 Forbidden</title></head><body><h1>Request blocked</h1><hr>network edge</body></html>"
)
_HTML_404 = (
    "<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center><hr></body></html>"
)
_HTML_503 = "<html><head><title>503</title></head><body><h1>Service temporarily unavailable</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came. `path` is below the API's address; `connection` is the client's port."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    at: float
    connection: int


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] | None = None


class Refused(Exception):
    """400 with a sentence in plain text."""


class RegistryEmulator:
    """A registry that listens on 127.0.0.1; a context manager. `registry` is its data, `url` its CTGOV_BASE_URL."""

    def __init__(
        self, studies: Registry | Iterable[bytes | Mapping[str, Any]] = (), *, port: int = 0, match_all: bool = False
    ) -> None:
        self.registry = studies if isinstance(studies, Registry) else Registry(studies, match_all=match_all)
        self.orders = Orders()
        self.requests: list[Received] = []
        self.secret = os.urandom(16)
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True, name="registry-emulator"
        )

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{API}"

    def __enter__(self) -> RegistryEmulator:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.drop_connections()

    def order(self, kind: str, times: int | None = 1, path: str = "*", after: int = 0, **options: Any) -> None:
        """Let the next `times` requests to `path` go wrong; `faults.FAULTS` lists the kinds and their options."""
        with self.registry.lock:
            self.orders.add(Fault(kind, times, path, after, options))

    def clear(self) -> None:
        """Forget standing orders and received requests; the data stays."""
        with self.registry.lock:
            self.orders.clear()
            self.requests.clear()

    def count(self, path: str = "*") -> int:
        """How many requests came to `path`, which may hold `*`."""
        return sum(fnmatchcase(request.path, path) for request in list(self.requests))

    # What the faults and the endpoints make of a request.

    def control(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """`{"order": "rate_limited", "times": 2}` or `{"do": "vanish", "nct_id": ...}`; answers with the state."""
        asked = dict(asked)
        if kind := asked.pop("order", None):
            self.order(kind, **asked)
        elif what := asked.pop("do", None):
            doings: dict[str, Callable[..., None]] = {
                "clear": self.clear,
                "add": self.registry.add,
                "change": self.registry.change,
                "vanish": self.registry.vanish,
                "merge": self.registry.merge,
                "drift": self.registry.drift,
                "refresh": self.registry.refresh,
                "next_day": self.registry.next_day,
            }
            doings[what](**asked)
        return {
            "studies": len(self.registry),
            "dataTimestamp": self.registry.data_timestamp,
            "requests": len(self.requests),
            "orders": [{"kind": fault.kind, "times": fault.times, "path": fault.path} for fault in self.orders],
        }

    def answer(self, path: str, params: dict[str, str], fault: Fault | None) -> Answer:
        """The right answer, or the one that an ordered fault leaves of it."""
        if fault and (replaced := _replaced(fault)):
            return replaced
        try:
            if path == "/studies":
                return self._studies(params, fault)
            if path == "/version":
                return self._version(fault)
            if path == "/studies/metadata":
                return _json(METADATA)
            if path == "/studies/enums":
                return _json(ENUM_LIST)
            if path == "/studies/search-areas":
                return _json(SEARCH_AREAS)
            if path == "/stats/size":
                return _json(self._sizes())
            if match := re.fullmatch(r"/studies/([^/]+)", path):
                return self._study(match[1], params, fault)
        except Refused as refused:
            return _text(400, str(refused))
        return Answer(404, _HTML_404.encode(), "text/html")

    def _version(self, fault: Fault | None) -> Answer:
        version = {"apiVersion": self.registry.api_version, "dataTimestamp": self.registry.data_timestamp}
        if fault and fault.kind == "wrong_version":
            version["apiVersion"] = str(fault.options.get("version", "3.0.0"))
        if fault and fault.kind == "no_timestamp":
            del version["dataTimestamp"]
        return _json(version)

    def _study(self, name: str, params: dict[str, str], fault: Fault | None) -> Answer:
        _known(params, STUDY_PARAMETERS)
        _format(params)
        match = NCT_ID.fullmatch(name)
        if not match:
            raise Refused("Parameter `nctId` has incorrect format")
        nct_id = f"NCT{int(match[1]):08d}"
        with self.registry.lock:
            if nct_id not in self.registry:
                target = self.registry.target(nct_id)
                if target is None:
                    return _text(404, f"NCT number {nct_id} not found")
                query = f"?{urlencode(params)}" if params else ""
                return Answer(301, b"", "text/plain", {"Location": f"{API}/studies/{target}{query}"})
            if fault and fault.kind == "wrong_study":
                nct_id = next(one for one in self.registry.nct_ids if one != nct_id)
            return Answer(200, _projected(self.registry.payload(nct_id), params))

    def _studies(self, params: dict[str, str], fault: Fault | None) -> Answer:
        _known(params, LIST_PARAMETERS)
        _format(params)
        if params.get("markupFormat", "markdown") not in {"markdown", "legacy"}:
            raise Refused("Parameter `markupFormat` has incorrect value")
        size = _page_size(params)
        counting = params.get("countTotal", "false")
        if counting not in {"true", "false"}:
            raise Refused("Parameter `countTotal` has incorrect format")
        with self.registry.lock:
            found = self._found(params)
            start = 0
            if "pageToken" in params:
                start = self._offset(params)
                if fault and fault.kind == "invalid_token":
                    raise Refused("Parameter `pageToken` has incorrect value")
            if fault and fault.kind == "zero_total":
                return Answer(200, _page(0, [], None))
            shown = found[start : start + size]
            # The registry gives a token whenever the page is full, even when nothing is left.
            following = start + size if len(shown) == size else None
            studies = [_projected(self.registry.payload(nct_id), params) for nct_id in shown]
            total = len(found) if counting == "true" and "pageToken" not in params else None
            number = 0
            if fault:
                if fault.kind == "empty_page":
                    studies = []
                elif fault.kind == "wrong_total" and total is not None:
                    total += int(fault.options.get("by", 1))
                elif fault.kind == "no_total":
                    total = None
                elif fault.kind == "repeated_study":
                    studies.append(_projected(self.registry.payload(found[0]), params))
                elif fault.kind == "lost_study":
                    studies = studies[:-1]
                elif fault.kind == "same_token":
                    following = start
                elif fault.kind == "endless" and following is None:
                    following, number = 0, self.orders.next_number()
            token = None if following is None else self._token(params, following, number)
        return Answer(200, _page(total, studies, token))

    def _found(self, params: Mapping[str, str]) -> list[str]:
        """Ids that the parameters select, in their order."""
        sort = _sort(params)
        key = tuple(sorted((name, value) for name, value in params.items() if name not in _PAGING | {"fields"}))
        only = next(
            (value for name, value in params.items() if name in AREA_OF_PARAMETER and _ONLY_IDS.fullmatch(value)), None
        )
        if self.registry.match_all:
            return self.registry.find(("all", tuple(sort)), lambda text: True, None, sort)
        if only is not None:
            # Ids alone: the registry ignores the filters.
            ids = [self._current(one) for one in re.findall(r"[Nn][Cc][Tt][0-9]+", only)]
            return self.registry.find(key, lambda text: True, ids, sort)
        matchers = [_query(name, value) for name, value in params.items() if name in AREA_OF_PARAMETER]
        among: list[str] | None = None
        for prefix in ("filter", "postFilter"):
            if status := params.get(f"{prefix}.overallStatus"):
                matchers.append(_of_status(status, f"{prefix}.overallStatus"))
            if ids := params.get(f"{prefix}.ids"):
                among = [self._current(one) for one in _list(ids)]
            if advanced := params.get(f"{prefix}.advanced"):
                matchers.append(_query(f"{prefix}.advanced", advanced))
            if geo := params.get(f"{prefix}.geo"):
                among = self._near(geo, f"{prefix}.geo", among)
        return self.registry.find(key, lambda text: all(matches(text) for matches in matchers), among, sort)

    def _current(self, raw: str) -> str:
        match = NCT_ID.fullmatch(raw.strip())
        if not match:
            raise Refused("Parameter `filter.ids` has incorrect format")
        nct_id = f"NCT{int(match[1]):08d}"
        return self.registry.target(nct_id) or nct_id

    def _near(self, geo: str, name: str, among: list[str] | None) -> list[str]:
        match = _GEO.fullmatch(geo)
        if not match:
            raise Refused(f"Parameter `{name}` has incorrect format")
        centre, reach = (float(match[1]), float(match[2])), float(match[3]) * (1 if match[4] == "km" else 1.609344)
        near = []
        for nct_id in self.registry.nct_ids if among is None else among:
            study = json.loads(self.registry.payload(nct_id))
            points = values(study, "protocolSection.contactsLocationsModule.locations.geoPoint")
            if any(_kilometres(centre, (point["lat"], point["lon"])) <= reach for point in points):
                near.append(nct_id)
        return near

    def _sizes(self) -> dict[str, Any]:
        sizes = sorted(((self.registry.size(nct_id), nct_id) for nct_id in self.registry.nct_ids), reverse=True)
        return {
            "averageSizeBytes": sum(size for size, _ in sizes) // max(1, len(sizes)),
            "largestStudies": [{"id": nct_id, "sizeBytes": size} for size, nct_id in sizes[:10]],
            "percentiles": {str(at): sizes[-1 - len(sizes) * at // 101][0] for at in (1, 50, 99)} if sizes else {},
            "ranges": [{"sizeRange": "0-", "studiesCount": len(sizes)}],
            "totalStudies": len(sizes),
        }

    # Tokens: opaque, bound to the other parameters and to the data set.

    def _seal(self, params: Mapping[str, str], offset: int, number: int) -> str:
        bound = json.dumps(
            [sorted((k, v) for k, v in params.items() if k not in _PAGING), offset, number, self.registry.edition]
        )
        return hmac.new(self.secret, bound.encode(), "sha256").hexdigest()[:16]

    def _token(self, params: Mapping[str, str], offset: int, number: int = 0) -> str:
        plain = f"{offset}.{number}.{self._seal(params, offset, number)}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    def _offset(self, params: Mapping[str, str]) -> int:
        token = params["pageToken"]
        with contextlib.suppress(ValueError):
            plain = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
            offset, number, seal = plain.split(".")
            if hmac.compare_digest(seal, self._seal(params, int(offset), int(number))):
                return int(offset)
        raise Refused("Parameter `pageToken` has incorrect value")


# Reading parameters.


def _known(params: Mapping[str, str], known: set[str]) -> None:
    for name in params:
        if name not in known:
            raise Refused(f"`{name}` is unknown parameter")
        if name in {"aggFilters", "geoDecay"} or name.endswith(".synonyms"):
            raise Refused(f"`{name}` is not known to this emulator")


def _format(params: Mapping[str, str]) -> None:
    if params.get("format", "json") != "json":
        raise Refused("Parameter `format` has incorrect value; this emulator answers in json alone")


def _page_size(params: Mapping[str, str]) -> int:
    raw = params.get("pageSize", "0")
    if not re.fullmatch(r"[0-9]{1,9}", raw):
        raise Refused("Parameter `pageSize` has incorrect format")
    return min(int(raw), MAX_PAGE_SIZE) or DEFAULT_PAGE_SIZE


def _list(raw: str) -> list[str]:
    return [item.strip() for item in re.split(r"[,|]", raw) if item.strip()]


def _sort(params: Mapping[str, str]) -> list[tuple[str, bool]]:
    sort = []
    items = _list(params.get("sort", ""))
    if len(items) > 2:
        raise Refused("Parameter `sort` has more than 2 items")
    for number, item in enumerate(items, 1):
        match = _SORT_ITEM.fullmatch(item)
        if not match:
            raise Refused(f"Item {number} in parameter `sort` has incorrect format")
        if match[1] not in SORT_FIELDS and match[1] != "@relevance":
            raise Refused(f"Item {number} in parameter `sort` contains unsortable field `{match[1]}`")
        descending = match[2] == "desc" if match[2] else not match[1].startswith("Enrollment")
        sort.append((match[1], descending))
    return sort


def _query(name: str, value: str) -> Matcher:
    try:
        return compile_query(
            value, AREA_OF_PARAMETER.get(name, "BasicSearch"), lambda area: area in AREAS or area in PATH_OF_PIECE
        )
    except QueryError as error:
        raise Refused(f"Error parsing query in `{name}`: {error}") from None


def _of_status(raw: str, name: str) -> Matcher:
    wanted = _list(raw)
    for word in wanted:
        if word not in Status.words:
            raise Refused(f"Parameter `{name}` contains invalid value `{word}`")
    words = {word.lower() for word in wanted}

    def matches(text: Text) -> bool:
        return text("OverallStatus").strip() in words

    return matches


def _kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    lat1, lon1, lat2, lon2 = (math.radians(value) for value in (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 12742 * math.asin(math.sqrt(half))


# Writing answers.


def _page(total: int | None, studies: list[bytes], token: str | None) -> bytes:
    head = b"{" if total is None else b'{"totalCount":%d,' % total
    tail = b"]}" if token is None else b'],"nextPageToken":"%s"}' % token.encode()
    return head + b'"studies":[\n' + b",\n".join(studies) + b"\n" + tail


def _projected(payload: bytes, params: Mapping[str, str]) -> bytes:
    if "fields" not in params:
        return payload
    paths = []
    for name in _list(params["fields"]):
        path = PATH_OF_PIECE.get(name)
        if path is None:
            raise Refused(f"Parameter 'fields' contains invalid field name: '{name}'")
        paths.append(path)
    if not paths:
        raise Refused("Parameter `fields` is empty")
    return json.dumps(_only(json.loads(payload), paths, ""), ensure_ascii=False, separators=(",", ":")).encode()


def _only(tree: Any, paths: list[str], at: str) -> Any:
    if isinstance(tree, list):
        return [_only(item, paths, at) for item in tree]
    if not isinstance(tree, dict) or at in paths:
        return tree
    kept = {}
    for key, value in tree.items():
        here = f"{at}.{key}" if at else key
        if here in paths:
            kept[key] = value
        elif any(path.startswith(here + ".") for path in paths):
            kept[key] = _only(value, paths, here)
    return kept


def _json(value: Any) -> Answer:
    return Answer(200, json.dumps(value, separators=(",", ":")).encode())


def _text(status: int, sentence: str) -> Answer:
    return Answer(status, sentence.encode(), "text/plain;charset=utf-8")


def _replaced(fault: Fault) -> Answer | None:
    retry = {"Retry-After": str(fault.options["retry_after"])} if "retry_after" in fault.options else {}
    if fault.kind == "rate_limited":
        return Answer(429, b"Too many requests", "text/plain;charset=utf-8", retry)
    if fault.kind == "server_error":
        return _text(500, "Internal server error")
    if fault.kind == "unavailable":
        return Answer(503, _HTML_503.encode(), "text/html", retry)
    if fault.kind == "forbidden":
        return Answer(403, _HTML_403.encode(), "text/html")
    if fault.kind == "bad_request":
        return _text(400, "`filter.phase` is unknown parameter")
    if fault.kind == "not_found":
        return Answer(404, _HTML_404.encode(), "text/html")
    if fault.kind == "bad_json":
        return Answer(200, b'{"totalCount":3,"studies":[{"protocolSection":{"identificationModule":{"nctId":')
    if fault.kind == "html":
        return Answer(200, b"<html><body>Down for maintenance</body></html>", "text/html")
    if fault.kind == "redirected":
        return Answer(302, b"", "text/html", {"Location": str(fault.options.get("location", "https://example.org/"))})
    return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        self._open.discard(request)
        super().close_request(request)

    def drop_connections(self) -> None:
        for request in list(self._open):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are part of the play; all else is a mistake of the emulator's."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _handler(emulator: RegistryEmulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "registry-emulator"
        disable_nagle_algorithm = True
        wbufsize = -1
        timeout = 60

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == CONTROL:
                return self.send(_json(emulator.control({})))
            path = parts.path.removeprefix(API) if parts.path.startswith(API + "/") else parts.path
            params = dict(parse_qsl(parts.query, keep_blank_values=True))
            with emulator.registry.lock:
                emulator.requests.append(
                    Received("GET", path, params, dict(self.headers.items()), time.monotonic(), self.client_address[1])
                )
                fault = emulator.orders.next_for(path, params)
            if not parts.path.startswith(API + "/"):
                return self.send(Answer(404, _HTML_404.encode(), "text/html"))
            return self.play(path, params, fault)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if urlsplit(self.path).path != CONTROL:
                return self.send(Answer(405, b"", "text/html", {"Allow": "GET"}))
            try:
                return self.send(_json(emulator.control(json.loads(body or b"{}"))))
            except (ValueError, TypeError, KeyError) as error:
                return self.send(_text(400, f"{type(error).__name__}: {error}"))

        def play(self, path: str, params: dict[str, str], fault: Fault | None) -> None:
            kind = fault.kind if fault else ""
            if fault and kind == "reset":
                return self.reset()
            if fault and kind == "slow":
                time.sleep(float(fault.options.get("seconds", 1)))
            answer = emulator.answer(path, params, fault)
            if fault and kind == "oversized":
                answer.body += b" " * (int(fault.options.get("megabytes", 5)) * 1_000_000)
            if kind in {"truncated", "stalled"}:
                return self.send_half(
                    answer, float(fault.options.get("seconds", 5)) if fault and kind == "stalled" else 0
                )
            return self.send(answer)

        def send(self, answer: Answer, *, half: bool = False) -> None:
            body = answer.body
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            for name, value in (answer.headers or {}).items():
                self.send_header(name, value)
            if answer.status == 200:
                self.send_header("ETag", f'W/"{hashlib.sha256(body).hexdigest()[:16]}"')
                if len(body) > 500 and "gzip" in self.headers.get("Accept-Encoding", ""):
                    body = gzip.compress(body, 1)
                    self.send_header("Content-Encoding", "gzip")
                    self.send_header("Vary", "Accept-Encoding")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if half else body)
            self.wfile.flush()

        def send_half(self, answer: Answer, silence: float) -> None:
            self.send(answer, half=True)
            time.sleep(silence)
            self.close_connection = True

        def reset(self) -> None:
            """Close so that the client gets a reset and not an orderly end."""
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

        def log_message(self, *_: Any) -> None:
            """Quiet: `requests` of the emulator holds what came."""

    return Handler
