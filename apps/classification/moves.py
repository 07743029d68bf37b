"""Which studies move when the rules change: what was said of each before, and what is said now. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from apps.classification.rules import Classification
from apps.vocabulary.cards import FIELD_BY_SLUG, FIELDS

# What is said of one study: values by field. "doubtful" holds the fields with a value that is in doubt.
Said = Mapping[str, frozenset[str]]

SCOPE, DOUBTFUL = "scope", "doubtful"
# In the order in which moves are shown.
_ORDER = (SCOPE, "disease", "cell_type", *(field.slug for field in FIELDS), DOUBTFUL)
# Why a study is out goes with its scope; it is no label of its own.
_LEFT_OUT = frozenset({"near_miss"})
# Keys of a line of `classify --json` that name several values, and the fields that these are of.
_LISTS = {"diseases": "disease", "cell_types": "cell_type", "donor": "donor", "sources": "source", "routes": "route"}


class Labelled(Protocol):
    """A label of the rules, fresh or stored."""

    @property
    def scheme(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def doubtful(self) -> bool: ...


@dataclass(frozen=True)
class Move:
    """A field of a study of which something else is said than before."""

    field: str
    before: frozenset[str]
    now: frozenset[str]

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the move is counted as: each value that comes or goes, or only that, where values are open."""
        if self.field == SCOPE:
            return (f"{_joined(self.before)} -> {_joined(self.now)}",)
        if self.field in FIELD_BY_SLUG and not FIELD_BY_SLUG[self.field].words:
            return ("changed",) if self.before and self.now else ("gained",) if self.now else ("lost",)
        come = (f"+ {value}" for value in sorted(self.now - self.before))
        return (*come, *(f"- {value}" for value in sorted(self.before - self.now)))


class _Quote(msgspec.Struct):
    field: str
    value: str
    doubtful: bool = False


class _Line(msgspec.Struct):
    nct_id: str
    scope: str
    diseases: list[str]
    cell_types: list[str]
    donor: list[str]
    sources: list[str]
    routes: list[str]
    evidence: list[_Quote]


_DECODER = msgspec.json.Decoder(_Line)


def line_of(nct_id: str, classification: Classification) -> dict[str, Any]:
    """What `classify --json` writes of a study."""
    return {
        "nct_id": nct_id,
        "scope": classification.scope,
        "reasons": classification.reasons,
        **{key: classification.values(field) for key, field in _LISTS.items()},
        "evidence": [
            {
                "field": label.scheme,
                "value": label.value,
                "rule": label.rule,
                "doubtful": label.doubtful,
                **msgspec.structs.asdict(quote),
            }
            for label in classification.labels
            for quote in label.evidence
        ],
    }


def read_line(line: str | bytes) -> tuple[str, Said]:
    """(nct_id, what was said) of a line that `classify --json` wrote. Raises ValueError for any other line."""
    read = _DECODER.decode(line)
    listed = [(field, value) for key, field in _LISTS.items() for value in getattr(read, key)]
    quoted = [(quote.field, quote.value) for quote in read.evidence if quote.field != SCOPE]
    doubtful = [(DOUBTFUL, quote.field) for quote in read.evidence if quote.doubtful]
    return read.nct_id, _said([(SCOPE, read.scope), *listed, *quoted, *doubtful])


def said_by(labels: Sequence[Labelled]) -> Said:
    """What these labels of one study say."""
    doubtful = [(DOUBTFUL, label.scheme) for label in labels if label.doubtful]
    return _said([*((label.scheme, label.value) for label in labels), *doubtful])


def moves_between(before: Said, now: Said) -> list[Move]:
    """The fields of which something else is said now, in the order of the card."""
    nothing: frozenset[str] = frozenset()
    both = ((field, before.get(field, nothing), now.get(field, nothing)) for field in {*before, *now})
    return sorted((Move(*each) for each in both if each[1] != each[2]), key=lambda move: _order(move.field))


def summary(moved: Iterable[Sequence[Move]]) -> dict[str, dict[str, int]]:
    """How many studies move, by field and kind of move, the commonest kinds first."""
    counts = Counter((move.field, kind) for each in moved for move in each for kind in move.kinds)
    fields = sorted({field for field, _ in counts}, key=_order)
    return {name: {kind: count for (field, kind), count in counts.most_common() if field == name} for name in fields}


def _said(pairs: Iterable[tuple[str, str]]) -> Said:
    said: dict[str, set[str]] = {}
    for field, value in pairs:
        if field not in _LEFT_OUT:
            said.setdefault(field, set()).add(value)
    return {field: frozenset(values) for field, values in said.items()}


def _order(field: str) -> tuple[int, str]:
    return (_ORDER.index(field) if field in _ORDER else len(_ORDER)), field


def _joined(values: Iterable[str]) -> str:
    return " + ".join(sorted(values)) or "none"
