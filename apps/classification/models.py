"""What the rules said of each study, with the registry's sentence for each label."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class StudyLabel(models.Model):
    """One label of one study. Only the rules write here; a curator's word stands elsewhere."""

    study = models.ForeignKey("studies.Study", on_delete=models.CASCADE, related_name="labels")
    scheme = models.CharField(max_length=32, help_text=_("What is labelled: scope, disease, cell_type, ..."))
    value = models.CharField(max_length=64, help_text=_("The label's slug."))
    rule = models.CharField(max_length=64, help_text=_("Name of the rule that gave it."))
    reason = models.TextField(help_text=_("The rule's reason, in a sentence."))
    evidence = models.JSONField(
        default=list, help_text=_("List of {path, start, end, quote, marks}; offsets count code points.")
    )
    doubtful = models.BooleanField(default=False, help_text=_("The reading may be wrong; a person should look."))
    detail = models.JSONField(null=True, help_text=_("What the value is made of, by scheme; null for most."))
    ruleset_version = models.PositiveIntegerField()
    terms_version = models.PositiveIntegerField(
        default=0, help_text=_("Of the accepted changes to the terms; 0: the files alone.")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "scheme", "value", "rule"], name="label_once_per_rule"),
        ]

    def __str__(self) -> str:
        return f"{self.study_id} {self.scheme}={self.value}"
