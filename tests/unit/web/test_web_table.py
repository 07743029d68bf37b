"""The dense table: columns to choose, orders in its head, what is not stated, both kinds of cell apart."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.http import QueryDict
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from apps.search.models import StudyDocument
from apps.vocabulary.cards import FIELDS
from apps.web.presenters.trial_facts import DEFAULT_COLUMNS, FACT_BY_SLUG, FACTS, GROUPS, answer
from apps.web.views.layout import CARDS, Layout, read_layout
from tests.factories.documents import entry, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def trials() -> None:
    publish(
        entry(
            "NCT90000001",
            title="Alpha <b>&</b> more",
            card={"source": ["adipose", "bone-marrow"], "dose": ["1e6/kg"]},
            doubts=["dose"],
            sponsor="Alpha",
            fda_drug=True,
        ),
        entry("NCT90000002", title="Beta", cell_types=["hsc"], card={"conditioning": ["beam-atg"]}, enrollment=None),
        entry("NCT90000003", title="Gamma", cell_types=["hsc", "msc"], card={"source": ["adipose"], "dose": ["3e7"]}),
    )


def page(client: Client, path: str) -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def table(document: BeautifulSoup) -> list[list[str]]:
    return [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])] for row in document.select(".trials tr")
    ]


@pytest.mark.usefixtures("trials")
def test_cards_by_default_and_a_table_by_the_address(client: Client) -> None:
    cards = page(client, "/trials/?view=cards")
    assert cards.select(".trial-row")
    assert not cards.select("table")
    seen = {link.get_text(): link["href"] for link in cards.select(".views a")}
    assert seen == {"Table": "/trials/?view=table"}
    document = page(client, "/trials/?view=table&country=ES")
    assert not document.select(".trial-row")
    head, *rows = table(document)
    assert [name.removesuffix(" ▼") for name in head[1:]] == [str(FACT_BY_SLUG[slug].name) for slug in DEFAULT_COLUMNS]
    assert len(rows) == 3
    assert {link.get_text(): link["href"] for link in document.select(".views a")} == {"Cards": "/trials/?country=ES"}
    assert document.find("meta", {"name": "robots"})["content"] == "noindex, follow"
    assert document.select_one("link[rel=canonical]")["href"].endswith("/trials/?country=ES")


@pytest.mark.usefixtures("trials")
def test_chosen_columns_in_their_own_order(client: Client) -> None:
    document = page(client, "/trials/?view=table&columns=people,conditioning&columns=Dose&sort=title")
    head, alpha, beta, gamma = table(document)
    assert head == ["Trial ▲", "MSC Dose", "HSC Conditioning", "People"]
    assert alpha[1] == "1 million cells per kg of body weight, doubtful"
    assert alpha[2] == "Not asked of MSC"
    assert alpha[3] == "20 planned"
    assert beta[1:] == ["Not asked of HSC", "BEAM with antithymocyte globulin", "– not stated"]
    assert gamma[1:] == ["30 million cells", "– not stated", "20 planned"]
    assert alpha[0].startswith("Alpha <b>&</b> more")
    form = document.select_one("#columns form")
    assert {box["value"] for box in form.select("input[checked]")} == {"people", "conditioning", "dose"}
    hidden = [(box["name"], box["value"]) for box in form.select("input[type=hidden]")]
    assert hidden == [("sort", "title"), ("view", "table")]
    kept = [(box["name"], box["value"]) for box in document.select("#filter-form input[type=hidden]")]
    assert ("columns", "dose") in kept
    assert form.select_one("a.button--quiet")["href"] == "/trials/?sort=title&view=table"


@pytest.mark.usefixtures("trials")
def test_of_a_trial_of_both_kinds_shared_fields_are_told_on_its_page(client: Client) -> None:
    _head, *rows = table(page(client, "/trials/?view=table&columns=source&sort=title"))
    assert [row[1] for row in rows] == [
        "Bone marrow, Fat tissue" if rows[0][1].startswith("Bone") else "Fat tissue, Bone marrow",
        "– not stated",
        "Of two kinds of cell: see its page",
    ]


@pytest.mark.usefixtures("trials")
def test_heads_sort_and_turn_round(client: Client) -> None:
    document = page(client, "/trials/?view=table&sort=-enrollment")
    people = document.select_one("th[aria-sort]")
    assert people["aria-sort"] == "descending"
    assert people.a["href"] == "/trials/?sort=enrollment&view=table"
    again = page(client, people.a["href"])
    assert again.select_one("th[aria-sort]")["aria-sort"] == "ascending"
    usual = page(client, "/trials/?view=table").select_one("th[aria-sort]")
    assert "Last update" in usual.get_text()


@pytest.mark.usefixtures("trials")
def test_every_column_has_a_name_and_a_place_and_can_be_shown(client: Client) -> None:
    slugs = list(FACT_BY_SLUG)
    assert len(slugs) == len(FACTS)
    assert {field.slug for field in FIELDS} <= set(slugs)
    assert {fact.group for fact in FACTS} == set(GROUPS)
    head, *rows = table(page(client, "/trials/?view=table&" + "&".join(f"columns={slug}" for slug in slugs)))
    assert len(head) == len(slugs) + 1
    assert all(len(row) == len(head) for row in rows)


@pytest.mark.usefixtures("trials")
@pytest.mark.parametrize("value", ["norway", "<script>", "-1", "9" * 400, "😀", "a,b,c,d,e,f,g", "' OR 1=1 --"])
@pytest.mark.parametrize("parameter", ["view", "columns"])
def test_nonsense_is_named_and_left_out(client: Client, parameter: str, value: str) -> None:
    document = page(client, f"/trials/?{parameter}={value}")
    assert document.h1.get_text() == "3 trials"
    notices = [notice.get_text(strip=True) for notice in document.select(".notice--warn")]
    assert 1 <= len(notices) <= 5
    assert parameter in notices[0]
    assert len(notices[0]) < 160


def test_a_past_page_of_a_table_leads_back_to_the_table(client: Client) -> None:
    publish(entry())
    response = client.get("/trials/?page=7&view=table&columns=dose")
    assert response.status_code == 404
    document = BeautifulSoup(response.content, "html.parser")
    assert document.select_one("main a.button")["href"] == "/trials/?view=table&columns=dose"


TEXTS = st.lists(st.one_of(st.text(max_size=12), st.sampled_from([*FACT_BY_SLUG, "table", "cards"])), max_size=5)


@given(view=TEXTS, columns=TEXTS)
def test_a_layout_reads_back(view: list[str], columns: list[str]) -> None:
    params = QueryDict(mutable=True)
    params.setlist("view", [text.encode("utf-8", "ignore").decode() for text in view])
    params.setlist("columns", [text.encode("utf-8", "ignore").decode() for text in columns])
    layout, _notices = read_layout(params)
    again = QueryDict(mutable=True)
    for name, value in layout.pairs():
        again.appendlist(name, value)
    assert read_layout(again) == (layout, [])


def test_the_usual_layout_has_no_parameters() -> None:
    assert CARDS.pairs() == []
    assert read_layout(QueryDict("view=cards"))[0] == CARDS
    usual = "&".join(f"columns={slug}" for slug in DEFAULT_COLUMNS)
    assert read_layout(QueryDict(f"view=table&{usual}"))[0] == Layout("table")


def test_words_that_no_list_knows_do_not_break_a_fact() -> None:
    strange = dict.fromkeys(("overall_status", "study_type", "sponsor_class", "allocation", "masking"), "NEW_WORD")
    document = StudyDocument(
        nct_id="NCT90000001",
        **strange,
        who_masked=["NEW_WORD"],
        age_groups=["NEW_WORD"],
        phases=["NEW_WORD"],
        cell_types=["tregs"],
        diseases=["gout"],
        registration="new-word",
        start_date="no date",
        card={field.slug: ["<b>strange</b>"] for field in FIELDS},
    )
    for fact in FACTS:
        assert all(isinstance(value, str) for value in answer(fact, document).values)
    assert answer(FACT_BY_SLUG["status"], document).values == ("New word",)


def test_queries_of_a_table(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    publish(*(entry() for _ in range(30)))
    client.get("/trials/?view=table")
    with django_assert_num_queries(2):
        client.get("/trials/?view=table&page_size=200&columns=dose,sponsor")
