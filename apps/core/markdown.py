"""The registry's texts as safe HTML.

The registry sends its long texts as markdown, in which it writes paragraphs, `*` and numbered lists, and backslashes
before signs that markdown would otherwise read (`\\<400`, `1.5 x 10\\^6`). Texts from older versions carry no markup at
all: their lists are lines, or `-` with indentation. So only lists, links and escapes are read as markup here. Whatever
else looks like it stays as it is written: the asterisk in `2*10^6 cells/kg` is a multiplication sign, `> 18 years` is
not a quotation, and an indented line is not code.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import nh3
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

# A longer text is shown as it is written; the longest field that the registry accepts is far shorter.
MAX_LENGTH = 50_000

_TAGS = {"p", "br", "ul", "ol", "li", "a"}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}

_NOT_READ = "code fence blockquote hr heading lheading reference html_block html_inline image emphasis backticks"
_READER = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20}).disable(_NOT_READ.split())

# Signs that the reader would act on. A text without any is paragraphs and lines, and needs no reader.
_MARKUP = re.compile(r"[\\\[&]|<[a-z]|^[ \t]*(?:[*+-]|\d{1,9}[.)])(?:\s|$)", re.MULTILINE | re.IGNORECASE)
_BULLET = re.compile(r"^([ \t]*)[•●▪◦·‣][ \t]*(?=\S)", re.MULTILINE)
_PLUS = re.compile(r"^([ \t]*)\+(?=\s)", re.MULTILINE)
_DEEP = re.compile(r"^ {2,}(?=\S)", re.MULTILINE)
_ITEM = re.compile(r"^ *(?:[*-]|\d{1,3}[.)]) +\S", re.MULTILINE)
# Some sponsors send entities, and some of those went through an encoder twice.
_ENTITY = re.compile(r"\\?&(?:amp;)*(?=(?:#\d{1,6}|lt|gt|amp|quot|apos|nbsp);)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
# No page can hold these: control characters, and halves of a character.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")

# Private characters that stand for the ends of a mark while its text becomes HTML.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARKED = re.compile(f"{_OPEN}([^<>{_OPEN}{_CLOSE}]*){_CLOSE}")
_ENDS = re.compile(f"[{_OPEN}{_CLOSE}]")
_TAG = re.compile(r"<(?:[^>\"]|\"[^\"]*\")*>")
# What a line begins with that is read as markup; a mark begins after it.
_LINE_START = re.compile(r"[ \t]*(?:(?:[*+•●▪◦·‣-]|\d{1,9}[.)])(?:[ \t]+|$))*")


class Mark(NamedTuple):
    """A stretch [start, end) of a text, in code points, and the id that it has on the page."""

    start: int
    end: int
    id: str


@lru_cache(maxsize=256)
def render_markdown(text: str) -> SafeString:
    """Safe HTML of one text: paragraphs, lists, links that search engines do not follow. Never raises."""
    text = _UNSHOWABLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if "\n" in text:
        text = _BULLET.sub(r"\1* ", text)
    if len(text) > MAX_LENGTH or not _MARKUP.search(text):
        return SafeString(_paragraphs(text))
    try:
        rendered = _READER.render(_ENTITY.sub("&", _PLUS.sub(r"\1\+", _shallow(text))))
    except Exception:
        # A page with one text as it was written is better than no page.
        return SafeString(_paragraphs(text))
    clean = nh3.clean(rendered, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="nofollow noopener")
    return SafeString(clean.strip())


def plain_text(text: str) -> str:
    """The text as it reads, without the registry's backslashes and entities: for titles, table cells and quotations."""
    if "&" in text:
        text = html.unescape(_ENTITY.sub("&", text))
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def render_marked(text: str, marks: Sequence[Mark]) -> SafeString:
    """As `render_markdown`, with these stretches, in order and apart, in `<mark>` elements.

    A mark that reaches over several lines becomes one element a line. Where marks would change how the text reads,
    there are none, and their ids stand before it.
    """
    plain, pieces = render_markdown(text), [piece for mark in marks for piece in _lines_of(text, mark)]
    shown = render_markdown(_with_ends(text, pieces))
    words = _MARKED.findall(_TAG.sub(lambda tag: _ENDS.sub("", tag[0]), shown))
    if _ENDS.sub("", shown) != plain or len(words) != len(pieces) or _ENDS.search(text):
        return format_html("{}{}", _anchors(marks), plain)
    named = iter(pieces)
    return SafeString(_anchors(_lost(marks, pieces)) + _MARKED.sub(lambda found: _mark(found[1], next(named)), shown))


