"""Where the texts that people wrote stand in another language: in that language's folder of `locale/`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.core.languages import ENGLISH


def translated(part: str, name: str, language: str) -> dict[str, Any]:
    """What a language has of the file `<name>.toml` of a part, such as "glossary"; nothing for English."""
    if language == ENGLISH:
        return {}
    for folder in settings.LOCALE_PATHS:
        path = Path(folder) / language / part / f"{name}.toml"
        if path.is_file():
            return tomllib.loads(path.read_text(encoding="utf-8"))
    return {}
