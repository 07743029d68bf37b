"""How blood-forming cells are transplanted: mobilisation, conditioning and its intensity, work on the graft."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from apps.classification.rules.cards.arms import MOST_TERMS, Arm, Words, arms_of, is_denied, parted
from apps.classification.rules.cards.drug_purposes import (
    ANTIBODIES,
    DOSED,
    ELSEWHERE,
    GROWTH_FACTORS,
    MOBILISING,
    ONLY_CONDITIONING,
    Use,
    compared_as,
    in_one_sentence,
    is_before_graft,
    role_told,
    uses_of,
)
from apps.classification.rules.cards.elsewhere import tells_of_others
from apps.classification.rules.cards.material import Material, Named
from apps.classification.rules.cards.statements import sentence
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import evidence, sentence_at
from apps.classification.rules.reading import Place

_MODULE = "protocolSection.armsInterventionsModule."
_PLAIN = frozenset({Place.TITLE, Place.ARM, Place.INTERVENTION})
_TOLD = _PLAIN | {Place.DESCRIPTION}

_BEAM = frozenset({"carmustine", "etoposide", "cytarabine", "melphalan"})

_IRRADIATIONS = frozenset({"tbi", "tli", "tmi", "thymic-irradiation"})
# A drug of the conditioning, by which its class is known; the first that is there counts.
_BASES = (
    ("busulfan", "busulfan-based"),
    ("treosulfan", "treosulfan-based"),
    ("melphalan", "melphalan-based"),
    ("tbi", "tbi-based"),
    ("tli", "tli-based"),
)

# Between two drugs: the second takes the place of the first, or of all before it.
_OR = re.compile(r"\b(?:or|versus|vs)\b", re.IGNORECASE)
_ROUTE_OR = re.compile(
    r"\b(?:IV|i\.v\.|intravenous(?:ly)?|PO|oral(?:ly)?|h|hours?)\s(?:\([\w.]{1,5}\)\s)?or\b", re.IGNORECASE
)
_DIGIT = re.compile(r"\d")
_OPTIONAL = re.compile(
    r"with or without|with/without|\+\s?/\s?-|±|\bwith optional\b|\bif (?:needed|necessary|required)\b", re.IGNORECASE
)
_ON_DEMAND = re.compile(
    r"[^\w.;,]{0,3}(?:(?:\d[\w./]{0,12}\s){0,4}\(?)(?:if|as|when|where) (?:needed|necessary|required|indicated)\b",
    re.IGNORECASE,
)
# "Plerixafor may be added in poor mobilisers only": what some people get on top if the first does too little.
_FEW = (
    r"(?:poor(?:ly)?|failed|insufficient|inadequate|low|slow|weak)\s(?:[\w-]+\s){0,3}?(?:mobili[sz]\w+|respon\w+|yield\w*|harvest\w*"
    r"|collect\w+|counts?)|(?:counts?|yields?|numbers?|harvest|mobili[sz]ation"
    r"|collection)\s(?:[\w-]+\s){0,4}?(?:insufficient|inadequate|too low"
    r"|fails?|failed|poor|below|less than|<)"
)
_ON_TOP_BEHIND = re.compile(
    r"[^.;]{0,25}?\b(?:may|can|could|might)\s(?:also\s|only\s|additionally\s)?be\s(?:added|given|used|considered|administered)\b"
    r"|[^.;]{0,30}?\b(?:is|are|being|was|will be)\s(?:only\s)?(?:reserved|kept|optional|allowed|permitted|at the "
    r"discretion)\b"
    r"|\s?\(?(?:on demand|as (?:a )?rescue|pre-?emptively|optional(?:ly)?)\b"
    rf"|[^.;,]{{0,60}}?\b(?:if|when|where|in case of|in|for|of)\s(?:the\s|those with\s|patients with\s|people "
    rf"with\s)?(?:[\w+]+\s){{0,2}}?(?:{_FEW})",
    re.IGNORECASE,
)
_ON_TOP_BEFORE = re.compile(
    rf"\b(?:if|when|where|in case of|in|for)\s(?:the\s|those with\s|patients with\s|people "
    rf"with\s)?(?:[\w+]+\s){{0,2}}?(?:{_FEW})[^.;]{{0,60}}$"
    r"|\b(?:rescue|optional(?:ly)?|on-demand)\s(?:with\s|use of\s|of\s)?$",
    re.IGNORECASE,
)
_ON_TOP_REACH = 120
_OR_REACH = 45
# "Regimen B:", or a line that is headed by its drugs ("Flu/Mel:"), begins another regimen.
_ALTERNATIVE = re.compile(
    r"\b(?:regimen|option|cohort|arm|group|schedule)\s?(?:#\s?)?(?:[A-D]|[1-4]|I{1,3}V?)\b", re.IGNORECASE
)
_LINE_BEGINS = re.compile(r"\n\s*[*•-]?\s*$")
_HEADING_ENDS = re.compile(r"[\w\s/+,-]{0,40}:")

_AGAINST = re.compile(
    r"\b(?:unlike|instead of|rather than|compared (?:to|with)|in contrast to|versus|vs)\W+(?:\w+\W+){0,2}$",
    re.IGNORECASE,
)
# T cells are depleted in the patient by antibodies, and in the graft by columns and beads.
_IN_VIVO = re.compile(
    r"(?<!ex )\bin.vivo\b|\b(?:ATG|thymoglobulin\w?|anti.?thymocyte|alemtuzumab|campath)\b", re.IGNORECASE
)
_NEAR = 40
_SHORT_NAME = 40
# "Busulfan; those without a donor get": other people, who get another regimen.
_OTHER_PEOPLE = re.compile(
    r"[;.,]\s(?:and\s|while\s)?(?:those|(?:the\s)?others|other patients|patients|people)\s"
    r"(?:without|lacking|with no|who (?:have no|lack|do not have)|(?:will\s)?(?:receive|get))\b",
    re.IGNORECASE,
)
# "G-CSF alone; otherwise cyclophosphamide and G-CSF".
_INSTEAD = re.compile(r"\b(?:otherwise|alternatively|else|in all others|the others)\b", re.IGNORECASE)
# "(BEAM + ATG, Cy + ATG or FEAM)": a list of regimens, of which some are joined by a sign.
_REGIMENS = re.compile(r"\([^()]{0,60}?\w\s?[+/]\s?\w[^()]{0,200}?,[^()]{0,100}?\b(?:or|and)\s[^()]{0,60}\)")
_COMMA = re.compile(r"\s?,\s?")
_ALSO = re.compile(r"\b(?:also|additional(?:ly)?|in addition|plus|as well)\b", re.IGNORECASE)
_MAYBE = re.compile(r"\b(?:with or without|with/without|may|optional(?:ly)?|if)\W+(?:\w+\W+){0,4}$", re.IGNORECASE)
_WRITTEN, _WRITTEN_BEHIND = 240, 110
_WRITTEN_ENDS = re.compile(r"[.!?;](?:\s|$)|\n")
# How the purpose of a drug is known, the best first, and the end of the rule's name.
_RULES = {"words": "in-words", "carried": "in-words", "by-days": "by-days", "listed": "listed"}

REASONS = {
    "conditioning-in-words": "The record names these drugs as the conditioning before the transplantation.",
    "conditioning-by-days": "These drugs are given on days before the transplantation.",
    "conditioning-listed": "These drugs are listed as what people in the transplantation's arm are given.",
    "mobilisation-in-words": "The record names these drugs as those that bring the stem cells into the blood.",
    "intensity-in-words": "The record uses this word for the conditioning.",
    "graft-in-words": "The record says what is done with the graft.",
}


@dataclass(frozen=True)
class _Regimen:
    """Drugs given together, and where that is said. `unit` is the arm, the list of interventions, or the text."""

    drugs: frozenset[str]
    uses: tuple[Use, ...]
    unit: str
    doubtful: bool

    @property
    def of_others(self) -> bool:
        """Whether it is only told in sentences that may speak of other studies."""
        return all(use.doubtful and use.how != "listed" for use in self.uses)

    @property
    def rule(self) -> str:
        how = min((use.how for use in self.uses), key=list(_RULES).index)
        return f"conditioning-{_RULES[how]}"


class _Unit(NamedTuple):
    """Texts that speak of the same participants, in reading order. `arm` where they are one arm's."""

    name: str
    arm: bool
    uses: tuple[Use, ...]


