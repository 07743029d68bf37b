"""The shapes of the API, for its description and for the answers themselves.

The serializers describe; the functions beside them make the plain data, which costs a fraction of the time. A test
holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.conf import settings
from rest_framework import serializers

from apps.curation.decisions import Standing
from apps.curation.models import StudyOverride
from apps.curation.selectors import PublishedLabel
from apps.ingest.models import QueryMembership, SyncRun
from apps.search.models import StudyDocument
from apps.search.selectors import Results
from apps.search.snippets import PLACES
from apps.studies.models import Study
from apps.vocabulary.cards import FIELDS, NOTATIONS, CardField
from apps.vocabulary.gate_lines import QUALIFIED
from apps.vocabulary.study_values import REGISTRATIONS

_TEXTS = (
    *("acronym", "study_type", "overall_status", "sponsor", "sponsor_class", "enrollment_type"),
    *("allocation", "masking", "sex"),
)
_DATES = ("start_date", "primary_completion_date", "first_submitted", "first_posted", "last_update_posted")
_AS_THEY_ARE = (
    "nct_id",
    "title",
    "phases",
    "scope",
    "reasons",
    "diseases",
    "cell_types",
    "countries",
    "interventions",
    "conditions",
    "enrollment",
    "location_count",
    "has_results",
    "registration",
    "who_masked",
    "age_groups",
    "publications",
    "fda_drug",
    "fda_device",
    "registry_state",
    "doubts",
    "qualified_limits",
    "decided",
)
_CAUTIONS_TOLD = (
    "Kinds of caution that hold today, of those that the site shows its readers: reasons to ask, no verdict. An empty "
    "list says nothing for a study."
)


def _texts(help_text: str, **more: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), help_text=help_text, **more)


def _text(help_text: str) -> serializers.CharField:
    return serializers.CharField(allow_null=True, help_text=help_text)


def _told(field: CardField) -> str:
    belongs = {"msc": "Of MSC alone. ", "hsc": "Of HSC alone. ", "both": ""}[field.card]
    values = f"Slugs: {', '.join(field.words)}." if field.words else NOTATIONS[field.slug]
    return f"{field.name}. {belongs}{values}"


class Selectable(serializers.Serializer):
    """What `fields` may choose parts of: all is there but what it leaves out."""

    always = "nct_id"

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for name, field in fields.items():
            field.required = name == self.always
        return fields


CardSerializer = type(
    "CardSerializer",
    (Selectable,),
    {"__doc__": "What the record states, field by field; an empty list: not stated in the registry."}
    | {field.slug: _texts(_told(field)) for field in FIELDS},
)


class StudySerializer(Selectable):
    """One study in a list: what is published of it."""

    nct_id = serializers.CharField(help_text="The registry's id.")
    url = serializers.URLField(help_text="The trial's page for people.")
    title = serializers.CharField(help_text="Brief title.")
    acronym = _text("Acronym, where the study has one.")
    study_type = _text("The registry's word: INTERVENTIONAL, OBSERVATIONAL or EXPANDED_ACCESS.")
    overall_status = _text("The registry's word for the study as a whole.")
    phases = _texts("The registry's words; two mean a combined phase, none a study without phases.")
    scope = serializers.ChoiceField(choices=["in_scope", "review", "out"], help_text="Whether the study belongs here.")
    reasons = _texts("Why it has this scope, in sentences.")
    diseases = _texts("Slugs of the diseases that our rules found.")
    cell_types = _texts("Slugs of the kinds of cell that our rules found.")
    countries = _texts("ISO 3166-1 alpha-2 codes of the sites' countries; a name where there is no code.")
    sponsor = _text("Lead sponsor.")
    sponsor_class = _text("The registry's class of the lead sponsor.")
    interventions = _texts("Names of the interventions.")
    conditions = _texts("Conditions as the record lists them.")
    enrollment = serializers.IntegerField(allow_null=True, help_text="People in the trial; null where not known.")
    enrollment_type = _text("ACTUAL or ESTIMATED.")
    location_count = serializers.IntegerField(help_text="Number of sites listed.")
    has_results = serializers.BooleanField(help_text="Results are posted in the registry.")
    start_date = _text("YYYY, YYYY-MM or YYYY-MM-DD, as the record writes it.")
    primary_completion_date = _text("As start_date.")
    first_submitted = _text("Day on which the record was first sent to the registry.")
    first_posted = _text("Day of the first posting in the registry.")
    last_update_posted = _text("Day of the last update posted in the registry.")
    registration = serializers.ChoiceField(
        choices=list(REGISTRATIONS), help_text="first_submitted, seen from start_date; a month leaves days open."
    )
    allocation = _text("The registry's word: RANDOMIZED, NON_RANDOMIZED or NA.")
    masking = _text("The registry's word: NONE, SINGLE, DOUBLE, TRIPLE or QUADRUPLE.")
    who_masked = _texts("The registry's words: PARTICIPANT, CARE_PROVIDER, INVESTIGATOR, OUTCOMES_ASSESSOR.")
    sex = _text("The registry's word for who can join: ALL, FEMALE or MALE.")
    age_groups = _texts("The registry's words for who can join: CHILD, ADULT, OLDER_ADULT.")
    publications = _texts("Types of the references that are no background: RESULT, DERIVED.")
    fda_drug = serializers.BooleanField(allow_null=True, help_text="An FDA-regulated drug; null: not stated.")
    fda_device = serializers.BooleanField(allow_null=True, help_text="An FDA-regulated device; null: not stated.")
    registry_state = serializers.ChoiceField(
        choices=["present", "left", "merged", "gone"], help_text="Where the study stands at the registry."
    )
    card = CardSerializer(help_text="The product or transplant, who can join, what is measured, as our rules read it.")
    doubts = _texts("Fields of the card where our reading may be wrong.")
    qualified_limits = _texts(
        "Limits of who can join that not everybody must meet as they stand: several of which some are enough, or those "
        f"of one group. Null in lists of days before this was told. {QUALIFIED}",
        allow_null=True,
    )
    decided = _texts("Fields in which a curator decided, against the record or our rules.")
    cautions = _texts(_CAUTIONS_TOLD)


class SnippetSerializer(serializers.Serializer):
    """A stretch of a study's texts with the words that were found in it."""

    place = serializers.ChoiceField(choices=list(PLACES), help_text="Which text it is.")
    text = serializers.CharField(help_text="The stretch, as plain text; … where it is cut.")
    marks = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="Where in it the found words stand, from and to, in code points.",
    )


