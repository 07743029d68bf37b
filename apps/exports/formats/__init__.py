"""The formats in which a list leaves the site. Each is a function from what it says of itself and its documents, batch
by batch, to bytes, piece by piece: none holds more than a batch in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.exports import references
from apps.exports.about import About
from apps.exports.formats import lines, parquet, workbook
from apps.search.models import StudyDocument

Batches = Iterable[Sequence[StudyDocument]]


@dataclass(frozen=True)
class Format:
    """A format. `slug` is the ending of its address and of its file; `most` is how many trials it can hold."""

    slug: str
    name: Promise
    plain: Promise
    media_type: str
    write: Callable[[About, Batches], Iterator[bytes]]
    most: int | None = None


FORMATS: Mapping[str, Format] = {
    item.slug: item
    for item in (
        Format("csv", _("CSV"), _("for any program"), "text/csv; charset=utf-8; header=present", lines.csv),
        Format(
            "xlsx",
            _("Excel"),
            _("with a sheet that says what it is"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            workbook.xlsx,
            workbook.MOST_ROWS,
        ),
        Format("jsonl", _("JSON Lines"), _("one trial a line"), "application/x-ndjson; charset=utf-8", lines.jsonl),
        Format("parquet", _("Parquet"), _("for R, Python, DuckDB"), "application/vnd.apache.parquet", parquet.parquet),
        Format(
            "ris",
            _("RIS"),
            _("for Zotero, EndNote and others"),
            "application/x-research-info-systems; charset=utf-8",
            references.ris,
        ),
        Format("bib", _("BibTeX"), _("for LaTeX"), "application/x-bibtex; charset=utf-8", references.bibtex),
    )
}
