"""`classify`, `evaluate_classification` and `evaluate_cards` as people run them: on files, without a database."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.classification.models import StudyLabel
from apps.classification.rules import RULESET_VERSION
from apps.ingest.services import sync
from tests.unit.classification.builders import payload

HEAD = "nct_id,in_scope,diseases,cell_type,cell_source,donor,label_origin"
MSC_IN_LUPUS = {
    "conditions": ["Lupus"],
    "interventions": ["Mesenchymal stem cells"],
    "summary": "Cells are given once.",
}
DRUG_IN_LUPUS = {"conditions": ["Lupus"], "interventions": ["A drug"], "summary": "A drug is given."}


def nct(number: int) -> str:
    return f"NCT{90_000_000 + number}"


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """Three records: MSC in lupus, a drug in lupus, MSC in lupus as a title alone."""
    folder = tmp_path / "studies"
    folder.mkdir()
    put(folder, payload("Mesenchymal stem cells", nct_id=nct(1), **MSC_IN_LUPUS))
    put(folder, payload("A drug in lupus", nct_id=nct(2), **DRUG_IN_LUPUS))
    put(folder, payload("Mesenchymal stem cells in lupus", nct_id=nct(3)))
    return folder


def put(folder: Path, record: Mapping[str, Any]) -> None:
    nct_id = record["protocolSection"]["identificationModule"]["nctId"]
    (folder / f"{nct_id}.json").write_text(json.dumps(record))


def csv_of(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "gold.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def said(command: str, *arguments: object, **options: object) -> str:
    output = io.StringIO()
    call_command(command, *map(str, arguments), stdout=output, **options)
    return output.getvalue()


def without_services() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.endswith(("_URL", "_KEY"))}


def manage(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """manage.py in a process of its own, which knows no service but those named."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env=without_services() | environment,
        capture_output=True,
        text=True,
        check=False,
    )


# Labelled ids


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return csv_of(
        tmp_path,
        HEAD,
        f"{nct(1)},yes,SLE,MSC,,unknown,published",
        f"{nct(2)},no,SLE,other:drug,,unknown,automatic",
        f"{nct(3)},yes,SLE,MSC,,unknown,hand-read",
        f"{nct(4)},yes,SLE,MSC,,unknown,hand-read",
    )


def test_evaluation_as_one_object_with_flat_keys(gold: Path, studies: Path) -> None:
    result = json.loads(said("evaluate_classification", gold, studies=studies, json=True))
    for key in (
        "scope",
        *("disease", "disease.multiple-sclerosis", "disease.rheumatoid-arthritis"),
        *("disease.systemic-lupus-erythematosus", "disease.type-1-diabetes"),
        *("cell_type", "cell_type.msc", "cell_type.hsc", "donor", "source"),
    ):
        assert {"precision", "precision_interval", "recall", "recall_interval", "n", "f1"} <= set(result[key]), key
    assert "recall_with_review" in result["scope"]
    assert (result["scope"]["n"], result["scope"]["recall"], result["scope"]["precision"]) == (2, 1.0, 1.0)
    assert (result["review_share"], result["no_record"], result["misses"]) == (0.0, [nct(4)], [])
    assert set(result["by_origin"]) == {"automatic", "published"}
    assert set(result["by_content"]) == {"full", "text"}
    assert (result["unknown_words"], result["unreadable_records"]) == ([], 0)


def test_evaluation_for_people(gold: Path, studies: Path) -> None:
    put(studies, payload("A drug in lupus", nct_id=nct(1), **DRUG_IN_LUPUS))
    told = said("evaluate_classification", gold, studies=studies)
    assert "4 rows, 3 with a record (2 full, 0 table, 0 partial, 1 text)." in told
    assert f"Left out, having no record: {nct(4)}" in told
    assert "scope                                       2     1  -                     0.000 (0.000-0.793)" in told
    assert f"{nct(1)}  scope, missed: gold yes, told out (published, full)" in told
    assert "label origin: published" in told
    assert "content of the record: text" in told


