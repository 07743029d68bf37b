"""One-time sign-in links: nothing is stored; the token is a signature over what signing in changes."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import base36_to_int, urlsafe_base64_decode, urlsafe_base64_encode

from apps.accounts.models import User


class SignInTokens(PasswordResetTokenGenerator):
    """Tokens that die on use (the last sign-in moves), with time, and with a change of address or standing."""

    key_salt = "trialtracker.accounts.sign-in"

    def check_token(self, user: User | None, token: str | None) -> bool:
        if not user or not token or not super().check_token(user, token):
            return False
        age = self._num_seconds(self._now()) - base36_to_int(token.partition("-")[0])
        return age <= settings.SIGN_IN_LINK_HOURS * 3600

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        # To the microsecond: two links of one second must not outlive each other.
        last = user.last_login.isoformat() if user.last_login else ""
        return f"{user.pk} {user.password} {last} {timestamp} {user.email} {user.is_active} {user.is_staff}"


_tokens = SignInTokens()


def sign_in_path(user: User) -> str:
    """The path of a fresh link. Links made before stay good until one of them is used."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("desk:sign-in", args=[uid, _tokens.make_token(user)])


def user_of(uid: str, token: str, *, lock: bool = False) -> User | None:
    """The account that a link is for; None for a link that is wrong, used or too old.

    With `lock` (inside a transaction) the row is held, so that of two uses of one link at the same time one succeeds.
    """
    try:
        pk = int(urlsafe_base64_decode(uid))
    except (ValueError, UnicodeDecodeError):
        return None
    accounts = User.objects.select_for_update() if lock else User.objects
    user = accounts.filter(pk=pk, is_active=True, is_staff=True).first() if 0 < pk < 2**63 else None
    return user if _tokens.check_token(user, token) else None
