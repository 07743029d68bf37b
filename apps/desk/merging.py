"""Names of one sponsor, or of one product: merged with a look at what moves, and parted again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from apps.curation.aliases import aliases, checked_merge, moved_by
from apps.curation.decisions import Refused, checked_reason
from apps.curation.models import Alias
from apps.curation.services import merge, part
from apps.desk.pages import check, context_of
from apps.ingest.selectors import records_of
from apps.search.selectors import documents_for

SEE, MERGE = "curation.view_alias", "curation.change_alias"
# Of the studies that move, so many are named before one confirms.
_NAMED = 50


class MergeForm(forms.Form):
    """What `apps.curation.services.merge` takes; what is wrong with it is said there."""

    kind = forms.ChoiceField(label=gettext_lazy("Names of"), choices=Alias.Kind.choices, widget=forms.RadioSelect)
    name = forms.CharField(label=gettext_lazy("This name"), required=False)
    told_as = forms.CharField(label=gettext_lazy("is told as"), required=False)
    reason = forms.CharField(label=gettext_lazy("Why, in English (shown to everybody)"), required=False)
    source = forms.CharField(label=gettext_lazy("A quote or an address, if there is one"), required=False)


@require_http_methods(["GET", "POST"])
def merging(request: HttpRequest) -> HttpResponse:
    """The merges in force and the form of another. Nothing is written before what moves has been shown."""
    check(request, SEE)
    if request.method != "POST":
        return _page(request, MergeForm(initial={"kind": Alias.Kind.SPONSOR}), 200)
    check(request, MERGE)
    form = MergeForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    told = form.cleaned_data
    try:
        checked_reason(told["reason"])
        if request.POST.get("do") != "merge":
            name, _told_as = checked_merge(told["kind"], told["name"], told["told_as"])
            return _page(request, form, 200, moving=moved_by(told["kind"], name))
        alias = merge(**told, by=request.user.get_username(), records_of=records_of)
    except Refused as refused:
        form.add_error(refused.place if refused.place in form.fields else None, str(refused))
        return _page(request, form, 422)
    messages.success(request, _("Merged: “%(name)s” is told as “%(told_as)s”.") % vars(alias))
    return redirect("desk:merging")


@require_POST
def parting(request: HttpRequest, alias_id: int) -> HttpResponse:
    """Take a merge back."""
    check(request, MERGE)
    try:
        alias = part(
            alias_id=alias_id,
            reason=request.POST.get("reason", ""),
            by=request.user.get_username(),
            records_of=records_of,
        )
    except Refused as refused:
        messages.error(request, str(refused))
    except Alias.DoesNotExist:
        messages.error(request, _("Somebody has parted these names already."))
    else:
        messages.success(request, _("Parted: “%(name)s” stands for itself again.") % vars(alias))
    return redirect("desk:merging")


def _page(request: HttpRequest, form: MergeForm, status: int, moving: list[str] | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "title": _("Merged names"),
        "form": form,
        "aliases": aliases(),
        "may_merge": request.user.has_perm(MERGE),
        "moving": moving,
        "named": documents_for(moving[:_NAMED]) if moving else [],
    }
    return render(request, "desk/merging.html", context_of(request) | context, status=status)
