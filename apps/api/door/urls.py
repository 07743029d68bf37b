"""Addresses of the door, without a slash at the end as the registry has them; docs/contracts.md promises them."""

from __future__ import annotations

from django.urls import path, re_path

from apps.api.door import views

app_name = "door"

urlpatterns = [
    path("v2/studies", views.Studies.as_view(), name="studies"),
    # Parts of the registry's API that are not served, and that must not be taken for ids.
    re_path(r"^v2/studies/(?:metadata|search-areas|enums)$", views.Nowhere.as_view()),
    path("v2/studies/<str:nct_id>", views.Study.as_view(), name="study"),
    path("v2/version", views.Version.as_view(), name="version"),
    re_path(r"", views.Nowhere.as_view()),
]
