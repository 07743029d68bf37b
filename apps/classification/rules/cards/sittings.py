"""What a sentence tells of the times at which something is given: how many, and the days between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import NamedTuple

import re2

from apps.classification.rules.cards.statements import Statement
from apps.classification.rules.quoting import Span
from apps.classification.rules.reading import Place

Days = tuple[float, float | None]

_WORDS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
} | {"single": 1, "a": 1, "an": 1, "once": 1, "double": 2, "twice": 2, "thrice": 3, "other": 2}
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365, "q": 90}
_MOST_TIMES = 30
# More injections than this in one sentence are places of one sitting.
_MOST_INJECTIONS = 12
# Facts of one sort that are read of one sentence.
_MOST_FACTS = 10

_NUMBER = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,2})"
_TO = r"\s?(?:-|–|~|～|to|or)\s?"
_UNIT = r"(?:days?|weeks?|wks?|months?|years?)"
_GIVEN = (
    r"(?:infusions?|injections?|administrations?|transplantations?|transplants?|implantations?|transfusions?|"
    r"applications?|treatments?|doses?|dosis|dosages?|instillations?|sessions?|therapies|occasions|shots?)"
)
_PORTION = r"(?:syringes?|portions?|aliquots?|batch(?:es)?|vials?)"
_GIVE = (
    r"(?:(?:re-?)?inject|(?:re-?)?infus|giv|administ|appl|transplant|implant|receiv|deliver|instill|perform|treat|"
    r"transfus)"
)

_options = re2.Options()
_options.case_sensitive = False
_options.log_errors = False
SCHEDULE_CUE = re2.compile(
    rf"\b(?:once|twice|thrice|times|weekly|monthly|fortnightly|quarterly|qw|apart|intervals?|repeat(?:ed|ing|s)?|daily"
    r"|one[ -]time|1 time|one-off|baseline and|again|additional|further|followed by|retreat\w*"
    r"|single (?:[\w-]+ ){0,2}(?:procedure|session|sitting)"
    rf"|(?:every|each|per|a) ?(?:other |{_NUMBER}[ -]?)?(?:{_UNIT})"
    rf"|(?:{_NUMBER}|single|double)[ -](?:(?:i\. ?[vtma]\.|[a-z(][\w()/®™'’+-]*)[ ,-]{{1,2}}){{0,6}}{_GIVEN}"
    r"|single (?:iv|i\.v|intra[a-z]+)|\d{1,2}(?:st|nd|rd|th) days?|consecutive days|(?:kg|cells|mscs?) ?x ?[2-9]"
    rf"|(?:first|second|third|fourth|1st|2nd|3rd|[4-9]th) (?:[\w-]+ ){{0,5}}(?:{_GIVEN}|{_PORTION})"
    r"|total # ?(?:of )?[a-z]+|courses of"
    rf"|(?:days?|weeks?|months?) ?[+#]?\d+|d ?\d+|w\d+|m\d+|\d+ ?{_UNIT}"
    rf"|(?:number|no) ?:? ?\d+)\b",
    _options,
)


class _Wording(NamedTuple):
    """A pattern, and the words of which a sentence must hold one before it is searched."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]


def _wordings(*wordings: tuple[str, str]) -> tuple[_Wording, ...]:
    return tuple(_Wording(tuple(words.split("|")), re.compile(pattern, re.I)) for words, pattern in wordings)


def _worded(statement: Statement, wordings: Iterable[_Wording]) -> Iterator[re.Match[str]]:
    for words, pattern in wordings:
        if any(word in statement.lowered for word in words):
            yield from pattern.finditer(statement.passage.text, statement.start, statement.end)


