"""How blood-forming cells are transplanted: mobilisation, conditioning and its intensity, work on the graft.

A drug says little by itself: cyclophosphamide mobilises, conditions, prevents graft-versus-host disease, or is what the
transplantation is compared with. So each mention of a drug is read together with the words around it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from apps.classification.rules.cards.arms import Arm, arms_of, is_denied
from apps.classification.rules.cards.material import Material, Named, Passage
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import Span, evidence, sentence_at
from apps.classification.rules.reading import Place

_MODULE = "protocolSection.armsInterventionsModule."
_PLAIN = frozenset({Place.TITLE, Place.ARM, Place.INTERVENTION})
_TOLD = _PLAIN | {Place.DESCRIPTION}

_GROWTH_FACTORS = frozenset({"g-csf", "gm-csf", "plerixafor", "motixafortide"})
_MOBILISING = _GROWTH_FACTORS | {"cyclophosphamide", "etoposide", "cytarabine"}
_SEROTHERAPY = frozenset({"atg", "alemtuzumab", "rituximab"})
_BEAM = frozenset({"carmustine", "etoposide", "cytarabine", "melphalan"})

# A drug of the conditioning, by which its class is known; the first that is there counts.
_BASES = (
    ("busulfan", "busulfan-based"),
    ("treosulfan", "treosulfan-based"),
    ("melphalan", "melphalan-based"),
    ("tbi", "tbi-based"),
    ("tli", "tli-based"),
)

_SENTENCE = re.compile(r"[.;!?][)\"'”’]?\s+(?=[A-Z(\[*•\d])|\n+")
_TURN = re.compile(
    r";|:|\b(?:followed by|then|after|before|prior to|and the|while|subsequent(?:ly)?|sequential(?:ly)?)\b",
    re.IGNORECASE,
)
# How far a word reaches in its sentence, forward and back, in code points, and what makes the way longer.
_REACH = 260
_REACH_BACK = 110
_PER_TURN = 60
_BEHIND = 15

# "Cyclophosphamide and ATG before stem cell transplantation": what the cells follow is the conditioning.
_CELLS_FOLLOW = re.compile(
    r"\b(?:before|prior to|preceding|followed by|and then|with|supported by)\s(?:[\w+-]{1,20}\s){0,7}?"
    r"(?:transplant\w*|rescue|support|(?:re-?)?infusion|[a-z]{0,4}HSCT|AHSCT|ASCT|BMT|HCT|grafting)\b",
    re.IGNORECASE,
)
# Conditioning is given in the two weeks before the graft; what stands farther before is another treatment.
_DAY_BEFORE = re.compile(r"\b(?:days?|d|T)\.?\s?\(?(?:day\s)?[-−–‑]\s?(?:1[0-4]|\d)(?!\d)", re.IGNORECASE)
_DAY_LONG_BEFORE = re.compile(r"\b(?:days?|d|T)\.?\s?\(?(?:day\s)?[-−–‑]\s?(?:1[5-9]|[2-9]\d)(?!\d)", re.IGNORECASE)
_DAY_AFTER = re.compile(r"(?:\b(?:days?|d|at)\.?\s?|[,&]\s?|\band\s)\+\s?\d", re.IGNORECASE)
_DAY_WINDOW = 110

# Between two drugs: the second takes the place of the first, or of all before it.
_OR = re.compile(r"\bor\b(?!al)", re.IGNORECASE)
_ROUTE_OR = re.compile(
    r"\b(?:IV|i\.v\.|intravenous(?:ly)?|PO|oral(?:ly)?|h|hours?)\s(?:\([\w.]{1,5}\)\s)?or\b", re.IGNORECASE
)
_DIGIT = re.compile(r"\d")
_OPTIONAL = re.compile(r"with or without|with/without|\+\s?/\s?-|±|\bwith optional\b", re.IGNORECASE)
_OR_REACH = 45
# "Regimen B:", or a line that is headed by its drugs ("Flu/Mel:"), begins another regimen.
_ALTERNATIVE = re.compile(
    r"\b(?:regimen|option|cohort|arm|group|schedule)\s?(?:#\s?)?(?:[A-D]|[1-4]|I{1,3}V?)\b", re.IGNORECASE
)
_LINE_BEGINS = re.compile(r"\n\s*[*•-]?\s*$")
_HEADING_ENDS = re.compile(r"[\w\s/+,-]{0,40}:")

# A sentence on other studies, or on what is usual.
_ELSEWHERE = re.compile(
    r"\b(?:previous(?:ly)?|earlier (?:stud\w+|trials?|work|reports?)|has been|have been"
    r"|were (?:found|reported|shown|observed|treated)|showed|reported|published|literature|historical(?:ly)?"
    r"|other (?:trials?|stud\w+|centers|centres)|animal|mice|mouse)\b",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    r"\b(?:unlike|instead of|rather than|compared (?:to|with)|in contrast to|versus|vs)\W+(?:\w+\W+){0,2}$",
    re.IGNORECASE,
)
_MAYBE = re.compile(r"\b(?:with or without|with/without|may|optional(?:ly)?|if)\W+(?:\w+\W+){0,4}$", re.IGNORECASE)
_WRITTEN = 240
# Code points between two drugs that are given on the same days.
_JOINED = 60

REASONS = {
    "conditioning-in-words": "The record names these drugs as the conditioning before the transplantation.",
    "conditioning-by-days": "These drugs are given on days before the transplantation.",
    "conditioning-listed": "These drugs are listed as what people in the transplantation's arm are given.",
    "mobilisation-in-words": "The record names these drugs as those that bring the stem cells into the blood.",
    "intensity-in-words": "The record uses this word for the conditioning.",
    "graft-in-words": "The record says what is done with the graft.",
}


class _Use(NamedTuple):
    """A mention of one drug, or of two in one word, and what it is given for (None where the words leave it open)."""

    drugs: tuple[str, ...]
    passage: Passage
    start: int
    end: int
    role: str | None
    how: str
    doubtful: bool

    @property
    def span(self) -> Span:
        return self.passage.span(self.start, self.end)


@dataclass(frozen=True)
class _Regimen:
    """Drugs given together, and where that is said. `unit` is the arm, the list of interventions, or the text."""

    drugs: frozenset[str]
    uses: tuple[_Use, ...]
    unit: str
    doubtful: bool

    @property
    def rule(self) -> str:
        order = ("words", "by-days", "listed")
        how = min((use.how for use in self.uses), key=order.index)
        return f"conditioning-{'in-words' if how == 'words' else how}"


class _Unit(NamedTuple):
    """Texts that speak of the same participants, in reading order. `arm` where they are one arm's."""

    name: str
    arm: bool
    uses: tuple[_Use, ...]


