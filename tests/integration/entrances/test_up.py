"""bin/up as a newcomer meets it, and as someone meets it after an accident."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from checkouts import Checkout, Entrance, free_port, get, surroundings

LIMIT = 20  # seconds until everything has gone
NO_SYNC = "The sync did not succeed; the site stays up"
NOT_RUNNING = "bin/up is not running in this checkout"

pytestmark = [pytest.mark.entrance, pytest.mark.timeout(300)]


def test_the_site_comes_up_without_a_registry_and_leaves_nothing(checkout: Checkout) -> None:
    before, users = surroundings(checkout.folder), Path("/etc/passwd").read_bytes()
    up, url = checkout.up()
    assert get(f"{url}/healthz")[0] == 200
    assert up.wait_for_child("postgres").uids().real != 0
    services = checkout.local / "run" / "services.json"
    assert services.stat().st_mode & 0o777 == 0o600
    assert json.loads(services.read_text())["SITE_URL"] == url
    sockets = Path((checkout.local / "run" / "sockets").read_text())
    assert sockets.stat().st_mode & 0o777 == 0o700
    assert len(str(sockets)) < 60

    # The first administrator has a way in, and nobody has a default password.
    link = re.search(r"Sign in as the first administrator, once, at (\S+)", up.said_after("administrator, once, at"))
    assert link
    assert link[1].startswith(url)
    assert get(link[1])[0] == 200

    # A second shell finds the services.
    shell = checkout.manage(
        "shell", "-c", "from apps.accounts.models import User; print('users', User.objects.count())"
    )
    assert shell.returncode == 0, shell.stderr
    assert "users " in shell.stdout

    # The registry is out of reach: the site says so, stays and goes on trying.
    up.wait_for(NO_SYNC)
    up.wait_for_child("beat")
    assert get(f"{url}/healthz")[0] == 200
    assert "Traceback" not in up.said

    # What a patient types stands in no log: not where it is understood, not where it is nonsense, not where it fails.
    for typed in ("age=34&since=7+years&near=Valencia,+ES", "age=x34x&near=<Valencia>", "lat=39.5&lon=-0.4"):
        for path in (f"/find/?disease=multiple-sclerosis&{typed}", f"/es/find/?{typed}", f"/nowhere/?{typed}"):
            get(url + path.replace("<", "%3C").replace(">", "%3E"))
    written = up.said + "".join(
        file.read_text(errors="replace") for file in checkout.local.rglob("*.log") if file.is_file()
    )
    assert not re.findall(r"Valencia|since=|x34x|39\.5|multiple-sclerosis", written)
    assert listening(up) == {"127.0.0.1"}

    assert up.stop(signal.SIGTERM) < LIMIT
    assert up.still_there() == []
    assert up.process.returncode == 0
    assert len(up.family) >= 8  # itself, postgres, redis, web and its two, worker and its one, beat
    assert not services.exists()
    assert not sockets.exists()
    assert surroundings(checkout.folder) == before
    assert Path("/etc/passwd").read_bytes() == users


def test_a_signal_in_the_middle_of_the_set_up(fresh: Checkout) -> None:
    up = fresh.start("up", PORT=str(free_port()))
    up.wait_for("Making the database")
    assert up.stop(signal.SIGINT) < LIMIT
    assert up.still_there() == []
    # What was half made is no obstacle.
    again, url = fresh.up()
    assert get(f"{url}/healthz")[0] == 200
    assert again.stop() < LIMIT


def test_children_that_die_come_back(checkout: Checkout) -> None:
    up, url = checkout.up()
    for word in ("gunicorn", "worker", "redis" if shutil.which("redis-server") else "valkey", "postgres"):
        victim = up.wait_for_child(word)
        up.remember_family()
        victim.kill()
        assert up.wait_for_child(word, other_than=victim).is_running()
        up.wait_until(lambda: get(f"{url}/readyz")[0] == 200)
    assert up.stop(signal.SIGHUP) < LIMIT
    assert up.still_there() == []
    assert up.process.returncode == 0


def test_data_and_secret_survive_a_kill(checkout: Checkout) -> None:
    up, _ = checkout.up()
    secret = (checkout.local / "secret_key").read_text()
    made = checkout.manage(
        "shell", "-c", "from apps.accounts.models import User; User.objects.create(email='kept@example.org')"
    )
    assert made.returncode == 0, made.stderr
    up.remember_family()
    up.process.kill()
    up.process.wait()
    # What it wrote for others is stale now, and recognised as such.
    assert (checkout.local / "run" / "services.json").exists()
    assert NOT_RUNNING in one_line(checkout.manage("showmigrations").stderr)

    again, url = checkout.up()
    assert up.still_there() == []  # the leftovers, if the kernel has not ended them
    assert get(f"{url}/healthz")[0] == 200
    found = checkout.manage(
        "shell", "-c", "from apps.accounts.models import User; print(*User.objects.values_list('email'))"
    )
    assert "kept@example.org" in found.stdout
    assert (checkout.local / "secret_key").read_text() == secret
    assert again.stop(signal.SIGINT) < LIMIT
    assert again.still_there() == []
    assert again.process.returncode == 0


def test_a_server_left_running_is_ended_and_a_stranger_is_not(checkout: Checkout, open_folder: Path) -> None:
    """Where the kernel does not end children with their parent, PostgreSQL outlives a kill; after a crash of the
    machine the numbers that were written down may be any process's."""
    up, _ = checkout.up()
    server = up.wait_for_child("postgres")
    argv, user = server.cmdline(), server.uids().real
    data = Path(argv[argv.index("-D") + 1])
    assert up.stop() < LIMIT

    sockets = open_folder / "sockets"
    sockets.mkdir()
    os.chown(sockets, user, -1)
    argv = [word for word in argv if not word.startswith("--unix_socket_directories")]
    with subprocess.Popen([*argv, f"--unix_socket_directories={sockets}"], user=user, cwd="/") as left:
        up.wait_until(lambda: "ready" in (data / "postmaster.pid").read_text())
        again, url = checkout.up()
        assert left.wait(timeout=10) is not None
    assert f"Ending the PostgreSQL (process {left.pid}) that a killed run left behind." in again.said
    assert get(f"{url}/healthz")[0] == 200
    again.stop()

    with subprocess.Popen(["sleep", "300"]) as stranger:
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n0\n5432\n/tmp\n\n  1 1\nready   \n")
        (checkout.local / "run" / "children.json").write_text(json.dumps([["web", stranger.pid, "another time"]]))
        again, url = checkout.up()
        assert get(f"{url}/healthz")[0] == 200
        assert stranger.poll() is None
        stranger.kill()
    again.stop()


