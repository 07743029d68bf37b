"""Deciding: the queues of what waits for a person, one study's fields with their evidence, and the form of a field."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.models import User
from apps.classification.models import StudyLabel
from apps.classification.rules.cautions import cautions_of
from apps.classification.selectors import labels_of
from apps.curation.decisions import (
    DECIDABLE,
    REASON_LENGTH,
    SCOPE,
    SOURCE_LENGTH,
    TEXTS,
    Refused,
    Standing,
    in_words,
    said_of_record,
    words_of,
)
from apps.curation.models import SecondLook, StudyOverride
from apps.curation.queues import claim_of_others, claim_on, disagreements_on, unseen, waiting
from apps.curation.selectors import log_of, notes_of, overrides_of
from apps.curation.services import Overtaken, clear, decide
from apps.curation.teamwork import NOTE_LENGTH, acted, claim_next
from apps.desk.pages import check, context_of
from apps.desk.places import Place
from apps.guide.cautions import reckoned
from apps.ingest.selectors import records_of
from apps.ingest.services import read_again
from apps.search.cautions import public_cautions, siblings_of
from apps.studies.models import Study
from apps.studies.records import StudyRecord
from apps.studies.selectors import canonical_id
from apps.vocabulary.cautions import CAUTIONS

DECIDE, SEE = "curation.change_studyoverride", "curation.view_studyoverride"
ACCEPTED = gettext_lazy("A curator looked at the record and agrees with the reading.")
KEPT_REASON = gettext_lazy("A curator looked at the changed record and keeps the decision.")


@require_GET
def trial(request: HttpRequest, nct_id: str) -> HttpResponse:
    """Every field of a study that can be decided: what is published, what the rules read and where, notes, the log."""
    check(request, SEE)
    return trial_page(request, nct_id, Place.of(request))


def trial_page(
    request: HttpRequest, nct_id: str, place: Place, *, status: int = 200, note: str = "", note_error: str = ""
) -> HttpResponse:
    """The page of a study; `note` is one that was refused, with the reason."""
    record, labels, overrides = study_of(nct_id)
    by, may_decide = request.user.get_username(), request.user.has_perm(DECIDE)
    blind = {look.field: look.first_entry for look in unseen(by).filter(nct_id=nct_id)} if may_decide else {}
    asked = {field for item in waiting(place.kind, nct_id, by) for field in item["fields"]} if place.kind else set()
    rows = rows_of(record, labels, overrides, asked, blind=blind.keys(), differing=disagreements_on(nct_id))
    claim = claim_on(nct_id)
    context = {
        "record": record,
        "title": record.title,
        "asked": [row for row in rows if row["asked"]],
        "rest": [row for row in rows if not row["asked"]],
        "cautions": _cautions(record),
        "log": [entry for entry in log_of(nct_id) if entry.pk < blind.get(entry.field, entry.pk + 1)],
        "notes": notes_of(nct_id),
        "note": note,
        "note_error": note_error,
        "note_length": NOTE_LENGTH,
        "place": place,
        "kind": place.kind,
        "claim": claim,
        "mine": claim is not None and claim.by == by,
        "others": claim is not None and claim.by != by,
        "colleagues": colleagues(request) if may_decide else [],
        "may_decide": may_decide,
    }
    return render(request, "desk/trial.html", context_of(request) | context, status=status)


def colleagues(request: HttpRequest) -> list[str]:
    """The names of everybody else who may decide."""
    backend = "django.contrib.auth.backends.ModelBackend"
    may = (
        User.objects.with_perm(DECIDE, backend=backend)
        .filter(is_staff=True)
        .exclude(username=request.user.get_username())
    )
    return sorted(may.values_list("username", flat=True))


@require_http_methods(["GET", "POST"])
def field(request: HttpRequest, nct_id: str, field: str) -> HttpResponse:
    """The form of one field. What is refused, or was overtaken, comes back as it was typed, with the reason."""
    check(request, DECIDE)
    if field not in DECIDABLE:
        raise Http404
    record, labels, overrides = study_of(nct_id)
    if unseen(request.user.get_username()).filter(nct_id=nct_id, field=field).exists():
        messages.info(request, _("This field is read twice: give your own look first, then you see the other one."))
        query = Place.of(request).query
        return redirect(reverse("desk:second-look", args=[nct_id, field]) + (f"?{query}" if query else ""))
    [row] = [row for row in rows_of(record, labels, overrides, {field}) if row["field"] == field]
    if request.method == "GET":
        initial = {
            "values": typed(field, row["published"]),
            "version": row["version"],
            "for_good": row["for_good"],
        }
        form = DecisionForm(field=field, initial=initial)
        return _form(request, record, row, form, 200)
    form = DecisionForm(field=field, data=request.POST)
    if not form.is_valid():
        return _form(request, record, row, form, 422)
    try:
        _take(request, record, field, form.cleaned_data)
    except Refused as refused:
        form.add_error(refused.place if refused.place in form.fields else None, str(refused))
        return _form(request, record, row, form, 422)
    except Overtaken as overtaken:
        sent = request.POST.copy()
        sent["version"] = str(overtaken.current.version if overtaken.current else 0)
        form.data = sent
        form.add_error(None, _overtaken(overtaken.current))
        return _form(request, record, row, form, 409)
    messages.success(request, _("Decided and published: %(field)s.") % {"field": DECIDABLE[field]})
    return go_on(request, nct_id)


def _take(request: HttpRequest, record: StudyRecord, field: str, told: Mapping[str, Any]) -> None:
    by = request.user.get_username()
    with transaction.atomic():
        # A sync may have replaced the record since it was read for the form.
        list(Study.objects.select_for_update().filter(pk=record.nct_id).values_list("pk"))
        record = records_of([record.nct_id])[record.nct_id]
        if told["do"] == "clear":
            clear(record=record, field=field, reason=told["reason"], by=by, version=told["version"])
        else:
            decide(
                record=record,
                field=field,
                values=told["values"],
                reason=told["reason"],
                source=told["source"],
                by=by,
                version=told["version"],
                for_good=told.get("for_good"),
            )
        if field == "scope":
            # Whether the card is wanted may have changed.
            read_again(record.nct_id)
        acted(nct_id=record.nct_id, by=by)


def _overtaken(current: StudyOverride | None) -> str:
    if current is None:
        return _("Somebody has taken the decision back since you opened this page. Look again, then send once more.")
    told = {"who": current.by, "values": ", ".join(current.values) or _("not stated"), "reason": current.reason}
    return (
        _("%(who)s has decided since you opened this page: “%(values)s”. The reason: %(reason)s") % told
        + " "
        + _("Look again, then send once more.")
    )


def go_on(request: HttpRequest, nct_id: str) -> HttpResponseRedirect:
    """On to the next of the queue from which the study was opened, which nobody else is working on."""
    place = Place.of(request)
    if not place.kind:
        return redirect("desk:decide-trial", nct_id)
    if following := claim_next(kind=place.kind, narrowed=place.narrowed, by=request.user.get_username()):
        return redirect(f"{reverse('desk:decide-trial', args=[following])}?{place.query}")
    return redirect(place.address)


class DecisionForm(forms.Form):
    """Values, reason and source of a decision on a field, as `apps.curation.decisions` takes them.

    A blind second look leaves nothing out for good.
    """

    reason = forms.CharField(
        label=gettext_lazy("Why, in English (shown to everybody)"), max_length=REASON_LENGTH, required=False
    )
    source = forms.CharField(
        label=gettext_lazy("A quote or an address, if there is one"), max_length=SOURCE_LENGTH, required=False
    )
    for_good = forms.BooleanField(
        label=gettext_lazy("Leave it out for good"),
        help_text=gettext_lazy(
            "Only where it is not in scope. It stays out when its record or our rules change; nobody is asked again."
        ),
        required=False,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    do = forms.ChoiceField(choices=[("decide", ""), ("clear", "")], required=False, initial="decide")

    field_order = ("values", "for_good", "reason", "source", "version")

    def __init__(self, *, field: str, blind: bool = False, **named: Any) -> None:
        super().__init__(**named)
        self.fields["values"] = _values_field(field)
        if field != SCOPE or blind:
            del self.fields["for_good"]
        self.order_fields(self.field_order)
        self._field = field

    def clean_values(self) -> list[str]:
        values = self.cleaned_data["values"]
        if isinstance(values, list):
            return values
        # Open values stand one a line; a text is one value.
        return [values] if self._field in TEXTS or self._field == "scope" else values.splitlines()


def _values_field(field: str) -> forms.Field:
    label = str(DECIDABLE[field])
    if words := words_of(field):
        choices = [(slug, in_words(field, slug)) for slug in words]
        if field == "scope":
            return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, required=False)
        return forms.MultipleChoiceField(
            label=label, choices=choices, widget=forms.CheckboxSelectMultiple, required=False
        )
    told = "" if field in TEXTS else _("One value a line, as the rules write it; nothing: not stated.")
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 4}), required=False, help_text=told)


def typed(field: str, values: Sequence[str]) -> str | Sequence[str]:
    """Values as the form's field holds them: a choice, several choices, or lines."""
    return "\n".join(values) if field == "scope" or not words_of(field) else values


