"""One study as the registry tells it: frozen, typed, nothing left out.

The shapes follow the registry's own description of its API (ClinicalTrials.gov API v2, OpenAPI document of version
2.0.5). A module that a record lacks is an empty one here, so readers never check for None on the way down; a value that
it lacks is None or (). Words from a closed list stay text: a word that the registry adds tomorrow is kept, and reported
by the parser.

Dates are `RegistryDate`: the text as written, its precision, and ACTUAL or ESTIMATED where the registry says so.

Two kinds of mark hang on the types, for `apps.ctgov.parser.oddities` alone, and are never enforced: `Words` names the
closed list that a word should come from, `DateText` says which dates a text should be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import field

from apps.core.dates import PartialDate

# The registry writes this number where the enrolment is not known.
ENROLLMENT_UNKNOWN = 99999999

# What the registry accepts as an id, padded or in lower case included (its own pattern, in ASCII digits).
_NCT_ID = re.compile(r"[Nn][Cc][Tt]0*([1-9][0-9]{0,7})")


def normalise_nct_id(text: str) -> str:
    """`nct1234567` and ` NCT0001234567 ` become `NCT01234567`; ValueError says what was wrong with anything else."""
    match = _NCT_ID.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text[:60]!r} is not an NCT id: NCT and up to eight digits")
    return f"NCT{int(match[1]):08d}"


@dataclass(frozen=True)
class Words:
    """A closed list of the registry's, for reporting words outside it; never enforced."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class DateText:
    """The dates that a text should hold, as a pattern and in words; for reporting, never enforced."""

    pattern: str
    form: str


_YEAR = r"(?!0000)[0-9]{4}"
_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    rf"(?:{_YEAR}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    rf"|{_LEAP_YEAR}-02-29)"
)
_PARTIAL = rf"(?:{_DAY}|{_YEAR}(?:-(?:0[1-9]|1[0-2]))?)"
PartialDateText = Annotated[str, DateText(rf"^{_PARTIAL}$", "YYYY, YYYY-MM or YYYY-MM-DD")]
DateMinuteText = Annotated[str, DateText(rf"^{_PARTIAL}(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9])?$", "YYYY-MM-DDThh:mm")]


