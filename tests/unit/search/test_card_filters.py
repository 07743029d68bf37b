"""Narrowing a list by the card: what is stated, what is not, and both kinds of cell kept apart."""

from __future__ import annotations

from dataclasses import fields

import pytest
from django.db import connection
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.search import bitmaps
from apps.search.query import FILTERS, PARAMETERS, StudyQuery
from apps.search.selectors import search_studies
from apps.vocabulary.card_values import CARD_FILTERS, NOT_STATED
from apps.vocabulary.cards import FIELDS
from tests.factories.documents import entry, publish

CARD = list(CARD_FILTERS)


def read(query_string: str) -> StudyQuery:
    query, problems = StudyQuery.parse(QueryDict(query_string))
    assert not problems
    return query


def found(query_string: str) -> list[str]:
    return sorted(row.nct_id for row in search_studies(read(query_string)).documents)


def counts(query_string: str, parameter: str) -> dict[str, int]:
    [facet] = [facet for facet in search_studies(read(query_string)).facets if facet.parameter == parameter]
    return {value.value: value.count for value in facet.values}


# The parameters.


def test_every_field_of_the_card_is_a_parameter_and_a_field_of_the_query():
    assert [field.slug for field in FIELDS] == [name for name in PARAMETERS if name in CARD]
    assert [item.name for item in fields(StudyQuery)] == list(PARAMETERS)


@pytest.mark.parametrize("parameter", CARD)
def test_every_word_of_a_field_reads_back_in_any_spelling(parameter):
    for word in CARD_FILTERS[parameter].words:
        for spelling in (word, word.upper(), word.replace("-", "_"), word.replace("-", " "), f" {word} "):
            assert StudyQuery.parse({parameter: spelling}) == (StudyQuery(**{parameter: (word,)}), [])
        assert read(f"{parameter}={word}").to_query_string() == f"{parameter}={word}"
        assert FILTERS[parameter].label_of(word)


@pytest.mark.parametrize("parameter", CARD)
@pytest.mark.parametrize(
    "value",
    [
        "bogus",
        "-1",
        "0",
        "5",
        "1e3",
        "٣",
        "' OR 1=1 --",
        "<script>",
        "😀",
        "9" * 400,
        "%s",
        "not",
        "not-stated-",
        "1,2",
    ],
)
def test_nonsense_in_a_field_of_the_card_is_left_out_and_named(parameter, value):
    query, problems = StudyQuery.parse({parameter: [value, "not-stated"]})
    assert query == StudyQuery(**{parameter: (NOT_STATED,)})
    assert [(problem.parameter, problem.kind) for problem in problems] == [(parameter, "unknown_value")]
    assert problems[0].allowed == tuple(CARD_FILTERS[parameter].words)


@pytest.mark.parametrize(
    ("query_string", "sentence"),
    [
        (
            "cell_type=msc&disease=type-1-diabetes&source=umbilical-cord&source=adipose&donor=related",
            "7 MSC trials for type 1 diabetes, tissue: fat tissue or umbilical cord tissue, donor: from a relative",
        ),
        ("has_results=true&dose=not-stated", "7 trials, with results posted, dose: not stated in the registry"),
        ("severity=edss&severity=hba1c&severity=c-peptide", "7 trials, severity: EDSS, C-peptide or HbA1c"),
        (
            "endpoint=edss&endpoint=mri&endpoint=acr&endpoint=pain&phenotype=rrms",
            "7 trials, form of the disease: relapsing-remitting MS, what is measured: one of 4",
        ),
        (
            "source=adipose&graft_manipulation=t-cell-depleted&dose=per-kg&sex=male&age=children&scope=out",
            (
                "7 trials, tissue: fat tissue, dose: by body weight (cells per kg), "
                "work on the graft: T cells taken out, with 2 more filters, not in scope"
            ),
        ),
    ],
)
def test_filters_by_the_card_are_told_in_the_sentence(query_string, sentence):
    assert read(query_string).describe(7) == sentence


def test_chips_name_the_values_of_the_card():
    chosen = list(read("source=adipose&follow_up=over-5-years").chosen())
    assert chosen == [("source", "adipose", "Fat tissue"), ("follow_up", "over-5-years", "More than 5 years")]


# The lists.


@pytest.mark.django_db
def test_values_of_a_field_mean_or_and_fields_mean_and():
    publish(
        entry("NCT90000001", card={"source": ["bone-marrow"], "dose": ["1e6/kg"]}),
        entry("NCT90000002", card={"source": ["adipose", "bone-marrow"], "dose": ["3e7"]}),
        entry("NCT90000003", card={"source": ["placenta"], "dose": ["1e6/kg", "5e7/m2"]}),
    )
    assert found("source=adipose&source=placenta") == ["NCT90000002", "NCT90000003"]
    assert found("source=bone-marrow&dose=per-kg") == ["NCT90000001"]
    assert found("dose=other") == ["NCT90000003"]
    assert counts("dose=per-kg", "source") == {"bone-marrow": 1, "placenta": 1}
    assert counts("source=bone-marrow", "source") == {"bone-marrow": 2, "adipose": 1, "placenta": 1}


