"""The second factor at the door: asked for, set up, renewed, lost; and codes that must not fit."""

from __future__ import annotations

import datetime as dt
import re
import threading
from base64 import b32decode
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.models import AccountEvent, User
from apps.accounts.second_factor import WrongCode, app_of, check_code, codes_left
from apps.accounts.services import create_curator
from apps.accounts.tokens import sign_in_path
from tests.factories.people import code_of, sign_in, signed_in_as, with_app

pytestmark = pytest.mark.django_db

CODE, FACTOR, LOGIN = "/desk/code/", "/desk/second-factor/", "/desk/login/"
NOW = dt.datetime(2026, 5, 3, 10, 5, 10, tzinfo=dt.UTC)
SECRET = "four words stand apart"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def user() -> User:
    user = create_curator("ada@example.org", "lead")
    user.set_password(SECRET)
    user.save()
    return user


@pytest.fixture
def app(clock: Any, user: User) -> TOTPDevice:
    return with_app(user)[0]


@pytest.fixture
def half_in(client: Client, app: TOTPDevice) -> Client:
    """Password given, code not yet."""
    answer = client.post(LOGIN, {"username": "ada@example.org", "password": SECRET})
    assert (answer.status_code, answer["Location"]) == (302, CODE)
    return client


def is_in(client: Client) -> bool:
    return client.get("/desk/").status_code == 200


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.content, "html.parser")


def log() -> list[str]:
    return list(AccountEvent.objects.order_by("pk").values_list("what", flat=True))


# Signing in


def test_name_and_password_on_one_page_and_the_code_on_the_next(half_in: Client, app: TOTPDevice) -> None:
    assert not is_in(half_in)
    before = half_in.cookies["sessionid"].value
    page = half_in.get(CODE)
    assert "ada@example.org" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    answer = half_in.post(CODE, {"code": code_of(app)})
    assert (answer.status_code, answer["Location"]) == (302, "/desk/")
    assert is_in(half_in)
    assert half_in.cookies["sessionid"].value != before


def test_a_link_is_a_first_factor_too(client: Client, app: TOTPDevice, user: User) -> None:
    path = sign_in_path(user)
    assert client.post(path)["Location"] == CODE
    assert not is_in(client)
    assert Client().post(path).status_code == 410
    client.post(CODE, {"code": code_of(app)})
    assert is_in(client)


def test_the_page_that_was_wanted_is_reached_in_the_end(client: Client, app: TOTPDevice) -> None:
    wanted = "/desk/queue/review/?page=2"
    answer = client.get(wanted, follow=True)
    page = soup(answer)
    told = {item["name"]: item["value"] for item in page.select("#content form input[value]")}
    answer = client.post(LOGIN, told | {"username": "ada@example.org", "password": SECRET}, follow=True)
    told = {item["name"]: item["value"] for item in soup(answer).select("#content form input[value]")}
    assert client.post(CODE, told | {"code": code_of(app)})["Location"] == wanted


def test_whoever_is_half_in_is_led_on_and_can_begin_again(half_in: Client) -> None:
    assert half_in.get(LOGIN)["Location"] == CODE
    assert half_in.get(f"{LOGIN}?again=1").status_code == 200
    assert half_in.get(FACTOR)["Location"] == CODE
    assert half_in.post(FACTOR, {"do": "enrol", "code": "123456"})["Location"] == CODE
    assert half_in.post("/desk/logout/").status_code == 200
    assert half_in.get(CODE)["Location"] == LOGIN


def test_half_in_lasts_half_an_hour(half_in: Client, app: TOTPDevice, clock: Any) -> None:
    clock.shift(dt.timedelta(minutes=29))
    assert half_in.get(CODE).status_code == 200
    clock.shift(dt.timedelta(minutes=2))
    assert half_in.get(CODE)["Location"] == LOGIN


def test_signing_in_once_more_asks_for_a_code_once_more(user: User, app: TOTPDevice) -> None:
    client = sign_in(Client(), user)
    assert is_in(client)
    assert client.post(LOGIN, {"username": "ada@example.org", "password": SECRET})["Location"] == CODE
    assert not is_in(client)


@pytest.mark.parametrize("role", ["viewer", "curator"])
def test_roles_that_need_none_get_in_without(role: str) -> None:
    client = Client()
    assert client.post(sign_in_path(create_curator("ada@example.org", role)))["Location"] == "/desk/"
    assert is_in(client)


# Codes that must not fit


