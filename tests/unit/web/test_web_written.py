"""What people write reaches readers at once: glossary, trial, sheet, about; the copy that a reader keeps is let go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.curation.pages import edit
from apps.guide.models import GlossaryTerm, Page
from apps.guide.selectors import row_of, version_of
from apps.guide.subjects import body_of
from apps.ingest.services import sync
from apps.search.indexer import move_dataset_version
from apps.web.views.site import known
from apps.web.views.warm import warm_pages
from tests.unit.web.test_trial_view import HSC, MSC, NAMES
from tests.unit.web.trial_pages import FIXTURES

TRIAL, SHEET = f"/trials/{MSC}/", f"/trials/{MSC}/sheet/"
NEW = "Newly written at the desk"


@pytest.fixture(autouse=True)
def _published(db: None, tmp_path: Path, settings: Any) -> None:
    for name in NAMES:
        (tmp_path / f"NCT-{name}.json").symlink_to(FIXTURES / f"{name}.json")
    assert sync(replay=tmp_path) is not None
    settings.PAGE_CACHE_MB = 20
    known.forget()
    warm_pages.clear()


def write(subject: str, **changes: Any) -> None:
    row = row_of(subject)
    assert row is not None
    body = body_of(row) | changes
    edit(subject=subject, body=body, by="ada@example.org", note="So.", version=row.version)


def write_section(slug: str, section: str, text: str, language: str = "en") -> None:
    page = Page.objects.get(slug=slug, language=language)
    write(page.subject, parts=page.parts | {section: [{"text": text, "sources": []}]})


def revert(subject: str) -> None:
    row, first = row_of(subject), version_of(subject, 1)
    assert row is not None
    assert first is not None
    edit(subject=subject, body=first.after, by="ada@example.org", note="Back.", version=row.version)


# By subject: how it is changed, and the pages on which readers see it.
CHANGES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "term/placebo/en": (lambda: write("term/placebo/en", text=NEW), ("/glossary/", TRIAL)),
    "term/placebo/es": (lambda: write("term/placebo/es", text=NEW), ("/es/glossary/", f"/es{TRIAL}")),
    "term/recruiting/en": (lambda: write("term/recruiting/en", text=NEW), ("/glossary/", TRIAL)),
    "term/phase-2/en": (lambda: write("term/phase-2/en", text=NEW), ("/glossary/", TRIAL, SHEET)),
    "page/questions/en": (lambda: write_section("questions", "doctor", f"{NEW}?"), (SHEET, f"/trials/{HSC}/sheet/")),
    "page/questions/es": (lambda: write_section("questions", "msc", f"{NEW}?", "es"), (f"/es{SHEET}",)),
    "page/about/en": (lambda: write_section("about", "how", NEW), ("/about/",)),
    "page/about/es": (lambda: write_section("about", "lead", NEW, "es"), ("/es/about/",)),
    "page/operator/en": (
        lambda: write_section("operator", "operator", NEW),
        ("/about/", "/privacy/", "/accessibility/"),
    ),
}


@pytest.mark.parametrize("subject", CHANGES)
def test_a_change_is_seen_at_once_and_so_is_the_way_back(subject: str, client: Client) -> None:
    change, paths = CHANGES[subject]
    before = {path: client.get(path) for path in paths}
    assert all(
        client.get(path, headers={"If-None-Match": old["ETag"]}).status_code == 304 for path, old in before.items()
    )
    change()
    for path, old in before.items():
        now = client.get(path, headers={"If-None-Match": old["ETag"]})
        assert now.status_code == 200, path
        assert now["ETag"] != old["ETag"]
        assert NEW in now.content.decode()
        assert NEW not in old.content.decode()
    revert(subject)
    for path in paths:
        assert NEW not in client.get(path).content.decode()


def test_a_new_word_is_explained_where_it_stands_and_not_when_taken_out(client: Client) -> None:
    def explained() -> set[str]:
        soup = BeautifulSoup(client.get(TRIAL).content, "html.parser")
        return {item.get_text().rstrip(":") for item in soup.select("details.words li strong")}

    told = {"by": "ada@example.org", "note": "So."}
    body = {"name": "A hospital", "group": "trial", "forms": ["Test Hospital"], "text": "Where ill people are.",
            "sources": [], "shown": True}  # fmt: skip
    assert "A hospital" not in explained()
    edit(subject="term/hospital/en", body=body, version=0, **told)
    assert "A hospital" in explained()
    spanish = BeautifulSoup(client.get(f"/es{TRIAL}").content, "html.parser")
    found = [item for item in spanish.select("details.words li") if item.strong.get_text() == "A hospital:"]
    assert {item["lang"] for item in found} == {"en"}
    edit(subject="term/hospital/en", body=body | {"shown": False}, version=1, **told)
    assert "A hospital" not in explained()


def test_what_a_language_lacks_is_told_in_english_and_marked(client: Client) -> None:
    GlossaryTerm.objects.filter(slug__in=["placebo", "phase-2", "recruiting"], language="es").delete()
    Page.objects.filter(slug__in=["about", "questions"], language="es").delete()
    move_dataset_version()
    glossary = BeautifulSoup(client.get("/es/glossary/").content, "html.parser")
    assert glossary.select_one("#placebo dd")["lang"] == "en"
    assert "no active part" in glossary.select_one("#placebo").get_text()
    assert not glossary.select_one("#arm dd").has_attr("lang")
    about = BeautifulSoup(client.get("/es/about/").content, "html.parser")
    assert {part["lang"] for part in about.select(".prose > p:not(:has(a))")} == {"en"}
    assert about.select_one("#how").get_text() == "Cómo se hace"
    sheet = BeautifulSoup(client.get(f"/es{SHEET}").content, "html.parser")
    questions = sheet.select("section:nth-last-of-type(-n+2) li")
    assert {item.get("lang") for item in questions} == {"en"}
    trial = BeautifulSoup(client.get(f"/es{TRIAL}").content, "html.parser")
    assert any("Phase 2: The trial asks" in item.get_text() for item in trial.select('#plain [lang="en"]'))
    assert trial.select_one('.trial-head details.words p[lang="en"]')


def test_nobody_runs_the_site_until_somebody_says_so(client: Client) -> None:
    paths = ("/about/", "/privacy/", "/accessibility/")
    for path in paths:
        assert "Who runs this site" not in client.get(path).content.decode()
    write_section("operator", "operator", "The Example Trust, <b>Oslo</b>: write to trials@example.org.")
    for path in paths:
        soup = BeautifulSoup(client.get(path).content, "html.parser")
        told = soup.select_one("#operator + p")
        assert told.get_text().strip() == "The Example Trust, <b>Oslo</b>: write to trials@example.org."
        assert told.a["href"] == "mailto:trials@example.org"
        assert not told.select("b")
        # Nobody has written it in Spanish yet.
        spanish = BeautifulSoup(client.get(f"/es{path}").content, "html.parser")
        assert spanish.select_one("#operator").get_text() == "Quién lleva este sitio"
        assert spanish.select_one("#operator + p")["lang"] == "en"
    write_section("operator", "operator", "La Fundación Ejemplo, Oslo.", "es")
    spanish = BeautifulSoup(client.get("/es/about/").content, "html.parser")
    assert not spanish.select_one("#operator + p").has_attr("lang")


@pytest.mark.parametrize("path", [TRIAL, SHEET])
def test_a_trial_asks_nothing_more_for_its_words(path: str, client: Client, settings: Any) -> None:
    settings.PAGE_CACHE_MB = 0

    def tables() -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        return [query["sql"].partition(" FROM ")[2].split()[0].strip('"') for query in asked.captured_queries]

    move_dataset_version()
    assert sorted(table for table in tables() if table.startswith("guide_")) == [
        "guide_glossaryterm",
        "guide_page",
        "guide_pagesource",
    ]
    assert not [table for table in tables() if table.startswith("guide_")]
