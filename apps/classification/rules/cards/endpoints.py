"""What is measured: the families of the primary and secondary outcomes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apps.classification.rules.cards.material import Material, Named, Outcome, Passage
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import Span, evidence
from apps.classification.rules.reading import Place

# Name and description are read so far, in code points: what follows are definitions and details of a scale.
_NAME, _DESCRIPTION = 1000, 700
# Families that are made of others.
_COMPOSITES = frozenset({"acr", "sri", "neda", "lldas"})
# By these safety is assessed; other words behind "includes" are examples of harm.
_EXAMINATIONS = frozenset(
    {"vital-signs", "ecg", "laboratory", "hematology", "liver-function", "lung-function", "heart-function", "imaging"}
)
# The bracket behind ACR lists scores of their own, of which it is worked out; behind the others it defines events.
_MADE_OF_SCORES = frozenset({"acr"})
# "Remission rates of ACR20": the rates of that response.
_RATE_OF = re.compile(
    r"\s(?:rates?\s)?(?:of|by|in|on|per|according to)\s(?:the\s)?(?:[\w-]+\s){0,6}?\(?$", re.IGNORECASE
)
_RATE_REACH = 80
_SCORES = frozenset({"pain", "function"})
_BRACKET = re.compile(r"\([^()]*,[^()]*\)")
_LISTED = re.compile(
    r"\b(?:assessed|evaluated|measured|determined|monitored|based|assessments?|evaluations?|parameters?|consist\w*"
    r"|includ\w*)\b",
    re.I,
)


def extract_endpoints(material: Material) -> Iterator[Label]:
    """A label of the scheme endpoint for each family; `detail` says whether a primary outcome belongs to it."""
    places: dict[str, list[Span]] = {}
    primary: set[str] = set()
    for outcome in material.outcomes:
        if not _counts(outcome):
            continue
        for term in _terms(material, outcome):
            for family in term.value.split("+"):
                places.setdefault(family, []).append(term.span)
                if outcome.primary:
                    primary.add(family)
    for family, spans in places.items():
        reason = "A primary outcome measures it." if family in primary else "A secondary outcome measures it."
        yield Label(
            "endpoint",
            family,
            "outcome-names-it",
            reason,
            evidence(_first_by_text(spans)),
            detail={"primary": family in primary},
        )


def _counts(outcome: Outcome) -> bool:
    """Whether the outcome is primary or secondary; "other" ones are often mere plans."""
    return ".otherOutcomes[" not in outcome.path


def _terms(material: Material, outcome: Outcome) -> list[Named]:
    """The terms of an outcome: all of its title; of its description the scales, or all where the title names nothing.

    A title that names no more than safety has its measures in the description, behind words such as "assessed by". What
    a composite is made of ("NEDA: no relapses, ...") is not measured for itself, unless those are scores.
    """
    title = _named(material, outcome, "measure", outcome.measure[:_NAME])
    composite = next((term for term in title if term.value in _COMPOSITES), None)
    if composite:
        name = outcome.measure[:_NAME]
        parts = _BRACKET.search(name, composite.end)
        scores = composite.value in _MADE_OF_SCORES
        return [
            term
            for term in title
            if not (parts and parts.start() <= term.start < parts.end() and not (scores and _is_score(term)))
            and not (term.value == "remission" and term.field == "endpoint" and _is_rate_of(name, term, composite))
        ]
    told = _named(material, outcome, "description", outcome.description[:_DESCRIPTION])
    if not title:
        return told
    scales = [term for term in told if term.field == "instrument"]
    listed = _LISTED.search(outcome.description[:_DESCRIPTION])
    if listed and all(term.value == "adverse-events" for term in title):
        behind = (term for term in told if term.field != "instrument" and term.start > listed.start())
        return [*title, *scales, *(term for term in behind if term.value in _EXAMINATIONS)]
    return [*title, *scales]


def _is_score(term: Named) -> bool:
    return term.field == "instrument" or term.value in _SCORES


def _is_rate_of(name: str, term: Named, composite: Named) -> bool:
    """Whether a word of response only says how many reach the composite."""
    gap = name[term.end : composite.start]
    return term.end <= composite.start and len(gap) <= _RATE_REACH and _RATE_OF.search(gap) is not None


def _named(material: Material, outcome: Outcome, name: str, text: str) -> list[Named]:
    if not text:
        return []
    whole = outcome.measure if name == "measure" else outcome.description
    passage = Passage(Place.DESCRIPTION, f"{outcome.path}.{name}", text)
    found = (term for term in material.named("endpoints", (passage,)) if term.field != "other")
    return [term._replace(passage=passage._replace(text=whole)) for term in found]


def _first_by_text(spans: list[Span]) -> list[Span]:
    """One stretch of each text; the quote of a text is shown once."""
    return list({span.path: span for span in reversed(spans)}.values())[::-1]