def extract_transplant(material: Material) -> Iterator[Label]:
    """Mobilisation, conditioning, intensity and work on the graft; nothing for a study without blood-forming cells."""
    if "hsc" not in material.kinds:
        return
    units = _units(material)
    yield from _mobilisation(units)
    yield from _conditioning(units)
    told = [passage for passage in material.passages if passage.place in _TOLD]
    named = [
        term
        for passage in told
        for term in islice(material.named("grafts", (passage,)), MOST_TERMS)
        if not _is_of_others(term)
    ]
    yield from _intensity(named)
    yield from _graft(named)


# Which texts belong together


def _units(material: Material) -> list[_Unit]:
    passages = [passage for passage in material.passages if passage.place in _TOLD]
    words = Words(material, "transplant", passages)
    arms = arms_of(material)
    design = Words(material, "design", (text for arm in arms for text in arm.own))
    _, controls = parted(arms, design, observed=False)
    without = {arm.number for arm in controls if not _is_conditioned(arm, words, design)}
    grafted = [arm for arm in arms if arm.number not in without]
    units = [
        _Unit(
            f"arm {arm.number}",
            True,
            tuple(use for text in arm.own for use in uses_of(text, words.of(text).found, given=True)),
        )
        for arm in grafted
    ]
    units.append(_Unit("interventions", False, tuple(_listed(material, words, _of_controls_alone(arms, grafted)))))
    named = compared_as(*_names_of(controls, without))
    units += [
        _Unit(
            passage.path,
            False,
            tuple(uses_of(passage, words.of(passage).found, given=passage.place is Place.TITLE, compared=named)),
        )
        for passage in passages
        if passage.place in (Place.TITLE, Place.DESCRIPTION)
    ]
    compared = _drugs_of(words, controls) - _drugs_of(words, grafted)
    closer = any(_IRRADIATIONS & set(use.drugs) for unit in units for use in unit.uses)
    return _without_other_purposes([_without_loose_radiation(unit, closer=closer) for unit in units], compared)


