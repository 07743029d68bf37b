"""Where no worker runs, the desk says so on the pages on which one is asked for something."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import override_settings

from apps.core.workers import Sign
from apps.ingest.models import SyncRun
from apps.ingest.rehearsing import AS_THEY_ARE, ask
from tests.factories.people import signed_in_as
from tests.unit.core.test_workers import AWAY

pytestmark = pytest.mark.django_db
PAGES = ("/desk/", "/desk/rules/", "/desk/runs/live/")


def said(path: str) -> str:
    page = BeautifulSoup(signed_in_as("lead").get(path).content, "html.parser")
    return " ".join(note.get_text() for note in page.select(".desk-held"))


@pytest.mark.parametrize("path", PAGES)
def test_each_page_says_that_no_worker_runs_until_one_does(path: str) -> None:
    ask(proposal=AS_THEY_ARE, by="lead@example.org")
    assert "No worker is running: none has given a sign for 3 minutes. Start one" in said(path)
    with override_settings(SAMPLE=True):
        assert "the sample starts none, so what is asked for here stays asked" in said(path)
    Sign()()
    assert "No worker" not in said(path)


@pytest.mark.parametrize("path", PAGES)
def test_without_a_cache_the_desk_claims_nothing(path: str) -> None:
    with override_settings(CACHES=AWAY):
        assert "No worker" not in said(path)


def test_a_run_that_is_under_way_needs_no_sign() -> None:
    SyncRun.objects.create(kind="full", state="running", step="land")
    assert "No worker" not in said("/desk/runs/live/")
