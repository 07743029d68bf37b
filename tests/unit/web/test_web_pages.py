"""Every public page: it answers, is sound HTML, sets no cookie, and says what it must."""

from __future__ import annotations

import datetime as dt
import itertools
import re

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from apps.ingest.models import SyncRun
from apps.vocabulary.queries import QUERIES
from apps.vocabulary.taxonomy import DISEASES
from tests.factories.documents import entry, publish

PAGES = [
    "/",
    "/trials/",
    "/trials/?disease=multiple-sclerosis&status=RECRUITING",
    "/trials/?q=nothing+like+this",
    *(f"/diseases/{disease.slug}/" for disease in DISEASES),
    "/data/",
    "/about/",
    "/privacy/",
    "/accessibility/",
    "/components/",
    "/trials/NCT90000001/report/",
]


def page(client: Client, path: str, status: int = 200) -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("some_trials")
def test_every_page_is_sound(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    document = BeautifulSoup(response.content, "html.parser")
    assert document.html["lang"] == "en"
    assert len(document.find_all("h1")) == 1
    assert document.title.string.strip().endswith("– trialtracker")
    assert document.find("main", id="main")
    assert document.find("meta", {"name": "viewport"})
    ids = [element["id"] for element in document.find_all(id=True)]
    assert len(ids) == len(set(ids)), "an id stands twice"
    for link in document.find_all("a", href=re.compile("^#")):
        assert link["href"] == "#main" or link["href"][1:] in ids or path == "/components/", link
    for label in document.find_all("label", {"for": True}):
        assert label["for"] in ids
    levels = [int(heading.name[1]) for heading in document.find_all(re.compile(r"^h[1-6]$"))]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("some_trials")
def test_nothing_inline_nothing_foreign_no_cookie(client: Client, path: str) -> None:
    response = client.get(path)
    document = BeautifulSoup(response.content, "html.parser")
    assert not document.find_all(style=True)
    assert not document.find_all("style")
    assert not [script for script in document.find_all("script") if not script.get("src", "").startswith("/static/")]
    handlers = [name for element in document.find_all() for name in element.attrs if name.startswith("on")]
    assert not handlers
    for tag, attribute in (("link", "href"), ("img", "src"), ("script", "src"), ("form", "action")):
        for element in document.find_all(tag):
            if element.get("rel") in (["canonical"], ["alternate"]):
                assert element["href"].startswith(settings.SITE_URL + "/")
            else:
                assert element.get(attribute, "/").startswith("/"), element
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize("path", ["/", "/nowhere/", "/healthz", "/desk/login/", "/api/v1/studies/"])
def test_every_answer_has_its_policies(client: Client, db: None, path: str) -> None:
    response = client.get(path)
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert ("unsafe-inline" in policy) == path.startswith("/desk/")
    assert "geolocation=()" in response["Permissions-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.usefixtures("some_trials")
def test_home_counts_each_kind_by_itself(client: Client) -> None:
    document = page(client, "/")
    cards = {card.h3.get_text(strip=True): card for card in document.select(".disease-card")}
    assert list(cards) == [str(disease.name) for disease in DISEASES]
    ms, lupus = cards["Multiple sclerosis"], cards["Systemic lupus erythematosus"]
    assert [number.get_text() for number in ms.select(".disease-card__number")] == ["2", "0"]
    assert [number.get_text() for number in lupus.select(".disease-card__number")] == ["0", "1"]
    assert ms.select_one(".disease-card__now").get_text() == "2 recruit"
    assert lupus.select(".disease-card__now")[1].get_text() == "none recruiting"
    href = ms.select_one(".disease-card__now")["href"]
    assert page(client, href).h1.get_text() == "2 recruiting MSC trials for multiple sclerosis"
    assert "Unclear delta" not in document.get_text()
    assert "not medical advice" in document.get_text()


def test_home_and_list_before_the_first_load(client: Client, db: None) -> None:
    assert "No trials have arrived yet" in page(client, "/").get_text()
    assert "No trials have arrived yet" in page(client, "/trials/").get_text()


@pytest.mark.usefixtures("some_trials")
def test_disease_page_keeps_the_kinds_apart(client: Client) -> None:
    document = page(client, "/diseases/multiple-sclerosis/")
    assert document.h1.get_text() == "Multiple sclerosis and stem cells"
    kinds = document.select(".leaflet__kind")
    assert [kind.h2["id"] for kind in kinds] == ["msc", "hsc"]
    assert "Alpha cells in MS" in kinds[0].get_text()
    assert "No trial recruits now" in kinds[1].get_text()
    assert {row["class"][1] for row in kinds[0].select(".trial-row .kind")} == {"kind--msc"}
    cells = [cell.get_text() for cell in document.select("table tbody tr")[0].select("td")]
    assert cells == ["2", "2", "0", "0"]
    sources = document.select(".sources li")
    cited = {link["href"] for link in document.select(".cite")}
    assert cited == {f"#{source['id']}" for source in sources}
    assert "Written by the project, not yet reviewed by a clinician." in document.get_text()


@pytest.mark.parametrize("slug", ["", "asthma", "common", "sources", "../data"])
def test_other_diseases_have_no_page(client: Client, db: None, slug: str) -> None:
    assert client.get(f"/diseases/{slug}/", follow=False).status_code == 404


def test_diseases_lead_home(client: Client) -> None:
    assert client.get("/diseases/")["Location"] == "/#diseases"


@pytest.mark.django_db
def test_data_page_before_any_run(client: Client) -> None:
    text = page(client, "/data/").get_text()
    assert "Not yet loaded" in text
    assert "No sync has run yet" in text
    for query in QUERIES:
        assert query.name in text


@pytest.mark.django_db
def test_data_page_shows_the_runs(client: Client) -> None:
    made = {"kind": "full", "finished_at": "2026-09-04T15:00:00Z"}
    SyncRun.objects.create(state="ok", data_timestamp="2026-09-04T09:00:06", seen=1203, created=7, **made)
    SyncRun.objects.create(state="held", reason="It would lose 31 % of the trials.", **made)
    document = page(client, "/data/")
    text = document.get_text()
    assert "4 September 2026" in text
    assert "1,203" in text
    assert document.select_one(".notice--stop").get_text().count("It would lose 31 % of the trials.") == 1
    assert document.select_one("section .pill").get_text() == "Held"


@pytest.mark.django_db
def test_the_registrys_date_stands_on_every_page(client: Client) -> None:
    publish(entry())
    SyncRun.objects.create(
        kind="full", state="ok", data_timestamp="2026-09-04T09:00:06", finished_at="2026-09-04T15:00:00Z"
    )
    for path in ("/", "/trials/", "/about/", "/nowhere/"):
        document = page(client, path, 404 if path == "/nowhere/" else 200)
        assert "Registry data of 4 September 2026." in document.footer.get_text()


@pytest.mark.django_db
def test_sample_data_say_so_on_every_page(client: Client) -> None:
    for path in ("/", "/trials/", "/data/", "/about/", "/nowhere/"):
        with override_settings(SAMPLE=True):
            response = client.get(path)
        assert b'<meta name="robots" content="noindex">' in response.content
        assert "SAMPLE." in BeautifulSoup(response.content, "html.parser").select_one(".sample-banner").get_text()
        assert b"sample-banner" not in client.get(path).content


@pytest.mark.django_db
def test_not_found_helps(client: Client) -> None:
    document = page(client, "/nowhere/", 404)
    assert document.find("meta", {"name": "robots"})["content"] == "noindex"
    assert document.select_one("main form")["action"] == "/trials/"


def test_server_error_needs_no_database(client: Client) -> None:
    """No database is allowed in this test: the page must render all the same."""
    from apps.web.views.errors import server_error

    response = server_error(None)
    assert response.status_code == 500
    document = BeautifulSoup(response.content, "html.parser")
    assert document.h1.get_text() == "Something went wrong here"
    assert document.find("a", href="https://clinicaltrials.gov/")


def test_server_error_without_its_template(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.web.views import errors

    def broken(name: str) -> str:
        raise ValueError("no manifest")

    monkeypatch.setattr(errors, "render_to_string", broken)
    response = errors.server_error(None)
    assert response.status_code == 500
    assert b"Something went wrong here" in response.content


@pytest.mark.parametrize("path", ["/", "/trials/", "/data/", "/about/", "/robots.txt", "/sitemap.xml", "/healthz"])
def test_pages_are_for_reading_only(client: Client, db: None, path: str) -> None:
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200


@pytest.mark.django_db
def test_data_page_while_a_sync_runs(client: Client) -> None:
    SyncRun.objects.create(kind="full", state="running", step="land", seen=400, percent=35)
    document = page(client, "/data/")
    assert document.select_one("section .pill").get_text() == "Sync running"
    assert "Landing records: 400 received, 35 %" in document.get_text()


@pytest.mark.django_db
def test_data_page_after_a_replay_alone(client: Client) -> None:
    """Records from files are not called up to date: nobody has asked the registry."""
    SyncRun.objects.create(kind="replay", state="ok", finished_at=timezone.now(), seen=12)
    document = page(client, "/data/")
    assert document.select_one("section .pill").get_text() == "Stored records"
    assert "No sync with the registry has ended yet." in document.footer.get_text()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("age", "word"),
    [
        (dt.timedelta(), "Up to date"),
        (dt.timedelta(days=7), "Up to date"),
        (dt.timedelta(days=7, seconds=1), "Registry data 7 days old"),
        (dt.timedelta(days=8), "Registry data 8 days old"),
        (dt.timedelta(days=200, hours=23), "Registry data 200 days old"),
    ],
)
def test_data_page_says_how_old_the_registrys_own_data_are(client: Client, age: dt.timedelta, word: str) -> None:
    with time_machine.travel("2026-09-20T12:00:00Z", tick=False):
        now = timezone.now()
        stamp = (now - age).strftime("%Y-%m-%dT%H:%M:%S")
        SyncRun.objects.create(kind="full", state="ok", finished_at=now, data_timestamp=stamp)
        document = page(client, "/data/")
    assert document.select_one("section .pill").get_text() == word
    assert ("it has published nothing since" in document.get_text()) == (word != "Up to date")


@pytest.mark.django_db
def test_data_page_with_a_time_stamp_that_is_none(client: Client) -> None:
    SyncRun.objects.create(kind="full", state="ok", finished_at=timezone.now(), data_timestamp="yesterday")
    assert page(client, "/data/").select_one("section .pill").get_text() == "Up to date"


def test_server_error_says_sample_too(client: Client) -> None:
    from apps.web.views.errors import server_error

    with override_settings(SAMPLE=True):
        assert b"SAMPLE." in server_error(None).content
    assert b"SAMPLE." not in server_error(None).content
