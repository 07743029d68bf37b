"""Towns: what a reader types, what a record says, and how far apart two positions are."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.vocabulary.places import (
    EARTH_RADIUS_KM,
    MOST_PLACES,
    kilometres,
    larger_town_near,
    looks_like_a_postcode,
    place_in_record,
    places_meant,
    places_named,
    told,
    written,
)

LATS, LONS = st.floats(-90, 90), st.floats(-180, 180)


def names(text: str) -> list[str]:
    return [told(place) for place in places_meant(text)]


@pytest.mark.parametrize(
    ("text", "town"),
    [
        ("Valencia, ES", "Valencia, Spain"),
        ("València, Spain", "Valencia, Spain"),
        ("valencia spain", "Valencia, Spain"),
        ("München", "Munich, Germany"),
        ("Munchen, DE", "Munich, Germany"),
        ("Muenchen, Deutschland", "Munich, Germany"),
        ("Firenze", "Florence, Italy"),
        ("Firenze, Italia", "Florence, Italy"),
        ("Córdoba, España", "Córdoba, Spain"),
        ("深圳", "Shenzhen, China"),
        ("Москва", "Moscow, Russia"),
        ("Łódź", "Łódź, Poland"),
        ("Den Haag", "The Hague, Netherlands"),
        ("Springfield, IL", "Springfield, Illinois, United States"),
        ("Springfield, Illinois, USA", "Springfield, Illinois, United States"),
        ("Los Angeles, CA", "Los Angeles, California, United States"),
        ("London, CA", "London, Canada"),
        ("Hong Kong", "Hong Kong"),
        ("46001, US", "Alexandria, Indiana, United States"),
    ],
)
def test_a_town_is_found_by_any_of_its_names(text: str, town: str) -> None:
    assert names(text) == [town]


@pytest.mark.parametrize("text", ["Valencia", "Paris", "Springfield", "San Jose", "Florencia", "Shenzhen"])
def test_several_places_of_one_name_are_all_told_and_each_can_be_asked_for(text: str) -> None:
    found = places_meant(text)
    assert 1 < len(found) <= MOST_PLACES
    texts = [written(place) for place in found]
    assert len(set(texts)) == len(found)
    assert [places_meant(text) for text in texts] == [[place] for place in found]


def test_those_of_their_own_name_come_first() -> None:
    assert told(places_named("Valencia", "ES")[0]) == "Valencia, Spain"
    assert {place.country for place in places_meant("Valencia")} >= {"ES", "VE", "EC", "CO"}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            ",",
            ",,,",
            "  ",
            "Atlantisburg",
            "<script>",
            "\0",
            "Valencia, Atlantisburg",
            "Valencia, DE",
            "46001, DE",
        ),
        *("00000, US", "Valencia (GeoNames 1)", "Madrid, ES (GeoNames 2509954)", "x" * 5000, "%", "'; DROP TABLE"),
        *("\\n\t5", "٣٣٣٣٣"),
    ],
)
def test_what_is_no_place_finds_none(text: str) -> None:
    assert places_meant(text) == []


@settings(deadline=None)  # the first text waits for the gazetteer
@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    assert len(places_meant(text)) <= MOST_PLACES


@pytest.mark.parametrize(
    ("text", "is_one"), [("80331", True), ("SW1A 1AA, UK", True), ("Valencia", False), ("", False)]
)
def test_a_postcode_is_told_by_its_looks(text: str, is_one: bool) -> None:
    assert looks_like_a_postcode(text) is is_one


@pytest.mark.parametrize(
    ("city", "region", "country", "town"),
    [
        ("Lyon Cedex 03", "", "FR", "Lyon, France"),
        ("Beijing, Beijing", "Beijing", "CN", "Beijing, China"),
        ("Wien", "", "AT", "Vienna, Austria"),
        ("Springfield", "Massachusetts", "US", "Springfield, Massachusetts, United States"),
    ],
)
def test_a_city_of_a_record_is_placed(city: str, region: str, country: str, town: str) -> None:
    place = place_in_record(city, region, country)
    assert place is not None
    assert told(place) == town


@pytest.mark.parametrize(
    ("city", "region", "country"),
    [
        ("Springfield", "", "US"),
        ("Fuzhou", "Fujian", "CN"),
        ("Many Locations", "", "PL"),
        ("", "", "ES"),
        ("Madrid", "", ""),
        ("Madrid", "", "Former Yugoslavia"),
    ],
)
def test_a_city_that_is_unclear_is_not_placed(city: str, region: str, country: str) -> None:
    place = place_in_record(city, region, country)
    assert place is None or country == ""


def test_a_larger_town_tells_namesakes_apart() -> None:
    place = places_meant("Valencia, PH")[0]
    found = larger_town_near(place)
    assert found is not None
    assert found[0].population >= 100_000
    assert found[0].country == "PH"
    assert found[1] == kilometres(place.lat, place.lon, found[0].lat, found[0].lon)


@given(LATS, LONS, LATS, LONS)
def test_distances_are_those_of_a_sphere(lat: float, lon: float, other_lat: float, other_lon: float) -> None:
    def unit(lat: float, lon: float) -> tuple[float, float, float]:
        low, turn = math.radians(lat), math.radians(lon)
        return math.cos(low) * math.cos(turn), math.cos(low) * math.sin(turn), math.sin(low)

    straight = math.dist(unit(lat, lon), unit(other_lat, other_lon))
    along = 2 * EARTH_RADIUS_KM * math.asin(min(1.0, straight / 2))
    assert kilometres(lat, lon, other_lat, other_lon) == pytest.approx(along, abs=0.5)
    assert kilometres(lat, lon, lat, lon) == 0