def extract_transplant(material: Material) -> Iterator[Label]:
    """Mobilisation, conditioning, intensity and work on the graft; nothing for a study without blood-forming cells."""
    if "hsc" not in material.kinds:
        return
    told = tuple(passage for passage in material.passages if passage.place in _TOLD)
    terms: dict[str, list[Named]] = {}
    for term in material.named("transplant", told):
        terms.setdefault(term.passage.path, []).append(term)
    units = _units(material, terms)
    yield from _mobilisation(units)
    yield from _conditioning(units)
    named = list(material.named("grafts", told))
    yield from _intensity(named)
    yield from _graft(named)


# Which texts belong together


def _units(material: Material, terms: Mapping[str, list[Named]]) -> list[_Unit]:
    arms = arms_of(material)
    controls = [arm for arm in arms if _is_control(arm)]
    skipped = {text.path for arm in controls for text in arm.own}
    taken = {text.path for arm in arms if arm not in controls for text in (*arm.given, *arm.told)}
    skipped |= {text.path for arm in controls for text in (*arm.given, *arm.told)} - taken
    units = []
    for arm in arms:
        if arm not in controls:
            uses = [use for text in arm.own for use in _uses(text, terms.get(text.path, ()), given=True)]
            units.append(_Unit(f"arm {arm.number}", True, tuple(uses)))
    units.append(_Unit("interventions", False, tuple(_listed(material, terms, skipped))))
    units += [
        _Unit(passage.path, False, tuple(_uses(passage, terms[passage.path], given=False)))
        for passage in material.passages
        if passage.path in terms and passage.place in (Place.TITLE, Place.DESCRIPTION)
    ]
    return _without_other_purposes(units)


def _without_other_purposes(units: Sequence[_Unit]) -> list[_Unit]:
    """A drug that is only listed is no conditioning where the words tell of another purpose: in the same unit, or, for
    what is given after the transplantation, anywhere. A drug that mobilises may condition too: a doubt.
    """
    elsewhere = _purposes(use for unit in units for use in unit.uses)
    kept = []
    for unit in units:
        here = _purposes(unit.uses)
        uses = []
        for use in unit.uses:
            if use.how == "listed":
                roles = {role for drug in use.drugs for role in elsewhere.get(drug, ())}
                if any(here.get(drug, {"conditioning"}) - {"conditioning"} for drug in use.drugs) or roles == {"after"}:
                    continue
                use = use._replace(doubtful=use.doubtful or roles == {"mobilisation"})
            uses.append(use)
        if uses:
            kept.append(unit._replace(uses=tuple(uses)))
    return kept


