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

from apps.classification.models import StudyLabel
from apps.ingest.models import QueryMembership
from apps.search.models import StudyDocument
from apps.studies.models import Study
from apps.vocabulary.cards import FIELDS, CardField
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
)

# How the values of a field are written where they are not a closed list.
_NOTATIONS = {
    "product": "Slugs of product names.",
    "dose": "Cells given at one time, as 1e6/kg or 3e7; a range as 1e6-2e6/kg.",
    "administrations": "How often one person is given cells, as 1 or 2-4.",
    "interval": "Days between two of them.",
    "co_treatment": "Slugs of what is given beside the cells.",
    "mobilisation": "Drugs joined by + in alphabetical order, as cyclophosphamide+g-csf.",
    "cd34_dose": "As dose; the least that is wanted as >=2e6/kg.",
    "age": "Years, as 18-65, 18- or -65; months as 6m-.",
    "duration": "Months, as <=36, >=12 or 6-60.",
    "severity": "Measure and what it must be to join, as edss:3-6.5 or das28>3.2.",
    "follow_up": "Months, as 12 or 0.5.",
}


def _texts(help_text: str) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), help_text=help_text)


def _text(help_text: str) -> serializers.CharField:
    return serializers.CharField(allow_null=True, help_text=help_text)


def _told(field: CardField) -> str:
    belongs = {"msc": "Of MSC alone. ", "hsc": "Of HSC alone. ", "both": ""}[field.card]
    values = f"Slugs: {', '.join(field.words)}." if field.words else _NOTATIONS[field.slug]
    return f"{field.name}. {belongs}{values}"


CardSerializer = type(
    "CardSerializer",
    (serializers.Serializer,),
    {"__doc__": "What the record states, field by field; an empty list: not stated in the registry."}
    | {field.slug: _texts(_told(field)) for field in FIELDS},
)


class StudySerializer(serializers.Serializer):
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


class StudyPageSerializer(serializers.Serializer):
    """One page of a list."""

    count = serializers.IntegerField(help_text="Studies that fit the query, on all pages.")
    next = serializers.URLField(allow_null=True, help_text="Address of the next page.")
    previous = serializers.URLField(allow_null=True, help_text="Address of the page before.")
    results = StudySerializer(many=True)
    notices = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Sentences, where the query was not used as it came."
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
    """What our rules say of the study, and why."""

    scheme = serializers.CharField(
        help_text="What is labelled: scope, disease, cell_type, near_miss, or a field of the card."
    )
    value = serializers.CharField(help_text="The label's slug, or the value of the card's field.")
    rule = serializers.CharField(help_text="Name of the rule.")
    reason = serializers.CharField(help_text="The rule's reason, in a sentence.")
    evidence = EvidenceSerializer(many=True)
    doubtful = serializers.BooleanField(help_text="The reading may be wrong; a person should look.")
    detail = serializers.DictField(allow_null=True, help_text="What the value is made of; null for most.")
    ruleset_version = serializers.IntegerField(help_text="Version of the rules that gave it.")


class MembershipSerializer(serializers.Serializer):
    """A named query to the registry that finds, or found, the study."""

    query = serializers.CharField(help_text="Name of the query.")
    since = serializers.DateTimeField(help_text="When it first found the study.")
    until = serializers.DateTimeField(allow_null=True, help_text="When it no longer did; null while it does.")


class StudyDetailSerializer(StudySerializer):
    """One study with the evidence for its labels and its whole record."""

    registry_state_since = serializers.DateTimeField(help_text="When that state was first seen.")
    labels = LabelSerializer(many=True)
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


class ProblemSerializer(serializers.Serializer):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ProblemErrorSerializer(many=True, required=False)  # type: ignore[assignment]


def study_data(document: StudyDocument) -> dict[str, Any]:
    """A document as `StudySerializer` describes it. A text that the record lacks is null."""
    data = {name: getattr(document, name) for name in _AS_THEY_ARE}
    for name in (*_TEXTS, *_DATES):
        data[name] = getattr(document, name) or None
    data["card"] = {field.slug: document.card.get(field.slug, []) for field in FIELDS}
    data["url"] = f"{settings.SITE_URL.rstrip('/')}/trials/{document.nct_id}/"
    return data


def study_detail_data(
    document: StudyDocument,
    study: Study,
    labels: Sequence[StudyLabel],
    memberships: Sequence[QueryMembership],
    record: bytes,
) -> dict[str, Any]:
    """As `StudyDetailSerializer` describes it. `record` is JSON that holds no contacts any more."""
    return study_data(document) | {
        "registry_state_since": study.registry_state_since,
        "labels": [
            {
                "scheme": label.scheme,
                "value": label.value,
                "rule": label.rule,
                "reason": label.reason,
                "evidence": label.evidence,
                "doubtful": label.doubtful,
                "detail": label.detail,
                "ruleset_version": label.ruleset_version,
            }
            for label in labels
        ],
        "memberships": [{"query": item.query, "since": item.since, "until": item.until} for item in memberships],
        "record": msgspec.Raw(record),
    }
