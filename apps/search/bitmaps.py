"""Which study has which value, held in the process: one integer a value, one bit a study.

Counting every value of every facet is then a matter of `&` and `bit_count()`, needs no SQL, and grows by bytes instead
of rows. The index is rebuilt from one SELECT when the dataset version has moved, and with each day. Earlier days have
indexes of their own, of which a few are kept.
"""

from __future__ import annotations

import datetime as dt
import threading
from array import array
from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress, count, islice
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from apps.search.cautions import SIMILAR, holding, public_cautions, similar_at
from apps.search.limits import SEARCH_TIMEOUT_MS, time_limit
from apps.search.matching import Order, Term
from apps.search.moments import NOW, Moment
from apps.search.names import Names
from apps.search.query import DEFAULT_SORT, FILTERS, StudyQuery
from apps.search.remembered import Remembered
from apps.vocabulary.card_values import CARD_FILTERS, NOT_STATED
from apps.vocabulary.study_values import (
    CONTROLS,
    enrollment_band,
    fda_regulated,
    newest_day,
    publications,
    start_year,
    update_bands,
)

# The column behind each filter; those by the card share one column more. A list column counts a study under each of
# its values.
COLUMNS: Mapping[str, str] = {
    "disease": "diseases",
    "cell_type": "cell_types",
    # A record that the registry has dropped keeps its last status for its own page; nobody is recruited by it.
    "status": "CASE registry_state WHEN 'gone' THEN '' ELSE overall_status END",
    "phase": "phases",
    "country": "countries",
    "sponsor_class": "sponsor_class",
    "study_type": "study_type",
    "has_results": "has_results",
    "allocation": "allocation",
    "masking": "masking",
    "who_masked": "who_masked",
    "start_year": "start_date",
    "enrollment": "coalesce(enrollment::text, '')",
    "age_group": "age_groups",
    # A study without a card has a sex all the same: it is the registry's own field.
    "sex": "coalesce(card #>> '{sex,0}', lower(sex))",
    "publication": "publications",
    "fda_regulated": "coalesce(fda_drug::text, '') || ',' || coalesce(fda_device::text, '')",
    "registration": "registration",
    "updated": "last_update_posted",
}
_LISTS = {"disease", "cell_type", "phase", "country", "who_masked", "age_group", "publication"}
_SEPARATOR = "\x1f"
# Open lists with many values of few studies each: these are kept as names.
_NAMES: Mapping[str, str] = {"sponsor": "sponsor"}
_FLAGS = {"true": True, "false": False}
# From a column's text to the values of its filter, where they are not the text itself or the list's items.
_BANDS: Mapping[str, Callable[[str], Iterable[str]]] = {
    "start_year": lambda raw: (start_year(raw),),
    "enrollment": lambda raw: (enrollment_band(int(raw) if raw else None),),
    "publication": lambda raw: publications(raw.split(_SEPARATOR)),
    "fda_regulated": lambda raw: fda_regulated(*map(_FLAGS.get, raw.split(","))),
    "age_group": lambda raw: raw.split(_SEPARATOR) if raw else (NOT_STATED,),
    "sex": lambda raw: (raw or NOT_STATED,),
}

# Each sort field as SQL. An unknown value comes last in both directions; a month sorts before the days in it.
_ORDER_SQL: Mapping[str, str] = {
    "last_update_posted": "nullif(last_update_posted, '') COLLATE \"C\"",
    "first_posted": "nullif(first_posted, '') COLLATE \"C\"",
    "start_date": "nullif(start_date, '') COLLATE \"C\"",
    "enrollment": "enrollment",
    "title": "nullif(lower(unaccent(title)), '') COLLATE \"C\"",
    "nct_id": "nct_id",
}
# What an empty column says in the filters that came after the first documents. Of a document of an earlier day that was
# written before there were these columns it says nothing; such a one also lacks the day on which the record was first
# submitted, which every record states.
_OF_EMPTY: Mapping[str, str] = {
    "allocation": NOT_STATED,
    "masking": NOT_STATED,
    "who_masked": NOT_STATED,
    "age_group": NOT_STATED,
    "sex": NOT_STATED,
    "publication": "none",
    "fda_regulated": NOT_STATED,
    "registration": "cannot-be-told",
}
# Earlier days whose indexes a process keeps.
PAST_INDEXES = 8
_BITS, _DIGITS = bytes.maketrans(b"01", b"\x00\x01"), bytes.maketrans(b"\x00\x01", b"01")
# One in so many studies: fewer are looked up one by one.
_FEW = 8
# Texts whose matches are kept, a bit a study each; rankings that are kept, four octets a ranked study each.
TEXTS_KEPT, RANKINGS_KEPT = 256, 64


