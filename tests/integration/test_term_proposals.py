"""A word that the rules do not know: proposed, rehearsed, accepted, processed again, published, taken back."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from apps.classification.models import StudyLabel
from apps.curation import proposals
from apps.curation.decisions import Refused
from apps.curation.models import AuditEntry, StudyOverride, TermProposal
from apps.curation.proposals import Settled, TermsMoved, accept, decline, history_of, propose, retire, withdraw
from apps.curation.services import decide
from apps.curation.terms import terms_in_force
from apps.ingest import rehearsing, services
from apps.ingest.models import Rehearsal, SyncRun
from apps.ingest.rehearsing import AS_THEY_ARE, ask, rehearsal_of
from apps.ingest.selectors import records_of
from apps.ingest.services import read_again, reprocess, sync, tick
from apps.ingest.tasks import rehearse
from apps.ingest.tasks import reprocess as reprocess_task
from apps.search.models import StudyDocument, StudyDocumentPast
from apps.search.selectors import dataset_version
from apps.studies.models import Study
from apps.vocabulary.terms import terms_version
from tests.factories.studies import encoded, study
from tests.integration.conftest import break_a_rule_on, nct

pytestmark = pytest.mark.django_db

ADA, LEAD = "ada@example.org", "lead@example.org"
WORDS = "Sclerosis of the Many Places"
CONDITIONS = "protocolSection.conditionsModule.conditions"
KEYWORDS = "protocolSection.conditionsModule.keywords"


def called(nct_id: str, disease: str) -> dict[str, Any]:
    """A record of cells for a disease that it calls so, without a heading of the registry's."""
    return study(nct_id, title=f"Cells in {disease}", conditions=[disease])


@pytest.fixture
def stored(tmp_path: Path) -> None:
    """Three studies that are in scope, and the fourth, which is out for want of a word."""
    for number in (1, 2, 3):
        (tmp_path / f"{nct(number)}.json").write_bytes(encoded(study(nct(number))))
    (tmp_path / f"{nct(4)}.json").write_bytes(encoded(called(nct(4), WORDS)))
    run = sync(replay=tmp_path)
    assert run is not None
    assert (run.state, run.failed, run.terms_version) == ("ok", 0, 0)
    assert scope() == "out"


def scope(nct_id: str = nct(4)) -> str:
    return StudyDocument.objects.get(pk=nct_id).scope


def proposed(**changes: Any) -> TermProposal:
    told = {"act": "add", "group": "multiple-sclerosis", "form": "phrases", "phrase": WORDS, "by": ADA}
    return propose(**(told | {"reason": f"{nct(4)} says so."} | changes))


def rehearsed(proposal: int) -> Rehearsal:
    """By the code that the worker runs."""
    rehearse(ask(proposal=proposal, by=ADA)[0].pk)
    return Rehearsal.objects.get(proposal=proposal)


def accepted(proposal: TermProposal) -> None:
    rehearsal = rehearsed(proposal.pk)
    accept(number=proposal.pk, reason="Agreed.", by=LEAD, rehearsed_with=rehearsal.terms_version)


def labels(nct_id: str = nct(4), scheme: str = "disease") -> list[StudyLabel]:
    return list(StudyLabel.objects.filter(study_id=nct_id, scheme=scheme))


