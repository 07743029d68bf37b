"""Decisions as a spreadsheet: whatever is written out is read back, and what is no such file says so."""

from __future__ import annotations

import csv
import datetime as dt
import io
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.curation.decisions import TEXTS
from apps.curation.models import StudyOverride
from apps.desk.spreadsheet import COLUMNS, MOST_BYTES, MOST_ROWS, Unreadable, read, written
from apps.exports.cells import FORMULA_STARTS

on_any_machine = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

HEAD = ",".join(COLUMNS)
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
TEXT = st.text(
    st.one_of(st.characters(codec="utf-8", exclude_characters="\x00"), st.sampled_from("'=+-@|\\;,\"\r\n\t"))
)
# As the rules of decisions leave them: without margins, no value empty.
STRIPPED = TEXT.map(str.strip)
VALUE = STRIPPED.filter(bool)
DECISIONS = st.one_of(
    st.tuples(st.sampled_from(sorted(TEXTS)), st.tuples(VALUE)),
    st.tuples(st.sampled_from(["disease", "dose", "scope"]), st.lists(VALUE, max_size=4).map(tuple)),
)


def override(field: str, values: tuple[str, ...], reason: str, source: str, version: int = 7) -> StudyOverride:
    return StudyOverride(
        nct_id="NCT90000001", field=field, values=list(values), reason=reason, source=source, version=version,
        by="=ada@example.org", at=NOW, standing="in-force", said_now=["=1+1"],
    )  # fmt: skip


@on_any_machine
@given(st.lists(st.tuples(DECISIONS, VALUE, STRIPPED, st.integers(1, 10**17)), min_size=1, max_size=5))
def test_what_is_written_is_read_back(told: list) -> None:
    given_ones = [override(*decision, reason, source, version) for decision, reason, source, version in told]
    wishes = read(b"".join(written(given_ones)))
    assert [(w.row, w.nct_id, w.do, w.wrong) for w in wishes] == [
        (number, "NCT90000001", "decide", "") for number in range(2, len(told) + 2)
    ]
    assert [(w.field, list(w.values), w.reason, w.source, w.version) for w in wishes] == [
        (o.field, o.values, o.reason, o.source, o.version) for o in given_ones
    ]


@on_any_machine
@given(DECISIONS, VALUE, STRIPPED)
def test_no_cell_is_a_formula(decision: tuple, reason: str, source: str) -> None:
    content = b"".join(written([override(*decision, reason, source)])).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(content, newline="")):
        assert not [cell for cell in row if cell.startswith(tuple(FORMULA_STARTS))]


@on_any_machine
@given(DECISIONS, VALUE, STRIPPED)
def test_excel_where_the_comma_is_for_decimals_comes_back_too(decision: tuple, reason: str, source: str) -> None:
    rows = list(csv.reader(io.StringIO(b"".join(written([override(*decision, reason, source)])).decode(), newline="")))
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(rows)
    [wish] = read(text.getvalue().encode())
    assert (wish.field, wish.values, wish.reason, wish.source) == (*decision, reason, source)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "lacks nct_id"),
        (b"\n\n", "lacks nct_id"),
        (b"PK\x03\x04 a workbook", "workbook"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "workbook"),
        (f"{HEAD}\nNCT90000001,disease".encode("utf-16"), "UTF-16"),
        (f"{HEAD}\nNCT90000001,disease".encode("utf-16-le"), "no text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no text"),
        (f"{HEAD}\nNCT90000001,plain_title,Jos\xe9,So.".encode("latin-1"), "Line 2 is not in UTF-8"),
        (b"nct_id,field,values\nNCT90000001,disease,x", "lacks reason"),
        (b"nct_id,field,values,reason,colour\n", "mean nothing here: colour"),
        (b"nct_id,field,values,reason,reason\nNCT90000001", "twice"),
        (HEAD.encode(), "no row"),
        (f"{HEAD}\n,,,,,\n".encode(), "no row"),
        (f"{HEAD}\n".encode() + b"x\n" * 1_000_000, f"more than {MOST_ROWS} rows"),
        (b"x" * (MOST_BYTES + 1), "larger than 8 megabytes"),
        (f"{HEAD}\nNCT90000001,disease,{'x' * 200_000},So.".encode(), "no CSV file"),
        (b'{"nct_id": "NCT90000001"}', "lacks nct_id"),
    ],
)
def test_what_is_no_such_file_says_so(content: bytes, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        read(content)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("NCT90000001,disease,x,So.,,,,,,1.5,", "version"),
        ("NCT90000001,disease,x,So.,,,,,,-1,", "version"),
        ("NCT90000001,disease,x,So.,,,,,,9999999999999999999999,", "version"),
        ("NCT90000001,disease,x,So.,,,,,,1,burn", "do"),
        ("NCT90000001,disease,x,So.,,,,,,1,,more", "more cells"),
        ("NCT90000001,disease", "breaks off"),
    ],
)
def test_a_row_that_cannot_be_meant_is_told_and_the_others_are_read(row: str, told: str) -> None:
    first, second = read(f"{HEAD}\n{row}\n\nNCT90000002,disease,,So.\n".encode())
    assert told in first.wrong
    assert (second.row, second.wrong, second.values, second.version) == (4, "", (), 0)


@on_any_machine
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for attempt in (content, HEAD.encode() + b"\n" + content):
        with suppress(Unreadable):
            assert read(attempt)
