"""Scoring against labelled ids and hand-read cards: each rule of docs/measuring.md on small made-up files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.classification.evaluation.cards import canonical, evaluate_cards, read_cards
from apps.classification.evaluation.figures import Tally, readable, wilson
from apps.classification.evaluation.gold import SCHEMES, GoldTrial, read_cell, read_gold, words
from apps.classification.evaluation.tables import GoldError
from apps.classification.evaluation.trials import Told, content_of, evaluate
from apps.classification.rules import Classification, Evidence, Label
from apps.vocabulary.cards import FIELD_BY_SLUG
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG
from tests.unit.classification.builders import payload, record_of, study

HEAD = "nct_id,in_scope,diseases,cell_type,cell_source,donor,title,label_origin"
CARD_HEAD = "nct_id,split,field,value,note"
MS, RA = "multiple-sclerosis", "rheumatoid-arthritis"


def nct(number: int) -> str:
    return f"NCT{90_000_000 + number}"


def file_of(tmp_path: Path, head: str, *rows: str) -> Path:
    path = tmp_path / "gold.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def trial(number: int, in_scope: str, origin: str = "hand-read", **said: Iterable[str]) -> GoldTrial:
    return GoldTrial(nct(number), in_scope, origin, {scheme: frozenset(values) for scheme, values in said.items()})


def told(scope: str, content: str = "full", **values: Iterable[str]) -> Told:
    labels = [Label(scheme, value, "a-rule", "A reason.") for scheme, given in values.items() for value in given]
    return Told(content, Classification(scope, (Label("scope", scope, "why", "Because."), *labels)))


def figures(*pairs: tuple[GoldTrial, Told | None]) -> dict[str, Any]:
    return evaluate([gold for gold, _ in pairs], {gold.nct_id: one for gold, one in pairs if one})


# Intervals


def test_wilson_interval_of_a_known_case() -> None:
    # Newcombe (1998), table I: 81 of 263 and 15 of 148.
    assert wilson(81, 263) == [0.2553, 0.3662]
    assert wilson(15, 148) == [0.0624, 0.1605]


def test_interval_has_a_width_where_all_or_none_are_found() -> None:
    assert wilson(0, 20) == [0.0, 0.1611]
    assert wilson(20, 20) == [0.8389, 1.0]
    assert wilson(0, 0) is None


@given(st.integers(1, 10**6).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_interval_holds_the_share(counted: tuple[int, int]) -> None:
    part, whole = counted
    low, high = wilson(part, whole) or [math.nan, math.nan]
    assert 0 <= low <= part / whole + 1e-4
    assert part / whole - 1e-4 <= high <= 1


def test_tally_counts_values_over_studies() -> None:
    tally = Tally()
    tally.add({"a", "b"}, {"b", "c"})
    tally.add({"a"}, {"a"})
    tally.add((), {"c"})
    assert tally.figures() == {
        "precision": 0.5,
        "precision_interval": wilson(2, 4),
        "recall": 0.6667,
        "recall_interval": wilson(2, 3),
        "f1": 0.5714,
        "n": 3,
        "gold": 3,
        "found": 2,
        "wrong": 2,
        "missed": 1,
    }


def test_nothing_to_find_and_nothing_told_is_no_figure() -> None:
    tally = Tally()
    tally.add((), ())
    none = tally.figures()
    assert (none["n"], none["precision"], none["recall"], none["f1"]) == (1, None, None, None)
    assert readable(none["precision"], none["precision_interval"]) == "-"


# Words of the labelled files


@pytest.mark.parametrize(
    ("column", "cell", "slugs"),
    [
        ("diseases", "MS", {MS}),
        ("diseases", "MS;RA;SLE;T1D", {MS, RA, "systemic-lupus-erythematosus", "type-1-diabetes"}),
        ("diseases", "T1D;other:type 2 diabetes;other:foot ulcer, and MS", {"type-1-diabetes"}),
        ("diseases", "other:Degenerative Arthritis, Knee", set()),
        ("cell_type", "MSC", {"msc"}),
        ("cell_type", "MSC;HSC", {"msc", "hsc"}),
        ("cell_type", "other:marrow populations (HSC and MSC)", set()),
        ("cell_source", "umbilical cord", {"umbilical-cord"}),
        ("cell_source", "umbilical cord (Wharton's jelly)", {"umbilical-cord"}),
        ("cell_source", "Wharton´s  Jelly", {"umbilical-cord"}),
        ("cell_source", "adipose + bone marrow mononuclear cells", {"adipose", "bone-marrow"}),
        ("cell_source", "peripheral blood or cord blood", {"peripheral-blood", "cord-blood"}),
        ("cell_source", "umbilical cord / cord blood (record says both)", {"umbilical-cord", "cord-blood"}),
        ("cell_source", "amnion (placenta)", {"amnion"}),
        ("cell_source", "menstrual blood", {"menstrual-blood"}),
        ("donor", "autologous+allogeneic", {"autologous", "allogeneic"}),
        ("donor", "Allogeneic", {"allogeneic"}),
    ],
)
def test_gold_words_become_slugs(column: str, cell: str, slugs: set[str]) -> None:
    assert read_cell(column, cell) == (frozenset(slugs), [])


@pytest.mark.parametrize("cell", ["", "  ", "unknown", "Unknown", "not stated", "N/A", "(nothing found)"])
@pytest.mark.parametrize("column", SCHEMES)
def test_blank_and_unknown_state_nothing(column: str, cell: str) -> None:
    assert read_cell(column, cell) == (None, [])


def test_a_part_that_is_unknown_takes_nothing_from_the_other() -> None:
    assert read_cell("donor", "autologous or unknown") == (frozenset({"autologous"}), [])


def test_words_that_the_table_lacks_are_told() -> None:
    assert read_cell("cell_source", "bone marrow + tonsil") == (frozenset({"bone-marrow"}), ["tonsil"])


def test_the_table_names_our_slugs_alone_and_each_word_once() -> None:
    slugs = {
        "diseases": set(DISEASE_BY_SLUG),
        "cell_type": set(CELL_TYPE_BY_SLUG),
        "donor": set(FIELD_BY_SLUG["donor"].words),
        "cell_source": set(FIELD_BY_SLUG["source"].words),
    }
    for column, known in slugs.items():
        table = words()[column]
        assert set(table) <= known, column
        named = [word.lower() for each in table.values() for word in each]
        assert len(named) == len(set(named)), column
    assert set(words()["diseases"]) == set(DISEASE_BY_SLUG)
    assert set(words()["cell_source"]) == set(FIELD_BY_SLUG["source"].words)
    assert set(words()["beyond"]["donor"]) <= slugs["donor"]
    assert set(words()["card_fields"].values()) <= {"cell_type", *FIELD_BY_SLUG}


@given(st.text(max_size=200), st.sampled_from(list(SCHEMES)))
def test_any_cell_is_read(text: str, column: str) -> None:
    slugs, unknown = read_cell(column, text)
    assert slugs is None or slugs <= set(words()[column])
    assert all(word.strip() for word in unknown)


def test_gold_file_is_read(tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        HEAD,
        "NCT90000001,yes,MS,MSC,bone marrow,unknown,A title,published",
        "nct90000002,NO,other:Gout,other:drug,tonsil,,Another,automatic",
        "NCT90000003,unsure,T1D,other:cord blood cells,cord blood,autologous,,",
    )
    gold = read_gold(path)
    assert gold.unknown_words == []
    assert gold.trials == [
        trial(1, "yes", "published", disease={MS}, cell_type={"msc"}, source={"bone-marrow"}),
        trial(2, "no", "automatic"),
        trial(3, "unsure", "not stated"),
    ]


def test_what_a_yes_row_says_in_an_unknown_word_is_told_and_not_scored(tmp_path: Path) -> None:
    path = file_of(tmp_path, HEAD, "NCT90000001,yes,MS,MSC,bone marrow + tonsil,autologous,A title,published")
    gold = read_gold(path)
    assert gold.unknown_words == ["line 2, cell_source: 'tonsil'"]
    assert set(gold.trials[0].said) == {"disease", "cell_type", "donor"}


def test_a_byte_order_mark_blanks_and_quoted_lines_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    rows = '\r\n NCT90000001 , yes ,MS,MSC,,,"a title\r\nin two lines, with a comma",published\r\n'
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + rows).encode())
    assert read_gold(path).trials == [trial(1, "yes", "published", disease={MS}, cell_type={"msc"})]


ROW = "NCT90000001,yes,MS,MSC,,,A title,published"


def test_rows_of_nothing_are_none_and_lines_are_counted_all_the_same(tmp_path: Path) -> None:
    assert len(read_gold(file_of(tmp_path, HEAD, ",,,,,,,", ROW, "", ",,,,,,,")).trials) == 1
    with pytest.raises(GoldError, match="line 3: '' is no id"):
        read_gold(file_of(tmp_path, HEAD, ",,,,,,,", ",yes,,,,,,"))


@pytest.mark.parametrize(
    ("head", "rows", "sentence"),
    [
        ("nct_id,title", ["NCT90000001,x"], "lacks in_scope, diseases, cell_type, cell_source, donor, label_origin"),
        (HEAD.replace(",", ";"), [], "lacks nct_id"),
        ("", [], "lacks nct_id"),
        (HEAD, [], "names no trial"),
        (HEAD, [ROW, "NCT9000000,yes,MS,MSC,,,x,published"], "line 3: 'NCT9000000' is no id"),
        (HEAD, [",yes,MS,MSC,,,x,published"], "line 2: '' is no id"),
        (HEAD, ["NCT90000001,maybe,MS,MSC,,,x,published"], "line 2: in_scope is 'maybe'; write one of yes, no, unsure"),
        (HEAD, [ROW, ROW], "line 3: NCT90000001 stands in line 2 already"),
        (HEAD, ["NCT90000001,yes,MS"], "line 2: not as many values"),
        (HEAD, [ROW + ",more"], "line 2: not as many values"),
        (HEAD, ['NCT90000001,yes,MS,MSC,,,"never closed,published'], "line 2: unexpected end of data"),
    ],
)
def test_a_file_of_another_shape_is_refused_in_a_sentence(
    tmp_path: Path, head: str, rows: list[str], sentence: str
) -> None:
    with pytest.raises(GoldError, match=sentence):
        read_gold(file_of(tmp_path, head, *rows))


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="cannot be read: No such file"):
        read_gold(tmp_path / "nowhere.csv")
    with pytest.raises(GoldError, match="cannot be read: Is a directory"):
        read_gold(tmp_path)
    (tmp_path / "gold.csv").write_bytes(HEAD.encode() + b"\nNCT90000001,yes,\xff\xfe,MSC,,,,\n")
    with pytest.raises(GoldError, match="not UTF-8"):
        read_gold(tmp_path / "gold.csv")


# What a record holds

CELLS = {"interventions": ["Cells"], "conditions": ["Lupus"]}


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("full", {**CELLS, "summary": "What is done."}),
        ("full", {**CELLS, "description": "What is done."}),
        ("full", {"conditions": ["Lupus"], "arms": [("Cells", "")], "summary": "What is done."}),
        ("full", {"conditions": ["Lupus"], "summary": "Who is followed.", "study_type": "OBSERVATIONAL"}),
        ("table", CELLS),
        ("table", {"conditions": ["Lupus"]}),
        ("text", {"summary": "What is done.", "description": "At length."}),
        ("text", {}),
        ("partial", {"conditions": ["Lupus"], "summary": "What is done."}),
        ("partial", {"interventions": ["Cells"], "summary": "What is done."}),
        ("partial", {"interventions": ["Cells"]}),
    ],
)
def test_content_of_a_record(content: str, parts: Mapping[str, Any]) -> None:
    assert content_of(study("Cells in lupus", **parts)) == content


def test_an_empty_record_holds_text_alone() -> None:
    assert content_of(record_of({"protocolSection": {"identificationModule": {"nctId": nct(1)}}})) == "text"
    assert content_of(record_of(payload(""))) == "text"


# Scope


def test_scope_no_told_in_scope_is_wrong_and_told_review_is_not() -> None:
    scope = figures(
        (trial(1, "yes"), told("in_scope")),
        (trial(2, "no"), told("in_scope")),
        (trial(3, "no"), told("review")),
        (trial(4, "no"), told("out")),
    )["scope"]
    assert (scope["found"], scope["wrong"], scope["missed"], scope["n"]) == (1, 1, 0, 4)
    assert (scope["precision"], scope["recall"]) == (0.5, 1.0)
    assert scope["precision_interval"] == wilson(1, 2)


def test_scope_yes_told_review_is_missed_and_found_with_review() -> None:
    scope = figures(
        (trial(1, "yes"), told("in_scope")),
        (trial(2, "yes"), told("review")),
        (trial(3, "yes"), told("out")),
    )["scope"]
    assert (scope["recall"], scope["recall_with_review"], scope["precision"]) == (0.3333, 0.6667, 1.0)
    assert scope["recall_interval"] == wilson(1, 3)
    assert scope["recall_with_review_interval"] == wilson(2, 3)


def test_scope_unsure_is_counted_apart() -> None:
    result = figures(
        (trial(1, "yes"), told("in_scope")),
        (trial(2, "unsure"), told("in_scope")),
        (trial(3, "unsure"), told("review")),
        (trial(4, "unsure"), told("review")),
        (trial(5, "unsure"), told("out")),
    )
    assert (result["scope"]["precision"], result["scope"]["recall"], result["scope"]["n"]) == (1.0, 1.0, 1)
    assert result["unsure"] == {"n": 4, "review": 2, "review_share": 0.5, "review_interval": wilson(2, 4)}


def test_confusion_table() -> None:
    result = figures(
        (trial(1, "yes"), told("in_scope")),
        (trial(2, "yes"), told("out")),
        (trial(3, "no"), told("review")),
        (trial(4, "unsure"), told("review")),
    )
    assert result["confusion"] == {
        "yes": {"in_scope": 1, "review": 0, "out": 1},
        "no": {"in_scope": 0, "review": 1, "out": 0},
        "unsure": {"in_scope": 0, "review": 1, "out": 0},
    }


def test_rows_without_a_record_are_listed_and_left_out() -> None:
    result = figures((trial(1, "yes", disease={MS}), told("in_scope", disease={MS})), (trial(2, "yes"), None))
    assert (result["rows"], result["with_record"], result["no_record"]) == (2, 1, [nct(2)])
    assert result["scope"]["recall"] == 1.0
    assert result["disease"]["n"] == 1


def test_text_and_partial_records_are_scored_apart() -> None:
    result = figures(
        (trial(1, "yes"), told("in_scope")),
        (trial(2, "yes"), told("in_scope", "table")),
        (trial(3, "yes"), told("out", "text")),
        (trial(4, "no"), told("in_scope", "partial")),
    )
    assert (result["scope"]["n"], result["scope"]["precision"], result["scope"]["recall"]) == (2, 1.0, 1.0)
    assert result["records"] == {"full": 1, "table": 1, "partial": 1, "text": 1}
    assert result["scored"] == 2
    assert result["by_content"]["text"]["scope"]["recall"] == 0.0
    assert result["by_content"]["partial"]["scope"]["precision"] == 0.0
    assert result["every_record"]["scope"]["recall"] == 0.6667
    assert {(miss["nct_id"], miss["content"]) for miss in result["misses"]} == {(nct(3), "text"), (nct(4), "partial")}


def test_review_share_is_of_every_row_with_a_record() -> None:
    result = figures(
        (trial(1, "yes"), told("review")),
        (trial(2, "unsure"), told("review", "text")),
        (trial(3, "no"), told("out")),
        (trial(4, "no"), told("out", "partial")),
        (trial(5, "no"), None),
    )
    assert result["review_share"] == 0.5


def test_the_same_by_label_origin() -> None:
    result = figures(
        (trial(1, "yes", "published", disease={MS}), told("in_scope", disease={MS})),
        (trial(2, "yes", "hand-read", disease={MS}), told("out")),
        (trial(3, "no", "automatic"), told("in_scope")),
        (trial(4, "no", "automatic"), told("out")),
    )
    assert list(result["by_origin"]) == ["automatic", "hand-read", "published"]
    assert result["by_origin"]["published"]["scope"]["recall"] == 1.0
    assert result["by_origin"]["hand-read"]["disease.multiple-sclerosis"]["recall"] == 0.0
    assert result["by_origin"]["automatic"]["scope"]["wrong"] == 1
    assert result["by_origin"]["automatic"]["confusion"]["no"] == {"in_scope": 1, "review": 0, "out": 1}


# Disease, kind of cell, donor, source


def test_values_are_scored_on_yes_rows_whatever_scope_was_told() -> None:
    result = figures(
        (trial(1, "yes", disease={MS}), told("out", disease={MS})),
        (trial(2, "no"), told("in_scope", disease={RA})),
        (trial(3, "unsure"), told("review", disease={RA})),
    )
    assert (result["disease"]["n"], result["disease"]["found"], result["disease"]["wrong"]) == (1, 1, 0)


def test_compound_values_are_sets() -> None:
    source = figures(
        (
            trial(1, "yes", source={"umbilical-cord", "cord-blood"}),
            told("in_scope", source=["umbilical-cord", "placenta"]),
        ),
        (trial(2, "yes", source={"adipose"}), told("in_scope", source=["adipose"])),
    )["source"]
    assert (source["found"], source["wrong"], source["missed"]) == (2, 1, 1)
    assert (source["precision"], source["recall"], source["n"], source["gold"]) == (0.6667, 0.6667, 2, 3)


def test_each_disease_and_kind_of_cell_on_its_own() -> None:
    result = figures(
        (trial(1, "yes", disease={MS}, cell_type={"msc"}), told("in_scope", disease=[MS, RA], cell_type=["msc"])),
        (trial(2, "yes", disease={RA}, cell_type={"hsc"}), told("in_scope", disease=[RA], cell_type=["msc"])),
    )
    assert (result["disease.rheumatoid-arthritis"]["precision"], result["disease.rheumatoid-arthritis"]["recall"]) == (
        0.5,
        1.0,
    )
    assert result["disease.multiple-sclerosis"]["f1"] == 1.0
    assert result["disease.type-1-diabetes"]["recall"] is None
    assert (result["cell_type.msc"]["precision"], result["cell_type.hsc"]["recall"]) == (0.5, 0.0)
    assert result["cell_type"]["f1"] == 0.5


def test_what_the_gold_does_not_state_is_not_scored() -> None:
    result = figures(
        (trial(1, "yes", disease={MS}), told("in_scope", donor=["autologous"], source=["adipose"])),
        (trial(2, "yes", donor={"allogeneic"}), told("in_scope")),
    )
    assert (result["donor"]["n"], result["donor"]["wrong"], result["donor"]["missed"]) == (1, 0, 1)
    assert (result["source"]["n"], result["source"]["precision"]) == (0, None)


def test_other_alone_says_that_none_of_ours_holds(tmp_path: Path) -> None:
    gold = read_gold(file_of(tmp_path, HEAD, "NCT90000001,yes,MS,other:drug,,,A title,published"))
    result = evaluate(gold.trials, {nct(1): told("in_scope", disease=[MS], cell_type=["msc"])})
    assert (result["cell_type"]["n"], result["cell_type"]["wrong"]) == (1, 1)


def test_a_relative_as_donor_is_more_than_the_gold_can_say() -> None:
    donor = figures(
        (trial(1, "yes", donor={"allogeneic"}), told("in_scope", donor=["allogeneic", "related"])),
        (trial(2, "yes", donor={"allogeneic"}), told("in_scope", donor=["related"])),
    )["donor"]
    assert (donor["found"], donor["wrong"], donor["missed"]) == (1, 0, 1)


# Misses


def test_each_miss_is_told_with_its_evidence() -> None:
    quote = Evidence("protocolSection.identificationModule.briefTitle", 0, 5, "Cells", ((0, 5),))
    said = Classification(
        "in_scope",
        (
            Label("scope", "in_scope", "disease-and-cells", "Both are there.", (quote,)),
            Label("disease", RA, "disease-stated", "It is named.", (quote,)),
            Label("source", "adipose", "source-named", "It is named."),
        ),
    )
    result = figures((trial(1, "no"), Told("full", said)))
    (miss,) = result["misses"]
    assert (miss["nct_id"], miss["field"], miss["kind"], miss["gold"], miss["told"]) == (
        nct(1),
        "scope",
        "wrong",
        ["no"],
        ["in_scope"],
    )
    assert miss["evidence"][0] == {
        "field": "scope",
        "value": "in_scope",
        "rule": "disease-and-cells",
        "reason": "Both are there.",
        "path": "protocolSection.identificationModule.briefTitle",
        "start": 0,
        "quote": "Cells",
    }
    assert [one["field"] for one in miss["evidence"]] == ["scope", "disease"]


@pytest.mark.parametrize(
    ("in_scope", "scope", "kind"),
    [
        ("yes", "out", "missed"),
        ("yes", "review", "missed, in review"),
        ("no", "in_scope", "wrong"),
        ("unsure", "in_scope", "settled"),
        ("unsure", "out", "settled"),
        ("yes", "in_scope", None),
        ("no", "review", None),
        ("no", "out", None),
        ("unsure", "review", None),
    ],
)
def test_what_counts_as_a_miss_of_scope(in_scope: str, scope: str, kind: str | None) -> None:
    misses = figures((trial(1, in_scope), told(scope)))["misses"]
    assert [miss["kind"] for miss in misses] == ([kind] if kind else [])


def test_misses_of_values_name_both_sides() -> None:
    misses = figures(
        (
            trial(1, "yes", disease={MS}, donor={"autologous"}, source={"adipose"}, cell_type={"msc"}),
            told("in_scope", disease=[MS, RA], source=["bone-marrow"], cell_type=["msc"]),
        )
    )["misses"]
    assert [(miss["field"], miss["kind"], miss["gold"], miss["told"]) for miss in misses] == [
        ("disease", "wrong", [MS], [MS, RA]),
        ("donor", "missed", ["autologous"], []),
        ("source", "other", ["adipose"], ["bone-marrow"]),
    ]
    assert misses[2]["evidence"] == [
        {"field": "source", "value": "bone-marrow", "rule": "a-rule", "reason": "A reason."}
    ]


# Spellings of the values of a card


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("dose", "1e6/kg", "1000000/kg"),
        ("dose", "1.0e6 - 2e6/kg", "1e6-2000000/kg"),
        ("dose", "0.5e6/kg", "5e5/kg"),
        ("cd34_dose", ">=2e6/kg", ">=2.0e6/kg"),
        ("administrations", "3", "3.0"),
        ("interval", "30", "30.4"),
        ("age", "18-65", "18.0-65"),
        ("duration", "<=4.1", "<=4.14"),
        ("duration", ">=6", ">6"),
        ("administrations", "<=8", "1-8"),
        ("severity", "edss:3.0-6.5", "edss=3-6.5"),
        ("severity", "das28>3.2", "das28>=3.20"),
        ("follow_up", "5.5", "5.52"),
        ("follow_up", "12", "12.2"),
        ("follow_up", "2.5", "2.53"),
        ("mobilisation", "g-csf+cyclophosphamide", "cyclophosphamide+g-csf"),
        ("route", "Intravenous", "intravenous"),
    ],
)
def test_two_spellings_of_one_value(field: str, one: str, other: str) -> None:
    assert canonical(field, one) == canonical(field, other)


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("dose", "1e6/kg", "1e6"),
        ("dose", "1e6/kg", "1e7/kg"),
        ("dose", "1e6-2e6/kg", "1e6/kg"),
        ("dose", "2.5e6/kg", "2e6/kg"),
        ("age", "18-", "-18"),
        ("age", "6m-", "6-"),
        ("duration", "<=6", ">=6"),
        ("duration", "<=2.1", "<=2.3"),
        ("severity", "edss:3-6.5", "edss<6.5"),
        ("severity", "edss<6", "edss>6"),
        ("severity", "edss:3.0-6.5", "edss:3.5-6.5"),
        ("follow_up", "12", "13"),
        ("interval", "7", "8"),
        ("conditioning", "atg+cyclophosphamide", "cyclophosphamide"),
    ],
)
def test_two_values(field: str, one: str, other: str) -> None:
    assert canonical(field, one) != canonical(field, other)


@given(st.sampled_from(sorted(FIELD_BY_SLUG)), st.text(max_size=60))
def test_canonical_spelling_stands(field: str, text: str) -> None:
    assert canonical(field, canonical(field, text)) == canonical(field, text)


@given(st.floats(1, 1e12))
def test_a_dose_is_its_number_however_it_is_written(number: float) -> None:
    assert canonical("dose", f"{number:.4e}") == canonical("dose", f"{float(f'{number:.4e}'):.12f}")


# Cards that were read by hand


def card(*labels: tuple[str, str] | tuple[str, str, bool], **details: Mapping[str, Any]) -> Classification:
    return Classification(
        "in_scope",
        tuple(
            Label(one[0], one[1], "a-rule", "A reason.", doubtful=bool(one[2:] and one[2]), detail=details.get(one[0]))
            for one in labels
        ),
    )


def cards_of(tmp_path: Path, *rows: str, split: str | None = None) -> Any:
    return read_cards(file_of(tmp_path, CARD_HEAD, *rows), split)


def test_cards_are_read_with_the_names_of_our_fields(tmp_path: Path) -> None:
    cards = cards_of(
        tmp_path,
        "NCT90000001,tune,kind,msc,",
        "NCT90000001,tune,dose,1e6/kg,doubtful: caret lost",
        "NCT90000001,tune,severity_gate,edss:3.0-6.5,",
        "NCT90000001,tune,duration_gate,not-stated,",
        "NCT90000002,held,kind,other,",
    )
    assert cards == {
        nct(1): {
            "cell_type": {"msc": ""},
            "dose": {"1e+06/kg": "doubtful: caret lost"},
            "severity": {"edss:3-6.5": ""},
            "duration": {},
        },
        nct(2): {"cell_type": {}},
    }


def test_one_split_alone(tmp_path: Path) -> None:
    rows = ("NCT90000001,tune,route,intravenous,", "NCT90000002,held,route,intrathecal,")
    assert list(cards_of(tmp_path, *rows, split="held")) == [nct(2)]
    with pytest.raises(GoldError, match="no card of the split 'last'; it has held, tune"):
        cards_of(tmp_path, *rows, split="last")


def test_a_file_without_splits_is_read_whole(tmp_path: Path) -> None:
    path = file_of(tmp_path, "nct_id,field,value,note", "NCT90000001,route,intravenous,")
    assert list(read_cards(path)) == [nct(1)]
    with pytest.raises(GoldError, match="lacks split"):
        read_cards(path, "tune")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (["NCT90000001,tune,colour,red,"], "line 2: 'colour' is no field; write one of kind, duration_gate"),
        (["NCT90000001,tune,route,,"], "line 2: no value; write not-stated"),
        (["90000001,tune,route,intravenous,"], "line 2: '90000001' is no id"),
        ([], "has no card"),
        (
            ["NCT90000001,tune,route,not-stated,", "NCT90000001,tune,route,intravenous,"],
            "line 3: NCT90000001 both has a value of route and is not-stated",
        ),
        (
            ["NCT90000001,tune,route,intravenous,", "NCT90000001,tune,route,not-stated,"],
            "line 3: NCT90000001 both has a value of route and is not-stated",
        ),
    ],
)
def test_cards_of_another_shape_are_refused_in_a_sentence(tmp_path: Path, rows: list[str], sentence: str) -> None:
    with pytest.raises(GoldError, match=sentence):
        cards_of(tmp_path, *rows)


def test_fields_are_scored_as_sets_over_studies(tmp_path: Path) -> None:
    cards = cards_of(
        tmp_path,
        "NCT90000001,tune,route,intravenous,",
        "NCT90000001,tune,route,intrathecal,",
        "NCT90000001,tune,dose,1000000/kg,",
        "NCT90000002,tune,route,intravenous,",
        "NCT90000002,tune,dose,not-stated,",
    )
    result = evaluate_cards(
        cards,
        {
            nct(1): card(("route", "intravenous"), ("dose", "1e6/kg"), ("source", "adipose")),
            nct(2): card(("route", "intravenous"), ("route", "intramuscular"), ("dose", "3e7")),
        },
    )
    assert (result["route"]["precision"], result["route"]["recall"], result["route"]["n"]) == (0.6667, 0.6667, 2)
    assert (result["dose"]["precision"], result["dose"]["recall"], result["dose"]["gold"]) == (0.5, 1.0, 1)
    assert "source" not in result


def test_a_field_is_scored_where_the_hand_read_card_has_it(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, "NCT90000001,tune,route,intravenous,", "NCT90000002,tune,dose,1e6/kg,")
    said = card(("route", "intravenous"), ("dose", "2e6/kg"))
    result = evaluate_cards(cards, {nct(1): said, nct(2): said})
    assert (result["route"]["n"], result["route"]["wrong"]) == (1, 0)
    assert (result["dose"]["n"], result["dose"]["wrong"]) == (1, 1)


def test_cards_without_a_record_are_listed_and_left_out(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, "NCT90000001,tune,route,intravenous,", "NCT90000002,tune,route,intravenous,")
    result = evaluate_cards(cards, {nct(1): card(("route", "intravenous"))})
    assert (result["studies"], result["scored"], result["no_record"]) == (2, 1, [nct(2)])
    assert result["route"]["recall"] == 1.0


def test_doubtful_values_count_and_are_told_apart(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, "NCT90000001,tune,route,intravenous,", "NCT90000001,tune,route,intrathecal,")
    said = card(("route", "intravenous"), ("route", "intrathecal", True), ("route", "topical", True))
    route = evaluate_cards(cards, {nct(1): said})["route"]
    assert (route["precision"], route["recall"]) == (0.6667, 1.0)
    assert (route["precision_of_certain"], route["doubtful_share"]) == (1.0, 0.6667)
    assert route["precision_of_certain_interval"] == wilson(1, 1)


def test_a_value_that_one_rule_doubts_and_another_does_not_is_certain(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, "NCT90000001,tune,route,intravenous,")
    for said in (
        card(("route", "intravenous", True), ("route", "intravenous")),
        card(("route", "intravenous"), ("route", "intravenous", True)),
    ):
        assert evaluate_cards(cards, {nct(1): said})["route"]["doubtful_share"] == 0.0


def test_values_that_our_lists_lack_are_missed_and_told_apart(tmp_path: Path) -> None:
    cards = cards_of(
        tmp_path,
        "NCT90000001,tune,endpoints,edss,",
        "NCT90000001,tune,endpoints,hair-growth,",
        "NCT90000001,tune,severity_gate,edss<=6,",
        "NCT90000001,tune,severity_gate,ulcer-size<=10,",
    )
    result = evaluate_cards(cards, {nct(1): card(("endpoint", "edss"), ("severity", "edss<6"))})
    for field in ("endpoint", "severity"):
        one = result[field]
        assert (one["recall"], one["without_word"], one["recall_of_listed"]) == (0.5, 1, 1.0)


def test_conditioning_is_compared_by_its_drugs(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, "NCT90000001,tune,conditioning,atg+cyclophosphamide,")
    said = card(("conditioning", "cyclophosphamide-atg"), conditioning={"drugs": ["cyclophosphamide", "atg"]})
    assert evaluate_cards(cards, {nct(1): said})["conditioning"]["f1"] == 1.0


def test_misses_of_cards_name_what_is_missed_and_what_is_wrong(tmp_path: Path) -> None:
    cards = cards_of(tmp_path, "NCT90000001,tune,dose,2e6/kg,caret lost", "NCT90000001,tune,route,intravenous,")
    said = card(("dose", "2e8/kg", True), ("route", "intravenous"))
    (miss,) = evaluate_cards(cards, {nct(1): said})["misses"]
    assert miss == {
        "nct_id": nct(1),
        "field": "dose",
        "missed": {"2e+06/kg": "caret lost"},
        "wrong": {"2e+08/kg": True},
        "evidence": [{"field": "dose", "value": "2e8/kg", "rule": "a-rule", "reason": "A reason."}],
    }
