"""The words that the rules know, at the desk: searched, proposed, rehearsed, decided; nonsense is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kombu.exceptions import OperationalError

from apps.curation.decisions import Refused
from apps.curation.models import StudyOverride, TermProposal
from apps.curation.proposals import accept, propose
from apps.curation.terms import checked_change
from apps.ingest.models import Rehearsal, SyncRun
from apps.ingest.rehearsing import AS_THEY_ARE, ask, rehearse
from apps.ingest.services import sync
from apps.vocabulary.terms import Amendments, amended, card_finder
from tests.factories.studies import studies, study

pytestmark = pytest.mark.django_db

TERMS, RULES = "/desk/terms/", "/desk/rules/"
WORDS = "Sclerosis of the Many Places"
FORM = {"act": "add", "group": "multiple-sclerosis", "form": "phrases", "phrase": WORDS, "reason": "A trial says it."}
LURED = "NCT90000099"


@pytest.fixture
def stored(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(study("NCT90000001")))
    (tmp_path / "two.json").write_text(json.dumps(study(LURED, title=f"Cells in {WORDS}", conditions=[WORDS])))
    for path in tmp_path.glob("*.json"):
        path.rename(
            tmp_path / f"{json.loads(path.read_text())['protocolSection']['identificationModule']['nctId']}.json"
        )
    assert sync(replay=tmp_path) is not None


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What was asked of the worker; nothing is done before the test does it."""
    sent: list[tuple[str, Any]] = []
    for name in ("rehearse", "reprocess"):
        monkeypatch.setattr(
            f"apps.desk.terms.{name}.apply_async", lambda name=name, **options: sent.append((name, options["args"]))
        )
    return sent


def proposal(**changes: Any) -> TermProposal:
    return propose(**(FORM | {"by": "curator@example.org"} | changes))


def looked_at(number: int) -> Rehearsal:
    rehearse(ask(proposal=number, by="curator@example.org")[0].pk)
    return Rehearsal.objects.get(proposal=number)


def text(answer: Any) -> str:
    return " ".join(BeautifulSoup(answer.content, "html.parser").select_one("#content").get_text(" ").split())


def path(row: TermProposal) -> str:
    return f"/desk/terms/{row.pk}/"


def test_from_the_form_to_a_yes(stored: None, signed_in: Callable[[str], Client], asked: list[Any]) -> None:
    curator, lead = signed_in("curator"), signed_in("lead")
    assert curator.post(TERMS, FORM).status_code == 302
    row = TermProposal.objects.get()
    assert (row.phrase, row.by, row.state) == (WORDS.lower(), "curator@example.org", "proposed")
    page = curator.get(path(row))
    assert "Nobody has looked yet." in text(page)
    assert "Yes: accept" not in text(lead.get(path(row)))

    assert curator.post(path(row), {"do": "rehearse"}).status_code == 302
    [(task, [number])] = asked
    assert task == "rehearse"
    page = curator.get(path(row))
    assert "no worker has begun" in text(page)
    assert b"data-moves" in page.content
    assert curator.post(path(row), {"do": "withdraw", "reason": ""}).status_code == 422
    rehearse(number)
    page = lead.get(path(row))
    assert b"data-moves" not in page.content
    assert "1 trial would move" in text(page)
    assert "In our list: " in text(page)
    assert f'href="/desk/trials/{LURED}/"' in page.content.decode()

    asked.clear()
    answer = lead.post(path(row), {"do": "accept", "reason": "Agreed."}, follow=True)
    assert "Accepted." in answer.content.decode()
    assert asked == [("reprocess", ())]
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.decision_reason) == ("accepted", "lead@example.org", "Agreed.")
    assert "added by proposal" in text(curator.get(f"{TERMS}?group=multiple-sclerosis"))
    assert WORDS.lower() in text(curator.get(TERMS))
    assert "Read by older rules or words 2" in text(lead.get(RULES))
    public = Client().get("/decisions/").content.decode()
    assert "A trial says it." in public
    assert "curator@example.org" not in public

    log = lead.get("/desk/curation/auditentry/?field=terms").content.decode()
    assert "a proposal was accepted" in log

    lead.post(path(row), {"do": "retire", "reason": "It was another illness."})
    row.refresh_from_db()
    assert row.state == "retired"


