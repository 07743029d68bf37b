"""The registry's texts as safe HTML."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core import markdown
from apps.core.markdown import plain_text, render_markdown

ALLOWED = {"p", "br", "ul", "ol", "li", "a"}


def shown(text: str) -> str:
    return BeautifulSoup(render_markdown(text), "html.parser").get_text()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"CDAI \<400 and \>= 1.5 x 10\^9/L", "CDAI <400 and >= 1.5 x 10^9/L"),
        (r"about \~5 \[mg\] \& more\*", "about ~5 [mg] & more*"),
        ("5.0*10^8 to 5.0*10^9 cells, **twice**", "5.0*10^8 to 5.0*10^9 cells, **twice**"),
        ("> 18 years", "> 18 years"),
        ("+ HIV", "+ HIV"),
        ("# of visits", "# of visits"),
        ("Platelets <100 x 10(9)/L. IgG <lower limit", "Platelets <100 x 10(9)/L. IgG <lower limit"),
        ("`code` _emphasis_ ![image](https://example.org/x.png)", "`code` _emphasis_ !image"),
        ("[1]: a footnote, not a definition", "[1]: a footnote, not a definition"),
        (r"incisions \&amp;lt;1 cm &amp;amp; more", "incisions <1 cm & more"),
        (r"a patient\&#39;s fear and QTc \&gt; 450 ms", "a patient's fear and QTc > 450 ms"),
    ],
)
def test_signs_stay_as_the_record_means_them(text: str, expected: str) -> None:
    assert shown(text).strip() == expected


def test_bullets_become_a_nested_list() -> None:
    soup = BeautifulSoup(render_markdown("Inclusion:\n\n* one\n\n  * deep\n* two"), "html.parser")
    assert [item.get_text(" ", strip=True) for item in soup.select("li")] == [
        "one deep",
        "deep",
        "two",
    ]


def test_older_texts_with_indented_dashes_become_a_list() -> None:
    text = "Inclusion Criteria:\n\n          -  Age 18 or\n             over\n\n          -  Relapsing disease"
    soup = BeautifulSoup(render_markdown(text), "html.parser")
    assert [item.get_text(" ", strip=True) for item in soup.select("li")] == ["Age 18 or over", "Relapsing disease"]
    assert not soup.select("pre, code")


@pytest.mark.parametrize("bullet", ["•", "●", "▪"])
def test_typed_bullets_become_a_list(bullet: str) -> None:
    soup = BeautifulSoup(render_markdown(f"{bullet}First\n{bullet} Second"), "html.parser")
    assert [item.get_text() for item in soup.select("li")] == ["First", "Second"]


def test_a_numbered_list_keeps_its_first_number() -> None:
    assert '<ol start="4">' in render_markdown("4. Fourth\n5. Fifth")


def test_lines_stay_lines() -> None:
    assert render_markdown("Age 18\nInformed consent\n\nOther") == "<p>Age 18<br>\nInformed consent</p>\n<p>Other</p>"


def test_links_are_not_followed_by_search_engines() -> None:
    link = BeautifulSoup(render_markdown("[the plan](https://example.org/plan)"), "html.parser").a
    assert link["href"] == "https://example.org/plan"
    assert set(link["rel"]) == {"nofollow", "noopener"}


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "* <img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1) 'y')",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        "\\<svg onload=alert(1)\\>",
        "&lt;script&gt;alert(1)&lt;/script&gt; \\*",
        '[x](https://example.org/"onmouseover="alert(1))',
        "[a](<https://example.org> 'x\" onclick=\"y')",
        "1. <iframe srcdoc='<script>alert(1)</script>'>",
        "<!-- --><style>*{display:none}</style>",
    ],
)
def test_nothing_that_acts_comes_through(text: str) -> None:
    soup = BeautifulSoup(render_markdown(text), "html.parser")
    assert {tag.name for tag in soup.find_all(True)} <= ALLOWED
    for tag in soup.find_all(True):
        assert set(tag.attrs) <= {"href", "title", "rel", "start"}
        assert re.match(r"(?:https?:|mailto:|$)", tag.get("href", ""))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("*-+>#[]()<>`_~\\&;:/!|=1.9)\n\t abcé•\x00\ud800"), max_size=80))
def test_nonsense_never_raises_and_stays_within_the_few_tags(text: str) -> None:
    soup = BeautifulSoup(render_markdown(text), "html.parser")
    assert {tag.name for tag in soup.find_all(True)} <= ALLOWED


def test_deep_nesting_does_not_raise() -> None:
    assert "x" in shown("".join("  " * depth + "* x\n" for depth in range(400)))
    assert shown("[" * 5000 + "x").endswith("x")


def test_a_text_that_trips_the_reader_is_shown_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> str:
        raise IndexError(text)

    monkeypatch.setattr(markdown._READER, "render", fail)
    assert render_markdown("* a <b> text that no other test renders") == (
        "<p>* a &lt;b&gt; text that no other test renders</p>"
    )


def test_a_text_beyond_any_limit_is_shown_whole() -> None:
    text = "* word\n" * (markdown.MAX_LENGTH // 7 + 1)
    assert shown(text).count("word") == text.count("word")


def test_empty_texts_give_nothing() -> None:
    assert render_markdown("") == render_markdown(" \n\n ") == ""


def test_plain_text_takes_escapes_and_entities_away() -> None:
    assert plain_text(r"\&amp;lt;1 &amp; 2 \& 3") == "<1 & 2 & 3"
    assert plain_text(r"CSR\_Redacted \<5 Children&#39;s C:\temp") == r"CSR_Redacted <5 Children's C:\temp"
