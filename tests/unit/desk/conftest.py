"""What the desk's tests share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.test import Client

from tests.factories.people import signed_in_as


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


def waiting_on_the_desk(client: Client) -> dict[str, int]:
    """What waits for a person, by queue, as the first page of the desk shows it."""
    page = BeautifulSoup(client.get("/desk/").content, "html.parser")
    rows = page.select("section[aria-labelledby=waiting] tbody tr")
    return {row.th.get_text(strip=True): int(row.td.get_text()) for row in rows}


@pytest.fixture
def signed_in() -> Callable[[str], Client]:
    return signed_in_as
