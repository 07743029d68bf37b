"""The way into the body: the traps met in records, in made-up words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.classification.rules.cards.product import extract_product
from apps.vocabulary.cards import ROUTES
from apps.vocabulary.terms import card_terms
from tests.unit.classification.designs import designed, quoted
from tests.unit.classification.timing import LIMIT, seconds

CELLS = "Mesenchymal stem cells in lupus"
GRAFT = "Autologous hematopoietic stem cell transplantation in multiple sclerosis"


def routes(title=CELLS, *, kinds=("msc",), **parts):
    material = designed(title, kinds=kinds, **parts)
    found = [label for label in extract_product(material) if label.scheme == "route"]
    assert quoted(material, found)
    return found


def ways(title=CELLS, **parts):
    return {label.value for label in routes(title, **parts)}


def in_arm(text):
    return ways(arms=[("EXPERIMENTAL", "Mesenchymal stem cells", text, ())])


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("MSC are infused intravenously.", "intravenous"),
        ("IV infusion of MSC", "intravenous"),
        ("MSC, IV, 1×10^6/kg", "intravenous"),
        ("MSC, iv, 1×10^6/kg", "intravenous"),
        ("MSC are given i.v. once", "intravenous"),
        ("Taken i. v., once a week", "intravenous"),
        ("Endovenous infusion of MSC", "intravenous"),
        ("MSC are given through peripheral veins", "intravenous"),
        ("MSC are infused via a central line", "intravenous"),
        ("Super selective intravenous administration of MSC", "intravenous"),
        ("Super-selective infusion of MSC", "intra-arterial"),
        ("MSC are infused into the pancreas artery", "intra-arterial"),
        ("MSC are infused via the renal artery", "intra-arterial"),
        ("Intrathecal MSC", "intrathecal"),
        ("MSC are injected by lumbar puncture", "intrathecal"),
        ("MSC by IT injection", "intrathecal"),
        ("Intra-articular injection of MSC", "intra-articular"),
        ("MSC are injected into the knee joint", "intra-articular"),
        ("Intramuscular MSC", "intramuscular"),
        ("MSC are given i.m. once", "intramuscular"),
        ("Subcutaneous injection of MSC", "subcutaneous"),
        ("MSC are injected into the lesions", "intralesional"),
        ("Intraosseous MSC", "intraosseous"),
        ("Intraventricular MSC through an Ommaya reservoir", "intraventricular"),
        ("Stereotactic implantation of MSC", "intracerebral"),
        ("MSC are infused into the portal vein", "intraportal"),
        ("MSC are injected into the pancreas", "intrapancreatic"),
        ("Transendocardial MSC", "intramyocardial"),
        ("Intranasal MSC", "intranasal"),
        ("MSC are sprayed on", "topical"),
        ("MSC in 100 ml saline i/v", "intravenous"),
        ("MSC are infused into spinal fluid", "intrathecal"),
        ("MSC are injected directly into the left ventricular endocardium", "intramyocardial"),
        ("MSC are injected into the patient's own myocardium", "intramyocardial"),
        ("Into lumbar intervertebral disc infusion of MSC", "intradiscal"),
        ("MSC are injected into ovarian tissues", "intraovarian"),
        ("MSC are injected in the non-union site", "intralesional"),
    ],
)
def test_way_of_an_arm(text, way):
    assert in_arm(text) == {way}


@pytest.mark.parametrize(
    "text",
    [
        "Infusion of MSC",
        "One infusion of MSC, 1×10^6/kg, then a second injection",
        "Transplantation of MSC",
    ],
)
def test_infusion_alone_states_no_way(text):
    assert in_arm(text) == set()
    assert ways("Stem cell infusion in lupus nephritis", kinds=("hsc",), summary=text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "MSC for lupus nephritis of class III or IV",
        "MSC for lupus nephritis class IV",
        "MSC in NYHA IV heart failure",
        "MSC in phase III/IV",
        "MSC for grade II-IV disease",
        "Stem cells for stage IV ulcers",
        "Stem cells: lupus nephritis of class IV or V",
        "MSC: i) count, ii) size, iii) colour, iv) origin of the stem cells",
    ],
)
def test_iv_the_numeral(text):
    assert ways(text) == set()
    assert in_arm(text) == set()


def test_iv_behind_another_number_of_the_sentence():
    assert in_arm("Class III lupus nephritis: MSC 1×10^6/kg IV") == {"intravenous"}


@pytest.mark.parametrize(
    "text",
    [
        "MSC after IVIg failed",
        "MSC and IVIG",
        "Cyclophosphamide IV, then MSC",
        "Methylprednisolone 500 mg IV before MSC",
        "Hydrocortisone i.v. is given; MSC follow",
        "MSC in people on subcutaneous insulin",
        "MSC with intra-articular hyaluronic acid",
        "IV fluids and MSC",
    ],
)
def test_way_of_a_drug(text):
    assert in_arm(text) == set()


def test_conditioning_drug_has_its_own_way():
    parts = {
        "kinds": ("hsc",),
        "summary": "Cyclophosphamide 200 mg/kg IV and ATG i.v. are followed by the stem cells.",
        "interventions": [("DRUG", "Cyclophosphamide", "Given IV"), ("PROCEDURE", "Transplantation", "")],
    }
    assert ways(GRAFT, **parts) == set()


def test_graft_given_into_a_vein():
    text = "The stem cells are reinfused intravenously."
    assert ways(GRAFT, kinds=("hsc",), summary=text) == {"intravenous"}


def test_line_through_which_cells_are_taken_is_no_way():
    text = "Stem cells are collected through a central venous line by apheresis."
    assert ways(GRAFT, kinds=("hsc",), summary=text) == set()


def test_lumbar_puncture_to_take_fluid_is_no_way():
    text = "A lumbar puncture is done before the mesenchymal stem cells are given; the fluid is examined."
    assert ways(summary=text) == set()


def test_vein_of_a_disease_is_no_way():
    text = "Mesenchymal stem cells in patients with coronary artery atherosclerosis or portal vein thrombosis."
    assert ways(summary=text) == set()


def test_way_of_a_sham_procedure():
    text = "A sham procedure (incannulation of the femoral vein) is done. Stem cells follow six months later."
    assert in_arm(text) == set()


def test_sham_controlled_leaves_the_way_of_the_cells():
    assert ways("Sham-controlled trial of intrathecal mesenchymal stem cells") == {"intrathecal"}


def test_way_of_what_cells_secrete():
    assert in_arm("Intrathecal MSC, then mesenchymal stem cell secretions intravenously") == {"intrathecal"}


@pytest.mark.parametrize("text", ["MSC by IT + IV", "MSC, IV and IT", "MSC IT/IV", "MSC into spinal fluid and vein"])
def test_two_ways_in_one_word(text):
    assert in_arm(text) == {"intrathecal", "intravenous"}


def test_everyday_word_it_is_no_way():
    assert in_arm("IT IS KNOWN THAT MSC HELP") == set()


def test_iv_with_full_stops_before_a_capital_letter_ends_no_sentence():
    assert ways("MSC versus i.v. Cyclophosphamide pulses in lupus") == set()


def test_name_of_a_disease_is_no_place():
    assert ways("MSC therapy in intervertebral disc degeneration") == set()
    assert ways("Injection of MSC in polycystic ovary syndrome") == set()
    assert ways(summary="A line is inserted into a vein of the neck. Later MSC are given.") == set()
    assert ways(summary="All are screened by ultrasound to assess the myocardium; MSC are given.") == set()


def test_way_of_the_placebo_is_a_doubt():
    (label,) = routes(interventions=[("BIOLOGICAL", "MSC", ""), ("OTHER", "Placebo", "100 ml saline intravenously")])
    assert (label.value, label.doubtful) == ("intravenous", True)
    given = [("BIOLOGICAL", "MSC", "intrathecal MSC"), ("OTHER", "Placebo", "100 ml saline intravenously")]
    assert ways(interventions=given) == {"intrathecal"}


def test_way_in_a_title_without_the_name_of_the_cells_is_a_doubt():
    (label,) = routes("Intramuscular injections of ABC PQR in lupus", official="MSC in lupus")
    assert (label.value, label.doubtful) == ("intramuscular", True)


def test_first_and_later_doses_go_by_different_ways():
    assert in_arm("The first dose of MSC is given intrathecally, later doses intravenously") == {
        "intrathecal",
        "intravenous",
    }


def test_ways_of_two_arms():
    parts = {
        "arms": [
            ("EXPERIMENTAL", "IV", "Mesenchymal stem cells into a vein", ()),
            ("EXPERIMENTAL", "IT", "Mesenchymal stem cells by intrathecal injection", ()),
        ]
    }
    assert ways(**parts) == {"intravenous", "intrathecal"}


def test_sentence_on_the_study_adds_a_way():
    parts = {
        "arms": [("EXPERIMENTAL", "Intravenous mesenchymal stem cells", "", ())],
        "summary": "This study compares intravenous with intrathecal mesenchymal stem cells.",
    }
    assert ways(**parts) == {"intravenous", "intrathecal"}


def test_day_after_a_past_transplantation_does_not_hide_the_way():
    assert in_arm("MSC for graft loss. Given intravenously on day 4 post-transplant.") == {"intravenous"}


def test_way_told_without_the_cells_is_a_doubt():
    (label,) = routes(description="Participants then receive an intra-articular hip injection.")
    assert (label.value, label.doubtful) == ("intra-articular", True)


def test_way_of_other_treatments_in_background():
    text = "The current treatment is intravenous infusion of something. Inhaled steroids have been tried in animals."
    assert ways(description=text) == set()


def test_keyword_names_no_way():
    assert ways(keywords=["Intravenous stem cells"]) == set()


def test_ways_by_kind_of_cells():
    found = routes(
        "Hematopoietic stem cells given intravenously with intrathecal mesenchymal stem cells", kinds=("hsc", "msc")
    )
    assert {(label.value, label.detail["kind"]) for label in found} == {("intravenous", "hsc"), ("intrathecal", "msc")}


def test_every_way_has_a_name():
    told = card_terms("routes")
    assert set(told["route"]) | set(told["place"]) == set(ROUTES)


# Any text

_FRAGMENTS = (
    "MSC stem cells infused IV iv i.v. i. m. intrathecal into via through the renal artery central line "
    "collected cyclophosphamide class III or IV sham placebo saline transplantation after before knee joint ( "
    ") . ; \n , \ud800 é"
)
_WORDS = st.sampled_from(_FRAGMENTS.split(" "))


@settings(max_examples=150, deadline=None)
@given(st.lists(_WORDS, max_size=60).map(" ".join), st.text(max_size=60), st.sampled_from([("msc",), ("hsc",), ()]))
def test_any_text_gives_quotable_routes(words, noise, kinds):
    found = routes(
        words[:80] or "A trial",
        kinds=kinds,
        summary=words + noise,
        arms=[("EXPERIMENTAL", noise, words, ["X"]), ("ACTIVE_COMPARATOR", words, noise, [])],
        interventions=[("BIOLOGICAL", "X", words), ("BIOLOGICAL", words, noise)],
    )
    assert len({(label.value, label.rule) for label in found}) == len(found)


@pytest.mark.parametrize(
    "piece",
    [
        "IV ",
        "iv ",
        "i.v. ",
        "MSC into the artery ",
        "via a b c d ",
        "artery ",
        "class III or IV ",
        "iii) ",
        "from a cubital line ",
        "the first two is by vein, ",
        "cells a b from the ",
        "MSC washed, frozen (",
        "frozen; ",
    ],
)
def test_long_text_stays_quick(piece):
    text = (piece * (32_000 // len(piece) + 1))[:32_000]
    material = designed(CELLS, description=text)
    assert seconds(lambda: list(extract_product(material))) < LIMIT


@pytest.mark.parametrize(
    "text",
    [
        "Cells are kept cool until reinfusion on day 0 through the central catheter.",
        "The cells are reinfused via an indwelling catheter.",
        "The stem cells are given by the venous port.",
        "Stem cells: at least 5 million CD34/kg, through central line.",
        "The graft is infused through a port catheter.",
    ],
)
def test_line_through_which_a_graft_returns(text):
    assert ways(GRAFT, kinds=("hsc",), description=text) == {"intravenous"}


def test_infusion_from_a_line():
    assert ways(summary="The infusion takes an hour from a cubital venous line.") == {"intravenous"}
    assert ways(summary="Blood is drawn during the infusion from a central line.") == set()


@pytest.mark.parametrize(
    "text",
    [
        "The first and the second time is by vein drip, the following five by lumbar puncture.",
        "The first dose goes by vein, the remaining doses go by lumbar puncture.",
        "The first two are by vein; each time after that the way is by lumbar puncture.",
    ],
)
def test_ways_by_the_number_of_the_time(text):
    found = routes(summary=text)
    assert {label.value for label in found} == {"intravenous", "intrathecal"}
    assert all(label.doubtful for label in found)


@pytest.mark.parametrize("drug", ["CTX pulse", "CYC", "Cy 50 mg/kg"])
def test_way_of_an_abbreviated_drug(drug):
    assert ways(GRAFT, kinds=("hsc",), summary=f"Auto-PBSCT is compared with IV {drug} in lupus.") == set()
