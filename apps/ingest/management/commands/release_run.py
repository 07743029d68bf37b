from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.ingest.services import discard_run, release_run


class Command(BaseCommand):
    help = "Let a held run through, or discard it. The next tick of the clock, or sync_studies, carries it on."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int, help="the number of the held run, as on /data/ or the desk")
        parser.add_argument("--discard", action="store_true", help="close it for good instead")

    def handle(self, *args: Any, **options: Any) -> None:
        act = discard_run if options["discard"] else release_run
        try:
            act(options["run"], "the command line")
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Run {options['run']} {'discarded' if options['discard'] else 'released'}.")
