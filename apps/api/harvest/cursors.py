"""Where a harvest of labels goes on: the last one that was given, as an opaque text that outlives a new dataset."""

from __future__ import annotations

import base64
import binascii

import msgspec

from apps.classification.selectors import LabelKey

# The longest key: an id, and three texts of the columns' lengths in UTF-8, as JSON and then in base64.
MAX_LENGTH = 1500
_NONE = "This is no cursor of ours."
_decode = msgspec.json.Decoder(tuple[str, str, str, str]).decode


def write_cursor(key: LabelKey) -> str:
    told = msgspec.json.encode((key.nct_id, key.scheme, key.value, key.rule))
    return base64.urlsafe_b64encode(told).rstrip(b"=").decode()


def read_cursor(text: str) -> LabelKey:
    """Raises ValueError for a text that is no cursor."""
    if len(text) > MAX_LENGTH:
        raise ValueError(_NONE)
    try:
        told = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        key = LabelKey(*_decode(told))
    except (binascii.Error, msgspec.DecodeError, UnicodeError) as error:
        raise ValueError(_NONE) from error
    if any("\x00" in part for part in (key.nct_id, key.scheme, key.value, key.rule)):
        raise ValueError(_NONE)
    return key
