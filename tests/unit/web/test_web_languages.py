"""Spanish pages under /es/: the path alone says so, nothing is kept of one language for another, English is marked."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from django.conf import settings
from django.template import engines
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import trans_real

from apps.curation.models import StudyOverride
from apps.guide.models import Page
from apps.ingest.services import sync
from apps.search.indexer import move_dataset_version
from apps.vocabulary.cautions import CAUTIONS
from apps.web.views.site import known
from apps.web.views.warm import warm_pages
from tests.catalogues import catalogue
from tests.factories.cautions import show_cautions
from tests.unit.web.test_trial_view import HSC, MSC, NAMES
from tests.unit.web.trial_pages import FIXTURES

PAGES = [
    "/",
    "/trials/",
    "/trials/?view=table",
    "/trials/?q=cells&disease=multiple-sclerosis&status=RECRUITING&country=ES",
    "/trials/?q=(broken",
    "/trials/?page=999",
    "/trials/?as_of=1999-01-01",
    "/trials/values/sponsor/",
    f"/trials/{MSC}/",
    f"/trials/{HSC}/",
    f"/trials/{MSC}/sheet/",
    f"/trials/{MSC}/report/",
    "/trials/NOPE/",
    "/trials/NCT00000000/",
    "/diseases/multiple-sclerosis/",
    "/find/",
    "/find/?disease=multiple-sclerosis&age=34&sex=female&since=2+years&near=Valencia,+ES",
    "/find/?age=abc&near=Nowhereville",
    f"/compare/?nct={MSC}&nct={HSC}",
    "/glossary/",
    "/about/",
    "/privacy/",
    "/accessibility/",
    "/nowhere/",
]
# Kept whole in the process, and answered with 304.
KEPT = ["/", "/trials/", f"/trials/{MSC}/", f"/trials/{MSC}/sheet/", "/diseases/multiple-sclerosis/", "/glossary/"]


@pytest.fixture
def published(db: None, tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / f"NCT-{name}.json").symlink_to(FIXTURES / f"{name}.json")
    assert sync(replay=tmp_path) is not None
    show_cautions(*CAUTIONS)
    known.forget()
    warm_pages.clear()


pytestmark = pytest.mark.usefixtures("published")


def forget_everything() -> None:
    """As in a new process: no part of a page, no word is kept. Gazetteer and vocabularies have no texts of pages."""
    warm_pages.clear()
    for engine in engines.all():
        for loader in engine.engine.template_loaders:
            loader.reset()
    for name, module in list(sys.modules.items()):
        if name.startswith("apps.") and not name.startswith(("apps.vocabulary.places", "apps.classification")):
            for item in vars(module).values():
                if hasattr(item, "cache_clear"):
                    item.cache_clear()


def soup_of(client: Client, path: str, **headers: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(path, headers=headers).content, "html.parser")


def test_each_page_speaks_its_language_and_asks_for_no_cookie(client: Client) -> None:
    for path in PAGES:
        for accepted in ("es-ES,es;q=0.9", "en", "fr, *;q=0.1", "\x01;q=x", ""):
            for prefix, language in (("", "en"), ("/es", "es")):
                response = client.get(prefix + path, headers={"Accept-Language": accepted})
                assert response.status_code < 500
                assert response.status_code == client.get(path).status_code, path
                assert BeautifulSoup(response.content, "html.parser").html["lang"] == language, prefix + path
                assert not response.cookies
                assert "Accept-Language" not in response.get("Vary", "")
                assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize(
    ("path", "status", "language"),
    [
        ("/es/trials/NOPE/", 404, "es"),
        ("/es/nowhere/", 404, "es"),
        ("/es/find/?age=abc&lat=x&lon=%00", 200, "es"),
        ("/es/trials/?status=NIX&page=0&as_of=x", 200, "es"),
        ("/fr/", 404, "en"),
        ("/en/", 404, "en"),
        ("/ES/", 404, "en"),
        ("/es-mx/", 404, "en"),
        ("/es/es/", 404, "es"),
        # What only researchers, programs and staff read stands at its one address.
        ("/es/data/", 404, "es"),
        ("/es/data/dictionary/", 404, "es"),
        ("/es/trials/export.csv/", 404, "es"),
        ("/es/api/v1/studies/", 404, "es"),
        ("/es/desk/", 404, "es"),
        ("/es/healthz", 404, "es"),
        ("/es/robots.txt", 404, "es"),
        ("/es/%00/", 404, "es"),
    ],
)
def test_nonsense_and_what_stays_english(client: Client, path: str, status: int, language: str) -> None:
    response = client.get(path, follow=True)
    assert response.status_code == status
    assert BeautifulSoup(response.content, "html.parser").html["lang"] == language
    assert "NULL" not in response.content.decode()


def test_redirects_stay_in_their_language(client: Client) -> None:
    assert client.get(f"/es/trials/{MSC.lower()}/")["Location"] == f"/es/trials/{MSC}/"
    assert client.get(f"/trials/{MSC.lower()}/")["Location"] == f"/trials/{MSC}/"
    assert client.get("/es")["Location"] == "/es/"
    assert client.get("/es/diseases/")["Location"] == "/es/#diseases"
    assert client.get("/diseases/")["Location"] == "/#diseases"


def test_other_languages_are_told_to_readers_and_search_engines(client: Client) -> None:
    for path in ("/", "/trials/", f"/trials/{MSC}/", "/glossary/", "/diseases/multiple-sclerosis/"):
        for prefix in ("", "/es"):
            soup = soup_of(client, prefix + path)
            told = {link["hreflang"]: link["href"] for link in soup.select("link[rel=alternate][hreflang]")}
            site = settings.SITE_URL.rstrip("/")
            assert told == {"en": site + path, "x-default": site + path, "es": f"{site}/es{path}"}
            other = soup.select_one("header a[hreflang][lang]")
            assert other["href"] == (path if prefix else f"/es{path}")
            assert other["lang"] == other["hreflang"] == ("en" if prefix else "es")
            if canonical := soup.select_one("link[rel=canonical]"):
                assert canonical["href"] == site + prefix + path
    assert soup_of(client, "/es/trials/?country=ES&page=1").select_one("header a[hreflang][lang]")["href"] == (
        "/trials/?country=ES&page=1"
    )
    for path in ("/data/", "/data/dictionary/", "/nowhere/", "/components/"):
        assert not soup_of(client, path).select("[hreflang]"), path
    assert soup_of(client, "/es/").select_one("nav a[href='/data/']")["hreflang"] == "en"


def test_the_link_to_another_language_tells_no_finer_place_than_we_use(client: Client) -> None:
    href = soup_of(client, "/find/?lat=39.47391&lon=-0.37966&age=20").select_one("header a[hreflang][lang]")["href"]
    assert href.startswith("/es/find/?")
    assert "39.5" in href
    assert "39.47" not in href


@pytest.mark.parametrize("first", ["en", "es"])
def test_one_process_keeps_the_languages_apart(client: Client, first: str) -> None:
    """Whichever comes first, from cold caches or warm, each page is as if it had come alone."""
    order = ["", "/es"] if first == "en" else ["/es", ""]
    for path in [*KEPT, *PAGES]:
        forget_everything()
        rounds = [{prefix: client.get(prefix + path) for prefix in order} for _again in range(2)]
        for prefix in order:
            once, again = (answers[prefix] for answers in rounds)
            # The form of a report carries the time at which it was opened.
            strip = re.compile(rb'name="opened" value="[^"]*"')
            assert strip.sub(b"", once.content) == strip.sub(b"", again.content), prefix + path
            assert BeautifulSoup(once.content, "html.parser").html["lang"] == (prefix[1:] or "en")
        assert rounds[0][""].content != rounds[0]["/es"].content


def test_a_copy_of_one_language_is_no_copy_of_the_other(client: Client) -> None:
    for path in KEPT:
        english, spanish = client.get(path), client.get(f"/es{path}")
        assert english["ETag"] != spanish["ETag"]
        assert client.get(path, headers={"If-None-Match": english["ETag"]}).status_code == 304
        assert client.get(f"/es{path}", headers={"If-None-Match": spanish["ETag"]}).status_code == 304
        assert client.get(f"/es{path}", headers={"If-None-Match": english["ETag"]}).status_code == 200
        assert client.get(path, headers={"If-None-Match": spanish["ETag"]}).status_code == 200


# Nothing is left in English


@pytest.fixture
def untold(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What is asked of the Spanish catalogue, ours and Django's, and is not there."""
    missing: set[str] = set()

    class Nothing:
        def gettext(self, message: str) -> str:
            missing.add(message)
            return message

        def ngettext(self, one: str, many: str, number: int) -> str:
            missing.add(one)
            return one if number == 1 else many

    with translation.override("es"):
        spanish = trans_real.translation("es")
    monkeypatch.setattr(spanish, "_fallback", Nothing())
    forget_everything()
    return missing


