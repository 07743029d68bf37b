from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.ingest.models import SyncRun
from apps.ingest.progress import ConsoleProgress, summary
from apps.ingest.services import sync
from apps.studies.files import StudyFilesError
from apps.studies.records import normalise_nct_id

COUNTS = ("requests", "pages", "seen", "created", "updated", "unchanged", "left", "failed")


class Command(BaseCommand):
    help = "Fetch the trials in scope from the registry and publish what has changed."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--nct",
            action="append",
            default=[],
            metavar="NCT",
            nargs="+",
            help="fetch these studies alone, and keep them in scope",
        )
        parser.add_argument(
            "--full", action="store_true", help="fetch everything even when the registry has nothing new"
        )
        parser.add_argument(
            "--replay",
            metavar="PATH",
            type=Path,
            help="take stored records through the same corridor: a folder of NCT*.json or *.jsonl.gz, or one such file",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object when done")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ids = [normalise_nct_id(raw) for group in options["nct"] for raw in group]
            run = sync(full=options["full"], nct_ids=ids, replay=options["replay"], progress=ConsoleProgress())
        except (StudyFilesError, ValueError) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(report(run)))
        elif run is None:
            self.stdout.write("Another sync is running; nothing was started.")
        if run is not None and run.state in {SyncRun.State.HELD, SyncRun.State.FAILED} and not options["json"]:
            raise CommandError(summary(run))


def report(run: SyncRun | None) -> dict[str, Any]:
    """What --json prints: the contract's fields, and the reason where there is one."""
    if run is None:
        return {"state": "running", **dict.fromkeys(COUNTS, 0), "seconds": 0.0}
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at else 0.0
    return {
        "state": run.state,
        **{name: getattr(run, name) for name in COUNTS},
        "seconds": round(seconds, 3),
        **({"reason": run.reason} if run.reason else {}),
    }
