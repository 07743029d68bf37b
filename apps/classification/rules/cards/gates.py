"""Who can take part: age, sex, length and severity of the disease, its form, drugs that failed, pregnancy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from itertools import islice
from typing import NamedTuple

from apps.classification.rules.cards.comparisons import Limits, comparison, limits_in
from apps.classification.rules.cards.criteria import Criterion, criteria_of, criteria_within
from apps.classification.rules.cards.durations import durations_of
from apps.classification.rules.cards.groups import of_both
from apps.classification.rules.cards.material import Material, Named, Passage
from apps.classification.rules.cards.severity import names_class_of_nephritis, severity_of
from apps.classification.rules.diseases import names_only_general_conditions
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import MAX_QUOTES, Span, evidence
from apps.classification.rules.reading import ANYWHERE, STATED, Place
from apps.vocabulary.terms import card_finder, names_of_drugs

_ELIGIBILITY = "protocolSection.eligibilityModule."

# Criteria, each with its terms.
Told = list[tuple[Criterion, list[Named]]]
# Terms that are read of a criterion and of a whole text; no text of people has so many.
_MOST_TERMS = 40
_MOST_TERMS_OF_A_TEXT = 400


def extract_gates(material: Material) -> Iterator[Label]:
    """Labels of the schemes age, sex, duration, severity, phenotype, failed_drugs and pregnancy.

    Criteria that stand in the description tell what the registry's field for criteria leaves open.
    """
    told = _with_terms(material.criteria, criteria_of(material.criteria))
    aside = _told_aside(material)
    about = _about(material)
    stated = (passage for passage in material.passages if passage.place in (Place.CONDITION, Place.CONDITION_MESH))
    conditions = " ".join(passage.text for passage in stated).lower()
    yield from age_of(material, [*told, *aside])
    yield from sex_of(material)
    yield from _first(lambda told: durations_of(told, about, conditions), told, aside)
    yield from _first(lambda told: severity_of(told, about, conditions), told, aside)
    yield from _phenotypes(material, [*told, *aside])
    yield from _failed_drugs(material, [*told, *aside], conditions)
    yield from _first(_pregnancy, told, aside)


def _first(read: Callable[[Told], Iterable[Label]], *tellings: Told) -> Iterator[Label]:
    """The labels of the first telling that gives any."""
    for told in tellings:
        labels = tuple(read(told))
        if labels:
            yield from labels
            return


def _told_aside(material: Material) -> Told:
    """The criteria in descriptions."""
    return [
        pair
        for passage in material.passages
        if passage.place is Place.DESCRIPTION and "criteri" in passage.text.lower()
        for pair in _with_terms(passage, criteria_within(passage))
    ]


def _with_terms(passage: Passage | None, criteria: tuple[Criterion, ...]) -> Told:
    """Criteria of one text, each with the terms in it."""
    if passage is None or not criteria:
        return []
    told: Told = [(criterion, []) for criterion in criteria]
    at = 0
    # No term reaches from one line into the next.
    for found in islice(card_finder("gates").find(passage.text.replace("\n", "\0")), _MOST_TERMS_OF_A_TEXT):
        while at < len(told) and told[at][0].end <= found.start:
            at += 1
        if at == len(told):
            break
        if told[at][0].start <= found.start and len(told[at][1]) < _MOST_TERMS:
            field, _, value = found.group.partition(".")
            told[at][1].append(Named(field, value, passage, found.start, found.end))
    return told


_DISEASES = (
    "multiple-sclerosis",
    "rheumatoid-arthritis",
    "juvenile-arthritis",
    "systemic-lupus-erythematosus",
    "type-1-diabetes",
    "type-2-diabetes",
    "diabetes",
    "complication-of-diabetes",
    "kidney-failure",
)


def _about(material: Material) -> frozenset[str]:
    """The diseases of the study; where title and conditions leave them open, those that it names anywhere."""
    stated = frozenset(disease for disease in _DISEASES if material.reading.has([disease], STATED))
    if stated or not names_only_general_conditions(material.reading):
        return stated
    return frozenset(disease for disease in _DISEASES if material.reading.has([disease], ANYWHERE))


# --- Age and sex --------------------------------------------------------------------------------------------------

_AGE_FIELD = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*(year|month|week|day|hour|minute)s?\s*", re.IGNORECASE)
_SHORT_UNITS = {"year": "", "month": "m", "week": "w", "day": "d", "hour": "h", "minute": "min"}
_A_YEAR = {"year": 1.0, "month": 12.0, "week": 52.18, "day": 365.25, "hour": 8766.0, "minute": 525960.0}

_AGE = comparison(
    r"(?:years?|yrs?|y\b|months?|weeks?|days?)(?:[\s-]?(?:of age|olds?|age)\b)?(?:\s?\((?:in|both|all)[^)]{0,20}\))?"
)
_AGE_WORD = re.compile(r"\bage[ds]?\b", re.IGNORECASE)
_AGE_AHEAD = re.compile(
    r"\bage[ds]?\b(?:[\s:=,(]+(?:of|is|was|range|group|limits?|from|at|at the time|between|patients?|subjects?)){0,3}"
    r"[\s:=,(]*$",
    re.I,
)
_AGE_BEHIND = re.compile(r"\s?(?:years?|yrs?)?[\s-]?(?:of age|old|y/?o)\b", re.IGNORECASE)
# Ages of somebody else, or of something else.
_NOT_THE_AGE = re.compile(
    r"\b(?:donor\w*|sibling\w*|parents?|guardian\w*|onset|diagnos\w*|menopaus\w*|post-?menopaus\w*|child-?bearing|gestation\w*|postnatal"
    r"|assent|minors?|mean age|matched|before the age|history|smok\w*|controls?|life expectancy|since)\b",
    re.IGNORECASE,
)
_WOMEN, _MEN = re.compile(r"\b(?:wom[ae]n|females?)\b", re.I), re.compile(r"\b(?:m[ae]n|males?)\b", re.I)
# An age that is said further on than this belongs to a side remark.
_AGE_WITHIN = 90


class _Ages(NamedTuple):
    """Ages in years that let a person in, as the criteria have them. `of_group`: they are the ages of one group."""

    low: float | None
    high: float | None
    low_open: bool
    span: Span
    of_group: bool = False


def age_of(material: Material, told: Told) -> Iterator[Label]:
    """The registry's own fields; where the criteria say another age, both, and doubtful."""
    module = material.record.protocol.eligibility
    fields = [("minimumAge", module.minimum_age), ("maximumAge", module.maximum_age)]
    read = [_AGE_FIELD.fullmatch(text or "") for _, text in fields]
    ages = [ages for criterion, _ in told for ages in _ages_in(criterion)]
    if not any(read):
        return
    spans = [
        Span(_ELIGIBILITY + name, text, 0, len(text))
        for (name, text), found in zip(fields, read, strict=True)
        if text and found
    ]
    low, high = (float(found[1]) / _A_YEAR[found[2].lower()] if found else None for found in read)
    others = _other_ages(ages, low, high)
    yield Label(
        "age",
        "-".join(found[1] + _SHORT_UNITS[found[2].lower()] if found else "" for found in read),
        "age-fields",
        "The criteria name another age than the registry's fields." if others else "The registry's fields for age.",
        evidence([*spans, *(age.span for age in others)]),
        doubtful=bool(others),
        detail={
            "low_years": None if low is None else round(low, 3),
            "high_years": None if high is None else round(high, 3),
            "text": [{"low": age.low, "high": age.high} for age in others],
        },
    )


