"""The whole of it, from a fresh clone and a package index: what a newcomer and CI have."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkouts import ROOT, Checkout, copy_checkout, free_port, get, python_for_everyone

NOBODY = (65534, 65534)

pytestmark = [pytest.mark.entrance, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def package_index() -> None:
    """Skips where no package index answers."""
    asked = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--no-cache-dir",
            "--quiet",
            "--dest",
            "/dev/null",
            "six==0",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if "from versions: 1" not in asked.stderr and "from versions: 0" not in asked.stderr:
        pytest.skip("no package index answers")


@pytest.fixture(scope="module")
def newcomer(open_folder: Path) -> Iterator[Checkout]:
    """A clone as git makes it, of an ordinary user where we are root and there is a Python for that user."""
    home = Path(tempfile.mkdtemp(prefix="home ", dir=open_folder))
    made = copy_checkout(home / "clone", venv=False)
    if os.geteuid() == 0 and (python := python_for_everyone()):
        made.user = "nobody"
        made.env |= {"HOME": str(home), "PYTHON": python}
        home.chmod(0o755)
        for path in (home, *home.rglob("*")):
            os.chown(path, *NOBODY, follow_symlinks=False)
    yield made
    made.destroy()


@pytest.mark.slow
def test_one_command_from_a_fresh_clone(newcomer: Checkout, package_index: None) -> None:
    up = newcomer.start("up", PORT=(port := str(free_port())))
    up.wait_for("The site is at", seconds=280)
    assert get(f"http://localhost:{port}/healthz")[0] == 200
    assert "Making .venv with Python 3." in up.said
    up.wait_for_child("worker")
    up.remember_family()
    if newcomer.user:
        users = {child.uids().real for pid, child in up.family.items() if pid != up.process.pid and child.is_running()}
        assert users == {NOBODY[0]}
    assert newcomer.manage("showmigrations").returncode == 0
    assert up.stop() < 20
    assert up.still_there() == []


@pytest.mark.slow
def test_the_second_start_makes_and_installs_nothing(newcomer: Checkout, package_index: None) -> None:
    up, _ = newcomer.up()
    assert "Making" not in up.said
    assert "Installing" not in up.said
    up.stop()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be someone else")
def test_root_may_look_after_it_and_the_server_stays_its_owners(newcomer: Checkout, package_index: None) -> None:
    if newcomer.user is None:
        pytest.skip("no Python that an ordinary user can run")
    user, newcomer.user = newcomer.user, None
    up, url = newcomer.up()
    assert get(f"{url}/healthz")[0] == 200
    assert up.wait_for_child("postgres").uids().real == NOBODY[0]
    assert up.stop() < 20
    newcomer.user = user

    os.chown(newcomer.local / "postgres" / "data", 1, 1)
    run = newcomer.run("up", PORT=str(free_port()))
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "belongs to user number 1: run this as that user or as root." in run.stderr


@pytest.mark.slow
def test_the_requirements_install_from_wheels_alone(package_index: None) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--only-binary", ":all:", "--quiet",
         "--requirement", str(ROOT / "requirements.txt")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


def test_bin_test_beside_bin_up(checkout: Checkout, tmp_path: Path) -> None:
    up, url = checkout.up()
    (checkout.folder / "tests" / "unit" / "test_made_up.py").write_text(
        "import os\nimport pytest\nfrom django.db import connection\n\n"
        "@pytest.mark.django_db\ndef test_database():\n"
        "    with connection.cursor() as cursor:\n"
        "        cursor.execute('show fsync')\n        assert cursor.fetchone() == ('off',)\n\n"
        "def test_no_registry():\n    assert 'CTGOV_BASE_URL' not in os.environ\n\n"
        "def test_wrong():\n    assert False\n"
    )
    run = checkout.run("test", "tests/unit/test_made_up.py", "-q", "-k", "not wrong")
    assert "2 passed" in run.stdout, run.stdout + run.stderr
    assert run.returncode == 0
    run = checkout.run("test", "tests/unit/test_made_up.py", "-q", "-k", "wrong")
    assert "1 failed" in run.stdout
    assert run.returncode == 1
    assert get(f"{url}/healthz")[0] == 200
    up.stop()


def test_bin_test_ends_when_it_is_told_to(checkout: Checkout) -> None:
    slow = checkout.folder / "tests" / "unit" / "test_endless.py"
    slow.write_text("import time\ndef test_endless():\n    print('begun', flush=True)\n    time.sleep(100)\n")
    entrance = checkout.start("test", str(slow), "-s")
    entrance.wait_for("begun")
    assert entrance.stop() < 20
    assert entrance.still_there() == []
    assert "KeyboardInterrupt" in entrance.said


def test_bin_check_knows_its_steps(checkout: Checkout) -> None:
    run = checkout.run("check", "nonsense")
    assert run.returncode == 1
    assert run.stderr.startswith("bin/check knows no step 'nonsense': choose from ruff, ")
    assert checkout.run("check", "dockerfile").returncode == 0
