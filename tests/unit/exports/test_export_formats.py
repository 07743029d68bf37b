"""The same rows in every format, read back by programs that are not ours."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace

import bibtexparser
import pytest
import rispy
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from apps.exports.cells import FORMULA_STARTS, flat, harmless, join, split
from apps.exports.columns import COLUMNS, NAMES
from apps.exports.formats import FORMATS, workbook
from apps.search.documents import TEXT_LIMITS, DocumentEntry
from apps.search.models import StudyDocument
from apps.vocabulary.cards import FIELDS
from tests.factories.documents import entry, publish
from tests.unit.exports.readers import (
    csv_rows,
    from_cells,
    jsonl_rows,
    parquet_rows,
    parquet_table,
    sheet,
    taken,
    xlsx_rows,
)

LIMIT = "severity: 1 of esr>28mm/h, crp>2.0mg/dl; group: A | B"
HOSTILE = [
    '=HYPERLINK("http://example.org","x")',
    "+1+1",
    "-65",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "'=already",
    "|a|b|",
    "back\\slash and | bar",
    'quote " and, comma; semicolon',
    "two\nlines",
    "<b>&amp;</b>",
    "_x0041_ is no escape",
    "http://example.org/",
    "00123",
    "1e5",
    "TRUE",
    "naïve 干细胞 🧬 e\u0301",
    "\u2028\u2029\u0085",
    "{unbalanced \\ $ % & # _ ~ ^",
]


def number(text: str) -> str:
    """The trial whose title is this text."""
    return f"NCT9000{HOSTILE.index(text) + 100:04d}"


@pytest.fixture
def many_kinds(db: None) -> None:
    """Rows with everything that a value can be: missing, hostile, long, many."""
    card = {field.slug: [next(iter(field.words))] if field.words else ["-65", "1e6/kg"] for field in FIELDS}
    publish(
        entry(
            "NCT90000001",
            card=card,
            doubts=["dose", "age"],
            qualified_limits=[LIMIT],
            countries=["ES", "Former Yugoslavia"],
            acronym="ALPHA",
        ),
        entry(
            "NCT90000002",
            phases=[],
            card={},
            enrollment=None,
            enrollment_type="",
            sponsor="",
            start_date="",
            first_posted="",
            primary_completion_date="",
            cell_types=["hsc", "msc"],
            countries=[],
            has_results=True,
            location_count=0,
        ),
        *(
            entry(
                number(text),
                title=text,
                conditions=[text, "plain", text],
                interventions=HOSTILE,
                sponsor=text,
                enrollment=0,
                last_update_posted=f"2024-01-{place + 1:02d}",
            )
            for place, text in enumerate(HOSTILE)
        ),
        entry("NCT90000003", scope="review", reasons=["Not clear | why.", "=Really."]),
        entry("NCT90000004", scope="out", diseases=[], cell_types=[], registry_state="gone"),
    )


@pytest.mark.usefixtures("many_kinds")
@pytest.mark.parametrize("query", ["", "?scope=all&sort=nct_id", "?q=cells", "?cell_type=hsc&sort=-enrollment"])
def test_every_format_has_the_same_cells(client: Client, query: str) -> None:
    expected = jsonl_rows(taken(client, f"/trials/export.jsonl{query}"))
    assert expected
    assert all(tuple(row) == NAMES for row in expected)
    from_csv = csv_rows(taken(client, f"/trials/export.csv{query}"))
    assert tuple(from_csv[0]) == NAMES
    assert [from_cells(row) for row in from_csv] == expected
    body = taken(client, f"/trials/export.xlsx{query}")
    assert sheet(body)[0] == NAMES
    assert [from_cells(row) for row in xlsx_rows(body)] == expected
    body = taken(client, f"/trials/export.parquet{query}")
    assert tuple(parquet_table(body).column_names) == NAMES
    assert parquet_rows(body) == expected


@pytest.mark.usefixtures("many_kinds")
def test_the_values_are_those_that_were_published(client: Client) -> None:
    rows = {row["nct_id"]: row for row in jsonl_rows(taken(client, "/trials/export.jsonl?scope=all"))}
    assert rows["NCT90000100"]["title"] == HOSTILE[0]
    assert rows["NCT90000100"]["interventions"] == HOSTILE
    assert rows["NCT90000100"]["enrollment"] == 0
    assert rows["NCT90000001"]["age"] == ["-65", "1e6/kg"]
    assert rows["NCT90000001"]["conditioning"] == ["beam-atg"]
    assert rows["NCT90000001"]["doubts"] == ["dose", "age"]
    assert rows["NCT90000001"]["qualified_limits"] == [LIMIT]
    assert rows["NCT90000002"]["qualified_limits"] == []
    assert rows["NCT90000002"]["enrollment"] is rows["NCT90000002"]["sponsor"] is None
    assert rows["NCT90000002"]["phases"] == rows["NCT90000002"]["dose"] == []
    assert rows["NCT90000002"]["has_results"] is True
    assert rows["NCT90000003"]["reasons"] == ["Not clear | why.", "=Really."]
    assert rows["NCT90000004"]["registry_state"] == "gone"
    assert rows["NCT90000004"]["registry_url"] == "https://clinicaltrials.gov/study/NCT90000004"


def test_each_column_of_a_document_is_a_column_of_the_table() -> None:
    # Cautions are published to readers by kind, where a person has switched it on; a column cannot tell that yet.
    apart = {"card", "cautions"}
    published = {name for name in DocumentEntry.__dataclass_fields__ if name not in TEXT_LIMITS} - apart
    missing = published - set(NAMES)
    assert not missing, f"add {missing} to apps/exports/columns.py: what is published can be taken along"
    assert {field.slug for field in FIELDS} <= set(NAMES)
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.usefixtures("many_kinds")
def test_a_document_from_before_a_column_was_tells_nothing_in_it(client: Client) -> None:
    StudyDocument.objects.filter(pk="NCT90000001").update(qualified_limits=None)
    query = "?scope=all&sort=nct_id"
    for read, kind in ((jsonl_rows, "jsonl"), (parquet_rows, "parquet")):
        assert read(taken(client, f"/trials/export.{kind}{query}"))[0]["qualified_limits"] is None
    assert csv_rows(taken(client, f"/trials/export.csv{query}"))[0]["qualified_limits"] == ""
    assert not xlsx_rows(taken(client, f"/trials/export.xlsx{query}"))[0].get("qualified_limits")
    row = client.get("/api/v1/studies/?scope=all&sort=nct_id").json()["results"][0]
    assert row["qualified_limits"] is None


@pytest.mark.usefixtures("many_kinds")
def test_types_in_parquet_and_excel(client: Client) -> None:
    schema = parquet_table(taken(client, "/trials/export.parquet")).schema
    types = {"text": "string", "integer": "int64", "boolean": "bool", "time": "timestamp[us, tz=UTC]"}
    for column in COLUMNS:
        expected = "list<element: string>" if column.kind == "list" else types[column.kind]
        assert str(schema.field(column.name).type) == expected
    rows = {row["nct_id"]: row for row in xlsx_rows(taken(client, "/trials/export.xlsx"))}
    assert type(rows["NCT90000001"]["enrollment"]) is int
    assert rows["NCT90000002"]["has_results"] is True


@pytest.mark.usefixtures("many_kinds")
def test_no_cell_of_a_spreadsheet_is_a_formula(client: Client) -> None:
    for row in csv_rows(taken(client, "/trials/export.csv?scope=all")):
        assert not [cell for cell in row.values() if cell[:1] and cell[0] in FORMULA_STARTS]
    body = taken(client, "/trials/export.xlsx?scope=all")
    for row in xlsx_rows(body):
        assert not [cell for cell in row.values() if isinstance(cell, str) and cell[0] in FORMULA_STARTS]
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        for name in parts.namelist():
            assert b"<f>" not in parts.read(name)
            assert b"hyperlink" not in parts.read(name) or name.endswith("theme1.xml")


@given(st.lists(st.text(min_size=1)))
def test_a_list_comes_back(items: list[str]) -> None:
    assert split(join(items)) == items


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r\n＝＋－＠ax1")))
def test_one_apostrophe_taken_away_gives_the_text(text: str) -> None:
    safe = harmless(text)
    assert not safe or safe[0] not in FORMULA_STARTS
    if safe != text:
        assert safe == "'" + text
    # Whoever takes one apostrophe away wherever a formula would stand after it gets every text back.
    assert re.sub(rf"^'(?='*[{re.escape(FORMULA_STARTS)}])", "", safe) == text


def test_numbers_stay_numbers() -> None:
    assert flat(-5) == -5
    assert flat(True) is True
    assert flat("") is flat(None) is flat([]) is None


def test_what_excel_cannot_hold_is_told(client: Client, db: None) -> None:
    long, wide = "x" * 40_000, "🧬" * 20_000
    publish(
        entry("NCT90000001", title=long),
        entry("NCT90000002", title=wide, sponsor="be\x07ll\x0b"),
        entry("NCT90000003", title="_x0041_", sponsor="y" * 32_767),
    )
    body = taken(client, "/trials/export.xlsx?sort=nct_id")
    first, second, third = xlsx_rows(body)
    for row, text in ((first, long), (second, wide)):
        title = row["title"]
        assert len(title.encode("utf-16-le")) // 2 <= 32_767
        assert len(title.encode("utf-16-le")) // 2 > 32_700
        kept, mark, nothing = title.partition(" … [cut for Excel]")
        assert mark
        assert not nothing
        assert text.startswith(kept)
    assert second["sponsor"] == "bell"
    assert third["sponsor"] == "y" * 32_767
    told = dict(row[:2] for row in sheet(body, "About"))
    assert told["cells_cut"] == 2
    assert told["cells_without_control_characters"] == 1
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        assert b"_x005F_x0041_" in parts.read("xl/worksheets/sheet1.xml")
    assert jsonl_rows(taken(client, "/trials/export.jsonl?sort=nct_id"))[1]["sponsor"] == "be\x07ll\x0b"
    assert csv_rows(taken(client, "/trials/export.csv?sort=nct_id"))[0]["title"] == long


def test_a_list_too_long_for_excel_is_a_sentence(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(*(entry() for _ in range(3)))
    monkeypatch.setitem(FORMATS, "xlsx", replace(FORMATS["xlsx"], most=2))
    told = taken(client, "/trials/export.xlsx", 400).decode()
    assert "3 trials" in told
    assert "CSV" in told
    assert 'export.xlsx"' not in taken(client, "/trials/").decode()
    assert 'export.csv"' in taken(client, "/trials/").decode()


@pytest.mark.usefixtures("many_kinds")
def test_ris_is_read_by_another_program(client: Client) -> None:
    records = rispy.loads(taken(client, "/trials/export.ris?scope=all&sort=nct_id").decode())
    rows = jsonl_rows(taken(client, "/trials/export.jsonl?scope=all&sort=nct_id"))
    assert [record["accession_number"] for record in records] == [row["nct_id"] for row in rows]
    by_id = {record["accession_number"]: record for record in records}
    first = by_id["NCT90000001"]
    assert first["type_of_reference"] == "DBASE"
    assert first["title"].startswith("Cells for people with multiple sclerosis")
    assert first["authors"] == ["University Hospital of Testing"]
    assert first["year"] == "2024"
    assert first["date"] == "2024/04/01/"
    assert first["urls"] == ["https://clinicaltrials.gov/study/NCT90000001"]
    assert "Multiple sclerosis" in first["keywords"]
    assert "Recruiting" in first["notes"][0]
    assert "Spain" in first["notes"][0]
    assert "no longer in the registry" in by_id["NCT90000004"]["notes"][0]
    # A text of several lines stays one field.
    assert by_id[number("two\nlines")]["title"] == "two lines"


@pytest.mark.usefixtures("many_kinds")
def test_bibtex_is_read_by_another_program(client: Client) -> None:
    body = taken(client, "/trials/export.bib?scope=all&sort=nct_id").decode()
    library = bibtexparser.parse_string(body)
    assert not library.failed_blocks
    rows = jsonl_rows(taken(client, "/trials/export.jsonl?scope=all&sort=nct_id"))
    assert [found.key for found in library.entries] == [row["nct_id"] for row in rows]
    first = library.entries_dict["NCT90000001"]
    assert first["author"] == "{University Hospital of Testing}"
    assert (first["year"], first["month"]) == ("2024", "4")
    assert first["url"] == "https://clinicaltrials.gov/study/NCT90000001"
    odd = library.entries_dict[number(HOSTILE[-1])]["title"]
    assert odd == (r"{\textbraceleft{}unbalanced \textbackslash{} \$ \% \& \# \_ \textasciitilde{} \textasciicircum{}}")
    assert body.startswith("% trialtracker")


@pytest.mark.usefixtures("many_kinds")
def test_each_file_says_what_it_is(client: Client) -> None:
    path = "?cell_type=hsc&page=7&page_size=3"
    told = json.loads(taken(client, f"/trials/about.json{path}"))
    assert told["title"] == "1 HSC trial"
    assert told["rows"] == 1
    assert told["query_url"] == "http://localhost:8000/trials/?cell_type=hsc"
    assert told["dataset_version"] > 0
    about = {row[0]: row[1] for row in sheet(taken(client, f"/trials/export.xlsx{path}"), "About")}
    meta = {
        name.decode(): text.decode()
        for name, text in parquet_table(taken(client, f"/trials/export.parquet{path}")).schema.metadata.items()
    }
    for name in ("title", "citation", "query_url", "short_url", "source"):
        assert about[name] == meta[name] == told[name]
    for name in ("rows", "ruleset_version", "terms_version", "dataset_version"):
        assert about[name] == int(meta[name]) == told[name]
    assert about["made_at"].endswith("Z")
    assert [column["name"] for column in json.loads(meta["columns"])] == list(NAMES)
    assert [row[0] for row in sheet(taken(client, f"/trials/export.xlsx{path}"), "Columns")][1:] == list(NAMES)


def test_an_empty_list_is_a_whole_file(client: Client, db: None) -> None:
    publish(entry())
    query = "?country=NO"
    assert taken(client, f"/trials/export.csv{query}").decode() == ",".join(NAMES) + "\r\n"
    assert taken(client, f"/trials/export.jsonl{query}") == b""
    assert taken(client, f"/trials/export.ris{query}") == b""
    assert len(sheet(taken(client, f"/trials/export.xlsx{query}"))) == 1
    table = parquet_table(taken(client, f"/trials/export.parquet{query}"))
    assert table.num_rows == 0
    assert tuple(table.column_names) == NAMES


def test_the_limit_of_excel_is_below_its_own() -> None:
    assert workbook.MOST_ROWS < 1_048_576
    assert workbook.MOST_UNITS == 32_767
