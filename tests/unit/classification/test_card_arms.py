"""The arms of a study: what is linked to each, where it names the cells, and which go without them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.classification.rules.cards.arms import LONGEST, Words, arms_of, is_denied, parted
from tests.unit.classification.designs import designed, seconds
from tests.unit.classification.timing import LIMIT

GIVEN = ("EXPERIMENTAL", "Mesenchymal stem cells", "", ())


def labels_of(arms):
    return [arm.label.text for arm in arms]


def parts_of(*arms, observed=False, **parts):
    """Labels of the arms with cells, and of those without."""
    material = designed(arms=arms, **parts)
    found = arms_of(material)
    design = Words(material, "design", material.passages)
    return tuple(labels_of(group) for group in parted(found, design, observed=observed))


# What belongs to an arm


def test_interventions_are_linked_by_name_and_by_arm():
    listed = [("DRUG", "Insulin", "Under the skin"), ("BIOLOGICAL", "Cells", "Into a vein")]
    material = designed(
        arms=[("OTHER", "A", "", ["Cells"]), ("OTHER", "B", "", ["Cells", "Insulin"])], interventions=listed
    )
    one, other = arms_of(material)
    assert [text.text for text in one.given] == ["Cells"]
    assert [text.text for text in one.told] == ["Into a vein"]
    assert [text.text for text in other.given] == ["Insulin", "Cells"]


def test_an_arm_without_texts_has_none():
    (arm,) = arms_of(designed(arms=[(None, "", "", ())]))
    assert (arm.own, arm.texts, arm.cells, arm.denied, arm.bare_label) == ((), (), (), False, "")


def test_cells_are_named_where_they_stand():
    text = "Adults get mesenchymal stem cells once"
    (arm,) = arms_of(designed(arms=[("EXPERIMENTAL", "Treatment", text, ())]))
    assert [cell.words for cell in arm.cells] == ["mesenchymal stem cells"]
    assert arm.names_cells((arm.description,))
    assert not arm.names_cells((arm.label, None))
    assert arm.bare_label == "Treatment"
    assert arm.bare_description.split() == ["Adults", "get", "once"]


def test_the_type_can_be_quoted():
    (arm,) = arms_of(designed(arms=[("SHAM_COMPARATOR", "A", "", ())]))
    span = arm.type_span()
    assert (span.path, span.words) == ("protocolSection.armsInterventionsModule.armGroups[0].type", "SHAM_COMPARATOR")


def test_an_endless_text_is_cut():
    (arm,) = arms_of(designed(arms=[("OTHER", "A", "word " * 10_000, ())]))
    assert len(arm.bare_description) == LONGEST


# Cells that are not given


@pytest.mark.parametrize(
    "text",
    [
        "without mesenchymal stem cells",
        "no mesenchymal stem cells",
        "placebo for mesenchymal stem cells",
        "sham mesenchymal stem cells",
        "will not receive the mesenchymal stem cells",
        "mesenchymal stem cells will not be given",
        "mesenchymal stem cells infusion not done",
    ],
)
def test_cells_that_the_words_take_away(text):
    start = text.index("mesenchymal")
    assert is_denied(text, start, start + len("mesenchymal stem cells"))


@pytest.mark.parametrize(
    "text", ["with mesenchymal stem cells", "no drugs but mesenchymal stem cells", "not only: mesenchymal stem cells"]
)
def test_cells_that_are_given(text):
    start = text.index("mesenchymal")
    assert not is_denied(text, start, len(text))


def test_a_label_that_takes_the_cells_away():
    (arm,) = arms_of(designed(arms=[("ACTIVE_COMPARATOR", "Control without stem cells", "", ())]))
    assert (arm.denied, arm.cells) == (True, ())


# Which arms get the cells


def test_the_words_of_an_arm_count_for_more_than_its_type():
    assert parts_of(GIVEN, ("EXPERIMENTAL", "Placebo", "", ())) == (["Mesenchymal stem cells"], ["Placebo"])
    assert parts_of(GIVEN, ("NO_INTERVENTION", "Stem cells, later", "", ()))[1] == []
    assert parts_of(GIVEN, ("PLACEBO_COMPARATOR", "Drug", "", ()))[1] == ["Drug"]


def test_an_arm_that_gets_the_cells_by_its_interventions():
    listed = [("BIOLOGICAL", "Mesenchymal stem cells", "")]
    arms = (("ACTIVE_COMPARATOR", "A", "", ["Mesenchymal stem cells"]), ("ACTIVE_COMPARATOR", "B", "", []))
    assert parts_of(*arms, interventions=listed) == (["A"], ["B"])


def test_where_no_arm_names_the_cells_only_types_and_words_tell_a_control():
    arms = (("ACTIVE_COMPARATOR", "A", "", ()), ("ACTIVE_COMPARATOR", "B", "", ()), ("NO_INTERVENTION", "C", "", ()))
    assert parts_of(*arms)[1] == ["C"]


def test_healthy_people_are_in_neither_group():
    assert parts_of(GIVEN, ("NO_INTERVENTION", "Healthy volunteers", "", ())) == (["Mesenchymal stem cells"], [])


def test_observed_groups_are_controls_by_their_words_alone():
    arms = ((None, "Given stem cells", "", ()), (None, "Early disease", "", ()), (None, "Standard of care", "", ()))
    assert parts_of(*arms, observed=True)[1] == ["Standard of care"]


def test_a_graft_is_no_cell_of_a_mesenchymal_study():
    arms = (GIVEN, ("ACTIVE_COMPARATOR", "Bone marrow transplantation alone", "", ()))
    assert parts_of(*arms, kinds=("msc", "hsc"))[1] == ["Bone marrow transplantation alone"]
    arms = (("EXPERIMENTAL", "Hematopoietic stem cell transplantation", "", ()), ("ACTIVE_COMPARATOR", "Drug", "", ()))
    assert parts_of(*arms, kinds=("hsc",)) == (["Hematopoietic stem cell transplantation"], ["Drug"])


# Any text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["mesenchymal stem cells", "without stem cells", "non-", "MSC MSC"]))
def test_any_text_is_read_in_place(noise, words):
    arms = [("OTHER", noise + words, words + noise, ()), (None, words, noise, ())]
    for arm in arms_of(designed(arms=arms)):
        assert all(cell.text[cell.start : cell.end] == cell.words for cell in arm.cells)


@pytest.mark.parametrize(
    "piece", ["MSC ", "without MSC ", "no MSC and ", "stem cells not ", "a", " ", "(", "non-", "not be "]
)
def test_long_text_stays_quick(piece):
    assert seconds(arms_of, arm=piece, kinds=("msc",)) < LIMIT