def _without_loose_radiation(unit: _Unit, *, closer: bool) -> _Unit:
    """Radiation counts where it is listed as given, unless some place tells it `closer`, as of the whole body."""
    uses = (
        use
        for use in unit.uses
        if use.drugs != ("radiation",) or not (closer or use.passage.place is Place.DESCRIPTION)
    )
    return unit._replace(uses=tuple(uses))


def _names_of(controls: Iterable[Arm], without: Collection[int]) -> Iterator[str]:
    """By what the texts may call an arm without the graft: its label, where that is short."""
    for arm in controls:
        if arm.number in without and arm.label and 1 < len(arm.label.text.strip()) <= _SHORT_NAME:
            yield arm.label.text.strip()


def _drugs_of(words: Words, arms: Iterable[Arm]) -> set[str]:
    terms = (term for arm in arms for term in words.of(*arm.texts).found if term.field != "role")
    return {drug for term in terms for drug in term.value.split("+")}


def _is_conditioned(arm: Arm, words: Words, design: Words) -> bool:
    """Whether an arm that does not name the graft names a regimen that makes sense with a graft alone."""
    drugs = {slug for term in words.of(arm.label).found for slug in term.value.split("+")}
    return bool(drugs & ONLY_CONDITIONING) and not design.of(*arm.own).of("comparator")


