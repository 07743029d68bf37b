"""Answering an appeal: what was written, the decisions on the trial, and one answer that cannot be taken back."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.curation.appeals import ANSWER_LENGTH, AlreadyAnswered
from apps.curation.appeals import answer as give_answer
from apps.curation.models import Appeal
from apps.curation.selectors import overrides_of
from apps.curation.tasks import send_answers
from apps.desk.pages import ask_worker, check, context_of

SEE, ANSWER = "curation.view_appeal", "curation.change_appeal"


class AnswerForm(forms.Form):
    """The text that the sender gets."""

    answer = forms.CharField(
        label=gettext_lazy("Answer, in English (sent to whoever left an address)"),
        max_length=ANSWER_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8}),
    )


@require_http_methods(["GET", "POST"])
def appeal(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """One appeal. Whoever may only look sees no form."""
    check(request, SEE)
    found = get_object_or_404(Appeal.objects.defer("email"), pk=appeal_id)
    may_answer = request.user.has_perm(ANSWER)
    form = AnswerForm(request.POST or None)
    if request.method != "POST":
        return _page(request, found, form if may_answer else None, 200)
    check(request, ANSWER)
    if not form.is_valid():
        return _page(request, found, form, 422)
    try:
        give_answer(appeal_id=appeal_id, text=form.cleaned_data["answer"], by=request.user.get_username())
    except AlreadyAnswered as overtaken:
        form.add_error(
            None, _("%(who)s has answered since you opened this page.") % {"who": overtaken.appeal.answered_by}
        )
        return _page(request, overtaken.appeal, form, 409)
    away = _("The queue cannot be reached: the answer leaves when the worker is back.")
    ask_worker(request, send_answers, away=away)
    messages.success(request, _("Answered. If an address was left, the answer leaves by e-mail."))
    return redirect("desk:curation_appeal_changelist")


def _page(request: HttpRequest, found: Appeal, form: AnswerForm | None, status: int) -> HttpResponse:
    context = {
        "appeal": found,
        "form": form,
        "overrides": overrides_of(found.nct_id) if found.nct_id else [],
        "title": _("Appeal"),
    }
    return render(request, "desk/appeal.html", context_of(request) | context, status=status)
