"""The traps met while trials were labelled by hand: each rule against the words that it answers. Texts are made up."""

from __future__ import annotations

import pytest

from apps.classification.rules import Classification, classify
from tests.unit.classification.builders import study


def told(title: str, **parts) -> Classification:
    return classify(study(title, **parts))


def rules(classification: Classification, scheme: str = "scope") -> list[str]:
    return [label.rule for label in classification.labels if label.scheme == scheme]


@pytest.mark.parametrize(
    "cell",
    [
        "Mesenchymal Stem Cells",
        "mesenchymal stromal cells",
        "Mesenchymal Stem/Stromal Cells",
        "mesenchymal precursor cells",
        "Mesencymal progenitor cells",
        "MSC-NTF cells",
        "MSC-NP",
        "hUC-MSCs",
        "eASCs",
        "adipose-derived stem cells",
        "umbilical cord stem cells",
    ],
)
def test_msc_in_its_many_names(cell):
    classification = told(f"{cell} in rheumatoid arthritis", conditions=["Rheumatoid Arthritis"])
    assert classification.scope == "in_scope"
    assert classification.values("cell_type") == ("msc",)
    assert classification.values("disease") == ("rheumatoid-arthritis",)


@pytest.mark.parametrize(
    "product", ["PROCHYMAL®", "Remestemcel-L", "Cx611", "FURESTEM-RA Inj.", "CS20AT04", "ProTrans", "NurOwn", "AlloRx"]
)
def test_msc_known_by_its_product_name(product):
    classification = told(f"{product} in adults", conditions=["Systemic Lupus Erythematosus"])
    assert (classification.scope, classification.values("cell_type")) == ("in_scope", ("msc",))


def test_product_of_another_disease_is_out():
    assert told("FURESTEM-CD in Crohn's disease", conditions=["Crohn Disease"]).scope == "out"


@pytest.mark.parametrize(
    "words",
    [
        "autologous haematopoietic stem cell transplantation",
        "Hematopoietic Cell Transplantation",
        "hematopoetic stem cells",
        "hematopoietic grafting",
        "HSCT",
        "aHSCT",
        "AHSCT",
        "ASCT",
        "PBSCT",
        "bone marrow transplantation",
        "immune ablation and stem cell support",
        "tolerance by mixed chimerism",
    ],
)
def test_hsc_in_its_many_names(words):
    classification = told(f"{words} in severe disease", conditions=["Multiple Sclerosis"])
    assert (classification.scope, classification.values("cell_type")) == ("in_scope", ("hsc",))


@pytest.mark.parametrize("abbreviation", ["BMT", "HCT", "SCT"])
def test_abbreviation_with_other_meanings_needs_conditioning_beside_it(abbreviation):
    with_conditioning = told(f"{abbreviation} in MS", conditions=["Multiple Sclerosis"], interventions=["Busulfan"])
    assert (with_conditioning.scope, with_conditioning.values("cell_type")) == ("in_scope", ("hsc",))
    assert told(f"{abbreviation} in MS", conditions=["Multiple Sclerosis"]).scope == "out"


def test_transplant_missing_from_the_interventions():
    classification = told(
        "High dose chemotherapy with stem cell transplant",
        conditions=["Multiple Sclerosis"],
        interventions=["Cyclophosphamide", "Mesna"],
    )
    assert (classification.scope, classification.values("cell_type")) == ("in_scope", ("hsc",))
    classification = told(
        "Severe lupus, a new approach",
        conditions=["Lupus"],
        interventions=["Anti-thymocyte globulin", "Cyclophosphamide"],
        summary="Patients have a stem cell transplantation after the drugs.",
    )
    assert (classification.scope, rules(classification, "cell_type")) == ("in_scope", ["hsc-behind-conditioning"])


def test_conditioning_drug_alone_is_no_transplantation():
    assert told("Low dose ATG", conditions=["Type 1 Diabetes"], interventions=["ATG"]).scope == "out"
    assert told("High-dose cyclophosphamide in MS", conditions=["Multiple Sclerosis"]).scope == "out"


def test_organ_transplantation_is_none_of_stem_cells():
    classification = told(
        "Thymoglobulin after kidney transplantation", conditions=["Type 1 Diabetes"], interventions=["Thymoglobulin"]
    )
    assert (classification.scope, classification.values("cell_type")) == ("out", ())


def test_cord_blood_in_type_1_diabetes_waits_for_a_person():
    classification = told("Autologous cord blood infusion", conditions=["Type 1 Diabetes"])
    assert (classification.scope, classification.values("near_miss")) == ("review", ("cord-blood",))
    assert classification.values("cell_type") == ()


def test_cord_tissue_is_not_cord_blood():
    assert told("Umbilical cord mesenchymal stem cells", conditions=["Type 1 Diabetes"]).scope == "in_scope"


