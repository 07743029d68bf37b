"""Who may sign in: staff only. Readers have no account and are never tracked."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

# Of an account, which is its e-mail address.
NAME_LENGTH = 150


class User(AbstractUser):
    """Somebody who works at the desk. They sign in by password or one-time link, and a code where they have one."""

    email = models.EmailField(_("e-mail address"), unique=True)


class AccountEvent(models.Model):
    """One line of the log of accounts: append-only, without foreign keys, held so by the database."""

    class What(models.TextChoices):
        CREATED = "created", _("account made")
        CHANGED = "changed", _("role or state changed")
        LINK = "link", _("one-time link made")
        PASSWORD = "password", _("password set")
        ENROLLED = "enrolled", _("second factor set up")
        CODES = "codes", _("new recovery codes made")
        RECOVERY = "recovery", _("recovery code used")
        OFF = "off", _("second factor switched off")
        RESET = "reset", _("second factor taken away")
        NEW_PLACE = "new-place", _("signed in from a new place")
        WRONG_CODES = "wrong-codes", _("five wrong codes after a right password or link")
        LOCKED = "locked", _("locked out after too many wrong passwords")

    at = models.DateTimeField(db_default=Now())
    account = models.CharField(max_length=254, help_text=_("The account that it happened to."))
    what = models.CharField(max_length=16, choices=What.choices)
    by = models.CharField(max_length=254, blank=True, help_text=_("Who did it; empty: whoever runs the server."))
    told = models.CharField(max_length=200, blank=True, help_text=_("What more there is to say."))

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="event_by_account")]

    def __str__(self) -> str:
        return f"{self.account}: {self.what}"


class KnownPlace(models.Model):
    """A network and a browser from which an account has signed in: their keyed hash alone."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64)
    seen_at = models.DateTimeField(db_index=True, help_text=_("Last sign-in from there; forgotten 90 days later."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="place_known_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.seen_at:%Y-%m-%d}"
