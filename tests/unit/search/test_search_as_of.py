"""Lists of earlier days: what stood at the end of a day, held against a plain replay and against the lists of then."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.search import bitmaps
from apps.search.documents import DocumentEntry
from apps.search.models import DocumentBase, StudyDocument, StudyDocumentPast
from apps.search.moments import NOW, Moment, OutsideHistory, moment_of
from apps.search.query import SORTS, StudyQuery
from apps.search.selectors import Results, dataset_version, search_studies, stream_documents
from tests.factories.documents import entry, publish_at

pytestmark = pytest.mark.django_db

ONE, TWO, THREE = "NCT90000001", "NCT90000002", "NCT90000003"
FIRST = dt.date(2024, 3, 1)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def asked(query_string: str = "", **changes: Any) -> Results:
    query, problems = StudyQuery.parse(QueryDict(query_string))
    assert not problems
    return search_studies(query.changed(**changes))


def found(query_string: str = "", **changes: Any) -> list[str]:
    return [row.nct_id for row in asked(query_string, **changes).documents]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel("2024-06-10T12:00:00Z"):
        yield


@pytest.fixture
def three_days() -> None:
    """One study that changes on the 3rd and is dropped on the 5th, and one that joins on the 5th."""
    publish_at(at("2024-03-01T10:00"), entry(ONE, title="Early cells", enrollment=10, text_d="orchid"))
    publish_at(at("2024-03-03T10:00"), entry(ONE, title="Later cells", enrollment=30, overall_status="COMPLETED"))
    publish_at(
        at("2024-03-05T10:00"),
        entry(ONE, title="Later cells", enrollment=30, overall_status="COMPLETED", registry_state="gone"),
        entry(TWO, title="Newcomer"),
    )


# The same columns on both sides.


def test_past_documents_have_every_column_of_the_present_ones():
    present = {column.name: column for column in StudyDocument._meta.concrete_fields}
    past = {column.name for column in StudyDocumentPast._meta.concrete_fields}
    assert set(present) <= past
    assert {column.name for column in DocumentBase._meta.local_fields} == set(present) - {"nct_id"}
    with connection.cursor() as cursor:
        types = []
        for table in ("search_studydocument", "search_studydocumentpast"):
            cursor.execute(
                "SELECT column_name, data_type, generation_expression FROM information_schema.columns "
                "WHERE table_name = %s AND column_name = ANY(%s)",
                [table, list(present)],
            )
            types.append({name: told for name, *told in cursor.fetchall()})
    assert types[0] == types[1]


# What stood when.


def test_a_day_shows_what_stood_at_its_end(three_days):
    [first] = asked(as_of=day("2024-03-01")).documents
    assert (first.title, first.enrollment, first.overall_status) == ("Early cells", 10, "RECRUITING")
    assert [row.title for row in asked(as_of=day("2024-03-02")).documents] == ["Early cells"]
    for told in ("2024-03-03", "2024-03-04"):
        [then] = asked(as_of=day(told)).documents
        assert (then.title, then.enrollment, then.registry_state) == ("Later cells", 30, "present")
    assert found("sort=nct_id", as_of=day("2024-03-05")) == [ONE, TWO]
    assert asked("sort=nct_id", as_of=day("2024-03-05")).documents[0].registry_state == "gone"
    assert found("status=COMPLETED", as_of=day("2024-03-04")) == [ONE]
    assert found("status=COMPLETED", as_of=day("2024-03-05")) == []


def test_what_is_published_at_midnight_belongs_to_the_day_that_begins():
    publish_at(at("2024-03-01T00:00"), entry(ONE, enrollment=1))
    publish_at(at("2024-03-02T00:00"), entry(ONE, enrollment=2))
    publish_at(at("2024-03-02T23:59:59.999999"), entry(ONE, enrollment=3))
    publish_at(at("2024-03-04T00:00"), entry(ONE, enrollment=4))
    known = {
        told: asked(as_of=day(told)).documents[0].enrollment for told in ("2024-03-01", "2024-03-02", "2024-03-03")
    }
    assert known == {"2024-03-01": 1, "2024-03-02": 3, "2024-03-03": 3}
    assert asked(as_of=day("2024-03-04")).documents[0].enrollment == 4
    with pytest.raises(OutsideHistory):
        asked(as_of=day("2024-02-29"))


def test_of_two_publications_of_a_day_the_last_one_stands():
    publish_at(at("2024-03-01T08:00"), entry(ONE, title="Morning"))
    publish_at(at("2024-03-01T18:00"), entry(ONE, title="Evening"))
    assert [row.title for row in asked(as_of=FIRST).documents] == ["Evening"]
    assert found("q=title:morning", as_of=FIRST) == []


def test_a_record_that_was_merged_later_is_listed_until_then():
    publish_at(at("2024-03-01T08:00"), entry(ONE), entry(TWO))
    publish_at(at("2024-03-02T08:00"), entry(TWO, registry_state="merged"))
    assert found("sort=nct_id", as_of=FIRST) == [ONE, TWO]
    assert found("sort=nct_id", as_of=day("2024-03-02")) == [ONE]


def test_today_is_the_present_so_far(three_days, django_assert_num_queries):
    publish_at(at("2024-06-10T11:00"), entry(THREE))
    asked()
    with django_assert_num_queries(2):
        results = asked("sort=-last_update_posted", as_of=day("2024-06-10"))
    assert results.moment == NOW
    assert {row.nct_id for row in results.documents} == {ONE, TWO, THREE}
    assert set(found(as_of=day("2024-06-09"))) == {ONE, TWO}


# Days of which there is no list.


def test_a_day_before_the_first_publication_names_the_first(three_days):
    for told in ("2024-02-29", "0001-01-01"):
        with pytest.raises(OutsideHistory, match=r"The first list is that of 1 March 2024\.") as caught:
            asked(as_of=day(told))
        assert (caught.value.first, caught.value.last) == (FIRST, day("2024-06-10"))
        assert caught.value.problem.allowed == ("2024-03-01 to 2024-06-10",)


def test_a_day_to_come_is_told_as_such(three_days):
    for told in ("2024-06-11", "9999-12-31"):
        with pytest.raises(OutsideHistory, match=r"is in the future\. .* from 1 March 2024 to today, 10 June 2024\."):
            asked(as_of=day(told))


def test_before_anything_is_published_there_is_today_alone():
    for told in ("2024-06-09", "2024-06-11", "0001-01-01", "9999-12-31"):
        with pytest.raises(OutsideHistory, match="Nothing has been published here yet"):
            moment_of(day(told), 0)
    assert moment_of(day("2024-06-10"), 0) == moment_of(None, 0) == NOW


# As it was then: whatever is asked.

QUERIES = (
    *(
        "",
        "page_size=2&page=2",
        "scope=all&page_size=200",
        "status=RECRUITING",
        "disease=multiple-sclerosis&country=ES",
    ),
    *(f"sort={sort}&scope=all" for sort in SORTS),
    *("q=cells", "q=orchid", "q=orchid+OR+tulip&scope=all", "q=lupus", "q=cells+-orchid", "q=title:cells+-country:ES"),
    *("q=NCT900000", "q=eligibility:tulip", "source=adipose", "source=not-stated&scope=all", "has_results=true"),
    *("sponsor=hospital+a&scope=all", "allocation=not-stated&allocation=randomized", "start_year=2024&scope=all"),
    "q=cells&sort=title&page_size=1&page=2",
)
ENTRIES = st.builds(
    lambda number, **values: entry(f"NCT9000{number:04d}", **values),
    st.integers(1, 5),
    first_submitted=st.sampled_from(["2024-01-05", "2023-02-01"]),
    allocation=st.sampled_from(["RANDOMIZED", ""]),
    sponsor=st.sampled_from(["Hospital A", "Hospital B"]),
    title=st.sampled_from(["Cells A", "Lupus cells", "Ábaco", "Orchid"]),
    diseases=st.sampled_from([["multiple-sclerosis"], ["systemic-lupus-erythematosus"], []]),
    cell_types=st.sampled_from([["msc"], ["hsc"], ["hsc", "msc"]]),
    countries=st.sampled_from([["ES"], ["CN", "ES"], []]),
    overall_status=st.sampled_from(["RECRUITING", "COMPLETED"]),
    scope=st.sampled_from(["in_scope", "in_scope", "review", "out"]),
    registry_state=st.sampled_from(["present", "present", "present", "left", "gone", "merged"]),
    enrollment=st.sampled_from([None, 5, 50]),
    has_results=st.booleans(),
    last_update_posted=st.sampled_from(["2024-01-01", "2024-02", ""]),
    text_d=st.sampled_from(["", "orchid", "tulip and orchid"]),
    text_eligibility=st.sampled_from(["", "No tulip."]),
    card=st.sampled_from([{"sex": ["all"]}, {"sex": ["all"], "source": ["adipose"]}]),
)
# Hours between publications: within a day, to the next midnight, over several days.
STEPS = st.lists(
    st.tuples(st.sampled_from([1, 5, 24, 48, 60]), st.lists(ENTRIES, max_size=4, unique_by=lambda told: told.nct_id)),
    min_size=1,
    max_size=7,
)


def told(results: Results) -> dict[str, Any]:
    """All that a list tells, without what hangs on the question's own day."""
    columns = [
        name for name in (column.name for column in StudyDocument._meta.concrete_fields) if "_vector" not in name
    ]
    shown = [name for name in columns if not name.startswith("text_")]
    return {
        "rows": [{name: getattr(row, name) for name in shown} for row in results.documents],
        "count": results.count,
        "facets": [
            (facet.parameter, [(v.value, v.count, v.selected) for v in facet.values]) for facet in results.facets
        ],
        "scopes": results.scope_counts,
        "snippets": results.snippets,
        "also": (results.also_searched, results.also_left_out),
        "past_end": results.is_past_end,
    }