@pytest.mark.parametrize(
    "title",
    [
        "CD34+ cells and fibrocytes",
        "Circulating CD34+ cells",
        "Endothelial progenitor cells",
        "Antibody secreting cells (ASCs)",
    ],
)
def test_cells_counted_as_a_marker_are_out(title):
    classification = told(title, conditions=["Rheumatoid Arthritis"], interventions=["Blood draw"])
    assert (classification.scope, classification.values("cell_type")) == ("out", ())


def test_expanded_cd34_product_waits_for_a_person():
    classification = told(
        "Cells in the pancreas", conditions=["Type 1 Diabetes"], interventions=["CD34+ expanded cells"]
    )
    assert (classification.scope, classification.values("near_miss")) == ("review", ("unclear-cells",))


def test_mobilisation_without_reinfusion_is_out():
    classification = told("Stem cell mobilisation", conditions=["Type 1 Diabetes"], interventions=["Plerixafor"])
    assert (classification.scope, classification.values("near_miss")) == ("out", ("mobilisation-only",))


@pytest.mark.parametrize(
    "product",
    [
        "Mesenchymal stem cell-derived exosomes",
        "MSC secretome",
        "conditioned medium of MSC",
        "Mesenchymal Stromal Cell extracellular vesicles",
        "ExoFlo",
    ],
)
def test_cell_free_product_is_out_whatever_made_it(product):
    classification = told(f"{product} in MS", conditions=["Multiple Sclerosis"], interventions=[product])
    assert (classification.scope, classification.values("near_miss")) == ("out", ("cell-free",))


def test_cells_beside_their_exosomes_are_in():
    classification = told(
        "MSC and MSC exosomes",
        conditions=["Multiple Sclerosis"],
        interventions=["Mesenchymal stem cells", "MSC exosomes"],
    )
    assert classification.scope == "in_scope"


def test_disease_in_the_title_only():
    classification = told("MSC for type 1 diabetes with ketoacidosis", conditions=["Ketoacidosis, Diabetic"])
    assert (classification.scope, classification.values("disease")) == ("in_scope", ("type-1-diabetes",))


def test_general_condition_and_disease_in_the_description():
    classification = told(
        "Hematopoietic stem cell transplantation in life threatening autoimmune diseases",
        conditions=["Autoimmune Diseases"],
        summary="People with lupus erythematosus or rheumatoid arthritis can take part.",
    )
    assert classification.scope == "in_scope"
    assert classification.values("disease") == ("rheumatoid-arthritis", "systemic-lupus-erythematosus")


@pytest.mark.parametrize("disease", [("MS", "multiple-sclerosis"), ("SLE", "systemic-lupus-erythematosus")])
def test_general_condition_and_disease_abbreviated_in_the_description(disease):
    abbreviation, slug = disease
    classification = told(
        "Hematopoietic stem cell transplantation in severe autoimmune disease",
        conditions=["Autoimmune Diseases"],
        summary=f"People with progressive {abbreviation} can take part.",
    )
    assert (classification.scope, classification.values("disease")) == ("in_scope", (slug,))


def test_abbreviation_beside_diabetes_is_no_disease():
    """MS may be the metabolic syndrome there, and mass spectrometry anywhere."""
    metabolic = told("MSC in diabetes", conditions=["Diabetes Mellitus"], summary="People with MS can take part.")
    assert metabolic.values("disease") == ()
    measured = told("HSCT in autoimmune diseases", conditions=["Autoimmune Diseases"], summary="Proteins by LC-MS/MS.")
    assert measured.values("disease") == ()


@pytest.mark.parametrize(
    "graft",
    [
        "Autologous Bone Marrow Transplantation",
        "Autologous bone marrow transplant",
        "Autologous Marrow Rescue",
        "Bone marrow rescue after busulfan",
        "Marrow reinfusion after high dose chemotherapy",
        "Autologous HCT",
        "Allo-BMT",
        "Haploidentical SCT",
        "Haematopoietic autografting",
        "Peripheral stem cell autotransplantation",
        "T-cell depleted sibling marrow",
        "Reduced intensity conditioning and allogeneic transplant",
        "High-dose immunosuppression with stem cell reinfusion",
        "Trasplante de progenitores hematopoyéticos",
        "Autologe Blutstammzelltransplantation",
        "Greffe de cellules souches hématopoïétiques",
    ],
)
def test_transplantation_in_its_many_names(graft):
    """The donor before "bone marrow" makes no unsorted marrow cells of a transplantation."""
    classification = told(f"{graft} in multiple sclerosis", conditions=["Multiple Sclerosis"])
    assert (classification.scope, classification.values("cell_type")) == ("in_scope", ("hsc",))


def test_unsorted_marrow_still_waits_for_a_person():
    classification = told("Autologous bone marrow infusion in MS", conditions=["Multiple Sclerosis"])
    assert (classification.scope, rules(classification)) == ("review", ["marrow-mononuclear"])


