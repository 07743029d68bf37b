"""Reading the published documents: lists with their counts, single documents, the dataset's version.

A list costs two statements (version, rows), one more with a text and one more to rank what it finds, one more the first
time that a process needs a sort order, two more after the dataset has moved or a day has begun. What a text finds and
how it is ranked is kept in the process while the dataset stands. A text that finds nothing costs one or two more to
look for its nearest spelling, and one to search that. A list of an earlier day costs the same and, the first time that
a process is asked for one, a statement, or for this one, two. A whole list is read in batches from one statement,
however long it is.
"""

from __future__ import annotations

from array import array
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from itertools import islice
from operator import and_, or_
from typing import Any, Literal

import msgspec
from django.db import OperationalError, connection
from django.db.models import JSONField
from django.db.models.base import ModelState
from django.utils.translation import get_language, gettext

from apps.core.statements import was_stopped
from apps.search.bitmaps import BitmapIndex, Busy, Selection, index_at, select
from apps.search.cautions import public_cautions
from apps.search.corrections import Correction, correction_of
from apps.search.documents import DOCUMENT_VERSION
from apps.search.limits import search_limits
from apps.search.matching import InCountries, Match, Order, Plan, Question, Term, matches_of, read_question
from apps.search.models import StudyDocument
from apps.search.moments import NOW, Moment, moment_of
from apps.search.query import DEFAULT_SORT, FILTERS, RELEVANCE, Problem, StudyQuery
from apps.search.snippets import Snippet, snippets_of
from apps.vocabulary.card_values import NOT_STATED
from apps.vocabulary.cautions import CAUTIONS
from apps.vocabulary.taxonomy import CELL_TYPES, DISEASES, SCOPES, CellType, Disease

# More matches than this are not ranked: they come in the default order.
RANK_LIMIT = 5000
# Weights of D, C, B, A: descriptions, people and places, conditions and interventions, titles. So far apart that a hit
# in the title comes before any number of hits elsewhere.
_WEIGHTS = "{0.01, 0.05, 0.2, 1.0}"
# Of a facet with names (sponsors), so many that most studies have stand in a list's facet.
NAMES_SHOWN = 8

COLUMNS = tuple(column.name for column in StudyDocument._meta.concrete_fields)
# Texts for the search and the vectors made of them are long, and of the texts nothing but snippets is shown.
TEXTS = tuple(name for name in COLUMNS if name.startswith("text_"))
HIDDEN = (*TEXTS, "search_vector", "whole_vector", "field_vector")
SHOWN = tuple(name for name in COLUMNS if name not in HIDDEN)
_JSON = {column.name for column in StudyDocument._meta.concrete_fields if isinstance(column, JSONField)}
_ID = SHOWN.index("nct_id")
_DOCUMENTS = "SELECT {columns} FROM {documents} WHERE nct_id = ANY(%s)"
_STREAM = """
SELECT {columns} FROM unnest(%s::text[]) WITH ORDINALITY AS asked (nct_id, place)
JOIN {documents} USING (nct_id) ORDER BY place
"""
# Documents that are held in memory at a time while a whole list is read.
BATCH = 500

