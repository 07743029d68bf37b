"""Making accounts: staff only, each with a role, none with a password that we chose."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.accounts.models import User

VIEWER, CURATOR, ADMIN = ROLES = ("viewer", "curator", "admin")

# Viewers see everything at the desk but accounts.
_VIEWED = {
    ("classification", "studylabel"),
    ("curation", "mistakereport"),
    ("history", "studychange"),
    ("ingest", "ingestissue"),
    ("ingest", "querymembership"),
    ("ingest", "studysnapshot"),
    ("ingest", "syncrun"),
    ("search", "studydocument"),
    ("studies", "study"),
}
# Curators also deal with reports and control runs: sync now, let through, discard.
_CHANGED = {("curation", "mistakereport"), ("ingest", "syncrun")}


@transaction.atomic
def create_curator(email: str, role: str) -> User:
    """The account for this address, made where there is none, with this role. ValueError says what is wrong."""
    email = email.strip().lower()
    try:
        _check_address(email)
    except ValidationError:
        raise ValueError(f"{email!r} is not an e-mail address.") from None
    if role not in ROLES:
        raise ValueError(f"{role!r} is not a role: write {', '.join(ROLES)}.")
    user = User.objects.select_for_update().filter(email__iexact=email).first()
    if user is None:
        user = User(username=email, email=email)
        user.set_unusable_password()
    elif not user.is_active:
        raise ValueError(f"The account of {email} is closed. An administrator can open it again at the desk.")
    user.is_staff, user.is_superuser = True, role == ADMIN
    user.save()
    user.groups.set([] if role == ADMIN else [_group(role)])
    return user


def has_administrator() -> bool:
    """Whether an administrator can get in: an open account that has signed in before."""
    return User.objects.filter(is_active=True, is_superuser=True, last_login__isnull=False).exists()


def _check_address(email: str) -> None:
    # The first administrator of a new checkout is admin@localhost.
    if email != "admin@localhost":
        validate_email(email)


def _group(role: str) -> Group:
    wanted = {("view", *model) for model in _VIEWED}
    if role == CURATOR:
        wanted |= {("change", *model) for model in _CHANGED}
    group, _ = Group.objects.get_or_create(name=role)
    permissions = Permission.objects.select_related("content_type").filter(
        content_type__app_label__in={app for _, app, _ in wanted}
    )
    group.permissions.set(
        permission
        for permission in permissions
        if (permission.codename.partition("_")[0], permission.content_type.app_label, permission.content_type.model)
        in wanted
    )
    return group