def test_abmt_is_a_training_too():
    classification = told("ABMT", conditions=["Multiple Sclerosis"], interventions=["ABMT mobile application"])
    assert classification.scope == "out"


@pytest.mark.parametrize(
    "cell",
    [
        "Adult stem cells from adipose tissue",
        "Stem cells derived from fat",
        "Stem cells isolated from umbilical cord",
        "Stem cells from Wharton's jelly",
        "Wharton jelly cells",
        "Dental pulp-derived stem cells",
        "Stem cells from human exfoliated deciduous teeth",
        "Cord-derived stem cells",
        "Bone marrow stromal stem cells",
        "Células madre mesenquimales",
        "Cellules souches mésenchymateuses",
    ],
)
def test_mesenchymal_cells_by_tissue_in_any_order_of_words(cell):
    classification = told(f"{cell} in lupus", conditions=["Lupus Erythematosus, Systemic"])
    assert (classification.scope, classification.values("cell_type")) == ("in_scope", ("msc",))


@pytest.mark.parametrize("cell", ["Stem cells from umbilical cord blood", "Stem cells derived from cord blood"])
def test_stem_cells_of_cord_blood_are_not_of_the_cord(cell):
    classification = told(f"{cell} in type 1 diabetes", conditions=["Type 1 Diabetes"])
    assert (classification.scope, rules(classification)) == ("review", ["cord-blood"])


@pytest.mark.parametrize(
    "summary",
    [
        "She will be given autologous adipose-derived mesenchymal stem cells (ABC-Auto).",
        "Allogeneic mesenchymal stromal cells, called ABC-Auto, are infused.",
        "ABC-Auto is a mesenchymal stem cell product.",
    ],
)
def test_product_whose_name_stands_behind_what_it_is(summary):
    classification = told("ABC-Auto", conditions=["MS"], interventions=["ABC-Auto"], summary=summary)
    assert (classification.scope, rules(classification, "cell_type")) == ("in_scope", ["msc-defined"])


def test_exosomes_with_their_name_behind_them_are_no_cells():
    classification = told(
        "ABC-Exo", conditions=["MS"], interventions=["ABC-Exo"], summary="Mesenchymal stem cell exosomes (ABC-Exo)."
    )
    assert classification.scope == "out"


def test_graft_that_the_record_calls_the_products_of_leukapheresis():
    classification = told(
        "Cyclophosphamide and thymoglobulin in MS",
        conditions=["Multiple Sclerosis"],
        interventions=["Cyclophosphamide", "Thymoglobulin"],
        summary="Four days later the frozen leukapheresis products are thawed and infused.",
    )
    assert (classification.scope, rules(classification, "cell_type")) == ("in_scope", ["hsc-behind-conditioning"])


def test_unsorted_fat_cells_that_are_grown_are_mesenchymal():
    classification = told(
        "Adipose derived stem cells in MS",
        conditions=["Multiple Sclerosis"],
        summary="The SVF is obtained with collagenase and thereafter cultured for three weeks till P3.",
    )
    assert classification.scope == "in_scope"


@pytest.mark.parametrize(
    ("condition", "disease"),
    [
        ("Relapsing-Remitting MS", "multiple-sclerosis"),
        ("MS, Secondary Progressive", "multiple-sclerosis"),
        ("Patients With Refractory SLE", "systemic-lupus-erythematosus"),
        ("SLE Glomerulonephritis Syndrome", "systemic-lupus-erythematosus"),
        ("Severe RA", "rheumatoid-arthritis"),
        ("Felty's syndrome", "rheumatoid-arthritis"),
        ("DM Type 1", "type-1-diabetes"),
        ("T1 Diabetes", "type-1-diabetes"),
    ],
)
def test_abbreviated_condition_with_qualifiers(condition, disease):
    assert told("Mesenchymal stem cells", conditions=[condition]).values("disease") == (disease,)


@pytest.mark.parametrize(
    "condition", ["Mitral Stenosis (MS)", "Refractory Anemia (RA)", "Metabolic MS", "LC-MS", "Right Atrial RA Pressure"]
)
def test_abbreviation_of_another_condition(condition):
    assert told("Mesenchymal stem cells", conditions=[condition]).values("disease") == ()


def test_general_condition_without_a_disease_waits_for_a_person():
    classification = told("HSCT in demyelinating diseases", conditions=["Demyelinating Diseases"])
    assert (classification.scope, classification.values("near_miss")) == ("review", ("autoimmune-unnamed",))


def test_disease_as_background_of_another_condition_is_out():
    classification = told(
        "UC-MSC in primary biliary cirrhosis",
        conditions=["Primary Biliary Cirrhosis"],
        summary="These cells have helped in rheumatoid arthritis, lupus and multiple sclerosis.",
    )
    assert (classification.scope, classification.values("disease")) == ("out", ())
    assert classification.values("near_miss") == ("other-disease",)


