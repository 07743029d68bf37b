"""A run while it runs: where it stands, what it has brought, and how the last ones ended."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.desk.pages import check, context_of, no_worker
from apps.desk.views import CONTROL, SEE_RUNS, SYNC
from apps.ingest.models import SyncRun
from apps.ingest.selectors import latest_runs, progress_of

_BEFORE = 8
# The steps through which each run goes, told while it goes.
_STEPS: tuple[SyncRun.Step, ...] = tuple(step for step in SyncRun.Step if step is not SyncRun.Step.DONE)


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The newest run. `after` is the number of the run that was the newest when a sync was asked for."""
    check(request, SEE_RUNS)
    runs = latest_runs(_BEFORE)
    run = runs[0] if runs else None
    awaited = request.GET.get("after", "") == str(run.pk if run else 0)
    running = run is not None and run.state == SyncRun.State.RUNNING
    context: dict[str, Any] = {
        "title": _("The sync, live"),
        "run": run,
        "running": running,
        "awaited": awaited and not running,
        "moves": running or awaited,
        "no_worker": "" if running else no_worker(),
        "steps": _steps(run) if run and running else [],
        "now": timezone.now(),
        "runs": runs,
        "may_sync": request.user.has_perm(SYNC),
        "may_control": request.user.has_perm(CONTROL),
    }
    return render(request, "desk/live.html", context_of(request) | context)


def _steps(run: SyncRun) -> list[dict[str, Any]]:
    """Each step in words: done, the one that it is at with its share, or still to come."""
    at = _STEPS.index(SyncRun.Step(run.step)) if run.step in _STEPS else len(_STEPS)
    return [
        {
            "name": step.label,
            "done": number < at,
            "now": number == at,
            "percent": progress_of(run) if number == at and step in {SyncRun.Step.LAND, SyncRun.Step.PROCESS} else None,
        }
        for number, step in enumerate(_STEPS)
    ]
