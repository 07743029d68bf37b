"""The four diseases and the two kinds of cell that the project follows, with the words that people read."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class Disease:
    """A followed disease. `slug` is a public contract (URLs, parameters, API)."""

    slug: str
    name: Promise
    abbreviation: Promise
    plain: Promise


@dataclass(frozen=True)
class CellType:
    """A followed kind of cell therapy. `slug` is a public contract; `plain` is the plain-word phrase."""

    slug: str
    name: Promise
    short: str
    plain: Promise


@dataclass(frozen=True)
class Scope:
    """Whether a study belongs here. `slug` is a public contract."""

    slug: str
    name: Promise
    plain: Promise


@dataclass(frozen=True)
class NearMiss:
    """Why a study that looks like ours is not listed, or waits for a person."""

    slug: str
    name: Promise


DISEASES: tuple[Disease, ...] = (
    Disease(
        "multiple-sclerosis",
        _("Multiple sclerosis"),
        pgettext_lazy("illness", "MS"),
        _("an illness in which the immune system harms the covering of nerves in the brain and spinal cord"),
    ),
    Disease(
        "rheumatoid-arthritis",
        _("Rheumatoid arthritis"),
        pgettext_lazy("illness", "RA"),
        _("an illness in which the immune system inflames the lining of joints"),
    ),
    Disease(
        "systemic-lupus-erythematosus",
        _("Systemic lupus erythematosus"),
        pgettext_lazy("illness", "SLE"),
        _("an illness in which the immune system harms skin, joints, kidneys and other organs"),
    ),
    Disease(
        "type-1-diabetes",
        _("Type 1 diabetes"),
        pgettext_lazy("illness", "T1D"),
        _("an illness in which the immune system destroys the cells that make insulin"),
    ),
)

CELL_TYPES: tuple[CellType, ...] = (
    CellType(
        "msc",
        _("Mesenchymal stem/stromal cells"),
        "MSC",
        _("cells grown in a laboratory from marrow, fat, cord or another tissue, meant to calm the immune system"),
    ),
    CellType(
        "hsc",
        _("Hematopoietic stem cell transplantation"),
        "HSC",
        _("strong treatment to clear the immune system, followed by blood-forming stem cells to build it anew"),
    ),
)

SCOPES: tuple[Scope, ...] = (
    Scope("in_scope", _("In scope"), _("A trial of these cells in one of the four diseases.")),
    Scope("review", _("Waiting for a person"), _("The record is not clear enough for our rules; a person decides.")),
    Scope("out", _("Not in scope"), _("Not a trial of these cells in one of the four diseases.")),
)

NEAR_MISSES: tuple[NearMiss, ...] = (
    NearMiss("cell-free", _("A product without cells, made from cells")),
    NearMiss("car-t", _("Engineered immune cells (CAR-T and similar)")),
    NearMiss("treg", _("Regulatory T cells")),
    NearMiss("tolerogenic-cells", _("Tolerance-inducing immune cells")),
    NearMiss("t-cell-vaccine", _("T-cell vaccination")),
    NearMiss("islet", _("Islet transplantation")),
    NearMiss("pluripotent-derived", _("Cells made from pluripotent stem cells")),
    NearMiss("neural", _("Neural cells")),
    NearMiss("stromal-vascular-fraction", _("Unsorted fat cells (stromal vascular fraction)")),
    NearMiss("marrow-mononuclear", _("Unsorted marrow or blood cells without conditioning")),
    NearMiss("cord-blood", _("Cord blood without conditioning")),
    NearMiss("stem-cell-educator", _("Stem Cell Educator: only the patient's own blood cells are given back")),
    NearMiss("celz-201", _("CELZ-201: what kind of cell it is cannot be told from the record")),
    NearMiss("unclear-cells", _("Stem cells of a kind that the record does not name")),
    NearMiss("conditioning-only", _("The immune system is cleared without stem cells afterwards")),
    NearMiss("mobilisation-only", _("Stem cells are mobilised but not given back")),
    NearMiss("mixed-cells", _("These cells together with other stem cells")),
    NearMiss("kind-in-description", _("Stem cells whose kind only the description tells")),
    NearMiss("described-only", _("Cells that only the description names, in a record without interventions")),
    NearMiss("islet-beside", _("Islets transplanted with other cells to support them")),
    NearMiss("bone-graft", _("A bone graft that holds cells")),
    NearMiss("disease-abbreviated", _("A disease that the record only abbreviates")),
    NearMiss("study-of-transplanted", _("A study of people who have been transplanted, not of the transplant")),
    NearMiss("nothing-given", _("A survey or laboratory study: no cells are given")),
    NearMiss("disease-beside", _("The conditions are of another disease")),
    NearMiss("nmo-only", _("Neuromyelitis optica only")),
    NearMiss("jia-only", _("Juvenile idiopathic arthritis only")),
    NearMiss("autoimmune-unnamed", _("Autoimmune diseases that the record does not name")),
    NearMiss("diabetes-unnamed", _("Diabetes of a type that the record does not name")),
    NearMiss("complication", _("A complication is treated, not the disease itself")),
    NearMiss("other-disease", _("These cells in another disease")),
    NearMiss("other-treatment", _("Another treatment of one of the four diseases")),
    NearMiss("background-only", _("The cells are named in the description only")),
)

DISEASE_BY_SLUG = {disease.slug: disease for disease in DISEASES}
CELL_TYPE_BY_SLUG = {cell_type.slug: cell_type for cell_type in CELL_TYPES}
SCOPE_BY_SLUG = {scope.slug: scope for scope in SCOPES}
NEAR_MISS_BY_SLUG = {near_miss.slug: near_miss for near_miss in NEAR_MISSES}
