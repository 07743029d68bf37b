"""How fresh and how complete the site is: a page that an engineer would trust."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.exports.snapshots import published
from apps.ingest.models import SyncRun
from apps.ingest.selectors import Freshness, freshness, latest_runs
from apps.search.selectors import home_counts
from apps.vocabulary.queries import QUERIES
from apps.web.views.site import registry_day

_RUNS = 10
# For each state of the sync: the tone of its pill, its word, a sentence.
_STATES: dict[str, tuple[str, Promise, Promise]] = {
    "never": ("wait", _("Not yet loaded"), _("No data have arrived from the registry yet. The first sync is due now.")),
    "running": ("wait", _("Sync running"), _("A sync is under way. What you see is the last complete state.")),
    "ok": ("good", _("Up to date"), _("The last sync ended well.")),
    "stale": ("stop", _("Out of date"), _("No sync has ended well for some time. What you see may be old.")),
    "held": (
        "stop",
        _("Held"),
        _("The last sync brought something unusual and waits for a person. What you see is the state before it."),
    ),
    "failed": ("stop", _("Last sync failed"), _("The last sync did not end well. We try again by ourselves.")),
}
# Records that came from files and not from the registry: a replay, or the sample.
_STORED = ("wait", _("Stored records"), _("What you see comes from stored records. No sync with the registry yet."))
# We have all that the registry publishes, but it has published nothing new for longer than weekends and holidays take.
_REGISTRY_STANDS_STILL = (
    "wait",
    _("Registry data %(days)d days old"),
    _("The last sync ended well, but the registry's own data are %(days)d days old: it has published nothing since."),
)
_REGISTRY_IS_OLD = dt.timedelta(days=7)
_TONES = {"ok": "good", "unchanged": "quiet", "running": "wait", "held": "stop", "failed": "stop"}


@dataclass(slots=True)
class Run:
    """One sync run, ready to print."""

    number: int
    started: str
    kind: str
    state: str
    tone: str
    reason: str
    seen: str
    created: str
    updated: str
    unchanged: str
    left: str
    failed: str
    seconds: str


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    now, runs, counts = freshness(), latest_runs(_RUNS), home_counts()
    tone, word, sentence = _standing(now)
    context = {
        "section": "data",
        "fresh": now,
        "tone": tone,
        "word": word,
        "sentence": sentence,
        "registry_date": registry_day(now.data_timestamp),
        "counts": counts,
        "queries": QUERIES,
        "snapshots": [(item, registry_day(item.told["data_timestamp"] or "")) for item in published()],
        "runs": [_run(run) for run in runs],
        "running": _progress(runs[0]) if runs and runs[0].state == SyncRun.State.RUNNING else "",
        "held": [_run(run) for run in runs if run.state == SyncRun.State.HELD],
        "hours": f"{settings.SYNC_INTERVAL_HOURS:g}",
        "stale_hours": f"{settings.SYNC_STALE_HOURS:g}",
        "loss": round(settings.SYNC_MAX_LOSS * 100),
    }
    return render(request, "web/data.html", context)


def _standing(now: Freshness) -> tuple[str, Promise | str, Promise | str]:
    """Tone, word and sentence for how current the site is."""
    if now.state == "ok" and not now.data_timestamp:
        return _STORED
    age = _age(now.data_timestamp)
    if now.state == "ok" and age > _REGISTRY_IS_OLD:
        tone, word, sentence = _REGISTRY_STANDS_STILL
        return tone, word % {"days": age.days}, sentence % {"days": age.days}
    return _STATES.get(now.state, ("unsure", now.state, ""))


def _age(data_timestamp: str) -> dt.timedelta:
    """How old the registry's data are; its time stamps have no zone and are read as UTC."""
    try:
        stamp = dt.datetime.fromisoformat(data_timestamp)
    except ValueError:
        return dt.timedelta()
    return timezone.now() - (stamp if stamp.tzinfo else stamp.replace(tzinfo=dt.UTC))


def _run(run: SyncRun) -> Run:
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at else None
    return Run(
        number=run.pk,
        started=date_format(run.started_at, "j M Y, H:i") + " UTC",
        kind=run.get_kind_display(),
        state=run.get_state_display(),
        tone=_TONES.get(run.state, "unsure"),
        reason=run.reason,
        seen=_number(run.seen),
        created=_number(run.created),
        updated=_number(run.updated),
        unchanged=_number(run.unchanged),
        left=_number(run.left),
        failed=_number(run.failed),
        seconds=gettext("%(n)s s") % {"n": number_format(seconds, 1)} if seconds is not None else "",
    )


def _progress(run: SyncRun) -> str:
    """How far a run is: "Landing records: 400 received, 35 %"."""
    step = run.get_step_display().capitalize()
    if not run.seen:
        return step
    words = {"step": step, "seen": _number(run.seen), "percent": run.percent}
    if run.step != SyncRun.Step.LAND or not run.percent:
        return gettext("%(step)s: %(seen)s received") % words
    return gettext("%(step)s: %(seen)s received, %(percent)s %%") % words


def _number(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)
