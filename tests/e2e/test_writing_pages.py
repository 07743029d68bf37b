"""Texts are corrected in a real browser: form, preview, save, history and the way back; readers see each at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from apps.curation.pages import edit
from apps.guide.sections import layout_of
from apps.guide.selectors import row_of
from apps.guide.subjects import body_of
from apps.ingest.services import sync
from apps.web.views.site import known
from tests.e2e.rules import broken_rules
from tests.factories.documents import entry, publish
from tests.factories.people import signed_in_as
from tests.unit.web.test_web_sheet import long_payload
from tests.unit.web.trial_pages import FIXTURES

MS, HISTORY = "/desk/pages/multiple-sclerosis/es/", "/desk/page-history/page/multiple-sclerosis/es/"
TRIAL = FIXTURES / "msc_multiple_sclerosis_recruiting.json"
PUBLIC = "/es/diseases/multiple-sclerosis/"
NEW = "Una frase nueva, escrita en la mesa."
PATHS = [
    "/desk/content/",
    "/desk/guide/pagesource/",
    "/desk/glossary/arm/en/",
    "/desk/glossary/completed/es/",
    "/desk/glossary/add/",
    "/desk/pages/questions/es/",
    "/desk/pages/about/en/",
    "/desk/pages/operator/en/",
    MS,
    "/desk/pages/common/en/",
    "/desk/page-sources/add/",
    "/desk/page-sources/ms-trust/",
    HISTORY,
    f"{HISTORY}1/",
]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tab(tab: Any, address: str) -> Any:
    """Opens a page at the desk, signed in as an administrator."""
    session = signed_in_as("admin").cookies[django_settings.SESSION_COOKIE_NAME].value

    def open_tab(**options: Any) -> Any:
        page = tab(base_url=address, **options)
        cookie = {"name": django_settings.SESSION_COOKIE_NAME, "value": session, "url": f"{address}/desk/"}
        page.context.add_cookies([cookie])
        return page

    return open_tab


@pytest.mark.parametrize("javascript", [True, False])
def test_a_sentence_is_previewed_saved_and_taken_back(tab: Any, javascript: bool) -> None:
    page = tab(viewport={"width": 1280, "height": 900}, java_script_enabled=javascript)
    page.goto(MS)
    page.locator("textarea[name=what]").fill(f"{NEW} [ms-trust]")
    page.locator("button[value=preview]").click()
    assert NEW in page.locator(".desk-preview").inner_text()
    page.goto(PUBLIC)
    assert NEW not in page.locator("main").inner_text()
    page.goto(MS)
    page.locator("textarea[name=what]").fill(f"{NEW} [ms-trust]")
    page.locator("input[name=note]").fill("Dicho mejor.")
    page.locator("button[value=save]").click()
    page.goto(PUBLIC)
    assert NEW in page.locator("main").inner_text()
    page.goto(f"{HISTORY}1/")
    page.get_by_role("button", name="Go back to version 1").click()
    assert page.locator("tbody tr").count() == 3
    page.goto(PUBLIC)
    assert NEW not in page.locator("main").inner_text()


def test_a_word_is_said_better_and_a_new_one_explained_on_the_page_of_a_trial(tab: Any, tmp_path: Path) -> None:
    (tmp_path / "NCT-1.json").symlink_to(TRIAL)
    assert sync(replay=tmp_path) is not None
    known.forget()
    page = tab(viewport={"width": 390, "height": 844})
    page.goto("/desk/content/?q=placebo&language=en")
    page.get_by_role("link", name="Placebo", exact=True).click()
    page.get_by_label("What it means").fill("A thing that has no active part. [isscr-terms]")
    page.get_by_role("button", name="Preview").click()
    assert "A thing that has" in page.locator(".desk-preview dd").inner_text()
    assert broken_rules(page, "preview of a term") == []
    page.get_by_label("What you changed, and why").fill("Said better.")
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_text("Saved and published as version 2.").wait_for()
    page.goto("/desk/content/")
    assert page.evaluate("document.documentElement.scrollHeight") < 2 * 844
    page.locator("summary", has_text="Glossary: How a trial is done").click()
    assert broken_rules(page, "content with a part open") == []
    page.get_by_role("link", name="Add a term to the glossary").click()
    for field, told in {
        "Key": "hospital",
        "The word": "Test hospital",
        "How texts write it": "Test Hospital",
        "What it means": "Where the trial is done.",
        "What you changed, and why": "Readers asked.",
    }.items():
        page.get_by_label(f"{field}:", exact=True).fill(told)
    page.get_by_label("Where it stands").select_option("trial")
    page.get_by_role("button", name="Save and publish").click()
    page.goto("/trials/NCT90000001/")
    page.locator("#plain .words summary").click()
    told = page.locator("#plain .words li").all_inner_texts()
    assert "Placebo: A thing that has no active part." in told
    assert "Test hospital: Where the trial is done." in [*told, *page.locator("#where .words li").all_text_contents()]
    assert broken_rules(page, "trial") == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_sheet_with_all_the_questions_that_may_stand_is_one_page(tab: Any, paper: str, tmp_path: Path) -> None:
    (tmp_path / "NCT-long.json").write_bytes(long_payload())
    assert sync(replay=tmp_path) is not None
    known.forget()
    row = row_of("page/questions/en")
    longest = {
        "text": "And what of this, which takes more than one line to ask " + "and more to say " * 3 + "?",
        "sources": [],
    }
    most = {
        section: (row.parts[section] + [longest] * 9)[:number]
        for section, number in layout_of("questions").most.items()
    }
    body = body_of(row) | {"parts": row.parts | most}
    edit(subject=row.subject, body=body, by="ada@example.org", note="", version=row.version)
    page = tab(viewport={"width": 1280, "height": 900})
    page.goto("/trials/NCT90000050/sheet/")
    assert "which takes more than one line" in page.locator(".sheet").inner_text()
    printed = page.pdf(format=paper, prefer_css_page_size=False)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_no_rule_is_broken(tab: Any, width: int) -> None:
    publish(
        entry("NCT90000001", diseases=["multiple-sclerosis"], cell_types=["msc"], overall_status="RECRUITING"),
        entry("NCT90000002", diseases=["multiple-sclerosis"], cell_types=["hsc"], has_results=True),
    )
    page = tab(viewport={"width": width, "height": 844})
    wrong = []
    for path in (*PATHS, PUBLIC, PUBLIC.removeprefix("/es"), "/diseases/type-1-diabetes/"):
        page.goto(path)
        wrong += broken_rules(page, path)
        if not path.startswith("/desk/guide/"):  # Django's lists scroll by themselves
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto(MS)
    page.locator("button[value=preview]").click()
    wrong += broken_rules(page, "preview")
    page.locator("textarea[name=what]").fill("Sin fuente.")
    page.locator("button[value=save]").click()
    wrong += broken_rules(page, "refused")
    assert sorted({(b, c[:110]) for a, b, c in wrong}) == []
