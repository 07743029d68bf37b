"""The registry's closed lists in words that people read. A word that is not listed here is shown in plain case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TONES = ("good", "wait", "stop", "unsure", "quiet")


@dataclass(frozen=True)
class Status:
    """A recruitment status: the registry's word, the pill's word, its tone and a sentence that explains it."""

    word: str
    label: Promise
    tone: str
    explanation: Promise


STATUSES: tuple[Status, ...] = (
    Status("RECRUITING", _("Recruiting"), "good", _("The trial is taking people now.")),
    Status("NOT_YET_RECRUITING", _("Not yet recruiting"), "wait", _("The trial has not started to take people.")),
    Status(
        "ENROLLING_BY_INVITATION",
        _("Enrolling by invitation"),
        "wait",
        _("The trial takes only people whom it invites itself."),
    ),
    Status("ACTIVE_NOT_RECRUITING", _("Active"), "wait", _("The trial is under way and takes no more people.")),
    Status("COMPLETED", _("Completed"), "quiet", _("The trial has ended as planned.")),
    Status("SUSPENDED", _("Suspended"), "stop", _("The trial has paused and may start again.")),
    Status("TERMINATED", _("Stopped early"), "stop", _("The trial has ended early and will not start again.")),
    Status("WITHDRAWN", _("Withdrawn"), "stop", _("The trial ended before the first person joined.")),
    Status(
        "UNKNOWN",
        _("Unknown"),
        "unsure",
        _("The trial was open, and nobody has confirmed its status for more than two years."),
    ),
    Status(
        "AVAILABLE",
        _("Available (expanded access)"),
        "good",
        _("People who cannot join a trial may ask for the treatment."),
    ),
    Status(
        "TEMPORARILY_NOT_AVAILABLE",
        _("Paused (expanded access)"),
        "wait",
        _("The treatment cannot be asked for at present and may be again."),
    ),
    Status(
        "NO_LONGER_AVAILABLE",
        _("No longer available (expanded access)"),
        "stop",
        _("The treatment can no longer be asked for outside a trial."),
    ),
    Status(
        "APPROVED_FOR_MARKETING",
        _("Approved for marketing"),
        "quiet",
        _("The treatment was approved, so expanded access has ended."),
    ),
    Status("WITHHELD", _("Withheld"), "unsure", _("The sponsor withholds the record's details for now.")),
)

STATUS_BY_WORD: Mapping[str, Status] = {status.word: status for status in STATUSES}

PHASES: Mapping[str, Promise] = {
    "EARLY_PHASE1": _("Early phase 1"),
    "PHASE1": _("Phase 1"),
    "PHASE2": _("Phase 2"),
    "PHASE3": _("Phase 3"),
    "PHASE4": _("Phase 4"),
    "NA": _("Phase not applicable"),
}

STUDY_TYPES: Mapping[str, Promise] = {
    "INTERVENTIONAL": _("Interventional"),
    "OBSERVATIONAL": _("Observational"),
    "EXPANDED_ACCESS": _("Expanded access"),
}

SPONSOR_CLASSES: Mapping[str, Promise] = {
    "INDUSTRY": _("Industry"),
    "NIH": _("U.S. National Institutes of Health"),
    "FED": _("U.S. federal agency"),
    "OTHER_GOV": _("Other government"),
    "NETWORK": _("Research network"),
    "INDIV": _("Individual"),
    "OTHER": _("University, hospital or other"),
    "AMBIG": _("Ambiguous"),
    "UNKNOWN": _("Unknown"),
}

INTERVENTION_TYPES: Mapping[str, Promise] = {
    "BEHAVIORAL": _("Behavioural"),
    "BIOLOGICAL": _("Biological"),
    "COMBINATION_PRODUCT": _("Combination product"),
    "DEVICE": _("Device"),
    "DIAGNOSTIC_TEST": _("Diagnostic test"),
    "DIETARY_SUPPLEMENT": _("Dietary supplement"),
    "DRUG": _("Drug"),
    "GENETIC": _("Genetic"),
    "PROCEDURE": _("Procedure"),
    "RADIATION": _("Radiation"),
    "OTHER": _("Other"),
}

ARM_TYPES: Mapping[str, Promise] = {
    "EXPERIMENTAL": _("Experimental"),
    "ACTIVE_COMPARATOR": _("Active comparator"),
    "PLACEBO_COMPARATOR": _("Placebo comparator"),
    "SHAM_COMPARATOR": _("Sham comparator"),
    "NO_INTERVENTION": _("No intervention"),
    "OTHER": _("Other"),
}

ALLOCATIONS: Mapping[str, Promise] = {
    "RANDOMIZED": _("Randomised"),
    "NON_RANDOMIZED": _("Not randomised"),
    "NA": _("Not applicable"),
}

INTERVENTION_MODELS: Mapping[str, Promise] = {
    "SINGLE_GROUP": _("Single group"),
    "PARALLEL": _("Parallel groups"),
    "CROSSOVER": _("Crossover"),
    "FACTORIAL": _("Factorial"),
    "SEQUENTIAL": _("Sequential"),
}

PRIMARY_PURPOSES: Mapping[str, Promise] = {
    "TREATMENT": _("Treatment"),
    "PREVENTION": _("Prevention"),
    "DIAGNOSTIC": _("Diagnosis"),
    "ECT": _("Educational, counselling or training"),
    "SUPPORTIVE_CARE": _("Supportive care"),
    "SCREENING": _("Screening"),
    "HEALTH_SERVICES_RESEARCH": _("Health services research"),
    "BASIC_SCIENCE": _("Basic science"),
    "DEVICE_FEASIBILITY": _("Device feasibility"),
    "OTHER": _("Other"),
}

MASKINGS: Mapping[str, Promise] = {
    "NONE": _("None (open label)"),
    "SINGLE": _("Single"),
    "DOUBLE": _("Double"),
    "TRIPLE": _("Triple"),
    "QUADRUPLE": _("Quadruple"),
}

WHO_MASKED: Mapping[str, Promise] = {
    "PARTICIPANT": _("participant"),
    "CARE_PROVIDER": _("care provider"),
    "INVESTIGATOR": _("investigator"),
    "OUTCOMES_ASSESSOR": _("outcomes assessor"),
}

OBSERVATIONAL_MODELS: Mapping[str, Promise] = {
    "COHORT": _("Cohort"),
    "CASE_CONTROL": _("Case-control"),
    "CASE_ONLY": _("Case only"),
    "CASE_CROSSOVER": _("Case-crossover"),
    "ECOLOGIC_OR_COMMUNITY": _("Ecologic or community"),
    "FAMILY_BASED": _("Family based"),
    "DEFINED_POPULATION": _("Defined population"),
    "NATURAL_HISTORY": _("Natural history"),
    "OTHER": _("Other"),
}

TIME_PERSPECTIVES: Mapping[str, Promise] = {
    "RETROSPECTIVE": _("Retrospective"),
    "PROSPECTIVE": _("Prospective"),
    "CROSS_SECTIONAL": _("Cross-sectional"),
    "OTHER": _("Other"),
}

SEXES: Mapping[str, Promise] = {
    "ALL": _("All"),
    "FEMALE": _("Female"),
    "MALE": _("Male"),
}

STANDARD_AGES: Mapping[str, Promise] = {
    "CHILD": _("Child (up to 17)"),
    "ADULT": _("Adult (18 to 64)"),
    "OLDER_ADULT": _("Older adult (65 and over)"),
}

SAMPLING_METHODS: Mapping[str, Promise] = {
    "PROBABILITY_SAMPLE": _("Probability sample"),
    "NON_PROBABILITY_SAMPLE": _("Non-probability sample"),
}

BIOSPECIMEN_RETENTIONS: Mapping[str, Promise] = {
    "NONE_RETAINED": _("None retained"),
    "SAMPLES_WITH_DNA": _("Samples with DNA"),
    "SAMPLES_WITHOUT_DNA": _("Samples without DNA"),
}

DATE_TYPES: Mapping[str, Promise] = {
    "ACTUAL": _("actual"),
    "ESTIMATED": _("estimated"),
}

IPD_SHARING: Mapping[str, Promise] = {
    "YES": _("Yes"),
    "NO": _("No"),
    "UNDECIDED": _("Undecided"),
}

IPD_INFO_TYPES: Mapping[str, Promise] = {
    "STUDY_PROTOCOL": _("Study protocol"),
    "SAP": _("Statistical analysis plan"),
    "ICF": _("Informed consent form"),
    "CSR": _("Clinical study report"),
    "ANALYTIC_CODE": _("Analytic code"),
}

OUTCOME_TYPES: Mapping[str, Promise] = {
    "PRIMARY": _("Primary"),
    "SECONDARY": _("Secondary"),
    "OTHER_PRE_SPECIFIED": _("Other pre-specified"),
    "POST_HOC": _("Post hoc"),
}

REPORTING_STATUSES: Mapping[str, Promise] = {
    "POSTED": _("Posted"),
    "NOT_POSTED": _("Not posted"),
}

MEASURE_PARAMS: Mapping[str, Promise] = {
    "GEOMETRIC_MEAN": _("Geometric mean"),
    "GEOMETRIC_LEAST_SQUARES_MEAN": _("Geometric least squares mean"),
    "LEAST_SQUARES_MEAN": _("Least squares mean"),
    "LOG_MEAN": _("Log mean"),
    "MEAN": _("Mean"),
    "MEDIAN": _("Median"),
    "NUMBER": _("Number"),
    "COUNT_OF_PARTICIPANTS": _("Number of participants"),
    "COUNT_OF_UNITS": _("Number of units"),
}

DISPERSION_TYPES: Mapping[str, Promise] = {
    "NA": _("Not applicable"),
    "STANDARD_DEVIATION": _("Standard deviation"),
    "STANDARD_ERROR": _("Standard error"),
    "STANDARD_ERROR_OF_MEAN": _("Standard error of the mean"),
    "INTER_QUARTILE_RANGE": _("Inter-quartile range"),
    "FULL_RANGE": _("Full range"),
    # xgettext:no-python-format  # noqa: ERA001
    "CONFIDENCE_80": _("80 % confidence interval"),
    # xgettext:no-python-format  # noqa: ERA001
    "CONFIDENCE_90": _("90 % confidence interval"),
    # xgettext:no-python-format  # noqa: ERA001
    "CONFIDENCE_95": _("95 % confidence interval"),
    # xgettext:no-python-format  # noqa: ERA001
    "CONFIDENCE_975": _("97.5 % confidence interval"),
    # xgettext:no-python-format  # noqa: ERA001
    "CONFIDENCE_99": _("99 % confidence interval"),
    "CONFIDENCE_OTHER": _("Other confidence interval"),
    "GEOMETRIC_COEFFICIENT": _("Geometric coefficient of variation"),
}

INTERVAL_SIDES: Mapping[str, Promise] = {
    "ONE_SIDED": _("one-sided"),
    "TWO_SIDED": _("two-sided"),
}

NON_INFERIORITY_TYPES: Mapping[str, Promise] = {
    "SUPERIORITY": _("Superiority"),
    "NON_INFERIORITY": _("Non-inferiority"),
    "EQUIVALENCE": _("Equivalence"),
    "OTHER": _("Other"),
    "NON_INFERIORITY_OR_EQUIVALENCE": _("Non-inferiority or equivalence"),
    "SUPERIORITY_OR_OTHER": _("Superiority or other"),
    "NON_INFERIORITY_OR_EQUIVALENCE_LEGACY": _("Non-inferiority or equivalence"),
    "SUPERIORITY_OR_OTHER_LEGACY": _("Superiority or other"),
}

EVENT_ASSESSMENTS: Mapping[str, Promise] = {
    "SYSTEMATIC_ASSESSMENT": _("Systematic assessment"),
    "NON_SYSTEMATIC_ASSESSMENT": _("Non-systematic assessment"),
}

ROLES: Mapping[str, Promise] = {
    "STUDY_CHAIR": _("Study chair"),
    "STUDY_DIRECTOR": _("Study director"),
    "PRINCIPAL_INVESTIGATOR": _("Principal investigator"),
    "SUB_INVESTIGATOR": _("Sub-investigator"),
    "CONTACT": _("Contact"),
}

RESPONSIBLE_PARTIES: Mapping[str, Promise] = {
    "SPONSOR": _("Sponsor"),
    "PRINCIPAL_INVESTIGATOR": _("Principal investigator"),
    "SPONSOR_INVESTIGATOR": _("Sponsor and investigator"),
}

ID_TYPES: Mapping[str, Promise] = {
    "NIH": _("U.S. National Institutes of Health grant"),
    "FDA": _("U.S. Food and Drug Administration"),
    "VA": _("U.S. Department of Veterans Affairs"),
    "CDC": _("U.S. Centers for Disease Control and Prevention"),
    "AHRQ": _("U.S. Agency for Healthcare Research and Quality"),
    "SAMHSA": _("U.S. Substance Abuse and Mental Health Services Administration"),
    "OTHER_GRANT": _("Other grant or funding number"),
    "EUDRACT_NUMBER": _("EudraCT number"),
    "CTIS": _("EU trial number (CTIS)"),
    "REGISTRY": _("Other registry"),
    "OTHER": _("Other"),
}

REFERENCE_TYPES: Mapping[str, Promise] = {
    "BACKGROUND": _("Background"),
    "RESULT": _("Results"),
    "DERIVED": _("Found by the registry"),
}

AGREEMENT_RESTRICTIONS: Mapping[str, Promise] = {
    "LTE60": _("The sponsor may delay publication by up to 60 days."),
    "GT60": _("The sponsor may delay publication by 61 to 180 days."),
    "OTHER": _("The sponsor may restrict publication in another way."),
}

EXPANDED_ACCESS_TYPES: Mapping[str, Promise] = {
    "INDIVIDUAL": _("For single patients"),
    "INTERMEDIATE": _("For middle-sized groups"),
    "TREATMENT": _("Under a treatment protocol"),
}

LABELS: Mapping[str, Mapping[str, Promise]] = {
    "status": {status.word: status.label for status in STATUSES},
    "phase": PHASES,
    "study_type": STUDY_TYPES,
    "sponsor_class": SPONSOR_CLASSES,
    "intervention_type": INTERVENTION_TYPES,
    "arm_type": ARM_TYPES,
    "allocation": ALLOCATIONS,
    "intervention_model": INTERVENTION_MODELS,
    "primary_purpose": PRIMARY_PURPOSES,
    "masking": MASKINGS,
    "who_masked": WHO_MASKED,
    "observational_model": OBSERVATIONAL_MODELS,
    "time_perspective": TIME_PERSPECTIVES,
    "sex": SEXES,
    "standard_age": STANDARD_AGES,
    "sampling_method": SAMPLING_METHODS,
    "biospecimen_retention": BIOSPECIMEN_RETENTIONS,
    "date_type": DATE_TYPES,
    "enrollment_type": DATE_TYPES,
    "ipd_sharing": IPD_SHARING,
    "ipd_info_type": IPD_INFO_TYPES,
    "outcome_type": OUTCOME_TYPES,
    "reporting_status": REPORTING_STATUSES,
    "measure_param": MEASURE_PARAMS,
    "dispersion_type": DISPERSION_TYPES,
    "interval_sides": INTERVAL_SIDES,
    "non_inferiority_type": NON_INFERIORITY_TYPES,
    "event_assessment": EVENT_ASSESSMENTS,
    "role": ROLES,
    "responsible_party": RESPONSIBLE_PARTIES,
    "id_type": ID_TYPES,
    "reference_type": REFERENCE_TYPES,
    "agreement_restriction": AGREEMENT_RESTRICTIONS,
    "expanded_access_type": EXPANDED_ACCESS_TYPES,
}


def label_for(kind: str, word: str | None) -> str | Promise:
    """The label of a registry word, such as `label_for("phase", "PHASE1")`.

    An unlisted word comes back in plain case ("SOME_NEW_WORD" as "Some new word"), None as an empty text.
    Raises KeyError for an unknown kind: that is a mistake in our code, never in a record.
    """
    labels = LABELS[kind]
    if not word:
        return ""
    return labels.get(word) or plain_case(word)


def plain_case(word: str) -> str:
    """A registry word as text: capitals and underscores go, a word in mixed case stays as written."""
    text = word.replace("_", " ").strip()
    return text.capitalize() if text == text.upper() else text


def tone_for(status: str | None) -> str:
    """The pill's tone of a status; "unsure" for one that is missing or new."""
    known = STATUS_BY_WORD.get(status or "")
    return known.tone if known else "unsure"


def phases_label(phases: Iterable[str]) -> str:
    """Phases in words: one as it is, two as "Phase 1/2", none as an empty text."""
    words = [word for word in phases if word]
    if len(words) > 1 and all(word in PHASES and word.startswith("PHASE") for word in words):
        return str(_("Phase %(numbers)s")) % {"numbers": "/".join(word.removeprefix("PHASE") for word in words)}
    return ", ".join(str(label_for("phase", word)) for word in words)
