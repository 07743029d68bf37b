"""A curator's decision through the corridor: it survives every sync and is published at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.classification.models import StudyLabel
from apps.classification.rules import classify
from apps.classification.services import store_labels
from apps.ctgov.parser import parse_study
from apps.curation import services
from apps.curation.decisions import DECIDABLE, Refused
from apps.curation.models import AuditEntry, StudyOverride
from apps.curation.queues import documents_waiting
from apps.curation.selectors import published_labels
from apps.curation.services import Overtaken, clear, decide, publish
from apps.ingest.processing import labels_for
from apps.ingest.selectors import records_of
from apps.ingest.services import read_again, reprocess, republish, sync
from apps.search.models import DatasetVersion, StudyDocument, StudyDocumentPast
from apps.studies.models import Study
from apps.vocabulary.terms import Amendments, Change, amended
from tests.ctgov_emulator import RegistryEmulator
from tests.factories.studies import encoded, study
from tests.integration.conftest import nct, with_new_versions

pytestmark = pytest.mark.django_db

CONDITIONS = "protocolSection.conditionsModule.conditions"
TITLE = "protocolSection.identificationModule.briefTitle"
OFFICIAL = "protocolSection.identificationModule.officialTitle"


def of_disease(condition: str, title: str) -> dict[str, Any]:
    """Changes that make a record one on this disease alone."""
    return {CONDITIONS: [condition], TITLE: title, OFFICIAL: title, "derivedSection.conditionBrowseModule": None}


LUPUS = of_disease("Systemic Lupus Erythematosus", "MSC in lupus")
ARTHRITIS = of_disease("Rheumatoid Arthritis", "MSC in arthritis")
ASTHMA = of_disease("Asthma", "MSC in asthma")


def decided(field: str, *values: str, nct_id: str = nct(3), version: int = 0, **named: Any) -> StudyOverride:
    told = {"reason": "The arms say so.", "by": "ada@example.org"} | named
    return decide(record=records_of([nct_id])[nct_id], field=field, values=values, version=version, **told)


def changed(registry: RegistryEmulator, changes: dict[str, Any], nct_id: str = nct(3)) -> None:
    registry.registry.change(nct_id, changes)
    registry.registry.next_day()
    run = sync()
    assert run is not None
    assert (run.state, run.updated) == ("ok", 1)


def document(nct_id: str = nct(3)) -> StudyDocument:
    return StudyDocument.objects.get(pk=nct_id)


def override(field: str) -> StudyOverride:
    return StudyOverride.objects.get(nct_id=nct(3), field=field)


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


class TestADecision:
    def test_it_is_published_at_once_with_what_the_rules_said(self, registry: RegistryEmulator) -> None:
        sync()
        before = DatasetVersion.objects.get().version
        made = decided("disease", "rheumatoid-arthritis")
        assert document().diseases == ["rheumatoid-arthritis"]
        assert document().decided == ["disease"]
        assert (made.said_then, made.standing) == (["multiple-sclerosis"], "in-force")
        assert DatasetVersion.objects.get().version > before
        assert StudyDocumentPast.objects.get().diseases == ["multiple-sclerosis"]

    def test_a_scope_brings_its_reason(self, registry: RegistryEmulator) -> None:
        sync()
        decided("scope", "out", reason="It was never begun.")
        assert (document().scope, document().reasons) == ("out", ["It was never begun."])

    def test_what_a_curator_confirms_is_doubtful_no_more_and_not_overridden(self, registry: RegistryEmulator) -> None:
        sync()
        assert decided("disease", "multiple-sclerosis").standing == "agreed"
        assert document().decided == []

    def test_labels_are_shown_as_they_are_published(self, registry: RegistryEmulator) -> None:
        sync()
        decided("disease", "multiple-sclerosis", "rheumatoid-arthritis")
        decided("cell_type")
        labels = published_labels([nct(3)])[nct(3)]
        shown = {(label.scheme, label.value): label.rule for label in labels}
        assert shown["disease", "rheumatoid-arthritis"] == "curator"
        assert shown["disease", "multiple-sclerosis"] != "curator"
        assert not [scheme for scheme, _value in shown if scheme == "cell_type"]

    def test_taken_back_the_registry_speaks_again(self, registry: RegistryEmulator) -> None:
        sync()
        made = decided("disease", "rheumatoid-arthritis")
        clear(
            record=records_of([nct(3)])[nct(3)], field="disease", reason="My mistake.", by="ada", version=made.version
        )
        assert (document().diseases, document().decided) == (["multiple-sclerosis"], [])
        assert actions() == ["decided", "cleared"]

    @pytest.mark.parametrize("nonsense", [{"values": ["asthma"]}, {"reason": " "}, {"field": "colour"}])
    def test_nonsense_is_refused_and_nothing_is_written(
        self, registry: RegistryEmulator, nonsense: dict[str, Any]
    ) -> None:
        sync()
        asked = {"field": "disease", "values": ["rheumatoid-arthritis"], "reason": "So.", "by": "ada", "version": 0}
        with pytest.raises(Refused):
            decide(record=records_of([nct(3)])[nct(3)], **(asked | nonsense))
        assert not StudyOverride.objects.exists()
        assert not AuditEntry.objects.exists()

    def test_a_trial_that_a_curator_lists_gets_its_card(self, registry: RegistryEmulator) -> None:
        registry.registry.change(nct(3), ASTHMA)
        sync(nct_ids=[nct(3)])
        assert (document().scope, document().card) == ("out", {})
        decided("scope", "in_scope")
        read_again(nct(3))
        assert document().scope == "in_scope"
        assert "age" in document().card


class TestTwoAtOnce:
    def test_the_second_sees_what_the_first_did(self, registry: RegistryEmulator) -> None:
        sync()
        first = decided("disease", "rheumatoid-arthritis")
        with pytest.raises(Overtaken) as overtaken:
            decided("disease", "type-1-diabetes", version=0, by="bea")
        assert overtaken.value.current == first
        assert document().diseases == ["rheumatoid-arthritis"]
        decided("disease", "type-1-diabetes", version=first.version, by="bea")
        with pytest.raises(Overtaken):
            clear(record=records_of([nct(3)])[nct(3)], field="disease", reason="No.", by="ada", version=first.version)
        assert document().diseases == ["type-1-diabetes"]
        assert [entry.by for entry in AuditEntry.objects.order_by("pk")] == ["ada@example.org", "bea"]

    def test_taking_back_what_is_gone_is_told(self, registry: RegistryEmulator) -> None:
        sync()
        with pytest.raises(Overtaken):
            clear(record=records_of([nct(3)])[nct(3)], field="disease", reason="No.", by="ada", version=0)


class TestSyncs:
    def test_it_survives_sync_sync_and_a_sync_with_another_change(self, registry: RegistryEmulator) -> None:
        sync()
        decided("disease", "rheumatoid-arthritis")
        sync(full=True)
        registry.registry.next_day()
        sync()
        changed(registry, {"protocolSection.statusModule.overallStatus": "COMPLETED"})
        reprocess(everything=True)
        republish()
        assert (document().diseases, document().overall_status) == (["rheumatoid-arthritis"], "COMPLETED")
        assert override("disease").standing == "in-force"
        assert actions() == ["decided"]

    def test_a_change_under_it_reopens_it_and_it_stays_in_force(self, registry: RegistryEmulator) -> None:
        sync()
        decided("disease", "rheumatoid-arthritis")
        changed(registry, LUPUS)
        standing = override("disease")
        assert document().diseases == ["rheumatoid-arthritis"]
        assert (standing.standing, standing.said_now) == ("reopened", ["systemic-lupus-erythematosus"])
        assert standing.moved_at is not None
        assert actions() == ["decided", "reopened"]
        # Deciding anew, with the record as it is, settles it.
        decided("disease", "rheumatoid-arthritis", version=standing.version)
        assert override("disease").standing == "in-force"

    def test_where_the_registry_comes_to_say_the_same_it_closes_itself(self, registry: RegistryEmulator) -> None:
        sync()
        decided("disease", "rheumatoid-arthritis")
        changed(registry, ARTHRITIS)
        assert (override("disease").standing, document().decided) == ("agreed", [])
        # And is not forgotten: if the registry moves on, a person decides again.
        changed(registry, LUPUS)
        assert (override("disease").standing, document().diseases) == ("reopened", ["rheumatoid-arthritis"])
        assert actions() == ["decided", "agreed", "reopened"]

    def test_it_is_not_reopened_by_a_unit_that_is_told_now(self, registry: RegistryEmulator) -> None:
        sync()
        decided("severity", "crp>3.0mg/dl")
        asked = StudyOverride.objects.filter(field="severity")
        asked.update(said_then=["crp>2.0"], said_now=["crp>2.0"])
        services._note_moves(asked, {"severity": ("crp>2.0mg/dl",)})
        standing = override("severity")
        assert (standing.standing, standing.said_now, standing.moved_at) == ("in-force", ["crp>2.0mg/dl"], None)
        assert actions() == ["decided"]
        # And one that was reopened by such a unit, by an earlier release, returns.
        asked.update(standing="reopened", moved_at=timezone.now())
        services._note_moves(asked, {"severity": ("crp>2.0mg/dl",)})
        assert override("severity").standing == "in-force"
        assert actions() == ["decided", "returned"]
        services._note_moves(asked, {"severity": ("crp>2.0mg/dl",)})
        assert actions() == ["decided", "returned"]

    def test_newer_rules_do_not_touch_it(self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
        sync()
        decided("source", "adipose")
        with_new_versions(monkeypatch, parser=False, rules=True)
        reprocess()
        assert document().card["source"] == ["adipose"]


class TestLeftOutForGood:
    def test_no_change_of_record_or_rules_brings_it_back_and_nobody_is_asked(
        self, registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sync()
        decided("scope", "out", reason="Withdrawn by its authors.", for_good=True)
        for record in (LUPUS, ARTHRITIS):
            changed(registry, record)
            assert (document().scope, document().reasons) == ("out", ["Withdrawn by its authors."])
            assert (override("scope").standing, document().decided) == ("for-good", ["scope"])
        with_new_versions(monkeypatch, parser=False, rules=True)
        reprocess()
        assert override("scope").standing == "for-good"
        assert override("scope").said_now == ["in_scope"]
        assert actions() == ["excluded"]
        assert not documents_waiting("reopened").exists()

    def test_deciding_again_lets_the_record_move_it(self, registry: RegistryEmulator) -> None:
        sync()
        made = decided("scope", "out", for_good=True)
        # A spreadsheet that gives another reason leaves it as it stood; another value does not.
        made = decided("scope", "out", reason="Better told.", version=made.version)
        assert made.standing == "for-good"
        made = decided("scope", "review", version=made.version)
        assert made.standing == "in-force"
        made = decided("scope", "out", version=made.version, for_good=False)
        assert made.standing == "in-force"
        assert actions() == ["excluded", "excluded", "decided", "decided"]

    @pytest.mark.parametrize(("field", "value"), [("scope", "in_scope"), ("scope", "review"), ("source", "adipose")])
    def test_nothing_else_is_for_good(self, registry: RegistryEmulator, field: str, value: str) -> None:
        sync()
        with pytest.raises(Refused) as refused:
            decided(field, value, for_good=True)
        assert refused.value.place == "for_good"
        assert not AuditEntry.objects.exists()


def test_the_log_cannot_be_changed(registry: RegistryEmulator) -> None:
    sync()
    decided("disease", "rheumatoid-arthritis")
    for statement in ("UPDATE curation_auditentry SET by = 'eve'", "DELETE FROM curation_auditentry"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert AuditEntry.objects.get().by == "ada@example.org"


# Any order of syncs, decisions, clearings and new readings ends as the final record and the decisions in order do.

RECORDS = ({}, LUPUS, ARTHRITIS, ASTHMA)
VALUES = {
    "scope": [("in_scope",), ("review",), ("out",)],
    "disease": [("rheumatoid-arthritis",), ("systemic-lupus-erythematosus",), ()],
    "source": [("adipose",), ("bone-marrow",), ()],
    "plain_title": [("MSC in lupus",), ("In plain words",)],
}
# What people have accepted over the words of our files: nothing, asthma as a name of an illness of ours, or one less.
RULES = (
    Amendments(),
    Amendments((Change("add", "multiple-sclerosis", "phrases", "asthma"),), 1),
    Amendments((Change("remove", "rheumatoid-arthritis", "phrases", "rheumatoid arthritis"),), 2),
)
LEFT_OUT_FOR_GOOD = ("scope", ("out",), True)
STEPS = st.one_of(
    st.tuples(st.just("sync"), st.sampled_from(RECORDS)),
    st.tuples(
        st.just("decide"),
        st.sampled_from([(field, value, False) for field in VALUES for value in VALUES[field]] + [LEFT_OUT_FOR_GOOD]),
    ),
    st.tuples(st.just("clear"), st.sampled_from(list(VALUES))),
    st.tuples(st.just("rules"), st.sampled_from(RULES)),
    st.tuples(st.just("republish"), st.none()),
)


def test_the_rules_of_the_steps_move_the_records() -> None:
    def diseases(record: dict[str, Any], rules: Amendments) -> tuple[str, ...]:
        with amended(rules):
            return tuple(classify(parse_study(encoded(study(nct(3), record)))).values("disease"))

    assert [diseases(ASTHMA, rules) for rules in RULES] == [(), ("multiple-sclerosis",), ()]
    assert [diseases(ARTHRITIS, rules) for rules in RULES] == [("rheumatoid-arthritis",)] * 2 + [()]


def synced(record: dict[str, Any], rules: Amendments) -> None:
    """What the corridor does with a version of the record under these words, without its network."""
    records = {nct(3): parse_study(encoded(study(nct(3), record)))}
    with amended(rules):
        store_labels(labels_for(records))
    publish(records)


def published() -> dict[str, Any]:
    row = document()
    return {"scope": row.scope, "diseases": row.diseases, "card": row.card, "decided": row.decided} | {
        item.field: (item.values, item.standing == "agreed") for item in StudyOverride.objects.all()
    }


@pytest.mark.django_db
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(STEPS, min_size=1, max_size=10))
def test_any_order_of_syncs_and_decisions_ends_as_their_replay_does(
    steps: list[tuple[str, Any]], stored_study: None
) -> None:
    def run(taken: list[tuple[str, Any]]) -> dict[str, Any]:
        StudyOverride.objects.all().delete()
        record: dict[str, Any] = {}
        rules = RULES[0]
        synced(record, rules)
        for step, told in taken:
            parsed = parse_study(encoded(study(nct(3), record)))
            field = told[0] if step == "decide" else told
            standing = StudyOverride.objects.filter(field=field).first() if isinstance(field, str) else None
            if step == "sync":
                record = told
                synced(record, rules)
            elif step == "rules":
                rules = told
                synced(record, rules)
            elif step == "decide":
                decide(
                    record=parsed,
                    field=field,
                    values=told[1],
                    reason="So.",
                    by="ada",
                    version=standing.version if standing else 0,
                    for_good=told[2],
                )
            elif step == "clear" and standing:
                clear(record=parsed, field=field, reason="So.", by="ada", version=standing.version)
            elif step == "republish":
                synced(record, rules)
        # A card that only a decision asked for is read at the next reading.
        synced(record, rules)
        return published()

    final = [
        next(((step, told) for step, told in reversed(steps) if step == kind), (kind, first))
        for kind, first in (("rules", RULES[0]), ("sync", {}))
    ]
    decisions = [(step, told) for step, told in steps if step in {"decide", "clear"}]
    assert run(steps) == run([*final, *decisions])


@pytest.fixture
def stored_study(registry: RegistryEmulator) -> None:
    sync()


def test_the_statements_of_publishing_do_not_grow_with_the_studies(stored_study: None) -> None:
    def statements(nct_ids: list[str]) -> int:
        records = records_of(nct_ids)
        with CaptureQueriesContext(connection) as asked, transaction.atomic():
            publish(records)
        return len(asked)

    assert StudyLabel.objects.filter(detail__isnull=False).count() > 1
    assert statements([nct(at) for at in range(10)]) == statements([nct(3)])


def test_every_field_that_can_be_decided_has_a_name() -> None:
    assert all(str(name) for name in DECIDABLE.values())
    assert Study.objects.count() == 0