# What may stand between a number and what it counts: no other number, no preposition, nothing that is counted itself.
_ADJECTIVE = (
    rf"(?!(?:{_NUMBER}|arms?|post|pre|peri|of|different|various|dose|level|cohort|group|patients?|subjects?|"
    r"participants?|to|after|before|from|with|and|or|out|in|at|for|x|ml|cc|mg|million|mononuclear|blind\w*|center|centre|"
    r"is|are|was|were|will|the|site|stage|step|cycle|course|new|novel|additional|further|more|increasing|escalating)\b|"
    r"days?\b|weeks?\b|months?\b|years?\b|hours?\b|minutes?\b)(?:i\.\s?[vtma]\.|[a-z(][\w()/®™'’+-]*)"
)
_COUNTED = r"infusions|injections|doses|administrations|treatments|transplantations"
# Behind a count: "two treatment groups", "three infusions per day", "two doses higher".
_ELSE_COUNTED = (
    r"(?:are\s|were\s|treatment\s(?:groups?|arms?)|groups?|arms?|levels?|cohorts?|sites?|points?|regimens?|rates?|"
    r"strengths?|criteria|options?|volumes?|escalation|strateg\w+|approach\w*|modalit\w+|methods?|syringes?|needles?|kits?|"
    r"devices?|techniques?|limiting|response|ranging|schedules?|preparations?|finding|failure|period|phase|protocol|"
    r"a\s(?:day|week|month)|per\s(?!(?:\w+\s)?(?:groups?|patients?|persons?|participants?|subjects?|individuals?)\b)|"
    r"daily|weekly|higher|lower|more|greater|the\s|as\s|upper|normal|longer|larger|faster|each\s(?:day|week)|ULN|point)"
)
_COUNT = re.compile(
    rf"(?<![\w.,/^×*=-])(?<!\d:)(?P<low>{_NUMBER}|single|double)(?:{_TO}(?P<high>{_NUMBER}))?[\s-]"
    rf"(?P<adjectives>(?:{_ADJECTIVE}[\s,-]{{1,2}}){{0,6}}?)(?P<noun>{_GIVEN}|times?)\b"
    rf"(?!\s(?:{_COUNTED})\b)(?![\s-]{_ELSE_COUNTED}\b)",
    re.I,
)
# "A single- or double-dose injection": the first of the two numbers.
_SINGLE_OR = _wordings(
    (
        "single",
        rf"\bsingle-?\s?(?:or|and|/|versus|vs\.?)\s?(?:a\s)?(?:{_NUMBER}|double|multiple|repeat(?:ed)?)[\s-]?{_GIVEN}\b",
    )
)
_ONCE = _wordings(
    (
        "once",
        (
            rf"\b{_GIVE}\w*\b[^.;]{{0,80}}?\b(?:only\sonce\b|once\b(?=\s?(?:$|[.,;:)]|by\b|via\b|into\b|through\b|at\b|on\b|"
            r"for\sthe\sduration\b|during\b|under\b|intra|as\b|to\b|within\b|in\s(?:the\s)?phase\b|and\b)))|"
            r"(?<=[,;:(])\s?once\s?(?=$|[.,;:)])|"
            r"\bintra\w+ly\sonce\b(?!\s(?:a|an|per|every|each|daily|weekly|monthly)\b)|"
            r"\b(?:cells?|\w*MSCs?|IV)\sonce(?=\s?(?:$|[.,;)]))|\bonce\stime\b|\bonce\sonly\b|\bonly\sonce\b|"
            r"\bonce-off\b|\(once\b(?=\s?[:)])|\bonce\sat\sbaseline\b|\binfusion\sonce\sin\sphase\b"
        ),
    ),
    (
        "one|1 time|1-time|single",
        (
            r"\b(?:one|1)[-\s]time\b(?!\s?(?:per\b|a\b|every\b|each\b|in\b|points?\b|/))|\bone-off\b|"
            r"\bsingle\s(?:IV|i\.v\.|intra[a-z]+)(?=\s?[,;)]|\s?$)|"
            r"\bin\sone\s(?:session|sitting)\b|\bsingle\s(?:[\w-]+\s){0,2}(?:procedure|session|sitting)\b"
        ),
    ),
)
_CONSECUTIVE_DAYS = re.compile(
    rf"\b(?:each|every)\s(?:day\s)?(?:of|for)\s(?P<n>{_NUMBER})\s(?:consecutive|successive)\sdays\b", re.I
)
_TWICE = _wordings(
    (
        "twice|thrice",
        (
            rf"\b{_GIVE}\w*\b[^.;]{{0,80}}?\b(?P<n>twice|thrice)\b"
            r"(?!\s(?:a|an|per|daily|weekly|monthly|every|each|in|as|the)\b)"
        ),
    )
)

_ONCE_OR_TWICE = _wordings(("once or", r"\bonce\sor\stwice\b(?!\s(?:a|an|per|daily|weekly|monthly|every|each)\b)"))
_SITES = re.compile(
    r"\bsites?\b|\bpoints?\b|\blocations?\b|myocardi|endocardi|epicardi|\bper\sinjection|\bml\s?(?:each|per|/)|\bc\.?c\b|"
    r"\bsegments?\b|\bmulti-?point|\baround\b|\bdivided\sinto\b|\bspread\b|needle",
    re.I,
)
_LEVELS = re.compile(
    r"\bdifferent\b|\bcompar\w+|\bescalat\w+|\blevels?\b|\blow(?:er)?\b|\bhigh(?:er)?\b|\branging\b|\bone\sof\b", re.I
)
_OPTIONAL = re.compile(
    r"\b(?:option(?:al)?|additional(?:ly)?|another|further|extra|may\sbe|might|can\sbe|if|unless|until|possibl[ey]|retreat\w*)\b"
    r"[^.;]{0,50}$|\bmore\sthan\s(?:\w+\s)?$",
    re.I,
)
_UP_TO = re.compile(r"\b(?:up\sto|at\smost|(?:a\s)?maximum(?:\sof)?|no(?:t)?\smore\sthan)\s(?:a\stotal\sof\s)?$", re.I)
_AT_LEAST = re.compile(r"\b(?:at\sleast|a\sminimum\sof|no(?:t)?\s(?:less|fewer)\sthan)\s$", re.I)
# "Up to two additional infusions", "a possible repeat injection": times that may follow.
_MORE = re.compile(
    rf"\b(?P<n>{_NUMBER}|an?|another)\s(?:additional|further|more|extra|possible|optional)?\s?(?P<m>{_NUMBER}\s)?"
    rf"(?:repeat(?:ed)?\s)?(?:(?!and\b|or\b|to\b|of\b|in\b)[\w()-]+\s){{0,4}}?{_GIVEN}\b",
    re.I,
)
_MORE_WORD = re.compile(r"\b(?:additional|further|more|extra|another|repeat)", re.I)
GIVING = re.compile(
    r"\b(?:receiv|giv(?:e|ing)|administ|(?:re-?)?infus|(?:re-?)?inject|dos(?:e|age|ing)|transplant|implant|deliver|treat|instill|appl(?:y|ied)|"
    r"transfus|undergo|perform|repeat)",
    re.I,
)

