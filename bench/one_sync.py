"""One sync in a process of its own, for its memory: `python -m bench.one_sync`; prints its report as JSON.

One query instead of ten, because the emulator answers every query with everything.
"""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialtracker.settings")
    django.setup()
    from apps.ingest import fetching
    from apps.ingest.management.commands.sync_studies import report
    from apps.ingest.services import sync

    fetching.QUERIES = fetching.QUERIES[:1]
    run = sync()
    if run is None:
        raise SystemExit("another sync is running")
    print(json.dumps({**report(run), "timings": run.timings, "peak_mb": round(peak_megabytes(), 1)}))


def peak_megabytes() -> float:
    """The most memory that this process has held. Linux's getrusage would count its parent's before the fork too."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024


if __name__ == "__main__":
    main()