def matches(study: DocumentEntry) -> bool:
    return study.scope == "in_scope" and study.registry_state != "merged"


@given(steps=STEPS, chance=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_day_is_listed_as_it_was(steps, chance):
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM search_studydocument; DELETE FROM search_studydocumentpast; DELETE FROM search_word"
        )
    begin = moment = at("2024-03-01T00:00")
    replay: list[tuple[dt.datetime, DocumentEntry]] = []
    lists: dict[dt.date, dict[str, Any]] = {}
    for hours, entries in steps:
        after = moment + dt.timedelta(hours=hours)
        # All the days that end before the next publication, or with it.
        last = (after - dt.timedelta(microseconds=1)).date()
        for number in range((last - moment.date()).days + (after.time() == dt.time())):
            ending = moment.date() + dt.timedelta(days=number)
            asked_for = chance.sample(QUERIES, 4)
            lists[ending] = {text: told(asked(text)) for text in asked_for}
        publish_at(after, *entries)
        replay += [(after, item) for item in entries]
        moment = after
    for ending, by_query in lists.items():
        midnight = dt.datetime.combine(ending + dt.timedelta(days=1), dt.time(), dt.UTC)
        standing = {item.nct_id: item for time, item in replay if time < midnight}
        if not standing and not any(time.date() <= ending for time, _item in replay):
            with pytest.raises(OutsideHistory):
                asked(as_of=ending)
            continue
        for text, then in by_query.items():
            assert told(asked(text, as_of=ending)) == then, (ending, text)
        results = asked("page_size=200", as_of=ending)
        listed = [item for item in standing.values() if matches(item)]
        assert {row.nct_id for row in results.documents} == {item.nct_id for item in listed}
        for row in results.documents:
            for name in ("title", "enrollment", "overall_status", "registry_state", "countries", "card"):
                assert getattr(row, name) == getattr(standing[row.nct_id], name)
        facets = {facet.parameter: {v.value: v.count for v in facet.values} for facet in results.facets}
        assert facets["country"] == Counter(country for item in listed for country in item.countries)
        assert facets["status"] == Counter(item.overall_status for item in listed if item.registry_state != "gone")
        assert facets["cell_type"] == Counter(kind for item in listed for kind in item.cell_types)
    assert begin <= moment