def search_told() -> tuple[serializers.Field, ...]:
    """What answers to a query tell of how it was used: synonyms, those left out, another spelling, notices."""
    return (
        _texts("Synonyms that were searched as well; absent where there are none.", required=False),
        _texts("Synonyms of words under a minus, left out as well.", required=False),
        serializers.CharField(
            required=False, help_text="The nearest spelling, which was searched because nothing has the text as typed."
        ),
        _texts("Sentences, where the query was not used as it came.", required=False),
    )


def day_told() -> serializers.Field:
    """The day for which a query asks, where it names one."""
    return serializers.DateField(
        required=False, help_text="The day as of which this was asked for; absent for the present."
    )


class StudyPageSerializer(serializers.Serializer):
    """One page of a list."""

    count = serializers.IntegerField(help_text="Studies that fit the query, on all pages.")
    next = serializers.URLField(allow_null=True, help_text="Address of the next page.")
    previous = serializers.URLField(allow_null=True, help_text="Address of the page before.")
    results = StudySerializer(many=True)
    also_searched, also_left_out, corrected_query, notices = search_told()
    as_of = day_told()
    snippets = serializers.DictField(
        child=SnippetSerializer(many=True),
        required=False,
        help_text="Where the words of q stand, by NCT id; for the studies of this page, where q is given.",
    )


class EvidenceSerializer(serializers.Serializer):
    """Where in the record a label comes from."""

    path = serializers.CharField(
        help_text="Field of the record, such as protocolSection.conditionsModule.conditions[0]."
    )
    start = serializers.IntegerField(help_text="First code point of the quote in that text.")
    end = serializers.IntegerField(help_text="Code point after the quote.")
    quote = serializers.CharField(help_text="The record's own words.")
    marks = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="Where in that text, from and to, stand the words that the rule read; all within the quote.",
    )