# The stop words among these and the dataset's version; then, row by row, each part of a plan.
_STOP_WORDS = """
SELECT string_agg(word, ' '), (SELECT version::text FROM search_datasetversion)
FROM unnest(%s::text[]) AS word WHERE ts_lexize('english_stem', word) = '{}'
"""
# One part of a plan: what is left of its tsquery without stop words, and the studies that fit. `vector` is a column.
_MATCH = """
SELECT to_tsquery('trialtracker', %s)::text, (
    SELECT string_agg(substr(nct_id, 4), ',') FROM {documents}
    WHERE {vector} @@ to_tsquery('trialtracker', %s)
)
"""
# Numbers of NCT ids in their order, and the dataset's version.
_RANK = """
SELECT substr(nct_id, 4)::int, (SELECT version FROM search_datasetversion) FROM (
    -- The vector unpacked once for all that is asked of it.
    SELECT nct_id, last_update_posted, whole_vector || ''::tsvector AS vector
    FROM {documents} WHERE nct_id = ANY(%(ids)s) OFFSET 0
) AS matching
ORDER BY
    -- Whatever has the text in its titles has it there or in conditions and interventions; most hits have neither.
    CASE
        WHEN NOT vector @@ to_tsquery('trialtracker', %(subjects)s) THEN 0
        WHEN NOT vector @@ to_tsquery('trialtracker', %(titles)s) THEN 1
        ELSE 2
    END DESC,
    vector @@ to_tsquery('trialtracker', %(typed)s) DESC,
    ts_rank(%(weights)s, vector, to_tsquery('trialtracker', %(anywhere)s)) DESC,
    last_update_posted DESC, nct_id DESC
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
    text search took too long: then there is nothing else in here. Of a text that cannot be read nothing is found
    (`query.unreadable`). `nct_ids` are the ids of all pages in order, where the whole list was asked for in the place
    of a page.

    `also_searched` and `also_left_out` are the synonyms that the text was given, `as_typed` the text that has none.
    `corrected` is the spelling that was searched where the text as typed finds nothing, `exactly` the text that asks
    for what was typed all the same. `snippets` show, by NCT id, where the words of the text stand. `nct_ids` are the
    ids of all pages in order, where the whole list was asked for in the place of a page. `moment` is the one whose
    documents these are: an earlier day, or now. `cautions` are those of the kinds that readers see, by NCT id.
    """

    query: StudyQuery
    version: int
    count: int
    documents: list[StudyDocument]
    facets: list[Facet] = field(default_factory=list)
    scope_counts: Mapping[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    timed_out: bool = False
    also_searched: Sequence[str] = ()
    also_left_out: Sequence[str] = ()
    as_typed: str = ""
    corrected: str = ""
    exactly: str = ""
    snippets: Mapping[str, Sequence[Snippet]] = field(default_factory=dict)
    nct_ids: Sequence[str] = ()
    moment: Moment = NOW
    cautions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def page(self) -> int:
        return self.query.page

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // self.query.page_size))

    @property
    def is_past_end(self) -> bool:
        return self.page > self.pages and not self.timed_out and not self.query.unreadable

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


def search_studies(
    query: StudyQuery,
    *,
    facets: bool = True,
    version: int | None = None,
    rows: Literal["page", "ids", "none"] = "page",
    after: int | None = None,
    whole: str = "",
) -> Results:
    """The page that a query asks for, with the counts of every facet.

    `version` spares a statement where the caller has just read it; `whole` names the facet that is wanted with all its
    values, however many. `rows` may ask for the ids of all pages in order (`Results.nct_ids`, for `stream_documents`)
    in the place of the page's documents, or for neither. With `after`, the number of an NCT id, the page has the
    studies that follow it by NCT id, whatever page and order the query names, without snippets. Raises OutsideHistory
    where the query's `as_of` is a day of which there is no list, and nothing else for what a reader typed.
    """
    version = dataset_version() if version is None else version
    moment = moment_of(query.as_of, version)
    nct_ids: Sequence[str] = ()
    documents: list[StudyDocument] = []
    snippets: Mapping[str, Sequence[Snippet]] = {}
    try:
        index = index_at(version, moment)
        query, hidden = _without_hidden(index.spelled(query))
        found = _find(index, query) if query.q else _Found()
        chosen = select(index, query, found.bits)
        count = chosen.bits.bit_count()
        if rows == "ids":
            nct_ids = _ids(index, chosen.bits, count, query, found, 0, count)
        if after is not None:
            documents = documents_for(index.after(chosen.bits, after, query.page_size), moment)
            _tell_cautions(documents, index.cautions)
        elif rows == "page":
            documents, snippets = _page(index, chosen.bits, count, query, found)
    except Busy:
        return _stopped(query, version, moment)
    except OperationalError as error:
        if not was_stopped(error):
            raise
        return _stopped(query, version, moment)
    return Results(
        query=query,
        version=version,
        count=count,
        documents=documents,
        facets=list(_facets(index, query, chosen, whole)) if facets else [],
        scope_counts=_scope_counts(index, chosen, query) if facets else {},
        problems=[*hidden, *_unknown_names(index, query), *found.problems],
        also_searched=found.question.also_searched,
        also_left_out=found.question.also_left_out,
        as_typed=found.question.as_typed,
        corrected=found.correction.text if found.correction else "",
        exactly=found.correction.exactly if found.correction else "",
        snippets=snippets,
        nct_ids=nct_ids,
        moment=moment,
        cautions=index.cautions,
    )


def _stopped(query: StudyQuery, version: int, moment: Moment) -> Results:
    if query.q or moment == NOW:
        message = gettext("This search took too long and was stopped. Search for fewer or rarer words.")
        problem = Problem("q", query.q, (), message, "notice")
    else:
        message = gettext("This list of an earlier day took too long to put together. Try again a little later.")
        problem = Problem("as_of", str(query.as_of or ""), (), message, "notice")
    return Results(query, version, 0, [], problems=[problem], timed_out=True, moment=moment)


def stream_documents(results: Results) -> Generator[list[StudyDocument], None, None]:
    """The documents of a whole list in its order, a batch at a time; inside a transaction, which must last as long.

    One statement, by a cursor that the server holds: neither memory nor statements grow with the list.
    """
    sql = _STREAM.format(columns=", ".join(SHOWN), documents=results.moment.documents)
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, [list(results.nct_ids)])
        while rows := cursor.fetchmany(BATCH):
            documents = [_document(row) for row in rows]
            _tell_cautions(documents, results.cautions)
            yield documents


