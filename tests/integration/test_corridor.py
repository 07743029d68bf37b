"""From the registry to what is published: what a sync does, run by run."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.classification.models import StudyLabel
from apps.ctgov.parser import PARSER_VERSION
from apps.history.models import StudyChange
from apps.history.selectors import changes_of
from apps.ingest import fetching, processing
from apps.ingest.landing import decompress
from apps.ingest.models import IngestIssue, LandedStudy, QueryMembership, RequestedStudy, StudySnapshot, SyncRun
from apps.ingest.selectors import current_payload, followed, freshness, memberships
from apps.ingest.services import discard_run, follow, release_run, reprocess, republish, sync, tick, unfollow
from apps.search.models import DatasetVersion, StudyDocument, StudyDocumentPast
from apps.studies.models import Study
from tests.ctgov_emulator import RegistryEmulator
from tests.factories.studies import encoded, study
from tests.integration.conftest import break_a_rule_on, nct, with_new_versions

pytestmark = pytest.mark.django_db

STATUS = "protocolSection.statusModule.overallStatus"
ANOTHER_DISEASE = {
    "protocolSection.conditionsModule.conditions": ["Asthma"],
    "protocolSection.identificationModule.briefTitle": "Asthma",
    "protocolSection.identificationModule.officialTitle": "Asthma",
    "derivedSection.conditionBrowseModule": None,
}
PHONE = "protocolSection.contactsLocationsModule.centralContacts"


def row_versions() -> dict[str, list[tuple[Any, ...]]]:
    """The transaction that wrote each row of each table of facts: equal before and after means not written."""
    tables = (
        "studies_study",
        "classification_studylabel",
        "search_studydocument",
        "ingest_studysnapshot",
        "ingest_querymembership",
        "history_studychange",
        "search_datasetversion",
    )
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f"SELECT ctid::text, xmin::text, cmin::text FROM {table} ORDER BY 1")
            found[table] = cursor.fetchall()
        return found


def last_change(nct_id: str) -> tuple[str, Any, Any]:
    newest = changes_of([nct_id])[0]
    return newest.field, newest.old, newest.new


def counts(run: SyncRun | None) -> tuple[str, int, int, int, int, int, int]:
    assert run is not None
    return run.state, run.seen, run.created, run.updated, run.unchanged, run.left, run.failed


class TestFirstSync:
    def test_everything_arrives_and_is_published(self, registry: RegistryEmulator) -> None:
        assert counts(sync()) == ("ok", 10, 10, 0, 0, 0, 0)
        assert Study.objects.count() == StudyDocument.objects.count() == StudySnapshot.objects.count() == 10
        document = StudyDocument.objects.get(pk=nct(3))
        assert (document.scope, document.diseases, document.cell_types) == ("in_scope", ["multiple-sclerosis"], ["msc"])
        assert set(StudyChange.objects.values_list("field", flat=True)) == {"first_seen"}
        assert not LandedStudy.objects.exists()

    def test_the_stored_version_is_the_registrys_own_bytes_apart_from_nothing(self, registry: RegistryEmulator) -> None:
        sync()
        assert json.loads(current_payload(nct(0)) or b"") == json.loads(registry.registry.payload(nct(0)))

    def test_every_label_quotes_the_record(self, registry: RegistryEmulator) -> None:
        sync()
        label = StudyLabel.objects.filter(study_id=nct(0), scheme="cell_type").first()
        assert label is not None
        assert label.evidence[0]["quote"]

    def test_the_queries_that_found_it_are_kept(self, registry: RegistryEmulator) -> None:
        sync()
        assert "multiple-sclerosis-msc" in {membership.query for membership in memberships(nct(0))}

    def test_a_registry_that_finds_nothing_at_all_is_an_error_not_an_empty_site(self, settings: Any) -> None:
        with RegistryEmulator() as empty:
            settings.CTGOV_BASE_URL, settings.CTGOV_MIN_INTERVAL = empty.url, 0
            run = sync()
        assert run is not None
        assert (run.state, run.error) == ("failed", "nothing-found")


class TestNothingNew:
    def test_one_request_one_row_and_nothing_else_is_written(self, registry: RegistryEmulator) -> None:
        sync()
        before, asked = row_versions(), registry.count()
        run = sync()
        assert run is not None
        assert (run.state, run.requests) == ("unchanged", 1)
        assert registry.count() - asked == 1
        assert row_versions() == before
        assert SyncRun.objects.count() == 2

    def test_a_new_day_without_a_change_writes_no_row_of_any_study(self, registry: RegistryEmulator) -> None:
        sync()
        before = row_versions()
        registry.registry.next_day()
        assert counts(sync()) == ("ok", 10, 0, 0, 10, 0, 0)
        assert row_versions() == before

    def test_full_fetches_all_the_same(self, registry: RegistryEmulator) -> None:
        sync()
        assert counts(sync(full=True)) == ("ok", 10, 0, 0, 10, 0, 0)


class TestChanges:
    def test_one_changed_record_is_the_only_one_written(self, registry: RegistryEmulator) -> None:
        sync()
        before = dict(Study.objects.extra(select={"xmin": "xmin::text"}).values_list("nct_id", "xmin"))
        registry.registry.change(nct(4), {STATUS: "COMPLETED"})
        registry.registry.refresh()
        assert counts(sync()) == ("ok", 10, 0, 1, 9, 0, 0)
        assert Study.objects.get(pk=nct(4)).overall_status == "COMPLETED"
        assert last_change(nct(4)) == (
            "overall_status",
            "RECRUITING",
            "COMPLETED",
        )
        assert StudyDocumentPast.objects.filter(nct_id=nct(4)).count() <= 1
        assert set(before) == set(Study.objects.values_list("nct_id", flat=True))
        assert StudySnapshot.objects.filter(nct_id=nct(4)).count() == 2

    def test_a_change_there_and_back_keeps_three_versions(self, registry: RegistryEmulator) -> None:
        sync()
        for status in ("COMPLETED", "RECRUITING"):
            registry.registry.change(nct(4), {STATUS: status})
            registry.registry.refresh()
            sync()
        assert list(
            StudySnapshot.objects.filter(nct_id=nct(4)).order_by("version").values_list("version", flat=True)
        ) == [1, 2, 3]
        assert Study.objects.get(pk=nct(4)).overall_status == "RECRUITING"

    def test_contacts_stay_in_the_newest_version_alone(self, registry: RegistryEmulator) -> None:
        sync()
        registry.registry.change(nct(4), {STATUS: "COMPLETED"})
        registry.registry.refresh()
        sync()
        old, new = StudySnapshot.objects.filter(nct_id=nct(4)).order_by("version")
        assert b"contact@example.org" not in decompress(old.payload)
        assert b"site@example.org" not in decompress(old.payload)
        assert old.contacts_removed
        assert b"contact@example.org" in decompress(new.payload)

    def test_contacts_are_in_no_other_table(self, registry: RegistryEmulator) -> None:
        sync()
        registry.registry.change(nct(4), {PHONE: [{"name": "Other Person", "email": "other@example.org"}]})
        registry.registry.refresh()
        sync()
        with connection.cursor() as cursor:
            for table in (
                "studies_study",
                "search_studydocument",
                "history_studychange",
                "ingest_ingestissue",
                "classification_studylabel",
                "search_studydocumentpast",
            ):
                cursor.execute(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%%example.org%%'")
                assert cursor.fetchone() == (0,), table

    def test_what_a_new_parser_reads_differently_is_no_change_of_the_registry(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sync()
        remembered, asked = StudyChange.objects.count(), registry.count()
        with_new_versions(monkeypatch)
        run = reprocess()
        assert counts(run) == ("ok", 10, 0, 10, 0, 0, 0)
        assert run is not None
        assert run.kind == SyncRun.Kind.REPROCESS
        assert registry.count() == asked
        assert StudyChange.objects.count() == remembered
        assert set(Study.objects.values_list("parser_version", flat=True)) == {PARSER_VERSION + 1}
        assert reprocess() is None

    def test_republish_rebuilds_the_documents(self, registry: RegistryEmulator) -> None:
        sync()
        StudyDocument.objects.all().delete()
        assert republish() == 10
        assert StudyDocument.objects.count() == 10

    def test_the_dataset_version_moves_with_a_publication_and_only_then(self, registry: RegistryEmulator) -> None:
        sync()
        first = DatasetVersion.objects.get().version
        sync(full=True)
        assert DatasetVersion.objects.get().version == first
        registry.registry.change(nct(1), {STATUS: "COMPLETED"})
        sync(full=True)
        assert DatasetVersion.objects.get().version > first


class TestLeaving:
    def test_a_vanished_study_is_gone_not_deleted(self, registry: RegistryEmulator) -> None:
        sync()
        registry.registry.vanish(nct(7))
        registry.registry.refresh()
        assert counts(sync()) == ("ok", 9, 0, 0, 9, 1, 0)
        gone = Study.objects.get(pk=nct(7))
        assert gone.registry_state == "gone"
        assert StudyDocument.objects.get(pk=nct(7)).registry_state == "gone"
        assert last_change(nct(7)) == ("registry_state", "present", "gone")

    def test_a_merged_study_points_at_its_successor(self, registry: RegistryEmulator) -> None:
        sync()
        registry.registry.merge(nct(7), nct(8))
        registry.registry.refresh()
        run = sync()
        assert run is not None
        assert (run.state, run.left) == ("ok", 1)
        merged = Study.objects.get(pk=nct(7))
        assert (merged.registry_state, merged.merged_into) == ("merged", nct(8))

    def test_a_study_that_no_query_finds_any_more_is_followed_by_its_id(self, registry: RegistryEmulator) -> None:
        sync()
        registry.registry.change(nct(7), ANOTHER_DISEASE)
        registry.registry.refresh()
        run = sync()
        assert run is not None
        assert run.left == 1
        assert Study.objects.get(pk=nct(7)).registry_state == "left"
        assert not [m for m in memberships(nct(7)) if m.until is None]
        registry.registry.change(nct(7), {STATUS: "TERMINATED"})
        registry.registry.refresh()
        sync()
        left = Study.objects.get(pk=nct(7))
        assert (left.registry_state, left.overall_status) == ("left", "TERMINATED")

    def test_a_study_that_comes_back_is_present_again(self, registry: RegistryEmulator) -> None:
        sync()
        payload = registry.registry.payload(nct(7))
        registry.registry.vanish(nct(7))
        registry.registry.refresh()
        sync()
        registry.registry.add(payload)
        registry.registry.refresh()
        sync()
        assert Study.objects.get(pk=nct(7)).registry_state == "present"


class TestGate:
    def lose(self, registry: RegistryEmulator, number: int) -> None:
        for at in range(number):
            registry.registry.vanish(nct(at))
        registry.registry.refresh()

    def test_a_run_that_would_lose_too_many_is_held(self, registry: RegistryEmulator) -> None:
        sync()
        before = row_versions()
        self.lose(registry, 3)
        run = sync()
        assert run is not None
        assert run.state == "held"
        assert "3 of 10 trials are missing" in run.reason
        assert row_versions() == before
        assert freshness().state == "held"

    def test_a_night_of_no_results_is_held(self, registry: RegistryEmulator) -> None:
        sync()
        registry.order("zero_total", times=None, path="/studies")
        registry.registry.refresh()
        run = sync()
        assert run is not None
        assert run.state == "held"
        assert Study.objects.present().count() == 10

    def test_a_held_run_that_is_let_through_is_carried_on_by_the_next_tick(self, registry: RegistryEmulator) -> None:
        sync()
        self.lose(registry, 3)
        run = sync()
        assert run is not None
        release_run(run.pk, "curator@example.org")
        carried = tick()
        assert carried is not None
        assert (carried.pk, carried.state, carried.left) == (run.pk, "ok", 3)
        assert Study.objects.filter(registry_state="gone").count() == 3

    def test_a_newer_run_takes_the_place_of_a_held_one(self, registry: RegistryEmulator) -> None:
        sync()
        registry.order("zero_total", times=None, path="/studies")
        registry.registry.refresh()
        held = sync()
        registry.clear()
        assert counts(sync())[0] == "ok"
        assert held is not None
        with pytest.raises(ValueError, match="newer run"):
            release_run(held.pk, "curator")
        assert not LandedStudy.objects.exists()

    def test_discarding_closes_it(self, registry: RegistryEmulator) -> None:
        sync()
        self.lose(registry, 3)
        held = sync()
        assert held is not None
        discard_run(held.pk, "curator")
        with pytest.raises(ValueError, match="not held"):
            discard_run(held.pk, "curator")

    def test_too_many_unreadable_records_hold_the_run(self, registry: RegistryEmulator) -> None:
        for at in range(3):
            registry.registry.change(nct(at), {"protocolSection.designModule.enrollmentInfo.count": "many"})
        run = sync()
        assert run is not None
        assert run.state == "held"
        assert "3 of 10 records could not be read" in run.reason
        assert not Study.objects.exists()

    def test_a_total_far_outside_the_band_stops_the_run(self, registry: RegistryEmulator) -> None:
        registry.order("wrong_total", times=None, path="/studies", by=470_000)
        run = sync()
        assert run is not None
        assert (run.state, run.error) == ("failed", "out-of-band")


class TestBadRecords:
    def test_one_bad_record_becomes_an_issue_and_the_rest_go_in(self, registry: RegistryEmulator) -> None:
        registry.registry.change(nct(2), {"protocolSection.designModule.enrollmentInfo.count": "many"})
        assert counts(sync()) == ("ok", 10, 9, 0, 0, 0, 1)
        issue = IngestIssue.objects.get(severity="error")
        assert (issue.nct_id, issue.path, issue.value) == (
            nct(2),
            "protocolSection.designModule.enrollmentInfo.count",
            "many",
        )
        assert StudySnapshot.objects.filter(nct_id=nct(2)).exists(), "nothing is lost, readable or not"

    def test_a_published_study_keeps_its_last_readable_version(self, registry: RegistryEmulator) -> None:
        sync()
        registry.registry.change(nct(2), {"protocolSection.designModule.phases": "PHASE1"})
        registry.registry.refresh()
        assert counts(sync()) == ("ok", 10, 0, 0, 9, 0, 1)
        assert Study.objects.get(pk=nct(2)).registry_state == "present"
        assert StudyDocument.objects.get(pk=nct(2)).phases == ["PHASE1", "PHASE2"]

    def test_a_better_parser_takes_it_up_again_from_the_stored_version(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        registry.registry.change(nct(2), {"protocolSection.designModule.enrollmentInfo.count": "many"})
        sync()
        good = encoded(study(nct(2)))
        StudySnapshot.objects.filter(nct_id=nct(2)).update(payload=processing.compress(good))
        with_new_versions(monkeypatch)
        reprocess()
        assert Study.objects.filter(pk=nct(2)).exists()

    def test_a_record_that_breaks_a_rule_does_not_stop_the_batch(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        break_a_rule_on(monkeypatch, nct(5))
        assert counts(sync()) == ("ok", 10, 9, 0, 0, 0, 1)
        assert IngestIssue.objects.get(severity="error").nct_id == nct(5)

    def test_unknown_words_and_keys_are_kept_and_reported(self, registry: RegistryEmulator) -> None:
        registry.registry.change(nct(2), {STATUS: "PONDERING", "protocolSection.novelModule": {"x": 1}})
        assert counts(sync())[0] == "ok"
        assert StudyDocument.objects.get(pk=nct(2)).overall_status == "PONDERING"
        assert IngestIssue.objects.filter(severity="notice", path=STATUS, value="PONDERING").exists()
        assert b"novelModule" in (current_payload(nct(2)) or b"")

    def test_personal_data_is_not_repeated_in_an_issue(self, registry: RegistryEmulator) -> None:
        registry.registry.change(nct(2), {PHONE: [{"name": 17, "email": "secret@example.org"}]})
        sync()
        issue = IngestIssue.objects.get(severity="error")
        assert "secret" not in issue.value + issue.reason

    def test_a_nul_character_does_not_stop_a_record(self, registry: RegistryEmulator) -> None:
        registry.registry.change(
            nct(2), {"protocolSection.identificationModule.briefTitle": "MSC\0 for multiple sclerosis"}
        )
        assert counts(sync()) == ("ok", 10, 10, 0, 0, 0, 0)


class TestFaultsOfTheRegistry:
    @pytest.mark.parametrize(
        ("fault", "error"),
        [("forbidden", "blocked"), ("html", "bad-answer"), ("not_found", "bad-answer"), ("bad_request", "bad-request")],
    )
    def test_a_lasting_fault_fails_the_run_and_leaves_the_site_as_it_was(
        self, registry: RegistryEmulator, fault: str, error: str
    ) -> None:
        sync()
        before = row_versions()
        registry.registry.refresh()
        registry.order(fault, times=None, path="/studies")
        run = sync()
        assert run is not None
        assert (run.state, run.error) == ("failed", error)
        assert run.reason
        assert row_versions() == before
        registry.clear()
        assert counts(sync()) == ("ok", 10, 0, 0, 10, 0, 0)

    @pytest.mark.parametrize("fault", ["rate_limited", "server_error", "reset", "truncated", "bad_json"])
    def test_a_passing_fault_is_overcome(self, registry: RegistryEmulator, fault: str) -> None:
        options = {"retry_after": 0} if fault == "rate_limited" else {}
        registry.order(fault, times=1, path="/studies", **options)
        assert counts(sync()) == ("ok", 10, 10, 0, 0, 0, 0)

    def test_a_study_on_two_pages_is_one_study(self, registry: RegistryEmulator, settings: Any) -> None:
        settings.CTGOV_PAGE_SIZE = 3
        registry.order("repeated_study", times=2, path="/studies")
        assert counts(sync()) == ("ok", 10, 10, 0, 0, 0, 0)

    def test_a_lost_study_is_noticed(self, registry: RegistryEmulator) -> None:
        registry.order("lost_study", times=None, path="/studies")
        run = sync()
        assert run is not None
        assert (run.state, run.error) == ("failed", "incomplete")

    def test_a_token_that_dies_midway_starts_the_query_again(self, registry: RegistryEmulator, settings: Any) -> None:
        settings.CTGOV_PAGE_SIZE = 3
        registry.order("invalid_token", times=1)
        assert counts(sync()) == ("ok", 10, 10, 0, 0, 0, 0)

    def test_no_registry_at_all(self, settings: Any) -> None:
        settings.CTGOV_BASE_URL, settings.CTGOV_MIN_INTERVAL = "http://127.0.0.1:9/api/v2", 0
        run = sync()
        assert run is not None
        assert (run.state, run.error) == ("failed", "unreachable")
        assert "127.0.0.1:9" in run.reason or "reach" in run.reason


class TestSingleStudies:
    def test_a_study_can_be_asked_for_by_id_and_stays_in_scope(self, registry: RegistryEmulator) -> None:
        registry.registry.add(study("NCT91000000", ANOTHER_DISEASE))
        sync()
        assert not Study.objects.filter(pk="NCT91000000").exists()
        assert counts(sync(nct_ids=["NCT91000000"]))[:3] == ("ok", 1, 1)
        registry.registry.change("NCT91000000", {STATUS: "COMPLETED"})
        registry.registry.refresh()
        sync()
        found = Study.objects.get(pk="NCT91000000")
        assert (found.registry_state, found.overall_status) == ("present", "COMPLETED")
        assert StudyDocument.objects.get(pk="NCT91000000").scope == "out"

    def test_what_was_asked_for_at_the_desk_is_fetched_by_the_clock_once(self, registry: RegistryEmulator) -> None:
        registry.registry.add(study("NCT91000000", ANOTHER_DISEASE))
        sync()
        assert tick() is None
        follow(nct_ids=["NCT91000000", nct(99)], by="ada@example.org", reason="A reader named it.")
        run = tick()
        assert run is not None
        assert (run.kind, run.state, run.created, run.failed) == ("single", "ok", 1, 1)
        assert Study.objects.filter(pk="NCT91000000").exists()
        # The registry does not know the other: nobody asks for it again.
        assert list(followed().values_list("pk", "by", "reason")) == [
            ("NCT91000000", "ada@example.org", "A reader named it.")
        ]
        assert tick() is None
        assert unfollow(nct_id="NCT91000000", by="ada@example.org", reason="A mistake.")
        registry.registry.refresh()
        sync()
        assert Study.objects.get(pk="NCT91000000").registry_state == "left"

    def test_what_the_registry_cannot_give_waits_for_the_next_whole_run(self, registry: RegistryEmulator) -> None:
        registry.registry.add(study("NCT91000000", ANOTHER_DISEASE))
        sync()
        follow(nct_ids=["NCT91000000"], by="ada@example.org", reason="So.")
        registry.order("server_error", times=None)
        run = tick()
        assert run is not None
        assert run.state == "failed"
        registry.clear()
        assert tick() is None
        registry.registry.refresh()
        sync()
        assert Study.objects.filter(pk="NCT91000000").exists()

    def test_an_alias_brings_the_study_behind_it(self, registry: RegistryEmulator) -> None:
        registry.registry.merge(nct(7), nct(8))
        sync(nct_ids=[nct(7)])
        assert Study.objects.filter(pk=nct(8)).exists()
        assert set(RequestedStudy.objects.values_list("pk", flat=True)) == {nct(8)}

    def test_an_id_that_the_registry_does_not_know_is_an_issue(self, registry: RegistryEmulator) -> None:
        run = sync(nct_ids=["NCT99999999"])
        assert run is not None
        assert run.failed == 1
        assert IngestIssue.objects.get().nct_id == "NCT99999999"

    @pytest.mark.parametrize(
        "nonsense", ["", "NCT", "NCT123456789", "hello", "NCT0", "NCT\u0661\u0662", "'; DROP TABLE"]
    )
    def test_nonsense_ids_are_refused_before_anything_happens(self, registry: RegistryEmulator, nonsense: str) -> None:
        with pytest.raises(CommandError, match="NCT id"):
            call_command("sync_studies", nct=[[nonsense]])
        assert not SyncRun.objects.exists()


class TestReplay:
    def test_stored_records_go_through_the_same_corridor(self, tmp_path: Path) -> None:
        (tmp_path / "one.jsonl.gz").write_bytes(gzip.compress(encoded(study(nct(1))) + b"\n" + encoded(study(nct(2)))))
        assert counts(sync(replay=tmp_path)) == ("ok", 2, 2, 0, 0, 0, 0)
        assert not QueryMembership.objects.exists()

    def test_it_takes_nothing_away(self, registry: RegistryEmulator, tmp_path: Path) -> None:
        sync()
        (tmp_path / "NCT91000001.json").write_bytes(encoded(study("NCT91000001")))
        assert counts(sync(replay=tmp_path))[:3] == ("ok", 1, 1)
        assert Study.objects.present().count() == 11

    def test_a_path_that_is_not_there_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="nowhere"):
            call_command("sync_studies", replay=tmp_path / "nowhere")
        assert not SyncRun.objects.filter(state="running").exists()

    def test_a_file_cut_in_the_middle_fails_and_publishes_nothing(self, tmp_path: Path) -> None:
        whole = gzip.compress(b"\n".join(encoded(study(nct(n))) for n in range(50)))
        (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(CommandError):
            call_command("sync_studies", replay=tmp_path)
        assert not Study.objects.exists()
        assert not SyncRun.objects.filter(state="running").exists()


class TestCommand:
    def test_json_has_the_contracts_fields(
        self, registry: RegistryEmulator, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("sync_studies", json=True)
        report = json.loads(capsys.readouterr().out)
        assert set(report) == {
            "state",
            "requests",
            "pages",
            "seen",
            "created",
            "updated",
            "unchanged",
            "left",
            "failed",
            "seconds",
        }
        assert (report["state"], report["seen"], report["created"]) == ("ok", 10, 10)

    def test_the_queries_are_asked_with_the_same_parameters_throughout(
        self, registry: RegistryEmulator, settings: Any
    ) -> None:
        settings.CTGOV_PAGE_SIZE = 3
        sync()
        assert registry.count("/studies") > len(fetching.QUERIES)
