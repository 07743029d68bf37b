"""What a list says about the text that was searched: how it was read, widened or put right, and how to write one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.languages import in_language
from apps.search.query import StudyQuery
from apps.search.selectors import Results

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_OPERATORS = {"OR", "AND", "NOT"}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A text that cannot be read, cut at the character where reading stopped; `place` counts from 1.

    `plain` is the text without signs and `plain_href` searches for it; both are "" where no word is left.
    """

    message: str
    place: int
    before: str
    at: str
    after: str
    plain: str
    plain_href: str


@dataclass(frozen=True, slots=True)
class Searched:
    """What is told of a search; "" or None for what there is nothing to tell of."""

    unreadable: Unreadable | None
    typed: str
    corrected: str
    exactly_href: str
    also_searched: str
    also_left_out: str
    as_typed_href: str


class Example(NamedTuple):
    """A search to try, and what it does."""

    text: str
    href: str
    told: Promise


_EXAMPLES = (
    ("lupus nephritis", _("both words, in any order; other words for the same are searched too, and we say which")),
    ('"umbilical cord"', _("exactly these words, one after the other")),
    ('adipose OR "bone marrow"', _("either; OR in capitals or not")),
    ("sclerosis -progressive", _("without a word: a minus right before it")),
    ("(lupus OR arthritis) -nephritis", _("brackets keep together what belongs together")),
    ("title:lupus", _("in the titles alone")),
    ("condition:arthritis", _("among conditions and keywords")),
    ("intervention:cyclophosphamide", _("among the names of what is given")),
    ("sponsor:university", _("in the names of sponsors and collaborators")),
    ("outcome:EDSS", _("in what is measured")),
    ("eligibility:natalizumab", _("in who can join, and who cannot")),
    ("country:Spain", _("with a place in a country")),
)


def examples() -> list[Example]:
    return [Example(text, in_language(f"/trials/?{urlencode({'q': text})}"), told) for text, told in _EXAMPLES]


def searched(query: StudyQuery, results: Results) -> Searched:
    return Searched(
        unreadable=_unreadable(query),
        typed=query.q,
        corrected=results.corrected,
        exactly_href=_href(query, results.exactly),
        also_searched=", ".join(results.also_searched),
        also_left_out=", ".join(results.also_left_out),
        as_typed_href=_href(query, results.as_typed),
    )


def _unreadable(query: StudyQuery) -> Unreadable | None:
    problem = query.unreadable
    if problem is None or problem.position is None:
        return None
    at, plain = problem.position, " ".join(_plain_words(query.q))
    return Unreadable(
        message=problem.message,
        place=at + 1,
        before=query.q[:at],
        at=query.q[at : at + 1],
        after=query.q[at + 1 :],
        plain=plain,
        plain_href=_href(query, plain),
    )


def _plain_words(text: str) -> Iterator[str]:
    return (word for word in _WORD.findall(text) if word not in _OPERATORS)


def _href(query: StudyQuery, text: str) -> str:
    return in_language(f"/trials/?{query.to_query_string(q=text)}") if text else ""
