"""What arrived from the registry, run by run."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class StudySnapshot(models.Model):
    """One version of one record, exactly as received, compressed (zstd). Contacts stay in the newest version alone."""

    nct_id = models.CharField(max_length=11)
    version = models.PositiveIntegerField(help_text=_("1 for the first version that we saw."))
    content_hash = models.CharField(max_length=64, help_text=_("SHA-256 of the normalised record, contacts included."))
    payload = models.BinaryField(help_text=_("The record's JSON, zstd."))
    contacts_removed = models.BooleanField(
        default=False, help_text=_("Personal contacts were taken out when a newer version came.")
    )
    run_id = models.BigIntegerField(help_text=_("The run that landed it."))
    data_timestamp = models.CharField(max_length=32, blank=True, help_text=_("The registry's time stamp then."))
    landed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["nct_id", "version"], name="snapshot_version_once")]
        indexes = [
            models.Index(fields=["nct_id"], condition=models.Q(contacts_removed=False), name="snapshot_with_contacts")
        ]

    def __str__(self) -> str:
        return f"{self.nct_id} v{self.version}"


class SyncRun(models.Model):
    """One run of the corridor: land, gate, process."""

    class Kind(models.TextChoices):
        FULL = "full", _("whole scope")
        SINGLE = "single", _("single studies")
        REPLAY = "replay", _("replay of stored records")
        REPROCESS = "reprocess", _("new parser or rules over stored records")

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        OK = "ok", _("published")
        UNCHANGED = "unchanged", _("nothing new")
        HELD = "held", _("held for a person")
        FAILED = "failed", _("failed")

    class Step(models.TextChoices):
        VERSION = "version", _("asking the registry for its version")
        LAND = "land", _("landing records")
        GATE = "gate", _("checking the totals")
        DEPART = "depart", _("looking up what has left")
        PROCESS = "process", _("publishing")
        DONE = "done", _("done")

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FULL)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    step = models.CharField(max_length=8, choices=Step, default=Step.VERSION)
    reason = models.TextField(blank=True, help_text=_("Why it was held or failed, in a sentence."))
    released_by = models.CharField(max_length=254, blank=True, help_text=_("Who let a held run through."))
    error = models.CharField(max_length=32, blank=True, help_text=_("Kind of failure: blocked, unreachable, ..."))
    started_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    owner = models.CharField(max_length=64, blank=True, help_text=_("Which process holds the run."))
    base_url = models.CharField(max_length=500, blank=True)
    queries_hash = models.CharField(max_length=64, blank=True, help_text=_("Fingerprint of the named queries."))
    parser_version = models.PositiveIntegerField(default=0)
    ruleset_version = models.PositiveIntegerField(default=0)
    terms_version = models.PositiveIntegerField(default=0)
    api_version = models.CharField(max_length=32, blank=True)
    data_timestamp = models.CharField(max_length=32, blank=True, help_text=_("The registry's time stamp, read as UTC."))
    requests = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    percent = models.PositiveSmallIntegerField(default=0, help_text=_("How much of the fetching is done."))
    seen = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    timings = models.JSONField(default=dict, blank=True, help_text=_("Seconds for each step."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="running", finished_at=None)
                | ~models.Q(state="running") & models.Q(finished_at__isnull=False),
                name="run_finished_when_not_running",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} {self.state}"


class LandedStudy(models.Model):
    """The working list of a run: what it brought, and whether it has been processed. Emptied when the run is done."""

    class Verdict(models.TextChoices):
        FOUND = "found", _("found by a query")
        BAD = "bad", _("could not be read")
        LEFT = "left", _("no longer found by any query")
        MERGED = "merged", _("answers under another id")
        GONE = "gone", _("not in the registry any more")

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="landed")
    nct_id = models.CharField(max_length=11)
    snapshot = models.ForeignKey(StudySnapshot, on_delete=models.CASCADE)
    queries = ArrayField(models.CharField(max_length=64), default=list)
    verdict = models.CharField(max_length=8, choices=Verdict, default=Verdict.FOUND)
    merged_into = models.CharField(max_length=11, blank=True, default="")
    processed = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "nct_id"], name="landed_once_per_run")]
        indexes = [
            models.Index(
                fields=["run", "merged_into", "nct_id"], condition=models.Q(processed=False), name="landed_waiting"
            )
        ]

    def __str__(self) -> str:
        return self.nct_id


class QueryMembership(models.Model):
    """Which named query found which study, from when to when: the answer to "why is this study here?"."""

    nct_id = models.CharField(max_length=11)
    query = models.CharField(max_length=64)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["nct_id"], name="membership_by_study")]
        constraints = [
            models.UniqueConstraint(
                fields=["nct_id", "query"], condition=models.Q(until=None), name="membership_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nct_id} {self.query}"


class IngestIssue(models.Model):
    """One record that could not be taken in, or something in a record that we did not know."""

    class Severity(models.TextChoices):
        ERROR = "error", _("the record was left out")
        NOTICE = "notice", _("kept as it is; worth a look")

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="issues")
    nct_id = models.CharField(max_length=32, blank=True)
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.ERROR)
    path = models.CharField(max_length=500, blank=True)
    value = models.TextField(blank=True, help_text=_("The value met, cut at 500 characters."))
    reason = models.TextField()
    count = models.PositiveIntegerField(default=1, help_text=_("Notices of one kind are counted, not repeated."))
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "run", "path", "value", condition=models.Q(severity="notice"), name="notice_once_per_run"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nct_id} {self.path}: {self.reason}"


class Rehearsal(models.Model):
    """What would move: stored records under terms that are proposed, or under the rules as they are.

    Nothing is published by it. One for each proposal: asking again takes its place. Written by
    `apps.ingest.rehearsing`.
    """

    proposal = models.BigIntegerField(unique=True, help_text=_("Of the terms; 0: the rules and terms as they are."))
    by = models.CharField(max_length=254, help_text=_("Who asked for it."))
    asked_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0, help_text=_("Studies looked at."))
    of = models.PositiveIntegerField(default=0, help_text=_("Studies to look at."))
    parser_version = models.PositiveIntegerField(default=0)
    ruleset_version = models.PositiveIntegerField(default=0)
    terms_version = models.PositiveIntegerField(default=0, help_text=_("Of the terms in force then."))
    dataset_version = models.BigIntegerField(default=0, help_text=_("Of what was published then."))
    moved = models.JSONField(default=list, help_text=_("A list of {nct_id, title, moves: [{field, before, now}]}."))
    summary = models.JSONField(default=list, help_text=_("A list of [field, [[kind of move, studies], ...]]."))
    unread = models.JSONField(default=list, help_text=_("NCT ids of records that the rules could not take."))
    error = models.TextField(blank=True, help_text=_("Why it ended without an answer, in a sentence."))

    def __str__(self) -> str:
        return f"rehearsal of {self.proposal}"


class RequestedStudy(models.Model):
    """A study asked for by its NCT id, beside what the queries find: fetched at each sync."""

    nct_id = models.CharField(max_length=11, primary_key=True)
    at = models.DateTimeField(db_default=Now())
    by = models.CharField(max_length=254, blank=True, help_text=_("Who asked for it; empty: the command."))
    reason = models.TextField(blank=True, help_text=_("Why, in a sentence."))

    def __str__(self) -> str:
        return self.nct_id