@dataclass(frozen=True)
class BitmapIndex:
    """The whole published set of a moment at one dataset version. Bit i stands for `ids[i]`; ids are in the default
    order.

    `ids` holds the numbers of the NCT ids. `values` maps filter and value to the studies that have it. `cautions` are
    those of the kinds that readers see, by NCT id, on the day `day`. Nothing here changes once built, but for what is
    added when first asked for: sort orders; what a search text finds (None: it has no word to search for) and which of
    its terms were searched; the places of ranked studies in their order.
    """

    version: int
    ids: array[int]
    values: Mapping[str, Mapping[str, int]]
    scopes: Mapping[str, int]
    names: Mapping[str, Names] = field(default_factory=dict)
    moment: Moment = NOW
    day: dt.date | None = None
    cautions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    found: Remembered[str, tuple[int | None, Sequence[Term]]] = field(
        default_factory=lambda: Remembered(TEXTS_KEPT), repr=False
    )
    rankings: Remembered[tuple[Order, int], array[int]] = field(
        default_factory=lambda: Remembered(RANKINGS_KEPT), repr=False
    )
    _orders: dict[str, array[int]] = field(default_factory=dict, repr=False)
    _places: list[dict[int, int]] = field(default_factory=list, repr=False)

    @property
    def everything(self) -> int:
        return (1 << len(self.ids)) - 1

    @cached_property
    def known(self) -> Mapping[str, tuple[str, ...]]:
        """The values of each filter that a query can ask for: by name, years from the newest."""
        known = {
            name: sorted(value for value in held if FILTERS[name].read(value) == value)
            for name, held in self.values.items()
        }
        known["start_year"].sort(key=lambda year: -int(year) if year.isdigit() else 0)
        return {name: tuple(values) for name, values in known.items()}

    def of_scopes(self, scopes: Iterable[str]) -> int:
        return _union(self.scopes.get(scope, 0) for scope in scopes)

    def having(self, parameter: str, chosen: Iterable[str]) -> int:
        """Studies with any of these values."""
        if parameter in self.names:
            return self.names[parameter].having(chosen)
        held = self.values[parameter]
        return _union(held.get(value, 0) for value in chosen)

    def spelled(self, query: StudyQuery) -> StudyQuery:
        """The query with the names of open lists as they are told here."""
        asked = {name: getattr(query, name) for name in self.names if getattr(query, name)}
        told = {name: dict.fromkeys(map(self.names[name].spelled, words)) for name, words in asked.items()}
        changes: dict[str, Any] = {name: tuple(words) for name, words in told.items()}
        return replace(query, **changes) if changes else query

    def of_ids(self, numbers: Iterable[int]) -> int:
        """The bitmap of these NCT numbers; unknown ones are passed over."""
        wanted = set(numbers)
        if len(wanted) * _FEW > len(self.ids):
            # All in C: of 10,000 studies in a third of the time that it takes to go from one to the next.
            return int(bytes(map(wanted.__contains__, self.ids)).translate(_DIGITS)[::-1] or b"0", 2)
        places = self._place_of()
        return _bitmap((places[number] for number in wanted if number in places), len(self.ids))

    def with_prefix(self, digits: str) -> int:
        """Studies whose eight digits begin so."""
        low = int(digits.ljust(8, "0"))
        high = low + 10 ** (8 - len(digits))
        return _bitmap((place for place, number in enumerate(self.ids) if low <= number < high), len(self.ids))

    def page(self, bits: int, sort: str, start: int, stop: int) -> list[str]:
        """NCT ids of the studies in `bits` from `start` to `stop` in this order."""
        order = range(len(self.ids)) if sort == DEFAULT_SORT else self._order(sort)
        return self.page_of(order, bits, start, stop)

    def page_of(self, order: Sequence[int], bits: int, start: int, stop: int) -> list[str]:
        """The same in an order of places."""
        flags = self._flags(bits)
        chosen = compress(order, flags if isinstance(order, range) else map(flags.__getitem__, order))
        return [nct_id(self.ids[place]) for place in islice(chosen, start, stop)]

    def places_of(self, numbers: Iterable[int]) -> array[int]:
        """The places of these NCT numbers in their order; unknown ones are passed over."""
        place_of = self._place_of()
        return array("I", [place_of[number] for number in numbers if number in place_of])

    def after(self, bits: int, number: int, limit: int) -> list[str]:
        """The first ids of the studies in `bits` that follow this NCT number, by NCT id."""
        order = self._order("nct_id")
        begin = bisect_right(order, number, key=self.ids.__getitem__)
        flags = self._flags(bits)
        following = (place for place in islice(order, begin, None) if flags[place])
        return [nct_id(self.ids[place]) for place in islice(following, limit)]

    def members(self, bits: int) -> list[str]:
        """NCT ids of all studies in `bits`, in the default order."""
        return self.page(bits, DEFAULT_SORT, 0, len(self.ids))

    def _flags(self, bits: int) -> bytes:
        """One byte a study, 0 or 1."""
        return f"{bits:0{len(self.ids)}b}"[::-1].encode().translate(_BITS)

    def _place_of(self) -> dict[int, int]:
        """The bit of each NCT number; made whole before it is kept, since threads share it."""
        if not self._places:
            self._places.append(dict(zip(self.ids, range(len(self.ids)), strict=True)))
        return self._places[0]

    def _order(self, sort: str) -> array[int]:
        order = self._orders.get(sort)
        if order is None:
            sql = f"SELECT substr(nct_id, 4)::int FROM {self.moment.documents} ORDER BY {_order_by(sort)}"  # noqa: S608
            with connection.cursor() as cursor:
                cursor.execute(_limit(self.moment) + sql)
                order = self._orders[sort] = self.places_of(number for (number,) in cursor.fetchall())
        return order


