"""What versions are kept of: under which name, and what a version holds."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from apps.guide.models import GlossaryTerm, Kept, Page, PageSource

_MODELS: Mapping[str, type[Kept]] = {model.KIND: model for model in (Page, GlossaryTerm, PageSource)}
KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Overtaken(Exception):
    """Somebody else has changed it since the form was opened; `current` is what stands now."""

    def __init__(self, current: Kept | None) -> None:
        super().__init__()
        self.current = current


def named(subject: str) -> tuple[type[Kept], dict[str, str]] | None:
    """The table and the names that a subject stands for; None for what is no subject."""
    kind, *names = subject.split("/")
    model = _MODELS.get(kind)
    if model is None or len(names) != len(model.NAMES) or not all(map(KEY.fullmatch, names)):
        return None
    return model, dict(zip(model.NAMES, names, strict=True))


def body_of(row: Kept) -> dict[str, Any]:
    """All that is written of it, as a version holds it: days as YYYY-MM-DD."""
    told = {name: getattr(row, name) for name in row.BODY}
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in told.items()}


def differs(row: Kept, body: Mapping[str, Any]) -> bool:
    """Whether readers would read something else by this body, as a version or a file holds it."""
    own = body_of(row)
    return any(own[name] != body[name] for name in row.WORDS)


def put_body(row: Kept, body: Mapping[str, Any]) -> None:
    """Write onto a row what a version, a file or a form holds; days may be `date` too."""
    for name in row.BODY:
        field: Any = row._meta.get_field(name)
        setattr(row, name, field.to_python(body[name]))
