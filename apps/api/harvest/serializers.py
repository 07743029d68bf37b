"""The shapes of the harvest, and the plain data in them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.api.serializers import LabelSerializer, Selectable, label_data, search_told
from apps.classification.models import StudyLabel
from apps.curation.selectors import PublishedLabel
from apps.history.models import StudyChange
from apps.studies.texts import value_at


@extend_schema_field({"type": ["string", "array", "integer", "boolean", "object", "null"]})
class AnyValue(serializers.JSONField):
    """A fact's value, as its kind has it."""


class ChangeSerializer(serializers.Serializer):
    """One fact of one study that moved."""

    id = serializers.IntegerField(help_text="Number of the change; later ones have higher numbers, with gaps.")
    nct_id = serializers.CharField(help_text="The study's id at that time.")
    field = serializers.CharField(help_text="Name of the fact; first_seen for a study that was new to us.")
    old = AnyValue(help_text="Value before: text, list of texts, number, truth, object or null.")
    new = AnyValue(help_text="Value since.")
    at = serializers.DateTimeField(help_text="When we saw it (UTC).")
    data_timestamp = serializers.CharField(
        allow_null=True, help_text="The registry's own time stamp; null for stored records."
    )
    run = serializers.IntegerField(help_text="The sync run that brought it.")


class ChangePageSerializer(serializers.Serializer):
    """Changes in the order in which they were seen."""

    next = serializers.URLField(allow_null=True, help_text="Address of the next page; null where no more is there now.")
    cursor = serializers.IntegerField(help_text="Where to go on next time: the last change that was given.")
    results = ChangeSerializer(many=True)


class LabelOfStudySerializer(Selectable, LabelSerializer):
    """A label with the study that has it."""

    nct_id = serializers.CharField(help_text="The study's id.")


class LabelPageSerializer(serializers.Serializer):
    """Labels by study, scheme, value and rule."""

    next = serializers.URLField(allow_null=True, help_text="Address of the next page; null on the last one.")
    results = LabelOfStudySerializer(many=True)
    also_searched, also_left_out, corrected_query, notices = search_told()


class QuoteSerializer(serializers.Serializer):
    """Words of a passage, and the label that rests on them."""

    start = serializers.IntegerField(help_text="First code point of the quote in the text.")
    end = serializers.IntegerField(help_text="Code point after the quote.")
    quote = serializers.CharField(help_text="The record's own words.")
    marks = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="Where in the text, from and to, stand the words that the rule read.",
    )
    scheme = serializers.CharField(help_text="What is labelled.")
    value = serializers.CharField(help_text="The label's value.")
    rule = serializers.CharField(help_text="Name of the rule.")
    doubtful = serializers.BooleanField(help_text="The reading may be wrong.")


class PassageSerializer(serializers.Serializer):
    """A text of the record that labels rest on."""

    path = serializers.CharField(help_text="Where it stands in the record.")
    text = serializers.CharField(allow_null=True, help_text="The whole text; null where the record has it no more.")
    quotes = QuoteSerializer(many=True)


class EvidenceOfStudySerializer(serializers.Serializer):
    """What a study's labels rest on, text by text. Labels without a quote are in the study's own answer alone."""

    nct_id = serializers.CharField(help_text="The study's id.")
    passages = PassageSerializer(many=True)


def change_data(change: StudyChange) -> dict[str, Any]:
    return {
        "id": change.pk,
        "nct_id": change.nct_id,
        "field": change.field,
        "old": change.old,
        "new": change.new,
        "at": change.at,
        "data_timestamp": change.data_timestamp or None,
        "run": change.run_id,
    }


def label_of_study_data(label: StudyLabel) -> dict[str, Any]:
    return {"nct_id": label.study_id, **label_data(label)}


def evidence_data(nct_id: str, labels: Sequence[PublishedLabel], record: bytes) -> dict[str, Any]:
    """`record` is JSON that holds no contacts any more."""
    tree = json.loads(record)
    quotes: dict[str, list[dict[str, Any]]] = {}
    for label in labels:
        of_label = {"scheme": label.scheme, "value": label.value, "rule": label.rule, "doubtful": label.doubtful}
        for item in label.evidence:
            told = {name: item.get(name, []) for name in ("start", "end", "quote", "marks")}
            quotes.setdefault(item["path"], []).append(told | of_label)
    passages = [{"path": path, "text": _text(tree, path), "quotes": found} for path, found in quotes.items()]
    return {"nct_id": nct_id, "passages": passages}


def _text(tree: Mapping[str, Any], path: str) -> str | None:
    try:
        return value_at(tree, path)
    except (LookupError, ValueError):
        return None
