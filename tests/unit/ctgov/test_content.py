"""The hash moves with what a record says and with nothing else; contacts can be taken out of a record, all of them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.ctgov.content import content_hash, without_contacts
from apps.ctgov.parser import parse_study
from apps.studies.files import iter_payloads
from tests.ctgov_emulator import Registry
from tests.factories.studies import encoded, situation, situations, study

CRITERIA = "protocolSection.eligibilityModule.eligibilityCriteria"
RECORDED = Path(__file__).resolve().parents[4] / "shared" / "ctgov" / "studies"


def of_text(text: str) -> str:
    return content_hash(encoded(study(changes={CRITERIA: text})))


def reordered(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: reordered(tree[key]) for key in reversed(list(tree))}
    return [reordered(item) for item in tree] if isinstance(tree, list) else tree


class TestTheSame:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("a b", "a  b"),
            ("a b", "a\nb"),
            ("a b", "a\r\n\r\nb"),
            ("a b", "a \t b"),
            ("a b", "a\N{NO-BREAK SPACE}b"),
            ("a b", "a\N{IDEOGRAPHIC SPACE}b"),
            ("a", "  a\n"),
            ("a < b", r"a \< b"),
            ("a < b", "a &lt; b"),
            ("AT&T", "AT&amp;T"),
            ("x^9 [y] ~5", r"x\^9 \[y\] \~5"),
            ('say "yes"', r"say \"yes\""),
            ("back\\slash", r"back\\slash"),
            ("one\ntwo", "one\\\ntwo"),
            ("List:\n\n* one\n* two", "List:\n\n- one\n- two"),
            ("List:\n\n* one\n  * two", "List:\r\n •  one\r\n ◦ two"),
            ("* one", "- one"),
        ],
    )
    def test_text_written_otherwise(self, one: str, other: str) -> None:
        assert of_text(one) == of_text(other)

    def test_order_of_keys_and_white_space_of_the_json(self) -> None:
        for name, payload in situations():
            tree = json.loads(payload)
            assert content_hash(json.dumps(reordered(tree), indent=4).encode()) == content_hash(payload), name

    def test_escapes_of_the_json(self) -> None:
        tree = study(title="Ménière \N{GRINNING FACE} / </b>")
        assert content_hash(json.dumps(tree, ensure_ascii=True).encode()) == content_hash(encoded(tree))

    def test_the_registrys_next_day(self) -> None:
        registry = Registry([situation(name) for name, _ in situations() if name != "missing_modules"])
        before = {nct_id: registry.payload(nct_id) for nct_id in registry.nct_ids}
        registry.next_day()
        for nct_id, payload in before.items():
            assert registry.payload(nct_id) != payload
            assert content_hash(registry.payload(nct_id)) == content_hash(payload)

    def test_version_holder_missing_or_there(self) -> None:
        without = study(changes={"derivedSection.miscInfoModule": None})
        assert content_hash(encoded(without)) == content_hash(encoded(study()))


class TestAnother:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("a b", "ab"),
            ("a", "b"),
            ("1x10^6", "1x10^7"),
            ("CD34+ cells", "CD34- cells"),
            ("2*10", "2-10"),
            ("5 - 6", "5 6"),
            ("C:\\new", "C:\\tew"),
            ("a\\nb", "a\nb"),
            ("Age", "age"),
            ("> 3", "< 3"),
            ("≥ 3", "> 3"),
        ],
    )
    def test_text_that_says_something_else(self, one: str, other: str) -> None:
        assert of_text(one) != of_text(other)

    @pytest.mark.parametrize(
        "changes",
        [
            {"protocolSection.statusModule.overallStatus": "COMPLETED"},
            {"protocolSection.designModule.phases": ["PHASE2", "PHASE1"]},
            {"protocolSection.designModule.enrollmentInfo.count": 41},
            {"protocolSection.contactsLocationsModule.centralContacts[0].phone": "+00 1"},
            {"protocolSection.eligibilityModule": None},
            {"protocolSection.newModule": {"a": 1}},
            {"derivedSection.miscInfoModule.removedCountries": ["France"]},
            {"derivedSection.conditionBrowseModule.meshes": []},
            {"hasResults": True},
        ],
    )
    def test_changed_value(self, changes: dict[str, Any]) -> None:
        assert content_hash(encoded(study(changes=changes))) != content_hash(encoded(study()))

    def test_version_holder_elsewhere_counts(self) -> None:
        path = "protocolSection.designModule.versionHolder"
        one, other = (content_hash(encoded(study(changes={path: day}))) for day in ("2026-01-01", "2026-01-02"))
        assert one != other

    def test_no_two_recorded_studies_are_alike(self) -> None:
        if not RECORDED.is_dir():
            pytest.skip("the recorded studies (../shared/ctgov) are not here")
        payloads = list(iter_payloads(RECORDED / "converted.jsonl.gz"))
        assert len({content_hash(payload) for payload in payloads}) == len(payloads) == 1195


class TestNoJson:
    @pytest.mark.parametrize(
        "payload", [b"", b"no", b"[1", b"[" * 100_000, b'{"a":"\xff"}', b"5", b"null", b'{"derivedSection":5}']
    )
    def test_hashed_all_the_same_and_not_alike(self, payload: bytes) -> None:
        assert len(content_hash(payload)) == 64
        assert content_hash(payload) != content_hash(payload + b"x")

    @pytest.mark.parametrize("payload", [b"", b"no", b"[1", b"[" * 100_000])
    def test_nothing_unreadable_is_kept_when_contacts_must_go(self, payload: bytes) -> None:
        assert without_contacts(payload) == b"{}"


class TestWithoutContacts:
    @pytest.mark.parametrize("name", [name for name, _ in situations()])
    def test_nobody_to_call_or_write_to_is_left(self, name: str) -> None:
        kept = without_contacts(situation(name)).decode()
        for trace in (
            "@example.org",
            "+00",
            "Central Person",
            "Second Person",
            "Site Person",
            "Point Person",
            "Site Contact",
        ):
            assert trace not in kept

    def test_everything_else_stays(self) -> None:
        before = json.loads(situation("contacts_everywhere"))
        after = json.loads(without_contacts(situation("contacts_everywhere")))
        module = before["protocolSection"]["contactsLocationsModule"]
        del module["centralContacts"]
        for site in module["locations"]:
            del site["contacts"]
        before["resultsSection"]["moreInfoModule"]["pointOfContact"] = {"organization": "Test Institute"}
        assert after == before
        assert after["protocolSection"]["contactsLocationsModule"]["overallOfficials"][0]["name"] == "Test Official, MD"

    def test_responsible_person_goes_and_the_kind_of_responsibility_stays(self) -> None:
        party = {
            "type": "PRINCIPAL_INVESTIGATOR",
            "investigatorFullName": "Answering Person",
            "investigatorTitle": "Professor",
            "investigatorAffiliation": "Test Institute",
            "oldNameTitle": "Earlier Person, Professor",
            "oldOrganization": "Earlier Institute",
        }
        changes = {"protocolSection.sponsorCollaboratorsModule.responsibleParty": party}
        kept = json.loads(without_contacts(encoded(study(changes=changes))))["protocolSection"]
        assert kept["sponsorCollaboratorsModule"]["responsibleParty"] == {
            "type": "PRINCIPAL_INVESTIGATOR",
            "oldOrganization": "Earlier Institute",
        }

    def test_in_a_place_that_the_registry_invents_tomorrow(self) -> None:
        changes = {
            "protocolSection.contactsLocationsModule.locations_nested": [
                {"contacts": [{"name": "Moved Person"}], "city": "Madrid"}
            ],
            "protocolSection.recruitmentModule": {"email": "moved@example.org", "text": "Come."},
        }
        kept = json.loads(without_contacts(encoded(study(changes=changes))))["protocolSection"]
        assert kept["contactsLocationsModule"]["locations_nested"] == [{"city": "Madrid"}]
        assert kept["recruitmentModule"] == {"text": "Come."}

    def test_canonical_and_stable(self) -> None:
        once = without_contacts(situation("contacts_everywhere"))
        assert without_contacts(once) == once
        assert once == json.dumps(json.loads(once), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert parse_study(once).protocol.contacts_locations.locations[0].zip == "28001"

    def test_lone_surrogate_is_no_obstacle(self) -> None:
        kept = without_contacts(situation("nul_and_lone_surrogate"))
        assert b"example.org" not in kept
        assert parse_study(kept).nct_id == "NCT90000023"


texts = st.text(alphabet=st.sampled_from("ab1 \t\n\r*-+•<>\\^\"'/&;[]~_.\N{NO-BREAK SPACE}é≥"), max_size=40)


class TestAnyText:
    @settings(max_examples=300)
    @given(texts)
    def test_white_space_never_matters(self, text: str) -> None:
        assert of_text(text) == of_text("\n" + text.replace(" ", "  ") + " ")

    @settings(max_examples=300)
    @given(st.text(alphabet=st.sampled_from("ab <>^[]~*_.&;#\"'(){}|!-+"), max_size=40))
    def test_markdown_escapes_never_matter(self, text: str) -> None:
        escaped = "".join(f"\\{character}" if character in "<>^[]~*_#|!" else character for character in text)
        assert of_text(text) == of_text(escaped)

    @settings(max_examples=300)
    @given(st.text(max_size=40), st.text(max_size=40))
    def test_letters_and_digits_always_matter(self, one: str, other: str) -> None:
        def solid(text: str) -> str:
            return "".join(character for character in text if character.isalnum())

        if solid(one) != solid(other):
            assert of_text(solid(one)) != of_text(solid(other))

    @given(st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=30))
    def test_never_raises(self, text: str) -> None:
        payload = json.dumps(study(title=text)).encode()
        assert len(content_hash(payload)) == 64
        assert parse_study(without_contacts(payload)).nct_id == "NCT90000000"


def test_fast_enough_for_a_whole_scope() -> None:
    """A record of 20 kB in well under 3 ms even on a busy machine (about 0.5 ms on an idle one)."""
    payload = encoded(study(changes={CRITERIA: "* A line of the criteria \\> 100\\^9 with some words.\n" * 360}))
    assert 19_000 < len(payload) < 25_000
    began = time.process_time()
    for _ in range(50):
        content_hash(payload)
    assert (time.process_time() - began) / 50 < 0.003
