"""The log of decisions as a file: every line that there is, who, when, what, before and after."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.curation.models import AuditEntry
from apps.curation.selectors import log_until
from apps.curation.services import log_export
from apps.desk.pages import check
from apps.exports.cells import csv_lines, harmless

SEE_LOG = "curation.view_auditentry"
COLUMNS = ("id", "at", "by", "action", "nct_id", "field", "before", "after", "said", "reason", "source", "batch")


@require_POST
def export(request: HttpRequest, form: str) -> StreamingHttpResponse:
    """The file, as it is read from the database. It is asked for by POST, since it writes a line into the log."""
    check(request, SEE_LOG)
    if form not in FORMS:
        raise Http404
    media_type, write = FORMS[form]
    last = log_export(form=form, by=request.user.get_username())
    entries = log_until(last).iterator(chunk_size=1000)
    response = StreamingHttpResponse(write(entries), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="log-{timezone.now():%Y-%m-%d}.{form}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _row(entry: AuditEntry) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in COLUMNS}
    return row | {"at": entry.at.isoformat()}


def as_csv(entries: Iterable[AuditEntry]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8; lists as JSON; no cell a formula."""
    yield csv_lines([COLUMNS])
    for entry in entries:
        yield csv_lines([map(_cell, _row(entry).values())])


def as_lines(entries: Iterable[AuditEntry]) -> Iterator[bytes]:
    """One JSON object a line."""
    for entry in entries:
        yield json.dumps(_row(entry), ensure_ascii=False).encode() + b"\n"


def _cell(value: Any) -> str | int:
    if value is None or isinstance(value, int):
        return "" if value is None else value
    return harmless(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


Writer = Callable[[Iterable[AuditEntry]], Iterator[bytes]]
FORMS: Mapping[str, tuple[str, Writer]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "jsonl": ("application/x-ndjson; charset=utf-8", as_lines),
}
