"""One question to the study list: the same from a URL of the site, of the API, of an export or of a feed.

The parameters are a public contract (docs/contracts.md, "Query parameters"). Reading them never raises: what cannot be
understood is left out and told as a `Problem`; the site shows it as a notice, the API answers 400.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, Literal
from urllib.parse import urlencode

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.core.languages import day_words
from apps.search.expressions import ExpressionError
from apps.search.matching import Question, read_question
from apps.vocabulary.card_values import CARD_FILTERS, CardFilter
from apps.vocabulary.cautions import CAUTIONS
from apps.vocabulary.countries import FORMER_COUNTRIES, country_code, country_name
from apps.vocabulary.statuses import PHASES, SPONSOR_CLASSES, STATUSES, STUDY_TYPES, label_for
from apps.vocabulary.study_values import (
    AGE_GROUPS,
    ALLOCATIONS,
    CONTROLLED,
    ENROLLMENTS,
    FDA_REGULATED,
    MASKINGS,
    NOT_STATED,
    PUBLICATIONS,
    REGISTRATIONS,
    UPDATES,
    WHO_MASKED,
    read_year,
)
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG, SCOPE_BY_SLUG, SCOPES

MAX_Q = 500
DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 25, 200
MAX_PAGE = 999_999_999
# A request with more unknown values than this gets the first ones named.
MAX_PROBLEMS = 20
_MAX_SHOWN = 60
# Of the filters that have no sentence of their own, so many are told in the heading in words.
_FILTERS_TOLD = 3
# No sponsor's name is longer in the registry.
_MAX_NAME = 300

RELEVANCE = "relevance"
# Fields that a list can be sorted by; each also with "-" for descending.
SORT_FIELDS: Mapping[str, Promise] = {
    "last_update_posted": _("Last update"),
    "first_posted": _("First posted"),
    "start_date": _("Start"),
    "enrollment": _("People"),
    "title": _("Title"),
    "nct_id": _("NCT id"),
}
SORTS: tuple[str, ...] = (RELEVANCE, *(sign + name for name in SORT_FIELDS for sign in ("-", "")))
DEFAULT_SORT = "-last_update_posted"

ProblemKind = Literal["unknown_parameter", "unknown_value", "repeated", "unreadable", "notice"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a query that could not be used as it came. `message` is a sentence for people, of what is wrong and
    not of what becomes of it: a page leaves it out, the API and files refuse the whole.

    `kind` is "notice" where the query was understood after all (a text that was cut), else what was unknown; a search
    text that cannot be read is "unreadable" at the character `position`, counted from 0.
    """

    parameter: str
    value: str
    allowed: tuple[str, ...]
    message: str
    kind: ProblemKind = "unknown_value"
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter that keeps studies by a value. `words` are its values in reading order, () where the list is open.

    `read` turns a reader's spelling into the canonical value, None when there is none; `label_of` names a value. The
    values that most studies have come first where they have no order of their own (`by_count`). `told` is what users of
    the API need to know besides.
    """

    parameter: str
    label: Promise
    words: tuple[str, ...]
    read: Callable[[str], str | None]
    label_of: Callable[[str], str]
    allowed: tuple[str, ...]
    by_count: bool = False
    told: str = ""


def _closed(
    parameter: str,
    label: Promise,
    words: Sequence[str],
    label_of: Callable[[str], Any],
    *,
    by_count: bool = False,
    told: str = "",
) -> Filter:
    spellings = {_fold(word): word for word in words}
    return Filter(
        parameter=parameter,
        label=label,
        words=tuple(words),
        read=lambda value: spellings.get(_fold(value)),
        label_of=lambda value: str(label_of(value)),
        allowed=tuple(words),
        by_count=by_count,
        told=told,
    )


def _named(parameter: str, label: Promise, names: Mapping[str, Promise], told: str = "") -> Filter:
    """A closed list whose values and their names stand in a mapping, in reading order."""
    return _closed(parameter, label, tuple(names), names.__getitem__, told=told)


def _by_card(item: CardFilter) -> Filter:
    label_of = item.words.__getitem__
    return _closed(item.field.slug, item.field.name, tuple(item.words), label_of, by_count=not item.ranked)


def _fold(value: str) -> str:
    return value.strip().casefold().replace("-", "_").replace(" ", "_")


_FORMER = {_fold(name): name for name in FORMER_COUNTRIES}


def _read_country(value: str) -> str | None:
    return country_code(value) or _FORMER.get(_fold(value))


def _read_name(value: str) -> str | None:
    return value if len(value) <= _MAX_NAME else None


def _year_label(value: str) -> str:
    return gettext("Not stated in the registry") if value == NOT_STATED else value


_TRUTH: Mapping[str, Promise] = {"true": _("Results posted"), "false": _("No results posted")}

FILTERS: Mapping[str, Filter] = {
    item.parameter: item
    for item in (
        _closed("disease", _("Disease"), tuple(DISEASE_BY_SLUG), lambda slug: DISEASE_BY_SLUG[slug].name),
        _closed("cell_type", _("Kind of cell"), tuple(CELL_TYPE_BY_SLUG), lambda slug: CELL_TYPE_BY_SLUG[slug].name),
        _closed("status", _("Status"), [item.word for item in STATUSES], lambda word: label_for("status", word)),
        _closed("phase", _("Phase"), tuple(PHASES), lambda word: label_for("phase", word)),
        Filter(
            parameter="country",
            label=_("Country"),
            words=(),
            read=_read_country,
            label_of=country_name,
            allowed=("ISO 3166-1 alpha-2", "the registry's name of a country"),
            by_count=True,
            told="ISO 3166-1 alpha-2, or the registry's name of a country.",
        ),
        _closed(
            "sponsor_class", _("Kind of sponsor"), tuple(SPONSOR_CLASSES), lambda word: label_for("sponsor_class", word)
        ),
        _closed("study_type", _("Study type"), tuple(STUDY_TYPES), lambda word: label_for("study_type", word)),
        _closed("has_results", _("Results"), tuple(_TRUTH), lambda word: _TRUTH[word]),
        _named("allocation", _("Allocation"), ALLOCATIONS, "Of interventional studies."),
        _named("masking", _("Masking"), MASKINGS, "Of interventional studies."),
        _named("who_masked", _("Who is masked"), WHO_MASKED, "Of studies with masking."),
        _named(
            "controlled",
            _("Control group"),
            CONTROLLED,
            "true: a group is followed without the cells, or gets them later; read from the card's comparator.",
        ),
        Filter(
            parameter="sponsor",
            label=_("Lead sponsor"),
            words=(),
            read=_read_name,
            label_of=str,
            allowed=("a name of a lead sponsor, of at most 300 characters",),
            by_count=True,
            told="The lead sponsor's whole name as the record has it; case is ignored. An unknown name finds nothing.",
        ),
        Filter(
            parameter="start_year",
            label=_("Year of start"),
            words=(),
            read=read_year,
            label_of=_year_label,
            allowed=("a year of four digits", NOT_STATED),
            told="A year of four digits, or not-stated.",
        ),
        _named("enrollment", _("Number of people"), ENROLLMENTS, "People planned or, where it is over, in the trial."),
        _named("age_group", _("Age group"), AGE_GROUPS, "The registry's age groups that can join."),
        _named("publication", _("Publications"), PUBLICATIONS, "References of these types; background does not count."),
        _named("fda_regulated", _("Regulated by the FDA"), FDA_REGULATED),
        _named(
            "registration",
            _("Time of registration"),
            REGISTRATIONS,
            "When the record was first sent to the registry, counted from the start of the study.",
        ),
        _named("updated", _("Last update"), UPDATES, "Counted back from the newest update in the data."),
        _named(
            "caution",
            _("Reasons to ask further"),
            CAUTIONS,
            "Kinds that the site shows its readers alone; another one is left out, and that is told.",
        ),
        *map(_by_card, CARD_FILTERS.values()),
    )
}
# Filters that the sentence above a list tells by name and value; the others have words of their own in it.
TOLD_BY_NAME = tuple(FILTERS)[tuple(FILTERS).index("has_results") + 1 :]
SCOPE = _closed("scope", _("Scope"), (*SCOPE_BY_SLUG, "all"), lambda slug: SCOPE_BY_SLUG[slug].name)
_SCOPES = tuple(scope.slug for scope in SCOPES)

PARAMETERS: tuple[str, ...] = ("q", *FILTERS, "scope", "as_of", "sort", "page", "page_size")
_SINGLE = ("q", "as_of", "sort", "page", "page_size")


@dataclass(frozen=True, slots=True)
class StudyQuery:
    """A question to the study list. Values within a field mean or, different fields mean and; () means no filter.

    Values are canonical: slugs, the registry's words, ISO alpha-2 codes, "true" and "false". `as_of` asks for what was
    known at the end of a day (UTC), None for the present. `sort` is "" for the usual order: by relevance with a text,
    else the last updated first. Pages count from 1.
    """

    q: str = ""
    disease: tuple[str, ...] = ()
    cell_type: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    phase: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    sponsor_class: tuple[str, ...] = ()
    study_type: tuple[str, ...] = ()
    has_results: tuple[str, ...] = ()
    allocation: tuple[str, ...] = ()
    masking: tuple[str, ...] = ()
    who_masked: tuple[str, ...] = ()
    controlled: tuple[str, ...] = ()
    sponsor: tuple[str, ...] = ()
    start_year: tuple[str, ...] = ()
    enrollment: tuple[str, ...] = ()
    age_group: tuple[str, ...] = ()
    publication: tuple[str, ...] = ()
    fda_regulated: tuple[str, ...] = ()
    registration: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    caution: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    donor: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    expansion: tuple[str, ...] = ()
    preservation: tuple[str, ...] = ()
    route: tuple[str, ...] = ()
    dose: tuple[str, ...] = ()
    administrations: tuple[str, ...] = ()
    interval: tuple[str, ...] = ()
    co_treatment: tuple[str, ...] = ()
    mobilisation: tuple[str, ...] = ()
    conditioning: tuple[str, ...] = ()
    intensity: tuple[str, ...] = ()
    graft_manipulation: tuple[str, ...] = ()
    cd34_dose: tuple[str, ...] = ()
    comparator: tuple[str, ...] = ()
    age: tuple[str, ...] = ()
    sex: tuple[str, ...] = ()
    duration: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    phenotype: tuple[str, ...] = ()
    failed_drugs: tuple[str, ...] = ()
    pregnancy: tuple[str, ...] = ()
    follow_up: tuple[str, ...] = ()
    endpoint: tuple[str, ...] = ()
    scope: tuple[str, ...] = ("in_scope",)
    as_of: dt.date | None = None
    sort: str = ""
    page: int = 1
    page_size: int = DEFAULT_PAGE_SIZE

    @classmethod
    def parse(cls, params: Mapping[str, Any]) -> tuple[StudyQuery, list[Problem]]:
        """Read a QueryDict, or a mapping of names to a text or a list of texts. Never raises."""
        reader = _Reader(params)
        query = cls(
            q=reader.text(),
            **{name: reader.values(item) for name, item in FILTERS.items()},
            scope=_whole_scope(reader.values(SCOPE)),
            as_of=reader.day("as_of"),
            sort=reader.sort(),
            page=reader.number("page", 1, MAX_PAGE),
            page_size=reader.number("page_size", DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE),
        )
        if query.sort == query.usual_order or (query.sort == RELEVANCE and not query.q):
            query = replace(query, sort="")
        if query.unreadable:
            reader.tell(query.unreadable)
        return query, reader.told()

    @property
    def question(self) -> Question | None:
        """The search text as it was understood; None without one, and where it cannot be read."""
        try:
            return read_question(self.q) if self.q else None
        except ExpressionError:
            return None

    @property
    def unreadable(self) -> Problem | None:
        """Why the search text cannot be read, and where; None where it can."""
        try:
            read_question(self.q)
        except ExpressionError as error:
            return Problem("q", self.q, (), str(error.message), "unreadable", error.position)
        return None

    @property
    def usual_order(self) -> str:
        return RELEVANCE if self.q else DEFAULT_SORT

    @property
    def order(self) -> str:
        """The sort in force, one of `SORTS`."""
        return self.sort or self.usual_order

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that are asked for, "all" spelled out."""
        return _SCOPES if self.scope == ("all",) else self.scope

    @property
    def is_filtered(self) -> bool:
        """True when the list is narrower, or other, than the plain one."""
        if self.q or self.as_of or self.scope != ("in_scope",):
            return True
        return any(getattr(self, name) for name in FILTERS)

    def changed(self, **changes: Any) -> StudyQuery:
        """The query with these fields replaced, None meaning a field's default; at page 1 unless a page is named."""
        values = {name: _DEFAULTS[name] if value is None else value for name, value in changes.items()}
        values = {
            name: (value,) if isinstance(_DEFAULTS[name], tuple) and isinstance(value, str) else value
            for name, value in values.items()
        }
        values = {name: _in_order(name, value) if name in FILTERS else value for name, value in values.items()}
        after = replace(self, **{"page": 1} | values)
        if after.sort and (after.sort == after.usual_order or (after.sort == RELEVANCE and not after.q)):
            after = replace(after, sort="")
        return after

    def without(self, parameter: str, value: str | None = None) -> StudyQuery:
        """The query without one value of a filter, or without the whole parameter."""
        if value is None or not isinstance(getattr(self, parameter), tuple):
            return self.changed(**{parameter: None})
        left = tuple(word for word in getattr(self, parameter) if word != value)
        return self.changed(**{parameter: left or None})

    def pairs(self) -> list[tuple[str, str]]:
        """Parameters and values in a fixed order, defaults left out."""
        pairs: list[tuple[str, str]] = []
        for name, default in _DEFAULTS.items():
            value = getattr(self, name)
            if value != default:
                pairs += [(name, word) for word in value] if isinstance(value, tuple) else [(name, str(value))]
        return pairs

    def to_query_string(self, **changes: Any) -> str:
        """The canonical query string, without "?"; empty for the plain list. `changes` as in `changed()`."""
        return urlencode((self.changed(**changes) if changes else self).pairs())

    def chosen(self) -> Iterator[tuple[str, str, str]]:
        """Parameter, value and label of every filter value in force, for chips that can be taken away one by one."""
        for name, item in FILTERS.items():
            for value in getattr(self, name):
                yield name, value, item.label_of(value)

    def describe(self, count: int) -> str:
        """The query in words: "41 recruiting MSC trials for systemic lupus erythematosus in China"."""
        which = [_either([_small(label_for("status", word)) for word in self.status])] if len(self.status) <= 3 else []
        which += [_either([_small(label_for("study_type", word)) for word in self.study_type])]
        which += [_either([str(CELL_TYPE_BY_SLUG[slug].short) for slug in self.cell_type])]
        words = {
            "count": formats.number_format(count, use_l10n=True, force_grouping=True),
            "which": " ".join(part for part in which if part),
        }
        if words["which"]:
            sentence = ngettext("%(count)s %(which)s trial", "%(count)s %(which)s trials", count) % words
        else:
            sentence = ngettext("%(count)s trial", "%(count)s trials", count) % words
        about = []
        if self.disease:
            names = _either([_small(DISEASE_BY_SLUG[slug].name) for slug in self.disease])
            about.append(gettext("for %(diseases)s") % {"diseases": names})
        if self.country:
            names = _either([country_name(code) for code in self.country], _("one of %(n)s countries"))
            about.append(gettext("in %(countries)s") % {"countries": names})
        sentence = " ".join([*sentence.split(), *about])
        return ", ".join([sentence, *self._asides()])

    def _asides(self) -> Iterator[str]:
        if len(self.status) > 3:
            yield gettext("with one of %(n)s statuses") % {"n": len(self.status)}
        if self.phase:
            yield _either([_small(label_for("phase", word)) for word in self.phase], _("one of %(n)s phases"))
        if self.sponsor_class:
            names = _either([str(label_for("sponsor_class", word)) for word in self.sponsor_class])
            yield gettext("kind of sponsor: %(classes)s") % {"classes": names}
        if self.has_results == ("true",):
            yield gettext("with results posted")
        if self.has_results == ("false",):
            yield gettext("without results posted")
        yield from self._other_asides()
        if self.scope == ("all",):
            yield gettext("those out of scope included")
        elif self.scope != ("in_scope",):
            yield _either([_small(SCOPE_BY_SLUG[slug].name) for slug in self.scope])
        if self.q:
            yield gettext("matching “%(text)s”") % {"text": self.q}
        if self.as_of:
            yield gettext("as known on %(day)s") % {"day": day_words(self.as_of)}

    def _other_asides(self) -> Iterator[str]:
        """The first of the other filters in words, the number of the rest."""
        asked = [name for name in TOLD_BY_NAME if getattr(self, name)]
        for name in asked[:_FILTERS_TOLD]:
            small = str if name == "sponsor" else _small
            values = _either([small(FILTERS[name].label_of(word)) for word in getattr(self, name)], _("one of %(n)s"))
            yield gettext("%(field)s: %(values)s") % {"field": _small(FILTERS[name].label), "values": values}
        if (more := len(asked) - _FILTERS_TOLD) > 0:
            yield ngettext("with %(n)s more filter", "with %(n)s more filters", more) % {"n": more}


