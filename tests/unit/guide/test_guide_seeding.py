"""Seeding: what is missing is added, what nobody has edited follows the files, what a person has edited stays."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from apps.curation.models import AuditEntry
from apps.curation.pages import edit
from apps.guide.files import explains, file_of, page_files, seed_files, source_files
from apps.guide.models import GlossaryTerm, Page, PageSource, Version
from apps.guide.services import seed_guide
from apps.guide.subjects import Overtaken, body_of, differs
from apps.guide.writing import Refused
from apps.search.indexer import move_dataset_version
from apps.search.selectors import dataset_version

pytestmark = pytest.mark.django_db

MS = "multiple-sclerosis"
OTHER = [{"text": "We have not written this yet.", "sources": []}]


def page() -> Page:
    return Page.objects.get(slug=MS, language="en")


def edited(**changes: Any) -> Page:
    now = page()
    body = body_of(now) | {"parts": now.parts | {"unknown": OTHER}} | changes
    saved = edit(subject=now.subject, body=body, by="ada@example.org", note="Said otherwise.", version=now.version)
    assert isinstance(saved, Page)
    return saved


def files_with(text: str, title: str = "Another title") -> list[Any]:
    """The files with another sentence on a page, another title of a source and another meaning of a term."""
    changes: dict[str, Any] = {
        f"page/{MS}/en": lambda file: {"parts": file.parts | {"unknown": [{"text": text, "sources": []}]}},
        "source/ms-trust": lambda file: {"title": title},
        "term/arm/es": lambda file: {"text": text},
    }
    return [replace(file, **changes.get(file.subject, lambda _file: {})(file)) for file in seed_files()]


def term(language: str = "en", slug: str = "arm") -> GlossaryTerm:
    return GlossaryTerm.objects.get(slug=slug, language=language)


def edited_term(language: str = "en", slug: str = "arm", **changes: Any) -> GlossaryTerm:
    now = term(language, slug)
    body = body_of(now) | changes
    saved = edit(subject=now.subject, body=body, by="ada@example.org", note="So.", version=now.version)
    assert isinstance(saved, GlossaryTerm)
    return saved


def test_a_new_database_has_every_page_and_source_and_no_reviewer() -> None:
    assert {(item.slug, item.language) for item in Page.objects.all()} == {
        (file.slug, file.language) for file in page_files()
    }
    assert set(PageSource.objects.values_list("key", flat=True)) == {file.key for file in source_files()}
    assert not Page.objects.exclude(reviewer="", reviewed_on=None, changed_by="").exists()
    assert Version.objects.count() == len(seed_files())
    assert dataset_version() == 0  # nothing is published yet


def test_every_row_is_what_its_file_says() -> None:
    for model in (Page, PageSource, GlossaryTerm):
        told = {row.subject: body_of(row) for row in model.objects.all()}
        assert told == {file.subject: file.body for file in seed_files() if file.model is model}
        assert not any(differs(row, file_of(row.subject).body) for row in model.objects.all())
    assert {row.language for row in GlossaryTerm.objects.all()} == {"en", "es"}
    assert Page.objects.filter(slug__in=["questions", "about", "operator"]).count() == 6


def test_seeding_again_changes_nothing() -> None:
    before = (dataset_version(), Version.objects.count())
    assert not seed_guide()
    call_command("migrate", verbosity=0)
    assert (dataset_version(), Version.objects.count()) == before


def test_what_is_missing_is_added() -> None:
    Page.objects.filter(slug=MS, language="en").delete()
    PageSource.objects.filter(key="ms-trust").delete()
    before = move_dataset_version()
    call_command("migrate", verbosity=0)
    assert page().parts["what"]
    assert PageSource.objects.filter(key="ms-trust").exists()
    # The versions of the rows that stood there before are kept.
    assert page().version == Version.objects.filter(subject=page().subject).count() == 2
    assert dataset_version() > before


def test_what_nobody_has_edited_follows_the_files() -> None:
    assert seed_guide(files_with("We have not asked."))
    assert page().parts["unknown"] == [{"text": "We have not asked.", "sources": []}]
    assert (page().version, page().changed_by) == (2, "")
    assert PageSource.objects.get(pk="ms-trust").title == "Another title"
    newest = Version.objects.get(subject=f"page/{MS}/en", number=2)
    assert newest.before["parts"]["unknown"] != newest.after["parts"]["unknown"]
    assert newest.by == ""
    assert (term("es").text, term("es").version) == ("We have not asked.", 2)


def test_what_a_person_has_edited_stays_whatever_the_files_say() -> None:
    edited()
    source = PageSource.objects.get(pk="ms-trust")
    body = body_of(source) | {"title": "By a person"}
    edit(subject="source/ms-trust", body=body, by="ada@example.org", note="", version=source.version)
    edited_term("es", text="Un grupo.")
    assert not seed_guide(files_with("We have not asked."))
    assert term("es").text == "Un grupo."
    assert page().parts["unknown"] == OTHER
    assert PageSource.objects.get(pk="ms-trust").title == "By a person"


def test_a_reviewer_is_an_edit_too() -> None:
    text = page().parts
    edited(parts=text, reviewer="Dr A. Example", reviewed_on=dt.date(2026, 5, 3))
    assert not seed_guide([file for file in files_with("We have not asked.") if file.subject == page().subject])
    assert page().parts == text


@pytest.mark.parametrize("values", [{"reviewer": "Dr A."}, {"reviewed_on": dt.date(2026, 5, 3)}])
def test_a_reviewer_has_a_date_and_a_date_a_reviewer(values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Page.objects.filter(slug=MS, language="en").update(**values)


@pytest.mark.parametrize("statement", ["UPDATE guide_version SET note = 'x'", "DELETE FROM guide_version"])
def test_versions_are_append_only(statement: str) -> None:
    with pytest.raises(Exception, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# Terms


def test_a_term_that_the_files_have_no_longer_leaves_the_glossary_unless_a_person_wrote_in_it() -> None:
    edited_term(slug="baseline", text="How things are at first.")
    without = [file for file in seed_files() if not file.subject.startswith(("term/arm/", "term/baseline/"))]
    assert seed_guide(without)
    assert not term().shown
    assert term(slug="baseline").shown
    assert Version.objects.get(subject="term/arm/en", number=2).after["shown"] is False
    assert not seed_guide(without)
    assert seed_guide()
    assert term().shown


def test_a_term_is_added_translated_and_taken_out() -> None:
    body = {"name": "Dose", "group": "cells", "forms": ["cell dose"], "text": "How many.", "sources": [], "shown": True}
    told = {"by": "ada@example.org", "note": "Asked for."}
    edit(subject="term/dose/en", body=body, version=0, **told)
    spanish = body | {"name": "Dosis", "group": "", "forms": ["dosis de células"], "text": "Cuántas."}
    edit(subject="term/dose/es", body=spanish, version=0, **told)
    edit(subject="term/dose/en", body=body | {"shown": False}, version=1, **told)
    entries = AuditEntry.objects.filter(field="glossary term").order_by("pk")
    assert [(entry.before, entry.after) for entry in entries] == [
        (None, {"name": "dose/en", "version": 1}),
        (None, {"name": "dose/es", "version": 1}),
        ({"name": "dose/en", "version": 1}, {"name": "dose/en", "version": 2}),
    ]
    assert not seed_guide()
    with pytest.raises(Overtaken):
        edit(subject="term/dose/en", body=body, version=0, **told)
    with pytest.raises(Refused, match="in English"):
        edit(subject="term/no-such/es", body=spanish, version=0, **told)


@pytest.mark.django_db(transaction=True)
def test_two_people_add_the_same_at_once_and_the_second_is_told() -> None:
    body = {"name": "Dose", "group": "cells", "forms": [], "text": "How many.", "sources": [], "shown": True}
    inserted, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            edit(subject="term/number/en", body=body, by="ada@example.org", note="", version=0)
            inserted.set()
            go_on.wait(10)
        connection.close()

    quicker = threading.Thread(target=first)
    quicker.start()
    assert inserted.wait(10)
    threading.Timer(0.3, go_on.set).start()  # while the second waits for the first
    with pytest.raises(Overtaken) as told:
        edit(subject="term/number/en", body=body, by="bo@example.org", note="", version=0)
    quicker.join()
    assert told.value.current.changed_by == "ada@example.org"
    assert Version.objects.filter(subject="term/number/en").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_release_can_be_taken_back_and_put_in_again() -> None:
    edited()
    edited_term(text="A group.")
    call_command("migrate", "guide", "0001", verbosity=0)
    assert page().parts["unknown"] == OTHER
    call_command("migrate", verbosity=0)
    assert page().parts["unknown"] == OTHER
    # What a person wrote of a term went with its table; its versions are kept, and can be taken.
    assert (term().version, body_of(term())) == (3, file_of("term/arm/en").body)
    body = Version.objects.get(subject="term/arm/en", number=2).after
    edit(subject="term/arm/en", body=body, by="ada@example.org", note="Back.", version=3)
    assert term().text == "A group."


@pytest.mark.parametrize("slug", explains())
def test_what_explains_a_status_or_a_phase_cannot_be_taken_out(slug: str) -> None:
    with pytest.raises(Refused, match="so it stays"):
        edited_term(slug=slug, shown=False)


@pytest.mark.parametrize(
    ("language", "form"), [("en", "placebo"), ("en", "PLACEBO"), ("es", "placebo"), ("en", "médula ósea")]
)
def test_a_form_belongs_to_one_term_in_every_language(language: str, form: str) -> None:
    with pytest.raises(Refused, match="already"):
        edited_term(language, forms=["arm", form])
    assert edited_term(slug="arm", forms=["arm", "treatment arm"])


def test_what_was_taken_out_gives_its_words_free_and_comes_back_only_where_they_still_are() -> None:
    edited_term(slug="placebo", shown=False)
    edited_term(slug="arm", forms=["arm", "placebo"])
    with pytest.raises(Refused, match="“placebo” is explained by the term “Arm” already"):
        edited_term(slug="placebo", shown=True)


@pytest.mark.parametrize(
    "subject", ["", "page", "page/x", "term/a/b/c", "term/A/en", "nonsense/x", "source/a b", "\x00"]
)
def test_nonsense_is_nothing_that_people_write(subject: str) -> None:
    with pytest.raises(ValueError, match="nothing that people write"):
        edit(subject=subject, body={}, by="ada@example.org", note="", version=0)


def test_no_page_is_added_by_a_person() -> None:
    with pytest.raises(Page.DoesNotExist):
        edit(subject="page/asthma/en", body={}, by="ada@example.org", note="", version=0)
