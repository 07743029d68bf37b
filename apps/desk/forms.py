"""Forms of the desk's door."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import NAME_LENGTH
from apps.accounts.second_factor import DIGITS_OF_APP, DIGITS_OF_RECOVERY


class PasswordForm(AdminAuthenticationForm):
    """Signing in with a password, for those who have set one. Says the same whatever was wrong."""

    error_messages = AdminAuthenticationForm.error_messages | {
        "invalid_login": _("This address and password do not fit, or the account has no password: ask for a link.")
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail address")
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "inputmode": "email"}

    def clean_username(self) -> str:
        name = self.cleaned_data["username"].strip().lower()
        if len(name) > NAME_LENGTH:
            raise self.get_invalid_login_error()
        return name


class CodeForm(forms.Form):
    """A code of the app, or a recovery code; blanks and dashes do not matter."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        code = re.sub(r"[\s-]", "", self.cleaned_data["code"])
        if not re.fullmatch(f"[0-9]{{{DIGITS_OF_APP}}}|[0-9]{{{DIGITS_OF_RECOVERY}}}", code):
            raise ValidationError(_("Write the six digits that the app shows, or a recovery code of twelve digits."))
        return code
