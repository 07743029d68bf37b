"""Celery's door to the answers that leave by e-mail."""

from __future__ import annotations

from celery import shared_task

from apps.curation import appeals


@shared_task(name="curation.send_answers", expires=600)
def send_answers() -> None:
    """Asked when an appeal is answered and, for those that the mail server did not take, every quarter of an hour."""
    appeals.send_answers()
