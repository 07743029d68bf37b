"""Cautions on their way to readers: published with their days, compared across a sponsor, shown by a person's hand."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from apps.curation.decisions import Refused
from apps.curation.models import AuditEntry
from apps.curation.services import confirm_caution, hide_caution, propose_caution, publish, withdraw_caution
from apps.ingest.selectors import records_of
from apps.ingest.services import sync
from apps.search.cautions import public_cautions, siblings_of
from apps.search.models import CautionKind, ProtocolPrint, SimilarProtocol, StudyDocument
from apps.search.selectors import dataset_version
from tests.factories.cautions import show_cautions
from tests.factories.studies import encoded, study

pytestmark = pytest.mark.django_db

SUMMARY = "protocolSection.descriptionModule.briefSummary"
SPONSOR = "protocolSection.sponsorCollaboratorsModule.leadSponsor.name"
PLAN = " ".join(f"step{number} of the plan says thing{number}" for number in range(60))
ONE, OTHER, THIRD, ELSEWHERE = "NCT90000001", "NCT90000002", "NCT90000003", "NCT90000004"


@pytest.fixture
def load(tmp_path: Any) -> Any:
    def load(**changes: dict[str, Any]) -> None:
        for nct_id, told in changes.items():
            (tmp_path / f"{nct_id}.json").write_bytes(encoded(study(nct_id, told)))
        run = sync(replay=tmp_path)
        assert run is not None
        assert run.failed == 0

    return load


@pytest.fixture
def four(load: Any) -> None:
    load(
        NCT90000001={SUMMARY: f"Cells for lupus. {PLAN}"},
        NCT90000002={SUMMARY: f"Cells for asthma. {PLAN}"},
        NCT90000003={SUMMARY: " ".join(f"other{number} words stand here" for number in range(80))},
        NCT90000004={SUMMARY: f"Cells for lupus. {PLAN}", SPONSOR: "Another Institute"},
    )


def test_a_document_has_its_cautions_with_the_day_from_which_they_hold(load: Any) -> None:
    status = "protocolSection.statusModule."
    load(NCT90000001={status + "studyFirstSubmitDate": "2024-06-01", SUMMARY: "A patient funded trial."})
    told = StudyDocument.objects.get(pk=ONE).cautions
    assert told == {"fee-mentioned": "", "registered-late": "", "not-updated": "2027-03-12"}


def test_protocols_of_one_sponsor_are_compared_and_of_no_other(four: None) -> None:
    found = siblings_of(ONE)
    assert [item.nct_id for item in found.found] == [OTHER]
    assert 0.7 <= found.found[0].similarity < 1
    assert found.held == 2  # of the sponsor's, this one left aside
    assert [item.nct_id for item in siblings_of(OTHER).found] == [ONE]
    assert siblings_of(THIRD).found == siblings_of(ELSEWHERE).found == ()


def test_a_pair_is_closed_when_a_record_moves_away_and_its_time_is_kept(four: None, load: Any) -> None:
    load(NCT90000002={SUMMARY: " ".join(f"new{number} plan altogether" for number in range(90))})
    assert siblings_of(ONE).found == ()
    (pair,) = SimilarProtocol.objects.all()
    assert pair.until is not None
    assert pair.since <= pair.until


def test_publishing_again_makes_no_pair_twice(four: None) -> None:
    for _again in range(2):
        with transaction.atomic():
            publish(records_of([ONE, OTHER]))
    ProtocolPrint.objects.filter(pk=ONE).update(hashes=[1])
    with transaction.atomic():
        publish(records_of([ONE, OTHER]))
    assert SimilarProtocol.objects.count() == 1


KIND, ADA, GRACE = "not-updated", "ada@example.org", "grace@example.org"


def log() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", "field", "by"))


def test_every_kind_is_off_until_two_people_have_said_so() -> None:
    assert public_cautions() == frozenset()
    before = dataset_version()
    propose_caution(kind=KIND, by=ADA)
    assert public_cautions() == frozenset()
    assert dataset_version() == before
    confirm_caution(kind=KIND, by=GRACE)
    assert public_cautions() == {KIND}
    assert dataset_version() > before
    row = CautionKind.objects.get(pk=KIND)
    assert (row.switched_by, row.proposed_by, row.proposed_at) == (GRACE, "", None)
    assert isinstance(row.switched_at, dt.datetime)
    assert log() == [("proposed", KIND, ADA), ("confirmed", KIND, GRACE)]
    assert list(AuditEntry.objects.values_list("before", "after")) == [(False, True), (False, True)]


def test_nobody_confirms_their_own_proposal() -> None:
    propose_caution(kind=KIND, by=ADA)
    with pytest.raises(Refused, match="second person"):
        confirm_caution(kind=KIND, by=ADA)
    assert public_cautions() == frozenset()
    assert log() == [("proposed", KIND, ADA)]


def test_a_proposal_can_be_withdrawn_and_made_again() -> None:
    propose_caution(kind=KIND, by=ADA)
    withdraw_caution(kind=KIND, by=GRACE)
    with pytest.raises(Refused, match="withdrawn"):
        confirm_caution(kind=KIND, by=GRACE)
    with pytest.raises(Refused, match="withdrawn"):
        withdraw_caution(kind=KIND, by=ADA)
    propose_caution(kind=KIND, by=GRACE)
    confirm_caution(kind=KIND, by=ADA)
    assert public_cautions() == {KIND}
    assert [action for action, _, _ in log()] == ["proposed", "withdrawn", "proposed", "confirmed"]


def test_one_person_is_enough_to_take_a_kind_away() -> None:
    show_cautions(KIND)
    version = dataset_version()
    hide_caution(kind=KIND, by=ADA)
    assert public_cautions() == frozenset()
    assert dataset_version() > version
    assert log()[-1] == ("decided", KIND, ADA)
    # What was confirmed once needs two people again.
    with pytest.raises(Refused):
        confirm_caution(kind=KIND, by=GRACE)


def test_what_is_so_already_is_said_and_moves_nothing() -> None:
    for service in (confirm_caution, withdraw_caution, hide_caution):
        with pytest.raises(Refused):
            service(kind=KIND, by=ADA)
    propose_caution(kind=KIND, by=ADA)
    with pytest.raises(Refused, match="You have proposed"):
        propose_caution(kind=KIND, by=ADA)
    with pytest.raises(Refused, match=f"was proposed by {ADA}"):
        propose_caution(kind=KIND, by=GRACE)
    confirm_caution(kind=KIND, by=GRACE)
    version, lines = dataset_version(), len(log())
    with pytest.raises(Refused, match="Readers see"):
        propose_caution(kind=KIND, by=ADA)
    assert (dataset_version(), len(log())) == (version, lines)


@pytest.mark.parametrize("service", [propose_caution, confirm_caution, withdraw_caution, hide_caution])
def test_no_kind_can_be_made_up(service: Callable[..., None]) -> None:
    with pytest.raises(CautionKind.DoesNotExist):
        service(kind="bad-people", by=ADA)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_moment_one_confirms_and_one_withdraws_nothing() -> None:
    propose_caution(kind=KIND, by=ADA)
    gate, done, refused = threading.Barrier(4), [], []

    def use(service: Callable[..., None], by: str) -> None:
        gate.wait()
        try:
            service(kind=KIND, by=by)
            done.append(service)
        except Refused:
            refused.append(service)
        finally:
            connection.close()

    acts = [
        (confirm_caution, GRACE),
        (confirm_caution, "edith@example.org"),
        (withdraw_caution, ADA),
        (confirm_caution, ADA),
    ]
    threads = [threading.Thread(target=use, args=each) for each in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(refused)) == (1, 3)
    assert public_cautions() == ({KIND} if done == [confirm_caution] else frozenset())
    assert len(log()) == 2