class Part(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A piece of a study record."""

    def __bool__(self) -> bool:
        """False for a module or structure that the record lacks or leaves empty."""
        return self != type(self)()


Status = Words(
    "Status",
    (
        "ACTIVE_NOT_RECRUITING",
        "COMPLETED",
        "ENROLLING_BY_INVITATION",
        "NOT_YET_RECRUITING",
        "RECRUITING",
        "SUSPENDED",
        "TERMINATED",
        "WITHDRAWN",
        "AVAILABLE",
        "NO_LONGER_AVAILABLE",
        "TEMPORARILY_NOT_AVAILABLE",
        "APPROVED_FOR_MARKETING",
        "WITHHELD",
        "UNKNOWN",
    ),
)
StudyType = Words("StudyType", ("EXPANDED_ACCESS", "INTERVENTIONAL", "OBSERVATIONAL"))
Phase = Words("Phase", ("NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4"))
Sex = Words("Sex", ("FEMALE", "MALE", "ALL"))
StandardAge = Words("StandardAge", ("CHILD", "ADULT", "OLDER_ADULT"))
SamplingMethod = Words("SamplingMethod", ("PROBABILITY_SAMPLE", "NON_PROBABILITY_SAMPLE"))
IpdSharing = Words("IpdSharing", ("YES", "NO", "UNDECIDED"))
IpdSharingInfoType = Words("IpdSharingInfoType", ("STUDY_PROTOCOL", "SAP", "ICF", "CSR", "ANALYTIC_CODE"))
OrgStudyIdType = Words("OrgStudyIdType", ("NIH", "FDA", "VA", "CDC", "AHRQ", "SAMHSA"))
SecondaryIdType = Words(
    "SecondaryIdType",
    ("NIH", "FDA", "VA", "CDC", "AHRQ", "SAMHSA", "OTHER_GRANT", "EUDRACT_NUMBER", "CTIS", "REGISTRY", "OTHER"),
)
AgencyClass = Words(
    "AgencyClass", ("NIH", "FED", "OTHER_GOV", "INDIV", "INDUSTRY", "NETWORK", "AMBIG", "OTHER", "UNKNOWN")
)
ExpandedAccessStatus = Words(
    "ExpandedAccessStatus", ("AVAILABLE", "NO_LONGER_AVAILABLE", "TEMPORARILY_NOT_AVAILABLE", "APPROVED_FOR_MARKETING")
)
DateType = Words("DateType", ("ACTUAL", "ESTIMATED"))
ResponsiblePartyType = Words("ResponsiblePartyType", ("SPONSOR", "PRINCIPAL_INVESTIGATOR", "SPONSOR_INVESTIGATOR"))
DesignAllocation = Words("DesignAllocation", ("RANDOMIZED", "NON_RANDOMIZED", "NA"))
InterventionalAssignment = Words(
    "InterventionalAssignment", ("SINGLE_GROUP", "PARALLEL", "CROSSOVER", "FACTORIAL", "SEQUENTIAL")
)
PrimaryPurpose = Words(
    "PrimaryPurpose",
    (
        "TREATMENT",
        "PREVENTION",
        "DIAGNOSTIC",
        "ECT",
        "SUPPORTIVE_CARE",
        "SCREENING",
        "HEALTH_SERVICES_RESEARCH",
        "BASIC_SCIENCE",
        "DEVICE_FEASIBILITY",
        "OTHER",
    ),
)
ObservationalModel = Words(
    "ObservationalModel",
    (
        "COHORT",
        "CASE_CONTROL",
        "CASE_ONLY",
        "CASE_CROSSOVER",
        "ECOLOGIC_OR_COMMUNITY",
        "FAMILY_BASED",
        "DEFINED_POPULATION",
        "NATURAL_HISTORY",
        "OTHER",
    ),
)
DesignTimePerspective = Words("DesignTimePerspective", ("RETROSPECTIVE", "PROSPECTIVE", "CROSS_SECTIONAL", "OTHER"))
BioSpecRetention = Words("BioSpecRetention", ("NONE_RETAINED", "SAMPLES_WITH_DNA", "SAMPLES_WITHOUT_DNA"))
EnrollmentType = Words("EnrollmentType", ("ACTUAL", "ESTIMATED"))
ArmGroupType = Words(
    "ArmGroupType",
    ("EXPERIMENTAL", "ACTIVE_COMPARATOR", "PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION", "OTHER"),
)
InterventionType = Words(
    "InterventionType",
    (
        "BEHAVIORAL",
        "BIOLOGICAL",
        "COMBINATION_PRODUCT",
        "DEVICE",
        "DIAGNOSTIC_TEST",
        "DIETARY_SUPPLEMENT",
        "DRUG",
        "GENETIC",
        "PROCEDURE",
        "RADIATION",
        "OTHER",
    ),
)
ContactRole = Words(
    "ContactRole", ("STUDY_CHAIR", "STUDY_DIRECTOR", "PRINCIPAL_INVESTIGATOR", "SUB_INVESTIGATOR", "CONTACT")
)
OfficialRole = Words("OfficialRole", ("STUDY_CHAIR", "STUDY_DIRECTOR", "PRINCIPAL_INVESTIGATOR", "SUB_INVESTIGATOR"))
RecruitmentStatus = Words(
    "RecruitmentStatus",
    (
        "ACTIVE_NOT_RECRUITING",
        "COMPLETED",
        "ENROLLING_BY_INVITATION",
        "NOT_YET_RECRUITING",
        "RECRUITING",
        "SUSPENDED",
        "TERMINATED",
        "WITHDRAWN",
        "AVAILABLE",
    ),
)
ReferenceType = Words("ReferenceType", ("BACKGROUND", "RESULT", "DERIVED"))
MeasureParam = Words(
    "MeasureParam",
    (
        "GEOMETRIC_MEAN",
        "GEOMETRIC_LEAST_SQUARES_MEAN",
        "LEAST_SQUARES_MEAN",
        "LOG_MEAN",
        "MEAN",
        "MEDIAN",
        "NUMBER",
        "COUNT_OF_PARTICIPANTS",
        "COUNT_OF_UNITS",
    ),
)
MeasureDispersionType = Words(
    "MeasureDispersionType",
    (
        "NA",
        "STANDARD_DEVIATION",
        "STANDARD_ERROR",
        "INTER_QUARTILE_RANGE",
        "FULL_RANGE",
        "CONFIDENCE_80",
        "CONFIDENCE_90",
        "CONFIDENCE_95",
        "CONFIDENCE_975",
        "CONFIDENCE_99",
        "CONFIDENCE_OTHER",
        "GEOMETRIC_COEFFICIENT",
    ),
)
OutcomeMeasureType = Words("OutcomeMeasureType", ("PRIMARY", "SECONDARY", "OTHER_PRE_SPECIFIED", "POST_HOC"))
ReportingStatus = Words("ReportingStatus", ("NOT_POSTED", "POSTED"))
EventAssessment = Words("EventAssessment", ("NON_SYSTEMATIC_ASSESSMENT", "SYSTEMATIC_ASSESSMENT"))
AgreementRestrictionType = Words("AgreementRestrictionType", ("LTE60", "GT60", "OTHER"))
BrowseLeafRelevance = Words("BrowseLeafRelevance", ("LOW", "HIGH"))
DesignMasking = Words("DesignMasking", ("NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE"))
WhoMasked = Words("WhoMasked", ("PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR"))
AnalysisDispersionType = Words("AnalysisDispersionType", ("STANDARD_DEVIATION", "STANDARD_ERROR_OF_MEAN"))
ConfidenceIntervalNumSides = Words("ConfidenceIntervalNumSides", ("ONE_SIDED", "TWO_SIDED"))
NonInferiorityType = Words(
    "NonInferiorityType",
    (
        "SUPERIORITY",
        "NON_INFERIORITY",
        "EQUIVALENCE",
        "OTHER",
        "NON_INFERIORITY_OR_EQUIVALENCE",
        "SUPERIORITY_OR_OTHER",
        "NON_INFERIORITY_OR_EQUIVALENCE_LEGACY",
        "SUPERIORITY_OR_OTHER_LEGACY",
    ),
)
UnpostedEventType = Words("UnpostedEventType", ("RESET", "RELEASE", "UNRELEASE"))
ViolationEventType = Words(
    "ViolationEventType",
    ("VIOLATION_IDENTIFIED", "CORRECTION_CONFIRMED", "PENALTY_IMPOSED", "ISSUES_IN_LETTER_ADDRESSED_CONFIRMED"),
)


class RegistryDate(Part, frozen=True):
    """A date with its type. `date` is the registry's text: `YYYY-MM-DD`, `YYYY-MM`, in old versions `YYYY`."""

    date: PartialDateText | None = None
    type: Annotated[str, DateType] | None = None

    @property
    def partial(self) -> PartialDate | None:
        """The days that the text can mean; None when there is no date or it cannot be read."""
        try:
            return PartialDate.parse(self.date) if self.date else None
        except ValueError:
            return None


class OrgStudyIdInfo(Part, frozen=True):
    id: str | None = None
    type: Annotated[str, OrgStudyIdType] | None = None
    link: str | None = None


class SecondaryIdInfo(Part, frozen=True):
    id: str | None = None
    type: Annotated[str, SecondaryIdType] | None = None
    domain: str | None = None
    link: str | None = None


class Organization(Part, frozen=True):
    full_name: str | None = None
    class_: Annotated[str, AgencyClass] | None = None


class IdentificationModule(Part, frozen=True):
    nct_id: str | None = None
    nct_id_aliases: tuple[str, ...] = ()
    org_study_id_info: OrgStudyIdInfo = OrgStudyIdInfo()
    secondary_id_infos: tuple[SecondaryIdInfo, ...] = ()
    brief_title: str | None = None
    official_title: str | None = None
    acronym: str | None = None
    organization: Organization = Organization()


class ExpandedAccessInfo(Part, frozen=True):
    has_expanded_access: bool | None = None
    nct_id: str | None = None
    status_for_nct_id: Annotated[str, ExpandedAccessStatus] | None = None


class StatusModule(Part, frozen=True):
    status_verified_date: PartialDateText | None = None
    overall_status: Annotated[str, Status] | None = None
    last_known_status: Annotated[str, Status] | None = None
    delayed_posting: bool | None = None
    why_stopped: str | None = None
    expanded_access_info: ExpandedAccessInfo = ExpandedAccessInfo()
    start_date: RegistryDate = field(default=RegistryDate(), name="startDateStruct")
    primary_completion_date: RegistryDate = field(default=RegistryDate(), name="primaryCompletionDateStruct")
    completion_date: RegistryDate = field(default=RegistryDate(), name="completionDateStruct")
    study_first_submit_date: PartialDateText | None = None
    study_first_submit_qc_date: PartialDateText | None = None
    study_first_post_date: RegistryDate = field(default=RegistryDate(), name="studyFirstPostDateStruct")
    results_waived: bool | None = None
    results_first_submit_date: PartialDateText | None = None
    results_first_submit_qc_date: PartialDateText | None = None
    results_first_post_date: RegistryDate = field(default=RegistryDate(), name="resultsFirstPostDateStruct")
    disp_first_submit_date: PartialDateText | None = None
    disp_first_submit_qc_date: PartialDateText | None = None
    disp_first_post_date: RegistryDate = field(default=RegistryDate(), name="dispFirstPostDateStruct")
    last_update_submit_date: PartialDateText | None = None
    last_update_post_date: RegistryDate = field(default=RegistryDate(), name="lastUpdatePostDateStruct")


class ResponsibleParty(Part, frozen=True):
    type: Annotated[str, ResponsiblePartyType] | None = None
    investigator_full_name: str | None = None
    investigator_title: str | None = None
    investigator_affiliation: str | None = None
    old_name_title: str | None = None
    old_organization: str | None = None


class Sponsor(Part, frozen=True):
    name: str | None = None
    class_: Annotated[str, AgencyClass] | None = None


class SponsorCollaboratorsModule(Part, frozen=True):
    responsible_party: ResponsibleParty = ResponsibleParty()
    lead_sponsor: Sponsor = Sponsor()
    collaborators: tuple[Sponsor, ...] = ()


class OversightModule(Part, frozen=True):
    oversight_has_dmc: bool | None = None
    is_fda_regulated_drug: bool | None = None
    is_fda_regulated_device: bool | None = None
    is_unapproved_device: bool | None = None
    is_ppsd: bool | None = None
    is_us_export: bool | None = None
    fdaaa801_violation: bool | None = None


class DescriptionModule(Part, frozen=True):
    brief_summary: str | None = None
    detailed_description: str | None = None


class ConditionsModule(Part, frozen=True):
    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


class ExpandedAccessTypes(Part, frozen=True):
    individual: bool | None = None
    intermediate: bool | None = None
    treatment: bool | None = None


class MaskingBlock(Part, frozen=True):
    masking: Annotated[str, DesignMasking] | None = None
    masking_description: str | None = None
    who_masked: tuple[Annotated[str, WhoMasked], ...] = ()


class DesignInfo(Part, frozen=True):
    allocation: Annotated[str, DesignAllocation] | None = None
    intervention_model: Annotated[str, InterventionalAssignment] | None = None
    intervention_model_description: str | None = None
    primary_purpose: Annotated[str, PrimaryPurpose] | None = None
    observational_model: Annotated[str, ObservationalModel] | None = None
    time_perspective: Annotated[str, DesignTimePerspective] | None = None
    masking_info: MaskingBlock = MaskingBlock()


class BioSpec(Part, frozen=True):
    retention: Annotated[str, BioSpecRetention] | None = None
    description: str | None = None


class EnrollmentInfo(Part, frozen=True):
    """`count` is a number of people: a negative one, or one beyond a 4-byte integer, is a wrong value and refused."""

    count: Annotated[int, msgspec.Meta(ge=0, le=2_147_483_647)] | None = None
    type: Annotated[str, EnrollmentType] | None = None


class DesignModule(Part, frozen=True):
    study_type: Annotated[str, StudyType] | None = None
    n_ptrs_to_this_exp_acc_nct_id: int | None = None
    expanded_access_types: ExpandedAccessTypes = ExpandedAccessTypes()
    patient_registry: bool | None = None
    target_duration: str | None = None
    phases: tuple[Annotated[str, Phase], ...] = ()
    design_info: DesignInfo = DesignInfo()
    bio_spec: BioSpec = BioSpec()
    enrollment_info: EnrollmentInfo = EnrollmentInfo()


class ArmGroup(Part, frozen=True):
    label: str | None = None
    type: Annotated[str, ArmGroupType] | None = None
    description: str | None = None
    intervention_names: tuple[str, ...] = ()


class Intervention(Part, frozen=True):
    type: Annotated[str, InterventionType] | None = None
    name: str | None = None
    description: str | None = None
    arm_group_labels: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()


class ArmsInterventionsModule(Part, frozen=True):
    arm_groups: tuple[ArmGroup, ...] = ()
    interventions: tuple[Intervention, ...] = ()


class Outcome(Part, frozen=True):
    measure: str | None = None
    description: str | None = None
    time_frame: str | None = None


class OutcomesModule(Part, frozen=True):
    primary_outcomes: tuple[Outcome, ...] = ()
    secondary_outcomes: tuple[Outcome, ...] = ()
    other_outcomes: tuple[Outcome, ...] = ()


class EligibilityModule(Part, frozen=True):
    eligibility_criteria: str | None = None
    healthy_volunteers: bool | None = None
    sex: Annotated[str, Sex] | None = None
    gender_based: bool | None = None
    gender_description: str | None = None
    minimum_age: str | None = None
    maximum_age: str | None = None
    std_ages: tuple[Annotated[str, StandardAge], ...] = ()
    study_population: str | None = None
    sampling_method: Annotated[str, SamplingMethod] | None = None


class Contact(Part, frozen=True):
    name: str | None = None
    role: Annotated[str, ContactRole] | None = None
    phone: str | None = None
    phone_ext: str | None = None
    email: str | None = None


class Official(Part, frozen=True):
    name: str | None = None
    affiliation: str | None = None
    role: Annotated[str, OfficialRole] | None = None


class GeoPoint(Part, frozen=True):
    lat: float | None = None
    lon: float | None = None


class Location(Part, frozen=True):
    facility: str | None = None
    status: Annotated[str, RecruitmentStatus] | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    contacts: tuple[Contact, ...] = ()
    geo_point: GeoPoint = GeoPoint()


class ContactsLocationsModule(Part, frozen=True):
    central_contacts: tuple[Contact, ...] = ()
    overall_officials: tuple[Official, ...] = ()
    locations: tuple[Location, ...] = ()


class Retraction(Part, frozen=True):
    pmid: str | None = None
    source: str | None = None


class Reference(Part, frozen=True):
    pmid: str | None = None
    type: Annotated[str, ReferenceType] | None = None
    citation: str | None = None
    retractions: tuple[Retraction, ...] = ()


class SeeAlsoLink(Part, frozen=True):
    label: str | None = None
    url: str | None = None


class AvailIpd(Part, frozen=True):
    id: str | None = None
    type: str | None = None
    url: str | None = None
    comment: str | None = None


class ReferencesModule(Part, frozen=True):
    references: tuple[Reference, ...] = ()
    see_also_links: tuple[SeeAlsoLink, ...] = ()
    avail_ipds: tuple[AvailIpd, ...] = ()


class IpdSharingStatementModule(Part, frozen=True):
    ipd_sharing: Annotated[str, IpdSharing] | None = None
    description: str | None = None
    info_types: tuple[Annotated[str, IpdSharingInfoType], ...] = ()
    time_frame: str | None = None
    access_criteria: str | None = None
    url: str | None = None


class ProtocolSection(Part, frozen=True):
    identification: IdentificationModule = field(default=IdentificationModule(), name="identificationModule")
    status: StatusModule = field(default=StatusModule(), name="statusModule")
    sponsor_collaborators: SponsorCollaboratorsModule = field(
        default=SponsorCollaboratorsModule(), name="sponsorCollaboratorsModule"
    )
    oversight: OversightModule = field(default=OversightModule(), name="oversightModule")
    description: DescriptionModule = field(default=DescriptionModule(), name="descriptionModule")
    conditions: ConditionsModule = field(default=ConditionsModule(), name="conditionsModule")
    design: DesignModule = field(default=DesignModule(), name="designModule")
    arms_interventions: ArmsInterventionsModule = field(
        default=ArmsInterventionsModule(), name="armsInterventionsModule"
    )
    outcomes: OutcomesModule = field(default=OutcomesModule(), name="outcomesModule")
    eligibility: EligibilityModule = field(default=EligibilityModule(), name="eligibilityModule")
    contacts_locations: ContactsLocationsModule = field(
        default=ContactsLocationsModule(), name="contactsLocationsModule"
    )
    references: ReferencesModule = field(default=ReferencesModule(), name="referencesModule")
    ipd_sharing_statement: IpdSharingStatementModule = field(
        default=IpdSharingStatementModule(), name="ipdSharingStatementModule"
    )


class FlowGroup(Part, frozen=True):
    id: str | None = None
    title: str | None = None
    description: str | None = None


class FlowStats(Part, frozen=True):
    group_id: str | None = None
    comment: str | None = None
    num_subjects: str | None = None
    num_units: str | None = None


class FlowMilestone(Part, frozen=True):
    type: str | None = None
    comment: str | None = None
    achievements: tuple[FlowStats, ...] = ()


class DropWithdraw(Part, frozen=True):
    type: str | None = None
    comment: str | None = None
    reasons: tuple[FlowStats, ...] = ()


class FlowPeriod(Part, frozen=True):
    title: str | None = None
    milestones: tuple[FlowMilestone, ...] = ()
    drop_withdraws: tuple[DropWithdraw, ...] = ()


class ParticipantFlowModule(Part, frozen=True):
    pre_assignment_details: str | None = None
    recruitment_details: str | None = None
    type_units_analyzed: str | None = None
    groups: tuple[FlowGroup, ...] = ()
    periods: tuple[FlowPeriod, ...] = ()


class MeasureGroup(Part, frozen=True):
    id: str | None = None
    title: str | None = None
    description: str | None = None


class DenomCount(Part, frozen=True):
    group_id: str | None = None
    value: str | None = None


class Denom(Part, frozen=True):
    units: str | None = None
    counts: tuple[DenomCount, ...] = ()


class Measurement(Part, frozen=True):
    group_id: str | None = None
    value: str | None = None
    spread: str | None = None
    lower_limit: str | None = None
    upper_limit: str | None = None
    comment: str | None = None


class MeasureCategory(Part, frozen=True):
    title: str | None = None
    measurements: tuple[Measurement, ...] = ()


class MeasureClass(Part, frozen=True):
    title: str | None = None
    denoms: tuple[Denom, ...] = ()
    categories: tuple[MeasureCategory, ...] = ()


class BaselineMeasure(Part, frozen=True):
    title: str | None = None
    description: str | None = None
    population_description: str | None = None
    param_type: Annotated[str, MeasureParam] | None = None
    dispersion_type: Annotated[str, MeasureDispersionType] | None = None
    unit_of_measure: str | None = None
    calculate_pct: bool | None = None
    denom_units_selected: str | None = None
    denoms: tuple[Denom, ...] = ()
    classes: tuple[MeasureClass, ...] = ()


class BaselineCharacteristicsModule(Part, frozen=True):
    population_description: str | None = None
    type_units_analyzed: str | None = None
    groups: tuple[MeasureGroup, ...] = ()
    denoms: tuple[Denom, ...] = ()
    measures: tuple[BaselineMeasure, ...] = ()


class MeasureAnalysis(Part, frozen=True):
    param_type: str | None = None
    param_value: str | None = None
    dispersion_type: Annotated[str, AnalysisDispersionType] | None = None
    dispersion_value: str | None = None
    statistical_method: str | None = None
    statistical_comment: str | None = None
    p_value: str | None = None
    p_value_comment: str | None = None
    ci_num_sides: Annotated[str, ConfidenceIntervalNumSides] | None = None
    ci_pct_value: str | None = None
    ci_lower_limit: str | None = None
    ci_upper_limit: str | None = None
    ci_lower_limit_comment: str | None = None
    ci_upper_limit_comment: str | None = None
    estimate_comment: str | None = None
    tested_non_inferiority: bool | None = None
    non_inferiority_type: Annotated[str, NonInferiorityType] | None = None
    non_inferiority_comment: str | None = None
    other_analysis_description: str | None = None
    group_description: str | None = None
    group_ids: tuple[str, ...] = ()


class OutcomeMeasure(Part, frozen=True):
    type: Annotated[str, OutcomeMeasureType] | None = None
    title: str | None = None
    description: str | None = None
    population_description: str | None = None
    reporting_status: Annotated[str, ReportingStatus] | None = None
    anticipated_posting_date: PartialDateText | None = None
    param_type: Annotated[str, MeasureParam] | None = None
    dispersion_type: str | None = None
    unit_of_measure: str | None = None
    calculate_pct: bool | None = None
    time_frame: str | None = None
    type_units_analyzed: str | None = None
    denom_units_selected: str | None = None
    groups: tuple[MeasureGroup, ...] = ()
    denoms: tuple[Denom, ...] = ()
    classes: tuple[MeasureClass, ...] = ()
    analyses: tuple[MeasureAnalysis, ...] = ()


class OutcomeMeasuresModule(Part, frozen=True):
    outcome_measures: tuple[OutcomeMeasure, ...] = ()


class EventGroup(Part, frozen=True):
    id: str | None = None
    title: str | None = None
    description: str | None = None
    deaths_num_affected: int | None = None
    deaths_num_at_risk: int | None = None
    serious_num_affected: int | None = None
    serious_num_at_risk: int | None = None
    other_num_affected: int | None = None
    other_num_at_risk: int | None = None


class EventStats(Part, frozen=True):
    group_id: str | None = None
    num_events: int | None = None
    num_affected: int | None = None
    num_at_risk: int | None = None


class AdverseEvent(Part, frozen=True):
    term: str | None = None
    organ_system: str | None = None
    source_vocabulary: str | None = None
    assessment_type: Annotated[str, EventAssessment] | None = None
    notes: str | None = None
    stats: tuple[EventStats, ...] = ()


class AdverseEventsModule(Part, frozen=True):
    frequency_threshold: str | None = None
    time_frame: str | None = None
    description: str | None = None
    all_cause_mortality_comment: str | None = None
    event_groups: tuple[EventGroup, ...] = ()
    serious_events: tuple[AdverseEvent, ...] = ()
    other_events: tuple[AdverseEvent, ...] = ()


class LimitationsAndCaveats(Part, frozen=True):
    description: str | None = None


class CertainAgreement(Part, frozen=True):
    pi_sponsor_employee: bool | None = None
    restriction_type: Annotated[str, AgreementRestrictionType] | None = None
    restrictive_agreement: bool | None = None
    other_details: str | None = None


class PointOfContact(Part, frozen=True):
    title: str | None = None
    organization: str | None = None
    email: str | None = None
    phone: str | None = None
    phone_ext: str | None = None


class MoreInfoModule(Part, frozen=True):
    limitations_and_caveats: LimitationsAndCaveats = LimitationsAndCaveats()
    certain_agreement: CertainAgreement = CertainAgreement()
    point_of_contact: PointOfContact = PointOfContact()


class ResultsSection(Part, frozen=True):
    participant_flow: ParticipantFlowModule = field(default=ParticipantFlowModule(), name="participantFlowModule")
    baseline_characteristics: BaselineCharacteristicsModule = field(
        default=BaselineCharacteristicsModule(), name="baselineCharacteristicsModule"
    )
    outcome_measures: OutcomeMeasuresModule = field(default=OutcomeMeasuresModule(), name="outcomeMeasuresModule")
    adverse_events: AdverseEventsModule = field(default=AdverseEventsModule(), name="adverseEventsModule")
    more_info: MoreInfoModule = field(default=MoreInfoModule(), name="moreInfoModule")


class UnpostedEvent(Part, frozen=True):
    type: Annotated[str, UnpostedEventType] | None = None
    date: PartialDateText | None = None
    date_unknown: bool | None = None


class UnpostedAnnotation(Part, frozen=True):
    unposted_responsible_party: str | None = None
    unposted_events: tuple[UnpostedEvent, ...] = ()


class ViolationEvent(Part, frozen=True):
    type: Annotated[str, ViolationEventType] | None = None
    description: str | None = None
    creation_date: PartialDateText | None = None
    issued_date: PartialDateText | None = None
    release_date: PartialDateText | None = None
    posted_date: PartialDateText | None = None


class ViolationAnnotation(Part, frozen=True):
    violation_events: tuple[ViolationEvent, ...] = ()


class AnnotationModule(Part, frozen=True):
    unposted_annotation: UnpostedAnnotation = UnpostedAnnotation()
    violation_annotation: ViolationAnnotation = ViolationAnnotation()


class AnnotationSection(Part, frozen=True):
    annotation: AnnotationModule = field(default=AnnotationModule(), name="annotationModule")


class LargeDoc(Part, frozen=True):
    type_abbrev: str | None = None
    has_protocol: bool | None = None
    has_sap: bool | None = None
    has_icf: bool | None = None
    label: str | None = None
    date: PartialDateText | None = None
    upload_date: DateMinuteText | None = None
    filename: str | None = None
    size: int | None = None


class LargeDocumentModule(Part, frozen=True):
    no_sap: bool | None = None
    large_docs: tuple[LargeDoc, ...] = ()


class DocumentSection(Part, frozen=True):
    large_document: LargeDocumentModule = field(default=LargeDocumentModule(), name="largeDocumentModule")


class FirstMcpInfo(Part, frozen=True):
    post_date: RegistryDate = field(default=RegistryDate(), name="postDateStruct")


class SubmissionInfo(Part, frozen=True):
    release_date: PartialDateText | None = None
    unrelease_date: PartialDateText | None = None
    unrelease_date_unknown: bool | None = None
    reset_date: PartialDateText | None = None
    mcp_release_n: int | None = None


class SubmissionTracking(Part, frozen=True):
    estimated_results_first_submit_date: PartialDateText | None = None
    first_mcp_info: FirstMcpInfo = FirstMcpInfo()
    submission_infos: tuple[SubmissionInfo, ...] = ()


class MiscInfoModule(Part, frozen=True):
    version_holder: PartialDateText | None = None
    removed_countries: tuple[str, ...] = ()
    submission_tracking: SubmissionTracking = SubmissionTracking()


class Mesh(Part, frozen=True):
    id: str | None = None
    term: str | None = None


class BrowseLeaf(Part, frozen=True):
    id: str | None = None
    name: str | None = None
    as_found: str | None = None
    relevance: Annotated[str, BrowseLeafRelevance] | None = None


class BrowseBranch(Part, frozen=True):
    abbrev: str | None = None
    name: str | None = None


class BrowseModule(Part, frozen=True):
    meshes: tuple[Mesh, ...] = ()
    ancestors: tuple[Mesh, ...] = ()
    browse_leaves: tuple[BrowseLeaf, ...] = ()
    browse_branches: tuple[BrowseBranch, ...] = ()


class DerivedSection(Part, frozen=True):
    misc_info: MiscInfoModule = field(default=MiscInfoModule(), name="miscInfoModule")
    condition_browse: BrowseModule = field(default=BrowseModule(), name="conditionBrowseModule")
    intervention_browse: BrowseModule = field(default=BrowseModule(), name="interventionBrowseModule")


class StudyRecord(Part, frozen=True):
    protocol: ProtocolSection = field(default=ProtocolSection(), name="protocolSection")
    results: ResultsSection = field(default=ResultsSection(), name="resultsSection")
    annotation: AnnotationSection = field(default=AnnotationSection(), name="annotationSection")
    document: DocumentSection = field(default=DocumentSection(), name="documentSection")
    derived: DerivedSection = field(default=DerivedSection(), name="derivedSection")
    has_results: bool | None = None

    @property
    def nct_id(self) -> str:
        """The registry's id; the parser lets no record through without one."""
        return self.protocol.identification.nct_id or ""

    @property
    def title(self) -> str:
        """The brief title, else the official one, else the id."""
        names = self.protocol.identification
        return names.brief_title or names.official_title or self.nct_id

    @property
    def enrollment(self) -> int | None:
        """Number of people, planned or actual; None when the registry does not know."""
        count = self.protocol.design.enrollment_info.count
        return None if count == ENROLLMENT_UNKNOWN else count