@pytest.mark.parametrize(
    ("later", "fits"), [(-31, True), (0, True), (31, True), (-61, False), (61, False), (3600, False)]
)
def test_a_clock_may_be_half_a_minute_wrong(later: int, fits: bool, half_in: Client, app: TOTPDevice) -> None:
    assert half_in.post(CODE, {"code": code_of(app, later=later)}).status_code == (302 if fits else 422)
    assert is_in(half_in) is fits


def test_a_code_fits_once(half_in: Client, app: TOTPDevice, user: User, clock: Any) -> None:
    code = code_of(app)
    half_in.post(CODE, {"code": code})
    other = Client()
    other.force_login(user)
    answer = other.post(CODE, {"code": code})
    assert answer.status_code == 422
    assert "used before" in answer.content.decode()
    clock.shift(dt.timedelta(seconds=30))
    # Nor does one from before it.
    assert other.post(CODE, {"code": code_of(app, later=-30)}).status_code == 422
    clock.shift(dt.timedelta(seconds=30))
    assert other.post(CODE, {"code": code_of(app)}).status_code == 302


def test_wrong_ones_are_slowed_down_and_the_owner_hears_of_five(half_in: Client, app: TOTPDevice, clock: Any) -> None:
    wrong = f"{(int(code_of(app)) + 1) % 10**6:06}"
    for wait in (1, 2, 4, 8, 16):
        answer = half_in.post(CODE, {"code": wrong})
        assert f"No code is looked at for {wait} second" in answer.content.decode()
        # Too early, the right one is no better.
        assert half_in.post(CODE, {"code": code_of(app)}).status_code == 422
        clock.shift(dt.timedelta(seconds=wait))
    assert log().count("wrong-codes") == 1
    assert half_in.post(CODE, {"code": code_of(app)}).status_code == 302


def test_a_recovery_code_works_once_in_the_place_of_the_phone(clock: Any, user: User) -> None:
    _app, codes = with_app(user)
    client = Client()
    client.force_login(user)
    assert client.post(CODE, {"code": f"{codes[0][:4]} {codes[0][4:8]}-{codes[0][8:]}"}).status_code == 302
    assert "9 recovery codes are left" in client.get("/desk/").content.decode()
    assert "recovery" in log()
    other = Client()
    other.force_login(user)
    assert other.post(CODE, {"code": codes[0]}).status_code == 422
    assert not is_in(other)
    clock.shift(dt.timedelta(seconds=2))
    assert other.post(CODE, {"code": codes[1]}).status_code == 302


def test_a_session_stands_as_long_as_the_app_whatever_code_began_it(clock: Any, user: User) -> None:
    app, codes = with_app(user)
    client, other = Client(), Client()
    for browser, code in ((client, codes[0]), (other, codes[1])):
        browser.force_login(user)
        browser.post(CODE, {"code": code})
    assert len(soup(client.post(FACTOR, {"do": "codes", "code": code_of(app)})).select("code")) == 10
    assert is_in(client)
    assert is_in(other)
    clock.shift(dt.timedelta(seconds=30))
    phone = taken(client.post(FACTOR, {"do": "replace", "code": code_of(app)}))
    client.post(FACTOR, {"do": "enrol", "code": code_of(phone)})
    assert is_in(client)
    assert other.get("/desk/", follow=True).redirect_chain[-1][0] == CODE


def test_recovery_codes_cannot_be_read_in_the_table(user: User) -> None:
    _app, codes = with_app(user)
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == 10
    assert not kept & set(codes)
    for token in kept:
        with pytest.raises(WrongCode):
            check_code(user, token)


def test_anothers_codes_do_not_fit(half_in: Client) -> None:
    app, codes = with_app(create_curator("eve@example.org", "lead"))
    for code in (code_of(app), codes[0]):
        assert half_in.post(CODE, {"code": code}).status_code == 422
    assert codes_left(User.objects.get(email="eve@example.org")) == 10


