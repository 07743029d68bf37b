"""robots.txt and the sitemap."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from django.test import Client, override_settings

from apps.web.views import machine

SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
pytestmark = [pytest.mark.usefixtures("some_trials")]


@pytest.fixture(autouse=True)
def _site() -> object:
    with override_settings(SITE_URL="https://trials.example/"):
        yield


def locations(client: Client, path: str) -> list[str]:
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    return [element.text or "" for element in ElementTree.fromstring(response.content).iter(f"{SPACE}loc")]


def test_robots(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert "Disallow: /desk/" in lines
    assert "Disallow: /trials/?" in lines
    assert "Disallow: /trials/values/" in lines
    assert "Disallow: /compare/?" in lines
    assert "Sitemap: https://trials.example/sitemap.xml" in lines


def test_sitemap_holds_what_is_in_scope(client: Client) -> None:
    found = locations(client, "/sitemap.xml")
    assert "https://trials.example/" in found
    assert "https://trials.example/diseases/type-1-diabetes/" in found
    trials = [url for url in found if "/NCT" in url]
    assert trials == [
        f"https://trials.example{prefix}/trials/NCT9000000{number}/" for prefix in ("", "/es") for number in (1, 2, 3)
    ]
    assert "https://trials.example/es/diseases/type-1-diabetes/" in found
    assert "https://trials.example/es/data/" not in found
    assert b"<lastmod>2025-01-01</lastmod>" in client.get("/sitemap.xml").content


def test_sitemap_in_several_files(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = locations(client, "/sitemap.xml")
    monkeypatch.setattr(machine, "SITEMAP_URLS", 5)
    files = locations(client, "/sitemap.xml")
    assert files[0] == "https://trials.example/sitemap.xml?p=1"
    parts = [url for name in files for url in locations(client, name.removeprefix("https://trials.example"))]
    assert parts == whole


@pytest.mark.parametrize("asked", ["0", "2", "-1", "x", "", "٣"])
def test_no_such_file(client: Client, asked: str) -> None:
    assert client.get("/sitemap.xml", {"p": asked}).status_code == 404