@pytest.mark.parametrize(
    "condition",
    [
        "Type I Diabetes",
        "Type1diabetes",
        "IDDM",
        "Insulin-Dependent Diabetes Mellitus",
        "Juvenile Diabetes",
        "LADA",
        "Diabetes Mellitus, Type 1",
        "T1DM",
        "Diabetes Mellitus Type I",
        "Type 1 and Type 2 Diabetes",
    ],
)
def test_type_1_diabetes_in_its_many_names(condition):
    assert told("Mesenchymal cells", conditions=[condition]).values("disease") == ("type-1-diabetes",)


@pytest.mark.parametrize(
    "condition",
    ["Insulin dependent diabetes 2 type", "Non-Insulin-Dependent Diabetes", "Type 2 Diabetes", "Diabetes Insipidus"],
)
def test_other_diabetes_is_out(condition):
    classification = told("Mesenchymal stem cells", conditions=[condition])
    assert (classification.scope, classification.values("disease")) == ("out", ())


def test_diabetes_of_no_named_type_waits_for_a_person():
    classification = told("Mesenchymal stem cells", conditions=["Diabetes Mellitus"])
    assert (classification.scope, classification.values("near_miss")) == ("review", ("diabetes-unnamed",))


@pytest.mark.parametrize(
    "condition", ["Lupus Nephritis", "SLE", "Lupus", "Lupus Erythematosus, Systemic", "SLE Glomerulonephritis"]
)
def test_lupus(condition):
    diseases = told("Mesenchymal stem cells", conditions=[condition], keywords=["SLE"]).values("disease")
    assert diseases == ("systemic-lupus-erythematosus",)


@pytest.mark.parametrize("condition", ["Discoid Lupus Erythematosus", "Cutaneous Lupus", "Lupus Vulgaris"])
def test_lupus_of_the_skin_is_another_disease(condition):
    assert told("Mesenchymal stem cells", conditions=[condition]).values("disease") == ()


def test_sle_as_another_abbreviation_is_no_lupus():
    assert told("Systematic light exposure (SLE) and MSC", conditions=["Cancer"]).values("disease") == ()


def test_disease_in_the_eligibility_criteria_is_not_read():
    classification = told(
        "Adipose-derived MSC in knee osteoarthritis",
        conditions=["Osteoarthritis, Knee"],
        eligibility="Exclusion: rheumatoid arthritis, lupus, type 1 diabetes",
    )
    assert (classification.scope, classification.values("disease")) == ("out", ())


def test_cells_in_the_eligibility_criteria_are_not_read():
    classification = told(
        "A tablet", conditions=["Multiple Sclerosis"], interventions=["Tablet"], eligibility="No prior HSCT, no MSC"
    )
    assert (classification.scope, classification.values("near_miss")) == ("out", ("other-treatment",))


def test_cells_as_background_of_a_drug_are_out():
    classification = told(
        "A tablet",
        conditions=["Multiple Sclerosis"],
        interventions=["Tablet"],
        description="Others had hematopoietic stem cell transplantation.",
    )
    assert (classification.scope, classification.values("near_miss")) == ("out", ("background-only",))


def test_juvenile_arthritis_is_not_rheumatoid_arthritis():
    for condition in ("Juvenile Idiopathic Arthritis", "Juvenile Rheumatoid Arthritis"):
        classification = told("Hematopoietic stem cell transplantation", conditions=[condition])
        assert (classification.scope, classification.values("near_miss")) == ("review", ("jia-only",))
        assert classification.values("disease") == ()


def test_neuromyelitis_optica_alone_waits_and_beside_ms_is_in():
    alone = told("AHSCT in Devic's Disease", conditions=["Neuromyelitis Optica"])
    assert (alone.scope, alone.values("near_miss")) == ("review", ("nmo-only",))
    assert told("AHSCT", conditions=["Neuromyelitis Optica", "Multiple Sclerosis"]).scope == "in_scope"


@pytest.mark.parametrize(
    "title", ["MSCopilot in daily life", "Tandem MS/MS of MSC", "DeVIC and ASCT", "brainstem and immune system"]
)
def test_short_tokens_inside_other_words(title):
    assert told(title, conditions=["Lymphoma"]).values("disease") == ()


