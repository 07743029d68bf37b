"""Signing in by link, and the buttons that steer runs."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST
from kombu.exceptions import OperationalError

from apps.accounts.tokens import user_of
from apps.desk.attempts import too_many
from apps.ingest.services import discard_run, release_run
from apps.ingest.tasks import sync_now as sync_task
from apps.ingest.tasks import tick

# Who may change a run may start one, let one through and discard one.
CONTROL = "ingest.change_syncrun"
_BACKEND = "django.contrib.auth.backends.ModelBackend"


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
                login(request, user, backend=_BACKEND)
                return redirect("desk:index")
        return _page(request, {"state": "dead"}, 410)
    if user := user_of(uid, token):
        return _page(request, {"state": "good", "email": user.email}, 200)
    return _page(request, {"state": "dead"}, 410)


@require_POST
def sync_now(request: HttpRequest) -> HttpResponse:
    """Ask the worker for a sync. It finds out by itself when one is running already."""
    _check_may_control(request)
    try:
        sync_task.apply_async(retry=False)
    except OperationalError:
        messages.error(request, _("The queue cannot be reached, so no sync was asked for. Is Redis running?"))
    else:
        messages.success(request, _("A sync has been asked for. It appears below as soon as a worker begins it."))
    return redirect("desk:ingest_syncrun_changelist")


@require_POST
def decide_run(request: HttpRequest, run_id: int, decision: str) -> HttpResponse:
    """Let a held run through, or discard it."""
    _check_may_control(request)
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
            _hurry(request)
    return redirect("desk:ingest_syncrun_changelist")


def _hurry(request: HttpRequest) -> None:
    """Ask the worker to carry on now instead of at the clock's next minute."""
    try:
        tick.apply_async(retry=False)
    except OperationalError:
        messages.warning(request, _("The queue cannot be reached: the run goes on when the worker is back."))


def _check_may_control(request: HttpRequest) -> None:
    if not request.user.has_perm(CONTROL):
        raise PermissionDenied


def _page(request: HttpRequest, context: dict[str, str], status: int) -> HttpResponse:
    return render(request, "desk/sign_in.html", context, status=status)
