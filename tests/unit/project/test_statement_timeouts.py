"""The web server gets two seconds for a statement; the worker and the commands as long as it takes."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from trialtracker.env import limit_statements

_TELL = (
    "from django.db import connection as c; k = c.cursor(); k.execute('SHOW statement_timeout'); print(k.fetchone()[0])"
)


def told_by(program: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", f"{program}; {_TELL}"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return run.stdout.strip()


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_the_web_server_has_two_seconds(kind: str) -> None:
    assert told_by(f"import trialtracker.{kind}") == "2s"


def test_the_worker_and_the_commands_have_no_limit() -> None:
    assert told_by("import django; from trialtracker.celery import app; django.setup()") == "0"


def test_another_limit_and_none() -> None:
    for milliseconds, told in (("7500", "7500ms"), ("0", "0")):
        assert (
            told_by(f"import os; os.environ['WEB_STATEMENT_TIMEOUT_MS'] = '{milliseconds}'; import trialtracker.wsgi")
            == told
        )


def test_options_of_the_address_stay() -> None:
    database: dict[str, Any] = {"OPTIONS": {"connect_timeout": 5, "options": "-c work_mem=8MB"}}
    limit_statements(database, 2000)
    assert database["OPTIONS"] == {"connect_timeout": 5, "options": "-c work_mem=8MB -c statement_timeout=2000"}


@pytest.mark.django_db
def test_the_tests_themselves_have_no_limit() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
