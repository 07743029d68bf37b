"""The sheet for the doctor, the words explained and the plain view in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from apps.ingest.services import sync
from apps.web.views.site import known
from tests.e2e.rules import broken_rules
from tests.unit.web.test_web_sheet import long_payload

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "studies"
TRIALS = {
    "msc_multiple_sclerosis_recruiting": "NCT90000001",
    "hsc_multiple_sclerosis_with_results": "NCT90000002",
    "many_sites": "NCT90000025",
    "contacts_everywhere": "NCT90000013",
    "missing_modules": "NCT90000009",
}
LONG = "NCT90000050"
SHEETS = [f"/trials/{nct_id}/sheet/" for nct_id in (*TRIALS.values(), LONG)]
PATHS = [*SHEETS, "/glossary/"]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def site(address: str, tmp_path: Path) -> str:
    for name in TRIALS:
        (tmp_path / f"NCT-{name}.json").symlink_to(FIXTURES / f"{name}.json")
    (tmp_path / "NCT-long.json").write_bytes(long_payload())
    assert sync(replay=tmp_path) is not None
    known.forget()
    return address


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_no_rule_is_broken(site: str, tab: Any, viewport: dict[str, int]) -> None:
    page, broken, asked = tab(viewport=viewport), [], set()
    page.on("request", lambda request: asked.add(request.url.split("/", 3)[2]))
    for path in PATHS:
        page.goto(site + path)
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        broken += broken_rules(page, path)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
    assert broken == []
    assert asked == {site.split("/")[2]}
    assert page.context.cookies() == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_sheet_is_one_page_on_paper(site: str, tab: Any, paper: str) -> None:
    page = tab(viewport=DESK)
    for path in SHEETS:
        page.goto(site + path)
        printed = page.pdf(format=paper, prefer_css_page_size=False)
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1, path


def test_nothing_of_a_sheet_is_cut_at_its_edges(site: str, tab: Any) -> None:
    page = tab(viewport={"width": 720, "height": 1000})
    page.goto(f"{site}/trials/{LONG}/sheet/")
    page.emulate_media(media="print")
    assert page.evaluate(
        "[...document.querySelectorAll('.sheet li, .sheet p')].every(part => part.scrollWidth <= part.clientWidth + 1)"
    )


def test_words_are_opened_by_keyboard_and_by_touch_without_script(site: str, tab: Any) -> None:
    page = tab(viewport=PHONE, java_script_enabled=False, has_touch=True)
    page.goto(f"{site}/trials/NCT90000001/")
    words = page.locator("#plain .words")
    told = words.locator("li", has_text="Placebo:")
    assert not told.is_visible()
    words.locator("summary").tap()
    assert told.is_visible()
    page.locator("#design .words summary").press("Enter")
    assert page.locator("#design .words li", has_text="Randomised:").is_visible()
    assert words.locator("summary").bounding_box()["height"] >= 44


def test_a_sentence_leads_to_its_words_in_the_record(site: str, tab: Any) -> None:
    page = tab(viewport=PHONE)
    page.goto(f"{site}/trials/NCT90000001/")
    page.locator("#plain-tested .plain__to").first.click()
    assert re.search(r"#read-\d+$", page.url)
    assert page.locator("mark:target").is_visible()


def test_from_the_trial_to_its_sheet_and_back(site: str, tab: Any) -> None:
    page = tab(viewport=PHONE)
    page.goto(f"{site}/trials/NCT90000001/")
    page.get_by_role("link", name="Sheet for your doctor").click()
    assert page.url == f"{site}/trials/NCT90000001/sheet/"
    page.get_by_role("link", name="Back to the trial").click()
    assert page.url == f"{site}/trials/NCT90000001/"


def test_a_list_of_ones_own_stays_in_the_browser(site: str, tab: Any) -> None:
    page, sent = tab(viewport=PHONE), []
    page.on("request", lambda request: sent.append(request.method))
    for nct_id in ("NCT90000001", "NCT90000002"):
        page.goto(f"{site}/trials/{nct_id}/")
        page.get_by_role("button", name="Put on my list").press("Enter")
    assert page.get_by_role("button", name="Take off my list").is_visible()
    page.get_by_role("link", name="My list (2)").click()
    page.wait_for_load_state()
    assert page.url == f"{site}/compare/?nct=NCT90000001&nct=NCT90000002"
    assert "2 trials side by side" in page.locator("h1").text_content()
    assert page.locator("#my-list [data-ids]").text_content() == "NCT90000001, NCT90000002"
    assert broken_rules(page) == []
    page.get_by_role("button", name="Forget my list").click()
    assert not page.locator("#my-list").is_visible()
    assert page.evaluate("localStorage.length") == 0
    assert set(sent) == {"GET"}
    assert page.context.cookies() == []


@pytest.mark.parametrize(
    "stored", ["nonsense", "{}", "null", "7", '["<img src=x>", 7, null, "NCT1", "nct90000001"]', '[["NCT90000001"]]']
)
def test_nonsense_in_the_browsers_store_is_no_list(site: str, tab: Any, stored: str) -> None:
    page, wrong = tab(viewport=DESK), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{site}/compare/")
    page.evaluate("stored => localStorage.setItem('trialtracker.kept', stored)", stored)
    page.reload()
    assert not page.locator("#my-list").is_visible()
    page.goto(f"{site}/trials/NCT90000001/")
    page.get_by_role("button", name="Put on my list").click()
    assert page.evaluate("localStorage.getItem('trialtracker.kept')") == '["NCT90000001"]'
    assert wrong == []


def test_a_list_has_six_trials_at_most(site: str, tab: Any) -> None:
    page = tab(viewport=DESK)
    page.goto(f"{site}/compare/")
    page.evaluate(
        "localStorage.setItem('trialtracker.kept', JSON.stringify([1,2,3,4,5,6].map(at => `NCT0000000${at}`)))"
    )
    page.goto(f"{site}/trials/NCT90000001/")
    assert page.get_by_role("button", name="Your list has six trials").is_disabled()


def test_without_script_there_is_no_list_and_no_dead_button(site: str, tab: Any) -> None:
    page = tab(viewport=PHONE, java_script_enabled=False)
    page.goto(f"{site}/trials/NCT90000001/")
    assert not page.locator("[data-keep]").is_visible()
    page.goto(f"{site}/compare/")
    assert not page.locator("#my-list").is_visible()