def _ages_in(criterion: Criterion) -> Iterator[_Ages]:
    text = criterion.passage.text
    words = text[criterion.start : min(criterion.end, criterion.start + _AGE_WITHIN + 60)]
    if criterion.of_others or not (_AGE_WORD.search(words) or _AGE_BEHIND.search(words)):
        return
    if _NOT_THE_AGE.search(words) or bool(_WOMEN.search(words)) != bool(_MEN.search(words)):
        return
    within = min(criterion.end, criterion.start + _AGE_WITHIN)
    told = tuple(limits_in(_AGE, text, criterion.start, min(criterion.end, within + 40)))
    for at, limits in enumerate(told):
        if limits.start >= within:
            return
        unit = (limits.unit or "").lower()
        of_age = "old" in unit or "age" in unit or _AGE_BEHIND.match(text, limits.end)
        if not limits.written or not (of_age or _AGE_AHEAD.search(text, criterion.start, limits.start)):
            continue
        kept = limits.turned() if criterion.keeps_out else limits
        if kept and kept.whole:
            ages = _with_strata(_in_years(kept, criterion), told[at + 1 :], criterion)
            yield ages._replace(of_group=bool(criterion.group))
        return


# Between two ranges of age: "12-21 and 7-11 years".
_NEXT_STRATUM = re.compile(r"[\s)]*(?:,|;|/|&|and|or|versus|vs\.?)[\s(]*(?:(?:and|or|aged?|ages)\s)?", re.IGNORECASE)


