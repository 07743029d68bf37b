"""Studies that our queries do not find: asked for by their ids, and followed from then on."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from apps.curation.decisions import REASON_LENGTH, Refused
from apps.desk.pages import check, context_of
from apps.desk.views import SEE_RUNS, SYNC, hurry
from apps.ingest.selectors import followed, waiting_ids
from apps.ingest.services import follow, unfollow
from apps.search.models import StudyDocument
from apps.studies.selectors import canonical_id
from apps.vocabulary.taxonomy import SCOPE_BY_SLUG

_A_PAGE = 50
# The registry is asked for each by itself.
MOST_IDS = 50
_BETWEEN = re.compile(r"[\s,;]+")


class FollowForm(forms.Form):
    """Ids in any spelling, and the reason."""

    ids = forms.CharField(
        label=gettext_lazy("NCT ids"),
        help_text=gettext_lazy("Up to 50, with spaces, commas or line breaks between them."),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
    reason = forms.CharField(
        label=gettext_lazy("Why, in English"), max_length=REASON_LENGTH, required=False, widget=forms.TextInput
    )

    def clean_ids(self) -> list[str]:
        words = [word for word in _BETWEEN.split(self.cleaned_data["ids"]) if word]
        wrong = [word for word in words if canonical_id(word) is None]
        if wrong:
            told = ", ".join(f"“{word[:20]}”" for word in wrong[:5])
            raise ValidationError(_("Not an NCT id (NCT and eight digits): %(words)s.") % {"words": told})
        ids = list(dict.fromkeys(filter(None, map(canonical_id, words))))
        if not ids:
            raise ValidationError(_("Write at least one NCT id."))
        if len(ids) > MOST_IDS:
            raise ValidationError(_("No more than %(most)d ids at once, please.") % {"most": MOST_IDS})
        return ids


@require_http_methods(["GET", "POST"])
def following(request: HttpRequest) -> HttpResponse:
    """What is followed by its id, with what became of it, and the form to ask for more."""
    check(request, SEE_RUNS)
    if request.method != "POST":
        return _page(request, FollowForm(), 200)
    check(request, SYNC)
    form = FollowForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        new = follow(
            nct_ids=form.cleaned_data["ids"], by=request.user.get_username(), reason=form.cleaned_data["reason"]
        )
    except Refused as refused:
        form.add_error("reason", str(refused))
        return _page(request, form, 422)
    if new:
        told = ngettext("%(n)d trial is asked for.", "%(n)d trials are asked for.", len(new)) % {"n": len(new)}
        messages.success(request, told)
        hurry(request)
    else:
        messages.info(request, _("All of these are followed already."))
    return redirect("desk:following")


@require_POST
def stop(request: HttpRequest, nct_id: str) -> HttpResponse:
    """Follow a study no longer by its id."""
    check(request, SYNC)
    if canonical_id(nct_id) != nct_id:
        raise Http404
    try:
        if unfollow(nct_id=nct_id, by=request.user.get_username(), reason=request.POST.get("reason", "")):
            messages.success(request, _("%(nct_id)s is no longer followed by its id.") % {"nct_id": nct_id})
        else:
            messages.warning(request, _("%(nct_id)s is not followed by its id any more.") % {"nct_id": nct_id})
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("desk:following")


def _page(request: HttpRequest, form: FollowForm, status: int) -> HttpResponse:
    page = Paginator(followed(), _A_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    published = StudyDocument.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "title", "scope")
    known = {nct_id: (title, SCOPE_BY_SLUG[scope].name) for nct_id, title, scope in published}
    waiting = set(waiting_ids())
    context: dict[str, Any] = {
        "title": _("Trials followed by their ids"),
        "form": form,
        "page": page,
        "rows": [(row, *known.get(row.pk, ("", "")), row.pk in waiting) for row in rows],
        "may_ask": request.user.has_perm(SYNC),
        "sample": settings.SAMPLE,
        "reason_length": REASON_LENGTH,
    }
    return render(request, "desk/following.html", context_of(request) | context, status=status)
