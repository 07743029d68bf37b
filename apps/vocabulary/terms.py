"""The terms of `terms.toml` and `card_terms`, read once, and the finders that look for all of them in one pass.

The files are what a release knows. `amended` lays over them what people have accepted since: phrases more or less.

Built on RE2: its time grows with the text's length and with nothing else, so no text can hang it.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import re2

TERMS_FILE = Path(__file__).with_name("terms.toml")
CARD_TERMS = Path(__file__).with_name("card_terms")
DRUG_NAMES = Path(__file__).with_name("drug_names.toml")

ACTS = ADD, REMOVE = "add", "remove"
# The lists of a group in which people may change something: phrases, and abbreviations that keep their capitals.
FORMS = PHRASES, EXACT = "phrases", "exact"
# The files of `card_terms` that are looked for in one pass: no phrase may stand in two groups of these.
READ_TOGETHER = ("product", "routes", "things")

# What may stand between two words of a phrase. A full stop and a semicolon may not: they end a thought.
_BETWEEN = r"[\s\-‐‑‒–—_/,'’´`()\\*®™]{1,4}"
_APOSTROPHE = r"['’´`]?"
_WORD = re.compile(r"[^\W_]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_APOSTROPHES = re.compile(_APOSTROPHE[:-1] + r"(?=[sS]\b)")


@cache
def terms() -> dict[str, Any]:
    """The file's tables as plain dictionaries and lists. Raises tomllib.TOMLDecodeError for a file that is not TOML."""
    return tomllib.loads(TERMS_FILE.read_text(encoding="utf-8"))


class Change(NamedTuple):
    """A phrase more (`act` is "add") or less ("remove") in one list (`form`) of a group.

    `group` is a group of `terms.toml`, or "file/field.value" of `card_terms`. `phrase` is written as in the files: a
    phrase in small letters, an abbreviation with its capitals.
    """

    act: str
    group: str
    form: str
    phrase: str


@dataclass(frozen=True)
class Amendments:
    """What people have accepted over the files. `version` moves with each yes and each taking back; 0 before any."""

    changes: tuple[Change, ...] = ()
    version: int = 0


class Found(NamedTuple):
    """A term in a text: its group and where it stands, in code points."""

    group: str
    start: int
    end: int


class TermFinder:
    """Finds the phrases of every group in one pass; at each place the longest phrase wins.

    Raises ValueError when two groups claim the same phrase. What is `added` gives way instead, so that no release of
    the files can be stopped by it: `claimed` tells of each such phrase, as (group, form, phrase), which group has it.
    """

    def __init__(
        self,
        groups: Mapping[str, Mapping[str, Any]],
        spellings: Mapping[str, Iterable[str]],
        added: Iterable[tuple[str, str, str]] = (),
    ) -> None:
        self._spellings = {word: tuple(others) for word, others in spellings.items()}
        self._plain = {
            _singular(other): _singular(word)
            for word, others in self._spellings.items()
            for other in others
            if " " not in other
        }
        self._folded: dict[str, str] = {}
        self._exact: dict[str, str] = {}
        self.claimed: dict[tuple[str, str, str], str] = {}
        alternatives = []
        for group, table in groups.items():
            for form in FORMS:
                for phrase in table.get(form, ()):
                    for key, pattern in self._keys(form, phrase):
                        self._claim(self._table(form), key, group)
                        alternatives.append(pattern)
        for group, form, phrase in added:
            table, keys = self._table(form), dict(self._keys(form, phrase))
            if has := next((table[key] for key in keys if key in table), None):
                self.claimed[group, form, phrase] = has
            else:
                table.update(dict.fromkeys(keys, group))
                alternatives += keys.values()
        options = re2.Options()
        options.case_sensitive = False
        options.longest_match = True
        # A bound, of which a tenth is used; past it RE2 is ten times slower, and a test watches for that.
        options.max_mem = 128 << 20
        self._pattern = re2.compile(rf"\b(?:{'|'.join(dict.fromkeys(alternatives))})\b", options)
        self._group_of = lru_cache(maxsize=8192)(self._look_up)

    def find(self, text: str) -> Iterator[Found]:
        """Every term in the text, from left to right, without overlap."""
        try:
            # In ASCII a byte is a code point, and matching bytes spares the counting.
            for match in self._pattern.finditer(text.encode() if text.isascii() else text):
                start, end = match.span()
                group = self._group_of(text[start:end])
                if group:
                    yield Found(group, start, end)
        except UnicodeEncodeError:
            # Half of a surrogate pair is no text; one sign for one keeps every offset.
            yield from self.find(_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text))

    def _key(self, quote: str) -> str:
        return " ".join(_WORD.findall(_APOSTROPHES.sub("", quote)))

    def _look_up(self, quote: str) -> str | None:
        key = self._key(quote)
        return self._exact.get(key) or self._exact.get(key.removesuffix("s")) or self._folded.get(self._fold(key))

    def _claim(self, table: dict[str, str], key: str, group: str) -> None:
        if table.setdefault(key, group) != group:
            raise ValueError(f"{key!r} stands in {table[key]} and in {group}")

    def _table(self, form: str) -> dict[str, str]:
        return self._folded if form == PHRASES else self._exact

    def _keys(self, form: str, phrase: str) -> Iterator[tuple[str, str]]:
        """By what a phrase is known once it is found, and the pattern that finds it."""
        if form == PHRASES:
            yield from ((self._fold(variant), self._phrase_pattern(variant)) for variant in self._variants(phrase))
        else:
            words = _WORD.findall(phrase)
            yield " ".join(words), f"(?-i:{_BETWEEN.join(map(re.escape, words))}s?)"

    def _variants(self, phrase: str) -> Iterator[str]:
        """The phrase, and the phrase with each spelling of more than one word put in."""
        choices = [
            [word, *(other for other in self._spellings.get(word, ()) if " " in other)] for word in phrase.split()
        ]
        return (" ".join(words) for words in itertools.product(*choices))

    def _fold(self, phrase: str) -> str:
        words = _WORD.findall(_APOSTROPHES.sub("", phrase.lower()))
        # A spelling may itself be a plural ("therapies"), or be found in its plural.
        return " ".join(self._plain.get(word) or self._plain.get(_singular(word), _singular(word)) for word in words)

    def _phrase_pattern(self, phrase: str) -> str:
        return _BETWEEN.join(self._word_pattern(word) for word in phrase.split())

    def _word_pattern(self, word: str) -> str:
        spellings = [word, *(other for other in self._spellings.get(word, ()) if " " not in other)]
        plural = "" if word.endswith("s") or len(word) < 3 else "s?"
        choices = "|".join(re.escape(spelling).replace("'", _APOSTROPHE) for spelling in spellings)
        return f"(?:{choices}){plural}"


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


