"""How long somebody stays signed in, and what the owner of an account hears by e-mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import OperationalError

from apps.accounts import tasks
from apps.accounts.mail import MAILED, send_event
from apps.accounts.models import AccountEvent, KnownPlace, User
from apps.accounts.second_factor import app_of
from apps.accounts.services import create_curator, sweep
from apps.accounts.tokens import sign_in_path
from tests.factories.people import code_of, sign_in, signed_in_as, with_app
from tests.unit.desk.test_second_factor import taken

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 5, 3, 10, 5, 10, tzinfo=dt.UTC)
LOGIN, CHANGE, FACTOR, CODE = "/desk/login/", "/desk/password_change/", "/desk/second-factor/", "/desk/code/"
SECRET = "four words stand apart"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def user() -> User:
    user = create_curator("ada@example.org", "curator")
    user.set_password(SECRET)
    user.save()
    return user


def is_in(client: Client) -> bool:
    return client.get("/desk/").status_code == 200


# Sessions


def test_a_session_ends_two_hours_after_the_last_page(user: User, clock: Any) -> None:
    client = Client()
    client.post(sign_in_path(user))
    for _ in range(4):
        clock.shift(dt.timedelta(minutes=110))
        assert is_in(client)
    clock.shift(dt.timedelta(minutes=121))
    assert not is_in(client)


def test_a_session_ends_after_a_working_day_in_any_case(user: User, clock: Any) -> None:
    client = Client()
    client.post(sign_in_path(user))
    for _ in range(7):
        clock.shift(dt.timedelta(minutes=100))
        assert is_in(client)
    clock.shift(dt.timedelta(minutes=21))
    assert not is_in(client)
    assert not Session.objects.exists()
    assert "Please sign in again" in client.get("/desk/", follow=True).content.decode()


def test_the_cookie_ends_with_the_browser_and_scripts_cannot_read_it(user: User) -> None:
    client = Client()
    client.post(sign_in_path(user))
    cookie = client.cookies["sessionid"]
    assert (cookie["expires"], cookie["max-age"]) == ("", "")
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_whoever_signs_in_gets_a_new_session(user: User) -> None:
    client = Client()
    client.get(LOGIN)
    client.post(sign_in_path(user))
    first = client.cookies["sessionid"].value
    client.post(sign_in_path(User.objects.get()))
    assert client.cookies["sessionid"].value != first
    assert Session.objects.count() == 1


def test_pages_in_quick_succession_do_not_write_the_session_down(clock: Any) -> None:
    client = signed_in_as("lead")
    clock.shift(dt.timedelta(seconds=59))
    with CaptureQueriesContext(connection) as asked:
        assert is_in(client)
    assert not [query for query in asked if query["sql"].startswith("UPDATE")]
    clock.shift(dt.timedelta(seconds=2))
    with CaptureQueriesContext(connection) as asked:
        assert is_in(client)
    assert [query for query in asked if query["sql"].startswith("UPDATE")]


def test_strangers_at_the_desk_get_no_session() -> None:
    client = Client()
    for address in ("/desk/", "/desk/queue/review/", LOGIN, CODE, FACTOR):
        client.get(address)
    assert "sessionid" not in client.cookies
    assert not Session.objects.exists()


# What is told


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> Any:
    """Runs something and gives the mails that came of it. No worker runs: tasks are done once all is committed."""

    def now(task: Any) -> Any:
        return lambda arguments, **options: task.run(*arguments)

    for task in (tasks.send_event, tasks.send_link):
        monkeypatch.setattr(task, "apply_async", now(task))

    def told(act: Any) -> list[Any]:
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return [(item.to, item.subject.removeprefix("[trialtracker] ")) for item in mail.outbox]

    return told


NEW = (["ada@example.org"], "Signed in from a new place")


def test_a_new_network_or_browser_is_told_of_once(user: User, told: Any, clock: Any) -> None:
    def come(**meta: str) -> list[Any]:
        return told(lambda: Client(**meta).post(LOGIN, {"username": "ada@example.org", "password": SECRET}))

    assert come(HTTP_USER_AGENT=FIREFOX) == [NEW]
    assert come(HTTP_USER_AGENT=FIREFOX) == []
    assert come(HTTP_USER_AGENT=FIREFOX.replace("140", "141")) == []
    assert come(HTTP_USER_AGENT="another") == [NEW]
    assert come(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.7") == [NEW]
    clock.shift(dt.timedelta(days=89))
    assert come(HTTP_USER_AGENT=FIREFOX) == []
    clock.shift(dt.timedelta(days=91))
    assert come(HTTP_USER_AGENT=FIREFOX) == [NEW]


def test_anothers_places_are_not_mine(user: User, told: Any) -> None:
    other = create_curator("eve@example.org", "viewer")
    told(lambda: Client().post(sign_in_path(other)))
    assert told(lambda: Client().post(sign_in_path(user))) == [NEW]


def test_of_a_place_a_keyed_hash_is_kept_for_90_days(user: User, told: Any, clock: Any) -> None:
    Client(REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT=FIREFOX).post(sign_in_path(user))
    assert [len(digest) for digest in KnownPlace.objects.values_list("digest", flat=True)] == [64]
    clock.shift(dt.timedelta(days=89))
    sweep()
    assert KnownPlace.objects.count() == 1
    clock.shift(dt.timedelta(days=2))
    sweep()
    assert not KnownPlace.objects.exists()


def test_with_a_second_factor_it_is_told_when_the_code_was_right(user: User, told: Any) -> None:
    app, _codes = with_app(user)
    client = Client()
    assert told(lambda: client.post(sign_in_path(user))) == []
    assert told(lambda: client.post(CODE, {"code": code_of(app)})) == [NEW]


def test_what_happens_to_a_second_factor_is_told(user: User, told: Any, clock: Any) -> None:
    mine = ["ada@example.org"]
    client = sign_in(Client(), user)
    page = client.get(FACTOR).content.decode()
    phone = taken(client.get(FACTOR))
    assert "svg" in page
    sent = told(lambda: client.post(FACTOR, {"do": "enrol", "code": code_of(phone)}))
    assert sent == [(mine, "A second factor was set up"), NEW]
    clock.shift(dt.timedelta(minutes=1))
    app = app_of(user)
    assert told(lambda: client.post(FACTOR, {"do": "codes", "code": code_of(app)})) == [
        (mine, "New recovery codes were made")
    ]
    wrong = f"{(int(code_of(app)) + 1) % 10**6:06}"
    for wait in (1, 2, 4, 8):
        assert told(lambda: client.post(FACTOR, {"do": "codes", "code": wrong})) == []
        clock.shift(dt.timedelta(seconds=wait))
    assert told(lambda: client.post(FACTOR, {"do": "codes", "code": wrong})) == [(mine, "Five wrong codes")]
    clock.shift(dt.timedelta(minutes=1))
    assert told(lambda: client.post(FACTOR, {"do": "off", "code": code_of(app)})) == [
        (mine, "Your second factor was switched off")
    ]


def test_a_recovery_code_and_a_reset_are_told(user: User, told: Any) -> None:
    _app, codes = with_app(user)
    client = Client()
    client.post(sign_in_path(user))
    sent = told(lambda: client.post(CODE, {"code": codes[0]}))
    assert sent == [(["ada@example.org"], "A recovery code was used"), NEW]
    admin = signed_in_as("admin")
    act = {"action": "reset_second_factors", "_selected_action": [user.pk]}
    assert told(lambda: admin.post("/desk/accounts/user/", act)) == [
        (["ada@example.org"], "Your second factor was taken away")
    ]


def test_a_lock_is_told_once_and_to_nobody_where_there_is_no_account(user: User, told: Any) -> None:
    def guess(name: str, number: int) -> None:
        for place in range(number):
            Client(REMOTE_ADDR=f"10.0.{len(name)}.{place}").post(LOGIN, {"username": name, "password": "guess"})

    assert told(lambda: guess("ada@example.org", 9)) == []
    assert told(lambda: guess("ada@example.org", 5)) == [(["ada@example.org"], "Your account is locked for a while")]
    assert told(lambda: guess("nobody@example.org", 12)) == []


def test_a_password_is_told(told: Any) -> None:
    client = signed_in_as("viewer")
    new = {"new_password1": SECRET, "new_password2": SECRET}
    assert told(lambda: client.post(CHANGE, new | {"new_password2": "other"})) == []
    assert told(lambda: client.post(CHANGE, new)) == [(["viewer@example.org"], "Your password was set")]


@pytest.mark.parametrize("what", sorted(MAILED))
def test_a_mail_says_what_happened_when_and_what_to_do(what: str, settings: Any) -> None:
    settings.SITE_URL = "https://trials.example"
    create_curator("ada@example.org", "viewer")
    event = AccountEvent.objects.create(account="ada@example.org", what=what, at=NOW)
    assert send_event(event)
    [sent] = mail.outbox
    assert sent.to == ["ada@example.org"]
    assert "3 May 2026 10:05 (UTC)" in sent.body
    assert "https://trials.example/desk/password_change/" in sent.body
    assert sent.from_email == settings.DEFAULT_FROM_EMAIL


def test_who_is_closed_or_gone_gets_no_mail() -> None:
    create_curator("ada@example.org", "viewer")
    User.objects.update(is_active=False)
    for account in ("ada@example.org", "nobody@example.org"):
        assert not send_event(AccountEvent.objects.create(account=account, what="locked"))
    create_curator("eve@example.org", "viewer")
    assert not send_event(AccountEvent.objects.get(account="eve@example.org"))  # "created" is told by the link
    assert mail.outbox == []


def test_without_its_queue_people_get_in_all_the_same(
    user: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, caplog: Any
) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise OperationalError("Connection refused.")

    monkeypatch.setattr(tasks.send_event, "apply_async", refuse)
    client = Client()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(sign_in_path(user)).status_code == 302
    assert is_in(client)
    assert "queue cannot be reached" in caplog.text


# Invitations


def test_an_administrator_mails_a_link_that_works(user: User, told: Any) -> None:
    admin = signed_in_as("admin")
    act = {"action": "send_links", "_selected_action": [user.pk]}
    assert told(lambda: admin.post("/desk/accounts/user/", act)) == [(["ada@example.org"], "Your link to the desk")]
    path = next(line for line in mail.outbox[0].body.splitlines() if "/desk/sign-in/" in line)
    assert Client().post(path[path.index("/desk/") :]).status_code == 302


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_curator", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_mails_a_link(settings: Any) -> None:
    assert "on its way by e-mail" in run("--email", "ada@example.org", "--role", "curator", "--send")
    [sent] = mail.outbox
    assert sent.to == ["ada@example.org"]
    assert "/desk/sign-in/" in sent.body


def test_without_a_server_mails_are_files(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    assert "EMAIL_URL is not set" in run("--email", "ada@example.org", "--role", "curator", "--send")
    [path] = (tmp_path / "mail").iterdir()
    assert "/desk/sign-in/" in path.read_text()


def test_a_server_that_is_away_is_a_sentence(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(CommandError, match="was not sent"):
        run("--email", "ada@example.org", "--role", "curator", "--send")
