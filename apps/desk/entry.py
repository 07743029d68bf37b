"""The door of the desk: name and password or a link, then the code; and where the second factor is set up."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp import login as verified_by
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice

from apps.accounts import second_factor
from apps.accounts.addresses import place_of
from apps.accounts.log import note
from apps.accounts.models import AccountEvent, User
from apps.accounts.second_factor import Overtaken, WrongCode
from apps.accounts.services import arrive
from apps.accounts.tasks import tell
from apps.desk.forms import CodeForm, PasswordForm
from apps.desk.pages import context_of

BACKEND = "django.contrib.auth.backends.ModelBackend"
# A session in which the second factor is still missing: long enough to install an app.
HALF_IN_SECONDS = 30 * 60
# What the session holds while an app is being set up: its secret, and the number of the app that it replaces.
_SINCE, _SEEN = "signed-in", "seen"
# So that not every page writes the session down.
A_MINUTE = 60
_KEY, _REPLACES = "second-factor-key", "second-factor-replaces"


def is_whole(request: HttpRequest) -> bool:
    """Whether nothing is missing: the code was given, or the account has none and needs none."""
    user = request.user
    if not isinstance(user, User) or getattr(user, "otp_device", None) is not None:
        return True
    return not _has_app(user) and not second_factor.is_required(user)


def _has_app(user: User) -> bool:
    """Asked several times for one page, of the database once."""
    if not hasattr(user, "_has_app"):
        user._has_app = second_factor.app_of(user) is not None  # type: ignore[attr-defined]
    return user._has_app  # type: ignore[attr-defined]


# The first page


@never_cache
@csrf_protect
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def by_password(request: HttpRequest) -> HttpResponse:
    """The page that asks for name and password. Whoever is half in is led on, unless they ask for this page `again`."""
    if request.method == "POST":
        form = PasswordForm(request, data=request.POST)
        if form.is_valid():
            return let_in(request, form.get_user(), onward=onward(request))
        return _login_page(request, form, 422)
    if _is_staff(request.user) and "again" not in request.GET:
        return redirect(_next_page(request, onward(request)))
    return _login_page(request, PasswordForm(request), 200)


def let_in(request: HttpRequest, user: User, *, onward: str) -> HttpResponse:
    """Somebody has shown the first factor: the session is theirs, under a new key, and leads to what is missing."""
    login(request, user, backend=BACKEND)
    # Django keeps the key where the same person signs in once more.
    request.session.cycle_key()
    request.session[_SINCE] = request.session[_SEEN] = int(time.time())
    # Whoever signs in once more in the same browser is asked for a code once more.
    request.session.pop(DEVICE_ID_SESSION_KEY, None)
    if is_whole(request):
        _arrived(request)
    else:
        request.session.set_expiry(HALF_IN_SECONDS)
    return redirect(_next_page(request, onward))


def onward(request: HttpRequest) -> str:
    """Where somebody wanted to go: a page of the desk, as `next` says; else its first page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    inside = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    door = tuple(reverse(f"desk:{name}") for name in ("login", "logout", "code", "second-factor"))
    return wanted if inside and wanted.startswith("/desk/") and not wanted.startswith(door) else reverse("desk:index")


def _next_page(request: HttpRequest, onward: str) -> str:
    if is_whole(request):
        return onward
    assert isinstance(request.user, User)
    page = reverse("desk:code" if _has_app(request.user) else "desk:second-factor")
    return page if onward == reverse("desk:index") else f"{page}?{urlencode({'next': onward})}"


def _is_staff(user: Any) -> bool:
    return isinstance(user, User) and user.is_active and user.is_staff


def _arrived(request: HttpRequest) -> None:
    """Everything that was asked for has been given: the session gets its full length, a new place is told of."""
    request.session.set_expiry(None)
    assert isinstance(request.user, User)
    tell(arrive(request.user, place_of(request)))