def _of_controls_alone(arms: Sequence[Arm], grafted: Sequence[Arm]) -> set[str]:
    """The texts of interventions that only arms without the graft get."""
    taken = {text.path for arm in grafted for text in (*arm.given, *arm.told)}
    return {text.path for arm in arms for text in (*arm.given, *arm.told)} - taken


def _without_other_purposes(units: Sequence[_Unit], compared: set[str]) -> list[_Unit]:
    """A drug that is only listed is no conditioning where the words tell of another purpose: in the same unit, or, for
    what comes after the transplantation or is compared with it, anywhere. What mobilises may condition too: a doubt.
    Nor is a drug of the `compared` arms alone, unless its own sentence says so.
    """
    elsewhere = _purposes(use for unit in units for use in unit.uses)
    kept = []
    for unit in units:
        here = _purposes(unit.uses)
        uses = []
        for use in unit.uses:
            if use.how == "carried" and compared & set(use.drugs):
                continue
            if use.how == "listed":
                roles = {role for drug in use.drugs for role in elsewhere.get(drug, ())}
                if roles in ({"after"}, {"comparison"}):
                    continue
                purposes = {role for drug in use.drugs for role in here.get(drug, ())} - {"conditioning"}
                if purposes == {"mobilisation"} and _is_dosed_in_regimen(use, unit.uses):
                    uses.append(use)
                    continue
                if purposes:
                    continue
                use = use._replace(doubtful=use.doubtful or roles == {"mobilisation"})
            uses.append(use)
        if uses:
            kept.append(unit._replace(uses=tuple(uses)))
    return kept


def _is_dosed_in_regimen(use: Use, uses: Iterable[Use]) -> bool:
    """Whether a drug stands with its dose in a sentence with one that only a conditioning has, and none that mobilises.

    "Cyclophosphamide 200 mg/kg and ATG 6 mg/kg. Mobilised by cyclophosphamide": here it is given twice.
    """
    beside = [one for one in uses if in_one_sentence(use, one)]
    return (
        DOSED.match(use.passage.text, use.end) is not None
        and any(ONLY_CONDITIONING & set(one.drugs) for one in beside)
        and not any(one.role == "mobilisation" or GROWTH_FACTORS & set(one.drugs) for one in beside)
    )


def _purposes(uses: Iterable[Use]) -> dict[str, set[str]]:
    """The roles that the words give each drug."""
    purposes: dict[str, set[str]] = {}
    for use in uses:
        if use.role and use.how != "listed":
            for drug in use.drugs:
                purposes.setdefault(drug, set()).add(use.role)
    return purposes


def _listed(material: Material, words: Words, skipped: Collection[str]) -> Iterator[Use]:
    """The drugs of the interventions: one that is an intervention itself is read with its description."""
    passages = {passage.path: passage for passage in material.passages}
    for i, one in enumerate(material.record.protocol.arms_interventions.interventions):
        name = passages.get(f"{_MODULE}interventions[{i}].name")
        told = passages.get(f"{_MODULE}interventions[{i}].description")
        if not name or name.path in skipped:
            continue
        described = words.of(told).found
        for use in uses_of(name, words.of(name).found, given=one.type != "OTHER"):
            role, how = use.role, use.how
            if how not in ("words", "carried"):
                by_text = role_told(told, described, use.drugs)
                role, how = by_text or role, "words" if by_text not in (None, role) else how
                if role == "conditioning" and told and is_before_graft(told.text):
                    how = "by-days"
            yield use._replace(role=role, how=how)
        if told:
            yield from uses_of(told, described, given=False)


# Drugs given together