def test_no_page_asks_for_a_text_that_is_not_told(client: Client, untold: set[str]) -> None:
    for path in PAGES:
        client.get("/es" + path)
    client.post(f"/es/trials/{MSC}/report/", {"what": "", "page": "nonsense"})
    assert untold == set()


def _spoken(tag: Tag) -> Iterator[str]:
    """The texts of an element that stand in the page's own language."""
    for part in tag.children:
        if isinstance(part, Tag):
            if part.get("lang", "es") == "es" and part.name not in {"script", "style", "code"}:
                yield from _spoken(part)
        elif part.strip():
            yield " ".join(part.split())


def test_words_of_english_sentences_stand_only_where_they_are_marked(client: Client) -> None:
    """Sentences of our own pages in English are no Spanish page's; what the registry says has its mark."""
    english = {
        e.message.text for e in catalogue("es") if len(e.message.text.split()) > 3 and e.told[0] != e.message.text
    }
    for path in PAGES:
        spoken = set(_spoken(soup_of(client, "/es" + path).body))
        assert not spoken & english, path
        stray = [text for text in spoken if len(re.findall(r"\b(?:the|of|and|with|was|were|is)\b", text)) > 2]
        assert stray == [], path


def test_what_the_registry_wrote_is_marked_as_english(client: Client) -> None:
    title = soup_of(client, f"/trials/{MSC}/").h1.get_text(" ", strip=True)
    page = soup_of(client, f"/es/trials/{MSC}/")
    assert page.h1.select_one("[lang=en]").get_text(strip=True) in title
    assert page.select("#about [lang=en]")
    assert page.select("#who .trial-criteria [lang=en]")
    assert page.select("#why blockquote mark [lang=en]")
    for path in ("/es/trials/", "/es/", "/es/trials/?view=table"):
        names = soup_of(client, path).select(".trial-row__title a, .trials th[scope=row] > a")
        assert names
        assert all(name.select_one("[lang=en]") for name in names)
    assert soup_of(client, f"/es/trials/{MSC}/sheet/").select_one(".sheet h1")["lang"] == "en"
    for path in PAGES:
        assert not soup_of(client, path).body.select("[lang=en]:not(header *), [lang=es]:not(header *)"), path
        assert not soup_of(client, "/es" + path).body.select("[lang=en] [lang]"), path


