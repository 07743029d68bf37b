"""The desk: Django's admin under a name and a door of its own."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from apps.curation.models import MistakeReport
from apps.desk import views
from apps.desk.forms import PasswordForm
from apps.ingest.models import IngestIssue, SyncRun
from apps.ingest.selectors import freshness, latest_runs


class DeskSite(AdminSite):
    """Where staff look at runs, records and reports."""

    site_title = _("trialtracker desk")
    site_header = _("trialtracker desk")
    index_title = _("Desk")
    site_url = "/"
    login_form = PasswordForm
    login_template = "desk/login.html"
    index_template = "desk/index.html"
    enable_nav_sidebar = False
    empty_value_display = "–"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [
            path("sign-in/<str:uid>/<str:token>/", views.sign_in, name="sign-in"),
            path("runs/sync/", self.admin_view(views.sync_now), name="sync-now"),
            path("runs/<int:run_id>/<str:decision>/", self.admin_view(views.decide_run), name="decide-run"),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        context: dict[str, Any] = {}
        if request.user.has_perm("ingest.view_syncrun"):
            runs = latest_runs(1)
            context |= {
                "freshness": freshness(),
                "last_run": runs[0] if runs else None,
                "held": list(SyncRun.objects.filter(state=SyncRun.State.HELD, step=SyncRun.Step.GATE)),
                "errors": IngestIssue.objects.filter(run=runs[0], severity="error").count() if runs else 0,
                "may_control": request.user.has_perm(views.CONTROL),
            }
        if request.user.has_perm("curation.view_mistakereport"):
            context["open_reports"] = MistakeReport.objects.filter(done_at=None).count()
        return super().index(request, context | (extra_context or {}))


desk_site = DeskSite(name="desk")
