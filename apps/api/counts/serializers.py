"""The shapes of the counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from apps.api.serializers import day_told, search_told
from apps.search.selectors import Results
from apps.search.sponsors import SponsorCount


class FacetValueSerializer(serializers.Serializer):
    """One value of a filter."""

    value = serializers.CharField(help_text="What the parameter takes.")
    label = serializers.CharField(help_text="Its name.")  # type: ignore[assignment]
    count = serializers.IntegerField(help_text="Studies that fit all the other filters and have this value.")
    selected = serializers.BooleanField(help_text="The query asks for it.")


class FacetSerializer(serializers.Serializer):
    """A filter, with the values that some study has."""

    parameter = serializers.CharField(help_text="Name of the parameter.")
    label = serializers.CharField(help_text="Its name.")  # type: ignore[assignment]
    values = FacetValueSerializer(many=True)


class FacetsSerializer(serializers.Serializer):
    """How many studies a query finds, and how many it would find with one more value."""

    count = serializers.IntegerField(help_text="Studies that fit the query.")
    scopes = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Studies that fit all the filters, by scope, whichever is asked for.",
    )
    facets = FacetSerializer(many=True)
    also_searched, also_left_out, corrected_query, notices = search_told()
    as_of = day_told()


class SponsorSerializer(serializers.Serializer):
    """A lead sponsor, with how many of the studies that the query finds are its own."""

    sponsor = serializers.CharField(help_text="Name, as the registry writes it.")
    sponsor_class = serializers.CharField(allow_null=True, help_text="The registry's class.")
    studies = serializers.IntegerField(help_text="Number of studies.")
    recruiting = serializers.IntegerField(help_text="Of these, how many recruit.")
    msc = serializers.IntegerField(help_text="Of these, how many give mesenchymal cells.")
    hsc = serializers.IntegerField(help_text="Of these, how many transplant hematopoietic cells.")


class SponsorPageSerializer(serializers.Serializer):
    """One page of lead sponsors."""

    count = serializers.IntegerField(help_text="Sponsors on all pages.")
    next = serializers.URLField(allow_null=True, help_text="Address of the next page.")
    previous = serializers.URLField(allow_null=True, help_text="Address of the page before.")
    results = SponsorSerializer(many=True)
    also_searched, also_left_out, corrected_query, notices = search_told()
    as_of = day_told()


def facets_data(results: Results) -> dict[str, Any]:
    return {
        "count": results.count,
        "scopes": dict(results.scope_counts),
        "facets": [
            {
                "parameter": facet.parameter,
                "label": facet.label,
                "values": [
                    {"value": item.value, "label": item.label, "count": item.count, "selected": item.selected}
                    for item in facet.values
                ],
            }
            for facet in results.facets
        ],
    }


def sponsors_data(sponsors: Sequence[SponsorCount]) -> list[dict[str, Any]]:
    return [
        {
            "sponsor": item.sponsor,
            "sponsor_class": item.sponsor_class or None,
            "studies": item.studies,
            "recruiting": item.recruiting,
            "msc": item.msc,
            "hsc": item.hsc,
        }
        for item in sponsors
    ]
