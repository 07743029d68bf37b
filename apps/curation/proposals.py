"""Proposing a change to the terms, and saying yes or no to it. Each act is a line of the log."""

from __future__ import annotations

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.curation.decisions import Refused, checked_reason, checked_source
from apps.curation.models import AuditEntry, TermProposal
from apps.curation.terms import checked_change, terms_in_force

Action, State = AuditEntry.Action, TermProposal.State
# Under what the log tells of them.
FIELD = "terms"


class Settled(Exception):
    """Somebody else was quicker. `proposal` is how it stands now."""

    def __init__(self, proposal: TermProposal) -> None:
        super().__init__()
        self.proposal = proposal


class TermsMoved(Exception):
    """Other changes were accepted or taken back since what would move was looked at."""


@transaction.atomic
def propose(*, act: str, group: str, form: str, phrase: str, reason: str, source: str = "", by: str) -> TermProposal:
    """A change that a lead may accept. Refused says at once why it cannot be made, or why its reason will not do."""
    reason, source = _checked_reason(reason), checked_source(source)
    _one_at_a_time()
    change = checked_change(act=act, group=group, form=form, phrase=phrase, within=terms_in_force())
    proposal = TermProposal.objects.create(**change._asdict(), reason=reason, source=source, by=by)
    _log(proposal, Action.PROPOSED, by, None, reason, source)
    return proposal


@transaction.atomic
def accept(*, number: int, reason: str, by: str, rehearsed_with: int) -> TermProposal:
    """Yes: the change is in force. What is stored is processed again by whoever asks for it.

    `rehearsed_with` is the version of the terms with which it was looked at what would move. Raises TermsMoved where
    another one is in force, Settled where somebody else was quicker, Refused where the change can no longer be made,
    and TermProposal.DoesNotExist; so do the others.
    """
    reason = _checked_reason(reason)
    proposal, terms = _standing(number, State.PROPOSED), terms_in_force()
    if terms.version != rehearsed_with:
        raise TermsMoved
    told = {name: getattr(proposal, name) for name in ("act", "group", "form", "phrase")}
    checked_change(**told, within=terms, besides=number)
    return _settle(proposal, State.ACCEPTED, Action.ACCEPTED, by, reason)


@transaction.atomic
def decline(*, number: int, reason: str, by: str) -> TermProposal:
    """No: the words stay as they are."""
    reason = _checked_reason(reason)
    return _settle(_standing(number, State.PROPOSED), State.DECLINED, Action.DECLINED, by, reason)


@transaction.atomic
def withdraw(*, number: int, reason: str, by: str) -> TermProposal:
    """Whoever proposed it does so no longer. Refused for anybody else: they can decline it."""
    reason = _checked_reason(reason)
    proposal = _standing(number, State.PROPOSED)
    if proposal.by != by:
        raise Refused("reason", _("%(who)s proposed this and alone can withdraw it.") % {"who": proposal.by})
    return _settle(proposal, State.WITHDRAWN, Action.WITHDRAWN, by, reason)


@transaction.atomic
def retire(*, number: int, reason: str, by: str) -> TermProposal:
    """Take an accepted change back: the files speak for themselves again. Processed again as after `accept`."""
    reason = _checked_reason(reason)
    return _settle(_standing(number, State.ACCEPTED), State.RETIRED, Action.RETIRED, by, reason)


def number_proposed() -> int:
    """How many proposals wait for a lead."""
    return TermProposal.objects.filter(state=State.PROPOSED).count()


def history_of(number: int) -> list[AuditEntry]:
    """The lines of the log on a proposal, the oldest first."""
    lines = AuditEntry.objects.filter(nct_id="", field=FIELD, after__proposal=number)
    return list(lines.order_by("pk"))


def _standing(number: int, state: str) -> TermProposal:
    """The proposal, locked: of two people at the same moment the second sees what the first did."""
    _one_at_a_time()
    proposal = TermProposal.objects.get(pk=number)
    if proposal.state != state:
        raise Settled(proposal)
    return proposal


def _settle(
    proposal: TermProposal, state: TermProposal.State, action: AuditEntry.Action, by: str, reason: str
) -> TermProposal:
    before, proposal.state = proposal.state, state
    proposal.decided_by, proposal.decided_at, proposal.decision_reason = by, timezone.now(), reason
    proposal.save()
    _log(proposal, action, by, before, reason)
    return proposal


def _log(
    proposal: TermProposal, action: AuditEntry.Action, by: str, before: str | None, reason: str, source: str = ""
) -> None:
    change = {name: getattr(proposal, name) for name in ("act", "phrase", "group", "form")}
    told = {"proposal": proposal.pk, **change}
    AuditEntry.objects.create(
        by=by, action=action, field=FIELD, reason=reason, source=source,
        before=None if before is None else told | {"state": str(before)}, after=told | {"state": str(proposal.state)},
    )  # fmt: skip


def _checked_reason(reason: str) -> str:
    return checked_reason(reason, missing=_("Give the reason: it is kept, and shown to everybody."))


def _one_at_a_time() -> None:
    """Two changes at once could claim the same words, or be accepted without a look at one another."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE curation_termproposal IN SHARE ROW EXCLUSIVE MODE")
