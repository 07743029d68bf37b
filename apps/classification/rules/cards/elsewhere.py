"""Sentences that tell of other people than the participants: other groups, earlier stages, what came of it."""

from __future__ import annotations

import re

import re2

# One pass of RE2 tells that a text has none of it; most have none.
_options = re2.Options()
_options.case_sensitive = False
_options.log_errors = False
_CUE = re2.compile(
    r"other|\belsewhere\b|\bworldwide\b|\b(?:ha[sd]|have)\b|\b(?:before|until|since|between|by)\s(?:19|20)\d\d"
    r"|\bpublished\b|\breported\b|\b(?:pilot|phase|earlier|previous|prior|first|initial)\b",
    _options,
)
_GROUPS = (
    r"(?:(?:research|study|working|european|american|chinese)\s)?(?:groups?|teams?|investigators?|authors?|researchers?"
    r"|workers|cent(?:er|re)s?|institutions?|institutes?|hospitals?|clinics?|countries|laborator(?:y|ies)|laborator\w+)"
)
_DID = (
    r"(?:have|has|had|did|used?|uses|gave|gives?|injected|infused|transplanted|treated|administered|reported|published"
    r"|described|found|showed|tested|studied|tried|applied|grafted|observed|saw|obtained|employed)\b"
)
_STUDY = r"(?:stud(?:y|ies)|trials?|series|protocols?|experience|reports?|cohorts?|work)"
_OTHERS = re.compile(
    # "Another group's trial", "other investigators have injected", "used by another institution".
    rf"\b(?:an)?other\s(?:[\w-]+\s)?{_GROUPS}(?:['’]s?\s{_STUDY}|\s{_DID})"
    rf"|\b(?:an)?other\s(?:investigators|authors|researchers|workers)\b"
    rf"|\b(?:by|at|in|of|from)\s(?:an)?other\s(?:[\w-]+\s)?{_GROUPS}\b(?!\s(?:of\s(?:patients|participants|this)|will))"
    rf"|\b(?:by|from)\sothers\b|\bothers\s{_DID}|\bother\s{_STUDY}\b|\b(?:used|done|given|registered|reported|published)\selsewhere\b"
    # "Has been offered to more than 2000 people worldwide".
    r"|\bworldwide\b|\b(?:has|have)\s(?:already\s|so\sfar\s|now\s)?been\s(?:offered|given|performed|done|used|infused|injected|transplanted"
    r"|treated|administered|grafted)\b[^.;]{0,60}?\b(?:thousands?|hundreds?|\d{2,6})\s(?:\w+\s){0,2}?(?:people|patients|persons"
    r"|individuals|transplants|procedures|cases)"
    # "Transplants have made some patients insulin free": what came of it, not what is done; not "patients who have".
    r"|(?<!\bwho\s)(?<!\bthat\s)(?<!\bwhich\s)(?<!\bif\s)\b(?:has|have)\s(?:\w+ly\s)?(?:made|shown|led|induced|achieved|cured|rendered|allowed"
    r"|produced|yielded|brought|improved\s(?:survival|outcome|symptoms)|become\s(?:a|an|the))\b",
    re.IGNORECASE,
)
# "Before 2008 our centre had used", "until 2006, not included here".
_OLD_YEARS = re.compile(
    r"\b(?:before|until|since|by|between)\s(?:19|20)\d\d\b[^.;]{0,100}?\b(?:had|were|was|not\sincluded)\b"
    r"|\b(?:had|were|was)\b[^.;]{0,100}?\b(?:before|until|by)\s(?:19|20)\d\d\b",
    re.IGNORECASE,
)
# "The first stage of this project has been completed", "in the first part of our programme the full dose was used".
_EARLIER_STAGE = re.compile(
    r"\b(?:first|second|initial|earlier|previous|prior|preceding|former)\s(?:stage|part|phase|step|half|period)\sof\s(?:this|the|our)\s"
    r"(?:[\w-]+\s)?(?:project|program(?:me)?|study|trial|protocol|work)\b[^.;]{0,200}?"
    r"\b(?:(?:has|have|had|was|were|is)\s(?:already\s|now\s)?(?:been\s)?(?:completed?|finished|closed|concluded|registered|published"
    r"|reported)|not\sincluded|another\s(?:number|record)|separate\s(?:number|record))",
    re.IGNORECASE,
)
# "In a pilot study ten patients were given ...", beside "the present protocol": an earlier one.
_A_STUDY = re.compile(
    r"\b(?:an?|one|another|two|three|several|some|our|the)\s"
    r"(?:(?:small|large|single|open|open-label|uncontrolled|randomi[sz]ed|earlier|previous|prior|recent|first|initial|pilot|feasibility|safety|dose)[\s-]){0,3}"
    r"(?:phase\s(?:[I1-3]{1,3}[ab]?(?:/[I1-3]{1,3}[ab]?)?)|pilot|earlier|previous|prior|preliminary|published|feasibility)\s"
    rf"(?:[\w-]+\s)?{_STUDY}\b",
    re.IGNORECASE,
)
_WAS = re.compile(r"\b(?:was|were|had|received|got|showed|did)\b", re.IGNORECASE)
_WILL = re.compile(r"\b(?:will|shall|are|is|be)\b", re.IGNORECASE)
_THIS = re.compile(
    r"\b(?:the\s(?:present|current|new|proposed|following)|this\s(?:new|present|current|second|follow-?up|larger|next)|the\ssecond)\s"
    r"(?:[\w-]+\s)?(?:stud(?:y|ies)|trials?|protocols?|phase|stage|project|part)\b",
    re.IGNORECASE,
)
_LONGEST = 1_000


def tells_of_others(text: str, start: int, end: int) -> bool:
    """Whether the sentence [start, end) of a text tells of people who do not take part.

    It is told what others did, what was done before, or what came of such treatments elsewhere.
    """
    end = min(end, start + _LONGEST)
    told = text[start:end]
    if not _CUE.search(told.encode(errors="replace")):
        return False
    if any(pattern.search(told) for pattern in (_OTHERS, _OLD_YEARS, _EARLIER_STAGE)):
        return True
    earlier = _A_STUDY.search(told)
    if earlier is None or not _WAS.search(told) or _WILL.search(told):
        return False
    return _THIS.search(text, max(0, start - _LONGEST), start) is not None or (
        _THIS.search(text, end, end + _LONGEST) is not None
    )
