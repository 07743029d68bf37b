"""`python -m bench [names]`: run these benchmarks, or all; one JSON object a line on stdout, remarks on stderr."""

from __future__ import annotations

import os
import sys

import django


def main(names: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialtracker.settings")
    django.setup()
    from bench import classification, crawler, datasette, decoder, desk, index, pages, phone, sync
    from bench.figures import run

    known = {
        **sync.BENCHMARKS,
        **decoder.BENCHMARKS,
        **classification.BENCHMARKS,
        **pages.BENCHMARKS,
        **index.BENCHMARKS,
        **datasette.BENCHMARKS,
        **crawler.BENCHMARKS,
        **desk.BENCHMARKS,
        **phone.BENCHMARKS,
    }
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"No benchmark named {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    return run({name: known[name] for name in names or known})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
