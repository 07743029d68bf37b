"""The finder."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories.documents import entry
from tests.factories.sites import publish_with_sites, site

pytestmark = pytest.mark.django_db


def test_it_opens(client: Client) -> None:
    publish_with_sites([(entry(card={"age": ["18-55"]}), [site("Madrid")])])
    for path in ("/find/", "/find/?age=34&near=Valencia", "/find/?age=34&near=Valencia,+ES&since=2"):
        answer = client.get(path)
        assert answer.status_code == 200
        print(answer.content.decode()[2000:])