def _regimens(unit: _Unit, role: str) -> list[_Regimen]:
    """The alternative sets of drugs of a role in a unit. One set, unless the words between two drugs say "or"."""
    uses = [use for use in unit.uses if use.role == role and _eligible(use.drugs, role)]
    uses = [use for use in uses if not use.doubtful or use.how == "listed"] or uses
    if role == "mobilisation":
        uses = [use for i, use in enumerate(uses) if not _is_on_top(use, uses[i - 1 : i], uses[i + 1 : i + 2])]
    found: list[list[Use]] = []
    optional: list[Use] = []
    previous: Use | None = None
    for use in uses:
        link = _link(previous, use)
        if previous is None or not found:
            found.append([use])
        elif link == "optional" or _ON_DEMAND.match(use.passage.text, use.end):
            optional.append(use)
            found[-1].append(use)
        elif link == "or" and set(use.drugs) <= ANTIBODIES and set(previous.drugs) <= ANTIBODIES:
            found.append([*(one for one in found[-1] if one is not previous), use])
        elif link == "or":
            found.append([use])
        else:
            found[-1].append(use)
        previous = use
    left_out = {drug for use in optional for drug in use.drugs}
    sets = [[one for one in group if not left_out & set(one.drugs)] for group in found] if optional else []
    regimens = [
        _Regimen(_collapsed(group), tuple(group), unit.name, any(use.doubtful for use in group))
        for group in (*sets, *found)
        if group
    ]
    return list({regimen.drugs: regimen for regimen in regimens}.values())


def _is_on_top(use: Use, before: Sequence[Use], behind: Sequence[Use]) -> bool:
    """Whether only those get it in whom the mobilisation does too little, by the words up to the next drugs."""
    text, path = use.passage.text, use.passage.path
    low = max((0, use.start - _ON_TOP_REACH, *(one.end for one in before if one.passage.path == path)))
    high = min((use.end + _ON_TOP_REACH, *(one.start for one in behind if one.passage.path == path)))
    return bool(_ON_TOP_BEHIND.match(text, use.end, high) or _ON_TOP_BEFORE.search(text, low, use.start))


def _eligible(drugs: Iterable[str], role: str) -> bool:
    return set(drugs) <= MOBILISING if role == "mobilisation" else not set(drugs) & GROWTH_FACTORS


def _link(previous: Use | None, use: Use) -> str:
    """How a drug is joined to the one before it in the same text: "and", "or", "optional"."""
    if previous is None or previous.passage.path != use.passage.path or use.start < previous.end:
        return "and"
    text = use.passage.text
    between = text[previous.end : use.start]
    if _ALTERNATIVE.search(between) or (_LINE_BEGINS.search(between) and _HEADING_ENDS.match(text, use.end)):
        return "or"
    if _OTHER_PEOPLE.search(between) and not _ALSO.search(between):
        return "or"
    if _INSTEAD.search(between) or _is_item_of_regimens(text, previous, use):
        return "or"
    if _OPTIONAL.search(between[-_OR_REACH:]):
        return "optional"
    for match in _OR.finditer(between):
        rest = between[match.end() :]
        if len(rest) <= _OR_REACH and not _DIGIT.search(rest) and not _ROUTE_OR.search(between[: match.end()]):
            return "or"
    return "and"


def _is_item_of_regimens(text: str, previous: Use, use: Use) -> bool:
    """Whether a comma between two drugs parts two regimens of a list in brackets."""
    if not _COMMA.fullmatch(text, previous.end, use.start):
        return False
    opened = text.rfind("(", max(0, previous.start - 200), previous.start)
    return opened >= 0 and _REGIMENS.match(text, opened) is not None


def _collapsed(uses: Iterable[Use]) -> frozenset[str]:
    drugs = {drug for use in uses for drug in use.drugs}
    if "beam" in drugs or drugs >= _BEAM:
        drugs = (drugs - _BEAM) | {"beam"}
    return frozenset(drugs)


# Conditioning