def test_abbreviation_of_a_disease_counts_in_a_title_when_written_out_elsewhere():
    written_out = told("MSC in MS", summary="Multiple sclerosis is an illness of the nerves.")
    assert (written_out.scope, written_out.values("disease")) == ("in_scope", ("multiple-sclerosis",))
    left_open = told("MSC in MS")
    assert (left_open.scope, left_open.values("near_miss")) == ("review", ("disease-abbreviated",))
    beside_condition = told("MSC in MS", conditions=["MS"])
    assert (beside_condition.scope, beside_condition.values("disease")) == ("in_scope", ("multiple-sclerosis",))


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("CD19 CAR-T cells", "car-t"),
        ("Autologous regulatory T cells", "treg"),
        ("Tolerogenic dendritic cells", "tolerogenic-cells"),
        ("T cell vaccination", "t-cell-vaccine"),
        ("Islet transplantation", "islet"),
        ("VX-880", "pluripotent-derived"),
        ("Fetal neural stem cells", "neural"),
    ],
)
def test_other_cells_are_out_and_say_which(title, kind):
    classification = told(title, conditions=["Type 1 Diabetes"])
    assert (classification.scope, classification.values("near_miss")) == ("out", (kind,))


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Stromal vascular fraction", "stromal-vascular-fraction"),
        ("Bone marrow mononuclear cells", "marrow-mononuclear"),
        ("Infusion of autologous bone marrow", "marrow-mononuclear"),
        ("Autologous bone marrow stem cells", "marrow-mononuclear"),
        ("Stem Cell Educator therapy", "stem-cell-educator"),
        ("CELZ-201", "celz-201"),
        ("Autologous stem cells", "unclear-cells"),
        ("Amniotic fluid stem cells", "unclear-cells"),
    ],
)
def test_unclear_product_waits_for_a_person(title, kind):
    classification = told(title, conditions=["Type 1 Diabetes"], interventions=[title])
    assert (classification.scope, classification.values("near_miss")) == ("review", (kind,))


def test_adipose_stem_cells_that_are_an_unsorted_fraction():
    classification = told(
        "Adipose stem cells in MS", official="Stromal vascular fraction outcomes", conditions=["Multiple Sclerosis"]
    )
    assert (classification.scope, classification.values("near_miss")) == ("review", ("stromal-vascular-fraction",))


def test_cultured_cells_beside_mononuclear_cells_are_in():
    classification = told(
        "MSC and marrow mononuclear cells",
        conditions=["Type 1 Diabetes"],
        interventions=["Umbilical cord mesenchymal stem cells", "Bone marrow mononuclear cells"],
    )
    assert classification.scope == "in_scope"


def test_cells_that_support_islets():
    beside = told(
        "Islets in two sites",
        conditions=["Type 1 Diabetes"],
        interventions=["Islet transplantation"],
        arms=[("Second site", "Islets incubated with mesenchymal stem cells")],
    )
    assert (beside.scope, beside.values("near_miss")) == ("review", ("islet-beside",))
    assert told("Islets and mesenchymal stem cells", conditions=["Type 1 Diabetes"]).scope == "in_scope"


def test_bone_graft_with_cells_treats_no_disease():
    classification = told(
        "Subtalar arthrodesis with AlloStem or bone graft",
        conditions=["Rheumatoid Arthritis of the foot"],
        arms=[("AlloStem", "Mesenchymal stem cells on demineralised bone")],
    )
    assert (classification.scope, classification.values("near_miss")) == ("out", ("bone-graft",))


def test_allostem_without_a_graft_waits_for_a_person():
    assert told("AlloStem infusion", conditions=["Type 1 Diabetes"]).values("near_miss") == ("celz-201",)


@pytest.mark.parametrize(
    "complication", ["Erectile Dysfunction", "Diabetic Foot", "Diabetic Nephropathy", "Critical Limb Ischemia"]
)
def test_complication_as_the_target_waits_for_a_person(complication):
    classification = told("Mesenchymal stem cells", conditions=[complication, "Type 1 Diabetes Mellitus"])
    assert (classification.scope, classification.values("near_miss")) == ("review", ("complication",))


def test_mixed_cells_wait_for_a_person():
    classification = told(
        "Marrow cells", official="Purified stem cells and mesenchymal stem cells", conditions=["Rheumatoid Arthritis"]
    )
    assert (classification.scope, classification.values("near_miss")) == ("review", ("mixed-cells",))


def test_study_of_transplanted_people_waits_for_a_person():
    classification = told("Biomarkers of aHSCT", conditions=["Multiple Sclerosis"], study_type="OBSERVATIONAL")
    assert (classification.scope, classification.values("near_miss")) == ("review", ("study-of-transplanted",))


@pytest.mark.parametrize("study_type", ["OBSERVATIONAL", "EXPANDED_ACCESS"])
def test_record_of_any_study_type_is_in(study_type):
    assert (
        told("AHSCT for MS in one country", conditions=["Multiple Sclerosis"], study_type=study_type).scope
        == "in_scope"
    )


def test_long_term_follow_up_without_interventions():
    named = told("Long-term follow-up after mesenchymal stem cells", conditions=["Multiple Sclerosis"])
    assert named.scope == "in_scope"
    described = told(
        "Registry of people with MS",
        conditions=["Multiple Sclerosis"],
        summary="All had mesenchymal stem cells.",
    )
    assert (described.scope, described.values("near_miss")) == ("review", ("described-only",))