@cache
def card_terms(name: str) -> dict[str, dict[str, Any]]:
    """The tables of one file of `card_terms`: field to value to its phrases. Raises FileNotFoundError."""
    return tomllib.loads((CARD_TERMS / f"{name}.toml").read_text(encoding="utf-8"))


def card_groups(name: str) -> dict[str, dict[str, Any]]:
    """The groups of one file of `card_terms`, "field.value", with their lists. Raises FileNotFoundError."""
    return {f"{field}.{value}": table for field, values in card_terms(name).items() for value, table in values.items()}


@cache
def groups_of_files() -> Mapping[str, Mapping[str, Any]]:
    """Every group that a change may name, with its lists as the files have them: those of `terms.toml` first."""
    names = sorted(path.stem for path in CARD_TERMS.glob("*.toml"))
    cards = {f"{name}/{group}": table for name in names for group, table in card_groups(name).items()}
    return terms()["terms"] | cards


class _Lists:
    """The files with some changes over them. A change whose group or phrase the files no longer have does nothing."""

    def __init__(self, changes: tuple[Change, ...]) -> None:
        self._changes = changes
        self._card_finders: dict[tuple[str, ...], TermFinder] = {}

    @cached_property
    def finder(self) -> TermFinder:
        return self._built(terms()["terms"], "")

    def card_finder(self, names: tuple[str, ...]) -> TermFinder:
        found = self._card_finders.get(names)
        if found is None:
            groups: dict[str, dict[str, Any]] = {}
            for name in names:
                groups |= card_groups(name)
            found = self._card_finders[names] = self._built(groups, *(f"{name}/" for name in names))
        return found

    def _built(self, groups: Mapping[str, Mapping[str, Any]], *places: str) -> TermFinder:
        """`places` are what stands before a group's name in a change."""
        amended = {group: dict(table) for group, table in groups.items()}
        added = []
        for act, told, form, phrase in self._changes:
            place, slash, group = told.rpartition("/")
            if place + slash not in places or group not in amended:
                continue
            if act == ADD:
                added.append((group, form, phrase))
            else:
                amended[group][form] = [each for each in amended[group].get(form, ()) if each != phrase]
        return TermFinder(amended, terms()["spellings"], added)


# What is in force and what is tried out; a finder takes a tenth of a second and some megabytes.
_lists_with = lru_cache(maxsize=4)(_Lists)
_as_filed = _Lists(())
_lists: ContextVar[_Lists] = ContextVar("lists", default=_as_filed)
_version: ContextVar[int] = ContextVar("version", default=0)


@contextmanager
def amended(amendments: Amendments) -> Iterator[None]:
    """Within this the finders know these changes, and `terms_version` is theirs. Elsewhere the files speak alone."""
    lists, version = _lists.set(_lists_with(amendments.changes)), _version.set(amendments.version)
    try:
        yield
    finally:
        _lists.reset(lists)
        _version.reset(version)


def terms_version() -> int:
    """Of the changes that are laid over the files here; 0 where none are."""
    return _version.get()


def finder() -> TermFinder:
    """The finder of all terms that the rules know."""
    return _lists.get().finder


def card_finder(*names: str) -> TermFinder:
    """The finder of these files of `card_terms`: their tables are [field.value], its groups "field.value".

    Raises FileNotFoundError for a file that there is not.
    """
    return _lists.get().card_finder(names)


def finders_of(group: str) -> list[TermFinder]:
    """The finders that look for a group as a change names it. Raises FileNotFoundError for a file that there is not."""
    name, slash, _ = group.rpartition("/")
    if not slash:
        return [finder()]
    return [card_finder(name), card_finder(*READ_TOGETHER)] if name in READ_TOGETHER else [card_finder(name)]


@cache
def names_of_drugs() -> Mapping[str, str]:
    """Short and trade names of drugs (`drug_names.toml`) to the name under which each is counted."""
    names = tomllib.loads(DRUG_NAMES.read_text(encoding="utf-8"))
    return {other: name for name, others in names.items() for other in others}


@cache
def group_of_mesh() -> Mapping[str, str]:
    """MeSH identifiers, in the form D009103, to groups of terms."""
    return {mesh: group for group, table in terms()["terms"].items() for mesh in table.get("mesh", ())}


def mesh_group(identifier: str | None) -> str | None:
    """The group of a MeSH identifier; the registry has written both D009103 and D000009103."""
    if not identifier or not identifier.startswith("D"):
        return None
    digits = identifier[1:].lstrip("0")
    return group_of_mesh().get("D" + digits.rjust(6 if len(digits) <= 6 else 9, "0"))
