"""What the API's tests share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from apps.ingest.services import sync


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    """Each test begins with a fresh minute."""
    cache.clear()


@pytest.fixture
def api() -> Client:
    return Client(raise_request_exception=True)


@pytest.fixture
def arrive(tmp_path: Path) -> Callable[..., None]:
    """Take records through the whole corridor, from JSON to published."""

    def arrive(*records: dict[str, Any]) -> None:
        for record in records:
            nct_id = record["protocolSection"]["identificationModule"]["nctId"]
            (tmp_path / f"{nct_id}.json").write_text(json.dumps(record))
        run = sync(replay=tmp_path)
        assert run is not None
        assert (run.state, run.failed) == ("ok", 0)

    return arrive
