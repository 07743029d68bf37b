"""The desk and its sign-in."""

from __future__ import annotations

from django.urls import path

from apps.desk.site import desk_site

urlpatterns = [path("", desk_site.urls)]