def _with_strata(ages: _Ages, further: tuple[Limits, ...], criterion: Criterion) -> _Ages:
    """The ages with those of the ranges that are told beside them: whoever is in one of the groups is in."""
    for limits in further:
        between = criterion.passage.text[ages.span.end : limits.start]
        if ages.low is None or ages.high is None or not _NEXT_STRATUM.fullmatch(between):
            break
        other = _in_years(limits, criterion)
        if other.low is None or other.high is None or other.low == other.high:
            break
        span = criterion.span(ages.span.start, limits.end)
        first = min(ages, other, key=lambda one: (one.low, one.low_open))
        ages = _Ages(first.low, max(ages.high, other.high), first.low_open, span)
    return ages


def _in_years(limits: Limits, criterion: Criterion) -> _Ages:
    def years(value: str | None, unit: str | None) -> float | None:
        letter = (unit or "y").strip().lower()[0]
        full = next(name for name in _A_YEAR if name.startswith(letter))
        return None if value is None else round(float(value) / _A_YEAR[full], 3)

    span = criterion.span(limits.start, limits.end)
    return _Ages(
        years(limits.low, limits.low_unit or limits.unit), years(limits.high, limits.unit), limits.low_open, span
    )


def _other_ages(ages: list[_Ages], low: float | None, high: float | None) -> list[_Ages]:
    """The ages that disagree with the fields. One that agrees speaks for all: the others are of parts of the study.

    The age of a group can agree, but not disagree: it is not everybody's.
    """
    lows = [age for age in ages if age.low is not None]
    highs = [age for age in ages if age.high is not None]
    # "Over 17" is as good as "18 and older".
    low_said = not lows or any(
        age.low == low or (age.low_open and age.low is not None and age.low + 1 == low) for age in lows
    )
    high_said = not highs or any(age.high == high or (high is not None and age.high == high + 1) for age in highs)
    differing = [
        age for age in ages if not age.of_group and ((age in lows and not low_said) or (age in highs and not high_said))
    ]
    return list({(age.low, age.high): age for age in differing}.values())


def sex_of(material: Material) -> Iterator[Label]:
    sex = material.record.protocol.eligibility.sex
    if sex and sex.lower() in ("all", "female", "male"):
        span = Span(_ELIGIBILITY + "sex", sex, 0, len(sex))
        yield Label("sex", sex.lower(), "sex-field", "The registry's field for sex.", evidence([span]))


# --- Form of the disease ------------------------------------------------------------------------------------------

_FORM_OF = {
    "rrms": "multiple-sclerosis",
    "spms": "multiple-sclerosis",
    "ppms": "multiple-sclerosis",
    "prms": "multiple-sclerosis",
    "lupus-nephritis": "systemic-lupus-erythematosus",
    "new-onset": "type-1-diabetes",
    "lada": "type-1-diabetes",
}
_DIABETES_WORD = re.compile(r"diabet|\bT1DM?\b|\bIDDM\b|\bDM\b", re.IGNORECASE)
_ONLY_IF = re.compile(
    r"\b(?:if|unless|not|no|without|other than|except|excluding|prevent\w*|(?:progress|convert)\w* to|conversion to)\b"
    r"[^.;]{0,40}$",
    re.I,
)
# Longer texts are read for forms where one of these is in them.
_FORM_WORDS = {
    "multiple-sclerosis": ("relaps", "progressive", "rrms", "spms", "ppms", "prms"),
    "systemic-lupus-erythematosus": ("nephr",),
    "type-1-diabetes": ("newly", "recent", "onset", "diagnosis", "latent", "lada"),
}
# "The effect in 20 patients with": a sentence that says who takes part.
_TAKEN_IN = re.compile(
    r"(?:\b\d+\s|\b(?:safety|efficacy|effects?|evaluat\w*|investigat\w*|assess\w*|compar\w*|population|enrol\w*|includ\w*"
    r"|recruit\w*)\b[^.;\n]{0,100}?\b)(?:patients?|participants?|subjects?|people|individuals)\b[^.;\n]{0,40}\bwith\b"
    r"[^.;\n]{0,90}$",
    re.IGNORECASE,
)
_NEWLY_DIAGNOSED = re.compile(
    r"\b(?:newly|recently)\s(?:\([^()]{1,20}\)\s)?(?:been\s)?diagnosed\s(?:with|as)\s(?:having\s)?(?:type[\s-][1I]\b|T1D|IDDM)",
    re.I,
)
# How far from a form the disease may be named that it is a form of, in code points.
_NEAR_FORM = 150


