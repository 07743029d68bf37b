"""Who may do what at the desk: one table of roles and addresses, one of roles and acts, both whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin import ModelAdmin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, reverse

from apps.accounts.models import AccountEvent, User
from apps.accounts.second_factor import app_of
from apps.accounts.services import ADMIN, CURATOR, LEAD, ROLES, VIEWER, create_curator
from apps.accounts.tokens import sign_in_path
from apps.curation.models import (
    Alias,
    Appeal,
    AuditEntry,
    Batch,
    Claim,
    MistakeReport,
    Note,
    SavedFilter,
    SecondLook,
    SitePlace,
    StudyOverride,
    TermProposal,
)
from apps.curation.services import add_caution_kinds, decide
from apps.desk.site import desk_site
from apps.guide.models import GlossaryTerm, Page, PageSource
from apps.ingest.models import IngestIssue, QueryMembership, Rehearsal, RequestedStudy, SyncRun
from apps.ingest.rehearsing import ask, rehearse
from apps.ingest.selectors import records_of
from apps.ingest.services import sync
from apps.search.cautions import public_cautions
from apps.search.models import CautionKind
from tests.factories.people import with_app
from tests.factories.studies import study

pytestmark = pytest.mark.django_db

MSC, FOLLOWED = "NCT90000001", "NCT90000009"
EVERYBODY, STAFF, DECIDERS, LEADS, ADMINS = (
    ("", *ROLES),
    ROLES,
    (CURATOR, LEAD, ADMIN),
    (LEAD, ADMIN),
    (ADMIN,),
)
NOBODY: tuple[str, ...] = ()

# By model: who sees its list, its rows and their history.
SEEN = {
    "accounts_accountevent": ADMINS,
    "accounts_user": ADMINS,
    "classification_studylabel": STAFF,
    "curation_appeal": STAFF,
    "curation_auditentry": STAFF,
    "curation_mistakereport": STAFF,
    "curation_studyoverride": STAFF,
    "guide_pagesource": STAFF,
    "history_studychange": STAFF,
    "ingest_ingestissue": STAFF,
    "ingest_querymembership": STAFF,
    "ingest_studysnapshot": STAFF,
    "ingest_syncrun": STAFF,
    "search_cautionkind": STAFF,
    "search_studydocument": STAFF,
    "studies_study": STAFF,
}
# By name: the address and who gets the page. Whoever is not signed in is led to the sign-in page.
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "index": ("/desk/", STAFF),
    "login": ("/desk/login/", EVERYBODY),
    "second-factor": ("/desk/second-factor/", STAFF),
    "password_change": ("/desk/password_change/", STAFF),
    "password_change_done": ("/desk/password_change/done/", STAFF),
    "jsi18n": ("/desk/jsi18n/", STAFF),
    "queue": ("/desk/queue/review/", STAFF),
    "decide-trial": (f"/desk/trials/{MSC}/", STAFF),
    "decide-field": (f"/desk/trials/{MSC}/disease/", DECIDERS),
}
# What is no page of its own: how it answers a plain GET is told in the tests that name it below.
NO_PAGES = {"logout", "autocomplete", "app_list", "view_on_site", "sign-in", "code", "sync-now", "decide-run", ""}

# Working together.
PAGES |= {
    "decisions": ("/desk/decisions/", STAFF),
    "decisions-csv": ("/desk/decisions.csv", STAFF),
    "batch": ("/desk/batches/7777/", STAFF),
    "bulk": (f"/desk/bulk/?nct_id={MSC}&field=source&how=accept", DECIDERS),
    "search": ("/desk/search/?q=msc", STAFF),
    "agreement": ("/desk/agreement/", STAFF),
    "second-look": (f"/desk/trials/{MSC}/source/second/", DECIDERS),
}
# What leads answer for, and what anybody may have written.
PAGES |= {
    "content": ("/desk/content/", STAFF),
    "write-page": ("/desk/pages/multiple-sclerosis/en/", LEADS),
    "write-term": ("/desk/glossary/arm/es/", LEADS),
    "add-term": ("/desk/glossary/add/", LEADS),
    "add-source": ("/desk/page-sources/add/", LEADS),
    "write-source": ("/desk/page-sources/ms-trust/", LEADS),
    "page-history": ("/desk/page-history/page/multiple-sclerosis/en/", STAFF),
    "page-version": ("/desk/page-history/page/multiple-sclerosis/en/1/", STAFF),
    "merging": ("/desk/merging/", STAFF),
    "sites": (f"/desk/trials/{MSC}/sites/", STAFF),
    "site": (f"/desk/trials/{MSC}/sites/0/", DECIDERS),
    "appeal": ("/desk/appeals/7777/", STAFF),
    "live": ("/desk/runs/live/", STAFF),
    "following": ("/desk/followed/", STAFF),
}
PAGES |= {
    "terms": ("/desk/terms/", STAFF),
    "term": ("/desk/terms/7777/", STAFF),
    "rules": ("/desk/rules/", STAFF),
}
NO_PAGES |= {"parting", "unfollow"}
NO_PAGES |= {"log-export", "batch-step", "save-filter", "forget-filter", "note", "claim", "release", "assign"}


TERM = {"act": "add", "group": "multiple-sclerosis", "form": "phrases", "phrase": "a phrase of this test"}


@pytest.fixture
def rows(tmp_path: Path) -> dict[str, Any]:
    """One row of every table, by model; its key."""
    (tmp_path / f"{MSC}.json").write_text(json.dumps(study(MSC)))
    run = sync(replay=tmp_path)
    assert run is not None
    record = records_of([MSC])[MSC]
    decide(record=record, field="dose", values=["1e6/kg"], reason="It says so.", by="ada@example.org", version=0)
    MistakeReport.objects.create(nct_id=MSC, what="The city is wrong.")
    Appeal.objects.create(pk=7777, nct_id=MSC, what="It belongs here.")
    told = {"kind": "product", "name": "prochymal", "key": "prochymal", "told_as": "furestem-ra", "reason": "So."}
    Alias.objects.create(pk=7777, by="ada@example.org", at="2026-01-01T00:00Z", **told)
    TermProposal.objects.create(pk=7777, by="ada@example.org", reason="So it says.", **TERM)
    QueryMembership.objects.create(nct_id=MSC, query="q", since="2026-01-01T00:00Z")
    IngestIssue.objects.create(run=run, nct_id=MSC, path="p", value="x", reason="Odd.")
    RequestedStudy.objects.create(pk=FOLLOWED)
    add_caution_kinds()
    Batch.objects.create(pk=7777, told="changes.csv", by="ada@example.org", rows=[], counts={})
    look = {"first_entry": 1, "first_by": "ada@example.org", "first_values": ["adipose"]}
    SecondLook.objects.create(nct_id=MSC, field="source", **look)
    create_curator("somebody@example.org", VIEWER)
    keys = {}
    for model in desk_site._registry:
        if f"{model._meta.app_label}_{model._meta.model_name}" not in SEEN:
            continue  # told by the test of the table itself
        [key, *_] = model._default_manager.order_by("pk").values_list("pk", flat=True)
        keys[f"{model._meta.app_label}_{model._meta.model_name}"] = key
    return keys


def named(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from named(pattern.url_patterns)
        else:
            yield pattern.name or ""


def test_no_address_of_the_desk_is_missing_from_the_table() -> None:
    of_models = {f"{model}_{what}" for model in SEEN for what in ("changelist", "add", "history", "delete", "change")}
    assert set(named(desk_site.get_urls())) == {*PAGES, *NO_PAGES, *of_models}


def test_no_model_of_the_desk_is_missing_from_the_table() -> None:
    assert {f"{model._meta.app_label}_{model._meta.model_name}" for model in desk_site._registry} == set(SEEN)


@pytest.fixture
def client_of(signed_in: Callable[[str], Client]) -> Callable[[str], Client]:
    return lambda role: signed_in(role) if role else Client()


def expected(role: str, allowed: tuple[str, ...]) -> int:
    return 200 if role in allowed else 403 if role else 302


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_gets_which_page(role: str, rows: dict[str, Any], client_of: Callable[[str], Client]) -> None:
    client = client_of(role)
    wanted = {name: (address, expected(role, allowed)) for name, (address, allowed) in PAGES.items()}
    if role:
        wanted["login"] = ("/desk/login/", 302)  # whoever is in is led to the desk
    for model, allowed in SEEN.items():
        lists, row = reverse(f"desk:{model}_changelist"), [rows[model]]
        wanted |= {
            f"{model}_changelist": (lists, expected(role, allowed)),
            f"{model}_change": (reverse(f"desk:{model}_change", args=row), expected(role, allowed)),
            f"{model}_history": (reverse(f"desk:{model}_history", args=row), expected(role, allowed)),
            # Nothing is added or deleted by the admin's own forms.
            f"{model}_add": (reverse(f"desk:{model}_add"), expected(role, NOBODY)),
            f"{model}_delete": (reverse(f"desk:{model}_delete", args=row), expected(role, NOBODY)),
        }
    given = {name: (address, client.get(address).status_code) for name, (address, _) in wanted.items()}
    assert given == wanted


@pytest.mark.parametrize("role", EVERYBODY)
def test_what_is_no_page_gives_nothing_away(role: str, client_of: Callable[[str], Client]) -> None:
    client = client_of(role)
    signed = 404 if role else 302
    assert client.get("/desk/r/1/1/").status_code == signed
    assert client.get("/desk/nowhere/").status_code == signed
    # Nobody who is in is asked for a code, nobody who is not is told that there is one.
    assert client.get("/desk/code/").status_code == 302
    # No field of a form here asks the server for choices.
    address = "/desk/autocomplete/?app_label=accounts&model_name=user&field_name=groups&term=a"
    assert client.get(address).status_code == (403 if role else 302)
    # Apps have a page each: what is on it is what the role may see.
    for app in {model.partition("_")[0] for model in SEEN}:
        seen = any(role in allowed for model, allowed in SEEN.items() if model.startswith(f"{app}_"))
        assert client.get(f"/desk/{app}/").status_code == (200 if seen else signed), app
    for address in ("/desk/runs/sync/", "/desk/runs/1/release/"):
        assert client.get(address).status_code == (405 if role else 302)


def half_in(case: str) -> Client:
    """Signed in by the first factor alone."""
    role, _, state = case.partition(" ")
    user = create_curator(f"{role}@example.org", role)
    if state == "with an app":
        with_app(user)
    client = Client()
    client.force_login(user)
    return client


HALF_IN = {
    "lead without an app": "/desk/second-factor/",
    "admin without an app": "/desk/second-factor/",
    **{f"{role} with an app": "/desk/code/" for role in ROLES},
}


@pytest.mark.parametrize("case", HALF_IN)
def test_without_the_second_factor_no_page_opens(case: str, rows: dict[str, Any]) -> None:
    client = half_in(case)
    addresses = [address for name, (address, _) in PAGES.items() if name != "second-factor"]
    for model in SEEN:
        addresses += [reverse(f"desk:{model}_{what}") for what in ("changelist", "add")]
        addresses += [reverse(f"desk:{model}_{what}", args=[rows[model]]) for what in ("change", "history", "delete")]
    addresses += [f"/desk/{model.partition('_')[0]}/" for model in SEEN]
    addresses += ["/desk/r/1/1/", "/desk/nowhere/", "/desk/runs/sync/", "/desk/runs/1/release/", "/desk/autocomplete/"]
    for address in addresses:
        answer = client.get(address, follow=True)
        assert [status for _, status in answer.redirect_chain][:1] == [302], address
        assert answer.redirect_chain[-1][0].startswith(HALF_IN[case]), address
        assert "Log out" not in answer.content.decode(), address


@pytest.mark.parametrize("case", HALF_IN)
def test_without_the_second_factor_nothing_is_done(case: str, rows: dict[str, Any]) -> None:
    held_run()
    client = half_in(case)
    for name, (do, done, _) in ACTS.items():
        ASKED.clear()
        with suppress(Undo), transaction.atomic():
            assert do(client)["Location"].startswith("/desk/login/"), name
            assert not done(), name
            raise Undo


def post(address: str, **told: Any) -> Callable[[Client], Any]:
    return lambda client: client.post(address, told)


def act(model: str, action: str) -> Callable[[Client], Any]:
    """An action of a list, on the first row of its table."""

    def do(client: Client) -> Any:
        app, _, name = model.partition("_")
        [key, *_rest] = (
            [User.objects.get(email="somebody@example.org").pk]
            if name == "user"
            else [admin.model._default_manager.order_by("pk").first().pk for admin in admins(app, name)]
        )
        return client.post(reverse(f"desk:{model}_changelist"), {"action": action, "_selected_action": [key]})

    return do


def admins(app: str, name: str) -> list[ModelAdmin]:
    return [
        admin
        for model, admin in desk_site._registry.items()
        if (model._meta.app_label, model._meta.model_name) == (app, name)
    ]


def held_run() -> SyncRun:
    return SyncRun.objects.create(state="held", step="gate", reason="Odd.", finished_at="2026-05-03T10:00Z")


# By act: how it is done, how one sees that it was, and who can. Acts on lists stand under `model.action`.
Act = tuple[Callable[[Client], Any], Callable[[], Any], tuple[str, ...]]
ACTS: dict[str, Act] = {
    "decide": (
        post(f"/desk/trials/{MSC}/disease/", values="type-1-diabetes", reason="So it says.", version=0, do="decide"),
        lambda: StudyOverride.objects.filter(field="disease").exists(),
        DECIDERS,
    ),
    "take a decision back": (
        lambda client: client.post(
            f"/desk/trials/{MSC}/dose/",
            {"reason": "My mistake.", "version": StudyOverride.objects.get(field="dose").version, "do": "clear"},
        ),
        lambda: not StudyOverride.objects.filter(field="dose").exists(),
        DECIDERS,
    ),
    "leave a trial out for good": (
        post(f"/desk/trials/{MSC}/scope/", values="out", for_good="on", reason="So.", version=0, do="decide"),
        lambda: StudyOverride.objects.filter(field="scope", standing="for-good").exists(),
        DECIDERS,
    ),
    "follow a trial by its id": (
        post("/desk/followed/", ids="NCT90000002", reason="So."),
        lambda: RequestedStudy.objects.filter(pk="NCT90000002").exists(),
        DECIDERS,
    ),
    "follow it no longer": (
        post(f"/desk/followed/{FOLLOWED}/stop/", reason="So."),
        lambda: not RequestedStudy.objects.filter(pk=FOLLOWED).exists(),
        DECIDERS,
    ),
    "ask for a sync": (post("/desk/runs/sync/"), lambda: ASKED == ["sync_now"], DECIDERS),
    "let a held run through": (
        lambda client: client.post(f"/desk/runs/{SyncRun.objects.get(state='held').pk}/release/"),
        lambda: not SyncRun.objects.filter(state="held").exists(),
        LEADS,
    ),
    "discard a held run": (
        lambda client: client.post(f"/desk/runs/{SyncRun.objects.get(state='held').pk}/discard/"),
        lambda: SyncRun.objects.filter(state="held", step="done").exists(),
        LEADS,
    ),
    "curation_mistakereport.mark_done": (
        act("curation_mistakereport", "mark_done"),
        lambda: MistakeReport.objects.exclude(done_at=None).exists(),
        DECIDERS,
    ),
    "curation_mistakereport.reopen": (
        lambda client: (
            MistakeReport.objects.update(done_at="2026-01-01T00:00Z"),
            act("curation_mistakereport", "reopen")(client),
        )[1],
        lambda: MistakeReport.objects.filter(done_at=None).exists(),
        DECIDERS,
    ),
    "search_cautionkind.propose": (
        act("search_cautionkind", "propose"),
        lambda: CautionKind.objects.exclude(proposed_by="").exists(),
        LEADS,
    ),
    "search_cautionkind.confirm": (
        lambda client: (
            CautionKind.objects.update(proposed_by="another@example.org"),
            act("search_cautionkind", "confirm")(client),
        )[1],
        lambda: bool(public_cautions()),
        LEADS,
    ),
    "search_cautionkind.withdraw": (
        lambda client: (
            CautionKind.objects.update(proposed_by="another@example.org"),
            act("search_cautionkind", "withdraw")(client),
        )[1],
        lambda: CautionKind.objects.filter(proposed_by="").exists(),
        LEADS,
    ),
    "search_cautionkind.hide_from_readers": (
        lambda client: (
            CautionKind.objects.update(public=True),
            act("search_cautionkind", "hide_from_readers")(client),
        )[1],
        lambda: CautionKind.objects.filter(public=False).exists(),
        LEADS,
    ),
    "accounts_user.send_links": (
        act("accounts_user", "send_links"),
        lambda: AccountEvent.objects.filter(what="link", account="somebody@example.org").exists(),
        ADMINS,
    ),
    "accounts_user.make_links": (
        act("accounts_user", "make_links"),
        lambda: False,  # the link is in the answer: see below
        NOBODY,
    ),
    "accounts_user.reset_second_factors": (
        lambda client: (
            with_app(User.objects.get(email="somebody@example.org")),
            act("accounts_user", "reset_second_factors")(client),
        )[1],
        lambda: app_of(User.objects.get(email="somebody@example.org")) is None,
        ADMINS,
    ),
    "close an account": (
        lambda client: client.post(
            reverse("desk:accounts_user_change", args=[User.objects.get(email="somebody@example.org").pk]),
            {"is_staff": "on"},
        ),
        lambda: not User.objects.get(email="somebody@example.org").is_active,
        ADMINS,
    ),
}


def me(client: Client) -> str:
    """The name of whoever is signed in."""
    user = User.objects.filter(pk=client.session.get("_auth_user_id")).first()
    return user.username if user else ""


def with_batch(state: str, step: str) -> Callable[[Client], Any]:
    """A step of a batch of one's own that stands so."""

    def do(client: Client) -> Any:
        Batch.objects.update(by=me(client), state=state)
        return client.post(f"/desk/batches/7777/{step}/")

    return do


