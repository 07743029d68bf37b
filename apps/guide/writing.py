"""How texts are written in a form of the desk, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.core.languages import ENGLISH
from apps.guide.sections import LEAFLET, Layout, Parts, Written

# What we have not done, or not found, needs no source.
_NOT_DONE: Mapping[str, str] = {ENGLISH: "We have not", "es": "No hemos"}
# Words that only a source may use, in quotation marks.
PROMISES: Mapping[str, re.Pattern[str]] = {
    ENGLISH: re.compile(
        r"\b(cures?|cured|breakthroughs?|hopes?|miracles?|promising|safe|effective|proven)\b", re.IGNORECASE
    ),
    "es": re.compile(
        r"\b(curas?|curan|cura|curación|curad[oa]s?|esperanzas?|milagros?|milagros[oa]s?|prometedor(?:a|es|as)?|"
        r"segur[oa]s?|efica(?:z|ces)|revolucionari[oa]s?)\b",
        re.IGNORECASE,
    ),
}
# "No es seguro que" speaks of doubt, "seguro médico" of money.
_DOUBT = re.compile(r"\bno (?:es|está) segur[oa]\b|\bseguros? (?:médicos?|de salud)\b", re.IGNORECASE)
_QUOTED = re.compile(r"“[^”]*”|«[^»]*»")

TEXT_LENGTH = 1200
STATEMENTS = 30
NAME_LENGTH = 200
NOTE_LENGTH = 500
_SOURCES_LENGTH = 8
# What can be found in a text: something with two letters or digits side by side, as single letters stand everywhere.
_WORDED = re.compile(r"[^\W_]{2}")
_CITED = re.compile(r"\s*\[([^\[\]]*)\]\s*$")
# No page can hold these: control characters, and halves of a character.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ud800-\udfff]")
FORMS, FORM_LENGTH = 20, 60


class Refused(ValueError):
    """What was written cannot stand; the message says why and what to do. `place` is the field, "" for the whole."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


def as_text(statements: Iterable[Written]) -> str:
    """A section as a form holds it: a paragraph a statement, its sources in brackets at the end."""
    return "\n\n".join(
        item["text"] + (f" [{', '.join(item['sources'])}]" if item["sources"] else "") for item in statements
    )


def as_statements(
    section: str, text: str, *, layout: Layout = LEAFLET, known: Collection[str], language: str
) -> list[Written]:
    """The statements of a section from the text of a form. Refused says which paragraph cannot stand, and why."""
    paragraphs = _paragraphs(section, text)
    most = (layout.most or {}).get(section, STATEMENTS)
    if len(paragraphs) > most:
        told = {"n": len(paragraphs), "most": most}
        raise Refused(
            section, _("It has %(n)d paragraphs; a section may have %(most)d. Join or leave out some.") % told
        )
    sourced = section not in layout.asked | layout.ours
    found = [
        _statement(_refusal(section, number, paragraph), paragraph, sourced, known, language)
        for number, paragraph in enumerate(paragraphs, start=1)
    ]
    for number, item in enumerate(found, start=1):
        if section in layout.asked and "?" not in item["text"]:
            raise _refusal(section, number, item["text"])(_("it asks nothing. Write a question, with its mark."))
    return found


def as_definition(place: str, text: str, *, sourced: bool, known: Collection[str], language: str) -> Written:
    """What a term means, from the text of a form: one paragraph with its sources at the end. Raises Refused."""
    paragraphs = _paragraphs(place, text)
    if len(paragraphs) != 1:
        raise Refused(place, _("Say what the word means in one paragraph."))

    def refuse(message: str, **told: Any) -> Refused:
        sentence = message % told
        return Refused(place, sentence[:1].upper() + sentence[1:])

    return _statement(refuse, paragraphs[0], sourced, known, language)


