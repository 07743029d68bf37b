"""The texts of a row, the pager, and that nothing reaches the page unescaped."""

from __future__ import annotations

import datetime as dt

import pytest
from bs4 import BeautifulSoup

from apps.search.selectors import FacetValue
from apps.web.views import markup, rows
from apps.web.views.facets import Group, Section
from apps.web.views.rows import Row


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("2026-05-03", "3 May 2026"),
        ("2026-05", "May 2026"),
        ("2026", "2026"),
        ("", "not stated"),
        ("spring 2026", "spring 2026"),
    ],
)
def test_dates_keep_their_precision(raw: str, words: str) -> None:
    assert rows.partial_date(raw) == words


@pytest.mark.parametrize(
    ("count", "kind", "words"),
    [
        (None, "", "Number of people not stated"),
        (0, "ACTUAL", "0 people"),
        (1, "ACTUAL", "1 person"),
        (1, "ESTIMATED", "1 person planned"),
        (1500, "ESTIMATED", "1,500 people planned"),
        (24, "", "24 people"),
    ],
)
def test_people(count: int | None, kind: str, words: str) -> None:
    assert rows.people(count, kind) == words


@pytest.mark.parametrize(
    ("places", "countries", "words"),
    [
        (0, [], "Place not stated"),
        (1, ["DE"], "1 place in Germany"),
        (0, ["DE"], "in Germany"),
        (9, ["DE", "FR", "IT", "ES"], "9 places in Germany, France, Italy and 1 more country"),
        (9, ["DE", "FR", "IT", "ES", "PL"], "9 places in Germany, France, Italy and 2 more countries"),
        (2, ["Former Yugoslavia"], "2 places in Former Yugoslavia"),
    ],
)
def test_where(places: int, countries: list[str], words: str) -> None:
    assert rows.where(places, countries) == words


def test_what_is_given() -> None:
    assert rows.given([]) == ("The record names no intervention.", "")
    assert rows.given(["MSC", "Placebo"]) == ("MSC, Placebo", "")
    assert rows.given(list("abcdef")) == ("a, b, c, d", "and 2 more")
    assert len(rows.given(["cells " * 100])[0]) <= 180


@pytest.mark.parametrize(
    ("raw", "status", "told"),
    [
        ("2022-07-29", "RECRUITING", ("changed 29 July 2022, 4 years ago", True)),
        ("2026-07-29", "RECRUITING", ("changed 29 July 2026", False)),
        ("2022-07-29", "COMPLETED", ("changed 29 July 2022", False)),
        ("last spring", "RECRUITING", ("changed last spring", False)),
        ("", "RECRUITING", ("Last change not stated", False)),
    ],
)
def test_the_age_of_a_record_is_told_where_it_says_that_people_can_join(
    raw: str, status: str, told: tuple[str, bool]
) -> None:
    words, age = rows._changed("en", raw, status, "", dt.date(2026, 11, 22))
    assert (words, bool(age)) == told


@pytest.mark.parametrize(
    ("page", "pages", "shown"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (1, 40, [1, 2, 3, None, 40]),
        (20, 40, [1, None, 18, 19, 20, 21, 22, None, 40]),
        (4, 7, [1, 2, 3, 4, 5, 6, 7]),
        (40, 40, [1, None, 38, 39, 40]),
    ],
)
def test_pager(page: int, pages: int, shown: list[int | None]) -> None:
    made = rows.pager(page, pages, lambda number: f"/{number}")
    assert [number for number, _ in made.pages] == shown
    assert (page, "") in made.pages
    assert bool(made.previous) == (page > 1)
    assert bool(made.next) == (page < pages)


def test_nothing_is_printed_unescaped() -> None:
    bad = "<i>\"'&"
    row = Row(bad, bad, bad, bad, bad, [(bad, bad)], bad, bad, bad, bad, bad, bad, bad, card=[(bad, bad)])
    document = BeautifulSoup(markup.trial_rows([row]), "html.parser")
    assert not document.find("i")
    assert document.a["href"] == bad
    assert document.a.get_text() == bad
    assert document.get_text().count("<i>") == 13
    value = FacetValue(bad, bad, 3, True)
    group = Group(bad, bad, True, [value], [value], bad, 9, bad)
    for html in (markup.facets([group]), markup.sections([Section("x", bad, "", [group])])):
        facets = BeautifulSoup(html, "html.parser")
        assert not facets.find("i")
        assert facets.input["value"] == bad
        assert facets.select_one("a.option__count")["href"].startswith(bad)
        assert facets.select_one("p.more a")["href"] == bad
        assert facets.input.has_attr("checked")
        assert facets.get_text().count("<i>") >= 3
