"""Writing pages at the desk: the form and what it refuses, preview, versions, the way back, sources, who may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from apps.core.languages import day_words
from apps.curation.models import AuditEntry
from apps.curation.pages import edit
from apps.guide.models import Page, PageSource, Version
from apps.guide.subjects import body_of
from apps.search.selectors import dataset_version

pytestmark = pytest.mark.django_db

MS = "/desk/pages/multiple-sclerosis/en/"
HISTORY = "/desk/page-history/page/multiple-sclerosis/en/"
PUBLIC = "/diseases/multiple-sclerosis/"
EARLIER = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=9)
NEW = "Newly written at the desk: the illness is the same."


def form_of(client: Client, path: str = MS) -> dict[str, str]:
    """What a browser would send of the form as it stands."""
    form = BeautifulSoup(client.get(path).content, "html.parser").select_one("form.desk-decide")
    assert form is not None
    told = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    told |= {field["name"]: field.text.removeprefix("\n") for field in form.select("textarea")}
    return {name: value for name, value in told.items() if name != "csrfmiddlewaretoken"}


def save(client: Client, path: str = MS, **changes: str) -> Any:
    return client.post(path, form_of(client, path) | {"do": "save", "note": "Said better."} | changes)


def errors_of(answer: Any) -> str:
    soup = BeautifulSoup(answer.content, "html.parser")
    return " ".join(item.get_text(" ", strip=True) for item in soup.select(".errorlist"))


def page() -> Page:
    return Page.objects.get(slug="multiple-sclerosis", language="en")


@pytest.fixture
def admin(signed_in: Callable) -> Client:
    return signed_in("admin")


def test_the_form_sent_as_it_stands_changes_nothing(admin: Client) -> None:
    before = (page().parts, dataset_version())
    answer = admin.post(MS, form_of(admin) | {"do": "save", "note": "Nothing."}, follow=True)
    assert "nothing was saved" in answer.content.decode()
    assert (page().parts, dataset_version()) == before
    assert not AuditEntry.objects.exists()


def test_what_is_saved_stands_on_the_public_page_with_a_line_of_the_log(admin: Client) -> None:
    before = dataset_version()
    assert NEW not in admin.get(PUBLIC).content.decode()
    text = f"{NEW} [ms-trust, ebmt-ms]\n\nA second one. [ms-trust]"
    answer = save(admin, what=text)
    assert answer.status_code == 302
    assert page().parts["what"] == [
        {"text": NEW, "sources": ["ms-trust", "ebmt-ms"]},
        {"text": "A second one.", "sources": ["ms-trust"]},
    ]
    assert (page().changed_by, page().version) == ("admin@example.org", 2)
    assert dataset_version() > before
    public = Client().get(PUBLIC).content.decode()
    assert NEW in public
    assert "not yet reviewed by a clinician" in public
    entry = AuditEntry.objects.get()
    assert (entry.by, entry.field, entry.reason) == ("admin@example.org", "page", "Said better.")
    assert entry.after == {"name": "multiple-sclerosis/en", "version": 2}
    version = Version.objects.get(subject="page/multiple-sclerosis/en", number=2)
    assert version.before["parts"]["what"] != version.after["parts"]["what"]
    assert version.before["parts"]["unknown"] == version.after["parts"]["unknown"]


def test_an_edit_of_the_shared_part_reaches_every_disease(admin: Client) -> None:
    assert save(admin, "/desk/pages/common/en/", travel=f"{NEW} [fda-regenerative]").status_code == 302
    for slug in ("multiple-sclerosis", "type-1-diabetes"):
        assert NEW in Client().get(f"/diseases/{slug}/").content.decode()


def test_a_section_that_is_emptied_goes(admin: Client) -> None:
    assert save(admin, unknown="").status_code == 302
    assert "unknown" not in page().parts
    assert Client().get(PUBLIC).status_code == 200


def test_a_preview_saves_nothing_and_shows_the_unsaved_text(admin: Client) -> None:
    before = (page().parts, dataset_version(), Version.objects.count())
    typed = form_of(admin) | {"do": "preview", "what": f"{NEW} [ms-trust]", "note": ""}
    answer = admin.post(MS, typed)
    assert answer.status_code == 200
    soup = BeautifulSoup(answer.content, "html.parser")
    preview = soup.select_one(".desk-preview")
    assert preview is not None
    assert NEW in preview.get_text()
    assert preview.select('#what + p .cite[href="#source-1"]') or preview.select("#what ~ p .cite")
    assert "not yet reviewed by a clinician" in preview.get_text()
    assert [item["id"] for item in preview.select(".leaflet__kind h2")] == ["msc", "hsc"]
    assert soup.select_one("textarea[name=what]").text.strip() == f"{NEW} [ms-trust]"
    assert (page().parts, dataset_version(), Version.objects.count()) == before
    # And from the preview it is saved as it was typed.
    again = {field["name"]: field.get("value", "") for field in soup.select("form.desk-decide input[name]")}
    again |= {field["name"]: field.text.removeprefix("\n") for field in soup.select("form.desk-decide textarea")}
    assert admin.post(MS, again | {"do": "save", "note": "From the preview."}).status_code == 302
    assert page().parts["what"][0]["text"] == NEW


@pytest.mark.parametrize(
    ("field", "nonsense", "told"),
    [
        ("what", "No source at all.", "it has no source"),
        ("what", "Fine. [ms-trust]\n\nSecond without.", "Paragraph 2"),
        ("what", "Strange. [no-such-source]", "there is no source “no-such-source”"),
        ("what", "[ms-trust]", "no sentence"),
        ("what", "It is a cure. [ms-trust]", "promises something"),
        ("what", "A breakthrough. [ms-trust]", "“breakthrough”"),
        ("what", "x" * 1300 + " [ms-trust]", "1300 characters"),
        ("what", "\n\n".join(["One. [ms-trust]"] * 31), "31 paragraphs"),
        ("what", "Bell \x07 here. [ms-trust]", "U+0007"),
        ("what", "Null \x00 here. [ms-trust]", "Null characters"),
        ("what", "y" * 40_001, "40000"),
        ("checked_on", "", "required"),
        ("checked_on", "yesterday", "valid date"),
        ("checked_on", "2999-01-01", "still to come"),
        ("checked_on", "\x00", "valid date"),
        ("reviewer", "Dr A. Example", "together"),
        ("reviewed_on", EARLIER.isoformat(), "together"),
        ("reviewer", "n" * 201, "201 characters"),
        ("reviewer", "A\x0bB", "U+000B"),
        ("note", "", "what you changed"),
        ("note", "z" * 501, "501 characters"),
        ("version", "-1", "greater than or equal"),
        ("version", "99999999999999999999", "less than or equal"),
        ("version", "one", "whole number"),
    ],
)
def test_nonsense_is_refused_in_a_sentence_and_nothing_is_lost(
    field: str, nonsense: str, told: str, admin: Client
) -> None:
    before = (page().parts, dataset_version())
    answer = save(admin, **{field: nonsense})
    assert answer.status_code == 422
    assert told in errors_of(answer)
    soup = BeautifulSoup(answer.content, "html.parser")
    if field == "what" and "\x00" not in nonsense and "\x07" not in nonsense:
        assert soup.select_one("textarea[name=what]").text.strip() == nonsense.strip()
    assert soup.select_one("textarea[name=unknown]").text.strip()
    assert (page().parts, dataset_version()) == before
    preview = admin.post(MS, form_of(admin) | {"do": "preview", "note": "", field: nonsense})
    assert preview.status_code in {200, 422}


def test_a_form_without_anything(admin: Client) -> None:
    assert admin.post(MS, {}).status_code == 422
    assert admin.post(MS, {"do": "nonsense"}).status_code == 422


def test_promises_may_be_quoted_and_what_we_have_not_done_needs_no_source(admin: Client) -> None:
    text = "The authors call it “safe and effective”. [ms-trust]\n\nWe have not asked them."
    assert save(admin, unknown=text).status_code == 302


def test_a_reviewer_is_shown_and_a_later_change_of_the_text_is_told(admin: Client) -> None:
    assert save(admin, reviewer="Dr A. Example, neurologist", reviewed_on=EARLIER.isoformat()).status_code == 302
    text = BeautifulSoup(Client().get(PUBLIC).content, "html.parser").get_text(" ")
    assert f"reviewed by Dr A. Example, neurologist on {day_words(EARLIER)}." in text
    assert "not yet reviewed" not in text
    # The pages of this database were seeded after that day.
    assert "The text has changed since then." in text
    today = dt.datetime.now(dt.UTC).date().isoformat()
    assert save(admin, reviewed_on=today).status_code == 302
    assert "changed since then" not in Client().get(PUBLIC).content.decode()


def test_somebody_else_was_quicker(admin: Client) -> None:
    typed = form_of(admin) | {"do": "save", "note": "Mine.", "what": f"{NEW} [ms-trust]"}
    standing = page()
    body = body_of(standing)
    body["parts"] = standing.parts | {"unknown": [{"text": "We have not asked.", "sources": []}]}
    edit(subject=standing.subject, body=body, by="bo@example.org", note="Theirs.", version=standing.version)
    answer = admin.post(MS, typed)
    assert answer.status_code == 409
    soup = BeautifulSoup(answer.content, "html.parser")
    assert "bo@example.org has changed it" in soup.select_one("[role=alert]").get_text()
    assert NEW in soup.select_one("textarea[name=what]").text
    assert NEW not in str(page().parts)
    assert soup.select_one("input[name=version]")["value"] == "2"


# Versions


def test_history_names_author_day_and_reason_and_a_version_shows_what_changed(admin: Client) -> None:
    save(admin, what=f"{NEW} [ms-trust]")
    rows = BeautifulSoup(admin.get(HISTORY).content, "html.parser").select("tbody tr")
    assert [row.th.get_text(strip=True) for row in rows] == ["Version 2", "Version 1"]
    assert "admin@example.org" in rows[0].get_text()
    assert "Said better." in rows[0].get_text()
    assert "the files" in rows[1].get_text()
    soup = BeautifulSoup(admin.get(f"{HISTORY}2/").content, "html.parser")
    assert NEW in soup.ins.get_text()
    assert soup.select("del")
    assert not soup.select("form[method=post] button.button:not(#logout-form button)")  # it stands already


def test_back_to_an_older_version_is_a_new_version(admin: Client) -> None:
    first = page().parts
    save(admin, what=f"{NEW} [ms-trust]")
    answer = admin.post(f"{HISTORY}1/", {"version": "2"}, follow=True)
    assert "version 3" in answer.content.decode()
    assert page().parts == first
    assert (page().version, page().changed_by) == (3, "admin@example.org")
    newest = Version.objects.get(subject="page/multiple-sclerosis/en", number=3)
    assert (newest.note, newest.after["parts"]) == ("Back to version 1.", first)
    assert NEW not in Client().get(PUBLIC).content.decode()
    assert Version.objects.filter(subject="page/multiple-sclerosis/en").count() == 3


@pytest.mark.parametrize("seen", ["1", "", "-1", "x", "9" * 40, "²", "\x00"])
def test_no_way_back_over_a_version_that_was_not_seen(seen: str, admin: Client) -> None:
    save(admin, what=f"{NEW} [ms-trust]")
    answer = admin.post(f"{HISTORY}1/", {"version": seen}, follow=True)
    assert "so nothing was done" in answer.content.decode()
    assert page().version == 2


def test_the_text_of_the_file_can_be_taken(admin: Client) -> None:
    first = page().parts
    save(admin, what=f"{NEW} [ms-trust]")
    admin.post(HISTORY, {"version": "2"})
    assert (page().parts, page().version) == (first, 3)


@pytest.mark.parametrize(
    "path",
    [
        "/desk/pages/asthma/en/",
        "/desk/pages/multiple-sclerosis/xx/",
        "/desk/pages/multiple-sclerosis/%00/",
        f"{HISTORY}99/",
        f"{HISTORY}99999999999999999999/",
        "/desk/page-history/page/asthma/en/",
        "/desk/page-history/nonsense/",
        "/desk/page-history/page/a/b/c/",
        "/desk/page-history/source/NO%20SUCH/",
        "/desk/page-history/source/no-such/1/",
        "/desk/page-history/page/%00/en/",
        "/desk/page-history/page/../en/",
        "/desk/page-sources/no-such/",
    ],
)
def test_what_there_is_none_of(path: str, admin: Client) -> None:
    assert admin.get(path).status_code == 404
    assert admin.post(path, {"version": "1"}).status_code == 404


# Sources

SOURCE = {
    "key": "a-review-2026",
    "title": "A review of what is known",
    "by_whom": "Example and others, Journal, 2026, PMID 1",
    "url": "https://doi.org/10.1000/1",
    "read": EARLIER.isoformat(),
    "note": "Read for the page on MS.",
    "version": "0",
}


def test_a_source_is_added_cited_and_changed(admin: Client) -> None:
    assert admin.post("/desk/page-sources/add/", SOURCE).status_code == 302
    assert save(admin, what=f"{NEW} [a-review-2026]").status_code == 302
    assert "A review of what is known" in Client().get(PUBLIC).content.decode()
    path = "/desk/page-sources/a-review-2026/"
    changed = form_of(admin, path) | {"title": "Another title", "note": "Its title was wrong."}
    assert admin.post(path, changed).status_code == 302
    assert "Another title" in Client().get(PUBLIC).content.decode()
    history = "/desk/page-history/source/a-review-2026/"
    assert admin.post(f"{history}1/", {"version": "2"}).status_code == 302
    assert PageSource.objects.get(pk="a-review-2026").title == "A review of what is known"
    assert AuditEntry.objects.filter(field="page source").count() == 3


@pytest.mark.parametrize(
    ("field", "nonsense", "told"),
    [
        ("key", "Not A Key", "small letters"),
        ("key", "2024", "small letters"),
        ("key", "k" * 41, "41 characters"),
        ("key", "", "required"),
        ("key", "a\x00b", "Null characters"),
        ("title", "", "required"),
        ("title", "t" * 601, "601 characters"),
        ("by_whom", "a\x01b", "U+0001"),
        ("url", "javascript:alert(1)", "https://"),
        ("url", "http://example.org/", "https://"),
        ("url", "https://", "https://"),
        ("url", "example", "https://"),
        ("url", "https://example.org/" + "a" * 700, "characters"),
        ("read", "2999-01-01", "still to come"),
        ("read", "31/12/2025", "valid date"),
        ("note", "", "what you changed"),
        ("version", "x", "whole number"),
    ],
)
def test_nonsense_in_a_source(field: str, nonsense: str, told: str, admin: Client) -> None:
    before = PageSource.objects.count()
    answer = admin.post("/desk/page-sources/add/", SOURCE | {field: nonsense})
    assert answer.status_code == 422
    assert told in errors_of(answer)
    assert PageSource.objects.count() == before


def test_a_key_that_is_taken(admin: Client) -> None:
    answer = admin.post("/desk/page-sources/add/", SOURCE | {"key": "ms-trust"})
    assert answer.status_code == 409
    assert "Take another key" in errors_of(answer)
    path = "/desk/page-sources/ms-trust/"
    old = form_of(admin, path) | {"note": "One."}
    admin.post(path, old | {"title": "Quicker"})
    assert admin.post(path, old | {"title": "Slower"}).status_code == 409
    assert PageSource.objects.get(pk="ms-trust").title == "Quicker"


# Who may

READS = [HISTORY, f"{HISTORY}1/", "/desk/page-history/source/ms-trust/", "/desk/content/", "/desk/guide/pagesource/"]
WRITES = [MS, "/desk/page-sources/add/", "/desk/page-sources/ms-trust/"]


@pytest.mark.parametrize("role", ["viewer", "curator"])
def test_others_see_the_history_and_write_nothing(role: str, signed_in: Callable) -> None:
    client = signed_in(role)
    before = page().version
    for path in READS:
        assert client.get(path).status_code == 200, path
    for path in WRITES:
        assert client.get(path).status_code == 403, path
    for path in (*WRITES, HISTORY, f"{HISTORY}1/"):
        assert client.post(path, {"version": "1"}).status_code == 403, path
    assert page().version == before


def test_leads_write(signed_in: Callable) -> None:
    client = signed_in("lead")
    assert save(client, what=f"{NEW} [ms-trust]").status_code == 302
    assert client.get("/desk/page-sources/add/").status_code == 200


def test_nobody_without_an_account() -> None:
    for path in (*READS, *WRITES):
        assert Client().get(path).status_code == 302, path


def test_the_list_of_sources(admin: Client) -> None:
    soup = BeautifulSoup(admin.get("/desk/guide/pagesource/").content, "html.parser")
    assert soup.select('a[href="/desk/page-sources/add/"]')


def test_an_address_of_a_source_without_https_stands_until_it_is_changed(admin: Client) -> None:
    path = "/desk/page-sources/hba1c/"
    old = form_of(admin, path)
    assert old["url"].startswith("http://")
    assert admin.post(path, old | {"title": "Another title", "note": "So."}).status_code == 302
    now = form_of(admin, path) | {"note": "So."}
    assert admin.post(path, now | {"url": "http://example.org/"}).status_code == 422


def test_the_preview_of_a_source(admin: Client) -> None:
    before = PageSource.objects.count()
    answer = admin.post("/desk/page-sources/add/", SOURCE | {"do": "preview", "note": ""})
    assert (
        "A review of what is known" in BeautifulSoup(answer.content, "html.parser").select_one(".desk-preview a").text
    )
    assert PageSource.objects.count() == before