@pytest.mark.parametrize(
    "code",
    [
        "",
        " ",
        "12345",
        "1234567",
        "abcdef",
        "12 34 5x",
        "１２３４５６",
        "-12345",
        "1_2_3_",
        "9" * 10_000,
        "\x00",
        "' OR 1=1",
        b"\xff\xfe",
    ],
)
def test_nonsense_is_no_code_and_is_not_counted(code: Any, half_in: Client, app: TOTPDevice) -> None:
    answer = half_in.post(CODE, {"code": code})
    assert answer.status_code == 422
    assert soup(answer).select_one(".errorlist")
    assert half_in.post(CODE).status_code == 422
    assert half_in.post(CODE, {"code": code_of(app)}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_one_code_twice_at_the_same_moment_one_fits() -> None:
    user = create_curator("ada@example.org", "lead")
    app, codes = with_app(user)
    for code in (code_of(app), codes[0]):
        gate, fitted = threading.Barrier(4), []

        def use(code: str = code, gate: threading.Barrier = gate, fitted: list[str] = fitted) -> None:
            gate.wait()
            try:
                check_code(user, code)
                fitted.append(code)
            except WrongCode:
                pass
            finally:
                connection.close()

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert fitted == [code]


# Setting it up


def begin(client: Client) -> TOTPDevice:
    """Opens the page and gives an app the secret from it."""
    page = client.get(FACTOR)
    assert page.status_code == 200
    return taken(page)


def taken(page: Any) -> TOTPDevice:
    secret = soup(page).select_one(".desk-secret").get_text().replace(" ", "")
    return TOTPDevice(key=b32decode(secret).hex())


@pytest.mark.parametrize("role", ["lead", "admin"])
def test_leads_and_administrators_set_it_up_before_anything_else(role: str, clock: Any) -> None:
    client = Client()
    user = create_curator("ada@example.org", role)
    assert client.post(sign_in_path(user))["Location"] == FACTOR
    assert client.get("/desk/queue/review/", follow=True).redirect_chain[-1][0].startswith(FACTOR)
    phone = begin(client)
    assert (
        client.post(FACTOR, {"do": "enrol", "code": "000000" if code_of(phone) != "000000" else "1" * 6}).status_code
        == 422
    )
    assert not is_in(client)
    answer = client.post(FACTOR, {"do": "enrol", "code": code_of(phone), "next": "/desk/queue/review/"})
    shown = [item.get_text().replace(" ", "") for item in soup(answer).select(".desk-codes code")]
    assert len(set(shown)) == 10
    assert all(re.fullmatch(r"\d{12}", code) for code in shown)
    assert soup(answer).select_one("a.button")["href"] == "/desk/queue/review/"
    assert is_in(client)
    # The code that set it up is used up, the recovery codes are real, and nothing shows them again.
    with pytest.raises(WrongCode):
        check_code(user, code_of(phone))
    assert check_code(user, shown[0])
    assert shown[1][:4] + " " not in client.get(FACTOR).content.decode()
    assert log() == ["created", "enrolled", "new-place"]


def test_the_picture_is_drawn_in_the_page_and_says_the_secret(clock: Any) -> None:
    client = Client()
    client.force_login(create_curator("ada@example.org", "lead"))
    page = soup(client.get(FACTOR))
    picture = page.select_one(".desk-qr[role=img][aria-label] svg")
    assert picture.select_one("path")
    assert not page.select("#content img, #content script, #content [style]")
    assert "no-store" in client.get(FACTOR)["Cache-Control"]


def test_the_secret_stays_while_the_page_is_opened_again(clock: Any) -> None:
    client = Client()
    client.force_login(create_curator("ada@example.org", "lead"))
    assert begin(client).key == begin(client).key
    other = Client()
    other.force_login(User.objects.get())
    assert begin(client).key != begin(other).key


def test_of_two_who_set_up_one_account_the_second_is_told(clock: Any) -> None:
    user = create_curator("ada@example.org", "curator")
    first, second = Client(), Client()
    for client in (first, second):
        client.force_login(user)
    mine, theirs = begin(first), begin(second)
    assert first.post(FACTOR, {"do": "enrol", "code": code_of(mine)}).status_code == 200
    assert second.post(FACTOR, {"do": "enrol", "code": code_of(theirs)})["Location"] == CODE
    assert app_of(user).key == mine.key


@pytest.mark.parametrize(
    "told", [{}, {"do": "burn"}, {"do": "codes"}, {"do": "\x00"}, {"do": "x" * 10_000, "code": "1"}]
)
def test_nonsense_sets_nothing_up(told: dict[str, str], clock: Any) -> None:
    client = Client()
    client.force_login(create_curator("ada@example.org", "curator"))
    assert client.post(FACTOR, told).status_code == 302
    assert client.post(FACTOR, {"do": "enrol"}).status_code == 302  # no page was opened before it
    begin(client)
    for code in ("", "x", "\x00", "9" * 5000, "123456789012"):
        assert client.post(FACTOR, {"do": "enrol", "code": code}).status_code == 422
    assert not TOTPDevice.objects.exists()
    app, _codes = with_app(User.objects.get())
    client = sign_in(Client(), User.objects.get())
    assert client.post(FACTOR, told).status_code == 422
    assert app_of(User.objects.get()) == app


# Renewing it


def test_another_phone_takes_the_place_of_the_first(clock: Any) -> None:
    client = signed_in_as("lead")
    user = User.objects.get()
    first = app_of(user)
    assert client.post(FACTOR, {"do": "replace", "code": "000000"}).status_code == 422
    clock.shift(dt.timedelta(seconds=5))
    second = taken(client.post(FACTOR, {"do": "replace", "code": code_of(first)}))
    assert app_of(user).key == first.key
    answer = client.post(FACTOR, {"do": "enrol", "code": code_of(second)})
    assert len(soup(answer).select(".desk-codes code")) == 10
    assert app_of(user).key == second.key
    assert TOTPDevice.objects.count() == 1
    assert is_in(client)


def test_a_phone_is_not_replaced_without_a_code(clock: Any) -> None:
    client = signed_in_as("lead")
    first = app_of(User.objects.get())
    assert client.post(FACTOR, {"do": "enrol", "code": "123456"})["Location"] == FACTOR
    client.post(FACTOR, {"do": "replace", "code": code_of(first)})
    client.get(FACTOR)  # looks at the overview instead: the new phone was not begun
    assert client.post(FACTOR, {"do": "enrol", "code": "123456"}).status_code in {302, 422}
    assert app_of(User.objects.get()) == first


def test_new_recovery_codes_end_the_old(clock: Any, user: User) -> None:
    app, old = with_app(user)
    client = sign_in(Client(), user)
    new = [
        item.get_text().replace(" ", "")
        for item in soup(client.post(FACTOR, {"do": "codes", "code": code_of(app)})).select("code")
    ]
    assert len(new) == 10
    with pytest.raises(WrongCode):
        check_code(user, old[0])
    clock.shift(dt.timedelta(seconds=2))
    assert check_code(user, new[0])


def test_a_curator_can_switch_it_off_and_a_lead_cannot(clock: Any) -> None:
    curator = create_curator("curator@example.org", "curator")
    app, _codes = with_app(curator)
    client = sign_in(Client(), curator)
    client.post(FACTOR, {"do": "off", "code": code_of(app)})
    assert app_of(curator) is None
    assert codes_left(curator) == 0
    assert is_in(client)
    client = signed_in_as("lead")
    lead = User.objects.get(email="lead@example.org")
    page = client.post(FACTOR, {"do": "off", "code": code_of(app_of(lead))}, follow=True).content.decode()
    assert "cannot do without" in page
    assert app_of(lead)


def test_whoever_becomes_a_lead_is_led_to_set_it_up() -> None:
    client = signed_in_as("curator")
    assert is_in(client)
    create_curator("curator@example.org", "lead")
    assert client.get("/desk/", follow=True).redirect_chain[-1][0] == FACTOR


# Losing it


def reset(client: Client, user: User) -> str:
    told = {"action": "reset_second_factors", "_selected_action": [user.pk]}
    return client.post("/desk/accounts/user/", told, follow=True).content.decode()


def test_an_administrator_takes_it_away_from_another(clock: Any, user: User) -> None:
    with_app(user)
    theirs, client = sign_in(Client(), user), signed_in_as("admin")
    assert is_in(theirs)
    assert "has no second factor any more" in reset(client, user)
    assert (app_of(user), codes_left(user)) == (None, 0)
    assert theirs.get("/desk/", follow=True).redirect_chain[-1][0] == FACTOR
    event = AccountEvent.objects.get(what="reset")
    assert (event.account, event.by) == ("ada@example.org", "admin@example.org")
    assert "ada@example.org" in client.get("/desk/accounts/accountevent/").content.decode()
    assert "nothing to take away" in reset(client, user)


def test_nobody_takes_their_own_away_there(clock: Any) -> None:
    client = signed_in_as("admin")
    me = User.objects.get()
    assert "Another administrator" in reset(client, me)
    assert app_of(me)


def test_the_log_of_accounts_cannot_be_changed(user: User) -> None:
    for change in (AccountEvent.objects.all().delete, lambda: AccountEvent.objects.update(by="x")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_what_an_administrator_changes_stands_in_the_log(clock: Any) -> None:
    client, other = signed_in_as("admin"), create_curator("ada@example.org", "viewer")
    client.post(f"/desk/accounts/user/{other.pk}/change/", {"is_staff": "on", "is_superuser": "on"})
    event = AccountEvent.objects.order_by("-pk").first()
    assert (event.account, event.what, event.by, event.told) == (
        "ada@example.org",
        "changed",
        "admin@example.org",
        "admin, closed",
    )
