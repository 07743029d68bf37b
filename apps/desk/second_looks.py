"""Reading a field blind after another curator, and how far the two agree."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from apps.curation.agreement import KAPPA_DOI
from apps.curation.decisions import DECIDABLE, Refused
from apps.curation.queues import claim_of_others, number_waiting, unseen
from apps.curation.second_looks import NothingToLookAt, agreement_by_field, look
from apps.curation.teamwork import acted
from apps.desk.deciding import DECIDE, SEE, DecisionForm, go_on, rows_of, study_of, typed
from apps.desk.pages import check, context_of
from apps.desk.places import Place


@require_http_methods(["GET", "POST"])
def second(request: HttpRequest, nct_id: str, field: str) -> HttpResponse:
    """The form of a second look: the evidence and the rules' reading, not what the first curator decided."""
    check(request, DECIDE)
    if field not in DECIDABLE:
        raise Http404
    by = request.user.get_username()
    record, labels, overrides = study_of(nct_id)
    if not unseen(by).filter(nct_id=nct_id, field=field).exists():
        messages.info(request, _("No second look of yours is asked for there."))
        return redirect("desk:decide-trial", nct_id)
    rows = rows_of(record, labels, overrides, {field}, blind={field})
    [row] = [row for row in rows if row["field"] == field]
    form = DecisionForm(field=field, blind=True, initial={"values": typed(field, row["published"]), "version": 0})
    if request.method == "POST":
        form = DecisionForm(field=field, blind=True, data=request.POST)
        if form.is_valid():
            try:
                told = form.cleaned_data
                given = look(nct_id=nct_id, field=field, values=told["values"], reason=told["reason"], by=by)
            except Refused as refused:
                form.add_error(refused.place if refused.place in form.fields else None, str(refused))
            except NothingToLookAt:
                messages.warning(request, _("Somebody else was quicker. Thank you all the same."))
                return go_on(request, nct_id)
            else:
                acted(nct_id=nct_id, by=by)
                if given.agreed:
                    messages.success(request, _("You and %(who)s read it the same.") % {"who": given.first_by})
                else:
                    messages.warning(
                        request,
                        _("You and %(who)s read it differently. It waits among the disagreements; nothing changes yet.")
                        % {"who": given.first_by},
                    )
                return go_on(request, nct_id)
    del form.fields["source"]
    context = {
        "record": record,
        "row": row,
        "form": form,
        "title": _("Second look: %(field)s") % {"field": row["name"]},
        "place": Place.of(request),
        "claim": claim_of_others(nct_id, by),
        "second": True,
    }
    return render(request, "desk/decide.html", context_of(request) | context, status=422 if form.errors else 200)


@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """How far first and second readings agree, field by field."""
    check(request, SEE)
    rows = [{"name": DECIDABLE[field], "told": told} for field, told in agreement_by_field()]
    context = {
        "title": _("How far curators agree"),
        "rows": rows,
        "doi": KAPPA_DOI,
        "second": number_waiting("second", request.user.get_username()),
        "disagreed": number_waiting("disagreed"),
        "second_queue": reverse("desk:queue", args=["second"]),
        "disagreed_queue": reverse("desk:queue", args=["disagreed"]),
    }
    return render(request, "desk/agreement.html", context_of(request) | context)