def _conditioning(units: Sequence[_Unit]) -> Iterator[Label]:
    """A label for each class; a second regimen of a class stands in `detail` of the first, under `others`."""
    told = [one for unit in units for one in _regimens(unit, "conditioning")]
    regimens = _without_parts([one for one in told if not one.of_others] or told, units)
    classes: dict[str, list[_Regimen]] = {}
    for drugs in dict.fromkeys(one.drugs for one in regimens):
        alike = [one for one in regimens if one.drugs == drugs]
        classes.setdefault(conditioning_class(drugs), []).append(min(alike, key=lambda one: one.doubtful))
    for value, (first, *others) in classes.items():
        detail = _detail(first) | ({"others": [_detail(one) for one in others]} if others else {})
        uses = [use for one in (first, *others) for use in (*_cluster(one.uses), *one.uses)]
        spans = evidence(use.span for use in uses)
        yield Label("conditioning", value, first.rule, REASONS[first.rule], spans, first.doubtful, detail)


def _detail(regimen: _Regimen) -> dict[str, Any]:
    return {"drugs": sorted(regimen.drugs), "written": _written(regimen), "tbi": "tbi" in regimen.drugs}


def _without_parts(regimens: Sequence[_Regimen], units: Sequence[_Unit]) -> list[_Regimen]:
    """Regimens that are not told more fully elsewhere. Arms that differ keep their own.

    A bare list of drugs may mix the regimens of several arms: it counts where the words tell of one at most.
    """
    arms = {unit.name for unit in units if unit.arm}
    told = {one.drugs for one in regimens if one.rule != "conditioning-listed"}
    if len(told) > 1:
        regimens = [one for one in regimens if one.drugs in told]
    of_arms = {one.drugs for one in regimens if one.unit in arms}
    kept: list[_Regimen] = []
    for one in regimens:
        fuller = [other for other in regimens if other.unit != one.unit and other.drugs > one.drugs]
        if one.unit in arms:
            fuller = [other for other in fuller if other.unit not in arms and other.drugs not in of_arms]
        if not fuller:
            kept.append(one)
    return kept


def conditioning_class(drugs: Collection[str]) -> str:
    """The class of a regimen by its drugs, a slug of `CONDITIONINGS`."""
    present = frozenset(drugs)
    if "beam" in present:
        return "beam-atg" if "atg" in present else "beam"
    for drug, name in _BASES:
        if drug in present:
            return name
    if present in _NAMED_WHOLE:
        return _NAMED_WHOLE[present]
    if "fludarabine" in present:
        return "fludarabine-based"
    return "cyclophosphamide-radiation" if {"cyclophosphamide", "radiation"} <= present else "other"


# Regimens that bear the names of all their drugs.
_NAMED_WHOLE: Mapping[frozenset[str], str] = {
    frozenset({"cyclophosphamide", *others}): "-".join(("cyclophosphamide", *others))
    for others in (
        (),
        ("atg",),
        ("alemtuzumab",),
        ("rituximab",),
        ("atg", "rituximab"),
        ("fludarabine",),
        ("fludarabine", "atg"),
        ("fludarabine", "alemtuzumab"),
    )
}


def _written(regimen: _Regimen) -> str:
    """The stretch of the record that names most of the drugs, or their names where they stand apart."""
    cluster = _cluster(regimen.uses)
    if len({drug for use in cluster for drug in use.drugs}) < min(2, len(regimen.drugs)):
        return "; ".join(dict.fromkeys(use.span.words for use in regimen.uses))[:_WRITTEN]
    text, first, last = cluster[0].passage.text, cluster[0], cluster[-1]
    ending = _WRITTEN_ENDS.search(text, last.end)
    end = min(ending.start() if ending else len(text), first.start + _WRITTEN, last.end + _WRITTEN_BEHIND)
    if end < len(text) and not text[end].isspace() and text[end] not in ".;":
        end = max(text.rfind(" ", last.end, end), last.end)
    return text[first.start : end].strip()


def _cluster(uses: Sequence[Use]) -> list[Use]:
    """The neighbouring mentions that name most drugs within one quotable stretch."""
    best: list[Use] = []
    most = first = 0
    for i, use in enumerate(uses):
        while uses[first].passage.path != use.passage.path or use.end - uses[first].start > _WRITTEN:
            first += 1
        near = uses[first : i + 1]
        drugs = len({drug for one in near for drug in one.drugs})
        if drugs > most:
            most, best = drugs, list(near)
    return best


