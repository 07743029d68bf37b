"""What is told of each kind of caution: texts that people wrote, with their sources, and what was reckoned in words.

They live in `kinds.toml` beside this file and, in other languages, in `locale/<language>/cautions/`, so that a change
of a sentence is a change that can be reviewed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.core.languages import current_language
from apps.guide.sections import Source, Statement
from apps.guide.translated import translated

CONTENT = Path(__file__).parent
# Stands beside every caution.
NO_VERDICT: Promise = _(
    "A caution is a reason to ask, not a verdict. That a trial is listed here is no endorsement, and that it has no "
    "caution is none."
)


@dataclass(frozen=True, slots=True)
class CautionText:
    """What a kind of caution means, what harmless cause it may have, and whose advice there is."""

    slug: str
    means: str
    harmless: str
    advice: tuple[Statement, ...]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT / f"{name}.toml").read_text(encoding="utf-8"))


def caution_texts() -> Mapping[str, CautionText]:
    """By kind, in the active language. Read once a process."""
    return _texts(current_language())


@cache
def _texts(language: str) -> Mapping[str, CautionText]:
    told = translated("cautions", "kinds", language)
    named = enumerate(_read("sources").items(), 1)
    sources = {key: Source(key=key, number=number, **entry) for number, (key, entry) in named}
    return {
        slug: CautionText(
            slug=slug,
            means=told.get(slug, entry)["means"],
            harmless=told.get(slug, entry)["harmless"],
            advice=tuple(
                Statement(
                    told[slug]["advice"][at] if slug in told else item["text"],
                    tuple(sources[key] for key in item["sources"]),
                )
                for at, item in enumerate(entry["advice"])
            ),
        )
        for slug, entry in _read("kinds").items()
    }


def reckoned(facts: Mapping[str, str | int]) -> Iterator[str]:
    """The facts of a caution in sentences."""
    if days := int(facts.get("days", 0)):
        yield ngettext(
            "By its dates it was sent at least %(days)d day after the start.",
            "By its dates it was sent at least %(days)d days after the start.",
            days,
        ) % {"days": days}
    match facts.get("rule"):
        case "not-regulated":
            yield gettext("The record says that what is tested is not regulated in the United States.")
        case "may-apply":
            yield gettext("The U.S. rule may ask this trial for results. We cannot tell for sure from the record.")
        case "cannot-be-told":
            yield gettext("We cannot tell from the record whether the U.S. rule asks this trial for results.")
    if derived := int(facts.get("derived", 0)):
        yield ngettext(
            "The registry links %(n)d paper that names this trial. It may hold results.",
            "The registry links %(n)d papers that name this trial. They may hold results.",
            derived,
        ) % {"n": derived}
    if "held" in facts:
        held = int(facts["held"])
        yield ngettext(
            "We compared the texts with %(n)d other trial of this sponsor held here, and with no trial elsewhere.",
            "We compared the texts with %(n)d other trials of this sponsor held here, and with no trial elsewhere.",
            held,
        ) % {"n": held}
