"""The trial page in a real browser: accessible, readable on a phone, usable without JavaScript and by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from apps.ingest.services import sync
from apps.vocabulary.cautions import CAUTIONS
from apps.web.views.site import known
from tests.e2e.rules import broken_rules
from tests.factories.cautions import show_cautions
from tests.factories.studies import encoded, study

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "studies"
PAGES = {
    "msc_multiple_sclerosis_recruiting": "NCT90000001",
    "hsc_multiple_sclerosis_with_results": "NCT90000002",
    "results_with_adverse_events": "NCT90000003",
    "many_sites": "NCT90000025",
    "contacts_everywhere": "NCT90000013",
    "missing_modules": "NCT90000009",
    "marrow_mononuclear_for_review": "NCT90000019",
    "exosomes_out_of_scope": "NCT90000020",
}
OPEN_ALL = "document.querySelectorAll('details').forEach(details => { details.open = true })"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def site(live_server: LiveServer, settings: Any, tmp_path: Path) -> str:
    """The site's address, with our own records published."""
    # The live server finds static files by their plain names.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    for name in PAGES:
        (tmp_path / f"NCT-{name}.json").symlink_to(FIXTURES / f"{name}.json")
    assert sync(replay=tmp_path) is not None
    known.forget()
    return live_server.url


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_no_accessibility_violations(site: str, tab: Any, viewport: dict[str, int]) -> None:
    broken = []
    page = tab(viewport=viewport)
    for name, nct_id in {**PAGES, "never seen": "NCT04047628"}.items():
        page.goto(f"{site}/trials/{nct_id}/")
        page.evaluate(OPEN_ALL)
        broken += broken_rules(page, name)
    assert broken == []


def test_tables_scroll_within_themselves_on_a_phone(site: str, tab: Any) -> None:
    page = tab(viewport=PHONE)
    for nct_id in PAGES.values():
        page.goto(f"{site}/trials/{nct_id}/")
        page.evaluate(OPEN_ALL)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.goto(f"{site}/trials/NCT90000003/")
    wraps = page.locator(".table-wrap").all()
    assert wraps
    assert {(wrap.get_attribute("tabindex"), wrap.get_attribute("role")) for wrap in wraps} == {("0", "region")}


def test_at_twice_the_text_size_nothing_is_cut(site: str, tab: Any) -> None:
    page = tab(viewport={"width": 640, "height": 800})
    page.goto(f"{site}/trials/NCT90000003/")
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_without_javascript_every_part_can_be_opened_and_read(site: str, tab: Any) -> None:
    page = tab(viewport=DESK, java_script_enabled=False)
    page.goto(f"{site}/trials/NCT90000025/")
    country = page.locator("#where details").first
    assert not country.locator("tbody tr").last.is_visible()
    country.locator("summary").click()
    assert country.locator("tbody tr").last.is_visible()


def test_the_contents_stay_in_sight_on_a_desk_and_fold_on_a_phone(site: str, tab: Any) -> None:
    desk = tab(viewport=DESK)
    desk.goto(f"{site}/trials/NCT90000001/")
    desk.locator("aside .toc a[href='#why']").click()
    assert desk.locator("#why h2").is_visible()
    assert desk.locator("aside .toc").bounding_box()["y"] >= 0
    assert not desk.locator(".trial-contents").is_visible()
    phone = tab(viewport=PHONE)
    phone.goto(f"{site}/trials/NCT90000001/")
    assert not phone.locator("aside .toc").is_visible()
    assert not phone.locator(".trial-contents .toc").is_visible()
    phone.locator(".trial-contents summary").press("Enter")
    phone.locator(".trial-contents a[href='#where']").click()
    assert phone.url.endswith("#where")


def test_on_paper_what_is_folded_is_printed(site: str, tab: Any) -> None:
    page = tab(viewport=DESK)
    page.goto(f"{site}/trials/NCT90000025/")
    page.emulate_media(media="print")
    assert page.locator("#where details").first.locator("tbody tr").last.bounding_box()["height"] > 5
    assert not page.locator("aside .toc").is_visible()


def test_the_browser_finds_nothing_to_complain_of(site: str, tab: Any) -> None:
    page, complaints, asked = tab(viewport=DESK), [], set()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.add(request.url.partition("/static/")[0].partition("/trials/")[0]))
    page.goto(f"{site}/trials/NCT90000003/", wait_until="networkidle")
    assert complaints == []
    assert asked == {site}


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_cautions_are_accessible_and_fit(site: str, tab: Any, viewport: dict[str, int], tmp_path: Path) -> None:
    told = {
        "protocolSection.descriptionModule.briefSummary": "This is a patient funded trial of cells.",
        "protocolSection.statusModule.studyFirstSubmitDate": "2024-07-01",
        "protocolSection.statusModule.lastUpdatePostDateStruct.date": "2020-01-02",
        "protocolSection.contactsLocationsModule.locations": [{"facility": "Test Institute", "city": "Madrid"}],
    }
    folder = tmp_path / "cautions"
    folder.mkdir()
    (folder / "NCT90000999.json").write_bytes(encoded(study("NCT90000999", told)))
    assert sync(replay=folder) is not None
    show_cautions(*CAUTIONS)
    page = tab(viewport=viewport)
    page.goto(f"{site}/trials/NCT90000999/")
    assert page.locator("#cautions details[id]").count() == 4
    assert broken_rules(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    page.locator("#cautions figcaption a").first.focus()
    page.keyboard.press("Enter")
    assert "#read-" in page.url
