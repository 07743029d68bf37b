"""The glossary's page, and the words that a trial's page explains."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.search.indexer import move_dataset_version
from apps.web.views.site import known
from tests.factories.guide import glossary_in
from tests.unit.web.trial_pages import fixture, soup_of


@pytest.mark.django_db
def test_the_page_lists_every_word_with_its_sources(client: Client) -> None:
    soup = BeautifulSoup(client.get("/glossary/").content, "html.parser")
    assert {entry["id"] for entry in soup.select("dl.facts > div")} == {term.slug for term in glossary_in().terms}
    placebo = soup.select_one("#placebo")
    assert "no active part" in placebo.get_text()
    assert placebo.select_one("a[href*=aboutstemcells]")
    ids = [tag["id"] for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids))


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/glossary/?q=x", "/glossary/?page=%00", "/glossary/?status=%F0%28"])
def test_parameters_that_mean_nothing_change_nothing(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "status"), [("post", 405), ("delete", 405)])
def test_it_can_only_be_read(client: Client, method: str, status: int) -> None:
    assert getattr(client, method)("/glossary/").status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/glossary/", "/es/glossary/", "/about/", "/privacy/", "/es/accessibility/"])
def test_what_people_wrote_is_read_once_for_a_version_of_the_dataset(client: Client, path: str) -> None:
    def tables() -> list[str]:
        known.forget()
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        return [query["sql"].partition(" FROM ")[2].split()[0].strip('"') for query in asked.captured_queries]

    move_dataset_version()
    every = ["search_datasetversion", "ingest_syncrun"]
    assert tables() == [*every, "guide_pagesource", "guide_page", "guide_glossaryterm"]
    assert tables() == every
    move_dataset_version()
    assert len(tables()) == 5


@pytest.mark.parametrize("name", ["msc_multiple_sclerosis_recruiting", "hsc_multiple_sclerosis_with_results"])
def test_each_part_explains_every_word_that_stands_in_it(name: str) -> None:
    soup = soup_of(fixture(name))
    explained = 0
    for part in soup.select("section.trial-part"):
        box = part.select_one(":scope > details.words")
        told = {term.get_text().rstrip(":") for term in box.select("li strong")} if box else set()
        if box:
            box.extract()
        names = {term.name for term in glossary_in().terms_in(part.get_text(" "))}
        assert told == names, part["id"]
        explained += len(told)
    assert explained > 5


def test_a_part_without_such_words_has_no_box() -> None:
    assert not soup_of(fixture("missing_modules")).select("#ask details.words")
