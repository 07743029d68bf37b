"""Sentences on other people than the participants are background, whatever they name; in made-up words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.classification.rules.cards.doses import extract_doses
from apps.classification.rules.cards.elsewhere import tells_of_others
from apps.classification.rules.cards.schedules import extract_schedules
from apps.classification.rules.cards.transplant import extract_transplant
from tests.unit.classification.designs import designed
from tests.unit.classification.timing import LIMIT, seconds

THIS = " The present protocol gives two injections of mesenchymal stem cells."


def told(text, within=""):
    return tells_of_others(text + within, 0, len(text))


@pytest.mark.parametrize(
    "text",
    [
        "In another group's study up to 3 x 10^6/kg marrow cells were infused three times.",
        "Other investigators have injected 5x10^7 cells into knees.",
        "Another team infused 2x10^6 cells/kg twice.",
        "Other centres have given BEAM.",
        "A higher dose was used by another hospital.",
        "In a series reported by others, eight people got 4x10^7 cord cells.",
        "Others have treated children with four infusions.",
        "Radiation of the lymph nodes is used at other institutions.",
        "Grafting has been offered to more than 900 people, mostly after BEAM.",
        "High-dose chemotherapy with BEAM is the most frequent regimen worldwide.",
        "Transplants have made some of those treated free of insulin.",
        "Until 2004 our department had given two infusions of marrow cells.",
        "In 40 people the full regimen was given before 2009.",
        "The first stage of this project, with a single injection of 50 million cells, has been completed.",
        "In the earlier part of our programme (30 people, not included here) the full BEAM was used.",
        "The initial phase of the study was registered under another number.",
    ],
)
def test_sentences_on_others(text):
    assert told(text)


@pytest.mark.parametrize(
    "text",
    [
        "The other group gets a saline infusion.",
        "Patients in another arm receive two infusions.",
        "Samples go to other laboratories of this study.",
        "Those who have received other stem cells are excluded.",
        "Patients who have made no progress on drugs receive 2x10^6 cells/kg.",
        "In the first stage of this study three people receive 1x10^6 cells/kg.",
        "Each participant gets six injections of mesenchymal stem cells.",
        "Cells are given at other intervals if fever occurs.",
        "Participants are followed until 2031.",
    ],
)
def test_sentences_on_participants(text):
    assert not told(text)


def test_earlier_study_beside_the_present_one():
    earlier = "In a phase I study in 12 people, four injections were given at an interval of 5 weeks."
    assert told(earlier, THIS)
    assert not told(earlier)
    assert not told("In a phase II study 12 people will get four injections.", THIS)


def schedule(text):
    return {
        (label.scheme, label.value) for label in extract_schedules(designed("Mesenchymal stem cells", description=text))
    }


def test_times_of_an_earlier_study_and_stage():
    text = "In a pilot study of mesenchymal stem cells four injections were given at an interval of 5 weeks."
    assert schedule(text + THIS) == {("administrations", "2")}
    stage = "The first stage of this project (a single injection of marrow MSC) has been finished. "
    assert schedule(stage + "Mesenchymal stem cells are injected once a month for five months.") == {
        ("administrations", "5"),
        ("interval", "30"),
    }


def test_dose_of_another_group():
    text = "Other investigators have infused 4x10^6 MSC/kg. Participants receive 1x10^6 MSC/kg."
    found = extract_doses(designed("Mesenchymal stem cells", description=text))
    assert {label.value for label in found} == {"1e6/kg"}


def transplant(scheme, text):
    material = designed("Autologous hematopoietic stem cell transplantation", description=text, kinds=("hsc",))
    return {label.value for label in extract_transplant(material) if label.scheme == scheme}


def test_conditioning_and_strength_of_others():
    worldwide = "Grafting after BEAM has been offered to more than 900 people worldwide. "
    assert transplant("conditioning", worldwide) == set()
    assert transplant("conditioning", worldwide + "Conditioning: cyclophosphamide and ATG.") == {"cyclophosphamide-atg"}
    assert transplant("intensity", "Non-myeloablative transplants have made some people free of insulin.") == set()


def test_graft_of_another_institution():
    text = "CD34 selection is used by another institution. The graft is unmanipulated."
    assert transplant("graft_manipulation", text) == {"unmanipulated"}


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.integers(0, 300), st.integers(0, 300))
def test_any_text(text, start, end):
    assert tells_of_others(text, min(start, len(text)), min(end, len(text))) in (True, False)


@pytest.mark.parametrize(
    "piece",
    [
        "other ",
        "another group ",
        "In a phase I study ",
        "has been given ",
        "before 2004 had ",
        "the first stage of our ",
        "had ",
    ],
)
def test_long_text_stays_quick(piece):
    text = piece * (32_000 // len(piece))
    assert seconds(lambda: [tells_of_others(text, at, at + 400) for at in range(0, len(text), 400)]) < LIMIT
