"""The Celery application. The schedule, in the settings, asks whether a sync is due and whether a snapshot is."""

from __future__ import annotations

import logging.config
import os

from celery import Celery
from celery.signals import heartbeat_sent, setup_logging

from apps.core.workers import Sign

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialtracker.settings")

app = Celery("trialtracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Held by name: signals keep no receiver alive.
leave_sign = Sign()
heartbeat_sent.connect(leave_sign)


@setup_logging.connect
def log_as_the_site_does(**arguments: object) -> None:
    """Celery's own set-up, with its banner and a line for each tick, stays away when this is connected."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
