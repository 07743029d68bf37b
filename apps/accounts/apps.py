from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "apps.accounts"

    def ready(self) -> None:
        # Rights are made app by app after a migration: roles get theirs when the last app has its own.
        [*_, last] = [config for config in apps.get_app_configs() if config.models_module]
        post_migrate.connect(_refresh_roles, sender=last, dispatch_uid="accounts.roles")


def _refresh_roles(*, apps: Any = apps, **arguments: Any) -> None:
    from apps.accounts.services import refresh_roles

    try:
        apps.get_model("auth", "Permission")
    except LookupError:
        return  # migrated to where there are no rights yet
    refresh_roles()
