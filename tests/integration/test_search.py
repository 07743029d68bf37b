"""What readers search for and what they should meet first, on made-up records through the real database."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.ctgov.parser import parse_study
from apps.search.documents import DocumentEntry, build_entry
from apps.search.models import Word
from apps.search.query import StudyQuery
from apps.search.selectors import Results, search_studies
from tests.factories.documents import entry, publish
from tests.factories.studies import study

pytestmark = pytest.mark.django_db

P = "protocolSection"
TITLE, OFFICIAL, ALIASES, OTHER_IDS = (
    f"{P}.identificationModule.{name}" for name in ("briefTitle", "officialTitle", "nctIdAliases", "secondaryIdInfos")
)
ORG = f"{P}.identificationModule.orgStudyIdInfo.id"
CONDITIONS, KEYWORDS = f"{P}.conditionsModule.conditions", f"{P}.conditionsModule.keywords"
SUMMARY = f"{P}.descriptionModule.briefSummary"
GIVEN = f"{P}.armsInterventionsModule.interventions"
ARMS = f"{P}.armsInterventionsModule.armGroups"
PRIMARY, SECONDARY = f"{P}.outcomesModule.primaryOutcomes", f"{P}.outcomesModule.secondaryOutcomes"
CRITERIA = f"{P}.eligibilityModule.eligibilityCriteria"
SPONSOR = f"{P}.sponsorCollaboratorsModule.leadSponsor.name"
COLLABORATORS = f"{P}.sponsorCollaboratorsModule.collaborators"
OFFICIALS, PLACES = (f"{P}.contactsLocationsModule.{name}" for name in ("overallOfficials", "locations"))

# One study for each situation, named by it; all else of the record is about nothing that the queries ask for.
PLAIN: dict[str, Any] = {
    TITLE: "Cells A",
    OFFICIAL: None,
    ORG: "X-1",
    CONDITIONS: ["Autoimmune Disease"],
    KEYWORDS: None,
    SUMMARY: "Cells are given once.",
    GIVEN: [{"type": "BIOLOGICAL", "name": "Cells"}],
    ARMS: None,
    PRIMARY: [{"measure": "Change after a year"}],
    SECONDARY: None,
    CRITERIA: "Adults.",
    SPONSOR: "Institute Z",
    OFFICIALS: None,
    PLACES: [{"facility": "Ward 1", "city": "Smalltown", "country": "Norway"}],
    "derivedSection.conditionBrowseModule": None,
}
SITUATIONS: dict[str, dict[str, Any]] = {
    "lupus in the title": {TITLE: "Cells in Lupus", CONDITIONS: ["Systemic Lupus Erythematosus"]},
    "SLE in the title": {TITLE: "Cells in SLE"},
    "lupus as condition alone": {TITLE: "Cells in Autoimmunity", CONDITIONS: ["Systemic Lupus Erythematosus"]},
    "lupus many times in the summary": {SUMMARY: "Lupus, lupus and lupus. " * 60},
    "lupus keeps out": {TITLE: "Cells in MS", CRITERIA: "Exclusion: lupus, any other disease than multiple sclerosis."},
    "given from Wharton's jelly": {GIVEN: [{"type": "BIOLOGICAL", "name": "Wharton’s jelly cells"}]},
    "given from umbilical cord": {GIVEN: [{"type": "BIOLOGICAL", "name": "Umbilical cord cells"}]},
    "umbilical cord in the summary": {SUMMARY: "Unlike the umbilical cord, fat is at hand."},
    "HSCT in the title": {TITLE: "HSCT against best therapy"},
    "bone marrow transplant in the title": {TITLE: "Bone Marrow Transplantation in Severe Disease"},
    "mesenchymal transplantation": {TITLE: "Mesenchymal Stem Cell Transplantation at Home"},
    "sponsor in Malmö": {SPONSOR: "Malmö Sjukhus", COLLABORATORS: [{"name": "Second House"}]},
    "investigator Núñez": {OFFICIALS: [{"name": "Ana Núñez, MD", "affiliation": "Institute Z"}]},
    "place in Zaragoza": {PLACES: [{"facility": "Hospital Q", "city": "Zaragoza", "country": "Spain"}]},
    "an alias and other numbers": {ALIASES: ["NCT80000001"], OTHER_IDS: [{"id": "2011-000468-32"}], ORG: "ORG/7-x"},
    "natalizumab must have failed": {CRITERIA: "Inclusion:\n\n* Natalizumab has failed for 6 months\n* Adults"},
    "C-peptide measured second": {SECONDARY: [{"measure": "Insulin", "description": "Area under C-peptide curve"}]},
    "retinopathy as main outcome": {PRIMARY: [{"measure": "Retinopathy"}]},
    "sclerosis misspelt": {KEYWORDS: ["systemic scerosis"]},
    "sclerosis as keyword": {KEYWORDS: ["systemic sclerosis"]},
    "contacts stay out": {
        PLACES: [{"facility": "Ward", "contacts": [{"name": "Cora Contactperson", "email": "cora@example.org"}]}],
        f"{P}.contactsLocationsModule.centralContacts": [{"name": "Cora Contactperson", "phone": "5550100"}],
    },
}
NUMBERS = {f"NCT9000{number:04d}": name for number, name in enumerate(SITUATIONS, start=1)}


def built(nct_id: str, situation: str) -> DocumentEntry:
    changes = PLAIN | {TITLE: f"Cells, study {nct_id[-2:]}"} | SITUATIONS[situation]
    return build_entry(parse_study(study(nct_id, changes)), scope="in_scope")


@pytest.fixture(autouse=True)
def _published(db: None) -> None:
    publish(*(built(nct_id, situation) for nct_id, situation in NUMBERS.items()))


def results(text: str, **more: str) -> Results:
    return search_studies(StudyQuery.parse({"q": text, "page_size": "200", **more})[0])


def found(text: str, **more: str) -> list[str]:
    return [NUMBERS[row.nct_id] for row in results(text, **more).documents]


# Queries and what should come first, in this order.
TOP = [
    (
        "lupus",
        ["lupus in the title", "SLE in the title", "lupus as condition alone", "lupus many times in the summary"],
    ),
    ("SLE", ["SLE in the title", "lupus in the title", "lupus as condition alone"]),
    ("systemic lupus erythematosus", ["lupus in the title", "SLE in the title", "lupus as condition alone"]),
    ("Wharton's jelly", ["given from Wharton's jelly", "given from umbilical cord", "umbilical cord in the summary"]),
    ("Whartons jelly", ["given from Wharton's jelly", "given from umbilical cord"]),
    ("umbilical cord", ["given from umbilical cord", "given from Wharton's jelly", "umbilical cord in the summary"]),
    ("HSCT", ["HSCT in the title", "bone marrow transplant in the title"]),
    ("bone marrow transplant", ["bone marrow transplant in the title", "HSCT in the title"]),
    ("malmo", ["sponsor in Malmö"]),
    ("second house", ["sponsor in Malmö"]),
    ("nunez", ["investigator Núñez"]),
    ("Ana Núñez", ["investigator Núñez"]),
    ("zaragoza", ["place in Zaragoza"]),
    ("hospital q spain", ["place in Zaragoza"]),
    ("NCT80000001", ["an alias and other numbers"]),
    ("nct 90000015", ["an alias and other numbers"]),
    ("2011-000468-32", ["an alias and other numbers"]),
    ("ORG/7-x", ["an alias and other numbers"]),
    ("natalizumab", ["natalizumab must have failed"]),
    ("natalizumab failure", []),
    ("c-peptide", ["C-peptide measured second"]),
    ("c peptide curve", ["C-peptide measured second"]),
    ("retinopathy", ["retinopathy as main outcome"]),
]


@pytest.mark.parametrize(("text", "expected"), TOP)
def test_the_first_hits(text, expected):
    assert found(text)[: max(len(expected), 1)] == expected


def test_who_can_join_comes_last_for_a_disease():
    assert found("lupus")[-1] == "lupus keeps out"


def test_a_search_for_transplantation_does_not_mix_in_mesenchymal_cells():
    assert "mesenchymal transplantation" not in found("HSCT")
    assert "mesenchymal transplantation" not in found("bone marrow transplant")
    assert "mesenchymal transplantation" in found("stem cell transplant")


def test_contacts_are_found_by_nothing():
    for text in ('"Contactperson"', '"cora"', '"cora@example.org"', "5550100"):
        assert found(text) == [], text
    assert not Word.objects.filter(word__in=["cora", "contactperson"]).exists()


# Fields.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title:lupus", {"lupus in the title", "SLE in the title"}),
        ('title:"lupus"', {"lupus in the title"}),
        ("condition:lupus", {"lupus in the title", "lupus as condition alone"}),
        ("condition:lupus -title:lupus", {"lupus as condition alone"}),
        ('intervention:"umbilical cord"', {"given from umbilical cord"}),
        ("intervention:natalizumab", set()),
        ("sponsor:malmö", {"sponsor in Malmö"}),
        ("sponsor:zaragoza", set()),
        ("outcome:retinopathy", {"retinopathy as main outcome"}),
        ("outcome:c-peptide", {"C-peptide measured second"}),
        ("outcome:natalizumab", set()),
        ("eligibility:natalizumab", {"natalizumab must have failed"}),
        ("eligibility:lupus", {"lupus keeps out"}),
        ("country:Spain", {"place in Zaragoza"}),
        ("country:es OR sponsor:malmo", {"place in Zaragoza", "sponsor in Malmö"}),
        ("hospital -country:Spain", set()),
        ("title:lupus country:Norway", {"lupus in the title", "SLE in the title"}),
        ("(title:hsct OR title:sle) -country:Spain", {"HSCT in the title", "bone marrow transplant in the title"}
         | {"SLE in the title", "lupus in the title"}),
        ("eligibility:the natalizumab", {"natalizumab must have failed"}),
    ],
)  # fmt: skip
def test_a_field_looks_where_it_says(text, expected):
    assert set(found(text)) == expected


# Minuses.


def test_a_minus_leaves_out_what_the_reader_calls_so_and_not_whom_it_keeps_out():
    left = set(found("cells -lupus"))
    assert not left & {
        "lupus in the title", "SLE in the title", "lupus as condition alone", "lupus many times in the summary"
    }  # fmt: skip
    assert "lupus keeps out" in left
    assert "SLE" in results("cells -lupus").also_left_out
    assert "SLE in the title" in found('cells -"lupus"')
    assert "lupus keeps out" not in found("cells -eligibility:lupus")


def test_a_minus_alone_has_all_the_others():
    assert len(found("-lupus")) == len(SITUATIONS) - 4
    assert found("NOT -lupus") == found("lupus")
    assert len(found("-country:Spain", sort="title")) == len(SITUATIONS) - 1


# Synonyms.


def test_synonyms_are_told_and_quotation_marks_do_without():
    told = results("lupus")
    assert told.also_searched == ("systemic lupus erythematosus", "SLE")
    assert told.as_typed == '"lupus"'
    exact = results('"lupus"')
    assert exact.also_searched == ()
    assert "SLE in the title" not in [NUMBERS[row.nct_id] for row in exact.documents]


# Spelling.


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("lupsu", "lupus"),
        ("lups", "lupus"),
        # As near as a slip in a record, and in more documents.
        ("scelrosis", "sclerosis"),
        ("retinopaty", "retinopathy"),
        ("natalizumap", "natalizumab"),
        ("Zaragosa", "zaragoza"),
        ("mesenchimal transplantaton", "mesenchymal transplantation"),
        ("title:lupsu", "title:lupus"),
        ("cells -lupsu zaragosa", "cells -lupsu zaragoza"),
        ("nuñes", "nunez"),
    ],
)
def test_the_nearest_spelling_is_searched_and_said(text, corrected):
    told = results(text)
    assert told.corrected == corrected
    assert told.documents
    assert [row.nct_id for row in told.documents] == [row.nct_id for row in results(corrected).documents]
    exactly = results(told.exactly)
    assert (exactly.corrected, exactly.count) == ("", 0)


def test_a_corrected_word_has_its_synonyms():
    assert results("lupsu").also_searched == ("systemic lupus erythematosus", "SLE")


@pytest.mark.parametrize(
    "text",
    [
        "NCT90000099", "NCT9900", "nct80000002 retinopathy", "2011-000468-33", "zebra", "xqzwv", '"lupsu"',
        "cells lupus retinopathy", "taliznumab", "lapis",
        "natalizumab failure retinopathy", "-cells", "CD34lupsu", "the", "sponsor:lupus", "",
    ],
)  # fmt: skip
def test_what_is_never_put_right(text):
    assert results(text).corrected == ""


def test_a_text_that_finds_something_is_not_put_right():
    assert results("lupsu OR natalizumab").corrected == ""


def test_a_filter_that_leaves_nothing_is_no_misspelling():
    assert results("lupus", country="JP").corrected == ""
    assert results("lupsu", country="JP").corrected == "lupus"


def test_a_slip_that_others_made_is_put_right_in_our_list():
    """A study that we do not follow has the misspelling; where several have a word it is one."""
    publish(entry("NCT00000001", scope="out", text_a="Mesenchimal cells of the knee"))
    told = results("mesenchimal")
    assert told.corrected == "mesenchymal"
    assert told.documents
    assert results("mesenchimal", scope="out").corrected == ""
    publish(*(entry(f"NCT0000001{n}", scope="out", text_a="Lupoid osteology of the knee") for n in range(3)))
    assert results("osteology").corrected == ""


def test_a_slip_that_several_others_made_is_put_right_where_the_right_word_is_far_commoner():
    """Beside a hundred documents with the word, three with its misspelling have a slip; a word of many is one."""
    slips = [entry(f"NCT0000001{n}", scope="out", text_a="Mesenchimal cells of the knee") for n in range(3)]
    publish(*slips)
    assert results("mesenchimal").corrected == ""
    right = [entry(f"NCT000001{n:02d}", scope="out", text_a="Mesenchymal cells of the knee") for n in range(60)]
    publish(*right)
    assert results("mesenchimal").corrected == "mesenchymal"
    assert results("mesenchimal", scope="out").corrected == ""


def test_words_follow_the_documents():
    assert Word.objects.filter(word="natalizumab").exists()
    assert not Word.objects.filter(word__regex="[0-9]").exists()
    assert not Word.objects.filter(word__in=["ms", "and"]).exists()


# Snippets.


@pytest.mark.parametrize(
    ("text", "situation", "shown"),
    [
        ("lupus", "lupus in the title", "Cells in [Lupus]"),
        ("lupus", "SLE in the title", "Cells in [SLE]"),
        ("natalizumab", "natalizumab must have failed", "[Natalizumab] has failed for 6 months"),
        ("eligibility:natalizumab", "natalizumab must have failed", "[Natalizumab] has failed for 6 months"),
        ("the natalizumab", "natalizumab must have failed", "[Natalizumab] has failed for 6 months"),
        ("nunez", "investigator Núñez", "Ana [Núñez], MD"),
        ("outcome:c-peptide", "C-peptide measured second", "Area under [C-peptide] curve"),
        ("natalizumap", "natalizumab must have failed", "[Natalizumab] has failed for 6 months"),
    ],
)
def test_snippets_show_where_it_stands(text, situation, shown):
    told = results(text)
    [nct_id] = [nct_id for nct_id, name in NUMBERS.items() if name == situation]
    texts = ["".join(f"[{part}]" if hit else part for part, hit in item.parts) for item in told.snippets[nct_id]]
    assert texts == [shown]


def test_without_a_text_there_are_no_snippets():
    assert search_studies(StudyQuery()).snippets == {}
    assert results("-lupus").snippets == {}
    assert results("country:Spain").snippets == {}


# Cost and nonsense.


def test_a_search_by_fields_costs_no_statement_more(django_assert_num_queries):
    results("")
    # 1 dataset version, 2 all parts of the expression, 3 the ranking, 4 the page's rows with their texts
    with django_assert_num_queries(4):
        results("title:lupus OR (sponsor:malmo -outcome:x) OR country:Spain")
    # 1 dataset version, 2 the text, 3 the words near it, 4 the text in its nearest spelling, 5 its ranking, 6 the rows
    with django_assert_num_queries(6):
        results("lupsu")


@pytest.mark.parametrize(
    "text",
    [
        "-" * 500, "- " * 250, "-a " * 166, "(" * 250, "(" * 16 + "a" + ")" * 16, "-(" * 100 + "a", "NOT " * 125,
        "NOT " * 100 + "a", 'title:"' * 60, "title:" * 80, "title:title:a", "country:" * 60, 'country:"%s"',
        "title:a:*", "eligibility:'; DROP TABLE x; --", '"' * 500, '""' * 250, "OR " * 166, "AND AND", ")", "a" * 500,
        "é" * 500, "ﷺ" * 500, "😀" * 500, "\\" * 500, "'" * 500, "%" * 500, "%(q)s", "{vector}", "lupsu " * 80,
        "lupus " * 80, "HSCT " * 80, "a b c d e f g h i j k l m " * 9, "\x00", "\ud800", "a\x00b", "<script>",
        "lupsué:zzzz", "lupué:", "x.lupsu:a",
        "&|!():*<->", "title:-a", "-title:", "-country:Spain -country:Norway", "\u0308" * 500,
    ],
)  # fmt: skip
def test_no_text_breaks_the_search(text):
    told = results(text)
    assert told.count == len(told.documents)
    assert not told.timed_out


WORDS = st.sampled_from(
    [
        "lupus", "lupsu", "SLE", "HSCT", "the", "OR", "AND", "NOT", "-", "--", "(", ")", '"', "title:", "outcome:",
        "country:", "Spain", "sponsor:", "x:", ":", "'", "\\", "NCT9", "NCT90000001", "*", "&", "|", "!", "<->", "%s",
        "\x00", "é", "ß", "\u200b",
    ]
)  # fmt: skip


@given(
    st.one_of(
        st.lists(WORDS, max_size=40).map(" ".join), st.lists(WORDS, max_size=40).map("".join), st.text(max_size=600)
    )
)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_mixture_breaks_the_search(text):
    told = results(text)
    assert told.count <= len(SITUATIONS)
    assert told.query.unreadable is None or told.count == 0


@pytest.mark.parametrize("column", ["whole_vector", "search_vector", "field_vector"])
def test_every_vector_has_its_index(column):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"EXPLAIN SELECT 1 FROM search_studydocument WHERE {column} @@ to_tsquery('trialtracker', 'lupus')"
        )
        assert "Bitmap Index Scan" in str(cursor.fetchall())
