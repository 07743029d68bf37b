"""What people of the desk get by e-mail: what happened to their account, and their links."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.models import AccountEvent, User
from apps.accounts.tokens import sign_in_path

What = AccountEvent.What
# Subject, and what to say of it.
_EVENTS = {
    What.PASSWORD: (
        gettext_lazy("Your password was set"),
        gettext_lazy("The password of your account was set or changed."),
    ),
    What.ENROLLED: (
        gettext_lazy("A second factor was set up"),
        gettext_lazy("An app for codes was set up for your account. Codes of another app no longer work."),
    ),
    What.CODES: (
        gettext_lazy("New recovery codes were made"),
        gettext_lazy("Your account has ten new recovery codes. Those before them no longer work."),
    ),
    What.RECOVERY: (
        gettext_lazy("A recovery code was used"),
        gettext_lazy("Somebody used one of the recovery codes of your account in the place of a code of your app."),
    ),
    What.OFF: (
        gettext_lazy("Your second factor was switched off"),
        gettext_lazy("Your account asks for no code any more."),
    ),
    What.RESET: (
        gettext_lazy("Your second factor was taken away"),
        gettext_lazy("An administrator, or whoever runs the server, took away the second factor of your account."),
    ),
    What.NEW_PLACE: (
        gettext_lazy("Signed in from a new place"),
        gettext_lazy(
            "Somebody signed in with your account from a network and a browser that it was not used from in the last "
            "90 days."
        ),
    ),
    What.WRONG_CODES: (
        gettext_lazy("Five wrong codes"),
        gettext_lazy(
            "Somebody has your password or a link of yours, and sent five wrong codes after it. They did not get in."
        ),
    ),
    What.LOCKED: (
        gettext_lazy("Your account is locked for a while"),
        gettext_lazy(
            "There were too many wrong passwords for your account. For a quarter of an hour no password is looked at; "
            "a one-time link works. Nobody got in by this."
        ),
    ),
}
MAILED = frozenset(_EVENTS)


def send_event(event: AccountEvent) -> bool:
    """Tell the account's owner of an event; False where there is no such account any more. Raises OSError."""
    if event.what not in MAILED or not User.objects.filter(email=event.account, is_active=True).exists():
        return False
    subject, text = _EVENTS[What(event.what)]
    when = _("It was on %(day)s (UTC).") % {"day": date_format(event.at, "j F Y H:i")}
    end = _(
        "Was it you? Then there is nothing to do. If not, tell an administrator at once, and change your password at "
        "%(address)s."
    ) % {"address": _address(reverse("desk:password_change"))}
    _send(event.account, str(subject), [str(text), when, end])
    return True


def send_link(user: User) -> None:
    """A fresh one-time link. Raises OSError."""
    hours = settings.SIGN_IN_LINK_HOURS
    told = ngettext(
        "With this link you sign in to the desk. It works once, within %(n)d hour:",
        "With this link you sign in to the desk. It works once, within %(n)d hours:",
        hours,
    ) % {"n": hours}
    end = _("Open it, then press the button on its page. Did you not ask for it? Then leave it: nothing happens.")
    _send(user.email, _("Your link to the desk"), [told, _address(sign_in_path(user)), end])


def _address(path: str) -> str:
    return settings.SITE_URL.rstrip("/") + path


def _send(to: str, subject: str, paragraphs: list[str]) -> None:
    EmailMessage(f"[trialtracker] {subject}", "\n\n".join(paragraphs) + "\n", to=[to]).send()