def plain_marked(text: str, marks: Sequence[Mark]) -> SafeString:
    """As `plain_text`, but as HTML, with these stretches in `<mark>` elements like those of `render_marked`."""
    shown, told, at = [], [], 0
    for mark in marks:
        start, end = _apart_from_signs(text, mark)
        for part, marked in ((text[at:start], False), (text[start:end], True)):
            told.append(plain_text(part))
            shown.append(_mark(html.escape(told[-1]), mark) if marked else html.escape(told[-1]))
        at = end
    told.append(plain_text(text[at:]))
    if "".join(told) != plain_text(text):
        return format_html("{}{}", _anchors(marks), plain_text(text))
    return SafeString("".join(shown) + html.escape(told[-1]))


def _mark(words: str, mark: Mark) -> str:
    return f'<mark id="{html.escape(mark.id)}">{words}</mark>' if mark.id else f"<mark>{words}</mark>"


def _anchors(marks: Sequence[Mark]) -> SafeString:
    return format_html_join("", '<span id="{}"></span>', ((mark.id,) for mark in marks))


def _lost(marks: Sequence[Mark], pieces: Sequence[Mark]) -> list[Mark]:
    """The marks of which nothing is left to show."""
    shown = {piece.id for piece in pieces}
    return [mark for mark in marks if mark.id not in shown]


def _lines_of(text: str, mark: Mark) -> Iterator[Mark]:
    """A mark line by line, without what begins a line as markup; only the first has the id."""
    start, end = _apart_from_signs(text, mark)
    name = mark.id
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        line_start = text.rfind("\n", 0, start) + 1
        begin = _LINE_START.match(text, line_start)
        low = max(start, begin.end() if begin else start)
        words = text[low:stop]
        low, high = low + len(words) - len(words.lstrip()), low + len(words.rstrip().rstrip("\\"))
        if low < high:
            yield Mark(low, high, name)
            name = ""
        start = stop + 1


def _apart_from_signs(text: str, mark: Mark) -> tuple[int, int]:
    """The two ends of a mark, moved so that a backslash stays with the sign that it escapes."""
    start, end = mark.start, mark.end
    if text[start - 1 : start] == "\\" and _ESCAPE.match(text, start - 1):
        start -= 1
    if text[end - 1 : end] == "\\" and _ESCAPE.match(text, end - 1):
        end -= 1
    return start, max(start, end)


def _with_ends(text: str, pieces: Sequence[Mark]) -> str:
    parts, at = [], 0
    for piece in pieces:
        parts += [text[at : piece.start], _OPEN, text[piece.start : piece.end], _CLOSE]
        at = piece.end
    return "".join((*parts, text[at:]))


def _paragraphs(text: str) -> str:
    blocks = (html.escape(block.strip(), quote=False) for block in _BLANK_LINES.split(text))
    return "\n".join("<p>" + block.replace("\n", "<br>\n") + "</p>" for block in blocks if block)


def _shallow(text: str) -> str:
    """Take away the margin that older texts have before every item: four blanks mean something else in markdown."""
    margins = [len(match.group()) - len(match.group().lstrip()) for match in _ITEM.finditer(text)]
    margin = min(margins, default=0)
    if margin < 2:
        return text
    return _DEEP.sub(lambda match: " " * max(0, len(match.group()) - margin), text)
