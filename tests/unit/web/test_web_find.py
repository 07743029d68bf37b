"""The finder: what it understands, whom it lists in which order, and that it keeps nothing."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from bs4 import BeautifulSoup
from django.db import OperationalError
from django.test import Client
from django.utils.http import urlencode as pairs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from apps.classification.models import StudyLabel
from apps.search.finder import Site, Sites
from apps.studies.models import Study
from apps.vocabulary.gate_fit import read_time
from apps.vocabulary.places import kilometres
from apps.web.presenters.finder import (
    Person,
    distance_number,
    distance_words,
    fit_of,
    length_words,
    site_status,
    sites_words,
)
from tests.factories.documents import entry
from tests.factories.sites import TOWNS, publish_with_sites, site

pytestmark = pytest.mark.django_db

MS, SLE = "multiple-sclerosis", "systemic-lupus-erythematosus"


@pytest.fixture
def trials() -> None:
    """Nine trials, of both kinds, in several towns and states."""
    publish_with_sites(
        [
            (entry("NCT90000001", title="Valencia takes", card={"age": ["18-55"]}), [site("Valencia"), site("Berlin")]),
            (entry("NCT90000002", title="Madrid once", overall_status="UNKNOWN"), [site("Madrid", status="")]),
            (
                entry("NCT90000003", title="Florence transplants", cell_types=["hsc"], card={"age": ["-17"]}),
                [site("Florence", placed="gazetteer")],
            ),
            (entry("NCT90000004", title="Nowhere on the map", countries=["PL"]), [site("Many Locations")]),
            (entry("NCT90000005", title="No site at all", countries=[], location_count=0), []),
            (entry("NCT90000006", title="Over long ago", overall_status="COMPLETED"), [site("Valencia")]),
            (entry("NCT90000007", title="Lupus in Shenzhen", diseases=[SLE], countries=["CN"]), [site("Shenzhen")]),
            (entry("NCT90000008", title="Of both kinds", cell_types=["hsc", "msc"]), [site("Barcelona")]),
            (entry("NCT90000009", title="Women <b>only</b>", card={"sex": ["female"]}), [site("Barcelona")]),
        ]
    )


def page(client: Client, query: str = "", **asked: Any) -> BeautifulSoup:
    answer = client.get(f"/find/?{query or pairs(asked)}")
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def text(part: Any) -> str:
    return " ".join(part.get_text(" ").split())


def titles(soup: BeautifulSoup, kind: str = "") -> list[str]:
    """The trials in their order, without those that do not fit."""
    for folded in soup.select(".find-unfit"):
        folded.extract()
    return [text(link) for link in soup.select(f".find-group{kind} .trial-row__title")]


def row(soup: BeautifulSoup, title: str) -> str:
    return next(text(item) for item in soup.select(".find-trial") if title in item.get_text())


# The form


def test_the_form_alone(client: Client, trials: None) -> None:
    soup = page(client, "utm=1")
    assert text(soup.h1) == "Find a trial"
    assert not soup.select(".find-group, [role=alert]")
    assert {field["name"] for field in soup.select("#find-form [name]")} == {
        *("disease", "age", "sex", "since", "kind", "country", "near", "lat", "lon", "radius", "unit")
    }
    for field in soup.select("#find-form select, #find-form input:not([type=hidden])"):
        assert soup.select_one(f"label[for={field['id']}]") or field.get("aria-label")
    assert [option["value"] for option in soup.select("#country option")] == ["", "CN", "PL", "ES"]
    # The button needs a script, and shows only with it.
    assert soup.select_one("#here").has_attr("hidden")


def test_every_question_can_be_skipped(client: Client, trials: None) -> None:
    empty = "&".join(f"{name}=" for name in ("disease", "age", "sex", "since", "kind", "country", "near", "radius"))
    soup = page(client, empty)
    assert text(soup.h1) == "8 trials to ask about"
    assert not soup.select("[role=alert], .find-unfit, .find-chip")


def test_what_was_typed_stays_in_the_form(client: Client, trials: None) -> None:
    soup = page(client, disease=MS, age=34, sex="female", since="2 years", kind="msc", country="ES", near="Madrid, ES")
    for name, value in (("age", "34"), ("since", "2 years"), ("near", "Madrid, ES"), ("radius", "100")):
        assert soup.select_one(f"#{name}")["value"] == value
    chosen = {field["name"]: field.select_one("[selected]")["value"] for field in soup.select("select:has([selected])")}
    assert chosen == {"disease": MS, "sex": "female", "kind": "msc", "country": "ES"}
    told = text(soup.select_one(".find-typed"))
    for words in ("Multiple sclerosis", "age 34", "female", "diagnosed 2 years ago", "MSC", "in Spain"):
        assert words in told
    assert "within 100 km of Madrid, Spain" in told


# Nonsense


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("age", value) for value in ("-5", "abc", "121", "1e9", "3.5", "34 years", "\0", "<script>")),
        *(("since", value) for value in ("abc", "-2", "200 years", "2\0years\0ago", "x" * 500, "2 moons", "<script>")),
        *(("disease", value) for value in ("flu", "m\0s", "<script>")),
        *(("sex", value) for value in ("yes", "\0male\0female")),
        *(("kind", value) for value in ("ipsc", "ms\0d")),
        *(("country", value) for value in ("zz", "Atlantisburg", "\0x\0y", "x" * 500)),
        *(("near", value) for value in ("<script>", "Atlantisburg", "x" * 500, "80331", "\0x\0y", "' OR 1=1 --")),
        *(("radius", value) for value in ("0", "-1", "abc", "1e99", "nan", "inf", "20001", "\0")),
        *(("unit", value) for value in ("furlong", "k\0g")),
    ],
)
def test_nonsense_is_told_beside_its_field_and_left_out(client: Client, trials: None, name: str, value: str) -> None:
    answer = client.get("/find/?" + urlencode({name: value}))
    assert answer.status_code == 200
    soup = BeautifulSoup(answer.content, "html.parser")
    assert "<script>alert" not in answer.content.decode()
    assert f"<script>{value}" not in answer.content.decode()
    field = soup.select_one(f"#{name}")
    assert field["aria-invalid"] == "true"
    assert f"{name}-error" in field["aria-describedby"]
    sentence = text(soup.select_one(f"#{name}-error"))
    assert sentence.endswith(".")
    assert sentence in text(soup.select_one("[role=alert]"))
    assert soup.select_one(f"[role=alert] a[href='#{name}']")
    assert text(soup.h1) == "8 trials to ask about"


@pytest.mark.parametrize(
    "query", ["lat=999&lon=0", "lat=40", "lon=2", "lat=abc&lon=2", "lat=nan&lon=1", "lat=1&lon=-181"]
)
def test_half_a_place_and_no_place_are_told(client: Client, trials: None, query: str) -> None:
    soup = page(client, query)
    assert soup.select_one("#lat-error, #lon-error")
    assert soup.select_one("[role=alert] a[href='#near']")
    assert not soup.select(".find-band")


@pytest.mark.parametrize("name", ["disease", "sex", "since", "kind", "country", "near", "unit"])
def test_a_text_without_a_letter_in_it_is_no_answer(client: Client, trials: None, name: str) -> None:
    soup = page(client, urlencode({name: "\0 \t"}))
    assert not soup.select("[role=alert]")
    assert text(soup.h1) == "8 trials to ask about"


def test_all_at_once(client: Client, trials: None) -> None:
    soup = page(
        client,
        age=-5,
        since="abc",
        lat=999,
        lon=999,
        radius=0,
        unit="x",
        near="<script>",
        disease="flu",
        kind="x",
        sex="x",
        country="zz",
    )
    assert len(soup.select("[role=alert] li")) == 11
    assert text(soup.h1) == "8 trials to ask about"


ANYTHING = st.one_of(st.text(max_size=60), st.integers().map(str), st.floats().map(str))
NAMES = st.sampled_from(
    ["disease", "age", "sex", "since", "kind", "country", "near", "lat", "lon", "radius", "unit", "show"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(st.tuples(NAMES, ANYTHING), max_size=8))
def test_no_query_breaks_it(client: Client, trials: None, asked: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={quote(value.encode(errors='ignore'))}" for name, value in asked)
    assert client.get(f"/find/?{query}").status_code == 200


def test_a_time_longer_than_a_life_is_asked_about(client: Client, trials: None) -> None:
    soup = page(client, age=9, since="20 years")
    assert "longer than the age" in text(soup.select_one("#since-error"))


def test_the_last_of_a_repeated_parameter_counts(client: Client, trials: None) -> None:
    assert "age 9" in text(page(client, "age=34&age=9").select_one(".find-typed"))


# Places


@pytest.mark.parametrize(
    "near", ["Valencia, ES", "València, Spain", "Valencia España", "Valencia, ES (GeoNames 2509954)"]
)
def test_a_place_by_its_names(client: Client, trials: None, near: str) -> None:
    soup = page(client, near=near)
    assert "within 100 km of Valencia, Spain" in text(soup.select_one(".find-typed"))
    assert titles(soup, ".find-group--msc")[0] == "Valencia takes"


def test_several_places_of_one_name_are_asked_back(client: Client, trials: None) -> None:
    soup = page(client, near="Valencia", age=34, radius=50, unit="mi")
    assert text(soup.h1) == "Which of these places?"
    assert not soup.select(".find-group")
    links = {text(link): link["href"] for link in soup.select(".find-choice")}
    assert {"Valencia, Spain", "Valencia, Venezuela", "Valencia, Ecuador"} <= set(links)
    chosen = page(client, links["Valencia, Spain"].partition("?")[2])
    assert "age 34 , within 50 miles of Valencia, Spain" in text(chosen.select_one(".find-typed"))
    without = soup.select_one(".find-without a")["href"]
    assert "age 34" in text(page(client, without.partition("?")[2]).select_one(".find-typed"))


def test_namesakes_in_one_country_are_told_apart(client: Client, trials: None) -> None:
    choices = [text(link) for link in page(client, near="San Jose, PH").select(".find-choice")]
    assert len(choices) > 1
    assert len(set(choices)) == len(choices)
    assert all("km from" in choice for choice in choices)


def test_a_number_alone_may_be_the_postcode_of_another_country(client: Client, trials: None) -> None:
    soup = page(client, near="46001")
    assert text(soup.h1) == "Is this the place?"
    (link,) = soup.select(".find-choice")
    assert text(link) == "46001 Alexandria, Indiana, United States"
    assert "within 100 km of 46001 Alexandria" in text(page(client, near="46001, US").select_one(".find-typed"))
    assert "postcodes of the United States alone" in text(page(client, near="80331").select_one("#near-error"))


def test_the_browsers_place_counts_to_one_decimal_and_after_a_town(client: Client, trials: None) -> None:
    soup = page(client, lat="39.47391", lon="-0.37966", age=20)
    assert (soup.select_one("#lat")["value"], soup.select_one("#lon")["value"]) == ("39.5", "-0.4")
    assert "around 39.5, -0.4" in text(soup.select_one("#here-said"))
    assert titles(soup, ".find-group--msc")[0] == "Valencia takes"
    assert "39.47" not in str(soup)
    soup = page(client, lat="39.5", lon="-0.4", near="Florence, IT")
    assert "Florence, Italy" in text(soup.select_one(".find-typed"))
    assert soup.select_one("#lat").has_attr("disabled")


# Order and distance


def test_sites_near_you_are_told(client: Client, trials: None) -> None:
    soup = page(client, near="Valencia, ES", radius=310)
    assert "2 sites, 1 near you. Nearest: less than 5 km, Valencia, Spain, recruiting at that site." in row(
        soup, "Valencia takes"
    )
    once = row(soup, "Madrid once")
    assert "Nearest: about 300 km, Madrid, Spain, the record does not say if it takes people now." in once
    assert "nobody has confirmed its status for more than two years" in once
    assert "placed by its city's name" in row(soup, "Florence transplants")
    assert "The record names no site." in row(soup, "No site at all")
    assert "1 site could not be placed on the map: Many Locations." in row(soup, "Nowhere on the map")
    assert [text(band) for band in soup.select(".find-group--msc .find-band")] == [
        "Within 310 km",
        "Farther than 310 km",
        "How far is not known",
    ]


@pytest.mark.parametrize("unit", ["km", "mi"])
@pytest.mark.parametrize("town", list(TOWNS))
def test_the_order_is_that_of_a_plain_haversine(client: Client, unit: str, town: str) -> None:
    towns = list(TOWNS)
    publish_with_sites([(entry(title=f"In {name}"), [site(name)]) for name in towns])
    lat, lon, country = TOWNS[town]
    numbered = " (GeoNames 1795565)" if town == "Shenzhen" else ""
    found = titles(page(client, near=f"{town}, {country}{numbered}", unit=unit))
    shown = [title.removeprefix("In ") for title in found]
    assert shown == sorted(towns, key=lambda name: kilometres(lat, lon, *TOWNS[name][:2]))


def test_at_one_distance_those_that_recruit_come_first(client: Client) -> None:
    states = ("UNKNOWN", "SUSPENDED", "NOT_YET_RECRUITING", "RECRUITING", "")
    publish_with_sites([(entry(title=f"Is {state}", overall_status=state), [site("Madrid")]) for state in states])
    near, anywhere = titles(page(client, near="Madrid, ES")), titles(page(client, "age="))
    for shown in (near, anywhere):
        assert shown[:2] == ["Is RECRUITING", "Is NOT_YET_RECRUITING"]
        assert len(shown) == len(states)


@pytest.mark.parametrize(
    ("km", "unit", "number", "words"),
    [
        (0, "km", 0, "less than 5 km"),
        (4.9, "km", 0, "less than 5 km"),
        (41.6, "km", 42, "about 42 km"),
        (99.4, "km", 99, "about 99 km"),
        (123, "km", 120, "about 120 km"),
        (12_344, "km", 12_340, "about 12,340 km"),
        (4.8, "mi", 0, "less than 3 miles"),
        (160.9344, "mi", 100, "about 100 miles"),
        (67.6, "mi", 42, "about 42 miles"),
    ],
)
def test_distances_in_words(km: float, unit: str, number: int, words: str) -> None:
    assert distance_number(km, unit) == number
    assert distance_words(km, unit) == words


@given(st.floats(0, 20_100), st.floats(0, 20_100), st.sampled_from(["km", "mi"]))
def test_a_shorter_way_is_never_shown_as_longer(one: float, other: float, unit: str) -> None:
    assert distance_number(min(one, other), unit) <= distance_number(max(one, other), unit)


def test_a_radius_in_words() -> None:
    assert [length_words(100.0, "km"), length_words(62.5, "mi")] == ["100 km", "62.5 miles"]


def test_the_nearest_that_recruits_is_told_where_the_nearest_does_not() -> None:
    closed = Site("A", "Florence", "IT", "COMPLETED", "registry", 42.0)
    recruits = Site("B", "Bologna", "IT", "RECRUITING", "registry", 80.2)
    words = " ".join(sites_words(Sites(12, 2, closed, recruits), "km"))
    assert words == (
        "12 sites, 2 near you. Nearest: about 42 km, Florence, Italy, finished at that site. "
        "Nearest that recruits: about 80 km, Bologna, Italy, recruiting at that site."
    )
    assert "said to recruit when the record was last confirmed" in site_status(recruits, confirmed=False)
    assert site_status(Site("", "", "", "A_NEW_WORD", "", None)) == "A new word at that site"


# Who is listed


def test_the_two_kinds_stand_apart(client: Client, trials: None) -> None:
    soup = page(client, "age=")
    assert titles(soup, ".find-group--hsc") == ["Florence transplants"]
    assert "Florence transplants" not in titles(soup, ".find-group--msc")
    assert [text(head).split(":")[0] for head in soup.select(".find-group h2")] == [
        "MSC",
        "HSC",
        "Trials that give both",
    ]
    assert "They differ in what is done" in text(soup.main)
    assert titles(page(client, kind="hsc")) == ["Florence transplants", "Of both kinds"]


def test_each_answer_only_narrows(client: Client, trials: None) -> None:
    everything = set(titles(page(client, "age=")))
    for query in (f"disease={SLE}", "country=CN", "kind=hsc", "age=34", "sex=male", "since=2", "near=Madrid, ES"):
        assert set(titles(page(client, query))) <= everything


def test_what_is_not_stated_is_kept_and_marked(client: Client, trials: None) -> None:
    soup = page(client, country="CN")
    assert titles(soup) == ["Lupus in Shenzhen", "No site at all"]
    assert "Place not stated" in row(soup, "No site at all")
    soup = page(client, age=34, sex="female", since="2 years")
    told = row(soup, "Lupus in Shenzhen")
    for name in ("Age", "Sex", "Time since diagnosis or onset"):
        assert f"{name} not stated" in told


def test_trials_that_take_nobody_in_are_counted_and_one_click_away(client: Client, trials: None) -> None:
    soup = page(client, disease=MS, age=34)
    assert "1 more trial has ended" in text(soup.select_one(".find-closed"))
    href = soup.select_one(".find-closed a")["href"]
    assert "age" not in href
    assert "Over long ago" in client.get(href).content.decode()


def test_nothing_found_says_what_can_be_done(client: Client, trials: None) -> None:
    soup = page(client, disease="type-1-diabetes", country="DE", kind="hsc")
    assert text(soup.h1) == "No trial found"
    links = [link["href"] for link in soup.select(".empty li a")]
    assert len(links) == 2
    assert all("disease=type-1-diabetes" in link for link in links)


def test_a_long_group_is_shown_in_part_and_then_whole(client: Client) -> None:
    publish_with_sites([(entry(), [site("Madrid")]) for _ in range(20)])
    soup = page(client, age=34)
    assert len(soup.select(".find-trial")) == 12
    assert text(soup.h1) == "20 trials to ask about"
    href = soup.select_one(".find-group .button")["href"]
    assert "age=34" in href
    soup = page(client, href.partition("?")[2].partition("#")[0])
    assert len(soup.select(".find-trial")) == 20
    assert not soup.select(".find-group .button")


# Could I join?


def labelled(nct_id: str, scheme: str, value: str, sentence: str, **more: Any) -> None:
    study, _made = Study.objects.get_or_create(
        pk=nct_id,
        defaults={
            "snapshot_id": 1,
            "content_hash": "x",
            "parser_version": 1,
            "ruleset_version": 1,
            "registry_state_since": "2025-01-01T00:00Z",
            "first_seen_at": "2025-01-01T00:00Z",
        },
    )
    path = "protocolSection.eligibilityModule.eligibilityCriteria"
    evidence = [{"path": path, "start": 0, "end": len(sentence), "quote": sentence, "marks": [[0, 4]]}]
    StudyLabel.objects.create(
        study=study, scheme=scheme, value=value, rule="r", reason="R.", evidence=evidence, ruleset_version=1, **more
    )


def test_a_limit_is_told_with_its_sentence_and_what_it_is_to_the_person(client: Client) -> None:
    card = {"age": ["18-55"], "duration": ["<=36"], "severity": ["edss:3-6.5"]}
    publish_with_sites([(entry("NCT90000001", title="The one", card=card), [])])
    labelled("NCT90000001", "duration", "<=36", "Less than 3 years since diagnosis", detail={"since": "diagnosis"})
    labelled("NCT90000001", "severity", "edss:3-6.5", "EDSS of 3.0 to 6.5")
    labelled("NCT90000001", "scope", "in_scope", "No limit of anything")
    told = row(page(client, age=34, since="2 years"), "The one")
    assert "Age 18 to 55 years fits what you typed" in told
    assert "Diagnosed at most 3 years ago fits what you typed" in told
    assert "Less than 3 years since diagnosis" in told
    assert "EDSS of 3.0 to 6.5" in told
    assert "No limit of anything" not in told
    assert "ask the trial's team" in row(page(client, since="3 years"), "The one")
    assert "Only the trial's team can say who may join" in text(page(client, age=34).main)


def test_a_limit_of_one_group_keeps_nobody_out_and_names_the_group(client: Client) -> None:
    card = {"duration": ["<24"], "severity": ["edss:3-6"]}
    publish_with_sites([(entry("NCT90000001", title="The one", card=card), [])])
    of_group = {"of_group": "early group"}
    labelled("NCT90000001", "duration", "<24", "Early group: less", detail={"since": "diagnosis"} | of_group)
    labelled("NCT90000001", "severity", "edss:3-6", "Early group: EDSS", detail=of_group)
    told = row(page(client, since="5 years"), "The one")
    assert "For the group “early group”: Diagnosed less than 2 years ago ask the trial's team" in told
    assert "For the group “early group”: EDSS 3 to 6" in told
    assert "does not fit" not in told


def test_alternatives_are_one_limit_with_all_their_sentences(client: Client) -> None:
    card = {"severity": ["crp>2.0mg/l", "esr>=28mm/h"], "phenotype": ["spms", "ppms"]}
    publish_with_sites([(entry("NCT90000001", title="The one", card=card), [])])
    for value, sentence in (("crp>2.0mg/l", "CRP is high"), ("esr>=28mm/h", "ESR is high")):
        detail = {"any_of": 7, "at_least": 1, "others": False}
        labelled("NCT90000001", "severity", value, sentence, detail=detail)
    told = row(page(client, age=34), "The one")
    assert "C-reactive protein above 2.0 mg/L or erythrocyte sedimentation rate at least 28 mm/h" in told
    assert "CRP is high" in told
    assert "ESR is high" in told
    assert "Secondary progressive MS or primary progressive MS" in told


def test_who_is_kept_out_by_the_record_finds_the_trial_at_the_end_with_the_reason(client: Client, trials: None) -> None:
    soup = page(client, age=60, sex="male", disease=MS)
    assert "2 more do not fit" not in titles(page(client, age=60))
    (folded,) = soup.select(".find-group--msc .find-unfit")
    assert "2 trials that do not fit what you typed" in text(folded.summary)
    assert "Age 18 to 55 years does not fit what you typed" in row(folded, "Valencia takes")
    assert "Only women and girls does not fit what you typed" in row(folded, "Women <b>only</b>")
    assert "Valencia takes" not in titles(soup)


def test_a_doubtful_reading_keeps_nobody_out(client: Client) -> None:
    publish_with_sites([(entry(title="The one", card={"age": ["18-55"]}, doubts=["age"]), [])])
    soup = page(client, age=60)
    assert titles(soup) == ["The one"]
    assert "we may have misread this" in row(soup, "The one")


@pytest.mark.parametrize(
    ("slug", "values", "fit"),
    [
        ("age", ["18-55"], "fits"),
        ("age", ["18-30", "18-55"], "ask"),
        ("age", ["40-55"], "does-not-fit"),
        ("age", [], "not-stated"),
        ("sex", ["female"], "does-not-fit"),
        ("sex", ["all"], "fits"),
        ("duration", ["<=36"], "fits"),
        ("duration", ["<=12"], "does-not-fit"),
        ("severity", ["edss:3-6.5"], ""),
    ],
)
def test_what_a_field_is_to_a_person(slug: str, values: list[str], fit: str) -> None:
    person = Person(34, "male", read_time("2 years"))
    since = dict.fromkeys(values, "diagnosis")
    assert fit_of(slug, values, person, since, doubtful=False) == fit
    assert fit_of(slug, values, Person(), since, doubtful=False) == ""
    if fit in {"fits", "does-not-fit"}:
        assert fit_of(slug, values, person, since, doubtful=True) == "ask"
        assert fit_of(slug, values, person, since, doubtful=False, of_groups=set(values)) == "ask"


# What is kept


def test_no_cache_and_no_search_engine_keeps_an_answer(client: Client, trials: None) -> None:
    for path in ("/find/", "/find/?age=34", "/find/?near=Valencia", "/find/?near=Madrid, ES"):
        answer = client.get(path)
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["X-Robots-Tag"] == "noindex"
        assert "geolocation=(self)" in answer["Permissions-Policy"]
        assert answer["Referrer-Policy"] == "same-origin"
        assert "ETag" not in answer
        assert not answer.cookies
        assert b'<meta name="robots" content="noindex">' in answer.content
    assert "Disallow: /find/?" in client.get("/robots.txt").content.decode()


TYPED = "/find/?age=87&since=29+years&near=Shenzhen,+CN+(GeoNames+1795565)&disease=systemic-lupus-erythematosus"
GIVEN_AWAY = re.compile(r"87|29|shenzhen|22\.5|114\.0|lupus|\?", re.IGNORECASE)


def test_no_log_line_tells_what_was_typed(client: Client, trials: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    # The database's own statements are logged at this level by Django in debug mode alone.
    caplog.set_level(logging.INFO, logger="django.db.backends")
    assert client.get(TYPED).status_code == 200
    assert not [record.getMessage() for record in caplog.records if GIVEN_AWAY.search(record.getMessage())]


@pytest.mark.parametrize(
    ("error", "status"),
    [(RuntimeError("a fault"), 500), (OperationalError("canceling statement due to statement timeout"), 500)],
)
def test_not_even_a_fault_does(
    client: Client,
    trials: None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
) -> None:
    def broken(**asked: Any) -> None:
        raise error

    monkeypatch.setattr("apps.web.views.find.studies_to_join", broken)
    client.raise_request_exception = False
    assert client.get(TYPED).status_code == status
    assert caplog.records
    for record in caplog.records:
        assert not GIVEN_AWAY.search(record.getMessage())


@pytest.mark.parametrize("number", [1, 30])
def test_statements_do_not_grow_with_the_list(
    client: Client, number: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    publish_with_sites([(entry(card={"age": ["18-55"]}), [site("Madrid")]) for _ in range(number)])
    client.get("/find/?age=34")
    # The version, the documents, two savepoints around the place and the sites, two readings of labels
    # and of decisions on them.
    with django_assert_max_num_queries(10):
        client.get("/find/?age=34&since=2&near=Madrid,+ES")


def test_no_contact_is_on_the_page_or_among_its_columns(client: Client, trials: None) -> None:
    content = client.get("/find/?near=Valencia, ES").content.decode()
    assert "mailto:" not in content
    assert "tel:" not in content


def test_home_and_leaflets_lead_here(client: Client, trials: None) -> None:
    assert b'href="/find/"' in client.get("/").content
    assert f'href="/find/?disease={MS}"'.encode() in client.get(f"/diseases/{MS}/").content
    assert b'id="finder"' in client.get("/privacy/").content