def _phenotypes(material: Material, told: Told) -> Iterator[Label]:
    """Forms that title, conditions or criteria name; those that other words of the study name, with a doubt."""
    places: dict[str, list[Span]] = {}
    doubtful: dict[str, list[Span]] = {}
    groups: dict[str, list[str]] = {}
    for criterion, terms in told:
        if criterion.keeps_out or criterion.excludes or criterion.of_others:
            continue
        for term in terms:
            if (term.field, term.value) == ("measure", "ln-class") and names_class_of_nephritis(
                criterion, term.start, term.end
            ):
                # Who needs a class of nephritis has nephritis.
                term = term._replace(field="phenotype", value="lupus-nephritis")
            if term.field == "phenotype" and not _ONLY_IF.search(
                criterion.passage.text, max(criterion.start, term.start - 60), term.start
            ):
                for form in _add_forms(material, term, places, terms):
                    groups.setdefault(form, []).append(criterion.group)
    passages = tuple(_with_forms(material))
    for term in islice(material.named("gates", passages), _MOST_TERMS_OF_A_TEXT):
        if term.field != "phenotype":
            continue
        if term.passage.place in STATED:
            _add_forms(material, term, places)
        elif _told_of_participants(material, term):
            _add_forms(material, term, doubtful)
    if "new-onset" not in doubtful:
        doubtful["new-onset"] = list(_newly_diagnosed(material, passages))
    for form, spans in places.items():
        detail = _of_group(groups.get(form, []))
        reason = "Title, conditions or criteria name this form."
        if detail:
            reason = "The criteria ask for this form in one group only."
        yield Label("phenotype", form, "form-stated", reason, evidence(spans), detail=detail)
    for form, spans in doubtful.items():
        if spans and form not in places:
            reason = "Only other texts than the title, the conditions and the criteria name this form."
            yield Label("phenotype", form, "form-in-text", reason, evidence(spans), doubtful=True)


def _with_forms(material: Material) -> Iterator[Passage]:
    """The passages that may name a form."""
    words = [word for disease in _FORM_WORDS if material.reading.has([disease]) for word in _FORM_WORDS[disease]]
    for passage in material.passages:
        text = passage.text.lower()
        if passage.place in STATED or any(word in text for word in words):
            yield passage


def _told_of_participants(material: Material, term: Named) -> bool:
    """Whether the form is told of those who take part, and not of the disease at large."""
    if term.passage.place is Place.KEYWORD:
        return True
    if term.value == "new-onset":
        # Of this diabetes, and not as a point in time.
        return "onset of" not in term.span.words and material.reading.has(["type-1-diabetes"], STATED)
    return _TAKEN_IN.search(term.passage.text, max(0, term.start - 250), term.start) is not None


def _newly_diagnosed(material: Material, passages: Iterable[Passage]) -> Iterator[Span]:
    """ "Recently (< 6 months) been diagnosed with type 1 diabetes", which no phrase can hold."""
    if material.reading.has(["type-1-diabetes"], STATED):
        for passage in passages:
            found = _NEWLY_DIAGNOSED.search(passage.text)
            if found:
                yield passage.span(*found.span())


def _of_group(groups: list[str]) -> dict[str, str] | None:
    """The group, where criteria restrict something to one wherever they name it: what a title says is narrowed so."""
    group = reduce(of_both, groups) if groups else ""
    return {"of_group": group} if group else None


