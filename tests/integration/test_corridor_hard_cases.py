"""What goes wrong at the seams: releases that come too late, mergers, versions that never were published, races."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.classification.models import StudyLabel
from apps.history.models import StudyChange
from apps.ingest import fetching, landing, processing, services
from apps.ingest.landing import decompress
from apps.ingest.models import IngestIssue, LandedStudy, QueryMembership, RequestedStudy, StudySnapshot, SyncRun
from apps.ingest.schedule import PastRun, next_due
from apps.ingest.selectors import current_payload
from apps.ingest.services import release_run, reprocess, republish, sync, tick
from apps.search.models import StudyDocument
from apps.studies.models import Study
from tests.ctgov_emulator import RegistryEmulator
from tests.factories.studies import encoded, study
from tests.integration.conftest import break_a_rule_on, nct, with_new_versions

pytestmark = pytest.mark.django_db

STATUS = "protocolSection.statusModule.overallStatus"
COUNT = "protocolSection.designModule.enrollmentInfo.count"
ANOTHER_DISEASE = {
    "protocolSection.conditionsModule.conditions": ["Asthma"],
    "protocolSection.identificationModule.briefTitle": "Asthma",
    "protocolSection.identificationModule.officialTitle": "Asthma",
    "derivedSection.conditionBrowseModule": None,
}
OUTSIDE = "NCT91000000"


class Killed(BaseException):
    """The process ends here, as by kill -9: nothing catches it."""


def synced(**arguments: Any) -> SyncRun:
    run = sync(**arguments)
    assert run is not None
    return run


def next_sync(registry: RegistryEmulator, **arguments: Any) -> SyncRun:
    registry.registry.refresh()
    return synced(**arguments)


def state_of(nct_id: str) -> str:
    return Study.objects.values_list("registry_state", flat=True).get(pk=nct_id)


def held_after_losses(registry: RegistryEmulator, number: int = 3) -> SyncRun:
    """A run that misses too many: the first ones have vanished."""
    for at in range(number):
        registry.registry.vanish(nct(at))
    run = next_sync(registry)
    assert run.state == "held"
    return run


def in_thread(work: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


class TestHeldRuns:
    def test_one_released_while_a_newer_run_publishes_does_not_undo_it(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced()
        held = held_after_losses(registry)
        for at in range(2):
            registry.registry.add(study(nct(at)))
        registry.registry.add(study(nct(50)))
        real = services.process

        def released_meanwhile(*arguments: Any) -> None:
            real(*arguments)
            release_run(held.pk, "curator@example.org")

        monkeypatch.setattr(services, "process", released_meanwhile)
        assert next_sync(registry).state == "ok"
        monkeypatch.setattr(services, "process", real)
        tick()
        held.refresh_from_db()
        assert (held.state, held.step) == ("held", "done")
        assert "newer run" in held.reason
        assert [state_of(nct(at)) for at in (0, 1, 2, 50)] == ["present", "present", "gone", "present"]
        assert QueryMembership.objects.filter(nct_id=nct(50), until=None).exists()
        assert not LandedStudy.objects.exists()

    def test_a_study_that_was_fetched_alone_since_keeps_its_newer_version(self, registry: RegistryEmulator) -> None:
        synced()
        registry.registry.change(nct(7), {STATUS: "COMPLETED"})
        held = held_after_losses(registry)
        registry.registry.change(nct(7), {STATUS: "TERMINATED"})
        assert synced(nct_ids=[nct(7)]).updated == 1
        release_run(held.pk, "curator@example.org")
        run = tick()
        assert run is not None
        assert (run.pk, run.state) == (held.pk, "ok")
        assert Study.objects.get(pk=nct(7)).overall_status == "TERMINATED"
        assert b"contact@example.org" in (current_payload(nct(7)) or b"")

    def test_a_network_failure_after_the_release_leaves_it_held_to_be_released_again(
        self, registry: RegistryEmulator
    ) -> None:
        synced()
        held = held_after_losses(registry)
        release_run(held.pk, "curator@example.org")
        registry.order("forbidden", times=None)
        run = tick()
        assert run is not None
        assert (run.pk, run.state, run.error) == (held.pk, "held", "blocked")
        assert Study.objects.present().count() == 10
        registry.clear()
        release_run(held.pk, "curator@example.org")
        run = tick()
        assert run is not None
        assert (run.pk, run.state, run.left, run.error) == (held.pk, "ok", 3, "")

    def test_it_is_released_once(self, registry: RegistryEmulator) -> None:
        synced()
        held = held_after_losses(registry)
        release_run(held.pk, "curator@example.org")
        with pytest.raises(ValueError, match="not held"):
            release_run(held.pk, "another@example.org")
        assert SyncRun.objects.get(pk=held.pk).released_by == "curator@example.org"

    def test_single_studies_are_never_held(self, registry: RegistryEmulator) -> None:
        synced()
        held = held_after_losses(registry)
        registry.registry.change(nct(9), {COUNT: "many"})
        run = synced(nct_ids=[nct(9)])
        assert (run.state, run.failed) == ("ok", 1)
        run = synced(nct_ids=["NCT99999999"])
        assert (run.state, run.seen, run.failed) == ("ok", 0, 1)
        assert SyncRun.objects.get(pk=held.pk).step == "gate", "and no held run loses its place to them"


@pytest.mark.django_db(transaction=True)
class TestAtTheSameSecond:
    def test_a_release_wins_over_a_retirement_that_it_precedes(self, registry: RegistryEmulator) -> None:
        synced()
        held = held_after_losses(registry)

        def retire() -> None:
            with transaction.atomic():
                services._retire_held()

        with transaction.atomic():
            release_run(held.pk, "curator@example.org")
            thread = in_thread(retire)
            thread.join(0.5)
        thread.join()
        held.refresh_from_db()
        assert (held.state, held.step) == ("running", "gate")
        assert LandedStudy.objects.filter(run=held).exists()

    def test_republishing_does_not_bring_back_what_a_sync_just_replaced(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced()
        registry.registry.change(nct(4), {STATUS: "COMPLETED"})
        real, threads = processing.publish, []

        def publish_slowly(records: Any) -> int:
            if not threads:
                threads.append(in_thread(republish))
                threads[0].join(0.5)
            return real(records)

        monkeypatch.setattr(processing, "publish", publish_slowly)
        assert next_sync(registry).updated == 1
        threads[0].join()
        assert StudyDocument.objects.get(pk=nct(4)).overall_status == "COMPLETED"


class TestFigures:
    def test_every_request_and_byte_is_counted(self, registry: RegistryEmulator) -> None:
        first = synced()
        assert first.requests == registry.count()
        registry.clear()
        registry.registry.vanish(nct(3))
        run = next_sync(registry)
        assert run.requests == registry.count() > 11
        assert run.bytes > first.bytes / 2

    def test_so_are_those_of_a_run_that_failed(self, registry: RegistryEmulator) -> None:
        registry.order("server_error", times=None, path="/studies")
        run = synced()
        assert (run.state, run.requests) == ("failed", registry.count())

    def test_a_run_that_looks_up_after_its_release_adds_to_what_it_asked_before(
        self, registry: RegistryEmulator
    ) -> None:
        synced()
        registry.clear()
        held = held_after_losses(registry)
        release_run(held.pk, "curator@example.org")
        run = tick()
        assert run is not None
        assert run.requests == registry.count()

    def test_seen_is_what_arrived(self, registry: RegistryEmulator) -> None:
        synced()
        registry.registry.change(nct(7), ANOTHER_DISEASE)
        assert next_sync(registry).left == 1
        assert next_sync(registry).seen == 10, "nine by the queries, one by its id"
        registry.registry.vanish(nct(7))
        run = next_sync(registry)
        assert (run.seen, run.left, run.unchanged) == (9, 1, 9)

    def test_an_id_that_never_was_is_not_asked_for_again(self, registry: RegistryEmulator) -> None:
        assert synced(nct_ids=["NCT99999999"]).failed == 1
        assert not RequestedStudy.objects.exists()
        assert next_sync(registry).failed == 0


class TestMergers:
    def test_a_study_that_had_left_and_is_merged_leaves_its_successor_present(self, registry: RegistryEmulator) -> None:
        synced()
        registry.registry.change(nct(7), ANOTHER_DISEASE)
        next_sync(registry)
        assert state_of(nct(7)) == "left"
        registry.registry.merge(nct(7), nct(8))
        assert next_sync(registry).state == "ok"
        assert (state_of(nct(7)), state_of(nct(8))) == ("merged", "present")
        assert Study.objects.get(pk=nct(7)).merged_into == nct(8)

    def test_a_successor_that_no_query_finds_is_followed_from_the_first_day(self, registry: RegistryEmulator) -> None:
        registry.registry.add(study(OUTSIDE, ANOTHER_DISEASE))
        synced()
        registry.registry.merge(nct(7), OUTSIDE)
        next_sync(registry)
        assert (state_of(nct(7)), state_of(OUTSIDE)) == ("merged", "left")
        registry.registry.change(OUTSIDE, {STATUS: "COMPLETED"})
        run = next_sync(registry)
        assert (run.updated, run.left) == (1, 0)
        assert StudyChange.objects.filter(nct_id=OUTSIDE, field="registry_state").count() == 0

    def test_the_successor_of_a_requested_study_stays_in_scope(self, registry: RegistryEmulator) -> None:
        registry.registry.add(study(OUTSIDE, ANOTHER_DISEASE))
        registry.registry.add(study("NCT91000001", ANOTHER_DISEASE))
        synced()
        synced(nct_ids=[OUTSIDE])
        registry.registry.merge(OUTSIDE, "NCT91000001")
        for _ in range(2):
            next_sync(registry)
            assert (state_of(OUTSIDE), state_of("NCT91000001")) == ("merged", "present")

    def test_nobody_is_ever_sent_on_to_a_record_that_is_not_there_yet(
        self, registry: RegistryEmulator, settings: Any
    ) -> None:
        settings.SYNC_BATCH_SIZE = 1
        synced()
        registry.registry.add(study(nct(60)))
        registry.registry.merge(nct(2), nct(60))
        registry.registry.refresh()

        def look(run: SyncRun) -> None:
            targets = set(Study.objects.exclude(merged_into="").values_list("merged_into", flat=True))
            assert targets <= set(StudyDocument.objects.values_list("nct_id", flat=True))

        synced(progress=look)
        assert Study.objects.get(pk=nct(2)).merged_into == nct(60)

    def test_a_study_merged_into_an_unreadable_record_stays_as_it_was(self, registry: RegistryEmulator) -> None:
        synced()
        registry.registry.add(study(nct(60), {COUNT: "many"}))
        registry.registry.merge(nct(2), nct(60))
        assert next_sync(registry).state == "ok"
        assert state_of(nct(2)) == "present"
        registry.registry.change(nct(60), {COUNT: 40})
        next_sync(registry)
        assert (state_of(nct(2)), state_of(nct(60))) == ("merged", "present")

    def test_a_chain_of_mergers_leads_to_its_end(self, registry: RegistryEmulator) -> None:
        synced()
        registry.registry.merge(nct(1), nct(2))
        next_sync(registry)
        registry.registry.merge(nct(2), nct(3))
        next_sync(registry)
        assert [Study.objects.get(pk=nct(at)).merged_into for at in (1, 2, 3)] == [nct(2), nct(3), ""]

    def test_a_merger_that_is_reversed_does_not_leave_a_circle(self, registry: RegistryEmulator) -> None:
        synced()
        payload = registry.registry.payload(nct(1))
        registry.registry.merge(nct(1), nct(2))
        next_sync(registry)
        registry.registry.add(payload)
        registry.registry.merge(nct(2), nct(1))
        next_sync(registry)
        assert [Study.objects.get(pk=nct(at)).merged_into for at in (1, 2)] == ["", nct(1)]


class TestContacts:
    def holders(self, nct_id: str) -> list[int]:
        """The versions of a study that still hold people."""
        return [
            snapshot.version
            for snapshot in StudySnapshot.objects.filter(nct_id=nct_id).order_by("version")
            if b"example.org" in decompress(snapshot.payload)
        ]

    def test_a_version_of_a_held_run_loses_them_when_a_newer_one_comes(self, registry: RegistryEmulator) -> None:
        synced()
        registry.registry.change(nct(7), {STATUS: "COMPLETED"})
        held_after_losses(registry)
        assert self.holders(nct(7)) == [1, 2]
        for at in range(3):
            registry.registry.add(study(nct(at)))
        registry.registry.change(nct(7), {STATUS: "RECRUITING"})
        run = next_sync(registry)
        assert run.state == "ok"
        assert self.holders(nct(7)) == [1, 3], "the published one and the newest one, which are equal"
        assert b"contact@example.org" in (current_payload(nct(7)) or b"")

    def test_so_does_one_that_could_not_be_read(self, registry: RegistryEmulator) -> None:
        synced()
        for count in ("many", "very many"):
            registry.registry.change(nct(7), {COUNT: count})
            next_sync(registry)
        assert self.holders(nct(7)) == [1, 3]
        registry.registry.change(nct(7), {COUNT: 41})
        next_sync(registry)
        assert self.holders(nct(7)) == [4]

    def test_a_failure_names_the_study_and_no_person(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refused(record: Any) -> Any:
            Study.objects.filter(pk=record.nct_id).update(merged_into="NCT00000000000000000000000000")
            return real(record)

        real = processing.classify
        synced()
        registry.registry.change(nct(7), {STATUS: "COMPLETED"})
        monkeypatch.setattr(processing, "classify", refused)
        assert next_sync(registry).failed == 1
        assert nct(7) in caplog.text
        assert "example.org" not in caplog.text + str(list(IngestIssue.objects.values()))


class TestReprocessing:
    def test_a_record_that_stays_unreadable_is_tried_once_a_parser(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        registry.registry.change(nct(2), {COUNT: "many"})
        synced()
        with_new_versions(monkeypatch)
        run = reprocess()
        assert run is not None
        assert (run.updated, run.failed) == (9, 1)
        assert reprocess() is None
        assert synced().kind == "full"
        assert SyncRun.objects.filter(kind="reprocess").count() == 1

    def test_one_that_a_failed_run_landed_first_is_taken_up_too(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        registry.registry.change(nct(2), {COUNT: "many"})
        registry.order("server_error", times=None, path="/studies", after=2)
        assert synced().state == "failed"
        registry.clear()
        assert synced().failed == 1
        good = encoded(study(nct(2)))
        StudySnapshot.objects.filter(nct_id=nct(2)).update(payload=landing.compress(good))
        with_new_versions(monkeypatch)
        reprocess()
        assert Study.objects.filter(pk=nct(2)).exists()

    def test_one_that_new_rules_can_take_in_is_taken_up_by_them(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = processing.classify
        break_a_rule_on(monkeypatch, nct(5))
        assert synced().failed == 1
        monkeypatch.setattr(processing, "classify", real)
        with_new_versions(monkeypatch, parser=False, rules=True)
        reprocess()
        assert Study.objects.filter(pk=nct(5)).exists()
        assert reprocess() is None

    def test_a_published_version_gets_the_new_rules_even_where_a_newer_one_cannot_be_read(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced()
        registry.registry.change(nct(2), {COUNT: "many"})
        assert next_sync(registry).failed == 1
        StudyLabel.objects.filter(study_id=nct(2), scheme="disease").delete()
        with_new_versions(monkeypatch, parser=False, rules=True)
        run = reprocess()
        assert run is not None
        assert StudyLabel.objects.filter(study_id=nct(2), scheme="disease").exists()
        assert reprocess() is None

    def test_versions_that_were_held_stay_unpublished(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced()
        registry.registry.change(nct(7), {STATUS: "COMPLETED"})
        held_after_losses(registry)
        with_new_versions(monkeypatch)
        run = reprocess()
        assert run is not None
        assert run.updated == 10
        assert Study.objects.get(pk=nct(7)).overall_status == "RECRUITING"


class TestInterruptedWhileLookingUp:
    def test_it_carries_on_where_it_was(self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
        synced()
        for at in range(2):
            registry.registry.vanish(nct(at))
        registry.registry.refresh()
        real, asked = fetching._look_up, []

        def killed_at_the_second(run: SyncRun, client: Any, nct_id: str, *rest: Any) -> None:
            if asked:
                raise Killed
            asked.append(nct_id)
            real(run, client, nct_id, *rest)

        monkeypatch.setattr(fetching, "_look_up", killed_at_the_second)
        with pytest.raises(Killed):
            sync()
        monkeypatch.setattr(fetching, "_look_up", real)
        registry.clear()
        run = tick()
        assert run is not None
        assert (run.state, run.left, run.seen) == ("ok", 2, 8)
        assert registry.count("/studies/*") == 1, "the one that was not looked up yet"

    def test_a_fault_of_the_registry_then_fails_it_without_a_person(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced()
        registry.registry.vanish(nct(0))
        registry.registry.refresh()

        def killed(*arguments: Any) -> None:
            raise Killed

        real = fetching._look_up
        monkeypatch.setattr(fetching, "_look_up", killed)
        with pytest.raises(Killed):
            sync()
        monkeypatch.setattr(fetching, "_look_up", real)
        registry.order("forbidden", times=None)
        run = tick()
        assert run is not None
        assert (run.state, run.error) == ("failed", "blocked")
        assert not LandedStudy.objects.exists()


class TestReplay:
    def test_after_it_the_registry_has_the_last_word_again(self, registry: RegistryEmulator, tmp_path: Path) -> None:
        synced()
        (tmp_path / f"{nct(3)}.json").write_bytes(encoded(study(nct(3), status="WITHDRAWN")))
        assert synced(replay=tmp_path).updated == 1
        assert Study.objects.get(pk=nct(3)).overall_status == "WITHDRAWN"
        assert synced().updated == 1
        assert Study.objects.get(pk=nct(3)).overall_status == "RECRUITING"


class TestClock:
    NOW = dt.datetime(2026, 6, 9, 12, tzinfo=dt.UTC)

    def due(self, *past: PastRun) -> dt.datetime:
        return next_due(past, now=self.NOW, interval=dt.timedelta(hours=4), blocked=dt.timedelta(hours=6))

    def test_a_run_from_the_future_does_not_stop_the_clock(self) -> None:
        ahead = self.NOW + dt.timedelta(days=3650)
        for state, error in (("ok", ""), ("failed", "unreachable"), ("failed", "blocked")):
            assert self.due(PastRun(state, error, ahead)) == self.NOW

    def test_a_run_begins_and_ends_by_one_clock(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        behind = timezone.now() - dt.timedelta(hours=1)
        monkeypatch.setattr(timezone, "now", lambda: behind)
        run = synced()
        assert run.finished_at is not None
        assert run.finished_at >= run.started_at
