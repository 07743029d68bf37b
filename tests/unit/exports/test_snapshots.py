"""The monthly snapshot: whole or not there, the same in each format, never changed."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from apps.exports import services, snapshots
from apps.exports.about import Origin
from apps.exports.columns import COLUMNS, NAMES
from apps.exports.services import NotBuilt, build_snapshot
from apps.ingest.models import SyncRun
from apps.web import tasks
from tests.factories.documents import entry, publish
from tests.unit.exports.readers import csv_rows, from_cells, jsonl_rows, parquet_rows, parquet_table, taken

MONTH = "2026-11"


def origin() -> Origin:
    return Origin("2026-11-02T09:00:00", terms_version=4)


@pytest.fixture
def place(settings: Any, tmp_path: Path) -> Path:
    """A storage of its own."""
    options = {"BACKEND": settings.STORAGES["snapshots"]["BACKEND"], "OPTIONS": {"location": tmp_path / "kept"}}
    settings.STORAGES = settings.STORAGES | {"snapshots": options}
    return tmp_path / "kept"


@pytest.fixture
def november() -> Iterator[None]:
    with time_machine.travel("2026-11-03T04:05:06Z", tick=False):
        yield


@pytest.fixture
def some(db: None, november: None) -> None:
    publish(
        entry("NCT90000001", title="=Alpha", interventions=["a|b", "c"], card={"age": ["-65"]}),
        entry("NCT90000002", cell_types=["hsc"], enrollment=None, phases=[], has_results=True),
        entry("NCT90000003", scope="review", reasons=["Not clear."]),
        entry("NCT90000004", scope="out", cell_types=[], diseases=[]),
    )


def files(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("some")
def test_the_three_files_have_the_same_rows(client: Client, place: Path) -> None:
    made, built = build_snapshot(origin=origin)
    assert built
    assert {file.format for file in made.files} == {"csv", "parquet", "sqlite"}
    folder = place / MONTH
    expected = jsonl_rows(taken(client, "/trials/export.jsonl?scope=all&sort=nct_id"))
    assert [row["nct_id"] for row in expected] == [f"NCT9000000{number}" for number in (1, 2, 3, 4)]
    assert [from_cells(row) for row in csv_rows((folder / f"trialtracker-{MONTH}.csv").read_bytes())] == expected
    table = (folder / f"trialtracker-{MONTH}.parquet").read_bytes()
    assert parquet_rows(table) == expected
    with sqlite3.connect(folder / f"trialtracker-{MONTH}.sqlite") as database:
        found = database.execute(f"SELECT {', '.join(NAMES)} FROM studies ORDER BY nct_id").fetchall()
        rows = []
        for row in found:
            values = dict(zip(NAMES, row, strict=True))
            for column in COLUMNS:
                if column.kind == "list":
                    values[column.name] = json.loads(values[column.name])
                elif column.kind == "boolean" and values[column.name] is not None:
                    values[column.name] = bool(values[column.name])
            rows.append(values)
        assert rows == expected
        about = dict(database.execute("SELECT name, value FROM about"))
        assert about["citation"] == made.told["citation"]
        assert [name for (name,) in database.execute("SELECT name FROM columns ORDER BY rowid")] == list(NAMES)
        count = "SELECT count(*) FROM studies, json_each(interventions) WHERE json_each.value = 'a|b'"
        assert database.execute(count).fetchone() == (1,)
    database.close()
    assert parquet_table(table).schema.metadata[b"citation"].decode() == made.told["citation"]


@pytest.mark.usefixtures("some")
def test_checksums_and_manifest(place: Path) -> None:
    made, _built = build_snapshot(origin=origin)
    told = json.loads((place / MONTH / "manifest.json").read_text())
    assert told == made.told
    assert told["manifest_version"] == 1
    assert told["month"] == MONTH
    assert told["rows"] == 4
    assert (told["data_timestamp"], told["terms_version"]) == (origin().data_timestamp, 4)
    assert "words version 4" in told["citation"]
    assert told["made_at"] == "2026-11-03T04:05:06Z"
    assert told["dataset_version"] > 0
    assert told["title"].startswith("snapshot of 2026-11, 4 trials")
    assert [column["name"] for column in told["columns"]] == list(NAMES)
    sums = dict(reversed(line.split("  ")) for line in (place / MONTH / "SHA256SUMS").read_text().splitlines())
    for file in made.files:
        content = (place / MONTH / file.name).read_bytes()
        assert len(content) == file.bytes
        assert hashlib.sha256(content).hexdigest() == file.sha256 == sums[file.name]
    assert set(sums) == {file.name for file in made.files}
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=place / MONTH, capture_output=True, check=False)
    assert checked.returncode == 0


@pytest.mark.usefixtures("some")
def test_a_snapshot_is_made_once(place: Path) -> None:
    first, _built = build_snapshot(origin=origin)
    before = files(place)
    publish(entry("NCT90000009"))
    second, built = build_snapshot(origin=origin)
    assert not built
    assert second == first
    assert files(place) == before
    with time_machine.travel("2026-12-01T00:00:00Z", tick=False):
        third, built = build_snapshot(origin=origin)
        assert built
        assert third.told["rows"] == 5
        assert build_snapshot(origin=origin, month=MONTH) == (first, False)
        assert [item.month for item in snapshots.published()] == ["2026-12", MONTH]
    assert before.items() <= files(place).items()


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("month", ["2026-10", "2026-12", "2031-01"])
def test_only_the_present_can_be_written_down(place: Path, month: str) -> None:
    with pytest.raises(NotBuilt, match=month):
        build_snapshot(origin=origin, month=month)
    assert files(place) == {}


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("month", ["2026-13", "november", "2026-1", "../../etc", "", "٢٠٢٦-١١", "2026-11\n"])
def test_nonsense_is_no_month(client: Client, place: Path, month: str) -> None:
    if month:
        with pytest.raises(NotBuilt):
            build_snapshot(origin=origin, month=month)
    assert snapshots.snapshot(month) is None
    assert files(place) == {}


@pytest.mark.usefixtures("november")
def test_nothing_published_nothing_built(db: None, place: Path) -> None:
    with pytest.raises(NotBuilt, match="Nothing is published"):
        build_snapshot(origin=origin)
    assert files(place) == {}


class Killed(BaseException):
    """As a signal would end the process."""


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("step", range(5))
@pytest.mark.parametrize("half", [False, True])
def test_killed_in_the_middle_nothing_shows(
    client: Client, place: Path, monkeypatch: pytest.MonkeyPatch, step: int, half: bool
) -> None:
    """Before the write of each file, or with half of it written; the next build clears up and is whole."""
    done = iter(range(100))
    save = services._save

    def dies(name: str, content: Any, size: int) -> None:
        if next(done) < step:
            save(name, content, size)
            return
        if half:
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read()[: size // 2])
        raise Killed

    monkeypatch.setattr(services, "_save", dies)
    with pytest.raises(Killed):
        build_snapshot(origin=origin)
    assert (len(files(place)) > 0) == (step > 0 or half)
    assert snapshots.published() == []
    assert json.loads(taken(client, "/data/snapshots.json"))["snapshots"] == []
    for name in (f"trialtracker-{MONTH}.csv", "manifest.json", "SHA256SUMS"):
        assert client.get(f"/data/snapshots/{MONTH}/{name}").status_code == 404
    assert "trialtracker-2026-11" not in client.get("/data/").content.decode()
    monkeypatch.undo()
    _made, built = build_snapshot(origin=origin)
    assert built
    assert len(files(place)) == 5


@pytest.mark.django_db(transaction=True)
def test_a_build_that_is_killed_lets_the_next_one_in(place: Path, settings: Any) -> None:
    """A real process, killed while it holds the lock."""
    publish(*(entry() for _ in range(5)))
    script = (
        "import django, time; django.setup()\n"
        "from apps.exports import about, services\n"
        "services._publish = lambda *_: (print('building', flush=True), time.sleep(60))\n"
        "services.build_snapshot(origin=about.Origin)\n"
    )
    database = connection.settings_dict
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + database["NAME"]
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "trialtracker.settings", "DATABASE_URL": url}
    env["SNAPSHOT_ROOT"] = str(place)
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=settings.BASE_DIR, env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline().strip() == "building"
        assert build_snapshot(origin=origin) is None
        with pytest.raises(CommandError, match="Another process"):
            call_command("build_snapshot")
        process.send_signal(signal.SIGKILL)
        process.wait()
        made = None
        for _ in range(50):
            if made := build_snapshot(origin=origin):
                break
            time.sleep(0.1)
        assert made
        assert made[1]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.django_db(transaction=True)
def test_all_files_are_of_one_moment(client: Client, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync that publishes while the files are being written shows in none of them."""
    publish(*(entry(title="before") for _ in range(3)))
    write = services.parquet

    def after_a_sync(*arguments: Any) -> Iterator[bytes]:
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("UPDATE search_studydocument SET title = 'after'")
        other.close()
        yield from write(*arguments)

    monkeypatch.setattr(services, "parquet", after_a_sync)
    made, _built = build_snapshot(origin=origin)
    folder = place / made.month
    assert {row["title"] for row in parquet_rows((folder / made.files[1].name).read_bytes())} == {"before"}
    with sqlite3.connect(folder / made.files[2].name) as database:
        assert set(database.execute("SELECT title FROM studies")) == {("before",)}
    database.close()


