"""The published read model: what site, API and exports show. Only `curation` writes it, through the indexer."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.vocabulary.cautions import CAUTIONS


class Vector(models.Func):
    """A weighted tsvector in the project's own text search configuration (made in the first migration).

    Named by migrations alone: vectors were generated columns once.
    """

    function = "setweight"
    template = "setweight(to_tsvector('trialtracker', %(expressions)s), '%(weight)s')"
    output_field = SearchVectorField()


def _texts() -> ArrayField:
    return ArrayField(models.TextField(), default=list)


# Which texts each vector is made of, under which weight. A new weight needs a migration that makes standing vectors
# anew: the indexer passes over documents whose texts are the same.
VECTORS = {
    # What a study says of itself: for words under a minus, `title:`, and the registry-shaped door.
    "search_vector": {"text_a": "A", "text_b": "B", "text_c": "C", "text_d": "D"},
    # The same with every outcome and who can join: for the words that a reader asks for.
    "whole_vector": {
        "text_a": "A",
        "text_b": "B",
        "text_c": "C",
        "text_d": "C",
        "text_outcomes": "C",
        "text_eligibility": "D",
    },
    # One weight a field, for the search by fields.
    "field_vector": {"text_conditions": "A", "text_interventions": "B", "text_sponsors": "C", "text_outcomes": "D"},
}


class DocumentBase(models.Model):
    """One published study, flat: everything that a list shows, filters, counts or sorts by."""

    title = models.TextField()
    acronym = models.TextField(default="")
    study_type = models.TextField(default="")
    overall_status = models.TextField(default="")
    phases = _texts()
    scope = models.CharField(max_length=8, help_text=_("in_scope, review or out."))
    reasons = models.JSONField(default=list, help_text=_("Sentences: why it has this scope."))
    diseases = _texts()
    cell_types = _texts()
    countries = ArrayField(
        models.TextField(), default=list, help_text=_("ISO 3166 alpha-2; a name that has no code stands as it is.")
    )
    sponsor = models.TextField(default="")
    sponsor_class = models.TextField(default="")
    interventions = _texts()
    conditions = _texts()
    enrollment = models.PositiveIntegerField(null=True)
    enrollment_type = models.TextField(default="")
    location_count = models.PositiveIntegerField(default=0)
    has_results = models.BooleanField(default=False)
    start_date = models.CharField(
        max_length=32, default="", help_text=_("As the registry writes it; a shorter text sorts first.")
    )
    primary_completion_date = models.CharField(max_length=32, default="")
    first_posted = models.CharField(max_length=32, default="")
    last_update_posted = models.CharField(max_length=32, default="")
    first_submitted = models.CharField(
        max_length=32, default="", help_text=_("When the record was first sent to the registry.")
    )
    registration = models.CharField(
        max_length=32, default="cannot-be-told", help_text=_("That day seen from the start of the trial, as a slug.")
    )
    allocation = models.TextField(default="")
    masking = models.TextField(default="")
    who_masked = _texts()
    sex = models.TextField(default="", help_text=_("The registry's word, for studies without a card too."))
    age_groups = _texts()
    publications = ArrayField(
        models.TextField(),
        default=list,
        help_text=_("RESULT, DERIVED: types of the references, without the background."),
    )
    fda_drug = models.BooleanField(null=True, help_text=_("The FDA regulates the drug; empty: not stated."))
    fda_device = models.BooleanField(null=True, help_text=_("The FDA regulates the device; empty: not stated."))
    registry_state = models.CharField(max_length=8, default="present")
    card = models.JSONField(
        default=dict, help_text=_("Field of the card to its values, in order; a field without any is left out.")
    )
    doubts = ArrayField(models.TextField(), default=list, help_text=_("Fields of the card with a doubtful reading."))
    qualified_limits = ArrayField(
        models.TextField(),
        null=True,
        help_text=_(
            "Limits that not everybody must meet as they stand; null in a document from before they were told."
        ),
    )
    decided = ArrayField(
        models.TextField(), default=list, help_text=_("Fields in which a curator says something else than the rules.")
    )
    cautions = models.JSONField(
        default=dict, help_text=_("Kind of caution to the day from which it holds; an empty text: whatever the day.")
    )
    text_a = models.TextField(default="", help_text=_("Titles, ids, acronym."))
    text_b = models.TextField(default="", help_text=_("Conditions, keywords, interventions."))
    text_c = models.TextField(default="", help_text=_("Sponsor, investigators, places, primary outcomes."))
    text_d = models.TextField(default="", help_text=_("Summary, arms, other outcomes."))
    text_conditions = models.TextField(default="", help_text=_("Conditions, keywords, their MeSH terms."))
    text_interventions = models.TextField(default="", help_text=_("Names of interventions, their MeSH terms."))
    text_sponsors = models.TextField(default="", help_text=_("Lead sponsor and collaborators."))
    text_outcomes = models.TextField(default="", help_text=_("All outcomes with their descriptions."))
    text_eligibility = models.TextField(default="", help_text=_("Who can join."))
    published_from = models.DateTimeField(db_default=Now())
    # Made of the texts as `VECTORS` says, by the indexer.
    search_vector = SearchVectorField()
    whole_vector = SearchVectorField()
    field_vector = SearchVectorField()

    class Meta:
        abstract = True


# Whether a study takes people now or soon, for orders in which these come first: 0, else 1.
RECRUITS = models.Case(
    models.When(
        overall_status__in=("RECRUITING", "ENROLLING_BY_INVITATION", "NOT_YET_RECRUITING", "AVAILABLE"),
        then=models.Value(0),
    ),
    default=models.Value(1),
)
# What waits for a curator: `apps.curation.queues` asks by the same conditions, in the order of the indexes.
IN_REVIEW = models.Q(scope="review", registry_state="present")
IN_DOUBT = models.Q(scope__in=["in_scope", "review"]) & ~models.Q(doubts=[])


def _queue_index(name: str, condition: models.Q) -> models.Index:
    """A queue in its order, with what it is narrowed by, so that it is counted without reading the documents."""
    return models.Index(
        RECRUITS,
        models.F("last_update_posted").desc(),
        "nct_id",
        name=name,
        condition=condition,
        include=("diseases", "cell_types", "overall_status"),
    )


class StudyDocument(DocumentBase):
    """The present."""

    # The kinds of caution that readers are told of it, where a list has been asked for: they hang on the day, on which
    # kinds are shown, and on other studies, so they are no column.
    told_cautions: tuple[str, ...] = ()

    nct_id = models.CharField(max_length=11, primary_key=True)

    class Meta:
        indexes = [
            _queue_index("document_in_review", IN_REVIEW),
            _queue_index("document_in_doubt", IN_DOUBT),
            GinIndex(fields=["search_vector"], name="document_search"),
            GinIndex(fields=["whole_vector"], name="document_whole"),
            GinIndex(fields=["field_vector"], name="document_field"),
        ]

    def __str__(self) -> str:
        return self.nct_id


class StudyDocumentPast(DocumentBase):
    """What was published once, with the half-open interval in which it stood."""

    nct_id = models.CharField(max_length=11)
    published_to = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["nct_id", "published_from"], name="past_by_study"),
            GinIndex(fields=["search_vector"], name="past_search"),
            GinIndex(fields=["whole_vector"], name="past_whole"),
            GinIndex(fields=["field_vector"], name="past_field"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(published_from__lt=models.F("published_to")), name="past_interval_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return self.nct_id


class StudySite(models.Model):
    """A site of a published study and where it lies: the centre of its city, as the registry or the gazetteer has it.

    Without contacts. `number` counts the sites of a record from 0, in its own order.
    """

    nct_id = models.CharField(max_length=11)
    number = models.PositiveIntegerField()
    facility = models.TextField(default="")
    city = models.TextField(default="")
    state = models.TextField(default="")
    country = models.TextField(default="", help_text=_("ISO 3166 alpha-2; a name that has no code stands as it is."))
    status = models.TextField(default="", help_text=_("The registry's word for this site; empty: not stated."))
    lat = models.FloatField(null=True, help_text=_("Degrees; empty where the site cannot be placed."))
    lon = models.FloatField(null=True)
    placed = models.CharField(
        max_length=16, default="", help_text=_("From what the position is known: registry, gazetteer or curator.")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["nct_id", "number"], name="site_once_in_a_study"),
            models.CheckConstraint(
                # Comparisons with nothing are neither true nor false, and a constraint lets those pass.
                condition=models.Q(
                    lat__isnull=False,
                    lon__isnull=False,
                    lat__range=(-90, 90),
                    lon__range=(-180, 180),
                    placed__in=("registry", "gazetteer", "curator"),
                )
                | models.Q(lat__isnull=True, lon__isnull=True, placed=""),
                name="site_position_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nct_id} {self.number}"


class CautionKind(models.Model):
    """A kind of caution: whether readers see it. None is shown until two people have said so."""

    slug = models.CharField(max_length=32, primary_key=True, help_text=_("As in apps.vocabulary.cautions."))
    public = models.BooleanField(default=False, help_text=_("Readers see it, on the site, in the API and in exports."))
    switched_by = models.CharField(max_length=254, blank=True, help_text=_("Who last switched it on or off."))
    switched_at = models.DateTimeField(null=True, blank=True, help_text=_("When (UTC)."))
    proposed_by = models.CharField(
        max_length=254,
        blank=True,
        help_text=_("Who wants readers to see it; another person has to confirm."),
    )
    proposed_at = models.DateTimeField(null=True, blank=True, help_text=_("When (UTC)."))

    def __str__(self) -> str:
        return str(CAUTIONS.get(self.slug, self.slug))


class ProtocolPrint(models.Model):
    """What the protocols of one sponsor are compared by; derived from the records."""

    nct_id = models.CharField(max_length=11, primary_key=True)
    sponsor = models.TextField(db_index=True, help_text=_("The lead sponsor's name, normalised."))
    hashes = ArrayField(models.IntegerField(), help_text=_("In order; none: too short a text to compare."))

    def __str__(self) -> str:
        return self.nct_id


class SimilarProtocol(models.Model):
    """Two trials of one sponsor, with nearly the same protocol, and while what time that was so here."""

    first = models.CharField(max_length=11)
    second = models.CharField(max_length=11, db_index=True)
    similarity = models.FloatField(help_text=_("Jaccard similarity of the shingles, as estimated from the prints."))
    since = models.DateTimeField(db_default=Now())
    until = models.DateTimeField(null=True, help_text=_("Empty: it still is so."))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"], condition=models.Q(until=None), name="pair_stands_once"
            ),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="pair_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first} {self.second}"


class Word(models.Model):
    """A word of the published texts, in small letters without accents: what a misspelt one may have meant.

    Words are added with the documents and never taken away.
    """

    word = models.TextField(primary_key=True)

    class Meta:
        indexes = [GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="word_trigrams")]

    def __str__(self) -> str:
        return self.word


class DatasetVersion(models.Model):
    """A single row that moves with every publication; HTTP caching and in-process caches hang on it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(db_default=Now())
    document_version = models.PositiveIntegerField(
        default=0, help_text=_("The DOCUMENT_VERSION that all documents have at least.")
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="dataset_version_single_row")]

    def __str__(self) -> str:
        return str(self.version)