# "once every 4 weeks", "twice a week", "weekly", "every other week"
_RATE = re.compile(
    rf"(?:\b(?P<times>once|twice|thrice|{_NUMBER}(?:\s(?:times?|{_GIVEN}))?)(?P<gap>[\s,]{{1,2}}))?"
    rf"(?:\b(?P<every>every|each|per|in|a|/)\s?(?P<n>other|{_NUMBER})?(?:{_TO}(?P<n2>{_NUMBER}))?[\s-]?(?P<unit>{_UNIT})\b"
    rf"|\b(?P<adverb>weekly|monthly|fortnightly|quarterly|daily|qw)\b(?!\s(?:intervals?|basis)))",
    re.I,
)
_LASTING = re.compile(
    rf"(?:\s?\([^()]{{0,120}}\))?(?:[^.;]|\.(?=\d)){{0,70}}?\b(?:for|over|during|within|in|x|×|by)\s?(?:the\s)?(?:a\s)?(?:total\s|period\s|maximum\s)?(?:of\s)?(?:each\sof\s)?(?:the\s)?"
    rf"(?P<first>first\s)?(?:(?:consecutive|successive|continuous)\s)?(?P<m>{_NUMBER})(?:{_TO}(?P<m2>{_NUMBER}))?[\s-]?(?:\([^)]*\)\s?)?"
    rf"(?:(?:consecutive|successive|continuous|straight|more)\s)?(?P<unit>{_UNIT}|times|{_GIVEN})\b",
    re.I,
)

# "One prenatal dose followed by three doses"; "two infusions, one with the cells and one without".
_FOLLOWED = re.compile(r"[^.;]{0,80}?\b(?:followed\sby|and\sthen|then)\s(?:a\stotal\sof\s)?$", re.I)
_ONE_OF_TWO = re.compile(
    r"\s?(?:of\s)?[^.;]{0,30}?[,:(]?\s?\bone\b[^.;]{0,60}?\b(?:and|the\sother)\b[^.;]{0,30}?"
    r"\b(?:without|placebo|sham|saline|vehicle)\b",
    re.I,
)

# "two weeks apart", "at 4-week intervals", "an interval of 3 months", "separated by 30 days"
_SPAN = (
    rf"(?P<n>{_NUMBER}|\d{{2,3}}|an?|one)(?:(?:{_TO}|\sand\s)(?P<n2>{_NUMBER}|\d{{2,3}}))?(?:\s?\(\d+\))?[\s-]?"
    rf"(?P<unit>{_UNIT})"
)
_INTERVALS = _wordings(
    ("apart|later", rf"\b{_SPAN}['’]?s?\s(?:apart|later\sthan\sthe\sfirst)"),
    ("interval", rf"\b{_SPAN}['’]?s?[\s-](?:of\s)?(?:time\s)?intervals?\b"),
    (
        "interval",
        (
            rf"\bintervals?\s?(?:times?\s)?(?:is\s|was\s|:\s?|of\s|between[^.;]{{0,40}}?\b(?:is\s|of\s|was\s)){{1,2}}"
            rf"(?:at\sleast\s|about\s|approximately\s|every\s)?{_SPAN}\b"
        ),
    ),
    ("hours apart", r"\b(?P<n>24|48|72)(?P<n2>)[\s-]?(?P<unit>hours)\sapart\b"),
    ("distance", rf"\bdistance\sof\s{_SPAN}\b"),
    ("separated", rf"\bseparated\sby\s(?:about\s|approximately\s|at\sleast\s)?{_SPAN}\b"),
    (
        "between",
        rf"\b{_SPAN}\sbetween\s(?:each|every|the|two|both|treatments?|infusions?|injections?|doses?|administrations?)",
    ),
    ("after the first", r"\b(?P<unit>day|week|month|year)\s(?P<n>\d{1,3})(?P<n2>)\safter\sthe\sfirst\b"),
    (
        "second|2nd",
        rf"\b(?:second|2nd)\s(?:(?!and\b)[\w-]+\s){{0,8}}?{_SPAN}\s(?:after|later|following|from)\b",
    ),
)
# The same, of a second time: "repeated after 4 weeks", "after 6 months once again", "followed by ... on day 28".
_SECOND_TIMES = _wordings(
    ("repeat", rf"\brepeat\w*\s(?:\w+\s){{0,3}}?(?:after|in|at)\s{_SPAN}\b"),
    (
        "again|re-|retreat|reinf|reinj|repeat",
        rf"\bafter\s{_SPAN}\b[^.;]{{0,80}}?\b(?:again|re-?treated|re-?infused|re-?injected|repeated)\b",
    ),
    ("again", rf"\bagain\s(?:after|at|in)\s{_SPAN}\b"),
    ("again", rf"\bagain\s{_SPAN}\s(?:later|after|thereafter)\b"),
    ("followed by", rf"\bfollowed\sby\s(?:[\w()/-]+\s){{0,8}}?(?:after|at)\s{_SPAN}\b"),
    ("followed by", rf"\bfollowed\sby\s(?:[\w()/-]+\s){{0,8}}?{_SPAN}\slater\b"),
    (
        "followed by",
        r"\bfollowed\sby\s(?:[\w()/-]+\s){0,8}?(?:at|on)\s(?P<unit>day|week|month)\s(?P<n>\d{1,3})(?P<n2>)\b",
    ),
)
_FOLLOWED_GIVING = re.compile(r"infus|inject|\bI[VTAM]\b|\bintra|\bdose|administ|transplant|\bcells?\b|\bMSC", re.I)
_NOT_GIVING = frozenset({"visit", "drug", "control", "other-cell"})
_ADVERB_INTERVAL = re.compile(r"\b(?P<adverb>weekly|monthly|fortnightly)\s(?:intervals?|basis)\b", re.I)