def as_forms(place: str, text: str) -> list[str]:
    """How pages write a word, from the text of a form: one to a line, each once. Raises Refused."""
    lines = (" ".join(line.split()) for line in _lines(place, text).split("\n"))
    forms = list(dict.fromkeys(filter(None, lines)))
    if len(forms) > FORMS:
        told = {"n": len(forms), "most": FORMS}
        raise Refused(place, _("These are %(n)d ways to write it; %(most)d may stand. Leave out some.") % told)
    for form in forms:
        if len(form) > FORM_LENGTH or not _WORDED.search(form):
            what = {"form": form[:40], "most": FORM_LENGTH}
            raise Refused(
                place, _("“%(form)s” cannot be looked for. Write a word of two letters to %(most)d characters.") % what
            )
    return forms


def _paragraphs(place: str, text: str) -> list[str]:
    paragraphs = re.split(r"\n\s*\n", _lines(place, text))
    return [" ".join(paragraph.split()) for paragraph in paragraphs if paragraph.strip()]


def _lines(place: str, text: str) -> str:
    """A text as browsers send it, with plain line breaks. Refused where no page can show it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    _check_characters(place, text)
    return text


def _refusal(section: str, number: int, paragraph: str) -> Callable[..., Refused]:
    """Makes what is raised for a paragraph, from the reason."""

    def refuse(message: str, **told: Any) -> Refused:
        start = _("Paragraph %(number)d, “%(start)s…”:") % {"number": number, "start": paragraph[:40]}
        return Refused(section, f"{start} {message % told}")

    return refuse


def _statement(
    refuse: Callable[..., Refused],
    paragraph: str,
    sourced: bool,
    known: Collection[str],
    language: str,
) -> Written:
    cited = _CITED.search(paragraph)
    words = paragraph[: cited.start()].strip() if cited else paragraph
    keys = list(dict.fromkeys(key for key in re.split(r"[,;\s]+", cited[1]) if key)) if cited else []
    if not words:
        raise refuse(_("there are sources but no sentence. Write one, or take the brackets out."))
    if len(words) > TEXT_LENGTH:
        raise refuse(_("it has %(n)d characters, and %(most)d may stand. Split it."), n=len(words), most=TEXT_LENGTH)
    if strange := [key for key in keys if key not in known]:
        raise refuse(
            _("there is no source “%(key)s”. Add it to the sources first, or mend the key."), key=strange[0][:60]
        )
    if len(keys) > _SOURCES_LENGTH:
        raise refuse(
            _("it cites %(n)d sources; name the %(most)d that say it best."), n=len(keys), most=_SOURCES_LENGTH
        )
    if not keys and sourced and not words.startswith(_NOT_DONE.get(language, "\0")):
        raise refuse(
            _("it has no source. Write the key of one at its end, such as [fda-regenerative], or leave it out.")
        )
    if promise := promised(words, language):
        raise refuse(
            _("the word “%(word)s” promises something. Say it otherwise, or quote the source in quotation marks."),
            word=promise,
        )
    return {"text": words, "sources": keys}


def promised(text: str, language: str) -> str:
    """The first word outside quotation marks that promises something; "" when there is none."""
    pattern = PROMISES.get(language)
    plain = _DOUBT.sub(" ", _QUOTED.sub(" ", text)) if pattern else ""
    found = pattern.search(plain) if pattern else None
    return found[0] if found else ""


def as_line(place: str, text: str, most: int) -> str:
    """A text of one line from a form. Refused when no page can show it, or when it is too long."""
    line = " ".join(text.split())
    _check_characters(place, text)
    if len(line) > most:
        told = {"n": len(line), "most": most}
        raise Refused(place, _("It has %(n)d characters, and %(most)d may stand. Shorten it.") % told)
    return line


def _check_characters(place: str, text: str) -> None:
    if found := _UNSHOWABLE.search(text):
        told = {"code": f"{ord(found[0]):04X}"}
        raise Refused(place, _("It holds a character that no page can show (U+%(code)s). Take it out.") % told)


def cited_in(parts: Parts) -> set[str]:
    """The keys of every source that some parts cite."""
    return {key for statements in parts.values() for item in statements for key in item["sources"]}
