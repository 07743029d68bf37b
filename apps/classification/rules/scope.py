"""Whether a study belongs here: in, for a person to decide, or out; always with a reason."""

from __future__ import annotations

import re

from apps.classification.rules.cells import FOLLOW_UP, MSC, OPEN_CELLS, OTHER_CELLS, UNNAMED, Cells
from apps.classification.rules.diseases import GENERAL, names_no_other_condition
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import evidence
from apps.classification.rules.reading import GIVEN, HEADLINE, STATED, Hit, Place, Reading

_TITLE = frozenset({Place.TITLE})
_NAMED = frozenset({Place.TITLE, Place.CONDITION})
_CONDITION = frozenset({Place.CONDITION, Place.CONDITION_MESH})
_INTERVENTION = frozenset({Place.INTERVENTION})
_TOLD = frozenset({Place.ARM, Place.DESCRIPTION})
_FOLLOWED = frozenset({Place.DESCRIPTION, Place.KEYWORD, Place.CONDITION})

_ARM = frozenset({Place.ARM})
_CELLS = (*MSC, "hsc", "hsc-abbreviation", *UNNAMED)
# Before and behind the name of a transplantation that people have had.
_AFTERMATH = re.compile(
    r"\b(?:after|following|post|undergoing|underwent|had|received|survivors? of|recipients? of)\b\W+(?:\w+\W+){0,4}\Z",
    re.I,
)
_AFTERMATH_REACH = 60
# Unsorted fat cells that are grown become mesenchymal cells.
_GROWN = re.compile(r"\b(?:cultur\w+|expan(?:ded|sion)|passag\w*|P[1-9]|propagat\w+)\b", re.I)
_SENTENCE_ENDS = re.compile(r"[.;\n]\s")
_PEOPLE = re.compile(r"\W+(?:survivor|recipient|patient)s?\b", re.I)

# Reasons, by near-miss kind; the rule carries the kind's name.
REASONS = {
    "cell-free": "The product is made from cells but holds none, such as exosomes or secretome.",
    "car-t": "Engineered or natural killer immune cells are given, not stem cells.",
    "treg": "Regulatory T cells are given, not stem cells.",
    "tolerogenic-cells": "Tolerance-inducing cells of another kind are given, not stem cells.",
    "t-cell-vaccine": "T cells are given, not stem cells.",
    "islet": "Islets are given, not stem cells.",
    "pluripotent-derived": "The cells are made from pluripotent stem cells.",
    "neural": "Neural cells are given.",
    "stromal-vascular-fraction": "Unsorted fat cells are given; whether they count is for a person to decide.",
    "marrow-mononuclear": "Unsorted marrow or blood cells are given without conditioning; a person decides.",
    "cord-blood": "Cord blood is given without conditioning; a person decides.",
    "stem-cell-educator": "Stem Cell Educator gives back the patient's own blood cells and no stem cells.",
    "celz-201": "CELZ-201: the record does not tell the kind of cell; a person decides.",
    "unclear-cells": "Stem cells are given, and the record does not tell which.",
    "conditioning-only": "The immune system is cleared, and the record says that no stem cells follow.",
    "mobilisation-only": "Stem cells are mobilised and not given back.",
    "study-of-transplanted": "The study examines people who are transplanted for other reasons; a person decides.",
    "nothing-given": "People are asked, or their cells are looked at, and none are given; a person decides.",
    "disease-beside": "Only the official title names the disease, and the conditions are of another; a person decides.",
    "nmo-only": "Neuromyelitis optica is the only disease near to ours; a person decides.",
    "jia-only": "Juvenile idiopathic arthritis is the only disease near to ours; a person decides.",
    "disease-abbreviated": "The title abbreviates a disease that the record does not write out; a person decides.",
    "autoimmune-unnamed": "The record speaks of autoimmune diseases and names none of the four.",
    "diabetes-unnamed": "The record speaks of diabetes and does not name its type.",
    "bone-graft": "A bone graft is set; cells in it do not treat the disease.",
    "kind-in-description": "Stem cells are given, and only the description tells of their kind; a person decides.",
    "described-only": "The record lists no intervention, and only its description names the cells; a person decides.",
    "complication": "A complication is treated, and the disease is listed beside it; a person decides.",
    "mixed-cells": "Mesenchymal cells are given together with other stem cells; a person decides.",
    "islet-beside": "Islets are transplanted, and the cells only support them; a person decides.",
    "other-disease": "The cells are given, in a disease that is none of the four.",
    "other-treatment": "The disease is one of the four, the treatment is not one of these cells.",
    "background-only": "The cells are named in the description only, not among what is given.",
    "unrelated": "Neither one of the four diseases nor one of these cells is named where it counts.",
}


