"""How to cite a list: in words, as RIS and as BibTeX.

It names what the list is of (its number and the query in words), where it is, of which registry data and rules it was
made, and the day on which it was read.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

from apps.exports.about import NAME, REGISTRY, About
from apps.exports.references import bibtex_entry, braced, ris_record


def as_ris(about: About) -> str:
    made = about.day
    return ris_record(
        [
            ("TY", "DATA"),
            ("TI", about.words),
            ("T2", about.collection),
            ("AU", NAME),
            ("PY", made[:4]),
            ("DA", made.replace("-", "/")),
            ("Y2", made.replace("-", "/")),
            ("ET", about.version),
            ("DB", REGISTRY),
            ("UR", about.url),
            ("UR", about.short_url),
            ("N1", about.citation),
        ]
    )


def as_bibtex(about: About) -> str:
    made = about.day
    return bibtex_entry(
        "misc",
        f"{NAME}-{made}-{zlib.crc32(about.url.encode()):08x}",
        {
            "title": braced(f"{about.words}. {about.collection}"),
            "author": braced(NAME),
            "year": made[:4],
            "month": str(int(made[5:7])),
            "version": about.version,
            "howpublished": rf"\url{{{about.short_url}}}",
            "url": about.url,
            "urldate": made,
            "note": about.data,
        },
    )


# By the ending of the address: what is sent, and how it is written.
CITATIONS: Mapping[str, tuple[str, Callable[[About], str]]] = {
    "txt": ("text/plain; charset=utf-8", lambda about: about.citation + "\n"),
    "ris": ("application/x-research-info-systems; charset=utf-8", as_ris),
    "bib": ("application/x-bibtex; charset=utf-8", as_bibtex),
}