def _purposes(uses: Iterable[_Use]) -> dict[str, set[str]]:
    """The roles that the words give each drug."""
    purposes: dict[str, set[str]] = {}
    for use in uses:
        if use.role and use.how != "listed":
            for drug in use.drugs:
                purposes.setdefault(drug, set()).add(use.role)
    return purposes


def _is_control(arm: Arm) -> bool:
    return not arm.cells and arm.type not in ("EXPERIMENTAL", None)


def _listed(material: Material, terms: Mapping[str, list[Named]], skipped: Collection[str]) -> Iterator[_Use]:
    """The drugs of the interventions: one that is an intervention itself is read with its description."""
    passages = {passage.path: passage for passage in material.passages}
    for i, one in enumerate(material.record.protocol.arms_interventions.interventions):
        name = passages.get(f"{_MODULE}interventions[{i}].name")
        told = passages.get(f"{_MODULE}interventions[{i}].description")
        if not name or name.path in skipped:
            continue
        named = list(_uses(name, terms.get(name.path, ()), given=one.type != "OTHER"))
        described = list(_uses(told, terms.get(told.path, ()), given=False)) if told else []
        for use in named:
            role = use.role if use.how == "words" else _role_told(told, terms, use.drugs) or use.role
            how = "words" if role != use.role or use.how == "words" else use.how
            if role == "conditioning" and told and how != "words" and _DAY_BEFORE.search(told.text):
                how = "by-days"
            yield use._replace(role=role, how=how)
        yield from described


def _role_told(told: Passage | None, terms: Mapping[str, list[Named]], drugs: tuple[str, ...]) -> str | None:
    """What a drug is for by the description of the intervention that bears its name."""
    if not told:
        return None
    if _DAY_BEFORE.search(told.text):
        return "conditioning" if not set(drugs) <= _GROWTH_FACTORS else None
    roles = [term.value for term in terms.get(told.path, ()) if term.field == "role"]
    if roles:
        return _as_role(roles[0], drugs)
    return "after" if _DAY_AFTER.search(told.text) else None


# What each drug is for


def _uses(passage: Passage, terms: Sequence[Named], *, given: bool) -> Iterator[_Use]:
    """Every mention of a drug with its role: by the nearest word in its sentence, by its days, by the sentence before.

    In the words of an arm or intervention that is `given`, a drug of which nothing is said is taken as conditioning.
    """
    if not any(term.field in ("drug", "combined") for term in terms):
        return
    carried: str | None = None
    for low, high in _sentences(passage.text):
        inside = [term for term in terms if low <= term.start < high]
        roles = [(term.start, term.end, term.value) for term in inside if term.field == "role"]
        roles += [
            (match.start(), match.end(), "conditioning") for match in _CELLS_FOLLOW.finditer(passage.text, low, high)
        ]
        drugs = [term for term in inside if term.field in ("drug", "combined")]
        elsewhere = passage.place is Place.DESCRIPTION and bool(_ELSEWHERE.search(passage.text, low, high))
        uses: list[_Use] = []
        for i, drug in enumerate(drugs):
            if drug.value == "tbi" and not _is_irradiation(passage, drug):
                continue
            slugs = tuple(drug.value.split("+"))
            until = min(drugs[i + 1].start if i + 1 < len(drugs) else high, drug.end + _DAY_WINDOW)
            role, how = _role(passage.text, drug, roles, until, slugs, carried)
            uses.append(_Use(slugs, passage, drug.start, drug.end, role, how, elsewhere))
        for use in _joined(uses):
            if use.role is None and given:
                yield use._replace(role="conditioning")
            elif use.role != "background" and (use.role or not elsewhere):
                yield use
        if roles:
            carried = max(roles)[2]
            carried = carried if carried in ("conditioning", "mobilisation", "after") else None
        elif inside and not drugs:
            carried = None


def _joined(uses: Sequence[_Use]) -> Iterator[_Use]:
    """A drug of which nothing is said has the days of the next one in the sentence: "X and Y on days -4 to -2"."""
    following: _Use | None = None
    told = []
    for use in reversed(uses):
        if (
            use.role is None
            and following
            and (following.role, following.how) == ("conditioning", "by-days")
            and following.start - use.end <= _JOINED
            and not set(use.drugs) & _GROWTH_FACTORS
        ):
            use = use._replace(role="conditioning", how="by-days")
        told.append(use)
        following = use
    return reversed(told)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    low = 0
    for found in _SENTENCE.finditer(text):
        yield low, found.end()
        low = found.end()
    yield low, len(text)


