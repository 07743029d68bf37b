"""From a study record to its published document: pure, no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from apps.studies.records import RegistryDate, StudyRecord
from apps.vocabulary.countries import country_code
from apps.vocabulary.study_values import publications, registration_timing

# To be raised when the same record with the same labels becomes another document or other sites: standing ones are then
# rebuilt.
DOCUMENT_VERSION = 6

# Bytes of UTF-8 for each text. PostgreSQL refuses a tsvector over 1 MB; in the worst text (short distinct words and
# compounds) it takes about four bytes for each of these, and the texts of one vector stay under 240,000 together.
TEXT_LIMITS = {
    "text_a": 10_000,
    "text_b": 30_000,
    "text_c": 60_000,
    "text_d": 60_000,
    "text_conditions": 20_000,
    "text_interventions": 20_000,
    "text_sponsors": 20_000,
    "text_outcomes": 45_000,
    "text_eligibility": 25_000,
}


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """One study as it shall be published: the columns of `StudyDocument`, without NUL characters."""

    nct_id: str
    title: str
    scope: str
    acronym: str = ""
    study_type: str = ""
    overall_status: str = ""
    phases: Sequence[str] = ()
    reasons: Sequence[str] = ()
    diseases: Sequence[str] = ()
    cell_types: Sequence[str] = ()
    countries: Sequence[str] = ()
    sponsor: str = ""
    sponsor_class: str = ""
    interventions: Sequence[str] = ()
    conditions: Sequence[str] = ()
    enrollment: int | None = None
    enrollment_type: str = ""
    location_count: int = 0
    has_results: bool = False
    start_date: str = ""
    primary_completion_date: str = ""
    first_posted: str = ""
    last_update_posted: str = ""
    first_submitted: str = ""
    registration: str = "cannot-be-told"
    allocation: str = ""
    masking: str = ""
    who_masked: Sequence[str] = ()
    sex: str = ""
    age_groups: Sequence[str] = ()
    publications: Sequence[str] = ()
    fda_drug: bool | None = None
    fda_device: bool | None = None
    registry_state: str = "present"
    card: Mapping[str, Sequence[str]] = field(default_factory=dict)
    doubts: Sequence[str] = ()
    qualified_limits: Sequence[str] = ()
    decided: Sequence[str] = ()
    cautions: Mapping[str, str] = field(default_factory=dict)
    text_a: str = field(default="", repr=False)
    text_b: str = field(default="", repr=False)
    text_c: str = field(default="", repr=False)
    text_d: str = field(default="", repr=False)
    text_conditions: str = field(default="", repr=False)
    text_interventions: str = field(default="", repr=False)
    text_sponsors: str = field(default="", repr=False)
    text_outcomes: str = field(default="", repr=False)
    text_eligibility: str = field(default="", repr=False)


def build_entry(
    record: StudyRecord,
    *,
    scope: str,
    reasons: Sequence[str] = (),
    diseases: Sequence[str] = (),
    cell_types: Sequence[str] = (),
    registry_state: str = "present",
    card: Mapping[str, Sequence[str]] | None = None,
    doubts: Sequence[str] = (),
    qualified_limits: Sequence[str] = (),
    decided: Sequence[str] = (),
    cautions: Mapping[str, str] | None = None,
    sponsor: str | None = None,
) -> DocumentEntry:
    """The document of a record with its labels. Contacts are personal data and go into no column and no text.

    `sponsor` is the name by which the lead sponsor is told, where that is not the record's; both are searched.
    """
    protocol = record.protocol
    names, status, design = protocol.identification, protocol.status, protocol.design
    arms, sponsors = protocol.arms_interventions, protocol.sponsor_collaborators
    masking, eligibility, oversight = design.design_info.masking_info, protocol.eligibility, protocol.oversight
    first_submitted, start = (status.study_first_submit_date or "")[:32], _date(status.start_date)
    return DocumentEntry(
        nct_id=record.nct_id,
        title=record.title,
        acronym=names.acronym or "",
        study_type=design.study_type or "",
        overall_status=status.overall_status or "",
        phases=_each(design.phases),
        scope=scope,
        reasons=_each(reasons),
        diseases=_each(diseases),
        cell_types=_each(cell_types),
        countries=_countries(record),
        sponsor=sponsor or sponsors.lead_sponsor.name or "",
        sponsor_class=sponsors.lead_sponsor.class_ or "",
        interventions=_each(item.name for item in arms.interventions),
        conditions=_each(protocol.conditions.conditions),
        enrollment=record.enrollment,
        enrollment_type=design.enrollment_info.type or "",
        location_count=len(protocol.contacts_locations.locations),
        has_results=bool(record.has_results),
        start_date=start,
        primary_completion_date=_date(status.primary_completion_date),
        first_posted=_date(status.study_first_post_date),
        last_update_posted=_date(status.last_update_post_date),
        first_submitted=first_submitted,
        registration=registration_timing(first_submitted, start),
        allocation=design.design_info.allocation or "",
        masking=masking.masking or "",
        who_masked=_each(masking.who_masked),
        sex=eligibility.sex or "",
        age_groups=_each(eligibility.std_ages),
        publications=_publications(record),
        fda_drug=oversight.is_fda_regulated_drug,
        fda_device=oversight.is_fda_regulated_device,
        registry_state=registry_state,
        card=card or {},
        doubts=tuple(doubts),
        qualified_limits=tuple(qualified_limits),
        decided=tuple(decided),
        cautions=cautions or {},
        text_a=_text("text_a", _names(record)),
        text_b=_text("text_b", _subjects(record)),
        text_c=_text("text_c", [sponsor, *_people_and_places(record)]),
        text_d=_text("text_d", _descriptions(record)),
        text_conditions=_text("text_conditions", _conditions(record)),
        text_interventions=_text("text_interventions", _interventions(record)),
        text_sponsors=_text("text_sponsors", [sponsor, *_sponsors(record)]),
        text_outcomes=_text("text_outcomes", _outcomes(record)),
        text_eligibility=_text("text_eligibility", [protocol.eligibility.eligibility_criteria]),
    )


def _names(record: StudyRecord) -> Iterator[str | None]:
    names = record.protocol.identification
    yield from (names.brief_title, names.acronym, names.official_title, names.nct_id, *names.nct_id_aliases)
    yield names.org_study_id_info.id
    for other in names.secondary_id_infos:
        yield other.id


def _subjects(record: StudyRecord) -> Iterator[str | None]:
    protocol = record.protocol
    yield from protocol.conditions.conditions
    yield from protocol.conditions.keywords
    for item in protocol.arms_interventions.interventions:
        yield item.name
        yield from item.other_names
    for mesh in (*record.derived.condition_browse.meshes, *record.derived.intervention_browse.meshes):
        yield mesh.term


def _people_and_places(record: StudyRecord) -> Iterator[str | None]:
    protocol = record.protocol
    yield from _sponsors(record)
    for official in protocol.contacts_locations.overall_officials:
        yield official.name
        yield official.affiliation
    for outcome in protocol.outcomes.primary_outcomes:
        yield outcome.measure
    for location in protocol.contacts_locations.locations:
        yield from (location.country, location.city)
    for location in protocol.contacts_locations.locations:
        yield location.facility


def _descriptions(record: StudyRecord) -> Iterator[str | None]:
    protocol = record.protocol
    yield protocol.description.brief_summary
    for item in protocol.arms_interventions.interventions:
        yield item.description
    for arm in protocol.arms_interventions.arm_groups:
        yield from (arm.label, arm.description)
    for outcome in (*protocol.outcomes.secondary_outcomes, *protocol.outcomes.other_outcomes):
        yield outcome.measure


def _conditions(record: StudyRecord) -> Iterator[str | None]:
    yield from record.protocol.conditions.conditions
    yield from record.protocol.conditions.keywords
    for mesh in record.derived.condition_browse.meshes:
        yield mesh.term


def _interventions(record: StudyRecord) -> Iterator[str | None]:
    for item in record.protocol.arms_interventions.interventions:
        yield item.name
        yield from item.other_names
    for mesh in record.derived.intervention_browse.meshes:
        yield mesh.term


def _sponsors(record: StudyRecord) -> Iterator[str | None]:
    sponsors = record.protocol.sponsor_collaborators
    yield sponsors.lead_sponsor.name
    for sponsor in sponsors.collaborators:
        yield sponsor.name


def _outcomes(record: StudyRecord) -> Iterator[str | None]:
    outcomes = record.protocol.outcomes
    for outcome in (*outcomes.primary_outcomes, *outcomes.secondary_outcomes, *outcomes.other_outcomes):
        yield outcome.measure
        yield outcome.description


def _countries(record: StudyRecord) -> tuple[str, ...]:
    named = {location.country for location in record.protocol.contacts_locations.locations if location.country}
    return tuple(sorted({country_code(name) or name for name in named}))


def _publications(record: StudyRecord) -> tuple[str, ...]:
    types = [reference.type or "" for reference in record.protocol.references.references]
    return tuple(kind for kind in publications(types) if kind != "none")


def _text(column: str, parts: Iterable[str | None]) -> str:
    """Each part once, a part a line, cut at the column's limit."""
    text = "\n".join(dict.fromkeys(part for part in parts if part))
    limit = TEXT_LIMITS[column]
    return text if len(text) * 4 <= limit else text.encode()[:limit].decode(errors="ignore")


def _each(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(value for value in values if value)


def _date(value: RegistryDate) -> str:
    return (value.date or "")[:32]
