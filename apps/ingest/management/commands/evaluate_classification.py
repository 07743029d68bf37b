"""What the rules say of labelled trials, held against their labels. No database is touched."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from apps.classification.evaluation.figures import readable
from apps.classification.evaluation.gold import IN_SCOPE, read_gold
from apps.classification.evaluation.trials import SCORED_TOGETHER, Told, content_of, evaluate
from apps.classification.rules import classify
from apps.ingest.management.studies import StudiesCommand


class Command(StudiesCommand):
    help = (
        "Score scope, disease, kind of cell, donor and source on a csv of labelled ids. "
        "No database: terms of our files alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("gold", type=Path, metavar="GOLD.csv", help="labelled ids, as docs/measuring.md describes")
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="one JSON object, misses with their evidence")

    def run(self, options: dict[str, Any]) -> None:
        gold = read_gold(options["gold"])
        ids = {trial.nct_id for trial in gold.trials}
        records = self.fullest_records(options["studies"], ids, options["gold"])
        for unknown in gold.unknown_words:
            self.stderr.write(f"Not scored, since gold_words.toml lacks the word: {unknown}")
        told = {nct_id: Told(content_of(record), classify(record)) for nct_id, record in records.items()}
        result = {
            **evaluate(gold.trials, told),
            "unknown_words": gold.unknown_words,
            "unreadable_records": self.refused,
        }
        lines = [msgspec.json.encode(result).decode()] if options["json"] else _lines(result)
        self.stdout.writelines(f"{line}\n" for line in lines)


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    records = ", ".join(f"{count} {content}" for content, count in result["records"].items())
    yield f"{result['rows']} rows, {result['with_record']} with a record ({records})."
    if result["no_record"]:
        yield f"Left out, having no record: {' '.join(result['no_record'])}"
    yield f"In review, of all with a record: {readable(result['review_share'])}"
    yield ""
    yield f"Of the {result['scored']} that are {' or '.join(SCORED_TOGETHER)}:"
    yield from _table(result)
    for title, parts in (("label origin", "by_origin"), ("content of the record", "by_content")):
        for name, part in result[parts].items():
            yield ""
            yield f"{title}: {name}"
            yield from _table(part)
    yield ""
    yield f"{len(result['misses'])} misses" + (":" if result["misses"] else ".")
    for miss in result["misses"]:
        yield from _miss_lines(miss)


def _table(figures: Mapping[str, Any]) -> Iterator[str]:
    yield f"  {'':<40}{'n':>5}{'gold':>6}  {'precision':<22}{'recall':<22}f1"
    for name, one in figures.items():
        if isinstance(one, dict) and one.get("n") and "f1" in one:
            precision = readable(one["precision"], one["precision_interval"])
            recall = readable(one["recall"], one["recall_interval"])
            yield f"  {name:<40}{one['n']:>5}{one['gold']:>6}  {precision:<22}{recall:<22}{readable(one['f1'])}"
            if "recall_with_review" in one:
                recall = readable(one["recall_with_review"], one["recall_with_review_interval"])
                yield f"  {'  in scope or in review':<75}{recall}"
    yield f"  gold     {'in_scope':>10}{'review':>8}{'out':>6}"
    for word in IN_SCOPE:
        row = figures["confusion"][word]
        yield f"  {word:<9}{row['in_scope']:>10}{row['review']:>8}{row['out']:>6}"
    unsure = figures["unsure"]
    yield f"  of the unsure in review: {readable(unsure['review_share'], unsure['review_interval'])}"


def _miss_lines(miss: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"  {miss['nct_id']}  {miss['field']}, {miss['kind']}: gold {' + '.join(miss['gold']) or 'none'}, "
        f"told {' + '.join(miss['told']) or 'none'} ({miss['origin']}, {miss['content']})"
    )
    for one in miss["evidence"]:
        yield f"      {one['field']} {one['value']}, {one['rule']}: {one['reason']}"
        if "quote" in one:
            yield f"        {one['path']}: {' '.join(one['quote'].split())}"