# The text search.


def test_a_word_that_stood_only_then_is_found_then(three_days):
    assert found("q=orchid") == []
    results = asked("q=orchid", as_of=day("2024-03-02"))
    assert [row.nct_id for row in results.documents] == [ONE]
    [snippet] = results.snippets[ONE]
    assert (snippet.text, snippet.marks) == ("orchid", ((0, 6),))
    assert found("q=orchid", as_of=day("2024-03-03")) == []
    assert found("q=newcomer", as_of=day("2024-03-04")) == []


def test_hits_are_ranked_by_the_texts_of_then():
    publish_at(at("2024-03-01T08:00"), entry(ONE, title="Lupus"), entry(TWO, title="Cells", text_d="lupus"))
    publish_at(at("2024-03-02T08:00"), entry(ONE, title="Cells", text_d="lupus"), entry(TWO, title="Lupus"))
    assert found("q=lupus", as_of=FIRST) == [ONE, TWO]
    assert found("q=lupus") == found("q=lupus", as_of=day("2024-03-02")) == [TWO, ONE]


def test_synonyms_and_spellings_are_those_of_the_texts_of_then():
    publish_at(at("2024-03-01T08:00"), entry(ONE, title="Cells in SLE"), entry(TWO, title="Orchid"))
    publish_at(at("2024-03-02T08:00"), entry(ONE, title="Cells"), entry(TWO, title="Orchyd"))
    results = asked("q=lupus", as_of=FIRST)
    assert [row.nct_id for row in results.documents] == [ONE]
    assert "SLE" in results.also_searched
    assert found("q=lupus") == []
    # Now a word stands as it is typed; then it did not, and the nearest was meant.
    assert (asked("q=orchyd").corrected, asked("q=orchyd").count) == ("", 1)
    then = asked("q=orchyd", as_of=FIRST)
    assert (then.corrected, [row.nct_id for row in then.documents]) == ("orchid", [TWO])


