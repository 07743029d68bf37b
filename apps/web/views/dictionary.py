"""The data dictionary: what the columns of every table mean, made from the code that writes them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.exports.dictionary import columns_told, rules, types_told
from apps.exports.formats import FORMATS
from apps.web.views.exports import open_to_all


@require_safe
def dictionary(request: HttpRequest) -> HttpResponse:
    context = {
        "section": "data",
        "columns": columns_told(),
        "rules": rules(),
        "types": types_told(),
        "formats": FORMATS.values(),
    }
    return render(request, "web/dictionary.html", context)


@require_safe
def dictionary_json(request: HttpRequest) -> HttpResponseBase:
    body = {"columns": columns_told(), "types": dict(types_told()), "rules": rules()}
    return open_to_all(JsonResponse(body, json_dumps_params={"ensure_ascii": False, "indent": 1}))
