"""The finder in a real browser: without script, by keyboard, by the device's place, on a phone and a desk."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.rules import WIDTHS, broken_rules
from tests.e2e.test_e2e_pages import watched
from tests.factories.documents import entry
from tests.factories.sites import TOWNS, publish_with_sites, site

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATHS = {
    "form": "/find/",
    "results": "/find/?disease=multiple-sclerosis&age=34&sex=male&since=2+years&near=Valencia,+ES&radius=400",
    "no place": "/find/?kind=hsc",
    "all of a group": "/find/?age=34&show=all",
    "asked back": "/find/?near=Valencia&age=34",
    "namesakes": "/find/?near=San+Jose,+PH",
    "nonsense": "/find/?age=-5&since=abc&lat=999&radius=0&near=<script>&disease=flu&sex=x&kind=x&country=zz&unit=x",
    "nothing": "/find/?disease=type-1-diabetes&country=DE",
    "the device's place": "/find/?lat=39.5&lon=-0.4&age=60",
}
LONG = "Infusion of umbilical cord cells against the usual medicine in people with an illness that has a long name"


@pytest.fixture
def found(address: str) -> str:
    states = ("RECRUITING", "UNKNOWN", "NOT_YET_RECRUITING", "SUSPENDED", "COMPLETED", "")
    publish_with_sites(
        [
            (
                entry(
                    title=f"{LONG} {number}",
                    cell_types=[["msc"], ["hsc"], ["msc"], ["hsc", "msc"]][number % 4],
                    overall_status=states[number % len(states)],
                    card={"age": ["18-55", "-17", ""][number % 3 :][:1], "sex": ["all"], "duration": ["<=36"]}
                    if number % 5
                    else {},
                    doubts=["age"] if number % 7 == 0 else [],
                ),
                [site(list(TOWNS)[number % 6], status=states[number % 3]), *([site("Far Away")] * (number % 3))],
            )
            for number in range(18)
        ]
    )
    return address


@pytest.fixture(params=WIDTHS)
def view(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": request.param, "height": 844})
    yield context
    context.close()


def test_no_rule_is_broken(view: Any, found: str) -> None:
    page, wrong = watched(view, found)
    broken = []
    for name, path in PATHS.items():
        page.goto(found + path)
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        broken += broken_rules(page, name)
    assert broken == []
    assert wrong == []
    assert view.cookies() == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_scrolls_sideways(browser: Any, found: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 640})
    page = context.new_page()
    for path in PATHS.values():
        page.goto(found + path)
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def test_a_journey_without_javascript(browser: Any, found: str, caplog: pytest.LogCaptureFixture) -> None:
    """I am 34, MS since 2 years, in Valencia."""
    caplog.set_level(logging.INFO)
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(found + "/")
    page.click("text=Find a trial by illness, age and place")
    page.wait_for_selector("#find-form")
    assert not page.is_visible("#here")
    page.select_option("#disease", "multiple-sclerosis")
    page.fill("#since", "2 years")
    page.fill("#age", "34")
    page.fill("#near", "Valencia")
    page.press("#near", "Enter")
    assert page.inner_text("h1") == "Which of these places?"
    page.click("text='Valencia, Spain'")
    assert "the nearest first" in page.inner_text("h1")
    assert "diagnosed 2 years ago" in page.inner_text(".find-typed")
    first = page.locator(".find-trial").first
    assert "Valencia, Spain" in first.inner_text()
    first.locator("summary").click()
    assert first.locator(".find-gates").is_visible()
    page.click("text=Change your answers")
    page.fill("#age", "")
    page.select_option("#unit", "mi")
    page.click("#find-form [type=submit]")
    assert "within 100 miles" in page.inner_text(".find-typed")
    assert "age" not in page.inner_text(".find-typed")
    told = " ".join(record.getMessage() for record in caplog.records)
    assert "Valencia" not in told
    assert "since=" not in told
    context.close()


def test_the_device_tells_its_place_to_one_decimal_alone(browser: Any, found: str) -> None:
    place = {"latitude": 39.473912, "longitude": -0.376612}
    context = browser.new_context(geolocation=place, permissions=["geolocation"])
    page, wrong = watched(context, found)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(found + "/find/")
    page.click("#here")
    page.wait_for_function("document.getElementById('here-said').textContent.includes('39.5, -0.4')")
    page.click("#find-form [type=submit]")
    assert "lat=39.5&lon=-0.4" in page.url
    assert not [url for url in asked if "39.47" in url or "0.37" in url]
    assert "Valencia, Spain" in page.locator(".find-trial").first.inner_text()
    # A town that is typed goes first, and the device's place is not sent any more.
    page.click("text=Change your answers")
    page.fill("#near", "Madrid, ES")
    page.click("#find-form [type=submit]")
    assert "lat=" not in page.url
    assert "Madrid, Spain" in page.inner_text(".find-typed")
    assert wrong == []
    context.close()


def test_a_device_that_does_not_tell(browser: Any, found: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(found + "/find/")
    page.click("#here")
    page.wait_for_function("document.getElementById('here-said').textContent.includes('type a town')")
    page.click("#find-form [type=submit]")
    assert "lat=" not in page.url
    context.close()


def test_by_keyboard(browser: Any, found: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(found + "/find/?age=-5")
    page.focus("[role=alert] a")
    page.keyboard.press("Enter")
    # Each stop is seen, and the form ends with its button.
    page.focus("#disease")
    stops = []
    for _stop in range(12):
        stops.append(page.evaluate("document.activeElement.id || document.activeElement.type"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press("Tab")
    assert stops[:10] == ["disease", "since", "age", "sex", "near", "radius", "unit", "country", "kind", "submit"]
    context.close()
