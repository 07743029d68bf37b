"""The registry-shaped door: what it gives, in which order, what it refuses, and what must not be in there."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.api.door.expressions import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, Expression, ExpressionError, parse, to_tsquery
from apps.api.door.fields import FieldsError, paths, project, read_fields
from apps.api.door.ordering import RELEVANCE, SORTABLE, SortError, read_sort
from apps.api.door.parameters import LIST_PARAMETERS, QUERIES, STUDY_PARAMETERS
from apps.api.door.selectors import AREAS
from apps.api.door.tokens import Position, TokenError, read_token, write_token
from apps.ctgov.content import without_contacts
from apps.ingest.models import SyncRun
from apps.studies.models import Study
from apps.studies.records import Status
from tests.ctgov_emulator.description import METADATA
from tests.factories.documents import entry, publish
from tests.factories.studies import encoded, situation, study

STUDIES = "/api/ctgov/v2/studies"
VERSION = "/api/ctgov/v2/version"
NCT = "NCT90000001"
PLAIN = "text/plain; charset=utf-8"
CONTACTS = ("Test Contact", "+00 000 0000", "contact@example.org", "Site Contact", "site@example.org")
_STATUS = "protocolSection.statusModule"
_NAMES = "protocolSection.identificationModule"

database = pytest.mark.django_db
any_example = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def nct(number: int) -> str:
    return f"NCT{90_000_000 + number}"


def id_of(record: dict[str, Any]) -> str:
    return record["protocolSection"]["identificationModule"]["nctId"]


def found(api: Client, **parameters: Any) -> list[str]:
    """Ids on the first page, parameters' dots written as underscores: query_cond."""
    response = api.get(STUDIES, {name.replace("_", ".", 1): value for name, value in parameters.items()})
    assert response.status_code == 200, response.content
    return [id_of(record) for record in response.json()["studies"]]


def refusal(api: Client, address: str = STUDIES, **parameters: Any) -> str:
    response = api.get(address, {name.replace("_", ".", 1): value for name, value in parameters.items()})
    assert (response.status_code, response["Content-Type"]) == (400, PLAIN), response.content
    return response.content.decode()


def pages(api: Client, **parameters: Any) -> Iterator[list[str]]:
    """Ids page by page, as a harvester walks them."""
    token: dict[str, str] = {}
    while True:
        body = api.get(STUDIES, parameters | token).json()
        yield [id_of(record) for record in body["studies"]]
        if "nextPageToken" not in body:
            return
        token = {"pageToken": body["nextPageToken"]}