@pytest.mark.parametrize(
    ("summary", "rule"),
    [
        ("Subjects who received AB-Dec (human mesenchymal-like cells) or vehicle are seen yearly.", "msc-followed"),
        ("Those who had been treated with Wharton's jelly mesenchymal stem cells return each year.", "msc-followed"),
        (
            "All participants underwent autologous haematopoietic stem cell transplantation in that trial.",
            "hsc-followed",
        ),
    ],
)
def test_long_term_follow_up_of_cells_that_only_the_description_names(summary, rule):
    classification = told("Long-term safety in an extension study", conditions=["Multiple Sclerosis"], summary=summary)
    assert (classification.scope, rules(classification, "cell_type")) == ("in_scope", [rule])


@pytest.mark.parametrize(
    "summary",
    [
        "People on ocrelizumab are followed; who in the meantime had a hematopoietic stem cell transplantation stays.",
        "Previously treated people, also with mesenchymal stem cells, are followed.",
        "Mesenchymal stem cells are discussed.",
    ],
)
def test_cells_that_some_had_beside_the_trial_that_is_followed(summary):
    classification = told("Long-term safety, an extension study", conditions=["Multiple Sclerosis"], summary=summary)
    assert classification.scope != "in_scope"


def test_kind_that_only_the_description_tells_waits_for_a_person():
    classification = told(
        "Stem cells",
        conditions=["Multiple Sclerosis"],
        interventions=["Stem cells"],
        summary="Mesenchymal cells are grown.",
    )
    assert (classification.scope, classification.values("cell_type")) == ("review", ("msc",))


def test_basket_of_general_conditions_waits_for_a_person():
    classification = told(
        "MSC for chronic conditions", conditions=["Autoimmune Diseases", "Lung Disorders", "Diabetes Complications"]
    )
    assert (classification.scope, classification.values("near_miss")) == ("review", ("autoimmune-unnamed",))


def test_both_kinds_and_several_diseases_may_hold():
    classification = told(
        "Hematopoietic stem cells or UC-MSC", conditions=["Multiple Sclerosis", "Systemic Lupus Erythematosus"]
    )
    assert classification.values("cell_type") == ("msc", "hsc")
    assert classification.values("disease") == ("multiple-sclerosis", "systemic-lupus-erythematosus")


def test_mesh_identifier_names_a_disease_when_its_words_do_not():
    classification = told("Mesenchymal cells", conditions=["Nephritis"], meshes=[("D000008181", "Nephritis of a kind")])
    assert classification.values("disease") == ("systemic-lupus-erythematosus",)


def test_empty_record_is_out_with_a_reason():
    classification = told("")
    assert classification.scope == "out"
    assert classification.reasons
    assert classification.values("near_miss") == ()


@pytest.mark.parametrize(
    "title",
    [
        "High-dose cyclophosphamide without stem cell rescue in multiple sclerosis",
        "Immunoablation with cyclophosphamide, without the use of hematopoietic stem cells, in MS",
        "High-dose cyclophosphamide and no stem cell transplantation",
    ],
)
def test_cleared_immune_system_without_cells_is_out(title):
    classification = told(title, conditions=["Multiple Sclerosis"], interventions=["Cyclophosphamide"])
    assert (classification.scope, rules(classification)) == ("out", ["conditioning-only"])


@pytest.mark.parametrize(
    "words",
    [
        "Standard care without mesenchymal stem cells.",
        "A drug instead of the infusion of mesenchymal stem cells.",
        "People with no previous mesenchymal stem cell therapy are given interferon.",
    ],
)
def test_denied_cells_are_not_given(words):
    classification = told("Interferon in MS", conditions=["Multiple Sclerosis"], interventions=[("Interferon", words)])
    assert classification.scope == "out"
    assert not classification.values("cell_type")


@pytest.mark.parametrize(
    "words",
    [
        "People are examined prior to mesenchymal stem cell infusion.",
        "Not only drugs but mesenchymal stem cells are given.",
        "It is compared whether or not mesenchymal stem cells help.",
        "A single dose without delay. Mesenchymal stem cells are given by vein.",
    ],
)
def test_denial_that_does_not_reach_the_cells(words):
    classification = told("A new treatment", conditions=["Multiple Sclerosis"], interventions=[("Infusion", words)])
    assert classification.values("cell_type") == ("msc",)


def test_title_that_says_transplantation_and_leaves_the_cells_to_the_summary():
    classification = told(
        "Better outcomes of transplantation in multiple sclerosis",
        conditions=["Multiple Sclerosis"],
        summary="Autologous hematopoietic stem cells are collected and given back.",
    )
    assert (classification.scope, classification.values("cell_type")) == ("in_scope", ("hsc",))