@pytest.mark.usefixtures("some")
def test_the_data_page_lists_them(client: Client, place: Path) -> None:
    assert "No snapshot has been made yet" in client.get("/data/").content.decode()
    made, _built = build_snapshot(origin=origin)
    page = client.get("/data/").content.decode()
    assert "No snapshot has been made yet" not in page
    listed = json.loads(taken(client, "/data/snapshots.json"))["snapshots"]
    assert [(item["month"], item["terms_version"]) for item in listed] == [(MONTH, 4)]
    for file, told in zip(made.files, listed[0]["files"], strict=True):
        path = f"/data/snapshots/{MONTH}/{file.name}"
        assert f'href="{path}"' in page
        assert told["url"] == f"http://localhost:8000{path}"
        response = client.get(path)
        body = b"".join(response.streaming_content)
        assert hashlib.sha256(body).hexdigest() == file.sha256 == told["sha256"]
        assert response["Content-Type"] == file.media_type
        assert file.name in response["Content-Disposition"]
        assert "immutable" in response["Cache-Control"]
        assert response["X-Robots-Tag"] == "noindex"
        assert taken(client, path, 304, if_none_match=response["ETag"]) == b""
        head = client.head(path)
        assert int(head["Content-Length"]) == file.bytes
    assert json.loads(taken(client, f"/data/snapshots/{MONTH}/manifest.json")) == made.told
    assert taken(client, f"/data/snapshots/{MONTH}/SHA256SUMS").count(b"\n") == 3


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    "path",
    [
        "2026-10/manifest.json",
        f"{MONTH}/other.csv",
        f"{MONTH}/..%2f..%2fsecret",
        f"{MONTH}/../../etc/passwd",
        "../manifest.json",
        f"{MONTH}%2f/manifest.json",
        f"{MONTH}/MANIFEST.JSON",
        f"{MONTH}/%00",
    ],
)
def test_nothing_else_is_served(client: Client, place: Path, path: str) -> None:
    build_snapshot(origin=origin)
    (place / MONTH / "other.csv").write_text("not ours")
    (place.parent / "secret").write_text("not ours")
    assert client.get(f"/data/snapshots/{path}", follow=True).status_code == 404


