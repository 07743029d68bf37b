"""How operations are described: their answers with examples, and the headers that all of them have."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from apps.api import examples
from apps.api.problems import MEDIA_TYPE
from apps.api.serializers import ProblemSerializer

_COUNT = {"type": "integer", "minimum": 0}


def _header(name: str, schema: Any, description: str, statuses: list[int] | None = None) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.HEADER, description=description, response=statuses or True)


HEADERS = [
    _header("ETag", str, "Stands for this answer; send it back as If-None-Match.", [200, 304]),
    _header("RateLimit-Limit", _COUNT, "Requests that one address may make in a minute."),
    _header("RateLimit-Remaining", _COUNT, "How many of them are left."),
    _header("RateLimit-Reset", _COUNT, "Seconds until all of them are there again."),
    _header("Retry-After", _COUNT, "Seconds to wait before asking again.", [429, 503]),
]
NCT_ID = OpenApiParameter(
    "nct_id",
    str,
    OpenApiParameter.PATH,
    pattern=r"^NCT[0-9]{8}$",
    description="The NCT id. An address with another spelling, a former id or an alias redirects.",
    examples=[OpenApiExample("An invented trial", value=examples.NCT_ID)],
)
MOVED = OpenApiResponse(description="Another spelling, or an id that was merged into another record.")


def answers(shape: Any, example: Any, **more: Any) -> dict[Any, Any]:
    """The answers of an operation: a good one of this shape, and those that every operation may give."""
    told: dict[str, Any] = {
        "200": OpenApiResponse(
            shape, description="What was asked for.", examples=[OpenApiExample("Example", value=example)]
        ),
        "304": OpenApiResponse(description="Nothing has changed since the copy that If-None-Match names."),
        "400": trouble("A parameter or value is unknown.", examples.BAD),
        "404": trouble("There is no such study or page.", examples.NOT_FOUND),
        "429": trouble("Too many requests; see Retry-After.", examples.TOO_MANY),
        "503": trouble("This took too long and was stopped; see Retry-After.", examples.TOO_SLOW),
    } | more
    return {
        (status, MEDIA_TYPE) if status >= "400" else status: answer
        for status, answer in told.items()
        if answer is not None
    }


def trouble(description: str, example: Any) -> OpenApiResponse:
    return OpenApiResponse(
        ProblemSerializer,
        description=description,
        examples=[OpenApiExample("Example", value=example, media_type=MEDIA_TYPE)],
    )
