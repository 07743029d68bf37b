from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkouts import Checkout, copy_checkout


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """Pytest's own folders are closed to others; root's database runs as someone else."""
    folder = Path(tempfile.mkdtemp(prefix="trialtracker tests "))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def checkout(open_folder: Path) -> Iterator[Checkout]:
    """One copy for the tests that leave it as they found it; its .venv is ready.

    Its path has a space, a quote and an umlaut, and is too long for a socket below it.
    """
    made = copy_checkout(open_folder / "a b" / f"it's Zürich {'x' * 100}")
    yield made
    made.destroy()


@pytest.fixture
def fresh(open_folder: Path) -> Iterator[Checkout]:
    """A copy of its own, with a ready .venv."""
    made = copy_checkout(Path(tempfile.mkdtemp(dir=open_folder)) / "clone")
    made.folder.parent.chmod(0o755)
    yield made
    made.destroy()


@pytest.fixture
def bare(open_folder: Path) -> Iterator[Checkout]:
    """A copy of its own without .venv, as git would make it."""
    made = copy_checkout(Path(tempfile.mkdtemp(dir=open_folder)) / "clone", venv=False)
    made.folder.parent.chmod(0o755)
    yield made
    made.destroy()
