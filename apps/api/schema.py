"""The description of the API, made once a process: it depends on nothing but the code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator


@cache
def described() -> Mapping[str, Any]:
    """OpenAPI 3.1, as plain data."""
    return json.loads(described_json())


@cache
def described_json() -> bytes:
    return json.dumps(
        SchemaGenerator().get_schema(request=None, public=True), separators=(",", ":"), default=str
    ).encode()
