"""Addresses of the API; docs/contracts.md promises those under v1 and ctgov."""

from __future__ import annotations

from django.urls import include, path, re_path

from apps.api import views

app_name = "api"

urlpatterns = [
    path("", views.Entrance.as_view(), name="entrance"),
    path("v1/", views.Entrance.as_view()),
    path("v1/studies/", views.StudyList.as_view(), name="studies"),
    path("v1/studies/<str:nct_id>/", views.StudyDetail.as_view(), name="study"),
    path("v1/schema/", views.Description.as_view(), name="schema"),
    path("ctgov/", include("apps.api.door.urls")),
    # With its slash: without one Django first tries the address with it.
    re_path(r"^.+/$", views.Nowhere.as_view()),
]