A_DAY = _("a day as 2026-03-01")
_DEFAULTS: dict[str, Any] = {item.name: item.default for item in fields(StudyQuery)}


class _Reader:
    """Takes the parameters one by one and remembers what it could not use."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = {name: _listed(params, name) for name in params}
        self._problems: list[Problem] = []
        for name in self._params:
            if name not in PARAMETERS:
                message = gettext("There is no parameter “%(name)s”. Known are: %(known)s.")
                told = message % {"name": _shown(name), "known": ", ".join(PARAMETERS)}
                self._problems.append(Problem(_shown(name), "", PARAMETERS, told, "unknown_parameter"))

    def tell(self, problem: Problem) -> None:
        self._problems.insert(0, problem)

    def told(self) -> list[Problem]:
        return self._problems[:MAX_PROBLEMS]

    def text(self) -> str:
        text = clean_text(self._single("q"))
        if len(text) > MAX_Q:
            message = gettext("The search text was cut at %(number)s characters.") % {"number": MAX_Q}
            self._problems.append(Problem("q", _shown(text), (), message, "notice"))
            # Half a word would be searched too, and find nothing.
            text = text[: MAX_Q + 1].rpartition(" ")[0] or text[:MAX_Q]
        return text

    def values(self, item: Filter) -> tuple[str, ...]:
        found = []
        for raw in self._params.get(item.parameter, []):
            if not (text := clean_text(raw)):
                continue
            value = item.read(text)
            if value is None:
                self._unknown(item.parameter, text, item.allowed)
            else:
                found.append(value)
        return _in_order(item.parameter, found)

    def sort(self) -> str:
        raw = clean_text(self._single("sort"))
        sign, name = ("-", raw[1:]) if raw.startswith("-") else ("", raw)
        value = sign + _fold(name)
        if not raw or value in SORTS:
            return value
        self._unknown("sort", raw, SORTS)
        return ""

    def number(self, name: str, default: int, most: int) -> int:
        raw = clean_text(self._single(name))
        if not raw:
            return default
        if re.fullmatch(r"[0-9]{1,9}", raw) and 1 <= int(raw) <= most:
            return int(raw)
        self._unknown(name, raw, (gettext("whole numbers from 1 to %(most)s") % {"most": most},))
        return default

    def day(self, name: str) -> dt.date | None:
        raw = clean_text(self._single(name))
        if not raw:
            return None
        try:
            # Python reads a day without hyphens and a week's as well, and a link needs one spelling.
            return dt.date.fromisoformat(raw if _DAY.fullmatch(raw) else "")
        except ValueError:
            self._unknown(name, raw, (str(A_DAY),))
            return None

    def _single(self, name: str) -> str:
        given = [raw for raw in self._params.get(name, []) if raw.strip()]
        if len(set(given)) > 1:
            message = gettext("“%(name)s” can be given once.") % {"name": name}
            self._problems.append(Problem(name, _shown(given[1]), (), message, "repeated"))
        return given[0] if given else ""

    def _unknown(self, name: str, value: str, allowed: tuple[str, ...]) -> None:
        message = gettext("“%(value)s” is not a value of “%(name)s”. Allowed are: %(allowed)s.")
        told = message % {"value": _shown(value), "name": name, "allowed": ", ".join(allowed)}
        self._problems.append(Problem(name, _shown(value), allowed, told))


def clean_text(raw: str) -> str:
    """One line of text in composed form (NFC), white space single, control characters and broken code points gone."""
    kept = "".join(char for char in raw[: 20 * MAX_Q] if char.isspace() or unicodedata.category(char) != "Cc")
    return " ".join(unicodedata.normalize("NFC", kept.encode("utf-8", "ignore").decode()).split())


def _listed(params: Mapping[str, Any], name: str) -> list[str]:
    values = params.getlist(name) if hasattr(params, "getlist") else params[name]
    return [values] if isinstance(values, str) else [str(value) for value in values]


def _in_order(parameter: str, values: Sequence[str]) -> tuple[str, ...]:
    """Each value once: in reading order where the list is closed, else by name."""
    return tuple(sorted(set(values), key=lambda value: (_ranks(parameter).get(value, 0), value)))


@cache
def _ranks(parameter: str) -> dict[str, int]:
    words = SCOPE.words if parameter == "scope" else FILTERS[parameter].words
    return {word: place for place, word in enumerate(words)}


def _whole_scope(values: tuple[str, ...]) -> tuple[str, ...]:
    if "all" in values or set(values) == set(_SCOPES):
        return ("all",)
    return values or ("in_scope",)


def _shown(value: str) -> str:
    text = clean_text(value)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ABBREVIATION = re.compile(r"\w(?:\w*[A-Z0-9]|[.-])|[B-Z] ")


def _small(label: object) -> str:
    """A label within a sentence: its first letter small, unless an abbreviation begins it (HbA1c, T cells)."""
    text = str(label)
    return text if _ABBREVIATION.match(text) else text[:1].lower() + text[1:]


def _either(names: Sequence[str], many: object = None) -> str:
    """Names joined by "or"; `many` (a text with %(n)s) where they are more than three."""
    if many is not None and len(names) > 3:
        return str(many) % {"n": len(names)}
    if len(names) < 2:
        return "".join(names)
    return gettext("%(names)s or %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}
