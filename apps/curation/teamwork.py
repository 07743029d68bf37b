"""Curators among themselves: notes, who is working on what, filters under a name. Nothing of it is public."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.curation.decisions import Refused
from apps.curation.models import Claim, Note, SavedFilter
from apps.curation.queues import Narrowed, claim_on, first_waiting, waits_anywhere
from apps.studies.models import Study

NOTE_LENGTH = 4000
NAME_LENGTH = 60
MOST_FILTERS = 50
# A claim without action ends by itself.
HOLDS = dt.timedelta(hours=2)


def add_note(*, nct_id: str, text: str, by: str) -> Note:
    """A note on a study. Refused where it is empty or too long; Study.DoesNotExist where there is no such study."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise Refused("text", _("Write the note first."))
    if len(text) > NOTE_LENGTH:
        raise Refused("text", _("No longer than %(most)d characters, please.") % {"most": NOTE_LENGTH})
    Study.objects.only("pk").get(pk=nct_id)
    return Note.objects.create(nct_id=nct_id, text=text, by=by)


class Taken(Exception):
    """Somebody else is working on it. `claim` tells who."""

    def __init__(self, claim: Claim) -> None:
        super().__init__()
        self.claim = claim


# One statement, so that of two at the same moment one has it. Who has been given a study keeps it without an end.
_CLAIM = """
    INSERT INTO curation_claim (nct_id, by, given_by, at, until)
    VALUES (%(nct_id)s, %(by)s, %(given_by)s, %(now)s, %(until)s)
    ON CONFLICT (nct_id) DO UPDATE SET by = EXCLUDED.by, at = EXCLUDED.at,
        given_by = CASE WHEN %(again)s AND curation_claim.by = EXCLUDED.by AND curation_claim.until IS NULL
            THEN curation_claim.given_by ELSE EXCLUDED.given_by END,
        until = CASE WHEN %(again)s AND curation_claim.by = EXCLUDED.by AND curation_claim.until IS NULL
            THEN NULL ELSE EXCLUDED.until END
    WHERE curation_claim.by = EXCLUDED.by OR curation_claim.by = %(seen)s OR curation_claim.until <= %(now)s
    RETURNING nct_id
"""


def claim(*, nct_id: str, by: str, over: str = "") -> None:
    """I am working on this, for two hours from now. `over` names from whom it is taken on purpose.

    Raises Taken where somebody else is; Study.DoesNotExist where there is no such study.
    """
    _claim(nct_id, by, given_by="", over=over, until=timezone.now() + HOLDS)


def assign(*, nct_id: str, to: str, by: str, over: str = "") -> None:
    """Give a study to a colleague, who keeps it until they decide or release it. Raises as `claim`.

    Whoever has it may give it away; `over` names another from whom it is taken.
    """
    _claim(nct_id, to, given_by=by, over=over or by, until=None)


def _claim(nct_id: str, by: str, *, given_by: str, over: str, until: dt.datetime | None) -> None:
    Study.objects.only("pk").get(pk=nct_id)
    told = {"nct_id": nct_id, "by": by, "given_by": given_by, "seen": over, "until": until, "now": timezone.now()}
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, told | {"again": until is not None})
            if cursor.fetchone():
                return
        # Released at this very moment, it can be had after all.
        if standing := claim_on(nct_id):
            raise Taken(standing)


def release(*, nct_id: str, by: str) -> bool:
    """No longer working on it; False where somebody else is, or nobody."""
    return bool(Claim.objects.filter(pk=nct_id, by=by).delete()[0])


def claim_next(*, kind: str, narrowed: Narrowed, by: str) -> str | None:
    """The first study of a queue that nobody else is working on, now claimed; None where there is none."""
    while nct_id := first_waiting(kind, by, narrowed):
        try:
            claim(nct_id=nct_id, by=by)
        except Taken:
            continue
        return nct_id
    return None


def acted(*, nct_id: str, by: str) -> None:
    """A decision was taken: their claim ends, or goes on while anything else is asked about the study."""
    if waits_anywhere(nct_id, by):
        still_here(nct_id=nct_id, by=by)
    else:
        Claim.objects.filter(pk=nct_id, by=by).delete()


def still_here(*, nct_id: str, by: str) -> None:
    """Whatever else they do on a study: their claim goes on."""
    Claim.objects.filter(pk=nct_id, by=by).exclude(until=None).update(until=timezone.now() + HOLDS)


def acted_on_many(*, nct_ids: Iterable[str], by: str) -> None:
    """A batch of decisions was taken: their claims on these studies end."""
    Claim.objects.filter(pk__in=list(nct_ids), by=by).delete()


def save_filter(*, by: str, name: str, kind: str, query: str) -> SavedFilter:
    """Keep a queue with its filters under a name; one of that name is replaced. Refused where it cannot be a name."""
    name = " ".join("".join(letter for letter in name if letter.isprintable() or letter.isspace()).split())
    if not name:
        raise Refused("name", _("Give the filter a name."))
    if len(name) > NAME_LENGTH:
        raise Refused("name", _("No longer than %(most)d characters, please.") % {"most": NAME_LENGTH})
    others = SavedFilter.objects.filter(by=by).exclude(name=name)
    if others.count() >= MOST_FILTERS:
        raise Refused("name", _("You have %(most)d filters. Take one away first.") % {"most": MOST_FILTERS})
    told = {"kind": kind, "query": query}
    try:
        with transaction.atomic():
            return SavedFilter.objects.update_or_create(by=by, name=name, defaults=told)[0]
    except IntegrityError:
        # The same name at the same moment.
        return SavedFilter.objects.update_or_create(by=by, name=name, defaults=told)[0]


def forget_filter(*, by: str, number: int) -> bool:
    """Take a saved filter away; False where it is not theirs."""
    return bool(SavedFilter.objects.filter(pk=number, by=by).delete()[0])
