"""Appeals against decisions: they wait at the desk, are answered once, and the answer leaves by e-mail."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.curation.models import Appeal, AuditEntry

ANSWER_LENGTH = 5000

log = logging.getLogger(__name__)


class AlreadyAnswered(Exception):
    """Somebody else has answered meanwhile; `appeal` has their answer."""

    def __init__(self, appeal: Appeal) -> None:
        super().__init__()
        self.appeal = appeal


def number_open() -> int:
    """How many appeals wait for an answer."""
    return Appeal.objects.filter(answered_at=None).count()


@transaction.atomic
def answer(*, appeal_id: int, text: str, by: str) -> Appeal:
    """Give the answer to an appeal; it is sent by `send_answers`.

    Raises Appeal.DoesNotExist, and AlreadyAnswered for one that has its answer.
    """
    appeal = Appeal.objects.select_for_update().get(pk=appeal_id)
    if appeal.answered_at:
        raise AlreadyAnswered(appeal)
    appeal.answer, appeal.answered_by, appeal.answered_at = text, by, timezone.now()
    appeal.save()
    AuditEntry.objects.create(
        by=by, action=AuditEntry.Action.ANSWERED, nct_id=appeal.nct_id, field="appeal", before=appeal.what, after=text
    )
    return appeal


def send_answers() -> int:
    """Send what has been answered and not sent yet, and forget each address; returns how many left.

    One that the mail server does not take stays for the next time.
    """
    sent = 0
    waiting = Appeal.objects.exclude(answered_at=None).exclude(email="").order_by("pk").values_list("pk", flat=True)
    for pk in list(waiting):
        with transaction.atomic():
            appeal = Appeal.objects.select_for_update(skip_locked=True).filter(pk=pk).exclude(email="").first()
            if appeal is None:
                continue
            try:
                _message(appeal).send()
            except (SMTPException, OSError) as error:
                # Of the address nothing is logged.
                log.warning("The answer to appeal %s was not taken: %s", pk, type(error).__name__)
                continue
            appeal.email, appeal.sent_at = "", timezone.now()
            appeal.save(update_fields=["email", "sent_at"])
            sent += 1
    return sent


def _message(appeal: Appeal) -> EmailMessage:
    about = appeal.nct_id or _("a decision")
    parts = [
        _("You wrote to %(site)s about %(about)s:") % {"site": settings.SITE_URL, "about": about},
        "\n".join(f"> {line}" for line in appeal.what.splitlines()),
        _("The answer of the people who look after the site:"),
        appeal.answer,
        _(
            "Your address was kept for this answer alone and is deleted with its sending: to write again, use the form "
            "once more."
        ),
    ]
    return EmailMessage(_("Your appeal about %(about)s") % {"about": about}, "\n\n".join(parts), to=[appeal.email])
