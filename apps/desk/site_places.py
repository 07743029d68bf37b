"""Where the sites of a study lie: a curator places one that registry or gazetteer have put wrong."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from apps.curation.decisions import REASON_LENGTH, SOURCE_LENGTH, Refused
from apps.curation.models import SitePlace
from apps.curation.services import SiteOvertaken, place_site
from apps.curation.site_places import key_of, laid_over_sites, placed_in, told
from apps.desk.deciding import DECIDE, SEE
from apps.desk.pages import check, context_of
from apps.ingest.selectors import records_of
from apps.search.sites import SiteEntry, build_sites
from apps.studies.records import StudyRecord
from apps.studies.selectors import canonical_id
from apps.vocabulary.places import Place, places_meant, written
from apps.vocabulary.places import told as place_in_words

_TOWN_LENGTH = 200


class PlaceForm(forms.Form):
    """The town, as the finder takes one, with reason and source."""

    town = forms.CharField(
        label=gettext_lazy("Town and country, such as “Valencia, Spain”"), max_length=_TOWN_LENGTH, required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("Why, in English (shown to everybody)"), max_length=REASON_LENGTH, required=False
    )
    source = forms.CharField(
        label=gettext_lazy("A quote or an address, if there is one"), max_length=SOURCE_LENGTH, required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**63 - 1)
    key = forms.CharField(widget=forms.HiddenInput, max_length=5000, strip=False)


@require_GET
def sites(request: HttpRequest, nct_id: str) -> HttpResponse:
    """Every site with where it lies and from what that is known; and what was placed and is named otherwise now."""
    check(request, SEE)
    record, placed = _record(nct_id), placed_in([nct_id]).get(nct_id, {})
    rows = laid_over_sites(build_sites(record), placed)
    named = {key_of(row) for row in rows}
    context = {
        "record": record,
        "title": _("Sites of %(nct_id)s") % {"nct_id": nct_id},
        "rows": [{"site": row, "told": told(row), "placed": placed.get(key_of(row))} for row in rows],
        "gone": [item for key, item in placed.items() if key not in named],
        "may_decide": request.user.has_perm(DECIDE),
    }
    return render(request, "desk/sites.html", context_of(request) | context)


@require_http_methods(["GET", "POST"])
def site(request: HttpRequest, nct_id: str, number: int) -> HttpResponse:
    """The form of one site. A town of several is asked back; what is refused comes back as it was typed."""
    check(request, DECIDE)
    record = _record(nct_id)
    rows = build_sites(record)
    if number >= len(rows):
        raise Http404
    row = rows[number]
    standing = placed_in([nct_id]).get(nct_id, {}).get(key_of(row))
    if request.method == "GET":
        initial = {"town": standing.place if standing else "", "key": key_of(row)}
        form = PlaceForm(initial=initial | {"version": standing.version if standing else 0})
        return _form(request, record, row, standing, form, 200)
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return _form(request, record, row, standing, form, 422)
    given, place = form.cleaned_data, None
    if request.POST.get("do") != "clear":
        meant = places_meant(given["town"])
        if len(meant) != 1:
            form.add_error("town", _asked_back(meant))
            return _form(request, record, row, standing, form, 422, meant)
        [place] = meant
    try:
        place_site(
            nct_id=nct_id,
            key=given["key"],
            place=place,
            reason=given["reason"],
            source=given["source"],
            by=request.user.get_username(),
            version=given["version"],
            records_of=records_of,
        )
    except Refused as refused:
        form.add_error(refused.place if refused.place in form.fields else None, str(refused))
        return _form(request, record, row, standing, form, 422)
    except SiteOvertaken as overtaken:
        form.add_error(
            None, _("The record or a colleague has changed this site since you opened this page. Look again.")
        )
        now = overtaken.current
        typed = request.POST.copy()
        typed["version"], typed["key"] = str(now.version if now else 0), key_of(row)
        form.data = typed
        return _form(request, record, row, now, form, 409)
    messages.success(request, _("Decided and published: where this site lies."))
    return redirect("desk:sites", nct_id)


def _asked_back(meant: list[Place]) -> str:
    if meant:
        return _("There is more than one such town: choose one below.")
    return _("The gazetteer knows no such town. Write a town and its country, such as “Valencia, Spain”.")


def _record(nct_id: str) -> StudyRecord:
    if canonical_id(nct_id) != nct_id or not (record := records_of([nct_id]).get(nct_id)):
        raise Http404
    return record


def _form(
    request: HttpRequest,
    record: StudyRecord,
    row: SiteEntry,
    standing: SitePlace | None,
    form: PlaceForm,
    status: int,
    meant: list[Place] | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "record": record,
        "site": row,
        "told": told(row),
        "standing": standing,
        "form": form,
        "choices": [(written(place), place_in_words(place)) for place in meant or ()],
        "title": _("Where this site lies"),
    }
    return render(request, "desk/site.html", context_of(request) | context, status=status)
