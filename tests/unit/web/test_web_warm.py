"""Pages without parameters are kept in the process for as long as what they show stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from apps.web.views import warm
from apps.web.views.warm import WarmPages, _Page, warm_pages
from tests.factories.documents import entry, publish


@pytest.fixture
def _kept(settings: Settings) -> Iterator[None]:
    settings.PAGE_CACHE_MB = 1
    warm_pages.clear()
    yield
    warm_pages.clear()


@pytest.mark.parametrize("path", ["/", "/trials/", "/diseases/type-1-diabetes/", "/about/", "/data/dictionary.json"])
@pytest.mark.usefixtures("some_trials", "_kept")
def test_a_warm_page_is_the_same_page_and_costs_one_statement(
    client: Client, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = client.get(path)
    # The dataset's version.
    with django_assert_num_queries(1):
        again = client.get(path)
    assert again.content == first.content
    assert dict(again.headers) == dict(first.headers)
    assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert client.head(path).status_code == 200


@pytest.mark.usefixtures("some_trials", "_kept")
def test_a_publication_is_seen_at_once(client: Client) -> None:
    before = client.get("/trials/").content.decode()
    assert "A new trial of cells" not in before
    publish(entry("NCT90000099", title="A new trial of cells", last_update_posted="2026-09-01"))
    assert "A new trial of cells" in client.get("/trials/").content.decode()


@pytest.mark.parametrize("path", ["/trials/?page=1", "/trials/?q=cells", "/trials/NCT99999999/", "/nowhere/", "/data/"])
@pytest.mark.usefixtures("some_trials", "_kept")
def test_what_is_not_kept(client: Client, path: str) -> None:
    client.get(path)
    assert len(warm_pages) == 0


@pytest.mark.usefixtures("some_trials", "_kept")
def test_another_host_has_its_own_page(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]
    client.get("/", headers={"host": "one.example"})
    client.get("/", headers={"host": "two.example"})
    assert len(warm_pages) == 2


@pytest.mark.usefixtures("_kept")
def test_a_page_that_looked_at_its_reader_is_not_kept() -> None:
    class Session(dict):
        accessed = True

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("yours")

    request = RequestFactory().get("/")
    request.session = Session()  # type: ignore[assignment]
    warm.warm(view, lambda request: "etag")(request)
    assert len(warm_pages) == 0
    request.session.accessed = False
    warm.warm(view, lambda request: "etag")(request)
    assert len(warm_pages) == 1


@pytest.mark.usefixtures("some_trials")
def test_none_is_kept_where_none_shall_be(client: Client) -> None:
    client.get("/")
    assert len(warm_pages) == 0


def test_pages_beyond_the_limit_go_the_one_asked_for_longest_ago_first() -> None:
    pages = WarmPages(lambda: 10_000)
    for name in "abc":
        pages.put((name,), _Page(b"x" * 1000, {}))
    assert pages.size == 9000
    pages.put(("a",), _Page(b"x" * 1500, {}))
    assert (len(pages), pages.size) == (3, 9500)
    assert pages.get(("b",)) is not None
    pages.put(("d",), _Page(b"x" * 1000, {}))
    assert [name for name in "abcd" if pages.get((name,))] == ["a", "b", "d"]
    pages.put(("e",), _Page(b"x" * 20_000, {}))
    assert (len(pages), pages.size) == (0, 0)
