"""What the tests of the public site share."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from apps.web.views.site import known
from tests.factories.documents import entry, publish


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    """Nothing remembered from the test before: neither the registry's date nor counted reports."""
    known.forget()
    cache.clear()


@pytest.fixture
def some_trials(db: None) -> None:
    """A handful of published trials, of both kinds, in several states."""
    publish(
        entry("NCT90000001", title="Alpha cells in MS"),
        entry(
            "NCT90000002",
            title="Beta transplant in lupus",
            diseases=["systemic-lupus-erythematosus"],
            cell_types=["hsc"],
            overall_status="COMPLETED",
            has_results=True,
            countries=["DE", "FR"],
            location_count=3,
        ),
        entry("NCT90000003", title="Gamma <b>cells</b> & more", countries=["CN"], enrollment=None, phases=[]),
        entry("NCT90000004", title="Unclear delta", scope="review", diseases=[], reasons=["Not clear."]),
        entry("NCT90000005", title="Not ours", scope="out", diseases=[], cell_types=[]),
    )
