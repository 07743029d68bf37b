"""The words that the rules know: proposed, rehearsed, accepted, taken back; and the rules as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.classification.moves import DOUBTFUL
from apps.classification.rules import RULESET_VERSION
from apps.curation.decisions import DECIDABLE, Refused, in_words
from apps.curation.models import TermProposal
from apps.curation.proposals import Settled, TermsMoved, accept, decline, history_of, propose, retire, withdraw
from apps.curation.selectors import decided_fields
from apps.curation.terms import change_of, does_nothing, proposals, terms_in_force
from apps.desk.pages import ask_worker, check, context_of, no_worker
from apps.desk.views import CONTROL
from apps.ingest.models import Rehearsal, SyncRun
from apps.ingest.processing import outdated
from apps.ingest.rehearsing import AS_THEY_ARE, Standing, ask, rehearsal_of
from apps.ingest.tasks import rehearse, reprocess
from apps.studies.models import Study
from apps.vocabulary.terms import ADD, FORMS, PHRASES, Amendments, amended, groups_of_files

# Who may propose may also look what would move.
SEE, PROPOSE, DECIDE = (f"curation.{act}_termproposal" for act in ("view", "add", "change"))
State = TermProposal.State
_LIVING = (State.PROPOSED, State.ACCEPTED)
_A_PAGE = 50
# Of the groups that a search finds, and of the proposals that are settled, so many are shown.
_MOST_GROUPS = 30
_MOST_SETTLED = 50
_SEARCH_LENGTH = 100


def _groups_by_file() -> dict[str, list[tuple[str, str]]]:
    """Each group and its own name, by file, those that say disease and kind of cell first."""
    files: dict[str, list[tuple[str, str]]] = {}
    for group in groups_of_files():
        name, _slash, own = group.rpartition("/")
        files.setdefault(name or "terms", []).append((group, own))
    return files


class ProposalForm(forms.Form):
    """What `apps.curation.proposals.propose` takes; what is wrong with it is said there."""

    act = forms.ChoiceField(
        label=gettext_lazy("What"), choices=TermProposal.Act.choices, widget=forms.RadioSelect, initial=ADD
    )
    phrase = forms.CharField(label=gettext_lazy("Phrase or abbreviation"), required=False, strip=False)
    form = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=TermProposal.Form.choices, widget=forms.RadioSelect, initial=PHRASES
    )
    group = forms.CharField(widget=forms.HiddenInput, strip=False)
    reason = forms.CharField(label=gettext_lazy("Why, in English (shown to everybody)"), required=False)
    source = forms.CharField(label=gettext_lazy("A trial, a quote or an address that shows it"), required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why, in English (shown to everybody)"), required=False)


@require_http_methods(["GET", "POST"])
def terms(request: HttpRequest) -> HttpResponse:
    """The groups with their phrases, what is proposed, and the form of another proposal."""
    check(request, SEE)
    if request.method != "POST":
        asked = {name: request.GET[name] for name in ("act", "form", "group", "phrase") if name in request.GET}
        initial = {"act": ADD, "form": PHRASES} | asked
        return _terms_page(request, ProposalForm(initial=initial), 200)
    check(request, PROPOSE)
    form = ProposalForm(request.POST)
    if form.is_valid():
        try:
            proposal = propose(**form.cleaned_data, by=request.user.get_username())
        except Refused as refused:
            form.add_error(refused.place if refused.place != "group" else None, str(refused))
        else:
            messages.success(request, _("Proposed. Look what would move; then a lead says yes or no."))
            return redirect("desk:term", proposal.pk)
    return _terms_page(request, form, 422)


def _terms_page(request: HttpRequest, form: ProposalForm, status: int) -> HttpResponse:
    in_force = terms_in_force()
    rows = proposals()
    with amended(in_force):
        idle = {row.pk for row in rows if row.state == State.ACCEPTED and does_nothing(change_of(row))}
    query = request.GET.get("q", "")[:_SEARCH_LENGTH]
    group = str(form.data.get("group", "")) if form.is_bound else request.GET.get("group", "")
    shown, more = _groups_shown(query, group, [row for row in rows if row.state == State.ACCEPTED])
    settled = [row for row in rows if row.state not in _LIVING]
    context = {
        "title": _("The words that the rules know"),
        "form": form,
        "may_propose": request.user.has_perm(PROPOSE),
        "version": in_force.version,
        "waiting": [row for row in rows if row.state == State.PROPOSED],
        "in_force": [row for row in rows if row.state == State.ACCEPTED],
        "idle": idle,
        "settled": settled[:_MOST_SETTLED],
        "files": _files() if not shown and not query else [],
        "query": query,
        "group": group if group in groups_of_files() else "",
        "shown": shown,
        "more": more,
        "length": _SEARCH_LENGTH,
    }
    return render(request, "desk/terms.html", context_of(request) | context, status=status)


def _files() -> list[tuple[str, list[tuple[str, str, int]]]]:
    """Each file with its groups and how many phrases they have."""
    tables = groups_of_files()
    return [
        (name, [(group, own, sum(len(tables[group].get(form, ())) for form in FORMS)) for group, own in groups])
        for name, groups in _groups_by_file().items()
    ]


def _groups_shown(
    query: str, group: str, in_force: Sequence[TermProposal]
) -> tuple[list[tuple[str, list[dict[str, Any]]]], bool]:
    """The groups asked for with their phrases, of a search those that it finds; and whether it finds more of them."""
    text = " ".join(query.lower().split())
    found = []
    for name, table in groups_of_files().items():
        if name == group or (text and not group):
            rows = _phrases(name, table, in_force)
            if name != group and text not in name:
                rows = [row for row in rows if text in row["phrase"].lower()]
            if rows or name == group:
                found.append((name, rows))
    return found[:_MOST_GROUPS], len(found) > _MOST_GROUPS


def _phrases(group: str, table: Mapping[str, Any], in_force: Iterable[TermProposal]) -> list[dict[str, Any]]:
    """Every phrase of a group, with the proposal that added it or took it out."""
    mine = {(row.act, row.form, row.phrase): row for row in in_force if row.group == group}
    rows = [
        {"form": form, "phrase": phrase, "out": mine.get(("remove", form, phrase))}
        for form in FORMS
        for phrase in table.get(form, ())
    ]
    added = [row for row in mine.values() if row.act == ADD]
    return [*({"form": row.form, "phrase": row.phrase, "added": row} for row in added), *rows]


@require_http_methods(["GET", "POST"])
def term(request: HttpRequest, number: int) -> HttpResponse:
    """One proposal: why, what would move, and yes or no."""
    check(request, SEE)
    proposal = get_object_or_404(TermProposal, pk=number)
    if request.method != "POST":
        return _term_page(request, proposal, ReasonForm(), 200)
    do = request.POST.get("do", "")
    if do == "rehearse":
        check(request, PROPOSE)
        if proposal.state in _LIVING:
            _rehearse(request, number)
        else:
            messages.info(request, _("This proposal is settled: nothing would move."))
        return redirect("desk:term", number)
    if do not in _SAYING:
        raise Http404
    right, say, told = _SAYING[do]
    check(request, right)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _term_page(request, proposal, form, 422)
    try:
        say(proposal, form.cleaned_data["reason"], request.user.get_username())
    except Refused as refused:
        form.add_error(refused.place if refused.place in form.fields else None, str(refused))
        return _term_page(request, proposal, form, 422)
    except TermsMoved:
        form.add_error(None, _("Look first what would move with the terms and rules as they are now."))
        return _term_page(request, proposal, form, 409)
    except Settled as settled:
        now = {"who": settled.proposal.decided_by, "state": settled.proposal.get_state_display()}
        form.add_error(None, _("It is no longer so. State: %(state)s, by %(who)s.") % now)
        return _term_page(request, settled.proposal, form, 409)
    messages.success(request, told)
    if do in {"accept", "retire"}:
        ask_worker(request, reprocess, away=str(_AWAY))
    return redirect("desk:term", number)


_AWAY = gettext_lazy(
    "The queue cannot be reached: stored records are processed within a minute of the worker's return."
)


def _accept(proposal: TermProposal, reason: str, by: str) -> None:
    standing = rehearsal_of(proposal.pk, terms_in_force().version, moved=False)
    if standing is None or standing.state != "good":
        raise TermsMoved
    accept(number=proposal.pk, reason=reason, by=by, rehearsed_with=standing.rehearsal.terms_version)


# By what the button says: who may, what is done, and what they are told.
_SAYING: Mapping[str, tuple[str, Callable[[TermProposal, str, str], object], Any]] = {
    "accept": (DECIDE, _accept, gettext_lazy("Accepted. Stored records are processed again now.")),
    "decline": (
        DECIDE,
        lambda proposal, reason, by: decline(number=proposal.pk, reason=reason, by=by),
        gettext_lazy("Declined. The words stay as they are."),
    ),
    "withdraw": (
        PROPOSE,
        lambda proposal, reason, by: withdraw(number=proposal.pk, reason=reason, by=by),
        gettext_lazy("Withdrawn."),
    ),
    "retire": (
        DECIDE,
        lambda proposal, reason, by: retire(number=proposal.pk, reason=reason, by=by),
        gettext_lazy("Taken back. Stored records are processed again now."),
    ),
}


def _term_page(request: HttpRequest, proposal: TermProposal, form: ReasonForm, status: int) -> HttpResponse:
    in_force = terms_in_force()
    own = proposal.by == request.user.get_username()
    may_decide = request.user.has_perm(DECIDE)
    waiting, standing = proposal.state == State.PROPOSED, rehearsal_of(proposal.pk, in_force.version)
    with amended(in_force):
        idle = proposal.state == State.ACCEPTED and does_nothing(change_of(proposal))
    context = {
        "title": _("Proposal %(number)d") % {"number": proposal.pk},
        "proposal": proposal,
        "form": form,
        "idle": idle,
        "history": history_of(proposal.pk),
        "may_rehearse": request.user.has_perm(PROPOSE) and proposal.state in _LIVING,
        "may_decide": waiting and may_decide,
        "may_accept": standing is not None and standing.state == "good",
        "may_withdraw": waiting and own and request.user.has_perm(PROPOSE),
        "may_retire": proposal.state == State.ACCEPTED and may_decide,
    }
    shown = _rehearsal(request, standing)
    return render(request, "desk/term.html", context_of(request) | context | shown, status=status)


@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """The rules as they are, what is stored of older ones, and what would move if all of it were processed again."""
    check(request, SEE)
    if request.method == "POST":
        do = request.POST.get("do", "")
        if do == "rehearse":
            check(request, PROPOSE)
            _rehearse(request, AS_THEY_ARE)
        elif do in {"outdated", "everything"}:
            check(request, CONTROL)
            if SyncRun.objects.filter(state=SyncRun.State.RUNNING).exists():
                messages.warning(
                    request, _("A run is under way, and there is one at a time: ask again when it has ended.")
                )
            elif ask_worker(request, reprocess, do == "everything", away=str(_AWAY)):
                messages.success(request, _("Asked for. It appears among the runs as soon as a worker begins it."))
        else:
            raise Http404
        return redirect("desk:rules")
    in_force = terms_in_force()
    context = {
        "title": _("The rules as they are"),
        "ruleset_version": RULESET_VERSION,
        "terms_version": in_force.version,
        "changes": len(in_force.changes),
        "stored": Study.objects.count(),
        "outdated": _number_outdated(in_force),
        "may_rehearse": request.user.has_perm(PROPOSE),
        "may_control": request.user.has_perm(CONTROL),
    }
    shown = _rehearsal(request, rehearsal_of(AS_THEY_ARE, in_force.version))
    return render(request, "desk/rules.html", context_of(request) | context | shown)


def _number_outdated(in_force: Amendments) -> int:
    with amended(in_force):
        return outdated().count()


# Rehearsals


def _rehearse(request: HttpRequest, proposal: int) -> None:
    rehearsal, new = ask(proposal=proposal, by=request.user.get_username())
    away = _("The queue cannot be reached, so nothing was looked at. Is Redis running?")
    if not new:
        messages.info(request, _("It is under way: %(who)s has asked already.") % {"who": rehearsal.by})
    elif not ask_worker(request, rehearse, rehearsal.pk, away=away, level=messages.ERROR):
        Rehearsal.objects.filter(pk=rehearsal.pk).delete()


def _rehearsal(request: HttpRequest, standing: Standing | None) -> dict[str, Any]:
    """What `desk/_rehearsal.html` shows: how it stands, and a page of the studies that would move."""
    if standing is None:
        return {"standing": None, "no_worker": no_worker()}
    page = Paginator(standing.rehearsal.moved, _A_PAGE).get_page(request.GET.get("page"))
    decided = decided_fields(row["nct_id"] for row in page)
    return {
        "standing": standing,
        "no_worker": no_worker(),
        "page": page,
        "rows": [
            {
                "nct_id": row["nct_id"],
                "title": row["title"],
                "moves": [_in_words(move, decided.get(row["nct_id"], set())) for move in row["moves"]],
            }
            for row in page
        ],
        "summary": [
            (_field(field), [(_kind(field, kind), number) for kind, number in kinds])
            for field, kinds in standing.rehearsal.summary
        ],
    }


def _in_words(move: Mapping[str, Any], decided: set[str]) -> dict[str, Any]:
    field = move["field"]
    return {
        "field": _field(field),
        "before": [_value(field, value) for value in move["before"]],
        "now": [_value(field, value) for value in move["now"]],
        "decided": field in decided,
    }


def _field(field: str) -> str:
    return _("In doubt") if field == DOUBTFUL else str(DECIDABLE.get(field, field))


def _value(field: str, value: str) -> str:
    return _field(value) if field == DOUBTFUL else in_words(field, value)


def _kind(field: str, kind: str) -> str:
    """A kind of move as `moves.summary` counts it, in words."""
    if " -> " in kind:
        return " → ".join(_value(field, part) for part in kind.split(" -> "))
    sign, space, value = kind.partition(" ")
    words = {"changed": _("changed"), "gained": _("newly stated"), "lost": _("no longer stated")}
    return f"{sign} {_value(field, value)}" if space else words.get(kind, kind)
