"""A reader's copy is good until the dataset, the registry's date, the build or the kind of data moves."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries

from apps.ingest.models import SyncRun
from apps.web.views import conditional
from apps.web.views.site import build, known
from tests.factories.documents import entry, publish

PATHS = ["/", "/trials/", "/trials/?q=cells", "/diseases/type-1-diabetes/", "/about/"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.usefixtures("some_trials")
def test_not_modified_costs_one_query(
    client: Client, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = client.get(path)
    assert first["Cache-Control"] == "public, max-age=0, must-revalidate"
    # The dataset's version.
    with django_assert_num_queries(1):
        again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again["ETag"] == first["ETag"]
    assert not again.content


@pytest.mark.usefixtures("some_trials")
def test_what_moves_the_etag(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def etag(path: str = "/trials/") -> str:
        return client.get(path)["ETag"]

    first = etag()
    assert etag() == first
    assert etag("/trials/?page=1") != first
    with override_settings(SAMPLE=True):
        assert etag() != first
    with monkeypatch.context() as patched:
        patched.setattr(conditional, "build", lambda: "another")
        assert etag() != first
    SyncRun.objects.create(
        kind="full", state="unchanged", data_timestamp="2026-09-05T09:00:00", finished_at="2026-09-05T15:00:00Z"
    )
    known.forget()
    second = etag()
    assert second != first
    publish(entry("NCT90000099"))
    assert etag() not in {first, second}
    assert client.get("/trials/", headers={"If-None-Match": first}).status_code == 200


def test_the_build_names_templates_and_styles() -> None:
    assert build() == build()
    assert len(build()) == 12


@pytest.mark.usefixtures("some_trials")
def test_pages_about_the_runs_are_never_old(client: Client) -> None:
    assert "ETag" not in client.get("/data/")
    for path in ("/healthz", "/readyz", "/trials/NCT90000001/report/"):
        assert "no-store" in client.get(path)["Cache-Control"]
