"""Spanish pages in a real browser: longer words hold their place, no rule of accessibility is broken, no cookie."""

from __future__ import annotations

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
    "missing_modules": "NCT90000009",
}
LONG = "NCT90000050"
PATHS = [
    "/es/",
    "/es/trials/",
    "/es/trials/?view=table",
    "/es/trials/?q=nothingatall&country=ES",
    *(f"/es/trials/{nct_id}/" for nct_id in TRIALS.values()),
    f"/es/trials/{LONG}/sheet/",
    "/es/trials/NCT90000001/report/",
    "/es/diseases/multiple-sclerosis/",
    "/es/find/",
    "/es/find/?disease=multiple-sclerosis&age=34&sex=female&since=2+años&near=Valencia,+España",
    "/es/compare/?nct=NCT90000001&nct=NCT90000002",
    "/es/glossary/",
    "/es/about/",
    "/es/privacy/",
    "/es/accessibility/",
    "/es/nowhere/",
]
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
def test_no_rule_is_broken_and_nothing_runs_over(site: str, tab: Any, viewport: dict[str, int]) -> None:
    page, broken, asked = tab(viewport=viewport, locale="en-US"), [], set()
    page.on("request", lambda request: asked.add(request.url.split("/", 3)[2]))
    for path in PATHS:
        page.goto(site + path)
        assert page.evaluate("document.documentElement.lang") == "es"
        broken += broken_rules(page, path)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
    assert broken == []
    assert asked == {site.split("/")[2]}
    assert page.context.cookies() == []


def test_a_reader_changes_the_language_where_they_are(site: str, tab: Any) -> None:
    page = tab(viewport=PHONE, locale="es-ES")
    page.goto(f"{site}/trials/?country=IT")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_role("link", name="Español").click()
    assert page.url == f"{site}/es/trials/?country=IT"
    page.get_by_role("link", name="English").click()
    assert page.url == f"{site}/trials/?country=IT"
    assert page.context.cookies() == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_spanish_sheet_is_one_page_on_paper(site: str, tab: Any, paper: str) -> None:
    page = tab(viewport=DESK)
    for nct_id in (*TRIALS.values(), LONG):
        page.goto(f"{site}/es/trials/{nct_id}/sheet/")
        printed = page.pdf(format=paper, prefer_css_page_size=False)
        assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") == 1, nct_id
