"""Which cells a study gives: mesenchymal, blood-forming, or others that only look alike."""

from __future__ import annotations

import re
from dataclasses import dataclass

from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import evidence
from apps.classification.rules.reading import GIVEN, HEADLINE, Hit, Place, Reading

MSC = ("msc", "msc-product", "msc-by-tissue", "mixed-cells")
# What clears the immune system; antibodies alone are a treatment by themselves.
_ABLATION = ("immune-ablation", "serotherapy")
UNNAMED = ("stem-cell-transplantation", "stem-cell")

# The name of a product that says nothing of itself: one word with a capital or a number in it.
_CODE = re.compile(r"(?=.{0,40}[A-Z0-9])[\w®™-]{3,30}", re.ASCII)
# From a product's name to what it is, within one sentence.
_IS = (
    r"(?:\s?\([^()]{0,60}\)|[®™])?,?\s(?:is|are|consists?\sof|contains?|comprises?|an?|the)\s"
    r"(?:(?!\b(?:not|no|without|instead|exosomes?|vesicles?|medium)\b)[^.;]){0,160}"
)
_DEFINED = 260

_ARM = frozenset({Place.ARM})
_INTERVENTION = frozenset({Place.INTERVENTION})
_TEXT = frozenset({Place.DESCRIPTION})
_TITLE = frozenset({Place.TITLE})
_FOLLOWED = frozenset({Place.KEYWORD, Place.CONDITION})

# Other cells and products, in the order in which one is named as the reason.
OTHER_CELLS = (
    "cell-free",
    "car-t",
    "treg",
    "tolerogenic-cells",
    "t-cell-vaccine",
    "pluripotent-derived",
    "neural",
    "islet",
)
# Cells that a person has to judge.
OPEN_CELLS = ("stromal-vascular-fraction", "marrow-mononuclear", "cord-blood")


@dataclass(frozen=True)
class Cells:
    """The cells of a study: labels of scheme "cell_type"; `certain` when the headline names a kind in full."""

    labels: tuple[Label, ...]
    certain: bool


def cells_of(reading: Reading) -> Cells:
    """Which of the two kinds are given. A kind that is only told of as background is not given."""
    msc = _msc(reading)
    hsc = _hsc(reading, msc)
    labels = tuple(label for label in (msc, hsc) if label)
    return Cells(
        labels, any(label.rule in ("msc-named", "msc-defined", "hsc-named", "hsc-by-conditioning") for label in labels)
    )


def _label(kind: str, rule: str, reason: str, hits: list[Hit]) -> Label:
    return Label("cell_type", kind, rule, reason, evidence(hits))


def _msc(reading: Reading) -> Label | None:
    hits = reading.hits(MSC, HEADLINE)
    if any(hit.group != "msc-by-tissue" for hit in hits):
        return _label("msc", "msc-named", "The title or an intervention names mesenchymal cells.", hits)
    if hits:
        return _label(
            "msc", "msc-by-tissue", "The title or an intervention names stem cells of a tissue that yields them.", hits
        )
    hits = reading.hits(MSC, _ARM)
    if hits:
        return _label("msc", "msc-in-arm", "An arm or an intervention's description names mesenchymal cells.", hits)
    hits = _defined_products(reading)
    if hits:
        return _label("msc", "msc-defined", "The description says that the intervention is mesenchymal cells.", hits)
    hits = reading.hits(MSC, _TEXT)
    if hits and reading.has(UNNAMED, GIVEN) and not reading.has(("hsc", *_ABLATION), GIVEN | _TEXT):
        return _label(
            "msc",
            "msc-in-description",
            "Stem cells are given, and only the description names mesenchymal cells.",
            [*hits, *reading.hits(UNNAMED, GIVEN)],
        )
    return None


def _is_cd34(hit: Hit) -> bool:
    """CD34 in the name of an intervention; with conditioning it is the graft."""
    return hit.text[hit.start : hit.end].upper().startswith("CD34")


def _defined_products(reading: Reading) -> list[Hit]:
    """Where a description says what a product is that is named by a code: "XY-01 is a mesenchymal cell product"."""
    names = [one.name.strip() for one in reading.record.protocol.arms_interventions.interventions if one.name]
    codes = [re.escape(name) for name in names if _CODE.fullmatch(name)]
    # Most records that have codes name no such cells: a pattern is made for those that do.
    if not codes or not (hits := reading.hits(MSC, _TEXT)):
        return []
    defined = re.compile(rf"(?<!\w)(?:{'|'.join(codes)})(?!\w){_IS}$", re.IGNORECASE)
    return [hit for hit in hits if defined.search(hit.text[max(0, hit.start - _DEFINED) : hit.start])]


def _hsc(reading: Reading, msc: Label | None) -> Label | None:
    hits = reading.hits(("hsc",), HEADLINE)
    if hits:
        return _label(
            "hsc", "hsc-named", "The title or an intervention names a transplantation of blood-forming cells.", hits
        )
    if msc and msc.rule != "msc-in-description":
        return None
    ablation = reading.hits(_ABLATION)
    hits = reading.hits(("hsc",), _ARM)
    if hits and (ablation or reading.has(UNNAMED, GIVEN)):
        return _label(
            "hsc",
            "hsc-in-arm",
            "An arm or an intervention's description names a transplantation of blood-forming cells.",
            hits,
        )
    transplants = [
        *reading.hits(("stem-cell-transplantation", "hsc-abbreviation"), GIVEN),
        *(hit for hit in reading.hits(("progenitor-cell",), _INTERVENTION) if _is_cd34(hit)),
    ]
    backing = [*ablation, *reading.hits(("hsc",))]
    if transplants and backing:
        return _label(
            "hsc",
            "hsc-by-conditioning",
            "A transplantation of stem cells is given, with conditioning or with blood-forming cells named elsewhere.",
            [*transplants, *backing],
        )
    if reading.has(("mobilization",), HEADLINE) or reading.denied(("hsc", "transplantation", *UNNAMED), HEADLINE):
        return None
    given_ablation = reading.hits(("immune-ablation",), HEADLINE)
    if reading.has(("chemotherapy",), HEADLINE):
        given_ablation += reading.hits(("serotherapy",), HEADLINE)
    transplants = [
        *reading.hits(("hsc", "stem-cell-transplantation", "hsc-abbreviation"), _TEXT | _FOLLOWED),
        *reading.hits(("transplantation", "stem-cell"), _TITLE),
    ]
    if given_ablation and transplants:
        return _label(
            "hsc",
            "hsc-behind-conditioning",
            "The title or the interventions name the conditioning, the transplantation is named elsewhere.",
            [*given_ablation, *transplants],
        )
    transplants, described = reading.hits(("transplantation",), _TITLE), reading.hits(("hsc",), _TEXT)
    if transplants and described:
        return _label(
            "hsc",
            "hsc-behind-title",
            "The title names a transplantation, and the description says that it is of blood-forming cells.",
            [*transplants, *described],
        )
    return None
