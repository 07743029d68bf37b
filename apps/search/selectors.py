"""Reading the published documents: lists with their counts, single documents, the dataset's version.

A list costs two statements (version, rows), one more with a text, one more the first time that a process needs a sort
order, one more after the dataset has moved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

import msgspec
from django.db import InternalError, OperationalError, connection
from django.db.models import JSONField
from django.db.models.base import ModelState
from django.utils.translation import get_language, gettext

from apps.search.bitmaps import BitmapIndex, Selection, index_at, select
from apps.search.documents import DOCUMENT_VERSION
from apps.search.models import StudyDocument
from apps.search.query import FILTERS, RELEVANCE, Problem, StudyQuery
from apps.vocabulary.card_values import NOT_STATED
from apps.vocabulary.taxonomy import CELL_TYPES, DISEASES, SCOPES, CellType, Disease

# A search of the texts may take so long (milliseconds); a crawler must not be able to hold the database.
SEARCH_TIMEOUT_MS = 2000
# More matches than this are not ranked: they come in the default order.
RANK_LIMIT = 5000
# Weights of D, C, B, A: descriptions, people and places, conditions and interventions, titles. So far apart that a hit
# in the title comes before any number of hits elsewhere.
_WEIGHTS = "{0.01, 0.05, 0.2, 1.0}"
# Of a facet with names (sponsors), so many that most studies have stand in a list's facet.
NAMES_SHOWN = 8
# What PostgreSQL answers to a statement over its time, and to a text search that it cannot hold.
_CANCELLED, _TOO_NESTED = "57014", "XX000"

_NCT = re.compile(r"NCT[ :#-]?(\d{1,8})", re.IGNORECASE)
# A phrase; a minus that stands before neither a word nor a phrase; a row of minuses before one.
_PHRASE = re.compile(r'-*"([^"]*)"')
_LOOSE_MINUS = re.compile(r'(?<!\w)-+(?![\w"-])|(?<=\w)-+$')
_MINUSES = re.compile(r"(?<!\w)--+")
_NCT_LIST = re.compile(rf"\W*{_NCT.pattern}(?:[\s,;|/]+{_NCT.pattern})*\W*", re.IGNORECASE)

# Texts for the search and the vector made of them are long and never shown.
_HIDDEN = {"text_a", "text_b", "text_c", "text_d", "search_vector"}
SHOWN = tuple(column.name for column in StudyDocument._meta.concrete_fields if column.name not in _HIDDEN)
_JSON = {column.name for column in StudyDocument._meta.concrete_fields if isinstance(column, JSONField)}
_ID = SHOWN.index("nct_id")
_DOCUMENTS = f"SELECT {', '.join(SHOWN)} FROM search_studydocument WHERE nct_id = ANY(%s)"  # noqa: S608

_MATCH = """
SELECT numnode(websearch_to_tsquery('trialtracker', %(q)s)), (
    SELECT string_agg(substr(nct_id, 4), ',') FROM search_studydocument
    WHERE search_vector @@ websearch_to_tsquery('trialtracker', %(q)s)
)
"""
_RANK = """
SELECT nct_id FROM search_studydocument, websearch_to_tsquery('trialtracker', %(q)s) AS asked
WHERE nct_id = ANY(%(ids)s)
ORDER BY ts_rank(%(weights)s, search_vector, asked) DESC, last_update_posted DESC, nct_id DESC
OFFSET %(start)s LIMIT %(number)s
"""


@dataclass(slots=True)
class FacetValue:
    """One value of a facet."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter with the values that it can take now. Counts are of studies that fit all the other filters.

    `total` is the number of values where `values` has only the most frequent ones and the chosen ones, else 0.
    """

    parameter: str
    label: str
    values: list[FacetValue]
    total: int = 0

    @property
    def selected(self) -> list[FacetValue]:
        return [value for value in self.values if value.selected]


@dataclass(frozen=True, slots=True)
class Results:
    """One page of a list. `pages` is at least 1; a page past it has no documents.

    `scope_counts` says how many studies fit in each scope, whatever scope is asked for. `timed_out` is true when the
    text search took too long: then there is nothing else in here.
    """

    query: StudyQuery
    version: int
    count: int
    documents: list[StudyDocument]
    facets: list[Facet] = field(default_factory=list)
    scope_counts: Mapping[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    timed_out: bool = False

    @property
    def page(self) -> int:
        return self.query.page

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // self.query.page_size))

    @property
    def is_past_end(self) -> bool:
        return self.page > self.pages and not self.timed_out

    @property
    def first(self) -> int:
        """Number of the page's first study in the list, from 1; 0 for an empty list."""
        return (self.page - 1) * self.query.page_size + 1 if self.documents else 0

    @property
    def last(self) -> int:
        return self.first + len(self.documents) - 1 if self.documents else 0


def dataset_version() -> int:
    """The version of what is published; 0 before the first publication. One statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM search_datasetversion")
        row = cursor.fetchone()
    return row[0] if row else 0


def documents_outdated() -> bool:
    """Whether documents stand that an earlier `DOCUMENT_VERSION` has made. One statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT document_version FROM search_datasetversion")
        row = cursor.fetchone()
    return row is not None and row[0] != DOCUMENT_VERSION


