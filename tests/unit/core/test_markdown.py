"""The registry's texts as safe HTML."""

from __future__ import annotations

import html
import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core import markdown
from apps.core.markdown import Mark, plain_marked, plain_text, render_markdown, render_marked

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


def marked(text: str, *words: str) -> str:
    marks = [Mark(text.index(word), text.index(word) + len(word), f"m-{i}") for i, word in enumerate(words)]
    return render_marked(text, marks)


def test_words_are_marked_in_a_paragraph_and_in_a_list() -> None:
    text = "Cells from bone marrow.\n\n* into a vein\n* twice"
    assert marked(text, "bone marrow", "twice") == (
        '<p>Cells from <mark id="m-0">bone marrow</mark>.</p>\n<ul>\n<li>into a vein</li>\n'
        '<li><mark id="m-1">twice</mark></li>\n</ul>'
    )


def test_a_mark_over_several_lines_is_one_element_a_line_with_one_id() -> None:
    text = "* into a vein\n* twice\n1. as said\nlast"
    shown = marked(text, text)
    words = [mark.get_text() for mark in BeautifulSoup(shown, "html.parser").select("mark")]
    assert words == ["into a vein", "twice", "as said", "last"]
    assert shown.count("id=") == 1
    assert re.sub("</?mark[^>]*>", "", shown) == render_markdown(text)


def test_a_backslash_stays_with_its_sign() -> None:
    text = r"EDSS \>= 3 and \<= 6"
    assert marked(text, ">= 3", "<= 6") == (
        '<p>EDSS <mark id="m-0">&gt;= 3</mark> and <mark id="m-1">&lt;= 6</mark></p>'
    )
    assert plain_marked(text, [Mark(6, 10, "a")]) == 'EDSS <mark id="a">&gt;= 3</mark> and &lt;= 6'
    assert plain_marked(text, [Mark(0, 6, "a")]) == '<mark id="a">EDSS </mark>&gt;= 3 and &lt;= 6'


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("see [the leaflet](https://example.org) for more", "the leaflet](https"),
        ("see [the leaflet](https://example.org/page) for more", "org/page"),
        ('see [the leaflet](https://example.org "a > b words") for more', "words"),
        ("see [the leaflet](https://example.org) for more", "leaflet](https://example.org) for"),
        ("before &lt; after", "lt; after"),
        ("\ue000before\ue001 after", "after"),
    ],
)
def test_where_a_mark_would_change_the_text_its_id_stands_before_it(text: str, word: str) -> None:
    assert marked(text, word) == '<span id="m-0"></span>' + render_markdown(text)


def test_an_empty_line_between_marks_loses_no_id() -> None:
    assert render_marked("a\n\nb", [Mark(1, 2, "m-0"), Mark(3, 4, "m-1")]) == (
        '<span id="m-0"></span><p>a</p>\n<p><mark id="m-1">b</mark></p>'
    )


SIGNS = st.text("ab \n\n*-+1.)\\<>&[](){}\"'lt;#/:•\ue000", max_size=40)


@given(SIGNS, st.lists(st.integers(0, 40), min_size=2, max_size=6))
@settings(max_examples=400)
def test_marks_add_nothing_but_themselves(text: str, ends: list[int]) -> None:
    ends = sorted({min(end, len(text)) for end in ends})
    marks = [Mark(low, high, f"m-{low}") for low, high in zip(ends[::2], ends[1::2], strict=False)]
    for plain, shown in (
        (render_markdown(text), render_marked(text, marks)),
        (html.escape(plain_text(text)), plain_marked(text, marks)),
    ):
        unmarked = re.sub(r'</?mark(?: id="m-\d+")?>|<span id="m-\d+"></span>', "", shown)
        assert html.unescape(unmarked) == html.unescape(plain)
        assert sorted(re.findall(r'id="(m-\d+)"', shown)) == sorted(mark.id for mark in marks)
        soup = BeautifulSoup(shown, "html.parser")
        assert {tag.name for tag in soup.find_all()} <= ALLOWED | {"mark", "span"}
        assert {name for tag in soup.select("mark, span") for name in tag.attrs} <= {"id"}
