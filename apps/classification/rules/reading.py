"""A record as the rules see it: every term found in it, by group, with the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from functools import cache
from typing import NamedTuple

from apps.studies.records import StudyRecord
from apps.studies.texts import iter_texts
from apps.vocabulary.terms import finder, mesh_group, terms

# Stands between two texts when they are read in one pass. No phrase reaches across it.
_BETWEEN_TEXTS = "\x00"


_WORD = re.compile(r"[^\W_]+")
# Words that may stand between a denial and what it denies. "No" is near to its noun, "without the use of" is not.
_DENIAL_REACH = {"denial": 1, "denial-of-phrase": 4}
_DENIAL_ENDS = re.compile(r"[.;:!?\n]")


# An abbreviation in brackets behind what it stands for, whose letters are the first of its words.
_DEFINED = re.compile(r"\(([A-Z]{2,6})s?\)")
_DEFINED_REACH = 80
# Groups whose abbreviations stand for cells.
_ABBREVIATED_CELLS = ("msc", "msc-by-tissue", "hsc", "hsc-abbreviation")


class Place(Enum):
    """The part of a record in which a text stands."""

    TITLE = "title"
    CONDITION = "condition"
    CONDITION_MESH = "condition MeSH term"
    KEYWORD = "keyword"
    INTERVENTION = "name of an intervention"
    INTERVENTION_MESH = "intervention MeSH term"
    ARM = "arm, or description of an intervention"
    DESCRIPTION = "summary or description"
    CRITERIA = "eligibility criteria"


# What the study says of itself at first sight.
HEADLINE = frozenset({Place.TITLE, Place.INTERVENTION, Place.INTERVENTION_MESH})
# What people in the study are given.
GIVEN = HEADLINE | {Place.ARM}
# What the study is about.
STATED = frozenset({Place.TITLE, Place.CONDITION, Place.CONDITION_MESH})
ANYWHERE = frozenset(Place)
# Where whole sentences stand, and with them denials.
_PROSE = frozenset({Place.TITLE, Place.INTERVENTION, Place.ARM, Place.DESCRIPTION})


class Hit(NamedTuple):
    """A term in a text of the record, at [start, end) of that text."""

    group: str
    place: Place
    path: str
    text: str
    start: int
    end: int


@cache
def _abbreviations() -> dict[str, str]:
    return {word: group for group, table in terms()["terms"].items() for word in table.get("alone", ())}


@cache
def _qualifiers() -> frozenset[str]:
    return frozenset(terms()["qualifiers"]["words"])


@cache
def _abbreviation() -> re.Pattern[str]:
    """An abbreviation of a disease as a word of its own: not the end of LC-MS, not the beginning of MS/MS."""
    return re.compile(rf"(?<![\w/-])(?:{'|'.join(map(re.escape, _abbreviations()))})(?![\w/-])")


class Reading:
    """The terms of one record. Reads it once; all questions are answered from what was found then."""

    def __init__(self, record: StudyRecord) -> None:
        self.record = record
        self._hits: dict[str, list[Hit]] = {}
        self._denied: list[Hit] = []
        denial: Hit | None = None
        texts = list(iter_texts(record))
        following, begin, end = iter(texts), 0, -1
        for group, start, stop in finder().find(_BETWEEN_TEXTS.join(text for _, text in texts)):
            while start > end:
                (path, text), begin = next(following), end + 1
                place, end = place_of(path), begin + len(text)
            hit = Hit(group, place, path, text, start - begin, stop - begin)
            if denial and denial.path == path and place in _PROSE and _reaches(denial, hit):
                self._denied.append(hit)
            elif group in _DENIAL_REACH:
                denial = hit
            else:
                self._hits.setdefault(group, []).append(hit)
        self._leave_out_other_meanings(texts)
        self._read_meshes()
        self._read_abbreviations((path, text) for path, text in texts[:3] if place_of(path) is Place.TITLE)

    def hits(self, groups: Iterable[str], places: Collection[Place] = ANYWHERE) -> list[Hit]:
        """The hits of these groups in these places: group by group, each in reading order."""
        return [hit for group in groups for hit in self._hits.get(group, ()) if hit.place in places]

    def has(self, groups: Iterable[str], places: Collection[Place] = ANYWHERE) -> bool:
        """Whether a term of one of these groups stands in one of these places."""
        return any(hit.place in places for group in groups for hit in self._hits.get(group, ()))

    def denied(self, groups: Iterable[str], places: Collection[Place] = ANYWHERE) -> list[Hit]:
        """Terms of these groups that the text names only to say that they are not given: "without stem cell rescue"."""
        return [hit for hit in self._denied if hit.group in groups and hit.place in places]

    def _leave_out_other_meanings(self, texts: list[tuple[str, str]]) -> None:
        """Abbreviations of cells that the record explains as something else: "Home Self-Care Training (HSCT)"."""
        named = [group for group in _ABBREVIATED_CELLS if group in self._hits]
        if not named:
            return
        others = {found for path, text in texts if place_of(path) in _PROSE for found in self._explained(path, text)}
        for group in named if others else ():
            self._hits[group] = [
                hit for hit in self._hits[group] if hit.text[hit.start : hit.end].rstrip("s") not in others
            ]

    def _explained(self, path: str, text: str) -> Iterator[str]:
        """Abbreviations that this text explains by words of which none is a term."""
        for found in _DEFINED.finditer(text):
            letters, begin = found[1], max(0, found.start() - _DEFINED_REACH)
            words = list(_WORD.finditer(text, begin, found.start()))[-len(letters) :]
            if "".join(word.group()[0].upper() for word in words) != letters:
                continue
            first = words[0].start()
            if not any(
                hit.path == path and hit.start < found.start() and hit.end > first
                for hits in self._hits.values()
                for hit in hits
            ):
                yield letters

    def abbreviated(self, group: str) -> list[Hit]:
        """The abbreviations of a disease in summary and description.

        Not among the hits: they tell of the disease only where the record is of nothing else that they may stand for.
        """
        return [
            Hit(group, Place.DESCRIPTION, path, text, *found.span())
            for path, text in iter_texts(self.record)
            if place_of(path) is Place.DESCRIPTION
            for found in _abbreviation().finditer(text)
            if _abbreviations()[found.group()] == group
        ]

    def _add(self, group: str, path: str, text: str, start: int, end: int) -> None:
        self._hits.setdefault(group, []).append(Hit(group, place_of(path), path, text, start, end))

    def _read_abbreviations(self, titles: Iterable[tuple[str, str]]) -> None:
        """An abbreviation counts as a condition or keyword, alone or qualified.

        In a title it counts when the record writes it out too; else it is a hit of the group "disease-abbreviation".
        """
        module = self.record.protocol.conditions
        for name, texts in (("conditions", module.conditions), ("keywords", module.keywords)):
            for i, text in enumerate(texts):
                for found in _abbreviation().finditer(text):
                    rest = _WORD.findall(f"{text[: found.start()]} {text[found.end() :]}".lower())
                    if _qualifiers().issuperset(rest):
                        path = f"protocolSection.conditionsModule.{name}[{i}]"
                        self._add(_abbreviations()[found.group()], path, text, *found.span())
        for path, text in titles:
            for found in _abbreviation().finditer(text):
                group = _abbreviations()[found.group()]
                self._add(group if self.has([group]) else "disease-abbreviation", path, text, *found.span())

    def _read_meshes(self) -> None:
        for i, mesh in enumerate(self.record.derived.condition_browse.meshes):
            group = mesh_group(mesh.id)
            path = f"derivedSection.conditionBrowseModule.meshes[{i}].term"
            if group and mesh.term and not any(hit.path == path for hit in self._hits.get(group, ())):
                self._add(group, path, mesh.term, 0, len(mesh.term))


@cache
def place_of(path: str) -> Place:
    """The place of a path that `iter_texts` gives."""
    _, module, rest = path.split(".", 2)
    if module == "identificationModule":
        return Place.TITLE
    if module == "conditionsModule":
        return Place.CONDITION if rest.startswith("conditions") else Place.KEYWORD
    if module == "conditionBrowseModule":
        return Place.CONDITION_MESH
    if module == "interventionBrowseModule":
        return Place.INTERVENTION_MESH
    if module == "armsInterventionsModule":
        named = rest.startswith("interventions") and not rest.endswith(".description")
        return Place.INTERVENTION if named else Place.ARM
    return Place.DESCRIPTION if module == "descriptionModule" else Place.ARM


def _reaches(denial: Hit, hit: Hit) -> bool:
    """Whether a denial speaks of the term that follows it: few words later, in the same sentence."""
    if hit.start - denial.end >= 60:
        return False
    between = hit.text[denial.end : hit.start]
    return len(between.split()) <= _DENIAL_REACH[denial.group] and not _DENIAL_ENDS.search(between)
