"""One-time links: what makes them work, and everything that must not."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import create_curator
from apps.accounts.tokens import sign_in_path

pytestmark = pytest.mark.django_db

ADDRESS = "ada@example.org"


@pytest.fixture
def user() -> User:
    return create_curator(ADDRESS, "viewer")


def is_signed_in(client: Client) -> bool:
    return client.get("/desk/").status_code == 200


def test_opening_a_link_asks_and_the_button_signs_in(client: Client, user: User):
    path = sign_in_path(user)
    for _ in range(3):
        page = client.get(path)
        assert page.status_code == 200
        assert ADDRESS in page.content.decode()
        assert "no-store" in page["Cache-Control"]
        assert client.head(path).status_code == 200
    assert not is_signed_in(client)
    response = client.post(path)
    assert (response.status_code, response["Location"]) == (302, "/desk/")
    assert is_signed_in(client)


def test_the_button_needs_the_token_of_its_form(user: User):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(sign_in_path(user)).status_code == 403


def test_a_link_works_once(client: Client, user: User):
    path = sign_in_path(user)
    client.post(path)
    again = Client()
    assert again.get(path).status_code == 410
    response = again.post(path)
    assert response.status_code == 410
    assert "create_curator" in response.content.decode()
    assert not is_signed_in(again)


def test_the_use_of_one_link_ends_the_others(client: Client, user: User):
    first, second = sign_in_path(user), sign_in_path(user)
    assert client.post(first).status_code == 302
    assert Client().post(second).status_code == 410


def test_a_link_dies_of_age(client: Client, user: User, settings):
    settings.SIGN_IN_LINK_HOURS = 2
    begun = dt.datetime.now(dt.UTC)
    with time_machine.travel(begun, tick=False):
        path = sign_in_path(user)
    with time_machine.travel(begun + dt.timedelta(hours=1, minutes=59), tick=False):
        assert client.get(path).status_code == 200
    with time_machine.travel(begun + dt.timedelta(hours=2, seconds=5), tick=False):
        assert client.get(path).status_code == 410
        assert client.post(path).status_code == 410


@pytest.mark.parametrize(
    "change",
    [
        {"email": "other@example.org"},
        {"is_active": False},
        {"is_staff": False},
        {"password": make_password("long enough for anyone")},
    ],
)
def test_a_link_dies_with_the_account_it_was_made_for(client: Client, user: User, change: dict):
    path = sign_in_path(user)
    User.objects.update(**change)
    assert client.get(path).status_code == 410
    assert client.post(path).status_code == 410


def test_a_link_is_for_one_account(client: Client, user: User):
    other = create_curator("grace@example.org", "admin")
    mine, theirs = sign_in_path(user).split("/"), sign_in_path(other).split("/")
    assert client.post("/".join([*mine[:3], theirs[3], *mine[4:]])).status_code == 410


@pytest.mark.parametrize(
    "part",
    [
        "x/y",
        "MQ/abc",
        "MQ/a-b-c",
        "%00/%00",
        "LTE/1-2",
        "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk/c-d",
        "é/ü",
        f"MQ/{'z' * 3000}",
    ],
)
def test_a_broken_link_is_a_page_that_helps(client: Client, user: User, part: str):
    for response in (client.get(f"/desk/sign-in/{part}/"), client.post(f"/desk/sign-in/{part}/")):
        assert response.status_code == 410
        assert "no longer works" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_uses_at_the_same_moment_sign_in_once():
    path = sign_in_path(create_curator(ADDRESS, "viewer"))
    gate, answers = threading.Barrier(4), []

    def use() -> None:
        gate.wait()
        answers.append(Client().post(path).status_code)
        connection.close()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302, 410, 410, 410]


@pytest.fixture
def still_clock() -> Iterator[None]:
    """Attempts are counted by the clock's quarters of an hour; none ends within the test."""
    with time_machine.travel("2026-05-03T10:05:00Z", tick=False):
        yield


@pytest.mark.usefixtures("still_clock")
def test_many_attempts_from_one_address_are_stopped(client: Client, user: User):
    for _ in range(10):
        client.post("/desk/sign-in/MQ/abc/")
    assert client.post(sign_in_path(user)).status_code == 429
    assert Client(REMOTE_ADDR="10.0.0.9").post(sign_in_path(user)).status_code == 302


def test_a_stranger_at_the_desk_is_told_how_to_get_in(client: Client):
    response = client.get("/desk/", follow=True)
    assert response.status_code == 200
    page = response.content.decode()
    assert "link that works once" in page
    assert "create_curator" in page
    assert not Session.objects.exists()


def test_a_password_works_where_one_was_set_and_not_before(client: Client, user: User):
    given = {"username": ADDRESS.upper(), "password": "long enough for anyone"}
    assert "do not fit" in client.post("/desk/login/", given).content.decode()
    user.set_password("long enough for anyone")
    user.save()
    assert client.post("/desk/login/", given).status_code == 302
    assert is_signed_in(client)


def test_pages_for_readers_set_no_cookie(client: Client):
    for path in ("/desk/sign-in/MQ/abc/", "/api/v1/studies/"):
        client.get(path)
    assert "sessionid" not in client.cookies
