"""Taking everything: the list by cursor, chosen fields, labels, changes, evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from apps.api.harvest.cursors import read_cursor, write_cursor
from apps.api.harvest.serializers import (
    ChangeSerializer,
    EvidenceOfStudySerializer,
    LabelOfStudySerializer,
    PassageSerializer,
    QuoteSerializer,
)
from apps.classification.models import StudyLabel
from apps.classification.selectors import LabelKey
from apps.history.models import StudyChange
from apps.history.services import record_changes
from apps.studies.facts import FieldChange
from apps.studies.models import Study
from apps.studies.texts import value_at
from tests.factories.documents import entry, publish
from tests.factories.studies import studies, study

pytestmark = pytest.mark.django_db

LIST = "/api/v1/studies/"
LABELS = "/api/v1/labels/"
CHANGES = "/api/v1/changes/"
NCT = "NCT90000001"
PROBLEM = "application/problem+json"
NONSENSE = [
    "bogus", "-1", "1.5", "999999999999999999999", "' OR 1=1 --", "<script>", "\x00", "%00", "😀", "null", "[]", "{}",
    "a" * 5000, "٣", "\u202e", "NaN", "NCT", "NCT٣٣٣٣٣٣٣٣", "nct1", "\ud7ff\ue000", "*,*", "true,false", "2026-02-30",
]  # fmt: skip


def pages(api: Client, address: str, between: Callable[[], None] = lambda: None) -> Iterator[dict[str, Any]]:
    """Every page from this address on; `between` is called after each."""
    following: str | None = address
    while following:
        response = api.get(following)
        assert response.status_code == 200, response.content
        yield response.json()
        following = response.json()["next"]
        between()


class TestListByCursor:
    def test_each_study_once_by_nct_id(self, api: Client) -> None:
        numbers = [7, 3, 9, 1, 5]
        publish(*[entry(f"NCT9000000{n}", last_update_posted=f"2025-01-0{n}") for n in numbers])
        found = list(pages(api, f"{LIST}?cursor=*&page_size=2"))
        assert [[row["nct_id"][-1] for row in page["results"]] for page in found] == [["1", "3"], ["5", "7"], ["9"]]
        assert all(set(page) == {"count", "next", "previous", "results"} for page in found)
        assert [page["count"] for page in found] == [5, 5, 5]
        assert [page["previous"] for page in found] == [None, None, None]
        assert found[0]["next"] == "http://testserver/api/v1/studies/?page_size=2&cursor=NCT90000003"

    def test_a_full_last_page_is_the_last(self, api: Client) -> None:
        publish(entry(), entry())
        [only] = pages(api, f"{LIST}?cursor=*&page_size=2")
        assert len(only["results"]) == 2

    def test_what_is_published_meanwhile_moves_no_other(self, api: Client) -> None:
        publish(*[entry(f"NCT900000{n}0") for n in range(1, 6)])
        numbers = iter([entry("NCT90000040", scope="out"), entry("NCT90000011"), entry("NCT90000099")])
        seen = []
        for page in pages(api, f"{LIST}?cursor=*&page_size=2", lambda: publish(next(numbers))):
            seen += [row["nct_id"] for row in page["results"]]
        # 40 left before it was reached, 11 and 99 came too late for this harvest. Nothing twice, nothing lost.
        assert seen == ["NCT90000010", "NCT90000020", "NCT90000030", "NCT90000050"]

    def test_a_cursor_whose_study_has_left_still_leads_on(self, api: Client) -> None:
        publish(entry("NCT90000002", scope="out"), entry("NCT90000003"))
        assert [row["nct_id"] for row in api.get(f"{LIST}?cursor=NCT90000002").json()["results"]] == ["NCT90000003"]
        assert api.get(f"{LIST}?cursor=NCT99999999").json()["results"] == []

    def test_filters_and_fields_go_along(self, api: Client) -> None:
        publish(*[entry(countries=["CN"]) for _ in range(3)], entry())
        found = list(pages(api, f"{LIST}?cursor=*&page_size=2&country=cn&q=cells&fields=title"))
        assert [len(page["results"]) for page in found] == [2, 1]
        assert parse_qs(urlsplit(found[0]["next"]).query)["country"] == ["CN"]
        assert set(found[1]["results"][0]) == {"nct_id", "title"}

    @pytest.mark.parametrize("name", ["sort", "page"])
    def test_order_and_page_cannot_be_given_beside_it(self, api: Client, name: str) -> None:
        response = api.get(f"{LIST}?cursor=*&{name}=1" if name == "page" else f"{LIST}?cursor=*&sort=title")
        assert response.status_code == 400
        [error] = response.json()["errors"]
        assert error["parameter"] == name
        assert "harvest" in error["message"]

    def test_the_number_of_statements_does_not_grow(self, api: Client, django_assert_num_queries: Any) -> None:
        publish(*[entry() for _ in range(5)])
        api.get(f"{LIST}?cursor=*")
        for size in (1, 4):
            # 1 dataset version, 2 the page's rows
            with django_assert_num_queries(2):
                assert len(api.get(f"{LIST}?cursor=*&page_size={size}").json()["results"]) == size


class TestFields:
    def test_only_what_is_asked_for_and_the_id(self, api: Client) -> None:
        publish(entry(NCT, card={"source": ["bone-marrow"], "donor": ["autologous"]}))
        assert api.get(f"{LIST}?fields=title,card.source,card.dose").json()["results"] == [
            {
                "nct_id": NCT,
                "title": "Cells for people with multiple sclerosis 001",
                "card": {"source": ["bone-marrow"], "dose": []},
            }
        ]
        assert api.get(f"{LIST}?fields=nct_id").json()["results"] == [{"nct_id": NCT}]
        assert api.get(f"{LIST}?fields=title&fields=phases").json()["results"][0].keys() == {
            "nct_id",
            "title",
            "phases",
        }
        whole = api.get(f"{LIST}?fields=card,card.source").json()["results"][0]["card"]
        assert len(whole) > 20

    def test_page_addresses_keep_them(self, api: Client) -> None:
        publish(entry(), entry(), entry())
        body = api.get(f"{LIST}?fields=title,phases&page_size=1&page=2").json()
        assert body["next"].endswith("?page=3&page_size=1&fields=title,phases")
        assert body["previous"].endswith("?page_size=1&fields=title,phases")

    def test_of_one_study(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(NCT))
        assert set(api.get(f"{LIST}{NCT}/?fields=labels,card.dose").json()) == {"nct_id", "labels", "card"}
        assert api.get(f"{LIST}{NCT}/?fields=record").json()["record"]["protocolSection"]

    def test_other_spellings_keep_them(self, api: Client) -> None:
        response = api.get(f"{LIST}{NCT.lower()}/?fields=labels")
        assert (response.status_code, response["Location"]) == (301, f"{LIST}{NCT}/?fields=labels")

    @pytest.mark.parametrize("address", [LIST, f"{LIST}{NCT}/", LABELS])
    @pytest.mark.parametrize("raw", ["bogus", "title,bogus", "card.bogus", "card.", ".", "labels.path", "nct_id;title"])
    def test_an_unknown_name_says_what_there_is(self, api: Client, address: str, raw: str) -> None:
        response = api.get(address, {"fields": raw})
        assert response.status_code == 400
        error = response.json()["errors"][0]
        assert error["parameter"] == "fields"
        assert "nct_id" in error["allowed"]


class TestLabels:
    @pytest.fixture
    def three(self, arrive: Callable[..., None]) -> list[dict[str, Any]]:
        records = studies(3, first=90000001)
        arrive(*records)
        return records

    def test_they_come_by_study_with_their_evidence(
        self, api: Client, three: list[dict[str, Any]], django_assert_num_queries: Any
    ) -> None:
        api.get(LABELS)
        # 1 dataset version, 2 the labels
        with django_assert_num_queries(2):
            rows = api.get(LABELS, {"page_size": 1000}).json()["results"]
        assert len(rows) == StudyLabel.objects.count()
        assert set(rows[0]) == set(LabelOfStudySerializer().fields)
        keys = [(row["nct_id"], row["scheme"], row["value"], row["rule"]) for row in rows]
        assert keys == sorted(keys)
        assert {row["nct_id"] for row in rows} == {f"NCT9000000{n}" for n in (1, 2, 3)}
        for row in rows:
            for item in row["evidence"]:
                assert value_at(three[0], item["path"])[item["start"] : item["end"]] == item["quote"]

    def test_pages_follow_on_each_other(self, api: Client, three: list[dict[str, Any]]) -> None:
        whole = api.get(LABELS, {"page_size": 1000}).json()["results"]
        found = [row for page in pages(api, f"{LABELS}?page_size=7") for row in page["results"]]
        assert found == whole

    def test_a_study_that_is_labelled_anew_meanwhile_is_given_once(
        self, api: Client, three: list[dict[str, Any]]
    ) -> None:
        """The rules write rows anew, with other numbers; what the labels say is what counts."""
        whole = [(row["nct_id"], row["scheme"], row["value"]) for row in api.get(LABELS).json()["results"]]

        def anew() -> None:
            for label in StudyLabel.objects.all():
                label.delete()
                label.pk = None
                label.save(force_insert=True)
            publish()

        found = [row for page in pages(api, f"{LABELS}?page_size=9", anew) for row in page["results"]]
        assert [(row["nct_id"], row["scheme"], row["value"]) for row in found] == whole

    def test_filters_of_labels(self, api: Client, three: list[dict[str, Any]]) -> None:
        StudyLabel.objects.filter(study_id=NCT, scheme="disease").update(doubtful=True)

        def rows(query: str) -> list[dict[str, Any]]:
            return api.get(f"{LABELS}?{query}").json()["results"]

        assert {row["scheme"] for row in rows("scheme=disease&scheme=cell_type")} == {"disease", "cell_type"}
        assert {row["value"] for row in rows("value=msc")} == {"msc"}
        rule = rows("scheme=disease")[0]["rule"]
        assert {row["rule"] for row in rows(f"rule={rule}")} == {rule}
        assert [(row["nct_id"], row["scheme"]) for row in rows("doubtful=true&scheme=disease")] == [(NCT, "disease")]
        assert not any(row["doubtful"] for row in rows("doubtful=false"))
        assert len(rows("scheme=disease&value=msc")) == 0
        assert len(rows(f"scheme=disease&q={NCT}")) == 1

    def test_filters_of_studies_are_those_of_the_list(self, api: Client, three: list[dict[str, Any]]) -> None:
        assert api.get(f"{LABELS}?disease=type-1-diabetes").json()["results"] == []
        assert api.get(f"{LABELS}?disease=multiple-sclerosis&scheme=disease").json()["results"] != []
        assert api.get(f"{LABELS}?scope=out").json()["results"] == []
        assert api.get(f"{LABELS}?scope=all&country=es&scheme=scope").json()["results"] != []

    def test_chosen_fields(self, api: Client, three: list[dict[str, Any]]) -> None:
        assert api.get(f"{LABELS}?scheme=cell_type&fields=value&page_size=1").json()["results"] == [
            {"nct_id": NCT, "value": "msc"}
        ]

    @pytest.mark.parametrize("name", ["sort", "page"])
    def test_order_and_page_are_none_of_its_parameters(self, api: Client, name: str) -> None:
        response = api.get(LABELS, {name: "1"})
        assert response.status_code == 400
        assert name not in response.json()["errors"][0]["allowed"]

    @pytest.mark.parametrize("name", ["scheme", "value", "rule", "doubtful", "cursor", "page_size", "fields"])
    def test_nonsense(self, api: Client, name: str) -> None:
        for value in NONSENSE:
            response = api.get(LABELS, {name: value})
            assert response.status_code in {200, 400}, value
            if response.status_code == 400:
                assert response["Content-Type"] == PROBLEM
                assert response.json()["errors"][0]["allowed"]
            else:
                assert response.json()["results"] == []

    @pytest.mark.parametrize(
        "raw", ["", "AAAA", "bnVsbA", "W10", "WyJhIl0", "WzEsMiwzLDRd", "WyJhIiwiYiIsImMiLCJcdTAwMDAiXQ", "a" * 1501]
    )
    def test_what_is_no_cursor(self, raw: str) -> None:
        with pytest.raises(ValueError, match="no cursor"):
            read_cursor(raw)

    def test_a_cursor_keeps_every_key(self) -> None:
        key = LabelKey(NCT, "dose" * 8, "é" * 64, "\\ '\"" * 16)
        assert read_cursor(write_cursor(key)) == key


def _changed(nct_id: str, *names: str) -> list[FieldChange]:
    return [FieldChange(nct_id, name, "before", "after") for name in names]


def _record(*told: FieldChange, day: int = 3) -> None:
    at = dt.datetime(2026, 5, day, 12, tzinfo=dt.UTC)
    record_changes(told, run_id=4, data_timestamp="", at=at)
    publish()


class TestChanges:
    def test_they_come_as_they_were_seen(self, api: Client, django_assert_num_queries: Any) -> None:
        _record(*_changed(NCT, "brief_title", "phases"), FieldChange("NCT90000002", "enrollment", 20, None))
        # 1 dataset version, 2 the changes
        with django_assert_num_queries(2):
            body = api.get(CHANGES).json()
        assert set(body) == {"next", "cursor", "results"}
        first = StudyChange.objects.earliest("id").pk
        assert body["results"][0] == {
            "id": first,
            "nct_id": NCT,
            "field": "brief_title",
            "old": "before",
            "new": "after",
            "at": "2026-05-03T12:00:00Z",
            "data_timestamp": None,
            "run": 4,
        }
        assert set(body["results"][0]) == set(ChangeSerializer().fields)
        assert (body["results"][2]["old"], body["results"][2]["new"]) == (20, None)
        assert (body["next"], body["cursor"]) == (None, first + 2)

    def test_polling_gives_each_once(self, api: Client) -> None:
        cursor, seen = 0, []
        for turn in range(4):
            _record(*_changed(NCT, *["phases"] * turn))
            for page in pages(api, f"{CHANGES}?cursor={cursor}&page_size=2"):
                seen += [row["id"] for row in page["results"]]
                cursor = page["cursor"]
        assert seen == list(StudyChange.objects.order_by("id").values_list("id", flat=True))
        assert len(seen) == 6
        assert api.get(f"{CHANGES}?cursor={cursor}").json() == {"next": None, "cursor": cursor, "results": []}

    def test_nothing_new_costs_one_statement(self, api: Client, django_assert_num_queries: Any) -> None:
        _record(*_changed(NCT, "phases", "acronym"))
        tag = api.get(CHANGES)["ETag"]
        with django_assert_num_queries(1):
            assert api.get(CHANGES, headers={"if-none-match": tag}).status_code == 304
        _record(*_changed(NCT, "phases"))
        assert len(api.get(CHANGES, headers={"if-none-match": tag}).json()["results"]) == 3

    def test_filters(self, api: Client) -> None:
        _record(*_changed(NCT, "phases", "acronym"), *_changed("NCT90000002", "phases"))
        _record(*_changed("NCT90000003", "keywords"), day=9)

        def found(query: str) -> list[tuple[str, str]]:
            rows = api.get(f"{CHANGES}?{query}").json()["results"]
            return [(row["nct_id"][-1], row["field"]) for row in rows]

        assert found("nct_id=nct90000001&nct_id=NCT2") == [("1", "phases"), ("1", "acronym")]
        assert found("field=phases&field=KEYWORDS") == [("1", "phases"), ("2", "phases"), ("3", "keywords")]
        assert found("since=2026-05-04") == [("3", "keywords")]
        assert found("since=2026-05-09&field=phases") == []
        page = api.get(f"{CHANGES}?field=phases&page_size=1").json()
        assert api.get(page["next"]).json()["results"][0]["nct_id"] == "NCT90000002"

    def test_a_cursor_from_another_database_is_told(self, api: Client) -> None:
        _record(*_changed(NCT, "phases"))
        newest = StudyChange.objects.latest("id").pk
        response = api.get(f"{CHANGES}?cursor={newest + 5}")
        assert response.status_code == 400
        assert f"The newest change is {newest}" in response.json()["detail"]
        assert "ETag" not in response

    def test_before_the_first(self, api: Client) -> None:
        assert api.get(CHANGES).json() == {"next": None, "cursor": 0, "results": []}

    @pytest.mark.parametrize("name", ["cursor", "nct_id", "field", "since", "page_size", "after", "q", ""])
    @pytest.mark.parametrize("address", [CHANGES, f"{LIST}{NCT}/changes/"])
    def test_nonsense(self, api: Client, name: str, address: str) -> None:
        for value in NONSENSE:
            response = api.get(address, {name: value})
            # A study that is not there, or a value of control characters alone, which counts as none.
            fine = {"\x00": {200, 400, 404}, "nct1": {200, 400, 404}}.get(value, {400})
            assert response.status_code in fine, value
            if response.status_code == 400:
                assert response["Content-Type"] == PROBLEM
                assert response.json()["errors"][0]["message"] in response.json()["detail"]


class TestChangesOfAStudy:
    def test_under_every_id_that_it_has_had(
        self, api: Client, arrive: Callable[..., None], django_assert_num_queries: Any
    ) -> None:
        arrive(study(NCT, {"protocolSection.identificationModule.nctIdAliases": ["NCT80000008"]}), study("NCT90000002"))
        arrive(study(NCT, {"protocolSection.identificationModule.nctIdAliases": ["NCT80000008"]}, enrollment=41))
        Study.objects.filter(pk="NCT90000002").update(registry_state="merged", merged_into=NCT)
        _record(*_changed("NCT80000008", "phases"), *_changed("NCT90000003", "phases"))
        address = f"{LIST}{NCT}/changes/"
        # 1 dataset version, 2 the study and what was merged into it, 3 the changes
        with django_assert_num_queries(3):
            rows = api.get(address).json()["results"]
        assert [(row["nct_id"], row["field"]) for row in rows] == [
            (NCT, "first_seen"),
            ("NCT90000002", "first_seen"),
            (NCT, "enrollment"),
            ("NCT80000008", "phases"),
        ]
        moved = api.get(f"{LIST}NCT90000002/changes/?page_size=1")
        assert (moved.status_code, moved["Location"]) == (301, f"{address}?page_size=1")
        assert len(list(pages(api, f"{address}?page_size=1"))) == 4
        assert len(api.get(f"{address}?field=enrollment").json()["results"]) == 1

    @pytest.mark.parametrize("part", ["changes", "evidence"])
    def test_ids(self, api: Client, part: str) -> None:
        assert api.get(f"{LIST}nct90000001/{part}/").status_code == 301
        assert api.get(f"{LIST}{NCT}/{part}/").status_code == 404
        for nonsense in ("NCT", "0", "%00", "NCT123456789", "..", "%F0%9F%98%80"):
            assert api.get(f"{LIST}{nonsense}/{part}/").status_code == 404

    @pytest.mark.parametrize("part", ["changes", "evidence"])
    def test_a_copy_that_stands(self, api: Client, arrive: Callable[..., None], part: str) -> None:
        arrive(study(NCT))
        tag = api.get(f"{LIST}{NCT}/{part}/")["ETag"]
        assert api.get(f"{LIST}{NCT}/{part}/", headers={"if-none-match": tag}).status_code == 304


class TestEvidence:
    def test_every_quote_stands_in_its_text(
        self, api: Client, arrive: Callable[..., None], django_assert_num_queries: Any
    ) -> None:
        record = study(NCT)
        arrive(record)
        # 1 dataset version, 2 study, 3 snapshot's payload, 4 decisions, 5 labels
        with django_assert_num_queries(5):
            body = api.get(f"{LIST}{NCT}/evidence/").json()
        assert set(body) == set(EvidenceOfStudySerializer().fields)
        told = []
        for passage in body["passages"]:
            assert set(passage) == set(PassageSerializer().fields)
            assert passage["text"] == value_at(record, passage["path"])
            for quote in passage["quotes"]:
                assert set(quote) == set(QuoteSerializer().fields)
                assert passage["text"][quote["start"] : quote["end"]] == quote["quote"]
                told.append((quote["scheme"], quote["value"], quote["rule"], passage["path"], quote["start"]))
        labels = StudyLabel.objects.filter(study_id=NCT)
        assert sorted(told) == sorted(
            (label.scheme, label.value, label.rule, item["path"], item["start"])
            for label in labels
            for item in label.evidence
        )
        assert len({passage["path"] for passage in body["passages"]}) == len(body["passages"])

    def test_a_text_that_is_gone_is_null(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(NCT))
        label = StudyLabel.objects.filter(study_id=NCT, scheme="disease").first()
        assert label is not None
        label.evidence = [{"path": "protocolSection.nowhere[4]", "start": 0, "end": 1, "quote": "x"}]
        label.save()
        passages = api.get(f"{LIST}{NCT}/evidence/").json()["passages"]
        [gone] = [passage for passage in passages if passage["text"] is None]
        assert gone["quotes"][0]["marks"] == []

    def test_it_takes_no_parameters(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(NCT))
        assert api.get(f"{LIST}{NCT}/evidence/", {"scheme": "disease"}).status_code == 400
