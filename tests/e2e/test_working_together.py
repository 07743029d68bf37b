"""Curators together in a real browser: a spreadsheet out and in, a batch undone, a claim, a second look; with axe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.services import create_curator
from apps.curation.models import AuditEntry, Batch, Claim, SecondLook, StudyOverride
from apps.ingest.services import sync
from apps.search.models import StudyDocument
from apps.web.views.site import known
from tests.e2e.conftest import come_in
from tests.e2e.rules import broken_rules
from tests.factories.studies import study

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
ONE, TWO, THREE, FOUR = (f"NCT9000000{number}" for number in range(1, 5))
ADA, BEA = "ada@example.org", "bea@example.org"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def site(address: str, tmp_path: Path, settings: Any) -> str:
    settings.SECOND_LOOK_SHARE = 1
    for nct_id in (ONE, TWO, THREE, FOUR):
        (tmp_path / f"{nct_id}.json").write_text(json.dumps(study(nct_id)))
    assert sync(replay=tmp_path) is not None
    StudyDocument.objects.update(doubts=["source"])
    known.forget()
    return address


@pytest.fixture
def tab(tab: Any, site: str) -> Any:
    """Opens a page at the desk, signed in as a curator of this name."""

    def open_tab(who: str, **options: Any) -> Any:
        page = tab(**options)
        come_in(page, site, create_curator(who, "curator"))
        return page

    return open_tab


def press(page: Any, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name).first.click()


def test_a_spreadsheet_taken_along_changed_and_sent_back(site: str, tab: Any, tmp_path: Path) -> None:
    page = tab(ADA, viewport=DESK)
    page.goto(f"{site}/desk/trials/{ONE}/disease/")
    page.get_by_label("Rheumatoid arthritis").check()
    page.locator("[name=reason]").fill("=The arms name both.")
    press(page, "Decide and publish")
    page.goto(f"{site}/desk/")
    page.get_by_role("link", name="Decisions as a spreadsheet").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Take the file").click()
    taken = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "'=The arms name both." in taken
    changed = tmp_path / "changed.csv"
    changed.write_text(taken.replace("name both", "say so") + f"{TWO},disease,type-1-diabetes,So.,,,,,,,\n")
    page.get_by_label("A CSV file with your changes").set_input_files(str(changed))
    press(page, "Show what would change")
    assert page.get_by_role("cell", name="changed").is_visible()
    assert StudyOverride.objects.count() == 1
    press(page, "Confirm and publish 2 changes")
    assert page.get_by_text("2 decisions taken and published.").is_visible()
    assert StudyDocument.objects.get(pk=TWO).diseases == ["type-1-diabetes"]
    press(page, "Undo this batch")
    assert page.get_by_text("2 decisions put back as they stood.").is_visible()
    assert StudyOverride.objects.get().reason == "=The arms name both."
    page.get_by_role("link", name="Desk", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Take the log as JSON Lines").click()
    lines = [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]
    assert [line["action"] for line in lines] == ["decided", "decided", "decided", "restored", "cleared", "exported"]


def test_two_share_a_queue(site: str, tab: Any) -> None:
    ada, bea = tab(ADA, viewport=DESK), tab(BEA, viewport=DESK)
    ada.goto(f"{site}/desk/trials/{TWO}/?queue=doubtful")
    press(ada, "I am working on this")
    bea.goto(f"{site}/desk/queue/doubtful/")
    assert bea.get_by_role("cell", name=ADA).is_visible()
    # One press each, past what Ada is at.
    bea.get_by_role("link", name=ONE).click()
    bea.locator("button[autofocus]:focus").wait_for()
    with bea.expect_navigation():
        bea.keyboard.press("Enter")
    assert THREE in bea.url
    assert {claim.nct_id: claim.by for claim in Claim.objects.all()} == {TWO: ADA, THREE: BEA}
    # Bea's decision is Ada's to read blind.
    ada.goto(f"{site}/desk/queue/second/")
    ada.get_by_role("link", name=ONE).click()
    ada.locator(".desk-field a.button").click()
    assert BEA not in ada.locator("#content").inner_text()
    ada.locator("input[value=bone-marrow]").uncheck()
    ada.locator("input[value=adipose]").check()
    ada.locator("[name=reason]").fill("The other arm.")
    press(ada, "Give my look")
    assert SecondLook.objects.get().agreed is False
    bea.goto(f"{site}/desk/queue/disagreed/")
    bea.get_by_role("link", name=ONE).click()
    assert bea.get_by_text("The other arm.").first.is_visible()
    # Several together.
    bea.goto(f"{site}/desk/queue/doubtful/")
    for nct_id in (THREE, FOUR):
        bea.get_by_label(f"Choose {nct_id}").check()
    press(bea, "Go on")
    press(bea, "Show what would change")
    press(bea, "Confirm and publish 2 changes")
    assert AuditEntry.objects.filter(batch=Batch.objects.get().pk, by=BEA).count() == 2
    bea.goto(f"{site}/desk/queue/doubtful/")
    assert bea.locator("tbody th").all_inner_texts() == [TWO]


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_no_rule_is_broken_together(site: str, tab: Any, viewport: dict[str, int], tmp_path: Path) -> None:
    page, broken = tab(ADA, viewport=viewport), []
    bea = tab(BEA, viewport=viewport)
    for nct_id, value in ((ONE, "adipose"), (TWO, "adipose")):
        bea.goto(f"{site}/desk/trials/{nct_id}/source/")
        bea.locator(f"input[value={value}]").check()
        bea.locator("[name=reason]").fill("The arms say so.")
        press(bea, "Decide and publish")
    page.goto(f"{site}/desk/trials/{ONE}/?queue=second")
    press(page, "Accept the reading")
    page.goto(f"{site}/desk/trials/{THREE}/?queue=doubtful")
    page.locator("#note").fill("Asked the sponsor about the arms.\n\nNo answer yet.")
    press(page, "Add the note")
    bea.goto(f"{site}/desk/trials/{FOUR}/")
    press(bea, "I am working on this")
    page.goto(f"{site}/desk/queue/doubtful/?status=RECRUITING")
    page.get_by_text("Your saved filters").click()
    page.get_by_label("Keep what you see under the name").fill("Recruiting now")
    press(page, "Save")
    sheet = tmp_path / "sheet.csv"
    rows = [
        "nct_id,field,values,reason,source,version,do",
        f"{THREE},disease,type-1-diabetes|multiple-sclerosis,The arms name both.,Page 4,,",
        f"{FOUR},scope,out,It was never begun.,,,",
        f"{ONE},source,bone-marrow,No.,,1,",
        "NCT99999999,disease,,So.,,,",
    ]
    sheet.write_text("\n".join(rows))
    page.goto(f"{site}/desk/decisions/")
    page.get_by_label("A CSV file with your changes").set_input_files(str(sheet))
    press(page, "Show what would change")
    paths = (
        "/desk/",
        "/desk/decisions/",
        f"/desk/batches/{Batch.objects.get().pk}/",
        "/desk/queue/doubtful/?status=RECRUITING&colour=red",
        "/desk/queue/second/",
        f"/desk/trials/{TWO}/?queue=second",
        f"/desk/trials/{TWO}/source/second/?queue=second",
        "/desk/queue/disagreed/",
        f"/desk/trials/{ONE}/?queue=disagreed",
        f"/desk/trials/{THREE}/?queue=doubtful",
        f"/desk/trials/{FOUR}/",
        f"/desk/trials/{FOUR}/disease/",
        f"/desk/bulk/?queue=doubtful&how=set&field=disease&nct_id={THREE}&nct_id={FOUR}",
        "/desk/search/?q=arms",
        "/desk/agreement/",
    )
    for path in paths:
        page.goto(site + path)
        broken += broken_rules(page, path)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
    assert broken == []
