"""Make an account for the desk, or a new sign-in link for one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from apps.accounts.log import note
from apps.accounts.mail import send_link
from apps.accounts.models import AccountEvent, User
from apps.accounts.second_factor import reset
from apps.accounts.services import ROLES, create_curator, has_administrator, role_of
from apps.accounts.tasks import tell
from apps.accounts.tokens import sign_in_path


class Command(BaseCommand):
    help = "Makes the account, or finds it, gives it the role, and prints a sign-in link that works once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="the person's e-mail address")
        parser.add_argument("--role", choices=ROLES, help="what the person may do; without it they keep their role")
        parser.add_argument(
            "--if-no-admin",
            "--if-none",
            dest="if_no_admin",
            action="store_true",
            help="do nothing, and print nothing, once an administrator has signed in",
        )
        parser.add_argument(
            "--reset-second-factor",
            action="store_true",
            help="take the account's second factor away, when phone and recovery codes are lost",
        )
        parser.add_argument("--send", action="store_true", help="mail the link instead of printing it")
        parser.add_argument("--path-only", action="store_true", help="print the link without the site's address")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_no_admin"] and has_administrator():
            return
        try:
            user = create_curator(options["email"], options["role"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        if options["reset_second_factor"]:
            event = reset(user)
            told = "has no second factor any more" if event else "has no second factor that could be taken away"
            self.stderr.write(f"{user.email} {told}.")
            tell(event)
        note(user, AccountEvent.What.LINK)
        if options["send"]:
            self._send(user)
            return
        path = sign_in_path(user)
        if options["path_only"]:
            self.stdout.write(path)
            return
        self.stdout.write(f"Sign-in link for {user.email} ({role_of(user)}); it works once:")
        self.stdout.write(settings.SITE_URL.rstrip("/") + path)

    def _send(self, user: User) -> None:
        try:
            send_link(user)
        except OSError as error:
            raise CommandError(f"The mail was not sent ({error}). Without --send the link is printed.") from None
        if settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
            self.stdout.write(f"EMAIL_URL is not set: the mail for {user.email} lies in {settings.EMAIL_FILE_PATH}.")
        else:
            self.stdout.write(f"A link for {user.email} ({role_of(user)}) is on its way by e-mail; it works once.")
