"""A client written for ClinicalTrials.gov works on our registry-shaped door when its base URL is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from pytest_django.live_server_helper import LiveServer
from pytrials.client import ClinicalTrials
from requests import HTTPError

from apps.ctgov.content import without_contacts
from apps.ingest.services import sync
from tests.ctgov_emulator import RegistryEmulator
from tests.integration.conftest import nct

pytestmark = pytest.mark.django_db(transaction=True)
Connect = Callable[[str], ClinicalTrials]


@pytest.fixture
def client_at(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """pytrials, speaking to this base URL instead of the registry's."""
    monkeypatch.setenv("NO_PROXY", "*")

    def client_at(base_url: str) -> ClinicalTrials:
        monkeypatch.setattr(ClinicalTrials, "_BASE_URL", f"{base_url}/")
        return ClinicalTrials()

    return client_at


@pytest.fixture
def door(registry: RegistryEmulator, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The base URL of the door, with what the emulated registry has."""
    # The server's threads let go of the database after each request, so that it can be dropped in the end.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    cache.clear()
    run = sync()
    assert run is not None
    assert (run.state, run.created) == ("ok", 10)
    return f"{live_server.url}/api/ctgov/v2"


def without_persons(study: dict[str, Any]) -> dict[str, Any]:
    return json.loads(without_contacts(json.dumps(study).encode()))


def by_id(body: dict[str, Any]) -> dict[str, Any]:
    return {study["protocolSection"]["identificationModule"]["nctId"]: study for study in body["studies"]}


def test_it_tells_the_registry_s_version(door: str, registry: RegistryEmulator, client_at: Connect) -> None:
    assert client_at(door).api_info == (registry.registry.api_version, registry.registry.data_timestamp)


@pytest.mark.parametrize("query", ["sclerosis", '"multiple sclerosis" AND (cells OR saline) NOT zebra'])
def test_whole_records_are_the_registry_s_but_for_persons(
    door: str, registry: RegistryEmulator, client_at: Connect, query: str
) -> None:
    theirs = client_at(registry.url).get_full_studies(search_expr=query, max_studies=50, fmt="json")
    ours = client_at(door).get_full_studies(search_expr=query, max_studies=50, fmt="json")
    assert by_id(ours) == {nct_id: without_persons(study) for nct_id, study in by_id(theirs).items()}
    assert len(ours["studies"]) == 10


def test_every_field_that_it_knows_is_served(door: str, client_at: Connect) -> None:
    client = client_at(door)
    body = client.get_study_fields(
        search_expr="sclerosis", fields=client.study_fields["json"], max_studies=3, fmt="json"
    )
    assert len(body["studies"]) == 3
    assert body["nextPageToken"]
    [study] = client.get_study_fields(nct(4), ["NCTId", "Condition", "LocationCity"], fmt="json")["studies"]
    assert study == {
        "protocolSection": {
            "identificationModule": {"nctId": nct(4)},
            "conditionsModule": {"conditions": ["Multiple Sclerosis"]},
            "contactsLocationsModule": {"locations": [{"city": "Madrid"}]},
        }
    }


def test_what_is_refused_reaches_its_caller(door: str, client_at: Connect) -> None:
    client = client_at(door)
    with pytest.raises(HTTPError) as refused:
        client.get_full_studies(search_expr="(sclerosis", fmt="json")
    assert refused.value.response.status_code == 400
    assert refused.value.response.text == "Error parsing query in `query.term`: a parenthesis is not closed"
