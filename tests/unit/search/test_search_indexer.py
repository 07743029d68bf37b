"""What publishing writes, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from apps.search.documents import TEXT_LIMITS
from apps.search.indexer import COLUMNS, index_documents, move_dataset_version
from apps.search.models import DatasetVersion, StudyDocument, StudyDocumentPast, Word
from apps.search.selectors import dataset_version
from tests.factories.documents import entry

pytestmark = pytest.mark.django_db


def row_versions() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nct_id, xmin::text || ctid::text FROM search_studydocument")
        return dict(cursor.fetchall())


def test_a_document_is_written_with_all_its_columns():
    told = entry(
        enrollment=None,
        has_results=True,
        reasons=['He said "yes", then \\ {no}', "€"],
        interventions=["a, b", "{c}", 'd"e', "NULL", ""],
        text_d="line\none\ttab \\ back",
        card={"source": ["bone-marrow", "adipose"], "dose": ["1e6/kg"]},
        doubts=["dose"],
        qualified_limits=["duration: <24; group: A | B, {C}"],
        who_masked=["PARTICIPANT"],
        fda_drug=False,
        fda_device=None,
    )
    assert index_documents([told]) == 1
    stored = StudyDocument.objects.get(pk=told.nct_id)
    for column in COLUMNS:
        assert getattr(stored, column) == getattr(told, column), column
    assert not StudyDocumentPast.objects.exists()


def test_nothing_unchanged_is_written():
    entries = [entry(), entry(countries=[], enrollment=None)]
    assert index_documents(entries) == 2
    before = row_versions()
    assert index_documents(entries) == 0
    assert row_versions() == before
    assert not StudyDocumentPast.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Another"},
        {"phases": ["PHASE2", "PHASE3"]},
        {"phases": []},
        {"enrollment": None},
        {"has_results": True},
        {"reasons": ["New"]},
        {"text_d": "only the text moved"},
        {"text_eligibility": "only who can join moved"},
        {"registry_state": "gone"},
        {"card": {"source": ["adipose"]}},
        {"doubts": ["source"]},
        {"qualified_limits": ["duration: <24; group: Cohort 2"]},
        {"fda_drug": True},
        {"fda_device": False},
        {"registration": "before-start"},
    ],
)
def test_only_what_differs_is_written_and_the_superseded_row_is_kept(changes):
    first, other = entry(), entry()
    index_documents([first, other])
    before = row_versions()
    published_from = StudyDocument.objects.get(pk=first.nct_id).published_from
    changed = replace(first, **changes)
    assert index_documents([changed, other]) == 1
    assert row_versions()[other.nct_id] == before[other.nct_id]
    [past] = StudyDocumentPast.objects.all()
    present = StudyDocument.objects.get(pk=first.nct_id)
    for column in COLUMNS:
        assert getattr(past, column) == getattr(first, column), column
        assert getattr(present, column) == getattr(changed, column), column
    assert past.published_from == published_from
    assert past.published_from < past.published_to == present.published_from


def test_vectors_go_with_the_texts_now_and_in_the_past():
    texts = {name: f"{name.removeprefix('text_')} Málaga's cells" for name in TEXT_LIMITS}
    first = entry(**texts)
    index_documents([first])
    index_documents([replace(first, text_d="Something else", text_outcomes="", text_sponsors="Sponsors of cells")])
    vectors = ", ".join(f"to_tsvector('trialtracker', {name}) AS v{name}" for name in texts)
    for table in ("search_studydocument", "search_studydocumentpast"):
        with connection.cursor() as cursor:
            cursor.execute(f"""
                WITH parsed AS (SELECT *, {vectors} FROM {table})
                SELECT search_vector = setweight(vtext_a, 'A') || setweight(vtext_b, 'B') || setweight(vtext_c, 'C')
                        || setweight(vtext_d, 'D'),
                    whole_vector = setweight(vtext_a, 'A') || setweight(vtext_b, 'B') || setweight(vtext_c, 'C')
                        || setweight(vtext_d, 'C') || setweight(vtext_outcomes, 'C')
                        || setweight(vtext_eligibility, 'D'),
                    field_vector = setweight(vtext_conditions, 'A') || setweight(vtext_interventions, 'B')
                        || setweight(vtext_sponsors, 'C') || setweight(vtext_outcomes, 'D'),
                    text_d LIKE %s
                FROM parsed
            """, ["Something%" if table == "search_studydocument" else "d %"])  # fmt: skip
            assert cursor.fetchall() == [(True, True, True, True)]


def test_intervals_of_a_study_follow_one_another():
    study = entry()
    for number in range(4):
        index_documents([replace(study, title=f"Title {number}")])
    rows = list(StudyDocumentPast.objects.order_by("published_from"))
    assert [row.title for row in rows] == ["Title 0", "Title 1", "Title 2"]
    assert [row.published_to for row in rows[:-1]] == [row.published_from for row in rows[1:]]


def test_the_same_study_twice_in_a_batch_is_refused():
    study = entry()
    with pytest.raises(DatabaseError), transaction.atomic():
        index_documents([study, replace(study, title="Twice")])
    assert not StudyDocument.objects.exists()


def test_words_come_with_what_is_written_and_stay():
    first = entry(title="Ángioma ab 7abc", text_a="Ángioma ab 7abc", text_eligibility="Retinopathy")
    index_documents([first])
    words = {"angioma", "retinopathy"}
    assert (
        set(Word.objects.filter(word__in=[*words, "ab", "abc", "7abc", "ángioma"]).values_list("pk", flat=True))
        == words
    )
    Word.objects.all().delete()
    index_documents([first])
    assert not Word.objects.exists()
    index_documents([replace(first, text_eligibility="Neuropathy")])
    assert Word.objects.filter(word="neuropathy").exists()
    index_documents([replace(first, text_eligibility="")])
    assert Word.objects.filter(word="neuropathy").exists()


def test_nothing_to_publish_is_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert index_documents([]) == 0


def test_the_longest_and_worst_texts_fit_the_search_vector():
    worst = "-".join(f"{number:x}" for number in range(100_000))
    texts = {name: worst[:limit] for name, limit in TEXT_LIMITS.items()}
    assert index_documents([entry(**texts)]) == 1
    texts = {name: " ".join(f"{number:x}" for number in range(100_000))[:limit] for name, limit in TEXT_LIMITS.items()}
    assert index_documents([entry(**texts)]) == 1
    texts = {
        name: "".join(chr(0x4E00 + number) + " " for number in range(20_000))[: limit // 4]
        for name, limit in TEXT_LIMITS.items()
    }
    assert index_documents([entry(**texts)]) == 1


def test_a_version_is_never_given_twice():
    first = move_dataset_version()
    assert dataset_version() == first
    with transaction.atomic():
        undone = move_dataset_version()
        transaction.set_rollback(True)
    assert dataset_version() == first
    after = move_dataset_version()
    assert first < undone < after


def test_a_version_moves_even_when_the_clock_has_gone_back():
    DatasetVersion.objects.update_or_create(pk=1, defaults={"version": 9_000_000_000_000_000})
    assert move_dataset_version() == 9_000_000_000_000_001


def test_without_its_row_the_version_is_zero_and_can_move():
    DatasetVersion.objects.all().delete()
    assert dataset_version() == 0
    assert move_dataset_version() > 0