def test_a_document_from_before_a_column_is_not_said_to_leave_it_empty():
    """Every record states when it was first submitted: without that, the columns that came with it were not there."""
    publish_at(at("2024-03-01T08:00"), entry(ONE), entry(TWO, first_submitted="2024-01-05"))
    publish_at(at("2024-03-02T08:00"), entry(ONE, first_submitted="2024-01-05", allocation="RANDOMIZED"))
    absent = {
        **dict.fromkeys(("allocation", "masking", "age_group", "sex", "fda_regulated"), "not-stated"),
        "publication": "none",
        "registration": "cannot-be-told",
    }
    for name, word in absent.items():
        assert found(f"{name}={word}", as_of=FIRST) == [TWO], name
    facets = {facet.parameter: {v.value: v.count for v in facet.values} for facet in asked(as_of=FIRST).facets}
    assert {name: facets[name][word] for name, word in absent.items()} == dict.fromkeys(absent, 1)
    assert found("allocation=not-stated") == [TWO]
    assert found("allocation=randomized") == [ONE]


def test_a_card_that_was_not_read_states_nothing_and_is_not_said_to():
    publish_at(at("2024-03-01T08:00"), entry(ONE, card={}), entry(TWO, card={"sex": ["all"]}))
    publish_at(at("2024-03-02T08:00"), entry(ONE, card={"sex": ["all"], "source": ["adipose"]}))
    assert found("source=not-stated", as_of=FIRST) == [TWO]
    [facet] = [facet for facet in asked(as_of=FIRST).facets if facet.parameter == "source"]
    assert [(value.value, value.count) for value in facet.values] == [("not-stated", 1)]


# Whole lists, for files.


def test_a_whole_list_streams_the_documents_of_then(three_days):
    publish_at(at("2024-03-07T10:00"), *[entry(f"NCT9001{number:04d}", enrollment=number) for number in range(20)])
    query = StudyQuery(sort="enrollment", page=3, page_size=2)
    for as_of, expected in ((day("2024-03-04"), 1), (day("2024-03-05"), 2), (day("2024-03-07"), 22), (None, 22)):
        results = search_studies(query.changed(as_of=as_of), facets=False, rows="ids")
        assert (results.documents, len(results.nct_ids), results.count) == ([], expected, expected)
        with transaction.atomic():
            rows = [row for batch in stream_documents(results) for row in batch]
        assert [row.nct_id for row in rows] == list(results.nct_ids)
        assert [row.enrollment for row in rows] == sorted(row.enrollment for row in rows)
    then = search_studies(StudyQuery(as_of=FIRST, q="orchid"), rows="ids")
    with transaction.atomic():
        assert [row.title for batch in stream_documents(then) for row in batch] == ["Early cells"]


# What it costs.


def test_a_list_of_an_earlier_day_costs_as_much_as_the_present_one(three_days, django_assert_num_queries):
    query = StudyQuery(as_of=day("2024-03-04"))
    # 1 dataset version, 2 the first day, 3 the kinds of caution, 4 the facet columns, 5 the page's rows
    with django_assert_num_queries(5):
        search_studies(query)
    with django_assert_num_queries(2):
        search_studies(query.changed(status=("COMPLETED",)))
    # 1 dataset version, 2 the kinds of caution, 3 the facet columns of another day, 4 the page's rows
    with django_assert_num_queries(4):
        search_studies(query.changed(as_of=day("2024-03-03")))
    # 1 dataset version, 2 the text's matches, 3 their ranks, 4 the page's rows
    with django_assert_num_queries(4):
        search_studies(query.changed(q="later"))
    # 1 dataset version, 2 the order, 3 the page's rows
    with django_assert_num_queries(3):
        search_studies(query.changed(sort="title"))
    with django_assert_num_queries(2):
        search_studies(query.changed(sort="title", page_size=1))


