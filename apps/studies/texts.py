"""The texts of a study record with their paths, and the text at a path.

A path is written as the registry's JSON is: `protocolSection.armsInterventionsModule.interventions[0].description`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import msgspec

from apps.studies.records import Mesh, StudyRecord

_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)|\[([0-9]{1,6})\]|\.")

_IDENTIFICATION = "protocolSection.identificationModule."
_DESCRIPTION = "protocolSection.descriptionModule."
_CONDITIONS = "protocolSection.conditionsModule."
_DESIGN = "protocolSection.designModule."
_ARMS = "protocolSection.armsInterventionsModule."
_DERIVED = "derivedSection."


def iter_texts(record: StudyRecord) -> Iterator[tuple[str, str]]:
    """(path, text) of every text that the rules may read, in reading order; empty ones are left out.

    Titles, conditions, keywords, interventions, arms, descriptions and the registry's MeSH terms. Eligibility,
    outcomes, references, contacts and results are not among them: what they name is not what is given or treated.
    """
    protocol = record.protocol
    names = protocol.identification
    if names.brief_title:
        yield _IDENTIFICATION + "briefTitle", names.brief_title
    if names.official_title:
        yield _IDENTIFICATION + "officialTitle", names.official_title
    if names.acronym:
        yield _IDENTIFICATION + "acronym", names.acronym
    for i, text in enumerate(protocol.conditions.conditions):
        if text:
            yield f"{_CONDITIONS}conditions[{i}]", text
    for i, text in enumerate(protocol.conditions.keywords):
        if text:
            yield f"{_CONDITIONS}keywords[{i}]", text
    for i, intervention in enumerate(protocol.arms_interventions.interventions):
        path = f"{_ARMS}interventions[{i}]."
        if intervention.name:
            yield path + "name", intervention.name
        if intervention.description:
            yield path + "description", intervention.description
        for j, text in enumerate(intervention.other_names):
            if text:
                yield f"{path}otherNames[{j}]", text
    for i, arm in enumerate(protocol.arms_interventions.arm_groups):
        path = f"{_ARMS}armGroups[{i}]."
        if arm.label:
            yield path + "label", arm.label
        if arm.description:
            yield path + "description", arm.description
    if protocol.description.brief_summary:
        yield _DESCRIPTION + "briefSummary", protocol.description.brief_summary
    if protocol.description.detailed_description:
        yield _DESCRIPTION + "detailedDescription", protocol.description.detailed_description
    if protocol.design.design_info.intervention_model_description:
        yield (
            _DESIGN + "designInfo.interventionModelDescription",
            protocol.design.design_info.intervention_model_description,
        )
    yield from _iter_meshes("conditionBrowseModule", record.derived.condition_browse.meshes)
    yield from _iter_meshes("interventionBrowseModule", record.derived.intervention_browse.meshes)


def _iter_meshes(module: str, meshes: Sequence[Mesh]) -> Iterator[tuple[str, str]]:
    for i, mesh in enumerate(meshes):
        if mesh.term:
            yield f"{_DERIVED}{module}.meshes[{i}].term", mesh.term


def value_at(payload: Mapping[str, Any] | StudyRecord, path: str) -> str:
    """The text at a path of a record, decoded JSON or parsed.

    Raises LookupError when the path leads nowhere or to something that is not text, ValueError for what is no path.
    """
    value: Any = payload
    for step in _steps(path):
        value = _item(value, step, path) if isinstance(step, int) else _member(value, step, path)
    if not isinstance(value, str):
        raise LookupError(f"No text at {path}")
    return value


def _item(value: Any, index: int, path: str) -> Any:
    if not isinstance(value, (list, tuple)) or index >= len(value):
        raise LookupError(f"Nothing at {path}")
    return value[index]


def _member(value: Any, name: str, path: str) -> Any:
    if isinstance(value, Mapping):
        if name not in value:
            raise LookupError(f"Nothing at {path}")
        return value[name]
    if isinstance(value, msgspec.Struct) and name in (members := _members(type(value))):
        return getattr(value, members[name])
    raise LookupError(f"Nothing at {path}")


@cache
def _members(part: type[msgspec.Struct]) -> Mapping[str, str]:
    """Attribute names by the registry's."""
    return {member.encode_name: member.name for member in msgspec.structs.fields(part)}


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[str | int, ...]:
    """Names and numbers of a path; kept, since the records' paths are much the same."""
    steps: list[str | int] = []
    position = 0
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            raise ValueError(f"Not a path: {path!r}")
        name, index = found.groups()
        if name:
            steps.append(name)
        elif index:
            steps.append(int(index))
        position = found.end()
    if not path:
        raise ValueError("An empty path")
    return tuple(steps)
