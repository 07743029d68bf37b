"""Sites placed by a curator: in the finder at once, kept by every sync, given up when the record says otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from apps.curation.models import AuditEntry, SitePlace
from apps.ingest.services import sync
from apps.search.models import StudySite
from apps.web.views.site import known
from tests.factories.people import signed_in_as
from tests.factories.studies import encoded, study

pytestmark = pytest.mark.django_db

NCT = "NCT90000001"
SITES = "protocolSection.contactsLocationsModule.locations"
TITLE = "protocolSection.identificationModule.briefTitle"
WRONG = {"facility": "Hospital <One>", "city": "San Jose", "country": "Costa Rica", "status": "RECRUITING"}
OTHER = {"facility": "Clinic", "city": "Madrid", "country": "Spain", "geoPoint": {"lat": 40.4, "lon": -3.7}}


@pytest.fixture
def load(tmp_path: Any) -> Any:
    def load(*sites: dict[str, Any], **changes: Any) -> None:
        (tmp_path / f"{NCT}.json").write_bytes(encoded(study(NCT, {SITES: list(sites), **changes})))
        run = sync(replay=tmp_path)
        assert run is not None
        assert run.failed == 0
        known.forget()

    load(WRONG, OTHER)
    return load


@pytest.fixture
def curator() -> Client:
    return signed_in_as("curator")


def path(number: int = 0) -> str:
    return f"/desk/trials/{NCT}/sites/{number}/"


def form(client: Client, number: int = 0) -> dict[str, str]:
    page = BeautifulSoup(client.get(path(number)).content, "html.parser")
    return {part["name"]: part.get("value", "") for part in page.select("form.desk-decide input[name]")}


def send(client: Client, number: int = 0, **changes: str) -> Any:
    told = form(client, number) | {"town": "Valencia, ES", "reason": "Its address says so.", "do": "place"}
    return client.post(path(number), told | changes)


def where(number: int = 0) -> tuple[str, float]:
    site = StudySite.objects.get(nct_id=NCT, number=number)
    return site.placed, round(site.lat, 1)


def test_it_is_placed_at_once_and_every_sync_keeps_it(curator: Client, load: Any) -> None:
    assert where()[0] != "curator"
    assert send(curator).status_code == 302
    assert where() == ("curator", 39.5)
    load(WRONG, OTHER, **{TITLE: "MSC in multiple sclerosis once more"})
    load(OTHER, WRONG | {"facility": "HOSPITAL (One)"})  # in another order, and written a little otherwise
    assert where(1) == ("curator", 39.5)
    assert where(0)[0] == "registry"
    entry = AuditEntry.objects.get(field="site")
    assert (entry.by, entry.after["place"]) == ("curator@example.org", "Valencia, Spain")


def test_where_the_record_names_it_otherwise_the_record_speaks(curator: Client, load: Any) -> None:
    send(curator)
    load(WRONG | {"facility": "Another hospital"}, OTHER)
    assert where()[0] != "curator"
    assert "named otherwise by the record now" in curator.get(f"/desk/trials/{NCT}/sites/").content.decode()


def test_it_is_taken_back(curator: Client, load: Any) -> None:
    before = where()
    send(curator)
    assert send(curator, do="clear", town="").status_code == 302
    assert where() == before
    assert not SitePlace.objects.exists()
    assert AuditEntry.objects.filter(field="site", action="cleared").exists()


def test_a_town_of_several_is_asked_back(curator: Client, load: Any) -> None:
    answer = send(curator, town="Valencia")
    assert answer.status_code == 422
    choices = BeautifulSoup(answer.content, "html.parser").select("input[type=radio][name=town]")
    assert len(choices) > 1
    spain = next(choice for choice in choices if "Spain" in choice.parent.get_text())
    assert send(curator, town=spain["value"]).status_code == 302
    assert where() == ("curator", 39.5)


@pytest.mark.parametrize(
    "changes",
    [
        {"town": ""},
        {"town": "Nowhereville"},
        {"town": "x" * 300},
        {"town": "\x00"},
        {"reason": ""},
        {"reason": "x" * 1001},
        {"source": "x" * 2001},
        {"version": "-1"},
        {"version": "abc"},
        {"version": "9" * 30},
        {"key": ""},
    ],
)
def test_nonsense_is_refused_and_kept(curator: Client, load: Any, changes: dict[str, str]) -> None:
    answer = send(curator, **changes)
    assert answer.status_code == 422
    assert not SitePlace.objects.exists()
    if "reason" not in changes:
        assert b"Its address says so." in answer.content


def test_the_second_of_two_sees_the_first(curator: Client, load: Any) -> None:
    lead = signed_in_as("lead")
    seen = form(lead)
    send(curator)
    answer = lead.post(path(), seen | {"town": "Berlin, DE", "reason": "Other.", "do": "place"})
    assert answer.status_code == 409
    assert "curator@example.org" in answer.content.decode()
    assert where() == ("curator", 39.5)
    again = form_of(answer) | {"do": "place"}
    assert lead.post(path(), again).status_code == 302
    assert where() == ("curator", 52.5)


def form_of(answer: Any) -> dict[str, str]:
    page = BeautifulSoup(answer.content, "html.parser")
    return {part["name"]: part.get("value", "") for part in page.select("form.desk-decide input[name]")}


def test_a_site_that_the_record_no_longer_has(curator: Client, load: Any) -> None:
    seen = form(curator)
    load(OTHER, OTHER)
    assert curator.post(path(), seen | {"town": "Berlin, DE", "reason": "So.", "do": "place"}).status_code == 409


@pytest.mark.parametrize("number", ["2", "999999999999", "9" * 40])
def test_there_is_no_such_site(curator: Client, load: Any, number: str) -> None:
    assert curator.get(f"/desk/trials/{NCT}/sites/{number}/").status_code == 404


def test_it_is_told_to_readers(curator: Client, load: Any, client: Client) -> None:
    send(curator)
    found = client.get("/find/?near=Valencia,+ES&radius=50").content.decode()
    assert "placed by a curator" in found
    decisions = client.get("/decisions/").content.decode()
    assert "Its address says so." in decisions
    assert (
        "Hospital &lt;One&gt;, San Jose, Costa Rica" in decisions or "Hospital &lt;One&gt;, San Jose, CR" in decisions
    )
    assert "curator@example.org" not in decisions
