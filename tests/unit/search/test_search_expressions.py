"""What is typed becomes a tree, and what cannot be read is told with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.search.expressions import (
    MAX_LEAVES,
    All,
    Either,
    ExpressionError,
    Leaf,
    Node,
    Not,
    leaves,
    parse,
    wanted,
)


def told(tree: Node | None) -> object:
    """The tree in brackets: words as texts, phrases in quotation marks, fields before a colon."""
    if isinstance(tree, Leaf):
        text = f'"{tree.text}"' if tree.phrase else tree.text
        return f"{tree.field}:{text}" if tree.field else text
    if isinstance(tree, Not):
        return ("not", told(tree.part))
    if isinstance(tree, All):
        return ("all", *(told(part) for part in tree.parts))
    if isinstance(tree, Either):
        return ("either", *(told(part) for part in tree.parts))
    return None


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("lupus", "lupus"),
        ("lupus nephritis", ("all", "lupus", "nephritis")),
        ("lupus AND nephritis", ("all", "lupus", "nephritis")),
        ("salt and pepper", ("all", "salt", "and", "pepper")),
        ('"umbilical cord" or placenta', ("either", '"umbilical cord"', "placenta")),
        ("a b OR c d", ("either", ("all", "a", "b"), ("all", "c", "d"))),
        ("lupus -children", ("all", "lupus", ("not", "children"))),
        ("lupus --children", ("all", "lupus", ("not", "children"))),
        ("“umbilical cord” OR „Zellen“", ("either", '"umbilical cord"', '"Zellen"')),
        ("lupus NOT children", ("all", "lupus", ("not", "children"))),
        ("-(a OR b) c", ("all", ("not", ("either", "a", "b")), "c")),
        ("Wharton's-jelly UC-MSC", ("all", "Wharton's-jelly", "UC-MSC")),
        ('title:lupus sponsor:"Test University"', ("all", "title:lupus", 'sponsor:"Test University"')),
        ("TITLE:lupus", "title:lupus"),
        ("-country:Spain", ("not", "country:Spain")),
        ("NOT", "NOT"),
        ("- lupus", "lupus"),
        ("ratio 1:2 http://example.org CD34:CD3", ("all", "ratio", "1:2", "http://example.org", "CD34:CD3")),
        ("OR lupus OR", "lupus"),
        ("()", None),
        ("“” … !", None),
        ("   ", None),
        ("", None),
    ],
)
def test_text_is_read(text, tree):
    assert told(parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ('lupus "umbilical cord', 6, "quotation mark"),
        ("(lupus", 0, "not closed"),
        ("lupus) nephritis", 5, "closes nothing"),
        ("titel:lupus", 0, "title, condition"),
        ("lupus title: nephritis", 11, "follow the colon"),
        ("title:(lupus)", 6, "follow the field"),
        ("title:-lupus(", 6, "follow the field"),
        ("(" * 40 + "a" + ")" * 40, 17, "too many brackets"),
        (" ".join("x" * (MAX_LEAVES + 1)), 0, "fewer words"),
    ],
)
def test_error_points_at_the_character(text, position, word):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.position == position
    assert word in str(caught.value.message)


def test_wanted_words_are_those_under_no_minus():
    tree = parse("a -b (c OR -d)")
    assert [leaf.text for leaf in leaves(tree)] == ["a", "b", "c", "d"]
    assert [leaf.text for leaf in wanted(tree)] == ["a", "c"]


@given(st.text(alphabet=st.sampled_from('ab -"():title ORNT\t\u00a0é'), max_size=60))
def test_any_text_is_read_or_told(text):
    position = None
    try:
        tree = parse(text)
    except ExpressionError as error:
        position, tree = error.position, None
    assert position is None or 0 <= position <= len(text)
    assert all(text[leaf.position :].lstrip('"').lstrip().startswith(leaf.text) for leaf in leaves(tree))
