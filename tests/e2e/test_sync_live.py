"""Runs in a real browser: watched while they go on, without looking again; and a trial asked for by its id."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.services import create_curator
from apps.ingest.models import SyncRun
from tests.e2e.conftest import come_in
from tests.e2e.rules import broken_rules

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_run_is_seen_to_move_and_to_end(address: str, tab: Any) -> None:
    run = SyncRun.objects.create(step="land", percent=10, seen=3)
    page = tab(viewport=PHONE)
    come_in(page, address, create_curator("ada@example.org", "curator"), "/desk/runs/live/")
    page.get_by_text("landing records: 10 %").wait_for()
    assert broken_rules(page) == []
    SyncRun.objects.update(percent=80)
    page.get_by_text("landing records: 80 %").wait_for()
    assert page.get_by_role("button", name="Sync now").count() == 0
    SyncRun.objects.update(state="ok", step="done", created=3, finished_at=timezone.now())
    page.get_by_text(f"run {run.pk}, ended at").wait_for()
    page.get_by_role("button", name="Sync now").wait_for()


def test_without_a_script_one_looks_again(address: str, tab: Any) -> None:
    SyncRun.objects.create(step="land", percent=10)
    page = tab(viewport=DESK, java_script_enabled=False)
    come_in(page, address, create_curator("ada@example.org", "curator"), "/desk/runs/live/")
    SyncRun.objects.update(percent=80)
    page.get_by_role("link", name="Look again").click()
    assert page.get_by_text("landing records: 80 %").is_visible()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_trial_is_asked_for_by_its_id(size: dict[str, int], address: str, tab: Any) -> None:
    page = tab(viewport=size)
    come_in(page, address, create_curator("ada@example.org", "curator"), "/desk/followed/")
    page.get_by_label("NCT ids").fill("nct123 and more")
    page.get_by_label("Why, in English").fill("A reader named it.")
    page.get_by_role("button", name="Ask for them").click()
    assert page.get_by_text("Not an NCT id").is_visible()
    assert broken_rules(page) == []
    page.get_by_label("NCT ids").fill("nct123")
    page.get_by_role("button", name="Ask for them").click()
    assert page.get_by_text("1 trial is asked for.").is_visible()
    assert page.get_by_text("Waits for the next run.").is_visible()
    assert broken_rules(page) == []
    page.goto(f"{address}/desk/")
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
