"""The table, the comparison and facets as links in a real browser: without script, by keyboard, on phone and paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.vocabulary.taxonomy import DISEASES
from tests.e2e.rules import WIDTHS, broken_rules
from tests.e2e.test_e2e_pages import watched
from tests.factories.documents import entry, publish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "Infusion of umbilical cord cells against the usual medicine in people with an illness that has a long name"
WIDE = "columns=kind,disease,given,source,donor,dose,conditioning,age,allocation,masking,sponsor,registration,updated"
THREE = "/compare/?nct=NCT90000001&nct=NCT90000002&nct=NCT90000003"
PATHS = {
    "table": "/trials/?view=table",
    "wide table": f"/trials/?view=table&{WIDE}&sort=-enrollment&allocation=RANDOMIZED",
    "table of nothing": "/trials/?view=table&q=zebra",
    "all sponsors": "/trials/values/sponsor/?cell_type=msc",
    "three trials": THREE,
    "six trials": "/compare/?" + "&".join(f"nct=NCT9000000{at}" for at in range(1, 9)),
    "one trial": "/compare/?nct=NCT90000001&nct=bogus&nct=NCT01234567",
    "no trial": "/compare/",
}


@pytest.fixture
def site(address: str) -> str:
    msc = {"source": ["umbilical-cord"], "donor": ["allogeneic"], "dose": ["1e6/kg", "2e6/kg"], "age": ["18-65"]}
    hsc = {"source": ["peripheral-blood"], "conditioning": ["beam-atg"], "age": ["18-55"], "comparator": ["none"]}
    publish(
        *(
            entry(
                f"NCT900000{number:02}",
                title=LONG if number % 3 else f"Cells {number}",
                diseases=[DISEASES[number % 4].slug],
                cell_types=["msc"] if number % 2 else ["hsc"],
                card=msc if number % 2 else hsc,
                doubts=["dose"] if number % 3 else [],
                countries=[("ES", "CN", "US")[number % 3]],
                sponsor=f"Sponsor {number % 14} of a university with a long name",
                allocation=("RANDOMIZED", "NA", "")[number % 3],
                masking=("DOUBLE", "NONE", "")[number % 3],
                start_date=f"20{10 + number % 12}-05",
                enrollment=number * 7,
                age_groups=["ADULT"],
                fda_drug=bool(number % 2),
                registration=("before-start", "over-21-days", "cannot-be-told")[number % 3],
            )
            for number in range(1, 31)
        )
    )
    return address


@pytest.fixture(params=WIDTHS)
def view(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": request.param, "height": 844})
    yield context
    context.close()


def test_no_rule_is_broken(view: Any, site: str) -> None:
    page, wrong = watched(view, site)
    broken = []
    for name, path in PATHS.items():
        page.goto(site + path)
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        broken += broken_rules(page, name)
    assert broken == []
    assert wrong == []
    assert view.cookies() == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_only_the_tables_scroll_sideways(browser: Any, site: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 640})
    page = context.new_page()
    for path in PATHS.values():
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


@pytest.mark.parametrize("path", [THREE, PATHS["wide table"]])
def test_heads_and_first_column_stay_on_a_phone(browser: Any, site: str, path: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(site + path)
    box = "document.querySelector('.compare, .trials')"
    page.evaluate(f"{box}.scrollTo(260, 400)")
    assert page.evaluate(f"{box}.scrollLeft") > 100
    left = f"{box}.getBoundingClientRect().left"
    rows = f"[...{box}.querySelectorAll('tbody th[scope=row]')]"
    assert page.evaluate(f"{rows}.every(head => head.getBoundingClientRect().left - {left} < 3)")
    head = f"{box}.querySelector('thead tr:last-child th:last-child').getBoundingClientRect().top"
    assert page.evaluate(f"{head} - {box}.getBoundingClientRect().top") < 3
    # Half of the screen at least is left for what is compared.
    assert page.evaluate(f"{box}.querySelector('tbody th[scope=row]').getBoundingClientRect().width") < 195
    context.close()


def test_from_the_list_to_the_comparison_without_javascript(browser: Any, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site + "/trials/")
    page.click(".views a:has-text('Table')")
    for number in (30, 29):
        page.check(f"input[name=nct][value=NCT900000{number}]")
    page.click("#compare-form button")
    assert page.url == site + "/compare/?nct=NCT90000030&nct=NCT90000029"
    assert page.inner_text("h1") == "2 trials side by side"
    assert "Two different kinds of treatment" in page.inner_text("main")
    page.fill("#nct", "NCT90000001")
    page.click("form.search button")
    assert page.inner_text("h1") == "3 trials side by side"
    page.click("text=Only rows that differ")
    assert page.locator("tbody tr:not(.compare__part) .compare__mark").count() > 3
    page.click("text=Take out >> nth=0")
    assert page.inner_text("h1") == "2 trials side by side"
    context.close()


def test_columns_are_chosen_without_javascript(browser: Any, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site + "/trials/?view=table&cell_type=msc")
    page.click("#columns summary")
    page.uncheck("#columns input[value=disease]")
    page.check("#columns input[value=dose]")
    page.click("text=Show these columns")
    heads = page.locator(".trials thead th").all_inner_texts()
    assert "Disease" not in heads
    assert any("Dose" in head for head in heads)
    assert page.inner_text("h1") == "15 MSC trials"
    page.click(".trials thead a:has-text('People')")
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("People")
    page.click("text=Cards")
    assert page.locator(".trial-row").count() == 15
    page.click("text=Table")
    assert any("Dose" in head for head in page.locator(".trials thead th").all_inner_texts())
    context.close()


def test_a_number_of_a_facet_leads_there(browser: Any, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site + "/trials/")
    page.click("#facets-design > summary")
    page.click("#facet-allocation .option:has-text('Randomised') a >> nth=0")
    assert page.inner_text("h1") == "10 trials, allocation: randomised"
    page.click("#facets-sponsor > summary")
    assert page.is_visible("#facet-sponsor")
    context.close()


def test_the_table_by_keyboard(browser: Any, site: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site + PATHS["wide table"])
    page.focus(".trials")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.trials').scrollLeft > 0")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    context.close()


def test_a_comparison_on_paper(browser: Any, site: str) -> None:
    context = browser.new_context(viewport={"width": 1120, "height": 794})
    page = context.new_page()
    page.goto(site + THREE)
    page.emulate_media(media="print")
    assert not page.is_visible(".search")
    assert not page.is_visible(".site-nav")
    assert page.is_visible(".compare__mark")
    assert page.is_visible(".compare .kind--hsc")
    assert page.evaluate("getComputedStyle(document.querySelector('.compare')).overflowX") == "visible"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1120
    context.close()