def with_own(model: Any, address: str, **told: Any) -> Callable[[Client], Any]:
    """What ends a row of one's own."""

    def do(client: Client) -> Any:
        row = model.objects.create(by=me(client), **told)
        return client.post(address.format(row.pk))

    return do


def give_to_a_colleague(client: Client) -> Any:
    create_curator("colleague@example.org", CURATOR)
    return client.post(f"/desk/trials/{MSC}/assign/", {"to": "colleague@example.org"})


def send_a_spreadsheet(client: Client) -> Any:
    content = f"nct_id,field,values,reason\n{MSC},disease,type-1-diabetes,So.".encode()
    return client.post("/desk/decisions/", {"file": SimpleUploadedFile("mine.csv", content)})


# Working together.
ACTS |= {
    "write a note": (post(f"/desk/trials/{MSC}/notes/", text="Asked."), Note.objects.exists, DECIDERS),
    "work on a trial": (post(f"/desk/trials/{MSC}/claim/"), Claim.objects.exists, DECIDERS),
    "release a trial": (
        with_own(Claim, f"/desk/trials/{MSC}/release/", nct_id=MSC),
        lambda: not Claim.objects.exists(),
        DECIDERS,
    ),
    "give a trial to a colleague": (
        give_to_a_colleague,
        lambda: Claim.objects.filter(by="colleague@example.org").exists(),
        DECIDERS,
    ),
    "keep a filter": (post("/desk/filters/", queue="review", name="x"), SavedFilter.objects.exists, STAFF),
    "forget a filter": (
        with_own(SavedFilter, "/desk/filters/{}/forget/", name="x", kind="review"),
        lambda: not SavedFilter.objects.exists(),
        STAFF,
    ),
    "send a spreadsheet": (send_a_spreadsheet, lambda: Batch.objects.filter(told="mine.csv").exists(), DECIDERS),
    "decide for several": (
        post("/desk/bulk/", nct_id=MSC, field="donor", how="accept", reason="So.", version=0),
        lambda: Batch.objects.exclude(pk=7777).exists(),
        DECIDERS,
    ),
    "confirm a batch": (
        with_batch("previewed", "confirm"),
        lambda: Batch.objects.get(pk=7777).state == "applied",
        DECIDERS,
    ),
    "throw a batch away": (
        with_batch("previewed", "discard"),
        lambda: Batch.objects.get(pk=7777).state == "discarded",
        DECIDERS,
    ),
    "undo a batch": (with_batch("applied", "undo"), lambda: Batch.objects.get(pk=7777).state == "undone", DECIDERS),
    "look a second time": (
        post(f"/desk/trials/{MSC}/source/second/", values="adipose", reason="So.", version=0),
        lambda: not SecondLook.objects.filter(second_at=None).exists(),
        DECIDERS,
    ),
    "take the log along": (
        post("/desk/log.csv"),
        lambda: AuditEntry.objects.filter(action="exported").exists(),
        STAFF,
    ),
}


