"""Roles: what each holds, and that a migration gives the rights of this release."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from apps.accounts.services import ADMIN, CURATOR, LEAD, RIGHTS, ROLES, VIEWER, create_curator, refresh_roles

pytestmark = pytest.mark.django_db


def rights(role: str) -> set[str]:
    held = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in held}


def test_every_role_has_its_group_before_anybody_has_the_role() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES) - {ADMIN}


def test_each_role_may_what_the_one_before_it_may() -> None:
    assert RIGHTS[VIEWER] < RIGHTS[CURATOR] < RIGHTS[LEAD]
    assert rights(VIEWER) < rights(CURATOR) < rights(LEAD)


def test_what_is_a_leads_alone() -> None:
    lead, curator = (create_curator(f"{role}@example.org", role) for role in (LEAD, CURATOR))
    for right in ("search.change_cautionkind", "ingest.change_syncrun"):
        assert lead.has_perm(right)
        assert not curator.has_perm(right)
    assert curator.has_perm("ingest.add_syncrun")
    for right in ("accounts.view_user", "accounts.change_user", "studies.change_study", "curation.add_auditentry"):
        assert not lead.has_perm(right)


def test_a_right_on_a_model_that_there_is_none_of_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = RIGHTS[VIEWER] | {("view", "guide", "no_such_model"), ("view", "no_such_app", "model")}
    monkeypatch.setitem(RIGHTS, VIEWER, wanted)
    before = rights(VIEWER)
    refresh_roles()
    assert rights(VIEWER) == before


def test_a_migration_gives_the_rights_of_this_release_and_takes_all_others() -> None:
    curator = Group.objects.get(name=CURATOR)
    wanted = rights(CURATOR)
    curator.permissions.set(Permission.objects.filter(codename__in=["view_study", "delete_study"]))
    Group.objects.get(name=LEAD).delete()
    call_command("migrate", verbosity=0)
    assert rights(CURATOR) == wanted
    assert rights(LEAD) > wanted


def test_people_keep_their_role_through_a_migration() -> None:
    user = create_curator("ada@example.org", LEAD)
    call_command("migrate", verbosity=0)
    assert [group.name for group in user.groups.all()] == [LEAD]
