#!/usr/bin/env python
"""Django's command line for trialtracker."""

from __future__ import annotations

import os
import sys

# These touch no service: they run where no bin/up does.
WITHOUT_SERVICES = {
    "classify",
    "compilemessages",
    "evaluate_classification",
    "help",
    "makemessages",
    "run_ctgov_emulator",
    "version",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialtracker.settings")
    if WITHOUT_SERVICES.intersection(sys.argv[1:2]) or "--help" in sys.argv or len(sys.argv) == 1:
        for name, value in (
            ("SECRET_KEY", "none"),
            ("DATABASE_URL", "postgresql:///none"),
            ("REDIS_URL", "redis://none"),
        ):
            os.environ.setdefault(name, value)

    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.DATABASES  # noqa: B018 - reads the settings, where a wrong environment shows
    except ImproperlyConfigured as fault:
        sys.exit(str(fault))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
