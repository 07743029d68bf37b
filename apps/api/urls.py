"""Addresses of the API; docs/contracts.md promises those under v1 and ctgov."""

from __future__ import annotations

from django.urls import include, path, re_path

from apps.api import views
from apps.api.counts.views import Facets, Sponsors
from apps.api.docs.views import docs
from apps.api.harvest.views import Changes, Labels, StudyChanges, StudyEvidence

app_name = "api"

urlpatterns = [
    path("", views.Entrance.as_view(), name="entrance"),
    path("docs/", docs, name="docs"),
    path("v1/", views.Entrance.as_view()),
    path("v1/studies/", views.StudyList.as_view(), name="studies"),
    path("v1/studies/<str:nct_id>/", views.StudyDetail.as_view(), name="study"),
    path("v1/studies/<str:nct_id>/changes/", StudyChanges.as_view(), name="study-changes"),
    path("v1/studies/<str:nct_id>/evidence/", StudyEvidence.as_view(), name="study-evidence"),
    path("v1/facets/", Facets.as_view(), name="facets"),
    path("v1/sponsors/", Sponsors.as_view(), name="sponsors"),
    path("v1/labels/", Labels.as_view(), name="labels"),
    path("v1/changes/", Changes.as_view(), name="changes"),
    path("v1/sync/", views.Sync.as_view(), name="sync"),
    path("v1/schema/", views.Description.as_view(), name="schema"),
    path("ctgov/", include("apps.api.door.urls")),
    # With its slash: without one Django first tries the address with it.
    re_path(r"^.+/$", views.Nowhere.as_view()),
]
