"""The second factor: codes of an app on a phone, and recovery codes for the day on which the phone is gone."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import time
from base64 import b32encode
from binascii import unhexlify

from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp import verify_token
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from apps.accounts.log import note
from apps.accounts.models import AccountEvent, User
from apps.accounts.services import LEADS_RIGHTS

What = AccountEvent.What
NUMBER_OF_CODES, DIGITS_OF_APP, DIGITS_OF_RECOVERY = 10, 6, 12
# After so many wrong codes in a row the owner hears of it: whoever sends them has the password or a link.
TOLD_AFTER = 5


class WrongCode(Exception):
    """A code that does not fit, was used before, or came too soon after a wrong one. `until`: no earlier than then."""

    def __init__(self, until: dt.datetime | None = None, event: AccountEvent | None = None) -> None:
        super().__init__()
        self.until, self.event = until, event


class Overtaken(Exception):
    """Another second factor was set up, or taken away, since this one was begun."""


def is_required(user: User) -> bool:
    """Whoever has a right that curators have not: leads and administrators."""
    return user.is_superuser or any(user.has_perm(right) for right in LEADS_RIGHTS)


def app_of(user: User) -> TOTPDevice | None:
    """The app that an account has its codes from."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).order_by("-pk").first()


def codes_left(user: User) -> int:
    return StaticToken.objects.filter(device__user=user).count()


def new_key() -> str:
    """A fresh secret for an app, in hexadecimal."""
    return default_key()


def words_of(key: str) -> str:
    """The secret as people type it into an app: letters and digits in fours."""
    return " ".join(re.findall(".{1,4}", b32encode(unhexlify(key)).decode()))


def address_of(user: User, key: str) -> str:
    """What the QR code says: the address by which apps take the secret."""
    return TOTPDevice(user=user, key=key).config_url


def check_code(user: User, code: str) -> Device:
    """The device that this code is of; it never fits again. Raises WrongCode; wrong ones are slowed down."""
    if len(code) == DIGITS_OF_APP:
        device, told = app_of(user), code
    else:
        device, told = StaticDevice.objects.filter(user=user, confirmed=True).first(), _kept(user, code)
    if device is None:
        raise WrongCode
    before = device.throttling_failure_count
    if fitting := verify_token(user, device.persistent_id, told):
        return fitting
    device.refresh_from_db()
    _allowed, why = device.verify_is_allowed()
    event = None
    # What came too soon after a wrong one was not looked at, and not counted.
    if before < TOLD_AFTER <= device.throttling_failure_count:
        event = note(user, What.WRONG_CODES, by=user.email)
    raise WrongCode(until=(why or {}).get("locked_until"), event=event)


@transaction.atomic
def enrol(user: User, *, key: str, code: str, replaces: int | None) -> tuple[TOTPDevice, list[str], AccountEvent]:
    """An app whose code fits its secret becomes the account's, in the place of the one with the number `replaces`.

    Returns it and the recovery codes, which nobody can read again. Raises WrongCode, and Overtaken where the account's
    app is another by now.
    """
    User.objects.select_for_update().get(pk=user.pk)
    present = app_of(user)
    if (present.pk if present else None) != replaces:
        raise Overtaken
    totp = TOTP(unhexlify(key))
    totp.time = time.time()
    if len(code) != DIGITS_OF_APP or not totp.verify(int(code), tolerance=1):
        raise WrongCode
    TOTPDevice.objects.filter(user=user).delete()
    device = TOTPDevice.objects.create(user=user, name="app", key=key, last_t=totp.t(), drift=totp.drift)
    return device, _make_codes(user), note(user, What.ENROLLED, by=user.email)


@transaction.atomic
def make_codes(user: User) -> tuple[list[str], AccountEvent]:
    """Ten new recovery codes; those before them are void."""
    User.objects.select_for_update().get(pk=user.pk)
    return _make_codes(user), note(user, What.CODES, by=user.email)


@transaction.atomic
def switch_off(user: User) -> AccountEvent:
    """By its owner. Raises ValueError where the role does not permit it."""
    if is_required(user):
        raise ValueError("This role needs a second factor.")
    _take_away(user)
    return note(user, What.OFF, by=user.email)


@transaction.atomic
def reset(user: User, *, by: str = "") -> AccountEvent | None:
    """By an administrator, or whoever runs the server, when phone and recovery codes are lost; None: there was none.

    The account's sessions stay first-factor ones: its owner sets up a new app at once where the role needs one.
    """
    User.objects.select_for_update().get(pk=user.pk)
    return note(user, What.RESET, by=by) if _take_away(user) else None


def _take_away(user: User) -> bool:
    apps, _ = TOTPDevice.objects.filter(user=user).delete()
    codes, _ = StaticDevice.objects.filter(user=user).delete()
    return bool(apps or codes)


def _make_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery")
    codes: set[str] = set()
    while len(codes) < NUMBER_OF_CODES:
        codes.add(f"{secrets.randbelow(10**DIGITS_OF_RECOVERY):0{DIGITS_OF_RECOVERY}}")
    StaticToken.objects.bulk_create([StaticToken(device=device, token=_kept(user, code)) for code in codes])
    return sorted(codes)


def _kept(user: User, code: str) -> str:
    """A recovery code as it stands in the table: whoever reads the table cannot sign in with it."""
    digest = salted_hmac("trialtracker.accounts.recovery", f"{user.pk} {code}", algorithm="sha256").digest()
    return b32encode(digest).decode().lower()[:16]
