"""The tables as staff see them: to read. What was received, parsed or derived has another author than the desk."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.log import note
from apps.accounts.models import AccountEvent, User
from apps.accounts.second_factor import reset
from apps.accounts.services import role_of
from apps.accounts.tasks import mail_link, tell
from apps.accounts.tokens import sign_in_path
from apps.classification.models import StudyLabel
from apps.curation.decisions import Refused
from apps.curation.models import Appeal, AuditEntry, MistakeReport, StudyOverride
from apps.curation.queues import unseen
from apps.curation.services import (
    add_caution_kinds,
    confirm_caution,
    hide_caution,
    propose_caution,
    withdraw_caution,
)
from apps.desk.site import desk_site
from apps.desk.views import CONTROL, SYNC
from apps.desk.writing import WRITE_SOURCES
from apps.guide.models import PageSource
from apps.history.models import StudyChange
from apps.ingest.landing import decompress
from apps.ingest.models import IngestIssue, QueryMembership, StudySnapshot, SyncRun
from apps.search.models import CautionKind, StudyDocument
from apps.search.selectors import HIDDEN
from apps.studies.models import Study
from apps.vocabulary.cautions import CAUTIONS

_MAX_SHOWN = 80


class _Rows(ChangeList):
    """A filter with a NUL in it is turned down as Django turns down others: PostgreSQL has no text with one."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        if any("\x00" in value for values in self.filter_params.values() for value in values):
            raise IncorrectLookupParameters
        return super().get_queryset(request, exclude_parameters)


class _Table(admin.ModelAdmin):
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _Rows


class ReadOnlyAdmin(_Table):
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


def without_unseen(rows: QuerySet, request: HttpRequest) -> QuerySet:
    """Without what this curator is to read blind first."""
    if not request.user.has_perm("curation.change_studyoverride"):
        return rows
    hidden = unseen(request.user.get_username()).filter(nct_id=OuterRef("nct_id"), field=OuterRef("field"))
    return rows.exclude(Exists(hidden))


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
        context = {"may_sync": request.user.has_perm(SYNC)}
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
    fields = (
        "study_number",
        "scheme",
        "value",
        "doubtful",
        "rule",
        "reason",
        "quotes",
        "ruleset_version",
        "terms_version",
    )
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