def _add_forms(
    material: Material, term: Named, places: dict[str, list[Span]], beside: Iterable[Named] = ()
) -> list[str]:
    """Adds the places of the forms that a term names, and returns these forms.

    They are forms of a disease that the record names, if only in the terms `beside`.
    """
    forms = []
    named = {other.value for other in beside if other.field == "named"}
    for form in ("ppms", "spms") if term.value == "ppms-spms" else (term.value,):
        near = max(0, term.start - _NEAR_FORM), term.end + _NEAR_FORM
        if form == "new-onset" and not _DIABETES_WORD.search(term.passage.text, *near):
            continue
        if _FORM_OF[form] in named or material.reading.has([_FORM_OF[form]], ANYWHERE):
            forms.append(form)
            if len(places.get(form, ())) < MAX_QUOTES:
                places.setdefault(form, []).append(term.span)
    return forms


# --- Drugs that failed --------------------------------------------------------------------------------------------

# How far a treatment may stand from the words of failure, in code points.
_NEAR = 110
_ALTERNATIVE = re.compile(
    r"relapsed?(?:\s?/\s?|\sor\s|\sand\s|\sand/or\s|-)refractory|refractory(?:\s?/\s?|\sor\s)relapsed?", re.IGNORECASE
)
_RESPONDERS = re.compile(
    r"\s*(?:(?:patients?|subjects?)\s(?:with|who)\s)?(?:good\s|adequate\s)?(?:respon(?:se|d|ding|ders?|sive))\sto\b",
    re.I,
)
_WHILE = re.compile(r"\b(?:while|breakthrough)\b", re.IGNORECASE)
_ACTIVITY = re.compile(r"\b(?:relaps\w*|attacks?|flares?|exacerbat\w*|progress\w*)\b", re.IGNORECASE)
_REFRACTORY = re.compile(
    r"\b(?:(?:treatment|therapy|drug|steroid)[\s-](?:resistant|refractory)|refractory|(?:inadequate|incomplete|insufficient)"
    r" (?:response|responders?) to"
    r"|(?:failed|failing|failure\s(?:of|to))\s(?:[\w-]+\s){0,6}?"
    r"(?:treatments?|therap(?:y|ies)|lines?|drugs?|agents?|medications?|DMARDs?|inhibitors?|biologics?))\b",
    re.IGNORECASE,
)
_SAY_NO_DISEASE = frozenset({"with", "disease", "type", "patients", "severe", "chronic", "acute"})
_ELSE_FAILS = re.compile(
    r"\s(?:of|to)\s(?:contraception|comply|consent|sign|thrive|follow|adhere|engraft|provide|receive)", re.IGNORECASE
)


def _failed_drugs(material: Material, told: Told, conditions: str) -> Iterator[Label]:
    spans: list[Span] = []
    drugs: list[Named] = []
    groups: list[str] = []
    doubtful: list[Span] = []
    for at, (criterion, terms) in enumerate(told):
        if criterion.of_others:
            continue
        if criterion.excludes:
            found = _RESPONDERS.match(criterion.text)
            if found and any(term.field == "drug" for term in terms):
                doubtful.append(criterion.span(criterion.start, criterion.start + found.end()))
            continue
        active = _active_under(criterion, terms)
        if active:
            spans.append(active)
            groups.append(criterion.group)
            drugs += [term for term in terms if (term.field, term.value) == ("drug", "name")]
            continue
        if not any(term.field == "failure" for term in terms):
            continue
        with_list = list(_with_its_list(told, at))
        listed = [term for _, terms in with_list for term in terms]
        failure = next((term for term in terms if _fails(criterion, term, listed, conditions)), None)
        if failure:
            spans.append(failure.span)
            groups.append(criterion.group)
            drugs += [drug for one, terms in with_list for drug in _that_failed(one, terms, failure)]
    detail = {"drugs": _once_each(drugs), **(_of_group(groups) or {})}
    if spans:
        reason = "The criteria ask that an earlier treatment did not help or was not tolerated."
        yield Label("failed_drugs", "yes", "treatment-failed", reason, evidence(spans), detail=detail)
    elif titles := list(_refractory(material)):
        reason = "Title or conditions say that earlier treatment did not help."
        yield Label("failed_drugs", "yes", "treatment-failed-in-title", reason, evidence(titles), detail=detail)
    elif doubtful:
        reason = "The criteria keep out those whom an earlier treatment helps."
        yield Label(
            "failed_drugs", "yes", "responders-excluded", reason, evidence(doubtful), doubtful=True, detail=detail
        )