def document(nct_id: str) -> StudyDocument | None:
    return StudyDocument.objects.only(*SHOWN).filter(pk=nct_id).first()


def documents_for(nct_ids: Sequence[str], moment: Moment = NOW) -> list[StudyDocument]:
    """The documents of these studies in the order given; ids without a document at that moment are passed over."""
    if not nct_ids:
        return []
    return _documents(nct_ids, SHOWN, moment)[0]


def _documents(
    nct_ids: Sequence[str], columns: Sequence[str], moment: Moment
) -> tuple[list[StudyDocument], Mapping[str, Mapping[str, str]]]:
    """The documents in this order, and by NCT id the texts that `columns` name behind those of `SHOWN`."""
    # The same as .only(*SHOWN).filter(pk__in=nct_ids) without compiling the query again for each page.
    with connection.cursor() as cursor:
        cursor.execute(_DOCUMENTS.format(columns=", ".join(columns), documents=moment.documents), [list(nct_ids)])
        rows = cursor.fetchall()
    found = {row[_ID]: _document(row[: len(SHOWN)]) for row in rows}
    texts = {row[_ID]: dict(zip(columns[len(SHOWN) :], row[len(SHOWN) :], strict=True)) for row in rows}
    return [found[nct_id] for nct_id in nct_ids if nct_id in found], texts


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


def _tell_cautions(documents: Iterable[StudyDocument], cautions: Mapping[str, tuple[str, ...]]) -> None:
    if cautions:
        for row in documents:
            row.told_cautions = cautions.get(row.nct_id, ())


def _without_hidden(query: StudyQuery) -> tuple[StudyQuery, list[Problem]]:
    """The query without the kinds of caution that nobody has switched on, and what is said of each."""
    if not query.caution:
        return query, []
    shown = public_cautions()
    allowed = tuple(kind for kind in CAUTIONS if kind in shown)
    message = gettext("“%(caution)s” is no caution that is shown here.")
    hidden = [kind for kind in query.caution if kind not in shown]
    problems = [Problem("caution", kind, allowed, message % {"caution": CAUTIONS[kind]}) for kind in hidden]
    return replace(query, caution=tuple(kind for kind in query.caution if kind in shown)), problems


def _unknown_names(index: BitmapIndex, query: StudyQuery) -> Iterator[Problem]:
    """A name that no study has is no mistake of form: it finds nothing, and that is told."""
    for parameter, names in index.names.items():
        for name in getattr(query, parameter):
            if name not in names:
                words = {"field": FILTERS[parameter].label, "name": name}
                told = gettext("%(field)s: no trial here has “%(name)s”.") % words
                yield Problem(parameter, name, (), told, "notice")


@dataclass(frozen=True, slots=True)
class _Found:
    """What a text finds: the studies (None: no text, so all of them), as which question, and the lexemes of it."""

    bits: int | None = None
    question: Question = Question("")  # noqa: RUF009 (frozen)
    terms: Sequence[Term] = ()
    correction: Correction | None = None
    problems: list[Problem] = field(default_factory=list)


def _find(index: BitmapIndex, query: StudyQuery) -> _Found:
    """What the text of a query finds; where that is nothing, what its nearest spelling does."""
    question = query.question
    if question is None:
        return _Found(0)
    if question.ids:
        return _Found(_union(index.with_prefix(digits) for digits in question.ids), question)
    bits, terms = _matched(index, question)
    if bits is None:
        message = gettext("“%(text)s” has no word that can be searched for, so nothing was found.") % {"text": query.q}
        return _Found(0, question, problems=[Problem("q", query.q, (), message, "notice")])
    asked = index.of_scopes(query.scopes)
    if not bits & asked and (correction := correction_of(question, index.moment, query.scopes)):
        corrected = read_question(correction.text)
        others, other_terms = _matched(index, corrected)
        if others and others & asked:
            return _Found(others, corrected, other_terms, correction)
    return _Found(bits or 0, question, terms)