@admin.register(CautionKind, site=desk_site)
class CautionKindAdmin(ReadOnlyAdmin):
    """Which kinds of caution readers see: none before one person has proposed it and another has confirmed it."""

    change_list_template = "desk/caution_list.html"
    list_display = ("slug", "name", "public", "stands", "switched_by", "switched_at")
    list_filter = ("public",)
    ordering = ("slug",)
    actions = ("propose", "confirm", "withdraw", "hide_from_readers")

    @admin.display(description=_("name"))
    def name(self, kind: CautionKind) -> str:
        return str(kind)

    @admin.display(description=_("proposal"))
    def stands(self, kind: CautionKind) -> str:
        if not kind.proposed_by:
            return ""
        told = {"who": kind.proposed_by, "day": date_format(kind.proposed_at, "j F Y") if kind.proposed_at else ""}
        return gettext("%(who)s, %(day)s; waits for a second person") % told

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        add_caution_kinds()
        if request.method == "POST":
            # What is no kind never reaches the database, which refuses some characters.
            told = request.POST.copy()
            told.setlist("_selected_action", [slug for slug in told.getlist("_selected_action") if slug in CAUTIONS])
            request.POST = told  # type: ignore[assignment]
        return super().changelist_view(request, extra_context)

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("search.change_cautionkind")

    @admin.action(description=_("Propose to show to readers"), permissions=["switch"])
    def propose(self, request: HttpRequest, kinds: QuerySet[CautionKind]) -> None:
        done = self._each(request, kinds, propose_caution)
        told = ngettext(
            "%(n)d kind proposed. Another person confirms it.",
            "%(n)d kinds proposed. Another person confirms them.",
            done,
        )
        self._tell(request, told, done)

    @admin.action(description=_("Confirm what another has proposed: show to readers"), permissions=["switch"])
    def confirm(self, request: HttpRequest, kinds: QuerySet[CautionKind]) -> None:
        done = self._each(request, kinds, confirm_caution)
        self._tell(
            request, ngettext("Readers now see %(n)d kind more.", "Readers now see %(n)d kinds more.", done), done
        )

    @admin.action(description=_("Withdraw the proposal"), permissions=["switch"])
    def withdraw(self, request: HttpRequest, kinds: QuerySet[CautionKind]) -> None:
        done = self._each(request, kinds, withdraw_caution)
        self._tell(request, ngettext("%(n)d proposal withdrawn.", "%(n)d proposals withdrawn.", done), done)

    @admin.action(description=_("No longer show to readers"), permissions=["switch"])
    def hide_from_readers(self, request: HttpRequest, kinds: QuerySet[CautionKind]) -> None:
        done = self._each(request, kinds, hide_caution)
        told = ngettext("Readers no longer see %(n)d kind.", "Readers no longer see %(n)d kinds.", done)
        self._tell(request, told, done)

    def _each(self, request: HttpRequest, kinds: QuerySet[CautionKind], service: Callable[..., None]) -> int:
        """For how many of the kinds it was done; why not for the others is told."""
        by, done = request.user.get_username(), 0
        for slug in kinds.order_by("pk").values_list("pk", flat=True):
            try:
                service(kind=slug, by=by)
            except Refused as refused:
                self.message_user(request, str(refused), messages.ERROR)
            else:
                done += 1
        return done

    def _tell(self, request: HttpRequest, told: str, number: int) -> None:
        if number:
            self.message_user(request, told % {"n": number}, messages.SUCCESS)


@admin.register(PageSource, site=desk_site)
class PageSourceAdmin(ReadOnlyAdmin):
    """What the pages rest on."""

    change_list_template = "desk/source_list.html"
    list_display = ("key", "title", "by", "read", "version", "history", "write")
    list_display_links = None
    search_fields = ("key", "title", "by", "url")
    hidden = ("seed",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"may_write": request.user.has_perm(WRITE_SOURCES)}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description=_("history"))
    def history(self, source: PageSource) -> SafeString:
        return _history_link(source.subject)

    @admin.display(description=_("write"))
    def write(self, source: PageSource) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("desk:write-source", args=[source.key]), gettext("Write"))


def _history_link(subject: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("desk:page-history", args=[subject]), gettext("History"))


