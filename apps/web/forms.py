"""The forms that a reader can send: a report that something on a trial's page is wrong, and what the finder asks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.search.query import FILTERS, clean_text
from apps.search.selectors import document
from apps.studies.selectors import canonical_id
from apps.vocabulary.gate_fit import MOST_YEARS, Time, read_time
from apps.vocabulary.taxonomy import CELL_TYPES, DISEASES

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


class OpenForm(forms.Form):
    """A form without account and cookie: `opened` is a signed time stamp, `website` a field that only robots see."""

    website = forms.CharField(required=False)
    opened = forms.CharField(required=False)

    @staticmethod
    def stamp() -> str:
        """The time stamp for a form that is being shown."""
        return signing.dumps("", salt=SALT)

    @property
    def from_a_robot(self) -> bool:
        """The hidden field was filled in."""
        return bool(self.data.get("website"))

    @property
    def hasty(self) -> bool:
        """It was sent faster than a person can write; who has had it filled in by their browser sends it once more."""
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


class ReportForm(OpenForm):
    """What is wrong on a trial's page."""

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

    def clean_what(self) -> str:
        return _clean_lines(self.cleaned_data["what"])


class AppealForm(OpenForm):
    """Why a decision is held for wrong, and where an answer may go."""

    nct_id = forms.CharField(required=False)
    what = forms.CharField(
        min_length=20,
        max_length=4000,
        strip=True,
        widget=forms.Textarea,
        error_messages={
            "required": _("Please write which decision you mean, and why it is wrong."),
            "min_length": _("Please write a few words more."),
            "max_length": _("Please keep it under 4,000 characters."),
        },
    )
    email = forms.EmailField(
        required=False,
        max_length=254,
        error_messages={"invalid": _("This is no e-mail address. Write it as name@example.org, or leave it empty.")},
    )

    def clean_nct_id(self) -> str:
        given = clean_text(self.cleaned_data["nct_id"])
        nct_id = canonical_id(given) if given else ""
        if nct_id is None or (nct_id and document(nct_id) is None):
            raise forms.ValidationError(
                _("We have no trial of this number. Write NCT and eight digits, or leave it empty.")
            )
        return nct_id

    def clean_what(self) -> str:
        return _clean_lines(self.cleaned_data["what"])


def _clean_lines(text: str) -> str:
    return "\n".join(clean_text(line) for line in text.splitlines()).strip()


# The finder

KILOMETRES_IN_A_MILE = 1.609344
RADIUS, MOST_RADIUS = 100, 20_000
_MOST_CHARACTERS = 100
SEXES = {"female": _("Female"), "male": _("Male")}


class _OneOf(forms.ChoiceField):
    """A choice, however it is capitalised."""

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value)).lower()


class _Words(forms.CharField):
    """One line of text."""

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(value)
        return clean_text(text) if text else text


def _number(field: type[forms.IntegerField], lowest: int, highest: int, sentence: Any) -> Any:
    """A number in this range; the sentence is for everything else."""
    errors = {"invalid": sentence, "min_value": sentence, "max_value": sentence}
    return field(required=False, min_value=lowest, max_value=highest, error_messages=errors)


class FindForm(forms.Form):
    """What a person may tell the finder; every question can be skipped, and nothing of it is kept.

    A field that cannot be read has a sentence in `errors` and is not in `cleaned_data`: the rest is used all the same.
    """

    disease = _OneOf(
        choices=[("", _("Any of the four")), *((item.slug, item.name) for item in DISEASES)],
        required=False,
        error_messages={"invalid_choice": _("We follow four diseases. Please choose one of them, or any.")},
    )
    age = _number(forms.IntegerField, 0, MOST_YEARS, _("Please give the age in whole years, from 0 to 120."))
    sex = _OneOf(
        choices=[("", _("Not said")), *SEXES.items()],
        required=False,
        error_messages={"invalid_choice": _("Please choose female or male, or leave it open.")},
    )
    since = _Words(
        max_length=_MOST_CHARACTERS,
        required=False,
        error_messages={
            "max_length": _("Please write a number and a unit, such as “2 years”, “8 months” or “3 weeks”.")
        },
    )
    kind = _OneOf(
        choices=[("", _("Either")), *((item.slug, item.name) for item in CELL_TYPES)],
        required=False,
        error_messages={"invalid_choice": _("There are two kinds here, MSC and HSC. Please choose one, or either.")},
    )
    country = _Words(
        max_length=_MOST_CHARACTERS,
        required=False,
        error_messages={"max_length": _("We do not know this country. Please choose one from the list.")},
    )
    near = _Words(
        max_length=_MOST_CHARACTERS,
        required=False,
        error_messages={"max_length": _("Please give the name of the town alone, and its country.")},
    )
    lat = _number(forms.FloatField, -90, 90, _("This is no place on the globe. Please type a town instead."))
    lon = _number(forms.FloatField, -180, 180, _("This is no place on the globe. Please type a town instead."))
    radius = _number(forms.FloatField, 1, MOST_RADIUS, _("Please give a distance from 1 to 20,000."))
    unit = _OneOf(
        choices=[("km", _("km")), ("mi", _("miles"))],
        required=False,
        error_messages={"invalid_choice": _("Please choose kilometres or miles.")},
    )

    def clean_since(self) -> Time | None:
        text = self.cleaned_data["since"]
        time = read_time(text) if text else None
        if text and time is None:
            raise forms.ValidationError(self.fields["since"].error_messages["max_length"])
        return time

    def clean_country(self) -> str:
        text = self.cleaned_data["country"]
        code = FILTERS["country"].read(text) if text else ""
        if text and not code:
            raise forms.ValidationError(self.fields["country"].error_messages["max_length"])
        return code or ""

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        since, age = told.get("since"), told.get("age")
        if since and age is not None and since.years >= age + 1:
            words = gettext("This is longer than the age above. Please look at both; until then we leave this one out.")
            self.add_error("since", words)
        if (told.get("lat") is None) != (told.get("lon") is None) and not {"lat", "lon"} & set(self.errors):
            self.add_error(
                "lat", gettext("Half of a place has arrived. Please press the button again, or type a town.")
            )
        return told

    @property
    def point(self) -> tuple[float, float] | None:
        """Where the browser says that it is: to one decimal, which is about ten kilometres."""
        lat, lon = self.cleaned_data.get("lat"), self.cleaned_data.get("lon")
        return None if lat is None or lon is None else (round(lat, 1), round(lon, 1))

    @property
    def unit_kept(self) -> str:
        return self.cleaned_data.get("unit") or "km"

    @property
    def radius_kept(self) -> float:
        """In the unit that is asked for."""
        return self.cleaned_data.get("radius") or RADIUS

    @property
    def radius_km(self) -> float:
        return self.radius_kept * (KILOMETRES_IN_A_MILE if self.unit_kept == "mi" else 1)
