"""Forms of the desk."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.desk.attempts import too_many


class PasswordForm(AdminAuthenticationForm):
    """Signing in with a password, for those who have set one. Says the same whatever was wrong."""

    error_messages = AdminAuthenticationForm.error_messages | {
        "invalid_login": _("This address and password do not fit, or the account has no password: ask for a link.")
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail address")

    def clean_username(self) -> str:
        return self.cleaned_data["username"].strip().lower()

    def clean(self) -> dict[str, Any]:
        if self.request and too_many(self.request):
            raise ValidationError(_("Too many attempts from your address. Wait a quarter of an hour."), code="too_many")
        return super().clean()
