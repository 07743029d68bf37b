"""Cautions that follow from dates. A month is an interval of days: nothing is said that only some of its days bear."""

from __future__ import annotations

import datetime as dt

from apps.classification.rules.cautions.found import Caution, date_of, whole, years_after
from apps.classification.rules.labels import Evidence
from apps.studies.records import RegistryDate, StudyRecord

_STATUS = "protocolSection.statusModule."
# Statuses after which no update is to be expected.
_FINAL = {"COMPLETED", "TERMINATED", "WITHDRAWN", "NO_LONGER_AVAILABLE", "APPROVED_FOR_MARKETING", "WITHHELD"}
_ENDED = {"COMPLETED", "TERMINATED"}
UPDATE_YEARS = 2
# 42 CFR 11.44(a): results are due a year after the primary completion date. The registry may need a while to post them.
RESULTS_YEARS, POSTING = 1, dt.timedelta(days=30)
# From this day on 42 CFR 11 tells which trials must report.
_RULE_FROM = dt.date(2017, 1, 18)
_PHASES_WITH_RESULTS = {"PHASE2", "PHASE3", "PHASE4"}
_UNITED_STATES = {
    *("United States", "Puerto Rico", "Guam", "American Samoa", "Northern Mariana Islands"),
    *("U.S. Virgin Islands", "Virgin Islands (U.S.)"),
}


def registered_late(record: StudyRecord) -> Caution | None:
    """First sent to the registry when the trial had begun for certain. A planned start proves no beginning."""
    status = record.protocol.status
    sent, begun = date_of(status.study_first_submit_date), date_of(status.start_date.date)
    if sent is None or begun is None or status.start_date.type == "ESTIMATED":
        return None
    days = (sent.earliest - begun.latest).days
    if days <= 0:
        return None
    quotes = (
        whole(_STATUS + "startDateStruct.date", status.start_date.date or ""),
        whole(_STATUS + "studyFirstSubmitDate", status.study_first_submit_date or ""),
    )
    return Caution("registered-late", quotes, facts={"days": days})


def not_updated(record: StudyRecord) -> Caution | None:
    """Two years after the last update, of a trial that by its record has not ended."""
    status = record.protocol.status
    updated = date_of(status.last_update_post_date.date)
    if updated is None or not status.overall_status or status.overall_status in _FINAL:
        return None
    quotes = (
        _date(_STATUS + "lastUpdatePostDateStruct.date", status.last_update_post_date),
        whole(_STATUS + "overallStatus", status.overall_status),
    )
    return Caution("not-updated", quotes, years_after(updated.latest, UPDATE_YEARS))


def results_missing(record: StudyRecord) -> Caution | None:
    """No results at the registry though the trial ended over a year ago, where the record lets that be known.

    It says nothing of a duty. Where a delay or a waiver was asked for, where results were sent in and wait, and where
    the sponsor links a publication of results, there is no caution. `facts["rule"]` says what the record tells of
    42 CFR 11: "may-apply", "not-regulated" (both flags say no) or "cannot-be-told".
    """
    status, end = record.protocol.status, record.protocol.status.primary_completion_date
    ended = date_of(end.date)
    if record.has_results is not False or record.protocol.design.study_type != "INTERVENTIONAL" or ended is None:
        return None
    if status.overall_status not in _ENDED or end.type == "ESTIMATED" or record.enrollment == 0:
        return None
    if status.results_waived or status.results_first_submit_date or status.disp_first_submit_date:
        return None
    references = [reference.type for reference in record.protocol.references.references]
    if "RESULT" in references:
        return None
    quotes = (
        whole(_STATUS + "overallStatus", status.overall_status or ""),
        _date(_STATUS + "primaryCompletionDateStruct.date", end),
    )
    facts: dict[str, str | int] = {"rule": rule_for_results(record), "derived": references.count("DERIVED")}
    return Caution("no-results", quotes, years_after(ended.latest, RESULTS_YEARS) + POSTING, facts)


def rule_for_results(record: StudyRecord) -> str:
    """What can be told from the record alone of whether 42 CFR 11 asks for results. Never that it certainly does.

    Whether there is an IND, and where the product was made, is in no record.
    """
    protocol, oversight = record.protocol, record.protocol.oversight
    if oversight.is_fda_regulated_drug is False and oversight.is_fda_regulated_device is False:
        return "not-regulated"
    start = date_of(protocol.status.start_date.date)
    countries = {site.country for site in protocol.contacts_locations.locations}
    regulated = oversight.is_fda_regulated_drug or oversight.is_fda_regulated_device
    past_phase_1 = bool(_PHASES_WITH_RESULTS.intersection(protocol.design.phases)) or "NA" in protocol.design.phases
    if regulated and past_phase_1 and start and start.earliest >= _RULE_FROM and countries & _UNITED_STATES:
        return "may-apply"
    return "cannot-be-told"


def _date(path: str, date: RegistryDate) -> Evidence:
    return whole(path, date.date or "")
