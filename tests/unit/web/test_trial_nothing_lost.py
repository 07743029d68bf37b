"""Whatever a record says in text stands on its page."""

from __future__ import annotations

import html
import itertools
import re
import typing
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from apps.core.markdown import plain_text
from apps.ctgov.parser import parse_study
from apps.studies import records
from apps.studies.records import DateText, Part, StudyRecord, Words
from apps.vocabulary.countries import country_name
from apps.vocabulary.statuses import phases_label
from apps.web.presenters.words import age_words, date_kind, date_words, file_size, label, number
from tests.unit.web.trial_pages import FIXTURES, html_of, recorded

# Which labels a closed list of the registry has on the page.
KINDS = {
    "AgencyClass": "sponsor_class",
    "AgreementRestrictionType": "agreement_restriction",
    "AnalysisDispersionType": "dispersion_type",
    "ArmGroupType": "arm_type",
    "BioSpecRetention": "biospecimen_retention",
    "BrowseLeafRelevance": "relevance",
    "ConfidenceIntervalNumSides": "interval_sides",
    "ContactRole": "role",
    "DesignAllocation": "allocation",
    "DesignMasking": "masking",
    "DesignTimePerspective": "time_perspective",
    "EventAssessment": "event_assessment",
    "ExpandedAccessStatus": "status",
    "InterventionType": "intervention_type",
    "InterventionalAssignment": "intervention_model",
    "IpdSharing": "ipd_sharing",
    "IpdSharingInfoType": "ipd_info_type",
    "MeasureDispersionType": "dispersion_type",
    "MeasureParam": "measure_param",
    "NonInferiorityType": "non_inferiority_type",
    "ObservationalModel": "observational_model",
    "OfficialRole": "role",
    "OrgStudyIdType": "id_type",
    "OutcomeMeasureType": "outcome_type",
    "PrimaryPurpose": "primary_purpose",
    "RecruitmentStatus": "status",
    "ReferenceType": "reference_type",
    "ReportingStatus": "reporting_status",
    "ResponsiblePartyType": "responsible_party",
    "SamplingMethod": "sampling_method",
    "SecondaryIdType": "id_type",
    "Sex": "sex",
    "StandardAge": "standard_age",
    "Status": "status",
    "StudyType": "study_type",
    "UnpostedEventType": "unposted_event",
    "ViolationEventType": "violation_event",
    "WhoMasked": "who_masked",
}

# Values that the page does not repeat, by the end of their path, each with its reason.
LEFT_OUT = {
    "miscInfoModule.versionHolder": "the day of the registry's last export, the same in every record",
    ".groupId": "joins a figure to its group; the group's title heads the column",
    "groups[].id": "as above",
    "Groups[].id": "as above",
    ".groupIds[]": "joins an analysis to its groups; their titles are told",
    "browseLeaves[].id": "the registry's own number of an entry in its browsing tree, of no use outside",
    "browseBranches[].abbrev": "short form of the branch, whose name is told",
    "geoPoint.lat": "the town's place on a map, worked out by the registry from the town's name, which is told",
    "geoPoint.lon": "as above",
    "largeDocs[].typeAbbrev": "short form of the three flags, which are told in words",
}

TAG = re.compile(r"<[^>]*>")
HREF = re.compile(r'href="([^"]*)"')
BLANK = re.compile(r"\s+")
BULLET = re.compile(r"^(?:\s*(?:[*+-]|\d{1,9}[.)])(?=\s|$)|\s*[•●▪◦·‣])+")