@pytest.mark.django_db
def test_a_value_in_several_bands_is_found_under_each_of_them():
    publish(entry("NCT90000001", card={"age": ["16-70"], "administrations": ["2-4"], "duration": [">=12"]}))
    assert counts("", "age") == {"children": 1, "adults": 1, "over-65": 1}
    assert counts("", "administrations") == {"2": 1, "3": 1, "4-or-more": 1}
    assert found("age=over-65&administrations=3&duration=5-to-10-years") == ["NCT90000001"]
    assert found("administrations=1") == []


@pytest.mark.django_db
def test_not_stated_is_said_of_studies_that_could_have_stated_it():
    publish(
        entry("NCT90000001", cell_types=["msc"], card={"source": ["adipose"]}),
        entry("NCT90000002", cell_types=["hsc"], card={"conditioning": ["beam-atg"]}),
        entry("NCT90000003", cell_types=["hsc", "msc"]),
        entry("NCT90000004", cell_types=[], scope="review"),
        entry("NCT90000005", cell_types=["msc"], scope="out"),
        entry("NCT90000006", cell_types=[], scope="out"),
        entry("NCT90000007", cell_types=["msc"], scope="out", card={"age": ["18-65"]}),
    )
    assert found("scope=all&source=not-stated") == ["NCT90000002", "NCT90000003", "NCT90000004", "NCT90000007"]
    assert found("scope=all&dose=not-stated") == ["NCT90000001", "NCT90000003", "NCT90000007"]
    assert found("scope=all&conditioning=not-stated") == ["NCT90000003"]
    assert found("conditioning=not-stated&conditioning=beam-atg") == ["NCT90000002", "NCT90000003"]


@pytest.mark.django_db
def test_a_value_that_the_vocabulary_does_not_know_is_stated_all_the_same():
    publish(entry("NCT90000001", card={"source": ["moon-rock"], "dose": ["a cup"], "former_field": ["x"]}))
    assert found("source=not-stated") == found("dose=not-stated") == []
    assert counts("", "source") == {}
    assert found("dose=other") == ["NCT90000001"]


@pytest.mark.django_db
def test_the_commonest_values_come_first_but_bands_keep_their_order():
    publish(
        entry(card={"endpoint": ["edss", "pain"], "follow_up": ["60"]}),
        entry(card={"endpoint": ["adverse-events", "pain"], "follow_up": ["60"]}),
        entry(card={"endpoint": ["adverse-events", "pain"], "follow_up": ["3"]}),
        *(entry() for _ in range(4)),
    )
    facets = {facet.parameter: [value.value for value in facet.values] for facet in search_studies(StudyQuery()).facets}
    assert facets["endpoint"] == ["pain", "adverse-events", "edss", "not-stated"]
    assert facets["follow_up"] == ["under-6-months", "2-to-5-years", "not-stated"]


@pytest.mark.django_db
def test_the_card_costs_the_index_no_statement(django_assert_num_queries):
    publish(entry(card={"source": ["adipose"]}))
    # 1 the kinds of caution that readers see, 2 the facet columns
    with django_assert_num_queries(2):
        bitmaps.build(1)


# Any cards, held against a plain reading.

VALUES = {
    "source": ["bone-marrow", "adipose"],
    "dose": ["1e6/kg", "3e7", "2e7/joint"],
    "conditioning": ["beam-atg", "cyclophosphamide"],
    "age": ["18-65", "-16", "18-"],
    "severity": ["edss<=6", "edss>=3", "sledai>8"],
}
CARDS = st.fixed_dictionaries(
    {}, optional={slug: st.lists(st.sampled_from(values), min_size=1, unique=True) for slug, values in VALUES.items()}
)
STUDIES = st.lists(
    st.builds(
        dict,
        card=CARDS,
        cell_types=st.sampled_from([[], ["msc"], ["hsc"], ["hsc", "msc"]]),
        scope=st.sampled_from(["in_scope", "review", "out"]),
    ),
    max_size=10,
)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        slug: st.lists(st.sampled_from(list(CARD_FILTERS[slug].words)), unique=True, max_size=3) for slug in VALUES
    },
)


def words(study: dict, slug: str) -> set[str]:
    if slug in study["card"]:
        return {word for value in study["card"][slug] for word in CARD_FILTERS[slug].words_of(value)}
    kind = CARD_FILTERS[slug].field.card
    was_read = study["scope"] != "out" or study["card"]
    return {NOT_STATED} if was_read and (kind == "both" or kind in study["cell_types"]) else set()


@pytest.mark.django_db
@given(studies=STUDIES, asked=QUERIES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lists_and_counts_by_the_card_agree_with_a_plain_reading(studies, asked):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM search_studydocument")
    named = {f"NCT9000{number:04d}": study for number, study in enumerate(studies)}
    publish(*(entry(nct_id, **study) for nct_id, study in named.items()))
    query = StudyQuery().changed(scope=("all",), **{slug: tuple(values) or None for slug, values in asked.items()})
    results = search_studies(query)

    def fits(study: dict, leaving_out: str = "") -> bool:
        return all(words(study, slug) & set(values) for slug, values in asked.items() if values and slug != leaving_out)

    assert {row.nct_id for row in results.documents} == {nct_id for nct_id, study in named.items() if fits(study)}
    for facet in (facet for facet in results.facets if facet.parameter in VALUES):
        expected = dict.fromkeys(getattr(query, facet.parameter), 0)
        for study in named.values():
            for word in words(study, facet.parameter) if fits(study, facet.parameter) else ():
                expected[word] = expected.get(word, 0) + 1
        assert {value.value: value.count for value in facet.values} == expected