@pytest.mark.usefixtures("november")
def test_the_clock_builds_it_when_the_data_are_at_rest(db: None, place: Path, settings: Any) -> None:
    publish(entry())
    tasks.snapshot()
    assert files(place) == {}, "before the first good sync there is nothing to write down"
    SyncRun.objects.create(
        kind="full", state="ok", finished_at="2026-11-02T10:00:00Z", data_timestamp=origin().data_timestamp
    )
    running = SyncRun.objects.create(kind="full", state="running")
    tasks.snapshot()
    assert files(place) == {}, "a sync is under way"
    running.delete()
    settings.SAMPLE = True
    tasks.snapshot()
    assert files(place) == {}, "invented trials are not written down"
    settings.SAMPLE = False
    tasks.snapshot()
    assert snapshots.snapshot(MONTH).told["data_timestamp"] == origin().data_timestamp
    before = files(place)
    tasks.snapshot()
    assert files(place) == before


def test_beat_asks_for_it(settings: Any) -> None:
    assert settings.CELERY_BEAT_SCHEDULE["snapshot"]["task"] == tasks.snapshot.name


@pytest.mark.usefixtures("some")
def test_the_command(place: Path) -> None:
    said = StringIO()
    call_command("build_snapshot", stdout=said)
    assert "The snapshot of 2026-11 is built: 4 rows." in said.getvalue()
    said = StringIO()
    call_command("build_snapshot", "--month", MONTH, "--json", stdout=said)
    assert json.loads(said.getvalue())["rows"] == 4
    for month in ("2026-10", "x"):
        with pytest.raises(CommandError):
            call_command("build_snapshot", "--month", month)


@pytest.mark.usefixtures("some")
def test_storage_that_loses_something_is_noticed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(snapshots.storage()), "size", lambda self, name: 1)
    with pytest.raises(NotBuilt, match="could not be stored whole"):
        build_snapshot(origin=origin)
    assert snapshots.published() == []
