"""What the browser tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pytest_django.live_server_helper import LiveServer

from apps.accounts.models import User
from apps.accounts.second_factor import app_of
from apps.web.views.site import known
from tests.factories.people import code_of, with_app

PASSWORD = "four words stand apart"
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Held against every rule of accessibility, twenty pages take a minute, and more beside other work."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(autouse=True)
def _pages_are_whole_after_a_click(monkeypatch: pytest.MonkeyPatch) -> None:
    """A click ends when the next page has begun to come: what is looked at at once may not have come yet."""
    from playwright.sync_api import Locator

    click = Locator.click

    def click_and_wait(locator: Locator, **options: Any) -> None:
        click(locator, **options)
        locator.page.wait_for_load_state()

    monkeypatch.setattr(Locator, "click", click_and_wait)


@pytest.fixture
def address(live_server: LiveServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a server in this process, over the test's database."""
    # This server finds static files by their plain names.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    # Its threads let go of the database after each request, so that it can be dropped in the end.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    known.forget()
    return live_server.url


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """`tab(**options)` opens a page in a context of its own."""
    contexts = []

    def open_tab(**options: Any) -> Any:
        contexts.append(browser.new_context(**options))
        return contexts[-1].new_page()

    yield open_tab
    for context in contexts:
        context.close()


def come_in(page: Any, site: str, user: User, onward: str = "/desk/") -> None:
    """Sign in as a person does: name and password on one page, on the next the code of the app."""
    user.set_password(PASSWORD)
    user.save()
    app = app_of(user) or with_app(user)[0]
    page.goto(site + onward)
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("textbox", name="Code").fill(code_of(app))
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(site + onward)
