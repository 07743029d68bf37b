"""Names of one sponsor or product, merged by a curator: published at once, kept by every sync, parted again."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection, transaction
from django.test import Client

from apps.ctgov.parser import parse_study
from apps.curation.decisions import Refused
from apps.curation.models import Alias, AuditEntry
from apps.curation.services import merge, part, publish
from apps.ingest.selectors import records_of
from apps.ingest.services import sync
from apps.search.models import StudyDocument
from apps.search.query import StudyQuery
from apps.search.selectors import search_studies
from apps.web.views.site import known
from tests.factories.people import signed_in_as
from tests.factories.studies import encoded, study

pytestmark = pytest.mark.django_db

SPONSOR = "protocolSection.sponsorCollaboratorsModule.leadSponsor.name"
ARMS = "protocolSection.armsInterventionsModule.interventions"
TITLE = "protocolSection.identificationModule.briefTitle"
ONE, TWO, THREE = "NCT90000001", "NCT90000002", "NCT90000003"
LONG, SHORT = "Royal University  Hospital of Testing", "Testing Hospital"


@pytest.fixture
def load(tmp_path: Any) -> Any:
    def load(**changes: dict[str, Any]) -> None:
        for nct_id, told in changes.items():
            (tmp_path / f"{nct_id}.json").write_bytes(encoded(study(nct_id, told)))
        run = sync(replay=tmp_path)
        assert run is not None
        assert run.failed == 0
        known.forget()

    load(NCT90000001={SPONSOR: LONG}, NCT90000002={SPONSOR: SHORT}, NCT90000003={SPONSOR: "Another"})
    return load


def merged(**changes: Any) -> Alias:
    told = {"kind": "sponsor", "name": LONG, "told_as": SHORT, "reason": "Renamed in 2020.", "by": "ada@example.org"}
    return merge(**(told | changes), records_of=records_of)


def told(nct_id: str = ONE) -> str:
    return StudyDocument.objects.get(pk=nct_id).sponsor


def found(**asked: Any) -> list[str]:
    return sorted(row.nct_id for row in search_studies(StudyQuery(**asked)).documents)


def test_lists_counts_and_search_tell_one_sponsor_and_each_sync_keeps_it(load: Any) -> None:
    merged(name="royal university hospital OF testing")
    for title in ("Once", "Twice", "Three times"):
        assert told() == SHORT
        assert found(sponsor=(SHORT,)) == [ONE, TWO]
        assert found(q='sponsor:"royal university"') == [ONE]  # the record's own name is still found
        assert found(q='sponsor:"testing hospital"') == [ONE, TWO]
        load(NCT90000001={SPONSOR: LONG, TITLE: f"MSC in multiple sclerosis: {title}"})
    load(NCT90000003={SPONSOR: LONG.upper()})
    assert told(THREE) == SHORT
    load(NCT90000001={SPONSOR: "Somebody Else"})
    assert told() == "Somebody Else"


def test_parting_lets_each_record_speak_again(load: Any) -> None:
    alias = merged()
    load(NCT90000003={SPONSOR: LONG})
    part(alias_id=alias.pk, reason="They are two.", by="bo@example.org", records_of=records_of)
    assert [told(nct_id) for nct_id in (ONE, TWO, THREE)] == [LONG, SHORT, LONG]
    entries = AuditEntry.objects.order_by("pk").values_list("action", "by", "before", "after", "reason")
    assert list(entries) == [
        ("merged", "ada@example.org", "Royal University Hospital of Testing", SHORT, "Renamed in 2020."),
        ("parted", "bo@example.org", SHORT, "Royal University Hospital of Testing", "They are two."),
    ]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"kind": "person"}, "kind"),
        ({"name": " "}, "name"),
        ({"name": "Nobody at all"}, "name"),
        ({"told_as": "Nobody at all"}, "told_as"),
        ({"name": "x" * 301}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"told_as": LONG.upper()}, "told_as"),
        ({"kind": "product", "name": "no-such-product"}, "name"),
        ({"reason": " \x00"}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
    ],
)
def test_what_cannot_be_merged_is_refused_where_it_stands(load: Any, changes: dict[str, str], place: str) -> None:
    with pytest.raises(Refused) as refused:
        merged(**changes)
    assert refused.value.place == place
    assert not Alias.objects.exists()
    assert not AuditEntry.objects.exists()


def test_there_are_no_chains(load: Any) -> None:
    merged()
    for changes in (
        {"told_as": "Another"},  # merged already
        {"name": SHORT, "told_as": "Another"},  # another name is told by this one
        {"name": "Another", "told_as": LONG},  # itself told by another
    ):
        with pytest.raises(Refused):
            merged(**changes)
    merged(name="Another")
    assert [told(nct_id) for nct_id in (ONE, TWO, THREE)] == [SHORT] * 3


def test_products_are_merged_in_the_card(load: Any) -> None:
    load(
        NCT90000001={ARMS: [{"type": "BIOLOGICAL", "name": "Prochymal (remestemcel-L), mesenchymal stem cells"}]},
        NCT90000002={ARMS: [{"type": "BIOLOGICAL", "name": "Lomecel-B mesenchymal stem cells"}]},
    )
    [first], [second] = (StudyDocument.objects.get(pk=nct_id).card["product"][:1] for nct_id in (ONE, TWO))
    assert first != second
    merged(kind="product", name=first, told_as=second)
    assert StudyDocument.objects.get(pk=ONE).card["product"] == [second]
    assert found(product=(second,)) == [ONE, TWO]
    part(alias_id=Alias.objects.get().pk, reason="Two.", by="a", records_of=records_of)
    assert StudyDocument.objects.get(pk=ONE).card["product"] == [first]


def test_both_names_stand_on_the_trials_page_and_the_merge_among_the_decisions(load: Any, client: Client) -> None:
    merged(source="https://example.org/renamed")
    page = BeautifulSoup(client.get(f"/trials/{ONE}/").content, "html.parser").select_one("#sponsors").get_text(" ")
    assert "Royal University Hospital of Testing" in " ".join(page.split())
    assert SHORT in page
    assert "two names for one sponsor" in page
    other = BeautifulSoup(client.get(f"/trials/{TWO}/").content, "html.parser").select_one("#sponsors").get_text(" ")
    assert "in our lists" not in other
    decisions = (
        BeautifulSoup(client.get("/decisions/").content, "html.parser").select_one("#merged").parent.get_text(" ")
    )
    assert "Renamed in 2020." in decisions
    assert "ada@example.org" not in decisions


# At the desk


def test_one_looks_at_what_moves_before_anything_is_written(load: Any) -> None:
    admin, told_form = signed_in_as("admin"), {"kind": "sponsor", "name": LONG, "told_as": SHORT, "reason": "Renamed."}
    page = admin.post("/desk/merging/", told_form | {"do": "look"}).content.decode()
    assert "1 trial is told by another name" in page
    assert ONE in page
    assert not Alias.objects.exists()
    assert admin.post("/desk/merging/", told_form | {"do": "merge"}).status_code == 302
    assert told() == SHORT
    alias = Alias.objects.get()
    assert "1 merge is in force" in admin.get("/desk/merging/").content.decode()
    assert admin.post(f"/desk/merging/{alias.pk}/part/", {"reason": ""}, follow=True).status_code == 200
    assert Alias.objects.exists()
    admin.post(f"/desk/merging/{alias.pk}/part/", {"reason": "Two."})
    assert told() == LONG
    assert (
        b"parted these names already"
        in admin.post(f"/desk/merging/{alias.pk}/part/", {"reason": "x"}, follow=True).content
    )
    assert admin.post(f"/desk/merging/{'9' * 30}/part/", {"reason": "x"}).status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "x", "name": LONG, "told_as": SHORT, "reason": "y"},
        {"kind": "sponsor", "name": "<b>", "told_as": SHORT, "reason": "y"},
        {"kind": "sponsor", "name": "\x00", "told_as": "\x00", "reason": "y"},
        {"kind": "sponsor", "name": LONG, "told_as": SHORT, "reason": ""},
        {"kind": "sponsor", "name": "x" * 100_000, "told_as": SHORT, "reason": "y"},
    ],
)
@pytest.mark.parametrize("do", ["look", "merge", "nonsense"])
def test_nonsense_in_the_form_is_told_and_kept(load: Any, data: dict[str, str], do: str) -> None:
    answer = signed_in_as("admin").post("/desk/merging/", data | {"do": do})
    assert answer.status_code == 422
    assert b"<b>" not in answer.content
    assert not Alias.objects.exists()


def test_who_may_merge_and_who_may_look(load: Any) -> None:
    alias = merged()
    for role in ("viewer", "curator"):
        client = signed_in_as(role)
        page = client.get("/desk/merging/")
        assert page.status_code == 200
        assert b"Merge two names" not in page.content
        assert client.post("/desk/merging/", {"do": "merge"}).status_code == 403
        assert client.post(f"/desk/merging/{alias.pk}/part/", {"reason": "x"}).status_code == 403
    assert Client().get("/desk/merging/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_sync_that_had_read_the_names_of_before_does_not_keep_them(load: Any) -> None:
    """It publishes one more study of that name while the merge has looked for those to move already."""
    records = {nct_id: parse_study(encoded(study(nct_id, {SPONSOR: LONG}))) for nct_id in (ONE, THREE)}
    published = threading.Event()

    def late() -> None:
        try:
            with transaction.atomic():
                publish({THREE: records[THREE]})
                published.set()
                # Long enough for the merge to look for its studies; then it waits for this transaction.
                time.sleep(1)
        finally:
            connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert published.wait(20)
    merge(
        kind="sponsor",
        name=LONG,
        told_as=SHORT,
        reason="Renamed.",
        by="ada@example.org",
        records_of=lambda ids: {nct_id: records[nct_id] for nct_id in ids},
    )
    thread.join()
    assert [told(nct_id) for nct_id in (ONE, TWO, THREE)] == [SHORT] * 3
