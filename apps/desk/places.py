"""Where a curator is: a queue and what of it they want to see, as parameters of an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.curation.queues import ASSIGNED, EVERYTHING, QUEUES, Narrowed
from apps.vocabulary.statuses import STATUSES
from apps.vocabulary.taxonomy import CELL_TYPES, DISEASES

# Each filter with its name and what it can be.
FILTERS: Mapping[str, tuple[Promise, Mapping[str, object]]] = {
    "disease": (_("Disease"), {item.slug: item.name for item in DISEASES}),
    "cell_type": (_("Kind of cell"), {item.slug: item.name for item in CELL_TYPES}),
    "status": (_("Status"), {item.word: item.label for item in STATUSES}),
    "assigned": (_("Whose"), ASSIGNED),
}
_OTHERS = {"queue", "page"}


@dataclass(frozen=True, slots=True)
class Place:
    """A queue ("" for none) and its filters. `ignored` names what of the parameters means nothing."""

    kind: str = ""
    narrowed: Narrowed = EVERYTHING
    ignored: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: HttpRequest, kind: str | None = None) -> Place:
        """From the address, or from the hidden fields `queue` and `narrow` of a form."""
        if request.method == "POST":
            asked, narrow = request.POST.get("queue", ""), QueryDict(request.POST.get("narrow", "")[:500])
        else:
            asked, narrow = request.GET.get("queue", ""), request.GET
        kind = asked if kind is None else kind
        return cls(kind if kind in QUEUES else "", *read(narrow))

    @property
    def filters(self) -> str:
        """The filters alone, as parameters."""
        return urlencode({name: value for name, value in asdict(self.narrowed).items() if value})

    @property
    def query(self) -> str:
        """Queue and filters, as parameters of a study's page."""
        return "&".join(filter(None, [f"queue={self.kind}" if self.kind else "", self.filters]))

    @property
    def address(self) -> str:
        """Of the queue."""
        return reverse("desk:queue", args=[self.kind]) + (f"?{self.filters}" if self.filters else "")


def read(params: QueryDict) -> tuple[Narrowed, tuple[str, ...]]:
    """The filters of these parameters, the last of a repeated one; and those that mean nothing, each as name=value."""
    chosen, ignored = {}, []
    for name in params:
        value = (params.get(name) or "").strip()
        if name in _OTHERS or not value:
            continue
        if name in FILTERS and value in FILTERS[name][1]:
            chosen[name] = value
        else:
            ignored.append(f"{name[:30]}={value[:40]}")
    return Narrowed(**chosen), tuple(ignored[:5])
