"""Pages kept in the process, ready to send: by their ETag, so for as long as what they show stands.

Only addresses without parameters are kept: there are few of them, they are the ones that people come to, and no sweep
over lists can push them out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

# What a page takes besides its text, reckoned generously.
_AROUND = 2000


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    headers: Mapping[str, str]


class WarmPages:
    """Pages by a key, of at most so many octets together; the one that was asked for longest ago goes first."""

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._pages: OrderedDict[tuple[str, ...], _Page] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._pages)

    @property
    def size(self) -> int:
        return self._size

    def get(self, key: tuple[str, ...]) -> _Page | None:
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def put(self, key: tuple[str, ...], page: _Page) -> None:
        with self._lock:
            before = self._pages.pop(key, None)
            self._pages[key] = page
            self._size += len(page.body) - (len(before.body) if before else -_AROUND)
            while self._pages and self._size > self._most():
                _key, gone = self._pages.popitem(last=False)
                self._size -= len(gone.body) + _AROUND

    def clear(self) -> None:
        with self._lock:
            self._pages.clear()
            self._size = 0


warm_pages = WarmPages(lambda: settings.PAGE_CACHE_MB * 1_000_000)


def warm(view: Callable[..., HttpResponseBase], etag: Callable[[HttpRequest], str]) -> Callable[..., HttpResponseBase]:
    """The view's page from memory where it is there; a page that looked at its reader's session is never kept."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.META.get("QUERY_STRING") or request.method not in {"GET", "HEAD"} or not settings.PAGE_CACHE_MB:
            return view(request, *args, **kwargs)
        # Some headers name the address that was asked, host included.
        key = (etag(request), request.scheme or "", request.get_host())
        if page := warm_pages.get(key):
            return HttpResponse(page.body, headers=dict(page.headers))
        response = view(request, *args, **kwargs)
        if isinstance(response, HttpResponse) and response.status_code == 200 and _is_everybodys(request, response):
            warm_pages.put(key, _Page(response.content, dict(response.headers)))
        return response

    return answer


def _is_everybodys(request: HttpRequest, response: HttpResponse) -> bool:
    session = getattr(request, "session", None)
    return not (session is not None and session.accessed) and not response.cookies and "Vary" not in response.headers
