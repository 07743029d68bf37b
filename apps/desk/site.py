"""The desk: Django's admin under a name and a door of its own."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, register_converter, reverse
from django.urls.converters import IntConverter
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from apps.curation.queues import filters_of
from apps.desk import (
    appeals,
    batches,
    content,
    deciding,
    entry,
    following,
    live,
    log,
    merging,
    queues,
    second_looks,
    site_places,
    teamwork,
    terms,
    views,
    writing,
)
from apps.desk.dashboard import STATE_WORDS, coverage, last_days, waiting_lists
from apps.desk.pages import no_worker
from apps.ingest.selectors import freshness, held_runs, latest_runs


class Number(IntConverter):
    """The number of a row: what is longer the database cannot hold, so there is no such page."""

    regex = "[0-9]{1,18}"


register_converter(Number, "number")


class DeskSite(AdminSite):
    """Where staff look at runs, records and reports."""

    site_title = _("trialtracker desk")
    site_header = _("trialtracker desk")
    index_title = _("Desk")
    site_url = "/"
    index_template = "desk/index.html"
    enable_nav_sidebar = False
    empty_value_display = "–"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [
            path("sign-in/<str:uid>/<str:token>/", views.sign_in, name="sign-in"),
            path("code/", entry.by_code, name="code"),
            path("second-factor/", entry.second_factor_page, name="second-factor"),
            # Also for whoever is half in, whom `admin_view` sends back.
            path("logout/", never_cache(self.logout), name="logout"),
            path("runs/sync/", self.admin_view(views.sync_now), name="sync-now"),
            path("runs/live/", self.admin_view(live.live), name="live"),
            path("followed/", self.admin_view(following.following), name="following"),
            path("followed/<str:nct_id>/stop/", self.admin_view(following.stop), name="unfollow"),
            path("runs/<number:run_id>/<str:decision>/", self.admin_view(views.decide_run), name="decide-run"),
            path("queue/<str:kind>/", self.admin_view(queues.queue), name="queue"),
            path("decisions/", self.admin_view(batches.decisions), name="decisions"),
            path("decisions.csv", self.admin_view(batches.decisions_csv), name="decisions-csv"),
            path("log.<str:form>", self.admin_view(log.export), name="log-export"),
            path("batches/<number:number>/", self.admin_view(batches.batch), name="batch"),
            path("batches/<number:number>/<str:step>/", self.admin_view(batches.step), name="batch-step"),
            path("bulk/", self.admin_view(batches.bulk), name="bulk"),
            path("filters/", self.admin_view(queues.save), name="save-filter"),
            path("filters/<number:number>/forget/", self.admin_view(queues.forget), name="forget-filter"),
            path("search/", self.admin_view(queues.search), name="search"),
            path("trials/<str:nct_id>/notes/", self.admin_view(teamwork.note), name="note"),
            path("trials/<str:nct_id>/claim/", self.admin_view(teamwork.claim_it), name="claim"),
            path("trials/<str:nct_id>/release/", self.admin_view(teamwork.release_it), name="release"),
            path("trials/<str:nct_id>/assign/", self.admin_view(teamwork.assign_it), name="assign"),
            path("merging/", self.admin_view(merging.merging), name="merging"),
            path("merging/<number:alias_id>/part/", self.admin_view(merging.parting), name="parting"),
            path("appeals/<number:appeal_id>/", self.admin_view(appeals.appeal), name="appeal"),
            path("trials/<str:nct_id>/sites/", self.admin_view(site_places.sites), name="sites"),
            path("trials/<str:nct_id>/sites/<number:number>/", self.admin_view(site_places.site), name="site"),
            path("trials/<str:nct_id>/", self.admin_view(deciding.trial), name="decide-trial"),
            path("agreement/", self.admin_view(second_looks.figures), name="agreement"),
            path("trials/<str:nct_id>/<str:field>/second/", self.admin_view(second_looks.second), name="second-look"),
            path("trials/<str:nct_id>/<str:field>/", self.admin_view(deciding.field), name="decide-field"),
            path("content/", self.admin_view(content.content), name="content"),
            path("pages/<slug:slug>/<slug:language>/", self.admin_view(writing.write_page), name="write-page"),
            path("glossary/add/", self.admin_view(writing.write_term), name="add-term"),
            path("glossary/<slug:slug>/<slug:language>/", self.admin_view(writing.write_term), name="write-term"),
            path("page-sources/add/", self.admin_view(writing.write_source), name="add-source"),
            path("page-sources/<slug:key>/", self.admin_view(writing.write_source), name="write-source"),
            path("terms/", self.admin_view(terms.terms), name="terms"),
            path("terms/<number:number>/", self.admin_view(terms.term), name="term"),
            path("rules/", self.admin_view(terms.rules), name="rules"),
            path("page-history/<path:subject>/<number:number>/", self.admin_view(writing.version), name="page-version"),
            path("page-history/<path:subject>/", self.admin_view(writing.history), name="page-history"),
            *super().get_urls(),
        ]

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, and nothing is missing of what their account asks for: every page of the desk stands behind this."""
        return super().has_permission(request) and entry.is_whole(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        checked = super().admin_view(view, cacheable)

        @wraps(checked)
        def watched(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            entry.watch(request)
            return checked(request, *args, **kwargs)

        return watched

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return entry.by_password(request)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = self.each_context(request) | (extra_context or {})
        return entry.choose_password(request, context, reverse("desk:password_change_done"))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        held = list(held_runs()) if request.user.has_perm("ingest.view_syncrun") else None
        context: dict[str, Any] = {"waiting": waiting_lists(request.user, None if held is None else len(held))}
        if held is not None:
            runs, now = latest_runs(1), freshness()
            context |= {
                "freshness": now,
                "state": STATE_WORDS[now.state],
                "last_run": runs[0] if runs else None,
                "held": held,
                "no_worker": no_worker(),
                "may_control": request.user.has_perm(views.CONTROL),
                "may_sync": request.user.has_perm(views.SYNC),
            }
        if request.user.has_perm(deciding.SEE):
            context["may_take_log"] = request.user.has_perm(log.SEE_LOG)
            context["may_look"] = True
            context["filters"] = filters_of(request.user.get_username())
            context |= {"last_days": last_days(), "coverage": coverage()}
        return super().index(request, context | (extra_context or {}))


desk_site = DeskSite(name="desk")
