"""Glossary, questions, the page about the site and who runs it, written at the desk: forms, refusals, lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.curation.models import AuditEntry
from apps.guide.glossary import GROUPS
from apps.guide.models import GlossaryTerm, Page
from apps.search.selectors import dataset_version
from tests.unit.desk.test_desk_writing import errors_of, form_of

pytestmark = pytest.mark.django_db

ARM, ARM_ES, ADD = "/desk/glossary/arm/en/", "/desk/glossary/arm/es/", "/desk/glossary/add/"
HISTORY = "/desk/page-history/term/arm/en/"
GROUP = {ARM: {"group": "trial"}, "/desk/glossary/edss/en/": {"group": "measure"}}
MEANS = "People who all get the same in a trial."
NEW = {
    "slug": "viable-cells",
    "name": "Viable cells",
    "group": "cells",
    "written_as": "viable cell\r\n\r\n  living  cell ",
    "text": "Cells that are alive.",
    "note": "Readers asked.",
    "version": "0",
}


@pytest.fixture
def admin(signed_in: Callable) -> Client:
    return signed_in("admin")


def save(client: Client, path: str = ARM, **changes: str) -> Any:
    told = form_of(client, path) | {"do": "save", "note": "Said better."}
    if "shown" in told:
        told["shown"] = "on"  # the box is ticked
    told |= changes
    return client.post(path, {name: value for name, value in told.items() if value != "-"})


def term(slug: str = "arm", language: str = "en") -> GlossaryTerm:
    return GlossaryTerm.objects.get(slug=slug, language=language)


def entry_of(slug: str, path: str = "/glossary/") -> Any:
    return BeautifulSoup(Client().get(path).content, "html.parser").select_one(f"#{slug}")


# Terms


@pytest.mark.parametrize("path", [ARM, ARM_ES, "/desk/glossary/recruiting/en/", "/desk/glossary/phase-2/es/"])
def test_the_form_sent_as_it_stands_changes_nothing(path: str, admin: Client) -> None:
    before = dataset_version()
    told = form_of(admin, path) | {"do": "save", "note": "Nothing.", "group": "trial", "shown": "on"}
    answer = admin.post(path, told, follow=True)
    assert "nothing was saved" in answer.content.decode()
    assert dataset_version() == before
    assert not AuditEntry.objects.exists()


def test_another_meaning_stands_in_the_glossary_at_once(admin: Client) -> None:
    before = dataset_version()
    answer = save(admin, group="trial", text=f"{MEANS} [registry-glossary, isscr-terms]")
    assert answer.status_code == 302
    assert (term().text, term().sources) == (MEANS, ["registry-glossary", "isscr-terms"])
    assert dataset_version() > before
    assert MEANS in entry_of("arm").get_text()
    assert len(entry_of("arm").select("a")) == 2
    assert MEANS not in entry_of("arm", "/es/glossary/").get_text()
    entry = AuditEntry.objects.get()
    assert (entry.field, entry.after) == ("glossary term", {"name": "arm/en", "version": 2})
    history = admin.get(f"{HISTORY}2/").content.decode()
    assert MEANS in BeautifulSoup(history, "html.parser").ins.get_text()
    assert admin.post(f"{HISTORY}1/", {"version": "2"}).status_code == 302
    assert MEANS not in entry_of("arm").get_text()


def test_a_preview_saves_nothing_and_shows_the_word_as_readers_would_have_it(admin: Client) -> None:
    before = dataset_version()
    typed = form_of(admin, ARM) | {"do": "preview", "group": "trial", "shown": "on", "note": "", "text": MEANS}
    soup = BeautifulSoup(admin.post(ARM, typed).content, "html.parser")
    assert MEANS in soup.select_one(".desk-preview #arm dd").text
    assert MEANS in soup.select_one(".desk-preview details.words").text
    assert soup.select_one("input[name=shown]").has_attr("checked")
    assert soup.select_one("select option[selected]")["value"] == "trial"
    spanish = form_of(admin, ARM_ES) | {"do": "preview", "note": "", "text": "Un grupo."}
    preview = BeautifulSoup(admin.post(ARM_ES, spanish).content, "html.parser").select_one(".desk-preview > [lang]")
    assert preview["lang"] == "es"
    assert "Un grupo." in preview.text
    del typed["shown"]
    out = BeautifulSoup(admin.post(ARM, typed).content, "html.parser")
    assert "No page would explain this word." in out.select_one(".desk-preview").text
    assert dataset_version() == before


def test_a_term_is_added_translated_taken_out_and_put_back(admin: Client) -> None:
    assert admin.post(ADD, NEW | {"do": "save"}).status_code == 302
    assert term("viable-cells").forms == ["viable cell", "living cell"]
    assert "Cells that are alive" in entry_of("viable-cells").text
    # Nobody has written it in Spanish yet.
    fallback = entry_of("viable-cells", "/es/glossary/")
    assert fallback.dd["lang"] == fallback.dt["lang"] == "en"
    path = "/desk/glossary/viable-cells/es/"
    assert "Cells that are alive." in admin.get(path).content.decode()
    told = {"name": "Células viables", "text": "Células que viven.", "written_as": "células viables"}
    assert save(admin, path, **told).status_code == 302
    spanish = entry_of("viable-cells", "/es/glossary/")
    assert "que viven" in spanish.text
    assert not spanish.dd.has_attr("lang")
    english = "/desk/glossary/viable-cells/en/"
    assert save(admin, english, group="cells", shown="-").status_code == 302
    assert entry_of("viable-cells") is entry_of("viable-cells", "/es/glossary/") is None
    assert "It has been taken out" in admin.get(english).content.decode()
    assert save(admin, english, group="cells", shown="on").status_code == 302
    assert "que viven" in entry_of("viable-cells", "/es/glossary/").text


def test_what_explains_a_status_has_neither_tick_nor_group_and_stays(admin: Client) -> None:
    path = "/desk/glossary/completed/en/"
    soup = BeautifulSoup(admin.get(path).content, "html.parser")
    assert not soup.select("[name=shown], [name=group]")
    assert "“COMPLETED”" in soup.select_one(".desk-held").text
    assert save(admin, path, text="It is over. [registry-glossary]", shown="-", group="trial").status_code == 302
    assert (term("completed").group, term("completed").shown) == ("status", True)


@pytest.mark.parametrize(
    ("path", "field", "nonsense", "told"),
    [
        (ARM, "text", "", "required"),
        (ARM, "text", "[isscr-terms]", "There are sources but no sentence"),
        (ARM, "text", "One.\n\nTwo.", "one paragraph"),
        (ARM, "text", "It is a cure.", "promises something"),
        (ARM, "text", "x" * 1300, "1300 characters"),
        (ARM, "text", "Strange. [no-such-source]", "There is no source “no-such-source”"),
        (ARM, "text", "Bell \x07 here.", "U+0007"),
        (ARM, "text", "Null \x00 here.", "Null characters"),
        (ARM, "text", "y" * 40_001, "40000"),
        (ARM, "name", "n" * 81, "81 characters"),
        (ARM, "name", "", "required"),
        (ARM, "name", "a\x0bb", "U+000B"),
        (ARM, "group", "status", "valid choice"),
        (ARM, "group", "\x00", "valid choice"),
        (ARM, "group", "", "required"),
        (ARM, "written_as", "arm\nplacebo", "“placebo” is explained by the term “Placebo” already"),
        (ARM, "written_as", "a", "cannot be looked for"),
        (ARM, "written_as", "?!", "cannot be looked for"),
        (ARM, "written_as", "w" * 61, "cannot be looked for"),
        (ARM, "written_as", "\n".join(f"word {at}" for at in range(21)), "21 ways"),
        (ARM, "written_as", "a\u2028b", "U+2028"),
        (ARM, "note", "", "what you changed"),
        (ARM, "version", "x", "whole number"),
        (ARM_ES, "text", "Es un tratamiento seguro.", "promises something"),
        ("/desk/glossary/edss/en/", "text", "A scale.", "It has no source"),
        ("/desk/glossary/edss/es/", "text", "Una escala.", "It has no source"),
        ("/desk/glossary/completed/en/", "text", "It is over.", "It has no source"),
        (ADD, "slug", "Not A Key", "small letters"),
        (ADD, "slug", "2024", "small letters"),
        (ADD, "slug", "status", "uses this key itself"),
        (ADD, "slug", "cells-name", "uses this key itself"),
        (ADD, "slug", "k" * 41, "41 characters"),
        (ADD, "slug", "\x00", "Null characters"),
        (ADD, "group", "transplant", "It has no source"),
        (ADD, "written_as", "arm", "already"),
        (ADD, "version", "-1", "greater than or equal"),
    ],
)
def test_nonsense_is_refused_in_a_sentence_and_nothing_is_lost(
    path: str, field: str, nonsense: str, told: str, admin: Client
) -> None:
    before = dataset_version()
    typed = NEW if path == ADD else form_of(admin, path) | {"note": "So.", "shown": "on"} | GROUP.get(path, {})
    answer = admin.post(path, typed | {"do": "save", field: nonsense})
    assert answer.status_code == 422
    assert told in errors_of(answer)
    soup = BeautifulSoup(answer.content, "html.parser")
    assert soup.select_one("textarea[name=text]").text.strip() or field == "text"
    assert dataset_version() == before
    assert admin.post(path, typed | {"do": "preview", "note": "", field: nonsense}).status_code in {200, 422}


def test_a_key_that_is_taken_and_somebody_who_was_quicker(admin: Client) -> None:
    answer = admin.post(ADD, NEW | {"slug": "arm"})
    assert answer.status_code == 409
    assert "Take another key" in errors_of(answer)
    old = form_of(admin, ARM) | {"group": "trial", "shown": "on", "note": "So.", "do": "save"}
    assert admin.post(ARM, old | {"text": MEANS}).status_code == 302
    answer = admin.post(ARM, old | {"text": "Slower."})
    assert answer.status_code == 409
    soup = BeautifulSoup(answer.content, "html.parser")
    assert "admin@example.org has changed it" in soup.select_one("[role=alert]").text
    assert soup.select_one("textarea[name=text]").text.strip() == "Slower."
    assert term().text == MEANS


def test_no_way_back_to_words_that_another_term_has_now(admin: Client) -> None:
    save(admin, group="trial", written_as="study arm")
    save(admin, "/desk/glossary/placebo/en/", group="trial", written_as="placebo\narm")
    answer = admin.post(f"{HISTORY}1/", {"version": "2"}, follow=True)
    assert "“arm” is explained by the term “Placebo” already" in answer.content.decode()
    assert term().version == 2


@pytest.mark.parametrize(
    "path",
    [
        "/desk/glossary/no-such/en/",
        "/desk/glossary/no-such/es/",
        "/desk/glossary/arm/fr/",
        "/desk/glossary/ARM/en/",
        "/desk/glossary/arm/%00/",
        "/desk/glossary/arm/",
        f"/desk/glossary/{'a' * 300}/en/",
        "/desk/page-history/term/no-such/en/",
        "/desk/page-history/term/arm/",
        "/desk/page-history/term/%00/en/",
        f"{HISTORY}99/",
        "/desk/pages/questions/fr/",
    ],
)
def test_what_there_is_none_of(path: str, admin: Client) -> None:
    assert admin.get(path).status_code == 404
    assert admin.post(path, {"version": "1"}).status_code == 404


def test_forms_without_anything_and_other_methods(admin: Client) -> None:
    for path in (ARM, ARM_ES, ADD):
        assert admin.post(path, {}).status_code == 422
        assert admin.post(path, {"do": "preview"}).status_code == 422
        assert admin.put(path).status_code == 405
    with CaptureQueriesContext(connection) as asked:
        admin.get(ARM)
    assert len(asked) <= 12


# Pages of other layouts


@pytest.mark.parametrize("slug", ["questions", "about", "operator"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_other_pages_have_their_own_sections_and_a_preview(slug: str, language: str, admin: Client) -> None:
    path = f"/desk/pages/{slug}/{language}/"
    told = form_of(admin, path)
    assert not told.keys() & {"checked_on", "reviewer", "reviewed_on"}
    answer = admin.post(path, told | {"do": "save", "note": "Nothing."}, follow=True)
    assert "nothing was saved" in answer.content.decode()
    field = {"questions": "doctor", "about": "how", "operator": "operator"}[slug]
    soup = BeautifulSoup(
        admin.post(path, told | {"do": "preview", field: "Newly written?"}).content, "html.parser"
    ).select_one(".desk-preview > [lang]")
    assert "Newly written?" in soup.text
    assert soup["lang"] == language


@pytest.mark.parametrize(
    ("path", "field", "nonsense", "told"),
    [
        ("questions", "doctor", "This asks nothing.", "it asks nothing"),
        ("questions", "doctor", "\n\n".join(["Why?"] * 6), "6 paragraphs"),
        ("questions", "team", "\n\n".join(["Why?"] * 8), "8 paragraphs"),
        ("questions", "msc", "Is it a cure?", "promises"),
        ("questions", "after", "Ours.", "it has no source"),
        ("about", "how", "It is proven.", "promises"),
        ("about", "lead", "Strange. [no-such]", "there is no source"),
        ("operator", "operator", "a\x00b", "Null characters"),
        ("operator", "operator", "x" * 1201, "1201 characters"),
    ],
)
def test_nonsense_in_other_pages(path: str, field: str, nonsense: str, told: str, admin: Client) -> None:
    path = f"/desk/pages/{path}/en/"
    answer = admin.post(path, form_of(admin, path) | {"do": "save", "note": "So.", field: nonsense})
    assert answer.status_code == 422
    assert told in errors_of(answer)
    assert not Page.objects.exclude(changed_by="").exists()


# The list of everything


def rows_of(client: Client, query: str = "") -> list[list[str]]:
    soup = BeautifulSoup(client.get(f"/desk/content/{query}").content, "html.parser")
    return [
        [cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in soup.select(".desk-table tbody tr")
    ]


def test_the_list_names_everything_by_language_with_who_changed_it(admin: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        rows = rows_of(admin)
    assert len(asked) <= 10
    assert len(rows) == Page.objects.count() + GlossaryTerm.objects.count()
    about = [row[:2] for row in rows if row[0] == "About this site"]
    assert about == [["About this site", "English"], ["About this site", "Español"]]
    save(admin, group="trial", text=MEANS)
    rows = {(row[0], row[1]): row for row in rows_of(admin, "?q=arm")}
    [english] = [row for (name, _language), row in rows.items() if name == "Arm"]
    assert "admin@example.org" in english[2]
    assert english[3] == "differs from its file"
    assert "Version 2" in english[4]
    assert any("English is newer" in row[3] for row in rows.values())


def test_the_list_tells_what_is_missing_and_what_stands_in_no_file(admin: Client) -> None:
    admin.post(ADD, NEW | {"do": "save"})
    english, spanish = rows_of(admin, "?q=viable-cells")
    assert english[3] == "in no file"
    assert spanish[3] == "not written yet"
    assert [row[0] for row in rows_of(admin, "?remark=missing")] == ["Viable cells"]
    save(admin, group="trial", shown="-")
    assert {row[3] for row in rows_of(admin, "?remark=out")} == {
        "differs from its file, taken out",
        "English is newer, taken out",
    }


def test_each_part_of_the_list_is_shut_until_it_is_asked_for_and_says_what_is_in_it(admin: Client) -> None:
    save(admin, group="trial", text=MEANS)
    soup = BeautifulSoup(admin.get("/desk/content/").content, "html.parser")
    parts = soup.select("#content details")
    assert not soup.select("#content details[open]")
    assert [part.summary.get_text().partition(" (")[0] for part in parts] == [
        "Pages",
        *(f"Glossary: {name}" for name in GROUPS.values()),
    ]
    for part in parts:
        rows = part.select("tbody tr")
        remarked = sum(row.select("td")[2].get_text(strip=True) != "–" for row in rows)
        told = f"({len(rows)} texts, {remarked} with remarks)" if remarked else f"({len(rows)} texts)"
        assert part.summary.get_text().endswith(told)
    [trial] = [part for part in parts if "How a trial is done" in part.summary.get_text()]
    # The English text differs from its file, and the Spanish one is older.
    assert "2 with remarks" in trial.summary.get_text()
    soup = BeautifulSoup(admin.get("/desk/content/?q=arm").content, "html.parser")
    assert len(soup.select("#content details[open]")) == len(soup.select("#content details")) > 0


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("?kind=page&language=en", 8),
        ("?kind=nonsense&language=xx&remark=%00", None),
        ("?q=%00", None),
        ("?q=" + "x" * 10_000, 0),
        ("?q=%ED%A0%80%F0%28", 0),
        ("?remark=differs", 0),
        ("?remark=unreviewed", 10),  # the four diseases and what they share
        ("?kind=term&kind=page&language=en", 8),
    ],
)
def test_what_the_list_is_asked(query: str, number: int | None, admin: Client) -> None:
    every = Page.objects.count() + GlossaryTerm.objects.count()
    assert len(rows_of(admin, query)) == (every if number is None else number)
    assert admin.post("/desk/content/").status_code == 405


def test_others_see_the_list_and_no_form(signed_in: Callable) -> None:
    client = signed_in("curator")
    soup = BeautifulSoup(client.get("/desk/content/").content, "html.parser")
    assert not soup.select('#content a[href^="/desk/glossary/"], #content a[href^="/desk/pages/"]')
    assert soup.select('#content a[href="/desk/page-history/term/arm/en/"]')
    for path in (ARM, ADD, "/desk/pages/about/en/"):
        assert client.get(path).status_code == client.post(path, {}).status_code == 403
