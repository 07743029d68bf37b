"""The command that makes accounts and links."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from apps.accounts.models import AccountEvent, User
from apps.accounts.second_factor import app_of
from apps.accounts.services import create_curator
from tests.factories.people import with_app

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    told = StringIO()
    call_command("create_curator", *arguments, stdout=told)
    return told.getvalue()


def test_it_makes_an_account_without_a_password_and_prints_a_link(settings):
    settings.SITE_URL = "https://trials.example/"
    told = run("--email", "Ada@Example.org", "--role", "curator")
    user = User.objects.get()
    assert (user.email, user.username) == ("ada@example.org", "ada@example.org")
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (True, False, False)
    assert [group.name for group in user.groups.all()] == ["curator"]
    assert told.splitlines()[-1].startswith("https://trials.example/desk/sign-in/")


def test_the_path_alone_is_one_line():
    told = run("--email", "ada@example.org", "--role", "admin", "--path-only")
    assert told.count("\n") == 1
    assert told.startswith("/desk/sign-in/")


def test_roles_differ_in_what_they_may_do():
    viewer, curator, admin = (create_curator(f"{role}@example.org", role) for role in ("viewer", "curator", "admin"))
    for user in (viewer, curator, admin):
        assert user.has_perms(["ingest.view_syncrun", "search.view_studydocument", "studies.view_study"])
    assert not viewer.has_perm("ingest.change_syncrun")
    assert curator.has_perms(["ingest.add_syncrun", "curation.change_mistakereport"])
    assert not curator.has_perm("accounts.view_user")
    assert not curator.has_perm("studies.change_study")
    assert admin.has_perm("accounts.change_user")


def test_the_same_address_again_is_a_new_link_and_the_role_asked_for():
    run("--email", "ada@example.org", "--role", "admin")
    run("--email", "ADA@example.org", "--role", "viewer")
    user = User.objects.get()
    assert not user.is_superuser
    assert [group.name for group in user.groups.all()] == ["viewer"]


def test_a_closed_account_gets_no_link():
    create_curator("ada@example.org", "viewer")
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="closed"):
        run("--email", "ada@example.org", "--role", "viewer")


@pytest.mark.parametrize("address", ["", "ada", "ada@", "a b@example.org", "ada@example.org\nBcc: x@example.org"])
def test_what_is_no_address_is_refused_in_a_sentence(address):
    with pytest.raises(CommandError, match="not an e-mail address"):
        run("--email", address, "--role", "viewer")
    assert not User.objects.exists()


def test_an_unknown_role_is_refused():
    with pytest.raises(CommandError, match="role"):
        run("--email", "ada@example.org", "--role", "king")


@pytest.mark.parametrize("flag", ["--if-no-admin", "--if-none"])
def test_the_first_administrator_gets_links_until_one_was_used(flag):
    arguments = ("--email", "admin@localhost", "--role", "admin", flag, "--path-only")
    assert run(*arguments).startswith("/desk/")
    path = run(*arguments).strip()
    assert path.startswith("/desk/")
    Client().post(path)
    # They have not set up their second factor: nobody can get in by what there is.
    assert run(*arguments).startswith("/desk/")
    with_app(User.objects.get())
    assert run(*arguments) == ""
    User.objects.update(is_active=False)
    with_app(create_curator("grace@example.org", "admin"))
    User.objects.filter(email="grace@example.org").update(last_login=datetime(2026, 1, 1, tzinfo=UTC))
    assert run(*arguments) == ""


def test_without_a_role_the_account_must_be_there_and_keeps_its_own():
    with pytest.raises(CommandError, match="no account"):
        run("--email", "ada@example.org")
    run("--email", "ada@example.org", "--role", "lead")
    assert "(lead)" in run("--email", "ada@example.org")
    assert [group.name for group in User.objects.get().groups.all()] == ["lead"]


def test_whoever_runs_the_server_takes_a_lost_second_factor_away():
    user = create_curator("ada@example.org", "lead")
    with_app(user)
    told = StringIO()
    call_command("create_curator", "--email", "ada@example.org", "--reset-second-factor", stdout=told, stderr=told)
    assert "has no second factor any more" in told.getvalue()
    assert "/desk/sign-in/" in told.getvalue()
    assert app_of(user) is None
    assert list(AccountEvent.objects.order_by("pk").values_list("what", flat=True))[-2:] == ["reset", "link"]
    told = StringIO()
    call_command("create_curator", "--email", "ada@example.org", "--reset-second-factor", stdout=told, stderr=told)
    assert "could be taken away" in told.getvalue()


def test_an_address_too_long_for_an_account_is_refused():
    with pytest.raises(CommandError, match="not an e-mail address"):
        run("--email", f"{'a' * 60}@{'b' * 60}.{'c' * 60}.example.org", "--role", "viewer")


def test_every_step_stands_in_the_log_of_accounts():
    run("--email", "ada@example.org", "--role", "viewer")
    run("--email", "ada@example.org", "--role", "lead")
    run("--email", "ada@example.org", "--role", "lead")
    events = list(AccountEvent.objects.order_by("pk").values_list("what", "told", "by"))
    made, link, raised = ("created", "viewer", ""), ("link", "", ""), ("changed", "lead", "")
    assert events == [made, link, raised, link, link]
