"""The monthly snapshots: what there is, and the files themselves."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from apps.exports.about import site_url
from apps.exports.snapshots import CHECKSUMS, MANIFEST, MANIFEST_VERSION, published, snapshot, storage
from apps.web.views.conditional import CACHE_CONTROL
from apps.web.views.exports import open_to_all

# A snapshot never changes once it is there.
_FOR_EVER = "public, max-age=31536000, immutable"
_BESIDE = {MANIFEST: "application/json", CHECKSUMS: "text/plain; charset=utf-8"}


@require_safe
def snapshot_list(request: HttpRequest) -> HttpResponseBase:
    """Every snapshot, newest first, with the address, size and checksum of each file."""
    body = {
        "manifest_version": MANIFEST_VERSION,
        "snapshots": [
            {
                **{name: item.told[name] for name in ("month", "title", "citation", "rows", "data_timestamp")},
                **{name: item.told[name] for name in ("ruleset_version", "dataset_version", "made_at")},
                "terms_version": item.told.get("terms_version"),  # older manifests do not tell it
                "manifest": _address(item.month, MANIFEST),
                "files": [{**file, "url": _address(item.month, file["name"])} for file in item.told["files"]],
            }
            for item in published()
        ],
    }
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response.headers["Cache-Control"] = CACHE_CONTROL
    return open_to_all(response)


@require_safe
def snapshot_file(request: HttpRequest, month: str, name: str) -> HttpResponseBase:
    """One file of a published snapshot, its manifest or its checksums."""
    item = snapshot(month)
    file = item.file(name) if item else None
    if item is None or (file is None and name not in _BESIDE):
        raise Http404
    etag = f'"{file.sha256 if file else item.told["made_at"] + name}"'
    if unmodified := get_conditional_response(request, etag=etag):
        return open_to_all(unmodified)
    media_type = file.media_type if file else _BESIDE[name]
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse(content_type=media_type)
        response.headers["Content-Length"] = str(storage().size(f"{month}/{name}"))
    else:
        try:
            content = storage().open(f"{month}/{name}")
        except FileNotFoundError:
            raise Http404 from None
        response = FileResponse(content, as_attachment=file is not None, filename=name, content_type=media_type)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = _FOR_EVER
    return open_to_all(response)


def _address(month: str, name: str) -> str:
    return f"{site_url()}/data/snapshots/{month}/{name}"
