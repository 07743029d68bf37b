"""Signing in by link, and the buttons that steer runs."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.tokens import user_of
from apps.desk.attempts import too_many
from apps.desk.entry import let_in
from apps.desk.pages import ask_worker, check
from apps.ingest.selectors import latest_runs
from apps.ingest.services import discard_run, release_run
from apps.ingest.tasks import sync_now as sync_task
from apps.ingest.tasks import tick

# Who may add a run may ask for a sync; who may change one may let it through or discard it.
SEE_RUNS, SYNC, CONTROL = "ingest.view_syncrun", "ingest.add_syncrun", "ingest.change_syncrun"


@never_cache
@csrf_protect
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Opening a link asks; only the button signs in. So a mail scanner or a preview does not use it up."""
    if request.method == "POST":
        if too_many(request):
            return _page(request, {"state": "too_many"}, 429)
        with transaction.atomic():
            if user := user_of(uid, token, lock=True):
                return let_in(request, user, onward=reverse("desk:index"))
        return _page(request, {"state": "dead"}, 410)
    if user := user_of(uid, token):
        return _page(request, {"state": "good", "email": user.email}, 200)
    return _page(request, {"state": "dead"}, 410)


@require_POST
def sync_now(request: HttpRequest) -> HttpResponse:
    """Ask the worker for a sync. It finds out by itself when one is running already."""
    check(request, SYNC)
    newest = next((run.pk for run in latest_runs(1)), 0)
    away = _("The queue cannot be reached, so no sync was asked for. Is Redis running?")
    if ask_worker(request, sync_task, away=away, level=messages.ERROR):
        return redirect(f"{reverse('desk:live')}?after={newest}")
    return redirect("desk:live")


@require_POST
def decide_run(request: HttpRequest, run_id: int, decision: str) -> HttpResponse:
    """Let a held run through, or discard it."""
    check(request, CONTROL)
    who = request.user.get_username()
    try:
        if decision == "release":
            release_run(run_id, who)
            told = _("Run %(number)s was let through and is published within a minute.")
        elif decision == "discard":
            discard_run(run_id, who)
            told = _("Run %(number)s was discarded. Nothing of it is published.")
        else:
            raise Http404
    except ValueError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, told % {"number": run_id})
        if decision == "release":
            hurry(request)
    return redirect("desk:ingest_syncrun_changelist")


def hurry(request: HttpRequest) -> None:
    """Ask the worker to begin now instead of at the clock's next minute."""
    ask_worker(request, tick, away=_("The queue cannot be reached: it begins when the worker is back."))


def _page(request: HttpRequest, context: dict[str, str], status: int) -> HttpResponse:
    return render(request, "desk/sign_in.html", context, status=status)
