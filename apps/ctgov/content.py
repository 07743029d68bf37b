"""What a record says, apart from how it is written: its hash, and the record without people's contact details."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import msgspec

# The registry's own date of its last ingest moves in every record every night.
_MOVING = ("derivedSection", "miscInfoModule", "versionHolder")

# One byte for each JSON escape that matters, so that plain replacements cannot mistake one for another: compact JSON
# holds none of these bytes. A backslash that is left stands before b or u.
_BACKSLASH, _QUOTE, _BREAK = b"\x01", b"\x02", b"\n"
_AS_BYTES = ((b"\\\\", _BACKSLASH), (b'\\"', _QUOTE), (b"\\n", _BREAK), (b"\\r", b" "), (b"\\t", b" "), (b"\\f", b" "))
_OTHER_SPACE = re.compile(rb"\xc2[\x85\xa0]|\xe2\x80[\x80-\x8b\xa8\xa9\xaf]|\xe3\x80\x80")
_MARKDOWN_ESCAPE = re.compile(rb"\x01([!#-/:-@\[-`{-~\x01\x02\n])")
_ENTITIES = ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&#39;", b"'"), (b"&nbsp;", b" "), (b"&amp;", b"&"))
_BULLET = re.compile(
    rb'(["\n]) *(?:\*|\xe2\x80[\xa2\xa3]|\xe2\x97[\x8b\x8f\xa6]|\xe2\x96[\xa0\xaa]|\xc2\xb7)(?=[ \n"])'
)

# Keys that hold people, whatever module they stand in: a registry that moves them must not make us keep them.
_PEOPLE = frozenset({"contacts", "centralContacts", "overallContacts"})
_REACHABLE = frozenset({"email", "phone", "phoneExt"})
_PERSON = ("investigatorFullName", "investigatorTitle", "investigatorAffiliation", "oldNameTitle")


def content_hash(payload: bytes) -> str:
    """SHA-256 (hex) of what the record says.

    The same for another order of keys, other white space, line breaks, markdown escapes, entities or bullets, and
    another `versionHolder`. Contacts count. Never raises: bytes that are no JSON are hashed as they are.
    """
    try:
        tree = _decoded(payload)
    except (ValueError, RecursionError):
        return hashlib.sha256(payload).hexdigest()
    section = tree.get(_MOVING[0]) if isinstance(tree, dict) else None
    module = section.get(_MOVING[1]) if isinstance(section, dict) else None
    if isinstance(section, dict) and isinstance(module, dict):
        module.pop(_MOVING[2], None)
        if not module:
            del section[_MOVING[1]]
    return hashlib.sha256(_normalised(_encoded(tree))).hexdigest()


def without_contacts(payload: bytes) -> bytes:
    """The record as canonical JSON (sorted keys, no white space) without people to call or write to.

    Out go central contacts, each site's contacts, name, phone and e-mail of the results' point of contact, and name,
    title and affiliation of a person who is the responsible party. The overall officials stay: they are the record's
    public statement of who answers for the study.
    A payload that is no JSON becomes `{}`: nothing can be taken out of it, and it must not be kept.
    """
    try:
        tree = _decoded(payload)
        _take_people_out(tree)
    except (ValueError, RecursionError):
        return b"{}"
    return _encoded(tree)


def _normalised(text: bytes) -> bytes:
    """Compact JSON with each text written in one way. On the bytes: walking the record takes several times as long."""
    for escape, byte in _AS_BYTES:
        if b"\\" not in text:
            break
        text = text.replace(escape, byte)
    text = _MARKDOWN_ESCAPE.sub(rb"\1", text)
    if b"&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    if not text.isascii():
        text = _OTHER_SPACE.sub(b" ", text)
    text = _BULLET.sub(rb"\1-", text).replace(_BREAK, b" ")
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text.replace(b'" ', b'"').replace(b' "', b'"')


def _decoded(payload: bytes) -> Any:
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Lone surrogates are bad text but good JSON.
        return json.loads(payload.decode("utf-8", "replace"))


def _encoded(tree: Any) -> bytes:
    try:
        return msgspec.json.encode(tree, order="sorted")
    except UnicodeEncodeError:
        return json.dumps(tree, sort_keys=True, separators=(",", ":")).encode()


def _take_people_out(tree: Any) -> None:
    if isinstance(tree, list):
        for item in tree:
            _take_people_out(item)
    elif isinstance(tree, dict):
        for key in [key for key in tree if key in _PEOPLE or key in _REACHABLE]:
            del tree[key]
        point = tree.get("pointOfContact")
        if isinstance(point, dict):
            point.pop("title", None)
        party = tree.get("responsibleParty")
        if isinstance(party, dict):
            for key in _PERSON:
                party.pop(key, None)
        for value in tree.values():
            if isinstance(value, dict | list):
                _take_people_out(value)
