"""bin/up as root, where the user as whom root's database runs cannot reach root's checkout."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from checkouts import Checkout, free_port, get, surroundings

LIMIT = 20  # seconds
NOBODY = 65534

pytestmark = [
    pytest.mark.entrance,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can be someone else"),
]


def test_root_in_a_checkout_that_its_database_cannot_reach(fresh: Checkout) -> None:
    fresh.folder.parent.chmod(0o700)
    before = surroundings(fresh.folder)
    name = hashlib.sha256(os.fsencode(fresh.folder)).hexdigest()[:12]
    away = Path("/var/tmp") / f"trialtracker-{name}"
    try:
        for _ in range(2):
            up, url = fresh.up()
            assert get(f"{url}/healthz")[0] == 200
            assert f"The database lies in {away}" in up.said
            assert up.stop() < LIMIT
            assert up.still_there() == []
        assert "Making the database" not in up.said  # the second time
        assert surroundings(fresh.folder) == before
        assert away.stat().st_uid == 0
    finally:
        shutil.rmtree(away, ignore_errors=True)


def test_a_stranger_in_that_place_is_refused(fresh: Checkout) -> None:
    fresh.folder.parent.chmod(0o700)
    away = Path("/var/tmp") / f"trialtracker-{hashlib.sha256(os.fsencode(fresh.folder)).hexdigest()[:12]}"
    away.mkdir()
    try:
        os.chown(away, NOBODY, NOBODY)
        run = fresh.run("up", PORT=str(free_port()))
        assert run.returncode == 1
        assert run.stderr == f"{away} is there but is not a folder of root's: remove it and run this again.\n"
    finally:
        shutil.rmtree(away)
