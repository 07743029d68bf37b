"""What people say: curators by their decisions, readers by their reports."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _

from apps.curation.decisions import Standing
from apps.vocabulary.terms import ADD, EXACT, PHRASES, REMOVE


class StudyOverride(models.Model):
    """A curator's decision on one field of one study. Nothing but `apps.curation.services` writes here."""

    nct_id = models.CharField(max_length=11)
    field = models.CharField(max_length=32, help_text=_("What is decided: scope, a field of the card, a text."))
    values = ArrayField(models.TextField(), help_text=_("The decision; empty: not stated."))
    reason = models.TextField(help_text=_("Why, in a sentence; shown to everybody."))
    source = models.TextField(blank=True, help_text=_("A quote or an address."))
    said_then = ArrayField(models.TextField(), help_text=_("What registry and rules said when it was made."))
    said_now = ArrayField(models.TextField(), help_text=_("What they said when the study was last published."))
    standing = models.CharField(max_length=8, choices=[(item.value, item.value) for item in Standing])
    by = models.CharField(max_length=254, help_text=_("Who decided: the name of their account."))
    at = models.DateTimeField(help_text=_("When it was decided (UTC)."))
    moved_at = models.DateTimeField(null=True, blank=True, help_text=_("When registry or rules last moved under it."))
    version = models.BigIntegerField(help_text=_("The entry of the log that made it; moves with each decision."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["nct_id", "field"], name="one_decision_a_field")]
        indexes = [
            models.Index(fields=["-moved_at"], condition=models.Q(standing="reopened"), name="override_reopened"),
        ]

    def __str__(self) -> str:
        return f"{self.nct_id} {self.field}"


class AuditEntry(models.Model):
    """One line of the log: append-only, without foreign keys, held so by the database."""

    class Action(models.TextChoices):
        DECIDED = "decided", _("decided")
        EXCLUDED = "excluded", _("left out for good")
        CLEARED = "cleared", _("taken back")
        REOPENED = "reopened", _("the record moved under the decision")
        AGREED = "agreed", _("the record came to say the same")
        RETURNED = "returned", _("the record says again what it said")
        ANSWERED = "answered", _("an appeal was answered")
        RESTORED = "restored", _("put back as it stood before a batch")
        EXPORTED = "exported", _("the log was taken along")
        SECOND = "second-look", _("a second look, blind")
        PROPOSED = "proposed", _("proposed")
        WITHDRAWN = "withdrawn", _("proposal withdrawn")
        CONFIRMED = "confirmed", _("confirmed by a second person")
        MERGED = "merged", _("two names were merged")
        PARTED = "parted", _("two names were parted again")
        FOLLOWED = "followed", _("asked for by its id")
        UNFOLLOWED = "unfollowed", _("no longer asked for by its id")
        ACCEPTED = "accepted", _("a proposal was accepted")
        DECLINED = "declined", _("a proposal was declined")
        RETIRED = "retired", _("an accepted change was taken back")

    at = models.DateTimeField(db_default=Now())
    by = models.CharField(max_length=254, help_text=_("Account of who did it; empty: the site itself, at a sync."))
    action = models.CharField(max_length=16, choices=Action.choices)
    nct_id = models.CharField(max_length=11)
    field = models.CharField(max_length=32)
    before = models.JSONField(null=True, help_text=_("What was published before."))
    after = models.JSONField(null=True, help_text=_("What is published since."))
    said = models.JSONField(null=True, help_text=_("What registry and rules said."))
    reason = models.TextField(blank=True)
    source = models.TextField(blank=True)
    batch = models.BigIntegerField(null=True, help_text=_("The batch of decisions that it is of; empty: none."))

    class Meta:
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(fields=["nct_id", "-id"], name="audit_by_study"),
            GinIndex(OpClass(Upper("reason"), name="gin_trgm_ops"), name="audit_reason_words"),
            models.Index(fields=["batch"], condition=models.Q(batch__isnull=False), name="audit_by_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.nct_id} {self.field}: {self.action}"


class Batch(models.Model):
    """Several decisions that a curator looks at before they are taken together. Written by `apps.curation.batches`.

    `rows` is what the preview showed, in order, each `{row, nct_id, field, do, values, reason, source, version, kind,
    before, told}`; of rows that were taken also `{entry, stood}`, what undoing needs.
    """

    class State(models.TextChoices):
        PREVIEWED = "previewed", _("to be confirmed")
        APPLIED = "applied", _("taken and published")
        DISCARDED = "discarded", _("thrown away")
        UNDONE = "undone", _("undone")

    told = models.TextField(help_text=_("Where it comes from: the name of a file, or what was asked for."))
    by = models.CharField(max_length=254, help_text=_("Who made it; nobody else confirms it."))
    at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=9, choices=State.choices, default=State.PREVIEWED)
    rows = models.JSONField(help_text=_("Its decisions, as previewed and as taken."))
    counts = models.JSONField(help_text=_("How many rows there are of each kind."))
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=254, blank=True)

    class Meta:
        verbose_name_plural = _("batches")

    def __str__(self) -> str:
        return f"{self.pk}: {self.told}"