def test_each_obstacle_is_one_sentence_with_its_cure(checkout: Checkout) -> None:
    up, url = checkout.up()
    port = url.rpartition(":")[2]

    second = checkout.run("up", PORT=str(free_port()))
    assert second.returncode == 1
    assert one_line(second.stderr) == (
        f"bin/up is already running in this checkout (process {up.process.pid}): "
        "use the site it serves, or end it with Ctrl-C.\n"
    )
    busy = checkout.run("up", "--sample", PORT=port)
    assert busy.returncode == 1
    assert one_line(busy.stderr) == (
        f"Port {port} is in use by another program: end that, or choose another, as in PORT={int(port) + 1} bin/up.\n"
    )
    for wrong in ("many", "0", "70000", "-1"):
        assert one_line(checkout.run("up", "--sample", PORT=wrong).stderr) == (
            f"PORT is {wrong!r}: write a number from 1 to 65535, as in PORT=8001 bin/up.\n"
        )
    up.stop()

    closed = free_port()
    for name, address in (
        ("DATABASE_URL", f"postgresql://u:p@127.0.0.1:{closed}/d"),
        ("REDIS_URL", f"redis://127.0.0.1:{closed}/0"),
    ):
        run = checkout.run("up", PORT=str(free_port()), **{name: address})
        assert run.returncode == 1
        assert one_line(run.stderr).startswith(f"The server in {name} does not let us in (")
    assert NOT_RUNNING in one_line(checkout.manage("migrate").stderr)


def test_a_database_of_another_version_is_not_touched(fresh: Checkout) -> None:
    data = fresh.local / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")
    if os.geteuid() == 0:
        os.chown(data, 65534, 65534)
    run = fresh.run("up", PORT=str(free_port()))
    assert run.returncode == 1
    assert "was made by PostgreSQL 17 and this is 18: move that folder away" in one_line(run.stderr)
    assert list(data.iterdir()) == [data / "PG_VERSION"]


def test_without_a_package_index_it_says_so(bare: Checkout) -> None:
    no_index = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_NO_CACHE_DIR": "1"}
    run = bare.run("up", PORT=str(free_port()), **no_index)
    assert run.returncode == 1
    assert one_line(run.stderr).startswith("The packages could not be installed (")
    assert "check the network and run it again" in run.stderr


def test_without_the_venv_module_it_says_so(bare: Checkout, tmp_path: Path) -> None:
    # Debian's python3 without python3-venv: the module ensurepip is not there.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['ensurepip'] = None\n")
    run = bare.run("up", PORT=str(free_port()), PYTHONPATH=str(tmp_path))
    assert run.returncode == 1
    assert one_line(run.stderr).startswith(
        "Python's ensurepip module is missing: install it (Debian, Ubuntu: apt install python3."
    )
    assert not (bare.folder / ".venv").exists()


def test_the_sample_has_a_database_of_its_own(checkout: Checkout) -> None:
    up, url = checkout.up("--sample")
    up.wait_until(lambda: "NCT9" in get(f"{url}/trials/")[1])
    status, page = get(f"{url}/trials/")
    assert status == 200
    assert "SAMPLE" in page.upper()
    assert (checkout.local / "sample" / "postgres").exists()
    # manage.py finds it when it is told that the sample is meant, and only then.
    assert NOT_RUNNING in checkout.manage("showmigrations").stderr
    checkout.env["SAMPLE"] = "1"
    try:
        assert checkout.manage("showmigrations").returncode == 0
    finally:
        del checkout.env["SAMPLE"]
    assert up.stop() < LIMIT
    assert up.still_there() == []


def test_running_manage_without_anything_is_a_sentence(checkout: Checkout) -> None:
    begun = time.monotonic()
    run = checkout.manage("sync_studies")
    assert run.returncode == 1
    assert NOT_RUNNING in one_line(run.stderr)
    assert time.monotonic() - begun < 10
    # What needs no service runs without.
    assert checkout.manage("help").returncode == 0


def one_line(text: str) -> str:
    """The text, which must be one line that ends as a sentence does."""
    assert text.count("\n") == 1, text
    assert text.endswith(".\n"), text
    return text


def listening(up: Entrance) -> set[str]:
    """The addresses on which it and its children wait for connections."""
    return {
        connection.laddr.ip
        for process in psutil.Process(up.process.pid).children(recursive=True)
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
