"""The filter form's facets: which stand there at once, which are folded away, and under which headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.search.selectors import Facet, FacetValue
from apps.vocabulary.cards import FIELDS
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG
from apps.web.views.addresses import Addresses

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
    ("joining", _("Who can join"), "", (*_card("gates"), "age_group")),
    (
        "design",
        _("Design and comparison"),
        "",
        ("allocation", "masking", "who_masked", "controlled", *_card("design"), "enrollment", "study_type"),
    ),
    ("measures", _("What is measured, and results"), "", (*_card("outcomes"), "has_results", "publication")),
    ("sponsor", _("Sponsor and oversight"), "", ("sponsor", "sponsor_class", "fda_regulated")),
    ("dates", _("Dates and registration"), "", ("start_year", "updated", "registration")),
    ("cautions", _("Reasons to ask further"), "", ("caution",)),
)
# Most studies have no value of these, so that one value is a choice.
_OF_SOME = {"caution"}
_FOLDED = {name for *_rest, names in _SECTIONS for name in names}


@dataclass(slots=True)
class Group:
    """A facet as the form shows it: values that stand there at once, and those behind "more".

    `href` is the address of the list without this facet, to which `name=value` is added. `total` is the number of all
    values where they are too many for the form; `all_href` is the page that has them.
    """

    parameter: str
    label: str
    open: bool
    shown: list[FacetValue]
    more: list[FacetValue]
    href: str
    total: int = 0
    all_href: str = ""


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


def groups_of(facets: Sequence[Facet], addresses: Addresses) -> list[Group]:
    """The facets that stand in no section."""
    return [group for facet in facets if facet.parameter not in _FOLDED and (group := _group(facet, addresses))]


def sections_of(facets: Sequence[Facet], addresses: Addresses) -> Iterator[Section]:
    """The sections in which there is something to choose."""
    folded = {facet.parameter: facet for facet in facets if facet.parameter in _FOLDED}
    for slug, heading, kind, names in _SECTIONS:
        groups = [group for name in names if name in folded and (group := _group(folded[name], addresses))]
        if groups:
            groups[0].open = True
            yield Section(slug, heading, kind, groups)


def _group(facet: Facet, addresses: Addresses) -> Group | None:
    name, values = facet.parameter, facet.values
    if len(values) < (1 if name in _OF_SOME else 2) and not facet.selected:
        return None  # a choice of one is none
    if name == "cell_type":
        values = [replace(item, label=f"{CELL_TYPE_BY_SLUG[item.value].short}: {item.label}") for item in values]
    more: list[FacetValue] = []
    if len(values) > _AT_ONCE + 2:
        rest = [value for value in values if not value.selected]
        room = max(0, _AT_ONCE - len(facet.selected))
        values, more = facet.selected + rest[:room], rest[room:]
    group = Group(
        name, facet.label, name not in _FOLDED or bool(facet.selected), values, more, addresses.to_value(name)
    )
    if facet.total > len(values):
        group.total, group.all_href = facet.total, addresses.to_all(name)
    return group
