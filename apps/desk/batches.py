"""Decisions by the many: as a spreadsheet out and in, and batches that are previewed, taken and undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.curation.batches import (
    AT_A_TIME,
    CHANGED,
    CLEARED,
    KEPT,
    MOST_CHANGES,
    MOVED,
    NEW,
    OVERTAKEN,
    REFUSED,
    TAKEN,
    UNCHANGED,
    Closed,
    TooMany,
    confirm,
    discard,
    preview,
    undo,
    wishes_for,
)
from apps.curation.decisions import (
    DECIDABLE,
    TEXTS,
    Refused,
    Standing,
    checked_reason,
    checked_source,
    checked_values,
    in_words,
)
from apps.curation.models import Batch
from apps.curation.selectors import batches, decisions_found
from apps.curation.teamwork import acted_on_many
from apps.desk.deciding import ACCEPTED, DECIDE, KEPT_REASON, SEE, DecisionForm
from apps.desk.pages import check, context_of
from apps.desk.places import Place
from apps.desk.spreadsheet import COLUMNS, MOST_BYTES, MOST_ROWS, Unreadable, read, written
from apps.ingest.selectors import records_of
from apps.ingest.services import read_again
from apps.studies.selectors import canonical_id

_A_PAGE = 50
_LAST = 20
KIND_WORDS = {
    NEW: gettext_lazy("new"),
    CHANGED: gettext_lazy("changed"),
    CLEARED: gettext_lazy("taken back"),
    UNCHANGED: gettext_lazy("as it stands"),
    REFUSED: gettext_lazy("refused"),
    OVERTAKEN: gettext_lazy("overtaken"),
    MOVED: gettext_lazy("moved since the preview"),
    KEPT: gettext_lazy("decided since, left"),
}


# A title or a summary is of one trial alone.
BULK_FIELDS = {slug: name for slug, name in DECIDABLE.items() if slug not in TEXTS}
BULK_WORDS = {
    "accept": gettext_lazy("accept what registry and rules say"),
    "keep": gettext_lazy("keep what is published"),
    "set": gettext_lazy("set to a value"),
}
BULK_REASONS = {"accept": ACCEPTED, "keep": KEPT_REASON}


class FilterForm(forms.Form):
    """Which decisions a file shall have. Everything may be left out."""

    standing = forms.ChoiceField(
        label=gettext_lazy("How they stand"),
        choices=[("", gettext_lazy("all")), *((item.value, item.value) for item in Standing)],
        required=False,
    )
    field = forms.ChoiceField(
        label=gettext_lazy("Field"), choices=[("", gettext_lazy("all")), *DECIDABLE.items()], required=False
    )
    by = forms.CharField(label=gettext_lazy("Decided by"), max_length=254, required=False)


class UploadForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("A CSV file with your changes"), allow_empty_file=True)


@require_http_methods(["GET", "POST"])
def decisions(request: HttpRequest) -> HttpResponse:
    """The door of spreadsheets: take one along, send one, and the last batches."""
    check(request, SEE)
    form = UploadForm()
    if request.method == "POST":
        check(request, DECIDE)
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                wishes = read(file.read(MOST_BYTES + 1))
                made = preview(wishes=wishes, told=_name(file.name), by=request.user.get_username(), records=records_of)
            except (Unreadable, TooMany) as error:
                form.add_error("file", str(error))
            else:
                return redirect("desk:batch", made.pk)
    context = {
        "title": _("Decisions as a spreadsheet"),
        "form": form,
        "filter": FilterForm(),
        "columns": COLUMNS,
        "most_rows": MOST_ROWS,
        "most_changes": MOST_CHANGES,
        "most_megabytes": MOST_BYTES // 1_000_000,
        "batches": batches(_LAST),
        "may_decide": request.user.has_perm(DECIDE),
    }
    status = 422 if form.errors else 200
    return render(request, "desk/decisions.html", context_of(request) | context, status=status)


def _name(name: str) -> str:
    """The name of a file, as the preview shows it."""
    return "".join(letter for letter in name if letter.isprintable())[:100] or _("a spreadsheet")


@require_GET
def decisions_csv(request: HttpRequest) -> HttpResponseBase:
    """All decisions in force, or those of a filter, row by row. 400 with a sentence where the filter is none."""
    check(request, SEE)
    form = FilterForm(request.GET)
    if not form.is_valid():
        told = " ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())
        return HttpResponse(told, status=400, content_type="text/plain; charset=utf-8")
    found = decisions_found(**form.cleaned_data).iterator(chunk_size=500)
    response = StreamingHttpResponse(written(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="decisions-{timezone.now():%Y-%m-%d}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """One decision for several trials of a queue: asked for here, shown as a batch before anything is decided."""
    check(request, DECIDE)
    asked = request.POST if request.method == "POST" else request.GET
    place, field, do = Place.of(request), asked.get("field", ""), asked.get("how", "")
    ids = list(dict.fromkeys(value for value in asked.getlist("nct_id") if canonical_id(value) == value))
    if field not in BULK_FIELDS or do not in BULK_WORDS or not ids or len(ids) > MOST_CHANGES:
        messages.error(request, _("Choose trials, a field, and what to do with it."))
        return redirect(place.address if place.kind else reverse("desk:index"))
    initial = {"reason": BULK_REASONS.get(do, ""), "version": 0}
    form = (
        DecisionForm(field=field, data=request.POST)
        if request.method == "POST"
        else DecisionForm(field=field, initial=initial)
    )
    if do != "set":
        del form.fields["values"]
    if request.method == "POST" and form.is_valid():
        try:
            return _previewed(request, field, do, ids, form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.place if refused.place in form.fields else None, str(refused))
    context = {
        "title": _("One decision for several trials"),
        "form": form,
        "ids": ids,
        "field": field,
        "do": do,
        "name": BULK_FIELDS[field],
        "what": BULK_WORDS[do],
        "place": place,
    }
    return render(request, "desk/bulk.html", context_of(request) | context, status=422 if form.errors else 200)


def _previewed(request: HttpRequest, field: str, do: str, ids: list[str], told: Mapping[str, Any]) -> HttpResponse:
    reason, source = checked_reason(told["reason"]), checked_source(told["source"])
    values = checked_values(field, told["values"]) if do == "set" else ()
    wishes = wishes_for(nct_ids=ids, field=field, do=do, values=values, reason=reason, source=source)
    name = f"{BULK_FIELDS[field]}: {BULK_WORDS[do]}"
    made = preview(wishes=wishes, told=name, by=request.user.get_username(), records=records_of)
    return redirect("desk:batch", made.pk)


@require_GET
def batch(request: HttpRequest, number: int) -> HttpResponse:
    """A batch: what each row would do, or has done, and the buttons."""
    check(request, SEE)
    made = Batch.objects.filter(pk=number).first()
    if made is None:
        raise Http404
    wanted = request.GET.get("kind", "")
    rows = [row for row in made.rows if wanted not in KIND_WORDS or row["kind"] == wanted]
    page = Paginator(rows, _A_PAGE).get_page(request.GET.get("page"))
    may_decide = request.user.has_perm(DECIDE)
    mine = made.by == request.user.get_username()
    context = {
        "title": _("Batch %(number)d") % {"number": made.pk},
        "batch": made,
        "page": page,
        "rows": [_shown(row) for row in page.object_list],
        "counts": [
            (kind, word, made.counts.get(kind, 0)) for kind, word in KIND_WORDS.items() if made.counts.get(kind)
        ],
        "kind": wanted if wanted in KIND_WORDS else "",
        "changes": sum(made.counts.get(kind, 0) for kind in TAKEN),
        "may_confirm": may_decide and mine and made.state == Batch.State.PREVIEWED,
        "may_undo": may_decide and made.state == Batch.State.APPLIED,
    }
    return render(request, "desk/batch.html", context_of(request) | context)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as people read it."""
    field = row["field"] if row["field"] in DECIDABLE else ""
    before, after = (_words(field, row[name]) for name in ("before", "values"))
    return {
        **row,
        "name": DECIDABLE[field] if field else row["field"][:40],
        "before": before,
        "after": after,
        "word": KIND_WORDS[row["kind"]],
        "link": row["kind"] != REFUSED or bool(field and row["before"] is not None),
    }


