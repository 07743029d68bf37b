"""`run_ctgov_emulator --data PATH`: a local stand-in for the registry, for trying a sync and its faults by hand."""

from __future__ import annotations

import importlib
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.studies.files import StudyFilesError, iter_payloads


class Command(BaseCommand):
    help = "Serve study records as ClinicalTrials.gov API v2 does, on 127.0.0.1. Faults: --fault rate_limited:2"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data", type=Path, required=True, help="a folder of NCT*.json or *.jsonl.gz, or one such file"
        )
        parser.add_argument("--port", type=int, default=8765, help="0 takes a free one")
        parser.add_argument(
            "--fault",
            action="append",
            default=[],
            metavar="KIND[:TIMES[:PATH]]",
            help="a fault to begin with; --fault help lists them",
        )
        parser.add_argument("--match-all", action="store_true", help="let every query find every study")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            emulator = importlib.import_module("tests.ctgov_emulator")
        except ModuleNotFoundError:
            raise CommandError(
                "The emulator is part of the tests folder, which is not installed here: run this from a checkout."
            ) from None
        if "help" in options["fault"]:
            self.stdout.write("\n".join(f"{kind:16} {what}" for kind, what in emulator.FAULTS.items()))
            return
        try:
            registry = emulator.Registry(iter_payloads(options["data"]), match_all=options["match_all"])
        except StudyFilesError as error:
            raise CommandError(str(error)) from None
        faults = [_fault(emulator, order) for order in options["fault"]]
        try:
            server = emulator.RegistryEmulator(registry, port=options["port"])
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} cannot be used: {error.strerror}. Take another with --port."
            ) from None
        for fault in faults:
            server.orders.add(fault)
        with server:
            root = server.url.removesuffix("/api/v2")
            self.stdout.write(
                f"{len(registry)} studies. Start the site with CTGOV_BASE_URL={server.url}\n"
                f'Faults: curl -d \'{{"order": "rate_limited", "times": 2}}\' {root}/_control   End: Ctrl-C'
            )
            self.stdout.flush()
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                self.stdout.write("Ended.")


def _fault(emulator: Any, order: str) -> Any:
    kind, _, rest = order.partition(":")
    times, _, path = rest.partition(":")
    try:
        return emulator.Fault(kind, times=int(times or 1), path=path or "*")
    except ValueError as error:
        raise CommandError(f"--fault {order}: {error}") from None
