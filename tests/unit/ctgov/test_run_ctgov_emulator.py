"""The emulator by hand: `manage.py run_ctgov_emulator`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import requests
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.factories.studies import FIXTURES

SAMPLE = Path(settings.BASE_DIR) / "apps" / "ingest" / "sample"


def test_serves_a_folder_until_it_is_interrupted() -> None:
    command = [sys.executable, "manage.py", "run_ctgov_emulator", "--data", str(SAMPLE), "--port", "0"]
    with subprocess.Popen(
        [*command, "--fault", "server_error:1:/version"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            match = re.search(r"12 studies\. .*CTGOV_BASE_URL=(\S+)", first)
            assert match, first
            assert requests.get(f"{match[1]}/version", timeout=10).status_code == 500
            assert requests.get(f"{match[1]}/version", timeout=10).json()["apiVersion"] == "2.0.5"
            assert (
                requests.get(f"{match[1]}/studies", params={"countTotal": "true"}, timeout=10).json()["totalCount"]
                == 12
            )
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"data": Path("/nowhere")}, "does not exist"),
        ({"data": FIXTURES / "alias.json", "fault": ["earthquake"]}, "There is no fault 'earthquake'"),
        ({"data": FIXTURES / "alias.json", "fault": ["reset:often"]}, "--fault reset:often"),
    ],
)
def test_says_what_is_wrong_in_a_sentence(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("run_ctgov_emulator", **{"port": 0, **options})


def test_lists_the_faults() -> None:
    out = StringIO()
    call_command("run_ctgov_emulator", data=SAMPLE, fault=["help"], stdout=out)
    assert "rate_limited" in out.getvalue()


def test_without_the_tests_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tests.ctgov_emulator", None)
    with pytest.raises(CommandError, match="run this from a checkout"):
        call_command("run_ctgov_emulator", data=SAMPLE)