def scope_of(reading: Reading, diseases: list[Label], cells: Cells) -> list[Label]:
    """Labels of scheme "scope", all of one value, and of scheme "near_miss"."""
    if diseases and cells.labels:
        return _both(reading, diseases, cells)
    if diseases:
        return _disease_alone(reading)
    if cells.labels or reading.has(OPEN_CELLS, HEADLINE):
        return _cells_alone(reading)
    return _neither(reading)


def _review(kind: str, hits: list[Hit]) -> list[Label]:
    return _labels("review", kind, hits)


def _out(kind: str, hits: list[Hit]) -> list[Label]:
    return _labels("out", kind, hits)


def _labels(scope: str, kind: str, hits: list[Hit]) -> list[Label]:
    quotes = evidence(hits)
    labels = [Label("scope", scope, kind, REASONS[kind], quotes)]
    if kind != "unrelated":
        labels.append(Label("near_miss", kind, kind, REASONS[kind], quotes))
    return labels


def _both(reading: Reading, diseases: list[Label], cells: Cells) -> list[Label]:
    """One of the four diseases and one of the two kinds of cell: in, unless something speaks against it."""
    against = _against(reading, cells)
    if against:
        return against
    doubts = [
        *_doubt("mixed-cells", reading.hits(["mixed-cells"], GIVEN)),
        *_doubt("complication", _complications(reading, diseases)),
        *_doubt("study-of-transplanted", _transplanted_before(reading)),
        *_doubt("nothing-given", _nothing_given(reading)),
        *_doubt("disease-beside", _named_beside(reading, diseases)),
    ]
    if all(label.rule == "msc-by-tissue" for label in cells.labels) and not reading.has(["msc", "msc-product"]):
        unsorted = reading.hits(["stromal-vascular-fraction"], _TOLD)
        doubts += _doubt("stromal-vascular-fraction", [hit for hit in unsorted if not _is_grown(hit)])
    if all(label.rule == "msc-in-description" for label in cells.labels):
        doubts += _doubt("kind-in-description", reading.hits(UNNAMED, GIVEN))
    return doubts or [
        Label(
            "scope",
            "in_scope",
            "disease-and-cells",
            "One of the four diseases is studied, and one of the two kinds of cell is given.",
            tuple(dict.fromkeys([*diseases[0].evidence[:1], *cells.labels[0].evidence[:1]])),
        )
    ]


def _against(reading: Reading, cells: Cells) -> list[Label]:
    """What outweighs a kind of cell: a cell-free product, a named programme, other cells in the headline."""
    hits = _cell_free_product(reading)
    if hits:
        return _out("cell-free", hits)
    named = _named_programme(reading)
    if named:
        return named
    islets = reading.hits(["islet"], HEADLINE)
    if islets and not any(label.rule in ("msc-named", "msc-by-tissue") for label in cells.labels):
        return _review("islet-beside", islets)
    if cells.certain:
        return []
    for kind in ("bone-graft", *OTHER_CELLS):
        hits = reading.hits([kind], HEADLINE)
        if hits:
            return _out(kind, hits)
    for kind in OPEN_CELLS:
        hits = reading.hits([kind], HEADLINE)
        if hits and not reading.has(("immune-ablation", "serotherapy")):
            return _review(kind, hits)
    return []


def _named_programme(reading: Reading) -> list[Label]:
    for kind in ("stem-cell-educator", "celz-201"):
        hits = reading.hits([kind], GIVEN)
        if hits and not reading.has(("bone-graft",), HEADLINE):
            return _review(kind, hits)
    return []


def _doubt(kind: str, hits: list[Hit]) -> list[Label]:
    return _review(kind, hits) if hits else []


def _cell_free_product(reading: Reading) -> list[Hit]:
    """Names of a cell-free product, unless another name tells of the cells themselves."""
    hits = reading.hits(["cell-free"], HEADLINE)
    with_product = {hit.path for hit in hits}
    if any(hit.path not in with_product for hit in reading.hits((*MSC, "hsc"), _INTERVENTION)):
        return []
    return hits


def _complications(reading: Reading, diseases: list[Label]) -> list[Hit]:
    groups = ["complication"]
    about = {label.value for label in diseases}
    if about == {"type-1-diabetes"}:
        groups += ["complication-of-diabetes", "kidney-failure"]
    elif about == {"systemic-lupus-erythematosus"}:
        groups.append("kidney-failure")
    return reading.hits(groups, _NAMED)


