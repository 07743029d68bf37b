"""Trials side by side: every kind of id, six at most, both kinds of cell apart, differences in words."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.classification.models import StudyLabel
from apps.studies.models import Study
from tests.factories.documents import entry, publish

pytestmark = pytest.mark.django_db

MSC_CARD = {"source": ["umbilical-cord"], "dose": ["1e6/kg"], "age": ["18-65"]}
HSC_CARD = {"conditioning": ["beam-atg"], "source": ["peripheral-blood"]}


@pytest.fixture
def trials() -> None:
    publish(
        entry("NCT90000001", title="One <i>&</i>", card=MSC_CARD, allocation="RANDOMIZED"),
        entry("NCT90000002", title="Two", cell_types=["hsc"], card=HSC_CARD, allocation="RANDOMIZED"),
        entry("NCT90000003", title="Three", card=MSC_CARD | {"dose": ["3e7"]}, doubts=["dose"]),
        entry("NCT90000004", title="Both", cell_types=["hsc", "msc"], card=MSC_CARD | HSC_CARD),
        entry("NCT90000005", title="Waiting", scope="review", cell_types=[], diseases=[]),
        entry("NCT90000006", title="Gone", registry_state="gone"),
        *(entry(f"NCT9000001{at}", title=f"More {at}") for at in range(5)),
    )


def record(nct_id: str, **changes: Any) -> None:
    """A row of the registry's facts, as far as an id's way needs it."""
    now = timezone.now()
    values = {"snapshot_id": 1, "parser_version": 1, "ruleset_version": 1, "first_seen_at": now} | changes
    Study.objects.create(nct_id=nct_id, registry_state_since=now, **values)


def page(client: Client, path: str) -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def heads(document: BeautifulSoup) -> list[str]:
    return [head.a.get_text() for head in document.select(".compare thead tr:last-child th")[1:]]


def row(document: BeautifulSoup, name: str) -> list[str]:
    [found] = [
        line
        for line in document.select(".compare tbody tr")
        if line.th.find(string=True, recursive=False) == name and line.get("class") != ["compare__part"]
    ]
    return [cell.get_text(" ", strip=True) for cell in found.select("td")]


def differing(document: BeautifulSoup) -> set[str]:
    return {line.th.find(string=True, recursive=False) for line in document.select("tr:has(.compare__mark)")}


def notices(document: BeautifulSoup) -> list[str]:
    return [notice.get_text(" ", strip=True) for notice in document.select(".notice--warn")]


@pytest.mark.usefixtures("trials")
def test_two_trials_of_a_kind(client: Client) -> None:
    document = page(client, "/compare/?nct=NCT90000001&nct=NCT90000003")
    assert document.h1.get_text() == "2 trials side by side"
    assert heads(document) == ["One <i>&</i>", "Three"]
    assert row(document, "Tissue") == ["Umbilical cord tissue"] * 2
    assert row(document, "Dose") == ["1 million cells per kg of body weight", "30 million cells (doubtful)"]
    assert row(document, "Allocation") == ["Randomised", "– not stated"]
    assert differing(document) == {"Dose", "Allocation"}
    assert not document.select(".notice--info")
    assert document.find("meta", {"name": "robots"})["content"] == "noindex, follow"
    less = document.select("thead a.no-print")
    assert [link["href"] for link in less] == ["/compare/?nct=NCT90000003", "/compare/?nct=NCT90000001"]


@pytest.mark.usefixtures("trials")
def test_the_two_kinds_stand_apart(client: Client) -> None:
    path = "/compare/?nct=NCT90000002&nct=NCT90000004&nct=NCT90000001&nct=NCT90000005"
    document = page(client, path)
    assert heads(document) == ["One <i>&</i>", "Two", "Both", "Waiting"]
    kinds = document.select(".compare__kinds th")
    assert [(kind.get_text(), kind["colspan"]) for kind in kinds] == [
        ("Mesenchymal stem/stromal cells", "1"),
        ("Hematopoietic stem cell transplantation", "1"),
        ("Both kinds of cell", "1"),
        ("Kind of cell not known", "1"),
    ]
    assert "Two different kinds of treatment" in document.select_one(".notice--info").get_text()
    assert row(document, "Dose")[:3] == [
        "1 million cells per kg of body weight",
        "Not asked of HSC",
        "1 million cells per kg of body weight",
    ]
    assert row(document, "Conditioning")[:2] == ["Not asked of MSC", "BEAM with antithymocyte globulin"]
    assert row(document, "Tissue")[2] == "Of two kinds of cell: see its page"
    # What is asked of one kind alone makes no difference between the kinds.
    pair = page(client, "/compare/?nct=NCT90000001&nct=NCT90000002")
    assert not {"Dose", "Conditioning"} & differing(pair)


@pytest.mark.usefixtures("trials")
def test_only_rows_that_differ(client: Client) -> None:
    document = page(client, "/compare/?nct=NCT90000001&nct=NCT90000003&rows=differing")
    lines = document.select(".compare tbody tr:not(.compare__part)")
    assert [line.th.find(string=True, recursive=False) for line in lines] == ["Dose", "Allocation"]
    same = page(client, "/compare/?nct=NCT90000010&nct=NCT90000011&rows=differing")
    assert "say the same" in same.get_text()


@pytest.mark.usefixtures("trials")
def test_more_than_six(client: Client) -> None:
    ids = ["NCT90000001", "NCT90000003", *(f"NCT9000001{at}" for at in range(5))]
    document = page(client, "/compare/?" + "&".join(f"nct={nct_id}" for nct_id in ids))
    assert document.h1.get_text() == "6 trials side by side"
    assert notices(document) == ["Six trials fit side by side. The first six are compared. Left out: NCT90000014."]
    assert not document.select("form.search")
    many = page(client, "/compare/?" + "&".join(f"nct=NCT{at:08d}" for at in range(1, 400)))
    assert len(notices(many)) <= 14


@pytest.mark.usefixtures("trials")
def test_ids_in_any_spelling_once_each_several_in_a_value(client: Client) -> None:
    document = page(client, "/compare/?nct=nct90000001,+NCT0090000003;NCT90000001&nct=")
    assert heads(document) == ["One <i>&</i>", "Three"]
    assert not notices(document)


@pytest.mark.usefixtures("trials")
def test_unknown_ids_and_nonsense_have_sentences(client: Client) -> None:
    document = page(client, "/compare/?nct=NCT90000001&nct=NCT01234567&nct=bogus&nct=<script>&nct=" + "9" * 300)
    told = notices(document)
    assert len(told) == 4
    assert told[0].startswith("“bogus” is no NCT number")
    assert "…" in told[2]
    assert told[3] == "We have no trial NCT01234567. Look at the registry"
    assert document.select_one(".notice a")["href"] == "https://clinicaltrials.gov/study/NCT01234567"
    assert document.h1.get_text() == "One trial"


def test_merged_ids_and_aliases_lead_to_what_they_are_now(client: Client) -> None:
    record("NCT90000001", aliases=["NCT80000001"])
    record("NCT90000002", merged_into="NCT90000001", registry_state="merged")
    publish(entry("NCT90000001", title="One"), entry("NCT90000002", title="Old", registry_state="merged"))
    document = page(client, "/compare/?nct=NCT90000002&nct=NCT80000001")
    assert heads(document) == ["One"]
    assert notices(document) == [
        "NCT90000002 is now NCT90000001 at the registry.",
        "NCT80000001 is now NCT90000001 at the registry.",
    ]


@pytest.mark.usefixtures("trials")
def test_records_of_every_state_say_which(client: Client) -> None:
    document = page(client, "/compare/?nct=NCT90000005&nct=NCT90000006")
    text = document.select_one(".compare thead").get_text(" ")
    assert "Waiting for a person" in text
    assert "No longer in the registry" in text
    assert "Was: Recruiting" in text


@pytest.mark.parametrize(
    "path", ["/compare/", "/compare/?nct=", "/compare/?nct=%00%ff", "/compare/?rows=differing&x=1"]
)
def test_without_trials_the_page_says_how(client: Client, path: str) -> None:
    document = page(client, path)
    assert document.h1.get_text() == "Compare trials"
    assert "Tick up to 6 trials" in document.get_text()
    assert not document.select("table")


@pytest.mark.usefixtures("trials")
def test_the_list_has_boxes_that_lead_here(client: Client) -> None:
    for path in ("/trials/", "/trials/?view=table"):
        document = page(client, path)
        form = document.find(id="compare-form")
        assert form["action"] == "/compare/"
        boxes = document.select("input[name=nct]")
        assert {box["form"] for box in boxes} == {"compare-form"}
        assert len(boxes) == 10
    assert not page(client, "/diseases/multiple-sclerosis/").select("input[name=nct]")


def test_alternatives_are_one_value_and_a_group_is_named(client: Client) -> None:
    card = {"severity": ["crp>2.0mg/l", "edss:3-6", "esr>=28mm/h"], "phenotype": ["spms", "ppms"], "age": ["18-65"]}
    publish(entry("NCT90000001", card=card), entry("NCT90000002", card=card))
    record("NCT90000001")
    any_of = {"any_of": 7, "at_least": 1, "others": False}
    for scheme, value, detail in (
        ("severity", "crp>2.0mg/l", any_of),
        ("severity", "esr>=28mm/h", any_of),
        ("severity", "edss:3-6", {"of_group": "Cohort B"}),
        ("phenotype", "spms", None),
        ("age", "18-65", {"low_years": 18}),
    ):
        StudyLabel.objects.create(
            study_id="NCT90000001", scheme=scheme, value=value, rule="r", detail=detail, ruleset_version=1
        )
    document = page(client, "/compare/?nct=NCT90000001&nct=NCT90000002")
    one, other = row(document, "Severity")
    crp, esr = "C-reactive protein above 2.0 mg/L", "rythrocyte sedimentation rate at least 28 mm/h"
    assert one == f"{crp} or e{esr} For the group “Cohort B”: EDSS 3 to 6"
    # Without labels the values stand as the list has them.
    assert other == f"{crp} EDSS 3 to 6 E{esr}"
    assert row(document, "Form of the disease")[0] == "Secondary progressive MS or primary progressive MS"
    assert row(document, "Age") == ["18 to 65 years", "18 to 65 years"]


@pytest.mark.usefixtures("trials")
def test_queries(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client.get("/compare/?nct=NCT90000001")
    ids = "&".join(f"nct=NCT9000000{at}" for at in range(1, 7))
    with django_assert_num_queries(4):
        client.get(f"/compare/?{ids}")
