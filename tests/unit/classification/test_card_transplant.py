"""Mobilisation, conditioning, intensity and work on the graft: the traps met in records, in made-up words."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.classification.rules.cards.transplant import conditioning_class, extract_transplant
from apps.vocabulary.cards import CONDITIONINGS, INTENSITIES, MANIPULATIONS
from tests.unit.classification.designs import designed, quoted, seconds
from tests.unit.classification.timing import LIMIT

AHSCT = "Autologous hematopoietic stem cell transplantation"


def labels(scheme, *, kinds=("hsc",), **parts):
    parts.setdefault("title", AHSCT)
    material = designed(kinds=kinds, **parts)
    found = list(extract_transplant(material))
    assert quoted(material, found)
    return [label for label in found if label.scheme == scheme]


def values(scheme, **parts):
    return {label.value for label in labels(scheme, **parts)}


def regimens(**parts):
    """The drugs of every regimen, joined."""
    found = [label.detail for label in labels("conditioning", **parts)]
    return {"+".join(one["drugs"]) for detail in found for one in (detail, *detail.get("others", ()))}


# The regimens of published protocols


@pytest.mark.parametrize(
    ("text", "drugs", "value"),
    [
        (
            "Conditioning: BCNU on day -6, etoposide and cytosine arabinoside on days -5 to -2, melphalan on day -1.",
            "beam",
            "beam",
        ),
        ("Patients are conditioned with BEAM and rabbit ATG.", "atg+beam", "beam-atg"),
        ("The transplant arm gets BEAM and rATG.", "atg+beam", "beam-atg"),
        (
            "Stem cells are collected from you and returned after Cytoxan and ATG.",
            "atg+cyclophosphamide",
            "cyclophosphamide-atg",
        ),
        ("Autologous stem cells after Cy/ATG.", "atg+cyclophosphamide", "cyclophosphamide-atg"),
        (
            "The conditioning regimen is cyclophosphamide 50 mg/kg/day on days -5 to -2 and rATG 0.5 mg/kg on day -5.",
            "atg+cyclophosphamide",
            "cyclophosphamide-atg",
        ),
        (
            "Immune ablation with cyclophosphamide (200 mg/kg) and anti-thymocyte globulin (4.5 mg/kg).",
            "atg+cyclophosphamide",
            "cyclophosphamide-atg",
        ),
        ("High-dose immunosuppressive therapy: cyclophosphamide 200 mg/kg.", "cyclophosphamide", "cyclophosphamide"),
        (
            "Preparative regimen of cyclophosphamide and Campath-1H.",
            "alemtuzumab+cyclophosphamide",
            "cyclophosphamide-alemtuzumab",
        ),
        (
            "Conditioning with cyclophosphamide and rituximab.",
            "cyclophosphamide+rituximab",
            "cyclophosphamide-rituximab",
        ),
        (
            "Conditioning with cyclophosphamide 120 mg/kg, fludarabine 150 mg/m2 and rATG.",
            "atg+cyclophosphamide+fludarabine",
            "cyclophosphamide-fludarabine-atg",
        ),
        (
            "Immunoablation: busulfan 9.6 mg/kg, cyclophosphamide 200 mg/kg and ATG.",
            "atg+busulfan+cyclophosphamide",
            "busulfan-based",
        ),
        ("Myeloablative BuCy conditioning is used.", "busulfan+cyclophosphamide", "busulfan-based"),
        ("Conditioning: melphalan 140 mg/m2 alone.", "melphalan", "melphalan-based"),
        ("Conditioning with treosulfan 42 g/m2 and fludarabine.", "fludarabine+treosulfan", "treosulfan-based"),
        (
            "Conditioning with total body irradiation 8 Gy, cyclophosphamide 120 mg/kg and equine ATG.",
            "atg+cyclophosphamide+tbi",
            "tbi-based",
        ),
        ("Flu/Cy/TBI conditioning.", "cyclophosphamide+fludarabine+tbi", "tbi-based"),
        ("Conditioning with thiotepa and cyclophosphamide.", "cyclophosphamide+thiotepa", "other"),
    ],
)
def test_regimen(text, drugs, value):
    (label,) = labels("conditioning", summary=text)
    assert ("+".join(label.detail["drugs"]), label.value) == (drugs, value)
    assert not label.doubtful
    assert label.detail["tbi"] is ("tbi" in drugs.split("+"))


def test_conditioning_as_written():
    text = "Stem cells follow. Conditioning is cyclophosphamide 200 mg/kg and rATG 6 mg/kg. Then they go home."
    (label,) = labels("conditioning", description=text)
    assert label.detail["written"] == "cyclophosphamide 200 mg/kg and rATG 6 mg/kg"


def test_every_class_has_a_name():
    drugs = ("beam", "busulfan", "treosulfan", "melphalan", "tbi", "tli", "fludarabine", "cyclophosphamide")
    drugs += ("atg", "alemtuzumab", "rituximab", "thiotepa", "radiation")
    classes = {conditioning_class({*three}) for three in product(drugs, repeat=3)}
    assert classes == set(CONDITIONINGS)


# Spellings


@pytest.mark.parametrize(
    "drugs",
    [
        "BCNU, VP-16, ARA-C and melphalan",
        "carmustine (BCNU) 300 mg/m2, etoposide (VP16), cytarabine (Ara-C), melphalan (Alkeran) 140 mg/m2",
        "BiCNU, Vepesid, cytosine arabinoside and L-PAM",
        "carmustine/etoposide/cytarabine/melphalan",
        "BEAM (carmustine, etoposide, cytarabine and melphalan)",
    ],
)
def test_spellings_of_beam(drugs):
    assert regimens(summary=f"The conditioning regimen is {drugs}.") == {"beam"}


@pytest.mark.parametrize(
    "atg",
    [
        *(
            "ATG",
            "rATG",
            "r-ATG",
            "hATG",
            "rabbit ATG",
            "horse ATG",
            "equine ATG",
            "ATG-Fresenius",
            "ATG (Thymoglobulin)",
        ),
        *("ATGAM", "Thymoglobulin", "Thymoglobuline®", "Grafalon", "lymphoglobuline"),
        *("rabbit antithymocyte globulin", "anti-thymocyte globulin (rabbit)", "antithymocyte globulin (equine)"),
        *("anti-thymocyte immunoglobulin", "anti-T-lymphocyte globulin", "antilymphocyte globulin (ALG)"),
        "anti-lymphocyte globulin",
    ],
)
def test_spellings_of_atg(atg):
    assert regimens(summary=f"Patients receive BEAM conditioning with {atg}.") == {"atg+beam"}
    text = f"Conditioning consists of cyclophosphamide 200 mg/kg and {atg} over four days."
    assert regimens(summary=text) == {"atg+cyclophosphamide"}


@pytest.mark.parametrize(
    "drug",
    [
        *("Cy", "CY", "CTX", "Cytoxan", "Endoxan", "cyclophosphan", "Cyclophosphamide", "cyclophosphamide (CY)"),
        *("cyclophosphamide (CTX)", "high-dose cyclophosphamide", "HiCy"),
    ],
)
def test_spellings_of_cyclophosphamide(drug):
    assert regimens(summary=f"Preparative regimen: {drug} (200 mg/kg) plus rATG.") == {"atg+cyclophosphamide"}


@pytest.mark.parametrize(
    "name", ["Cy/ATG", "Cy-ATG", "CY + ATG", "CyATG", "cyclophosphamide/rATG", "Cy+rATG", "CTX/ATG"]
)
def test_names_of_cyclophosphamide_with_atg(name):
    assert regimens(summary=f"AHSCT is done with {name} conditioning.") == {"atg+cyclophosphamide"}
    assert regimens(title=f"Autologous HSCT with {name} in severe disease") == {"atg+cyclophosphamide"}


@pytest.mark.parametrize(
    "name", ["Campath", "Campath-1H", "alemtuzumab", "Campath 1H (alemtuzumab)", "MabCampath", "Campath®"]
)
def test_spellings_of_alemtuzumab(name):
    text = f"The patient is conditioned with cyclophosphamide 200 mg/kg and {name}."
    assert regimens(summary=text) == {"alemtuzumab+cyclophosphamide"}


@pytest.mark.parametrize(
    ("text", "drugs"),
    [
        (
            "Conditioning: cyclophosphamide 50 mg/kg on days -4, -3, +9 and +10, rituximab on day -5.",
            "cyclophosphamide+rituximab",
        ),
        (
            "Conditioning with cyclophosphamide 200 mg/kg, rATG 5.5 mg/kg and rituximab 500 mg on days -6 and +1.",
            "atg+cyclophosphamide+rituximab",
        ),
        ("Immunoablative conditioning with Bu-Cy-ATG.", "atg+busulfan+cyclophosphamide"),
        ("Patients undergo immune ablation using BuCyATG.", "atg+busulfan+cyclophosphamide"),
        (
            "Busulfan (9.6 mg/kg) is followed by cyclophosphamide (200 mg/kg) and ATG; this conditioning is new.",
            "atg+busulfan+cyclophosphamide",
        ),
        ("Preparatory regimen: Bu/Cy.", "busulfan+cyclophosphamide"),
        ("High-dose chemotherapy with melphalan 200 mg/m2 precedes autologous stem cell infusion.", "melphalan"),
        ("Melphalan 140 mg/m2 on day -2, stem cells on day 0.", "melphalan"),
        ("Flu/Cy/ATG conditioning.", "atg+cyclophosphamide+fludarabine"),
        (
            "Reduced-intensity conditioning with fludarabine 30 mg/m2/day, cyclophosphamide and Campath.",
            "alemtuzumab+cyclophosphamide+fludarabine",
        ),
        (
            "Conditioning: TBI 800 cGy with lung shielding, cyclophosphamide 120 mg/kg and equine ATG 90 mg/kg.",
            "atg+cyclophosphamide+tbi",
        ),
        ("Cy/TBI is the preparative regimen.", "cyclophosphamide+tbi"),
        ("High-dose thio-tepa and cyclophosphamide before autologous stem cell rescue.", "cyclophosphamide+thiotepa"),
        ("Treosulfan/fludarabine-based conditioning.", "fludarabine+treosulfan"),
        (
            "Autologous stem cell transplantation using cyclophosphamide and ATG in early disease.",
            "atg+cyclophosphamide",
        ),
        ("Patients after AHSCT with BEAM conditioning are followed.", "beam"),
    ],
)
def test_other_published_regimens(text, drugs):
    assert regimens(summary=text) == {drugs}


def test_regimen_in_the_title():
    title = (
        "High-Dose Cyclophosphamide and Total Body Irradiation With Purged Peripheral Blood Stem Cell or Marrow Rescue"
    )
    assert regimens(title=title) == {"cyclophosphamide+tbi"}


def test_a_list_of_drugs_in_keywords_is_no_regimen():
    assert regimens(keywords=["BEAM", "ATG", "cyclophosphamide"], conditions=["Busulfan"]) == set()


# One drug, many purposes


def test_cyclophosphamide_mobilises_and_conditions():
    text = (
        "Stem cells are mobilised with cyclophosphamide 2 g/m2 and filgrastim 10 mcg/kg, and collected by apheresis. "
        "They are given back after conditioning with cyclophosphamide 200 mg/kg and rabbit antithymocyte globulin."
    )
    assert regimens(summary=text) == {"atg+cyclophosphamide"}
    assert values("mobilisation", summary=text) == {"cyclophosphamide+g-csf"}


def test_mobilisation_as_a_step_of_its_own():
    names = [("PROCEDURE", "Mobilisation, Cy 120, ATG, autologous rescue", "")]
    assert values("conditioning", interventions=names) == {"cyclophosphamide-atg"}
    assert values("mobilisation", interventions=names) == set()


def test_cells_collected_after_a_drug():
    assert values("mobilisation", summary="Blood progenitors are collected after G-CSF.") == {"g-csf"}


def test_tbi_beside_another_drug_is_no_brain_injury():
    names = [("PROCEDURE", "Allogeneic transplant", ""), ("DRUG", "alemtuzumab/TBI", "")]
    assert values("conditioning", interventions=names) == {"tbi-based"}


def test_cyclophosphamide_only_mobilises():
    text = "After mobilization with cyclophosphamide and G-CSF, BEAM conditioning is followed by the autologous graft."
    assert regimens(summary=text) == {"beam"}
    assert values("mobilisation", summary=text) == {"cyclophosphamide+g-csf"}


def test_cyclophosphamide_as_comparator():
    parts = {
        "arms": [
            (
                "EXPERIMENTAL",
                "Transplantation",
                "Stem cell transplantation after conditioning with melphalan and ATG",
                (),
            ),
            ("ACTIVE_COMPARATOR", "Cyclophosphamide", "Twelve monthly infusions of cyclophosphamide", ()),
        ],
        "interventions": [("DRUG", "Cyclophosphamide", "750 mg/m2 in monthly pulses")],
    }
    assert regimens(**parts) == {"atg+melphalan"}


def test_cyclophosphamide_linked_to_the_control_alone():
    parts = {
        "arms": [
            ("EXPERIMENTAL", "Transplantation", "Stem cell transplantation", ["Fludarabine", "ATG"]),
            ("ACTIVE_COMPARATOR", "Pulses", "", ["Cyclophosphamide"]),
        ],
        "interventions": [("DRUG", "Fludarabine", ""), ("DRUG", "ATG", ""), ("DRUG", "Cyclophosphamide", "")],
    }
    assert regimens(**parts) == {"atg+fludarabine"}


def test_cyclophosphamide_as_background():
    text = (
        "Lupus nephritis has been treated with cyclophosphamide for decades. Patients refractory to cyclophosphamide "
        "are transplanted. Conditioning is fludarabine with ATG."
    )
    assert regimens(description=text) == {"atg+fludarabine"}


def test_cyclophosphamide_after_the_transplantation_prevents_gvhd():
    text = (
        "Conditioning with fludarabine and 2 Gy TBI. GVHD prophylaxis: cyclophosphamide 50 mg/kg on days +3 and +4, "
        "then tacrolimus."
    )
    assert regimens(summary=text) == {"fludarabine+tbi"}
    assert regimens(summary="Fludarabine and TBI before transplantation; post-transplant cyclophosphamide.") == {
        "fludarabine+tbi"
    }


def test_cyclophosphamide_as_an_exclusion():
    parts = {
        "summary": "Conditioning with BEAM.",
        "eligibility": "Exclusion: allergy to cyclophosphamide, fludarabine or ATG",
    }
    assert regimens(**parts) == {"beam"}


def test_drug_listed_whose_purpose_is_told_elsewhere():
    parts = {
        "arms": [("EXPERIMENTAL", "HSCT + Cy", "Cyclophosphamide on days +3 and +4 after the graft", ())],
        "kinds": ("hsc", "msc"),
    }
    assert regimens(**parts) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Patients who relapsed after rituximab or alemtuzumab are transplanted.",
        "Rituximab is given as maintenance after transplantation.",
        "We compare the benefit of transplantation and of high-dose monthly cyclophosphamide (Cytoxan).",
        "We study cyclophosphamide and high-dose immunosuppressive therapy with autologous transplantation.",
    ],
)
def test_drugs_of_another_purpose_are_no_conditioning(text):
    assert regimens(summary=text) == set()


def test_what_comes_before_the_conditioning_is_none():
    assert regimens(summary="Rituximab followed by conditioning with cyclophosphamide.") == {"cyclophosphamide"}
    text = "Cladribine and cytarabine sequential with fludarabine and busulfan conditioning."
    assert regimens(summary=text) == {"busulfan+fludarabine"}


def test_cyclophosphamide_that_collects_and_conditions():
    text = (
        "Peripheral blood stem cells are collected after cyclophosphamide 2 g/m2 and G-CSF. In the second admission, "
        "cyclophosphamide 200 mg/kg and ATG precede stem cell infusion."
    )
    assert regimens(summary=text) == {"atg+cyclophosphamide"}


# The other side of a comparison


def test_drugs_that_the_title_compares_with_the_transplantation():
    assert regimens(title="Autologous Stem Cell Transplantation With BEAM-ATG Versus Alemtuzumab") == {"atg+beam"}
    listed = [("DRUG", "Cyclophosphamide and ATG", ""), ("DRUG", "Alemtuzumab", ""), ("DRUG", "Cladribine pill", "")]
    assert regimens(title="AHSCT versus alemtuzumab or cladribine", interventions=listed) == {"atg+cyclophosphamide"}
    listed = [("DRUG", "Cyclophosphamide", "")]
    assert regimens(title="Cyclophosphamide Versus Transplantation", interventions=listed) == set()


def test_drugs_that_a_sentence_compares_with_the_transplantation():
    text = "Autologous transplantation after BEAM-ATG is compared with rituximab or alemtuzumab."
    assert regimens(summary=text) == {"atg+beam"}


def test_two_regimens_that_are_compared():
    text = "Two conditioning regimens are compared: BEAM-ATG versus Cy-ATG."
    assert regimens(summary=text) == {"atg+beam", "atg+cyclophosphamide"}
    parts = {
        "arms": [("EXPERIMENTAL", "BEAM-ATG", "", ["HSCT"]), ("ACTIVE_COMPARATOR", "Cy-ATG", "", [])],
        "interventions": [("PROCEDURE", "HSCT", "")],
    }
    assert regimens(**parts) == {"atg+beam", "atg+cyclophosphamide"}


def test_drugs_of_the_best_available_therapy():
    parts = {
        "arms": [
            ("EXPERIMENTAL", "AHSCT", "", ["HSCT", "Cyclophosphamide", "rATG"]),
            ("ACTIVE_COMPARATOR", "Best available therapy", "rituximab or alemtuzumab", ["Alemtuzumab", "Rituximab"]),
        ],
        "interventions": [
            ("PROCEDURE", "HSCT", ""),
            ("DRUG", "Cyclophosphamide", ""),
            ("DRUG", "rATG", ""),
            ("DRUG", "Alemtuzumab", ""),
            ("DRUG", "Rituximab", ""),
        ],
    }
    assert regimens(**parts) == {"atg+cyclophosphamide"}


# Mobilisation


@pytest.mark.parametrize(
    "name",
    [
        *("G-CSF", "GCSF", "rhG-CSF", "filgrastim", "pegfilgrastim", "lenograstim", "Neupogen", "Granocyte"),
        *("granulocyte colony-stimulating factor (G-CSF)", "granulocyte-colony stimulating factor"),
    ],
)
def test_spellings_and_purposes_of_g_csf(name):
    both = f"Stem cells are mobilised with cyclophosphamide (2 g/m2) and {name} (10 mcg/kg)."
    assert values("mobilisation", summary=both) == {"cyclophosphamide+g-csf"}
    assert values("mobilisation", summary=f"{name} is given for mobilization of stem cells.") == {"g-csf"}
    assert values("mobilisation", summary=f"Stem cells are collected by leukapheresis after {name}.") == {"g-csf"}
    assert values("mobilisation", summary=f"{name} 5 mcg/kg from day +5 until engraftment.") == set()
    assert values("mobilisation", summary=f"After transplantation {name} is given daily.") == set()
    assert values("mobilisation", summary=f"{name} will be started on day 5 post-transplant.") == set()
    assert values("mobilisation", summary=f"Starting on day +4, {name} is given.") == set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Stem cells are mobilized using filgrastim and plerixafor.", "g-csf+plerixafor"),
        ("Mobilization with G-CSF and Mozobil.", "g-csf+plerixafor"),
        ("Priming with cyclophosphamide 4 g/m2 and G-CSF.", "cyclophosphamide+g-csf"),
        ("Cyclophosphamide 2 g/m2 followed by G-CSF is used for stem cell mobilization.", "cyclophosphamide+g-csf"),
        (
            "PBSC mobilization regimen: CTX 2 g/m2, then G-CSF 10 ug/kg/d from day 3 until leukapheresis.",
            "cyclophosphamide+g-csf",
        ),
        ("The donor's cells are G-CSF-primed.", "g-csf"),
        ("Injections of filgrastim move stem cells from the bone marrow into the blood.", "g-csf"),
        ("Mobilisation with cyclophosphamide-G-CSF, conditioning with BEAM-ATG.", "cyclophosphamide+g-csf"),
        (
            "To mobilize stem cells they get cyclophosphamide on day 0 and filgrastim (G-CSF) until leukapheresis.",
            "cyclophosphamide+g-csf",
        ),
    ],
)
def test_wordings_of_mobilisation(text, value):
    assert values("mobilisation", summary=text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "Mobilization with G-CSF and, if needed, plerixafor (Mozobil).",
        "Mobilisation: filgrastim with or without Mozobil.",
        "Stem cells are mobilised with G-CSF and plerixafor if required.",
    ],
)
def test_plerixafor_on_demand(text):
    assert values("mobilisation", summary=text) == {"g-csf", "g-csf+plerixafor"}


def test_g_csf_after_transplantation_is_no_mobilisation():
    text = (
        "Conditioning with BEAM. G-CSF 5 mcg/kg is given from day +5 after transplantation until neutrophil recovery."
    )
    assert values("mobilisation", summary=text) == set()
    listed = [("DRUG", "Filgrastim", "Daily from day +4 until engraftment")]
    assert values("mobilisation", interventions=listed) == set()


def test_g_csf_until_the_last_leukapheresis_is_mobilisation():
    text = "Filgrastim 10 mcg/kg/day is given until the last leukapheresis."
    assert values("mobilisation", summary=text) == {"g-csf"}


def test_mobilisation_in_an_adjective():
    assert values("mobilisation", summary="The graft is G-CSF mobilized peripheral blood of the donor.") == {"g-csf"}


def test_alternatives_of_mobilisation():
    text = "Mobilization with G-CSF alone or G-CSF plus plerixafor."
    assert values("mobilisation", summary=text) == {"g-csf", "g-csf+plerixafor"}


def test_mobilisation_without_a_drug_is_not_guessed():
    assert values("mobilisation", summary="Peripheral stem cells are mobilised, collected and frozen.") == set()


# Whole records


def told(**parts):
    """Mobilisation, regimens and work on the graft."""
    return values("mobilisation", **parts), regimens(**parts), values("graft_manipulation", **parts)


def test_transplantation_against_the_best_available_drugs():
    parts = {
        "title": "Best available drugs versus autologous transplantation",
        "description": (
            "Cells are mobilised with cyclophosphamide, filgrastim and a steroid and frozen. BEAM and rabbit "
            "ATG are the conditioning. The doctor may choose alemtuzumab, cladribine or rituximab."
        ),
        "arms": [
            ("EXPERIMENTAL", "AHSCT", "Conditioning with BEAM and rATG, then the graft", ["AHSCT"]),
            ("ACTIVE_COMPARATOR", "Best available drug", "Alemtuzumab, cladribine or rituximab", ["BAD"]),
        ],
        "interventions": [
            ("BIOLOGICAL", "AHSCT", "Carmustine, etoposide, cytarabine, melphalan and rATG before the graft"),
            ("BIOLOGICAL", "BAD", "An antibody (alemtuzumab, rituximab) or cladribine"),
        ],
    }
    assert told(**parts) == ({"cyclophosphamide+g-csf"}, {"atg+beam"}, set())


def test_one_drug_in_both_arms():
    listed = ["HSCT", "TBI", "Cyclophosphamide", "ATGAM", "G-CSF"]
    text = "Mobilized with G-CSF; TBI 800 cGy, cyclophosphamide and equine ATG, followed by a CD34-selected graft"
    parts = {
        "arms": [
            ("EXPERIMENTAL", "Autologous HSCT", text, listed),
            ("ACTIVE_COMPARATOR", "Cyclophosphamide", "Twelve monthly pulses", ["Cyclophosphamide"]),
        ],
        "interventions": [("DRUG", name, "Twelve doses" if name == "Cyclophosphamide" else "") for name in listed],
    }
    assert told(**parts) == ({"g-csf"}, {"atg+cyclophosphamide+tbi"}, {"cd34-selected"})


def test_an_outline_by_days():
    text = (
        "For mobilization cyclophosphamide is given on day 0 and G-CSF from day 5 until the leukaphereses are done. "
        "The harvest is selected for CD34+ cells. Weeks later, cyclophosphamide is given on days -5 to -2 and ATG on "
        "days -4 to -2. The graft follows on day 0. G-CSF starts on day 0 and goes on until blood counts recover."
    )
    assert told(summary=text) == ({"cyclophosphamide+g-csf"}, {"atg+cyclophosphamide"}, {"cd34-selected"})


def test_parts_with_headings():
    text = (
        "Mobilization: cyclophosphamide 4.5 g/m2, G-CSF for ten days. Grafts are CD34 selected with magnetic beads. "
        "Ablation: busulfan for 4 days, cyclophosphamide 200 mg/kg, rabbit ATG 5 mg/kg."
    )
    regimen = "atg+busulfan+cyclophosphamide"
    assert told(summary=text) == ({"cyclophosphamide+g-csf"}, {regimen}, {"cd34-selected"})
    listed = [("DRUG", "Mobilization: cyclophosphamide and filgrastim", ""), ("DRUG", "Conditioning: BEAM", "")]
    listed.append(("BIOLOGICAL", "rATG", ""))
    assert told(interventions=listed) == ({"cyclophosphamide+g-csf"}, {"atg+beam"}, set())


def test_cyclophosphamide_twice_and_rituximab_later():
    text = (
        "Fresh cells are given to outpatients: cyclophosphamide and G-CSF to mobilize; high-dose cyclophosphamide "
        "(200 mg/kg) as conditioning; rituximab after recovery, and every two months as maintenance."
    )
    assert told(summary=text) == ({"cyclophosphamide+g-csf"}, {"cyclophosphamide"}, set())


def test_drugs_in_brackets_behind_a_treatment():
    text = (
        "People get mitoxantrone every month, or intense immunosuppression (mobilisation with cyclophosphamide and "
        "filgrastim, conditioning with carmustine, cytosine-arabinoside, etoposide, melphalan and rATG)."
    )
    assert told(summary=text) == ({"cyclophosphamide+g-csf"}, {"atg+beam"}, set())


def test_rituximab_and_fludarabine_before_the_graft():
    text = "Rituximab on days -8 and -2, fludarabine on days -7 to -4 and cyclophosphamide on days -7 to -4."
    assert told(summary=text) == (set(), {"cyclophosphamide+fludarabine+rituximab"}, set())


def test_a_donor_who_gets_g_csf():
    text = (
        "A non-myeloablative regimen of fludarabine, Campath-1H and cyclophosphamide; sibling donors get G-CSF "
        "and undergo leukapheresis. Cyclosporine prevents GVHD."
    )
    assert told(summary=text) == ({"g-csf"}, {"alemtuzumab+cyclophosphamide+fludarabine"}, set())


def test_cyclophosphamide_before_and_after_the_graft():
    text = (
        "ATG on days -9 to -7, fludarabine on days -6 to -2, cyclophosphamide on days -6 and -5, TBI on day -1. "
        "Post-transplant cyclophosphamide on days +3 and +4. The marrow is T-cell replete."
    )
    assert told(summary=text) == (set(), {"atg+cyclophosphamide+fludarabine+tbi"}, {"unmanipulated"})


def test_arms_of_which_one_has_one_drug_more():
    parts = {
        "title": "Cyclophosphamide/rATG versus cyclophosphamide/rATG/rituximab before HSCT",
        "arms": [
            ("ACTIVE_COMPARATOR", "Cyclophosphamide/rATG", "HSCT", ()),
            ("EXPERIMENTAL", "Cyclophosphamide/rATG/Rituximab", "HSCT", ()),
        ],
    }
    assert regimens(**parts) == {"atg+cyclophosphamide", "atg+cyclophosphamide+rituximab"}


def test_arms_that_differ_in_the_graft_alone():
    text = "Conditioning with cyclophosphamide 200 mg/kg"
    parts = {
        "arms": [
            ("EXPERIMENTAL", "CD34-selected", f"{text}; the graft after CD34 selection", ()),
            ("EXPERIMENTAL", "As it is", f"{text}; the graft is not manipulated", ()),
        ]
    }
    assert told(**parts) == (set(), {"cyclophosphamide"}, {"cd34-selected", "unmanipulated"})


# Irradiation


def test_total_lymphoid_irradiation_is_not_tbi():
    (label,) = labels("conditioning", summary="Conditioning with total lymphoid irradiation and ATG.")
    assert (label.value, label.detail["drugs"], label.detail["tbi"]) == ("tli-based", ["atg", "tli"], False)


def test_traumatic_brain_injury_is_not_irradiation():
    assert (
        regimens(title="Autologous stem cells in TBI", summary="Adults with severe TBI receive their own cells.")
        == set()
    )


# Alternatives and where they stand


def test_alternative_regimens_joined_by_or():
    text = "Conditioning will be either BEAM-ATG or cyclophosphamide-ATG, as the centre decides."
    assert regimens(summary=text) == {"atg+beam", "atg+cyclophosphamide"}
    assert values("conditioning", summary=text) == {"beam-atg", "cyclophosphamide-atg"}


def test_one_serotherapy_or_the_other():
    text = "Conditioning is cyclophosphamide 200 mg/kg with rATG or alemtuzumab."
    assert regimens(summary=text) == {"atg+cyclophosphamide", "alemtuzumab+cyclophosphamide"}


def test_with_or_without():
    assert regimens(summary="Conditioning is cyclophosphamide with or without rATG.") == {
        "cyclophosphamide",
        "atg+cyclophosphamide",
    }


def test_or_between_routes_is_no_alternative():
    text = "Conditioning: busulfan IV or PO for four days and cyclophosphamide."
    assert regimens(summary=text) == {"busulfan+cyclophosphamide"}


def test_arms_with_their_own_regimens():
    parts = {
        "arms": [
            ("EXPERIMENTAL", "Arm 1", "Stem cell transplantation after conditioning with busulfan and ATG", ()),
            (
                "EXPERIMENTAL",
                "Arm 2",
                "Stem cell transplantation after conditioning with busulfan, ATG and rituximab",
                (),
            ),
        ]
    }
    assert regimens(**parts) == {"atg+busulfan", "atg+busulfan+rituximab"}
    (label,) = labels("conditioning", **parts)
    assert [one["drugs"] for one in label.detail["others"]] == [["atg", "busulfan", "rituximab"]]


def test_shorter_mention_is_part_of_the_fuller_one():
    parts = {
        "title": "High-dose cyclophosphamide with hematopoietic stem cell support",
        "description": "The conditioning regimen consists of cyclophosphamide 200 mg/kg and rATG 6 mg/kg.",
    }
    assert regimens(**parts) == {"atg+cyclophosphamide"}


def test_conditioning_drugs_listed_only_as_interventions():
    parts = {
        "arms": [("EXPERIMENTAL", "HSCT", "", ["Cyclophosphamide", "ATG", "Filgrastim"])],
        "interventions": [("DRUG", "Cyclophosphamide", ""), ("BIOLOGICAL", "ATG", ""), ("DRUG", "Filgrastim", "")],
    }
    (label,) = labels("conditioning", **parts)
    assert (label.rule, label.detail["drugs"]) == ("conditioning-listed", ["atg", "cyclophosphamide"])
    assert values("mobilisation", **parts) == set()


def test_conditioning_by_the_days_of_each_drug():
    parts = {
        "interventions": [
            ("DRUG", "Carmustine", "300 mg/m2 on day -6"),
            ("DRUG", "Etoposide", "200 mg/m2 on days -5 to -2"),
            ("DRUG", "Cytarabine", "200 mg/m2 on days -5 to -2"),
            ("DRUG", "Melphalan", "140 mg/m2 on day -1"),
            ("DRUG", "Thymoglobulin", "2.5 mg/kg on days -2 and -1"),
        ]
    }
    (label,) = labels("conditioning", **parts)
    assert (label.value, label.rule) == ("beam-atg", "conditioning-by-days")


def test_days_that_head_their_drugs():
    text = "Day -6: BCNU 300 mg/m2. Days -5 to -2: etoposide and cytarabine. Day -1: melphalan. Days +1 and +2: ATG."
    assert regimens(summary=text) == {"atg+beam"}


def test_days_of_a_long_course():
    text = (
        "The patients will be treated with cyclophosphamide 50 mg/kg/day x 4 days (days -5 to -2) and rATG 0.5 mg/kg "
        "on day -5, 1 mg/kg on day -4 and 1.5 mg/kg on days -3 to -1."
    )
    assert regimens(summary=text) == {"atg+cyclophosphamide"}


def test_atg_just_after_the_graft_belongs_to_beam_atg():
    text = "Conditioning with carmustine, etoposide, cytarabine and melphalan, and with ATG on days +1 and +2."
    assert regimens(summary=text) == {"atg+beam"}


def test_chemotherapy_long_before_the_graft_is_no_conditioning():
    text = "Cladribine and cytarabine on days -21 to -17. Fludarabine on days -6 to -2. Busulfan on days -4 and -3."
    assert regimens(arms=[("EXPERIMENTAL", "HSCT", text, ())]) == {"busulfan+fludarabine"}


def test_conditioning_of_other_studies():
    text = "Earlier trials used conditioning with busulfan."
    (label,) = labels("conditioning", description=text)
    assert label.doubtful
    assert regimens(description=text + " We use conditioning with BEAM.") == {"beam"}


def test_drugs_of_a_description_without_a_purpose_are_not_guessed():
    text = "Cyclophosphamide and rituximab are widely used in lupus. Hematopoietic stem cells renew the immune system."
    assert regimens(description=text) == set()


def test_mesenchymal_cells_have_no_transplant_card():
    material = designed("Mesenchymal stem cells", kinds=("msc",), summary="Conditioning with BEAM, G-CSF mobilized.")
    assert list(extract_transplant(material)) == []


# Intensity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Non-myeloablative autologous transplantation", "non-myeloablative"),
        ("nonmyeloablative conditioning", "non-myeloablative"),
        ("a lymphoablative but not myeloablative regimen", "non-myeloablative"),
        ("myeloablative conditioning", "myeloablative"),
        ("reduced-intensity conditioning", "reduced-intensity"),
        ("high-dose immunosuppressive therapy", "high-dose"),
    ],
)
def test_intensity_as_the_record_says(text, value):
    (label,) = labels("intensity", summary=f"Patients get {text}.")
    assert (label.value, label.doubtful) == (value, False)
    assert value in INTENSITIES


def test_intensity_is_not_concluded_from_drugs():
    assert values("intensity", summary="Conditioning with busulfan and cyclophosphamide.") == set()


def test_intensity_of_what_is_left_behind():
    text = "We give non-myeloablative conditioning instead of a myeloablative one."
    assert values("intensity", summary=text) == {"non-myeloablative"}


def test_intensity_of_other_studies_only_is_a_doubt():
    (label,) = labels("intensity", description="Myeloablative conditioning has been toxic in this disease.")
    assert label.doubtful


# Work on the graft


@pytest.mark.parametrize("word", ["un-manipulated", "Unmanipulated", "non-manipulated", "unselected"])
def test_un_manipulated_is_a_positive_statement(word):
    assert values("graft_manipulation", summary=f"The {word} graft is infused.") == {"unmanipulated"}


@pytest.mark.parametrize(
    "text",
    [
        "CD34+ selected cells",
        "CD34-selected cells",
        "CD34 + selection with CliniMACS",
        "enriched CD34+ cells",
        "selection of CD34(+) cells",
    ],
)
def test_cd34_selection(text):
    assert values("graft_manipulation", summary=f"The graft: {text}.") == {"cd34-selected"}


@pytest.mark.parametrize(
    "text",
    [
        *("CliniMACS selection", "selected with the CliniMACS device", "Isolex 300i", "the Ceprate column"),
        *("CD34 positive selection", "CD34-positive cells are selected immunomagnetically", "immunomagnetic beads"),
        *("positive selection of CD34+ cells", "CD34+ enrichment", "CD34(+) selected", "purified CD34+ stem cells"),
        *("CD34 + cell selection", "ex vivo CD34-selection"),
    ],
)
def test_devices_and_words_of_cd34_selection(text):
    assert values("graft_manipulation", summary=f"The graft: {text}.") == {"cd34-selected"}


@pytest.mark.parametrize(
    "text",
    [
        *("not manipulated", "without CD34 selection", "no ex vivo manipulation", "no graft selection", "non-selected"),
        *("without in vitro manipulation", "not CD34+ selected"),
    ],
)
def test_grafts_left_as_they_are(text):
    assert values("graft_manipulation", summary=f"The stem cells are {text} and frozen.") == {"unmanipulated"}


def test_unselected_patients_are_no_graft():
    assert values("graft_manipulation", summary="Unselected patients were seen.") == set()


def test_without_cd34_selection():
    assert values("graft_manipulation", summary="The graft is infused without CD34 selection.") == {"unmanipulated"}


def test_t_cell_depletion_of_the_graft_and_of_the_patient():
    assert values("graft_manipulation", summary="The graft is T-cell depleted ex vivo.") == {"t-cell-depleted"}
    assert values("graft_manipulation", summary="ATG gives in vivo T-cell depletion.") == set()
    assert values("graft_manipulation", summary="T-cell depletion by alemtuzumab in the patient.") == set()
    assert values("graft_manipulation", summary="The stem cells are lymphocyte-depleted.") == {"t-cell-depleted"}


def test_selection_that_may_be_done_is_a_doubt():
    (label,) = labels("graft_manipulation", summary="Autologous cells, with or without CD34 selection, are frozen.")
    assert (label.value, label.doubtful) == ("cd34-selected", True)


def test_count_of_cd34_cells_is_no_selection():
    assert values("graft_manipulation", summary="At least 2x10^6 CD34+ cells per kg are collected.") == set()


def test_words_of_grafts_have_names():
    text = "CD34 selection, T cell depletion and unmanipulated grafts"
    assert values("graft_manipulation", summary=text) == set(MANIPULATIONS)


# Any text

_WORDS = st.sampled_from(
    [
        *(
            "conditioning",
            "mobilised",
            "with",
            "cyclophosphamide",
            "or",
            "ATG",
            "BEAM",
            "TBI",
            "G-CSF",
            "day",
            "-5",
            "+3",
        ),
        *(
            ".",
            ";",
            "\n",
            ":",
            "(",
            ")",
            "/",
            "+",
            "and",
            "before",
            "after",
            "transplantation",
            "CD34",
            "selected",
            "not",
        ),
        *("without", "myeloablative", "200", "mg/kg", "versus", "GVHD", "prophylaxis", "\ud800", "é"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_WORDS, max_size=60).map(" ".join), st.text(max_size=60))
def test_any_text_gives_quotable_labels(words, noise):
    material = designed(
        AHSCT,
        kinds=("hsc",),
        summary=words + noise,
        arms=[("EXPERIMENTAL", noise, words, ["X"]), ("ACTIVE_COMPARATOR", words, noise, [])],
        interventions=[("DRUG", "X", words), ("DRUG", words, noise)],
    )
    found = list(extract_transplant(material))
    assert quoted(material, found)
    assert len({(label.scheme, label.value, label.rule) for label in found}) == len(found)


@pytest.mark.parametrize(
    "piece",
    [
        "conditioning with cyclophosphamide or ATG on day -5 and ",
        "cyclophosphamide + ATG ",
        "mobilised with G-CSF. ",
        "CD34 + selected myeloablative ",
        "with or without ATG ",
        "before the a b c d e f ",
        "mobilised by G-CSF, plerixafor if the count is low ",
        "plerixafor may be given in poor ",
        "ATG day +1 in vivo ",
        "Cy 2 g/m2 and G-CSF. Cells ",
        "ATG 5 mg/kg, Cy 50 mg/kg, ",
        "collected from the a b after ",
        "(BEAM + ATG, Cy, ",
        "otherwise Cy; ",
        *("TBI ", "Cy ", "Cy. ", "Cy vs ", "ATG day -20 ", "day - ", "10^6 ", "a", "1", " ", "(", "\n"),
    ],
)
def test_long_text_stays_quick(piece):
    assert seconds(extract_transplant, description=piece, kinds=("hsc",)) < LIMIT


@settings(max_examples=10, deadline=None)
@given(st.lists(_WORDS, min_size=1, max_size=12).map(" ".join))
def test_long_texts_of_any_of_its_words_stay_quick(words):
    assert seconds(extract_transplant, description=words + " ", kinds=("hsc",)) < LIMIT
    assert seconds(extract_transplant, arm=words + " ", kinds=("hsc",)) < LIMIT


# A drug with two purposes, and a text with two regimens


def test_dosed_beside_atg_and_mobilising_in_the_next_sentence():
    arm = "Cyclophosphamide 120 mg/kg and ATG 4.5 mg/kg. Mobilised by cyclophosphamide and lenograstim."
    arms = [("EXPERIMENTAL", "Transplantation", arm, ["Graft"])]
    assert regimens(arms=arms, interventions=[("PROCEDURE", "Graft", "")]) == {"atg+cyclophosphamide"}


def test_listed_without_a_dose_it_only_mobilises():
    arm = "Cyclophosphamide and ATG. Mobilised by cyclophosphamide and lenograstim."
    arms = [("EXPERIMENTAL", "Transplantation", arm, ["Graft"])]
    assert regimens(arms=arms, interventions=[("PROCEDURE", "Graft", "")]) == {"atg"}


@pytest.mark.parametrize(
    "text",
    [
        "Cells are thawed and injected intravenously after cyclophosphamide (150 mg/kg) plus rabbit ATG (5 mg/kg).",
        "Unmanipulated, frozen, and infused after cyclophosphamide 150 mg/kg and ATG.",
    ],
)
def test_injected_after(text):
    assert regimens(summary=text) == {"atg+cyclophosphamide"}


def test_growth_factor_injected_after():
    assert not regimens(summary="Filgrastim is injected after cyclophosphamide 2 g/m2, and cells are collected.")


def test_those_without_a_donor_get_another_regimen():
    text = (
        "People with a matched brother have an allogeneic HCT after treosulfan and fludarabine; those without a donor "
        "receive own cells after cyclophosphamide and ATG."
    )
    assert regimens(summary=text) == {"fludarabine+treosulfan", "atg+cyclophosphamide"}


def test_those_who_also_get_a_drug_have_no_other_regimen():
    text = "Conditioning is cyclophosphamide 200 mg/kg; patients without antibodies also receive ATG."
    assert regimens(summary=text) == {"atg+cyclophosphamide"}


@pytest.mark.parametrize("begin", ["BAT includes", "The control arm gets", "Usual pills may be"])
def test_sentence_that_begins_with_the_comparison(begin):
    arms = [
        ("EXPERIMENTAL", "AHSCT", "Autologous stem cells", ["Graft"]),
        ("ACTIVE_COMPARATOR", "Usual pills", "", ["Pills"]),
    ]
    interventions = [("PROCEDURE", "Graft", "Stem cell transplantation"), ("DRUG", "Pills", "")]
    text = f"The conditioning is BEAM with rATG. {begin} cladribine, alemtuzumab and rituximab."
    assert regimens(description=text, arms=arms, interventions=interventions) == {"atg+beam"}


# Read wrongly once


@pytest.mark.parametrize(
    ("drugs", "value"),
    [
        (("Alemtuzumab", "Fludarabine", "Cyclophosphamide"), "cyclophosphamide-fludarabine-alemtuzumab"),
        (("Fludarabine", "Cyclophosphamide"), "cyclophosphamide-fludarabine"),
        (("Fludarabine", "Cyclophosphamide", "Thiotepa"), "fludarabine-based"),
        (("Rituximab", "Cyclophosphamide", "ATG"), "cyclophosphamide-atg-rituximab"),
        (("Cyclophosphamide", "ATG", "Radiation therapy"), "cyclophosphamide-radiation"),
        (("Cyclophosphamide", "Total body irradiation", "Radiation therapy"), "tbi-based"),
    ],
)
def test_a_regimen_s_name_leaves_no_drug_out(drugs, value):
    assert values("conditioning", interventions=[("DRUG", drug, "") for drug in drugs]) == {value}


def test_radiation_in_a_description_is_no_conditioning():
    listed = [("DRUG", "Cyclophosphamide", "")]
    told = "Conditioning is given to all. People with earlier radiotherapy may join."
    assert values("conditioning", interventions=listed, description=told) == {"cyclophosphamide"}


def test_cyclophosphamide_before_a_growth_factor_is_no_conditioning():
    told = (
        "Patients are prepared for the conditioning. IV cyclophosphamide, followed by G-CSF, is given 3 days after "
        "cyclophosphamide. The five-day conditioning regimen consists of cyclophosphamide and ATG."
    )
    (label,) = labels("conditioning", description=told)
    assert label.value == "cyclophosphamide-atg"
    assert not any("G-CSF" in one.quote and "ATG" not in one.quote for one in label.evidence)
    assert values("mobilisation", description=told) == {"cyclophosphamide+g-csf"}


# What some get, what is told in the next sentence, regimens in one list


@pytest.mark.parametrize(
    "text",
    [
        "Mobilisation: cyclophosphamide 2 g/m2 and lenograstim; plerixafor may be added in poor mobilisers only.",
        "Mobilisation with cyclophosphamide and G-CSF. In case of poor mobilisation plerixafor is added to mobilise.",
        "Stem cells are mobilised with cyclophosphamide and G-CSF (plerixafor on demand).",
        "Stem cells are mobilised with cyclophosphamide and G-CSF, and plerixafor if the CD34 count is too low.",
        "Mobilisation: cyclophosphamide, filgrastim; plerixafor is reserved for those with insufficient harvest.",
        "Mobilisation: cyclophosphamide, filgrastim and, for poor mobilizers, plerixafor.",
        "Mobilisation: cyclophosphamide and filgrastim; optional plerixafor.",
    ],
)
def test_drug_for_poor_mobilisers_alone_is_left_out(text):
    assert values("mobilisation", summary=text) == {"cyclophosphamide+g-csf"}


def test_plerixafor_for_everybody_stays():
    text = "Mobilisation: G-CSF for 5 days, plerixafor on the evening of day 4 for everybody."
    assert values("mobilisation", summary=text) == {"g-csf+plerixafor"}


@pytest.mark.parametrize(
    "text",
    [
        "Mobilisation: if EDSS > 5 G-CSF alone; otherwise cyclophosphamide 2 g/m2 followed by G-CSF.",
        "Mobilisation by G-CSF; alternatively cyclophosphamide and G-CSF.",
    ],
)
def test_mobilisation_otherwise(text):
    assert values("mobilisation", summary=text) == {"g-csf", "cyclophosphamide+g-csf"}


@pytest.mark.parametrize(
    "text",
    [
        "CTX 2.0 g/m2 for 2 days, then rhG-CSF 10 ug/kg/d. Mononuclear cells are collected by a separator.",
        "Cyclophosphamide 2 g/m2 and filgrastim 5 ug/kg. Leukapheresis takes place on day 10.",
        "Stem cells: collected from the blood after cyclophosphamide 2.0 g/m2 and G-CSF 5 mcg/kg/day.",
        "Cells are harvested by apheresis after cyclophosphamide and G-CSF.",
        "Collection of stem cells following cyclophosphamide and G-CSF.",
        "Apheresis after cyclophosphamide and G-CSF.",
    ],
)
def test_drugs_before_the_collection_mobilise(text):
    assert values("mobilisation", description=text) == {"cyclophosphamide+g-csf"}


def test_drugs_before_no_collection_do_not_mobilise():
    text = "Cyclophosphamide 2 g/m2 and filgrastim 5 ug/kg. Visits take place every year."
    assert values("mobilisation", description=text) == set()


@pytest.mark.parametrize(
    ("text", "drugs"),
    [
        (
            "Stem cells are mobilised by CTX (2.0 g/m2) and G-CSF. CTX 200mg/kg and rATG 4.5mg/kg in divided doses.",
            "atg+cyclophosphamide",
        ),
        ("Fludarabine 150 mg/m2, cyclophosphamide 120 mg/kg. Then the cells.", "cyclophosphamide+fludarabine"),
        ("Melphalan 140 mg/m2, rATG 5 mg/kg.", "atg+melphalan"),
    ],
)
def test_two_drugs_with_doses_and_no_word_are_the_regimen(text, drugs):
    assert regimens(description=text) == {drugs}


@pytest.mark.parametrize(
    "text",
    ["Prednisone 5 mg and cyclophosphamide 500 mg are stopped.", "ATG and cyclophosphamide have risks."],
)
def test_drugs_without_a_regimen(text):
    assert regimens(description=text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Conditioning by BEAM. Horse ATG 30 mg/kg on days +1 and +2 for in-vivo T-depletion.",
        "BEAM conditioning. ATG on days +1 and +2 for in vivo T-cell depletion.",
        "Conditioning by BEAM, and ATG on day +1 for in vivo depletion of T cells.",
    ],
)
def test_antibodies_after_the_graft_for_depletion_in_vivo_belong_to_the_regimen(text):
    assert regimens(description=text) == {"atg+beam"}
    listed = [("DRUG", name, "") for name in ("BCNU", "etoposide", "Ara-C", "melphalan", "ATG")]
    depletion = "Horse ATG 30 mg/kg on days +1 and +2 for in-vivo T-depletion."
    assert regimens(interventions=listed, description=depletion) == {"atg+beam"}


def test_regimens_of_a_list_in_brackets():
    text = "People who had a transplantation, whatever the conditioning (BEAM + ATG, Cy + ATG, FEAM or busulfan)."
    assert regimens(summary=text) == {"atg+beam", "atg+cyclophosphamide", "feam", "busulfan"}
    assert regimens(summary="Conditioning (cyclophosphamide, fludarabine and ATG) follows.") == {
        "atg+cyclophosphamide+fludarabine"
    }


def test_sentence_on_other_studies_does_not_stand_beside_the_regimen():
    text = "BEAM has been used as conditioning in lymphoma. Conditioning: cyclophosphamide and ATG."
    assert regimens(summary=text, description="Conditioning is cyclophosphamide and ATG.") == {"atg+cyclophosphamide"}


@pytest.mark.parametrize(
    "text",
    [
        "T cell removal by beads.",
        "Lymphocyte removal from the graft is done.",
        "T cells are removed from the graft.",
        "Removal of lymphocytes from the graft.",
        "The graft undergoes T-lymphocyte removal.",
    ],
)
def test_removal_is_depletion(text):
    assert "t-cell-depleted" in values("graft_manipulation", description=text)
