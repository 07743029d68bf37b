"""Sites as published: placed by the registry or the gazetteer, without contacts, written only where they differ."""

from __future__ import annotations

import math
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from apps.ctgov.parser import parse_study
from apps.search.finder import sites_from, studies_to_join
from apps.search.indexer import index_sites
from apps.search.models import StudySite
from apps.search.selectors import dataset_version
from apps.search.sites import SiteEntry, build_sites
from tests.factories.documents import entry, publish
from tests.factories.sites import TOWNS, publish_with_sites, site
from tests.factories.studies import encoded, study

LOCATIONS = "protocolSection.contactsLocationsModule.locations"


def of(*locations: dict[str, Any]) -> Any:
    return build_sites(parse_study(encoded(study(changes={LOCATIONS: list(locations)}))))


def test_the_registrys_own_position_comes_first() -> None:
    (told,) = of({"city": "Madrid", "country": "Spain", "geoPoint": {"lat": 1.5, "lon": -2.5}})
    assert (told.lat, told.lon, told.placed) == (1.5, -2.5, "registry")


@pytest.mark.parametrize("point", [None, {"lat": 999, "lon": 0}, {"lat": 40, "lon": -200}, {"lat": 40}])
def test_without_one_the_gazetteer_places_city_and_country(point: Any) -> None:
    (told,) = of({"city": "Madrid", "country": "Spain", **({"geoPoint": point} if point else {})})
    assert told.placed == "gazetteer"
    assert (told.lat, told.lon) == (pytest.approx(40.4165), pytest.approx(-3.70256))


@pytest.mark.parametrize(
    "location",
    [
        {},
        {"country": "Spain"},
        {"city": "Madrid"},
        {"city": "Nowhere at all", "country": "Spain"},
        {"city": "Belgrade", "country": "Former Yugoslavia"},
    ],
)
def test_what_cannot_be_placed_is_kept_without_a_position(location: Any) -> None:
    (told,) = of({"facility": "A hospital", **location})
    assert (told.facility, told.lat, told.lon, told.placed) == ("A hospital", None, None, "")


def test_no_contact_is_in_a_site() -> None:
    record = study()
    text = repr(build_sites(parse_study(encoded(record))))
    assert "Test Hospital" in text
    assert "Site Contact" not in text
    assert "example.org" not in text


@pytest.mark.django_db
def test_only_what_differs_is_written_and_what_is_gone_is_taken_away() -> None:
    ids = ["NCT90000001", "NCT90000002"]
    first = [SiteEntry(ids[0], at, city=f"Town {at}") for at in range(3)]
    other = SiteEntry(ids[1], 0, city="Elsewhere", lat=1.0, lon=2.0, placed="gazetteer")
    index_sites(ids, [*first, other])

    def rows() -> dict[tuple[str, int], tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nct_id, number, city, xmin::text || ctid::text FROM search_studysite")
            return {(nct_id, number): (city, version) for nct_id, number, city, version in cursor.fetchall()}

    before = rows()
    index_sites(ids, [*first, other])
    assert rows() == before
    index_sites(ids[:1], [first[0], SiteEntry(ids[0], 1, city="Moved")])
    after = rows()
    assert {key: city for key, (city, _version) in after.items()} == {
        (ids[0], 0): "Town 0",
        (ids[0], 1): "Moved",
        (ids[1], 0): "Elsewhere",
    }
    assert after[ids[0], 0] == before[ids[0], 0]
    index_sites([], [])
    index_sites(ids, [])
    assert not StudySite.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values", [{"lat": 91, "lon": 0, "placed": "registry"}, {"lat": 1, "placed": "registry"}, {"placed": "guess"}]
)
def test_half_a_position_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StudySite.objects.create(nct_id="NCT90000001", number=0, **values)


# Distances