def test_before_anybody_has_looked_a_yes_is_refused(stored: None, signed_in: Callable[[str], Client]) -> None:
    row, lead = proposal(), signed_in("lead")
    answer = lead.post(path(row), {"do": "accept", "reason": "Yes."})
    assert answer.status_code == 409
    assert "Look first what would move" in text(answer)
    looked_at(row.pk)
    other = proposal(phrase="places of many scleroses")
    accept(number=other.pk, reason="Yes.", by="bo", rehearsed_with=looked_at(other.pk).terms_version)
    answer = lead.post(path(row), {"do": "accept", "reason": "I typed this."})
    assert answer.status_code == 409
    assert 'value="I typed this."' in answer.content.decode()
    assert "have changed since. Look afresh." in text(lead.get(path(row)))
    row.refresh_from_db()
    assert row.state == "proposed"


def test_the_second_is_told_who_was_first(signed_in: Callable[[str], Client]) -> None:
    row, lead = proposal(), signed_in("lead")
    TermProposal.objects.update(state="declined", decided_by="bo@example.org", decided_at="2026-01-01T00:00Z")
    answer = lead.post(path(row), {"do": "decline", "reason": "Mine."})
    assert answer.status_code == 409
    assert "declined, by bo@example.org" in text(answer)
    assert "Mine." in text(answer)  # nothing typed is lost
    assert "is settled" in lead.post(path(row), {"do": "rehearse"}, follow=True).content.decode()
    assert not Rehearsal.objects.exists()


