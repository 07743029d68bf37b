"""Permanent short links for lists: the code in `/l/<code>` is the query itself, packed.

Nothing is stored, so nothing can be lost, filled up or tracked, and every list that can be asked for has a link. The
query string is deflated with a fixed text of the words that queries are made of, which makes most codes shorter than
30 characters; two bytes guard against a mistyped code. The first character names that text: a text is never changed,
since old links are read with it; a better one gets the next number.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

WORDS = Path(__file__).resolve().parent / "link_words"
NEWEST = "1"
# Far more than the longest query that can be asked: all values of all filters and 500 characters of text.
MOST_CODE, MOST_QUERY = 12_000, 60_000

_CODE = re.compile(r"[0-9A-Za-z_-]+", re.ASCII)
# A canonical query string has no other characters than these. Any other byte of a value stands in it as %3A or %E5;
# packed, it is the byte itself.
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~+=&%-")
_ESCAPED = re.compile(rb"%([0-9A-F]{2})")
_CHECK = 2


class NoSuchLink(ValueError):
    """A code that no link ever had."""


def pack(query_string: str) -> str:
    """The code of a canonical query string (`StudyQuery.to_query_string`), "" included."""
    raw = _ESCAPED.sub(_byte, query_string.encode("ascii"))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_FIXED, zdict=_words(NEWEST))
    packed = packer.compress(raw) + packer.flush() + _check(raw)
    return NEWEST + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def unpack(code: str) -> str:
    """The query string of a code; NoSuchLink where there is none."""
    if not _CODE.fullmatch(code) or len(code) > MOST_CODE or code[0] not in _available():
        raise NoSuchLink(code[:60])
    try:
        packed = base64.urlsafe_b64decode(code[1:] + "=" * (-(len(code) - 1) % 4))
        reader = zlib.decompressobj(-15, zdict=_words(code[0]))
        raw = reader.decompress(packed[:-_CHECK], MOST_QUERY)
    except (binascii.Error, zlib.error):
        raise NoSuchLink(code[:60]) from None
    query_string = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in raw)
    whole = reader.eof and not reader.unused_data and _check(raw) == packed[-_CHECK:]
    if not whole:
        raise NoSuchLink(code[:60])
    return query_string


def _byte(escaped: re.Match[bytes]) -> bytes:
    byte = bytes.fromhex(escaped[1].decode())
    return escaped[0] if byte[0] in _PLAIN else byte


def _check(raw: bytes) -> bytes:
    return (zlib.crc32(raw) & 0xFFFF).to_bytes(_CHECK, "big")


@cache
def _available() -> Mapping[str, Path]:
    return {path.stem: path for path in WORDS.glob("?.txt")}


@cache
def _words(number: str) -> bytes:
    return _available()[number].read_bytes().replace(b"\n", b"&")
