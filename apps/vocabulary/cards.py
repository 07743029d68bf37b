"""The fields of a trial's card: what cells, from where, whose, how many, how given, for whom, and what is measured.

Field slugs are public (parameters, columns, keys of the API). Where the values of a field are a closed list, their
names stand here; where they are open (doses, ages), `detail` holds the parts and `value` their canonical spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Card = Literal["msc", "hsc", "both"]
Group = Literal["product", "transplant", "design", "gates", "outcomes"]


@dataclass(frozen=True)
class CardField:
    """A field of the card. `card` says to which of the two kinds it belongs; they are never mixed on one card.

    `words` names the values of a closed list by slug; it is empty for a field with open values.
    """

    slug: str
    name: Promise
    group: Group
    card: Card
    words: Mapping[str, Promise]


SOURCES: Mapping[str, Promise] = {
    "bone-marrow": _("Bone marrow"),
    "adipose": _("Fat tissue"),
    "umbilical-cord": _("Umbilical cord tissue"),
    "cord-blood": _("Umbilical cord blood"),
    "placenta": _("Placenta"),
    "amnion": _("Amnion"),
    "menstrual-blood": _("Menstrual blood"),
    "endometrium": _("Endometrium"),
    "dental-pulp": _("Dental pulp"),
    "peripheral-blood": _("Peripheral blood"),
    "embryonic": _("Embryonic stem cells, turned into mesenchymal cells"),
    "induced-pluripotent": _("Induced pluripotent stem cells, turned into mesenchymal cells"),
}

DONORS: Mapping[str, Promise] = {
    "autologous": _("Own cells (autologous)"),
    "allogeneic": _("Donor cells (allogeneic)"),
    "related": _("From a relative"),
}

ROUTES: Mapping[str, Promise] = {
    "intravenous": _("Into a vein"),
    "intrathecal": _("Into the spinal fluid"),
    "intra-arterial": _("Into an artery"),
    "intra-articular": _("Into a joint"),
    "intramuscular": _("Into a muscle"),
    "subcutaneous": _("Under the skin"),
    "intralesional": _("Into the diseased place"),
    "intraosseous": _("Into a bone"),
    "intraventricular": _("Into the brain's ventricles"),
    "intracerebral": _("Into the brain"),
    "intraportal": _("Into the portal vein"),
    "intrapancreatic": _("Into the pancreas"),
    "intramyocardial": _("Into the heart muscle"),
    "intranasal": _("Through the nose"),
    "topical": _("On the skin or a wound"),
    "intradermal": _("Into the skin"),
    "intraspinal": _("Into the spinal cord"),
    "epidural": _("Around the membranes of the spinal cord"),
    "intraocular": _("Into or behind the eye"),
    "inhaled": _("Into the airways"),
    "intrahepatic": _("Into the liver"),
    "intrarenal": _("Into the kidney"),
    "intraperitoneal": _("Into the belly"),
    "submucosal": _("Under a mucous membrane"),
    "intradiscal": _("Into a disc of the spine"),
    "intracavernous": _("Into the penis"),
    "intrauterine": _("Into the womb"),
    "intraovarian": _("Into an ovary"),
}

EXPANSIONS: Mapping[str, Promise] = {
    "expanded": _("Grown in culture"),
    "not-expanded": _("Not grown in culture"),
}

PRESERVATIONS: Mapping[str, Promise] = {
    "fresh": _("Given fresh"),
    "cryopreserved": _("Frozen and thawed"),
}

# What is given together with mesenchymal cells by the study.
CO_TREATMENTS: Mapping[str, Promise] = {
    "acupuncture": _("Acupuncture"),
    "alemtuzumab": _("Alemtuzumab"),
    "antihistamines": _("Antihistamines"),
    "atg": _("Antithymocyte globulin"),
    "azathioprine": _("Azathioprine"),
    "basiliximab": _("Basiliximab"),
    "belimumab": _("Belimumab"),
    "collagen-scaffold": _("Collagen scaffold"),
    "corticosteroids": _("Corticosteroids"),
    "cyclophosphamide": _("Cyclophosphamide"),
    "cyclosporine": _("Cyclosporine"),
    "detoxification": _("Detoxification"),
    "dmards": _("Disease-modifying antirheumatic drugs (DMARDs)"),
    "dpp-4-inhibitors": _("DPP-4 inhibitors"),
    "fibrin-glue": _("Fibrin glue"),
    "fingolimod": _("Fingolimod"),
    "g-csf": _("Granulocyte colony-stimulating factor (G-CSF)"),
    "glatiramer": _("Glatiramer acetate"),
    "glp-1-agonists": _("GLP-1 receptor agonists"),
    "heparin": _("Heparin"),
    "hyaluronic-acid": _("Hyaluronic acid"),
    "hydroxychloroquine": _("Hydroxychloroquine"),
    "hyperbaric-oxygen": _("Hyperbaric oxygen"),
    "iguratimod": _("Iguratimod"),
    "insulin": _("Insulin"),
    "interferon-beta": _("Interferon beta"),
    "interferon-gamma": _("Interferon gamma"),
    "islets": _("Islet cells"),
    "ivig": _("Immunoglobulins into a vein (IVIG)"),
    "jak-inhibitors": _("JAK inhibitors"),
    "leflunomide": _("Leflunomide"),
    "massage": _("Massage or reflexology"),
    "metformin": _("Metformin"),
    "methotrexate": _("Methotrexate"),
    "mononuclear-cells": _("Mononuclear cells of marrow or blood"),
    "mycophenolate": _("Mycophenolate"),
    "natalizumab": _("Natalizumab"),
    "photopheresis": _("Extracorporeal photopheresis"),
    "plasma-exchange": _("Plasma exchange or immunoadsorption"),
    "platelet-rich-plasma": _("Platelet-rich plasma"),
    "rehabilitation": _("Rehabilitation or physiotherapy"),
    "rituximab": _("Rituximab"),
    "shock-waves": _("Shock waves"),
    "sirolimus": _("Sirolimus or everolimus"),
    "stimulation": _("Electric or magnetic stimulation"),
    "sulfasalazine": _("Sulfasalazine"),
    "tacrolimus": _("Tacrolimus"),
    "thalidomide": _("Thalidomide"),
    "tnf-inhibitors": _("TNF inhibitors"),
    "tocilizumab": _("Tocilizumab"),
    "tregs": _("Regulatory T cells"),
    "tripterygium": _("Tripterygium"),
    "venoplasty": _("Opening of narrowed neck veins (liberation therapy)"),
    "vitamin-d": _("Vitamin D"),
}

COMPARATORS: Mapping[str, Promise] = {
    "placebo": _("Placebo"),
    "sham": _("Sham procedure"),
    "standard-care": _("Standard care"),
    "active-drug": _("Another drug or treatment"),
    "no-treatment": _("No treatment"),
    "dose-comparison": _("Another dose of the cells"),
    "cell-comparison": _("Other cells, or another way of giving them"),
    "delayed-treatment": _("The same cells, later"),
    "unspecified": _("A control group; what it gets is not told"),
    "historical": _("Records of earlier patients"),
    "none": _("No comparison group"),
}

CONDITIONINGS: Mapping[str, Promise] = {
    "beam-atg": _("BEAM with antithymocyte globulin"),
    "beam": _("BEAM"),
    "cyclophosphamide-atg": _("Cyclophosphamide with antithymocyte globulin"),
    "cyclophosphamide": _("Cyclophosphamide"),
    "cyclophosphamide-alemtuzumab": _("Cyclophosphamide with alemtuzumab"),
    "cyclophosphamide-rituximab": _("Cyclophosphamide with rituximab"),
    "cyclophosphamide-atg-rituximab": _("Cyclophosphamide with antithymocyte globulin and rituximab"),
    "cyclophosphamide-fludarabine": _("Cyclophosphamide with fludarabine"),
    "cyclophosphamide-fludarabine-atg": _("Cyclophosphamide with fludarabine and antithymocyte globulin"),
    "cyclophosphamide-fludarabine-alemtuzumab": _("Cyclophosphamide with fludarabine and alemtuzumab"),
    "cyclophosphamide-radiation": _("Cyclophosphamide and irradiation, alone or with other drugs"),
    "busulfan-based": _("Busulfan, alone or with other drugs"),
    "melphalan-based": _("Melphalan, alone or with other drugs"),
    "treosulfan-based": _("Treosulfan, alone or with other drugs"),
    "fludarabine-based": _("Fludarabine, alone or with other drugs"),
    "tbi-based": _("Total body irradiation, alone or with drugs"),
    "tli-based": _("Irradiation of the lymph nodes, alone or with drugs"),
    "other": _("Another regimen"),
}

INTENSITIES: Mapping[str, Promise] = {
    "myeloablative": _("Myeloablative"),
    "reduced-intensity": _("Reduced intensity"),
    "non-myeloablative": _("Non-myeloablative"),
    "high-dose": _("Called high-dose"),
}

MANIPULATIONS: Mapping[str, Promise] = {
    "cd34-selected": _("CD34 selection"),
    "t-cell-depleted": _("T cells taken out"),
    "unmanipulated": _("Not manipulated"),
}

SEXES: Mapping[str, Promise] = {
    "all": _("All"),
    "female": _("Women and girls"),
    "male": _("Men and boys"),
}

PHENOTYPES: Mapping[str, Promise] = {
    "rrms": _("Relapsing-remitting MS"),
    "spms": _("Secondary progressive MS"),
    "ppms": _("Primary progressive MS"),
    "prms": _("Progressive-relapsing MS"),
    "lupus-nephritis": _("Lupus nephritis"),
    "new-onset": _("New-onset type 1 diabetes"),
    "lada": _("Latent autoimmune diabetes in adults (LADA)"),
}

# Scores and measures by which a study limits who can join.
SEVERITY_MEASURES: Mapping[str, Promise] = {
    "edss": _("EDSS"),
    "das28": _("DAS28"),
    "das": _("DAS"),
    "cdai": _("CDAI"),
    "sdai": _("SDAI"),
    "haq": _("HAQ"),
    "sledai": _("SLEDAI"),
    "bilag": _("BILAG"),
    "slam": _("SLAM"),
    "ln-class": _("Lupus nephritis, class"),
    "c-peptide": _("C-peptide"),
    "hba1c": _("HbA1c"),
    "insulin-dose": _("Insulin dose"),
    "proteinuria": _("Protein in urine"),
    "egfr": _("Kidney function (eGFR or creatinine clearance)"),
    "creatinine": _("Creatinine"),
    "tender-joints": _("Tender joints"),
    "swollen-joints": _("Swollen joints"),
    "crp": _("C-reactive protein"),
    "esr": _("Erythrocyte sedimentation rate"),
    "relapses": _("Relapses"),
}

ENDPOINTS: Mapping[str, Promise] = {
    "edss": _("Disability (EDSS)"),
    "relapse": _("Relapses"),
    "mri": _("MRI"),
    "neda": _("No evidence of disease activity"),
    "msfc": _("Multiple Sclerosis Functional Composite"),
    "walking": _("Walking"),
    "hand-function": _("Hand function"),
    "cognition": _("Thinking and memory"),
    "vision": _("Vision"),
    "retinal-thickness": _("Thickness of the retina"),
    "evoked-potentials": _("Speed of nerve signals (evoked potentials)"),
    "csf-biomarkers": _("Markers in the spinal fluid"),
    "acr": _("ACR response"),
    "das28": _("DAS28"),
    "cdai": _("CDAI"),
    "sdai": _("SDAI"),
    "haq": _("HAQ"),
    "eular-response": _("EULAR response"),
    "joint-count": _("Tender or swollen joints"),
    "womac": _("WOMAC"),
    "inflammation-markers": _("Inflammation in the blood (CRP, ESR)"),
    "sledai": _("SLEDAI"),
    "bilag": _("BILAG"),
    "sri": _("SLE Responder Index"),
    "damage-index": _("Lasting damage (SLICC)"),
    "lldas": _("Low disease activity (LLDAS)"),
    "flare": _("Flares"),
    "steroid-dose": _("Steroid dose"),
    "proteinuria": _("Protein in urine"),
    "renal-function": _("Kidney function"),
    "c-peptide": _("C-peptide"),
    "hba1c": _("HbA1c"),
    "insulin-dose": _("Insulin dose"),
    "insulin-independence": _("Life without insulin"),
    "insulin-secretion": _("Own insulin"),
    "blood-glucose": _("Blood glucose"),
    "hypoglycemia": _("Low blood sugar"),
    "survival": _("Survival"),
    "adverse-events": _("Harms (adverse events)"),
    "quality-of-life": _("Quality of life"),
    "function": _("Everyday function"),
    "pain": _("Pain"),
    "fatigue": _("Fatigue"),
    "depression": _("Depression or anxiety"),
    "immune-markers": _("Immune markers"),
    "remission": _("Remission or response"),
    "engraftment": _("Engraftment"),
    "chimerism": _("Share of donor cells (chimerism)"),
    "gvhd": _("Graft-versus-host disease"),
    "infection": _("Infections"),
    "treatment-failure": _("Failure of the treatment"),
    "feasibility": _("Feasibility"),
    "laboratory": _("Laboratory tests"),
    "hematology": _("Blood cells and haemoglobin"),
    "vital-signs": _("Pulse, blood pressure, temperature"),
    "ecg": _("Electrocardiogram (ECG)"),
    "liver-function": _("Liver function"),
    "lung-function": _("Lung function"),
    "heart-function": _("Heart function"),
    "imaging": _("Imaging other than MRI"),
    "wound-healing": _("Healing of wounds"),
    "body-weight": _("Body weight"),
}

_OPEN: Mapping[str, Promise] = {}
_STATED: Mapping[str, Promise] = {"yes": _("Stated")}

FIELDS: tuple[CardField, ...] = (
    CardField("source", _("Tissue"), "product", "both", SOURCES),
    CardField("donor", _("Donor"), "product", "both", DONORS),
    CardField("product", _("Product name"), "product", "msc", _OPEN),
    CardField("expansion", _("Growing of the cells"), "product", "msc", EXPANSIONS),
    CardField("preservation", _("Fresh or frozen"), "product", "both", PRESERVATIONS),
    CardField("route", _("Way into the body"), "product", "both", ROUTES),
    CardField("dose", _("Dose"), "product", "msc", _OPEN),
    CardField("administrations", _("Number of times"), "product", "msc", _OPEN),
    CardField("interval", _("Time between"), "product", "msc", _OPEN),
    CardField("co_treatment", _("Given together with"), "product", "msc", CO_TREATMENTS),
    CardField("mobilisation", _("Mobilisation"), "transplant", "hsc", _OPEN),
    CardField("conditioning", _("Conditioning"), "transplant", "hsc", CONDITIONINGS),
    CardField("intensity", _("Intensity"), "transplant", "hsc", INTENSITIES),
    CardField("graft_manipulation", _("Work on the graft"), "transplant", "hsc", MANIPULATIONS),
    CardField("cd34_dose", _("Dose of CD34 cells"), "transplant", "hsc", _OPEN),
    CardField("comparator", _("Compared with"), "design", "both", COMPARATORS),
    CardField("age", _("Age"), "gates", "both", _OPEN),
    CardField("sex", _("Sex"), "gates", "both", SEXES),
    CardField("duration", _("Time since diagnosis or onset"), "gates", "both", _OPEN),
    CardField("severity", _("Severity"), "gates", "both", _OPEN),
    CardField("phenotype", _("Form of the disease"), "gates", "both", PHENOTYPES),
    CardField("failed_drugs", _("Treatments that did not help"), "gates", "both", _STATED),
    CardField("pregnancy", _("Pregnancy"), "gates", "both", {"excluded": _("Not while pregnant or breastfeeding")}),
    CardField("follow_up", _("Longest follow-up"), "outcomes", "both", _OPEN),
    CardField("endpoint", _("What is measured"), "outcomes", "both", ENDPOINTS),
)
FIELD_BY_SLUG: Mapping[str, CardField] = {field.slug: field for field in FIELDS}

# How the values of a field are written where they are not a closed list.
NOTATIONS: Mapping[str, str] = {
    "product": "Slugs of product names.",
    "dose": "Cells given at one time, as 1e6/kg or 3e7; a range as 1e6-2e6/kg.",
    "administrations": "How often one person is given cells, as 1 or 2-4.",
    "interval": "Days between two of them.",
    "co_treatment": "Slugs of what is given beside the cells.",
    "mobilisation": "Drugs joined by + in alphabetical order, as cyclophosphamide+g-csf.",
    "cd34_dose": "As dose; the least that is wanted as >=2e6/kg.",
    "age": "Years, as 18-65, 18- or -65; months as 6m-.",
    "duration": "Months, as <=36, >=12 or 6-60.",
    "severity": (
        "Measure and what it must be to join, as edss:3-6.5 or das28>3.2; then the record's unit, where it has one, "
        "as crp>2.0mg/dl or hba1c<9%. Nothing is converted."
    ),
    "follow_up": "Months, as 12 or 0.5.",
}