class LabelSerializer(serializers.Serializer):
    """What is published of the study, and why: by our rules, or where `rule` is `curator`, by a curator."""

    scheme = serializers.CharField(
        help_text="What is labelled: scope, disease, cell_type, near_miss, or a field of the card."
    )
    value = serializers.CharField(help_text="The label's slug, or the value of the card's field.")
    rule = serializers.CharField(help_text="Name of the rule.")
    reason = serializers.CharField(help_text="The rule's reason, in a sentence.")
    evidence = EvidenceSerializer(many=True)
    doubtful = serializers.BooleanField(help_text="The reading may be wrong; a person should look.")
    detail = serializers.DictField(allow_null=True, help_text="What the value is made of; null for most.")
    ruleset_version = serializers.IntegerField(
        allow_null=True, help_text="Version of the rules that gave it; null where a curator did."
    )
    terms_version = serializers.IntegerField(
        allow_null=True, help_text="Version of the terms that they knew; null where a curator gave it."
    )


class DecisionSerializer(serializers.Serializer):
    """A curator's decision on a field, against the record or our rules. It is what is published."""

    field = serializers.CharField(help_text="What is decided: a label or a text.")
    values = _texts("The decision; none: not stated.")
    said_then = _texts("What registry and rules said when it was made.")
    said_now = _texts("What they say now.")
    changed_since = serializers.BooleanField(help_text="They have moved since, and a person is looking again.")
    for_good = serializers.BooleanField(help_text="The study is left out whatever they come to say.")
    reason = serializers.CharField(help_text="Why.")
    source = serializers.CharField(help_text="A quote or an address; empty for most.")  # type: ignore[assignment]
    at = serializers.DateTimeField(help_text="When it was decided (UTC).")


class MembershipSerializer(serializers.Serializer):
    """A named query to the registry that finds, or found, the study."""

    query = serializers.CharField(help_text="Name of the query.")
    since = serializers.DateTimeField(help_text="When it first found the study.")
    until = serializers.DateTimeField(allow_null=True, help_text="When it no longer did; null while it does.")


class StudyDetailSerializer(StudySerializer):
    """One study with the evidence for its labels and its whole record."""

    registry_state_since = serializers.DateTimeField(help_text="When that state was first seen.")
    labels = LabelSerializer(many=True)
    decisions = DecisionSerializer(many=True)
    memberships = MembershipSerializer(many=True, help_text="Why the study is here at all.")
    record = serializers.DictField(
        help_text="The record as ClinicalTrials.gov API v2 gives it, without the contacts of persons."
    )


class ProblemErrorSerializer(serializers.Serializer):
    """One parameter that could not be used."""

    parameter = serializers.CharField()
    value = serializers.CharField()
    message = serializers.CharField()
    allowed = serializers.ListField(child=serializers.CharField())
    position = serializers.IntegerField(
        required=False, help_text="Of a search text: the character, from 0, at which reading stopped."
    )


class ProblemSerializer(serializers.Serializer):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ProblemErrorSerializer(many=True, required=False)  # type: ignore[assignment]
    first_day = serializers.DateField(
        required=False, allow_null=True, help_text="Of a day without a list: the first that has one; null for none yet."
    )
    last_day = serializers.DateField(required=False, help_text="Likewise the last: today (UTC).")


def study_data(document: StudyDocument) -> dict[str, Any]:
    """A document as `StudySerializer` describes it. A text that the record lacks is null."""
    data = {name: getattr(document, name) for name in _AS_THEY_ARE}
    for name in (*_TEXTS, *_DATES):
        data[name] = getattr(document, name) or None
    data["card"] = {field.slug: document.card.get(field.slug, []) for field in FIELDS}
    data["cautions"] = list(document.told_cautions)
    data["url"] = f"{settings.SITE_URL.rstrip('/')}/trials/{document.nct_id}/"
    return data


def label_data(label: PublishedLabel) -> dict[str, Any]:
    """As `LabelSerializer` describes it."""
    return {
        "scheme": label.scheme,
        "value": label.value,
        "rule": label.rule,
        "reason": label.reason,
        "evidence": label.evidence,
        "doubtful": label.doubtful,
        "detail": label.detail,
        "ruleset_version": label.ruleset_version,
        "terms_version": label.terms_version,
    }


def decision_data(override: StudyOverride) -> dict[str, Any]:
    """As `DecisionSerializer` describes it. Who decided is told at the desk alone."""
    told = {name: getattr(override, name) for name in ("field", "values", "said_then", "said_now", "reason", "source")}
    return told | {
        "changed_since": override.standing == Standing.REOPENED,
        "for_good": override.standing == Standing.FOR_GOOD,
        "at": override.at,
    }