@dataclass(frozen=True)
class Selection:
    """What a query selects. `bits` are the studies; `around[p]` those that it would select without its filter p."""

    bits: int
    base: int
    around: Mapping[str, int]


def select(index: BitmapIndex, query: StudyQuery, matched: int | None) -> Selection:
    """Apply scope, filters and (where there is one) the text's matches: or within a filter, and across them."""
    whole = index.everything if matched is None else matched
    base = whole & index.of_scopes(query.scopes)
    chosen = {name: index.having(name, getattr(query, name)) for name in FILTERS if getattr(query, name)}
    bits = base
    for having in chosen.values():
        bits &= having
    around = {}
    for name in FILTERS:
        around[name] = bits
        if name in chosen:
            around[name] = base
            for other, having in chosen.items():
                if other != name:
                    around[name] &= having
    return Selection(bits, whole, around)


def nct_id(number: int) -> str:
    return f"NCT{number:08d}"


class _Holder:
    """The index that this process holds, of today; one thread builds while the others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index: BitmapIndex | None = None

    def at(self, version: int) -> BitmapIndex:
        index, asked = self._index, (version, timezone.now().date())
        if index is None or (index.version, index.day) != asked:
            with self._lock:
                index = self._index
                if index is None or (index.version, index.day) != asked:
                    index = self._index = build(version)
        return index


class Busy(Exception):
    """Indexes of other days are being built, and this one would have to wait too long."""


class _PastHolder:
    """The indexes of earlier days that this process holds, the last used ones.

    What stood on a day that is over does not change, but a batch that began before midnight may be committed after it:
    so these, too, are of one dataset version. One is built at a time, however many are asked for.
    """

    def __init__(self) -> None:
        self._lock, self._building = threading.Lock(), threading.Lock()
        self._kept: OrderedDict[tuple[int, Moment], BitmapIndex] = OrderedDict()

    def at(self, version: int, moment: Moment) -> BitmapIndex:
        index = self._held(version, moment)
        if index is None:
            if not self._building.acquire(timeout=SEARCH_TIMEOUT_MS / 1000):
                raise Busy
            try:
                index = self._held(version, moment)
                if index is None:
                    index = build(version, moment)
                    self._keep(index)
            finally:
                self._building.release()
        return index

    def _held(self, version: int, moment: Moment) -> BitmapIndex | None:
        with self._lock:
            index = self._kept.get((version, moment))
            if index is not None:
                self._kept.move_to_end((version, moment))
            return index

    def _keep(self, index: BitmapIndex) -> None:
        with self._lock:
            self._kept[index.version, index.moment] = index
            while len(self._kept) > PAST_INDEXES:
                self._kept.popitem(last=False)


_holder, _past = _Holder(), _PastHolder()


def index_at(version: int, moment: Moment = NOW) -> BitmapIndex:
    """The index of a moment at this dataset version, from memory or built by one SELECT.

    The version is read before the rows: an index may be newer than its version says (then the next request rebuilds
    it), never older. Raises Busy for an earlier day where too many are asked for at once.
    """
    return _holder.at(version) if moment == NOW else _past.at(version, moment)


def _limit(moment: Moment) -> str:
    """The present is read once a dataset version, for everybody; earlier days as often as somebody asks for another."""
    return _unhurried() if moment == NOW else time_limit()


def build(version: int, moment: Moment = NOW) -> BitmapIndex:
    columns = [
        f"array_to_string({column}, E'\\x1f')" if name in _LISTS else f"({column})::text"
        for name, column in COLUMNS.items()
    ]
    day = moment.day or timezone.now().date()
    shown = public_cautions()
    columns += [*_NAMES.values(), "cautions::text" if shown else "'{}'", "first_submitted = ''"]
    sql = (
        f"SELECT substr(nct_id, 4)::int, scope, card::text, {', '.join(columns)} "  # noqa: S608
        # A merged record is listed under the id that it was merged into.
        f"FROM {moment.documents} WHERE registry_state <> 'merged' ORDER BY {_order_by(DEFAULT_SORT)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(_limit(moment) + sql)
        rows = cursor.fetchall()
    numbers, raw_scopes, cards, *texts, since, bare = zip(*rows, strict=True) if rows else [()] * (3 + len(columns))
    facets = dict(zip(COLUMNS, texts, strict=False))
    newest = newest_day(set(facets["updated"]))
    bands = {**_BANDS, "updated": lambda raw: update_bands(raw, newest)}
    scopes = _bitmaps(raw_scopes, _itself)
    values = {
        name: _bitmaps(column, bands.get(name, _items if name in _LISTS else _itself))
        for name, column in facets.items()
    }
    _add_not_stated(values)
    told = _told_cautions(numbers, since, shown, moment, day)
    values["caution"] = _bitmaps([_SEPARATOR.join(told.get(number, ())) for number in numbers], _items) if told else {}
    if moment != NOW:
        written = ~_bitmap(compress(count(), bare), len(bare))
        for name, word in _OF_EMPTY.items():
            values[name][word] = values[name].get(word, 0) & written
    return BitmapIndex(
        version=version,
        ids=array("I", numbers),
        # What stands in a column of its own is not taken from the card.
        values=_card_bitmaps(cards, scopes, values["cell_type"], whole=moment == NOW) | values,
        scopes=scopes,
        names={name: Names(column) for name, column in zip(_NAMES, texts[len(COLUMNS) :], strict=True)},
        moment=moment,
        day=day,
        cautions={nct_id(number): kinds for number, kinds in told.items()},
    )


def _told_cautions(
    numbers: Sequence[int], since: Sequence[str], shown: Collection[str], moment: Moment, day: dt.date
) -> dict[int, tuple[str, ...]]:
    """The kinds of caution of each study that has any, of those that readers see."""
    if not shown:
        return {}
    similar = {int(other.removeprefix("NCT")) for other in similar_at(moment)} if SIMILAR in shown else set()
    decode = msgspec.json.Decoder(dict[str, str]).decode
    told = {
        number: holding(decode(raw), similar=number in similar, public=shown, day=day)
        for number, raw in zip(numbers, since, strict=True)
        if raw != "{}" or number in similar
    }
    return {number: kinds for number, kinds in told.items() if kinds}


def _unhurried() -> str:
    """Time without limit for the one statement that follows, where no transaction would carry the setting on.

    It is asked once for a dataset version and not once for a reader; stopped, it would be asked again and again.
    """
    return "" if connection.in_atomic_block else "SET LOCAL statement_timeout = 0; "


def _itself(raw: str) -> tuple[str, ...]:
    return (raw,)


def _items(raw: str) -> list[str]:
    return raw.split(_SEPARATOR)


def _add_not_stated(values: Mapping[str, dict[str, int]]) -> None:
    """Of the fields of a design: studies that could state one, and do not."""
    interventional, maskings = values["study_type"].get("INTERVENTIONAL", 0), values["masking"]
    masked = _union(maskings.values()) & ~maskings.get("NONE", 0)
    for name, could in (("allocation", interventional), ("masking", interventional), ("who_masked", masked)):
        values[name][NOT_STATED] = could & ~_union(values[name].values())


def _card_bitmaps(
    cards: Sequence[str], scopes: Mapping[str, int], cell_types: Mapping[str, int], *, whole: bool
) -> dict[str, dict[str, int]]:
    """For each field of the card its filter's values. `cards` are JSON: field to list of values.

    A field is not stated where a study could have it and gives no value: of the fields of one kind of cell a study of
    that kind, of the others any study that has a card at all. An empty card was not read: those of studies out of
    scope for another disease, and in the past (not `whole`) those of before there were cards. What is listed today has
    been read, and an empty card of it states nothing.
    """
    places: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    decode = msgspec.json.Decoder(dict[str, list[str]]).decode
    for place, card in enumerate(cards):
        for slug, values in decode(card).items():
            for value in values:
                places[slug][value].append(place)
    kinds = {slug: cell_types.get(slug, 0) for slug in ("msc", "hsc")}
    read = _bitmap((place for place, card in enumerate(cards) if card != "{}"), len(cards))
    if whole:
        read |= scopes.get("in_scope", 0) | scopes.get("review", 0)
    kinds["both"] = read
    bitmaps = {}
    for slug, item in CARD_FILTERS.items():
        held: defaultdict[str, int] = defaultdict(int)
        stated = 0
        for value, found in places[slug].items():
            bits = _bitmap(found, len(cards))
            stated |= bits
            for word in item.words_of(value):
                held[word] |= bits
        held[NOT_STATED] = kinds[item.field.card] & read & ~stated
        bitmaps[slug] = dict(held)
    compared = bitmaps["comparator"]
    controlled = _union(compared.get(word, 0) for word in CONTROLS)
    stated = _union(bits for word, bits in compared.items() if word != NOT_STATED)
    bitmaps["controlled"] = {
        "true": controlled,
        "false": stated & ~controlled,
        NOT_STATED: compared[NOT_STATED],
    }
    return bitmaps


def _bitmaps(column: Sequence[str], values_of: Callable[[str], Iterable[str]]) -> dict[str, int]:
    """Each value with its studies, from a column's text for each study; the empty value left out."""
    told = {raw: tuple(values_of(raw)) for raw in set(column)}
    kinds = {values: code for code, values in enumerate(dict.fromkeys(told.values()))}
    held: defaultdict[str, int] = defaultdict(int)
    for values, bits in (_by_code if len(kinds) <= _CODES else _by_place)(column, told, kinds):
        for value in values:
            held[value] |= bits
    held.pop("", None)
    return dict(held)