def _is_irradiation(passage: Passage, drug: Named) -> bool:
    """TBI is traumatic brain injury too: the abbreviation counts where the text speaks of irradiation or of grays."""
    if drug.end - drug.start > 5:
        return True
    return bool(
        re.search(r"(?i:irradiation|radiation|conditioning|ablative)|\bc?Gy\b|\bcGY\b|(?i:transplant)", passage.text)
    )


def _role(
    text: str,
    drug: Named,
    roles: Sequence[tuple[int, int, str]],
    until: int,
    slugs: tuple[str, ...],
    carried: str | None,
) -> tuple[str | None, str]:
    """The role of a drug and how it is known: "words", "by-days", or "listed" for none."""
    ways = ((_way(text, drug, start, end), end <= drug.start, value) for start, end, value in roles)
    near = min(
        ((way, value) for way, forward, value in ways if way <= (_REACH if forward else _REACH_BACK)), default=None
    )
    long_before = _DAY_LONG_BEFORE.search(text, drug.end, until)
    until = min(until, long_before.start()) if long_before else until
    before, after = _DAY_BEFORE.search(text, drug.end, until), _DAY_AFTER.search(text, drug.end, until)
    word = _as_role(near[1], slugs) if near else None
    if after and not before and not (word == "conditioning" and set(slugs) <= _SEROTHERAPY):
        return "after", "by-days"
    if long_before and not before:
        return "background", "by-days"
    if near:
        return word, "words"
    if before and not set(slugs) <= _GROWTH_FACTORS:
        return "conditioning", "by-days"
    if carried:
        return carried, "words"
    return None, "listed"


def _way(text: str, drug: Named, start: int, end: int) -> int:
    """How far a word of a role stands from a drug; a turn of the sentence between them makes it farther."""
    if end <= drug.start:
        return drug.start - end + _PER_TURN * len(_TURN.findall(text, end, drug.start))
    if start >= drug.end:
        return start - drug.end + _BEHIND + _PER_TURN * len(_TURN.findall(text, drug.end, start))
    return 0


def _as_role(word: str, slugs: tuple[str, ...]) -> str | None:
    """Collecting is mobilisation for what mobilises and nothing for the rest; the transplantation itself is no role."""
    if word == "collection":
        return "mobilisation" if set(slugs) <= _GROWTH_FACTORS else None
    return None if word == "transplantation" else word


# Drugs given together


def _regimens(unit: _Unit, role: str) -> list[_Regimen]:
    """The alternative sets of drugs of a role in a unit. One set, unless the words between two drugs say "or"."""
    uses = [use for use in unit.uses if use.role == role and _eligible(use.drugs, role)]
    uses = [use for use in uses if not use.doubtful or use.how == "listed"] or uses
    found: list[list[_Use]] = []
    optional: list[_Use] = []
    previous: _Use | None = None
    for use in uses:
        link = _link(previous, use)
        if previous is None or not found:
            found.append([use])
        elif link == "optional":
            optional.append(use)
            found[-1].append(use)
        elif link == "or" and set(use.drugs) <= _SEROTHERAPY and set(previous.drugs) <= _SEROTHERAPY:
            found.append([*(one for one in found[-1] if one is not previous), use])
        elif link == "or":
            found.append([use])
        else:
            found[-1].append(use)
        previous = use
    sets = [[one for one in group if one not in optional] for group in found] if optional else []
    regimens = [
        _Regimen(_collapsed(group), tuple(group), unit.name, any(use.doubtful for use in group))
        for group in (*sets, *found)
        if group
    ]
    return list({regimen.drugs: regimen for regimen in regimens}.values())


def _eligible(drugs: Iterable[str], role: str) -> bool:
    return set(drugs) <= _MOBILISING if role == "mobilisation" else not set(drugs) & _GROWTH_FACTORS


def _link(previous: _Use | None, use: _Use) -> str:
    """How a drug is joined to the one before it in the same text: "and", "or", "optional"."""
    if previous is None or previous.passage.path != use.passage.path or use.start < previous.end:
        return "and"
    text = use.passage.text
    between = text[previous.end : use.start]
    if _ALTERNATIVE.search(between) or (_LINE_BEGINS.search(between) and _HEADING_ENDS.match(text, use.end)):
        return "or"
    if _OPTIONAL.search(between[-_OR_REACH:]):
        return "optional"
    for match in _OR.finditer(between):
        rest = between[match.end() :]
        if len(rest) <= _OR_REACH and not _DIGIT.search(rest) and not _ROUTE_OR.search(between[: match.end()]):
            return "or"
    return "and"


