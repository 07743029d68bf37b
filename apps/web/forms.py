"""The one form that a reader can send: a report that something on a trial's page is wrong."""

from __future__ import annotations

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from apps.search.query import clean_text

SALT = "web.report-mistake"
# A form that comes back sooner was not read by a person; one older than a day has been lying about.
LEAST_SECONDS, MOST_SECONDS = 2, 24 * 3600
PARTS = (
    ("", _("I am not sure")),
    ("summary", _("What the trial is about")),
    ("labels", _("Disease or kind of therapy")),
    ("people", _("Who can take part")),
    ("places", _("Places or contacts")),
    ("dates", _("Status or dates")),
    ("results", _("Results")),
    ("page", _("Something on the page does not work")),
)


class ReportForm(forms.Form):
    """`opened` is a signed time stamp in the place of a cookie; `website` is a field that only robots see."""

    what = forms.CharField(
        min_length=5,
        max_length=2000,
        strip=True,
        widget=forms.Textarea,
        error_messages={
            "required": _("Please write what is wrong."),
            "min_length": _("Please write a few words more."),
            "max_length": _("Please keep it under 2,000 characters."),
        },
    )
    page = forms.ChoiceField(choices=PARTS, required=False)
    website = forms.CharField(required=False)
    opened = forms.CharField(required=False)

    @staticmethod
    def stamp() -> str:
        """The time stamp for a form that is being shown."""
        return signing.dumps("", salt=SALT)

    def clean_what(self) -> str:
        lines = (clean_text(line) for line in self.cleaned_data["what"].splitlines())
        return "\n".join(lines).strip()

    @property
    def from_a_robot(self) -> bool:
        """The hidden field was filled in, or the form was sent faster than a person can write."""
        if self.data.get("website"):
            return True
        try:
            signing.loads(self.data.get("opened", ""), salt=SALT, max_age=LEAST_SECONDS)
        except signing.SignatureExpired:
            return False
        except signing.BadSignature:
            return False
        return True

    @property
    def stale(self) -> bool:
        """The time stamp is missing, forged or too old."""
        try:
            signing.loads(self.data.get("opened", ""), salt=SALT, max_age=MOST_SECONDS)
        except signing.BadSignature:
            return True
        return False