def search_data(results: Results) -> dict[str, Any]:
    """What `StudyPageSerializer` tells of the query; nothing where there is nothing to tell."""
    told: dict[str, Any] = {
        "as_of": results.query.as_of,
        "also_searched": results.also_searched,
        "also_left_out": results.also_left_out,
        "corrected_query": results.corrected,
        "snippets": {
            nct_id: [{"place": item.place, "text": item.text, "marks": item.marks} for item in snippets]
            for nct_id, snippets in results.snippets.items()
        },
    }
    return {name: value for name, value in told.items() if value}


def study_detail_data(
    document: StudyDocument,
    study: Study,
    labels: Sequence[PublishedLabel],
    overrides: Sequence[StudyOverride],
    memberships: Sequence[QueryMembership],
    record: bytes,
) -> dict[str, Any]:
    """As `StudyDetailSerializer` describes it. `record` is JSON that holds no contacts any more."""
    return study_data(document) | {
        "registry_state_since": study.registry_state_since,
        "labels": [label_data(label) for label in labels],
        "decisions": [decision_data(item) for item in overrides if item.standing != Standing.AGREED],
        "memberships": [{"query": item.query, "since": item.since, "until": item.until} for item in memberships],
        "record": msgspec.Raw(record),
    }


class RunSerializer(serializers.Serializer):
    """One sync run."""

    id = serializers.IntegerField(help_text="Number of the run.")
    kind = serializers.ChoiceField(choices=SyncRun.Kind.values, help_text="What was fetched.")
    state = serializers.ChoiceField(choices=SyncRun.State.values, help_text="How it ended, or running.")
    step = serializers.ChoiceField(choices=SyncRun.Step.values, help_text="How far it came.")
    reason = serializers.CharField(help_text="Why it was held or failed; empty for most.")
    started_at = serializers.DateTimeField(help_text="UTC.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="UTC; null while it runs.")
    data_timestamp = serializers.CharField(
        allow_null=True, help_text="The registry's time stamp; null where it has none."
    )
    parser_version = serializers.IntegerField(help_text="Version of the parser that read the records.")
    ruleset_version = serializers.IntegerField(help_text="Version of the rules that labelled them.")
    terms_version = serializers.IntegerField(
        help_text="Version of the terms that the rules knew: moves when curators accept a word or take one back."
    )
    requests = serializers.IntegerField(help_text="Requests to the registry.")
    seen = serializers.IntegerField(help_text="Records received.")
    created = serializers.IntegerField(help_text="Studies that were new.")
    updated = serializers.IntegerField(help_text="Studies that had changed.")
    unchanged = serializers.IntegerField(help_text="Studies that had not.")
    left = serializers.IntegerField(help_text="Studies that the queries no longer found.")
    failed = serializers.IntegerField(help_text="Records that could not be read.")


class SyncSerializer(serializers.Serializer):
    """How current the data are, and what made them."""

    state = serializers.ChoiceField(
        choices=["never", "running", "ok", "stale", "held", "failed"], help_text="As in /readyz: of the newest run."
    )
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When the last good run ended (UTC).")
    data_timestamp = serializers.CharField(allow_null=True, help_text="The registry's time stamp of that run, in UTC.")
    next_due = serializers.DateTimeField(help_text="When the next run is due; a time that is past means now.")
    published = serializers.IntegerField(help_text="Studies with a document, whatever their scope.")
    dataset_version = serializers.IntegerField(
        help_text="Moves with every publication; the same number means the same data."
    )
    newest_change = serializers.IntegerField(
        help_text="Number of the newest change, to begin with at /api/v1/changes/; 0 before the first."
    )
    parser_version = serializers.IntegerField(help_text="Version of the parser in force.")
    ruleset_version = serializers.IntegerField(help_text="Version of the rules in force.")
    terms_version = serializers.IntegerField(
        help_text="Version of the terms in force: 0 while none was accepted beyond those of the rules."
    )
    runs = RunSerializer(many=True, help_text="The newest ten runs, the newest first.")


_OF_RUN = (
    "kind",
    "state",
    "step",
    "reason",
    "started_at",
    "finished_at",
    "parser_version",
    "ruleset_version",
    "terms_version",
    "requests",
    "seen",
    "created",
    "updated",
    "unchanged",
    "left",
    "failed",
)


def run_data(run: SyncRun) -> dict[str, Any]:
    """As `RunSerializer` describes it: never who let it through."""
    told = {name: getattr(run, name) for name in _OF_RUN}
    return {"id": run.pk, **told, "data_timestamp": run.data_timestamp or None}