def test_of_several_records_of_an_id_the_fullest_counts(tmp_path: Path, studies: Path) -> None:
    gold = csv_of(tmp_path, HEAD, f"{nct(3)},yes,SLE,MSC,,unknown,hand-read")
    full = payload("Mesenchymal stem cells", nct_id=nct(3), **MSC_IN_LUPUS)
    longer_text = payload("Cells", nct_id=nct(3), summary="Words and no more. " * 500)
    (studies / "a.jsonl.gz").write_bytes(gzip.compress(json.dumps(full).encode()))
    (studies / "b.jsonl.gz").write_bytes(gzip.compress(json.dumps(longer_text).encode()))
    result = json.loads(said("evaluate_classification", gold, studies=studies, json=True))
    assert (result["records"]["full"], result["records"]["text"], result["scope"]["recall"]) == (1, 0, 1.0)


def test_one_file_of_studies_is_enough(gold: Path, studies: Path) -> None:
    result = json.loads(said("evaluate_classification", gold, studies=studies / f"{nct(1)}.json", json=True))
    assert result["with_record"] == 1


def test_records_that_cannot_be_read_are_told_and_counted(gold: Path, studies: Path, capsys: Any) -> None:
    (studies / f"{nct(2)}.json").write_text("{")
    result = json.loads(said("evaluate_classification", gold, studies=studies, json=True))
    assert (result["unreadable_records"], result["no_record"]) == (1, [nct(2), nct(4)])
    assert "Record 2 cannot be read" in capsys.readouterr().err


def test_unknown_words_are_told(tmp_path: Path, studies: Path, capsys: Any) -> None:
    gold = csv_of(tmp_path, HEAD, f"{nct(1)},yes,SLE,MSC,tonsil,unknown,published")
    result = json.loads(said("evaluate_classification", gold, studies=studies, json=True))
    assert result["unknown_words"] == ["line 2, cell_source: 'tonsil'"]
    assert "line 2, cell_source: 'tonsil'" in capsys.readouterr().err


def test_evaluation_says_what_is_wrong_with_its_files(tmp_path: Path, gold: Path, studies: Path) -> None:
    for path, where, sentence in (
        (tmp_path / "nowhere.csv", studies, "nowhere.csv cannot be read"),
        (csv_of(tmp_path / "studies", "id,label", "1,2"), studies, "lacks nct_id, in_scope"),
        (gold, tmp_path / "nowhere", "does not exist"),
        (gold, gold, "is no file of studies"),
        (gold, studies / f"{nct(9)}.json", "does not exist"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("evaluate_classification", path, studies=where)
    gold = csv_of(tmp_path, HEAD, f"{nct(8)},yes,SLE,MSC,,unknown,published")
    with pytest.raises(CommandError, match="holds no record of the 1 trials"):
        call_command("evaluate_classification", gold, studies=studies)


def test_evaluation_needs_no_service(gold: Path, studies: Path) -> None:
    run = manage("evaluate_classification", gold, "--studies", studies, "--json")
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout)["with_record"] == 3


def test_evaluation_asks_for_its_studies(gold: Path) -> None:
    run = manage("evaluate_classification", gold)
    assert run.returncode == 2
    assert "--studies" in run.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_seen_enough_is_no_fault(studies: Path, unbuffered: str) -> None:
    command = [sys.executable, "manage.py", "classify", "--studies", str(studies)]
    run = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$@" | true', "bash", *command],
        cwd=settings.BASE_DIR,
        env=without_services() | {"PYTHONUNBUFFERED": unbuffered},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")


# Cards


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    return csv_of(
        tmp_path,
        "nct_id,split,field,value,note",
        f"{nct(1)},tune,kind,msc,",
        f"{nct(1)},tune,dose,2e6/kg,a note of one's own",
        f"{nct(2)},held,kind,other,",
        f"{nct(7)},held,kind,msc,",
    )


def test_cards_as_one_object_with_flat_keys(cards: Path, studies: Path) -> None:
    result = json.loads(said("evaluate_cards", cards, studies=studies, json=True))
    assert (result["split"], result["studies"], result["scored"], result["no_record"]) == (None, 3, 2, [nct(7)])
    assert (result["cell_type"]["precision"], result["cell_type"]["recall"], result["cell_type"]["n"]) == (1.0, 1.0, 2)
    assert {"precision_interval", "recall_interval", "f1", "precision_of_certain", "doubtful_share"} <= set(
        result["dose"]
    )
    assert result["misses"][0]["missed"] == {"2e+06/kg": "a note of one's own"}


def test_cards_for_people(cards: Path, studies: Path) -> None:
    told = said("evaluate_cards", cards, studies=studies)
    assert "3 cards, 2 with a record." in told
    assert f"Left out, having no record: {nct(7)}" in told
    assert "missed 2e+06/kg (a note of one's own)" in told


def test_one_split_of_the_cards(cards: Path, studies: Path) -> None:
    result = json.loads(said("evaluate_cards", cards, studies=studies, json=True, split="held"))
    assert (result["split"], result["studies"], "dose" in result) == ("held", 2, False)
    with pytest.raises(CommandError, match="it has held, tune"):
        call_command("evaluate_cards", cards, studies=studies, split="other")


def test_cards_say_what_is_wrong_with_their_files(tmp_path: Path, cards: Path, studies: Path) -> None:
    with pytest.raises(CommandError, match="does not exist"):
        call_command("evaluate_cards", cards, studies=tmp_path / "nowhere")
    with pytest.raises(CommandError, match="holds no record of the 3 trials"):
        call_command("evaluate_cards", cards, studies=put_alone(tmp_path))
    with pytest.raises(CommandError, match="line 2: 'colour' is no field"):
        call_command(
            "evaluate_cards", csv_of(tmp_path, "nct_id,field,value,note", f"{nct(1)},colour,red,"), studies=studies
        )


def put_alone(tmp_path: Path) -> Path:
    folder = tmp_path / "others"
    folder.mkdir()
    put(folder, payload(nct_id=nct(50)))
    return folder


def test_cards_need_no_service(cards: Path, studies: Path) -> None:
    run = manage("evaluate_cards", cards, "--studies", studies, "--json")
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout)["scored"] == 2


