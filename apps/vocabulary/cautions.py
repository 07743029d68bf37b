"""The kinds of caution: reasons to ask further before one joins a trial. None of them is a verdict on a trial."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# In the order in which they are told: what may cost a reader money first.
CAUTIONS: Mapping[str, Promise] = {
    "fee-mentioned": _("The record speaks of a fee, or of patients who pay"),
    "sponsor-site": _("The only site is the sponsor's own"),
    "similar-protocol": _("The sponsor has another trial that is almost the same"),
    "registered-late": _("Registered after the start"),
    "not-updated": _("No update for 2 years or more"),
    "no-results": _("No results posted a year after the end"),
}
