"""A share of what is decided is read by a second curator, blind: asked for, given, and held against the first."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.curation.agreement import Agreement, agreement, is_read_twice
from apps.curation.decisions import DECIDABLE, TEXTS, checked_reason, checked_values
from apps.curation.models import AuditEntry, SecondLook
from apps.curation.queues import asked_about


def is_wanted(nct_id: str, field: str) -> bool:
    """Whether a second look shall follow a decision that is about to be taken: of a queue's study, in the share.

    Texts are no categories: two people never write the same.
    """
    return field not in TEXTS and is_read_twice(nct_id, settings.SECOND_LOOK_SHARE) and field in asked_about(nct_id)


def ask(entry: AuditEntry, values: Iterable[str]) -> None:
    """Ask for a second look at this decision; each field of a study is read twice once."""
    look = SecondLook(
        nct_id=entry.nct_id, field=entry.field, first_entry=entry.pk, first_by=entry.by, first_values=list(values)
    )
    SecondLook.objects.bulk_create([look], ignore_conflicts=True)


def settle(nct_id: str, field: str) -> None:
    """Another decision ends a disagreement."""
    looks = SecondLook.objects.filter(nct_id=nct_id, field=field, agreed=False, settled_at=None)
    looks.update(settled_at=timezone.now())


def call_off(nct_id: str, field: str) -> None:
    """The decision was taken back before anybody looked: there is nothing to hold a second look against."""
    SecondLook.objects.filter(nct_id=nct_id, field=field, second_at=None).delete()


class NothingToLookAt(Exception):
    """No second look is waiting there for this curator."""


@transaction.atomic
def look(*, nct_id: str, field: str, values: Iterable[str], reason: str, by: str) -> SecondLook:
    """The second curator's reading. It changes nothing that is published.

    Raises Refused as `decide`, NothingToLookAt where none is asked for, or they were the first, or another was quicker.
    """
    given, reason = checked_values(field, values), checked_reason(reason)
    waiting = SecondLook.objects.select_for_update().filter(nct_id=nct_id, field=field, second_at=None)
    look = waiting.exclude(first_by=by).first()
    if look is None:
        raise NothingToLookAt
    look.second_by, look.second_values, look.second_reason = by, list(given), reason
    look.second_at, look.agreed = timezone.now(), list(given) == look.first_values
    look.save()
    AuditEntry.objects.create(
        by=by, action=AuditEntry.Action.SECOND, nct_id=nct_id, field=field, before=look.first_values, after=given,
        reason=reason,
    )  # fmt: skip
    return look


def agreement_by_field() -> list[tuple[str, Agreement]]:
    """The figures of every field that was read twice, in the order of the card. One query."""
    pairs: dict[str, list[tuple[list[str], list[str]]]] = {}
    looks = SecondLook.objects.exclude(second_at=None)
    for field, first, second in looks.values_list("field", "first_values", "second_values"):
        pairs.setdefault(field, []).append((first, second or []))
    return [(field, agreement(pairs[field])) for field in DECIDABLE if field in pairs]
