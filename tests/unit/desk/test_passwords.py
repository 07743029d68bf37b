"""Name and password: how they are kept, what nonsense gets, who is locked out, what is written down."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.models import Session
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import create_curator, sweep
from apps.accounts.tokens import sign_in_path
from tests.factories.hashers import OF_THE_SITE

pytestmark = pytest.mark.django_db

LOGIN, CHANGE = "/desk/login/", "/desk/password_change/"
ADDRESS, SECRET = "ada@example.org", "four words stand apart"
NOW = dt.datetime(2026, 5, 3, 10, 5, tzinfo=dt.UTC)


@pytest.fixture
def user() -> User:
    user = create_curator(ADDRESS, "viewer")
    user.set_password(SECRET)
    user.save()
    return user


def attempt(password: str = "guess", name: str = ADDRESS, **meta: Any) -> Any:
    return Client(**meta).post(LOGIN, {"username": name, "password": password})


def test_a_password_is_kept_as_an_argon2_hash(settings: Any) -> None:
    settings.PASSWORD_HASHERS = OF_THE_SITE
    kept = make_password(SECRET)
    # Argon2id, two passes over 100 MiB in eight lanes.
    assert kept.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
    assert check_password(SECRET, kept)
    assert not check_password("guess", kept)


def test_an_older_hash_is_made_anew_when_its_owner_signs_in(user: User) -> None:
    User.objects.update(password=make_password(SECRET, hasher="pbkdf2_sha256"))
    assert attempt(SECRET).status_code == 302
    user.refresh_from_db()
    assert user.password.startswith("argon2$")


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/desk/queue/review/?page=2", "/desk/queue/review/?page=2"),
        ("https://evil.example/desk/", "/desk/"),
        ("//evil.example/desk/", "/desk/"),
        ("/desk/../../x", "/desk/../../x"),
        ("/desk/login/?next=/desk/login/", "/desk/"),
        ("/desk/logout/", "/desk/"),
        ("/trials/", "/desk/"),
        ("javascript:alert(1)", "/desk/"),
        ("/desk/\r\nSet-Cookie: a=b", "/desk/%0D%0ASet-Cookie:%20a=b"),
        ("\x00", "/desk/"),
        ("", "/desk/"),
    ],
)
def test_who_signs_in_is_led_to_the_page_they_wanted(wanted: str, led: str, user: User) -> None:
    answer = Client().post(LOGIN, {"username": ADDRESS, "password": SECRET, "next": wanted})
    assert (answer.status_code, answer["Location"]) == (302, led)
    assert Client().get(LOGIN, {"next": wanted}).status_code == 200


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"username": ADDRESS},
        {"username": "", "password": ""},
        {"username": "nobody@example.org", "password": SECRET},
        {"username": ADDRESS, "password": "\x00"},
        {"username": "\x00", "password": "x"},
        {"username": "x" * 10_000, "password": "x" * 100_000},
        {"username": b"\xff\xfe", "password": b"\xed\xa0\x80"},
        {"username": ["a", "b"], "password": ["c", "d"]},
        {"username": "' OR 1=1 --", "password": "' OR 1=1 --"},
    ],
)
def test_nonsense_lets_nobody_in_and_says_why(told: dict[str, Any], user: User) -> None:
    client = Client()
    answer = client.post(LOGIN, told)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'class="errorlist"' in page or 'role="alert"' in page
    assert not Session.objects.exists()


def test_a_name_that_is_none_and_a_wrong_password_get_the_same_page(user: User) -> None:
    one, other = attempt(), attempt(name="eve@example.org")
    assert "do not fit" in one.content.decode()
    assert one.status_code == other.status_code
    assert (
        one.content.decode().replace(ADDRESS, "").split("csrfmiddlewaretoken")[0]
        == other.content.decode().replace("eve@example.org", "").split("csrfmiddlewaretoken")[0]
    )


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_other_methods_are_none(method: str) -> None:
    assert getattr(Client(), method)(LOGIN).status_code == 405


# Locked out


def test_ten_wrong_ones_for_a_name_stop_the_right_one_from_everywhere(user: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for number in range(9):
            assert attempt(REMOTE_ADDR=f"10.0.0.{number}").status_code == 422
        assert attempt(REMOTE_ADDR="10.0.0.9").status_code == 429
        answer = attempt(SECRET, REMOTE_ADDR="10.0.1.1")
        assert (answer.status_code, answer["Retry-After"]) == (429, "900")
        assert "Too many attempts" in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        # Trying on does not make it longer.
        clock.shift(dt.timedelta(minutes=14, seconds=50))
        assert attempt(SECRET).status_code == 429
        clock.shift(dt.timedelta(seconds=20))
        assert attempt(SECRET).status_code == 302


def test_ten_wrong_ones_from_an_address_stop_every_name(user: User) -> None:
    with time_machine.travel(NOW, tick=False):
        answers = [attempt(name=f"{number}@example.org").status_code for number in range(10)]
        assert answers == [422] * 9 + [429]
        assert attempt(SECRET).status_code == 429
        assert attempt(SECRET, REMOTE_ADDR="10.0.0.9").status_code == 302


def test_the_right_one_in_between_begins_the_count_anew(user: User) -> None:
    with time_machine.travel(NOW, tick=False):
        for _ in range(2):
            for _ in range(9):
                assert attempt().status_code == 422
            assert attempt(SECRET).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_wrong_ones_far_apart_are_not_counted_together(user: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(25):
            assert attempt().status_code == 422
            clock.shift(dt.timedelta(minutes=16))


def test_whoever_is_locked_out_gets_in_by_a_link(user: User) -> None:
    with time_machine.travel(NOW, tick=False):
        for number in range(10):
            attempt(REMOTE_ADDR=f"10.0.0.{number}")
        assert attempt(SECRET).status_code == 429
        client = Client()
        assert client.post(sign_in_path(user)).status_code == 302
        assert client.get("/desk/").status_code == 200
        # And the count begins anew.
        assert attempt(SECRET).status_code == 302


def test_an_address_is_the_one_before_our_proxies(user: User, settings: Any) -> None:
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    with time_machine.travel(NOW, tick=False):
        for number in range(10):
            # What a client claims of itself stands further left and counts for nothing.
            attempt(name=f"{number}@example.org", HTTP_X_FORWARDED_FOR=f"1.1.1.{number}, 203.0.113.7")
        assert attempt(SECRET, HTTP_X_FORWARDED_FOR="9.9.9.9, 203.0.113.7").status_code == 429
        assert attempt(SECRET, HTTP_X_FORWARDED_FOR="203.0.113.7, 203.0.113.8").status_code == 302


def test_addresses_of_one_ipv6_network_count_together(user: User) -> None:
    with time_machine.travel(NOW, tick=False):
        for number in range(10):
            attempt(name=f"{number}@example.org", REMOTE_ADDR=f"2001:db8:1:2::{number}")
        assert attempt(SECRET, REMOTE_ADDR="2001:db8:1:2:ffff::1").status_code == 429
        assert attempt(SECRET, REMOTE_ADDR="2001:db8:1:3::1").status_code == 302


@pytest.mark.parametrize("address", ["", "unix:", "not an address", "10.0.0.1\x00", "é"])
def test_an_address_that_is_none_is_counted_too(address: str, user: User) -> None:
    with time_machine.travel(NOW, tick=False):
        answers = [attempt(name=f"{number}@example.org", REMOTE_ADDR=address).status_code for number in range(10)]
    assert answers == [422] * 9 + [429]


# What is written down


def test_of_whoever_tried_next_to_nothing_is_kept(user: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    told = {"username": ADDRESS, "password": "guess", "next": "/desk/queue/review/", "note": "private"}
    for _ in range(11):
        Client(REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT="A Browser", HTTP_ACCEPT="text/x").post(LOGIN + "?a=b", told)
    row = AccessAttempt.objects.get()
    assert (row.username, row.failures_since_start) == (ADDRESS, 10)
    assert row.ip_address.startswith("fd")
    assert {row.user_agent, row.http_accept, row.path_info, row.get_data, row.post_data} == {""}
    assert Client().post(sign_in_path(user)).status_code == 302
    assert not AccessLog.objects.exists()
    for secret in ("203.0.113.7", "A Browser", "guess", ADDRESS):
        assert secret not in caplog.text


def test_an_address_is_scrambled_with_the_secret_key(user: User, settings: Any) -> None:
    attempt()
    settings.SECRET_KEY = "another"
    attempt()
    assert AccessAttempt.objects.values("ip_address").distinct().count() == 2


def test_every_night_what_no_longer_counts_goes(user: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = Client()
        client.force_login(user)
        attempt()
        sweep()
        assert (AccessAttempt.objects.count(), Session.objects.count()) == (1, 1)
        clock.shift(dt.timedelta(minutes=16))
        sweep()
        assert (AccessAttempt.objects.count(), Session.objects.count()) == (0, 1)
        clock.shift(dt.timedelta(days=30))
        sweep()
        assert not Session.objects.exists()


# Choosing one


def test_whoever_came_by_a_link_sets_a_first_password(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("viewer")
    page = client.get("/desk/").content.decode()
    assert f'href="{CHANGE}"' in page
    page = client.get(CHANGE).content.decode()
    assert "Set a password" in page
    assert "old_password" not in page
    assert client.post(CHANGE, {"new_password1": SECRET, "new_password2": SECRET}).status_code == 302
    assert client.get("/desk/").status_code == 200
    assert attempt(SECRET, name="viewer@example.org").status_code == 302


def test_a_second_one_needs_the_first(user: User) -> None:
    client = Client()
    client.force_login(user)
    new = {"new_password1": "another four words here", "new_password2": "another four words here"}
    assert "old_password" in client.get(CHANGE).content.decode()
    assert client.post(CHANGE, new).status_code == 200
    assert client.post(CHANGE, new | {"old_password": "wrong"}).status_code == 200
    assert attempt(SECRET).status_code == 302
    other = Client()
    other.force_login(User.objects.get())
    assert client.post(CHANGE, new | {"old_password": SECRET}).status_code == 302
    # Whoever else was signed in with the account is out.
    assert other.get("/desk/").status_code == 302
    assert client.get("/desk/").status_code == 200


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("short", "at least 12"),
        ("password1234", "too common"),
        ("viewer@example.org", "too similar"),
        ("", "required"),
        ("null\x00character here", "Null characters"),
    ],
)
def test_a_bad_one_is_refused_in_a_sentence(password: str, told: str, signed_in: Callable[[str], Client]) -> None:
    client = signed_in("viewer")
    page = client.post(CHANGE, {"new_password1": password, "new_password2": password}).content.decode()
    assert told in page
    assert not User.objects.get().has_usable_password()


def test_a_very_long_one_is_a_password(signed_in: Callable[[str], Client]) -> None:
    long = "four words stand apart " * 200
    assert signed_in("viewer").post(CHANGE, {"new_password1": long, "new_password2": long}).status_code == 302
