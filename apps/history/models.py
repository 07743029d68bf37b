"""What changed, when: append-only, without foreign keys, held so by the database."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class StudyChange(models.Model):
    """One fact of one study that moved. Old and new are JSON values; the first sight of a study is `first_seen`."""

    nct_id = models.CharField(max_length=11)
    field = models.CharField(max_length=64, help_text=_("Name of the fact."))
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    run_id = models.BigIntegerField(help_text=_("The sync run that brought it."))
    at = models.DateTimeField(help_text=_("When we saw it (UTC)."))
    data_timestamp = models.CharField(max_length=32, blank=True, help_text=_("The registry's own time stamp."))

    class Meta:
        indexes = [
            models.Index(fields=["nct_id", "-id"], name="change_by_study"),
            BrinIndex(fields=["at"], name="change_by_time", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.nct_id} {self.field}"
