"""Reading and writing the query string: a public contract, and the first door for nonsense."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from apps.search.query import FILTERS, MAX_Q, PARAMETERS, SORTS, Problem, StudyQuery


def read(query_string: str) -> tuple[StudyQuery, list[Problem]]:
    return StudyQuery.parse(QueryDict(query_string))


def test_an_empty_query_is_the_plain_list():
    query, problems = read("")
    assert query == StudyQuery()
    assert not problems
    assert query.to_query_string() == ""
    assert (query.scopes, query.order, query.page, query.page_size) == (("in_scope",), "-last_update_posted", 1, 25)


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("status=recruiting", "status=RECRUITING"),
        ("status=Not yet recruiting", "status=NOT_YET_RECRUITING"),
        ("phase=phase2&phase=PHASE1&phase=Phase2", "phase=PHASE1&phase=PHASE2"),
        ("disease=Multiple-Sclerosis", "disease=multiple-sclerosis"),
        ("cell_type=HSC&cell_type=msc", "cell_type=msc&cell_type=hsc"),
        ("country=us&country=Korea, Republic of&country=Iran, Islamic Republic of", "country=IR&country=KR&country=US"),
        ("country=former yugoslavia", "country=Former+Yugoslavia"),
        ("country=Kosovo&country=xk", "country=XK"),
        ("sponsor_class=industry&study_type=observational", "sponsor_class=INDUSTRY&study_type=OBSERVATIONAL"),
        ("has_results=TRUE", "has_results=true"),
        ("scope=in_scope&scope=out&scope=review", "scope=all"),
        ("scope=review&scope=ALL", "scope=all"),
        ("scope=out&scope=review", "scope=review&scope=out"),
        ("scope=in_scope&status=&page=&q=", ""),
        ("sort=-last_update_posted", ""),
        ("sort=relevance", ""),
        ("q=lupus&sort=relevance", "q=lupus"),
        ("q=lupus&sort=-last_update_posted", "q=lupus&sort=-last_update_posted"),
        ("sort=-Title", "sort=-title"),
        ("page_size=200&page=3&q=  a%0A b%00c ", "q=a+bc&page=3&page_size=200"),
        ("q=e%CC%81", "q=%C3%A9"),
        ("page=007", "page=7"),
    ],
)
def test_spellings_become_canonical(given, canonical):
    query, problems = read(given)
    assert not problems
    assert query.to_query_string() == canonical
    assert read(canonical) == (query, [])


# Any text may be a sponsor's name, and nobody is a number of people: tests/unit/search/test_study_filters.py.
@pytest.mark.parametrize("parameter", [name for name in PARAMETERS if name not in {"q", "sponsor"}])
@pytest.mark.parametrize(
    "value", ["bogus", "-1", "00", "1e3", "٣", "' OR 1=1 --", "<script>", "😀", "9" * 400, "%s", "\x7f!"]
)
def test_an_unknown_value_is_left_out_and_named(parameter, value):
    query, problems = StudyQuery.parse({parameter: value})
    assert query == StudyQuery()
    assert [(problem.parameter, problem.kind) for problem in problems] == [(parameter, "unknown_value")]
    assert problems[0].allowed
    assert all(word in problems[0].message for word in problems[0].allowed)
    assert len(problems[0].value) <= 60


@pytest.mark.parametrize("given", ["page_size=201", "page=1000000000", "page_size=0", "page=-1"])
def test_numbers_have_bounds(given):
    query, problems = read(given)
    assert query == StudyQuery()
    assert len(problems) == 1


def test_known_values_stay_beside_an_unknown_one():
    query, problems = read("status=COMPLETED&status=bogus")
    assert query.status == ("COMPLETED",)
    assert len(problems) == 1


def test_an_unknown_parameter_is_named_with_those_that_exist():
    query, problems = read("disese=multiple-sclerosis")
    assert query == StudyQuery()
    assert problems[0].kind == "unknown_parameter"
    assert problems[0].allowed == PARAMETERS


def test_a_long_text_is_cut_with_a_notice():
    query, problems = read("q=" + "lupus " * 200)
    assert len(query.q) <= MAX_Q
    assert set(query.q.split()) == {"lupus"}
    assert [(problem.parameter, problem.kind) for problem in problems] == [("q", "notice")]
    assert read("q=" + "x" * 499 + " y")[0].q == "x" * 499
    assert read("q=" + "x" * 500 + " y")[0].q == "x" * 500
    assert read("q=" + "x" * 501)[0].q == "x" * 500


def test_what_can_be_given_once_is_told_when_given_twice():
    query, problems = read("page=2&page=3&sort=title&sort=title")
    assert (query.page, query.sort) == (2, "title")
    assert [(problem.parameter, problem.kind) for problem in problems] == [("page", "repeated")]


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("lu\x00pus", "lupus"),
        ("\x01lupus\x7f", "lupus"),
        ("lupus\tnephritis\r\n", "lupus nephritis"),
        ("lupus\u2028\x00nephritis\x85", "lupus nephritis"),
        ("\x00", ""),
    ],
)
def test_control_characters_go_and_those_that_are_white_space_part_words(typed, read_as):
    query, problems = StudyQuery.parse({"q": typed})
    assert (query.q, problems) == (read_as, [])


@pytest.mark.parametrize("given", ["cell_type=x", "sort=title&sort=-title", "page=1&page=2", "as_of=x", "page_size=0"])
def test_a_problem_says_what_is_wrong_and_not_what_a_page_makes_of_it(given):
    # The API and files give the same sentence and refuse the whole: nothing was left out or used there.
    [problem] = read(given)[1]
    assert "left out" not in problem.message
    assert "was used" not in problem.message


def test_problems_stay_few_however_many_values_are_wrong():
    _query, problems = read("&".join(f"status=x{number}" for number in range(500)))
    assert len(problems) == 20


@given(st.dictionaries(st.sampled_from(PARAMETERS) | st.text(max_size=8), st.lists(st.text(max_size=30), max_size=3)))
def test_any_text_is_read_and_comes_back_the_same(params):
    query, _problems = StudyQuery.parse(params)
    assert "\x00" not in query.q
    again, problems = read(query.to_query_string())
    assert again == query
    assert {problem.kind for problem in problems} <= {"unreadable"}
    assert query.describe(1)


@pytest.mark.parametrize("sort", SORTS)
def test_every_sort_is_understood(sort):
    query, problems = read(f"q=x&sort={sort}")
    assert not problems
    assert query.order == sort


def test_a_change_of_filter_goes_back_to_the_first_page():
    query, _problems = read("disease=multiple-sclerosis&page=4")
    assert query.to_query_string(status="RECRUITING") == "disease=multiple-sclerosis&status=RECRUITING"
    assert query.to_query_string(page=5) == "disease=multiple-sclerosis&page=5"
    assert query.to_query_string(disease=None) == ""
    assert query.without("disease", "multiple-sclerosis") == StudyQuery()


def test_an_order_by_relevance_goes_with_its_text():
    query, _problems = read("q=lupus&sort=-last_update_posted")
    assert query.changed(q=None).sort == ""
    assert query.changed(sort="relevance").sort == ""


def test_chips_name_every_value_in_force():
    query, _problems = read("country=CN&status=RECRUITING&disease=multiple-sclerosis")
    assert [(name, value, label) for name, value, label in query.chosen()] == [
        ("disease", "multiple-sclerosis", "Multiple sclerosis"),
        ("status", "RECRUITING", "Recruiting"),
        ("country", "CN", "China"),
    ]


@pytest.mark.parametrize(
    ("query_string", "count", "sentence"),
    [
        ("", 1, "1 trial"),
        ("", 1234, "1,234 trials"),
        (
            "status=RECRUITING&cell_type=msc&disease=systemic-lupus-erythematosus&country=CN",
            41,
            "41 recruiting MSC trials for systemic lupus erythematosus in China",
        ),
        ("cell_type=msc&cell_type=hsc&country=IT&country=CN", 2, "2 MSC or HSC trials in China or Italy"),
        ("phase=PHASE1&phase=PHASE2&has_results=true", 3, "3 trials, phase 1 or phase 2, with results posted"),
        ("status=RECRUITING&status=COMPLETED&status=UNKNOWN&status=WITHDRAWN", 9, "9 trials, with one of 4 statuses"),
        ("scope=review&q=cord+blood", 5, "5 trials, waiting for a person, matching “cord blood”"),
        (
            "sponsor_class=NIH&sponsor_class=INDUSTRY",
            5,
            "5 trials, kind of sponsor: Industry or U.S. National Institutes of Health",
        ),
    ],
)
def test_a_query_reads_as_a_sentence(query_string, count, sentence):
    assert read(query_string)[0].describe(count) == sentence


def test_every_value_of_every_closed_list_has_a_label_and_reads_back():
    for item in FILTERS.values():
        for word in item.words:
            assert item.read(word) == word
            assert item.label_of(word)


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ('lupus "umbilical cord', 6, "quotation mark"),
        ("titel:lupus", 0, "title, condition"),
        ("lupus country:Narnia", 14, "no country"),
        ("-(lupus", 1, "not closed"),
    ],
)
def test_a_text_that_cannot_be_read_is_told_with_its_place(text, position, word):
    query, problems = StudyQuery.parse({"q": text, "status": "bogus"})
    assert query.q == text
    assert query.question is None
    assert [(problem.parameter, problem.kind) for problem in problems] == [
        ("q", "unreadable"),
        ("status", "unknown_value"),
    ]
    assert problems[0] == query.unreadable
    assert problems[0].position == position
    assert word in problems[0].message


@given(st.text(max_size=500))
def test_any_search_text_is_a_question_or_told(text):
    query, _problems = StudyQuery.parse({"q": text})
    assert (query.question is None) == (not query.q or query.unreadable is not None)
    if query.unreadable:
        assert 0 <= query.unreadable.position <= len(query.q)
