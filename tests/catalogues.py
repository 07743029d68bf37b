"""What the code asks to have translated, and what a catalogue of a language has. Needs no gettext on the machine."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize

BASE = Path(settings.BASE_DIR)
LOCALE = BASE / "locale"
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]

_CALLS = {"gettext", "ngettext", "pgettext", "npgettext"}
_IN_TEMPLATE = re.compile(r"(?<!\w)(n?p?gettext|_)\(")
_LITERAL = re.compile(r"""\s*u?("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*,?""")
_IGNORED = re.compile(r'ignored="(.*?)"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Message:
    """A text to translate; `plural` is "" where it has none."""

    text: str
    plural: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    message: Message
    told: tuple[str, ...]
    fuzzy: bool


def ignored() -> list[str]:
    """The files that stay English, as bin/messages names them."""
    found = _IGNORED.search((BASE / "bin" / "messages").read_text())
    assert found
    return found[1].split()


def wanted() -> dict[Message, str]:
    """Every text of the patients' side with a file that has it."""
    found: dict[Message, str] = {}
    for folder, suffix, read in (("apps", ".py", _in_code), ("templates", ".html", _in_template)):
        for path in sorted((BASE / folder).rglob(f"*{suffix}")):
            name = str(path.relative_to(BASE))
            if not any(fnmatch(name, pattern) for pattern in ignored()):
                for message in read(path.read_text(encoding="utf-8")):
                    found.setdefault(message, name)
    return found


def _in_code(source: str) -> Iterator[Message]:
    tree = ast.parse(source)
    # The vocabulary marks texts by a function of its own, since Django's asks for settings.
    names = {"gettext_noop": "gettext"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            names |= {
                item.asname or item.name: item.name.removesuffix("_lazy").removesuffix("_noop") for item in node.names
            }
        elif isinstance(node, ast.FunctionDef) and node.name == "gettext_noop":
            names[node.name] = "gettext"  # a mark of a module's own
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and names.get(node.func.id) in _CALLS:
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if texts:
                yield _message(names[node.func.id], texts)


def _in_template(source: str) -> Iterator[Message]:
    code = templatize(source)
    for call in _IN_TEMPLATE.finditer(code):
        texts, at = [], call.end()
        while literal := _LITERAL.match(code, at):
            texts.append(ast.literal_eval(literal[1]))
            at = literal.end()
        if texts:
            yield _message("gettext" if call[1] == "_" else call[1], texts)


def _message(call: str, texts: list[str]) -> Message:
    context = texts.pop(0) if "pgettext" in call else ""
    return Message(texts[0], texts[1] if call.startswith("n") else "", context)


def catalogue(language: str) -> list[Entry]:
    """The entries of a language's .po file, its head left out."""
    found = []
    for block in (LOCALE / language / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8").split("\n\n"):
        parts: dict[str, str] = {}
        key, fuzzy = "", False
        for line in block.splitlines():
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            if line.startswith("msg"):
                key, _, line = line.partition(" ")
                parts[key] = ""
            if line.startswith('"'):
                parts[key] += ast.literal_eval(line)
        if parts.get("msgid"):
            told = tuple(value for name, value in parts.items() if name.startswith("msgstr"))
            message = Message(parts["msgid"], parts.get("msgid_plural", ""), parts.get("msgctxt", ""))
            found.append(Entry(message, told, fuzzy))
    return found


def compiled(language: str) -> gettext.GNUTranslations:
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)