def test_marks_stand_in_no_attribute_and_no_title(client: Client) -> None:
    for path in PAGES:
        soup = soup_of(client, "/es" + path)
        assert "<" not in soup.title.get_text()
        for element in soup.find_all():
            marked = [value for value in element.attrs.values() if "<span" in str(value) or "lang=" in str(value)]
            assert marked == [], path


def test_words_dates_numbers_and_places_are_spanish(client: Client) -> None:
    text = soup_of(client, f"/es/trials/{MSC}/").get_text(" ", strip=True)
    assert "Reclutando" in text
    assert "En palabras sencillas" in text
    assert re.search(
        r"\d de (?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|dic)", text
    )
    assert not re.search(r"\b\d{1,2} (?:January|March|May|June|July|August|October) \d{4}", text)
    found = soup_of(client, "/es/find/?disease=multiple-sclerosis&since=2+años&near=Valencia,+España").get_text(" ")
    assert "Valencia, España" in found
    assert "diagnóstico hace 2 años" in found
    heading = soup_of(client, "/es/trials/?country=DE&status=RECRUITING").h1.get_text(" ", strip=True)
    assert re.fullmatch(r"\d+ ensayos? \(reclutando\) en Alemania", heading)


def test_the_leaflet_is_spanish_and_says_who_has_not_reviewed_it(client: Client) -> None:
    page = soup_of(client, "/es/diseases/multiple-sclerosis/")
    paragraphs = [p for p in page.select(".leaflet section p") if p.select(".cite")]
    assert len(paragraphs) > 30
    assert not any(paragraph.get("lang") for paragraph in paragraphs)
    text = page.get_text(" ")
    assert "todavía no lo ha revisado un profesional sanitario de lengua materna española" in text
    assert "no está traducido" not in text
    # Titles of papers are what they are.
    assert all(source["lang"] == "en" for source in page.select(".sources li"))
    english = soup_of(client, "/diseases/multiple-sclerosis/")
    assert "not yet reviewed by a clinician" in english.get_text(" ")
    assert len(english.select(".cite")) == len(page.select(".cite"))


