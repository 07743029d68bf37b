"""Signing in with a real browser: an administrator's first morning, a lost phone, a lock, and axe on every page."""

from __future__ import annotations

from base64 import b32decode
from typing import Any

import pytest
from django.core.cache import cache
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.services import create_curator
from apps.accounts.tokens import sign_in_path
from tests.e2e.conftest import PASSWORD, come_in
from tests.e2e.rules import broken_rules
from tests.factories.people import code_of, with_app

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    """All browsers come from one address, which may try only so many links."""
    cache.clear()


def scanned(page: Any) -> TOTPDevice:
    """The app on the phone, with the secret from the page."""
    secret = page.locator(".desk-secret").inner_text().replace(" ", "")
    return TOTPDevice(key=b32decode(secret).hex())


def wrong_code(app: TOTPDevice) -> str:
    return f"{(int(code_of(app)) + 1) % 10**6:06}"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_first_morning_of_an_administrator(address: str, tab: Any, script: bool) -> None:
    page = tab(viewport=DESK, java_script_enabled=script)
    user = create_curator("ada@example.org", "admin")
    page.goto(address + sign_in_path(user))
    page.get_by_role("button", name="Sign in").click()
    assert page.url == f"{address}/desk/second-factor/"
    page.goto(f"{address}/desk/accounts/user/")
    assert page.url.startswith(f"{address}/desk/second-factor/?next=")
    app = scanned(page)
    page.get_by_role("textbox", name="Code").fill(wrong_code(app))
    page.get_by_role("button", name="Set it up").click()
    assert page.get_by_text("This is not the code that the app shows now").is_visible()
    page.get_by_role("textbox", name="Code").fill(code_of(app))
    page.get_by_role("button", name="Set it up").click()
    page.locator(".desk-codes code").nth(9).wait_for()
    codes = page.locator(".desk-codes code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="I have them. Go on").click()
    assert page.url == f"{address}/desk/accounts/user/"

    page.get_by_role("link", name="Set a password").click()
    page.get_by_label("New password:", exact=True).fill(PASSWORD)
    page.get_by_label("New password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Save the password").click()
    page.get_by_role("button", name="Log out").click()

    # The phone is gone: a recovery code, then another phone.
    page.goto(f"{address}/desk/second-factor/")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("textbox", name="Code").fill(codes[0])
    page.get_by_role("button", name="Go on").click()
    page.goto(f"{address}/desk/second-factor/")
    assert page.get_by_text("9 recovery codes are left").first.is_visible()
    page.get_by_role("textbox", name="Code").fill(codes[1])
    page.get_by_role("button", name="Set up another phone").click()
    page.get_by_role("textbox", name="Code").fill(code_of(scanned(page)))
    page.get_by_role("button", name="Set it up").click()
    assert page.locator(".desk-codes code").count() == 10


def test_two_people_show_a_caution(address: str, tab: Any) -> None:
    first, second = tab(viewport=DESK), tab(viewport=DESK)
    for page, name in ((first, "ada"), (second, "grace")):
        come_in(page, address, create_curator(f"{name}@example.org", "lead"))

    def act(page: Any, action: str) -> None:
        page.goto(f"{address}/desk/search/cautionkind/")
        page.get_by_role("row", name="not-updated").get_by_role("checkbox").check()
        page.locator("select[name=action]").select_option(label=action)
        with page.expect_navigation():
            page.locator("button[name=index]").click()

    act(first, "Propose to show to readers")
    act(first, "Confirm what another has proposed: show to readers")
    first.get_by_text("It takes a second person").wait_for()
    act(second, "Confirm what another has proposed: show to readers")
    second.get_by_text("Readers now see 1 kind more").wait_for()


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_no_rule_is_broken_at_the_door(address: str, tab: Any, viewport: dict[str, int]) -> None:
    page, broken = tab(viewport=viewport), []

    def look(name: str) -> None:
        broken.extend(broken_rules(page, name))
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], name

    user = create_curator("ada@example.org", "lead")
    page.goto(f"{address}/desk/")
    look("login")
    page.get_by_label("E-mail address").fill("eve@example.org")
    page.get_by_label("Password").fill("guess")
    page.get_by_role("button", name="Sign in").click()
    look("login-wrong")
    page.goto(address + sign_in_path(user))
    look("link")
    page.get_by_role("button", name="Sign in").click()
    look("enrol")
    app = scanned(page)
    page.get_by_role("textbox", name="Code").fill(wrong_code(app))
    page.get_by_role("button", name="Set it up").click()
    look("enrol-wrong")
    page.get_by_role("textbox", name="Code").fill(code_of(app))
    page.get_by_role("button", name="Set it up").click()
    look("recovery-codes")
    page.get_by_role("link", name="I have them. Go on").click()
    look("desk")
    for name in ("second-factor", "password_change", "search/cautionkind"):
        page.goto(f"{address}/desk/{name}/")
        look(name.replace("/", "-"))
    user.refresh_from_db()
    page.goto(address + sign_in_path(user))
    page.get_by_role("button", name="Sign in").click()
    look("code")
    page.get_by_role("textbox", name="Code").fill("1")
    page.get_by_role("button", name="Go on").click()
    look("code-wrong")
    for _ in range(10):
        page.goto(f"{address}/desk/login/?again=1")
        page.get_by_label("E-mail address").fill("eve@example.org")
        page.get_by_label("Password").fill("guess")
        page.get_by_role("button", name="Sign in").click()
    look("locked")
    admin = create_curator("grace@example.org", "admin")
    with_app(admin)
    page.context.clear_cookies()
    page.goto(address + sign_in_path(admin))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("textbox", name="Code").fill(code_of(TOTPDevice.objects.get(user=admin)))
    page.get_by_role("button", name="Go on").click()
    for name in ("accounts/user", "accounts/accountevent"):
        page.goto(f"{address}/desk/{name}/")
        look(name.replace("/", "-"))
    assert broken == [], broken
