"""Labelled ids: what people read of each trial, in the words of our slugs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from apps.classification.evaluation.tables import GoldError, id_in, rows_of

WORDS_FILE = Path(__file__).with_name("gold_words.toml")
COLUMNS = ("nct_id", "in_scope", "diseases", "cell_type", "cell_source", "donor", "label_origin")
IN_SCOPE = ("yes", "no", "unsure")
# Column of the file to scheme of our labels, in the order in which they are shown.
SCHEMES = {"diseases": "disease", "cell_type": "cell_type", "donor": "donor", "cell_source": "source"}

_REMARK = re.compile(r"\([^()]*\)")
_OTHER = re.compile(r"\bother\s*:[^;]*", re.IGNORECASE)
_BETWEEN = re.compile(r"[;+,/&]|\bor\b|\band\b")
_APOSTROPHES = str.maketrans("’´`", "'''")


@dataclass(frozen=True)
class GoldTrial:
    """One labelled id. `said` holds our slugs by scheme; a scheme is absent where the file states nothing there."""

    nct_id: str
    in_scope: str
    origin: str
    said: Mapping[str, frozenset[str]]


@dataclass
class GoldTrials:
    """The rows of a labelled file, and the words in it that `gold_words.toml` lacks, as sentences with their line."""

    trials: list[GoldTrial] = field(default_factory=list)
    unknown_words: list[str] = field(default_factory=list)


@cache
def words() -> dict[str, Any]:
    """The tables of `gold_words.toml`."""
    return tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))


@cache
def _slugs(column: str) -> Mapping[str, str]:
    return {_plain(word): slug for slug, named in words()[column].items() for word in named}


def read_gold(path: Path) -> GoldTrials:
    """Every row of a csv of this shape. What a row states in an unknown word is not scored, and the word is told.

    Raises GoldError for a file of another shape, an id that is none or stands twice, a scope that is none of IN_SCOPE.
    """
    gold = GoldTrials()
    lines: dict[str, int] = {}
    for line, row in rows_of(path, COLUMNS):
        where = f"{path}, line {line}"
        nct_id, in_scope = id_in(row, where), row["in_scope"].lower()
        if nct_id in lines:
            raise GoldError(f"{where}: {nct_id} stands in line {lines[nct_id]} already.")
        if in_scope not in IN_SCOPE:
            raise GoldError(f"{where}: in_scope is {row['in_scope']!r}; write one of {', '.join(IN_SCOPE)}.")
        lines[nct_id] = line
        said = {}
        # Only trials in scope are scored beyond their scope; elsewhere these columns are remarks.
        for column, scheme in SCHEMES.items() if in_scope == "yes" else ():
            slugs, unknown = read_cell(column, row[column])
            gold.unknown_words += [f"line {line}, {column}: {word!r}" for word in unknown]
            if slugs is not None and not unknown:
                said[scheme] = slugs
        gold.trials.append(GoldTrial(nct_id, in_scope, row["label_origin"] or "not stated", said))
    if not gold.trials:
        raise GoldError(f"{path} names no trial.")
    return gold


def read_cell(column: str, text: str) -> tuple[frozenset[str] | None, list[str]]:
    """The slugs in one cell, None where it states nothing; and the words that are in no table.

    A cell with nothing but "other:..." states that none of ours holds: an empty set.
    """
    others = _OTHER.search(text)
    parts = [part for part in _BETWEEN.split(_plain(_OTHER.sub("", text))) if part.strip()]
    if _plain(text) in _not_stated():
        return None, []
    slugs, unknown = set(), []
    for part in (_plain(part) for part in parts):
        if part in _slugs(column):
            slugs.add(_slugs(column)[part])
        elif part not in _not_stated():
            unknown.append(part)
    if not slugs and not others and not unknown:
        return None, []
    return frozenset(slugs), unknown


@cache
def _not_stated() -> frozenset[str]:
    return frozenset({"", *words()["not_stated"]})


def _plain(text: str) -> str:
    """Lower case, without remarks in brackets, one space between words, one kind of apostrophe."""
    return " ".join(_REMARK.sub(" ", text.lower().translate(_APOSTROPHES)).split())