def test_a_leaflet_without_translation_stands_in_english_and_says_so(client: Client) -> None:
    Page.objects.filter(slug="multiple-sclerosis", language="es").delete()
    move_dataset_version()
    page = soup_of(client, "/es/diseases/multiple-sclerosis/")
    assert "todavía no está traducido" in page.get_text(" ")
    paragraphs = [p for p in page.select(".leaflet section p") if p.select(".cite")]
    assert paragraphs
    assert all(paragraph.get("lang") == "en" for paragraph in paragraphs)
    assert not soup_of(client, "/es/diseases/type-1-diabetes/").select(".leaflet section p[lang=en]")
    assert "not translated" not in soup_of(client, "/diseases/multiple-sclerosis/").get_text(" ")


def test_a_report_in_spanish_comes_back_in_spanish(client: Client) -> None:
    address = f"/es/trials/{MSC}/report/"
    form = soup_of(client, address).form
    assert form["action"] == address
    refused = client.post(address, {"what": "", "page": "nonsense"})
    assert refused.status_code == 422
    assert "Escriba qué está mal" in refused.content.decode()


def test_what_a_curator_wrote_is_marked_as_english(client: Client) -> None:
    told = {
        "said_then": ["x"],
        "said_now": ["x"],
        "standing": "in-force",
        "by": "a",
        "version": 1,
        "at": timezone.now(),
    }
    for number, (field, values) in enumerate(
        (("source", ["adipose"]), ("plain_title", ["Cells, plainly"]), ("summary", ["What is done."]))
    ):
        StudyOverride.objects.create(
            nct_id=MSC, field=field, values=values, reason=f"Reason {number}.", source="A quote", **told
        )
    move_dataset_version()
    for path, marked in ((f"/es/trials/{MSC}/", True), (f"/trials/{MSC}/", False)):
        page = soup_of(client, path)
        for text in ("Cells, plainly", "What is done.", "Reason 0.", "A quote"):
            place = page.find(string=re.compile(re.escape(text)))
            assert bool(place.find_parent(attrs={"lang": "en"}).name != "html") is marked, text
