"""Which cells a study gives: mesenchymal, blood-forming, or others that only look alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
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
# From what a product is to its name in brackets, or set off by a comma.
_BEHIND = (
    r"(?:\s(?!(?:exosomes?|vesicles?|medium|and|or)\b)[\w/-]{1,20}){0,4}"
    r"(?:\s?[(\[]|,\s(?=(?:called|named|known)\b))(?:(?:called|named|known as|hereafter|i\.e\.,?|product)\s)?"
)

# Records that follow the people of an earlier trial of the cells belong here.
FOLLOW_UP = re.compile(r"\bfollow(?:ing)?[\s-]?up\b|\blong[\s-]term\b|\bextension\b", re.I)
# What they had there, before the name of the cells; or "those who had been transplanted with".
_RECEIVED = re.compile(
    r"\b(?:receiv\w+|treated|given|infused|injected|administered|transplanted|underwent|had)\b[^.;]{0,90}\Z", re.I
)
_RECEIVED_NEAR = 110
# Not the cells of the trial that is followed, but what some had after it.
_SINCE = re.compile(r"\b(?:meantime|meanwhile|since then|rescue|prior|previous\w*|if)\b", re.I)

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
    hits = _followed(reading, MSC)
    if hits:
        return _label("msc", "msc-followed", "Those are followed who had mesenchymal cells in an earlier trial.", hits)
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
    """Where a description says what a product is that is named by a code.

    "XY-01 is a mesenchymal cell product", or "mesenchymal stem cells (XY-01)".
    """
    names = [one.name.strip() for one in reading.record.protocol.arms_interventions.interventions if one.name]
    codes = [re.escape(name) for name in names if _CODE.fullmatch(name)]
    # Most records that have codes name no such cells: a pattern is made for those that do.
    if not codes or not (hits := reading.hits(MSC, _TEXT)):
        return []
    named = rf"(?<!\w)(?:{'|'.join(codes)})(?!\w)"
    defined, behind = re.compile(rf"{named}{_IS}$", re.IGNORECASE), re.compile(_BEHIND + named, re.IGNORECASE)
    return [
        hit
        for hit in hits
        if defined.search(hit.text[max(0, hit.start - _DEFINED) : hit.start])
        or behind.match(hit.text, hit.end, hit.end + _DEFINED)
    ]


def _followed(reading: Reading, groups: Iterable[str]) -> list[Hit]:
    """What people had in an earlier trial: the title tells of a follow-up, and no intervention is listed."""
    if reading.record.protocol.arms_interventions.interventions:
        return []
    titles = reading.record.protocol.identification
    if not any(FOLLOW_UP.search(title) for title in (titles.brief_title, titles.official_title) if title):
        return []
    return [hit for hit in reading.hits(groups, _TEXT) if _is_received(hit)]


def _is_received(hit: Hit) -> bool:
    before = _RECEIVED.search(hit.text, max(0, hit.start - _RECEIVED_NEAR), hit.start)
    return bool(before and not _SINCE.search(hit.text, max(0, before.start() - 40), hit.start))


def _hsc(reading: Reading, msc: Label | None) -> Label | None:
    hits = reading.hits(("hsc",), HEADLINE)
    if hits:
        return _label(
            "hsc", "hsc-named", "The title or an intervention names a transplantation of blood-forming cells.", hits
        )
    if msc and msc.rule != "msc-in-description":
        return None
    hits = _followed(reading, ("hsc",))
    if hits:
        return _label("hsc", "hsc-followed", "Those are followed who had a transplantation in an earlier trial.", hits)
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
        *reading.hits(("hsc", "stem-cell-transplantation", "hsc-abbreviation", "graft-in-words"), _TEXT | _FOLLOWED),
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
