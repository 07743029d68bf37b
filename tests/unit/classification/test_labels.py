"""Labels in the database: written in bulk, only where they differ."""

from __future__ import annotations

import datetime as dt
import io
import json
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.classification import services
from apps.classification.models import StudyLabel
from apps.classification.rules import RULESET_VERSION, classify
from apps.classification.selectors import labels_of, labels_of_many
from apps.classification.services import store_labels
from apps.studies.services import StudyEntry, store_studies
from tests.unit.classification.builders import payload, study

IN_SCOPE = classify(study("Mesenchymal stem cells", conditions=["Lupus"]))
OUT = classify(study("Mesenchymal stem cells", conditions=["Crohn Disease"]))


@pytest.fixture
def stored(db):
    def store(count: int) -> list[str]:
        ids = [f"NCT9{number:07}" for number in range(count)]
        entries = [
            StudyEntry(study(nct_id=nct_id), snapshot_id=1, content_hash="", parser_version=1, ruleset_version=1)
            for nct_id in ids
        ]
        with transaction.atomic():
            store_studies(entries, now=dt.datetime.now(dt.UTC))
        return ids

    return store


def rows() -> dict[tuple[str, ...], str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT study_id, scheme, value, rule, xmin || ':' || ctid FROM classification_studylabel")
        return {tuple(row[:4]): row[4] for row in cursor.fetchall()}


def test_labels_are_stored_and_read_back_in_order(stored):
    (nct_id,) = stored(1)
    store_labels([(nct_id, IN_SCOPE)])
    labels = labels_of(nct_id)
    assert [(label.scheme, label.value) for label in labels] == [
        ("scope", "in_scope"),
        ("disease", "systemic-lupus-erythematosus"),
        ("cell_type", "msc"),
    ]
    assert labels[2].ruleset_version == RULESET_VERSION
    assert labels[2].reason == IN_SCOPE.labels[2].reason
    assert labels[2].evidence == [
        {
            "path": "protocolSection.identificationModule.briefTitle",
            "start": 0,
            "end": 22,
            "quote": "Mesenchymal stem cells",
            "marks": [[0, 22]],
        }
    ]
    assert labels_of("NCT99999999") == []


def test_labels_of_many_studies_by_one_query(stored, django_assert_num_queries):
    ids = stored(3)
    store_labels([(nct_id, OUT) for nct_id in ids[:2]])
    with django_assert_num_queries(1):
        labels = labels_of_many(ids)
    assert [len(labels[nct_id]) for nct_id in ids] == [len(OUT.labels), len(OUT.labels), 0]


def test_new_labels_take_the_place_of_the_old(stored):
    first, second = stored(2)
    store_labels([(first, IN_SCOPE), (second, IN_SCOPE)])
    before = rows()
    store_labels([(first, OUT)])
    after = rows()
    assert {key[1:3] for key in after if key[0] == first} == {(label.scheme, label.value) for label in OUT.labels}
    assert {key: row for key, row in after.items() if key[0] == second} == {
        key: row for key, row in before.items() if key[0] == second
    }


def test_same_labels_are_not_written_again(stored):
    ids = stored(3)
    items = [(nct_id, IN_SCOPE) for nct_id in ids]
    store_labels(items)
    before = rows()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        store_labels(items)
    assert [
        query["sql"].split()[0] for query in queries if query["sql"].split()[0] in ("INSERT", "DELETE", "UPDATE")
    ] == []
    assert rows() == before


def test_labels_of_another_ruleset_are_made_anew(stored, monkeypatch):
    (nct_id,) = stored(1)
    store_labels([(nct_id, IN_SCOPE)])
    monkeypatch.setattr(services, "RULESET_VERSION", RULESET_VERSION + 1)
    store_labels([(nct_id, IN_SCOPE)])
    assert {label.ruleset_version for label in labels_of(nct_id)} == {RULESET_VERSION + 1}
    assert len(labels_of(nct_id)) == len(IN_SCOPE.labels)


def test_last_word_on_a_study_counts_and_no_studies_is_no_work(stored):
    (nct_id,) = stored(1)
    store_labels([(nct_id, IN_SCOPE), (nct_id, OUT)])
    assert [label.value for label in labels_of(nct_id) if label.scheme == "scope"] == ["out"]
    store_labels([])
    assert StudyLabel.objects.count() == len(OUT.labels)


@pytest.mark.django_db(transaction=True)
def test_labels_of_a_study_that_is_not_stored_are_refused():
    with pytest.raises(IntegrityError):
        store_labels([("NCT99999998", IN_SCOPE)])
    assert StudyLabel.objects.count() == 0


def test_a_hundred_studies_take_few_statements_and_little_time(stored, django_assert_max_num_queries):
    ids = stored(100)
    with django_assert_max_num_queries(5):
        store_labels([(nct_id, IN_SCOPE) for nct_id in ids])
    times = []
    for classification in (OUT, IN_SCOPE, OUT):
        start = time.perf_counter()
        store_labels([(nct_id, classification) for nct_id in ids])
        times.append(time.perf_counter() - start)
    assert min(times) < 0.3


def classified(path) -> list[dict]:
    output = io.StringIO()
    call_command("classify", studies=path, json=True, stdout=output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_command_writes_a_line_a_study_without_a_database(tmp_path):
    told = payload("Mesenchymal stem cells", conditions=["Lupus"])
    (tmp_path / "NCT90000001.json").write_text(json.dumps(told))
    (line,) = classified(tmp_path)
    assert list(line) == [
        "nct_id", "scope", "reasons", "diseases", "cell_types", "donor", "sources", "routes", "evidence",
    ]  # fmt: skip
    assert (line["nct_id"], line["scope"]) == ("NCT90000001", "in_scope")
    assert (line["diseases"], line["cell_types"]) == (["systemic-lupus-erythematosus"], ["msc"])
    assert line["evidence"][-1] == {
        "field": "cell_type",
        "value": "msc",
        "rule": "msc-named",
        "doubtful": False,
        "path": "protocolSection.identificationModule.briefTitle",
        "start": 0,
        "end": 22,
        "quote": "Mesenchymal stem cells",
        "marks": [[0, 22]],
    }


def test_command_tells_people_without_json(tmp_path, capsys):
    (tmp_path / "NCT90000001.json").write_text(json.dumps(payload("Mesenchymal stem cells", conditions=["Lupus"])))
    call_command("classify", studies=tmp_path)
    assert capsys.readouterr().out.startswith("NCT90000001  in_scope  systemic-lupus-erythematosus, msc  One of")


def test_command_goes_on_past_a_record_that_cannot_be_read(tmp_path, capsys):
    (tmp_path / "NCT90000001.json").write_text("{")
    (tmp_path / "NCT90000002.json").write_text(json.dumps(payload(nct_id="NCT90000002")))
    with pytest.raises(CommandError, match=r"1 of 2 records"):
        call_command("classify", studies=tmp_path, json=True)
    told = capsys.readouterr()
    assert "NCT90000002" in told.out
    assert "Record 1 cannot be read" in told.err


def test_command_says_where_nothing_is(tmp_path):
    with pytest.raises(CommandError, match="does not exist"):
        call_command("classify", studies=tmp_path / "nowhere", json=True)
