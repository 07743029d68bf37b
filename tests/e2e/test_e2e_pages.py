"""The public pages in a real browser: rules of accessibility, small screens, no script, no other host."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from apps.vocabulary.taxonomy import DISEASES
from tests.e2e.rules import WIDTHS, broken_rules
from tests.factories.documents import entry, publish_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BEGUN = dt.datetime.now(dt.UTC) - dt.timedelta(days=3)
PATHS = {
    "home": "/",
    "list": "/trials/",
    "filtered list": "/trials/?disease=multiple-sclerosis&status=RECRUITING&status=norway&q=cells",
    "empty list": "/trials/?q=zebra",
    "found words": "/trials/?q=umbilical+cord+-lupus&page_size=5",
    "nearest spelling": "/trials/?q=umbilicla&page_size=5",
    "unreadable search": "/trials/?q=umbilical+titel:%22cord",
    "past the end": "/trials/?page=9",
    "earlier day": f"/trials/?as_of={(BEGUN + dt.timedelta(days=1)).date()}&q=cells&page_size=5",
    "earlier day as a table": f"/trials/?as_of={(BEGUN + dt.timedelta(days=1)).date()}&view=table&page_size=5",
    "day without a list": "/trials/?as_of=2001-05-03",
    "disease": "/diseases/systemic-lupus-erythematosus/",
    "data": "/data/",
    "dictionary": "/data/dictionary/",
    "no file": "/trials/export.csv?status=norway",
    "no such link": "/l/1abc",
    "about": "/about/",
    "api": "/api/docs/",
    "privacy": "/privacy/",
    "decisions": "/decisions/",
    "appeal": "/decisions/appeal/?nct=NCT90000001",
    "accessibility": "/accessibility/",
    "components": "/components/",
    "report": "/trials/NCT90000001/report/",
    "not found": "/nowhere/",
}
LONG = "Infusion of umbilical cord cells against the usual medicine in people with an illness that has a long name"


@pytest.fixture
def site(address: str) -> str:
    """The address of a site with trials of each state, kind and disease."""
    states = ("RECRUITING", "COMPLETED", "UNKNOWN", "TERMINATED", "NOT_YET_RECRUITING")
    publish_at(
        BEGUN,
        *(
            entry(
                f"NCT900000{number:02}",
                title=LONG if number % 3 else f"Cells {number}",
                diseases=[DISEASES[number % 4].slug],
                cell_types=["msc" if number % 2 else "hsc"],
                overall_status=states[number % 5],
                countries=[("ES", "CN", "US", "DE", "FR", "IT", "PL", "SE", "IR", "JO", "BR", "MX")[number % 12]],
                phases=[["PHASE1"], ["PHASE1", "PHASE2"], []][number % 3],
            )
            for number in range(1, 41)
        ),
    )
    return address


def watched(context: Any, host: str) -> tuple[Any, list[str]]:
    """A page, and a list of what went wrong in it: requests to other hosts, errors on the console."""
    page, wrong = context.new_page(), []

    def asked(request: Any) -> None:
        if not request.url.startswith((host, "data:")):
            wrong.append(f"request to {request.url}")

    def said(message: Any) -> None:
        # What an address answers with 404 or 400 on purpose; anything else that fails to load is seen below.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            wrong.append(message.text)

    def answered(response: Any) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            wrong.append(f"{response.status} for {response.url}")

    page.on("request", asked)
    page.on("response", answered)
    page.on("console", said)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return page, wrong


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
        if name == "api" and page.viewport_size["width"] > min(WIDTHS):
            # All operations come of one template: on a phone all are looked at, here a few.
            page.evaluate("[...document.querySelectorAll('.docs-operation')].slice(4).forEach(part => part.remove())")
        broken += broken_rules(page, name)
    assert broken == []
    assert wrong == []
    assert view.cookies() == []


def test_nothing_runs_off_a_small_screen(browser: Any, site: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page, wide = context.new_page(), []
    for name, path in PATHS.items():
        page.goto(site + path)
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(name)
    assert wide == []
    context.close()


@pytest.mark.parametrize("path", ["/", "/trials/", "/diseases/type-1-diabetes/", "/data/"])
def test_text_twice_as_large(browser: Any, site: str, path: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.goto(site + path)
    page.add_style_tag(content="html { font-size: 200% }")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    context.close()


def test_targets_are_large_enough(browser: Any, site: str) -> None:
    """24 by 24 pixels, but for links within a sentence (WCAG 2.5.8)."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    small = """() => [...document.querySelectorAll('a, button, input, select, summary, label.option')]
        .filter(e => !e.closest('p, dd, .prose, .sources, caption, td, h1, h2, h3, h4, .visually-hidden'))
        .filter(e => e.checkVisibility() && !(e.type === 'checkbox'))
        .map(e => [e.outerHTML.slice(0, 120), e.getBoundingClientRect()])
        .filter(([, box]) => box.width > 1 && (box.height < 24 || box.width < 24)).map(([html]) => html)"""
    for path in ("/", "/trials/?disease=multiple-sclerosis", "/trials/#filters", "/data/", "/components/"):
        page.goto(site + path)
        assert page.evaluate(small) == [], path
    context.close()


def test_the_list_without_javascript(browser: Any, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(site + "/trials/")
    assert page.inner_text("h1") == "40 trials"
    assert not page.is_visible("#filters")
    page.click(".list__open")
    assert page.is_visible("#filters")
    page.check("#cell_type-hsc")
    page.check("#status-RECRUITING")
    page.click(".filters__submit button")
    assert page.url == site + "/trials/?q=&cell_type=hsc&status=RECRUITING&as_of="
    assert page.inner_text("h1") == "4 recruiting HSC trials"
    page.click("a.chip:has-text('Recruiting')")
    assert page.url == site + "/trials/?cell_type=hsc"
    page.fill("#q", "umbilical")
    page.click(".search button")
    assert "umbilical" in page.inner_text("h1")
    context.close()


def test_the_list_with_javascript(browser: Any, site: str) -> None:
    """A ticked filter works at once; focus stays, and the back button undoes it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, wrong = watched(context, site)
    page.goto(site + "/trials/")
    page.check("#disease-multiple-sclerosis")
    page.wait_for_url("**/trials/?disease=multiple-sclerosis")
    expect(page.locator("h1")).to_have_text("10 trials for multiple sclerosis")
    assert page.evaluate("document.activeElement.id") == "disease-multiple-sclerosis"
    page.check("#status-RECRUITING")
    expect(page.locator("h1")).to_have_text("2 recruiting trials for multiple sclerosis")
    page.go_back()
    expect(page.locator("h1")).to_have_text("10 trials for multiple sclerosis")
    assert page.is_checked("#disease-multiple-sclerosis")
    assert not page.is_checked("#status-RECRUITING")
    page.go_back()
    expect(page.locator("h1")).to_have_text("40 trials")
    assert not page.is_checked("#disease-multiple-sclerosis")
    assert wrong == []
    context.close()


