"""The registry's word about each study, as parsed: only a sync writes here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.studies.querysets import StudyQuerySet

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


class RegistryState(models.TextChoices):
    """Where the study stands with respect to our queries at the registry."""

    PRESENT = "present", _("in the registry's answer to our queries")
    LEFT = "left", _("still in the registry, no longer found by our queries")
    MERGED = "merged", _("merged into another record by the registry")
    GONE = "gone", _("no longer in the registry")


def _text(help_text: _StrOrPromise) -> models.TextField[str, str]:
    return models.TextField(blank=True, default="", help_text=help_text)


def _texts(help_text: _StrOrPromise) -> ArrayField[list[str], list[str]]:
    return ArrayField(models.TextField(), default=list, blank=True, help_text=help_text)


def _date(help_text: _StrOrPromise) -> models.CharField[str, str]:
    """A date as the registry writes it: YYYY, YYYY-MM or YYYY-MM-DD."""
    return models.CharField(max_length=32, blank=True, default="", help_text=help_text)


class Study(models.Model):
    """One row a study: the facts that are listed, filtered or compared. The whole record stands in its snapshot."""

    nct_id = models.CharField(max_length=11, primary_key=True, help_text=_("The registry's id, NCT and eight digits."))
    brief_title = _text(_("Short title."))
    official_title = _text(_("Scientific title."))
    acronym = _text(_("Acronym, if the study has one."))
    study_type = _text(_("INTERVENTIONAL, OBSERVATIONAL or EXPANDED_ACCESS."))
    overall_status = _text(_("Recruitment status of the study as a whole."))
    last_known_status = _text(_("Status before the registry set it to UNKNOWN."))
    why_stopped = _text(_("Reason given for stopping early."))
    phases = _texts(_("Phases; two entries mean a combined phase."))
    start_date = _date(_("First person enrolled."))
    primary_completion_date = _date(_("Last data for the primary outcome."))
    completion_date = _date(_("Last data of the study."))
    first_post_date = _date(_("First posted in the registry."))
    results_first_post_date = _date(_("Results first posted."))
    last_update_post_date = _date(_("Last update posted."))
    enrollment = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Number of people; empty when not known.")
    )
    enrollment_type = _text(_("ACTUAL or ESTIMATED."))
    lead_sponsor = _text(_("Name of the lead sponsor."))
    lead_sponsor_class = _text(_("The registry's class of the lead sponsor."))
    collaborators = _texts(_("Names of the collaborators."))
    conditions = _texts(_("Conditions as the record lists them."))
    keywords = _texts(_("Keywords as the record lists them."))
    interventions = _texts(_("Names of the interventions."))
    countries = _texts(_("Countries of the sites, as the registry spells them."))
    primary_outcomes = _texts(_("Measures of the primary outcomes."))
    aliases = _texts(_("Other NCT ids of this study."))
    location_count = models.PositiveIntegerField(default=0, help_text=_("Number of sites listed."))
    has_results = models.BooleanField(default=False, help_text=_("Results are posted in the registry."))

    snapshot_id = models.BigIntegerField(help_text=_("The version of the record that these facts were read from."))
    content_hash = models.CharField(max_length=64, help_text=_("SHA-256 of the normalised record."))
    parser_version = models.PositiveIntegerField(help_text=_("Version of the parser that wrote this row."))
    ruleset_version = models.PositiveIntegerField(help_text=_("Version of the rules that labelled it."))
    terms_version = models.PositiveIntegerField(
        default=0, help_text=_("Of the accepted changes to the terms that it was labelled with; 0: the files alone.")
    )
    registry_state = models.CharField(
        max_length=8,
        choices=RegistryState,
        default=RegistryState.PRESENT,
        help_text=_("Where the study stands at the registry."),
    )
    registry_state_since = models.DateTimeField(help_text=_("When that state was first seen."))
    merged_into = models.CharField(max_length=11, blank=True, default="", help_text=_("The record it was merged into."))
    first_seen_at = models.DateTimeField(help_text=_("When we first had this study."))

    objects = StudyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "studies"
        indexes = [
            # Few records were merged; their history is looked up with every page of the one that survived.
            models.Index("merged_into", condition=~models.Q(merged_into=""), name="study_merged_into"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(nct_id__regex=r"^NCT\d{8}$"), name="study_nct_id_form"),
            models.CheckConstraint(
                condition=models.Q(registry_state="merged") ^ models.Q(merged_into=""), name="study_merged_has_target"
            ),
        ]

    def __str__(self) -> str:
        return self.nct_id