# Which studies move


@pytest.fixture
def old(tmp_path: Path, studies: Path) -> Path:
    """What the rules say of the three records today, as if it had been written before a change of the rules."""
    path = tmp_path / "old.jsonl"
    path.write_text(said("classify", studies=studies, json=True))
    return path


def diff(old: Path, studies: Path) -> Any:
    return json.loads(said("classify", studies=studies, diff=str(old), json=True))


def changed(path: Path, nct_id: str, **values: Any) -> None:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(line | (values if line["nct_id"] == nct_id else {})) + "\n" for line in lines))


def test_nothing_moves_where_nothing_has_changed(old: Path, studies: Path) -> None:
    assert diff(old, studies) == {
        "ruleset_version": RULESET_VERSION,
        "compared": 3,
        "moved": 0,
        "only_before": [],
        "only_now": [],
        "summary": {},
        "studies": [],
    }
    assert said("classify", studies=studies, diff=str(old)) == "3 studies compared, 0 move.\n"


def test_studies_that_move_are_listed_and_counted(old: Path, studies: Path) -> None:
    changed(old, nct(1), scope="review", diseases=["systemic-lupus-erythematosus", "type-1-diabetes"])
    report = diff(old, studies)
    assert (report["compared"], report["moved"]) == (3, 1)
    assert report["studies"] == [
        {
            "nct_id": nct(1),
            "moves": [
                {"field": "scope", "before": ["review"], "now": ["in_scope"]},
                {
                    "field": "disease",
                    "before": ["systemic-lupus-erythematosus", "type-1-diabetes"],
                    "now": ["systemic-lupus-erythematosus"],
                },
            ],
        }
    ]
    assert report["summary"] == {"scope": {"review -> in_scope": 1}, "disease": {"- type-1-diabetes": 1}}
    told = said("classify", studies=studies, diff=str(old))
    assert f"{nct(1)}\n    scope: review -> in_scope\n" in told
    assert "3 studies compared, 1 move." in told


