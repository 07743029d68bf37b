"""What people tell us. Overrides and aliases move in when the curators' desk is built."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class MistakeReport(models.Model):
    """A reader's report on a trial's page. No name, no address, no contact is asked for."""

    nct_id = models.CharField(max_length=11, db_index=True)
    what = models.TextField(help_text=_("What is wrong, in the reader's words."))
    page = models.CharField(max_length=200, blank=True, help_text=_("Which part of the page."))
    at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True, help_text=_("When a curator dealt with it."))

    def __str__(self) -> str:
        return f"{self.nct_id} {self.at:%Y-%m-%d}"