# "Two relapses under natalizumab", "worsening while on interferon": the disease goes on all the same.
_UNDER = re.compile(
    r"\b(?P<activity>relaps(?:es?|ed|ing)|attacks?|flares?|exacerbations?|progress(?:ion|ed|ing)|worsen\w*|new "
    r"lesions?|deteriorat\w+"
    r"|disease activity)\b(?:[^.;]|\.(?=\d)){0,90}?\b(?:under|whil(?:e|st) (?:on|under|receiving|taking|treated with)"
    r"|(?:on|during|under) (?:treatment|therapy) with)\s(?:(?:treatment|therapy|with|an?|the|approved|one|two"
    r"|adequate|full|standard)\s){0,3}$",
    re.IGNORECASE,
)
_NO_ACTIVITY = re.compile(r"\b(?:no|without|free of|absence of|not|never|or)\s(?:[\w-]+\s){0,2}$", re.IGNORECASE)
_UNDER_REACH = 160


def _active_under(criterion: Criterion, terms: list[Named]) -> Span | None:
    """Where an inclusion asks for activity of the disease under a drug that it names."""
    text = criterion.passage.text
    for drug in terms:
        if drug.field != "drug" or drug.value != "name" or criterion.denied:
            continue
        low = max(criterion.start, drug.start - _UNDER_REACH)
        found = _UNDER.search(text, low, drug.start)
        if found and not _NO_ACTIVITY.search(text, max(criterion.start, found.start() - 30), found.start()):
            return criterion.span(found.start("activity"), drug.end)
    return None


# From here on a criterion tells what may go on beside the cells: "..., and on a stable dose of".
_MAY_GO_ON = re.compile(
    r"(?:(?:\b(?:and|or|but|while|who|if|plus|then)\b|[,;(])\s*(?:[\w≥≤<>=/.-]+\s+){0,7}?|^[\s\W]*(?:with\s|on\s)?(?:an?\s|the\s)?)"
    r"(?:stable\s(?:\w+\s)?(?:dos|regimen|therap|treatment|background)\w*|stable\son|low[\s-]dose|continu(?:ed|ing|e)\b|maintenance"
    r"|background|concomitant|(?:are|is|be)\s(?:permitted|allowed)|permitted|allowed|washed?[\s-]?out|discontinued)",
    re.IGNORECASE,
)
# These are tried because of the failure, and say what fails all the same: "despite a stable dose of".
_ALL_THE_SAME = re.compile(r"\b(?:despite|in spite of|while|still|although|notwithstanding)\b", re.IGNORECASE)

_EXPLAINED = re.compile(r"\s?\(\s?")


def _that_failed(criterion: Criterion, terms: list[Named], failure: Named) -> list[Named]:
    """The drugs named in a criterion on failure, or in a line of its list, without those that may go on."""
    text = criterion.passage.text
    names = [term for term in terms if (term.field, term.value) == ("drug", "name")]
    here = criterion.start <= failure.start < criterion.end
    from_ = failure.end if here else criterion.start
    if here and _ALL_THE_SAME.search(failure.span.words):
        return names
    found = _MAY_GO_ON.search(text, from_, criterion.end) if here else _MAY_GO_ON.search(criterion.text)
    if found is None:
        return names
    stop = found.start() if here else criterion.start + found.start()
    # "Failed, on a stable dose of methotrexate, to": what failed is named nowhere else.
    told = any((term.field == "drug" and from_ <= term.start < stop) or term.end <= failure.start for term in terms)
    return [name for name in names if name.start < stop] if told or not here or stop > failure.end else names


def _once_each(drugs: list[Named]) -> list[str]:
    """The names of drugs as first written, each drug once: not again by its short or trade name, or in the plural."""
    names: dict[str, str] = {}
    same = dict(names_of_drugs())
    before: Named | None = None
    for drug in drugs:
        words = drug.span.words
        name = _drug_key(words, same)
        if (
            before
            and before.passage is drug.passage
            and _EXPLAINED.fullmatch(drug.passage.text, before.end, drug.start)
            and drug.passage.text[drug.end : drug.end + 2].lstrip().startswith(")")
        ):
            # "Cyclophosphamide (CYC)": the text itself says that they are one.
            same[words.lower()] = _drug_key(before.span.words, same)
            name = same[words.lower()]
        names.setdefault(name, words)
        before = drug
    return list(names.values())


