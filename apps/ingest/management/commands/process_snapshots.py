from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.ingest.progress import ConsoleProgress
from apps.ingest.services import reprocess


class Command(BaseCommand):
    help = "Take stored records through parser and rules again where these or the terms have changed, without network."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="all of them, changed or not")

    def handle(self, *args: Any, **options: Any) -> None:
        run = reprocess(everything=options["all"], progress=ConsoleProgress())
        if run is None:
            self.stdout.write(
                "Nothing to process: every stored record was read by this parser, these rules and these terms."
            )
