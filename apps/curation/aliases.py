"""Names of one sponsor, or of one product, that are told by one of them: which merge may be made, and whom it moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.curation.decisions import Refused
from apps.curation.models import Alias
from apps.search.models import StudyDocument
from apps.search.names import fold
from apps.vocabulary.card_values import PRODUCTS, in_order

NAME_LENGTH = 300
Kind = Alias.Kind


@dataclass(frozen=True, slots=True)
class ToldNames:
    """By kind, from a name (without case and further spaces) to the one by which it is told."""

    sponsors: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)

    def sponsor(self, name: str) -> str:
        return self.sponsors.get(fold(name), name) if self.sponsors else name

    def product_values(self, values: Iterable[str]) -> tuple[str, ...]:
        """The products of a card, each once, in the usual order."""
        return tuple(in_order("product", dict.fromkeys(self.products.get(value, value) for value in values)))


def told_names() -> ToldNames:
    """Every merge that is in force. One statement."""
    found: dict[str, dict[str, str]] = {Kind.SPONSOR: {}, Kind.PRODUCT: {}}
    for kind, key, told_as in Alias.objects.values_list("kind", "key", "told_as"):
        found[kind][key] = told_as
    return ToldNames(found[Kind.SPONSOR], found[Kind.PRODUCT])


def aliases() -> list[Alias]:
    """Every merge that is in force, by kind and name."""
    return list(Alias.objects.order_by("kind", "told_as", "name"))


def moved_by(kind: str, name: str) -> list[str]:
    """NCT ids of the studies that bear this name in the lists, in order."""
    return list(_bearing(kind, name).order_by("pk").values_list("pk", flat=True))


def checked_merge(kind: str, name: str, told_as: str) -> tuple[str, str]:
    """Both names without their margins. Refused says why these two cannot be merged, so that there are no chains."""
    if kind not in Kind.values:
        raise Refused("kind", _("Choose whether it is a sponsor or a product."))
    name, told_as = (_checked_name(kind, place, text) for place, text in (("name", name), ("told_as", told_as)))
    if key_of(kind, name) == key_of(kind, told_as):
        raise Refused("told_as", _("These are the same name already."))
    standing = {alias.key: alias for alias in Alias.objects.filter(kind=kind)}
    if alias := standing.get(key_of(kind, name)):
        told = {"name": alias.name, "told_as": alias.told_as}
        raise Refused("name", _("“%(name)s” is told as “%(told_as)s” already: part these two first.") % told)
    if alias := standing.get(key_of(kind, told_as)):
        told = {"name": alias.name, "told_as": alias.told_as}
        raise Refused("told_as", _("“%(name)s” is itself told as “%(told_as)s”: choose that name.") % told)
    if other := next((alias for alias in standing.values() if key_of(kind, alias.told_as) == key_of(kind, name)), None):
        told = {"name": other.name, "told_as": other.told_as}
        raise Refused("name", _("“%(name)s” is told as “%(told_as)s”: part these two first.") % told)
    return name, told_as


def _checked_name(kind: str, place: str, text: str) -> str:
    text = " ".join(text.replace("\x00", "").split())
    if not text:
        raise Refused(place, _("Write the name."))
    if len(text) > NAME_LENGTH:
        raise Refused(place, _("No longer than %(most)d characters, please.") % {"most": NAME_LENGTH})
    if text.encode(errors="ignore").decode() != text:
        raise Refused(place, _("This name has characters that cannot be stored."))
    if kind == Kind.PRODUCT and text not in PRODUCTS:
        told = {"name": text[:60], "names": ", ".join(PRODUCTS)}
        raise Refused(place, _("“%(name)s” is no product that the rules know. There are: %(names)s.") % told)
    if kind == Kind.SPONSOR and not _bearing(kind, text).exists():
        raise Refused(place, _("No trial here has the lead sponsor “%(name)s”.") % {"name": text[:60]})
    return text


def key_of(kind: str, name: str) -> str:
    """What makes two spellings one name."""
    return fold(name) if kind == Kind.SPONSOR else name


def _bearing(kind: str, name: str) -> QuerySet[StudyDocument]:
    if kind == Kind.PRODUCT:
        return StudyDocument.objects.filter(card__product__contains=[name])
    told, key = StudyDocument.objects.order_by("sponsor").values_list("sponsor", flat=True).distinct(), fold(name)
    return StudyDocument.objects.filter(sponsor__in=[spelled for spelled in told if fold(spelled) == key])