# Mobilisation


def _mobilisation(units: Sequence[_Unit]) -> Iterator[Label]:
    """Drugs of the mobilisation, joined; alternatives where the words say "or"."""
    regimens = [one for unit in units for one in _regimens(unit, "mobilisation")]
    sure = [one for one in regimens if not one.doubtful]
    regimens = sure or regimens
    kept = [
        one for one in regimens if not any(other.drugs > one.drugs and other.unit != one.unit for other in regimens)
    ]
    by_unit = {one.unit for one in kept}
    groups: list[tuple[frozenset[str], list[Use]]] = []
    if len(kept) == len(by_unit):
        groups.append((frozenset().union(*(one.drugs for one in kept)), [use for one in kept for use in one.uses]))
    else:
        groups.extend((one.drugs, list(one.uses)) for one in {one.drugs: one for one in kept}.values())
    for drugs, uses in groups:
        if not drugs:
            continue
        yield Label(
            "mobilisation",
            "+".join(sorted(drugs)),
            "mobilisation-in-words",
            REASONS["mobilisation-in-words"],
            evidence(use.span for use in uses),
            all(use.doubtful for use in uses),
            {"drugs": sorted(drugs)},
        )


# Intensity and graft


def _intensity(terms: Iterable[Named]) -> Iterator[Label]:
    """The record's words for the strength; those of sentences on this study before those on others."""
    found = _by_value(
        term
        for term in terms
        if term.field == "intensity" and not _AGAINST.search(term.passage.text, max(0, term.start - 40), term.start)
    )
    sure = {value for value, named in found.items() if not all(_is_shaky(term) for term in named)}
    for value, named in found.items():
        if value in sure or not sure:
            spans = evidence(term.span for term in named)
            yield Label("intensity", value, "intensity-in-words", REASONS["intensity-in-words"], spans, not sure)


def _graft(terms: Sequence[Named]) -> Iterator[Label]:
    """Work on the graft; in vivo, the graft stays as it is. What may be done or not is a doubt."""
    found = _by_value(
        term
        for term in terms
        if term.field == "optional"
        or (term.field == "graft_manipulation" and (term.value == "unmanipulated" or not _is_left_undone(term)))
    )
    for value, named in found.items():
        doubtful = all(term.field == "optional" or _is_shaky(term) or _is_optional(term) for term in named)
        spans = evidence(term.span for term in named)
        yield Label("graft_manipulation", value, "graft-in-words", REASONS["graft-in-words"], spans, doubtful)


def _is_left_undone(term: Named) -> bool:
    """Whether the words deny it, or tell of T cells that are depleted in the patient."""
    text = term.passage.text
    if term.value == "t-cell-depleted" and _IN_VIVO.search(text, max(0, term.start - _NEAR), term.end + _NEAR):
        return True
    return is_denied(text, term.start, term.end)


def _by_value(terms: Iterable[Named]) -> dict[str, list[Named]]:
    found: dict[str, list[Named]] = {}
    for term in terms:
        found.setdefault(term.value, []).append(term)
    return found


def _is_of_others(term: Named) -> bool:
    """Whether a description tells it of other people than the participants."""
    if term.passage.place in _PLAIN:
        return False
    return tells_of_others(term.passage.text, *sentence(term.passage.text, term.start))


def _is_shaky(term: Named) -> bool:
    """Whether the sentence speaks of other studies."""
    if term.passage.place in _PLAIN:
        return False
    low, high = sentence_at(term.passage.text, term.start, term.end)
    return bool(ELSEWHERE.search(term.passage.text, low, high))


def _is_optional(term: Named) -> bool:
    return bool(_MAYBE.search(term.passage.text, max(0, term.start - 50), term.start))
