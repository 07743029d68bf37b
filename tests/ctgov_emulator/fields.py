"""Where the registry's search areas and sort keys look."""

from __future__ import annotations

PROTOCOL, DERIVED = "protocolSection", "derivedSection"
TITLES = (
    f"{PROTOCOL}.identificationModule.briefTitle",
    f"{PROTOCOL}.identificationModule.officialTitle",
    f"{PROTOCOL}.identificationModule.acronym",
)
CONDITIONS = (
    f"{PROTOCOL}.conditionsModule.conditions",
    f"{PROTOCOL}.conditionsModule.keywords",
    f"{DERIVED}.conditionBrowseModule.meshes.term",
    f"{DERIVED}.conditionBrowseModule.ancestors.term",
)
INTERVENTIONS = (
    f"{PROTOCOL}.armsInterventionsModule.interventions.name",
    f"{PROTOCOL}.armsInterventionsModule.interventions.otherNames",
    f"{PROTOCOL}.armsInterventionsModule.interventions.description",
    f"{PROTOCOL}.armsInterventionsModule.armGroups.label",
    f"{PROTOCOL}.armsInterventionsModule.armGroups.description",
    f"{DERIVED}.interventionBrowseModule.meshes.term",
    f"{DERIVED}.interventionBrowseModule.ancestors.term",
)
DESCRIPTIONS = (
    f"{PROTOCOL}.descriptionModule.briefSummary",
    f"{PROTOCOL}.descriptionModule.detailedDescription",
)
OUTCOMES = tuple(
    f"{PROTOCOL}.outcomesModule.{kind}Outcomes.{part}"
    for kind in ("primary", "secondary", "other")
    for part in ("measure", "description")
)
SPONSORS = (
    f"{PROTOCOL}.sponsorCollaboratorsModule.leadSponsor.name",
    f"{PROTOCOL}.sponsorCollaboratorsModule.collaborators.name",
    f"{PROTOCOL}.identificationModule.organization.fullName",
)
IDS = (
    f"{PROTOCOL}.identificationModule.nctId",
    f"{PROTOCOL}.identificationModule.nctIdAliases",
    f"{PROTOCOL}.identificationModule.orgStudyIdInfo.id",
    f"{PROTOCOL}.identificationModule.secondaryIdInfos.id",
    f"{PROTOCOL}.identificationModule.acronym",
)
LOCATIONS = tuple(
    f"{PROTOCOL}.contactsLocationsModule.locations.{part}" for part in ("facility", "city", "state", "country")
)
ELIGIBILITY = (f"{PROTOCOL}.eligibilityModule.eligibilityCriteria",)

# Search areas by the name that AREA[...] takes, and the query parameter that searches in each.
AREAS: dict[str, tuple[str, ...]] = {
    "ConditionSearch": (*CONDITIONS, *TITLES[:2]),
    "BasicSearch": (
        *IDS,
        *TITLES,
        *CONDITIONS,
        *INTERVENTIONS,
        *DESCRIPTIONS,
        *OUTCOMES,
        *SPONSORS,
        *LOCATIONS,
        *ELIGIBILITY,
    ),
    "InterventionSearch": (*INTERVENTIONS, *TITLES[:2], *DESCRIPTIONS),
    "TitleSearch": TITLES,
    "OutcomeSearch": OUTCOMES,
    "SponsorSearch": SPONSORS,
    "LeadSponsorName": SPONSORS[:1],
    "IdSearch": IDS,
    "PatientSearch": (*CONDITIONS, *TITLES, *DESCRIPTIONS, *ELIGIBILITY, *INTERVENTIONS),
    "LocationSearch": LOCATIONS,
}
AREA_OF_PARAMETER = {
    "query.cond": "ConditionSearch",
    "query.term": "BasicSearch",
    "query.intr": "InterventionSearch",
    "query.titles": "TitleSearch",
    "query.outc": "OutcomeSearch",
    "query.spons": "SponsorSearch",
    "query.lead": "LeadSponsorName",
    "query.id": "IdSearch",
    "query.patient": "PatientSearch",
    "query.locn": "LocationSearch",
}
_STATUS = f"{PROTOCOL}.statusModule"
SORT_FIELDS = {
    "StudyFirstPostDate": f"{_STATUS}.studyFirstPostDateStruct.date",
    "StudyFirstSubmitDate": f"{_STATUS}.studyFirstSubmitDate",
    "LastUpdatePostDate": f"{_STATUS}.lastUpdatePostDateStruct.date",
    "LastUpdateSubmitDate": f"{_STATUS}.lastUpdateSubmitDate",
    "ResultsFirstPostDate": f"{_STATUS}.resultsFirstPostDateStruct.date",
    "StartDate": f"{_STATUS}.startDateStruct.date",
    "PrimaryCompletionDate": f"{_STATUS}.primaryCompletionDateStruct.date",
    "CompletionDate": f"{_STATUS}.completionDateStruct.date",
    "EnrollmentCount": f"{PROTOCOL}.designModule.enrollmentInfo.count",
}