def test_kidney_transplantation_in_lupus_is_no_transplantation_of_stem_cells():
    classification = told(
        "Kidney transplantation in lupus nephritis",
        conditions=["Lupus Nephritis"],
        interventions=["Tacrolimus"],
        summary="People who had a hematopoietic stem cell transplantation cannot take part.",
    )
    assert classification.scope == "out"


def test_fat_stem_cells_that_the_text_calls_stromal_vascular_fraction_wait_for_a_person():
    classification = told(
        "Adipose-derived stem cells in rheumatoid arthritis",
        conditions=["Rheumatoid Arthritis"],
        summary="The stromal vascular fraction is separated from fat and given on the same day.",
    )
    assert (classification.scope, rules(classification)) == ("review", ["stromal-vascular-fraction"])


def test_fat_mesenchymal_cells_cultured_from_the_stromal_vascular_fraction_are_in():
    classification = told(
        "Adipose-derived stem cells in rheumatoid arthritis",
        conditions=["Rheumatoid Arthritis"],
        summary="Mesenchymal stem cells are cultured from the stromal vascular fraction.",
    )
    assert classification.scope == "in_scope"


# What the title says beside the subject


@pytest.mark.parametrize(
    "official", ["Cord MSC in Pneumonia; the Same Cells Were Given in Lupus", "MSC in Sjogren Syndrome, SLE Excluded"]
)
def test_a_disease_that_only_the_official_title_names_beside_other_conditions_is_for_a_person(official):
    classification = told("Cord MSC", official=official, conditions=["Pneumonia"], interventions=["Cord MSC"])
    assert classification.scope != "in_scope"


def test_a_disease_in_the_brief_title_counts_whatever_the_conditions_say():
    title = "Mesenchymal stem cells in type 1 diabetes"
    assert told(title, conditions=["Prior Liver Graft"]).scope == "in_scope"


@pytest.mark.parametrize(
    ("title", "conditions"),
    [
        ("Drug levels by tandem MS in hematopoietic stem cell transplantation", ["Leukemia"]),
        ("Systematic light exposure (SLE) in hematopoietic stem cell transplantation", ["Fatigue"]),
    ],
)
def test_an_abbreviation_in_a_title_is_no_disease_beside_other_conditions(title, conditions):
    text = "Unlike in multiple sclerosis or lupus erythematosus, nothing is known."
    classification = told(title, conditions=conditions, summary=text)
    assert classification.values("disease") == ()
    assert classification.scope == "out"


@pytest.mark.parametrize(
    ("title", "treatment"),
    [
        (
            "Kinase inhibitor in multiple sclerosis active after hematopoietic stem cell transplantation",
            "Kinase inhibitor",
        ),
        ("B cells of lupus patients who had hematopoietic stem cell transplantation", "Flow cytometry"),
        ("Sleep of hematopoietic stem cell transplantation survivors with multiple sclerosis", "Light"),
    ],
)
def test_people_who_were_transplanted_before_are_for_a_person(title, treatment):
    disease = "Multiple Sclerosis" if "sclerosis" in title else "Lupus Erythematosus, Systemic"
    classification = told(title, conditions=[disease], interventions=[treatment])
    assert (classification.scope, rules(classification)) == ("review", ["study-of-transplanted"])


def test_a_drug_after_the_transplantation_that_is_given_in_the_trial_is_in_scope():
    title = "Antibody after autologous stem cell transplantation in multiple sclerosis"
    given = ["Autologous hematopoietic stem cell transplantation", "Antibody"]
    assert told(title, conditions=["Multiple Sclerosis"], interventions=given).scope == "in_scope"


@pytest.mark.parametrize(
    "title",
    ["Mesenchymal stem cells of people with lupus: a laboratory study", "Survey on mesenchymal stem cells in lupus"],
)
def test_where_nothing_is_given_a_person_decides(title):
    classification = told(title, conditions=["Lupus"], interventions=["Questionnaire"])
    assert (classification.scope, rules(classification)) == ("review", ["nothing-given"])


# Conditioning without cells


def test_a_title_that_denies_the_rescue_outweighs_a_description_that_speaks_of_stem_cells():
    classification = told(
        "High-dose cyclophosphamide without stem cell rescue in multiple sclerosis",
        conditions=["Multiple Sclerosis"],
        interventions=["Cyclophosphamide"],
        summary="The drug spares hematopoietic stem cells, which then fill the marrow.",
    )
    assert (classification.scope, rules(classification)) == ("out", ["conditioning-only"])


def test_antibodies_against_lymphocytes_alone_are_no_conditioning():
    classification = told(
        "Low-dose ATG and G-CSF in type 1 diabetes",
        conditions=["Type 1 Diabetes"],
        interventions=["Thymoglobulin", "Pegfilgrastim"],
        summary="Autologous stem cell transplantation with both drugs has been tried before.",
    )
    assert classification.scope == "out"


