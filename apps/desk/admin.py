"""The tables as staff see them: to read. What was received, parsed or derived has another author than the desk."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.tokens import sign_in_path
from apps.classification.models import StudyLabel
from apps.curation.models import MistakeReport
from apps.desk.site import desk_site
from apps.desk.views import CONTROL
from apps.history.models import StudyChange
from apps.ingest.landing import decompress
from apps.ingest.models import IngestIssue, QueryMembership, StudySnapshot, SyncRun
from apps.search.models import StudyDocument
from apps.search.selectors import HIDDEN
from apps.studies.models import Study

_MAX_SHOWN = 80


class ReadOnlyAdmin(admin.ModelAdmin):
    """To look at. Lists stay quick on large tables: no count of the whole table, nothing that a list does not show."""

    actions: Any = None
    change_form_template = "desk/record.html"
    list_per_page = 50
    show_full_result_count = False
    hidden: tuple[str, ...] = ()  # columns that neither list nor page shows, left in the database

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer(*self.hidden)

    def get_exclude(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return self.hidden


@admin.display(description=_("study"), ordering="nct_id")
def trial_link(row: Any) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("web:trial-detail", args=[row.nct_id]), row.nct_id)


def short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def pretty(value: Any) -> SafeString:
    return format_html('<pre class="record">{}</pre>', json.dumps(value, ensure_ascii=False, indent=2))


@admin.register(SyncRun, site=desk_site)
class SyncRunAdmin(ReadOnlyAdmin):
    change_list_template = "desk/run_list.html"
    change_form_template = "desk/run.html"
    list_display = (
        *("id", "state", "kind", "why", "started_at", "seconds"),
        *("seen", "created", "updated", "unchanged", "left", "failed"),
    )
    list_filter = ("state", "kind", "started_at")
    search_fields = ("reason", "data_timestamp")
    ordering = ("-id",)
    hidden = ("owner",)

    @admin.display(description=_("seconds"))
    def seconds(self, run: SyncRun) -> str:
        end = run.finished_at or run.heartbeat_at
        return f"{(end - run.started_at).total_seconds():.1f}"

    @admin.display(description=_("reason"))
    def why(self, run: SyncRun) -> str:
        return short(run.reason)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"may_control": request.user.has_perm(CONTROL)}
        return super().changelist_view(request, context | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"may_control": request.user.has_perm(CONTROL)}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))


@admin.register(IngestIssue, site=desk_site)
class IngestIssueAdmin(ReadOnlyAdmin):
    list_display = ("nct_id", "severity", "path", "what", "reason", "count", "run_number", "at")
    list_filter = ("severity", "at")
    search_fields = ("nct_id", "path", "reason", "=run__id")
    ordering = ("-id",)

    @admin.display(description=_("value"))
    def what(self, issue: IngestIssue) -> str:
        return short(issue.value)

    @admin.display(description=_("run"), ordering="run_id")
    def run_number(self, issue: IngestIssue) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("desk:ingest_syncrun_change", args=[issue.run_id]), issue.run_id
        )


@admin.register(StudySnapshot, site=desk_site)
class StudySnapshotAdmin(ReadOnlyAdmin):
    list_display = ("nct_id", "version", "run_id", "data_timestamp", "landed_at", "contacts_removed")
    list_display_links = ("nct_id", "version")
    list_filter = ("contacts_removed", "landed_at")
    search_fields = ("=nct_id", "=run_id")
    ordering = ("-id",)
    hidden = ("payload",)
    readonly_fields = ("record",)

    @admin.display(description=_("record"))
    def record(self, snapshot: StudySnapshot) -> SafeString:
        return pretty(json.loads(decompress(snapshot.payload)))


@admin.register(QueryMembership, site=desk_site)
class QueryMembershipAdmin(ReadOnlyAdmin):
    list_display = ("nct_id", "query", "since", "until")
    list_filter = ("query", ("until", admin.EmptyFieldListFilter))
    search_fields = ("=nct_id", "query")
    ordering = ("nct_id", "query", "-since")


@admin.register(Study, site=desk_site)
class StudyAdmin(ReadOnlyAdmin):
    list_display = ("nct_id", "brief_title", "overall_status", "registry_state", "last_update_post_date", "trial")
    list_filter = ("registry_state", "overall_status", "study_type", "has_results")
    search_fields = ("nct_id", "brief_title", "official_title", "lead_sponsor")
    ordering = ("nct_id",)
    trial = staticmethod(trial_link)


@admin.register(StudyLabel, site=desk_site)
class StudyLabelAdmin(ReadOnlyAdmin):
    list_display = ("study_id", "scheme", "value", "doubtful", "rule", "reason", "ruleset_version")
    list_filter = ("doubtful", "scheme", "rule")
    search_fields = ("=study__nct_id", "=value", "rule", "reason")
    ordering = ("study_id", "scheme", "value", "rule")
    fields = ("study_number", "scheme", "value", "doubtful", "rule", "reason", "quotes", "ruleset_version")
    readonly_fields = ("study_number", "quotes")

    @admin.display(description=_("study"))
    def study_number(self, label: StudyLabel) -> str:
        return label.study_id

    @admin.display(description=_("evidence"))
    def quotes(self, label: StudyLabel) -> SafeString:
        return pretty(label.evidence)


@admin.register(StudyChange, site=desk_site)
class StudyChangeAdmin(ReadOnlyAdmin):
    list_display = ("nct_id", "field", "before", "after", "at", "run_id")
    list_filter = ("field", "at")
    search_fields = ("=nct_id", "=run_id")
    ordering = ("-id",)

    @admin.display(description=_("old"))
    def before(self, change: StudyChange) -> str:
        return short(change.old)

    @admin.display(description=_("new"))
    def after(self, change: StudyChange) -> str:
        return short(change.new)


@admin.register(StudyDocument, site=desk_site)
class StudyDocumentAdmin(ReadOnlyAdmin):
    list_display = ("nct_id", "title", "scope", "diseases", "cell_types", "overall_status", "published_from", "trial")
    list_filter = ("scope", "registry_state", "overall_status", "has_results")
    search_fields = ("nct_id", "title", "sponsor")
    ordering = ("nct_id",)
    hidden = HIDDEN
    trial = staticmethod(trial_link)


@admin.register(MistakeReport, site=desk_site)
class MistakeReportAdmin(ReadOnlyAdmin):
    """The one table here that staff edit: whether a report has been dealt with."""

    list_display = ("nct_id", "said", "page", "at", "done_at", "trial")
    list_filter = (("done_at", admin.EmptyFieldListFilter), "at")
    search_fields = ("=nct_id", "what")
    ordering = ("-id",)
    actions = ("mark_done", "reopen")
    trial = staticmethod(trial_link)

    @admin.display(description=_("what is wrong"))
    def said(self, report: MistakeReport) -> str:
        return short(report.what)

    def has_done_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("curation.change_mistakereport")

    @admin.action(description=_("Mark as dealt with"), permissions=["done"])
    def mark_done(self, request: HttpRequest, reports: QuerySet[MistakeReport]) -> None:
        number = reports.filter(done_at=None).update(done_at=timezone.now())
        self.message_user(request, _("%(number)d reports marked as dealt with.") % {"number": number})

    @admin.action(description=_("Open again"), permissions=["done"])
    def reopen(self, request: HttpRequest, reports: QuerySet[MistakeReport]) -> None:
        number = reports.exclude(done_at=None).update(done_at=None)
        self.message_user(request, _("%(number)d reports opened again.") % {"number": number})


@admin.register(User, site=desk_site)
class UserAdmin(DjangoUserAdmin):
    """Accounts, for administrators. New ones come from `manage.py create_curator`; nobody is deleted, only closed."""

    list_display = ("email", "roles", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    search_fields = ("email",)
    ordering = ("email",)
    show_full_result_count = False
    readonly_fields = ("email", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("What they may do"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    actions = ("make_links",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("role"))
    def roles(self, user: User) -> str:
        return "admin" if user.is_superuser else ", ".join(group.name for group in user.groups.all())

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.action(description=_("Make a one-time sign-in link"), permissions=["change"])
    def make_links(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users.filter(is_active=True, is_staff=True):
            link = settings.SITE_URL.rstrip("/") + sign_in_path(user)
            told = format_html(gettext("Link for {}, good once: <code>{}</code>"), user.email, link)
            self.message_user(request, told, messages.SUCCESS)
