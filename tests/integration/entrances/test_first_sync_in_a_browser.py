"""The main job from outside: one command, trials arriving, a list narrowed, a trial read, nothing left running."""

from __future__ import annotations

import json
from typing import Any

import pytest
from checkouts import ROOT, Checkout, get

from apps.studies.files import iter_payloads
from tests.ctgov_emulator import RegistryEmulator
from tests.factories.studies import encoded, studies

pytestmark = [pytest.mark.entrance, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

RECRUITING, COMPLETED = 60, 25


def test_from_nothing_to_a_trial_and_away(fresh: Checkout, page: Any) -> None:
    records = [
        *iter_payloads(ROOT / "apps" / "ingest" / "sample"),
        *map(encoded, studies(RECRUITING, first=92_000_000)),
        *map(encoded, studies(COMPLETED, first=93_000_000, status="COMPLETED", countries=["France"])),
    ]
    with RegistryEmulator(records) as registry:
        registry.order("slow", times=3, path="/studies", seconds=1)
        up, url = fresh.up(CTGOV_BASE_URL=registry.url, CTGOV_MIN_INTERVAL="0.05", CTGOV_PAGE_SIZE="20")

        # The site answers while the trials still come, and says how far it is.
        page.goto(f"{url}/data/")
        assert page.title()
        up.wait_for("Sync finished:")
        assert "Publishing" in up.said or "Fetching" in up.said
        assert json.loads(get(f"{url}/readyz")[1])["sync"]["state"] == "ok"

        # A list, narrowed by what a reader clicks.
        page.goto(f"{url}/")
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Trials").click()
        before = page.locator("h1").inner_text()
        page.goto(f"{url}/trials/?disease=multiple-sclerosis&status=COMPLETED&country=FR")
        assert page.locator("h1").inner_text() != before
        assert str(COMPLETED) in page.locator("h1").inner_text()

        # A trial, with its reasons.
        page.locator("a[href^='/trials/NCT93']").first.click()
        assert "Mesenchymal" in page.locator("h1").inner_text()
        assert page.locator("blockquote").count() > 0
        assert page.get_by_text("In our list: yes").count() > 0
        assert "Test Hospital" in page.content()

        assert up.stop() < 20
        assert up.still_there() == []