class TestExpressions:
    @pytest.mark.parametrize(
        ("text", "query"),
        [
            ("lupus", "'lupus'"),
            ("multiple sclerosis", "('multiple' & 'sclerosis')"),
            ('"multiple sclerosis"', "'multiple sclerosis'"),
            ("a OR b c", "('a' | ('b' & 'c'))"),
            ("a AND b OR NOT c", "(('a' & 'b') | !'c')"),
            ("(a OR b) AND c", "(('a' | 'b') & 'c')"),
            ("a NOT (b OR c)", "('a' & !('b' | 'c'))"),
            ("NOT NOT a", "'a'"),
            ("NOT (NOT a)", "'a'"),
            ("((a))", "'a'"),
            ("a and b or c", "('a' & 'and' & 'b' & 'or' & 'c')"),
            ("ANDROID ORAL", "('ANDROID' & 'ORAL')"),
            ("Madrid, Spain", "('Madrid' & 'Spain')"),
            ("lupus - nephritis", "('lupus' & 'nephritis')"),
            ('lupus "" "--"', "'lupus'"),
            ("Crohn's c\\d", "('Crohn''s' & 'c\\\\d')"),
            ("graft-versus-host", "'graft-versus-host'"),
            ("a(b)c", "('a' & 'b' & 'c')"),
            ("狼疮", "'狼疮'"),
        ],
    )
    def test_reading(self, text: str, query: str) -> None:
        assert to_tsquery(parse(text)) == query

    def test_each_word_carries_the_weights(self) -> None:
        assert to_tsquery(parse('a "b c" OR NOT d'), "AB") == "(('a':AB & 'b c':AB) | !'d':AB)"

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "no word"),
            ("- ' *", "no word"),
            ('""', "no word"),
            ("a AND", "ends where"),
            ("NOT", "ends where"),
            ("OR a", "'OR' is not expected there (character 1)"),
            ("a OR AND b", "'AND' is not expected there (character 6)"),
            ("a )", "')' is not expected there (character 3)"),
            ("()", "')' is not expected there (character 2)"),
            ("(a OR b", "parenthesis is not closed"),
            ('a "b', "quotation mark is not closed (character 3)"),
            ("AREA[Phase]PHASE1", "'[' is not understood (character 5)"),
            ("a]", "']' is not understood (character 2)"),
            ("a " * (MAX_TERMS + 1), f"more than {MAX_TERMS}"),
            ("a" * (MAX_LENGTH + 1), f"longer than {MAX_LENGTH}"),
            ("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1), f"more than {MAX_DEPTH} deep"),
        ],
    )
    def test_what_cannot_be_read_is_told(self, text: str, told: str) -> None:
        with pytest.raises(ExpressionError) as refused:
            parse(text)
        assert told in str(refused.value)

    @database
    @settings(deadline=None)
    @given(
        st.text()
        | st.lists(
            st.sampled_from(
                ["AND", "OR", "NOT", "(", ")", '"', "a", "the", "x-y", "o'x", "\\", ":*", "!", "&|<->", ","]
            )
        ).map(" ".join)
    )
    @example("(" * MAX_DEPTH + "NOT a OR b" + ")" * MAX_DEPTH)
    @example(" OR ".join(["NOT (a b)"] * (MAX_TERMS // 2)))
    @example("the OR NOT the")
    @example("a" * 5000)
    def test_any_text_is_refused_or_taken_by_the_database(self, text: str) -> None:
        try:
            expression = parse(text)
        except ExpressionError:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT numnode(to_tsquery('trialtracker', %s))", [to_tsquery(expression, "AB").replace("\0", " ")]
            )

    @database
    @settings(deadline=None)
    @given(
        st.recursive(
            st.sampled_from(["alpha", "beta", "gamma"]),
            lambda below: st.tuples(st.sampled_from(["AND", "OR"]), below, below) | st.tuples(st.just("NOT"), below),
            max_leaves=8,
        ),
        st.frozensets(st.sampled_from(["alpha", "beta", "gamma"])),
    )
    def test_the_database_answers_as_logic_does(self, tree: Any, words: frozenset[str]) -> None:
        def written(part: Any) -> str:
            if isinstance(part, str):
                return part
            if part[0] == "NOT":
                return f"NOT ({written(part[1])})"
            return f"({written(part[1])}) {part[0]} ({written(part[2])})"

        def holds(part: Any) -> bool:
            if isinstance(part, str):
                return part in words
            if part[0] == "NOT":
                return not holds(part[1])
            return (all if part[0] == "AND" else any)(map(holds, part[1:]))

        expression: Expression = parse(written(tree))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setweight(to_tsvector('trialtracker', %s), 'B') @@ to_tsquery('trialtracker', %s)",
                [" ".join(sorted(words)), to_tsquery(expression, "AB")],
            )
            assert cursor.fetchone() == (holds(tree),)


def described(nodes: list[dict[str, Any]], above: str = "") -> Iterator[str]:
    """Every path of the registry's data model as our record types have it."""
    for node in nodes:
        yield above + node["name"]
        yield from described(node.get("children", []), f"{above}{node['name']}.")


def leaves(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(part, list):
        for item in part:
            yield from leaves(item, path)
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    else:
        yield path, part


class TestFields:
    def test_every_path_of_a_record_can_be_named(self) -> None:
        assert set(paths().values()) == set(described(METADATA))

    def test_no_piece_has_two_places(self) -> None:
        pieces = [name for name in paths() if "." not in name and name[0].isupper()]
        assert len({paths()[name] for name in pieces}) == len(pieces)

    @pytest.mark.parametrize(
        ("piece", "path"),
        [
            ("NCTId", "protocolSection.identificationModule.nctId"),
            ("Condition", "protocolSection.conditionsModule.conditions"),
            ("Phase", "protocolSection.designModule.phases"),
            ("LocationContactEMail", "protocolSection.contactsLocationsModule.locations.contacts.email"),
            (
                "OutcomeAnalysisCILowerLimit",
                "resultsSection.outcomeMeasuresModule.outcomeMeasures.analyses.ciLowerLimit",
            ),
            ("ConditionBrowseLeafAsFound", "derivedSection.conditionBrowseModule.browseLeaves.asFound"),
            ("HasResults", "hasResults"),
            ("IPDSharingStatementModule", "protocolSection.ipdSharingStatementModule"),
        ],
    )
    def test_pieces_are_called_as_the_registry_calls_them(self, piece: str, path: str) -> None:
        assert paths()[piece] == path

    def test_only_what_is_named_is_given(self) -> None:
        record = study(NCT)
        assert project(record, read_fields("NCTId|LocationCity,protocolSection.designModule.enrollmentInfo")) == {
            "protocolSection": {
                "identificationModule": {"nctId": NCT},
                "designModule": {"enrollmentInfo": {"count": 40, "type": "ESTIMATED"}},
                "contactsLocationsModule": {"locations": [{"city": "Madrid"}]},
            }
        }

    def test_a_module_takes_in_what_else_is_named_of_it(self) -> None:
        whole = {"protocolSection": {"statusModule": study(NCT)["protocolSection"]["statusModule"]}}
        for named in ("StatusModule|StartDate", "StartDate,StatusModule,OverallStatus"):
            assert project(study(NCT), read_fields(named)) == whole

    def test_what_a_record_lacks_is_not_there(self) -> None:
        assert project(study(NCT), read_fields("ResultsSection|WhyStopped|LocationZip")) == {}

    @pytest.mark.parametrize("raw", ["", " ", ",", "|,|"])
    def test_an_empty_list_is_refused(self, raw: str) -> None:
        with pytest.raises(FieldsError, match="empty"):
            read_fields(raw)

    @pytest.mark.parametrize("name", ["nctid", "X", "protocolSection.nope", "@query", "NCTId.x", "record", "é" * 99])
    def test_an_unknown_name_is_told(self, name: str) -> None:
        with pytest.raises(FieldsError, match=re.escape(f"invalid field name: '{name[:50]}")):
            read_fields(f"NCTId|{name}")

    @settings(deadline=None)
    @given(st.lists(st.sampled_from(sorted(paths())), min_size=1, max_size=6))
    def test_what_is_given_is_what_was_chosen(self, names: list[str]) -> None:
        record = json.loads(situation("hsc_multiple_sclerosis_with_results"))
        chosen = tuple(paths()[name] for name in names)
        expected = [
            (path, value)
            for path, value in leaves(record)
            if any(path == one or path.startswith(f"{one}.") for one in chosen)
        ]
        assert list(leaves(project(record, read_fields(",".join(names))))) == expected


class TestTokens:
    POSITION = Position(("2025-03", None), NCT)

    def test_a_token_leads_back(self) -> None:
        token = write_token(self.POSITION, {"sort": "x", "pageSize": "5"})
        assert read_token(token, {"sort": "x", "pageSize": "7", "countTotal": "true"}) == self.POSITION
        assert re.fullmatch(r"[\w.-]+", token), "it can stand in an address as it is"

    def test_with_other_parameters_it_is_refused(self) -> None:
        token = write_token(self.POSITION, {"sort": "x"})
        for other in ({}, {"sort": "y"}, {"sort": "x", "query.cond": "lupus"}):
            with pytest.raises(TokenError, match="other parameters"):
                read_token(token, other)

    @given(st.text(alphabet=st.characters(exclude_categories=())))
    @example("")
    @example("a.b.c")
    def test_any_other_text_is_refused(self, text: str) -> None:
        with pytest.raises(TokenError, match="incorrect value"):
            read_token(text, {})

    @given(st.data())
    def test_a_changed_token_is_refused(self, data: st.DataObject) -> None:
        token = write_token(self.POSITION, {})
        at = data.draw(st.integers(0, len(token) - 1))
        other = data.draw(st.characters(codec="ascii").filter(lambda character: character != token[at]))
        with pytest.raises(TokenError):
            read_token(token[:at] + other + token[at + 1 :], {})


@database
class TestList:
    def test_it_gives_the_records_of_our_scope_as_the_registry_does(
        self, api: Client, arrive: Callable[..., None], django_assert_num_queries: Any
    ) -> None:
        records = [study(nct(1)), study(nct(2))]
        arrive(*records)
        # 1 dataset version, 2 which studies, 3 their records
        with django_assert_num_queries(3):
            response = api.get(STUDIES)
        assert response["Content-Type"] == "application/json"
        assert response.json() == {"studies": [json.loads(without_contacts(encoded(record))) for record in records]}

    def test_it_gives_no_others(self, api: Client, arrive: Callable[..., None]) -> None:
        out = json.loads(situation("exosomes_out_of_scope"))
        arrive(study(nct(1)), study(nct(2)), study(nct(3)), study(nct(4)), out)
        publish(entry(nct(2), scope="review"), entry(nct(3), registry_state="merged"), entry(nct(4), scope="out"))
        assert found(api) == [nct(1)]
        assert found(api, filter_ids=f"{nct(2)}|{nct(3)},{nct(4)},{id_of(out)}") == []
        assert found(api, query_term=f"{nct(2)} {nct(3)}") == []

    def test_an_empty_collection_is_an_empty_list(self, api: Client) -> None:
        assert api.get(STUDIES, {"countTotal": "true"}).json() == {"totalCount": 0, "studies": []}

    def test_the_total_comes_on_the_first_page_when_it_is_asked_for(
        self, api: Client, arrive: Callable[..., None]
    ) -> None:
        arrive(*(study(nct(number)) for number in range(3)))
        assert "totalCount" not in api.get(STUDIES).json()
        assert "totalCount" not in api.get(STUDIES, {"countTotal": "false"}).json()
        first = api.get(STUDIES, {"countTotal": "true", "pageSize": "2"}).json()
        assert first["totalCount"] == 3
        last = api.get(STUDIES, {"countTotal": "true", "pageSize": "2", "pageToken": first["nextPageToken"]}).json()
        assert set(last) == {"studies"}

    def test_page_sizes(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(*(study(nct(number)) for number in range(12)))
        assert [len(page) for page in pages(api)] == [10, 2]
        assert [len(page) for page in pages(api, pageSize="0")] == [10, 2]
        assert [len(page) for page in pages(api, pageSize="4")] == [4, 4, 4]
        assert [len(page) for page in pages(api, pageSize="99999")] == [12]

    def test_the_size_may_change_on_the_way(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(*(study(nct(number)) for number in range(5)))
        token = api.get(STUDIES, {"pageSize": "1"}).json()["nextPageToken"]
        assert found(api, pageSize="3", pageToken=token) == [nct(1), nct(2), nct(3)]

    def test_a_token_outlives_a_new_data_set(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(*(study(nct(number)) for number in range(0, 8, 2)))
        given = {"pageSize": "2", "sort": "LastUpdatePostDate"}
        first = api.get(STUDIES, given).json()
        arrive(study(nct(0), updated="2026-05-05"), study(nct(1), updated="2026-05-06"))
        rest = api.get(STUDIES, given | {"pageToken": first["nextPageToken"]}).json()
        assert [id_of(record) for page in (first, rest) for record in page["studies"]] == [
            nct(number) for number in (0, 2, 4, 6)
        ]

    def test_status(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(nct(1)), study(nct(2), status="COMPLETED"), study(nct(3), status="UNKNOWN"))
        assert found(api, filter_overallStatus="COMPLETED") == [nct(2)]
        assert found(api, filter_overallStatus="RECRUITING|UNKNOWN") == [nct(1), nct(3)]
        assert found(api, filter_overallStatus="RECRUITING, COMPLETED") == [nct(1), nct(2)]
        assert found(api, filter_overallStatus="") == [nct(1), nct(2), nct(3)]
        told = refusal(api, filter_overallStatus="RECRUITING|recruiting")
        assert "`recruiting`" in told
        assert all(word in told for word in Status.words)

    def test_ids_are_found_in_any_spelling_and_by_their_aliases(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(nct(1)), study(nct(2), {f"{_NAMES}.nctIdAliases": ["NCT00000042"]}), study(nct(3)))
        assert found(api, filter_ids=f"{nct(3)},nct0090000001") == [nct(1), nct(3)]
        assert found(api, filter_ids="NCT42|NCT77777777") == [nct(2)]
        assert found(api, filter_ids="NCT77777777") == []

    def test_a_query_of_ids_alone_takes_no_notice_of_filters(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(nct(1)), study(nct(2)), study(nct(3), title="Lupus"))
        given = {"filter.overallStatus": "COMPLETED", "filter.ids": nct(2)}
        for query in (f"{nct(1)}, nct0090000003", f"  {nct(1)} {nct(3)} "):
            response = api.get(STUDIES, given | {"query.cond": query})
            assert [id_of(record) for record in response.json()["studies"]] == [nct(1), nct(3)]
        assert found(api, query_term=f"{nct(1)} {nct(3)}", query_titles="lupus") == [nct(3)]
        assert found(api, query_term=f"{nct(1)} OR {nct(3)}", filter_overallStatus="COMPLETED") == []

    def test_fields(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(nct(1)))
        body = api.get(STUDIES, {"fields": "BriefTitle|HasResults"}).json()
        assert body["studies"] == [
            {
                "protocolSection": {
                    "identificationModule": {"briefTitle": "Mesenchymal Stem Cells in Multiple Sclerosis"}
                },
                "hasResults": False,
            }
        ]

    def test_a_study_without_what_is_asked_for_is_still_counted(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(nct(1)), study(nct(2), {f"{_STATUS}.whyStopped": "No money"}))
        body = api.get(STUDIES, {"fields": "WhyStopped", "countTotal": "true"}).json()
        assert body == {
            "totalCount": 2,
            "studies": [{}, {"protocolSection": {"statusModule": {"whyStopped": "No money"}}}],
        }

    def test_json_and_both_markups_are_accepted(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(nct(1)))
        assert found(api, format="json", markupFormat="markdown") == [nct(1)]
        assert found(api, format="json", markupFormat="legacy") == [nct(1)]
        assert "json alone" in refusal(api, format="csv")
        assert "markupFormat" in refusal(api, markupFormat="html")

    def test_a_text_that_is_bad_unicode_goes_through(self, api: Client, arrive: Callable[..., None]) -> None:
        record = json.loads(situation("nul_and_lone_surrogate"))
        arrive(record)
        publish(entry(id_of(record)))
        assert api.get(STUDIES).json()["studies"] == [json.loads(without_contacts(encoded_loosely(record)))]
        assert api.get(STUDIES, {"fields": "ProtocolSection"}).status_code == 200


def encoded_loosely(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()


@database
class TestQueries:
    @pytest.fixture(autouse=True)
    def _studies(self, arrive: Callable[..., None]) -> None:
        arrive(
            study(
                nct(1),
                {
                    f"{_NAMES}.briefTitle": "Marrow Cells in Multiple Sclerosis: the Héros Trial",
                    f"{_NAMES}.officialTitle": None,
                    f"{_NAMES}.acronym": "HEROS",
                    f"{_NAMES}.secondaryIdInfos": [{"id": "2015-001234-56", "type": "EUDRACT_NUMBER"}],
                    "protocolSection.sponsorCollaboratorsModule.leadSponsor.name": "University of Lyon",
                    "protocolSection.sponsorCollaboratorsModule.collaborators": [{"name": "Cell Works Oslo"}],
                    "protocolSection.outcomesModule.secondaryOutcomes": [{"measure": "Walking distance"}],
                },
                countries=["France"],
            ),
            study(
                nct(2),
                {
                    f"{_NAMES}.briefTitle": "Mesenchymal Cells in Lupus Nephritis",
                    f"{_NAMES}.officialTitle": None,
                    "protocolSection.descriptionModule.briefSummary": "Renal flares are counted. No placebo.",
                    "protocolSection.sponsorCollaboratorsModule.leadSponsor.name": "Oslo Hospital",
                },
                conditions=["Systemic Lupus Erythematosus"],
                countries=["Norway"],
            ),
        )
        publish(*(self.published(number) for number in (1, 2)))

    def published(self, number: int) -> Any:
        """The document as the corridor made it, in scope whatever the rules say."""
        from apps.search.models import StudyDocument

        texts = StudyDocument.objects.values("text_a", "text_b", "text_c", "text_d").get(pk=nct(number))
        return entry(nct(number), **texts)

    @pytest.mark.parametrize(
        ("area", "query", "numbers"),
        [
            ("term", "lupus", [2]),
            ("term", "renal flare", [2]),
            ("term", "cells", [1, 2]),
            ("term", "cells NOT lupus", [1]),
            ("term", "lupus OR sclerosis", [1, 2]),
            ("term", '"cells in lupus"', [2]),
            ("term", '"lupus in cells"', []),
            ("term", "heros", [1]),
            ("term", "zebra", []),
            ("term", "the", []),
            ("cond", "lupus", [2]),
            ("cond", "renal", []),
            ("cond", "NOT lupus", [1]),
            ("intr", "saline", [1, 2]),
            ("titles", "nephritis", [2]),
            ("titles", "saline", []),
            ("titles", "héros", [1]),
            ("outc", "walking", [1]),
            ("outc", "nephritis", []),
            ("spons", "oslo", [1, 2]),
            ("spons", "lyon", [1]),
            ("spons", "France", []),
            ("lead", "oslo", [2]),
            ("lead", "NOT oslo", [1]),
            ("id", "2015-001234-56", [1]),
            ("locn", "Norway", [2]),
            ("locn", "walking", []),
            ("patient", "renal lupus", [2]),
            ("patient", "Norway", []),
        ],
    )
    def test_where_each_one_looks(self, api: Client, area: str, query: str, numbers: list[int]) -> None:
        assert found(api, **{f"query_{area}": query}) == [nct(number) for number in numbers]

    def test_there_is_a_place_for_each_one(self) -> None:
        assert set(AREAS) == set(QUERIES)

    def test_several_must_all_hold(self, api: Client) -> None:
        assert found(api, query_cond="lupus OR sclerosis", query_locn="Norway") == [nct(2)]
        assert found(api, query_cond="lupus", query_spons="lyon") == []
        assert found(api, query_cond="lupus", filter_ids=nct(1)) == []

    def test_a_blank_one_asks_for_nothing(self, api: Client) -> None:
        assert found(api, query_cond=" ", query_term="") == [nct(1), nct(2)]

    def test_what_cannot_be_read_names_the_parameter(self, api: Client) -> None:
        told = refusal(api, query_locn="(Norway")
        assert told == "Error parsing query in `query.locn`: a parenthesis is not closed"
        assert "query.term" in refusal(api, query_term="AREA[Phase]PHASE1")

    def test_relevance_puts_titles_first(self, api: Client) -> None:
        assert found(api, query_term="lupus OR oslo", sort="@relevance") == [nct(2), nct(1)]
        assert found(api, query_term="lupus OR oslo", sort="@relevance:asc") == [nct(1), nct(2)]
        assert found(api, sort="@relevance") == [nct(1), nct(2)]
        assert found(api, query_lead="lyon OR oslo", sort="@relevance") == [nct(1), nct(2)]


@database
class TestOrder:
    DATES = ("2025-03-12", "2025-03", "2024-11-30", "2025-03-12", "2026-01-01", "2025-03-01")
    PEOPLE = (40, 7, 99999999, 40, 0, 120)

    @pytest.fixture(autouse=True)
    def _studies(self, arrive: Callable[..., None]) -> None:
        arrive(
            *(
                study(
                    nct(number),
                    {f"{_STATUS}.completionDateStruct": {"date": date} if number != 4 else None},
                    enrollment=people,
                )
                for number, (date, people) in enumerate(zip(self.DATES, self.PEOPLE, strict=True))
            )
        )

    @pytest.mark.parametrize(
        ("sort", "numbers"),
        [
            ("", [0, 1, 2, 3, 4, 5]),
            ("CompletionDate", [0, 3, 5, 1, 2, 4]),
            ("CompletionDate:desc", [0, 3, 5, 1, 2, 4]),
            ("CompletionDate:asc", [2, 1, 5, 0, 3, 4]),
            ("EnrollmentCount", [4, 1, 0, 3, 5, 2]),
            ("EnrollmentCount:desc", [5, 0, 3, 1, 4, 2]),
            ("CompletionDate|EnrollmentCount:asc", [0, 3, 5, 1, 2, 4]),
            ("LastUpdatePostDate,EnrollmentCount:desc", [5, 0, 3, 1, 4, 2]),
        ],
    )
    def test_each_field_in_its_way_with_the_missing_ones_last(self, api: Client, sort: str, numbers: list[int]) -> None:
        assert found(api, sort=sort) == [nct(number) for number in numbers]

    @pytest.mark.parametrize(
        "sort",
        [
            *(f"{field}:{way}" for field in (*SORTABLE, RELEVANCE) for way in ("asc", "desc")),
            *(f"{one},{other}" for one, other in itertools.permutations(("CompletionDate", "EnrollmentCount:desc"))),
            "@relevance,CompletionDate:asc",
        ],
    )
    def test_pages_give_each_study_once_in_the_one_order(self, api: Client, sort: str) -> None:
        asked = {"sort": sort, "query.term": "cells OR heros"}
        [whole] = pages(api, pageSize="100", **asked)
        assert len(whole) == 6
        for size in (1, 2, 5):
            walked = list(pages(api, pageSize=str(size), **asked))
            assert [len(page) for page in walked[:-1]] == [size] * (len(walked) - 1)
            assert list(itertools.chain(*walked)) == whole

    @pytest.mark.parametrize(
        ("sort", "told"),
        [
            ("Title", "Item 1 in parameter `sort` contains a field"),
            ("StartDate,-StartDate", "Item 2 in parameter `sort` has incorrect format"),
            ("startdate", "Item 1 in parameter `sort` contains a field"),
            ("StartDate:up", "Item 1 in parameter `sort` has incorrect format"),
            ("StartDate:", "Item 1 in parameter `sort` has incorrect format"),
            ("@rank", "Item 1 in parameter `sort` has incorrect format"),
            ("StartDate,EnrollmentCount,CompletionDate", "more than 2 items"),
        ],
    )
    def test_any_other_sort_is_refused(self, api: Client, sort: str, told: str) -> None:
        assert told in refusal(api, sort=sort)

    def test_an_unknown_field_says_what_there_is(self, api: Client) -> None:
        told = refusal(api, sort="NCTId")
        assert all(field in told for field in (*SORTABLE, RELEVANCE))

    @given(st.text())
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        with contextlib.suppress(SortError):
            assert len(read_sort(text)) <= 2


@database
class TestStudy:
    def test_it_is_the_whole_record_without_persons(
        self, api: Client, arrive: Callable[..., None], django_assert_num_queries: Any
    ) -> None:
        record = json.loads(situation("hsc_multiple_sclerosis_with_results"))
        arrive(record)
        publish(entry(id_of(record)))
        # 1 dataset version, 2 which version of the record, 3 the record
        with django_assert_num_queries(3):
            response = api.get(f"{STUDIES}/{id_of(record)}", {"format": "json", "markupFormat": "legacy"})
        assert response["Content-Type"] == "application/json"
        assert response.json() == json.loads(without_contacts(encoded(record)))

    @pytest.mark.parametrize("spelling", ["nct90000001", "NCT0090000001", NCT])
    def test_it_answers_to_each_spelling_of_its_id(
        self, api: Client, arrive: Callable[..., None], spelling: str
    ) -> None:
        arrive(study(NCT))
        assert id_of(api.get(f"{STUDIES}/{spelling}").json()) == NCT

    def test_fields(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(NCT))
        assert api.get(f"{STUDIES}/{NCT}", {"fields": "Phase"}).json() == {
            "protocolSection": {"designModule": {"phases": ["PHASE1", "PHASE2"]}}
        }
        assert "'Nope'" in refusal(api, f"{STUDIES}/{NCT}", fields="Nope")

    def test_what_is_not_ours_is_not_found(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(nct(1)), study(nct(2)))
        publish(entry(nct(2), scope="review"))
        for number in (2, 3):
            response = api.get(f"{STUDIES}/{nct(number)}")
            assert (response.status_code, response["Content-Type"]) == (404, PLAIN)
            assert nct(number) in response.content.decode()
            assert "ETag" not in response

    def test_a_former_id_leads_to_the_record_that_stands(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(nct(1)), study(nct(2), {f"{_NAMES}.nctIdAliases": ["NCT00000042"]}))
        Study.objects.filter(pk=nct(1)).update(registry_state="merged", merged_into=nct(2))
        publish(entry(nct(1), registry_state="merged"))
        for former in (nct(1), "NCT42"):
            response = api.get(f"{STUDIES}/{former}?fields=NCTId|Phase&format=json")
            assert response.status_code == 301
            assert response["Location"] == f"{STUDIES}/{nct(2)}?fields=NCTId%7CPhase&format=json"
            assert api.get(f"{STUDIES}/{former}")["Location"] == f"{STUDIES}/{nct(2)}"
            assert response["Access-Control-Allow-Origin"] == "*"

    def test_a_former_id_of_a_record_that_is_not_ours_is_not_found(
        self, api: Client, arrive: Callable[..., None]
    ) -> None:
        arrive(study(nct(2), {f"{_NAMES}.nctIdAliases": ["NCT00000042"]}))
        publish(entry(nct(2), scope="out"))
        assert api.get(f"{STUDIES}/NCT00000042").status_code == 404

    @pytest.mark.parametrize("text", ["NCT", "90000001", "NCT123456789", "NCT0", "abc", "NCT１", "%00", "%ff", "a b"])
    def test_what_is_no_id_is_refused(self, api: Client, text: str) -> None:
        assert refusal(api, f"{STUDIES}/{text}") == "Parameter `nctId` has incorrect format"


@database
class TestVersion:
    def test_it_is_that_of_the_last_good_run(self, api: Client) -> None:
        response = api.get(VERSION)
        assert (response.status_code, response["Content-Type"], response["Retry-After"]) == (503, PLAIN, "30")
        good = {"state": "ok", "finished_at": "2026-06-09T15:00Z"}
        SyncRun.objects.create(api_version="2.0.5", data_timestamp="2026-06-09T09:00:05", **good)
        SyncRun.objects.create(
            state="failed", finished_at="2026-06-10T15:00Z", api_version="2.0.6", data_timestamp="2026-06-10T09:00:05"
        )
        assert api.get(VERSION).json() == {"apiVersion": "2.0.5", "dataTimestamp": "2026-06-09T09:00:05"}

    def test_a_replay_has_the_time_at_which_it_ended(self, api: Client) -> None:
        SyncRun.objects.create(kind="replay", state="ok", finished_at="2026-06-09T15:00:07.5Z")
        assert api.get(VERSION).json() == {"apiVersion": "2.0.5", "dataTimestamp": "2026-06-09T15:00:07"}

    def test_it_is_conditional_and_takes_no_parameters(self, api: Client) -> None:
        run = SyncRun.objects.create(state="ok", finished_at="2026-06-09T15:00Z", data_timestamp="2026-06-09T09:00:05")
        tag = api.get(VERSION)["ETag"]
        assert api.get(VERSION, headers={"if-none-match": tag}).status_code == 304
        run.data_timestamp = "2026-06-10T09:00:05"
        run.save()
        assert api.get(VERSION, headers={"if-none-match": tag}).status_code == 200
        assert refusal(api, VERSION, format="json") == "`format` is unknown parameter. This address takes none"


NONSENSE = [
    "bogus", "-1", "1.5", "999999999999999999999", "2147483648", "' OR 1=1 --", "<script>", "\x00", "%00", "😀", "[]",
    "{}", "((((", '"', "a" * 5000, "٣", "\u202e", "NaN", "true false", "a|b", ",", "NCT", "NOT", "\\", "'", ":*", "!!",
    "@relevance,@relevance", "NCTId" * 2000, "\ud7ff\ue000", "NOT " * 2000 + "a", "(" * 3000,
]  # fmt: skip


@database
class TestNonsense:
    @pytest.mark.parametrize("parameter", LIST_PARAMETERS)
    def test_nothing_is_a_server_error(self, api: Client, arrive: Callable[..., None], parameter: str) -> None:
        arrive(study(NCT))
        for value in NONSENSE:
            response = api.get(STUDIES, {parameter: value})
            assert response.status_code in {200, 400}, value
            if response.status_code == 400:
                assert response["Content-Type"] == PLAIN
                assert len(response.content) > 20
            if parameter not in QUERIES:
                assert response.status_code == 400 or value in {",", "@relevance,@relevance"}, value

    @pytest.mark.parametrize("parameter", STUDY_PARAMETERS)
    def test_nor_is_it_for_one_study(self, api: Client, arrive: Callable[..., None], parameter: str) -> None:
        arrive(study(NCT))
        for value in NONSENSE:
            assert refusal(api, f"{STUDIES}/{NCT}", **{parameter: value})

    @pytest.mark.parametrize(
        "parameter",
        ["filter.phase", "filter.geo", "filter.advanced", "postFilter.ids", "aggFilters", "geoDecay", "query.recrs",
         "page", "q", "", "\x00", "é" * 500, "Format", "fields[]"],
    )  # fmt: skip
    def test_what_is_not_served_is_unknown(self, api: Client, parameter: str) -> None:
        response = api.get(STUDIES, {parameter: "1"})
        assert (response.status_code, response["Content-Type"]) == (400, PLAIN)
        told = response.content.decode()
        assert "is unknown parameter" in told
        assert all(f" {known}" in told for known in LIST_PARAMETERS)

    def test_a_study_takes_fewer_parameters_than_a_list(self, api: Client) -> None:
        for parameter in set(LIST_PARAMETERS) - set(STUDY_PARAMETERS):
            assert api.get(f"{STUDIES}/{NCT}", {parameter: "1"}).status_code == 400

    @pytest.mark.parametrize("parameter", LIST_PARAMETERS)
    def test_a_parameter_given_twice_is_refused(self, api: Client, parameter: str) -> None:
        response = api.get(f"{STUDIES}?{parameter}=1&{parameter}=1")
        assert (response.status_code, response["Content-Type"]) == (400, PLAIN)
        assert response.content.decode() == f"Parameter `{parameter}` is given more than once"

    def test_more_parameters_than_can_be_read_are_refused(self, api: Client) -> None:
        response = api.get(f"{STUDIES}?{'&'.join(f'x{number}=1' for number in range(1500))}")
        assert (response.status_code, response["Content-Type"]) == (400, PLAIN)

    def test_broken_encoding_is_no_server_error(self, api: Client) -> None:
        assert api.get(f"{STUDIES}?query.term=%ff%fe%80").status_code == 400
        assert api.get(f"{STUDIES}?query.term=a%ff").status_code == 200
        assert api.get(f"{STUDIES}?%ff=1").status_code == 400

    @any_example
    @given(
        st.dictionaries(
            st.sampled_from(LIST_PARAMETERS),
            st.text(max_size=40)
            | st.lists(
                st.sampled_from(
                    [
                        "a",
                        "OR",
                        "NOT",
                        "(",
                        ")",
                        '"',
                        ",",
                        "|",
                        ":",
                        "desc",
                        "NCTId",
                        "StartDate",
                        "@relevance",
                        NCT,
                        "1",
                    ]
                ),
                max_size=6,
            ).map(" ".join)
            | st.sampled_from(["true", "json", "legacy", "RECRUITING", "NCTId|Phase", "EnrollmentCount:asc", NCT]),
            max_size=5,
        )
    )
    def test_no_request_is_a_server_error(self, api: Client, parameters: dict[str, str]) -> None:
        cache.clear()
        response = api.get(STUDIES, parameters)
        assert response.status_code in {200, 400}
        assert response["Content-Type"] == ("application/json" if response.status_code == 200 else PLAIN)

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    @pytest.mark.parametrize("address", [STUDIES, f"{STUDIES}/{NCT}", VERSION, "/api/ctgov/x"])
    def test_writing_is_not_allowed(self, api: Client, method: str, address: str) -> None:
        response = getattr(api, method)(address, data="{}", content_type="application/json")
        assert (response.status_code, response["Content-Type"]) == (405, PLAIN)
        assert response["Allow"] == "GET, HEAD, OPTIONS"

    @pytest.mark.parametrize(
        "below",
        ["", "v2", "v2/", "v1/studies", "v2/studies/", "v2/stats/size", "v2/studies/enums", "v2/studies/a/b"],
    )
    def test_any_other_address_is_not_found_in_plain_text(self, api: Client, below: str) -> None:
        response = api.get(f"/api/ctgov/{below}")
        assert (response.status_code, response["Content-Type"]) == (404, PLAIN)
        assert "v2/studies" in response.content.decode()


@database
class TestPersons:
    def test_no_contact_is_given_or_found(self, api: Client, arrive: Callable[..., None]) -> None:
        party = {
            "type": "PRINCIPAL_INVESTIGATOR",
            "investigatorFullName": "Ines Vestigator",
            "investigatorTitle": "Head of Testing",
            "investigatorAffiliation": "Ward Nine",
        }
        arrive(study(NCT, {"protocolSection.sponsorCollaboratorsModule.responsibleParty": party}))
        persons = (*CONTACTS, "Ines Vestigator", "Head of Testing", "Ward Nine")
        everything = "|".join(sorted(paths()))
        for address in (STUDIES, f"{STUDIES}/{NCT}"):
            for chosen in ({}, {"fields": everything}, {"fields": "LocationContact|CentralContact"}):
                told = api.get(address, chosen).content.decode()
                assert not [person for person in persons if person in told]
        assert "Test Official, MD" in api.get(STUDIES).content.decode()
        for person in persons:
            for area in QUERIES:
                assert api.get(STUDIES, {area: f'"{person}"'}).json()["studies"] == []

    def test_every_field_of_a_person_is_gone(self, api: Client, arrive: Callable[..., None]) -> None:
        record = json.loads(situation("contacts_everywhere"))
        arrive(record)
        publish(entry(id_of(record)))
        told = api.get(f"{STUDIES}/{id_of(record)}").content.decode()
        assert not re.search(r'"(centralContacts|contacts|phone|email|investigatorFullName|oldNameTitle)"', told)


@database
class TestHeaders:
    def test_a_list_that_has_not_moved_costs_one_statement(
        self, api: Client, arrive: Callable[..., None], django_assert_num_queries: Any
    ) -> None:
        arrive(study(NCT))
        for address in (STUDIES, f"{STUDIES}/{NCT}"):
            first = api.get(address)
            assert "must-revalidate" in first["Cache-Control"]
            # 1 dataset version
            with django_assert_num_queries(1):
                again = api.get(address, headers={"if-none-match": first["ETag"]})
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
            assert api.get(f"{address}?fields=NCTId", headers={"if-none-match": first["ETag"]}).status_code == 200

    def test_a_publication_ends_the_copy(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(NCT))
        tag = api.get(STUDIES)["ETag"]
        arrive(study(NCT, {"protocolSection.eligibilityModule.maximumAge": "61 Years"}))
        response = api.get(STUDIES, headers={"if-none-match": tag})
        assert response.status_code == 200
        assert response.json()["studies"][0]["protocolSection"]["eligibilityModule"]["maximumAge"] == "61 Years"

    @pytest.mark.parametrize("address", [STUDIES, f"{STUDIES}?x=1", f"{STUDIES}/{NCT}", VERSION, "/api/ctgov/x"])
    def test_any_site_may_read_answers_and_errors(self, api: Client, address: str) -> None:
        response = api.get(address, headers={"origin": "https://elsewhere.example"})
        assert response["Access-Control-Allow-Origin"] == "*"
        assert "Retry-After" in response["Access-Control-Expose-Headers"]
        assert "Set-Cookie" not in response
        assert api.options(address).status_code == 204

    def test_head_answers_like_get_without_a_body(self, api: Client, arrive: Callable[..., None]) -> None:
        arrive(study(NCT))
        response = api.head(STUDIES)
        assert (response.status_code, response.content) == (200, b"")
        assert response["ETag"] == api.get(STUDIES)["ETag"]

    def test_it_is_counted_with_the_rest_of_the_api(self, api: Client, settings: Any) -> None:
        settings.API_REQUESTS_PER_MINUTE = 2
        with time_machine.travel("2026-05-03T10:00:20Z", tick=False):
            assert api.get(STUDIES)["RateLimit-Remaining"] == "1"
            assert api.get("/api/v1/studies/").status_code == 200
            refused = api.get(STUDIES)
        assert (refused.status_code, refused["Content-Type"], refused["Retry-After"]) == (429, PLAIN, "41")
        assert refused["Access-Control-Allow-Origin"] == "*"

    def test_it_is_described_with_every_parameter(self, api: Client) -> None:
        paths = api.get("/api/v1/schema/").json()["paths"]
        for path, names in ((STUDIES, LIST_PARAMETERS), (f"{STUDIES}/{{nct_id}}", ("nct_id", *STUDY_PARAMETERS))):
            told = paths[path]["get"]
            assert {item["name"] for item in told["parameters"]} == set(names)
            assert set(told["responses"]["400"]["content"]) == {"text/plain"}


@pytest.mark.django_db(transaction=True)
def test_a_search_that_was_stopped_is_not_an_empty_answer(
    api: Client, arrive: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(study(NCT))
    slow = "(SELECT pg_sleep(5)) AS slow, search_studydocument AS document JOIN studies_study AS study USING (nct_id)"
    monkeypatch.setattr("apps.api.door.selectors._FROM", slow)
    monkeypatch.setattr("apps.api.door.selectors.TIMEOUT_MS", 50)
    response = api.get(STUDIES)
    assert (response.status_code, response["Content-Type"], response["Retry-After"]) == (503, PLAIN, "30")
    assert "too long" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_the_limit_is_for_the_one_statement(api: Client, arrive: Callable[..., None]) -> None:
    arrive(study(NCT))
    assert found(api, query_cond="sclerosis", sort="@relevance") == [NCT]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('enable_seqscan')")
        assert cursor.fetchone() == ("0", "on")
