"""What the tests of exports share."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from apps.web.views.site import known


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    known.forget()
    cache.clear()
