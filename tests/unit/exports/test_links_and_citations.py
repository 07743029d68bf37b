"""Permanent short links, and how a list is cited."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

import bibtexparser
import pytest
import rispy
import time_machine
from bs4 import BeautifulSoup
from django.test import Client
from django.utils.http import urlencode
from hypothesis import given
from hypothesis import strategies as st

from apps.exports.about import list_url, short_url
from apps.exports.links import WORDS, NoSuchLink, pack, unpack
from apps.ingest.models import SyncRun
from apps.search.query import FILTERS, StudyQuery
from tests.factories.documents import entry, publish
from tests.unit.exports.readers import taken

# Links that have been given away. They must lead where they led, whatever becomes of the code.
GIVEN = {
    "1AwAAAA": "",
    "1wx28ALwH": "disease=multiple-sclerosis",
    "1wxO8qDGMkR4A3us": "disease=multiple-sclerosis&cell_type=msc&status=RECRUITING",
    "1K7R9unPT891tL5rnAQBt_Q": "q=%E5%B9%B2%E7%BB%86%E8%83%9E",
    "1Q1GpjYg4pKIMEZoAFPA": "q=%22stem+cell%22+-diabetes&country=CN&sort=title",
    "1wz6AhCfQURsX6KU9AFXH": "conditioning=beam-atg&disease=multiple-sclerosis&endpoint=edss&donor=autologous",
}

# Some values of the filters that take others than a closed list.
OPEN = {"country": ("CN", "DE"), "sponsor": ("A hospital", "Ünïted & Söns"), "start_year": ("1999", "2026")}


@pytest.mark.parametrize(("code", "query"), GIVEN.items())
def test_a_link_is_for_ever(client: Client, code: str, query: str) -> None:
    assert unpack(code) == query
    response = client.get(f"/l/{code}")
    assert response.status_code == 302
    assert response["Location"] == (f"/trials/?{query}" if query else "/trials/")
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies


def test_the_words_that_links_are_read_with_never_change() -> None:
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in WORDS.iterdir()} == {
        "1.txt": "7829afcf479bd155"
    }, "links are given away with these texts: leave them as they are, and put a better one beside them"


@given(
    st.builds(
        dict,
        q=st.text(max_size=500),
        **{name: st.lists(st.sampled_from(item.words or OPEN[name]), max_size=3) for name, item in FILTERS.items()},
        scope=st.sampled_from(["in_scope", "review", "out", "all"]),
        sort=st.sampled_from(["", "title", "-enrollment"]),
    )
)
def test_every_list_has_a_link(params: dict[str, str | list[str]]) -> None:
    query, problems = StudyQuery.parse(params)
    assert {problem.kind for problem in problems} <= {"unreadable"}
    text = query.to_query_string()
    code = pack(text)
    assert unpack(code) == text
    assert pack(text) == code
    assert len(code) <= 1.5 * len(text) + 12


def test_the_longest_question_has_a_link(client: Client) -> None:
    params = {name: list(item.words or OPEN[name]) for name, item in FILTERS.items()} | {
        "q": "𠜎" * 500,
        "scope": "all",
    }
    query, problems = StudyQuery.parse(params)
    assert not problems
    assert unpack(pack(query.to_query_string())) == query.to_query_string()


def test_usual_links_are_short() -> None:
    usual = StudyQuery(
        disease=("systemic-lupus-erythematosus",), cell_type=("msc",), phase=("PHASE2",), country=("CN",)
    )
    assert len(pack(usual.to_query_string())) < 25
    assert len(list_url(usual)) > 90


@given(st.text(max_size=60) | st.text("0123456789abcdefABCDEF_-", min_size=1, max_size=60).map("1".__add__))
def test_nonsense_is_no_link(text: str) -> None:
    try:
        query = unpack(text)
    except NoSuchLink:
        return
    # Two bytes guard a code: a few in 65,536 pass by chance, and then it is a query string all the same.
    assert query.isascii()
    assert query.isprintable()


@pytest.mark.parametrize(
    "code",
    [
        "1wx28ALwh",  # a letter in the wrong case
        "1wx28ALw",
        "1wx28ALwHA",
        "2wx28ALwH",
        "1",
        "x",
        "1" + "A" * 7000,
        "1" + "A" * 20_000,
        "%00",
        "..%2f..%2fetc",
        "١wx28ALwH",
        "1wx28 ALwH",
        "//example.org",
    ],
)
def test_a_mistyped_link_is_a_page(client: Client, db: None, code: str) -> None:
    response = client.get(f"/l/{code}")
    assert response.status_code == 404
    assert b"<h1>" in response.content


def test_a_small_code_cannot_become_a_large_text() -> None:
    import base64
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=(WORDS / "1.txt").read_bytes().replace(b"\n", b"&"))
    bomb = packer.compress(b"q" * 50_000_000) + packer.flush()
    code = "1" + base64.urlsafe_b64encode(bomb).decode().rstrip("=")
    with pytest.raises(NoSuchLink):
        unpack(code[:12_000])


@pytest.mark.parametrize("query", ["a=b&next=//example.org", "\r\nSet-Cookie: a=b", "status=norway"])
def test_a_made_up_query_stays_on_the_list(client: Client, db: None, query: str) -> None:
    """Whoever packs something else gets the list's page, which says what it does not know."""
    publish(entry())
    try:
        code = pack(query)
        response = client.get(f"/l/{code}", follow=True)
    except NoSuchLink:
        return
    assert response.status_code in {200, 404}
    for url, _status in response.redirect_chain:
        assert urlsplit(url).path == "/trials/"
        assert not urlsplit(url).netloc