_ORDINAL = re.compile(
    r"\b(?P<ordinal>first|second|third|fourth|fifth|sixth|1\s?st|2\s?nd|3\s?rd|[4-8]\s?th)\s"
    r"(?:(?!(?:and|or|to|in|after|before|of|from|post|visit|days?|weeks?|months?|years?)\b|party|patient|group|cohort)"
    r"[\w-]+\s){0,5}?"
    rf"(?:{_GIVEN}|cells?\b|{_PORTION}\b)(?!\s(?:groups?|levels?|cohorts?|patients?|recipients?|subjects?)\b)",
    re.I,
)
_CONDITION = re.compile(
    r"\b(?:if|unless|option(?:al)?|may|might|when|should|in\scase|(?<!soon\sas\s)possibl[ey]|up\sto|depending|discretion|responders)\b",
    re.I,
)
_NOT = re.compile(r"\bnot\s(?:[\w-]+\s){0,4}$", re.I)
_ORDINALS = {"fi": 1, "se": 2, "th": 3, "fo": 4, "si": 6}

_POINT_UNIT = r"(?:days?|weeks?|wks?|months?|years?)"
_NOT_A_POINT = (
    r"(?!\d|\.\d|,\d+\s?(?:m|x|×)|\s?%|\s?(?:mg|ml|cc|millions?|x|×|\*|\^|patients|subjects|participants|sites|cells|°|hours?|hrs?|min|h\b|cm|kg|g\b|"
    r"mm|l\b|am\b|pm\b|times|doses|infusions|injections|consecutive))"
)
_ITEM = (
    rf"(?:(?:on\s|at\s|and\s)?(?:{_POINT_UNIT}\s?[#:]?\s?|(?<![a-z])[dwm]\s?(?=\+?\d)))?"
    rf"(?:\+?\s?\d{{1,3}}(?:st|nd|rd|th)?{_NOT_A_POINT}|baseline|time\szero|zero)"
    r"(?:\s?\(?(?:±|\+/-|\+-|\+\sor\s-)\s?\d{1,2}\s?(?:days?|d|weeks?)?\)?)?"
    rf"(?:[\s-]?{_POINT_UNIT}\b)?(?:\s?\([^()\d]{{1,60}}\))?"
)
_POINTS = re.compile(
    rf"(?<![\w./^×*±-])(?<!\d,)(?:{_ITEM})(?:\s?(?:,\s?and|,\s?then|[,，、]|and|&|;|/|-|–|\.|then)\s?(?:at\s|on\s|again\s|the\s){{0,2}}(?:{_ITEM})){{0,14}}",
    re.I,
)
_POINT = re.compile(
    rf"(?P<join>[-–/]\s?)?(?:(?P<before>{_POINT_UNIT}|(?<![a-z])[dwm](?=\s?\+?\d))\s?[#:]?\s?)?"
    r"(?P<value>\+?\s?\d{1,3}|baseline|time\szero|zero)(?:st|nd|rd|th)?"
    r"(?:\s?\(?(?:±|\+/-|\+-|\+\sor\s-)\s?\d{1,2}\s?(?:days?|d|weeks?)?\)?)?"
    rf"(?:[\s-]?(?P<after>{_POINT_UNIT})\b)?",
    re.I,
)
_GIVEN_AT = re.compile(
    rf"(?:{_GIVEN}|given|infused|injected|administered|transplanted|frequency:?|schedule:?|received?)\s?(?:\w+\s){{0,4}}(?:at|on|in)?\s?$",
    re.I,
)
# "At day 1 and month 3 after treatment": days on which something is measured, unless it is the first of the cells.
_MEASURED = re.compile(
    r"[\s),]{0,2}(?:after|post|following)[\s-](?:(?:the|each|every|last|final|stem|cells?|mscs?|study)[\s-]){0,4}"
    r"(?:treatment|infusion|injection|administration|therapy|implantation|procedure|intervention)",
    re.I,
)
_COLLECTED = re.compile(r"\((?:collect|measur|assess|drawn|blood)", re.I)
_AFTER_FIRST = re.compile(
    rf"[\s),]{{0,2}}(?:after|from|following|post)\s(?:the\s)?(?:first|initial)\s(?:[\w-]+\s){{0,2}}?{_GIVEN}", re.I
)
# "During the operation and on days 7, 14 and 21": the operation is the first of them.
_IN_OPERATION = re.compile(
    r"\b(?:during|in|at|on\sthe\sday\sof)\s(?:the\s)?(?:time\sof\s)?(?:operation|surgery|transplantation|procedure)"
    r"\s?(?:,|,?\sand)\s(?:then\s)?(?:on\s|at\s)?$",
    re.I,
)
_OPERATION_NEAR = 60
_GOES_ON = re.compile(r"\s?(?:through|to\b|until|till|-|–|up\sto|onwards?)", re.I)


@dataclass(frozen=True)
class Fact:
    """What a place tells of the schedule: how many times, and the days between.

    `rank` 0 is a plain statement; 1 a hint ("single dose", "the second infusion"); 2 a day on which cells are given.
    `ordinal`: `times` is the number of the last time that is named. `more`: times that may follow, beside no `times`.
    `parted`: in the same place of the plan some get a placebo, so that for them it is one time less.
    `total`: the sum of what the sentence counts; `part`: the first of several rates.
    """

    statement: Statement
    start: int
    end: int
    times: tuple[int, int | None] | None = None
    days: tuple[Days, ...] = ()
    rank: int = 0
    ordinal: bool = False
    bound: str | None = None
    more: int = 0
    total: bool = False
    parted: bool = False
    part: bool = False
    shaky: bool = False
    kind: str | None = None

    @property
    def span(self) -> Span:
        return self.statement.passage.span(self.start, self.end)


