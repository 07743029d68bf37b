"""Celery's doors to accounts, and how others ask for them."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from apps.accounts import mail, services
from apps.accounts.models import AccountEvent, User

log = logging.getLogger(__name__)

# A mail server that is away for an hour is asked again; nothing else waits for it.
_AGAIN: dict[str, Any] = {"autoretry_for": (OSError,), "max_retries": 6, "retry_backoff": 60, "retry_backoff_max": 1800}


@shared_task(name="accounts.sweep", expires=3600)
def sweep() -> None:
    """Asked every night by beat."""
    services.sweep()


@shared_task(name="accounts.send_event", **_AGAIN)
def send_event(event: int) -> None:
    """A mail about a line of the log of accounts."""
    mail.send_event(AccountEvent.objects.get(pk=event))


@shared_task(name="accounts.send_link", **_AGAIN)
def send_link(user: int) -> None:
    """A mail with a link, which is made here: it never lies in the queue."""
    if found := User.objects.filter(pk=user, is_active=True, is_staff=True).first():
        mail.send_link(found)


def tell(event: AccountEvent | None) -> None:
    """Mail the account's owner about it once it is committed. That the queue is away stops nobody."""
    if event is not None and event.what in mail.MAILED:
        transaction.on_commit(partial(_ask, send_event, event.pk), robust=True)


def mail_link(user: User) -> None:
    """Mail the account's owner a fresh link, likewise."""
    transaction.on_commit(partial(_ask, send_link, user.pk), robust=True)


def _ask(task: Any, pk: int) -> None:
    try:
        task.apply_async((pk,), retry=False)
    except OperationalError as error:
        log.warning("A mail was not asked for, since the queue cannot be reached: %s", error)
