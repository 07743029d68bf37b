"""Making accounts: staff only, each with a role, none with a password that we chose."""

from __future__ import annotations

from datetime import timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from apps.accounts.log import note
from apps.accounts.models import NAME_LENGTH, AccountEvent, KnownPlace, User

What = AccountEvent.What
PLACE_KNOWN = timedelta(days=90)
VIEWER, CURATOR, LEAD, ADMIN = ROLES = ("viewer", "curator", "lead", "admin")

# Rights as Django names them, app and model apart; of a model that there is none of nobody gets any.
_Right = tuple[str, str, str]

# Viewers see everything at the desk but accounts.
_VIEWER: frozenset[_Right] = frozenset(
    {
        ("view", "classification", "studylabel"),
        ("view", "curation", "alias"),
        ("view", "curation", "appeal"),
        ("view", "curation", "auditentry"),
        ("view", "curation", "mistakereport"),
        ("view", "curation", "studyoverride"),
        ("view", "curation", "termproposal"),
        ("view", "guide", "glossaryterm"),
        ("view", "guide", "page"),
        ("view", "guide", "pagesource"),
        ("view", "guide", "version"),
        ("view", "history", "studychange"),
        ("view", "ingest", "ingestissue"),
        ("view", "ingest", "querymembership"),
        ("view", "ingest", "studysnapshot"),
        ("view", "ingest", "syncrun"),
        ("view", "search", "cautionkind"),
        ("view", "search", "studydocument"),
        ("view", "studies", "study"),
    }
)
# Curators also decide, deal with reports, propose terms, and ask for a sync, which adds a run.
_CURATOR = _VIEWER | {
    ("add", "curation", "termproposal"),
    ("add", "ingest", "syncrun"),
    ("change", "curation", "appeal"),
    ("change", "curation", "mistakereport"),
    ("change", "curation", "studyoverride"),
}
# Leads answer for what changes much at once, or what readers are told without a record behind it.
_OF_LEADS: frozenset[_Right] = frozenset(
    {
        ("change", "curation", "alias"),
        ("change", "curation", "termproposal"),
        ("change", "guide", "glossaryterm"),
        ("change", "guide", "page"),
        ("change", "guide", "pagesource"),
        ("change", "ingest", "syncrun"),
        ("change", "search", "cautionkind"),
    }
)
# Administrators have every right; people and settings are theirs alone.
RIGHTS: dict[str, frozenset[_Right]] = {VIEWER: _VIEWER, CURATOR: _CURATOR, LEAD: _CURATOR | _OF_LEADS}
# As `has_perm` takes them.
LEADS_RIGHTS = tuple(sorted(f"{app}.{act}_{model}" for act, app, model in _OF_LEADS))


def refresh_roles() -> None:
    """Every role has its group, with the rights of this release and no others. Called after each `migrate`."""
    for role in RIGHTS:
        _group(role)


def role_of(user: User) -> str:
    """The account's role; several or none where somebody has put it together by hand."""
    return ADMIN if user.is_superuser else ", ".join(sorted(group.name for group in user.groups.all()))


@transaction.atomic
def create_curator(email: str, role: str | None = None) -> User:
    """The account for this address, made where there is none, with this role. ValueError says what is wrong.

    Without a role the account must be there, and keeps the one that it has.
    """
    email = email.strip().lower()
    try:
        _check_address(email)
    except ValidationError:
        raise ValueError(f"{email!r} is not an e-mail address.") from None
    if role is not None and role not in ROLES:
        raise ValueError(f"{role!r} is not a role: write {', '.join(ROLES)}.")
    user = User.objects.select_for_update().filter(email__iexact=email).first()
    before = role_of(user) if user else None
    if user is None:
        if role is None:
            raise ValueError(f"There is no account for {email} yet: say with --role which one to make.")
        user = User(username=email, email=email)
        user.set_unusable_password()
    elif not user.is_active:
        raise ValueError(f"The account of {email} is closed. An administrator can open it again at the desk.")
    if role is None or (role == before and user.is_staff):
        return user
    user.is_staff, user.is_superuser = True, role == ADMIN
    user.save()
    user.groups.set([] if role == ADMIN else [_group(role)])
    note(user, What.CREATED if before is None else What.CHANGED, told=role)
    return user


def has_administrator() -> bool:
    """Whether an administrator can get in: an open account that has signed in before, with its second factor."""
    return User.objects.filter(
        is_active=True, is_superuser=True, last_login__isnull=False, totpdevice__confirmed=True
    ).exists()


def arrive(user: User, place: str) -> AccountEvent | None:
    """Somebody has signed in from a place, told by its digest; the event where that is a new one for the account."""
    now = timezone.now()
    known = KnownPlace.objects.filter(user=user, digest=place, seen_at__gte=now - PLACE_KNOWN).exists()
    KnownPlace.objects.update_or_create(user=user, digest=place, defaults={"seen_at": now})
    return None if known else note(user, What.NEW_PLACE, by=user.email)


def sweep() -> None:
    """Forgets what is kept of signing in and no longer needed: attempts that count no more, places, sessions."""
    now = timezone.now()
    AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME).delete()
    KnownPlace.objects.filter(seen_at__lt=now - PLACE_KNOWN).delete()
    SessionStore.clear_expired()


def _check_address(email: str) -> None:
    # The first administrator of a new checkout is admin@localhost.
    if email != "admin@localhost":
        validate_email(email)
        if len(email) > NAME_LENGTH:
            raise ValidationError("too long")


def _group(role: str) -> Group:
    wanted = RIGHTS[role]
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