def read_facts(statement: Statement) -> Iterator[Fact]:
    """All that a sentence tells, whatever it is that is given."""
    counts = _in_sequence(statement, list(islice(read_counts(statement), _MOST_FACTS)))
    others = [fact for read in (_rates, _points, _ordinals, _repeats) for fact in islice(read(statement), _MOST_FACTS)]
    if any(fact.total for fact in counts):
        # A total is said of what the rest of the sentence counts in parts.
        counts = [fact for fact in counts if fact.total]
        others = [replace(fact, times=None) for fact in others]
    yield from counts
    yield from others
    yield from islice(_spans(statement), _MOST_FACTS)


# "Followed by" says what is given next, not that somebody is followed.
NEXT_GIVEN = re.compile(
    rf"followed\sby\s(?:an?|{_NUMBER}|I[VT]|intra\w*|infusions?|injections?|(?:the\s)?(?:second|infusion|injection|cells))\b"
    rf"|follows?\s(?:after\s)?{_NUMBER}\s?(?:days?|weeks?|months?)\b(?:\sand\s{_NUMBER}\s?(?:days?|weeks?|months?))?\s(?:after|later)\b",
    re.I,
)


def read_counts(statement: Statement) -> Iterator[Fact]:
    """How many times, where a number says so."""
    text = statement.passage.text
    for found in _COUNT.finditer(text, statement.start, statement.end):
        fact = _count(statement, found)
        if fact and found["high"] and _OR.search(text, found.start("low"), found.end("high")):
            # "One or three times" are two counts, "one to three times" is a range.
            yield from (replace(fact, times=(n, None)) for n in fact.times or () if n)
        elif fact:
            yield fact
    for found in _NUMBER_OF.finditer(text, statement.start, statement.end):
        yield Fact(statement, found.start(), found.end(), (int(found["n"]), None), total=bool(found["total"]))
    for found in _COURSES.finditer(text, statement.start, statement.end):
        # A course is one sitting or more.
        most = _value(found["n"])
        if 1 < most <= _MOST_TIMES:
            yield Fact(statement, found.start(), found.end(), (1, most), shaky=True)
    for found in _BY_WEIGHT.finditer(text, statement.start, statement.end):
        yield Fact(statement, found.start(), found.end(), (int(found["n"]), None))
    for found in _CONSECUTIVE_DAYS.finditer(text, statement.start, statement.end):
        yield Fact(statement, found.start(), found.end(), (_value(found["n"]), None), ((1, None),))
    for found in _worded(statement, _SINGLE_OR):
        yield Fact(statement, found.start(), found.end(), (1, None))
    for found in _worded(statement, _ONCE_OR_TWICE):
        yield Fact(statement, found.start(), found.end(), (1, 2))
    for found in _worded(statement, _TWICE):
        yield Fact(statement, found.start(), found.end(), (_value(found["n"]), None))
    for found in _worded(statement, _ONCE):
        before = text[max(statement.start, found.start() - _EACH_REACH) : found.start()]
        if not _AGAIN.search(found.group()) and not _EACH_TIME.search(before):
            yield Fact(statement, found.start(), found.end(), (1, None))


def _count(statement: Statement, found: re.Match[str]) -> Fact | None:
    """What a number and a noun count; None where it is not the times that the cells are given."""
    text = statement.passage.text
    low = _value(found["low"])
    high = _value(found["high"]) if found["high"] else None
    noun, most = found["noun"].lower(), high or low
    if most > _MOST_TIMES or low < 1 or (high is not None and high <= low):
        return None
    if found["low"].isdigit() and noun != "times" and _NUMBERED.search(text, max(0, found.start() - 16), found.start()):
        return None
    if _MULTIPLIED.search(text, max(0, found.start() - 8), found.start()):
        return None
    if "divided" in found["adjectives"].lower() and not _IN_TIME.search(statement.text):
        return None
    if noun == "therapies" and "consecutive" not in found["adjectives"].lower():
        return None
    before = text[max(statement.start, found.start() - _EACH_REACH) : found.start()]
    if _OPTIONAL.search(before):
        return None
    if most == 1:
        if noun in _SEVERAL and found["low"].lower() != "single":
            return None
        if any(bound.search(before) for bound in (_EACH_TIME, _UP_TO, _AT_LEAST)):
            return None
        return Fact(statement, found.start(), found.end(), (1, None), rank=1 if noun == "dose" else 0)
    around = text[max(statement.start, found.start() - 60) : min(statement.end, found.end() + 60)]
    if _RATIO.match(text, found.end()):
        return None
    if noun in _ONE and not (
        _TIME.match(found["adjectives"]) or _TOTAL_OF.search(before) or found["low"].lower() == "double"
    ):
        return None
    if _PART_OF.search(before) or (most == 2 and _ANY_TWO.search(before)):
        return None
    if noun.startswith("injection") and (most > _MOST_INJECTIONS or _one_sitting(statement.text)):
        return None
    if noun.startswith("dos") and (
        statement.passage.place is Place.TITLE
        or _LEVELS.search(around)
        or not (statement.stated or _GIVEN_IN_TIME.search(statement.text))
    ):
        return None
    rank = 1 if _THE.search(before) else 0
    total = bool(_TOTAL.search(before[-_NEAR:] + " " + text[found.end() : min(statement.end, found.end() + _NEAR)]))
    rate = _RATE_WORD.search(found["adjectives"])
    days: tuple[Days, ...] = ((_EACH_DAYS[rate[0].lower()], None),) if rate else ()
    fact = Fact(statement, found.start(), found.end(), (low, high), days, rank=rank, total=total)
    if high is None and low == 2 and _ONE_OF_TWO.match(text, found.end(), statement.end):
        return replace(fact, times=(1, None))
    if high is None and _UP_TO.search(before):
        return replace(fact, times=(1, low))
    return replace(fact, bound="at-least") if _AT_LEAST.search(before) else fact


