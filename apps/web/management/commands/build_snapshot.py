from __future__ import annotations

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.exports.services import NotBuilt, build_snapshot
from apps.web.origin import origin_of


class Command(BaseCommand):
    help = "Write down all that is published, as this month's snapshot; does nothing when it is there already."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--month", metavar="YYYY-MM", help="this month (the default), or one that was built")
        parser.add_argument("--json", action="store_true", help="print the manifest")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = build_snapshot(origin=origin_of, month=options["month"])
        except NotBuilt as error:
            raise CommandError(str(error)) from None
        if made is None:
            raise CommandError("Another process is building it: wait for that to end.")
        snapshot, built = made
        if options["json"]:
            self.stdout.write(json.dumps(snapshot.told, ensure_ascii=False))
            return
        self.stdout.write(
            f"The snapshot of {snapshot.month} {'is built' if built else 'was there already'}: "
            f"{snapshot.told['rows']} rows."
        )
        for file in snapshot.files:
            self.stdout.write(f"{file.sha256}  {file.name}  {file.bytes} bytes")
