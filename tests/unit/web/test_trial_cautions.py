"""Cautions on a trial's page: none while the kinds are off; each with its quote, advice, and that it is no verdict."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from apps.curation.services import hide_caution
from apps.ingest.services import sync
from apps.vocabulary.cautions import CAUTIONS
from apps.web.views.site import known
from tests.factories.cautions import show_cautions
from tests.factories.studies import encoded, study

pytestmark = pytest.mark.django_db

ONE, OTHER = "NCT90000001", "NCT90000002"
STATUS = "protocolSection.statusModule."
PLAN = " ".join(f"step{number} of the plan says thing{number}" for number in range(60))
CAREFUL = {
    "protocolSection.descriptionModule.briefSummary": f"This is a patient funded trial <b>here</b>. {PLAN}",
    STATUS + "studyFirstSubmitDate": "2024-07-01",
    STATUS + "lastUpdatePostDateStruct.date": "2020-01-02",
    "protocolSection.contactsLocationsModule.locations": [{"facility": "Test Institute", "city": "Madrid"}],
}


@pytest.fixture(autouse=True)
def trials(tmp_path: Any) -> None:
    ended = {STATUS + "overallStatus": "COMPLETED", STATUS + "primaryCompletionDateStruct.date": "2020-01"}
    ended |= {STATUS + "primaryCompletionDateStruct.type": "ACTUAL"}
    (tmp_path / f"{ONE}.json").write_bytes(encoded(study(ONE, CAREFUL)))
    (tmp_path / f"{OTHER}.json").write_bytes(encoded(study(OTHER, CAREFUL | ended)))
    assert sync(replay=tmp_path) is not None
    known.forget()


def part(client: Client, nct_id: str = ONE) -> Any:
    return BeautifulSoup(client.get(f"/trials/{nct_id}/").content, "html.parser").select_one("section#cautions")


def on(*kinds: str) -> None:
    show_cautions(*kinds)


def test_nothing_is_said_while_every_kind_is_off(client: Client) -> None:
    assert part(client) is None
    page = client.get(f"/trials/{ONE}/").content.decode()
    assert not [name for name in CAUTIONS.values() if str(name) in page]


def test_only_the_kind_that_is_on_is_told(client: Client) -> None:
    on("registered-late")
    told = part(client)
    assert [item["id"] for item in told.select("details[id]")] == ["caution-registered-late"]
    assert "not a verdict" in told.get_text()
    assert "no endorsement" in told.get_text()
    assert "60 days" in told.get_text()
    assert {quote.get_text(strip=True) for quote in told.select("blockquote")} == {"2024-05-02", "2024-07-01"}
    assert "http://www.icmje.org" in told.select_one("a.small")["href"]
    hide_caution(kind="registered-late", by="admin@example.org")
    assert part(client) is None


def test_all_kinds_in_order_with_links_to_what_they_rest_on(client: Client) -> None:
    on(*CAUTIONS)
    told = part(client)
    kinds = ["fee-mentioned", "sponsor-site", "similar-protocol", "registered-late", "not-updated"]
    assert [item["id"] for item in told.select("details[id]")] == [f"caution-{kind}" for kind in kinds]
    page = BeautifulSoup(client.get(f"/trials/{ONE}/").content, "html.parser")
    links = [link["href"] for link in told.select("figcaption a")]
    assert links
    assert all(page.select_one(link) for link in links)
    assert told.select_one("mark").get_text() == "patient funded"
    assert "<b>here</b>" not in str(told)
    assert told.select_one(f"a[href='/trials/{OTHER}/']")
    assert "1 other trial of this sponsor held here" in told.get_text()
    assert "caution-no-results" in [item["id"] for item in part(client, OTHER).select("details[id]")]


def test_a_switch_is_seen_at_once_by_who_has_the_page(client: Client) -> None:
    first = client.get(f"/trials/{ONE}/")
    assert client.get(f"/trials/{ONE}/", headers={"if-none-match": first["ETag"]}).status_code == 304
    on("not-updated")
    again = client.get(f"/trials/{ONE}/", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 200
    assert "caution-not-updated" in again.content.decode()