def _transplanted_before(reading: Reading) -> list[Hit]:
    """Words of a title that tell of people who are transplanted anyway, or were: "after transplantation"."""
    hits = reading.hits(["study-of-transplanted"], _TITLE)
    if hits or reading.has((*_CELLS, "transplantation", "immune-ablation"), _INTERVENTION | _ARM):
        return hits
    titles = reading.hits((*_CELLS, "transplantation"), _TITLE)
    before = [hit for hit in titles if _is_past(hit)]
    return before if len(before) == len(titles) and not any(FOLLOW_UP.search(hit.text) for hit in before) else []


def _is_past(hit: Hit) -> bool:
    """Whether a transplantation in a title lies behind the people of whom it speaks."""
    return bool(
        _AFTERMATH.search(hit.text, max(0, hit.start - _AFTERMATH_REACH), hit.start) or _PEOPLE.match(hit.text, hit.end)
    )


def _nothing_given(reading: Reading) -> list[Hit]:
    """Words of a title for asking people or looking at their cells, where no intervention is of cells."""
    return [] if reading.has(_CELLS, _INTERVENTION | _ARM) else reading.hits(["laboratory"], _TITLE)


def _is_grown(hit: Hit) -> bool:
    """Whether the sentence of unsorted cells goes on to tell how they are grown."""
    end = _SENTENCE_ENDS.search(hit.text, hit.end)
    return bool(_GROWN.search(hit.text, hit.end, end.start() if end else len(hit.text)))


def _named_beside(reading: Reading, diseases: list[Label]) -> list[Hit]:
    """The diseases, where the official title alone names them and the conditions are of something else."""
    hits = reading.hits([label.value for label in diseases], STATED)
    beside = all(hit.path.endswith("officialTitle") for hit in hits)
    return hits if beside and not names_no_other_condition(reading) else []


def _disease_alone(reading: Reading) -> list[Label]:
    """One of the four diseases without a clear kind of cell."""
    named = _named_programme(reading)
    if named:
        return named
    unclear = [*reading.hits(UNNAMED, HEADLINE), *reading.hits(["progenitor-cell"], _INTERVENTION)]
    islets = reading.hits(["islet"], HEADLINE)
    if islets and (unclear or reading.has(OPEN_CELLS, HEADLINE)):
        return _review("islet-beside", islets)
    for kind in ("bone-graft", *OTHER_CELLS):
        hits = reading.hits([kind], HEADLINE)
        if hits:
            return _out(kind, hits)
    hits = reading.denied(["hsc", *UNNAMED], HEADLINE)
    if hits and reading.has(["immune-ablation"], HEADLINE):
        return _out("conditioning-only", hits)
    hits = reading.hits(["mobilization"], HEADLINE)
    if hits:
        return _out("mobilisation-only", hits)
    for kind in OPEN_CELLS:
        hits = reading.hits([kind], HEADLINE)
        if hits:
            return _review(kind, hits)
    if unclear:
        return _review("unclear-cells", unclear)
    hits = reading.hits((*MSC, "hsc"), _FOLLOWED)
    if hits and not reading.record.protocol.arms_interventions.interventions:
        return _review("described-only", hits)
    if hits:
        return _out("background-only", hits)
    return _out("other-treatment", [])


def _cells_alone(reading: Reading) -> list[Label]:
    """One of the kinds of cell, or one that looks alike, without one of the four diseases."""
    hits = _cell_free_product(reading)
    if hits:
        return _out("cell-free", hits)
    for group, kind in (("neuromyelitis-optica", "nmo-only"), ("juvenile-arthritis", "jia-only")):
        hits = reading.hits([group], STATED)
        if hits:
            return _review(kind, hits)
    hits = reading.hits(["disease-abbreviation"], _TITLE)
    if hits and not reading.record.protocol.conditions.conditions:
        return _review("disease-abbreviated", hits)
    if not reading.has(("type-2-diabetes", "other-disease"), STATED):
        hits = reading.hits(["autoimmune"], _CONDITION)
        if hits:
            return _review("autoimmune-unnamed", hits)
        hits = reading.hits(["diabetes"], _NAMED)
        if hits and not reading.has(("complication-of-diabetes", "kidney-failure", "complication"), STATED):
            return _review("diabetes-unnamed", hits)
    return _out("other-disease", reading.hits((*MSC, "hsc", *OPEN_CELLS), HEADLINE))


def _neither(reading: Reading) -> list[Label]:
    """Other cells in autoimmune diseases are worth a reason; anything else is unrelated."""
    if reading.has(GENERAL, STATED):
        for kind in OTHER_CELLS:
            hits = reading.hits([kind], HEADLINE)
            if hits:
                return _out(kind, hits)
    return _out("unrelated", [])