def watch(request: HttpRequest) -> None:
    """With each page of the desk the session's time begins anew, until it is a working day old; then it ends."""
    if not request.user.is_authenticated or not is_whole(request):
        return
    now = int(time.time())
    if now - request.session.get(_SINCE, now) >= settings.DESK_HOURS * 3600:
        logout(request)
        messages.info(request, _("You were signed in for a long time. Please sign in again."))
    elif now - request.session.get(_SEEN, 0) >= A_MINUTE:
        request.session.setdefault(_SINCE, now)
        request.session[_SEEN] = now


def locked_out(request: HttpRequest, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """What django-axes answers to whoever has sent too many wrong passwords."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    answer = render(request, "desk/locked.html", {"minutes": minutes}, status=429)
    answer.headers["Retry-After"] = str(minutes * 60)
    answer.headers["Cache-Control"] = "no-store"
    return answer


# The second page


@never_cache
@csrf_protect
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def by_code(request: HttpRequest) -> HttpResponse:
    """The page that asks for a code, after the first factor."""
    user = request.user
    if not isinstance(user, User) or not _is_staff(user):
        return redirect("desk:login")
    if is_whole(request) or not _has_app(user):
        return redirect(_next_page(request, onward(request)))
    if request.method != "POST":
        return _page(request, "desk/code.html", {"form": CodeForm(), "next": onward(request)})
    form, device = _checked(request, user)
    if device is None:
        return _page(request, "desk/code.html", {"form": form, "next": onward(request)}, 422)
    _verified(request, second_factor.app_of(user) or device)
    return redirect(onward(request))


def _checked(request: HttpRequest, user: User) -> tuple[CodeForm, Device | None]:
    """The code of the form held against the account's app and recovery codes."""
    form = CodeForm(request.POST)
    if not form.is_valid():
        return form, None
    try:
        device = second_factor.check_code(user, form.cleaned_data["code"])
    except WrongCode as wrong:
        tell(wrong.event)
        form.add_error("code", _wrong(wrong))
        return form, None
    if isinstance(device, StaticDevice):
        left = second_factor.codes_left(user)
        tell(note(user, AccountEvent.What.RECOVERY, by=user.email))
        told = ngettext("%(n)d recovery code is left.", "%(n)d recovery codes are left.", left) % {"n": left}
        messages.warning(request, _("This recovery code is used up.") + " " + told)
    return form, device


def _verified(request: HttpRequest, device: Device) -> None:
    """The session stands as long as this app is the account's, also where a recovery code was given for it."""
    request.session.cycle_key()
    verified_by(request, device)
    _arrived(request)


def _wrong(wrong: WrongCode) -> str:
    told = _("This code does not fit, or it was used before. Each code of the app works once: wait for the next one.")
    if wrong.until is None:
        return told
    seconds = max(1, math.ceil((wrong.until - timezone.now()).total_seconds()))
    wait = ngettext("No code is looked at for %(n)d second.", "No code is looked at for %(n)d seconds.", seconds)
    return told + " " + wait % {"n": seconds}


# Setting it up


@never_cache
@csrf_protect
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Where the second factor is set up, and later renewed or switched off, each time with a code."""
    user = request.user
    if not isinstance(user, User) or not _is_staff(user):
        return redirect("desk:login")
    if _has_app(user) and not is_whole(request):
        return redirect(_next_page(request, onward(request)))
    if request.method != "POST":
        request.session.pop(_REPLACES, None)
        return _overview(request, user) if _has_app(user) else _enrolment(request, user, CodeForm())
    if request.POST.get("do") == "enrol":
        return _enrol(request, user)
    if not _has_app(user):
        return redirect("desk:second-factor")
    act = _ACTS.get(request.POST.get("do", ""))
    if act is None:
        return _overview(request, user, CodeForm(), 422)
    form, device = _checked(request, user)
    if device is None:
        return _overview(request, user, form, 422)
    return act(request, user)


def _overview(request: HttpRequest, user: User, form: CodeForm | None = None, status: int = 200) -> HttpResponse:
    context = {
        "form": form or CodeForm(),
        "app": second_factor.app_of(user),
        "left": second_factor.codes_left(user),
        "required": second_factor.is_required(user),
    }
    return _page(request, "desk/second_factor.html", context, status)


@sensitive_variables()
def _enrolment(request: HttpRequest, user: User, form: CodeForm, status: int = 200) -> HttpResponse:
    key = request.session.setdefault(_KEY, second_factor.new_key())
    context = {
        "form": form,
        "picture": _picture(second_factor.address_of(user, key)),
        "secret": second_factor.words_of(key),
        "required": second_factor.is_required(user),
        "next": onward(request),
    }
    return _page(request, "desk/enrol.html", context, status)


@sensitive_variables()
def _enrol(request: HttpRequest, user: User) -> HttpResponse:
    form = CodeForm(request.POST)
    key, replaces = request.session.get(_KEY), request.session.get(_REPLACES)
    if key is None:
        messages.error(
            request, _("This page was too old. Here is a new one: delete the entry in your app, and begin again.")
        )
        return redirect("desk:second-factor")
    if not form.is_valid():
        return _enrolment(request, user, form, 422)
    try:
        device, codes, event = second_factor.enrol(user, key=key, code=form.cleaned_data["code"], replaces=replaces)
    except WrongCode:
        form.add_error("code", _("This is not the code that the app shows now. Is the clock of your phone right?"))
        return _enrolment(request, user, form, 422)
    except Overtaken:
        messages.error(request, _("Another app was set up for this account meanwhile. This one was not."))
        return redirect("desk:second-factor")
    for name in (_KEY, _REPLACES):
        request.session.pop(name, None)
    tell(event)
    _verified(request, device)
    return _codes(request, codes, onward(request))


def _replace(request: HttpRequest, user: User) -> HttpResponse:
    app = second_factor.app_of(user)
    request.session[_KEY], request.session[_REPLACES] = second_factor.new_key(), app.pk if app else None
    return _enrolment(request, user, CodeForm())


def _renew(request: HttpRequest, user: User) -> HttpResponse:
    codes, event = second_factor.make_codes(user)
    tell(event)
    return _codes(request, codes, reverse("desk:second-factor"))


def _switch_off(request: HttpRequest, user: User) -> HttpResponse:
    try:
        tell(second_factor.switch_off(user))
    except ValueError:
        messages.error(request, _("Leads and administrators cannot do without a second factor."))
    else:
        messages.success(request, _("Your account has no second factor any more."))
    return redirect("desk:second-factor")


_ACTS: dict[str, Callable[[HttpRequest, User], HttpResponse]] = {
    "replace": _replace,
    "codes": _renew,
    "off": _switch_off,
}


def _codes(request: HttpRequest, codes: list[str], onward: str) -> HttpResponse:
    shown = [" ".join(code[place : place + 4] for place in range(0, len(code), 4)) for code in codes]
    return _page(request, "desk/recovery_codes.html", {"codes": shown, "next": onward})


def _picture(address: str) -> SafeString:
    """A QR code, black on white in every theme: cameras want it so."""
    drawn = segno.make(address, error="m").svg_inline(scale=5, dark="#000", light="#fff", svgclass=None, lineclass=None)
    return mark_safe(drawn)  # noqa: S308  # drawn by segno: squares, no text of ours


# Passwords


def choose_password(request: HttpRequest, context: dict[str, Any], done: str) -> HttpResponse:
    """A first password for whoever came by a link and has none; else another one, for the old."""
    assert isinstance(request.user, User)
    first = not request.user.has_usable_password()
    view = PasswordChangeView.as_view(
        form_class=SetPasswordForm if first else PasswordChangeForm,
        template_name="desk/password.html",
        success_url=done,
        extra_context=context | {"first": first},
    )
    response = view(request)
    if response.status_code == 302:
        tell(note(request.user, AccountEvent.What.PASSWORD, by=request.user.email))
    return response  # type: ignore[return-value]


def _login_page(request: HttpRequest, form: PasswordForm, status: int) -> HttpResponse:
    context = {"form": form, "next": onward(request), "hours": settings.SIGN_IN_LINK_HOURS}
    return _page(request, "desk/login.html", context, status)


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, template, context_of(request) | context, status=status)
