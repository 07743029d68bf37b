"""The studies of the emulated registry, and what happens to them: changes, mergers, removals, another day."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tests.ctgov_emulator.description import PATH_OF_PIECE
from tests.ctgov_emulator.essie import Text, normal_text
from tests.ctgov_emulator.fields import AREAS, PROTOCOL, SORT_FIELDS

NCT_ID = re.compile(r"[Nn][Cc][Tt]0*([1-9][0-9]{0,7})")
_VERSION_HOLDER = re.compile(rb'("versionHolder"\s*:\s*")[^"\\]*(")')
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass
class Entry:
    """One study, compressed, with what searching and sorting need, read when first asked for."""

    nct_id: str
    packed: bytes
    size: int
    texts: dict[str, str] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)


class Registry:
    """The data. Every method may be called while requests are being served.

    `match_all` lets every query find everything, for benches and made-up studies that no query would find.
    """

    def __init__(self, studies: Iterable[bytes | Mapping[str, Any]] = (), *, match_all: bool = False) -> None:
        self.match_all = match_all
        self.lock = threading.RLock()
        self.data_timestamp = "2026-06-09T09:00:05"
        self.api_version = "2.0.5"
        self.edition = 1
        self._entries: dict[str, Entry] = {}
        self._aliases: dict[str, str] = {}
        self._version_holder: bytes | None = None
        self._found: dict[Any, list[str]] = {}
        for study in studies:
            self._put(study)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def nct_ids(self) -> list[str]:
        return list(self._entries)

    # What happens to the data.

    def add(self, study: bytes | Mapping[str, Any]) -> None:
        """A new study, or a new version of one."""
        with self.lock:
            self._put(study)
            self._found.clear()

    def change(self, nct_id: str, changes: Mapping[str, Any] | Callable[[dict[str, Any]], None]) -> None:
        """Edit one study: `{"protocolSection.statusModule.overallStatus": "COMPLETED"}`, None removes; or a function.

        The registry's time stamp stays: call `refresh` for a poll of /version to see that something moved.
        """
        with self.lock:
            study = json.loads(self.payload(nct_id))
            if callable(changes):
                changes(study)
            else:
                for path, value in changes.items():
                    set_at(study, path, value)
            self._entries[nct_id] = _entry(study, nct_id)
            self._found.clear()

    def vanish(self, nct_id: str) -> None:
        """The study is gone: 404 from now on."""
        with self.lock:
            del self._entries[nct_id]
            self._found.clear()

    def merge(self, old: str, into: str) -> None:
        """`old` becomes an alias of `into`: 301 from now on."""
        with self.lock:
            self.vanish(old)
            aliases = json.loads(self.payload(into))[PROTOCOL]["identificationModule"].get("nctIdAliases", [])
            self.change(into, {f"{PROTOCOL}.identificationModule.nctIdAliases": [*aliases, old]})
            self._aliases[old] = into

    def drift(self, kind: str, nct_ids: Iterable[str] | None = None) -> None:
        """The registry changes its shape overnight, in these studies or in all; `kind` is a key of `DRIFTS`."""
        for nct_id in list(nct_ids or self._entries):
            self.change(nct_id, DRIFTS[kind])

    def refresh(self) -> None:
        """A new data set: another time stamp, and page tokens of the old one die."""
        with self.lock:
            moment = dt.datetime.fromisoformat(self.data_timestamp) + dt.timedelta(days=1)
            self.data_timestamp = moment.isoformat()
            self.edition += 1

    def next_day(self) -> None:
        """A refresh in which no study changed, so that only `versionHolder` moves, in every record."""
        with self.lock:
            self.refresh()
            self._version_holder = self.data_timestamp[:10].encode()

    # What can be asked.

    def payload(self, nct_id: str) -> bytes:
        """The study's JSON; KeyError when there is none."""
        text = zlib.decompress(self._entries[nct_id].packed)
        if self._version_holder:
            text = _VERSION_HOLDER.sub(rb"\g<1>" + self._version_holder + rb"\g<2>", text)
        return text

    def size(self, nct_id: str) -> int:
        return self._entries[nct_id].size

    def target(self, alias: str) -> str | None:
        """The id that `alias` stands for now."""
        return self._aliases.get(alias)

    def __contains__(self, nct_id: str) -> bool:
        return nct_id in self._entries

    def find(
        self, key: Any, matches: Callable[[Text], bool], among: Iterable[str] | None, sort: list[tuple[str, bool]]
    ) -> list[str]:
        """Ids of the studies that match, sorted; remembered under `key` until the data changes."""
        with self.lock:
            known = self._found.get((self.edition, key))
            if known is None:
                ids = self._entries if among is None else [nct_id for nct_id in among if nct_id in self._entries]
                known = [nct_id for nct_id in ids if matches(lambda area, at=nct_id: self.text(at, area))]
                if len(self._found) > 50:
                    self._found.clear()
                self._found[self.edition, key] = known = self._sorted(known, sort)
            return known

    def text(self, nct_id: str, area: str) -> str:
        """The words of one search area of a study, in normal form; LookupError for an area that does not exist."""
        entry = self._entries[nct_id]
        if area not in entry.texts:
            paths = AREAS.get(area) or (PATH_OF_PIECE[area],)
            study = _readable(zlib.decompress(entry.packed))
            entry.texts[area] = " \n ".join(normal_text(str(value)) for path in paths for value in values(study, path))
        return entry.texts[area]

    def _sorted(self, ids: list[str], sort: list[tuple[str, bool]]) -> list[str]:
        # Without a sort the registry promises no order; ours differs from one data set to the next.
        ids = (
            sorted(ids, key=lambda nct_id: zlib.crc32(f"{self.edition}{nct_id}".encode())) if not sort else sorted(ids)
        )
        for name, descending in reversed(sort):
            if name == "@relevance":
                continue
            path = SORT_FIELDS[name]
            have = [nct_id for nct_id in ids if self._key(nct_id, path) is not None]
            lack = [nct_id for nct_id in ids if self._key(nct_id, path) is None]
            have.sort(key=lambda nct_id, path=path: self._key(nct_id, path), reverse=descending)
            ids = [*have, *lack]
        return ids

    def _key(self, nct_id: str, path: str) -> Any:
        entry = self._entries[nct_id]
        if not entry.keys:
            study = _readable(zlib.decompress(entry.packed))
            entry.keys = {one: next(iter(values(study, one)), None) for one in SORT_FIELDS.values()}
        return entry.keys[path]

    def _put(self, study: bytes | Mapping[str, Any]) -> None:
        entry = _entry(study)
        self._entries[entry.nct_id] = entry
        raw = zlib.decompress(entry.packed)
        if b'"nctIdAliases"' in raw:
            for alias in json.loads(raw)[PROTOCOL]["identificationModule"].get("nctIdAliases", []):
                self._aliases[alias] = entry.nct_id