# "Three weekly infusions".
_EACH_DAYS = {"daily": 1, "weekly": 7, "monthly": 30, "fortnightly": 14}
_RATE_WORD = re.compile(rf"\b(?<!-)(?:{'|'.join(_EACH_DAYS)})\b", re.I)
# Nouns that a number above one does not count, and nouns that "one" does not.
_ONE = frozenset({"time", "infusion", "injection", "dosage", "dosages", "administration", "treatment"})
_SEVERAL = frozenset({"times", "doses", "infusions", "injections"})


def _in_sequence(statement: Statement, counts: list[Fact]) -> list[Fact]:
    """Two counts of which one follows the other as their sum: "one prenatal dose followed by three doses"."""
    text = statement.passage.text
    summed: list[Fact] = []
    for fact in counts:
        last = summed[-1] if summed else None
        if (
            last is not None
            and last.end <= fact.start
            and _FOLLOWED.fullmatch(text, last.end, fact.start)
            and not _names_others(statement, last.start, fact.end + 30)
            and last.times
            and fact.times
            and last.times[1] is fact.times[1] is None
        ):
            times = (last.times[0] + fact.times[0], None)
            summed[-1] = Fact(statement, last.start, fact.end, times, shaky=last.times == fact.times == (1, None))
        else:
            summed.append(fact)
    return summed


def _names_others(statement: Statement, start: int, end: int) -> bool:
    """Whether something else than the cells is named in this stretch of a sentence."""
    return any(
        term.subject in _NOT_GIVING and not NEXT_GIVEN.match(statement.passage.text, term.start)
        for term in statement.within(max(start, statement.start), min(end, statement.end))
    )


def _repeats(statement: Statement) -> Iterator[Fact]:
    """Times that may follow: "up to two additional infusions", "a possible repeat injection"."""
    text = statement.passage.text
    for found in _MORE.finditer(text, statement.start, statement.end):
        low, high = max(statement.start, found.start() - 80), min(statement.end, found.end() + 80)
        if _MORE_WORD.search(found.group()) and _CONDITION.search(text, low, high):
            yield Fact(statement, found.start(), found.end(), rank=1, more=_value(found["m"] or found["n"]) or 1)


_OR = re.compile(r"\sor\s", re.I)


def _one_sitting(text: str) -> bool:
    """Whether the injections of a sentence are places of one sitting, not times."""
    return bool(_SITES.search(text) or (_DIVIDED.search(text) and not _IN_TIME.search(text)))


_DIVIDED = re.compile(r"\bdivided\b", re.I)
_IN_TIME = re.compile(r"\b(?:intervals?|apart|weeks?|weekly|months?|monthly|every)\b", re.I)
_GIVEN_IN_TIME = re.compile(
    r"\b(?:receiv\w*|given|administ\w+|infus\w+|inject\w+|apart|intervals?|weekly|monthly|weeks?|days?|months?|total\w*|consecutive)\b",
    re.I,
)
_NUMBERED = re.compile(
    r"\b(?:days?|groups?|cohorts?|phase|arm|type|stage|grade|weeks?|months?|levels?|dose|step|visit|part|no\.?|number|cycle|program|study|years?)\s$",
    re.I,
)
_TIME = re.compile(r"times?\b", re.I)
_PART_OF = re.compile(r"\b(?:last|first|next|following|remaining|initial|other|subsequent)\s$", re.I)
# "Between each two times", "one of two treatments".
_ANY_TWO = re.compile(r"\b(?:each|every|any|one\sof|one\sof\sthe|either\sof|which\sof)\s$", re.I)
_MULTIPLIED = re.compile(r"(?:[x×*]|\btimes)\s?$", re.I)
_TOTAL = re.compile(r"\btotal(?:ly)?\b|\baltogether\b", re.I)
# "Two treatment : one control".
_RATIO = re.compile(r"\s?:\s?\d")
_NEAR = 20
_TOTAL_OF = re.compile(r"\btotal\sof\s$", re.I)
# "The two infusions" were told of before.
_THE = re.compile(r"\b(?:the|these|both|between)\s$", re.I)
_NUMBER_OF = re.compile(
    r"\b(?:(?:infusion|injection|administration|transplantation|treatment)s?\s(?:number|times)"
    r"|(?:number\sof|(?P<total>total)\s(?:#|no\.?|number)\s?(?:of)?)\s?(?:infusion|injection|administration|"
    r"transplantation|treatment|dose)s)\s?(?::|is|=)?\s?(?P<n>[1-9]\d?)\b",
    re.I,
)
# "Up to 8 courses of intrathecal injections".
_COURSES = re.compile(
    rf"\bup\sto\s(?P<n>{_NUMBER})\s(?:further\s|additional\s|more\s)?courses\sof\s(?:[\w.-]+\s){{0,4}}?(?:[\w.]+-)?"
    r"(?:injections?|infusions?|administrations?|transplantations?)\b",
    re.I,
)
# "On each of these visits one infusion is given": one at a time, not one in all.
_EACH_TIME = re.compile(
    r"\b(?:each|every)\s(?:of\s(?:the|these|those)\s)?(?:[\w-]+\s)?(?:visit|time|infusion|injection|administration|treatment|"
    r"session|dose|cycle|course|day|week|month)s?\b[^.;]{0,60}$",
    re.I,
)
_EACH_REACH = 110
_AGAIN = re.compile(r"\brepeat|\bfollow", re.I)


