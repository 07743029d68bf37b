"""Gates in lines, as people read them: what stands for each other in one, what holds for one group with its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.vocabulary.card_words import Detail, gate_words, of_group, with_group

# How a limit that does not bind everybody as it stands is written for programs.
QUALIFIED = (
    "Field and value, as severity: edss:3-6; several of which some are enough as severity: 1 of esr>28mm/h, "
    "crp>2.0mg/dl, where a last value “other” is something that the record names and we do not read; then, where it "
    "binds one group of people alone, the record's name for it, as ; group: Cohort 2."
)


class GateLine(NamedTuple):
    """A phrase that stands alone, and the values that it tells, in their order."""

    words: str
    values: tuple[str, ...]


def gate_lines(
    slug: str,
    values: Sequence[str],
    details: Mapping[str, Detail | None],
    words: Callable[[str, str, Detail], str] = gate_words,
) -> list[GateLine]:
    """The values of a gate in the active language, each in one line. Never raises.

    `details` are those of the labels by value. Forms of a disease stand for each other by nature; other values do where
    their details have the same `any_of`. `words` tells one value without its group.
    """
    return [GateLine(_words(slug, line, details, words), tuple(line)) for line in _lines(slug, values, details)]


def qualified_limits(slug: str, values: Sequence[str], details: Mapping[str, Detail | None]) -> list[str]:
    """The limits that not everybody must meet as they stand, in the notation of `QUALIFIED`. Never raises.

    Forms of a disease are told where they are one group's: that they stand for each other is in their nature.
    """
    told = []
    for line in _lines(slug, values, details):
        parts = [details.get(value) or {} for value in line]
        group = of_group(parts[0])
        several = isinstance(parts[0].get("any_of"), int)
        listed = [*line, "other"] if several and any(part.get("others") is True for part in parts) else line
        if not group and (not several or len(listed) == 1):
            continue
        least = parts[0].get("at_least")
        needed = f"{least if isinstance(least, int) and several else 1} of " if len(listed) > 1 else ""
        told.append(f"{slug}: {needed}{', '.join(listed)}{f'; group: {group}' if group else ''}")
    return told


def _lines(slug: str, values: Sequence[str], details: Mapping[str, Detail | None]) -> list[list[str]]:
    lines: dict[tuple[object, ...], list[str]] = {}
    for value in values:
        lines.setdefault(_together(slug, value, details.get(value) or {}), []).append(value)
    return list(lines.values())


def _together(slug: str, value: str, detail: Detail) -> tuple[object, ...]:
    """What the values of one line have in common."""
    number = detail.get("any_of")
    if isinstance(number, int):
        return "any", number, of_group(detail)
    return ("form", of_group(detail)) if slug == "phenotype" else ("alone", value)


def _words(
    slug: str, values: Sequence[str], details: Mapping[str, Detail | None], tell: Callable[[str, str, Detail], str]
) -> str:
    told = [details.get(value) or {} for value in values]
    group = of_group(told[0])
    # The group is named once for the whole line.
    words = [
        tell(slug, value, {key: part for key, part in detail.items() if key != "of_group"})
        for value, detail in zip(values, told, strict=True)
    ]
    least = told[0].get("at_least")
    others = any(detail.get("others") is True for detail in told)
    if isinstance(least, int) and least > 1:
        phrase = (
            _("At least %(n)s of these, or of others that the record may name: %(gates)s")
            if others
            else _("At least %(n)s of these: %(gates)s")
        )
        line = phrase % {"n": least, "gates": "; ".join(words)}
    else:
        line = _(" or ").join([words[0], *map(_within, words[1:])])
        if others:
            line = _("%(gate)s, or something else that the record may name") % {"gate": line}
    return with_group(line, group)


def _within(words: str) -> str:
    """A phrase within a sentence. An abbreviation keeps its capitals."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words