def search_studies(query: StudyQuery, *, facets: bool = True, version: int | None = None, whole: str = "") -> Results:
    """The page that a query asks for, with the counts of every facet.

    `version` spares a statement where the caller has just read it; `whole` names the facet that is wanted with all its
    values, however many. Never raises for what a reader typed.
    """
    version = dataset_version() if version is None else version
    index = index_at(version)
    query = index.spelled(query)
    problems = list(_unknown_names(index, query))
    try:
        matched = _matches(index, query.q, problems) if query.q else None
        chosen = select(index, query, matched)
        count = chosen.bits.bit_count()
        documents = _page(index, chosen.bits, count, query)
    except (OperationalError, InternalError) as error:
        code = getattr(error.__cause__, "pgcode", None)
        if code == _CANCELLED:
            message = gettext("This search took too long and was stopped. Search for fewer or rarer words.")
        elif code == _TOO_NESTED:
            message = gettext("This search has too many operators in a row. Search for words or phrases.")
        else:
            raise
        problems.append(Problem("q", query.q, (), message, "notice"))
        return Results(query, version, 0, [], problems=problems, timed_out=code == _CANCELLED)
    return Results(
        query=query,
        version=version,
        count=count,
        documents=documents,
        facets=list(_facets(index, query, chosen, whole)) if facets else [],
        scope_counts=_scope_counts(index, chosen, query) if facets else {},
        problems=problems,
    )


def document(nct_id: str) -> StudyDocument | None:
    return StudyDocument.objects.only(*SHOWN).filter(pk=nct_id).first()


def documents_for(nct_ids: Sequence[str]) -> list[StudyDocument]:
    """The documents of these studies in the order given; ids without a document are passed over."""
    if not nct_ids:
        return []
    # The same as .only(*SHOWN).filter(pk__in=nct_ids) without compiling the query again for each page.
    with connection.cursor() as cursor:
        cursor.execute(_DOCUMENTS, [list(nct_ids)])
        rows = cursor.fetchall()
    found = {row[_ID]: _document(row) for row in rows}
    return [found[nct_id] for nct_id in nct_ids if nct_id in found]


def _document(row: Sequence[Any]) -> StudyDocument:
    """The document of a row with the columns `SHOWN`, as `from_db` makes it.

    Put together here, without a setter and a signal for each of forty columns: that took a seventh of a list's time.
    """
    document = StudyDocument.__new__(StudyDocument)
    document._state = ModelState()
    document._state.adding, document._state.db = False, connection.alias
    document.__dict__.update(zip(SHOWN, row, strict=True))
    for name in _JSON:
        document.__dict__[name] = msgspec.json.decode(document.__dict__[name])
    return document


def listed_studies() -> list[tuple[str, str]]:
    """NCT id and date of the last update of every study whose page may be indexed, for the site map. One statement."""
    indexed = StudyDocument.objects.filter(scope="in_scope", registry_state="present")
    return list(indexed.order_by("nct_id").values_list("nct_id", "last_update_posted"))


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many trials of one kind of cell, and how many of them recruit now."""

    cell_type: CellType
    total: int
    recruiting: int


@dataclass(frozen=True, slots=True)
class DiseaseCount:
    """Trials for one disease. A trial of both kinds of cell counts once in `total` and in both of `kinds`."""

    disease: Disease
    total: int
    recruiting: int
    kinds: tuple[KindCount, ...]


@dataclass(frozen=True, slots=True)
class HomeCounts:
    """The dataset in numbers; `total`, `recruiting` and `countries` are of trials in scope."""

    version: int
    total: int
    recruiting: int
    countries: int
    scopes: Mapping[str, int]
    diseases: tuple[DiseaseCount, ...]


def home_counts(version: int | None = None) -> HomeCounts:
    """From the index in memory: no statement but the version's."""
    index = index_at(dataset_version() if version is None else version)
    listed = index.of_scopes(["in_scope"])
    recruiting = listed & index.having("status", ["RECRUITING"])
    diseases = []
    for disease in DISEASES:
        having = listed & index.having("disease", [disease.slug])
        kinds = []
        for cell_type in CELL_TYPES:
            of_kind = having & index.having("cell_type", [cell_type.slug])
            kinds.append(KindCount(cell_type, of_kind.bit_count(), (of_kind & recruiting).bit_count()))
        diseases.append(DiseaseCount(disease, having.bit_count(), (having & recruiting).bit_count(), tuple(kinds)))
    return HomeCounts(
        version=index.version,
        total=listed.bit_count(),
        recruiting=recruiting.bit_count(),
        countries=sum(1 for bits in index.values["country"].values() if bits & listed),
        scopes={scope.slug: index.of_scopes([scope.slug]).bit_count() for scope in SCOPES},
        diseases=tuple(diseases),
    )