def _rates(statement: Statement) -> Iterator[Fact]:
    text = statement.passage.text
    for found in _RATE.finditer(text, statement.start, statement.end):
        # "Three times, every 8 weeks": three in all. "Three times every 8 weeks": three in each.
        before = text[max(statement.start, found.start() - _NEAR) : found.start()]
        every = (found["every"] or "").lower() in ("every", "each")
        in_all = every and found["gap"] and ("," in found["gap"] or _TOTAL_OF.search(before))
        often = _value(found["times"]) if found["times"] and not in_all else 1
        if found["adverb"]:
            period, longest = _ADVERBS[found["adverb"].lower()], None
        else:
            if not found["times"] and not every:
                continue
            unit = _DAYS[found["unit"][0].lower()]
            period = _value(found["n"] or "one") * unit
            longest = _value(found["n2"]) * unit if found["n2"] else None
        if not period or not often:
            continue
        days: tuple[Days, ...] = ((period, longest),) if often == 1 else ()
        times, shaky = _lasting(text, found.end(), statement.end, period / often)
        end = found.end()
        if times:
            lasting = _LASTING.match(text, found.end(), statement.end)
            end = lasting.end() if lasting else end
        elif multiplied := _MULTIPLIED_BY.match(text, end, statement.end):
            times, end = (int(multiplied["n"]), None), multiplied.end()
        part = bool(times and _ANOTHER_PART.match(text, end, statement.end))
        if (times or days) and not _OPTIONAL.search(text, max(statement.start, found.start() - 40), found.start()):
            yield Fact(statement, found.start(), end, times, days, part=part, shaky=shaky)


# "Monthly x3", "1x10^6/kg x 3"; not "x 10^6", "x 5 ml".
_MULTIPLIED_BY = re.compile(
    r"\s?[,(]?\s?[x×]\s?(?P<n>[2-9]|1\d)\b(?!\s?(?:10\b|[.,/^]\d|m[lg]\b|cc\b|kg\b|cm\b|days?\b|weeks?\b|months?\b|million))",
    re.I,
)
_BY_WEIGHT = re.compile(
    rf"(?:/\s?kg|(?:million|10\^\d|10[⁵-⁹])\s(?:[\w-]{{1,20}}\s)?(?:cells|MSCs?)){_MULTIPLIED_BY.pattern}", re.I
)
_ANOTHER_PART = re.compile(
    r"[^.;]{0,30}?[,;]?\s?(?:(?:and\s)?then\b|followed\sby\b|(?:and\s)?thereafter\b|and\sthe\slast\b)", re.I
)
_ADVERBS = {"weekly": 7, "monthly": 30, "fortnightly": 14, "quarterly": 90, "qw": 7, "daily": 0}


def _lasting(text: str, start: int, end: int, period: float) -> tuple[tuple[int, int | None] | None, bool]:
    """How many times a rate comes to, and whether the length of time is no whole number of its periods."""
    found = _LASTING.match(text, start, end)
    if found is None:
        return None, False
    low, high = _value(found["m"]), _value(found["m2"]) if found["m2"] else None
    unit = found["unit"][0].lower()
    if not re.fullmatch(_UNIT, found["unit"], re.I):
        return ((low, high) if 1 < low <= _MOST_TIMES else None), False
    exact = low * _DAYS[unit] / period
    if period == 7 and unit == "m":
        exact = low * 4
    times = round(exact) if abs(exact - round(exact)) < 0.15 else int(exact)
    most = round(high * _DAYS[unit] / period) if high else None
    if not 1 < times <= _MOST_TIMES:
        return None, False
    return (times, most), abs(exact - times) >= 0.15


def _spans(statement: Statement) -> Iterator[Fact]:
    text = statement.passage.text
    for found in _worded(statement, _INTERVALS):
        if days := _days_between(found):
            limited = bool(_LIMITED.search(text[max(statement.start, found.start() - 24) : found.start("n")]))
            yield Fact(statement, found.start(), found.end(), None, (days,), shaky=limited)
    for found in _worded(statement, _SECOND_TIMES):
        days = _days_between(found)
        if days is None or (found.group()[:8].lower() == "followed" and not _is_given_next(statement, found)):
            continue
        if _CONDITION.search(text, statement.start, statement.end):
            yield Fact(statement, found.start(), found.end(), None, (days,), rank=1, more=1)
        else:
            parted = _OTHERS_PLACEBO.match(text, found.end(), statement.end) is not None
            yield Fact(statement, found.start(), found.end(), (2, None), (days,), rank=1, ordinal=True, parted=parted)
    for found in _ADVERB_INTERVAL.finditer(text, statement.start, statement.end):
        yield Fact(statement, found.start(), found.end(), None, ((_ADVERBS[found["adverb"].lower()], None),))


