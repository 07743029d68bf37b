"""The client, the taxonomy, the rules and the records can be used without the ORM and without Celery."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.conf import settings

_LOAD = """
import importlib, pkgutil, sys
name = sys.argv[1]
module = importlib.import_module(name)
for found in pkgutil.walk_packages(getattr(module, "__path__", []), name + "."):
    importlib.import_module(found.name)
print(*sorted({"django.db", "celery", "psycopg2"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "name",
    [
        "apps.ctgov",
        "apps.vocabulary",
        "apps.classification.rules",
        "apps.classification.evaluation",
        "apps.classification.moves",
        "apps.studies.records",
    ],
)
def test_it_loads_neither(name: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _LOAD, name],
        cwd=settings.BASE_DIR,
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == []
