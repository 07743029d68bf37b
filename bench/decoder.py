"""The typed decoder: msgspec, which the project uses, beside pydantic with the same shapes made from it."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec
import pydantic
from pydantic.alias_generators import to_camel

from apps.ctgov.parser import parse_study
from apps.studies.records import Part, StudyRecord
from bench.figures import figure, recorded_studies, seconds


@cache
def as_pydantic(part: type[Part]) -> type[pydantic.BaseModel]:
    """The same fields, names, types and defaults as a frozen pydantic model."""
    fields: dict[str, Any] = {}
    hints = get_type_hints(part)
    for item in msgspec.structs.fields(part):
        kind, default = hints[item.name], item.default
        if isinstance(kind, type) and issubclass(kind, Part):
            kind = as_pydantic(kind)
            default = kind()
        elif get_args(kind) and isinstance(get_args(kind)[0], type) and issubclass(get_args(kind)[0], Part):
            kind = tuple[as_pydantic(get_args(kind)[0]), ...]
        fields[item.name] = (kind, pydantic.Field(default=default, alias=item.encode_name))
    config = pydantic.ConfigDict(frozen=True, alias_generator=to_camel, extra="ignore")
    return pydantic.create_model(part.__name__, __config__=config, **fields)


def decoder() -> None:
    studies = recorded_studies()
    model = as_pydantic(StudyRecord)
    ours = seconds(lambda: [parse_study(payload) for payload in studies], 3)
    theirs = seconds(lambda: [model.model_validate_json(payload) for payload in studies], 3)
    figure(
        "decoder",
        len(studies) / ours,
        "studies/s",
        yardstick=round(len(studies) / theirs, 1),
        yardstick_is="pydantic",
        studies=len(studies),
    )


BENCHMARKS = {"decoder": decoder}
