"""What moves between two outputs of the rules, and how it is counted."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.classification.moves import Move, line_of, moves_between, read_line, said_by, summary
from apps.classification.rules import Classification, Evidence, Label, classify
from tests.unit.classification.builders import study

QUOTE = (Evidence("protocolSection.identificationModule.briefTitle", 0, 5, "Cells"),)


def move(field: str, before: str, now: str) -> Move:
    return Move(field, frozenset(before.split()), frozenset(now.split()))


def test_a_line_says_what_the_labels_say() -> None:
    told = Classification(
        "in_scope",
        (
            Label("scope", "in_scope", "why", "Because.", QUOTE),
            Label("disease", "multiple-sclerosis", "stated", "It is named.", QUOTE),
            Label("donor", "autologous", "stated", "It is named.", QUOTE, doubtful=True),
            Label("dose", "1e6/kg", "stated", "It is named.", QUOTE),
            Label("dose", "2e6/kg", "stated", "It is named.", QUOTE),
            Label("near_miss", "cord-blood", "why", "Because.", QUOTE),
        ),
    )
    nct_id, said = read_line(msgspec.json.encode(line_of("NCT90000001", told)))
    assert nct_id == "NCT90000001"
    assert said == said_by(told.labels)
    assert said == {
        "scope": {"in_scope"},
        "disease": {"multiple-sclerosis"},
        "donor": {"autologous"},
        "dose": {"1e6/kg", "2e6/kg"},
        "doubtful": {"donor"},
    }


def test_a_line_of_a_real_classification_says_the_same() -> None:
    told = classify(study("Mesenchymal stem cells given intravenously", conditions=["Lupus"]))
    assert read_line(msgspec.json.encode(line_of("NCT90000001", told)))[1] == said_by(told.labels)


def test_the_evidence_of_an_older_output_need_not_tell_of_doubt() -> None:
    line = line_of("NCT90000001", Classification("out", (Label("dose", "1e6", "stated", "Named.", QUOTE, True),)))
    del line["evidence"][0]["doubtful"]
    assert read_line(json.dumps(line))[1] == {"scope": {"out"}, "dose": {"1e6"}}


@pytest.mark.parametrize("line", ["", "{", "[]", "null", '{"nct_id": 1}', '{"nct_id": "NCT90000001", "scope": "out"}'])
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_line(line)


def test_moves_stand_in_the_order_of_the_card() -> None:
    before = {"scope": frozenset({"out"}), "route": frozenset({"topical"}), "unheard-of": frozenset({"x"})}
    now = {"scope": frozenset({"review"}), "dose": frozenset({"1e6"}), "disease": frozenset({"multiple-sclerosis"})}
    assert [move.field for move in moves_between(before, now)] == ["scope", "disease", "route", "dose", "unheard-of"]


@given(
    st.dictionaries(st.sampled_from(["scope", "disease", "dose"]), st.frozensets(st.sampled_from("abc"), min_size=1))
)
def test_nothing_moves_between_equals(said: dict[str, frozenset[str]]) -> None:
    assert moves_between(said, dict(said)) == []
    assert {one.field for one in moves_between(said, {})} == set(said)


@pytest.mark.parametrize(
    ("one", "kinds"),
    [
        (move("scope", "review", "in_scope"), ("review -> in_scope",)),
        (move("disease", "a b", "b c"), ("+ c", "- a")),
        (move("route", "", "intravenous"), ("+ intravenous",)),
        (move("dose", "", "1e6"), ("gained",)),
        (move("dose", "1e6", ""), ("lost",)),
        (move("dose", "1e6", "1e7"), ("changed",)),
        (move("doubtful", "dose", ""), ("- dose",)),
    ],
)
def test_kinds_of_move(one: Move, kinds: tuple[str, ...]) -> None:
    assert one.kinds == kinds


def test_moves_are_counted_by_kind_the_commonest_first() -> None:
    assert summary(
        [
            [move("dose", "", "1e6"), move("scope", "out", "review")],
            [move("scope", "review", "in_scope")],
            [move("scope", "review", "in_scope"), move("disease", "a", "b")],
        ]
    ) == {
        "scope": {"review -> in_scope": 2, "out -> review": 1},
        "disease": {"+ b": 1, "- a": 1},
        "dose": {"gained": 1},
    }
