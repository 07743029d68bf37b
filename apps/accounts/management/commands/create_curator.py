"""Make an account for the desk, or a new sign-in link for one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from apps.accounts.services import ROLES, create_curator, has_administrator
from apps.accounts.tokens import sign_in_path


class Command(BaseCommand):
    help = "Makes the account, or finds it, gives it the role, and prints a sign-in link that works once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="the person's e-mail address")
        parser.add_argument("--role", required=True, choices=ROLES, help="what the person may do")
        parser.add_argument(
            "--if-no-admin",
            "--if-none",
            dest="if_no_admin",
            action="store_true",
            help="do nothing, and print nothing, once an administrator has signed in",
        )
        parser.add_argument("--path-only", action="store_true", help="print the link without the site's address")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_no_admin"] and has_administrator():
            return
        try:
            user = create_curator(options["email"], options["role"])
        except ValueError as error:
            raise CommandError(str(error)) from None
        path = sign_in_path(user)
        if options["path_only"]:
            self.stdout.write(path)
            return
        self.stdout.write(f"Sign-in link for {user.email} ({options['role']}); it works once:")
        self.stdout.write(settings.SITE_URL.rstrip("/") + path)
