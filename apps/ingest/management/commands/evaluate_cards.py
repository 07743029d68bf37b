"""What the rules say of trials whose cards were read by hand. No database is touched."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from apps.classification.evaluation.cards import SCORED, evaluate_cards, read_cards
from apps.classification.evaluation.figures import readable
from apps.classification.rules import classify
from apps.ingest.management.studies import StudiesCommand


class Command(StudiesCommand):
    help = "Score the fields of the card on a csv of cards read by hand. No database: terms of our files alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("cards", type=Path, metavar="CARDS.csv", help="cards read by hand, see docs/measuring.md")
        super().add_arguments(parser)
        parser.add_argument("--split", metavar="NAME", help="only rows with this word in the column split")
        parser.add_argument("--json", action="store_true", help="one JSON object, misses with their evidence")

    def run(self, options: dict[str, Any]) -> None:
        gold = read_cards(options["cards"], options["split"])
        records = self.fullest_records(options["studies"], gold.keys(), options["cards"])
        told = {nct_id: classify(record) for nct_id, record in records.items()}
        result = {
            "split": options["split"],
            **evaluate_cards(gold, told),
            "unreadable_records": self.refused,
        }
        lines = [msgspec.json.encode(result).decode()] if options["json"] else _lines(result)
        self.stdout.writelines(f"{line}\n" for line in lines)


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield f"{result['studies']} cards, {result['scored']} with a record."
    if result["no_record"]:
        yield f"Left out, having no record: {' '.join(result['no_record'])}"
    yield ""
    yield f"  {'':<20}{'n':>4}{'gold':>6}  {'precision':<21}{'recall':<21}{'f1':<7}{'certain':<9}{'doubtful':<10}listed"
    for field in SCORED:
        if field in result:
            one = result[field]
            yield (
                f"  {field:<20}{one['n']:>4}{one['gold']:>6}"
                f"  {readable(one['precision'], one['precision_interval']):<21}"
                f"{readable(one['recall'], one['recall_interval']):<21}{readable(one['f1']):<7}"
                f"{readable(one['precision_of_certain']):<9}{readable(one['doubtful_share']):<10}"
                f"{readable(one['recall_of_listed'])}"
            )
    yield ""
    yield "n: trials scored; gold: values in them; certain: precision of the values that are not doubtful;"
    yield "doubtful: share of doubtful values; listed: recall of the values for which our lists have a word."
    yield ""
    yield f"{len(result['misses'])} misses" + (":" if result["misses"] else ".")
    for miss in result["misses"]:
        yield from _miss_lines(miss)


def _miss_lines(miss: Mapping[str, Any]) -> Iterator[str]:
    yield f"  {miss['nct_id']}  {miss['field']}"
    for value, note in miss["missed"].items():
        yield f"      missed {value}" + (f" ({note})" if note else "")
    for value, doubtful in miss["wrong"].items():
        yield f"      wrong  {value}" + (" (doubtful)" if doubtful else "")
    for one in miss["evidence"]:
        yield f"        {one['value']}, {one['rule']}: {one['reason']}"
        if "quote" in one:
            yield f"          {one['path']}: {' '.join(one['quote'].split())}"