class Note(models.Model):
    """What curators tell one another about a study: append-only, held so by the database, never public."""

    nct_id = models.CharField(max_length=11)
    by = models.CharField(max_length=254, help_text=_("Who wrote it: the name of their account."))
    at = models.DateTimeField(db_default=Now())
    text = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["nct_id", "id"], name="note_by_study"),
            GinIndex(OpClass(Upper("text"), name="gin_trgm_ops"), name="note_words"),
        ]

    def __str__(self) -> str:
        return f"{self.nct_id} {self.by}"


class Claim(models.Model):
    """Who is working on a study, so that two do not do the same. Written by `apps.curation.teamwork`."""

    nct_id = models.CharField(max_length=11, primary_key=True)
    by = models.CharField(max_length=254, help_text=_("Who is working on it."))
    given_by = models.CharField(max_length=254, blank=True, help_text=_("Who gave it to them; empty: they took it."))
    at = models.DateTimeField(db_default=Now())
    until = models.DateTimeField(null=True, help_text=_("When it ends without action; empty: it was given, and stays."))

    class Meta:
        indexes = [models.Index(fields=["by"], name="claim_by_curator")]

    def __str__(self) -> str:
        return f"{self.nct_id} {self.by}"


class SecondLook(models.Model):
    """A field of a study that two curators read, the second without seeing what the first decided."""

    nct_id = models.CharField(max_length=11)
    field = models.CharField(max_length=32)
    first_entry = models.BigIntegerField(help_text=_("The entry of the log by which the first decided."))
    first_by = models.CharField(max_length=254)
    first_values = ArrayField(models.TextField())
    first_at = models.DateTimeField(db_default=Now())
    second_by = models.CharField(max_length=254, blank=True, help_text=_("Empty: nobody has looked yet."))
    second_values = ArrayField(models.TextField(), null=True)
    second_reason = models.TextField(blank=True)
    second_at = models.DateTimeField(null=True)
    agreed = models.BooleanField(null=True, help_text=_("Whether both gave exactly the same values."))
    settled_at = models.DateTimeField(null=True, help_text=_("When a disagreement ended by another decision."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["nct_id", "field"], name="one_second_look_a_field")]
        indexes = [
            models.Index(fields=["nct_id"], condition=models.Q(second_at=None), name="second_look_open"),
            models.Index(
                fields=["nct_id"], condition=models.Q(agreed=False, settled_at=None), name="second_look_disagreed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nct_id} {self.field}"


class SavedFilter(models.Model):
    """A queue with filters under a name of a curator's own."""

    by = models.CharField(max_length=254)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=16, help_text=_("The queue."))
    query = models.CharField(max_length=500, help_text=_("Its parameters, as they stand in the address."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by", "name"], name="filter_has_one_name")]

    def __str__(self) -> str:
        return f"{self.by} {self.name}"


class MistakeReport(models.Model):
    """A reader's report on a trial's page. No name, no address, no contact is asked for."""

    nct_id = models.CharField(max_length=11, db_index=True)
    what = models.TextField(help_text=_("What is wrong, in the reader's words."))
    page = models.CharField(max_length=200, blank=True, help_text=_("Which part of the page."))
    at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True, help_text=_("When a curator dealt with it."))

    def __str__(self) -> str:
        return f"{self.nct_id} {self.at:%Y-%m-%d}"


class Appeal(models.Model):
    """Somebody holds a decision for wrong: their reasons, and the answer that they are given.

    The address is for the answer alone: nobody is shown it, and it is taken out once the answer has left.
    """

    nct_id = models.CharField(max_length=11, blank=True, help_text=_("Empty: no trial was named."))
    what = models.TextField(help_text=_("What is wrong and why, in the sender's words."))
    email = models.EmailField(blank=True, help_text=_("Where the answer goes; empty: nowhere, or it has been sent."))
    at = models.DateTimeField(db_default=Now())
    answer = models.TextField(blank=True, help_text=_("What the sender was told."))
    answered_by = models.CharField(max_length=254, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True, help_text=_("Empty: it waits."))
    sent_at = models.DateTimeField(null=True, blank=True, help_text=_("When the answer left by e-mail."))

    def __str__(self) -> str:
        return f"{self.nct_id} {self.at:%Y-%m-%d}".strip()


class Alias(models.Model):
    """A curator holds two names of sponsors, or of products, for one: lists tell both by the second.

    The record's own name stays on the trial's page. Nothing but `apps.curation.services` writes here.
    """

    class Kind(models.TextChoices):
        SPONSOR = "sponsor", _("Lead sponsor")
        PRODUCT = "product", _("Product")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.TextField(help_text=_("The name that is told by another: a sponsor's, or the slug of a product."))
    key = models.TextField(help_text=_("The name without case and further spaces: by it names are the same."))
    told_as = models.TextField(help_text=_("The name by which it is told."))
    reason = models.TextField(help_text=_("Why the two are one, in a sentence; shown to everybody."))
    source = models.TextField(blank=True, help_text=_("A quote or an address."))
    by = models.CharField(max_length=254, help_text=_("Who merged them: the name of their account."))
    at = models.DateTimeField(help_text=_("When (UTC)."))

    class Meta:
        verbose_name_plural = _("aliases")
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="one_alias_a_name")]

    def __str__(self) -> str:
        return f"{self.name}: {self.told_as}"


