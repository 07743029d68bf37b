"""Gates in lines, as people read them: what stands for each other in one, what holds for one group with its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.vocabulary.card_words import Detail, gate_words, of_group, with_group


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
    lines: dict[tuple[object, ...], list[str]] = {}
    for value in values:
        lines.setdefault(_together(slug, value, details.get(value) or {}), []).append(value)
    return [GateLine(_words(slug, line, details, words), tuple(line)) for line in lines.values()]


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
