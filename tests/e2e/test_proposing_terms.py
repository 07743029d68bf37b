"""A word that the rules lack, in a real browser: proposed, looked at, accepted; readers see the trial; taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.services import create_curator
from apps.curation.models import TermProposal
from apps.ingest import rehearsing, services
from apps.ingest.models import Rehearsal
from apps.ingest.services import sync
from tests.e2e.conftest import come_in
from tests.e2e.rules import broken_rules
from tests.factories.studies import study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TERMS, RULES = "/desk/terms/", "/desk/rules/"
NCT = "NCT90000004"
WORDS = "Sclerosis of the Many Places"


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Any]]:
    """What is asked of the worker; the test is the worker."""
    asked: list[Callable[[], Any]] = []

    def rehearse(args: tuple[int], **options: Any) -> None:
        asked.append(lambda: rehearsing.rehearse(*args))

    monkeypatch.setattr("apps.desk.terms.rehearse.apply_async", rehearse)
    monkeypatch.setattr("apps.desk.terms.reprocess.apply_async", lambda **told: asked.append(services.reprocess))
    return asked


@pytest.fixture
def stored(tmp_path: Path) -> None:
    for record in (study("NCT90000001"), study(NCT, title=f"Cells in {WORDS}", conditions=[WORDS])):
        nct_id = record["protocolSection"]["identificationModule"]["nctId"]
        (tmp_path / f"{nct_id}.json").write_text(json.dumps(record))
    assert sync(replay=tmp_path) is not None


def work(queue: list[Callable[[], Any]]) -> None:
    while queue:
        queue.pop(0)()


@pytest.mark.parametrize("width", [390, 1280])
def test_from_a_word_that_is_missing_to_a_trial_in_the_list(
    tab: Any, address: str, stored: None, queue: list[Callable[[], Any]], width: int
) -> None:
    page = tab(viewport={"width": width, "height": 900}, java_script_enabled=width > 390)
    wrong: list[tuple[str, ...]] = []

    def held_to_rules(name: str) -> None:
        page.wait_for_load_state()
        if width > 390:  # axe is a script
            wrong.extend(broken_rules(page, name))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    come_in(page, address, create_curator("curator@example.org", "curator"), onward=TERMS)
    page.get_by_label("Phrase or group").fill("disseminated sclerosis")
    page.get_by_role("button", name="Search the words").click()
    page.locator("section", has_text="disseminated sclerosis").get_by_role("link", name="Propose a change").click()
    held_to_rules("terms")
    page.get_by_label("Phrase or abbreviation").fill("Multiple sclerosis")
    page.get_by_label("Why, in English").fill(f"{NCT} calls it so.")
    page.get_by_role("button", name="Propose").click()
    assert "is known already" in page.locator(".errorlist").inner_text()
    held_to_rules("refused")
    page.get_by_label("Phrase or abbreviation").fill(WORDS)
    page.get_by_role("button", name="Propose").click()
    number = TermProposal.objects.get().pk
    assert page.url == f"{address}{TERMS}{number}/"
    page.get_by_role("button", name="See what would move").click()
    assert page.locator("[role=status]", has_text="no worker has begun").count() == 1
    held_to_rules("waiting")
    if width > 390:
        page.get_by_label("Why, in English").fill("Half a sentence")
    work(queue)
    if width > 390:
        page.get_by_text("1 trial would move").wait_for()  # the part has come again, what was typed is there
        assert page.get_by_label("Why, in English").input_value() == "Half a sentence"
    else:
        page.get_by_role("link", name="Look again").click()
        page.locator(".desk-moves").first.wait_for()
    held_to_rules("term")
    assert "becomes" in page.locator(".desk-moves").text_content()

    lead = tab(viewport={"width": width, "height": 900})
    come_in(lead, address, create_curator("lead@example.org", "lead"), onward=f"{TERMS}{number}/")
    lead.get_by_label("Why, in English").fill("Agreed.")
    lead.get_by_role("button", name="Yes: accept and process again").click()
    assert "in force" in lead.locator(".desk-facts").first.inner_text()
    lead.goto(address + RULES)
    assert "2" in lead.locator(".desk-facts dd").last.inner_text()
    wrong += broken_rules(lead, "rules")
    work(queue)
    lead.reload()
    assert lead.locator(".desk-facts dd").last.inner_text() == "0"

    page.goto(f"{address}/trials/{NCT}/")
    assert page.locator("meta[name=robots][content*=noindex]").count() == 0
    page.goto(f"{address}/trials/?disease=multiple-sclerosis")
    assert NCT in page.locator("main").inner_text()
    page.goto(f"{address}/decisions/")
    assert f"{NCT} calls it so." in page.locator("main").inner_text()

    lead.goto(f"{address}{TERMS}{number}/")
    lead.get_by_label("Why, in English").fill("It was another illness.")
    lead.get_by_role("button", name="Take it back and process again").click()
    work(queue)
    page.goto(f"{address}/trials/?disease=multiple-sclerosis")
    assert NCT not in page.locator("main").inner_text()
    assert Rehearsal.objects.count() == 1
    assert sorted({(a, b, c, d[:110]) for a, b, c, d, e in wrong}) == []