REFUSED = {
    "no such group": {"group": "no-such-group"},
    "no such file": {"group": "../../secrets/route.x"},
    "no such act": {"act": "burn"},
    "no such list": {"form": "mesh"},
    "nothing": {"phrase": " \x00 "},
    "one letter": {"phrase": "a"},
    "signs alone": {"phrase": "+++ --- (*)"},
    "too long": {"phrase": "x" * 10_000},
    "invisible": {"phrase": "scler\u200bosis place"},
    "never found": {"phrase": "sclerosis of places+"},
    "there already": {"phrase": "Multiple  Sclerosis"},
    "there with a hyphen": {"phrase": "MULTIPLE-sclerosis"},
    "there in its plural": {"group": "stem-cell", "phrase": "stem cells"},
    "of another group": {"phrase": "rheumatoid arthritis"},
    "an abbreviation of another": {"form": "exact", "phrase": "HSCT"},
    "not there to take out": {"act": "remove"},
    "not there in that list": {"act": "remove", "form": "exact", "phrase": "multiple sclerosis"},
    "of a card, read together": {"group": "product/cells.msc", "phrase": "intravenous infusion"},
    "no reason": {"reason": ""},
    "a reason of nothing": {"reason": "\x00"},
    "a long reason": {"reason": "x" * 10_000},
    "a long source": {"source": "x" * 10_000},
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_proposed_is_refused_with_a_sentence(case: str, signed_in: Callable[[str], Client]) -> None:
    answer = signed_in("curator").post(TERMS, FORM | REFUSED[case])
    assert answer.status_code == 422
    assert BeautifulSoup(answer.content, "html.parser").select(".errorlist"), case
    assert not TermProposal.objects.exists()


_SIGNS = st.text(alphabet="abIßé3 +-'’/(.*", min_size=2, max_size=30)


@given(
    phrase=_SIGNS | st.text(max_size=120),
    form=st.sampled_from(["phrases", "exact"]),
    act=st.sampled_from(["add", "remove"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_refused_or_found(phrase: str, form: str, act: str) -> None:
    told = {"act": act, "group": "sentences/hint.background", "form": form, "phrase": phrase}
    try:
        change = checked_change(**told, within=Amendments())
    except Refused:
        return
    with amended(Amendments((change,), 1)):
        assert [found.end - found.start for found in card_finder("sentences").find(change.phrase)] == [
            len(change.phrase)
        ]


def test_half_a_sign_is_refused_where_it_reaches_us() -> None:
    with pytest.raises(Refused):
        proposal(phrase="scleros\ud800is")


def test_what_is_proposed_or_in_force_cannot_be_again(signed_in: Callable[[str], Client]) -> None:
    row, curator = proposal(), signed_in("curator")
    assert f"proposed already: proposal {row.pk}" in text(curator.post(TERMS, FORM))
    TermProposal.objects.update(state="accepted")
    assert f"in force already, by proposal {row.pk}" in text(curator.post(TERMS, FORM))
    assert f"Proposal {row.pk} did the opposite" in text(curator.post(TERMS, FORM | {"act": "remove"}))
    assert TermProposal.objects.count() == 1


@pytest.mark.parametrize("do", ["", "explode", "accept\x00", "x" * 10_000])
def test_what_is_no_answer_is_not_found(do: str, signed_in: Callable[[str], Client]) -> None:
    lead = signed_in("lead")
    assert lead.post(path(proposal()), {"do": do, "reason": "x"}).status_code == 404
    assert lead.post(RULES, {"do": do}).status_code == 404


@pytest.mark.parametrize("number", ["0", "999999999999999999", "x", "1" * 40])
def test_there_is_no_such_proposal(number: str, signed_in: Callable[[str], Client]) -> None:
    assert signed_in("lead").get(f"/desk/terms/{number}/").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        *("q=%00", "q=" + "x" * 10_000, "q=%ED%A0%80", "group=nowhere", "group=%00", "page=x", "page=-7", "act=burn"),
        *("form=mesh&group=x&phrase=" + "y" * 5000, "q=%3Cscript%3E", "phrase=%3Cb%3E", "page=99999999999999999999"),
    ],
)
def test_nonsense_in_the_address_is_left_aside(stored: None, query: str, signed_in: Callable[[str], Client]) -> None:
    row = proposal()
    looked_at(row.pk)
    curator = signed_in("curator")
    for address in (TERMS, path(row), RULES):
        answer = curator.get(f"{address}?{query}")
        assert answer.status_code == 200
        assert b"<script>" not in answer.content
        assert b"<b>" not in answer.content


def test_words_are_searched_by_phrase_and_by_group(signed_in: Callable[[str], Client]) -> None:
    viewer = signed_in("viewer")
    page = text(viewer.get(f"{TERMS}?q=Encephalomyelitis Disseminata"))
    assert "multiple-sclerosis" in page
    assert "encephalomyelitis disseminata" in page
    assert "esclerosis" not in page
    assert "routes/route.intrathecal" in text(viewer.get(f"{TERMS}?q=intrathecal"))
    assert "No group has such a word." in text(viewer.get(f"{TERMS}?q=zzzzzz"))
    assert "More groups have it" in text(viewer.get(f"{TERMS}?q=e"))
    page = viewer.get(f"{TERMS}?group=multiple-sclerosis")
    assert "RRMS (with these capitals)" in text(page)
    assert "Propose" not in text(page)
    page = signed_in("curator").get(f"{TERMS}?group=multiple-sclerosis&act=remove&form=exact&phrase=RRMS")
    form = BeautifulSoup(page.content, "html.parser").select_one(".desk-decide")
    assert form.select_one("[name=phrase]")["value"] == "RRMS"
    assert form.select_one("[name=group]")["value"] == "multiple-sclerosis"
    assert [box["value"] for box in form.select("input[checked]")] == ["remove", "exact"]


def test_a_decided_field_is_marked(stored: None, signed_in: Callable[[str], Client]) -> None:
    told = {"reason": "So.", "by": "a", "at": "2026-01-01T00:00Z", "version": 1, "standing": "in-force"}
    StudyOverride.objects.create(
        nct_id=LURED, field="disease", values=["type-1-diabetes"], said_then=[], said_now=[], **told
    )
    row = proposal()
    looked_at(row.pk)
    page = BeautifulSoup(signed_in("viewer").get(path(row)).content, "html.parser")
    marked = [item.get_text(" ") for item in page.select(".desk-moves li") if item.select_one(".desk-told")]
    assert [item.partition(":")[0] for item in marked] == ["Disease"]


def test_an_idle_change_is_told(signed_in: Callable[[str], Client]) -> None:
    row = proposal()
    TermProposal.objects.update(state="accepted", group="a-group-of-before")
    assert "does nothing any more" in text(signed_in("lead").get(TERMS))
    assert "It does nothing any more" in text(signed_in("lead").get(path(row)))
    TermProposal.objects.update(group="multiple-sclerosis", phrase="multiple sclerosis")  # a release has it now
    assert "does nothing any more" in text(signed_in("lead").get(TERMS))


def test_without_its_queue_nothing_is_lost(
    stored: None, signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**options: Any) -> None:
        raise OperationalError("Connection refused.")

    row, lead = proposal(), signed_in("lead")
    looked_at(row.pk)
    for name in ("rehearse", "reprocess"):
        monkeypatch.setattr(f"apps.desk.terms.{name}.apply_async", refuse)
    answer = lead.post(path(row), {"do": "accept", "reason": "Yes."}, follow=True).content.decode()
    assert "processed within a minute" in answer
    assert TermProposal.objects.get().state == "accepted"
    assert "nothing was looked at" in lead.post(RULES, {"do": "rehearse"}, follow=True).content.decode()
    assert not Rehearsal.objects.filter(proposal=AS_THEY_ARE).exists()
    assert "cannot be reached" in lead.post(RULES, {"do": "everything"}, follow=True).content.decode()


def test_one_run_at_a_time(signed_in: Callable[[str], Client], asked: list[Any]) -> None:
    run = SyncRun.objects.create(state="running")
    lead = signed_in("lead")
    assert "A run is under way" in lead.post(RULES, {"do": "everything"}, follow=True).content.decode()
    assert asked == []
    run.delete()
    lead.post(RULES, {"do": "everything"})
    lead.post(RULES, {"do": "outdated"})
    assert asked == [("reprocess", (True,)), ("reprocess", (False,))]


def test_who_asks_while_it_runs_is_told(signed_in: Callable[[str], Client], asked: list[Any]) -> None:
    signed_in("curator").post(RULES, {"do": "rehearse"})
    answer = signed_in("lead").post(RULES, {"do": "rehearse"}, follow=True).content.decode()
    assert "curator@example.org has asked already" in answer
    assert len(asked) == 1
    Rehearsal.objects.update(asked_at="2020-01-01T00:00Z")
    page = signed_in("lead").get(RULES)
    assert "Nothing has been heard of it since" in text(page)
    assert b"http-equiv" not in page.content
    assert "Look afresh" in text(page)


def test_each_page_costs_a_number_of_queries_that_stays(
    tmp_path: Path, signed_in: Callable[[str], Client], django_assert_max_num_queries: Any
) -> None:
    for each in studies(60, title=f"Cells in {WORDS}", conditions=[WORDS]):
        nct_id = each["protocolSection"]["identificationModule"]["nctId"]
        (tmp_path / f"{nct_id}.json").write_text(json.dumps(each))
    assert sync(replay=tmp_path) is not None
    row = proposal()
    looked_at(row.pk)
    for number in range(20):
        proposal(phrase=f"sclerosis of place {number}")
    looked_at(AS_THEY_ARE)
    curator = signed_in("curator")
    assert "60 trials would move" in text(curator.get(path(row)))
    assert "Later" in text(curator.get(path(row)))
    assert len(BeautifulSoup(curator.get(f"{path(row)}?page=2").content, "html.parser").select(".desk-moves")) == 10
    # Session, account with its rights and second factor, and then the page's own.
    for address, most in ((TERMS, 10), (f"{TERMS}?q=sclerosis", 10), (path(row), 12), (RULES, 12)):
        curator.get(address)
        with django_assert_max_num_queries(most):
            curator.get(address)
