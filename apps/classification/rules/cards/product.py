"""What the cells are: tissue, donor, name of the product, how they were grown and kept, how they are given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import re2

from apps.classification.rules.cards.material import Material, Passage
from apps.classification.rules.cards.mentions import Sentence, Trust, Word, kind_of, owners_of, sentences
from apps.classification.rules.cards.routes import routes_of
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import Span, evidence
from apps.classification.rules.reading import Place

_REASONS = {
    "tissue-beside-cells": "The tissue is named with the cells.",
    "tissue-in-abbreviation": "The abbreviation of the cells tells their tissue.",
    "tissue-harvested": "The tissue is taken to get the cells.",
    "tissue-by-mobilisation": "The stem cells are brought into the blood, to be collected from it; no tissue is named.",
    "tissue-in-criteria": "Only the criteria or the outcomes tell which tissue is taken.",
    "donor-beside-cells": "The donor is named with the cells.",
    "donor-told": "The record tells who gives the cells.",
    "donor-in-abbreviation": "Only an abbreviation of the transplantation tells the donor.",
    "donor-in-criteria": "Only the criteria tell who gives the cells.",
    "own-cells-taken": "The cells are taken from the person who gets them back.",
    "twin-is-donor": "The cells come from an identical twin: a relative, whose cells are alike.",
    "relative-is-donor": "The cells come from a relative, so from another person.",
    "growing-told": "The record tells whether the cells are grown in culture.",
    "keeping-told": "The record tells whether the cells are frozen.",
}


# What a word may belong to: the cells or the tissue they come from, or something else of the same person.
_OTHERS = ("other", "past", "tissue")
_OWNERS = ("cells", *_OTHERS)
_TISSUES = ("source", "short", "harvest")


class Statement(NamedTuple):
    """What a place (arm, intervention, sentence) says of the product. The smaller the rank, the more it counts."""

    value: str
    kind: str
    rank: int
    rule: str
    span: Span
    place: str
    doubtful: bool = False


def extract_product(material: Material) -> Iterator[Label]:
    """Labels of source, donor, product, expansion, preservation and route."""
    read = list(sentences(material))
    yield from _sources(material, read)
    yield from _donors(material, read)
    if material.kinds != {"hsc"}:
        yield from _names(material, read)
        yield from _handling(material, read, "expansion", "growing-told")
    yield from _handling(material, read, "preservation", "keeping-told")
    yield from routes_of(material, read)


# --- Tissue ----------------------------------------------------------------------------------------------------------

# Ranks by trust: a tissue named with the cells, and the taking of a tissue.
_NAMED_RANKS = {Trust.NAMED: 0, Trust.STUDY: 1, Trust.TEXT: 3, Trust.LISTED: 5, Trust.BACKGROUND: 7}
_TAKEN_RANKS = {Trust.NAMED: 2, Trust.STUDY: 4, Trust.TEXT: 4}
_SHAKY_RANK = 6
_SPELLED_RANK = 3

# Between a tissue and the cells that follow it, and between cells and the tissue behind them, in code points.
_TISSUE_BEFORE, _TISSUE_BEHIND = 50, 90
_FROM = re.compile(
    r"\b(?:from|of|deriv\w+|isolated|obtained|harvested|collected|extracted|originat\w+|origin|source[ds]?)\b",
    re.IGNORECASE,
)
# A tissue that the cells are "derived" from reaches them over a list of what else they are.
_DERIVED = re.compile(r"[\s-]*(?:tissue[\s-]*)?deriv", re.IGNORECASE)
_DERIVED_REACH = 90
_BRACKET = re.compile(r"[\s(,:\[-]{1,4}")
_CLAUSE = re.compile(r"[.;:]|\b(?:is|are|was|were|will|exosomes?)\b", re.IGNORECASE)
_TURNS_AWAY = re.compile(
    r"[.;:]|\b(?:is|are|was|were|may|can|has|have|will|would|into|makes?|contains?)\b", re.IGNORECASE
)
# Words over which a tissue does not reach the cells: "marrow and MSC", "marrow makes stem cells".
_NOT_OVER = re.compile(
    r"[.;:]|\b(?:and|or|but|is|are|was|were|may|can|has|have|makes?|contains?|in|into|after|then|will|would|for|from|"
    r"with|by|to|that|which|offers?|versus|vs|niches)\b",
    re.IGNORECASE,
)
# Before and behind a tissue: cells only leave it there to be collected elsewhere, "from the marrow into the blood".
_LEAVES = re.compile(r"\bmobili[sz]\w+\s+(?:from|out of)\b", re.IGNORECASE)
_LEFT = re.compile(r"\s*(?:in)?to\s+(?:[\w/]+\s+){0,3}?(?:blood|circulation)", re.IGNORECASE)
# Between two tissues that share the cells behind them: "marrow (BM) or cord blood stem cells".
_SHARED = re.compile(
    r"[\s,/()]{0,3}(?:[A-Z-]{1,6}\))?[\s,/]{0,2}(?:and/or|and|or|&)?\s?(?:human|autologous|allogen\w+|derived)?[\s-]?",
    re.IGNORECASE,
)
# Between two tissues of which the cells come: "from marrow or, where there is none, from cord".
_OR_FROM = re.compile(r"[^.;]{0,90}\b(?:or|and)\b[^.;]{0,60}\bfrom\b(?:\s\w+){0,2}\s?", re.IGNORECASE)
_TAKEN = re.compile(
    r"\b(?:harvest\w*|collect\w*|aspirat\w*|extract\w*|obtain\w*|withdraw\w*|donat\w*|process\w*|tak(?:en|ing))\b",
    re.IGNORECASE,
)
_TAKEN_NEAR = 60
# Who likes may give it: what only some give is not what all get.
_VOLUNTARY = re.compile(
    r"\b(?:voluntar\w+(?! (?:healthy|donors?))|optional(?:ly)?"
    r"|those (?:\w+ ){0,2}(?:who|that) (?:are )?(?:agree(?:able)?|willing|wish|consent)\b"
    r"(?! to (?:participat\w+|take part|join|enrol\w*|the (?:study|trial)))|(?:if|who) they agree)",
    re.IGNORECASE,
)
# Blood is taken in every trial, and these tissues are no donation.
_TAKEN_FOR_CELLS = frozenset(
    {"bone-marrow", "adipose", "umbilical-cord", "cord-blood", "placenta", "menstrual-blood", "dental-pulp"}
)


def _sources(material: Material, read: Iterable[Sentence]) -> Iterator[Label]:
    statements: list[Statement] = []
    for sentence in read:
        linked = _cells_by_tissue(sentence)
        several = len({word.value for word, cells in linked if cells}) > 1
        if several and sentence.trust in (Trust.TEXT, Trust.BACKGROUND):
            continue  # "can be isolated from marrow, fat and cord"
        for word, cells in linked:
            if cells:
                rule = "tissue-in-abbreviation" if word.field == "short" else "tissue-beside-cells"
                statements.append(_statement(material, sentence, word, cells, _NAMED_RANKS[sentence.trust], rule))
        if sentence.trust in _TAKEN_RANKS:
            if "hsc" in material.kinds:
                loose = sentence.having("loose-source")
                statements += (_of_graft(material, sentence, word, "tissue-in-abbreviation") for word in loose)
            rank = _TAKEN_RANKS[sentence.trust]
            taken = _taken_tissues(material, sentence, [word for word, cells in linked if not cells])
            statements += (_statement(material, sentence, word, None, rank, "tissue-harvested") for word in taken)
    if not statements:
        statements = list(_sources_in_criteria(material))
    yield from _chosen(material, "source", _with_cord_in_doubt(statements))


def blood_by_mobilisation(material: Material, labels: Iterable[Label]) -> Iterator[Label]:
    """The blood as source of a mobilised graft of which the record names no tissue: an uncertain reading."""
    both = len(material.kinds) > 1
    told = [label for label in labels if label.scheme == "source" and (not both or label.detail == {"kind": "hsc"})]
    mobilised = [label for label in labels if label.scheme == "mobilisation"]
    if told or not mobilised or "hsc" not in material.kinds:
        return
    rule = "tissue-by-mobilisation"
    yield Label(
        "source",
        "peripheral-blood",
        f"{rule}-hsc" if both else rule,
        _REASONS[rule],
        mobilised[0].evidence,
        doubtful=True,
        detail={"kind": "hsc"} if both else None,
    )


def _cells_by_tissue(sentence: Sentence) -> list[tuple[Word, Word | None]]:
    """Each tissue of the sentence, in reading order, with the cells that come from it by the sentence."""
    linked: list[tuple[Word, Word | None]] = []
    behind: tuple[Word, Word] | None = None
    words = sentence.having("source", "short")
    for word in reversed(words):
        cells = _cells_of_tissue(sentence, word)
        if not cells and behind and _SHARED.fullmatch(sentence.between(word, behind[0])):
            cells = behind[1]
        behind = (word, cells) if cells else None
        linked.append((word, cells))
    linked.reverse()
    for at, (word, cells) in enumerate(linked[1:], 1):
        before, shared = linked[at - 1]
        if not cells and shared and _OR_FROM.fullmatch(sentence.between(before, word)):
            linked[at] = (word, shared)
    return linked


def _cells_of_tissue(sentence: Sentence, tissue: Word) -> Word | None:
    """The cells that come from this tissue: "cord MSC", "MSC isolated from cord", an abbreviation that says so."""
    things = sentence.having(*_OWNERS)
    if any(thing.field in _OTHERS and thing.start <= tissue.start and tissue.end <= thing.end for thing in things):
        return None
    following = next((thing for thing in things if thing.end > tissue.start), None)
    if following and following.field == "cells":
        gap = sentence.between(tissue, following)
        if following.start <= tissue.start or (len(gap) <= _TISSUE_BEFORE and not _NOT_OVER.search(gap)):
            return following
        if len(gap) <= _DERIVED_REACH and _DERIVED.match(gap) and not _CLAUSE.search(gap):
            return following
    if tissue.field == "short":
        return tissue
    before = next((thing for thing in reversed(things) if thing.end <= tissue.start), None)
    if before and before.field == "cells":
        gap = sentence.between(before, tissue)
        if len(gap) <= _TISSUE_BEHIND and (_BRACKET.fullmatch(gap) or _comes_from(gap)):
            left = _LEAVES.search(gap) or _LEFT.match(sentence.passage.text, tissue.end)
            return None if left else before
    return None


def _comes_from(gap: str) -> bool:
    """Whether the words between cells and a tissue end in a "from", with no other statement behind it."""
    ends = [found.end() for found in _FROM.finditer(gap)]
    return bool(ends) and not _TURNS_AWAY.search(gap, ends[-1])


def _taken_tissues(material: Material, sentence: Sentence, unlinked: Iterable[Word]) -> Iterator[Word]:
    """Tissues that are taken in this sentence. Before a transplantation marrow is aspirated to look at it.

    What is taken from those alone who agree to it, or for research, is not what is given.
    """
    text = sentence.passage.text
    if _VOLUNTARY.search(text, sentence.start, sentence.end):
        return
    for word in sentence.having("harvest"):
        if "msc" in material.kinds or word.value != "bone-marrow" or "harvest" in text[word.start : word.end].lower():
            yield word
    if "msc" in material.kinds or not material.kinds:
        for word in unlinked:
            if word.field == "source" and word.value in _TAKEN_FOR_CELLS:
                low, high = max(sentence.start, word.start - _TAKEN_NEAR), min(sentence.end, word.end + _TAKEN_NEAR)
                if _TAKEN.search(text, low, high):
                    yield word


def _sources_in_criteria(material: Material) -> Iterator[Statement]:
    """Where nothing else tells the tissue: what is taken from people by the criteria or the outcomes."""
    told = _outcomes(material) if "hsc" in material.kinds else ()
    texts = _hinted((*_criteria(material), *told), "taking")
    for sentence in sentences(material, texts):
        words = sentence.having("harvest", "short")
        if "hsc" in material.kinds:
            words = [word for word in words if word.value == "peripheral-blood"]
        else:
            words = [word for word in words if word.field == "harvest"]
        for word in words:
            yield _statement(material, sentence, word, None, _SHAKY_RANK, "tissue-in-criteria")


def _with_cord_in_doubt(statements: list[Statement]) -> list[Statement]:
    """Cells from "cord blood (UC-MSC)": the abbreviation does not tell cord tissue where only the blood is written out.

    Where both are written out, one of them may be a slip.
    """
    spelled = {one.value for one in statements if one.rule == "tissue-beside-cells" and one.rank <= _SPELLED_RANK}
    if "cord-blood" not in spelled:
        return statements
    if "umbilical-cord" not in spelled:
        statements = [one for one in statements if one.value != "umbilical-cord"]
    cord = {one.value for one in statements} >= {"cord-blood", "umbilical-cord"}
    return [one._replace(doubtful=cord and one.value in ("cord-blood", "umbilical-cord")) for one in statements]


# --- Donor -----------------------------------------------------------------------------------------------------------

_DONOR_RANKS = {Trust.NAMED: 0, Trust.STUDY: 1, Trust.TEXT: 2, Trust.LISTED: 6, Trust.BACKGROUND: 7, Trust.CRITERIA: 6}
_OWN_RANK = 5
_WORTH_ADDING = 2

# How far an adjective reaches to the cells before it, and behind it, in code points. A giver reaches as far both ways.
_REACH_BACK, _REACH = 60, 110
# "Their own" stands right before what is theirs; a relative is one who gives.
_OWN_REACH = 45
_GIVES = re.compile(r"\b(?:donors?|donat\w+|donation|from|grafts?|siblings?)\b", re.IGNORECASE)
_TAKING = re.compile(
    r"\b(?:isolat|harvest|collect|obtain|extract|aspirat|deriv|tak(?:e|en|ing)\b|remov|withdraw|apheres|return|back\b|"
    r"re-?in|re-?trans|re-?impl)",
    re.IGNORECASE,
)
_PATIENT = re.compile(r"\b(?:patients?|subjects?|participants?|recipients?)\b", re.IGNORECASE)
# "Leukapheresis products in patients with lupus": those who are treated, who need not be those who give.
_TREATED_PEOPLE = re.compile(r"\b(?:in|for|to)\s(?:[\w-]+\s){0,2}$", re.IGNORECASE)
# A sentence about those who give: "Donors are healthy mothers".
_OF_DONORS = re.compile(
    r"\W*(?:the |all )?(?:\w+ )?donors? (?:are|is|were|was|will|must|should|receive|undergo)\b", re.IGNORECASE
)
_DONOR = re.compile(r"\bdonors?\b", re.IGNORECASE)
# Between a tissue and the cells that are named for it.
_BRIDGE = re.compile(r"[\s-]{1,3}(?:(?:derived|tissue|[\w+]{1,12}[- ]positive)[\s-]{1,3})?", re.IGNORECASE)
_LACKING = re.compile(
    r"\b(?:no|not|lack\w*|without|absence|unavailab\w+|unable|absent|none|never|prior|previous|availability|"
    r"relatives? with|history)\b",
    re.IGNORECASE,
)


def _donors(material: Material, read: Iterable[Sentence]) -> Iterator[Label]:
    statements = [statement for sentence in read for statement in _donor_statements(material, sentence)]
    settled = {one.value for one in statements if one.rank <= _WORTH_ADDING}
    if "hsc" in material.kinds and "autologous" not in settled and "related" not in settled:
        statements += _donors_in_criteria(material)
    yield from _chosen(material, "donor", _with_conflict_in_doubt(_with_relatives(statements)))


def _donor_statements(material: Material, sentence: Sentence) -> Iterator[Statement]:
    rank = _DONOR_RANKS[sentence.trust]
    in_general = _tells_of_both_in_general(sentence)
    for word in sentence.having("donor", "giver", "twin"):
        if word.field != "giver" and (in_general or sentence.trust is Trust.BACKGROUND):
            continue
        cells = _cells_beside(sentence, word)
        if word.field == "giver" and word.value == "allogeneic" and not cells and _OF_DONORS.match(_told(sentence)):
            yield _statement(material, sentence, word, None, rank, "donor-told")
        elif cells and word.field == "twin":
            said = _statement(material, sentence, word, cells, rank, "twin-is-donor")
            # Of mesenchymal cells some use the word for own ones.
            if said.kind == "hsc":
                yield said
        elif cells:
            rule = "donor-beside-cells" if word.field == "donor" else "donor-told"
            yield _statement(material, sentence, word, cells, rank, rule)
    if sentence.trust in (Trust.LISTED, Trust.BACKGROUND):
        return
    if "hsc" in material.kinds:
        for word in sentence.having("loose-donor"):
            yield _of_graft(material, sentence, word, "donor-in-abbreviation")
    for word in _own_cells_taken(sentence):
        # A title that tells of leukapheresis "in patients with lupus" names those who are treated; most give it too.
        own_rank = _OWN_RANK if word.field != "harvest" or _names_giving_patients(sentence) else _SHAKY_RANK
        yield _statement(material, sentence, word, None, own_rank, "own-cells-taken")


def _told(sentence: Sentence) -> str:
    return sentence.passage.text[sentence.start : sentence.end]


def _tells_of_both_in_general(sentence: Sentence) -> bool:
    """ "Studies with autologous or allogeneic cells have been made": of other studies, whatever else is said of this
    one."""
    adjectives = {word.value for word in sentence.having("donor")}
    return sentence.trust > Trust.NAMED and len(adjectives) > 1 and sentence.general


def _own_cells_taken(sentence: Sentence) -> Iterator[Word]:
    """Words that tell of taking cells from a patient, or of giving them back."""
    text = sentence.passage.text
    if sentence.having("source", "harvest", "short", "cells") and _TAKING.search(text, sentence.start, sentence.end):
        yield from (Word("donor", word.value, word.start, word.end) for word in sentence.having("taken"))
    harvests = [word for word in sentence.having("harvest") if word.value != "menstrual-blood"]
    if harvests and _PATIENT.search(text, sentence.start, sentence.end):
        yield from (Word("harvest", "autologous", word.start, word.end) for word in harvests)


def _names_giving_patients(sentence: Sentence) -> bool:
    """Whether patients are named of whom something is taken; a title names those who are treated."""
    text = sentence.passage.text
    patients = _PATIENT.finditer(text, sentence.start, sentence.end)
    if sentence.passage.place is not Place.TITLE:
        return any(patients)
    return any(not _TREATED_PEOPLE.search(text, max(sentence.start, one.start() - 40), one.start()) for one in patients)


def _cells_beside(sentence: Sentence, word: Word) -> Word | None:
    """The cells, or their tissue, to which an adjective belongs; None where it belongs to something else."""
    fields = _OWNERS if word.field != "giver" else (*_OWNERS, *_TISSUES)
    thing = sentence.nearest(word, *fields, before=20)
    if thing and thing.field == "tissue":
        thing = _cells_behind(sentence, thing)
    if thing is None or thing.field in _OTHERS:
        return None
    behind = thing.end <= word.start
    if word.field == "giver":
        if word.value == "autologous" and (behind or len(sentence.between(word, thing)) > _OWN_REACH):
            return None
        if word.value == "related" and not _GIVES.search(sentence.passage.text, sentence.start, sentence.end):
            return None
    reach = _REACH_BACK if behind and word.field != "giver" else _REACH
    return thing if len(sentence.between(word, thing)) <= reach else None


def _cells_behind(sentence: Sentence, tissue: Word) -> Word | None:
    """Mesenchymal cells that are named for a tissue which no list has: "dermal mesenchymal cells"."""
    following = next((one for one in sentence.having(*_OWNERS) if one.start >= tissue.end), None)
    if following is None or following.field != "cells" or following.value == "any":
        return None
    return following if _BRIDGE.fullmatch(sentence.between(tissue, following)) else None


def _donors_in_criteria(material: Material) -> Iterator[Statement]:
    for sentence in sentences(material, _hinted(_criteria(material), "relatives")):
        if _LACKING.search(sentence.passage.text, sentence.start, sentence.end):
            continue
        for word in sentence.having("giver"):
            if word.value == "related" and _DONOR.search(sentence.passage.text, sentence.start, sentence.end):
                yield _of_graft(material, sentence, word, "donor-in-criteria")


def _with_relatives(statements: list[Statement]) -> list[Statement]:
    """A relative counts beside the better places: the title says "allogeneic", and the summary from whom.

    Not where the better places say that the cells are the patient's own.
    """
    best = {kind: min(one.rank for one in statements if one.kind == kind) for kind in {one.kind for one in statements}}
    own = {one.kind for one in statements if one.value == "autologous" and one.rank == best[one.kind]}
    raised = []
    for one in statements:
        if one.rule == "twin-is-donor":
            raised.append(one)
        elif one.value == "related" and one.kind not in own and one.rank <= _SHAKY_RANK:
            raised.append(one._replace(rank=best[one.kind], doubtful=one.rank > _WORTH_ADDING))
            raised.append(one._replace(value="allogeneic", rule="relative-is-donor"))
        else:
            raised.append(one)
    return raised


def _with_conflict_in_doubt(statements: list[Statement]) -> list[Statement]:
    """Both donors are sure where one place, or two arms, name both; else the record contradicts itself."""
    doubted: set[str] = set()
    for kind in {one.kind for one in statements}:
        best = min(one.rank for one in statements if one.kind == kind)
        own, other = (
            {one.place for one in statements if (one.kind, one.rank, one.value) == (kind, best, value)}
            for value in ("autologous", "allogeneic")
        )
        if own and other and not own & other and not (_of_arms(own) and _of_arms(other)):
            doubted.add(kind)
    return [one._replace(doubtful=True) if one.kind in doubted else one for one in statements]


def _of_arms(places: set[str]) -> bool:
    return any("armsInterventions" in place for place in places)


# --- Names, growing, keeping -----------------------------------------------------------------------------------------


# Names of interventions in brackets, in a row, or with what they are behind them.
_PART = re.compile(r"[^/,;:()+]+")
# "ABCell®-X"; a code has two capitals and two digits or more: "AB-123", "CELL01".
_MARKED = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9-]{2,24}) ?[®™](?P<more>-?[A-Za-z0-9]{1,4})?")
_CODED = re.compile(
    r"(?!CD\d|IL-?\d|HLA|TNF|FK-?\d|NCT\d|COVID|SARS)(?=(?:\D*\d){2})(?=(?:[^A-Z]*[A-Z]){2})"
    r"(?P<name>[A-Z][A-Za-z0-9]{1,11}(?:-[A-Za-z0-9]{1,6}){0,4})(?P<more>)"
)
# "QXV-Dec", "QXV-M4": a name of its own, where no part of it is an abbreviation of cells, tissues or ways.
_HYPHENED = re.compile(
    r"(?!(?:\w+-)?(?:[a-z]{0,2}(?:UC|CB|UCB|BM|AD|AT|WJ|PB|PL|AM|DP|MB|H)?-?(?:MSC|MNC|HSC|PBSC|ADSC|ASC|BMSC|SVF|SC|PSC|HSCT|SCT|BMT)s?"
    r"|UC|CB|UCB|BM|AD|AT|WJ|PB|IV|IT|IM|IA|NP|NTF|PRP|HA|CM|CSF|EV|EVs|DC|NK|CAR|Treg|Cell|Cells)(?:-|$))"
    r"(?P<name>[A-Z]{2,10}-(?:[A-Z][a-z]{2,10}|[A-Z]\d{1,3}))(?P<more>)"
)
# Behind the name of a product: a letter or two that make it another one.
_SUFFIX = re.compile(r"-(?P<more>[A-Z]{1,2})(?![\w-])")
_LONGEST_NAME = 40


def _names(material: Material, read: Iterable[Sentence]) -> Iterator[Label]:
    found: dict[str, list[Span]] = {}
    for sentence in read:
        if sentence.trust in (Trust.NAMED, Trust.STUDY, Trust.LISTED):
            for word in sentence.having("product"):
                span, suffix = sentence.span(word), _SUFFIX.match(sentence.passage.text, word.end)
                if suffix and not word.value.endswith(f"-{suffix['more'].lower()}"):
                    span = span._replace(end=suffix.end())
                    found.setdefault(f"{word.value}-{suffix['more'].lower()}", []).append(span)
                else:
                    found.setdefault(word.value, []).append(span)
    for value, spans in found.items():
        yield Label("product", value, "product-named", "The record names the product.", evidence(spans))
    listed = {(span.path, span.start) for spans in found.values() for span in spans}
    codes: dict[str, list[Span]] = {}
    for value, span in _codes(material):
        if value not in found and (span.path, span.start) not in listed:
            codes.setdefault(value, []).append(span)
    if codes:
        owners = owners_of(material)
        for value, spans in codes.items():
            ours = [span for span in spans if any(f".{owner}." in span.path for owner in owners)]
            if ours:
                yield Label(
                    "product", value, "product-coded", "The cells have the name of a product or a code.", evidence(ours)
                )


def _codes(material: Material) -> Iterator[tuple[str, Span]]:
    """Names of interventions, or parts of them, that are a trade mark or a code and nothing else."""
    for passage in material.passages:
        if passage.place is not Place.INTERVENTION:
            continue
        for part in _PART.finditer(passage.text):
            told = part.group().strip()
            names = (_MARKED, _CODED, *((_HYPHENED,) if material.kinds == {"msc"} else ()))
            code = next((found for one in names if (found := one.fullmatch(told))), None)
            code = code if len(told) <= _LONGEST_NAME else None
            if code:
                start = part.start() + part.group().index(told)
                value = "-".join(_ALPHANUMERIC.findall(f"{code['name']}{code['more'] or ''}".lower()))
                yield value, passage.span(start, start + len(told))


_ALPHANUMERIC = re.compile(r"[a-z0-9]+")


_HANDLED_NEAR = 90
# Criteria and outcomes without one of these tell nothing of it; few have one.
_HINTS = {
    "taking": re2.compile("(?i)aspirat|harvest|punctur|collect|extract|lipo|fat|adipo|pheres|PB|peripheral"),
    "relatives": re2.compile("(?i)sibling|relat|family|families|parent|brother|degree|MSD|MRD"),
    "expansion": re2.compile("(?i)expan|cult|passag|grown|propag|prolif|multipl|bioreact|amplif|manip"),
    "preservation": re2.compile("(?i)cryo|fro[sz]|freez|thaw|nitrogen|fresh|after harvest|after prod"),
}
# "Expanded with platelet lysate": what follows is the medium.
_MEDIUM = re.compile(r"[\s,]*(?:\w+[\s-]+){0,2}(?:in|with|using|on|under|containing)\b", re.IGNORECASE)


def _handling(material: Material, read: Iterable[Sentence], field: str, rule: str) -> Iterator[Label]:
    # That such cells can be grown is told of them in general; that they are frozen seldom is.
    trusted = {Trust.NAMED, Trust.STUDY, Trust.TEXT} | ({Trust.BACKGROUND} if field == "preservation" else set())
    statements = [
        _handled(material, sentence, word, cells, _NAMED_RANKS[sentence.trust], rule)
        for sentence in read
        if sentence.trust in trusted
        for word, cells in _told_of_cells(material, sentence, field)
    ]
    if not statements:
        statements = [
            _handled(material, sentence, word, cells, _SHAKY_RANK, rule)
            for sentence in sentences(material, _hinted(tuple(_outcomes(material)), field))
            for word, cells in _told_of_cells(material, sentence, field)
            if cells
        ]
    yield from _chosen(material, field, statements)


# Sentences that tell of keeping cells, but not how these are kept before they are given: of laboratories and what they
# may do, of cells that are kept in reserve, of samples that are looked at.
_KEPT_OTHERWISE = re.compile(
    r"\b(?:certif\w+|accredit\w+|licen[cs]ed|back-?up|in reserve|for (?:potential|possible) (?:later|future) use"
    r"|(?:stored|kept|deposited|banked|placed) in (?:a|the|our) (?:\w+ )?bio-?bank"
    r"|(?:cryo\S+|freezing|thawing) (?:might|may|could|can|affects?|has been|have been))\b",
    re.IGNORECASE,
)
_KEPT_NEAR = 100
# What ends what is said of it: "fresh cells; a frozen back-up is not made".
_CLAUSE_ENDS = re.compile(r";|,\s(?=(?:without|with\sno|no|and\sno|but)\b)", re.IGNORECASE)
# Between cells and how they are kept: what else is done with them.
_ALSO_DONE = re.compile(
    r"\+?(?:\s(?:are|is|were|will be)\b)?(?:\s(?:\w+ly\s)?\w+ed\b(?:\s\([^()]{0,40}\))?(?:\s?,\s?and|\s?,|\sand"
    r"|\sor)?){1,4}\s",
    re.IGNORECASE,
)
# A step that stands alone: "Cytapheresis on day 5. Cryopreservation."
_STEP = re.compile(r"[\s*•-]*(?:then\s|and\s)?(?:[\w-]+\s)?[\w-]+[\s.;:]*", re.IGNORECASE)
_TAKEN_BEFORE = re.compile(r"apheres|pheresis|harvest|collect|CD ?34|progenitor|stem cell", re.IGNORECASE)
_STEP_NEAR = 160
_LOOKED_AT = re.compile(r"\b(?:antigen|immunophenotyp\w+|stained|cytometry)\b", re.IGNORECASE)
# Cells that are thawed to be grown, or kept in a bank of which they are grown, may be given fresh.
_THEN_GROWN = re.compile(
    r"\bcell banks?\b|\bactively growing\b"
    r"|\bthaw\w*\W{1,3}(?:[\w,]+\W{1,2}){0,5}?(?:re-?)?(?:cultur|grown|expand|plated|seeded|passag)",
    re.IGNORECASE,
)


def _handled(material: Material, sentence: Sentence, word: Word, cells: Word | None, rank: int, rule: str) -> Statement:
    said = _statement(material, sentence, word, cells, rank, rule)
    if word.field == "expansion":
        return said._replace(kind="msc") if said.kind else said
    return said._replace(doubtful=bool(_THEN_GROWN.search(sentence.passage.text, sentence.start, sentence.end)))


def _clause(sentence: Sentence, word: Word) -> tuple[int, int]:
    """The words around a word that may say of what it is told."""
    text = sentence.passage.text
    low, high = max(sentence.start, word.start - _KEPT_NEAR), min(sentence.end, word.end + _KEPT_NEAR)
    low = max((low, *(found.end() for found in _CLAUSE_ENDS.finditer(text, low, word.start))))
    ending = _CLAUSE_ENDS.search(text, word.end, high)
    return low, ending.start() if ending else high


def _is_next_step(sentence: Sentence) -> bool:
    """Whether the sentence only names a step, and what stands before it tells of taking the cells."""
    text = sentence.passage.text
    if not _STEP.fullmatch(text, sentence.start, sentence.end):
        return False
    return _TAKEN_BEFORE.search(text, max(0, sentence.start - _STEP_NEAR), sentence.start) is not None


def _told_of_cells(material: Material, sentence: Sentence, field: str) -> Iterator[tuple[Word, Word | None]]:
    """Words of a field that are told of the cells, with the name of the cells where there is one near."""
    text = sentence.passage.text
    for word in sentence.having(field):
        around = _clause(sentence, word)
        if field == "preservation" and _KEPT_OTHERWISE.search(text, *around):
            continue
        if word.value == "fresh" and _LOOKED_AT.search(text, *around):
            continue
        thing = sentence.nearest(word, *_OWNERS, *_TISSUES)
        if (
            thing
            and thing.field == "other"
            and thing.start >= word.end
            and _MEDIUM.match(sentence.between(word, thing))
        ):
            thing = sentence.nearest(word, "cells", *_TISSUES)
        if thing is None:
            told = sentence.of_cells or (field == "preservation" and _is_next_step(sentence))
        elif thing.field == "source" and field == "preservation" and material.kinds == {"msc"}:
            # Fresh fat is not yet the cells.
            thing = _cells_of_tissue(sentence, thing)
            told = thing is not None
        else:
            near = sentence.way(word, thing) <= _HANDLED_NEAR or (
                thing.end <= word.start and _ALSO_DONE.fullmatch(text, thing.end, word.start) is not None
            )
            told = thing.field not in _OTHERS and (near or (thing.field == "cells" and sentence.of_cells))
        if told:
            yield word, thing if thing and thing.field == "cells" else None


# --- From statements to labels ---------------------------------------------------------------------------------------


def _hinted(texts: tuple[Passage, ...], of: str) -> tuple[Passage, ...]:
    """The texts, if one of them may tell of it."""
    return texts if _HINTS[of].search("\n".join(text.text for text in texts).encode(errors="replace")) else ()


def _criteria(material: Material) -> tuple[Passage, ...]:
    return (material.criteria,) if material.criteria else ()


def _outcomes(material: Material) -> Iterator[Passage]:
    for outcome in material.outcomes:
        for name, text in (("measure", outcome.measure), ("description", outcome.description)):
            if text:
                yield Passage(Place.CRITERIA, f"{outcome.path}.{name}", text)


def _statement(
    material: Material, sentence: Sentence, word: Word, cells: Word | None, rank: int, rule: str
) -> Statement:
    kind = kind_of(material, sentence, cells)
    if (
        word.field == "short"
        and "msc" in material.kinds
        and "MSC" in sentence.passage.text[word.start : word.end].upper()
    ):
        kind = "msc"
    return Statement(word.value, kind, rank, rule, sentence.span(word), _place(sentence))


def _place(sentence: Sentence) -> str:
    path = sentence.passage.path
    return path.rpartition(".")[0] if "armsInterventions" in path else f"{path} {sentence.start}"


def _of_graft(material: Material, sentence: Sentence, word: Word, rule: str) -> Statement:
    """A doubtful statement on the graft of a transplantation, whatever other cells the sentence names."""
    kind = "hsc" if "hsc" in material.kinds else ""
    return Statement(word.value, kind, _SHAKY_RANK, rule, sentence.span(word), _place(sentence))


def _chosen(material: Material, scheme: str, statements: list[Statement]) -> Iterator[Label]:
    """Labels of what the best places say: by kind of cells where the study gives both."""
    both = len(material.kinds) > 1
    for kind in dict.fromkeys(statement.kind for statement in statements):
        ours = [statement for statement in statements if statement.kind == kind]
        best = min(statement.rank for statement in ours)
        kept: dict[str, list[Statement]] = {}
        for statement in ours:
            if statement.rank == best:
                kept.setdefault(statement.value, []).append(statement)
        for value, said in kept.items():
            rule = said[0].rule
            yield Label(
                scheme,
                value,
                f"{rule}-{kind}" if both else rule,
                _REASONS[rule],
                evidence(statement.span for statement in said),
                doubtful=best >= _SHAKY_RANK or all(statement.doubtful for statement in said),
                detail={"kind": kind} if both else None,
            )
