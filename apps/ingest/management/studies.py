"""What the commands have in common that read study records from files."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.classification.evaluation.tables import GoldError
from apps.classification.evaluation.trials import CONTENTS, content_of
from apps.ctgov.parser import ParseError, parse_study
from apps.studies.files import StudyFilesError, iter_payloads
from apps.studies.records import StudyRecord


class StudiesCommand(BaseCommand):
    """A command with --studies PATH, whose work is `run`. What is wrong with a file becomes one sentence."""

    requires_system_checks = ()
    studies_required = True
    read = refused = 0

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--studies",
            required=self.studies_required,
            type=Path,
            metavar="PATH",
            help="a folder of NCT*.json or *.jsonl.gz, or one such file",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.read = self.refused = 0
        try:
            self.run(options)
            self.stdout.flush()
        except (GoldError, StudyFilesError) as error:
            raise CommandError(str(error)) from None
        except BrokenPipeError:
            # The reader has seen enough; what is left to flush goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def run(self, options: dict[str, Any]) -> None:
        raise NotImplementedError

    def records(self, path: Path) -> Iterator[tuple[bytes, StudyRecord]]:
        """Every record under `path` as JSON and parsed; those that cannot be read are told and counted."""
        for payload in iter_payloads(path):
            self.read += 1
            try:
                record = parse_study(payload)
            except ParseError as error:
                self.refused += 1
                self.stderr.write(f"Record {self.read} cannot be read: {error}")
            else:
                yield payload, record

    def fullest_records(self, path: Path, nct_ids: Collection[str], named_by: Path) -> dict[str, StudyRecord]:
        """The record of each of these ids that stands under `path`: of several the fullest, of those the longest.

        Raises CommandError where there is none for any id of the file `named_by`.
        """
        best: dict[str, tuple[tuple[int, int], StudyRecord]] = {}
        for payload, record in self.records(path):
            if record.nct_id in nct_ids:
                rank = (-CONTENTS.index(content_of(record)), len(payload))
                if record.nct_id not in best or rank > best[record.nct_id][0]:
                    best[record.nct_id] = rank, record
        if not best:
            raise CommandError(f"{path} holds no record of the {len(nct_ids)} trials that {named_by} names.")
        return {nct_id: record for nct_id, (_, record) in best.items()}
