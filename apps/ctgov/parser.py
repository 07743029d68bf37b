"""From the registry's JSON to a `StudyRecord`, and what was odd about it on the way.

A record is refused (`ParseError`) only when it cannot be read: no JSON, no valid id, or a value of a wrong type where
we know the place. All else is kept and told by `oddities`: keys and words that the registry's description lacks,
missing modules, unreadable dates, null in the place of a missing value, characters that a database cannot hold.
"""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

import msgspec

from apps.ctgov.errors import ParseError
from apps.studies.records import DateText, Part, StudyRecord, Words

__all__ = ["PARSER_VERSION", "Oddity", "ParseError", "nct_id_of", "oddities", "parse_study", "value_at_path"]

# Goes up whenever the same payload would give another record: stored records are then read again.
PARSER_VERSION = 1

ID_PATH = "protocolSection.identificationModule.nctId"
# Every complete record of the registry has these; a record without one was cut, or the registry has changed its shape.
PROTOCOL = "protocolSection"
EXPECTED = frozenset({PROTOCOL, "derivedSection", "hasResults"})
EXPECTED_IN_PROTOCOL = frozenset(
    {
        "statusModule",
        "sponsorCollaboratorsModule",
        "descriptionModule",
        "conditionsModule",
        "designModule",
        "eligibilityModule",
    }
)
MAX_VALUE = 500
MAX_ODDITIES = 100
WITHHELD = "(contact details withheld)"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_ID = re.compile(r"NCT(?!00000000)[0-9]{8}")
_ID_TEXT = re.compile(rb'"identificationModule"\s*:\s*\{[^{}]*?"nctId"\s*:\s*"(NCT[0-9]{8})"')
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAYBE_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_CONTACT = re.compile(r"contact", re.IGNORECASE)
_RECORD = msgspec.json.Decoder(StudyRecord)
_BY_KEY = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something kept as it is but worth a look. `path` is that of the first occurrence, `reason` counts the others."""

    path: str
    value: str
    reason: str


def parse_study(payload: bytes | Mapping[str, Any]) -> StudyRecord:
    """The record that `payload` tells; ParseError with path and value when it cannot be one.

    NUL characters and lone surrogates, which PostgreSQL refuses in a text, become U+FFFD here; the payload keeps them.
    """
    if isinstance(payload, Mapping) or _MAYBE_UNSTORABLE.search(payload):
        return _with_id(_parse_repaired(payload))
    try:
        return _with_id(_RECORD.decode(payload))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _with_id(_parse_repaired(payload))


def nct_id_of(payload: bytes) -> str:
    """The record's own id, "" when it has no valid one. Reads nothing else, and never raises."""
    try:
        found = _ID_ONLY.decode(payload).protocolSection.identificationModule.nctId
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # The record will not parse, but its issue should name it.
        match = _ID_TEXT.search(payload)
        found = match[1].decode() if match else ""
    return found if _ID.fullmatch(found) else ""


def oddities(payload: bytes | Mapping[str, Any]) -> list[Oddity]:
    """What a person should look at in a record that parses; [] for one that does not (its ParseError says why)."""
    try:
        if not isinstance(payload, Mapping) and not _MAYBE_UNSTORABLE.search(payload):
            try:
                _strict_decoder().decode(payload)
                return _missing(_BY_KEY.decode(payload))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass
        tree = _tree(payload)
        found = _missing(tree) + _grouped(_walk(tree, _shape(StudyRecord), "")) if isinstance(tree, dict) else []
    except (ParseError, RecursionError):
        return []
    if len(found) > MAX_ODDITIES:
        rest = len(found) - MAX_ODDITIES
        found[MAX_ODDITIES:] = [Oddity("", "", f"and {rest} more kinds of oddity in this record")]
    return found


def value_at_path(tree: Any, path: str) -> Any:
    """What stands at `path` (`protocolSection.designModule.phases[1]`) in decoded JSON; None where it ends early."""
    for key, index in _STEP.findall(path):
        if key and isinstance(tree, Mapping):
            tree = tree.get(key)
        elif index and isinstance(tree, list | tuple) and int(index) < len(tree):
            tree = tree[int(index)]
        else:
            return None
    return tree


# Reading.


class _Identification(msgspec.Struct, frozen=True):
    nctId: str = ""


class _Protocol(msgspec.Struct, frozen=True):
    identificationModule: _Identification = _Identification()


class _IdOnly(msgspec.Struct, frozen=True):
    protocolSection: _Protocol = _Protocol()