def leaves(part: Part, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, value, the registry's closed list or date form or None) of everything that a record says."""
    hints = typing.get_type_hints(type(part), include_extras=True)
    for item in msgspec.structs.fields(part):
        value = getattr(part, item.name)
        if value != item.default:
            yield from _within(value, hints[item.name], f"{path}.{item.encode_name}")


def _within(value: Any, hint: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(value, Part):
        yield from leaves(value, path)
    elif isinstance(value, tuple):
        for item in value:
            yield from _within(item, typing.get_args(hint)[0], path + "[]")
    else:
        yield path, value, _remark(hint)


def _remark(hint: Any) -> Any:
    if hasattr(hint, "__metadata__"):
        return hint.__metadata__[0]
    return next(filter(None, map(_remark, typing.get_args(hint))), None)


def expected(path: str, value: Any, remark: Any) -> Iterator[str]:
    """How the page says it, line by line."""
    if isinstance(value, bool) or path.endswith(tuple(LEFT_OUT)):
        return
    if path.endswith("largeDocs[].size"):
        yield file_size(value)
    elif path.endswith("enrollmentInfo.count"):
        yield number(value) if value != records.ENROLLMENT_UNKNOWN else ""
    elif path.endswith(("minimumAge", "maximumAge")):
        yield age_words(value, None).split(" ")[0] if value != "N/A" else ""
    elif path.endswith(("locations[].country", "removedCountries[]")):
        yield country_name(value)
    elif path.endswith("phases[]"):
        yield phases_label([value]).rsplit(" ", 1)[-1]
    elif isinstance(remark, Words):
        if remark.name in KINDS:
            yield label(KINDS[remark.name], value)
        else:
            yield label("date_type", value) if path.endswith("ostDateStruct.type") else date_kind(value)
    elif isinstance(remark, DateText):
        yield date_words(value)
    elif isinstance(value, int):
        yield number(value)
    else:
        # A backslash at the end of a line is a line break.
        for line in value.splitlines():
            yield plain_text(plain_text(BULLET.sub("", line).removesuffix("\\")))


def squeezed(text: str) -> str:
    return BLANK.sub("", html.unescape(text)).casefold()


def lost(record: StudyRecord) -> list[tuple[str, str]]:
    # Signs in our HTML are escaped, so tags can be told from text without a parser, which would take minutes.
    article = html_of(record).partition("<article")[2]
    shown = squeezed(TAG.sub(" ", article) + " ".join(HREF.findall(article)))
    return [
        (path, text[:200])
        for path, value, remark in leaves(record)
        for text in expected(path, value, remark)
        if squeezed(text) not in shown
    ]


class _Filler:
    """Fills a record: every text, number and date in it differs from every other."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def part(self, kind: type[Part]) -> Part:
        hints = typing.get_type_hints(kind, include_extras=True)
        return kind(**{item.name: self.value(hints[item.name], item.name) for item in msgspec.structs.fields(kind)})

    def value(self, hint: Any, name: str) -> Any:
        n = next(self._count)
        remark = _remark(hint)
        kinds = _kinds(hint)
        if typing.get_origin(hint) is tuple:
            return (self.value(typing.get_args(hint)[0], name),)
        if part := next((kind for kind in kinds if issubclass(kind, Part)), None):
            return self.part(part)
        if isinstance(remark, Words):
            return remark.words[0]
        if isinstance(remark, DateText):
            return f"{1900 + n // 300}-{n // 25 % 12 + 1:02d}-{n % 25 + 1:02d}"
        return self._plain(kinds, name, n)

    def _plain(self, kinds: set[type], name: str, n: int) -> Any:
        if bool in kinds:
            return True
        if float in kinds:
            return float(n)
        if int in kinds:
            return n * 1013
        if name in {"nct_id", "nct_id_aliases"}:
            return f"NCT{n:08d}"
        return f"{n} Years" if name in {"minimum_age", "maximum_age"} else f"text{n}x"


def _kinds(hint: Any) -> set[type]:
    return {hint} if isinstance(hint, type) else set().union(*map(_kinds, typing.get_args(hint)))


def full_record() -> StudyRecord:
    """A record in which every member of every module says something of its own; all figures belong to one group."""
    data = msgspec.to_builtins(_Filler().part(StudyRecord))
    _join(data, "g")
    return msgspec.convert(data, StudyRecord)


def _join(value: Any, key: str) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "groupId":
                value[name] = key
            elif name == "groupIds":
                value[name] = [key]
            elif name in {"groups", "eventGroups"}:
                for group in item:
                    group["id"] = key
            else:
                _join(item, key)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _join(item, key)


def test_every_member_of_every_module_is_shown() -> None:
    record = full_record()
    said = {path for path, _value, _remark in leaves(record)}
    assert len(said) > 300
    assert lost(record) == []


def test_every_yes_or_no_changes_the_page() -> None:
    record = full_record()
    whole = html_of(record)
    silent = []
    for path, value, _remark in leaves(record):
        if value is True:
            data = msgspec.to_builtins(record)
            _take_out(data, path.strip(".").split("."))
            if html_of(msgspec.convert(data, StudyRecord)) == whole:
                silent.append(path)
    # Results are in the record, so whether it has any needs no telling.
    assert silent == [".hasResults"]


def _take_out(value: Any, steps: list[str]) -> None:
    for step in steps[:-1]:
        value = value[step.removesuffix("[]")]
        value = value[0] if step.endswith("[]") else value
    del value[steps[-1]]


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_nothing_of_our_records_is_lost(path: Any) -> None:
    if path.stem == "wrong_type":
        pytest.skip("a record that no parser takes")
    assert lost(parse_study(path.read_bytes())) == []


# One of so many recorded studies: all of them took four minutes.
STEPS = {"v2": 5, "converted": 5, "table": 5, "partial": 1, "text": 1}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "step"), STEPS.items())
def test_nothing_of_recorded_studies_is_lost(name: str, step: int) -> None:
    count, found = 0, {}
    for nct_id, gone in map(_lost_of, itertools.islice(recorded(name), 0, None, step)):
        count += 1
        if gone:
            found[nct_id] = gone
    assert found == {}
    assert count > 30


def _lost_of(payload: bytes) -> tuple[str, list[tuple[str, str]]]:
    record = parse_study(payload)
    return record.nct_id, lost(record)