def _entry(study: bytes | Mapping[str, Any], nct_id: str = "") -> Entry:
    raw = study if isinstance(study, bytes) else encoded(study)
    if not nct_id:
        match = re.search(rb'"nctId"\s*:\s*"(NCT[0-9]{8})"', raw)
        nct_id = match[1].decode() if match else f"NCT{zlib.crc32(raw) % 10**8:08d}"
    return Entry(nct_id, zlib.compress(raw, 1), len(raw))


def _readable(raw: bytes) -> Any:
    """For searching and sorting; a record that cannot be read is found by nothing but its place in the list."""
    for decode in (msgspec.json.decode, json.loads):
        try:
            return decode(raw)
        except (ValueError, RecursionError):
            continue
    return {}


def encoded(study: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(study, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        # A lone surrogate travels as an escape.
        return json.dumps(study, separators=(",", ":")).encode()


def values(tree: Any, path: str) -> Iterable[Any]:
    """Every value at `path`, going through lists."""
    found = [tree]
    for key in path.split("."):
        below: list[Any] = []
        for item in found:
            value = item.get(key) if isinstance(item, dict) else None
            below.extend(value if isinstance(value, list) else [] if value is None else [value])
        found = below
    return found


def set_at(tree: Any, path: str, value: Any) -> None:
    """Put `value` at `path` (`protocolSection.designModule.phases[0]`), making what is missing; None takes it out."""
    steps: list[str | int] = [key or int(index) for key, index in _STEP.findall(path)]
    for step, following in itertools.pairwise(steps):
        tree = tree.setdefault(step, [] if isinstance(following, int) else {}) if isinstance(tree, dict) else tree[step]
    last = steps[-1]
    if value is None and isinstance(tree, dict):
        tree.pop(last, None)
    elif isinstance(tree, list) and last == len(tree):
        tree.append(value)
    else:
        tree[last] = value


DRIFTS: dict[str, dict[str, Any]] = {
    "extra_keys": {
        f"{PROTOCOL}.designModule.decentralizedElements": ["HOME_VISITS"],
        f"{PROTOCOL}.plainLanguageModule": {"summary": "A module that nobody had heard of."},
    },
    "unknown_enum": {f"{PROTOCOL}.statusModule.overallStatus": "PAUSED_BY_REGULATOR"},
    "missing_module": {f"{PROTOCOL}.eligibilityModule": None},
    "wrong_type": {f"{PROTOCOL}.designModule.enrollmentInfo": {"count": "many"}},
    "no_id": {f"{PROTOCOL}.identificationModule.nctId": None},
}
