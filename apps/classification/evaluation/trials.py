"""Scope, diseases, kinds of cell, donor and source of labelled trials: what the rules say against what people read.

The scoring:

- Scope. Gold `no` told `in_scope` is wrong, told `review` it is not. Gold `yes` told `review` is missed in `recall` and
  found in `recall_with_review`. Gold `unsure` is counted apart.
- Disease, kind of cell, donor and source are scored on gold `yes`, whatever scope was told, as sets of values over all
  trials, and only where the gold states something. A doubtful value counts like any other.
- A gold trial without a record is listed and left out. The figures at the top are of records that show what is given
  for what (`full` and `table`); records of titles and descriptions alone, and partial ones, are scored apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.classification.evaluation.figures import Tally, share, wilson
from apps.classification.evaluation.gold import IN_SCOPE, SCHEMES, GoldTrial, words
from apps.classification.rules import Classification, Label
from apps.studies.records import StudyRecord
from apps.vocabulary.taxonomy import CELL_TYPES, DISEASES, SCOPES

# What a record holds, the fullest first.
CONTENTS = ("full", "table", "partial", "text")
SCORED_TOGETHER = ("full", "table")

_SLUGS = {
    "disease": tuple(disease.slug for disease in DISEASES),
    "cell_type": tuple(cell_type.slug for cell_type in CELL_TYPES),
}
# Gold and told scope of what a person should look at.
_SCOPE_MISSES = {
    ("yes", "out"): "missed",
    ("yes", "review"): "missed, in review",
    ("no", "in_scope"): "wrong",
    ("unsure", "in_scope"): "settled",
    ("unsure", "out"): "settled",
}


@dataclass(frozen=True)
class Told:
    """What the rules say of a trial, and how much of a record they had to read."""

    content: str
    classification: Classification


@dataclass(frozen=True)
class _Pair:
    gold: GoldTrial
    told: Told

    @property
    def scope(self) -> str:
        return self.told.classification.scope

    def values(self, scheme: str) -> set[str]:
        return set(self.told.classification.values(scheme)) - set(words()["beyond"].get(scheme, ()))


def content_of(record: StudyRecord) -> str:
    """What a record shows the rules, judged by itself and not by where it came from.

    `full`: a summary or description, conditions, and interventions or arms (an observational study may have neither).
    `table`: conditions, and no description. `text`: titles and descriptions, neither conditions nor interventions.
    `partial`: anything else, as an answer to a request for some of the fields.
    """
    protocol = record.protocol
    described = bool(protocol.description.brief_summary or protocol.description.detailed_description)
    about = bool(protocol.conditions.conditions)
    given = bool(protocol.arms_interventions.interventions or protocol.arms_interventions.arm_groups)
    if not about and not given:
        return "text"
    if not described:
        return "table" if about else "partial"
    return "full" if about and (given or protocol.design.study_type == "OBSERVATIONAL") else "partial"


def evaluate(gold: Sequence[GoldTrial], told: Mapping[str, Told]) -> dict[str, Any]:
    """Every figure in one object with flat keys, ready for JSON. `told` holds those gold trials that have a record.

    `by_origin`, `by_content` and `every_record` repeat the figures for a part of the trials, or for all of them.
    """
    pairs = [_Pair(trial, told[trial.nct_id]) for trial in gold if trial.nct_id in told]
    together = [pair for pair in pairs if pair.told.content in SCORED_TOGETHER]
    origins = sorted({pair.gold.origin for pair in together})
    by_content = {content: [pair for pair in pairs if pair.told.content == content] for content in CONTENTS}
    every_record = _figures(pairs)
    return {
        "rows": len(gold),
        "with_record": len(pairs),
        "scored": len(together),
        "records": {content: len(part) for content, part in by_content.items()},
        "no_record": [trial.nct_id for trial in gold if trial.nct_id not in told],
        **_figures(together),
        "review_share": every_record["review_share"],
        "by_origin": {name: _figures([pair for pair in together if pair.gold.origin == name]) for name in origins},
        "by_content": {content: _figures(part) for content, part in by_content.items() if part},
        "every_record": every_record,
        "misses": [miss for pair in pairs for miss in _misses(pair)],
    }


def _figures(pairs: Sequence[_Pair]) -> dict[str, Any]:
    figures: dict[str, Any] = {"scope": _scope(pairs)}
    for scheme in SCHEMES.values():
        stated = [pair for pair in pairs if scheme in pair.gold.said]
        figures[scheme] = _values(stated, scheme)
        for slug in _SLUGS.get(scheme, ()):
            figures[f"{scheme}.{slug}"] = _values(stated, scheme, slug)
    told = Counter((pair.gold.in_scope, pair.scope) for pair in pairs)
    figures["confusion"] = {word: {scope.slug: told[word, scope.slug] for scope in SCOPES} for word in IN_SCOPE}
    unsure = figures["confusion"]["unsure"]
    n, reviewed = sum(unsure.values()), unsure["review"]
    figures["unsure"] = {
        "n": n,
        "review": reviewed,
        "review_share": share(reviewed, n),
        "review_interval": wilson(reviewed, n),
    }
    figures["review_share"] = share(sum(pair.scope == "review" for pair in pairs), len(pairs))
    return figures


def _scope(pairs: Iterable[_Pair]) -> dict[str, Any]:
    tally = Tally()
    reviewed = 0
    for pair in pairs:
        if pair.gold.in_scope != "unsure":
            is_in = pair.gold.in_scope == "yes"
            tally.add({"in_scope"} if is_in else (), {pair.scope} & {"in_scope"})
            reviewed += is_in and pair.scope == "review"
    yes, found = tally.found + tally.missed, tally.found + reviewed
    return {
        **tally.figures(),
        "recall_with_review": share(found, yes),
        "recall_with_review_interval": wilson(found, yes),
    }


def _values(pairs: Iterable[_Pair], scheme: str, slug: str | None = None) -> dict[str, Any]:
    """Over all values of a scheme, or over one of them."""
    tally = Tally()
    for pair in pairs:
        gold, told = pair.gold.said[scheme], pair.values(scheme)
        tally.add(*((gold, told) if slug is None else (gold & {slug}, told & {slug})))
    return tally.figures()


def _misses(pair: _Pair) -> Iterator[dict[str, Any]]:
    """What the rules have wrong or lack in one trial, and gold `unsure` that they have settled, with their quotes."""
    kind = _SCOPE_MISSES.get((pair.gold.in_scope, pair.scope))
    if kind:
        yield _miss(pair, "scope", kind, {pair.gold.in_scope}, {pair.scope}, ("scope", "disease", "cell_type"))
    for scheme, gold in pair.gold.said.items():
        told = pair.values(scheme)
        if gold != told:
            kind = "missed" if told < gold else "wrong" if gold < told else "other"
            yield _miss(pair, scheme, kind, gold, told, (scheme,))


def _miss(
    pair: _Pair, field: str, kind: str, gold: Collection[str], told: Collection[str], schemes: Collection[str]
) -> dict[str, Any]:
    labels = [label for label in pair.told.classification.labels if label.scheme in schemes]
    return {
        "nct_id": pair.gold.nct_id,
        "field": field,
        "kind": kind,
        "gold": sorted(gold),
        "told": sorted(told),
        "origin": pair.gold.origin,
        "content": pair.told.content,
        "evidence": [one for label in labels for one in evidence_of(label)],
    }


def evidence_of(label: Label) -> list[dict[str, Any]]:
    """A label with each of its quotes, as plain values; once without a quote where it has none."""
    told = {"field": label.scheme, "value": label.value, "rule": label.rule, "reason": label.reason}
    quotes = [{"path": quote.path, "start": quote.start, "quote": quote.quote} for quote in label.evidence]
    return [{**told, **quote} for quote in quotes or [{}]]
