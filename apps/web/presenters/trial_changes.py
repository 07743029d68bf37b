"""What changed in a record, and when we saw it, in plain words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.studies.facts import FIRST_SEEN, REGISTRY_STATE
from apps.studies.models import RegistryState
from apps.vocabulary.countries import country_name
from apps.vocabulary.statuses import phases_label
from apps.web.presenters.words import date_kind, date_words, day, label, line, number, yes_no

# A long text is told by its beginning.
LONGEST = 160


class ChangeLike(Protocol):
    """What is needed of a `StudyChange`: a fact's name, JSON values before and after, when we saw it."""

    field: str
    old: Any
    new: Any
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """One fact that moved. `kind` is "moved", "added" or "removed" for lists, "seen" for the first sight."""

    fact: str
    old: str
    new: str
    added: list[str]
    removed: list[str]


@dataclass(frozen=True, slots=True)
class DayOfChanges:
    day: str
    iso: str
    changes: list[ChangeShown]


_FACTS: Mapping[str, Promise] = {
    "brief_title": gettext_lazy("Title"),
    "official_title": gettext_lazy("Official title"),
    "acronym": gettext_lazy("Acronym"),
    "study_type": gettext_lazy("Kind of study"),
    "overall_status": gettext_lazy("Status"),
    "last_known_status": gettext_lazy("Status before it became unknown"),
    "why_stopped": gettext_lazy("Why it stopped"),
    "phases": gettext_lazy("Phase"),
    "start_date": gettext_lazy("Start"),
    "primary_completion_date": gettext_lazy("Last visit for the main result"),
    "completion_date": gettext_lazy("Last visit of the trial"),
    "first_post_date": gettext_lazy("First posted"),
    "results_first_post_date": gettext_lazy("Results first posted"),
    "last_update_post_date": gettext_lazy("Last update posted"),
    "enrollment": gettext_lazy("People in the trial"),
    "enrollment_type": gettext_lazy("Number of people is"),
    "lead_sponsor": gettext_lazy("Lead sponsor"),
    "lead_sponsor_class": gettext_lazy("Kind of sponsor"),
    "collaborators": gettext_lazy("Collaborators"),
    "conditions": gettext_lazy("Conditions"),
    "keywords": gettext_lazy("Keywords"),
    "interventions": gettext_lazy("Interventions"),
    "countries": gettext_lazy("Countries"),
    "primary_outcomes": gettext_lazy("Main outcomes"),
    "aliases": gettext_lazy("Earlier ids of this record"),
    "location_count": gettext_lazy("Number of sites"),
    "has_results": gettext_lazy("Results posted"),
    REGISTRY_STATE: gettext_lazy("Standing at the registry"),
    FIRST_SEEN: gettext_lazy("First seen by us"),
}
_STATES: Mapping[str, Promise] = {
    RegistryState.PRESENT: gettext_lazy("in the registry's answer to our queries"),
    RegistryState.LEFT: gettext_lazy("still in the registry, no longer found by our queries"),
    RegistryState.MERGED: gettext_lazy("merged into another record by the registry"),
    RegistryState.GONE: gettext_lazy("no longer in the registry"),
}
_WORDS = {
    "overall_status": "status",
    "last_known_status": "status",
    "study_type": "study_type",
    "lead_sponsor_class": "sponsor_class",
}


def days_of_changes(changes: Iterable[ChangeLike]) -> list[DayOfChanges]:
    """Changes by the day (UTC) on which we saw them, in the order given."""
    days: dict[dt.date, list[ChangeShown]] = {}
    for change in changes:
        days.setdefault(change.at.astimezone(dt.UTC).date(), []).append(_shown(change))
    return [DayOfChanges(day(date), date.isoformat(), rows) for date, rows in days.items()]


def _shown(change: ChangeLike) -> ChangeShown:
    name = str(_FACTS.get(change.field) or change.field.replace("_", " ").capitalize())
    if change.field == FIRST_SEEN:
        status = change.new.get("overall_status") if isinstance(change.new, Mapping) else None
        return ChangeShown(name, "", label("status", status), [], [])
    if change.field != "phases" and (isinstance(change.old, list) or isinstance(change.new, list)):
        old, new = list(change.old or ()), list(change.new or ())
        added = [_value(change.field, item) for item in new if item not in old]
        removed = [_value(change.field, item) for item in old if item not in new]
        return ChangeShown(name, "", "" if added or removed else _("in another order"), added, removed)
    nothing = _("not given")
    return ChangeShown(
        name, _value(change.field, change.old) or nothing, _value(change.field, change.new) or nothing, [], []
    )


def _value(field: str, value: Any) -> str:
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, int):
        return number(value)
    if isinstance(value, list):
        return phases_label(value) if field == "phases" else ", ".join(str(item) for item in value)
    text = str(value)
    if field in _WORDS:
        return label(_WORDS[field], text)
    if field == "enrollment_type":
        return date_kind(text)
    if field == "countries":
        return country_name(text)
    if field == REGISTRY_STATE:
        return str(_STATES.get(text) or _("merged into %(id)s") % {"id": text})
    if field.endswith("_date"):
        return date_words(text)
    text = line(text)
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"
