"""What every page of the desk needs: its frame, and who may have it."""

from __future__ import annotations

from typing import Any

from celery import Task
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from apps.core.workers import GONE_AFTER_MINUTES, worker_seen


def context_of(request: HttpRequest) -> dict[str, Any]:
    """What every page of the desk shows."""
    from apps.desk.site import desk_site

    return desk_site.each_context(request)


def check(request: HttpRequest, permission: str) -> None:
    """403 for whoever has not this permission."""
    if not request.user.has_perm(permission):
        raise PermissionDenied


def no_worker() -> str:
    """A sentence where no worker runs that could take what is asked for; "" where one does, or nobody can tell."""
    if worker_seen() is not False:
        return ""
    if settings.SAMPLE:
        return _("No worker is running: the sample starts none, so what is asked for here stays asked.")
    told = _("No worker is running: none has given a sign for %(n)d minutes. Start one, then ask again.")
    return told % {"n": GONE_AFTER_MINUTES}


def ask_worker(request: HttpRequest, task: Task, *args: Any, away: str, level: int = messages.WARNING) -> bool:
    """Put a task into the queue. Where that cannot be reached the reader is told so, by the sentence `away`."""
    try:
        task.apply_async(args=args, retry=False)
    except OperationalError:
        messages.add_message(request, level, away)
        return False
    return True