@pytest.fixture
def lupus(db: None) -> None:
    publish(
        *(entry(diseases=["systemic-lupus-erythematosus"], countries=["CN"]) for _ in range(3)),
        entry("NCT90000002"),
    )
    SyncRun.objects.create(
        kind="full", state="ok", finished_at="2026-09-04T10:00:00Z", data_timestamp="2026-09-04T09:00:06"
    )


QUERY = urlencode({"disease": "systemic-lupus-erythematosus", "country": "CN"})


@pytest.mark.usefixtures("lupus")
@time_machine.travel("2026-11-28T12:00:00Z", tick=False)
def test_a_citation_has_all_that_it_needs(client: Client) -> None:
    words = taken(client, f"/trials/cite.txt?{QUERY}&page=2").decode()
    for part in (
        "trialtracker",
        "3 trials for systemic lupus erythematosus in China",
        "ClinicalTrials.gov, U.S. National Library of Medicine, as of 4 September 2026, 09:00 UTC",
        "rules version ",
        "data set version ",
        "http://localhost:8000/l/1",
        "Accessed 28 November 2026.",
    ):
        assert part in words, part
    (ris,) = rispy.loads(taken(client, f"/trials/cite.ris?{QUERY}").decode())
    assert ris["title"] == "3 trials for systemic lupus erythematosus in China"
    assert ris["urls"][0] == f"http://localhost:8000/trials/?{QUERY}"
    assert ris["access_date"] == "2026/11/28"
    assert ris["notes"] == [words.strip()]
    (bib,) = bibtexparser.parse_string(taken(client, f"/trials/cite.bib?{QUERY}").decode()).entries
    assert bib["url"] == f"http://localhost:8000/trials/?{QUERY}"
    assert bib["urldate"] == "2026-11-28"
    assert "4 September 2026" in bib["note"]
    assert bib["title"].startswith("{3 trials for systemic lupus erythematosus in China.")


@pytest.mark.usefixtures("lupus")
def test_the_page_has_the_same_citation_and_link(client: Client) -> None:
    page = BeautifulSoup(client.get(f"/trials/?{QUERY}&page_size=1&page=2").content, "html.parser")
    details = page.select_one("#cite")
    assert details.blockquote.get_text(strip=True) == taken(client, f"/trials/cite.txt?{QUERY}").decode().strip()
    link = details.select_one("a[href*='/l/']")["href"]
    assert link == short_url(StudyQuery.parse({"disease": "systemic-lupus-erythematosus", "country": "CN"})[0])
    response = client.get(urlsplit(link).path)
    assert response["Location"] == f"/trials/?{QUERY}"
    for kind in ("ris", "bib"):
        assert details.select_one(f"a[href='/trials/cite.{kind}?{QUERY}']")


def test_without_a_sync_the_citation_says_so(client: Client, db: None) -> None:
    publish(entry())
    assert "date not known" in taken(client, "/trials/cite.txt").decode()


def test_the_sample_is_cited_as_one(client: Client, db: None, settings: object) -> None:
    publish(entry())
    settings.SAMPLE = True
    assert "SAMPLE of invented trials" in taken(client, "/trials/cite.txt").decode()
