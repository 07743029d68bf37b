"""What the browser tests share."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections
from pytest_django.live_server_helper import LiveServer

from apps.web.views.site import known


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
