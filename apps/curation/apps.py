from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CurationConfig(AppConfig):
    name = "apps.curation"

    def ready(self) -> None:
        from apps.curation.pages import seed_after_migrate

        post_migrate.connect(seed_after_migrate, sender=self)
