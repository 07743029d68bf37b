"""Every record that can be read is read whole; what cannot is told by path and value."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.ctgov.parser import WITHHELD, Oddity, ParseError, nct_id_of, oddities, parse_study, value_at_path
from apps.studies.files import iter_payloads
from apps.studies.records import ENROLLMENT_UNKNOWN, DateText, RegistryDate, StudyRecord, Words
from tests.ctgov_emulator.description import METADATA
from tests.factories.studies import encoded, situation, situations, study

DESIGN = "protocolSection.designModule"
RECORDED = Path(__file__).resolve().parents[4] / "shared" / "ctgov"
recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded studies (../shared/ctgov) are not here")


class TestReading:
    def test_whole_protocol(self) -> None:
        record = parse_study(situation("msc_multiple_sclerosis_recruiting"))
        assert record.nct_id == "NCT90000001"
        assert record.title == "Mesenchymal Stem Cells in Multiple Sclerosis"
        assert record.protocol.status.start_date == RegistryDate("2024-05-02", "ACTUAL")
        assert record.protocol.design.phases == ("PHASE1", "PHASE2")
        assert record.protocol.design.design_info.masking_info.who_masked == ("PARTICIPANT", "OUTCOMES_ASSESSOR")
        assert record.protocol.arms_interventions.interventions[0].other_names == ("MSC",)
        assert record.protocol.contacts_locations.locations[0].geo_point.lat == 40.4165
        assert record.protocol.sponsor_collaborators.lead_sponsor.class_ == "OTHER"
        assert record.derived.condition_browse.ancestors[0].term == "Autoimmune Diseases"
        assert not record.has_results
        assert not record.results

    def test_results_and_documents(self) -> None:
        results = parse_study(situation("hsc_multiple_sclerosis_with_results")).results
        assert results.participant_flow.periods[0].drop_withdraws[0].reasons[1].num_subjects == "1"
        assert results.baseline_characteristics.measures[0].classes[0].categories[0].measurements[0].spread == "7.1"
        [primary, secondary, later] = results.outcome_measures.outcome_measures
        assert primary.analyses[0].p_value == "<0.001"
        assert secondary.classes[0].title == "1 year"
        assert later.reporting_status == "NOT_POSTED"
        assert results.adverse_events.serious_events[0].stats[0].num_affected == 2
        assert results.more_info.point_of_contact.phone_ext == "12"
        document = parse_study(situation("results_with_adverse_events")).document.large_document.large_docs[0]
        assert (document.has_sap, document.size, document.upload_date) == (True, 123456, "2022-02-01T09:30")

    def test_submission_tracking_and_annotations(self) -> None:
        record = parse_study(situation("results_submitted_not_posted"))
        first, second = record.derived.misc_info.submission_tracking.submission_infos
        assert (first.release_date, first.reset_date, second.unrelease_date_unknown) == (
            "2024-01-10",
            "2024-02-02",
            True,
        )
        assert record.annotation.annotation.unposted_annotation.unposted_events[1].date_unknown is True

    def test_from_a_mapping_as_from_bytes(self) -> None:
        for name, payload in situations():
            if name != "wrong_type":
                assert parse_study(json.loads(payload)) == parse_study(payload), name

    def test_dates_keep_text_precision_and_type(self) -> None:
        status = parse_study(situation("month_only_dates")).protocol.status
        assert status.start_date == RegistryDate("2011-03", None)
        assert status.start_date.partial is not None
        assert status.start_date.partial.precision == "month"
        assert status.start_date.partial.latest.day == 31
        assert status.completion_date.type == "ACTUAL"

    def test_unknown_enrolment_is_unknown(self) -> None:
        record = parse_study(situation("enrolment_unknown"))
        assert record.enrollment is None
        assert record.protocol.design.enrollment_info.count == ENROLLMENT_UNKNOWN
        assert parse_study(situation("withdrawn_zero_enrolled")).enrollment == 0

    def test_missing_modules_are_empty_ones(self) -> None:
        record = parse_study(situation("missing_modules"))
        assert record.protocol.eligibility.sex is None
        assert record.protocol.contacts_locations.locations == ()
        assert not record.protocol.contacts_locations
        assert record.protocol.design

    def test_unknown_words_are_kept(self) -> None:
        record = parse_study(situation("unknown_enum"))
        assert record.protocol.status.overall_status == "PAUSED_BY_REGULATOR"
        assert record.protocol.design.phases == ("PHASE1", "PHASE5")

    def test_null_is_missing(self) -> None:
        record = parse_study(situation("null_values"))
        assert record.protocol.design.phases == ()
        assert not record.protocol.outcomes
        assert record.nct_id == "NCT90000022"

    @pytest.mark.parametrize("form", [bytes, json.loads])
    def test_what_a_database_refuses_becomes_a_replacement_character(self, form: Any) -> None:
        title = parse_study(form(situation("nul_and_lone_surrogate"))).protocol.identification.official_title
        assert title == "Half a pair \N{REPLACEMENT CHARACTER} and a NUL \N{REPLACEMENT CHARACTER} in a title"
        title.encode()

    def test_whole_surrogate_pairs_and_escaped_backslashes_are_left_alone(self) -> None:
        payload = encoded(study("NCT90000001", title="TITLE")).replace(b"TITLE", rb"\ud83d\ude00 \\u0000 \\ud83d")
        assert parse_study(payload).title == "\N{GRINNING FACE} \\u0000 \\ud83d"
        assert oddities(payload) == []

    def test_records_are_frozen(self) -> None:
        record = parse_study(situation("alias"))
        with pytest.raises(AttributeError):
            record.protocol.identification.brief_title = "another"  # type: ignore[misc]
        assert record == parse_study(situation("alias"))
        assert hash(record) == hash(parse_study(situation("alias")))


class TestRefusing:
    @pytest.mark.parametrize(
        ("path", "value", "shown", "reason"),
        [
            (f"{DESIGN}.enrollmentInfo.count", "many", "many", "expected a whole number, found a text"),
            (f"{DESIGN}.enrollmentInfo.count", -1, "-1", "expected a number of at least 0"),
            (f"{DESIGN}.enrollmentInfo.count", 2**31, str(2**31), "expected a number of at most 2147483647"),
            (f"{DESIGN}.enrollmentInfo.count", 3.5, "3.5", "expected a whole number, found a number"),
            (f"{DESIGN}.phases", "PHASE1", "PHASE1", "expected a list, found a text"),
            (f"{DESIGN}.phases", ["PHASE1", 2], "2", "expected a text, found a whole number"),
            (f"{DESIGN}.designInfo", [], "a list of 0", "expected an object, found a list"),
            ("protocolSection.outcomesModule", "none", "none", "expected an object, found a text"),
            (
                "protocolSection.contactsLocationsModule.locations[0].geoPoint.lat",
                "40",
                "40",
                "expected a number, found a text",
            ),
            ("hasResults", "yes", "yes", "expected true or false, found a text"),
            ("protocolSection.identificationModule.nctId", None, "", "the record has no NCT id"),
            ("protocolSection.identificationModule.nctId", "nct90000001", "nct90000001", "this is not an NCT id"),
            ("protocolSection.identificationModule.nctId", "NCT00000000", "NCT00000000", "this is not an NCT id"),
        ],
    )
    @pytest.mark.parametrize("form", [encoded, dict])
    def test_wrong_value(self, path: str, value: Any, shown: str, reason: str, form: Any) -> None:
        with pytest.raises(ParseError) as raised:
            parse_study(form(study(changes={path: value})))
        at = f"{path}[1]" if value == ["PHASE1", 2] else path
        assert (raised.value.path, raised.value.value, raised.value.reason) == (at, shown, reason)

    @pytest.mark.parametrize(
        ("payload", "reason"),
        [
            (b"", "the record is not JSON"),
            (b"null", "the record is null, not an object"),
            (b"[1]", "the record is a list, not an object"),
            (b'{"protocolSection":', "the record is not JSON"),
            (b'{"a": NaN}', "the record is not JSON: NaN is no JSON number"),
            (
                b'{"protocolSection": {"identificationModule": {"briefTitle": "\xff"}}}',
                "the record is not UTF-8 at byte",
            ),
            (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "the record is nested too deeply"),
            (b'{"a":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, "the record is nested too deeply"),
            (b'{"a":' + b"9" * 10_000 + b"x}", "the record is not JSON"),
        ],
    )
    def test_no_record_at_all(self, payload: bytes, reason: str) -> None:
        with pytest.raises(ParseError) as raised:
            parse_study(payload)
        assert raised.value.reason.startswith(reason)
        assert raised.value.path == ""
        assert oddities(payload) == []
        assert nct_id_of(payload) == ""

    def test_contact_details_are_not_shown(self) -> None:
        path = "protocolSection.contactsLocationsModule.centralContacts[0].email"
        with pytest.raises(ParseError) as raised:
            parse_study(study(changes={path: 5551234}))
        assert raised.value.path == path
        assert raised.value.value == WITHHELD

    def test_long_values_are_cut(self) -> None:
        with pytest.raises(ParseError) as raised:
            parse_study(study(changes={f"{DESIGN}.enrollmentInfo.count": "x" * 10_000}))
        assert len(raised.value.value) == 500

    def test_the_id_is_known_though_the_record_is_not_read(self) -> None:
        assert nct_id_of(situation("wrong_type")) == "NCT90000024"
        assert nct_id_of(situation("nul_and_lone_surrogate")) == "NCT90000023"
        assert nct_id_of(encoded(study("NCT90000024"))[:-300]) == "NCT90000024"
        assert nct_id_of(encoded(study("NCT9000002"))) == ""
        assert nct_id_of(encoded(study(changes={"protocolSection.identificationModule.nctId": 5}))) == ""


class TestOddities:
    def test_none_in_a_clean_record(self) -> None:
        assert oddities(situation("hsc_multiple_sclerosis_with_results")) == []
        assert oddities(study()) == []

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            (
                "extra_keys",
                {
                    f"{DESIGN}.decentralizedElements": "a list of 1",
                    "protocolSection.plainLanguageModule": "an object of 1 keys",
                    "protocolSection.contactsLocationsModule.locations[0].accessible": "true",
                },
            ),
            (
                "unknown_enum",
                {
                    "protocolSection.statusModule.overallStatus": "PAUSED_BY_REGULATOR",
                    f"{DESIGN}.phases[1]": "PHASE5",
                    "protocolSection.armsInterventionsModule.interventions[0].type": "CELL_PRODUCT",
                },
            ),
            ("missing_modules", {"derivedSection": "", "protocolSection.eligibilityModule": ""}),
            (
                "unreadable_date",
                {
                    "protocolSection.statusModule.startDateStruct.date": "2023-02-30",
                    "protocolSection.statusModule.statusVerifiedDate": "March 2025",
                },
            ),
            (
                "null_values",
                {
                    f"{DESIGN}.phases": "null",
                    "protocolSection.outcomesModule": "null",
                    "protocolSection.statusModule.whyStopped": "null",
                },
            ),
            (
                "nul_and_lone_surrogate",
                {
                    "protocolSection.identificationModule.officialTitle": (
                        "Half a pair \N{REPLACEMENT CHARACTER} and a NUL \N{REPLACEMENT CHARACTER} in a title"
                    )
                },
            ),
        ],
    )
    def test_told_by_path_and_value(self, name: str, expected: dict[str, str]) -> None:
        for form in (situation(name), json.loads(situation(name))):
            assert {oddity.path: oddity.value for oddity in oddities(form)} == expected

    def test_the_same_at_many_sites_is_told_once(self) -> None:
        record = json.loads(situation("many_sites"))
        for site in record["protocolSection"]["contactsLocationsModule"]["locations"]:
            site["accessible"] = True
            site["status"] = "PAUSED"
        assert oddities(record) == [
            Oddity(
                "protocolSection.contactsLocationsModule.locations[0].status",
                "PAUSED",
                "not a word of the registry's list RecruitmentStatus (60 times)",
            ),
            Oddity(
                "protocolSection.contactsLocationsModule.locations[0].accessible",
                "true",
                "the registry's description has no such key (60 times)",
            ),
        ]

    def test_contact_details_are_not_shown(self) -> None:
        changes = {
            "protocolSection.contactsLocationsModule.centralContacts[0].mobile": "+00 123",
            "protocolSection.contactsLocationsModule.centralContacts[0].role": "FRIEND",
        }
        assert {oddity.value for oddity in oddities(study(changes=changes))} == {WITHHELD}

    def test_a_record_of_oddities_is_not_told_without_end(self) -> None:
        many = oddities(study(changes={f"{DESIGN}.new{at}": at for at in range(500)}))
        assert len(many) == 101
        assert many[-1].reason == "and 400 more kinds of oddity in this record"

    @pytest.mark.parametrize("date", ["2024-02-29", "2000-02-29", "2023-12-31", "2023-04", "1999"])
    def test_dates_that_exist(self, date: str) -> None:
        assert oddities(study(changes={"protocolSection.statusModule.startDateStruct.date": date})) == []
        assert RegistryDate(date).partial is not None

    @pytest.mark.parametrize(
        "date", ["2023-02-29", "1900-02-29", "2023-04-31", "2023-13", "0000", "23-01-01", "2023-1-1"]
    )
    def test_dates_that_do_not(self, date: str) -> None:
        [oddity] = oddities(study(changes={"protocolSection.statusModule.startDateStruct.date": date}))
        assert oddity.value == date
        assert RegistryDate(date).partial is None


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from leaves(value, f"{path}[{index}]")
    else:
        yield path, tree


def lost(payload: bytes) -> list[str]:
    """Paths of the values that the record does not give back, but for the keys that `oddities` tells."""
    again = msgspec.json.decode(msgspec.json.encode(parse_study(payload)))
    told = [oddity.path for oddity in oddities(payload) if "no such key" in oddity.reason]
    grouped = {"[]".join(part.split("]", 1)[-1] for part in path.split("[")) for path in told}
    missing = []
    for path, value in leaves(json.loads(payload)):
        if value is None or value_at_path(again, path) == value:
            continue
        general = "[]".join(part.split("]", 1)[-1] for part in path.split("["))
        if not any(general == key or general.startswith((f"{key}.", f"{key}[")) for key in grouped):
            missing.append(path)
    return missing


class TestNothingIsLost:
    @pytest.mark.parametrize(
        "name", [name for name, _ in situations() if name not in {"wrong_type", "nul_and_lone_surrogate"}]
    )
    def test_in_our_situations(self, name: str) -> None:
        assert lost(situation(name)) == []

    def test_a_lost_value_would_be_seen(self) -> None:
        payload = encoded(study(changes={f"{DESIGN}.unheardOf": "x", f"{DESIGN}.phases": ["PHASE1"]}))
        assert lost(payload) == []
        again = msgspec.json.decode(msgspec.json.encode(parse_study(payload)))
        assert value_at_path(again, f"{DESIGN}.unheardOf") is None

    @recorded
    @pytest.mark.slow
    @pytest.mark.parametrize("name", ["converted", "partial", "table", "text", "v2"])
    def test_in_every_recorded_study(self, name: str) -> None:
        count = 0
        for payload in iter_payloads(RECORDED / "studies" / f"{name}.jsonl.gz"):
            assert lost(payload) == [], nct_id_of(payload)
            count += 1
        assert count == {"converted": 1195, "partial": 38, "table": 2395, "text": 104, "v2": 633}[name]

    @recorded
    def test_complete_recorded_studies_hold_no_surprise(self) -> None:
        """Complete records of 2024 and later have nothing that the description lacks; those of 2023 have beta keys."""
        beta = {"modelPredictions", "locations_nested", "interventionMappedName"}
        for payload in iter_payloads(RECORDED / "studies" / "v2.jsonl.gz"):
            assert {oddity.path.rpartition(".")[2] for oddity in oddities(payload)} <= beta, nct_id_of(payload)


@recorded
def test_the_types_are_those_of_the_registrys_description() -> None:
    """Every key of the OpenAPI description stands in our types, with its closed list word for word, and no other."""
    yaml = pytest.importorskip("yaml")
    schemas = yaml.safe_load((RECORDED / "openapi.yaml").read_text())["components"]["schemas"]
    from tests.ctgov_emulator.description import ENUMS

    def compare(nodes: list[dict[str, Any]], schema: dict[str, Any], path: str) -> int:
        properties = schema["properties"]
        assert {node["name"] for node in nodes} == set(properties), path
        seen = 0
        for node in nodes:
            there = properties[node["name"]]
            many = there.get("type") == "array"
            there = there["items"] if many else there
            assert node["type"].endswith("[]") == many, f"{path}.{node['name']}"
            name = there.get("$ref", "").rpartition("/")[2]
            if name and "properties" in schemas[name] and "children" in node:
                seen += compare(node["children"], schemas[name], f"{path}.{node['name']}")
            elif name and "enum" in schemas[name]:
                assert ENUMS[node["type"].removesuffix("[]")][0].words == tuple(schemas[name]["enum"]), name
            else:
                assert "children" not in node, f"{path}.{node['name']}"
            seen += 1
        return seen

    assert compare(METADATA, schemas["Study"], "") > 300


# Any JSON at all, as a record or inside one.
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
PATHS = [path for path, _ in leaves(study())]


class TestAnything:
    @given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
    def test_bytes_give_a_record_or_a_parse_error(self, payload: bytes) -> None:
        oddities(payload)
        nct_id_of(payload)
        with contextlib.suppress(ParseError):
            assert parse_study(payload).nct_id

    @settings(max_examples=300)
    @given(st.sampled_from(PATHS), json_values)
    def test_any_value_in_any_place_is_read_told_or_refused_by_path(self, path: str, value: Any) -> None:
        changed = study(changes={path: value})
        payload = json.dumps(changed).encode()
        record: StudyRecord | None = None
        refused = ""
        try:
            record = parse_study(payload)
        except ParseError as error:
            refused = error.path
        if record is None:
            assert refused.startswith(path)
        elif isinstance(value, str) and "\x00" not in value:
            assert value_at_path(msgspec.json.decode(msgspec.json.encode(record)), path) == value

    @given(st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=50))
    def test_any_text_becomes_one_that_a_database_takes(self, text: str) -> None:
        payload = json.dumps(study(title="x" + text)).encode()
        title = parse_study(payload).title
        assert "\x00" not in title
        title.encode()
        assert len(title) <= len(text) + 1


def test_marks_are_on_the_types() -> None:
    """The marks that `oddities` reads are there: a rename that lost them would make it blind."""
    kinds = [json.dumps(node) for node in METADATA]
    assert sum(text.count('"isEnum": true') for text in kinds) > 50
    assert sum(text.count('"PartialDate"') for text in kinds) > 20
    assert Words.__doc__
    assert DateText.__doc__