def test_by_keyboard_alone(browser: Any, site: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.type("umbilical")
    page.keyboard.press("Enter")
    page.wait_for_url("**/trials/?q=umbilical")
    context.close()


def test_a_report_without_javascript(browser: Any, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + PATHS["report"])
    page.wait_for_timeout(3100)  # people need longer than robots
    page.fill("#what", "The disease is another one.")
    page.select_option("#page", "labels")
    page.click("text=Send the report")
    assert page.inner_text("h1") == "Thank you"
    assert context.cookies() == []
    context.close()


def test_paper(browser: Any, site: str) -> None:
    """In print the navigation and the filters are gone, the trials and their marks are there."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(site + "/trials/")
    page.emulate_media(media="print")
    assert not page.is_visible(".site-nav")
    assert not page.is_visible("#filters")
    assert page.is_visible(".trial-row .kind")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    context.close()


@pytest.mark.parametrize("path", ["/", "/trials/?page_size=25", "/diseases/systemic-lupus-erythematosus/", "/data/"])
def test_weight(browser: Any, site: str, path: str) -> None:
    """No page is heavier than 60 kB gzipped, styles and scripts included."""
    context = browser.new_context()
    page, bodies = context.new_page(), {}
    page.on("response", lambda response: bodies.update({response.url: response.body()}))
    page.goto(site + path)
    page.wait_for_load_state("networkidle")
    named = page.eval_on_selector_all(
        "link[rel=stylesheet], link[rel=icon], script[src], img[src]", "found => found.map(one => one.href || one.src)"
    )
    assert len(named) >= 4  # three style sheets and the icon, which a browser fetches when it likes
    for each in [page.url, *named]:
        bodies[each] = bodies.get(each) or context.request.get(each).body()
    assert sum(len(gzip.compress(body)) for body in bodies.values()) < 60_000
    context.close()


def test_in_forced_colours_marks_buttons_and_focus_stay(tab: Any, site: str) -> None:
    page = tab(viewport={"width": 1280, "height": 900}, forced_colors="active")
    edge = """(selector) => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility()).filter(e => {
        const told = getComputedStyle(e), under = getComputedStyle(e, '::before');
        const lined = (it) => it.borderTopStyle !== 'none' && parseFloat(it.borderTopWidth) > 0;
        return !lined(told) && !(under.content !== 'none' && (lined(under) || under.forcedColorAdjust === 'none'));
    }).map(e => e.outerHTML.slice(0, 120))"""
    for path in ("/", "/trials/?cell_type=hsc", "/diseases/type-1-diabetes/", "/find/", "/decisions/appeal/"):
        page.goto(site + path)
        assert page.evaluate("matchMedia('(forced-colors: active)').matches")
        assert page.locator(".button, .kind, .pill, .input").count(), path
        assert page.evaluate(edge, ".button, .kind, .pill, input.input, select, textarea") == [], path
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", path


def test_nothing_moves_by_itself(tab: Any, site: str) -> None:
    """So nothing has to be stilled for whoever asks for less motion."""
    page = tab(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll('*')].filter(e => {
        const told = getComputedStyle(e);
        return told.animationName !== 'none' || told.transitionDuration.split(', ').some(time => time !== '0s')
            || told.scrollBehavior === 'smooth';
    }).map(e => e.outerHTML.slice(0, 120))"""
    for path in PATHS.values():
        page.goto(site + path)
        assert page.evaluate(moving) == [], path
        assert page.evaluate("document.getAnimations().length") == 0, path