# Values of a column in one octet a study.
_CODES = 256


def _by_code(
    column: Sequence[str], told: Mapping[str, tuple[str, ...]], kinds: Mapping[tuple[str, ...], int]
) -> Iterator[tuple[tuple[str, ...], int]]:
    """Where few kinds of values occur: the column as octets, read as a number in base two for each kind.

    All in C: at 100,000 studies the whole index was built in 2.2 s by it, in 4.3 s going from study to study.
    """
    code_of = {raw: kinds[values] for raw, values in told.items()}
    codes = bytes(map(code_of.__getitem__, column))[::-1]
    for values, code in kinds.items():
        digits = bytearray(b"0" * _CODES)
        digits[code] = ord("1")
        yield values, int(codes.translate(digits), 2)


def _by_place(
    column: Sequence[str], told: Mapping[str, tuple[str, ...]], kinds: Mapping[tuple[str, ...], int]
) -> Iterator[tuple[tuple[str, ...], int]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, raw in enumerate(column):
        for value in told[raw]:
            places[value].append(place)
    for value, found in places.items():
        yield (value,), _bitmap(found, len(column))


def _bitmap(places: Iterable[int], size: int) -> int:
    octets = bytearray(size // 8 + 1)
    for place in places:
        octets[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(octets, "little")


def _union(bitmaps: Iterable[int]) -> int:
    bits = 0
    for bitmap in bitmaps:
        bits |= bitmap
    return bits


def _order_by(sort: str) -> str:
    direction = "DESC" if sort.startswith("-") else "ASC"
    expression = _ORDER_SQL[sort.removeprefix("-")]
    return f"{expression} {direction} NULLS LAST, nct_id {direction}"
