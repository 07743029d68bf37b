"""What every test may lean on: static files, a Redis database of its own, the browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.template import engines
from xdist.scheduler import LoadScopeScheduling

from tests.factories import hashers

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_BROWSER = "apt install chromium (macOS: brew install --cask google-chrome)"
NO_BROWSER = f"no Chromium or Chrome on the PATH: {INSTALL_BROWSER}"
# Quiet and offline: what a browser asks of its maker's servers at every start would be refused in a closed network.
BROWSER_FLAGS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Long tests that start whole sites, or a browser: those of one folder (or of a file whose tests share a site) stay on
# one worker of pytest-xdist, and go first.
# (Its own --dist loadgroup does not see the groups under pytest 9.2.)
TOGETHER = (
    "tests/integration/entrances/",
    "tests/integration/test_restarts.py",
    "tests/integration/test_benchmarks.py",
    "tests/e2e/",
)


def pytest_configure(config: pytest.Config) -> None:
    # Tests write without moving the dataset's version, and count statements: only the cache's own tests have it.
    settings.PAGE_CACHE_MB = 0
    # A real hash takes a fifth of a second and 100 MB; `test_a_password_is_kept_as_an_argon2_hash` has it.
    hashers.OF_THE_SITE[:] = settings.PASSWORD_HASHERS
    settings.PASSWORD_HASHERS = ["tests.factories.hashers.QuickArgon2PasswordHasher", *settings.PASSWORD_HASHERS[1:]]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        _take_redis_database(int(worker.removeprefix("gw")) + 1)
    else:
        _collect_static_files()


def _take_redis_database(number: int) -> None:
    """Workers of one run share the server, as they do PostgreSQL; each has a database in it."""
    url = f"{settings.REDIS_URL.rpartition('/')[0]}/{number}"
    os.environ["REDIS_URL"] = settings.REDIS_URL = settings.CELERY_BROKER_URL = url
    settings.CACHES["default"]["LOCATION"] = url


def _collect_static_files() -> None:
    """Pages name static files by their hashes: nothing renders before they are collected."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    made = manifest.stat().st_mtime if manifest.exists() else 0.0
    sources = (Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([]))
    if any(source.stat().st_mtime > made for source in sources):
        call_command("collectstatic", interactive=False, verbosity=0)
        manifest.touch()


@receiver(setting_changed)
def _forget_rendered_parts(*, setting: str, **arguments: Any) -> None:
    """Templates keep parts that name static files; a test that stores those otherwise must not meet the old names."""
    if setting == "STORAGES":
        for engine in engines.all():
            for loader in engine.engine.template_loaders:
                loader.reset()


class ByFolder(LoadScopeScheduling):
    """Test by test, but for the folders whose tests stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    return ByFolder(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    missed = [report for report in terminalreporter.stats.get("skipped", []) if NO_BROWSER in str(report.longrepr)]
    if missed:
        terminalreporter.write_line(f"{len(missed)} browser tests did not run: {NO_BROWSER}", yellow=True, bold=True)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium or Chrome; without one the test is skipped, or fails where REQUIRE_BROWSER is 1."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return found
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(NO_BROWSER, pytrace=False)
    pytest.skip(NO_BROWSER)


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Any]:
    """Playwright's browser, one for the session; take `browser.new_context()` for each test."""
    from playwright.sync_api import sync_playwright

    # Playwright runs an event loop in this thread, where Django would refuse the ORM to the test itself.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    flags = BROWSER_FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=flags)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh page in a context of its own."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
