"""Tissue, donor, product, growing and keeping of the cells: the traps met in records, in made-up words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.classification.rules.cards import card_of
from apps.classification.rules.cards.material import Material
from apps.classification.rules.cards.product import extract_product
from apps.classification.rules.reading import Reading
from apps.vocabulary.card_values import PRODUCTS
from apps.vocabulary.cards import FIELD_BY_SLUG
from apps.vocabulary.terms import card_terms
from tests.unit.classification.builders import payload, record_of
from tests.unit.classification.designs import designed, quoted
from tests.unit.classification.timing import LIMIT, seconds

CELLS = "Mesenchymal stem cells in lupus"
GRAFT = "Hematopoietic stem cell transplantation in multiple sclerosis"


def labels(scheme, title=CELLS, *, kinds=("msc",), **parts):
    material = designed(title, kinds=kinds, **parts)
    found = list(extract_product(material))
    assert quoted(material, found)
    return [label for label in found if label.scheme == scheme]


def values(scheme, title=CELLS, **parts):
    return {label.value for label in labels(scheme, title, **parts)}


def certain(scheme, title=CELLS, **parts):
    return {label.value for label in labels(scheme, title, **parts) if not label.doubtful}


# Tissue


@pytest.mark.parametrize(
    ("text", "tissues"),
    [
        ("Bone marrow-derived mesenchymal stem cells", {"bone-marrow"}),
        ("BM-MSC for arthritis", {"bone-marrow"}),
        ("Mesenchymal stromal cells isolated from the iliac crest", {"bone-marrow"}),
        ("Fat-derived mesenchymal stem cells", {"adipose"}),
        ("hAD-MSCs for arthritis", {"adipose"}),
        ("Expanded adipose stem cells (eASCs)", {"adipose"}),
        ("Human umbilical cord mesenchymal stem cells", {"umbilical-cord"}),
        ("UC-MSC for lupus", {"umbilical-cord"}),
        ("huc-msc and hUC-MSCs for lupus", {"umbilical-cord"}),
        ("Mesenchymal cells of the cord lining", {"umbilical-cord"}),
        ("Wharton's jelly mesenchymal stem cells", {"umbilical-cord"}),
        ("Wharton´s jelly mesenchymal stem cells", {"umbilical-cord"}),
        ("Wharton’s-jelly mesenchymal stem cells", {"umbilical-cord"}),
        ("Whartons jelly mesenchymal stem cells", {"umbilical-cord"}),
        ("Wharton Jelly mesenchymal stem cells", {"umbilical-cord"}),
        ("WJ-MSC for diabetes", {"umbilical-cord"}),
        ("Placenta-derived mesenchymal stem cells", {"placenta"}),
        ("Decidual stromal cells", {"placenta"}),
        ("Amniotic membrane mesenchymal stem cells", {"amnion"}),
        ("Menstrual blood stem cells", {"menstrual-blood"}),
        ("Endometrial regenerative cells", {"endometrium"}),
        ("Dental pulp stem cells", {"dental-pulp"}),
        ("Mesenchymal cells made from embryonic stem cells", {"embryonic"}),
    ],
)
def test_tissue_of_the_title(text, tissues):
    assert values("source", text) == tissues


def test_umbilical_cord_blood_is_not_umbilical_cord():
    assert values("source", "Umbilical cord blood mesenchymal stem cells in lupus") == {"cord-blood"}
    assert values("source", "hUCB-MSC in lupus") == {"cord-blood"}


def test_abbreviation_of_cord_beside_cord_blood_does_not_tell_cord_tissue():
    parts = {"interventions": [("BIOLOGICAL", "UC-MSC", "")]}
    assert values("source", "Umbilical cord blood derived mesenchymal cells (UC-MSC)", **parts) == {"cord-blood"}


def test_cord_and_cord_blood_both_written_out_are_a_doubt():
    parts = {"interventions": [("BIOLOGICAL", "Umbilical cord blood mesenchymal stem cells", "")]}
    found = labels("source", "Umbilical cord mesenchymal stem cells", **parts)
    assert {(label.value, label.doubtful) for label in found} == {("umbilical-cord", True), ("cord-blood", True)}


def test_two_tissues_share_the_cells_behind_them():
    assert values("source", "Bone marrow (BM) or umbilical cord mesenchymal stem cells") == {
        "bone-marrow",
        "umbilical-cord",
    }


def test_misspelt_donors_are_read():
    assert values("donor", "Autologus mesenchymal stem cells in lupus") == {"autologous"}
    assert values("donor", "Allogenous mesenchymal stem cells in lupus") == {"allogeneic"}


def test_tissues_of_two_arms():
    parts = {
        "arms": [
            ("EXPERIMENTAL", "A", "Autologous adipose mesenchymal stem cells", ()),
            ("EXPERIMENTAL", "B", "Allogeneic umbilical cord mesenchymal stem cells", ()),
        ]
    }
    assert certain("source", **parts) == {"adipose", "umbilical-cord"}
    assert certain("donor", **parts) == {"autologous", "allogeneic"}


def test_background_is_not_the_product():
    text = (
        "Mesenchymal stem cells can be isolated from various tissues such as bone marrow, fat and umbilical cord. "
        "Recent studies have shown that bone marrow mesenchymal stem cells improve lupus in mice."
    )
    assert certain("source", description=text) == set()
    assert values("source", "Umbilical cord mesenchymal cells", description=text) == {"umbilical-cord"}


def test_mechanism_is_not_the_product():
    text = (
        "The cells home to the bone marrow, where they help. Bone marrow suppression and marrow biopsies are recorded."
    )
    assert values("source", description=text) == set()


def test_tissue_of_the_disease_is_not_the_product():
    text = "The cells move into adipose tissue. Bone marrow edema is scored. Umbilical hernia is excluded."
    assert values("source", summary=text) == set()


def test_cells_kept_for_research_are_not_the_product():
    text = "Mesenchymal stem cells from bone marrow will be expanded and frozen for future laboratory studies."
    assert values("source", summary=text) == set()
    assert values("expansion", summary=text) == set()
    assert values("preservation", summary=text) == set()


def test_tissue_that_is_taken():
    text = "After liposuction the mesenchymal stem cells are expanded."
    assert values("source", summary=text) == {"adipose"}
    assert values("source", summary="50 ml of bone marrow will be aspirated; the cells are expanded.") == {
        "bone-marrow"
    }


def test_tissue_told_only_by_a_criterion_is_a_doubt():
    (label,) = labels("source", eligibility="Exclusion: liposuction cannot be done")
    assert (label.value, label.doubtful) == ("adipose", True)


def test_bone_marrow_transplantation_tells_the_tissue():
    assert values("source", "Bone marrow transplantation for lupus", kinds=("hsc",)) == {"bone-marrow"}


def test_blood_and_marrow_transplantation_leaves_the_tissue_open():
    assert values("source", "Blood and marrow transplantation for lupus", kinds=("hsc",)) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Peripheral blood stem cell transplantation for lupus",
        "PBSCT for lupus",
        "Autologous peripheral stem cells for lupus",
    ],
)
def test_peripheral_blood(text):
    assert values("source", text, kinds=("hsc",)) == {"peripheral-blood"}


def test_leukapheresis_tells_peripheral_blood():
    text = "Stem cells are collected from the patient by leukapheresis."
    assert values("source", GRAFT, kinds=("hsc",), summary=text) == {"peripheral-blood"}


def whole(**parts):
    """The labels of source of a card that is read as a whole."""
    material = designed(**parts)
    return {(label.value, label.doubtful, label.rule) for label in card_of(material) if label.scheme == "source"}


MOBILISED = "Mobilisation is by cyclophosphamide 2 g/m2 and filgrastim."


def test_mobilised_cells_come_from_the_blood_only_as_a_doubt():
    found = whole(title=GRAFT, kinds=("hsc",), description=MOBILISED)
    assert found == {("peripheral-blood", True, "tissue-by-mobilisation")}


def test_mobilisation_tells_nothing_where_the_tissue_is_named():
    found = whole(title="Autologous bone marrow transplantation in MS", kinds=("hsc",), description=MOBILISED)
    assert {value for value, *_ in found} == {"bone-marrow"}


def test_mobilised_graft_beside_cord_cells():
    """An arm that names both kinds lends the tissue of one to the other no more."""
    found = whole(
        title="Autologous hematopoietic stem cells with UC-MSC in lupus",
        kinds=("hsc", "msc"),
        arms=[("EXPERIMENTAL", "HSC + UC-MSC", "", ())],
        description=MOBILISED,
    )
    assert found == {
        ("umbilical-cord", False, "tissue-in-abbreviation-msc"),
        ("peripheral-blood", True, "tissue-by-mobilisation-hsc"),
    }


def test_cells_that_leave_the_marrow_for_the_blood_are_not_marrow():
    text = "G-CSF moves the hematopoietic stem cells from the bone marrow into the blood."
    assert values("source", GRAFT, kinds=("hsc",), summary=text) == set()


def test_marrow_looked_at_before_a_transplantation_is_not_the_graft():
    text = "A bone marrow aspirate is examined at screening."
    assert values("source", GRAFT, kinds=("hsc",), summary=text) == set()


def test_bmt_names_a_tissue_only_doubtfully():
    (label,) = labels("source", GRAFT, kinds=("hsc",), summary="The BMT unit admits patients who undergo BMT.")
    assert (label.value, label.doubtful) == ("bone-marrow", True)


def test_bmt_speaks_of_the_graft_where_both_kinds_are_given():
    found = labels(
        "source",
        "Hematopoietic stem cell transplantation with adipose mesenchymal stem cells",
        kinds=("hsc", "msc"),
        summary="Mesenchymal stem cells are given on the day after BMT.",
    )
    assert {(label.value, label.detail["kind"]) for label in found} == {("adipose", "msc"), ("bone-marrow", "hsc")}


# Donor


@pytest.mark.parametrize(
    ("text", "donors"),
    [
        ("Autologous mesenchymal stem cells", {"autologous"}),
        ("Patient's own mesenchymal stem cells", {"autologous"}),
        ("Patients’ own mesenchymal stem cells", {"autologous"}),
        ("Autogenous adipose mesenchymal cells", {"autologous"}),
        ("Allogeneic mesenchymal stem cells", {"allogeneic"}),
        ("Allogenic mesenchymal stem cells", {"allogeneic"}),
        ("Mesenchymal stem cells of healthy donors", {"allogeneic"}),
        ("Third-party mesenchymal stem cells", {"allogeneic"}),
        ("Mesenchymal stem cells from a haploidentical sibling donor", {"allogeneic", "related"}),
        ("Allogeneic dermal mesenchymal stromal cells", {"allogeneic"}),
    ],
)
def test_donor_of_the_title(text, donors):
    assert certain("donor", text) == donors


def test_umbilical_cord_alone_does_not_say_allogeneic():
    assert values("donor", "Umbilical cord mesenchymal stem cells") == set()


@pytest.mark.parametrize("people", ["healthy young female volunteers", "healthy women", "healthy individuals"])
def test_tissue_of_healthy_people_is_allogeneic(people):
    assert values("donor", description=f"Menstrual blood of {people} is a source of mesenchymal stem cells.") == {
        "allogeneic"
    }


@pytest.mark.parametrize(
    "sentence",
    [
        "The mesenchymal stem cells are produced from the cords of babies born by caesarean section.",
        "Cord tissue will be obtained from the labour room after screening of the donor mothers.",
        "UC-MSC are isolated from the cords of consenting mothers.",
    ],
)
def test_cords_of_other_peoples_babies_are_allogeneic(sentence):
    assert values("donor", title="UC-MSC in type 1 diabetes", description=sentence) == {"allogeneic"}


def test_own_cells_that_are_no_good_are_not_given():
    sentence = "Autologous cells from lupus patients are senescent and therefore healthy donors were preferred."
    assert values("donor", description=sentence) == {"allogeneic"}


def test_one_tissue_or_else_another():
    sentence = (
        "In this trial MSCs are prepared from bone marrow of relatives or, if no relative agreed, from umbilical cord."
    )
    assert values("source", description=sentence) == {"bone-marrow", "umbilical-cord"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Cells are mobilized from the bone marrow with G-CSF and collected from peripheral blood by leukapheresis.",
        "Haematopoietic progenitors are collected from blood after filgrastim.",
    ],
)
def test_graft_that_is_collected_from_blood(sentence):
    assert values("source", GRAFT, kinds=("hsc",), description=sentence) == {"peripheral-blood"}


def test_cells_of_healthy_newborns_are_allogeneic():
    text = "Umbilical cords are donated by healthy mothers, and the mesenchymal stem cells expanded."
    assert values("donor", summary=text) == {"allogeneic"}


def test_keyword_says_autologous_and_the_cells_come_from_a_relative():
    parts = {"keywords": ["Autologous"], "summary": "Mesenchymal stem cells are taken from a first-degree relative."}
    assert certain("donor", **parts) == {"allogeneic", "related"}


def test_keyword_alone_is_a_doubt():
    (label,) = labels("donor", keywords=["autologous mesenchymal stem cells"])
    assert (label.value, label.doubtful) == ("autologous", True)


def test_summary_names_the_relative_of_allogeneic_cells():
    text = "Mesenchymal stem cells will be obtained from family members who donate marrow."
    assert values("donor", "Allogeneic mesenchymal stem cells", summary=text) == {"allogeneic", "related"}


def test_own_cells_returned_are_autologous_without_the_word():
    text = "Hematopoietic stem cells are collected from the patient by leukapheresis, frozen, and reinfused after BEAM."
    assert values("donor", GRAFT, kinds=("hsc",), summary=text) == {"autologous"}


def test_marrow_aspirated_from_the_patient_is_autologous():
    text = "The patient undergoes bone marrow aspiration, and the mesenchymal stem cells are expanded."
    assert values("donor", summary=text) == {"autologous"}


def test_donors_marrow_aspirated_is_not_the_patients():
    assert values("donor", summary="Healthy donors undergo bone marrow aspiration for the cells.") == {"allogeneic"}


def test_past_transplantation_is_not_the_product():
    text = "Mesenchymal stem cells for graft loss after allogeneic hematopoietic stem cell transplantation"
    assert values("donor", text) == set()


def test_donor_of_something_else():
    text = "Autologous serum is used for culture. An allogeneic kidney was transplanted. Autologous cartilage is kept."
    assert values("donor", summary=text) == set()


def test_mixed_product_may_state_one_donor():
    text = "Autologous mesenchymal stem cells with islets of a cadaveric donor"
    assert values("donor", text) == {"autologous"}


def test_general_talk_of_donors_is_not_the_product():
    text = "Previous studies have used autologous cells. Allogeneic mesenchymal stem cells have been reported as safe."
    assert values("donor", description=text) == set()


def test_donors_of_two_sentences_of_a_description_are_a_doubt():
    text = "One is the autologous stem cell transfer. The other is the allogeneic stem cell transfer."
    assert certain("donor", description=text) == set()


def test_lack_of_a_donor_is_no_donor():
    text = "Transplantation is limited by lack of donors."
    assert values("donor", GRAFT, kinds=("hsc",), summary=text) == set()


def test_ahsct_reads_autologous_only_doubtfully():
    (label,) = labels("donor", "AHSCT for multiple sclerosis", kinds=("hsc",))
    assert (label.value, label.doubtful) == ("autologous", True)


def test_donor_of_the_criteria():
    found = labels("donor", GRAFT, kinds=("hsc",), eligibility="Has an HLA-identical sibling donor")
    assert {(label.value, label.doubtful) for label in found} == {("related", True), ("allogeneic", True)}
    assert values("donor", GRAFT, kinds=("hsc",), eligibility="Has no sibling donor") == set()


def test_donors_by_kind_of_cells():
    title = "Autologous hematopoietic stem cell transplantation with allogeneic mesenchymal stem cells"
    found = labels("donor", title, kinds=("hsc", "msc"))
    assert {(label.value, label.detail["kind"]) for label in found} == {("autologous", "hsc"), ("allogeneic", "msc")}


# Name of the product


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("Prochymal® in diabetes", "prochymal"),
        ("PROCHYMAL in diabetes", "prochymal"),
        ("Remestemcel-L in diabetes", "prochymal"),
        ("remestemcel L in diabetes", "prochymal"),
        ("Cx611 in arthritis", "cx611"),
        ("CX-611 in arthritis", "cx611"),
        ("FURESTEM-RA Inj. in arthritis", "furestem-ra"),
        ("Furestem RA in arthritis", "furestem-ra"),
        ("CS20AT04 in lupus", "cs20at04"),
        ("ProTrans™ in diabetes", "protrans"),
        ("NurOwn® in multiple sclerosis", "nurown"),
        ("AlloRx in lupus", "allorx"),
        ("Lomecel-B™ in arthritis", "lomecel-b"),
        ("CELZ-201 in diabetes", "celz-201"),
    ],
)
def test_product_with_and_without_hyphens_and_trade_marks(text, product):
    assert values("product", text) == {product}


def test_furestem_cd_is_not_furestem_ra():
    parts = {"interventions": [("BIOLOGICAL", "FURESTEM-CD", "Mesenchymal stem cells")]}
    assert values("product", "FURESTEM-CD in dermatitis", **parts) == set()


def test_allostem_is_no_name_of_a_listed_product():
    assert "allostem" not in PRODUCTS
    assert values("product", "AlloStem bone graft with mesenchymal stem cells") == set()


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("ABC-123", "abc-123"),
        ("XYZ01", "xyz01"),
        ("Zelastem®", "zelastem"),
        ("ZELASTEM®-X", "zelastem-x"),
        ("ABC-123 (allogeneic mesenchymal stem cells)", "abc-123"),
        ("Mesenchymal stem cells (ABC-123)", "abc-123"),
    ],
)
def test_unlisted_product_named_by_a_code_or_a_trade_mark(name, product):
    parts = {"interventions": [("BIOLOGICAL", name, "Mesenchymal stem cells, one infusion")]}
    assert values("product", **parts) == {product}


@pytest.mark.parametrize("name", ["hUC-MSC", "BM-MSCs", "Group 12", "CD34 (stem cells)", "1x10^6 cells", "MSC-NP"])
def test_description_is_no_product(name):
    parts = {"interventions": [("BIOLOGICAL", name, "Mesenchymal stem cells, one infusion")]}
    assert values("product", **parts) == set()


def test_code_of_another_drug_is_no_product():
    parts = {
        "interventions": [("BIOLOGICAL", "Mesenchymal stem cells", ""), ("DRUG", "ABC-123", "A tablet each day")],
    }
    assert values("product", **parts) == set()


def test_product_of_background_is_not_told():
    text = "Other cells such as Prochymal have been reported in animal studies."
    assert values("product", "Umbilical cord cells", description=text) == set()


def test_product_belongs_to_mesenchymal_cells():
    assert values("product", GRAFT, kinds=("hsc",), summary="This study: no Prochymal.") == set()


def test_both_donors_of_cells_in_general():
    text = (
        "Studies with autologous or allogeneic mesenchymal stem cells have been made in this study's centre and abroad."
    )
    assert values("donor", summary=text) == set()
    assert values("donor", summary="Participants get autologous or allogeneic mesenchymal stem cells.") == {
        "autologous",
        "allogeneic",
    }


@pytest.mark.parametrize(
    "text",
    [
        "Stem cells are collected from you and returned after the drugs.",
        "Marrow is aspirated and the mesenchymal cells are injected to the same patient.",
    ],
)
def test_own_cells_in_other_words(text):
    assert values("donor", summary=text) == {"autologous"}


# Growing


@pytest.mark.parametrize(
    "text",
    [
        "Culture-expanded mesenchymal stem cells are infused.",
        "The mesenchymal stem cells will be expanded ex vivo.",
        "Mesenchymal stem cells at passage 4 will be given.",
        "The stem cells will be cultured for 4 weeks.",
        "Mesenchymal stem cells are extracted, expanded with human platelet lysate, and stored for this study.",
    ],
)
def test_expanded(text):
    assert values("expansion", summary=text) == {"expanded"}


@pytest.mark.parametrize(
    "text", ["Non-expanded stem cells will be given.", "The cells are given without culture.", "Uncultured stem cells."]
)
def test_not_expanded(text):
    assert values("expansion", summary=text) == {"not-expanded"}


@pytest.mark.parametrize(
    "text",
    [
        "The Expanded Disability Status Scale is taken before the cells.",
        "Expanded access to mesenchymal stem cells.",
        "After the dose-expansion cohort mesenchymal stem cells are given to an expanded cohort.",
        "Urine culture is negative before the cells are given.",
        "T cell expansion is measured.",
        "Mesenchymal stem cells have been expanded in various laboratories.",
    ],
)
def test_words_of_growing_that_are_not_of_the_cells(text):
    assert values("expansion", summary=text) == set()


def test_growing_told_only_by_an_outcome_is_a_doubt():
    told = _with_outcome("Share of participants whose mesenchymal stem cells can be expanded")
    assert [(label.value, label.doubtful) for label in told if label.scheme == "expansion"] == [("expanded", True)]


def _with_outcome(measure):
    told = payload(CELLS)
    told["protocolSection"]["outcomesModule"] = {"primaryOutcomes": [{"measure": measure}]}
    record = record_of(told)
    material = Material(record, Reading(record), frozenset({"msc"}))
    found = list(extract_product(material))
    assert quoted(material, found)
    return found


# Keeping


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Cryopreserved mesenchymal stem cells are thawed at the bedside.", "cryopreserved"),
        ("Stem cells are frozen in liquid nitrogen.", "cryopreserved"),
        ("Fresh mesenchymal stem cells are given.", "fresh"),
        ("Stem cells that were never frozen are given.", "fresh"),
        ("Non-cryopreserved stem cells are given.", "fresh"),
    ],
)
def test_preservation(text, kept):
    assert values("preservation", summary=text) == {kept}


def test_frozen_graft():
    text = "Stem cells are collected and cryopreserved."
    assert values("preservation", GRAFT, kinds=("hsc",), summary=text) == {"cryopreserved"}


@pytest.mark.parametrize(
    "text",
    [
        "Fresh frozen plasma is given.",
        "Fresh adipose tissue is digested before the long culture of mesenchymal stem cells.",
        "Serum is frozen for later tests; frozen shoulder is excluded.",
        "Frozen sections are stained.",
        "The laboratory is certified for processing and cryopreservation of stem cells by a cryopreservation system.",
        "Some have their mesenchymal stem cells grown, others have them frozen for potential later use.",
        "Freezing might harm the mesenchymal stem cells; cryopreservation may affect stem cells too.",
        "Fresh mesenchymal stem cells are stained to look at their antigens.",
        "A back-up of stem cells is kept frozen.",
    ],
)
def test_words_of_keeping_that_are_not_of_the_cells(text):
    assert values("preservation", summary=text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Mesenchymal stem cells are thawed, grown and expanded before they are given.",
        "Mesenchymal stem cells are kept frozen as a cell bank.",
    ],
)
def test_cells_that_are_grown_once_more_after_thawing_are_a_doubt(text):
    (label,) = labels("preservation", summary=text)
    assert (label.value, label.doubtful) == ("cryopreserved", True)


def test_thawed_in_the_arm_of_the_cells():
    parts = {
        "arms": [
            (
                "EXPERIMENTAL",
                "Cells",
                "2 million MSC per kg of body weight in 50 ml are given at once after thawing",
                (),
            )
        ]
    }
    assert values("preservation", **parts) == {"cryopreserved"}


# The vocabulary and any text


def test_every_value_has_a_name():
    told = card_terms("product")
    for field in ("source", "short", "harvest", "loose-source"):
        assert set(told[field]) <= set(FIELD_BY_SLUG["source"].words)
    assert set(told["donor"]) | set(told["giver"]) == set(FIELD_BY_SLUG["donor"].words)
    assert set(told["expansion"]) == set(FIELD_BY_SLUG["expansion"].words)
    assert set(told["preservation"]) == set(FIELD_BY_SLUG["preservation"].words)


_FRAGMENTS = (
    "mesenchymal stem cells MSC UC-MSC bone marrow umbilical cord blood fat autologous allogeneic donor "
    "sibling own from the patient taken i.v. IV iii) expanded in culture fresh frozen ProTrans® ABC-123 after "
    "transplantation BMT AHSCT ( ) . ; \n , or and not sham \ud800 é 1x10^6 /kg leukapheresis reinfused"
)
_WORDS = st.sampled_from(_FRAGMENTS.split(" "))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(_WORDS, max_size=60).map(" ".join),
    st.text(max_size=60),
    st.sampled_from([("msc",), ("hsc",), ("msc", "hsc"), ()]),
)
def test_any_text_gives_quotable_labels(words, noise, kinds):
    material = designed(
        words[:80] or "A trial",
        kinds=kinds,
        summary=words + noise,
        eligibility=noise + words,
        keywords=[words, noise],
        arms=[("EXPERIMENTAL", noise, words, ["X"]), ("ACTIVE_COMPARATOR", words, noise, [])],
        interventions=[("BIOLOGICAL", "X", words), ("BIOLOGICAL", words, noise)],
    )
    found = list(extract_product(material))
    assert quoted(material, found)
    assert len({(label.scheme, label.value, label.rule) for label in found}) == len(found)


@pytest.mark.parametrize(
    "piece",
    [
        "mesenchymal ",
        "MSC ",
        "BM ",
        "autologous ",
        "own ",
        "i.v. ",
        "IV ",
        "PICC ",
        "iv ",
        "expanded ",
        "0",
        " ",
        "(",
        "\n",
        ". ",
        "10^6 ",
        "a",
        "a-",
        "autologous bone marrow MSC from the patient are expanded and given IV. ",
        "autologous bone marrow MSC from the patient are expanded and given IV or ",
        "ABC-123 (",
    ],
)
@pytest.mark.parametrize("kinds", [("msc",), ("hsc", "msc")])
def test_long_text_stays_quick(piece, kinds):
    text = (piece * (32_000 // len(piece) + 1))[:32_000]
    material = designed(CELLS, kinds=kinds, description=text, eligibility=text)
    assert seconds(lambda: list(extract_product(material))) < LIMIT


# What is taken, and is not given


@pytest.mark.parametrize(
    "told",
    [
        "For those who are agreeable to the procedure, a bone marrow aspiration is performed before the infusion.",
        "An optional bone marrow aspirate is collected for mechanistic studies.",
        "Bone marrow will be aspirated from voluntary patients.",
    ],
)
def test_marrow_that_some_give_for_research_is_no_source(told):
    assert values("source", "Allogeneic mesenchymal stem cells in arthritis", description=told) == set()


def test_marrow_of_all_who_join_is_a_source():
    told = "Patients who consent to participate undergo bone marrow aspiration to grow their mesenchymal stem cells."
    assert values("source", description=told) == {"bone-marrow"}


def test_marrow_of_voluntary_donors_is_a_source():
    told = "Bone marrow is aspirated from voluntary donors to grow mesenchymal stem cells."
    assert values("source", description=told) == {"bone-marrow"}


def test_what_is_stored_in_a_biobank_is_not_how_cells_are_kept():
    told = "The bone marrow aspirate of those given placebo is processed, cryopreserved and stored in a biobank."
    assert values("preservation", description=told) == set()
    assert values("preservation", description="The mesenchymal stem cells are cryopreserved.") == {"cryopreserved"}


def test_mononuclear_cells_given_beside_ours_are_of_the_trial_too():
    told = "Allogeneic fat-derived mesenchymal cells with autologous bone marrow mononuclear cells are injected."
    given = {"arms": [("EXPERIMENTAL", "Cells", told, ())]}
    assert values("source", **given) == {"adipose", "bone-marrow"}
    assert values("donor", **given) == {"allogeneic", "autologous"}


def test_mononuclear_cells_of_which_ours_are_made_tell_tissue_and_donor():
    told = "Mesenchymal stem cells are collected from autologous bone marrow mononuclear cells."
    given = {"arms": [("EXPERIMENTAL", "Cells", told, ())]}
    assert values("source", **given) == {"bone-marrow"}
    assert values("donor", **given) == {"autologous"}


def test_adjectives_before_mononuclear_cells_may_be_of_both():
    told = "Autologous bone marrow-derived mononuclear cells and mesenchymal stem cells"
    assert values("donor", arms=[("EXPERIMENTAL", "Cells", told, ())]) == {"autologous"}


def test_leukapheresis_in_a_title_leaves_in_doubt_whose_cells():
    title = "Immunosuppression and rescue with CD34-selected leukapheresis products in patients with multiple sclerosis"
    assert values("donor", title, kinds=("hsc",)) == {"autologous"}
    assert certain("donor", title, kinds=("hsc",)) == set()
    told = "Patients undergo leukapheresis."
    assert values("donor", GRAFT, kinds=("hsc",), description=told) == {"autologous"}


def test_an_identical_twin_is_a_relative_with_the_same_cells():
    title = "Syngeneic or autologous hematopoietic stem cell transplantation in lupus"
    assert certain("donor", title, kinds=("hsc",)) == {"autologous", "related"}
    # Some call the cells of the person who is treated so.
    assert values("donor", "Syngeneic mesenchymal stem cells in lupus") == set()