def test_a_word_is_rehearsed_accepted_published_and_taken_back(stored: None) -> None:
    record = records_of([nct(4)])[nct(4)]
    decide(record=record, field="dose", values=["1e6/kg"], reason="Table 1.", by=ADA, version=0)
    proposal, before = proposed(), dataset_version()

    rehearsal = rehearsed(proposal.pk)
    assert [row["nct_id"] for row in rehearsal.moved] == [nct(4)]
    assert rehearsal.moved[0]["title"] == f"Cells in {WORDS}"
    moves = {move["field"]: (move["before"], move["now"]) for move in rehearsal.moved[0]["moves"]}
    assert moves["scope"] == (["out"], ["in_scope"])
    assert moves["disease"] == ([], ["multiple-sclerosis"])
    assert rehearsal.summary[:2] == [
        ["scope", [["out -> in_scope", 1]]],
        ["disease", [["+ multiple-sclerosis", 1]]],
    ]
    assert (rehearsal.done, rehearsal.of, rehearsal.unread, rehearsal.error) == (4, 4, [], "")
    assert rehearsal.dataset_version == before == dataset_version()  # nothing was published
    assert scope() == "out"

    accept(number=proposal.pk, reason="Agreed.", by=LEAD, rehearsed_with=rehearsal.terms_version)
    assert terms_in_force().version == 1
    assert scope() == "out"  # until it is processed again
    reprocess_task()
    assert scope() == "in_scope"
    [label] = labels()
    assert (label.value, label.terms_version) == ("multiple-sclerosis", 1)
    assert any(quote["quote"] in {WORDS, f"Cells in {WORDS}"} for quote in label.evidence)
    run = SyncRun.objects.latest("pk")
    assert (run.kind, run.state, run.seen, run.updated, run.terms_version) == ("reprocess", "ok", 4, 4, 1)
    assert set(Study.objects.values_list("terms_version", flat=True)) == {1}
    assert StudyDocumentPast.objects.filter(nct_id=nct(4), scope="out").exists()  # lists of earlier days keep it
    assert dataset_version() > before
    assert decision_stands()

    # Every later run knows the word too, and a curator's decision that has a card read again.
    assert tick_finds_nothing()
    read_again(nct(4))
    assert labels()[0].terms_version == 1

    retire(number=proposal.pk, reason="It was another illness.", by=LEAD)
    assert terms_in_force().version == 2
    assert reprocess() is not None
    assert (scope(), labels()) == ("out", [])
    assert set(Study.objects.values_list("terms_version", flat=True)) == {2}
    assert decision_stands()
    told = [(line.action, line.by, line.reason, (line.before or {}).get("state"), line.after["state"])
            for line in history_of(proposal.pk)]  # fmt: skip
    assert told == [
        ("proposed", ADA, f"{nct(4)} says so.", None, "proposed"),
        ("accepted", LEAD, "Agreed.", "proposed", "accepted"),
        ("retired", LEAD, "It was another illness.", "accepted", "retired"),
    ]


def decision_stands() -> bool:
    override = StudyOverride.objects.get(nct_id=nct(4), field="dose")
    return override.values == ["1e6/kg"] == StudyDocument.objects.get(pk=nct(4)).card["dose"]


def tick_finds_nothing() -> bool:
    runs = SyncRun.objects.count()
    rehearsal = rehearsed(AS_THEY_ARE)
    return reprocess() is None and SyncRun.objects.count() == runs and rehearsal.moved == []


def test_a_decision_on_the_field_that_moves_stays_in_force(stored: None) -> None:
    record = records_of([nct(4)])[nct(4)]
    decide(record=record, field="disease", values=["type-1-diabetes"], reason="The sponsor.", by=ADA, version=0)
    proposal = proposed()
    [row] = rehearsed(proposal.pk).moved
    assert {"field": "disease", "before": [], "now": ["multiple-sclerosis"]} in row["moves"]
    standings = []
    accepted(proposal)
    reprocess()
    standings.append(standing_of_disease())
    retire(number=proposal.pk, reason="No.", by=LEAD)
    reprocess()
    standings.append(standing_of_disease())
    assert standings == ["reopened", "in-force"]
    told = AuditEntry.objects.filter(nct_id=nct(4), field="disease").order_by("pk").values_list("action", "by")
    assert list(told) == [("decided", ADA), ("reopened", ""), ("returned", "")]


def standing_of_disease() -> str:
    """Of the decision; what is published is the curator's word all the while."""
    assert StudyDocument.objects.get(pk=nct(4)).diseases == ["type-1-diabetes"]
    return StudyOverride.objects.get(nct_id=nct(4), field="disease").standing


