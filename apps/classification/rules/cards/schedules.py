"""How many times one participant gets the cells, and how many days lie between."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from apps.classification.rules.cards.material import Material, Passage
from apps.classification.rules.cards.mentions import owners_of
from apps.classification.rules.cards.sittings import (
    GIVING,
    NEXT_GIVEN,
    SCHEDULE_CUE,
    Days,
    Fact,
    read_counts,
    read_facts,
)
from apps.classification.rules.cards.statements import (
    CELLS,
    Statement,
    Term,
    arms_of,
    kind_here,
    statements,
    statements_of,
)
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import evidence
from apps.classification.rules.reading import Place


def extract_schedules(material: Material) -> Iterable[Label]:
    """`administrations`, how many times a participant gets the cells, and `interval`, the days between two times.

    Detail of `administrations`: kind, low, high, bound ("at-least" or None), arms; of `interval`: kind, days, high,
    written.
    """
    facts = _facts(material)
    yield from _administrations(material, [fact for fact in facts if fact.times or fact.more])
    yield from _intervals(material, [fact for fact in facts if fact.days])


def given_repeatedly(material: Material) -> bool:
    """Whether some participants get the cells more than once."""
    return any(
        (label.detail["high"] or label.detail["low"]) > 1
        for label in extract_schedules(material)
        if label.scheme == "administrations" and label.detail
    )


def _facts(material: Material) -> list[Fact]:
    """What the sentences tell; the description is read for what arms, interventions and titles leave open."""
    facts = []
    open_facts = []
    for statement in statements(material, SCHEDULE_CUE):
        if not statement.stated and (statement.background or not _tells_of_giving(statement)):
            continue
        for fact in read_facts(statement):
            kind = _kind(material, fact)
            if kind != "" and not (kind == "hsc" and fact.ordinal):
                facts.append(replace(fact, kind=kind))
            elif kind == "" and not statement.stated and _is_open(fact):
                open_facts.append(replace(fact, kind="msc", shaky=True))
    if open_facts and _only_cells_are_given(material):
        if not any(fact.times or fact.more for fact in facts):
            facts += open_facts
        elif not any(fact.days for fact in facts):
            facts += _days_as_often(open_facts, facts)
    return facts if any(fact.times or fact.more for fact in facts) else [*facts, *_outcome_facts(material)]


def _tells_of_giving(statement: Statement) -> bool:
    """Whether a sentence has a word of giving, or goes on about the cells with the time between two times."""
    return bool(GIVING.search(statement.text) or (statement.of_cells and _BETWEEN_TIMES.search(statement.text)))


_BETWEEN_TIMES = re.compile(r"\bintervals?\b|\bapart\b|\bspaced\b", re.I)


def _days_as_often(open_facts: Iterable[Fact], facts: Iterable[Fact]) -> Iterator[Fact]:
    """Days on which nothing is named that is given, as many as the times that the cells are: "at weeks 0, 4 and 12"."""
    told = {fact.times for fact in facts if fact.times and not fact.bound}
    for fact in open_facts:
        if fact.days and told == {fact.times} and not fact.bound:
            yield replace(fact, times=None)


def _is_open(fact: Fact) -> bool:
    """Whether nothing is named in a sentence of giving that the fact could belong to."""
    statement = fact.statement
    return _subject(statement, fact.start, fact.end) is None and bool(_GIVEN_HERE.search(statement.text))


_GIVEN_HERE = re.compile(r"\b(?:receiv|infus|inject|administ|dos(?:e|age)|transplant|implant|instill)", re.I)


def _only_cells_are_given(material: Material) -> bool:
    """Whether the record names no other intervention than mesenchymal cells and what stands in their place."""
    if material.kinds != {"msc"}:
        return False
    owners = owners_of(material)
    module = material.record.protocol.arms_interventions
    return bool(owners) and all(
        f"interventions[{i}]" in owners or _INSTEAD.search(one.name or "") for i, one in enumerate(module.interventions)
    )


_INSTEAD = re.compile(r"placebo|sham|vehicle|saline|control|standard|usual|conventional", re.I)


def _outcome_facts(material: Material) -> Iterator[Fact]:
    """Counts of the cells in the outcomes: "adverse events after one or two doses of stem cells". They are a doubt."""
    for statement in statements_of(material, list(_outcome_passages(material)), SCHEDULE_CUE):
        for fact in read_counts(statement):
            subject = _subject(statement, fact.start, fact.end)
            if subject is not None and subject.subject in CELLS and subject.end > fact.start:
                kind = kind_here(material, statement, subject, fact.start)
                if kind != "":
                    yield replace(fact, kind=kind, shaky=True)


def _outcome_passages(material: Material) -> Iterator[Passage]:
    for outcome in material.outcomes:
        for name, text in (("measure", outcome.measure), ("description", outcome.description)):
            if text:
                yield Passage(Place.DESCRIPTION, f"{outcome.path}.{name}", text)


_OUTCOMES = "protocolSection.outcomesModule."


def _kind(material: Material, fact: Fact) -> str | None:
    """Of which kind of cells the fact speaks; "" when it speaks of something else."""
    statement = fact.statement
    subject = _subject(statement, fact.start, fact.end)
    if subject is None or (subject.subject == "unknown" and statement.named):
        if material.kinds == {"hsc"} and not statement.named:
            return ""
        return kind_here(material, statement, None, fact.start) if statement.of_cells else ""
    if subject.subject == "mononuclear":
        return None if not material.kinds else ""
    if subject.subject not in CELLS:
        return ""
    if subject.subject == "cell" and material.kinds == {"hsc"} and not _TRANSPLANTED.search(_between(fact, subject)):
        return ""
    return kind_here(material, statement, subject, fact.start)


_TRANSPLANTED = re.compile(r"transplant|rescue|re-?infus|graft", re.I)


def _between(fact: Fact, subject: Term) -> str:
    text = fact.statement.passage.text
    return text[min(subject.start, fact.start) : max(subject.end, fact.end)]


def _subject(statement: Statement, start: int, end: int) -> Term | None:
    """The word that says of what a stretch of a sentence speaks: in it, behind "of", before it, or behind it."""
    text = statement.passage.text
    terms = [
        term
        for term in statement.terms
        if term.subject not in ("past", "people", "laboratory")
        and not NEXT_GIVEN.match(text, term.start)
        and not (
            term.end <= start
            and _CLOSED.match(text[term.end : start])
            and not _WHAT_IS_GIVEN.search(text, max(0, term.start - _ASIDE_REACH), term.start)
        )
        and not _is_solvent(text, term)
        and not (term.subject == "control" and _CONTROLLED.match(text, term.end))
    ]
    if statement.passage.place is Place.TITLE:
        following = next((term for term in terms if term.start >= end), None)
        if following and following.subject == "drug" and following.start - end <= 2:
            return following  # "Monthly cyclophosphamide"
        return next((term for term in terms if term.subject in CELLS), None)
    inside = [term for term in terms if start <= term.start and term.end <= end]
    if inside:
        return inside[-1]
    after = next((term for term in terms if term.start >= end), None)
    if statement.of_cells and statement.named and _CODED.match(text, end):
        return None
    if _OF.match(text, end) and not _PRODUCT.match(text, end):
        if after and after.subject in _BESIDE:
            # "An infusion of islets plus stem cells".
            after = next((term for term in terms if term.subject in CELLS and _joined(text, after, term)), after)
        return after if after and after.start - end < 60 else Term("unknown", end, end)
    if after and after.subject in CELLS and _IN_DOSES.fullmatch(text, end, after.start):
        return after
    before = next((term for term in reversed(terms) if term.end <= start), None)
    if before and before.subject == "visit" and _THEN_GIVEN.match(text, before.end, end):
        return None
    if before:
        return _instead_of(text, terms, before)
    if after and after.subject == "visit" and _ASIDE.match(text, end, after.start):
        return None
    return after if after and after.start - end < 80 else None


def _instead_of(text: str, terms: list[Term], control: Term) -> Term:
    """The cells in whose place a control is given: "infusions of MSC or placebo, a month apart" is said of both."""
    if control.subject != "control":
        return control
    cells = next((term for term in reversed(terms) if term.end <= control.start), None)
    joined = cells and cells.subject in CELLS and _OR.fullmatch(text, cells.end, control.start)
    return cells if cells and joined else control


_OR = re.compile(
    r"(?:-[\w-]{1,14}|s)?[®™]?\s?(?:\([^()]{1,20}\)\s)?or\s(?:(?:a|the|matching|matched|equivalent|identical)\s){0,2}",
    re.I,
)


def _is_solvent(text: str, term: Term) -> bool:
    """ "Cells in 100 ml of saline, once": what cells are suspended in is not what is given."""
    return (
        term.subject == "control"
        and _SOLVENT.match(text, term.start) is not None
        and _IN.search(text, max(0, term.start - _SOLVENT_REACH), term.start) is not None
    )


_SOLVENT = re.compile(r"(?:saline|ringer|plasma|albumin|dextrose|vehicle)", re.I)
_SOLVENT_REACH = 40
_IN = re.compile(r"\b(?:in|with)\s(?:[\d.,]+\s?(?:m[lL]s?|cc|l)\s(?:of\s)?)?(?:[\w.%-]+\s){0,3}$", re.I)
# "Observation for a month, then two infusions".
_THEN_GIVEN = re.compile(
    r"[^.;]{0,40}?,?\s(?:and\s)?(?:then|afterwards)\s[^.;]{0,30}?(?:infus|inject|administ|dose)", re.I
)
# "At weeks 0, 2 and 4 (visits 2, 3 and 4)".
_ASIDE = re.compile(r"[^()]*\([^()]*$")


def _joined(text: str, one: Term, other: Term) -> bool:
    return one.end <= other.start and bool(_PLUS.fullmatch(text, one.end, other.start))


_BESIDE = frozenset({"other-cell", "mononuclear"})
_PLUS = re.compile(r"\s?(?:plus|and|with|together\swith|\+|&)\s?(?:[\w-]{1,20}[\s-]){0,3}", re.I)
_PRODUCT = re.compile(
    r"\s?of\s(?:months?|weeks?|years?|(?:the|each)\s(?:cycle|month|week|study|trial))\b|"
    r"\s?of\s(?:the\s|a\s|an\s)?(?:IMP|IP|study|investigational|trial|product|treatment|therapy|it\b|them\b|this\b|each\b|\d)",
    re.I,
)
# "An injection of ABC12-3": a code in the place that names the cells is theirs. CD34 and IL-2 are none.
_CODED = re.compile(
    r"\s?(?:(?!of\s)[a-z(][\w()-]{0,20}\s){0,4}of\s(?:the\s)?"
    r"(?!CD\d|IL-?\d|NCT\d|COVID|SARS)[A-Z]{2,8}[A-Za-z]{0,8}-?\d[\w-]{1,16}\b(?!\+)"
)
# A word in brackets that are closed again is an aside.
_CLOSED = re.compile(r"[^()]{0,80}\)[^)]*$")
# "Doses (cells or saline) are given": but this aside says of what.
_WHAT_IS_GIVEN = re.compile(
    r"\b(?:doses?|infusions?|injections?|administrations?|treatments?|products?)\s?\(\s?(?:of\s)?"
    r"(?:(?:the|either|own|autologous|allogeneic|active)\s){0,2}(?:[\w-]{1,20}\s(?:or|vs\.?|and)\s){0,2}$",
    re.I,
)
_ASIDE_REACH = 70
# "Three times at 30-day intervals in doses of a million cells": whatever is named before, this is said of the cells.
_IN_DOSES = re.compile(r"[^.;:]{0,40}?\s(?:for|in|at)\s(?:[\w-]+\s){0,2}doses?\sof\s[^.;:]{0,30}", re.I)
# "A placebo-controlled trial" speaks of the trial.
_CONTROLLED = re.compile(r"[\s-]{0,3}control{1,2}ed\b", re.I)
_OF = re.compile(r"\s?(?:of|with)\s", re.I)


def _administrations(material: Material, facts: list[Fact]) -> Iterator[Label]:
    for kind in ("msc", None, "hsc"):
        by_value: dict[str, list[Fact]] = {}
        for fact in _with_options(*_chosen([fact for fact in facts if fact.kind == kind])):
            by_value.setdefault(_spelled(fact), []).append(fact)
        for value, same in by_value.items():
            low, high = same[0].times or (0, None)
            yield Label(
                "administrations",
                value,
                *_told("administrations", same),
                evidence(fact.span for fact in same),
                doubtful=all(fact.shaky or (fact.rank == 2 and kind != "hsc") for fact in same),
                detail={
                    "kind": kind,
                    "low": low,
                    "high": high,
                    "bound": same[0].bound,
                    "arms": list(arms_of(material, [fact.statement.passage.path for fact in same])),
                },
            )


def _spelled(fact: Fact) -> str:
    low, high = fact.times or (0, None)
    return f"{low}-{high}" if high else f">={low}" if fact.bound else str(low)


def _chosen(facts: list[Fact]) -> tuple[list[Fact], list[Fact]]:
    """The counts that hold, and the times that may follow them.

    What is stated comes before what is described, and a plain count before what only hints at one.
    """
    plain = [fact for fact in facts if fact.rank < 2]
    group = [fact for fact in plain if fact.statement.stated] or plain or facts
    options = [fact for fact in group if fact.more]
    counts = [fact for fact in group if fact.times]
    firm = _wholes([fact for fact in counts if fact.rank == 0])
    several = {fact.statement.passage.path for fact in firm if _most(fact) > 1}
    told = {fact.statement.passage.path for fact in firm}
    hints = [fact for fact in counts if fact.rank and not fact.ordinal]
    singles = [fact for fact in hints if fact.statement.passage.path not in (told if _most(fact) > 1 else several)]
    kept = [*firm, *singles]
    ordinals = [fact for fact in counts if fact.ordinal]
    if ordinals and not any(_most(fact) > 1 for fact in kept):
        last = max(_most(fact) for fact in ordinals)
        kept = [fact for fact in ordinals if _most(fact) == last]
        kept += [replace(fact, times=(last - 1, None)) for fact in kept if fact.parted and last > 1]
    return kept, options


def _wholes(counts: list[Fact]) -> list[Fact]:
    """Without the first part of a plan where the same text tells of more."""
    most = {fact.statement.passage.path: 0 for fact in counts}
    for fact in counts:
        if not fact.part:
            most[fact.statement.passage.path] = max(most[fact.statement.passage.path], _most(fact))
    return [fact for fact in counts if not fact.part or _most(fact) >= most[fact.statement.passage.path]]


def _with_options(counts: list[Fact], options: list[Fact]) -> list[Fact]:
    """The counts, each with the times that may follow; where arms differ, nothing tells which of them they follow."""
    if not options or len({fact.times for fact in counts}) > 1:
        return counts
    low = _most(counts[0]) if counts else 1
    high = max(1 + fact.more if fact.ordinal else low + fact.more for fact in options)
    if high <= low:
        return counts
    return [replace(fact, times=(low, high), bound=None) for fact in (*counts, *options)]


def _most(fact: Fact) -> int:
    low, high = fact.times or (0, None)
    return high or low


def _intervals(material: Material, facts: list[Fact]) -> Iterator[Label]:
    for kind in ("msc", None, "hsc"):
        of_kind = [fact for fact in facts if fact.kind == kind]
        chosen = [fact for fact in of_kind if fact.statement.stated] or of_kind
        by_value: dict[Days, list[Fact]] = {}
        for fact in chosen:
            for days in fact.days:
                by_value.setdefault(days, []).append(fact)
        for (days_low, days_high), same in by_value.items():
            yield Label(
                "interval",
                f"{days_low:g}" if days_high is None else f"{days_low:g}-{days_high:g}",
                *_told("interval", same),
                evidence(fact.span for fact in same),
                doubtful=all(fact.shaky for fact in same),
                detail={
                    "kind": kind,
                    "days": days_low,
                    "high": days_high,
                    "written": " ".join(same[0].span.words.split()),
                },
            )


def _told(scheme: str, facts: list[Fact]) -> tuple[str, str]:
    """The rule and its reason, by where the first fact stands."""
    what = (
        "how many times the cells are given" if scheme == "administrations" else "the time between two administrations"
    )
    passage = facts[0].statement.passage
    place = passage.place
    if passage.path.startswith(_OUTCOMES):
        return f"{scheme}-in-outcome", f"An outcome tells {what}."
    if place is Place.TITLE:
        return f"{scheme}-in-title", f"The title tells {what}."
    if place is Place.DESCRIPTION:
        return f"{scheme}-in-description", f"The description tells {what}."
    return f"{scheme}-in-arm", f"An arm or an intervention tells {what}."
