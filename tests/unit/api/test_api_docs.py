"""The page that explains the API, and the description that it is made from."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import URLPattern, get_resolver

from apps.api import urls
from apps.api.docs.pages import TRIED, page_of, with_code
from apps.api.schema import described
from apps.search.query import PARAMETERS
from apps.studies.facts import CHANGE_FIELDS
from tests.factories.documents import entry, publish
from tests.factories.studies import studies, study

pytestmark = pytest.mark.django_db

DOCS = "/api/docs/"
NCT = "NCT90000001"
OPERATIONS = [(path, item["get"]) for path, item in described()["paths"].items()]


def soup(client: Client) -> BeautifulSoup:
    response = client.get(DOCS)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


class TestDescription:
    def test_every_address_of_v1_and_of_the_door_is_described(self) -> None:
        served = {
            f"/api/{pattern.pattern}".replace("<str:nct_id>", "{nct_id}")
            for pattern in urls.urlpatterns
            if isinstance(pattern, URLPattern) and str(pattern.pattern).startswith("v1/") and pattern.name
        }
        door = {f"/api/ctgov/v2/{part}" for part in ("studies", "studies/{nct_id}", "version")}
        assert set(described()["paths"]) == served | door
        assert get_resolver()

    @pytest.mark.parametrize(("path", "told"), OPERATIONS, ids=[path for path, _ in OPERATIONS])
    def test_every_operation_has_words_answers_and_examples_that_fit(self, path: str, told: dict[str, Any]) -> None:
        assert told["summary"]
        assert told["description"]
        assert {"200", "304", "400", "429", "503"} <= set(told["responses"])
        components = {"components": described()["components"]}
        for answer in told["responses"].values():
            assert answer["description"]
            assert "RateLimit-Remaining" in answer["headers"]
            for content in answer.get("content", {}).values():
                assert content["examples"]
                validator = jsonschema_rs.validator_for(content["schema"] | components)
                for example in content["examples"].values():
                    validator.validate(example["value"])
        for parameter in told.get("parameters", ()):
            assert parameter["description"]
            if "examples" in parameter:
                validator = jsonschema_rs.validator_for(parameter["schema"])
                for example in parameter["examples"].values():
                    validator.validate(example["value"])

    def test_examples_name_every_field(self) -> None:
        """They are written by hand; a field that comes later must not be missing in them."""

        def check(value: Any, schema: dict[str, Any]) -> None:
            schema = described()["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
            if "properties" in schema and isinstance(value, dict):
                # Where all but one are optional, `fields` chooses; by itself everything is there.
                required = schema.get("required", ())
                assert set(required if len(required) > 1 else schema["properties"]) <= set(value), schema
                for name, part in value.items():
                    check(part, schema["properties"][name])
            elif isinstance(value, list):
                for item in value:
                    check(item, schema.get("items", {}))

        for _path, told in OPERATIONS:
            for content in told["responses"]["200"]["content"].values():
                if told["operationId"] != "schema":
                    for example in content["examples"].values():
                        check(example["value"], content["schema"])

    def test_it_is_the_same_at_every_address_and_made_once(self, api: Client) -> None:
        assert api.get("/api/v1/schema/").content == api.get("/api/v1/schema/", headers={"host": "localhost"}).content
        assert described() is described()


class TestPage:
    def test_it_tells_every_operation_parameter_and_shape(self, client: Client) -> None:
        page = soup(client)
        text = page.get_text(" ")
        for path, told in OPERATIONS:
            assert path in text
            assert page.find(id=told["operationId"].replace("_", "-"))
            for parameter in told.get("parameters", ()):
                assert parameter["name"] in text
        for name, shape in described()["components"]["schemas"].items():
            if "properties" in shape:
                section = page.find(id=f"shape-{name}").find_parent("section")
                assert all(field in section.get_text() for field in shape["properties"])
        assert all(word in text for word in (*PARAMETERS, *CHANGE_FIELDS))

    def test_every_link_on_the_page_leads_somewhere(self, client: Client) -> None:
        page = soup(client)
        ids = [tag["id"] for tag in page.find_all(id=True)]
        assert len(ids) == len(set(ids))
        for link in page.find_all("a", href=True):
            if link["href"].startswith("#"):
                assert link["href"][1:] in ids, link

    def test_every_request_to_try_works(self, client: Client, arrive: Callable[..., None]) -> None:
        arrive(*studies(2, first=90000001))
        tried = [link["href"] for link in soup(client).select("a.docs-words")]
        assert len(tried) == len(OPERATIONS) == len(TRIED)
        for address in tried:
            assert "NCT9000000" in address or "{" not in address
            assert client.get(address).status_code == 200, address

    def test_it_needs_no_data_no_script_and_no_other_host(self, client: Client) -> None:
        response = client.get(DOCS)
        page = BeautifulSoup(response.content, "html.parser")
        assert not page.find_all(["script", "iframe", "img"])
        assert not page.find_all(style=True)
        assert all(
            not link["href"].startswith("http") for link in page.find_all("link") if link["rel"] != ["canonical"]
        )
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert "max-age" in response["Cache-Control"]
        assert len(gzip.compress(response.content)) < 60_000

    def test_the_number_of_statements(self, client: Client, django_assert_max_num_queries: Any) -> None:
        publish(entry(), entry())
        client.get(DOCS)
        # 1 dataset version, 2 the newest study; the registry's date is asked for every 20 seconds
        with django_assert_max_num_queries(3):
            client.get(DOCS)

    @pytest.mark.parametrize("query", ["?page=x", "?%00=%ff", "?q=" + "a" * 5000])
    def test_nonsense_in_the_address_changes_nothing(self, client: Client, query: str) -> None:
        assert client.get(DOCS + query).status_code == 200

    def test_writing_is_not_allowed(self, client: Client) -> None:
        assert client.post(DOCS).status_code == 405
        assert client.head(DOCS).content == b""

    def test_the_site_and_the_entrance_lead_there(self, client: Client, api: Client) -> None:
        assert DOCS in client.get("/").content.decode()
        assert api.get("/api/").json()["docs"] == f"http://testserver{DOCS}"

    def test_markup_in_the_description_is_text(self) -> None:
        assert with_code("a `b<c>` <i>d</i>") == "a <code>b&lt;c&gt;</code> &lt;i&gt;d&lt;/i&gt;"
        assert page_of(described(), NCT).operations[0].path == "/api/v1/studies/"


# A record as full of people as the registry's can be, in every place where it names some.
PEOPLE = {
    "protocolSection.contactsLocationsModule.centralContacts": [
        {
            "name": "Ada Central",
            "role": "CONTACT",
            "phone": "+1 111",
            "phoneExt": "4711",
            "email": "ada@central.example",
        },
        {"name": "Ben Backup", "role": "BACKUP", "phone": "+1 112", "email": "ben@central.example"},
    ],
    "protocolSection.contactsLocationsModule.locations": [
        {
            "facility": "Hospital of Testing",
            "city": "Madrid",
            "country": "Spain",
            "status": "RECRUITING",
            "contacts": [
                {"name": "Cleo Site", "role": "CONTACT", "phone": "+1 113", "email": "cleo@site.example"},
                {"name": "Dan Investigator", "role": "PRINCIPAL_INVESTIGATOR"},
            ],
        }
    ],
    "protocolSection.contactsLocationsModule.overallOfficials": [
        {"name": "Olga Official, MD", "affiliation": "Institute of Testing", "role": "STUDY_DIRECTOR"}
    ],
    "protocolSection.sponsorCollaboratorsModule.responsibleParty": {
        "type": "PRINCIPAL_INVESTIGATOR",
        "investigatorFullName": "Eve Responsible",
        "investigatorTitle": "Head of Responsibility",
        "investigatorAffiliation": "Clinic of the Responsible",
    },
    "resultsSection.moreInfoModule.pointOfContact": {
        "title": "Fay Pointed",
        "organization": "Point Organisation",
        "email": "fay@point.example",
        "phone": "+1 114",
        "phoneExt": "4712",
    },
}
NAMES = (
    "Ada Central", "Ben Backup", "Cleo Site", "Dan Investigator", "Eve Responsible", "Head of Responsibility",
    "Clinic of the Responsible", "Fay Pointed", "central.example", "site.example", "point.example", "+1 11",
    "4711", "4712",
)  # fmt: skip


def test_no_contact_of_a_person_is_in_any_answer(client: Client, arrive: Callable[..., None]) -> None:
    """Every address of the description, and every address that its answers lead to; before and after a change."""
    arrive(study(NCT, PEOPLE), study("NCT90000002"))
    arrive(study(NCT, PEOPLE, title="Another title", enrollment=41), study("NCT90000002"))
    addresses = [path.replace("{nct_id}", NCT) for path, _ in OPERATIONS] + [DOCS, "/api/"]
    addresses += ["/api/v1/studies/?cursor=*", "/api/v1/labels/?scope=all&page_size=1000"]
    addresses += [f"/api/ctgov/v2/studies?query.term={word}" for word in ("Responsible", "Central", "Official")]
    addresses += [f"/api/ctgov/v2/studies?fields={part}" for part in ("ContactsLocationsModule", "CentralContactName")]
    addresses += [f"/api/ctgov/v2/studies/{NCT}?fields=ResponsibleParty|LocationContactEMail|PointOfContact"]
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        body = response.content.decode()
        assert [name for name in NAMES if name in body] == [], address
    for address in (f"/api/v1/studies/{NCT}/", f"/api/ctgov/v2/studies/{NCT}", "/api/ctgov/v2/studies"):
        assert "Olga Official, MD" in client.get(address).content.decode()
    # They do not lead to the study either.
    for name in ("Eve Responsible", "Ada Central", "ada@central.example", "Cleo Site"):
        assert client.get("/api/v1/studies/", {"q": f'"{name}"'}).json()["count"] == 0
        assert client.get("/api/ctgov/v2/studies", {"query.term": f'"{name}"'}).json()["studies"] == []
    assert client.get("/api/v1/studies/", {"q": '"Olga Official"'}).json()["count"] == 1
    assert json.loads(client.get(f"/api/v1/studies/{NCT}/changes/").content)["results"]