_ID_ONLY = msgspec.json.Decoder(_IdOnly)


def _with_id(record: StudyRecord) -> StudyRecord:
    nct_id = record.protocol.identification.nct_id
    if nct_id is None:
        raise ParseError(ID_PATH, "", "the record has no NCT id")
    if not _ID.fullmatch(nct_id):
        raise ParseError(ID_PATH, _shown(nct_id, ID_PATH), "this is not an NCT id")
    return record


def _parse_repaired(payload: bytes | Mapping[str, Any]) -> StudyRecord:
    """The slow way, for a record that the typed decoder refuses or that holds what a database cannot."""
    tree = _tree(payload)
    if not isinstance(tree, dict):
        raise ParseError("", "", f"the record is {_kind(tree)}, not an object")
    try:
        return msgspec.convert(_repaired(tree), StudyRecord)
    except msgspec.ValidationError as error:
        path, reason = _told(str(error))
        raise ParseError(path, _shown(value_at_path(tree, path), path), reason) from None
    except RecursionError:
        raise ParseError("", "", "the record is nested too deeply") from None


def _tree(payload: bytes | Mapping[str, Any]) -> Any:
    if isinstance(payload, Mapping):
        return dict(payload)
    try:
        return msgspec.json.decode(payload)
    except RecursionError:
        raise ParseError("", "", "the record is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise ParseError("", "", f"the record is not UTF-8 at byte {error.start}") from None
    except msgspec.DecodeError:
        pass
    # The standard decoder takes lone surrogates, which are bad text but good JSON.
    try:
        return json.loads(bytes(payload).decode(), parse_constant=_no_constant)
    except RecursionError:
        raise ParseError("", "", "the record is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise ParseError("", "", f"the record is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise ParseError("", "", f"the record is not JSON: {error.msg} at character {error.pos}") from None
    except ValueError as error:
        raise ParseError("", "", f"the record is not JSON: {error}") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _repaired(tree: Any) -> Any:
    """A copy without nulls in objects and without characters that PostgreSQL refuses."""
    if isinstance(tree, str):
        return _UNSTORABLE.sub(REPLACEMENT, tree)
    if isinstance(tree, Mapping):
        return {_repaired(key): _repaired(value) for key, value in tree.items() if value is not None}
    if isinstance(tree, list | tuple):
        return [_repaired(value) for value in tree]
    return tree


_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_MESSAGE = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)
_TYPES = re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`")
_BOUND = re.compile(r"Expected `int(?: \| null)?` (?P<bound>[<>]=) (?P<limit>-?\d+)")


def _told(message: str) -> tuple[str, str]:
    """Path and reason out of the decoder's message."""
    match = _MESSAGE.fullmatch(message)
    what, path = (match["what"], match["path"] or "") if match else (message, "")
    if types_ := _TYPES.fullmatch(what):
        expected = _KINDS.get(types_["expected"].removesuffix(" | null"), types_["expected"])
        return path, f"expected {expected}, found {_KINDS.get(types_['got'], types_['got'])}"
    if bound := _BOUND.fullmatch(what):
        return path, f"expected a number {'of at least' if bound['bound'] == '>=' else 'of at most'} {bound['limit']}"
    return path, what[:1].lower() + what[1:]


def _kind(value: Any) -> str:
    for kind, name in ((bool, "bool"), (int, "int"), (float, "float"), (str, "str"), (list, "array"), (dict, "object")):
        if isinstance(value, kind):
            return _KINDS[name]
    return _KINDS["null"]


def _shown(value: Any, path: str) -> str:
    """`value` for a report: cut, storable, and never a person's contact details."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, Mapping):
        return f"an object of {len(value)} keys"
    if _CONTACT.search(path.replace("contactsLocationsModule", "")):
        return WITHHELD
    text = value if isinstance(value, str) else json.dumps(value)
    text = _UNSTORABLE.sub(REPLACEMENT, text)
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


# Oddities: a twin of the record types that refuses all that is odd settles most records at the decoder's own speed;
# only a record that the twin refuses is walked.


@dataclass(frozen=True, slots=True)
class _Place:
    """What the description says of one key: a part, or a text with its closed list or dates; in a list or not."""

    part: type[Part] | None
    mark: Words | DateText | None
    many: bool


@cache
def _shape(part: type[Part]) -> dict[str, _Place]:
    hints = typing.get_type_hints(part, include_extras=True)
    return {field.encode_name: _place(hints[field.name]) for field in msgspec.structs.fields(part)}


def _place(hint: Any) -> _Place:
    many, mark = False, None
    while True:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Union or origin is types.UnionType:
            hint = next(argument for argument in arguments if argument is not type(None))
        elif origin is tuple:
            many, hint = True, arguments[0]
        elif origin is Annotated:
            mark = next((one for one in arguments[1:] if isinstance(one, Words | DateText)), mark)
            hint = arguments[0]
        else:
            return _Place(hint if isinstance(hint, type) and issubclass(hint, Part) else None, mark, many)


def _missing(tree: Mapping[str, Any]) -> list[Oddity]:
    """What every complete record has and this one lacks. `tree` may hold its values undecoded."""
    protocol = tree.get(PROTOCOL)
    inside = _BY_KEY.decode(protocol) if isinstance(protocol, msgspec.Raw) else protocol
    absent = sorted(EXPECTED - tree.keys())
    if isinstance(inside, Mapping):
        absent += [f"{PROTOCOL}.{key}" for key in sorted(EXPECTED_IN_PROTOCOL - inside.keys())]
    return [Oddity(path, "", "every complete record has this, and here it is missing") for path in absent]


def _walk(tree: dict[str, Any], shape: dict[str, _Place], path: str) -> Iterator[Oddity]:
    for key, value in tree.items():
        here = _join(path, key)
        place = shape.get(key)
        if value is None:
            yield Oddity(here, "null", "null, read as missing")
        elif place is None:
            yield Oddity(here, _shown(value, here), "the registry's description has no such key")
        else:
            items = enumerate(value) if place.many and isinstance(value, list | tuple) else [(None, value)]
            for index, item in items:
                yield from _of_item(item, place, here if index is None else f"{here}[{index}]")


def _of_item(item: Any, place: _Place, path: str) -> Iterator[Oddity]:
    if place.part is not None:
        if isinstance(item, Mapping):
            yield from _walk(typing.cast("dict[str, Any]", item), _shape(place.part), path)
        return
    if not isinstance(item, str):
        return
    if _UNSTORABLE.search(item):
        yield Oddity(path, _shown(item, path), "a character that a database cannot hold, read as U+FFFD")
    elif isinstance(place.mark, Words) and item not in place.mark.words:
        yield Oddity(path, _shown(item, path), f"not a word of the registry's list {place.mark.name}")
    elif isinstance(place.mark, DateText) and not re.search(place.mark.pattern, item):
        yield Oddity(path, _shown(item, path), f"not a date of the form {place.mark.form}")


def _join(path: str, key: str) -> str:
    key = _UNSTORABLE.sub(REPLACEMENT, key)[:MAX_VALUE]
    return f"{path}.{key}" if path else key


def _grouped(found: Iterator[Oddity]) -> list[Oddity]:
    """One for each kind: the same key or word at a thousand sites is one oddity with a count."""
    first: dict[tuple[str, str, str], Oddity] = {}
    counts: dict[tuple[str, str, str], int] = {}
    for oddity in found:
        worded = oddity.value if oddity.reason.startswith("not a word") else ""
        group = re.sub(r"\[\d+\]", "[]", oddity.path), worded, oddity.reason
        first.setdefault(group, oddity)
        counts[group] = counts.get(group, 0) + 1
    return [
        oddity if counts[group] == 1 else Oddity(oddity.path, oddity.value, f"{oddity.reason} ({counts[group]} times)")
        for group, oddity in first.items()
    ]


@cache
def _strict_decoder() -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_strict(StudyRecord))


@cache
def _strict(part: type[Part]) -> type[msgspec.Struct]:
    hints = typing.get_type_hints(part, include_extras=True)
    fields, names = [], {}
    for field in msgspec.structs.fields(part):
        names[field.name] = field.encode_name
        fields.append((field.name, _strict_type(hints[field.name]), None))
    return msgspec.defstruct(f"Strict{part.__name__}", fields, rename=names, forbid_unknown_fields=True, gc=False)


def _strict_type(hint: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union or origin is types.UnionType:
        return _strict_type(next(argument for argument in arguments if argument is not type(None)))
    if origin is tuple:
        return list[_strict_type(arguments[0])]  # type: ignore[misc]
    if origin is Annotated:
        for mark in arguments[1:]:
            if isinstance(mark, Words):
                return Literal[mark.words]
            if isinstance(mark, DateText):
                return Annotated[str, msgspec.Meta(pattern=mark.pattern)]
        return hint
    return _strict(hint) if isinstance(hint, type) and issubclass(hint, Part) else hint