def _form(request: HttpRequest, record: StudyRecord, row: Mapping[str, Any], form: DecisionForm, status: int) -> Any:
    context = {
        "record": record,
        "row": row,
        "form": form,
        "title": f"{record.nct_id}: {row['name']}",
        "place": Place.of(request),
        "claim": claim_of_others(record.nct_id, request.user.get_username()),
    }
    return render(request, "desk/decide.html", context_of(request) | context, status=status)


# What is shown of a study


def study_of(nct_id: str) -> tuple[StudyRecord, list[StudyLabel], list[StudyOverride]]:
    """A study with its labels and decisions. 404 where there is none of this id."""
    if canonical_id(nct_id) != nct_id or not (record := records_of([nct_id]).get(nct_id)):
        raise Http404
    return record, labels_of(nct_id), overrides_of(nct_id)


def rows_of(
    record: StudyRecord,
    labels: list[StudyLabel],
    overrides: list[StudyOverride],
    asked: set[str],
    *,
    blind: Collection[str] = (),
    differing: Mapping[str, SecondLook] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """A row a field. One is asked about where the queue has it, or the record has moved under its decision.

    Of the fields in `blind` no decision is shown, since the curator's own look comes first.
    """
    said = said_of_record(record, labels)
    decided = {item.field: item for item in overrides if item.field not in blind}
    rows = []
    for slug, name in DECIDABLE.items():
        override, read = decided.get(slug), [label for label in labels if label.scheme == slug]
        published = tuple(override.values) if override else said[slug]
        quotes = list(dict.fromkeys(item["quote"] for label in read for item in label.evidence))
        rows.append(
            {
                "field": slug,
                "name": name,
                "published": published,
                "words": [in_words(slug, value) for value in published],
                "said": [in_words(slug, value) for value in said[slug]],
                "quotes": quotes,
                "override": override,
                "version": override.version if override else 0,
                "for_good": override is not None and override.standing == Standing.FOR_GOOD,
                "asked": slug in asked or (override is not None and override.standing == Standing.REOPENED),
                "second": slug in blind,
                "look": _look_words(slug, differing.get(slug)),
                "accept_reason": str(KEPT_REASON if override else ACCEPTED),
            }
        )
    return rows


def _cautions(record: StudyRecord) -> list[dict[str, Any]]:
    """Every caution of a study with its evidence, whether readers see the kind or not, also those still to come."""
    public, today = public_cautions(), timezone.now().date()
    rows: list[dict[str, Any]] = [
        {
            "slug": item.kind,
            "facts": list(reckoned(item.facts)),
            "quotes": [quote.quote for quote in item.evidence],
            "since": None if item.holds(today) else item.since,
        }
        for item in cautions_of(record)
    ]
    if (siblings := siblings_of(record.nct_id)).found:
        facts = list(reckoned({"held": siblings.held}))
        rows.append({"slug": "similar-protocol", "facts": facts, "siblings": siblings.found})
    return [row | {"name": CAUTIONS[row["slug"]], "public": row["slug"] in public} for row in rows]


def _look_words(field: str, look: SecondLook | None) -> dict[str, Any] | None:
    """Both readings of two who differ, in words."""
    if look is None:
        return None
    first, second = look.first_values, look.second_values or []
    return {
        "first": [in_words(field, value) for value in first],
        "second": [in_words(field, value) for value in second],
        "first_by": look.first_by,
        "second_by": look.second_by,
        "reason": look.second_reason,
    }