def _collapsed(uses: Iterable[_Use]) -> frozenset[str]:
    drugs = {drug for use in uses for drug in use.drugs}
    if "beam" in drugs or drugs >= _BEAM:
        drugs = (drugs - _BEAM) | {"beam"}
    return frozenset(drugs)


# Conditioning


def _conditioning(units: Sequence[_Unit]) -> Iterator[Label]:
    """A label for each class; a second regimen of a class stands in `detail` of the first, under `others`."""
    regimens = _without_parts([one for unit in units for one in _regimens(unit, "conditioning")], units)
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
    kept: list[_Regimen] = []
    for one in regimens:
        fuller = [other for other in regimens if other.unit != one.unit and other.drugs > one.drugs]
        if one.unit in arms:
            fuller = [other for other in fuller if other.unit not in arms]
        if not fuller:
            kept.append(one)
    return kept


def conditioning_class(drugs: Collection[str]) -> str:
    """The class of a regimen by its drugs, a slug of `CONDITIONINGS`."""
    present = set(drugs)
    if "beam" in present:
        return "beam-atg" if "atg" in present else "beam"
    for drug, name in _BASES:
        if drug in present:
            return name
    if "fludarabine" in present:
        return "cyclophosphamide-fludarabine" if "cyclophosphamide" in present else "fludarabine-based"
    if "cyclophosphamide" in present and present <= {"cyclophosphamide", *_SEROTHERAPY}:
        for drug in ("atg", "alemtuzumab", "rituximab"):
            if drug in present:
                return f"cyclophosphamide-{drug}"
        return "cyclophosphamide"
    return "other"


def _written(regimen: _Regimen) -> str:
    """The stretch of the record that names most of the drugs, or their names where they stand apart."""
    cluster = _cluster(regimen.uses)
    if len({drug for use in cluster for drug in use.drugs}) < min(2, len(regimen.drugs)):
        return "; ".join(dict.fromkeys(use.span.words for use in regimen.uses))[:_WRITTEN]
    text, first, last = cluster[0].passage.text, cluster[0], cluster[-1]
    ending = _SENTENCE.search(text, last.end)
    end = min(ending.start() if ending else len(text), first.start + _WRITTEN, last.end + _DAY_WINDOW)
    if end < len(text) and not text[end].isspace() and text[end] not in ".;":
        end = max(text.rfind(" ", last.end, end), last.end)
    return text[first.start : end].strip()


def _cluster(uses: Sequence[_Use]) -> list[_Use]:
    """The neighbouring mentions that name most drugs within one quotable stretch."""
    best: list[_Use] = []
    for i, first in enumerate(uses):
        near = []
        for use in uses[i:]:
            if use.passage.path != first.passage.path or use.end - first.start > _WRITTEN:
                break
            near.append(use)
        if len({drug for use in near for drug in use.drugs}) > len({drug for use in best for drug in use.drugs}):
            best = near
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
    groups: list[tuple[frozenset[str], list[_Use]]] = []
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


def _graft(terms: Iterable[Named]) -> Iterator[Label]:
    found = _by_value(
        term
        for term in terms
        if term.field == "graft_manipulation"
        and (term.value == "unmanipulated" or not is_denied(term.passage.text, term.start, term.end))
    )
    for value, named in found.items():
        doubtful = all(_is_shaky(term) or _is_optional(term) for term in named)
        spans = evidence(term.span for term in named)
        yield Label("graft_manipulation", value, "graft-in-words", REASONS["graft-in-words"], spans, doubtful)


def _by_value(terms: Iterable[Named]) -> dict[str, list[Named]]:
    found: dict[str, list[Named]] = {}
    for term in terms:
        found.setdefault(term.value, []).append(term)
    return found


def _is_shaky(term: Named) -> bool:
    """Whether the sentence speaks of other studies."""
    if term.passage.place in _PLAIN:
        return False
    low, high = sentence_at(term.passage.text, term.start, term.end)
    return bool(_ELSEWHERE.search(term.passage.text, low, high))


def _is_optional(term: Named) -> bool:
    return bool(_MAYBE.search(term.passage.text, max(0, term.start - 50), term.start))