def _words(field: str, values: Iterable[str] | None) -> str | None:
    return None if values is None else "; ".join(in_words(field, value) if field else value for value in values)


@require_POST
def step(request: HttpRequest, number: int, step: str) -> HttpResponse:
    """Confirm a batch, throw it away, or undo it. A batch of somebody else is confirmed by nobody but them."""
    check(request, DECIDE)
    by = request.user.get_username()
    try:
        if step == "confirm":
            made = _applied(lambda: confirm(number=number, by=by, records=records_of))
            acted_on_many(nct_ids=[row["nct_id"] for row in made.rows if row["kind"] in TAKEN], by=by)
            _told(request, made)
        elif step == "discard":
            discard(number=number, by=by)
            messages.success(request, _("Thrown away. Nothing was decided."))
        elif step == "undo":
            _told(request, _applied(lambda: undo(number=number, by=by, records=records_of)))
        else:
            raise Http404
    except Batch.DoesNotExist:
        raise Http404 from None
    except Closed as closed:
        told = {"state": closed.batch.get_state_display()}
        messages.error(request, _("Nothing was done: this batch is %(state)s.") % told)
    return redirect("desk:batch", number)


def _applied(work: Callable[[], Batch]) -> Batch:
    """Take or undo; where a scope has changed, the card may be wanted now."""
    with transaction.atomic():
        made = work()
        scopes = sorted({row["nct_id"] for row in made.rows if row["field"] == "scope" and row["kind"] in TAKEN})
        for start in range(0, len(scopes), AT_A_TIME):
            read_again(*scopes[start : start + AT_A_TIME])
    return made


def _told(request: HttpRequest, made: Batch) -> None:
    number = sum(made.counts.get(kind, 0) for kind in TAKEN)
    if made.state == Batch.State.APPLIED:
        told = ngettext("%(n)d decision taken and published.", "%(n)d decisions taken and published.", number)
    else:
        told = ngettext("%(n)d decision put back as it stood.", "%(n)d decisions put back as they stood.", number)
    messages.success(request, told % {"n": number})
    if left := made.counts.get(MOVED, 0) + made.counts.get(KEPT, 0):
        told = ngettext(
            "%(n)d row was left alone, since something has moved under it: see below.",
            "%(n)d rows were left alone, since something has moved under them: see below.",
            left,
        )
        messages.warning(request, told % {"n": left})
