"""The domain's words for sets of studies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from apps.studies.models import Study  # noqa: F401 (named in a string below)


class StudyQuerySet(models.QuerySet["Study"]):
    def present(self) -> Self:
        """Studies that the registry's last good answer held."""
        return self.filter(registry_state="present")
