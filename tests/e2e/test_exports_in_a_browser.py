"""Taking a list along, as a person does: without script, by a click."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from tests.factories.documents import entry, publish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_click_gives_the_file_and_the_citation(browser: Any, address: str) -> None:
    publish(*(entry(countries=["CN"]) for _ in range(3)), entry())
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/trials/?country=CN&page_size=1&page=2")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    download = waiting.value
    assert download.suggested_filename.startswith("trialtracker-trials-")
    assert download.suggested_filename.endswith(".csv")
    with open(download.path(), newline="", encoding="utf-8") as file:
        assert [row["countries"] for row in csv.DictReader(file)] == ["CN", "CN", "CN"]
    quote = page.locator("#cite blockquote")
    assert not quote.is_visible()
    page.get_by_text("Cite this list").click()
    assert "3 trials in China" in quote.inner_text()
    link = page.locator("#cite a[href*='/l/']").inner_text()
    page.goto(address + "/l/" + link.rpartition("/l/")[2])
    assert page.url == f"{address}/trials/?country=CN"
    context.close()
