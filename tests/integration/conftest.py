"""The corridor's tests: a registry of our own over real HTTP, and the real database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.classification.rules import RULESET_VERSION
from apps.ctgov.parser import PARSER_VERSION
from apps.ingest import processing, runs, services
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


def with_new_versions(monkeypatch: pytest.MonkeyPatch, *, parser: bool = True, rules: bool = False) -> None:
    """From now on this process has a newer parser, or newer rules."""
    for module in (runs, processing, services):
        if parser:
            monkeypatch.setattr(module, "PARSER_VERSION", PARSER_VERSION + 1)
        if rules:
            monkeypatch.setattr(module, "RULESET_VERSION", RULESET_VERSION + 1)


def break_a_rule_on(monkeypatch: pytest.MonkeyPatch, nct_id: str, module: Any = processing) -> None:
    """From now on the rules, as this module calls them, cannot take this one study."""
    real = module.classify

    def breaks_on_one(record: Any, **named: Any) -> Any:
        if record.nct_id == nct_id:
            raise RuntimeError("a rule with a bug")
        return real(record, **named)

    monkeypatch.setattr(module, "classify", breaks_on_one)
