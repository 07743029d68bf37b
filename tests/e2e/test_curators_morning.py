"""A curator's morning in a real browser: signing in with a code, a queue, a decision, a sync that moves the record."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.services import create_curator
from apps.curation.models import AuditEntry
from apps.ingest.services import sync
from apps.search.models import StudyDocument
from apps.web.views.site import known
from tests.e2e.conftest import come_in
from tests.e2e.rules import broken_rules
from tests.factories.studies import study

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
FIRST = "NCT90000001"
LUPUS = {
    "protocolSection.conditionsModule.conditions": ["Systemic Lupus Erythematosus"],
    "protocolSection.identificationModule.briefTitle": "MSC in lupus",
    "protocolSection.identificationModule.officialTitle": "MSC in lupus",
    "derivedSection.conditionBrowseModule": None,
}

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def records(tmp_path: Path) -> Path:
    for number in range(1, 12):
        nct_id = f"NCT900000{number:02}"
        (tmp_path / f"{nct_id}.json").write_text(json.dumps(study(nct_id)))
    return tmp_path


@pytest.fixture
def site(address: str, records: Path) -> str:
    assert sync(replay=records) is not None
    StudyDocument.objects.exclude(pk=FIRST).update(doubts=["source"])
    known.forget()
    return address


@pytest.fixture
def tab(tab: Any, site: str) -> Any:
    """Opens a page at the desk, signed in as a curator who has set up a second factor."""
    user = create_curator("ada@example.org", "curator")

    def open_tab(**options: Any) -> Any:
        page = tab(**options)
        come_in(page, site, user)
        return page

    return open_tab


def press_enter(page: Any) -> None:
    """The button that accepts has the focus as soon as the page stands."""
    page.locator("button[autofocus]:focus").wait_for()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_ten_of_a_queue_with_one_press_each(site: str, tab: Any) -> None:
    page = tab(viewport=DESK)
    page.goto(f"{site}/desk/queue/doubtful/")
    page.locator("tbody a").first.click()
    for _ in range(10):
        assert re.search(r"/desk/trials/NCT\d+/\?queue=doubtful$", page.url)
        press_enter(page)
    assert page.url == f"{site}/desk/queue/doubtful/"
    assert page.get_by_text("Nothing waits here.").is_visible()
    assert AuditEntry.objects.filter(action="decided", by="ada@example.org").count() == 10


def test_a_decision_a_sync_that_moves_the_record_and_the_decision_anew(site: str, tab: Any, records: Path) -> None:
    page = tab(viewport=DESK)
    page.goto(f"{site}/desk/trials/{FIRST}/disease/")
    page.get_by_label("Multiple sclerosis").uncheck()
    page.get_by_label("Rheumatoid arthritis").check()
    page.get_by_role("button", name="Decide and publish").click()
    assert page.get_by_text("Give the reason").is_visible()
    assert page.get_by_label("Rheumatoid arthritis").is_checked()
    page.get_by_label("Why, in English (shown to everybody)").fill("The arms name arthritis.")
    page.get_by_role("button", name="Decide and publish").click()
    assert page.get_by_text("Decided and published").is_visible()

    page.goto(f"{site}/trials/{FIRST}/#decided")
    assert "The arms name arthritis." in page.locator("#decided").inner_text()
    (records / f"{FIRST}.json").write_text(json.dumps(study(FIRST, LUPUS)))
    assert sync(replay=records) is not None
    page.reload()
    assert "The record has changed since" in page.locator("#decided").inner_text()
    page.goto(f"{site}/decisions/")
    assert "a person is looking again" in page.locator("article").inner_text()

    page.goto(f"{site}/desk/queue/reopened/")
    page.locator("tbody a").click()
    press_enter(page)
    assert page.get_by_text("Nothing waits here.").is_visible()
    page.goto(f"{site}/desk/curation/auditentry/")
    assert page.get_by_role("cell", name="the record moved under the decision").is_visible()


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_no_rule_is_broken(site: str, tab: Any, viewport: dict[str, int], records: Path) -> None:
    page, broken = tab(viewport=viewport), []
    page.goto(f"{site}/desk/trials/{FIRST}/disease/")
    page.get_by_label("Rheumatoid arthritis").check()
    page.get_by_label("Why, in English (shown to everybody)").fill("The arms name arthritis too.")
    page.get_by_role("button", name="Decide and publish").click()
    paths = (
        "/desk/",
        "/desk/queue/doubtful/",
        f"/desk/trials/{FIRST}/",
        "/desk/trials/NCT90000002/?queue=doubtful",
        f"/desk/trials/{FIRST}/disease/",
        f"/desk/trials/{FIRST}/dose/",
        f"/desk/trials/{FIRST}/scope/",
        f"/desk/trials/{FIRST}/sites/",
        f"/desk/trials/{FIRST}/sites/0/",
        "/desk/merging/",
        "/desk/curation/appeal/",
        "/decisions/",
        f"/trials/{FIRST}/",
    )
    for path in paths:
        page.goto(site + path)
        broken += broken_rules(page, path)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
    assert broken == []
