from __future__ import annotations

import fcntl
import json
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from trialtracker.env import (
    env_bool,
    env_database,
    env_float,
    env_int,
    env_list,
    env_mail,
    env_service,
    env_str,
    find_running_services,
)


@pytest.mark.parametrize(
    ("raw", "meant"), [("1", True), ("True", True), ("on", True), ("0", False), ("no", False), ("", True)]
)
def test_yes_and_no(monkeypatch: pytest.MonkeyPatch, raw: str, meant: bool) -> None:
    monkeypatch.setenv("DEBUG", raw)
    assert env_bool("DEBUG", True) is meant


def test_numbers_and_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "7")
    monkeypatch.setenv("B", "0.5")
    monkeypatch.setenv("C", "one, two,")
    monkeypatch.setenv("D", "")
    assert env_int("A", 1) == 7
    assert env_float("B", 1) == 0.5
    assert env_list("C", []) == ["one", "two"]
    assert env_int("D", 3) == 3
    assert env_str("D", "x") == "x"
    assert env_list("D", ["x"]) == ["x"]


@pytest.mark.parametrize(
    ("reader", "raw", "sentence"),
    [
        (lambda name: env_bool(name, True), "maybe", "X is 'maybe'; write 1 or 0."),
        (lambda name: env_int(name, 1), "four", "X is 'four'; write a number."),
        (lambda name: env_int(name, 1), "-4", "X is '-4'; write a number that is not negative."),
        (env_str, "", "X is not set. Set it as .env.example describes, or start the site with bin/up."),
        (env_database, "mysql://a/b", "X begins with 'mysql'; write postgresql://user:password@host:port/name."),
        (env_database, "postgresql://host", "X names no database; write postgresql://user:password@host:port/name."),
        (env_database, "postgresql://host:many/a", "X has a port that is not a number from 0 to 65535."),
        (
            env_service,
            "",
            "X is not set and bin/up is not running in this checkout: start it in another shell, or set X.",
        ),
    ],
)
def test_each_fault_is_a_sentence(monkeypatch: pytest.MonkeyPatch, reader: object, raw: str, sentence: str) -> None:
    monkeypatch.setenv("X", raw)
    with pytest.raises(ImproperlyConfigured) as fault:
        reader("X")  # type: ignore[operator]
    assert str(fault.value) == sentence


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "password", "name"),
    [
        ("postgresql://u:p%40ss@db.example.org:6543/trials", "db.example.org", "6543", "u", "p@ss", "trials"),
        ("postgres://u@%2Ftmp%2FTrial-aB/trials", "/tmp/Trial-aB", "", "u", "", "trials"),
        ("postgresql://u@[::1]:5432/t%2Fx", "::1", "5432", "u", "", "t/x"),
        ("postgresql:///trials", "", "", "", "", "trials"),
    ],
)
def test_database_addresses(
    monkeypatch: pytest.MonkeyPatch, url: str, host: str, port: str, user: str, password: str, name: str
) -> None:
    monkeypatch.setenv("X", url)
    found = env_database("X")
    assert (found["HOST"], found["PORT"], found["USER"], found["PASSWORD"], found["NAME"]) == (
        host,
        port,
        user,
        password,
        name,
    )


def test_options_of_a_database_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "postgresql://h/d?sslmode=require")
    assert env_database("X")["OPTIONS"] == {"connect_timeout": 5, "sslmode": "require"}


def test_services_are_found_only_while_their_lock_is_held(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    assert find_running_services(tmp_path) == {}
    (run / "services.json").write_text(json.dumps({"REDIS_URL": "redis://x"}))
    (run / "lock").touch()
    assert find_running_services(tmp_path) == {}
    with open(run / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert find_running_services(tmp_path) == {"REDIS_URL": "redis://x"}
        (run / "services.json").write_text("half a fi")
        assert find_running_services(tmp_path) == {}


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "ssl"),
    [
        ("smtp+starttls://ada%40x:p%3Aw@mail.example.org", "mail.example.org", 587, True, False),
        ("smtps://ada%40x:p%3Aw@mail.example.org:1465", "mail.example.org", 1465, False, True),
        ("smtp://ada%40x:p%3Aw@[::1]", "::1", 25, False, False),
    ],
)
def test_a_mail_server(monkeypatch: pytest.MonkeyPatch, url: str, host: str, port: int, tls: bool, ssl: bool) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    assert env_mail("EMAIL_URL", "") == {
        "EMAIL_HOST": host,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": "ada@x",
        "EMAIL_HOST_PASSWORD": "p:w",
        "EMAIL_USE_TLS": tls,
        "EMAIL_USE_SSL": ssl,
    }


@pytest.mark.parametrize(
    "url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://host:x", "smtp:host"]
)
def test_what_is_no_mail_server_is_said(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        env_mail("EMAIL_URL", "")


def test_no_mail_server_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "")
    assert env_mail("EMAIL_URL", "") is None