def test_the_clock_processes_again_where_nobody_has(
    stored: None, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.SAMPLE = True  # no sync is ever due: what is stored follows all the same
    accepted(proposed())
    assert tick() is None
    assert scope() == "in_scope"
    runs = SyncRun.objects.count()
    # The terms in force, and whether anything was read by others.
    with django_assert_num_queries(2):
        assert tick() is None
    assert SyncRun.objects.count() == runs


def test_a_yes_during_a_run_is_caught_up_with(
    stored: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run goes on with the terms with which it began; what it wrote is outdated and processed after it."""
    settings.SAMPLE = True
    proposal, real = proposed(), services.land_replay

    def accepted_meanwhile(*args: Any) -> bool:
        landed = real(*args)
        accepted(proposal)
        read_again(nct(4))  # a curator's decision has it read with the new terms at this moment
        assert labels()[0].terms_version == 1
        return landed

    monkeypatch.setattr(services, "land_replay", accepted_meanwhile)
    run = sync(replay=tmp_path)
    assert run is not None
    assert (run.state, run.terms_version) == ("ok", 0)
    assert set(Study.objects.values_list("terms_version", flat=True)) == {0}
    tick()
    assert set(Study.objects.values_list("terms_version", flat=True)) == {1}
    assert scope() == "in_scope"


def test_a_record_that_fails_is_tried_once_with_each_version_of_the_terms(
    stored: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SAMPLE = True
    break_a_rule_on(monkeypatch, nct(2))
    for number, phrase in enumerate((WORDS, "places of many scleroses"), 1):
        accepted(proposed(phrase=phrase))
        tick()
        tick()
        assert SyncRun.objects.filter(kind="reprocess").count() == number
        assert scope(nct(2)) == "in_scope"  # as it stood
    assert set(Study.objects.values_list("terms_version", flat=True)) == {2}


def test_a_word_taken_out_takes_its_studies_out(stored: None, tmp_path: Path) -> None:
    (tmp_path / f"{nct(5)}.json").write_bytes(encoded(called(nct(5), "Disseminated Sclerosis")))
    sync(replay=tmp_path)
    proposal = proposed(act="remove", phrase="disseminated sclerosis")
    assert [row["nct_id"] for row in rehearsed(proposal.pk).moved] == [nct(5)]
    assert scope(nct(5)) == "in_scope"
    accepted(proposal)
    reprocess()
    assert scope(nct(5)) == "out"


def test_a_rehearsal_of_taking_back_says_what_would_leave(stored: None) -> None:
    proposal = proposed()
    accepted(proposal)
    reprocess()
    [row] = rehearsed(proposal.pk).moved
    assert row["moves"][0] == {"field": "scope", "before": ["in_scope"], "now": ["out"]}


def test_moves_of_an_accepted_word_are_not_told_of_another(stored: None) -> None:
    """The first is accepted and not processed yet: the rehearsal of a second tells its own moves alone."""
    accepted(proposed())
    other = proposed(phrase="a phrase that no record has")
    assert rehearsed(other.pk).moved == []
    assert [row["nct_id"] for row in rehearsed(AS_THEY_ARE).moved] == [nct(4)]


def test_a_yes_needs_a_look_with_the_terms_in_force(stored: None) -> None:
    first, second = proposed(), proposed(phrase="many places sclerosis")
    looked = {each.pk: rehearsed(each.pk).terms_version for each in (first, second)}
    accept(number=first.pk, reason="Yes.", by=LEAD, rehearsed_with=looked[first.pk])
    assert rehearsal_of(second.pk, terms_in_force().version).state == "past"
    with pytest.raises(TermsMoved):
        accept(number=second.pk, reason="Yes.", by=LEAD, rehearsed_with=looked[second.pk])
    accepted(second)
    assert terms_in_force().version == 2
    assert [change.phrase for change in terms_in_force().changes] == [WORDS.lower(), "many places sclerosis"]


def test_the_version_of_the_terms_never_falls(stored: None) -> None:
    seen = [terms_in_force().version]
    for phrase in ("many places sclerosis", "places of many scleroses"):
        proposal = proposed(phrase=phrase)
        accepted(proposal)
        seen.append(terms_in_force().version)
        retire(number=proposal.pk, reason="No.", by=LEAD)
        seen.append(terms_in_force().version)
    declined = proposed(phrase="scleroses in many places")
    decline(number=declined.pk, reason="No.", by=LEAD)
    seen.append(terms_in_force().version)
    assert seen == [0, 1, 2, 3, 4, 4]


def test_whoever_is_second_is_told(stored: None) -> None:
    proposal = proposed()
    rehearsal = rehearsed(proposal.pk)
    with pytest.raises(Refused):
        withdraw(number=proposal.pk, reason="Not mine.", by="bo@example.org")
    decline(number=proposal.pk, reason="No.", by=LEAD)
    for again in (
        lambda: accept(number=proposal.pk, reason="Yes.", by="bo", rehearsed_with=rehearsal.terms_version),
        lambda: decline(number=proposal.pk, reason="No.", by="bo"),
        lambda: withdraw(number=proposal.pk, reason="Mine.", by=ADA),
        lambda: retire(number=proposal.pk, reason="Back.", by="bo"),
    ):
        with pytest.raises(Settled) as settled:
            again()
        assert settled.value.proposal.decided_by == LEAD
    # What was declined may be proposed again.
    withdraw(number=proposed().pk, reason="My mistake.", by=ADA)
    assert [entry.action for entry in AuditEntry.objects.filter(field="terms")] == [
        *("proposed", "declined", "proposed", "withdrawn"),
    ]


@pytest.mark.django_db(transaction=True)
def test_of_two_leads_at_once_one_is_told(stored: None) -> None:
    proposal = proposed()
    rehearsal, outcomes = rehearsed(proposal.pk), []
    together = threading.Barrier(2)

    def say(by: str) -> None:
        together.wait(20)
        try:
            accept(number=proposal.pk, reason="Yes.", by=by, rehearsed_with=rehearsal.terms_version)
            outcomes.append("yes")
        except Settled as settled:
            outcomes.append(settled.proposal.get_state_display())
        finally:
            connection.close()

    threads = [threading.Thread(target=say, args=(by,)) for by in (LEAD, "bo@example.org")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in force", "yes"]
    assert terms_in_force().version == 1


def test_all_that_is_stored_is_processed_again_when_a_lead_asks(stored: None) -> None:
    assert reprocess_task.apply(args=(False,)).successful()
    assert not SyncRun.objects.filter(kind="reprocess").exists()
    assert reprocess_task.apply(args=(True,)).successful()
    run = SyncRun.objects.get(kind="reprocess")
    assert (run.state, run.seen, run.updated, run.failed) == ("ok", 4, 4, 0)


# Rehearsals


def test_asked_twice_it_goes_on_and_still_it_begins_afresh(stored: None) -> None:
    first, new = ask(proposal=AS_THEY_ARE, by=ADA)
    assert new
    assert ask(proposal=AS_THEY_ARE, by=LEAD) == (first, False)
    assert rehearsal_of(AS_THEY_ARE, 0).state == "asked"
    Rehearsal.objects.filter(pk=first.pk).update(asked_at="2020-01-01T00:00Z")
    assert rehearsal_of(AS_THEY_ARE, 0).state == "still"
    second, new = ask(proposal=AS_THEY_ARE, by=LEAD)
    assert (new, second.pk != first.pk) == (True, True)
    rehearse(first.pk)  # its place is taken
    assert Rehearsal.objects.get().started_at is None
    rehearse(second.pk)
    assert rehearsal_of(AS_THEY_ARE, 0).state == "good"
    finished = Rehearsal.objects.get().finished_at
    rehearse(second.pk)  # delivered once more
    assert Rehearsal.objects.get().finished_at == finished


def test_a_killed_worker_loses_nothing(stored: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SYNC_BATCH_SIZE = 1
    real, seen = rehearsing.records_of, []

    def killed(nct_ids: Any) -> Any:
        seen.append(nct_ids)
        if len(seen) == 3:
            raise SystemExit
        return real(nct_ids)

    monkeypatch.setattr(rehearsing, "records_of", killed)
    proposal = proposed()
    rehearsal, _new = ask(proposal=proposal.pk, by=ADA)
    with pytest.raises(SystemExit):
        rehearse(rehearsal.pk)
    standing = rehearsal_of(proposal.pk, 0)
    assert (standing.state, standing.rehearsal.done, standing.rehearsal.of) == ("running", 2, 4)
    Rehearsal.objects.update(heartbeat_at="2020-01-01T00:00Z")
    assert rehearsal_of(proposal.pk, 0).state == "still"
    rehearse(rehearsal.pk)  # the queue gives it to another worker
    standing = rehearsal_of(proposal.pk, 0)
    assert (standing.state, standing.rehearsal.done) == ("good", 4)
    assert [row["nct_id"] for row in standing.rehearsal.moved] == [nct(4)]


def test_a_record_that_the_rules_cannot_take_is_named(stored: None, monkeypatch: pytest.MonkeyPatch) -> None:
    break_a_rule_on(monkeypatch, nct(2), rehearsing)
    rehearsal = rehearsed(AS_THEY_ARE)
    assert (rehearsal.unread, rehearsal.moved, rehearsal.error) == ([nct(2)], [], "")


def test_a_fault_ends_it_with_a_sentence(stored: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsing, "summary", lambda moved: 1 // 0)
    rehearsal, _new = ask(proposal=AS_THEY_ARE, by=ADA)
    with pytest.raises(ZeroDivisionError):
        rehearse(rehearsal.pk)
    standing = rehearsal_of(AS_THEY_ARE, 0)
    assert standing.state == "failed"
    assert "ZeroDivisionError" in standing.rehearsal.error
    rehearsal, _new = ask(proposal=7777, by=ADA)
    rehearse(rehearsal.pk)
    assert Rehearsal.objects.get(proposal=7777).error == "There is no such proposal."


def test_a_rehearsal_leaves_the_terms_of_its_process_alone(stored: None) -> None:
    rehearsed(proposed().pk)
    assert terms_version() == 0
    assert proposals.number_proposed() == 1
