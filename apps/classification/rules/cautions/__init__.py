"""Reasons to ask further, read from a record alone. Pure: no database and no clock.

A caution that time brings about has the first day on which it holds (`since`), so that nothing needs to be read again
for it to become true. What only a comparison with other records shows is in `protocols`.
"""

from __future__ import annotations

from apps.classification.rules.cautions.dates import not_updated, registered_late, results_missing
from apps.classification.rules.cautions.fees import fee_mentioned
from apps.classification.rules.cautions.found import Caution
from apps.classification.rules.cautions.protocols import ProtocolPrint, is_similar, print_of, similarity
from apps.classification.rules.cautions.sites import sponsor_site
from apps.studies.records import StudyRecord

__all__ = ["Caution", "ProtocolPrint", "cautions_of", "is_similar", "print_of", "similarity"]

_RULES = (fee_mentioned, sponsor_site, registered_late, not_updated, results_missing)


def cautions_of(record: StudyRecord) -> tuple[Caution, ...]:
    """Every caution that this record alone gives, also those that hold only from a day to come."""
    return tuple(caution for rule in _RULES if (caution := rule(record)) is not None)
