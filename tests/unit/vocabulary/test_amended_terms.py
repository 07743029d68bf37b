"""Changes over the files of terms: what they add is found, what they take out is not, no release stumbles."""

from __future__ import annotations

import threading

import pytest

from apps.vocabulary.terms import (
    ADD,
    EXACT,
    PHRASES,
    READ_TOGETHER,
    REMOVE,
    Amendments,
    Change,
    TermFinder,
    amended,
    card_finder,
    finder,
    finders_of,
    groups_of_files,
    terms_version,
)

TEXT = "Multiple sclerosis, or sclerosis of the many places (SMP), by vein-ward drip."
MS = "multiple-sclerosis"


def found(text: str = TEXT) -> set[tuple[str, str]]:
    return {(hit.group, text[hit.start : hit.end]) for hit in finder().find(text)}


def under(*changes: Change) -> Amendments:
    return Amendments(changes, len(changes))


def test_what_is_added_is_found_and_found_no_more_afterwards() -> None:
    before = found()
    with amended(under(Change(ADD, MS, PHRASES, "sclerosis of the many place"), Change(ADD, MS, EXACT, "SMP"))):
        assert found() - before == {(MS, "sclerosis of the many places"), (MS, "SMP")}
        assert terms_version() == 2
        assert "SMP" not in {quote for _group, quote in found("smp")}  # an abbreviation keeps its capitals
    assert (found(), terms_version()) == (before, 0)


def test_what_is_taken_out_is_not_found() -> None:
    with amended(under(Change(REMOVE, MS, PHRASES, "multiple sclerosis"), Change(REMOVE, MS, EXACT, "RRMS"))):
        assert not found("Multiple sclerosis (RRMS)")
        assert found("Disseminated sclerosis")
    assert found("Multiple sclerosis (RRMS)") == {(MS, "Multiple sclerosis"), (MS, "RRMS")}


def test_spellings_stand_for_words_of_added_phrases_too() -> None:
    with amended(under(Change(ADD, MS, PHRASES, "rheumatoid sclerosis"))):
        assert (MS, "rhumatoid-sclerosis") in found("A rhumatoid-sclerosis")


def test_cards_are_amended_by_their_file() -> None:
    change = Change(ADD, "routes/route.intravenous", PHRASES, "wardwise drip")
    with amended(under(change)):
        for names in (("routes",), READ_TOGETHER):
            assert [hit.group for hit in card_finder(*names).find("a wardwise drip")] == ["route.intravenous"]
        assert card_finder("gates") is not None
    assert not list(card_finder("routes").find("a wardwise drip"))


def test_one_change_inside_another_ends_where_it_ends() -> None:
    one, two = (Change(ADD, MS, PHRASES, phrase) for phrase in ("sclerosis of the many places", "vein ward drip"))
    with amended(under(one)):
        with amended(under(one, two)):
            assert (MS, "vein-ward drip") in found()
        assert (MS, "vein-ward drip") not in found()
        with pytest.raises(ZeroDivisionError), amended(under(two)):
            raise ZeroDivisionError
        assert (MS, "sclerosis of the many places") in found()


def test_another_thread_knows_nothing_of_it() -> None:
    seen: list[int] = []
    with amended(under(Change(ADD, MS, PHRASES, "vein ward drip"))):
        thread = threading.Thread(target=lambda: seen.append(terms_version()))
        thread.start()
        thread.join()
    assert seen == [0]


@pytest.mark.parametrize(
    "change",
    [
        Change(ADD, "no-such-group", PHRASES, "vein ward drip"),
        Change(ADD, "routes/no.such", PHRASES, "vein ward drip"),
        Change(ADD, "no-such-file/route.intravenous", PHRASES, "vein ward drip"),
        Change(REMOVE, "no-such-group", PHRASES, "multiple sclerosis"),
        Change(REMOVE, MS, PHRASES, "a phrase that it lacks"),
        Change(REMOVE, MS, EXACT, "multiple sclerosis"),
    ],
)
def test_what_the_files_no_longer_have_does_nothing(change: Change) -> None:
    before = found()
    with amended(under(change)):
        assert found() == before
        assert list(card_finder("routes").find("by vein"))


def test_an_addition_gives_way_to_the_files() -> None:
    """A later release may have taken the phrase into another group: the files win, and nothing stops."""
    taken = TermFinder(
        {"a": {"phrases": ["stem cell"], "exact": ["SC"]}, "b": {}},
        {},
        [
            ("b", "phrases", "stem cells"),
            ("b", "exact", "SC"),
            ("a", "phrases", "stem cell"),
            ("b", "phrases", "graft"),
        ],
    )
    assert [hit.group for hit in taken.find("stem cells, SC, graft")] == ["a", "a", "b"]
    assert taken.claimed == {
        ("b", "phrases", "stem cells"): "a",
        ("b", "exact", "SC"): "a",
        ("a", "phrases", "stem cell"): "a",
    }


def test_every_group_of_every_file_has_its_finders() -> None:
    groups = groups_of_files()
    assert {MS, "routes/route.intravenous", "product/donor.autologous", "design/donor.autologous"} <= set(groups)
    assert len(finders_of(MS)) == len(finders_of("gates/" + "x")) == 1
    assert len(finders_of("routes/route.intravenous")) == 2


def test_the_same_changes_are_built_once() -> None:
    changes = under(Change(ADD, MS, PHRASES, "vein ward drip"))
    with amended(changes):
        first = finder()
    with amended(Amendments(changes.changes, 9)):
        assert finder() is first
        assert terms_version() == 9
