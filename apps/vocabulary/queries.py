"""The named queries that define which studies we ask the registry for: disease by kind of cell, cast wide.

Precision is the rules' work; a study that no query finds is lost to everyone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from apps.vocabulary.taxonomy import CELL_TYPES, DISEASES
from apps.vocabulary.terms import terms

# Names of our diseases, and the diseases that the registry's record does not name one by one.
_CONDITIONS = (*(disease.slug for disease in DISEASES), "autoimmune")

# Characters that mean something in the registry's search language (Essie), even inside quotation marks.
RESERVED = frozenset('"[](),\\')


@dataclass(frozen=True)
class RegistryQuery:
    """One search at the registry. `params` are API v2 parameters; `disease` is a slug or "autoimmune"."""

    name: str
    disease: str
    cell_type: str
    params: Mapping[str, str]


def any_of(phrases: Iterable[str]) -> str:
    """A search expression that finds any of these phrases. Raises ValueError for a phrase with a reserved character."""
    quoted = []
    for phrase in phrases:
        if not phrase.strip() or RESERVED & set(phrase):
            raise ValueError(f"Not a phrase for the registry's search: {phrase!r}")
        quoted.append(f'"{phrase}"')
    return " OR ".join(quoted)


def _build() -> tuple[RegistryQuery, ...]:
    phrases = terms()["queries"]
    return tuple(
        RegistryQuery(
            name=f"{condition}-{cell_type.slug}",
            disease=condition,
            cell_type=cell_type.slug,
            params={
                "query.cond": any_of(phrases["conditions"][condition]),
                "query.term": any_of(phrases["cells"][cell_type.slug]),
            },
        )
        for condition in _CONDITIONS
        for cell_type in CELL_TYPES
    )


QUERIES: tuple[RegistryQuery, ...] = _build()
QUERY_BY_NAME: Mapping[str, RegistryQuery] = {query.name: query for query in QUERIES}


@cache
def queries_fingerprint() -> str:
    """Sixteen hex digits that change whenever a query does: "nothing to do" ends there."""
    told = [(query.name, sorted(query.params.items())) for query in QUERIES]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]