def _drug_key(words: str, same: dict[str, str]) -> str:
    name = re.sub(r"[\s-]+", " ", words.lower())
    singular = name.removesuffix("s")
    if name not in same and (singular in same or not name.endswith("us")):
        name = singular
    return same.get(name, name)


def _refractory(material: Material) -> Iterator[Span]:
    """Words by which title and conditions say that this is for those whom nothing has helped: "refractory lupus"."""
    for passage in material.passages:
        if passage.place in (Place.TITLE, Place.CONDITION):
            found = _REFRACTORY.search(passage.text)
            if found and not _ALTERNATIVE.search(passage.text, max(0, found.start() - 15), found.end() + 15):
                yield passage.span(*found.span())


def _fails(criterion: Criterion, term: Named, terms: list[Named], conditions: str) -> bool:
    if term.field != "failure" or term.value not in ("word", "after"):
        return False
    text = criterion.passage.text
    word = term.span.words.lower()
    if criterion.denied and not word.startswith(("no", "lack")):
        return False
    if _ALTERNATIVE.search(
        text, max(criterion.start, term.start - 15), min(criterion.end, term.end + 15)
    ) or _ELSE_FAILS.match(text, term.end):
        return False
    if term.value == "after":
        return any(other.field == "measure" for other in terms)
    if word.startswith(("treatment", "therapy")):
        return True
    if _WHILE.search(word) and not _ACTIVITY.search(criterion.text):
        return False
    if any(
        other.field == "drug" and other.end > term.start - _NEAR and other.start < term.end + _NEAR for other in terms
    ):
        return True
    # "Refractory lupus" needs no treatment named: the word says it.
    behind = re.findall(r"[a-z]{4,}", text[term.end : term.end + 40].lower())
    return word == "refractory" and any(part in conditions for part in behind[:3] if part not in _SAY_NO_DISEASE)


def _with_its_list(told: Told, at: int) -> Iterable[tuple[Criterion, list[Named]]]:
    """The criterion; when it ends with a colon, also the few lines below it."""
    yield told[at]
    if told[at][0].text.rstrip().endswith((":", "：")):
        for criterion, terms in told[at + 1 : at + 9]:
            if criterion.excludes or criterion.group != told[at][0].group:
                return
            yield criterion, terms


# --- Pregnancy ----------------------------------------------------------------------------------------------------

_NOT_BEFORE = re.compile(r"\b(?:not|non|no|neither|nor|without|absence of|never)\b[^.;]{0,45}$", re.IGNORECASE)
_PLANS = re.compile(
    r"\b(?:plan\w*|inten\w*|wish\w*|desir\w*|want\w*|try\w*|attempt\w*|expect\w*)\b[^.;]{0,40}$", re.IGNORECASE
)
_MUST_BE_NEGATIVE = re.compile(r"\b(?:must|should|need|required)\b.{0,40}negative")
_ALLOWED = re.compile(r"\b(?:contraception|contraceptive|birth control)\b[^.;]{0,40}$", re.IGNORECASE)


def _pregnancy(told: Told) -> Iterator[Label]:
    spans = [
        term.span
        for criterion, terms in told
        if not criterion.of_others
        for term in terms
        if _keeps_pregnant_out(criterion, term)
    ]
    if spans:
        reason = "The criteria keep out women who are pregnant or breastfeed."
        yield Label("pregnancy", "excluded", "pregnancy-excluded", reason, evidence(spans))


def _keeps_pregnant_out(criterion: Criterion, term: Named) -> bool:
    if term.field != "pregnancy" or term.value == "other":
        return False
    text = criterion.passage.text
    lead = text[max(criterion.start, term.start - 60) : term.start]
    if term.value == "none":
        return not criterion.excludes
    if term.value == "test":
        words = text[max(criterion.start, term.start - 60) : min(criterion.end, term.end + 40)].lower()
        # "Must have a negative test" says the same in either list.
        return (
            "negative" in words
            if not criterion.excludes
            else "positive" in words or _MUST_BE_NEGATIVE.search(words) is not None
        )
    if "becom" in term.span.words.lower() and not _PLANS.search(lead):
        return False
    if _NOT_BEFORE.search(lead):
        return not criterion.excludes
    return criterion.excludes and not _ALLOWED.search(lead)
