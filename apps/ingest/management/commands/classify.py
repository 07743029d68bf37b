"""What the rules say of study records in files. No database is touched."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from apps.classification.rules import Classification, classify
from apps.ctgov.parser import ParseError, parse_study
from apps.studies.files import StudyFilesError, iter_payloads


class Command(BaseCommand):
    help = "Classify study records in files, without a database: one line a study."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--studies",
            required=True,
            type=Path,
            metavar="PATH",
            help="a folder of NCT*.json or *.jsonl.gz, or one such file",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object a line, with the evidence")

    def handle(self, *args: Any, **options: Any) -> None:
        line = _json_line if options["json"] else _text_line
        read = refused = 0
        try:
            for payload in iter_payloads(options["studies"]):
                read += 1
                try:
                    record = parse_study(payload)
                except ParseError as error:
                    refused += 1
                    self.stderr.write(f"Record {read} cannot be read: {error}")
                    continue
                self.stdout.write(line(record.nct_id, classify(record)))
        except StudyFilesError as error:
            raise CommandError(str(error)) from None
        except BrokenPipeError:
            # The reader has seen enough; what is left to flush goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return
        if refused:
            raise CommandError(f"{refused} of {read} records cannot be read.")


def _json_line(nct_id: str, classification: Classification) -> str:
    return msgspec.json.encode(
        {
            "nct_id": nct_id,
            "scope": classification.scope,
            "reasons": classification.reasons,
            "diseases": classification.values("disease"),
            "cell_types": classification.values("cell_type"),
            "donor": classification.values("donor"),
            "sources": classification.values("source"),
            "routes": classification.values("route"),
            "evidence": [
                {"field": label.scheme, "value": label.value, "rule": label.rule, **msgspec.structs.asdict(quote)}
                for label in classification.labels
                for quote in label.evidence
            ],
        }
    ).decode()


def _text_line(nct_id: str, classification: Classification) -> str:
    kinds = ", ".join((*classification.values("disease"), *classification.values("cell_type"))) or "-"
    return f"{nct_id}  {classification.scope:<8}  {kinds}  {' '.join(classification.reasons)}"
