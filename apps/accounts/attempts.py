"""Wrong passwords are counted by django-axes; of who sent them no more is kept than the counting needs."""

from __future__ import annotations

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.http import HttpRequest

from apps.accounts.log import note
from apps.accounts.models import AccountEvent, User
from apps.accounts.tasks import tell


class Attempts(AxesDatabaseHandler):
    """Keeps the name that was typed, the scrambled address, how often and when. No browser, no page, no form."""

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **told: Any
    ) -> None:
        if request is not None:
            request.axes_user_agent = request.axes_http_accept = request.axes_path_info = ""  # type: ignore[attr-defined]
        super().user_login_failed(sender, credentials, request, **told)
        AccessAttempt.objects.exclude(get_data="", post_data="").update(get_data="", post_data="")
        # What comes during a lock is not counted any more: the owner hears of each lock once.
        counted = getattr(request, "axes_failures_since_start", None)
        if counted is None or not request.axes_locked_out:  # type: ignore[union-attr]
            return
        if user := User.objects.filter(username=credentials.get("username"), is_active=True).first():
            tell(note(user, AccountEvent.What.LOCKED))


def client_name(*told: Any) -> str:
    """What the log calls somebody whose password was wrong: the log has no names and no addresses."""
    return "somebody"