class SitePlace(models.Model):
    """Where a curator places a site of a study, against registry or gazetteer. It holds while the record names the
    site so. Nothing but `apps.curation.services` writes here.
    """

    nct_id = models.CharField(max_length=11)
    key = models.TextField(help_text=_("The site's name, town, state and country in the record, folded."))
    site = models.TextField(help_text=_("The same as the record wrote it."))
    place = models.TextField(help_text=_("The town, as it is shown."))
    lat = models.FloatField(help_text=_("Degrees."))
    lon = models.FloatField(help_text=_("Degrees."))
    reason = models.TextField(help_text=_("Why, in a sentence; shown to everybody."))
    source = models.TextField(blank=True, help_text=_("A quote or an address."))
    by = models.CharField(max_length=254, help_text=_("Who placed it: the name of their account."))
    at = models.DateTimeField(help_text=_("When (UTC)."))
    version = models.BigIntegerField(help_text=_("The entry of the log that made it; moves with each decision."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["nct_id", "key"], name="one_place_a_site")]

    def __str__(self) -> str:
        return f"{self.nct_id} {self.site}"


class TermProposal(models.Model):
    """A change to the words by which the rules know something: one phrase more, or one less, in one group.

    Accepted, it lies over the files from then on. Nothing but `apps.curation.proposals` writes here.
    """

    class Act(models.TextChoices):
        ADD = ADD, _("add")
        REMOVE = REMOVE, _("take out")

    class Form(models.TextChoices):
        PHRASES = PHRASES, _("phrase: capitals, plurals and hyphens do not matter")
        EXACT = EXACT, _("abbreviation: with these capitals")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("waits for a lead")
        ACCEPTED = "accepted", _("in force")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")
        RETIRED = "retired", _("taken back")

    act = models.CharField(max_length=6, choices=Act.choices)
    group = models.CharField(max_length=80, help_text=_("A group of terms.toml, or file/field.value of card_terms."))
    form = models.CharField(max_length=7, choices=Form.choices)
    phrase = models.CharField(max_length=100)
    reason = models.TextField(help_text=_("Why, in a sentence; shown to everybody once it is in force."))
    source = models.TextField(blank=True, help_text=_("A quote, a trial or an address."))
    by = models.CharField(max_length=254, help_text=_("Who proposed it: the name of their account."))
    at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=9, choices=State.choices, default=State.PROPOSED)
    decided_by = models.CharField(max_length=254, blank=True, help_text=_("Who gave it its state; empty: it waits."))
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["act", "group", "form", "phrase"],
                condition=models.Q(state__in=["proposed", "accepted"]),
                name="one_living_proposal_a_change",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} “{self.phrase}”: {self.group}"