def write(address: str, **asked: Any) -> Callable[[Client], Any]:
    """Sends a form of the desk back as it stands, but for these fields."""

    def do(client: Client) -> Any:
        fields = {name: value for name, value in form_of(client, address).items() if name not in asked}
        return client.post(address, fields | asked)

    return do


def form_of(client: Client, address: str) -> dict[str, str]:
    page = BeautifulSoup(client.get(address).content, "html.parser")
    form = next((form for form in page.select("#content form") if form.select("[name=version]")), None)
    told = (
        {} if form is None else {part["name"]: part.get("value") or part.get_text() for part in form.select("[name]")}
    )
    return {name: value for name, value in told.items() if name not in {"do", "csrfmiddlewaretoken"}}


# What leads answer for.
ACTS |= {
    "answer an appeal": (
        post("/desk/appeals/7777/", answer="You are right."),
        lambda: Appeal.objects.exclude(answered_at=None).exists(),
        DECIDERS,
    ),
    "place a site": (
        write(f"/desk/trials/{MSC}/sites/0/", town="Berlin, DE", reason="So.", do="place"),
        lambda: SitePlace.objects.exists(),
        DECIDERS,
    ),
    "merge names": (
        post("/desk/merging/", kind="product", name="cx611", told_as="rexlemestrocel", reason="So.", do="merge"),
        lambda: Alias.objects.exclude(pk=7777).exists(),
        LEADS,
    ),
    "part names": (post("/desk/merging/7777/part/", reason="So."), lambda: not Alias.objects.exists(), LEADS),
    "write a page": (
        write("/desk/pages/multiple-sclerosis/en/", note="Said better.", what="It harms nerves. [ms-trust]", do="save"),
        lambda: Page.objects.get(slug="multiple-sclerosis", language="en").changed_by != "",
        LEADS,
    ),
    "write the questions of the sheet": (
        write("/desk/pages/questions/en/", note="One more.", doctor="Who pays?", do="save"),
        lambda: Page.objects.get(slug="questions", language="en").changed_by != "",
        LEADS,
    ),
    "write a term": (
        write("/desk/glossary/arm/es/", note="Said better.", text="Un grupo.", do="save"),
        lambda: GlossaryTerm.objects.get(slug="arm", language="es").text == "Un grupo.",
        LEADS,
    ),
    "add a term": (
        write("/desk/glossary/add/", note="New.", slug="dose", name="Dose", group="cells", text="How many.", do="save"),
        lambda: GlossaryTerm.objects.filter(slug="dose").exists(),
        LEADS,
    ),
    "write a source": (
        write("/desk/page-sources/ms-trust/", note="Renamed.", title="Another title", do="save"),
        lambda: PageSource.objects.get(pk="ms-trust").title == "Another title",
        LEADS,
    ),
}