def test_studies_that_one_side_lacks_are_listed(old: Path, studies: Path) -> None:
    (studies / f"{nct(2)}.json").unlink()
    put(studies, payload(nct_id=nct(5)))
    report = diff(old, studies)
    assert (report["compared"], report["only_before"], report["only_now"]) == (2, [nct(2)], [nct(5)])


def test_an_id_that_stands_in_several_files_is_compared_in_their_order(tmp_path: Path) -> None:
    records = [payload("Stem cells", nct_id=nct(1), **MSC_IN_LUPUS), payload("Stem cells", nct_id=nct(1))]
    folder = tmp_path / "twice"
    folder.mkdir()
    (folder / "a.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, records)).encode()))
    path = tmp_path / "old.jsonl"
    path.write_text(said("classify", studies=folder, json=True))
    report = diff(path, folder)
    assert (report["compared"], report["moved"]) == (2, 0)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "holds no line"),
        ("no JSON\n", "line 1 is not what classify --json writes"),
        ('{"nct_id": "NCT90000001"}\n', "line 1 is not what classify --json writes: .*scope"),
        ("[]\n", "line 1 is not what classify --json writes"),
    ],
)
def test_a_file_that_classify_has_not_written(tmp_path: Path, studies: Path, content: str, sentence: str) -> None:
    path = tmp_path / "old.jsonl"
    path.write_text(content)
    with pytest.raises(CommandError, match=sentence):
        diff(path, studies)


def test_an_older_output_that_is_not_there(tmp_path: Path, studies: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.jsonl cannot be read: No such file"):
        diff(tmp_path / "nowhere.jsonl", studies)


def test_options_that_do_not_go_together(studies: Path) -> None:
    with pytest.raises(CommandError, match="Name them with --studies PATH"):
        call_command("classify")
    with pytest.raises(CommandError, match="Name them with --studies PATH"):
        call_command("classify", diff="old.jsonl")
    with pytest.raises(CommandError, match="leave out --studies"):
        call_command("classify", "--studies", str(studies), "--diff")


def test_files_are_compared_without_a_service(old: Path, studies: Path) -> None:
    run = manage("classify", "--studies", studies, "--diff", old)
    assert (run.returncode, run.stdout, run.stderr) == (0, "3 studies compared, 0 move.\n", "")


def test_without_a_database_the_stored_labels_cannot_be_asked() -> None:
    services = {"SECRET_KEY": "x", "DATABASE_URL": "postgresql://127.0.0.1:1/none", "REDIS_URL": "redis://none"}
    run = manage("classify", "--diff", **services)
    assert run.returncode == 1
    assert run.stderr.startswith("CommandError: The database does not answer (")
    assert "--diff OLD.jsonl --studies PATH" in run.stderr


@pytest.mark.django_db
def test_stored_labels_against_the_rules_as_they_are(studies: Path) -> None:
    run = sync(replay=studies)
    assert run is not None
    assert run.state == "ok"
    report = json.loads(said("classify", "--diff", json=True))
    assert (report["compared"], report["moved"]) == (3, 0)
    assert list(report["stored_ruleset_versions"]) == [str(RULESET_VERSION)]

    StudyLabel.objects.filter(study_id=nct(1), scheme="cell_type").delete()
    StudyLabel.objects.filter(study_id=nct(1)).update(ruleset_version=RULESET_VERSION - 1)
    StudyLabel.objects.filter(study_id=nct(1), scheme="disease").update(doubtful=True)
    report = json.loads(said("classify", diff="stored", json=True))
    assert report["studies"] == [
        {
            "nct_id": nct(1),
            "moves": [
                {"field": "cell_type", "before": [], "now": ["msc"]},
                {"field": "doubtful", "before": ["disease"], "now": []},
            ],
        }
    ]
    assert report["summary"] == {"cell_type": {"+ msc": 1}, "doubtful": {"- disease": 1}}
    assert set(report["stored_ruleset_versions"]) == {str(RULESET_VERSION - 1), str(RULESET_VERSION)}
    assert "raise RULESET_VERSION" in said("classify", "--diff")