def test_a_day_outside_costs_no_list(three_days, django_assert_num_queries):
    version = dataset_version()
    with django_assert_num_queries(1), pytest.raises(OutsideHistory):
        search_studies(StudyQuery(as_of=day("2023-01-01")), version=version)
    for told_day in ("2022-01-01", "9999-12-31", "0001-01-01"):
        with django_assert_num_queries(0), pytest.raises(OutsideHistory):
            search_studies(StudyQuery(as_of=day(told_day)), version=version)


def test_a_later_publication_is_in_the_list_of_its_day():
    """A batch that began before midnight may be seen only after it."""
    publish_at(at("2024-03-01T23:00"), entry(ONE))
    assert found(as_of=FIRST) == [ONE]
    publish_at(at("2024-03-01T23:59:59"), entry(TWO))
    assert set(found(as_of=FIRST)) == {ONE, TWO}


def test_a_sweep_over_all_days_keeps_a_few_indexes(three_days):
    version = dataset_version()
    for number in range(3 * bitmaps.PAST_INDEXES):
        search_studies(StudyQuery(as_of=FIRST + dt.timedelta(days=number)))
    assert len(bitmaps._past._kept) == bitmaps.PAST_INDEXES
    assert bitmaps.index_at(version).moment == NOW


def test_the_days_that_were_used_last_are_kept(three_days, django_assert_num_queries):
    version = dataset_version()
    days = [FIRST + dt.timedelta(days=number) for number in range(bitmaps.PAST_INDEXES)]
    for one in [*days, days[0], FIRST + dt.timedelta(days=40)]:
        bitmaps.index_at(version, Moment(one))
    with django_assert_num_queries(0):
        bitmaps.index_at(version, Moment(days[0]))
    with django_assert_num_queries(2):
        bitmaps.index_at(version, Moment(days[1]))


def test_one_index_is_built_at_a_time_and_nobody_waits_long(monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    built: list[Moment] = []
    moments = [Moment(FIRST), Moment(day("2024-03-02"))]

    def build(version: int, moment: Moment) -> bitmaps.BitmapIndex:
        built.append(moment)
        begun.set()
        assert go_on.wait(10)
        return bitmaps.BitmapIndex(version=version, ids=bitmaps.array("I"), values={}, scopes={}, moment=moment)

    monkeypatch.setattr(bitmaps, "build", build)
    monkeypatch.setattr(bitmaps, "SEARCH_TIMEOUT_MS", 50)
    first = threading.Thread(target=bitmaps.index_at, args=(-7, moments[0]))
    first.start()
    assert begun.wait(10)
    for moment in moments:
        with pytest.raises(bitmaps.Busy):
            bitmaps.index_at(-7, moment)
    go_on.set()
    first.join()
    assert built == [moments[0]]
    assert bitmaps.index_at(-7, moments[0]).moment == moments[0]
    assert built == [moments[0]]


def test_a_list_that_would_have_to_wait_is_stopped_and_says_so(three_days, monkeypatch):
    def busy(*_arguments: object) -> None:
        raise bitmaps.Busy

    monkeypatch.setattr("apps.search.selectors.index_at", busy)
    results = asked(as_of=FIRST)
    assert (results.timed_out, results.count, results.is_past_end) == (True, 0, False)
    assert [problem.parameter for problem in results.problems] == ["as_of"]
    assert "Try again a little later" in results.problems[0].message


@pytest.mark.django_db(transaction=True)
def test_a_slow_reading_of_an_earlier_day_is_stopped(three_days, monkeypatch):
    monkeypatch.setattr("apps.search.limits.SEARCH_TIMEOUT_MS", 1)
    monkeypatch.setitem(bitmaps.COLUMNS, "study_type", "study_type || pg_sleep(0.2)::text")
    assert asked(as_of=FIRST).timed_out
    monkeypatch.undo()
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() != ("1ms",)
