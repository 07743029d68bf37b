"""The Celery application. The schedule, in the settings, asks whether a sync is due and whether a snapshot is."""

from __future__ import annotations

import logging.config
import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialtracker.settings")

app = Celery("trialtracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_the_site_does(**arguments: object) -> None:
    """Celery's own set-up, with its banner and a line for each tick, stays away when this is connected."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
