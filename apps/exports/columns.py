"""The columns of every table that leaves the site: CSV, XLSX, JSON Lines, Parquet and the monthly snapshot.

This is their one definition: names are public, in this order everywhere, and the data dictionary is made from it. A
new column goes where it belongs; none is renamed. Every column is read from the published document, so that a list of
a day in the past has the values of that day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.search.models import StudyDocument
from apps.studies.models import RegistryState
from apps.vocabulary.card_values import NOT_STATED
from apps.vocabulary.cards import FIELDS, NOTATIONS, SEXES, CardField
from apps.vocabulary.cautions import CAUTIONS
from apps.vocabulary.gate_lines import QUALIFIED
from apps.vocabulary.statuses import DATE_TYPES, PHASES, SPONSOR_CLASSES, STATUSES, STUDY_TYPES
from apps.vocabulary.study_values import AGE_GROUPS, ALLOCATIONS, MASKINGS, PUBLICATIONS, REGISTRATIONS, WHO_MASKED
from apps.vocabulary.taxonomy import CELL_TYPES, DISEASES, SCOPES

# "time" is a moment as text, in UTC: 2026-03-01T09:30:00Z. None stands for a value that is not there.
Kind = Literal["text", "integer", "boolean", "list", "time"]
Value = str | int | bool | list[str] | None

REGISTRY_PAGE = "https://clinicaltrials.gov/study/"


@dataclass(frozen=True)
class Column:
    """A column. `origin` says where its values come from: a field of the registry's record, or our rules.

    `values` names those of a closed list.
    """

    name: str
    kind: Kind
    description: str | Promise
    origin: str | Promise
    read: Callable[[StudyDocument], Value]
    values: Mapping[str, Any] = field(default_factory=dict)


def _as_it_is(name: str) -> Callable[[StudyDocument], Value]:
    return lambda document: getattr(document, name)


def _text(name: str) -> Callable[[StudyDocument], Value]:
    return lambda document: getattr(document, name) or None


def _of_card(slug: str) -> Callable[[StudyDocument], Value]:
    return lambda document: document.card.get(slug, [])


def _stated(words: Mapping[str, Promise]) -> dict[str, Promise]:
    return {word: name for word, name in words.items() if word != NOT_STATED}


def _of_site(document: StudyDocument) -> str:
    return f"{settings.SITE_URL.rstrip('/')}/trials/{document.nct_id}/"


def _of_registry(document: StudyDocument) -> str:
    return REGISTRY_PAGE + document.nct_id


def moment(time: dt.datetime) -> str:
    """2026-03-01T09:30:00Z."""
    return time.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_KINDS = {"msc": _("Of trials of MSC alone."), "hsc": _("Of trials of HSC alone."), "both": ""}
_RULES = _("Our rules, with the record's own words as evidence on the trial's page and in the API.")
_OURS = _("Our own.")
_CURATORS = _("Our curators; each decision with its reason stands on the trial's page.")
_PROTOCOL = "protocolSection."
_DATE = _("YYYY, YYYY-MM or YYYY-MM-DD, as exactly as the record says.")


def _card_column(item: CardField) -> Column:
    told = item.name if item.words else format_lazy("{}: {}", item.name, NOTATIONS[item.slug])
    return Column(
        item.slug,
        "list",
        format_lazy("{}{} {}", told, "." if item.words else "", _KINDS[item.card]),
        _RULES,
        _of_card(item.slug),
        item.words,
    )


# Fields of the card that the registry states of any record: they stand with its other words.
_OF_ANY_RECORD = frozenset({"sex"})

COLUMNS: tuple[Column, ...] = (
    Column(
        "nct_id",
        "text",
        _("The registry's id."),
        f"{_PROTOCOL}identificationModule.nctId",
        _as_it_is("nct_id"),
    ),
    Column(
        "title",
        "text",
        _("Brief title; the official one where there is none."),
        f"{_PROTOCOL}identificationModule.briefTitle",
        _as_it_is("title"),
    ),
    Column(
        "acronym",
        "text",
        _("Acronym, where the study has one."),
        f"{_PROTOCOL}identificationModule.acronym",
        _text("acronym"),
    ),
    Column(
        "scope",
        "text",
        _("Whether the study belongs in this collection."),
        _RULES,
        _as_it_is("scope"),
        {item.slug: item.plain for item in SCOPES},
    ),
    Column("reasons", "list", _("Why it has this scope, in sentences."), _RULES, _as_it_is("reasons")),
    Column(
        "diseases",
        "list",
        _("Diseases that the study is about, of the four that we follow."),
        _RULES,
        _as_it_is("diseases"),
        {item.slug: item.name for item in DISEASES},
    ),
    Column(
        "cell_types",
        "list",
        _("Kinds of cell therapy: infusion of MSC, transplantation of HSC. They are different things."),
        _RULES,
        _as_it_is("cell_types"),
        {item.slug: item.name for item in CELL_TYPES},
    ),
    Column(
        "overall_status",
        "text",
        _("Status of the study as a whole."),
        f"{_PROTOCOL}statusModule.overallStatus",
        _text("overall_status"),
        {item.word: item.label for item in STATUSES},
    ),
    Column(
        "study_type",
        "text",
        _("Kind of study."),
        f"{_PROTOCOL}designModule.studyType",
        _text("study_type"),
        STUDY_TYPES,
    ),
    Column(
        "phases",
        "list",
        _("Phases. Two are one combined phase; none is a study without phases."),
        f"{_PROTOCOL}designModule.phases",
        _as_it_is("phases"),
        PHASES,
    ),
    Column(
        "conditions",
        "list",
        _("Conditions as the record lists them."),
        f"{_PROTOCOL}conditionsModule.conditions",
        _as_it_is("conditions"),
    ),
    Column(
        "interventions",
        "list",
        _("Names of the interventions."),
        f"{_PROTOCOL}armsInterventionsModule.interventions[].name",
        _as_it_is("interventions"),
    ),
    *(_card_column(item) for item in FIELDS if item.slug not in _OF_ANY_RECORD),
    Column(
        "doubts",
        "list",
        _("Columns of the card where our reading may be wrong: look at the record."),
        _RULES,
        _as_it_is("doubts"),
    ),
    Column(
        "qualified_limits",
        "list",
        format_lazy(
            "{} {}",
            _(
                "Limits of who can join that not everybody must meet as they stand: several of which some are enough, "
                "or those of one group. All others bind everybody; forms of a disease always stand for each other. "
                "Empty in lists of days before this column was."
            ),
            QUALIFIED,
        ),
        _RULES,
        _as_it_is("qualified_limits"),
    ),
    Column(
        "decided",
        "list",
        _("Fields in which a curator decided, against the record or our rules."),
        _CURATORS,
        _as_it_is("decided"),
    ),
    Column(
        "cautions",
        "list",
        _(
            "Kinds of caution that held on the day of the file, of those that the site shows its readers. They are "
            "reasons to ask and no verdict, and an empty list says nothing for a study."
        ),
        _RULES,
        lambda document: list(document.told_cautions),
        CAUTIONS,
    ),
    Column(
        "enrollment",
        "integer",
        _("People in the study; empty where the registry does not know."),
        f"{_PROTOCOL}designModule.enrollmentInfo.count",
        _as_it_is("enrollment"),
    ),
    Column(
        "enrollment_type",
        "text",
        _("Whether that number is counted or planned."),
        f"{_PROTOCOL}designModule.enrollmentInfo.type",
        _text("enrollment_type"),
        DATE_TYPES,
    ),
    Column(
        "sponsor",
        "text",
        _("Lead sponsor."),
        f"{_PROTOCOL}sponsorCollaboratorsModule.leadSponsor.name",
        _text("sponsor"),
    ),
    Column(
        "sponsor_class",
        "text",
        _("The registry's class of the lead sponsor."),
        f"{_PROTOCOL}sponsorCollaboratorsModule.leadSponsor.class",
        _text("sponsor_class"),
        SPONSOR_CLASSES,
    ),
    Column(
        "countries",
        "list",
        _("Countries of the places, as ISO 3166-1 alpha-2; a former country that has no code stands with its name."),
        f"{_PROTOCOL}contactsLocationsModule.locations[].country",
        _as_it_is("countries"),
    ),
    Column(
        "location_count",
        "integer",
        _("Number of places listed."),
        f"{_PROTOCOL}contactsLocationsModule.locations",
        _as_it_is("location_count"),
    ),
    Column(
        "start_date",
        "text",
        format_lazy("{} {}", _("When the first person joined, or is to join."), _DATE),
        f"{_PROTOCOL}statusModule.startDateStruct.date",
        _text("start_date"),
    ),
    Column(
        "primary_completion_date",
        "text",
        format_lazy("{} {}", _("Last data for the primary outcome, reached or planned."), _DATE),
        f"{_PROTOCOL}statusModule.primaryCompletionDateStruct.date",
        _text("primary_completion_date"),
    ),
    Column(
        "first_posted",
        "text",
        _("Day of the first posting in the registry."),
        f"{_PROTOCOL}statusModule.studyFirstPostDateStruct.date",
        _text("first_posted"),
    ),
    Column(
        "last_update_posted",
        "text",
        _("Day of the last update posted in the registry."),
        f"{_PROTOCOL}statusModule.lastUpdatePostDateStruct.date",
        _text("last_update_posted"),
    ),
    Column(
        "first_submitted",
        "text",
        _("Day on which the record was first sent to the registry."),
        f"{_PROTOCOL}statusModule.studyFirstSubmitDate",
        _text("first_submitted"),
    ),
    Column(
        "registration",
        "text",
        _("First sending of the record, seen from the start of the study."),
        _("Compared by us, with the registry's dates."),
        _text("registration"),
        REGISTRATIONS,
    ),
    Column(
        "allocation",
        "text",
        _("How people come into the groups."),
        f"{_PROTOCOL}designModule.designInfo.allocation",
        _text("allocation"),
        _stated(ALLOCATIONS),
    ),
    Column(
        "masking",
        "text",
        _("How many sides do not know who gets what."),
        f"{_PROTOCOL}designModule.designInfo.maskingInfo.masking",
        _text("masking"),
        _stated(MASKINGS),
    ),
    Column(
        "who_masked",
        "list",
        _("Who does not know."),
        f"{_PROTOCOL}designModule.designInfo.maskingInfo.whoMasked",
        _as_it_is("who_masked"),
        _stated(WHO_MASKED),
    ),
    Column(
        "sex",
        "text",
        _("Whose sex lets them join."),
        f"{_PROTOCOL}eligibilityModule.sex",
        _text("sex"),
        {"ALL": SEXES["all"], "FEMALE": SEXES["female"], "MALE": SEXES["male"]},
    ),
    Column(
        "age_groups",
        "list",
        _("The registry's age groups."),
        f"{_PROTOCOL}eligibilityModule.stdAges",
        _as_it_is("age_groups"),
        _stated(AGE_GROUPS),
    ),
    Column(
        "publications",
        "list",
        _("Kinds of publication that the record links; background is not counted."),
        f"{_PROTOCOL}referencesModule.references[].type",
        _as_it_is("publications"),
        {word: name for word, name in PUBLICATIONS.items() if word != "none"},
    ),
    Column(
        "fda_drug",
        "boolean",
        _("Whether a drug or biological product regulated by the U.S. FDA is studied; empty where not stated."),
        f"{_PROTOCOL}oversightModule.isFdaRegulatedDrug",
        _as_it_is("fda_drug"),
    ),
    Column(
        "fda_device",
        "boolean",
        _("Whether a device regulated by the U.S. FDA is studied; empty where not stated."),
        f"{_PROTOCOL}oversightModule.isFdaRegulatedDevice",
        _as_it_is("fda_device"),
    ),
    Column("has_results", "boolean", _("Results are posted in the registry."), "hasResults", _as_it_is("has_results")),
    Column(
        "registry_state",
        "text",
        _("Where the record stands with respect to our queries at the registry."),
        _OURS,
        _as_it_is("registry_state"),
        {str(state.value): state.label for state in RegistryState},
    ),
    Column(
        "published_at",
        "time",
        _("Since when this row stands here as it is (UTC)."),
        _OURS,
        lambda document: moment(document.published_from),
    ),
    Column("url", "text", _("The trial's page here."), _OURS, _of_site),
    Column("registry_url", "text", _("The record in the registry."), _OURS, _of_registry),
)
NAMES: tuple[str, ...] = tuple(column.name for column in COLUMNS)
_READERS = tuple(column.read for column in COLUMNS)

Row = list[Value]


def row_of(document: StudyDocument) -> Row:
    """The values of a document, in the order of `COLUMNS`."""
    return [read(document) for read in _READERS]


def rows_of(batches: Iterator[Sequence[StudyDocument]]) -> Iterator[list[Row]]:
    """The same for a stream of documents, batch by batch."""
    for batch in batches:
        yield [row_of(document) for document in batch]
