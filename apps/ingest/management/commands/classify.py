"""What the rules say of study records in files, and which studies move against what was said before."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import CommandError
from django.db import DatabaseError

from apps.classification.models import StudyLabel
from apps.classification.moves import Move, Said, line_of, moves_between, read_line, said_by, summary
from apps.classification.rules import RULESET_VERSION, Classification, classify
from apps.classification.selectors import labels_of_many
from apps.curation.terms import terms_in_force
from apps.ingest.management.studies import StudiesCommand
from apps.ingest.processing import labels_for
from apps.ingest.selectors import records_of
from apps.studies.models import Study
from apps.vocabulary.terms import amended, terms_version

STORED = "stored"
_BATCH = 200

# The id of a study, what was said of it before, what is said now; None where one side does not have it.
Pair = tuple[str, Said | None, Said | None]


class Command(StudiesCommand):
    help = (
        "Classify study records in files, without a database and by the terms in our files alone: one line a study. "
        "With --diff: the studies that move, against an earlier output or, with the terms that the desk has accepted, "
        "against the labels in the database."
    )
    studies_required = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="one JSON object a line, with the evidence")
        parser.add_argument(
            "--diff",
            nargs="?",
            const=STORED,
            metavar="OLD.jsonl",
            help="what `classify --studies PATH --json` wrote of the same PATH earlier; or, without a name, the labels "
            "in the database, against what the rules say now of the records in the database",
        )

    def run(self, options: dict[str, Any]) -> None:
        studies, old = options["studies"], options["diff"]
        if old == STORED:
            if studies:
                raise CommandError("--diff without a file takes its records from the database: leave out --studies.")
            try:
                terms = terms_in_force()
            except DatabaseError as error:
                raise _unanswered(error) from None
            with amended(terms):
                self._tell(self._from_database(), options["json"], stored=True)
        elif studies is None:
            raise CommandError("Which records? Name them with --studies PATH.")
        elif old:
            self._tell(self._from_files(_read_lines(Path(old)), studies), options["json"])
        else:
            line = _json_line if options["json"] else _text_line
            for _, record in self.records(studies):
                self.stdout.write(line(record.nct_id, classify(record)))
        if self.refused:
            raise CommandError(f"{self.refused} of {self.read} records cannot be read.")

    def _from_files(self, before: dict[str, list[Said]], studies: Path) -> Iterator[Pair]:
        """An id may stand in several files: its first record is held against the first line of old, and so on."""
        for _, record in self.records(studies):
            said = before.get(record.nct_id)
            yield record.nct_id, said.pop(0) if said else None, said_by(classify(record).labels)
        for nct_id, left in before.items():
            yield from ((nct_id, said, None) for said in left)

    def _from_database(self) -> Iterator[Pair]:
        try:
            ids = list(Study.objects.order_by("pk").values_list("pk", flat=True))
            for start in range(0, len(ids), _BATCH):
                batch = ids[start : start + _BATCH]
                labels = labels_of_many(batch)
                for nct_id, said in sorted(labels_for(records_of(batch))):
                    yield nct_id, said_by(labels[nct_id]), said_by(said.labels)
        except DatabaseError as error:
            raise _unanswered(error) from None

    def _tell(self, pairs: Iterator[Pair], as_json: bool, *, stored: bool = False) -> None:
        report = _report(pairs)
        if stored:
            carried = Counter(StudyLabel.objects.values_list("ruleset_version", "terms_version"))
            versions = Counter(version for version, _terms in carried.elements())
            report["terms_version"] = terms_version()
            report["stored_as_now"] = carried[RULESET_VERSION, terms_version()]
            report["stored_ruleset_versions"] = {str(version): versions[version] for version in sorted(versions)}
        if as_json:
            self.stdout.write(msgspec.json.encode(report).decode())
        else:
            self.stdout.writelines(f"{line}\n" for line in _report_lines(report))


def _unanswered(error: DatabaseError) -> CommandError:
    return CommandError(
        f"The database does not answer ({str(error).strip().splitlines()[0]}). Start bin/up in another shell, "
        "or compare with a file: --diff OLD.jsonl --studies PATH."
    )


def _read_lines(path: Path) -> dict[str, list[Said]]:
    lines: dict[str, list[Said]] = {}
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        nct_id, said = read_line(line)
                    except ValueError as error:
                        raise CommandError(
                            f"{path}, line {number} is not what classify --json writes: {error}."
                        ) from None
                    lines.setdefault(nct_id, []).append(said)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from None
    if not lines:
        raise CommandError(f"{path} holds no line of classify --json.")
    return lines


def _report(pairs: Iterator[Pair]) -> dict[str, Any]:
    compared = 0
    only: dict[bool, list[str]] = {True: [], False: []}
    moved: list[tuple[str, list[Move]]] = []
    for nct_id, before, now in pairs:
        if before is None or now is None:
            only[now is None].append(nct_id)
            continue
        compared += 1
        moves = moves_between(before, now)
        if moves:
            moved.append((nct_id, moves))
    return {
        "ruleset_version": RULESET_VERSION,
        "compared": compared,
        "moved": len(moved),
        "only_before": only[True],
        "only_now": only[False],
        "summary": summary(moves for _, moves in moved),
        "studies": [
            {
                "nct_id": nct_id,
                "moves": [
                    {"field": move.field, "before": sorted(move.before), "now": sorted(move.now)} for move in moves
                ],
            }
            for nct_id, moves in moved
        ],
    }


def _report_lines(report: Mapping[str, Any]) -> Iterator[str]:
    for study in report["studies"]:
        yield study["nct_id"]
        for move in study["moves"]:
            yield f"    {move['field']}: {_listed(move['before'])} -> {_listed(move['now'])}"
    yield f"{report['compared']} studies compared, {report['moved']} move."
    for field, kinds in report["summary"].items():
        yield f"  {field}"
        for kind, count in kinds.items():
            yield f"    {kind:<60}{count:>6}"
    for key, words in (("only_before", "In the older output alone"), ("only_now", "Not in the older output")):
        if report[key]:
            yield f"{words}: {' '.join(report[key])}"
    versions = report.get("stored_ruleset_versions", {})
    if versions:
        yield f"Labels in the database by ruleset version: {', '.join(f'{v} ({n})' for v, n in versions.items())}."
    if report["moved"] and report.get("stored_as_now"):
        yield f"Some carry the version of the rules as they are, {RULESET_VERSION}: raise RULESET_VERSION."


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values) or "nothing"


def _json_line(nct_id: str, classification: Classification) -> str:
    return msgspec.json.encode(line_of(nct_id, classification)).decode()


def _text_line(nct_id: str, classification: Classification) -> str:
    kinds = ", ".join((*classification.values("disease"), *classification.values("cell_type"))) or "-"
    return f"{nct_id}  {classification.scope:<8}  {kinds}  {' '.join(classification.reasons)}"
