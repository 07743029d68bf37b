"""Pages whose statements the database stops: 503 with Retry-After, kept by nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client

from apps.search import bitmaps
from tests.factories.documents import entry, publish

pytestmark = pytest.mark.django_db(transaction=True)


def _slow(*args: object, **kwargs: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")


@pytest.fixture
def _hurried() -> Iterator[None]:
    """As in the web server, with less patience."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 50")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")


@pytest.mark.usefixtures("_hurried")
@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("/", "apps.web.views.home.home_counts"),
        ("/data/", "apps.web.views.data.latest_runs"),
        ("/trials/NCT90000001/", "apps.web.views.trial.canonical_id"),
    ],
)
def test_a_page_that_was_stopped_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch, address: str, asked: str
) -> None:
    monkeypatch.setattr(asked, _slow)
    response = client.get(address)
    assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "30", "no-store")
    assert "ETag" not in response
    assert "This took too long" in response.content.decode()
    # The connection goes on.
    monkeypatch.undo()
    assert client.get("/data/").status_code == 200


@pytest.mark.usefixtures("_hurried")
def test_any_other_trouble_of_the_database_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("apps.web.views.home.home_counts", away)
    with pytest.raises(DatabaseError):
        Client().get("/")
    assert Client(raise_request_exception=False).get("/").status_code == 500


def test_a_stopped_search_is_kept_by_nobody(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.search.selectors._MATCH", "SELECT %s, pg_sleep(5)::text || %s || '{vector}'")
    monkeypatch.setattr("apps.search.limits.SEARCH_TIMEOUT_MS", 50)
    response = client.get("/trials/?q=lupus")
    assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "30", "no-store")
    assert "ETag" not in response
    assert "The search was stopped" in response.content.decode()


@pytest.mark.usefixtures("_hurried")
def test_the_index_of_a_new_dataset_is_not_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped, it would be asked for again by every request, and none would ever get it."""
    publish(entry("NCT90000001"), entry("NCT90000002"))
    slow = dict(bitmaps.COLUMNS) | {"study_type": "study_type || (SELECT '' FROM pg_sleep(0.2))"}
    monkeypatch.setattr(bitmaps, "COLUMNS", slow)
    index = bitmaps.build(1)
    assert len(index.ids) == 2
    slow_order = dict(bitmaps._ORDER_SQL) | {"title": "title || (SELECT '' FROM pg_sleep(0.2))"}
    monkeypatch.setattr(bitmaps, "_ORDER_SQL", slow_order)
    assert len(index.page(index.everything, "title", 0, 9)) == 2
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("50ms",)


def test_a_page_without_the_database_is_none_of_it(rf: object, client: Client) -> None:
    from apps.web.middleware import StoppedStatements

    middleware = StoppedStatements(lambda request: HttpResponse("fine"))
    assert middleware(HttpRequest()).content == b"fine"
    assert middleware.process_exception(HttpRequest(), ValueError()) is None
