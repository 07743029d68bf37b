"""The record types themselves: ids, emptiness, and the few values that they derive."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.studies.records import (
    EnrollmentInfo,
    IdentificationModule,
    ProtocolSection,
    RegistryDate,
    StudyRecord,
    normalise_nct_id,
)


@pytest.mark.parametrize(
    ("text", "nct_id"),
    [
        ("NCT00000001", "NCT00000001"),
        ("nct00000001", "NCT00000001"),
        ("  NcT1 ", "NCT00000001"),
        ("NCT000000000000001", "NCT00000001"),
        ("NCT99999999", "NCT99999999"),
    ],
)
def test_ids_in_every_spelling(text: str, nct_id: str) -> None:
    assert normalise_nct_id(text) == nct_id


@pytest.mark.parametrize(
    "text", ["", "NCT", "NCT0", "NCT00000000", "NCT123456789", "12345678", "NCT 1", "NCT1a", "NCT１", "NCT1\nNCT2"]
)
def test_what_is_no_id(text: str) -> None:
    with pytest.raises(ValueError, match="is not an NCT id"):
        normalise_nct_id(text)


@given(st.integers(1, 99_999_999), st.integers(0, 5))
def test_any_number_padded_anyhow(number: int, zeros: int) -> None:
    assert normalise_nct_id(f"nct{'0' * zeros}{number}") == f"NCT{number:08d}"


def test_a_part_that_says_nothing_is_false() -> None:
    assert not StudyRecord()
    assert not RegistryDate()
    assert RegistryDate("2024")
    assert EnrollmentInfo(0)
    assert StudyRecord(has_results=False)


def test_title_falls_back() -> None:
    def record(**names: str) -> StudyRecord:
        return StudyRecord(protocol=ProtocolSection(identification=IdentificationModule(nct_id="NCT90000001", **names)))

    assert record(brief_title="Short", official_title="Long").title == "Short"
    assert record(official_title="Long").title == "Long"
    assert record().title == "NCT90000001"
    assert StudyRecord().nct_id == ""


def test_unreadable_dates_are_no_dates() -> None:
    assert RegistryDate("2023-02-30").partial is None
    assert RegistryDate().partial is None
    partial = RegistryDate("2023-02").partial
    assert partial is not None
    assert partial.latest.day == 28


def test_keys_are_the_registrys() -> None:
    record = msgspec.json.decode(
        b'{"protocolSection":{"oversightModule":{"isPpsd":true,"isUsExport":true,"fdaaa801Violation":true},'
        b'"designModule":{"nPtrsToThisExpAccNctId":2},"sponsorCollaboratorsModule":{"leadSponsor":{"class":"NIH"}}}}',
        type=StudyRecord,
    )
    assert record.protocol.oversight.is_ppsd is True
    assert record.protocol.oversight.is_us_export is True
    assert record.protocol.oversight.fdaaa801_violation is True
    assert record.protocol.design.n_ptrs_to_this_exp_acc_nct_id == 2
    assert record.protocol.sponsor_collaborators.lead_sponsor.class_ == "NIH"
