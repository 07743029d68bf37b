"""Lists, counts and order, held against a plain reading of the same documents."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.search import bitmaps, selectors
from apps.search.documents import DocumentEntry
from apps.search.query import SORTS, StudyQuery
from apps.search.selectors import (
    dataset_version,
    document,
    documents_for,
    home_counts,
    listed_studies,
    search_studies,
)
from apps.vocabulary.taxonomy import CELL_TYPES, DISEASES
from tests.factories.documents import entry, publish

pytestmark = pytest.mark.django_db

MS, RA, SLE, T1D = (disease.slug for disease in DISEASES)
PLAIN = ("disease", "cell_type", "phase", "country", "sponsor_class", "study_type", "has_results")
# All of these studies are present. Bands have their own test: tests/unit/search/test_study_filters.py.
COLUMN = {name: bitmaps.COLUMNS[name] for name in PLAIN} | {"status": "overall_status"}


def found(query_string: str = "", **changes: object) -> list[str]:
    query, problems = StudyQuery.parse(QueryDict(query_string))
    assert not problems
    return [row.nct_id for row in search_studies(query.changed(**changes) if changes else query).documents]


def counts(query_string: str, parameter: str) -> dict[str, int]:
    results = search_studies(StudyQuery.parse(QueryDict(query_string))[0])
    [facet] = [facet for facet in results.facets if facet.parameter == parameter]
    return {value.value: value.count for value in facet.values}


def test_an_empty_database_gives_an_empty_list():
    publish()
    results = search_studies(StudyQuery())
    assert (results.count, results.pages, results.documents, results.is_past_end) == (0, 1, [], False)
    assert all(not facet.values for facet in results.facets)
    assert search_studies(StudyQuery(sort="title", q="x")).count == 0
    assert home_counts().total == 0


def test_only_studies_in_scope_unless_asked():
    publish(
        entry("NCT90000001"),
        entry("NCT90000002", scope="review"),
        entry("NCT90000003", scope="out", diseases=[], cell_types=[]),
    )
    assert found() == ["NCT90000001"]
    assert found("scope=review") == ["NCT90000002"]
    assert found("scope=all&sort=nct_id") == ["NCT90000001", "NCT90000002", "NCT90000003"]
    assert found("scope=review&scope=out&sort=nct_id") == ["NCT90000002", "NCT90000003"]
    assert search_studies(StudyQuery()).scope_counts == {"in_scope": 1, "review": 1, "out": 1}
    assert [nct_id for nct_id, _date in listed_studies()] == ["NCT90000001"]


def test_values_within_a_filter_mean_or_and_filters_mean_and():
    publish(
        entry("NCT90000001", diseases=[MS], countries=["ES"]),
        entry("NCT90000002", diseases=[SLE], countries=["CN", "ES"]),
        entry("NCT90000003", diseases=[MS, SLE], countries=["CN"]),
        entry("NCT90000004", diseases=[RA], countries=["CN"], overall_status="COMPLETED"),
    )
    assert found(f"disease={MS}&disease={SLE}&sort=nct_id") == ["NCT90000001", "NCT90000002", "NCT90000003"]
    assert found(f"disease={MS}&disease={SLE}&country=China&sort=nct_id") == ["NCT90000002", "NCT90000003"]
    assert found(f"disease={RA}&status=recruiting") == []


def test_counts_of_a_facet_leave_its_own_choice_out():
    publish(
        entry(diseases=[MS], countries=["ES"]),
        entry(diseases=[SLE], countries=["CN", "ES"]),
        entry(diseases=[MS, SLE], countries=["CN"]),
        entry(diseases=[RA], countries=["CN"], overall_status="COMPLETED"),
    )
    asked = f"disease={MS}&country=CN"
    assert search_studies(StudyQuery.parse(QueryDict(asked))[0]).count == 1
    assert counts(asked, "disease") == {MS: 1, SLE: 2, RA: 1}
    assert counts(asked, "country") == {"CN": 1, "ES": 1}
    assert counts(asked, "status") == {"RECRUITING": 1}


def test_a_value_without_studies_is_hidden_unless_selected():
    publish(entry(), entry())
    assert counts("", "phase") == {"PHASE2": 2}
    assert counts("phase=PHASE4&country=JP", "phase") == {"PHASE4": 0}
    assert counts("phase=PHASE4&country=JP", "country") == {"JP": 0}


def test_a_word_that_the_registry_has_added_is_listed_but_not_offered():
    publish(entry("NCT90000001", overall_status="PAUSED_BY_MOON", countries=["Atlantis"]))
    assert found() == ["NCT90000001"]
    assert counts("", "status") == {}
    assert counts("", "country") == {}


def test_sorting_puts_unknown_values_last_in_both_directions():
    publish(
        entry("NCT90000001", start_date="2020-05", enrollment=5, title="Ábaco", last_update_posted=""),
        entry("NCT90000002", start_date="", enrollment=None, title="beta", last_update_posted="2024-01-01"),
        entry("NCT90000003", start_date="2020-05-09", enrollment=50, title="Zeta", last_update_posted="2025-01-01"),
    )
    one, two, three = "NCT90000001", "NCT90000002", "NCT90000003"
    assert found() == [three, two, one]
    assert found("sort=last_update_posted") == [two, three, one]
    assert found("sort=start_date") == [one, three, two]
    assert found("sort=-start_date") == [three, one, two]
    assert found("sort=enrollment") == [one, three, two]
    assert found("sort=-enrollment") == [three, one, two]
    assert found("sort=title") == [one, two, three]
    assert found("sort=-nct_id") == [three, two, one]


@pytest.mark.parametrize("sort", SORTS)
def test_pages_hold_every_study_once_in_every_order(sort):
    publish(*[entry(enrollment=number % 3 or None) for number in range(23)])
    query = StudyQuery.parse({"sort": sort, "page_size": "5"})[0]
    pages = [search_studies(query.changed(page=number)) for number in range(1, 7)]
    listed = [row.nct_id for page in pages for row in page.documents]
    assert len(listed) == len(set(listed)) == 23
    assert [len(page.documents) for page in pages] == [5, 5, 5, 5, 3, 0]
    assert [page.is_past_end for page in pages] == [False] * 5 + [True]
    assert (pages[4].first, pages[4].last, pages[4].pages) == (21, 23, 5)


def test_a_far_page_is_past_the_end():
    publish(entry())
    results = search_studies(StudyQuery(page=999_999_999))
    assert results.is_past_end
    assert results.count == 1


WORDS = {
    "disease": [MS, RA, SLE, T1D],
    "cell_type": ["msc", "hsc"],
    "status": ["RECRUITING", "COMPLETED", "UNKNOWN"],
    "phase": ["PHASE1", "PHASE2", "NA"],
    "country": ["CN", "ES", "Former Yugoslavia"],
    "sponsor_class": ["INDUSTRY", "OTHER"],
    "study_type": ["INTERVENTIONAL", "OBSERVATIONAL"],
}


def some(name: str) -> st.SearchStrategy:
    return st.lists(st.sampled_from(WORDS[name]), unique=True, max_size=2)


STUDIES = st.lists(
    st.builds(
        dict,
        diseases=some("disease"),
        cell_types=some("cell_type"),
        phases=some("phase"),
        countries=some("country"),
        overall_status=st.sampled_from(WORDS["status"]),
        sponsor_class=st.sampled_from(WORDS["sponsor_class"]),
        study_type=st.sampled_from(WORDS["study_type"]),
        has_results=st.booleans(),
        scope=st.sampled_from(["in_scope", "review", "out"]),
    ),
    max_size=12,
)
QUERIES = st.builds(
    lambda **values: StudyQuery().changed(**{name: tuple(value) or None for name, value in values.items()}),
    **{name: some(name) for name in WORDS},
    has_results=st.lists(st.sampled_from(["true", "false"]), unique=True, max_size=1),
    scope=st.sampled_from([("in_scope",), ("all",), ("out",)]),
)


def fits(study: DocumentEntry, query: StudyQuery, leaving_out: str = "") -> bool:
    if study.scope not in query.scopes:
        return False
    for name, column in COLUMN.items():
        asked = getattr(query, name)
        if asked and name != leaving_out and not set(values_of(study, column)) & set(asked):
            return False
    return True


def values_of(study: DocumentEntry, column: str) -> list[str]:
    value = getattr(study, column)
    return [str(value).lower()] if isinstance(value, bool) else [value] if isinstance(value, str) else list(value)


@given(studies=STUDIES, query=QUERIES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lists_and_counts_agree_with_a_plain_reading(studies, query):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM search_studydocument")
    entries = [entry(f"NCT9000{number:04d}", **study) for number, study in enumerate(studies)]
    publish(*entries)
    results = search_studies(query)
    assert {row.nct_id for row in results.documents} == {study.nct_id for study in entries if fits(study, query)}
    assert results.count == len(results.documents)
    for facet in (facet for facet in results.facets if facet.parameter in COLUMN):
        expected: dict[str, int] = dict.fromkeys(getattr(query, facet.parameter), 0)
        for study in entries:
            if fits(study, query, facet.parameter):
                for value in values_of(study, COLUMN[facet.parameter]):
                    expected[value] = expected.get(value, 0) + 1
        assert {value.value: value.count for value in facet.values} == expected


# The text search.


def test_a_text_is_found_in_any_form_accents_aside():
    publish(
        entry("NCT90000001", title="Trials in Guillain-Barré", text_d=""),
        entry("NCT90000002", title="Something else", text_c="Sjögren Institute, Malmö"),
    )
    assert found("q=guillain+barre") == ["NCT90000001"]
    assert found("q=Guillain-Barré") == ["NCT90000001"]
    assert found("q=trial") == ["NCT90000001"]
    assert found("q=malmo") == ["NCT90000002"]
    assert found('q="something else"') == ["NCT90000002"]
    assert found('q="else something"') == []
    assert found("q=guillain+or+sjogren&sort=nct_id") == ["NCT90000001", "NCT90000002"]
    assert found("q=-guillain") == ["NCT90000002"]


def test_a_hit_in_the_title_comes_before_any_number_of_hits_elsewhere():
    publish(
        entry("NCT90000001", title="Other", text_a="Other", text_d="lupus " * 500, last_update_posted="2025-09-09"),
        entry("NCT90000002", title="Other", text_a="Other", text_b="Lupus", last_update_posted="2025-08-08"),
        entry("NCT90000003", title="Cells in lupus", text_a="Cells in lupus", last_update_posted="2001-01-01"),
    )
    assert found("q=lupus") == ["NCT90000003", "NCT90000002", "NCT90000001"]
    assert found("q=lupus&sort=-last_update_posted") == ["NCT90000001", "NCT90000002", "NCT90000003"]


@pytest.mark.parametrize("text", ["NCT90000001", "nct90000001", "NCT 90000001", "nct-90000001", "“NCT90000001”"])
def test_a_study_is_found_by_its_id_before_those_that_name_it(text):
    publish(
        entry("NCT90000001", title="A", text_a="A\nNCT90000001"),
        entry("NCT90000002", title="B", text_d="Follow-up of NCT90000001", last_update_posted="2026-01-01"),
        entry("NCT90000003"),
    )
    assert found("", q=text) == ["NCT90000001", "NCT90000002"]


def test_a_study_is_found_by_an_alias_and_by_another_registrys_number():
    publish(entry("NCT90000001", text_a="NCT80000001\n2011-000468-32\nORG/7-x"))
    for text in ("NCT80000001", "2011-000468-32", "ORG/7-x"):
        assert found("", q=text) == ["NCT90000001"], text


def test_ids_are_found_by_their_beginning_and_several_at_once():
    publish(entry("NCT90000001"), entry("NCT90000012"), entry("NCT91000000"))
    assert found("q=nct90&sort=nct_id") == ["NCT90000001", "NCT90000012"]
    assert found("q=NCT90000012,+nct91000000;NCT00000000&sort=nct_id") == ["NCT90000012", "NCT91000000"]
    assert found("q=NCT90000001+NCT91") == ["NCT91000000", "NCT90000001"]


def test_a_minus_excludes_a_word_or_phrase_and_is_else_a_dash():
    publish(
        entry("NCT90000001", title="Lupus in China", text_b=""),
        entry("NCT90000002", title="Lupus and white cells - Spain", text_b=""),
    )
    assert found("q=lupus+-china") == ["NCT90000002"]
    assert found("q=lupus+--china") == ["NCT90000002"]
    assert found('q=lupus+-"white+cells"') == ["NCT90000001"]
    assert found("q=lupus+-+china") == ["NCT90000001"]
    assert found('q="white+cells"+"in+china"') == []
    assert found('q="white+cells"+-"in+china"') == ["NCT90000002"]


def test_a_text_without_a_word_finds_nothing_and_says_so():
    publish(entry())
    for text in ("the", "of and the", "!!!", "-", '""', "&|!():*"):
        results = search_studies(StudyQuery(q=text))
        assert results.count == 0, text
        assert [problem.kind for problem in results.problems] == ["notice"], text
        assert text in results.problems[0].message


@pytest.mark.parametrize(
    "text",
    [
        '"' * 499, "-" * 500, "- " * 250, "( " * 250, "or " * 166, '-"or' * 125, "!" * 500, "a" * 500, "é" * 500,
        "😀" * 500, "\\" * 500, "%", "%s %(x)s %%", "';--", "a:*", "a:A & b", "<->", "<5>", "$$", "\u200b",
        "ﷺ" * 500, "x-" * 250, "-! " * 166, '-"" ' * 125, '-"- ' * 125, "--a " * 125, "-a or " * 83,
        "http://a/?b=c&d#e", "/" * 500, "1e400 " * 80, "NCT", "NCT9999999999", "NCT" * 160,
    ],
)  # fmt: skip
def test_no_text_breaks_the_search(text):
    publish(entry())
    query, _problems = StudyQuery.parse({"q": text})
    for sort in ("", "title"):
        results = search_studies(query.changed(sort=sort))
        assert results.count in {0, 1}


@given(st.text(alphabet=st.sampled_from(list("ab \"-'()&|!:*<>\\/%$.,@#né0")), max_size=80))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_mixture_of_operators_breaks_the_search(text):
    search_studies(StudyQuery.parse({"q": text})[0])


@pytest.mark.django_db(transaction=True)
def test_a_search_that_takes_too_long_is_stopped_and_says_so(monkeypatch):
    publish(entry())
    monkeypatch.setattr("apps.search.selectors._MATCH", "SELECT %s, pg_sleep(5)::text || %s || '{vector}'")
    monkeypatch.setattr("apps.search.limits.SEARCH_TIMEOUT_MS", 50)
    results = search_studies(StudyQuery(q="lupus", page=2))
    assert results.timed_out
    assert not results.is_past_end
    assert results.problems[0].kind == "notice"
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


# What it costs, and when it is built anew.


def test_a_list_with_all_its_counts_costs_two_statements(django_assert_num_queries):
    publish(*[entry() for _ in range(30)])
    search_studies(StudyQuery())
    # 1 dataset version, 2 the page's rows
    with django_assert_num_queries(2):
        search_studies(StudyQuery(disease=(MS,), status=("RECRUITING",), country=("ES",)))


def test_the_first_list_after_a_publication_costs_two_more(django_assert_num_queries):
    publish(entry())
    # 1 dataset version, 2 the kinds of caution, 3 the facet columns, 4 the order by title, 5 the page's rows
    with django_assert_num_queries(5):
        search_studies(StudyQuery(sort="title"))
    # 1 dataset version, 2 the page's rows
    with django_assert_num_queries(2):
        search_studies(StudyQuery(sort="title"))


def test_a_search_by_relevance_costs_four_statements(django_assert_num_queries):
    publish(entry())
    search_studies(StudyQuery())
    # 1 dataset version, 2 the text's matches, 3 their ranks, 4 the page's rows
    with django_assert_num_queries(4):
        search_studies(StudyQuery(q="sclerosis"))


def test_a_text_that_is_searched_again_costs_two_statements_whatever_page_and_filters(django_assert_num_queries):
    publish(*[entry() for _ in range(6)], entry("NCT90000000", title="Sclerosis", countries=["FR"]))
    whole = found("q=sclerosis")
    # 1 dataset version, 2 the page's rows
    with django_assert_num_queries(2):
        assert found("q=sclerosis&page=2&page_size=3") == whole[3:6]
    with django_assert_num_queries(2):
        assert found("q=sclerosis&country=ES") == [nct_id for nct_id in whole if nct_id != "NCT90000000"]
    # 1 dataset version, 2 the order by title, 3 the page's rows
    with django_assert_num_queries(3):
        assert len(found("q=sclerosis&sort=title")) == 7


def test_what_a_text_found_is_forgotten_when_the_dataset_moves():
    publish(entry("NCT90000001"), entry("NCT90000002"))
    assert found("q=sclerosis") == ["NCT90000002", "NCT90000001"]
    publish(entry("NCT90000001", title="Sclerosis sclerosis, multiple sclerosis"), entry("NCT90000003", title="Lupus"))
    assert found("q=lupus") == ["NCT90000003"]
    assert found("q=sclerosis")[0] == "NCT90000001"


def test_what_documents_of_another_version_say_is_not_kept(django_assert_num_queries):
    """A request that began before a publication searches the documents after it: nobody else is given that."""
    publish(entry())
    later = dataset_version() + 1
    search_studies(StudyQuery(q="sclerosis"), version=later)
    # 1 the text's matches, 2 their ranks, 3 the page's rows
    with django_assert_num_queries(3):
        search_studies(StudyQuery(q="sclerosis"), version=later)


def test_more_matches_than_are_ranked_come_in_the_usual_order_until_a_filter_leaves_fewer(monkeypatch):
    monkeypatch.setattr(selectors, "RANK_LIMIT", 2)
    best = "Sclerosis, sclerosis"
    publish(
        entry("NCT90000001", title=best, countries=["FR"]),
        entry("NCT90000002", last_update_posted="2026-01-01", countries=["FR"]),
        entry("NCT90000003", last_update_posted="2026-02-01"),
    )
    assert found("q=sclerosis") == ["NCT90000003", "NCT90000002", "NCT90000001"]
    assert found("q=sclerosis&country=FR") == ["NCT90000001", "NCT90000002"]


@pytest.mark.parametrize("number", [0, 1, 2, 3, 16, 17, 30])
def test_few_and_many_ids_become_the_same_bitmap(number: int):
    publish(*[entry(f"NCT{90_000_001 + place}") for place in range(17)])
    index = bitmaps.index_at(dataset_version())
    wanted = [90_000_001 + place for place in range(number)]
    assert index.of_ids(wanted) == sum(1 << index.ids.index(one) for one in wanted if one in index.ids)


def test_no_study_is_no_bit_in_an_empty_index():
    assert bitmaps.index_at(dataset_version()).of_ids([90_000_001]) == 0


def test_a_caller_that_knows_the_version_saves_a_statement(django_assert_num_queries):
    publish(entry())
    version = dataset_version()
    search_studies(StudyQuery())
    # 1 the page's rows
    with django_assert_num_queries(1):
        search_studies(StudyQuery(), version=version)
    with django_assert_num_queries(0):
        home_counts(version)


def test_a_publication_is_seen_at_once_and_nothing_before_it():
    publish(entry("NCT90000001"))
    assert search_studies(StudyQuery()).count == 1
    publish(entry("NCT90000002"))
    assert search_studies(StudyQuery()).count == 2


def test_threads_build_the_index_once(monkeypatch):
    built = []
    gate = threading.Barrier(8)
    today = dt.datetime.now(dt.UTC).date()
    whole = bitmaps.BitmapIndex(version=-5, ids=bitmaps.array("I"), values={}, scopes={}, day=today)

    def build(version: int) -> bitmaps.BitmapIndex:
        built.append(version)
        return whole

    def ask() -> None:
        gate.wait()
        answers.append(bitmaps.index_at(-5))

    monkeypatch.setattr(bitmaps, "build", build)
    answers: list[bitmaps.BitmapIndex] = []
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == [-5]
    assert answers == [whole] * 8


def test_documents_leave_the_search_texts_in_the_database():
    publish(entry("NCT90000001", reasons=["Because."]))
    for row in (document("NCT90000001"), *documents_for(["NCT90000001"])):
        assert row.reasons == ["Because."]
        assert {"text_a", "text_d", "search_vector"} <= row.get_deferred_fields()
    assert document("NCT90000002") is None


def test_documents_come_in_the_order_asked_for():
    publish(entry("NCT90000001"), entry("NCT90000002"))
    rows = documents_for(["NCT90000002", "NCT90009999", "NCT90000001"])
    assert [row.nct_id for row in rows] == ["NCT90000002", "NCT90000001"]
    assert documents_for([]) == []


def test_home_counts_tell_kinds_apart_and_count_what_recruits():
    publish(
        entry(diseases=[MS], cell_types=["msc"]),
        entry(diseases=[MS], cell_types=["hsc"], overall_status="COMPLETED", countries=["FR"]),
        entry(diseases=[MS, SLE], cell_types=["msc", "hsc"]),
        entry(diseases=[T1D], scope="review"),
        entry(diseases=[T1D], scope="out", countries=["JP"]),
    )
    counts = home_counts()
    assert (counts.total, counts.recruiting, counts.countries) == (3, 2, 2)
    assert counts.scopes == {"in_scope": 3, "review": 1, "out": 1}
    by_disease = {item.disease.slug: item for item in counts.diseases}
    assert list(by_disease) == [disease.slug for disease in DISEASES]
    assert (by_disease[MS].total, by_disease[MS].recruiting) == (3, 2)
    assert [(kind.cell_type.slug, kind.total, kind.recruiting) for kind in by_disease[MS].kinds] == [
        (CELL_TYPES[0].slug, 2, 2),
        (CELL_TYPES[1].slug, 2, 1),
    ]
    assert by_disease[T1D].total == 0


@pytest.mark.django_db
def test_a_record_that_the_registry_dropped_is_listed_and_does_not_recruit() -> None:
    publish(
        entry("NCT90000001", overall_status="RECRUITING"),
        entry("NCT90000002", overall_status="RECRUITING", registry_state="gone"),
        entry("NCT90000003", overall_status="RECRUITING", registry_state="left"),
        entry("NCT90000004", overall_status="RECRUITING", registry_state="merged"),
    )
    everything = search_studies(StudyQuery())
    assert {document.nct_id for document in everything.documents} == {"NCT90000001", "NCT90000002", "NCT90000003"}
    assert search_studies(StudyQuery(status=("RECRUITING",))).count == 2
    assert home_counts().recruiting == 2


@pytest.mark.django_db
def test_the_site_map_names_no_page_that_asks_not_to_be_indexed() -> None:
    states = ("present", "left", "gone", "merged")
    publish(*(entry(f"NCT9000000{at}", registry_state=state) for at, state in enumerate(states, start=1)))
    assert [nct_id for nct_id, _date in listed_studies()] == ["NCT90000001"]