def _matched(index: BitmapIndex, question: Question) -> tuple[int | None, Sequence[Term]]:
    """The studies that fit, None where there is no word to search for; and the terms that were searched."""
    if question.plan is None:
        return None, ()
    if (known := index.found.get(question.text)) is not None:
        return known
    parts = list(dict.fromkeys(matches_of(question.plan)))
    if not parts:
        return _evaluated(index, question.plan, {}), ()
    asked = [_MATCH.format(vector=part.vector, documents=index.moment.documents) for part in parts]
    sql = " UNION ALL ".join([_STOP_WORDS, *asked])
    words = [term.word for term in question.terms if term.word]
    with connection.cursor() as cursor:
        cursor.execute(search_limits() + sql, [words, *(part.tsquery for part in parts for _ in range(2))])
        (stop_words, version), *rows = cursor.fetchall()
    found = {
        # An empty tsquery: there were stop words alone.
        part: None if not tsquery else index.of_ids(map(int, ids.split(","))) if ids else 0
        for part, (tsquery, ids) in zip(parts, rows, strict=True)
    }
    left_out = set((stop_words or "").split())
    terms = [term for term in question.terms if term.word not in left_out]
    matched = _evaluated(index, question.plan, found), terms
    # What the documents of another version hold is no answer of this index to anyone else.
    if version == str(index.version):
        index.found.put(question.text, matched)
    return matched


def _evaluated(index: BitmapIndex, plan: Plan, found: Mapping[Match, int | None]) -> int | None:
    """The studies that fit a plan; a part of stop words alone is None and counts for nothing."""
    if isinstance(plan, Match):
        return found[plan]
    if isinstance(plan, InCountries):
        return index.having("country", plan.codes)
    told = [bits for part in plan.parts if (bits := _evaluated(index, part, found)) is not None]
    if not told:
        return None
    if plan.kind == "not":
        return index.everything & ~told[0]
    return _union(told) if plan.kind == "any" else reduce(and_, told)


def _page(
    index: BitmapIndex, bits: int, count: int, query: StudyQuery, found: _Found
) -> tuple[list[StudyDocument], Mapping[str, Sequence[Snippet]]]:
    """The page's documents, with snippets where there is a text."""
    start = (query.page - 1) * query.page_size
    if start >= count:
        return [], {}
    nct_ids = _ids(index, bits, count, query, found, start, query.page_size)
    terms = found.terms
    documents, texts = _documents(nct_ids, (*SHOWN, *TEXTS) if terms else SHOWN, index.moment)
    _tell_cautions(documents, index.cautions)
    if not terms:
        return documents, {}
    told = {row.nct_id: snippets_of({"title": row.title, **texts[row.nct_id]}, terms) for row in documents}
    return documents, {nct_id: snippets for nct_id, snippets in told.items() if snippets}


def _ids(
    index: BitmapIndex, bits: int, count: int, query: StudyQuery, found: _Found, start: int, number: int
) -> list[str]:
    """So many ids of the list from `start` on, in its order."""
    if query.order != RELEVANCE:
        return index.page(bits, query.order, start, start + number)
    order = found.question.order
    if order is not None and count <= RANK_LIMIT:
        return index.page_of(_ranking(index, bits, order, query, found), bits, start, start + number)
    return index.page(bits, DEFAULT_SORT, start, start + number)


def _ranking(index: BitmapIndex, bits: int, order: Order, query: StudyQuery, found: _Found) -> array[int]:
    """The places of these studies by relevance, where they are not too many with those that filters leave out.

    The rank of a study does not hang on the filters, so one ranking serves the pages of every filter.
    """
    unfiltered = (found.bits or 0) & index.of_scopes(query.scopes)
    ranked = unfiltered if unfiltered.bit_count() <= RANK_LIMIT else bits
    places = index.rankings.get((order, ranked))
    if places is None:
        places, version = _ranked(index, ranked, order)
        if version == index.version:
            index.rankings.put((order, ranked), places)
    return places


def _ranked(index: BitmapIndex, bits: int, order: Order) -> tuple[array[int], int | None]:
    """The places of these studies by relevance, and the dataset version of the documents that told it."""
    values: dict[str, Any] = {
        "titles": order.titles,
        "subjects": order.subjects,
        "typed": order.typed,
        "anywhere": order.anywhere,
        "ids": index.members(bits),
        "weights": _WEIGHTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(search_limits() + _RANK.format(documents=index.moment.documents), values)
        rows = cursor.fetchall()
    return index.places_of(number for number, _version in rows), rows[0][1] if rows else None


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


def _union(bitmaps: Iterable[int]) -> int:
    return reduce(or_, bitmaps, 0)
