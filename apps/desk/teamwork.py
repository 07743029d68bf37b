"""Notes on a study, and who is working on it: the buttons of its page."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.curation.decisions import Refused
from apps.curation.teamwork import Taken, add_note, assign, claim, release, still_here
from apps.desk.deciding import DECIDE, colleagues, trial_page
from apps.desk.pages import check
from apps.desk.places import Place
from apps.studies.models import Study
from apps.studies.selectors import canonical_id


@require_POST
def note(request: HttpRequest, nct_id: str) -> HttpResponse:
    """A note for the other curators. One that is refused comes back as it was typed."""
    _check(request, nct_id)
    text = request.POST.get("text", "")
    try:
        add_note(nct_id=nct_id, text=text, by=request.user.get_username())
    except Refused as refused:
        return trial_page(request, nct_id, Place.of(request), status=422, note=text, note_error=str(refused))
    except Study.DoesNotExist:
        raise Http404 from None
    still_here(nct_id=nct_id, by=request.user.get_username())
    messages.success(request, _("Noted."))
    return _back(request, nct_id, "#notes")


@require_POST
def claim_it(request: HttpRequest, nct_id: str) -> HttpResponse:
    """I am working on this; with `over`, in the place of whom it names."""
    _check(request, nct_id)
    over, by = _over(request), request.user.get_username()
    if _told(request, lambda: claim(nct_id=nct_id, by=by, over=over)):
        messages.success(request, _("You are working on this trial. Without action it is free again in two hours."))
    return _back(request, nct_id)


@require_POST
def release_it(request: HttpRequest, nct_id: str) -> HttpResponse:
    """No longer working on it."""
    _check(request, nct_id)
    if release(nct_id=nct_id, by=request.user.get_username()):
        messages.success(request, _("The trial is free again."))
    else:
        messages.warning(request, _("You were not working on this trial any more."))
    return _back(request, nct_id)


@require_POST
def assign_it(request: HttpRequest, nct_id: str) -> HttpResponse:
    """Give the study to a colleague who may decide."""
    _check(request, nct_id)
    to, over, by = request.POST.get("to", ""), _over(request), request.user.get_username()
    if to not in colleagues(request):
        messages.error(request, _("Choose one of the people who may decide."))
    elif _told(request, lambda: assign(nct_id=nct_id, to=to, by=by, over=over)):
        messages.success(request, _("Given to %(who)s.") % {"who": to})
    return _back(request, nct_id)


def _check(request: HttpRequest, nct_id: str) -> None:
    check(request, DECIDE)
    if canonical_id(nct_id) != nct_id:
        raise Http404


def _over(request: HttpRequest) -> str:
    return request.POST.get("over", "").replace("\x00", "")


def _told(request: HttpRequest, work: Callable[[], None]) -> bool:
    """Whether it went through; who has the study is told where somebody else does."""
    try:
        work()
    except Taken as taken:
        who = {"who": taken.claim.by}
        messages.error(request, _("%(who)s is working on this trial. Take it over if you mean to.") % who)
        return False
    except Study.DoesNotExist:
        raise Http404 from None
    return True


def _back(request: HttpRequest, nct_id: str, anchor: str = "") -> HttpResponse:
    place = Place.of(request)
    query = f"?{place.query}" if place.query else ""
    return redirect(reverse("desk:decide-trial", args=[nct_id]) + query + anchor)
