"""The log of accounts."""

from __future__ import annotations

from apps.accounts.models import AccountEvent, User


def note(user: User, what: AccountEvent.What, *, by: str = "", told: str = "") -> AccountEvent:
    """One line of the log. What its owner shall hear of is mailed by whoever calls: `apps.accounts.tasks.tell`."""
    return AccountEvent.objects.create(account=user.email, what=what, by=by, told=told[:200])
