"""The public page of decisions: both words with the reason, nobody's name, and nonsense in its parameter."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from apps.curation.models import StudyOverride
from tests.factories.documents import entry, publish

pytestmark = pytest.mark.django_db

NCT = "NCT90000001"
AT = dt.datetime(2026, 3, 4, 5, 6, tzinfo=dt.UTC)


def override(nct_id: str = NCT, **changes: Any) -> StudyOverride:
    values = {
        "nct_id": nct_id,
        "field": "source",
        "values": ["adipose"],
        "said_then": ["bone-marrow"],
        "said_now": ["bone-marrow"],
        "standing": "in-force",
        "reason": "The arms name <fat> tissue.",
        "by": "ada@example.org",
        "at": AT,
        "version": 1,
    }
    return StudyOverride.objects.create(**(values | changes))


def soup(client: Client, query: str = "") -> BeautifulSoup:
    answer = client.get(f"/decisions/{query}")
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def test_without_decisions_it_says_so(client: Client) -> None:
    publish(entry(NCT, scope="out"), entry("NCT90000002", scope="review"), entry("NCT90000003", scope="review"))
    text = soup(client).get_text(" ")
    assert "No decision stands against" in text
    assert "1 trial that we do not follow" in text
    assert "2 trials wait for a person" in " ".join(text.split())


def test_a_decision_has_both_words_and_its_reason_and_nobodys_name(client: Client) -> None:
    publish(entry(NCT, title="Cells & hope"))
    override()
    page = soup(client)
    article = page.select_one("article")
    words = article.get_text(" ")
    for part in ("Cells & hope", "Fat tissue", "Bone marrow", "The arms name <fat> tissue.", "4 March 2026"):
        assert part in words
    assert article.a["href"] == f"/trials/{NCT}/#decided"
    assert "ada@example.org" not in str(page)


def test_what_the_record_agrees_with_is_no_decision_against_it(client: Client) -> None:
    publish(entry(NCT))
    override(standing="agreed", said_now=["adipose"])
    assert soup(client).select("article") == []


def test_a_changed_record_is_told(client: Client) -> None:
    publish(entry(NCT))
    override(standing="reopened", said_now=["placenta"], moved_at=AT)
    assert "a person is looking again" in soup(client).select_one("article").get_text()


def test_pages_of_fifty_at_a_constant_cost(client: Client, django_assert_max_num_queries: Any) -> None:
    publish(*(entry(f"NCT900001{number:02}") for number in range(60)))
    for number in range(60):
        override(f"NCT900001{number:02}")
    with django_assert_max_num_queries(10):
        assert len(soup(client).select("article")) == 50
    assert len(soup(client, "?page=2").select("article")) == 10


@pytest.mark.parametrize(
    ("query", "status"),
    [("?page=0", 404), ("?page=3", 404), ("?page=999999", 404), ("?page=x", 200), ("?page=%00", 200), ("?page=-1", 200),
     ("?page=²", 200), ("?page=99999999999999999999", 200), ("?page=", 200), ("?x=1", 200)],
)  # fmt: skip
def test_nonsense(client: Client, query: str, status: int) -> None:
    assert client.get(f"/decisions/{query}").status_code == status


def test_it_can_only_be_read(client: Client) -> None:
    assert client.post("/decisions/").status_code == 405
