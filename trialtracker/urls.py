"""The table of contents of the site."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("apps.web.urls")),
    path("api/", include("apps.api.urls")),
    path("desk/", include("apps.desk.urls")),
]

handler404 = "apps.web.views.errors.not_found"
handler500 = "apps.web.views.errors.server_error"