# "Again in half of them, and 8 additional patients will receive a placebo".
_OTHERS_PLACEBO = re.compile(
    r"[^.;]{0,80}?\b(?:and|while|whereas)\s(?:the\s)?(?:(?:\d{1,4}|other|others|remaining|additional|half|rest)\s){1,3}"
    r"(?:of\s(?:them|the\s\w+)\s)?(?:patients|participants|subjects|people)?\s?(?:\([^()]{1,30}\)\s)?"
    r"(?:will\s)?(?:receive|get|be\s(?:given|treated\swith|injected\swith))\s(?:a\s|an\s)?(?:placebo|sham|saline)",
    re.I,
)


def _days_between(found: re.Match[str]) -> Days | None:
    unit = 1 / 24 if found["unit"] == "hours" else _DAYS[found["unit"][0].lower()]
    low, high = _value(found["n"]) * unit, _value(found["n2"]) * unit if found["n2"] else None
    return (low, high) if low and (high is None or high > low) else None


def _is_given_next(statement: Statement, found: re.Match[str]) -> bool:
    """Whether what follows is the cells once more, not a visit or a drug."""
    return bool(_FOLLOWED_GIVING.search(found.group())) and not _names_others(
        statement, found.start() - 60, found.end()
    )


_LIMITED = re.compile(r"\b(?:at\sleast|(?:no|not)\s(?:less|more)\sthan|minimum|maximum|up\sto|within)\b", re.I)


def _points(statement: Statement) -> Iterator[Fact]:
    """Days, weeks or months on which the cells are given."""
    text = statement.passage.text
    for found in _POINTS.finditer(text, statement.start, statement.end):
        days = _days_of(text, found)
        if days is None:
            continue
        if len(days) == 1:
            if days[0] == 0 and not _GOES_ON.match(text, found.end(), statement.end):
                yield Fact(statement, found.start(), found.end(), (1, None), rank=2)
            continue
        if _is_of_giving(statement, found, days):
            low = max(statement.start, found.start() - _OPERATION_NEAR)
            counted_on = _AFTER_FIRST.match(text, found.end(), statement.end)
            if days[0] > 0 and (counted_on or _IN_OPERATION.search(text, low, found.start())):
                days.insert(0, 0)
            gaps = tuple(dict.fromkeys((float(later - earlier), None) for earlier, later in pairwise(days)))
            yield Fact(statement, found.start(), found.end(), (len(days), None), gaps if len(gaps) <= 4 else ())


def _is_of_giving(statement: Statement, found: re.Match[str], days: list[int]) -> bool:
    """Whether something is given on these days, not measured."""
    text, start, end = statement.passage.text, found.start(), found.end()
    if _OPTIONAL.search(text, max(statement.start, start - 80), start):
        return False
    given = bool(_GIVEN_AT.search(text, max(statement.start, start - 50), start))
    if not given and (_MEASURED.match(text, end, statement.end) or _COLLECTED.search(found.group())):
        return False
    if not statement.stated and not GIVING.search(
        text, max(statement.start, start - 200), min(statement.end, end + 60)
    ):
        return False
    if days[0] <= 1:
        return True
    after = statement.after(end)
    if after is not None and after.subject == "visit" and after.start - end < 40:
        return False
    return given or found.group()[0].isalpha()


def _days_of(text: str, found: re.Match[str]) -> list[int] | None:
    """The days of a list such as "day 0, 7 and week 4", in order; None for what is no such list."""
    items = list(_POINT.finditer(text, found.start(), found.end()))
    units: list[str | None] = []
    unit: str | None = None
    for item in items:
        unit = item["before"] or unit
        units.append(item["before"] or (item["after"] if item["after"] else None) or unit)
    following: str | None = None
    for i in range(len(items) - 1, -1, -1):
        following = items[i]["after"] or following
        units[i] = units[i] or following
    if not any(units):
        return None
    joins = [bool(item["join"]) for item in items[1:]]
    listed = len(items) > 2 and all(joins)
    days: list[int] = []
    for i, item in enumerate(items):
        if i and item["join"] and not listed:
            continue
        word = item["value"].strip("+ ").lower()
        number = int(word) if word.isdigit() else 0
        named = units[i]
        if named is None:
            return None
        days.append(number * _DAYS[named[0].lower()])
    scales = {(one or "")[0].lower() for one in units if one}
    if len(scales) > 1 and days[0] == 1:
        days[0] = 0
    if len(joins) == 1 and joins[0] and len(items) == 2:
        return None
    if len(days) > 1 and days[0] > days[-1] and _COUNTED_DOWN.match(text, found.end()):
        # "At weeks 4 and 3 before surgery".
        days.reverse()
    return days if all(earlier < later for earlier, later in pairwise(days)) else None


_COUNTED_DOWN = re.compile(r"\s?(?:before|prior)\b", re.I)


def _ordinals(statement: Statement) -> Iterator[Fact]:
    text = statement.passage.text
    for found in _ORDINAL.finditer(text, statement.start, statement.end):
        word = found["ordinal"].lower()
        number = int(word[0]) if word[0].isdigit() else 5 if word == "fifth" else _ORDINALS[word[:2]]
        if number == 1 or _NOT.search(text, max(statement.start, found.start() - 30), found.start()):
            continue
        if _CONDITION.search(text, statement.start, min(statement.end, found.end() + 40)):
            yield Fact(statement, found.start(), found.end(), rank=1, ordinal=True, more=number - 1)
        else:
            parted = _OTHERS_PLACEBO.match(text, found.end(), statement.end) is not None
            yield Fact(statement, found.start(), found.end(), (number, None), rank=1, ordinal=True, parted=parted)


def _value(word: str) -> int:
    first = re.split(r"[\s-]", word.strip().lower())[0]
    return int(first) if first.isdigit() else _WORDS.get(first, 0)
