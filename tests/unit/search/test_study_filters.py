"""Narrowing a list by what any record may state: counts that combine, names of sponsors, nonsense, other columns."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.ctgov.parser import parse_study
from apps.search import bitmaps
from apps.search.documents import DocumentEntry, build_entry
from apps.search.names import Names
from apps.search.query import FILTERS, StudyQuery
from apps.search.selectors import NAMES_SHOWN, search_studies
from apps.studies.records import ENROLLMENT_UNKNOWN
from apps.vocabulary import study_values as values
from apps.vocabulary.study_values import NOT_STATED
from tests.factories.documents import entry, publish
from tests.factories.studies import encoded, study

pytestmark = pytest.mark.django_db

NEW = ("allocation", "masking", "who_masked", "controlled", "sponsor", "start_year", "enrollment", "age_group")
NEW += ("publication", "fda_regulated", "registration", "updated", "sex")


def read(query_string: str) -> StudyQuery:
    query, problems = StudyQuery.parse(QueryDict(query_string))
    assert not problems
    return query


def found(query_string: str) -> list[str]:
    return sorted(row.nct_id for row in search_studies(read(query_string)).documents)


def counts(query_string: str, parameter: str, whole: str = "") -> dict[str, int]:
    facets = search_studies(read(query_string), whole=whole).facets
    [facet] = [facet for facet in facets if facet.parameter == parameter]
    return {value.value: value.count for value in facet.values}


# What a record says becomes a column.


def columns_of(**changes: object) -> DocumentEntry:
    paths = {f"protocolSection.{path.replace('__', '.')}": value for path, value in changes.items()}
    return build_entry(parse_study(encoded(study(changes=paths))), scope="in_scope")


def test_a_record_becomes_columns():
    told = columns_of(
        referencesModule={"references": [{"type": "BACKGROUND"}, {"type": "RESULT", "pmid": "1"}, {"pmid": "2"}]},
        designModule__enrollmentInfo__count=ENROLLMENT_UNKNOWN,
    )
    assert (told.allocation, told.masking) == ("RANDOMIZED", "DOUBLE")
    assert told.who_masked == ("PARTICIPANT", "OUTCOMES_ASSESSOR")
    assert (told.sex, told.age_groups) == ("ALL", ("ADULT",))
    assert (told.fda_drug, told.fda_device) == (False, False)
    assert told.publications == ("RESULT",)
    assert (told.first_submitted, told.registration) == ("2024-04-01", "before-start")
    assert told.enrollment is None


def test_a_record_without_the_modules_becomes_columns_too():
    told = columns_of(
        oversightModule=None, eligibilityModule=None, referencesModule=None, designModule=None, statusModule=None
    )
    assert (told.allocation, told.masking, told.sex, told.first_submitted) == ("", "", "", "")
    assert (told.who_masked, told.age_groups, told.publications) == ((), (), ())
    assert (told.fda_drug, told.fda_device, told.registration) == (None, None, "cannot-be-told")


# Counts that combine.


def naive(study_: DocumentEntry, newest: dt.date | None) -> dict[str, set[str]]:
    """Every value of every new filter that a document has, read plainly."""
    interventional = study_.study_type == "INTERVENTIONAL"
    masked = study_.masking not in {"", "NONE"}
    comparators = study_.card.get("comparator", [])
    unstated = {NOT_STATED}
    return {
        "allocation": {study_.allocation} if study_.allocation else unstated if interventional else set(),
        "masking": {study_.masking} if study_.masking else unstated if interventional else set(),
        "who_masked": set(study_.who_masked) or (unstated if masked else set()),
        "controlled": {values.controlled(comparators)},
        "sponsor": {study_.sponsor} if study_.sponsor else set(),
        "start_year": {study_.start_date[:4] or NOT_STATED},
        "enrollment": {values.enrollment_band(study_.enrollment)},
        "age_group": set(study_.age_groups) or unstated,
        "publication": set(study_.publications) or {"none"},
        "fda_regulated": set(values.fda_regulated(study_.fda_drug, study_.fda_device)),
        "registration": {study_.registration},
        "updated": set(values.update_bands(study_.last_update_posted, newest)),
        "sex": {study_.sex.lower()} if study_.sex else unstated,
    }


def words(name: str) -> st.SearchStrategy:
    lists = {
        "sponsor": ["Alpha", "Beta Institute", "Gamma"],
        "start_year": ["2019", "2024", NOT_STATED],
    }
    return st.lists(st.sampled_from(lists.get(name) or FILTERS[name].words), unique=True, max_size=2)


FLAG = st.sampled_from([None, True, False])
STUDIES = st.lists(
    st.fixed_dictionaries(
        {
            "study_type": st.sampled_from(["INTERVENTIONAL", "OBSERVATIONAL", ""]),
            "allocation": st.sampled_from(["", "RANDOMIZED", "NON_RANDOMIZED", "NA"]),
            "masking": st.sampled_from(["", "NONE", "SINGLE", "QUADRUPLE"]),
            "who_masked": st.sampled_from([[], ["PARTICIPANT"], ["PARTICIPANT", "INVESTIGATOR"]]),
            "sponsor": st.sampled_from(["", "Alpha", "Beta Institute", "Gamma"]),
            "start_date": st.sampled_from(["", "2019", "2024-05", "2024-12-31"]),
            "enrollment": st.sampled_from([None, 0, 9, 10, 500]),
            "sex": st.sampled_from(["", "ALL", "FEMALE"]),
            "age_groups": st.sampled_from([[], ["CHILD", "ADULT"], ["OLDER_ADULT"]]),
            "publications": st.sampled_from([[], ["RESULT"], ["RESULT", "DERIVED"]]),
            "fda_drug": FLAG,
            "fda_device": FLAG,
            "registration": st.sampled_from(list(values.REGISTRATIONS)),
            "last_update_posted": st.sampled_from(["", "2025-01-01", "2024-12", "2022-03-04"]),
            "card": st.sampled_from([{}, {"comparator": ["placebo"]}, {"comparator": ["none"]}]),
        }
    ),
    max_size=10,
)
QUERIES = st.fixed_dictionaries({name: words(name) for name in NEW}).flatmap(
    # Of thirteen filters at once nothing would be left: three are asked for.
    lambda every: st.permutations(NEW).map(lambda names: {name: every[name] for name in names[:3]})
)


@given(studies=STUDIES, asked=QUERIES)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lists_and_counts_agree_with_a_plain_reading(studies, asked):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM search_studydocument")
    entries = [entry(f"NCT9000{number:04d}", **told) for number, told in enumerate(studies)]
    publish(*entries)
    query = StudyQuery().changed(**{name: tuple(chosen) or None for name, chosen in asked.items()})
    newest = values.newest_day([told.last_update_posted for told in entries])
    read_plainly = {told.nct_id: naive(told, newest) for told in entries}

    def fits(nct_id: str, leaving_out: str = "") -> bool:
        have = read_plainly[nct_id]
        return all(have[name] & set(chosen) for name, chosen in asked.items() if chosen and name != leaving_out)

    results = search_studies(query)
    assert {row.nct_id for row in results.documents} == {nct_id for nct_id in read_plainly if fits(nct_id)}
    for facet in (facet for facet in results.facets if facet.parameter in NEW):
        expected = dict.fromkeys(getattr(query, facet.parameter), 0)
        for nct_id, have in read_plainly.items():
            for value in have[facet.parameter] if fits(nct_id, facet.parameter) else ():
                expected[value] = expected.get(value, 0) + 1
        assert {value.value: value.count for value in facet.values} == expected


# Sponsors.


def test_a_sponsor_is_found_in_any_case_and_told_as_most_records_spell_it():
    publish(
        entry("NCT90000001", sponsor="Karolinska Institutet"),
        entry("NCT90000002", sponsor="Karolinska Institutet"),
        entry("NCT90000003", sponsor="KAROLINSKA  INSTITUTET"),
        entry("NCT90000004", sponsor="Novo, Nordisk & Söhne"),
        entry("NCT90000005", sponsor=""),
    )
    results = search_studies(read("sponsor=karolinska institutet"))
    assert results.count == 3
    assert results.query.sponsor == ("Karolinska Institutet",)
    assert not results.problems
    assert counts("", "sponsor") == {"Karolinska Institutet": 3, "Novo, Nordisk & Söhne": 1}
    assert found("sponsor=novo, nordisk %26 söhne") == ["NCT90000004"]
    assert search_studies(read("sponsor=KAROLINSKA INSTITUTET&sponsor=Karolinska Institutet")).count == 3


def test_a_sponsor_that_no_study_has_finds_nothing_and_is_told():
    publish(entry("NCT90000001"))
    results = search_studies(read("sponsor=Nobody"))
    assert results.count == 0
    assert [(problem.kind, problem.parameter, problem.value) for problem in results.problems] == [
        ("notice", "sponsor", "Nobody")
    ]
    assert "Nobody" in results.problems[0].message
    assert counts("sponsor=Nobody", "sponsor") == {"Nobody": 0, "University Hospital of Testing": 1}


def test_of_many_sponsors_a_list_has_the_most_frequent_and_the_chosen():
    publish(*(entry(sponsor=f"Sponsor {number % 20:02d}") for number in range(50)))
    [facet] = [facet for facet in search_studies(read("sponsor=sponsor 19")).facets if facet.parameter == "sponsor"]
    assert facet.total == 20
    assert [value.value for value in facet.values] == ["Sponsor 19"] + [
        f"Sponsor {at:02d}" for at in range(NAMES_SHOWN)
    ]
    assert len(counts("", "sponsor", whole="sponsor")) == 20


@given(st.lists(st.sampled_from(["", "a", "A", "b ", " b", "c  d", "C D"]), max_size=40), st.integers(0, 2**40))
def test_names_count_as_a_plain_reading(column, chosen):
    names = Names(column)
    bits = chosen & ((1 << len(column)) - 1)
    kept = [" ".join(raw.split()).casefold() for at, raw in enumerate(column) if bits >> at & 1]
    told = names.counts(bits)
    assert {name.casefold(): count for name, count in told.items()} == {
        name: kept.count(name) for name in set(kept) - {""}
    }
    assert list(told.values()) == sorted(told.values(), reverse=True)
    for name in told:
        having = names.having([name.upper()])
        assert (having & bits).bit_count() == told[name]
        assert name in names
        assert names.spelled(name.upper()) == name


@pytest.mark.parametrize("text", ["bogus", "-1", "٣", "' OR 1=1 --", "<script>", "😀", "%s", "\x7f!", "a" * 300])
def test_any_text_may_be_a_name(text):
    publish(entry())
    query, problems = StudyQuery.parse({"sponsor": text})
    assert not problems
    assert search_studies(query).count == 0


def test_a_name_that_is_too_long_is_no_name():
    query, [problem] = StudyQuery.parse({"sponsor": "a" * 301})
    assert query == StudyQuery()
    assert problem.parameter == "sponsor"


# Single facets.


def test_years_come_from_the_newest():
    publish(*(entry(start_date=date) for date in ("2019-05", "2024", "", "2021-01-02")))
    assert list(counts("", "start_year")) == ["2024", "2021", "2019", NOT_STATED]


def test_only_studies_that_could_state_a_design_are_not_stated():
    publish(
        entry("NCT90000001"),
        entry("NCT90000002", study_type="OBSERVATIONAL"),
        entry("NCT90000003", masking="DOUBLE", allocation="RANDOMIZED"),
        entry("NCT90000004", masking="NONE"),
    )
    assert found("allocation=not-stated") == ["NCT90000001", "NCT90000004"]
    assert found("masking=not-stated") == ["NCT90000001"]
    assert found("who_masked=not-stated") == ["NCT90000003"]


def test_the_sex_of_a_study_without_a_card_counts_too():
    publish(
        entry("NCT90000001", card={"sex": ["female"]}, sex="FEMALE"),
        entry("NCT90000002", scope="out", diseases=[], cell_types=[], sex="MALE"),
    )
    assert counts("scope=all", "sex") == {"female": 1, "male": 1}


def test_a_cut_of_the_newest_update_and_not_of_the_clock_makes_the_bands():
    publish(
        entry("NCT90000001", last_update_posted="2011-01-15"), entry("NCT90000002", last_update_posted="2011-01-01")
    )
    assert counts("", "updated") == {"30-days": 2}


@pytest.mark.parametrize("parameter", sorted(set(NEW) - {"sponsor", "sex"}))
def test_values_have_names_and_read_back(parameter):
    for word in FILTERS[parameter].words or ("2024", NOT_STATED):
        assert FILTERS[parameter].label_of(word)
        assert read(f"{parameter}={word.lower()}").to_query_string() == f"{parameter}={word}"


@pytest.mark.parametrize(
    ("query_string", "sentence"),
    [
        ("allocation=randomized&masking=double", "7 trials, allocation: randomised, masking: double"),
        ("sponsor=eBay Labs", "7 trials, lead sponsor: eBay Labs"),
        ("start_year=2020&start_year=2021", "7 trials, year of start: 2020 or 2021"),
        (
            "registration=over-21-days&fda_regulated=no",
            "7 trials, regulated by the FDA: no, time of registration: more than 21 days after the start",
        ),
    ],
)
def test_the_filters_in_words(query_string, sentence):
    assert read(query_string).describe(7) == sentence


def test_the_index_of_nothing_has_every_facet():
    index = bitmaps.build(0)
    assert set(index.values) | set(index.names) == set(FILTERS)


@given(st.lists(st.sampled_from(["", "a", "b", "a\x1fb", "c"]), max_size=40))
def test_bitmaps_by_code_and_by_place_are_the_same(column):
    told = {raw: tuple(raw.split("\x1f")) for raw in set(column)}
    kinds = {values: code for code, values in enumerate(dict.fromkeys(told.values()))}
    answers = []
    for way in (bitmaps._by_code, bitmaps._by_place):
        held: dict[str, int] = {}
        for words, bits in way(column, told, kinds):
            for word in words:
                held[word] = held.get(word, 0) | bits
        answers.append(held)
    assert answers[0] == answers[1]
    for word in {"a", "b", "c"}:
        expected = sum(1 << place for place, raw in enumerate(column) if word in raw.split("\x1f"))
        assert answers[0].get(word, 0) == expected


def test_more_kinds_of_values_than_octets_have_are_counted_too():
    publish(*(entry(start_date=str(1700 + number)) for number in range(300)))
    assert len(counts("", "start_year")) == 300
