"""What each drug around a transplantation is given for, by the words and days that stand around its name.

A drug says little by itself: cyclophosphamide mobilises, conditions, prevents graft-versus-host disease, is what the
transplantation is compared with, or what people had before. So each mention is read together with its sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from apps.classification.rules.cards.elsewhere import tells_of_others
from apps.classification.rules.cards.material import Named, Passage
from apps.classification.rules.quoting import Span
from apps.classification.rules.reading import Place

GROWTH_FACTORS = frozenset({"g-csf", "gm-csf", "plerixafor", "motixafortide"})
MOBILISING = GROWTH_FACTORS | {"cyclophosphamide", "etoposide", "cytarabine"}
# Antibodies: given until just after the graft in the conditioning, and each in another's place.
ANTIBODIES = frozenset({"atg", "alemtuzumab", "rituximab"})
# What blood-forming cells are compared with is none of these.
ONLY_CONDITIONING = frozenset(
    {"atg", "beac", "beam", "bendamustine", "busulfan", "carmustine", "cytarabine", "etoposide", "fludarabine"}
    | {"melphalan", "tbi", "thiotepa", "tli", "treosulfan"}
)

# The end of a sentence. "vs." ends none.
_SENTENCE = re.compile(r"(?<!\bvs)[.!?;][)\"'”’]?\s{1,9}(?=[A-Z(\[*•\d])|\n")
_TURN = re.compile(
    r";|:|\b(?:followed by|then|after|before|prior to|and the|while|subsequent(?:ly)?|sequential(?:ly)?)\b",
    re.IGNORECASE,
)
# How far a word reaches in its sentence, forward and back, in code points; what makes the way longer; and what more a
# word behind the drug has to go, unless it follows at once ("BEAM conditioning").
_REACH = 260
_REACH_BACK = 110
_PER_TURN = 60
_BEHIND = 15
_AT_ONCE = 2

# "Mobilisation; cyclophosphamide": a step of its own, unless it takes the place of the first.
_STEP = re.compile(r";(?!\s(?:otherwise|alternatively|else|or)\b)")
_GRAFT = r"(?:transplant\w*|rescue|support|(?:re-?)?infusion|[a-z]{0,4}HSCT|AHSCT|AHCT|ASCT|BMT|HCT|graft\w*)\b"
# "Cyclophosphamide and ATG before stem cell transplantation": what the graft follows is the conditioning.
_GRAFT_FOLLOWS = (
    r"\b(?:before|prior to|preced(?:e[sd]?|ing)(?: by)?|followed by|and then|with|supported by)\s"
    r"(?:[\w+-]{1,20}\s){0,10}?" + _GRAFT
)
# "Transplantation using cyclophosphamide and ATG".
_GRAFT_WITH = (
    r"\b(?:transplant(?:ation)?s?|HSCT|AHSCT|AHCT|ASCT|BMT|HCT)\s?\(?(?:[A-Z]{3,6}\)\s?)?(?:using|with|after|following)\b"
    r"(?!\s(?:the\s)?(?:mobili|post))"
)
# "Stem cells are returned after cyclophosphamide"; "the transplant arm gets BEAM".
_CELLS_AFTER = (
    r"\b(?:stem|own) cells?\s(?:(?:are|is|were|and)\s)?"
    r"(?:(?:returned|re-?infused|given back|reinjected)\s)?after\b"
)
_RETURNED_AFTER = r"\b(?:returned|re-?infused|given back)\safter\b"
# "Unmanipulated, frozen, and injected intravenously after cyclophosphamide".
_INJECTED_AFTER = (
    r"\b(?:cells?|grafts?|unmanipulated|frozen|thawed|cryopreserved)\b[^.;:]{0,60}?"
    r"\b(?:injected|infused|given|transplanted)\s(?:back\s)?(?:intravenously\s|i\.?v\.?\s)?after\b"
)
# "Collected from the blood after cyclophosphamide and G-CSF".
_COLLECTED_AFTER = re.compile(
    r"\b(?:collected|harvested|obtained|apheresis|leukapheresis|collection|harvest)\s(?:(?:of|from|by|in)\s(?:[\w-]+\s){1,4})?(?:after|following|upon)\b"
    r"(?!\s(?:the\s)?(?:transplant|conditioning|infusion|reinfusion))",
    re.IGNORECASE,
)
_ARM_OF_GRAFT = (
    r"\b(?:transplant(?:ation)?|A?HSCT|ASCT|graft)\s(?:arm|group)\s(?:will\s)?(?:gets?|receives?|is given)\b"
)
_BEFORE_GRAFT = re.compile(
    "|".join((_GRAFT_FOLLOWS, _GRAFT_WITH, _CELLS_AFTER, _RETURNED_AFTER, _INJECTED_AFTER, _ARM_OF_GRAFT)),
    re.IGNORECASE,
)
# "After the transplantation", unless the words go on to tell with what it is done.
_AFTER_GRAFT = re.compile(
    r"\b(?:after|post|following)[\s-](?:(?:the|his|her|their|autologous|allogeneic|stem|cell|blood|bone|marrow)\s){0,4}"
    r"(?:transplant(?:ation)?|[a-z]{0,4}HSCT|AHCT|ASCT|BMT|HCT)\b(?!\s?(?:with|using|conditioned|by|consist))",
    re.IGNORECASE,
)
# Conditioning is given in the two weeks before the graft; what stands farther before is another treatment.
_DAY = r"(?:\b(?:days?|d|T)\.?\s?\(?(?:day\s)?)"
_MINUS = r"(?:[-−–‑]|minus)\s?"
_DAY_BEFORE = re.compile(rf"{_DAY}{_MINUS}(?:1[0-4]|\d)(?!\d)", re.IGNORECASE)
_DAY_LONG_BEFORE = re.compile(rf"{_DAY}{_MINUS}(?:1[5-9]|[2-9]\d)(?!\d)", re.IGNORECASE)
_DAY_AFTER = re.compile(r"(?:\b(?:days?|d|at)\.?\s?|[,&]\s?|\band\s)(?:\+|plus)\s?\d", re.IGNORECASE)
_DAY_WINDOW = 110
# Antibodies that are still there when the graft comes deplete its T cells in the patient: they belong to the regimen.
_IN_VIVO = re.compile(
    r"\bin[\s-]vivo\s(?:T[\s-](?:cell[\s-]|lymphocyte[\s-])?)?(?:deplet\w+|purg\w+)|\bdeplet\w+ (?:of "
    r")?T[\s-]?(?:cells|lymphocytes) in[\s-]vivo",
    re.IGNORECASE,
)
_IN_VIVO_NEAR = 120
# A day that heads the drug: "Day -1: melphalan".
_HEADED = 40
# Between two drugs that are given on the same days.
_JOINED = 60
# Between two of a list.
_LISTED = re.compile(r"\W{0,3}(?:and|plus|with)?\W{0,3}", re.IGNORECASE)
_LIST = 12

_VERSUS = re.compile(r"\b(?:versus|vs|compared (?:to|with)|comparison (?:to|with))\b", re.IGNORECASE)
_ANY_GRAFT = re.compile(
    r"\b(?:\w{0,12}transplant\w*|[a-z]{0,4}HSCT|AHCT|ASCT|BMT|HCT|rescue|stem.cell|conditioning|immuno.?ablat\w+|ablation)",
    re.IGNORECASE,
)
_SIDE = 150
# "X and the conditioning": what begins another part of the sentence says nothing of the drug.
_PARTED = re.compile(
    r"\b(?:and|or|versus|vs\.?|plus|from|before|after|than|followed by|prior to)\W{1,3}(?:(?:the|a|an|then)\s)?$",
    re.IGNORECASE,
)

# A sentence on other studies, or on what is usual.
ELSEWHERE = re.compile(
    r"\b(?:previous(?:ly)?|earlier (?:stud\w+|trials?|work|reports?)|has been|have been"
    r"|were (?:found|reported|shown|observed|treated)|showed|reported|published|literature|historical(?:ly)?"
    r"|other (?:trials?|stud\w+|centers|centres)|animal|mice|mouse)\b",
    re.IGNORECASE,
)


def compared_as(*names: str) -> re.Pattern[str]:
    """The beginning of a sentence that tells what the comparison gets, by the words for it and its `names`."""
    own = "".join(f"|{re.escape(name)}" for name in sorted(names, key=len, reverse=True))
    return re.compile(
        rf"\W{{0,5}}(?:the\s)?(?:{_COMPARISON}{own})(?:\s(?:arm|group))?\W{{0,3}}\s?(?:{_GETS})\b", re.IGNORECASE
    )


_COMPARISON = (
    r"(?:controls?|comparators?|comparison)(?!\s(?:of|to|with))|standard (?:of care|care|therapy|treatment)|BAT|SOC"
    r"|best (?:available|medical|supportive) (?:therapy|treatment|care)"
)
_GETS = r"(?:will\s|can\s|may\s)?(?:be|includes?|consists?|comprises?|contains?|means|is|are|gets?|receives?|has|have)"
COMPARED = compared_as()
_IRRADIATION = re.compile(r"(?i:irradiation|radiation|conditioning|ablati|transplant)|\bc?(?:Gy|GY)\b")
_LONGEST_ABBREVIATION = 5
_DRUG = ("drug", "combined")
_STEPS = ("mobilisation", "collection")
_CARRIED = ("conditioning", "mobilisation", "after")


class Use(NamedTuple):
    """A mention of one drug, or of two in one word, and what it is given for (None where the words leave it open).

    `how` the purpose is known: from "words", "carried" from the sentence before, "by-days", or not, "listed".
    """

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


class _Before(NamedTuple):
    """What the sentences before have told: the purpose of which they speak, and whether any told a conditioning."""

    carried: str | None
    conditioned: bool


class _Word(NamedTuple):
    """A word that tells a purpose."""

    start: int
    end: int
    role: str


@dataclass
class _Sentence:
    """A sentence, [low, high) of a text, with the words in it that tell purposes, in order and apart in each list."""

    text: str
    low: int
    high: int
    words: list[list[_Word]]
    versus: list[tuple[int, int]] = field(default_factory=list)
    grafts: list[int] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, low: int, high: int, terms: Sequence[Named]) -> _Sentence:
        def found(pattern: re.Pattern[str], role: str) -> list[_Word]:
            return [_Word(*match.span(), role) for match in pattern.finditer(text, low, high)]

        named = [_Word(term.start, term.end, term.value) for term in terms if term.field == "role"]
        versus = [match.span() for match in _VERSUS.finditer(text, low, high)]
        return cls(
            text,
            low,
            high,
            [
                named,
                found(_BEFORE_GRAFT, "conditioning"),
                found(_AFTER_GRAFT, "after"),
                found(_COLLECTED_AFTER, "mobilisation"),
            ],
            versus,
            [match.start() for match in _ANY_GRAFT.finditer(text, low, high)] if versus else [],
            [match.start() for match in _TURN.finditer(text, low, high)],
        )

    def last(self) -> str | None:
        """The purpose of which the sentence speaks at its end."""
        words = [words[-1] for words in self.words if words]
        return max(words).role if words else None

    def nearest(self, drug: Named, slugs: frozenset[str]) -> str | None:
        """The purpose that the nearest word gives a drug; a word that cannot be of this drug is passed over."""
        ways = [*self._before(drug, slugs), *self._behind(drug, slugs)]
        return min(ways)[1] if ways else None

    def _before(self, drug: Named, slugs: frozenset[str]) -> Iterator[tuple[int, str]]:
        for words in self.words:
            for i in range(bisect_left(words, (drug.start,)) - 1, -1, -1):
                word = words[i]
                way = max(0, drug.start - word.end)
                if way > _REACH:
                    break
                if word.role in _STEPS and self.text[word.end : word.end + 1] == ",":
                    continue  # "Mobilisation, cyclophosphamide, graft": one of several steps
                if _fits(word.role, slugs):
                    if word.role == "mobilisation" and slugs == {"cyclophosphamide"}:
                        way += _REACH * len(_STEP.findall(self.text, word.end, drug.start))
                    way += self._turns(word.end, drug.start) if way else 0
                    if way <= _REACH:
                        yield way, word.role
                    break

    def _behind(self, drug: Named, slugs: frozenset[str]) -> Iterator[tuple[int, str]]:
        """Up to the word that begins another part of the sentence."""
        end = drug.end + _REACH_BACK
        near = [
            word
            for words in self.words
            for word in words[bisect_left(words, (drug.start,)) : bisect_left(words, (end,))]
        ]
        for word in sorted(near):
            if _PARTED.search(self.text, drug.end, word.start):
                return
            if _fits(word.role, slugs):
                gap = max(0, word.start - drug.end)
                way = gap + self._turns(drug.end, word.start) + (_BEHIND if gap > _AT_ONCE else 0)
                if way <= _REACH_BACK:
                    yield way, word.role
                return

    def _turns(self, start: int, end: int) -> int:
        return _PER_TURN * (bisect_left(self.turns, end) - bisect_left(self.turns, start))

    def tells_between(self, start: int, end: int) -> bool:
        """Whether a word between two places tells a purpose, or begins a treatment of its own."""
        near = (words[bisect_left(words, (start,)) : bisect_left(words, (end,))] for words in self.words)
        told = any(word.role != "transplantation" for words in near for word in words)
        return told or "sequential" in self.text[start:end]

    def is_compared(self, drug: Named, regimens: Sequence[int]) -> bool:
        """Whether a drug stands on the other side of a "versus" than the transplantation, and in no regimen there.

        `regimens` are the places of drugs that only a conditioning has.
        """
        at = bisect_left(self.versus, (drug.start, 0))
        for low, high in self.versus[max(0, at - 1) : at + 1]:
            before = self._has_graft(max(self.low, low - _SIDE), low)
            after = self._has_graft(high, min(self.high, high + _SIDE))
            if before == after or before is (drug.start < low):
                continue
            side = (self.low, low) if drug.start < low else (high, self.high)
            near = max(side[0], drug.start - _JOINED), min(side[1], drug.end + _JOINED)
            if bisect_left(regimens, near[0]) == bisect_left(regimens, near[1]):
                return True
        return False

    def _has_graft(self, low: int, high: int) -> bool:
        return bisect_left(self.grafts, low) < bisect_left(self.grafts, high)


def _fits(role: str, slugs: frozenset[str]) -> bool:
    """Whether a drug can have this purpose. Growth factors do not condition; the transplantation is no purpose."""
    if role == "transplantation":
        return False
    if role == "mobilisation":
        return slugs <= MOBILISING
    return role != ("conditioning" if slugs <= GROWTH_FACTORS else "collection")


def uses_of(
    passage: Passage, terms: Sequence[Named], *, given: bool, compared: re.Pattern[str] = COMPARED
) -> Iterator[Use]:
    """Every mention of a drug with its role: by the nearest word in its sentence, by its days, by the sentence before.

    In words that tell what is `given`, a drug of which nothing is said is taken as conditioning. A sentence that begins
    with what is `compared` tells nothing of the transplantation.
    """
    if not any(term.field in _DRUG for term in terms):
        return
    # Beside another drug of a conditioning, TBI is no brain injury.
    irradiates = any(term.field in _DRUG and term.value != "tbi" for term in terms) or bool(
        _IRRADIATION.search(passage.text)
    )
    starts = [term.start for term in terms]
    before = _Before(None, conditioned=False)
    for low, high in _sentences(passage.text, min(len(passage.text), terms[-1].end + _REACH)):
        inside = terms[bisect_left(starts, low) : bisect_left(starts, high)]
        if not inside or compared.match(passage.text, low):
            continue
        if passage.place is Place.DESCRIPTION and tells_of_others(passage.text, low, high):
            continue
        sentence = _Sentence.of(passage.text, low, high, inside)
        elsewhere = passage.place is Place.DESCRIPTION and bool(ELSEWHERE.search(passage.text, low, high))
        drugs = [
            term
            for term in inside
            if term.field in _DRUG
            and (irradiates or term.value != "tbi" or term.end - term.start > _LONGEST_ABBREVIATION)
        ]
        uses = _with_growth_factor(_joined(sentence, _read(passage, sentence, drugs, before, elsewhere=elsewhere)))
        if passage.place is Place.DESCRIPTION and not elsewhere:
            uses = _before_collection(passage, high, _dosed_together(uses))
        for use in uses:
            if use.role is None and given:
                yield use._replace(role="conditioning")
            elif use.role != "background" and (use.role or not elsewhere):
                yield use
        last = sentence.last()
        carried = before.carried if not last and drugs else last if last in _CARRIED else None
        before = _Before(carried, before.conditioned or any(use.role == "conditioning" for use in uses))


def _sentences(text: str, until: int) -> Iterator[tuple[int, int]]:
    low = 0
    for found in _SENTENCE.finditer(text, 0, until):
        yield low, found.end()
        low = found.end()
    yield low, until


def _read(
    passage: Passage, sentence: _Sentence, drugs: Sequence[Named], before: _Before, *, elsewhere: bool
) -> list[Use]:
    uses = []
    regimens = [drug.start for drug in drugs if set(drug.value.split("+")) & ONLY_CONDITIONING]
    for i, drug in enumerate(drugs):
        slugs = tuple(drug.value.split("+"))
        low = max(drugs[i - 1].end if i else sentence.low, drug.start - _HEADED)
        high = min(drugs[i + 1].start if i + 1 < len(drugs) else sentence.high, drug.end + _DAY_WINDOW)
        place = bisect_left(regimens, drug.start - _JOINED), bisect_left(regimens, drug.end + _JOINED)
        in_regimen = place[0] < place[1]
        role, how = _role(sentence, drug, frozenset(slugs), (low, high), before, in_regimen=in_regimen)
        if sentence.is_compared(drug, regimens):
            role, how = "comparison", "words"
        uses.append(Use(slugs, passage, drug.start, drug.end, role, how, elsewhere))
    return uses


def _role(
    sentence: _Sentence,
    drug: Named,
    slugs: frozenset[str],
    around: tuple[int, int],
    earlier: _Before,
    *,
    in_regimen: bool,
) -> tuple[str | None, str]:
    """The role of a drug and how it is known, as in `Use`. `around` is the stretch in which days are its own.

    `in_regimen`: it stands beside drugs that only a conditioning has, so that an earlier mobilisation is not its own.
    """
    text, (low, until) = sentence.text, around
    word = sentence.nearest(drug, slugs)
    long_before = _DAY_LONG_BEFORE.search(text, drug.end, until)
    until = min(until, long_before.start()) if long_before else until
    before, after = _DAY_BEFORE.search(text, drug.end, until), _DAY_AFTER.search(text, drug.end, until)
    if not before and not after and not long_before:
        before, after = _DAY_BEFORE.search(text, low, drug.start), _DAY_AFTER.search(text, low, drug.start)
    if after and not before:
        in_vivo = slugs <= ANTIBODIES and _IN_VIVO.search(
            text, drug.start, min(sentence.high, drug.end + _IN_VIVO_NEAR)
        )
        if slugs <= ANTIBODIES and (word == "conditioning" or earlier.conditioned or in_vivo):
            return "conditioning", "by-days"
        return "after", "by-days"
    if long_before and not before:
        return "background", "by-days"
    if word:
        return ("mobilisation" if word == "collection" else word), "words"
    if before and not slugs <= GROWTH_FACTORS:
        return "conditioning", "by-days"
    if earlier.carried and _fits(earlier.carried, slugs) and not (in_regimen and earlier.carried == "mobilisation"):
        return earlier.carried, "carried"
    return None, "listed"


def _joined(sentence: _Sentence, uses: Sequence[Use]) -> list[Use]:
    """A drug of which nothing is said has the purpose of the next one in the sentence, where that may be its own:
    "X and Y on days -4 to -2"; or else the days of the one just before it: "days -4 to -2: X and Y".
    """
    told: list[Use] = []
    for use in reversed(uses):
        following = told[-1] if told else None
        if (
            use.role is None
            and following
            and following.start - use.end <= _JOINED
            and _shares(use, following)
            and not sentence.tells_between(use.end, following.start)
        ):
            use = use._replace(role=following.role, how=following.how)
        told.append(use)
    told.reverse()
    for i in range(1, len(told)):
        before, use = told[i - 1], told[i]
        if use.role is None and before.how == "by-days" and _shares(use, before):
            between = use.passage.text[before.end : use.start]
            if len(between) <= _LIST and _LISTED.fullmatch(between):
                told[i] = use._replace(role=before.role, how=before.how)
        elif (
            use.role is None
            and before.role == "mobilisation"
            and set(use.drugs) <= GROWTH_FACTORS
            and _THEN_GROWTH.fullmatch(use.passage.text, before.end, use.start)
        ):
            told[i] = use._replace(role="mobilisation", how=before.how)
    return told


# Behind a drug: its own dose.
DOSED = re.compile(r"\s?\(?(?:IV\s|i\.v\.\s)?\d[\d.,]{0,6}\s?m?g\b", re.IGNORECASE)


def _dosed_together(uses: list[Use]) -> list[Use]:
    """Two drugs or more with their doses in a sentence that tells no purpose are a regimen, where one of them is only
    given for a conditioning: "cyclophosphamide 200 mg/kg and rATG 4.5 mg/kg in divided doses"."""
    if any(use.role for use in uses) or any(set(use.drugs) & GROWTH_FACTORS for use in uses):
        return uses
    dosed = [use for use in uses if DOSED.match(use.passage.text, use.end)]
    drugs = {drug for use in dosed for drug in use.drugs}
    if len(drugs) < 2 or not drugs & ONLY_CONDITIONING:
        return uses
    return [use._replace(role="conditioning") if use in dosed else use for use in uses]


# The next sentence begins with taking the cells.
_THEN_COLLECTED = re.compile(
    r"\W{0,3}(?:(?:the|mononuclear|peripheral|blood|stem|progenitor|CD34\+?|cells?|PBSCs?|MNCs?|hematopoietic|haematopoietic)\s){0,6}?"
    r"(?:(?:are|is|will be|were)\s)?(?:then\s)?(?:collected|harvested|apheres\w+|leu[kc]aphere\w+|cytapheres\w+"
    r"|collection|harvest)\b",
    re.IGNORECASE,
)


def _before_collection(passage: Passage, end: int, uses: list[Use]) -> list[Use]:
    """What brings the cells into the blood, where no word says so but the next sentence takes them from there: a growth
    factor, and cyclophosphamide before it."""
    factors = [use for use in uses if set(use.drugs) <= GROWTH_FACTORS and use.role is None]
    if not factors or any(use.role or not set(use.drugs) <= MOBILISING for use in uses):
        return uses
    if not _THEN_COLLECTED.match(passage.text, end, end + _REACH):
        return uses
    return [use._replace(role="mobilisation", how="words") for use in uses]


# "Cyclophosphamide, followed by G-CSF".
_THEN_GROWTH = re.compile(r"[^.;:]{0,60}?\b(?:followed by|and then|then|and|with|plus)\W[^.;:]{0,40}", re.IGNORECASE)


def _with_growth_factor(uses: Sequence[Use]) -> list[Use]:
    """Cyclophosphamide that a growth factor follows in its sentence mobilises, where only a sentence before tells of
    conditioning and no drug of a conditioning stands beside it.
    """
    if any(set(use.drugs) & ONLY_CONDITIONING for use in uses):
        return list(uses)
    if not any(
        _is_carried_conditioning(use)
        and set(following.drugs) <= GROWTH_FACTORS
        and _THEN_GROWTH.fullmatch(use.passage.text, use.end, following.start)
        for use, following in pairwise(uses)
    ):
        return list(uses)
    return [
        use._replace(role="mobilisation", how="carried")
        if _is_carried_conditioning(use) or (use.role is None and set(use.drugs) <= GROWTH_FACTORS)
        else use
        for use in uses
    ]


def _is_carried_conditioning(use: Use) -> bool:
    return (use.how, use.role, use.drugs) == ("carried", "conditioning", ("cyclophosphamide",))


def _shares(use: Use, other: Use) -> bool:
    """Whether a drug may be given for the same as another. Growth factors have their own purpose."""
    if set(use.drugs) & GROWTH_FACTORS:
        return False
    return other.role in ("conditioning", "background") or (
        other.role == "mobilisation" and use.drugs == ("cyclophosphamide",)
    )


def in_one_sentence(use: Use, other: Use) -> bool:
    if use.passage.path != other.passage.path:
        return False
    first, last = sorted((use, other), key=lambda one: one.start)
    return last.start - first.end <= _REACH and not _SENTENCE.search(use.passage.text, first.end, last.start + 1)


def role_told(told: Passage | None, terms: Sequence[Named], drugs: tuple[str, ...]) -> str | None:
    """What a drug is for by the description of the intervention that bears its name."""
    if not told:
        return None
    slugs = frozenset(drugs)
    if _DAY_BEFORE.search(told.text):
        return "conditioning" if not slugs <= GROWTH_FACTORS else None
    roles = [term.value for term in terms if term.field == "role" and _fits(term.value, slugs)]
    if roles:
        return "mobilisation" if roles[0] == "collection" else roles[0]
    return "after" if _DAY_AFTER.search(told.text) or _AFTER_GRAFT.search(told.text) else None


def is_before_graft(text: str) -> bool:
    """Whether a text names days before the graft."""
    return bool(_DAY_BEFORE.search(text))