def test_mobilisation_in_the_title_without_cells_given_is_no_transplantation():
    classification = told(
        "Mobilisation of stem cells and immune reset in type 1 diabetes",
        conditions=["Type 1 Diabetes"],
        interventions=["Plerixafor"],
        summary="Hematopoietic stem cells leave the marrow.",
    )
    assert (classification.scope, rules(classification)) == ("out", ["mobilisation-only"])


def test_cd34_in_an_intervention_is_the_graft_where_the_immune_system_is_cleared():
    given = ["Fludarabine", "Autologous CD34-selected cells"]
    title = "CD34-selected cells after immune ablation in rheumatoid arthritis"
    classification = told(title, conditions=["Rheumatoid Arthritis"], interventions=given)
    assert (classification.scope, classification.values("cell_type")) == ("in_scope", ("hsc",))
    without = told("CD34 cells in rheumatoid arthritis", conditions=["Rheumatoid Arthritis"], interventions=given[1:])
    assert without.scope == "review"


# Products


@pytest.mark.parametrize(
    "text",
    [
        "QX-101 is an allogeneic product of cultured mesenchymal stem cells.",
        "QX-101 (frozen) consists of mesenchymal stromal cells from cord tissue.",
        "QX-101, a mesenchymal precursor cell product, is given twice.",
    ],
)
def test_a_product_known_by_a_code_is_what_the_description_says(text):
    classification = told("QX-101 in lupus", conditions=["Lupus"], interventions=["QX-101"], summary=text)
    assert (classification.scope, classification.values("cell_type")) == ("in_scope", ("msc",))
    (label,) = [label for label in classification.labels if label.scheme == "cell_type"]
    assert label.rule == "msc-defined"


@pytest.mark.parametrize(
    "text",
    [
        "QX-101 is an antibody. Others have tried mesenchymal stem cells.",
        "QX-101 is an alternative to exosomes of mesenchymal stem cells.",
        "QX-101 is not a mesenchymal stem cell product.",
        "ZQX-1011 is a mesenchymal stem cell product.",
    ],
)
def test_a_product_is_not_what_the_description_says_of_something_else(text):
    assert told("QX-101 in lupus", conditions=["Lupus"], interventions=["QX-101"], summary=text).scope == "out"


def test_vesicles_of_mesenchymal_cells_are_no_cells():
    given = ["hUC-MSC-sEV nasal drops"]
    title = "MSC-derived small extracellular vesicles in multiple sclerosis"
    assert rules(told(title, conditions=["Multiple Sclerosis"], interventions=given)) == ["cell-free"]


# Other languages, other orders of words


@pytest.mark.parametrize(
    ("condition", "disease"),
    [
        ("Sclerosis, Multiple", "multiple-sclerosis"),
        ("Esclerosis Múltiple Secundaria Progresiva", "multiple-sclerosis"),
        ("Sclérose en plaques", "multiple-sclerosis"),
        ("Artritis reumatoide", "rheumatoid-arthritis"),
        ("Lupus eritematoso sistémico", "systemic-lupus-erythematosus"),
        ("Diabetes mellitus tipo 1", "type-1-diabetes"),
    ],
)
def test_a_condition_in_another_language(condition, disease):
    assert told("Mesenchymal stem cells", conditions=[condition]).values("disease") == (disease,)


def test_a_kidney_transplant_with_stem_cells_in_end_stage_lupus_nephritis_treats_a_complication():
    classification = told(
        "Kidney and hematopoietic stem cell transplantation in lupus",
        conditions=["End Stage Renal Disease", "Lupus Nephritis"],
        interventions=["Kidney and donor CD34 cells"],
    )
    assert (classification.scope, rules(classification)) == ("review", ["complication"])


@pytest.mark.parametrize(
    ("title", "intervention"),
    [
        ("Motivational Self-Care (MSC) programme in type 1 diabetes", "MSC programme"),
        ("Home Self-Care Training (HSCT) in type 1 diabetes", "HSCT"),
        ("Maternal skin contact (MSC) in type 1 diabetes", "MSC"),
    ],
)
def test_abbreviation_that_the_record_explains_as_something_else(title, intervention):
    classification = told(title, conditions=["Type 1 Diabetes"], interventions=[intervention])
    assert (classification.scope, classification.values("cell_type")) == ("out", ())


@pytest.mark.parametrize(
    "words", ["Mesenchymal stem cells (MSC)", "Mesenquimal Stem Cells (MSC)", "Marrow Stromal Cells (MSCs)"]
)
def test_abbreviation_that_the_record_explains_as_cells(words):
    classification = told(f"{words} in lupus", conditions=["Lupus Erythematosus, Systemic"], interventions=["MSC"])
    assert (classification.scope, classification.values("cell_type")) == ("in_scope", ("msc",))