def looked_at(number: int) -> None:
    """A worker has looked what would move, with the rules and terms in force."""
    rehearse(ask(proposal=number, by="ada@example.org")[0].pk)


def of_their_own(client: Client) -> None:
    if number := client.session.get("_auth_user_id"):
        TermProposal.objects.update(by=User.objects.get(pk=number).email)


# What the rules know.
ACTS |= {
    "propose a term": (
        post("/desk/terms/", **(TERM | {"phrase": "another phrase of it"}), reason="So."),
        lambda: TermProposal.objects.exclude(pk=7777).exists(),
        DECIDERS,
    ),
    "look what a term would move": (
        post("/desk/terms/7777/", do="rehearse"),
        lambda: ASKED == ["rehearse"] and Rehearsal.objects.filter(proposal=7777).exists(),
        DECIDERS,
    ),
    "accept a term": (
        lambda client: (looked_at(7777), client.post("/desk/terms/7777/", {"do": "accept", "reason": "Yes."}))[1],
        lambda: ASKED == ["reprocess"] and TermProposal.objects.get(pk=7777).state == "accepted",
        LEADS,
    ),
    "decline a term": (
        post("/desk/terms/7777/", do="decline", reason="No."),
        lambda: TermProposal.objects.get(pk=7777).state == "declined",
        LEADS,
    ),
    "withdraw a term": (
        lambda client: (
            of_their_own(client),
            client.post("/desk/terms/7777/", {"do": "withdraw", "reason": "Mine."}),
        )[1],
        lambda: TermProposal.objects.get(pk=7777).state == "withdrawn",
        DECIDERS,
    ),
    "take a term back": (
        lambda client: (
            TermProposal.objects.update(state="accepted"),
            client.post("/desk/terms/7777/", {"do": "retire", "reason": "No."}),
        )[1],
        lambda: ASKED == ["reprocess"] and TermProposal.objects.get(pk=7777).state == "retired",
        LEADS,
    ),
    "look what the rules would move": (
        post("/desk/rules/", do="rehearse"),
        lambda: ASKED == ["rehearse"] and Rehearsal.objects.filter(proposal=0).exists(),
        DECIDERS,
    ),
    "process outdated trials": (post("/desk/rules/", do="outdated"), lambda: ASKED == ["reprocess"], LEADS),
    "process all trials": (post("/desk/rules/", do="everything"), lambda: ASKED == ["reprocess"], LEADS),
}
ASKED: list[str] = []


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker runs here: what is sent to the queue is noted."""
    ASKED.clear()
    monkeypatch.setattr("apps.desk.views.sync_task.apply_async", lambda **options: ASKED.append("sync_now"))
    for name in ("rehearse", "reprocess"):
        note = partial(lambda name, **options: ASKED.append(name), name)
        monkeypatch.setattr(f"apps.desk.terms.{name}.apply_async", note)
    monkeypatch.setattr("apps.desk.views.tick.apply_async", lambda **options: None)
    monkeypatch.setattr("apps.desk.appeals.send_answers.apply_async", lambda **options: None)


def test_no_action_of_a_list_is_missing_from_the_table() -> None:
    request = RequestFactory().get("/desk/")
    request.user = create_curator("admin@example.org", ADMIN)
    offered = {
        f"{model._meta.app_label}_{model._meta.model_name}.{action}"
        for model, admin in desk_site._registry.items()
        for action in admin.get_actions(request)
    }
    assert offered == {name for name in ACTS if "." in name}


class Undo(Exception):
    """Ends an act's transaction, so that the next one finds everything as it was."""


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_can_do_what(role: str, rows: dict[str, Any], client_of: Callable[[str], Client]) -> None:
    held_run()
    client = client_of(role)
    given = {}
    for name, (do, done, _) in ACTS.items():
        ASKED.clear()
        with suppress(Undo), transaction.atomic():
            answer = do(client)
            assert answer.status_code in {200, 302, 403}, name
            given[name] = bool(done())
            raise Undo
    assert given == {name: role in allowed for name, (_, _, allowed) in ACTS.items()}


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_can_make_a_link_for_another(role: str, rows: dict[str, Any], client_of: Callable[[str], Client]) -> None:
    client = client_of(role)
    answer = act("accounts_user", "make_links")(client)
    told = client.get("/desk/").content.decode()
    assert ("/desk/sign-in/" in told) is (role == ADMIN)
    assert answer.status_code == (302 if role in {ADMIN, ""} else 403)


@pytest.mark.parametrize("role", ROLES)
def test_a_link_is_the_same_way_in_for_every_role(role: str) -> None:
    client = Client()
    assert client.post(sign_in_path(create_curator("ada@example.org", role))).status_code == 302


def test_what_is_logged_names_who_did_it(rows: dict[str, Any], client_of: Callable[[str], Client]) -> None:
    ACTS["decide"][0](client_of(LEAD))
    assert AuditEntry.objects.order_by("-pk").first().by == "lead@example.org"
