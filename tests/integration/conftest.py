"""The corridor's tests: a registry of our own over real HTTP, and the real database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ctgov_emulator import RegistryEmulator
from tests.factories.studies import studies


@pytest.fixture
def registry(settings: Any) -> Iterator[RegistryEmulator]:
    """Ten trials of MSC for multiple sclerosis, at an address that the corridor is set to."""
    with RegistryEmulator(studies(10)) as emulator:
        settings.CTGOV_BASE_URL = emulator.url
        settings.CTGOV_MIN_INTERVAL = 0
        settings.CTGOV_READ_TIMEOUT = 2
        settings.SYNC_BATCH_SIZE = 4
        yield emulator


def nct(number: int) -> str:
    return f"NCT{90_000_000 + number}"
