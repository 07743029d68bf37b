"""People of the desk, signed in as their role asks."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.models import User
from apps.accounts.second_factor import app_of, is_required, make_codes
from apps.accounts.services import create_curator


def with_app(user: User) -> tuple[TOTPDevice, Sequence[str]]:
    """The account has an app and recovery codes."""
    codes, _event = make_codes(user)
    return TOTPDevice.objects.create(user=user, name="app"), codes


def code_of(device: TOTPDevice, *, later: float = 0) -> str:
    """What the app shows now, or so many seconds later."""
    totp = TOTP(device.bin_key)
    totp.time = time.time() + later
    return f"{totp.token():06}"


def sign_in(client: Client, user: User) -> Client:
    """With everything that the account asks for; leads and administrators get an app if they have none."""
    client.force_login(user)
    session = client.session
    # As the door leaves it: no page within the first minute writes it down.
    session["signed-in"] = session["seen"] = int(time.time())
    device = app_of(user)
    if device is None and is_required(user):
        device, _codes = with_app(user)
    if device is not None:
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client


def signed_in_as(role: str) -> Client:
    """A client of somebody with this role, `<role>@example.org`."""
    return sign_in(Client(), create_curator(f"{role}@example.org", role))
