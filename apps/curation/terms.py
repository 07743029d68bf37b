"""Changes to the words that the rules know: which lie over the files, and which may be proposed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from apps.curation.decisions import Refused
from apps.curation.models import TermProposal
from apps.vocabulary.terms import ADD, FORMS, PHRASES, Amendments, Change, amended, finders_of, groups_of_files

PHRASE_LENGTH = 100
State = TermProposal.State
# What was ever accepted: a proposal goes from one to the other and never back.
_SETTLED = (State.ACCEPTED, State.RETIRED)


def terms_in_force() -> Amendments:
    """What has been accepted and not taken back. One statement."""
    rows = TermProposal.objects.filter(state__in=_SETTLED).order_by("pk")
    told = list(rows.values_list("state", "act", "group", "form", "phrase"))
    changes = tuple(Change(*change) for state, *change in told if state == State.ACCEPTED)
    # Each yes counts once and each taking back once more, so the number never falls.
    return Amendments(changes, len(told) + sum(state == State.RETIRED for state, *_change in told))


def change_of(proposal: TermProposal) -> Change:
    return Change(proposal.act, proposal.group, proposal.form, proposal.phrase)


def proposals() -> list[TermProposal]:
    """All of them: those that wait first, then those in force, then the others, each the newest first."""
    order = list(State)
    return sorted(TermProposal.objects.order_by("-pk"), key=lambda row: order.index(State(row.state)))


def proposals_in_force() -> list[TermProposal]:
    """Those that were accepted and not taken back, the newest first."""
    return list(TermProposal.objects.filter(state=State.ACCEPTED).order_by("-decided_at", "-pk"))


def tried(amendments: Amendments, change: Change) -> Amendments:
    """The terms as they would be with this change or, where it is in force, without it."""
    others = tuple(each for each in amendments.changes if each != change)
    return replace(amendments, changes=others if change in amendments.changes else (*others, change))


def does_nothing(change: Change) -> bool:
    """Whether a change in force has become idle: a release has taken it into its files, or away from under it."""
    table = groups_of_files().get(change.group)
    if table is None:
        return True
    if change.act != ADD:
        return change.phrase not in table.get(change.form, ())
    return _claimed(change) is not None


def checked_change(*, act: str, group: str, form: str, phrase: str, within: Amendments, besides: int = 0) -> Change:
    """The change as it would be written, its phrase without margins. Refused says why it cannot be made.

    `within` are the terms in force; `besides` is the proposal that is asked about itself.
    """
    if act not in TermProposal.Act.values:
        raise Refused("act", _("Choose whether a phrase is added or taken out."))
    if group not in groups_of_files():
        raise Refused("group", _("There is no group “%(group)s”.") % {"group": group[:PHRASE_LENGTH]})
    if form not in FORMS:
        raise Refused("form", _("Choose whether it is a phrase or an abbreviation."))
    change = Change(act, group, form, _checked_phrase(form, phrase))
    told: dict[str, Any] = {"phrase": change.phrase, "group": group}
    living = TermProposal.objects.filter(phrase=change.phrase, group=group, form=form, state__in=_LIVING)
    for other in living.exclude(pk=besides):
        told |= {"number": other.pk}
        if other.act == act and other.state == State.PROPOSED:
            raise Refused("phrase", _("This is proposed already: proposal %(number)d.") % told)
        if other.act == act:
            raise Refused("phrase", _("This is in force already, by proposal %(number)d.") % told)
        if other.state == State.ACCEPTED:
            raise Refused("phrase", _("Proposal %(number)d did the opposite: take that one back instead.") % told)
    if act != ADD:
        if change.phrase not in groups_of_files()[group].get(form, ()):
            raise Refused("phrase", _("“%(phrase)s” does not stand in “%(group)s”, so it cannot be taken out.") % told)
        return change
    with amended(tried(within, change)):
        if (has := _claimed(change)) is not None:
            told |= {"has": has}
            raise Refused("phrase", _("“%(phrase)s” is known already: it stands in “%(has)s”.") % told)
        if not _is_found(change):
            raise Refused("phrase", _("“%(phrase)s” would never be found: leave out its outer signs.") % told)
    return change


_LIVING = (State.PROPOSED, State.ACCEPTED)


def _checked_phrase(form: str, phrase: str) -> str:
    phrase = " ".join(phrase.replace("\x00", "").split())
    if form == PHRASES:
        phrase = phrase.lower()
    if sum(sign.isalnum() for sign in phrase) < 2:
        raise Refused("phrase", _("Write the phrase: two letters or digits at least."))
    if len(phrase) > PHRASE_LENGTH:
        raise Refused("phrase", _("No longer than %(most)d characters, please.") % {"most": PHRASE_LENGTH})
    if not phrase.isprintable():
        raise Refused("phrase", _("This phrase has characters that cannot be stored."))
    return phrase


def _claimed(change: Change) -> str | None:
    """The group that has the phrase of this addition already, with the terms in force here."""
    name, slash, group = change.group.rpartition("/")
    key = group, change.form, change.phrase
    claims = (finder.claimed.get(key) for finder in finders_of(change.group))
    return next((f"{name}{slash}{has}" if has == group else has for has in claims if has is not None), None)


def _is_found(change: Change) -> bool:
    """Whether the phrase as it is written is found as a whole, in its group."""
    wanted = (change.group.rpartition("/")[2], 0, len(change.phrase))
    return any(
        (found.group, found.start, found.end) == wanted for found in finders_of(change.group)[0].find(change.phrase)
    )