def _unknown_names(index: BitmapIndex, query: StudyQuery) -> Iterator[Problem]:
    """A name that no study has is no mistake of form: it finds nothing, and that is told."""
    for parameter, names in index.names.items():
        for name in getattr(query, parameter):
            if name not in names:
                words = {"field": FILTERS[parameter].label, "name": name}
                told = gettext("%(field)s: no trial here has “%(name)s”.") % words
                yield Problem(parameter, name, (), told, "notice")


def _matches(index: BitmapIndex, q: str, problems: list[Problem]) -> int:
    """The studies that a text finds. NCT ids (one, several, or the beginning of one) are looked up as such."""
    numbers = _nct_numbers(q)
    if len(numbers) > 1 or (numbers and len(numbers[0]) < 8):
        found = 0
        for digits in numbers:
            found |= index.with_prefix(digits)
        return found
    with connection.cursor() as cursor:
        cursor.execute(_limits() + _MATCH, {"q": _asked(q)})
        words, found_ids = cursor.fetchone()
    if not words:
        message = gettext("“%(text)s” has no word that can be searched for, so nothing was found.") % {"text": q}
        problems.append(Problem("q", q, (), message, "notice"))
    return index.of_ids(map(int, found_ids.split(","))) if found_ids else 0


def _limits() -> str:
    """Settings for the one search that follows. Within a transaction they would outlive it, so there they are left out.

    The planner does not count the cost of unpacking long vectors, and would read the whole table for a usual word.
    """
    if connection.in_atomic_block:
        return ""
    return f"SET LOCAL statement_timeout = {SEARCH_TIMEOUT_MS}; SET LOCAL enable_seqscan = off;"


def _nct_numbers(q: str) -> list[str]:
    """The digits of each NCT id, or beginning of one, where the text is nothing else; [] for any other text."""
    return _NCT.findall(q) if _NCT_LIST.fullmatch(q) else []


def _asked(q: str) -> str:
    """The text as PostgreSQL's web search shall read it.

    A single whole NCT id is one word, however it was written. A minus counts before a word or a phrase only: PostgreSQL
    would take "lupus - China" for "not China", and fails on a long row of them.
    """
    if numbers := _nct_numbers(q):
        return f"NCT{numbers[0]}"
    q = _PHRASE.sub(lambda phrase: phrase[0] if re.search(r"\w", phrase[1]) else " ", q)
    return _MINUSES.sub("-", _LOOSE_MINUS.sub(" ", q))


def _page(index: BitmapIndex, bits: int, count: int, query: StudyQuery) -> list[StudyDocument]:
    start = (query.page - 1) * query.page_size
    if start >= count:
        return []
    sort = query.order
    if sort == RELEVANCE:
        if count <= RANK_LIMIT and len(_nct_numbers(query.q)) < 2:
            return documents_for(_ranked(index, bits, _asked(query.q), start, query.page_size))
        sort = StudyQuery().order
    return documents_for(index.page(bits, sort, start, start + query.page_size))


def _ranked(index: BitmapIndex, bits: int, q: str, start: int, number: int) -> list[str]:
    values: dict[str, Any] = {
        "q": q,
        "ids": index.members(bits),
        "weights": _WEIGHTS,
        "start": start,
        "number": number,
    }
    with connection.cursor() as cursor:
        cursor.execute(_limits() + _RANK, values)
        return [nct_id for (nct_id,) in cursor.fetchall()]


def _facets(index: BitmapIndex, query: StudyQuery, chosen: Selection, whole: str) -> Iterator[Facet]:
    language = get_language()
    for name, item in FILTERS.items():
        selected = getattr(query, name)
        if name in index.names:
            counts = index.names[name].counts(chosen.around[name])
            shown = dict.fromkeys((*selected, *islice(counts, None if name == whole else NAMES_SHOWN)))
            named = [FacetValue(word, word, counts.get(word, 0), word in selected) for word in shown]
            yield Facet(name, _label(name, "", language), named, total=len(counts))
            continue
        held, around = index.values[name], chosen.around[name]
        # A word that the registry has added since is counted nowhere until the vocabulary has it; the parser tells it.
        words = item.words or (*index.known[name], *(word for word in selected if word not in held))
        values = []
        for word in words:
            count = (around & held.get(word, 0)).bit_count()
            if count or word in selected:
                values.append(FacetValue(word, _label(name, word, language), count, word in selected))
        if item.by_count:
            values.sort(key=lambda value: (value.value == NOT_STATED, -value.count, value.label))
        yield Facet(name, _label(name, "", language), values)


@lru_cache(maxsize=2048)
def _label(parameter: str, word: str, language: str | None) -> str:
    """The name of a filter's value, or of the filter where there is no value.

    A list shows two hundred of them, and looking each up in the catalogue costs as much as counting.
    """
    item = FILTERS[parameter]
    return item.label_of(word) if word else str(item.label)


def _scope_counts(index: BitmapIndex, chosen: Selection, query: StudyQuery) -> dict[str, int]:
    bits = chosen.base
    for name in FILTERS:
        if values := getattr(query, name):
            bits &= index.having(name, values)
    return {scope.slug: (bits & index.of_scopes([scope.slug])).bit_count() for scope in SCOPES}
