from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.ingest.services import republish


class Command(BaseCommand):
    help = "Rebuild the published documents from the stored facts and labels."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{republish()} trials looked at; the documents that differed were written.")
