"""From what is typed to what PostgreSQL is asked: synonyms, fields, minuses, and how much there may be of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.search.expressions import MAX_LEAVES, ExpressionError
from apps.search.matching import MAX_SYNONYMS, Group, InCountries, Match, Plan, matches_of, read_question
from apps.search.words import LETTERS, fold, spelt


def told(plan: Plan | None) -> object:
    """The plan in short: vectors and tsqueries, countries, groups."""
    if isinstance(plan, Match):
        return f"{plan.vector.removesuffix('_vector')} {plan.tsquery}"
    if isinstance(plan, InCountries):
        return plan.codes
    if isinstance(plan, Group):
        return (plan.kind, *(told(part) for part in plan.parts))
    return None


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("cells", "whole 'cells'"),
        ("white cells", "whole ('white' & 'cells')"),
        ("white OR red cells", "whole ('white' | ('red' & 'cells'))"),
        ('"white cells"', "whole 'white cells'"),
        ("cells -white", ("all", "whole 'cells'", ("not", "search 'white'"))),
        ("cells -white -red", ("all", "whole 'cells'", ("not", "search ('white' | 'red')"))),
        ("cells -(white red)", ("all", "whole 'cells'", ("not", "search ('white' & 'red')"))),
        ("-white OR -red", ("not", "search ('white' & 'red')")),
        ("NOT -white", "whole 'white'"),
        ("title:cells", "whole 'cells':A"),
        ("title:cells white", "whole ('cells':A & 'white')"),
        ("-title:cells", ("not", "search 'cells':A")),
        ("condition:x", "field 'x':A"),
        ("intervention:x", "field 'x':B"),
        ('sponsor:"x y"', "field 'x y':C"),
        ("outcome:x", "field 'x':D"),
        ("eligibility:x", "whole 'x':D"),
        ("-eligibility:x", ("not", "whole 'x':D")),
        ("country:Spain", ("ES",)),
        ("country:es", ("ES",)),
        ('country:"United States"', ("US",)),
        ("country:Korea", ("KP", "KR")),
        ("country:Yugoslavia", ("Former Yugoslavia",)),
        ("x country:Spain", ("all", "whole 'x'", ("ES",))),
        ("SLE", "whole ('SLE' | 'systemic lupus erythematosus' | 'lupus')"),
        ("title:SLE", "whole ('SLE':A | 'systemic lupus erythematosus':A | 'lupus':A)"),
        ("-SLE", ("not", "search ('SLE' | 'systemic lupus erythematosus' | 'lupus')")),
        ('"SLE"', "whole 'SLE'"),
        ("multiple sclerosis x", "whole ((('multiple' & 'sclerosis') | 'MS' | 'disseminated sclerosis') & 'x')"),
        ("title:multiple sclerosis", "whole ('multiple':A & 'sclerosis')"),
        ("UC-MX", "whole ('UC-MX' | 'UC MX')"),
        ("it's'\\", "whole ('it''s''\\\\' | 'it''\\\\')"),
        ("the", "whole 'the'"),
        ("!", None),
        ("", None),
    ],
)
def test_a_text_becomes_tsqueries(text, plan):
    assert told(read_question(text).plan) == plan


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("NCT9000", ("9000",)),
        ("nct90000001, NCT 90000002", ("90000001", "90000002")),
        ("NCT90000001", ()),
        ("NCT90000001 lupus", ()),
    ],
)
def test_ids_alone_are_looked_up(text, ids):
    question = read_question(text)
    assert question.ids == ids
    assert (question.plan is None) == bool(ids)


def test_a_whole_id_is_one_word_however_it_is_written():
    for text in ("NCT90000001", "nct 90000001", "NCT:90000001", "(nct-90000001)"):
        assert told(read_question(text).plan) == "whole 'NCT90000001'", text


def test_synonyms_are_told_and_can_be_done_without():
    question = read_question("Wharton's jelly -RA OR x")
    assert question.also_searched == ("umbilical cord",)
    assert question.also_left_out == ("rheumatoid arthritis",)
    assert question.as_typed == '"Wharton\'s jelly" -"RA" OR x'
    assert read_question(question.as_typed).also_searched == ()
    field = read_question("title:RA x")
    assert (field.also_searched, field.as_typed) == (("rheumatoid arthritis",), 'title:"RA" x')


def test_the_longest_stretch_has_the_synonyms():
    assert read_question("lupus nephritis").also_searched == ("lupus glomerulonephritis",)


def test_no_synonym_is_told_twice_for_its_ending():
    told = read_question("HSCT").also_searched
    assert "bone marrow transplant" in told
    assert "bone marrow transplantation" not in told


def test_a_word_that_means_more_is_never_a_synonym():
    assert "HSCT" in read_question("stem cell transplant").also_searched
    found = read_question("HSCT").also_searched
    assert "bone marrow transplant" in found
    assert not {phrase for phrase in found if phrase.startswith("stem cell")}


def test_synonyms_are_bounded():
    question = read_question(" ".join(["HSCT", "SLE", "T1D", "MS"] * (MAX_LEAVES // 4)))
    [match] = matches_of(question.plan)
    assert match.tsquery.count("'") // 2 <= 2 * (MAX_LEAVES + MAX_SYNONYMS)
    assert question.also_searched


def test_words_under_a_minus_neither_rank_nor_are_marked_nor_put_right():
    question = read_question("cells -white title:red country:Spain")
    assert question.order.anywhere == "('cells' & 'red':A)"
    assert question.order.titles == "('cells':A & 'red':A)"
    assert [term.sequences for term in question.terms] == [(("cell",),), (("red",),)]
    assert question.spelt == (("cells", 0),)
    assert read_question("-white").order is None


def test_only_words_of_letters_can_be_misspelt():
    text = 'NCT90000001 lupsu "lupsu" CD34plus Wharton\'s abc country:Spain -lupsu'
    assert read_question(text).spelt == (("lupsu", 12), ("Wharton", 35))


@given(st.lists(st.text(alphabet=st.sampled_from("abZÉßñ²½५1_-' \n\tж中"), max_size=60), max_size=3))
def test_words_of_texts_are_those_that_a_question_finds_in_them(texts):
    assert spelt(texts) == {word for text in texts for word in LETTERS.findall(fold(text))}


@pytest.mark.parametrize("text", ["country:Narnia", "country:1", "-country:Narnia"])
def test_an_unknown_country_is_told_with_its_place(text):
    with pytest.raises(ExpressionError, match="no country") as caught:
        read_question(text)
    assert text[caught.value.position :].strip('"')


@given(st.text(alphabet=st.sampled_from("ab \"-'()&|!:*<>\\,@é0ORNTtitle"), max_size=80))
def test_every_word_in_a_tsquery_stands_in_quotation_marks(text):
    try:
        question = read_question(text)
    except ExpressionError:
        return
    for match in matches_of(question.plan) if question.plan else ():
        outside = ""
        inside = False
        for char in match.tsquery:
            inside ^= char == "'"
            outside += "" if inside or char == "'" else char
        assert not inside
        assert set(outside) <= set("()&|: ABCD")
