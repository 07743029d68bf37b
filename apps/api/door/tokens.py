"""Page tokens: where the next page begins, signed, so that they need no storage and outlive a new data set.

A token belongs to the parameters that it was given for: with others it would lead to the wrong place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer

# What may differ from one page to the next.
PAGING = frozenset({"countTotal", "pageSize", "pageToken"})
_signer = Signer(salt="apps.api.door.tokens", sep=".")


class TokenError(ValueError):
    """The token is none of ours, or was given for other parameters."""


@dataclass(frozen=True, slots=True)
class Position:
    """The last study that was given: its sort values as text, None where it lacks one, and its id."""

    values: tuple[str | None, ...]
    nct_id: str


def write_token(position: Position, parameters: Mapping[str, str]) -> str:
    return _signer.sign_object([_seal(parameters), list(position.values), position.nct_id])


def read_token(token: str, parameters: Mapping[str, str]) -> Position:
    try:
        seal, values, nct_id = _signer.unsign_object(token)
    except (BadSignature, ValueError):
        raise TokenError("Parameter `pageToken` has incorrect value") from None
    if seal != _seal(parameters):
        raise TokenError("Parameter `pageToken` was given for other parameters: send the same ones with each page")
    return Position(tuple(values), nct_id)


def _seal(parameters: Mapping[str, str]) -> str:
    bound = sorted((name, value) for name, value in parameters.items() if name not in PAGING)
    return hashlib.sha256(json.dumps(bound).encode()).hexdigest()[:16]
