"""Registry records as references for a reference manager: RIS and BibTeX, with the fields that those formats have.

The record is what is cited: its lead sponsor stands as the author, the registry's page as the address. Nobody's contact
is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from django.utils.translation import gettext

from apps.exports.about import LIBRARY, REGISTRY, About
from apps.exports.columns import REGISTRY_PAGE
from apps.search.models import StudyDocument
from apps.vocabulary.countries import country_name
from apps.vocabulary.statuses import label_for, phases_label
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG, SCOPE_BY_SLUG

_PLACE = "Bethesda (MD)"
# Letters that mean something to TeX. An address is kept as it is: \\url takes it so.
_TEX = {
    "\\": r"\textbackslash{}",
    # Not \\{ and \\}: BibTeX counts those too when it looks for the end of a field.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_AS_THEY_ARE = {"url", "urldate", "year", "month", "howpublished"}
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


class Braced(str):
    """A text whose capitals, commas and "and" BibTeX shall leave alone."""

    __slots__ = ()


def braced(text: str) -> Braced:
    return Braced(text)


def ris_record(fields: Iterable[tuple[str, str]]) -> str:
    """One RIS record; a field without a value is left out. Lines end as the format wants it."""
    lines = [f"{tag}  - {_line(value)}" for tag, value in fields if value]
    return "\r\n".join([*lines, "ER  - ", "", ""])


def bibtex_entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    """One BibTeX entry; a field without a value is left out."""
    lines = [f"  {name} = {{{_tex(name, value)}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", "", ""])


def study_as_ris(document: StudyDocument, about: About) -> str:
    return ris_record(
        [
            ("TY", "DBASE"),
            ("ID", document.nct_id),
            ("AN", document.nct_id),
            ("TI", document.title),
            ("ST", document.acronym),
            ("AU", document.sponsor),
            ("T2", REGISTRY),
            ("PB", LIBRARY),
            ("CY", _PLACE),
            ("PY", document.first_posted[:4]),
            ("DA", _ris_date(document.first_posted)),
            ("Y2", about.day.replace("-", "/")),
            ("DB", REGISTRY),
            ("DP", about.link),
            ("UR", REGISTRY_PAGE + document.nct_id),
            *(("KW", word) for word in _keywords(document)),
            ("N1", _note(document)),
            ("N1", about.citation),
        ]
    )


def study_as_bibtex(document: StudyDocument, about: About) -> str:
    found = _DATE.match(document.first_posted)
    return bibtex_entry(
        "misc",
        document.nct_id,
        {
            "title": braced(document.title),
            "shorttitle": braced(document.acronym),
            "author": braced(document.sponsor),
            "howpublished": f"{REGISTRY}, {LIBRARY}",
            "year": found[1] if found else "",
            "month": str(int(found[2])) if found and found[2] else "",
            "number": document.nct_id,
            "url": REGISTRY_PAGE + document.nct_id,
            "urldate": about.day,
            "keywords": ", ".join(word.replace(",", ";") for word in _keywords(document)),
            "note": _note(document),
        },
    )


def ris(about: About, batches: Iterable[Iterable[StudyDocument]]) -> Iterator[bytes]:
    for batch in batches:
        yield "".join(study_as_ris(document, about) for document in batch).encode()


def bibtex(about: About, batches: Iterable[Iterable[StudyDocument]]) -> Iterator[bytes]:
    yield "".join(f"% {_line(line)}\n" for line in (about.citation, about.url, *about.notices)).encode() + b"\n"
    for batch in batches:
        yield "".join(study_as_bibtex(document, about) for document in batch).encode()


def _note(document: StudyDocument) -> str:
    """What people look for first, in a line."""
    parts = [
        gettext("Identifier %(id)s") % {"id": document.nct_id},
        str(label_for("status", document.overall_status)),
        phases_label(document.phases),
        ", ".join(country_name(code) for code in document.countries),
        gettext("last update posted %(date)s") % {"date": document.last_update_posted}
        if document.last_update_posted
        else "",
        str(SCOPE_BY_SLUG[document.scope].name) if document.scope != "in_scope" else "",
        {
            "gone": gettext("no longer in the registry"),
            "left": gettext("no longer found by our queries at the registry"),
        }.get(document.registry_state, ""),
    ]
    return "; ".join(part for part in parts if part)


def _keywords(document: StudyDocument) -> list[str]:
    ours = [DISEASE_BY_SLUG[slug].name for slug in document.diseases if slug in DISEASE_BY_SLUG]
    kinds = [CELL_TYPE_BY_SLUG[slug].name for slug in document.cell_types if slug in CELL_TYPE_BY_SLUG]
    return list(dict.fromkeys([*map(str, ours), *map(str, kinds), *document.conditions, *document.interventions]))


def _ris_date(raw: str) -> str:
    """2024-05 as 2024/05//: RIS keeps the places of what is not known."""
    found = _DATE.match(raw)
    return "/".join([*(part or "" for part in found.groups()), ""]) if found else ""


def _line(text: str) -> str:
    """One line: neither format has room for another, and a line of a text must not pass for a field."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _tex(name: str, value: str) -> str:
    text = _line(value)
    if name not in _AS_THEY_ARE:
        text = "".join(_TEX.get(char, char) for char in text)
    return f"{{{text}}}" if isinstance(value, Braced) else text
