"""What the registry tells of itself: data model, closed lists, search areas. Derived from our record types.

The shapes are those of the API description. Names of pieces follow the registry's habit (its own names for the common
fields, the path's last key in capitals for the rest); they are not all the registry's.
"""

from __future__ import annotations

import types
import typing
from typing import Annotated, Any

import msgspec

from apps.studies.records import DateText, Part, StudyRecord, Words
from tests.ctgov_emulator.fields import AREA_OF_PARAMETER, AREAS

_P = "protocolSection"
_KNOWN_PIECES = {
    "NCTId": f"{_P}.identificationModule.nctId",
    "NCTIdAlias": f"{_P}.identificationModule.nctIdAliases",
    "OrgStudyId": f"{_P}.identificationModule.orgStudyIdInfo.id",
    "SecondaryId": f"{_P}.identificationModule.secondaryIdInfos.id",
    "Condition": f"{_P}.conditionsModule.conditions",
    "Keyword": f"{_P}.conditionsModule.keywords",
    "Phase": f"{_P}.designModule.phases",
    "StudyType": f"{_P}.designModule.studyType",
    "EnrollmentCount": f"{_P}.designModule.enrollmentInfo.count",
    "EnrollmentType": f"{_P}.designModule.enrollmentInfo.type",
    "StartDate": f"{_P}.statusModule.startDateStruct.date",
    "PrimaryCompletionDate": f"{_P}.statusModule.primaryCompletionDateStruct.date",
    "CompletionDate": f"{_P}.statusModule.completionDateStruct.date",
    "StudyFirstPostDate": f"{_P}.statusModule.studyFirstPostDateStruct.date",
    "ResultsFirstPostDate": f"{_P}.statusModule.resultsFirstPostDateStruct.date",
    "LastUpdatePostDate": f"{_P}.statusModule.lastUpdatePostDateStruct.date",
    "LeadSponsorName": f"{_P}.sponsorCollaboratorsModule.leadSponsor.name",
    "LeadSponsorClass": f"{_P}.sponsorCollaboratorsModule.leadSponsor.class",
    "CollaboratorName": f"{_P}.sponsorCollaboratorsModule.collaborators.name",
    "ArmGroup": f"{_P}.armsInterventionsModule.armGroups",
    "ArmGroupLabel": f"{_P}.armsInterventionsModule.armGroups.label",
    "Intervention": f"{_P}.armsInterventionsModule.interventions",
    "InterventionName": f"{_P}.armsInterventionsModule.interventions.name",
    "InterventionType": f"{_P}.armsInterventionsModule.interventions.type",
    "InterventionOtherName": f"{_P}.armsInterventionsModule.interventions.otherNames",
    "PrimaryOutcomeMeasure": f"{_P}.outcomesModule.primaryOutcomes.measure",
    "SecondaryOutcomeMeasure": f"{_P}.outcomesModule.secondaryOutcomes.measure",
    "Location": f"{_P}.contactsLocationsModule.locations",
    "LocationFacility": f"{_P}.contactsLocationsModule.locations.facility",
    "LocationCity": f"{_P}.contactsLocationsModule.locations.city",
    "LocationCountry": f"{_P}.contactsLocationsModule.locations.country",
    "LocationStatus": f"{_P}.contactsLocationsModule.locations.status",
    "ConditionMeshTerm": "derivedSection.conditionBrowseModule.meshes.term",
    "InterventionMeshTerm": "derivedSection.interventionBrowseModule.meshes.term",
}


def _inner(hint: Any) -> tuple[Any, Words | DateText | None, bool]:
    mark, many = None, False
    while True:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Union or origin is types.UnionType:
            hint = next(argument for argument in arguments if argument is not type(None))
        elif origin is tuple:
            many, hint = True, arguments[0]
        elif origin is Annotated:
            mark = next((one for one in arguments[1:] if isinstance(one, Words | DateText)), mark)
            hint = arguments[0]
        else:
            return hint, mark, many


def _nodes(part: type[Part], path: str) -> list[dict[str, Any]]:
    hints = typing.get_type_hints(part, include_extras=True)
    nodes = []
    for field in msgspec.structs.fields(part):
        inner, mark, many = _inner(hints[field.name])
        here = f"{path}.{field.encode_name}" if path else field.encode_name
        piece = _PIECE_OF_PATH.get(here) or field.encode_name[0].upper() + field.encode_name[1:]
        PATH_OF_PIECE.setdefault(piece, here)
        PATH_OF_PIECE.setdefault(here, here)
        node: dict[str, Any] = {"name": field.encode_name, "piece": piece}
        if isinstance(inner, type) and issubclass(inner, Part):
            node |= {"sourceType": "STRUCT", "type": inner.__name__, "children": _nodes(inner, here)}
        elif isinstance(mark, Words):
            node |= {"sourceType": "TEXT", "type": mark.name, "isEnum": True}
            ENUMS.setdefault(mark.name, (mark, []))[1].append(piece)
        elif isinstance(mark, DateText):
            node |= {"sourceType": "DATE", "type": "PartialDate"}
        else:
            names = {
                str: ("TEXT", "text"),
                int: ("NUMERIC", "integer"),
                float: ("NUMERIC", "number"),
                bool: ("BOOLEAN", "boolean"),
            }
            source, kind = names[inner]
            node |= {"sourceType": source, "type": kind}
        if many:
            node["type"] += "[]"
        nodes.append(node)
    return nodes


_PIECE_OF_PATH = {path: piece for piece, path in _KNOWN_PIECES.items()}
PATH_OF_PIECE: dict[str, str] = dict(_KNOWN_PIECES)
ENUMS: dict[str, tuple[Words, list[str]]] = {}

METADATA: list[dict[str, Any]] = _nodes(StudyRecord, "")
ENUM_LIST: list[dict[str, Any]] = [
    {
        "type": name,
        "pieces": sorted(set(pieces)),
        "values": [{"value": word, "legacyValue": word.replace("_", " ").capitalize()} for word in words.words],
    }
    for name, (words, pieces) in sorted(ENUMS.items())
]
SEARCH_AREAS: list[dict[str, Any]] = [
    {
        "name": "Study",
        "areas": [
            {
                "name": area,
                "param": next(
                    (one.removeprefix("query.") for one, name in AREA_OF_PARAMETER.items() if name == area), area
                ),
                "parts": [
                    {
                        "pieces": [_PIECE_OF_PATH.get(path, path.rpartition(".")[2])],
                        "type": "text",
                        "weight": 1.0,
                        "isEnum": False,
                        "isSynonyms": False,
                    }
                    for path in paths
                ],
            }
            for area, paths in AREAS.items()
        ],
    }
]
