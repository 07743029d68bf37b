"""Whether the record says that people in the trial pay.

A wrong caution does harm, so only plain statements count, and a sentence that denies, or gives the money back, counts
for nothing. Who hides a price is not found: few records that ask for money say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

from apps.classification.rules.cautions.found import Caution
from apps.classification.rules.quoting import Span, evidence
from apps.studies.records import StudyRecord
from apps.studies.texts import iter_texts

_CRITERIA = "protocolSection.eligibilityModule.eligibilityCriteria"

_PEOPLE = r"(?:patients?|participants?|subjects?|volunteers?|recipients?)"
_WHOSE = rf"(?:(?:the|each|all|study)\s+){{0,3}}{_PEOPLE}"
# Words that may stand between people and what they pay; any other word may turn the sense.
_WILL = (
    r"(?:(?:will|must|shall|should|may|are|is|have|has|need|needs|also|still|only|themselves|be|asked|required|expected|"
    r"responsible|obliged|to|for)\s+){0,6}"
)
_FUNDED = r"(?:funded|financed|sponsored|paid)"
_NO_CHARITY = (
    r"(?!\s+(?:\w+\s+)?(?:charit|foundation|organi[sz]ation|group|association|network|societ|advoca|research\s+fund))"
)
_PAYS = (
    r"(?:pay|pays|paying)\b"
    r"(?!\s+(?:(?:a|special|particular|close|more|enough|great|careful)\s+)?(?:attention|heed|visits?|tribute|regard))"
)
_MONEY = r"(?:costs?|fees?|expenses?|charges?|price)"

_FEE = re.compile(
    "|".join(
        (
            rf"(?<![\w-])patient[-\s]+{_FUNDED}\b{_NO_CHARITY}",
            rf"\b(?:self|fully)[-\s]funded\s+by\s+{_WHOSE}\b",
            rf"\b{_PEOPLE}['’]?s?['’]?\s+own\s+(?:funding|funds|money|expenses?|costs?|pockets?)\b",
            (
                rf"\b(?:funded|financed|paid(?:\s+for)?|borne|covered|met)\s+by\s+(?:{_WHOSE}|you)\b"
                rf"(?!['’]?s?['’]?\s+(?:\w+\s+)?(?:insur|employ|health|compan|hospital|organi|foundation|charit|group|advoca))"
            ),
            rf"\b{_WHOSE}\s+{_WILL}(?:{_PAYS}|(?:charged|billed)\b|(?:bear|cover|meet)\s+(?:\w+\s+){{0,3}}{_MONEY}\b)",
            rf"\b{_WHOSE}\s+{_WILL}(?:pay|paid)\s+out[-\s]of[-\s]pocket\b",
            rf"\b{_WHOSE}\s+(?:is|are|will\s+be)\s+responsible\s+for\s+(?:\w+\s+){{0,3}}{_MONEY}\b",
            rf"\b(?:at|by)\s+(?:their|his|her|the\s+{_PEOPLE}['’]?s?['’]?)\s+own\s+(?:expense|cost)s?\b",
            r"\b(?:participation|enrol?lment|treatment|study|trial)[-\s]+fees?\b(?!\s*-?\s*(?:for[-\s]service|waive))",
            r"\bpay[-\s]to[-\s]participate\b",
            (
                r"\b(?:able|willing|agrees?|ability)\s+to\s+pay\s+(?:for\s+)?(?:(?:the|all|their)\s+){0,3}"
                r"(?:treatment|therapy|procedure|study|trial|cells?|infusions?|transplant\w*|costs?|fees?)\b"
            ),
        )
    ),
    re.IGNORECASE,
)
# Texts without any of these words, which are most, need no closer look. What may stand between two of them is told
# loosely, since RE2 knows the white space of ASCII alone.
_CUES = re2.compile(
    r"(?i)\b(?:pay|paid|fee|charged|billed)|(?:funded|financed|borne|covered|met)\W+by|"
    r"patient\W+(?:funded|financed|sponsored)|\bown\W+(?:fund|money|expens|cost|pocket)|"
    r"\b(?:bear|cover|meet|responsible)\W[^.;]*(?:cost|fee|expens|charge|price)"
)
# So far to both sides a sentence is looked at.
_REACH = 400
# In a sentence with one of these before it, or the last ones anywhere, the words may say the opposite.
_DENIED = re.compile(
    r"\b(?:no|not|never|without|neither|nor|none|nobody|nothing|cannot|free|waived?|unable|whether|if|than)\b|n['’]t\b",
    re.IGNORECASE,
)
_GIVEN_BACK = re.compile(r"\b(?:reimburs|refund|compensat)\w*", re.IGNORECASE)
_ANSWERED_NO = re.compile(r"\s*[:?)]+\s*(?:no|none|not)\b", re.IGNORECASE)
_END = re.compile(r"[.!?;](?=\s)|\n\s{0,20}(?:\n|[*\-•])")


def fee_mentioned(record: StudyRecord) -> Caution | None:
    """The sentences that say that people in the trial pay, as quotes."""
    spans = [Span(path, text, start, end) for path, text in _texts(record) for start, end in paid_by_people(text)]
    return Caution("fee-mentioned", evidence(spans)) if spans else None


def paid_by_people(text: str) -> Iterator[tuple[int, int]]:
    """Where a text says that people in the trial pay."""
    if not _cued(text):
        return
    for found in _FEE.finditer(text):
        start, end = _sentence(text, found.start(), found.end())
        if _DENIED.search(text, start, found.start()) or _GIVEN_BACK.search(text, start, end):
            continue
        if not _ANSWERED_NO.match(text, found.end()):
            yield found.span()


def _cued(text: str) -> bool:
    # In ASCII a byte is a code point, and bytes need no counting.
    return bool(_CUES.search(text.encode("ascii") if text.isascii() else text.encode("utf-8", "replace")))


def _texts(record: StudyRecord) -> Iterator[tuple[str, str]]:
    yield from iter_texts(record)
    if criteria := record.protocol.eligibility.eligibility_criteria:
        yield _CRITERIA, criteria


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    low, high = max(0, start - _REACH), min(len(text), end + _REACH)
    first = max((ending.end() for ending in _END.finditer(text, low, start) if ending.end() < start), default=low)
    last = _END.search(text, end, high)
    return first, last.start() if last else high