@admin.register(StudyOverride, site=desk_site)
class StudyOverrideAdmin(ReadOnlyAdmin):
    """Decisions are taken on the study's own page of the desk."""

    list_display = ("nct_id", "field", "values", "standing", "reason", "by", "at", "decide")
    list_filter = ("standing", "field", "by", "at")
    search_fields = ("=nct_id", "reason")
    ordering = ("-at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return without_unseen(super().get_queryset(request), request)

    @admin.display(description=_("decide"))
    def decide(self, override: StudyOverride) -> SafeString:
        address = reverse("desk:decide-trial", args=[override.nct_id])
        return format_html('<a href="{}">{}</a>', address, override.nct_id)


@admin.register(AuditEntry, site=desk_site)
class AuditEntryAdmin(ReadOnlyAdmin):
    change_list_template = "desk/log_list.html"
    list_display = ("at", "by", "action", "nct_id", "field", "was", "became", "reason")
    list_filter = ("action", "field", "at")
    search_fields = ("=nct_id", "by", "reason")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return without_unseen(super().get_queryset(request), request)

    @admin.display(description=_("before"))
    def was(self, entry: AuditEntry) -> str:
        return short(entry.before)

    @admin.display(description=_("after"))
    def became(self, entry: AuditEntry) -> str:
        return short(entry.after)


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


@admin.register(Appeal, site=desk_site)
class AppealAdmin(ReadOnlyAdmin):
    """Answered on a page of its own. The address is shown nowhere."""

    list_display = ("at", "nct_id", "said", "answered_by", "answered_at", "sent_at", "look")
    list_display_links = None
    list_filter = (("answered_at", admin.EmptyFieldListFilter), "at")
    search_fields = ("=nct_id", "what", "answer")
    ordering = ("-id",)
    hidden = ("email",)

    @admin.display(description=_("what is wrong"))
    def said(self, appeal: Appeal) -> str:
        return short(appeal.what)

    @admin.display(description=_("answer"))
    def look(self, appeal: Appeal) -> SafeString:
        told = gettext("See") if appeal.answered_at else gettext("Answer")
        return format_html('<a href="{}">{}</a>', reverse("desk:appeal", args=[appeal.pk]), told)


@admin.register(User, site=desk_site)
class UserAdmin(_Table, DjangoUserAdmin):
    """Accounts, for administrators. New ones come from `manage.py create_curator`; nobody is deleted, only closed."""

    list_display = ("email", "roles", "second_factor", "is_active", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    search_fields = ("email",)
    ordering = ("email",)
    show_full_result_count = False
    readonly_fields = ("email", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email",)}),
        (_("What they may do"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    actions = ("make_links", "send_links", "reset_second_factors")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        apps = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return super().get_queryset(request).prefetch_related("groups").annotate(has_app=Exists(apps))

    def get_urls(self) -> list[URLPattern]:
        # Without the page on which Django lets an administrator choose another's password.
        return [pattern for pattern in super().get_urls() if pattern.name != "auth_user_password_change"]

    @admin.display(description=_("role"))
    def roles(self, user: User) -> str:
        return role_of(user)

    @admin.display(description=_("second factor"), boolean=True, ordering="has_app")
    def second_factor(self, user: User) -> bool:
        return user.has_app  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.changed_data:
            user = User.objects.get(pk=form.instance.pk)
            state = role_of(user) or "-"
            told = state if user.is_active and user.is_staff else f"{state}, closed"
            note(user, AccountEvent.What.CHANGED, by=request.user.get_username(), told=told)

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
            note(user, AccountEvent.What.LINK, by=request.user.get_username())
            told = format_html(gettext("Link for {}, good once: <code>{}</code>"), user.email, link)
            self.message_user(request, told, messages.SUCCESS)

    @admin.action(description=_("Mail a one-time sign-in link"), permissions=["change"])
    def send_links(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users.filter(is_active=True, is_staff=True):
            note(user, AccountEvent.What.LINK, by=request.user.get_username())
            mail_link(user)
            told = gettext("A link for %(who)s goes out by e-mail; it works once.") % {"who": user.email}
            self.message_user(request, told, messages.SUCCESS)

    @admin.action(description=_("Take the second factor away (phone and recovery codes lost)"), permissions=["change"])
    def reset_second_factors(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            if user.pk == request.user.pk:
                told = gettext("Your own is renewed on its page, with a code. Another administrator can take it away.")
                self.message_user(request, told, messages.ERROR)
            elif event := reset(user, by=request.user.get_username()):
                tell(event)
                told = gettext(
                    "%(who)s has no second factor any more, and was told so. Make a link if a way in is needed."
                )
                self.message_user(request, told % {"who": user.email}, messages.SUCCESS)
            else:
                told = gettext("There is nothing to take away: %(who)s has no second factor.")
                self.message_user(request, told % {"who": user.email}, messages.WARNING)


@admin.register(AccountEvent, site=desk_site)
class AccountEventAdmin(ReadOnlyAdmin):
    """What happened to accounts, for administrators."""

    list_display = ("at", "account", "what", "by", "told")
    list_filter = ("what", "at")
    search_fields = ("account", "by")
    ordering = ("-id",)
