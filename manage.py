#!/usr/bin/env python
"""Django's command line for trialtracker."""

from __future__ import annotations

import os
import sys

# These need no service: they run where no bin/up does.
WITHOUT_SERVICES = {
    "classify",
    "compilemessages",
    "evaluate_cards",
    "evaluate_classification",
    "help",
    "makemessages",
    "run_ctgov_emulator",
    "version",
}
PLACEHOLDERS = {"SECRET_KEY": "none", "DATABASE_URL": "postgresql:///none", "REDIS_URL": "redis://none"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialtracker.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        try:
            _read_settings()
        except ImproperlyConfigured:
            if not (WITHOUT_SERVICES.intersection(sys.argv[1:2]) or "--help" in sys.argv or len(sys.argv) == 1):
                raise
            for name, value in PLACEHOLDERS.items():
                os.environ.setdefault(name, value)
            _read_settings()
    except ImproperlyConfigured as fault:
        sys.exit(str(fault))
    execute_from_command_line(sys.argv)


def _read_settings() -> None:
    """Settings are read at the first look at one of them; a wrong environment shows there."""
    from django.conf import settings

    settings.DATABASES  # noqa: B018


if __name__ == "__main__":
    main()
