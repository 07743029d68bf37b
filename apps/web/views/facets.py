"""The filter form's facets: which stand there at once, which are folded away, and under which headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.search.selectors import Facet, FacetValue
from apps.vocabulary.cards import FIELDS
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG

# How many values of a facet are shown before "more".
_AT_ONCE = 8


def _card(part: str, kind: str = "") -> tuple[str, ...]:
    """The fields of one part of the card; of `kind` alone, or those that both kinds share."""
    return tuple(field.slug for field in FIELDS if field.group == part and field.card == (kind or "both"))


# Slug, heading, kind of cell and facets. What belongs to one kind of cell alone stands under that kind.
_SECTIONS: tuple[tuple[str, Promise, str, tuple[str, ...]], ...] = (
    ("cells", _("Cells and how they are given"), "", _card("product")),
    ("msc", _("product and dose"), "msc", _card("product", "msc")),
    ("hsc", _("the transplant"), "hsc", _card("transplant", "hsc")),
    ("joining", _("Who can join"), "", _card("gates")),
    ("measures", _("Comparison and measures"), "", (*_card("design"), *_card("outcomes"))),
    ("study", _("Sponsor, study type, results"), "", ("sponsor_class", "study_type", "has_results")),
)
_FOLDED = {name for *_rest, names in _SECTIONS for name in names}


@dataclass(slots=True)
class Group:
    """A facet as the form shows it: values that stand there at once, and those behind "more"."""

    parameter: str
    label: str
    open: bool
    shown: list[FacetValue]
    more: list[FacetValue]


@dataclass(slots=True)
class Section:
    """Facets under a heading, folded away until a reader opens it or has chosen something in it.

    `kind` is that of the cells where all of them belong to one kind, else "".
    """

    slug: str
    heading: Promise
    kind: str
    groups: list[Group]

    @property
    def open(self) -> bool:
        return any(value.selected for group in self.groups for value in group.shown)


def groups_of(facets: Sequence[Facet]) -> list[Group]:
    """The facets that stand in no section."""
    return [group for facet in facets if facet.parameter not in _FOLDED and (group := _group(facet))]


def sections_of(facets: Sequence[Facet]) -> Iterator[Section]:
    """The sections in which there is something to choose."""
    folded = {facet.parameter: facet for facet in facets if facet.parameter in _FOLDED}
    for slug, heading, kind, names in _SECTIONS:
        groups = [group for name in names if name in folded and (group := _group(folded[name]))]
        if groups:
            groups[0].open = True
            yield Section(slug, heading, kind, groups)


def _group(facet: Facet) -> Group | None:
    name, values = facet.parameter, facet.values
    if len(values) < 2 and not facet.selected:
        return None  # a choice of one is none
    if name == "cell_type":
        values = [replace(item, label=f"{CELL_TYPE_BY_SLUG[item.value].short}: {item.label}") for item in values]
    more: list[FacetValue] = []
    if len(values) > _AT_ONCE + 2:
        rest = [value for value in values if not value.selected]
        room = max(0, _AT_ONCE - len(facet.selected))
        values, more = facet.selected + rest[:room], rest[room:]
    return Group(name, facet.label, name not in _FOLDED or bool(facet.selected), values, more)
