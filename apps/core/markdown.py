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
from functools import lru_cache

import nh3
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
