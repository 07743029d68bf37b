"""The whole description of the API asked of the API itself, by schemathesis: what it allows, and what it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from apps.api.schema import described
from apps.ingest.services import sync
from tests.factories.studies import studies

pytestmark = pytest.mark.django_db

schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application())

# Schemathesis leaves out the address that it has the description from.
ASKED = set(described()["paths"]) - {"/api/v1/schema/"}
# What no schema can say: texts with a grammar, days that have a list, cautions that readers see, cursors that must
# have been given, parameters that exclude each other.
OPEN = {"q", "as_of", "country", "start_year", "caution", "cursor", "sort", "page", "nct_id", "value", "rule", "name"}
OPEN_AT_THE_DOOR = ("`query.", "`pageToken`", "`filter.ids`", "'fields'", "`fields`", "`sort`", "`nctId`")


@pytest.fixture(autouse=True)
def _some_data(tmp_path: Path, settings: Any) -> Iterator[None]:
    """Studies under the ids of the description's examples; nobody is refused for asking often."""
    settings.API_REQUESTS_PER_MINUTE = 10**9
    for record in studies(3, first=90000001):
        (tmp_path / f"{record['protocolSection']['identificationModule']['nctId']}.json").write_text(json.dumps(record))
    sync(replay=tmp_path)
    # The requests run on this test's own connection, which must outlive each of them.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)
    cache.clear()


def refuses_with_a_reason(ctx: Any, response: Any, case: Any) -> None:
    """What the schema allows is refused only for what no schema can say, and in words."""
    if response.status_code != 400 or not case.meta.generation.mode.is_positive:
        return
    if case.path.startswith("/api/ctgov/"):
        assert any(name in response.text for name in OPEN_AT_THE_DOOR), response.text
    else:
        assert {error["parameter"] for error in response.json()["errors"]} <= OPEN, response.text


def _asked(path: str) -> Callable[[Any], None]:
    """A test of one address: its examples, the edges of what its parameters allow, and random requests."""

    @schema.include(path=path).parametrize()
    @hypothesis_settings(
        max_examples=10,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test(case: Any) -> None:
        case.call_and_validate(
            excluded_checks=[schemathesis.checks.positive_data_acceptance], additional_checks=[refuses_with_a_reason]
        )

    return test


# A function for each, so that each has a name of its own.
for _path in sorted(ASKED):
    globals()["test_" + re.sub(r"\W+", "_", _path).strip("_")] = _asked(_path)


def test_every_operation_is_asked() -> None:
    assert {operation.ok().path for operation in schema.get_all_operations()} == ASKED
    assert len([name for name in globals() if name.startswith("test_api_")]) == len(ASKED) >= 12