def haversine(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    a, b, c, d = map(math.radians, (lat, lon, other_lat, other_lon))
    half = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * 6378.168 * math.asin(math.sqrt(half))


LATS, LONS = st.floats(-90, 90, allow_subnormal=False), st.floats(-180, 180, allow_subnormal=False)


@pytest.mark.django_db
@settings(deadline=None)  # the database may be busy with others
@given(st.tuples(LATS, LONS), st.lists(st.tuples(LATS, LONS), min_size=1, max_size=6), st.floats(0, 20_000))
def test_nearest_and_near_are_those_of_a_plain_haversine(
    here: tuple[float, float], places: list[tuple[float, float]], radius: float
) -> None:
    rows = [SiteEntry("NCT90000001", at, lat=lat, lon=lon, placed="registry") for at, (lat, lon) in enumerate(places)]
    index_sites(["NCT90000001"], rows)
    told = sites_from(["NCT90000001"], here, radius)["NCT90000001"]
    distances = [haversine(*here, *place) for place in places]
    assert told.total == len(places)
    assert told.nearest is not None
    # Towards the far side of the globe the two ways of reckoning differ by more of their last digits.
    assert told.nearest.km == pytest.approx(min(distances), abs=0.5)
    surely = sum(distance < radius - 0.5 for distance in distances)
    assert surely <= told.near <= sum(distance <= radius + 0.5 for distance in distances)


@pytest.mark.django_db
def test_sites_are_counted_and_the_nearest_that_recruits_is_told_too() -> None:
    trial = entry("NCT90000001")
    closed = site("Madrid", status="COMPLETED")
    publish_with_sites([(trial, [site("Berlin"), closed, site("Barcelona", status=""), site("Atlantisburg")])])
    told = sites_from([trial.nct_id], TOWNS["Madrid"][:2], 100)[trial.nct_id]
    assert (told.total, told.near, told.unplaced_total) == (4, 1, 1)
    assert told.nearest is not None
    assert (told.nearest.city, told.nearest.status, told.nearest.km) == ("Madrid", "COMPLETED", 0)
    assert told.nearest_recruiting is not None
    assert told.nearest_recruiting.city == "Berlin"
    assert [site.city for site in told.unplaced] == ["Atlantisburg"]


@pytest.mark.django_db
def test_of_sites_in_one_town_the_one_that_recruits_is_the_nearest() -> None:
    trial = entry("NCT90000001")
    publish_with_sites([(trial, [site("Madrid", status="COMPLETED"), site("Madrid", facility="Other")])])
    told = sites_from([trial.nct_id], TOWNS["Valencia"][:2], 10_000)[trial.nct_id]
    assert told.nearest is not None
    assert told.nearest.facility == "Other"


# Which studies


@pytest.mark.django_db
def test_studies_that_may_take_people_and_how_many_do_not() -> None:
    publish(
        entry("NCT90000001"),
        entry("NCT90000002", overall_status="UNKNOWN", cell_types=["hsc"]),
        entry("NCT90000003", overall_status=""),
        entry("NCT90000004", overall_status="COMPLETED"),
        entry("NCT90000005", registry_state="gone"),
        entry("NCT90000006", registry_state="merged"),
        entry("NCT90000007", scope="review"),
        entry("NCT90000008", overall_status="SOMETHING_NEW", diseases=["type-1-diabetes"]),
    )
    found = studies_to_join(version=dataset_version())
    assert {document.nct_id[-1] for document in found.documents} == {"1", "2", "3", "8"}
    assert found.closed == 2
    found = studies_to_join(version=dataset_version(), disease="multiple-sclerosis", cell_type="hsc")
    assert [document.nct_id for document in found.documents] == ["NCT90000002"]
    assert found.closed == 0


@pytest.mark.django_db
def test_a_record_without_a_country_stays_in_every_country() -> None:
    publish(entry("NCT90000001"), entry("NCT90000002", countries=["DE"]), entry("NCT90000003", countries=[]))
    found = studies_to_join(version=dataset_version(), country="DE")
    assert {document.nct_id for document in found.documents} == {"NCT90000002", "NCT90000003"}


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 40])
def test_statements_do_not_grow_with_the_list(number: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    publish_with_sites([(entry(), [site("Madrid"), site("Berlin")]) for _ in range(number)])
    version = dataset_version()
    studies_to_join(version=version)
    with django_assert_num_queries(5):  # a savepoint of this test's transaction and its end are two of them
        found = studies_to_join(version=version, point=(40.0, -3.0), radius_km=100)
    assert len(found.sites) == number
