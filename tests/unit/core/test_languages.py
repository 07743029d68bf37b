"""The language of an address, and the language of parts of a page."""

from __future__ import annotations

import datetime as dt

import pytest
from django.template import Context, Template
from django.utils import translation

from apps.core.languages import (
    RegistryText,
    day_words,
    english,
    english_html,
    html_of,
    in_language,
    month_words,
    path_language,
    without_language,
)


@pytest.mark.parametrize(
    ("path", "language", "rest"),
    [
        ("/", "en", "/"),
        ("/trials/", "en", "/trials/"),
        ("/es/", "es", "/"),
        ("/es/trials/NCT1/", "es", "/trials/NCT1/"),
        ("/es", "es", ""),
        # None of these names a language that we have.
        ("/en/", "en", "/en/"),
        ("/fr/", "en", "/fr/"),
        ("/ES/", "en", "/ES/"),
        ("/es-mx/", "en", "/es-mx/"),
        ("/essays/", "en", "/essays/"),
        ("//es/", "en", "//es/"),
        ("", "en", ""),
        ("es/", "en", "es/"),
        ("/\x00/", "en", "/\x00/"),
    ],
)
def test_the_path_names_the_language(path: str, language: str, rest: str) -> None:
    assert path_language(path) == language
    assert without_language(path) == rest


def test_an_address_in_a_language() -> None:
    assert in_language("/trials/?q=a") == "/trials/?q=a"
    assert in_language("/trials/", "es") == "/es/trials/"
    with translation.override("es"):
        assert in_language("/") == "/es/"
        assert in_language("/", "en") == "/"


def test_what_the_registry_wrote_is_marked_where_the_page_speaks_another_language() -> None:
    text = RegistryText("A <b> & c")
    page = Template("{% load language %}<p{% english %}>{{ text }}</p><i title='{{ text|plain }}'>")
    assert html_of(text) == "A &lt;b&gt; &amp; c"
    assert page.render(Context({"text": text})) == "<p>A &lt;b&gt; &amp; c</p><i title='A &lt;b&gt; &amp; c'>"
    with translation.override("es"):
        assert html_of(text) == '<span lang="en">A &lt;b&gt; &amp; c</span>'
        assert html_of("A <b>") == "A &lt;b&gt;"
        assert html_of(RegistryText("")) == ""
        assert page.render(Context({"text": text})) == (
            '<p lang="en"><span lang="en">A &lt;b&gt; &amp; c</span></p><i title=\'A &lt;b&gt; &amp; c\'>'
        )
        assert english_html("<p>a</p>") == '<div lang="en"><p>a</p></div>'
        assert english_html("") == ""
    assert english() == ""


def test_a_text_of_the_registry_is_a_string_like_any_other() -> None:
    text = RegistryText("Alpha")
    assert text == "Alpha"
    assert {text: 1}["Alpha"] == 1
    assert f"{text}, beta" == "Alpha, beta"
    assert type(str(text)) is str


def test_days_and_months_as_a_language_writes_them() -> None:
    day = dt.date(2026, 5, 3)
    assert (day_words(day), month_words(day)) == ("3 May 2026", "May 2026")
    with translation.override("es"):
        assert (day_words(day), month_words(day)) == ("3 de mayo de 2026", "mayo de 2026")
