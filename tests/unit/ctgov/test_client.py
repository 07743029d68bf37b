"""The client against the emulated registry, over real HTTP, in good weather and in every bad one."""

from __future__ import annotations

import email.utils
import gc
import pickle
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import requests

from apps.ctgov import errors
from apps.ctgov.client import RegistryClient, RegistryVersion, StudiesPage, user_agent
from apps.ctgov.parser import ParseError, nct_id_of, oddities, parse_study
from tests.ctgov_emulator import RegistryEmulator
from tests.factories.studies import encoded, situation, studies, study


@dataclass(frozen=True)
class Named:
    name: str = "any"
    params: dict[str, str] = field(default_factory=lambda: {"query.cond": '"multiple sclerosis"'})


@dataclass
class Clock:
    """A clock that moves only when somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def registry() -> Iterator[RegistryEmulator]:
    with RegistryEmulator(studies(25)) as emulator:
        yield emulator


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(registry: RegistryEmulator, clock: Clock) -> Iterator[RegistryClient]:
    with make_client(registry, clock) as made:
        yield made


def make_client(registry: RegistryEmulator, clock: Clock, **changes: object) -> RegistryClient:
    options = {
        "user_agent": user_agent("0.1.0", "https://example.org/about/"),
        "min_interval": 0,
        "page_size": 10,
        "read_timeout": 0.5,
        "sleep": clock.sleep,
        "clock": clock,
        "jitter": lambda: 0.5,
    }
    return RegistryClient(registry.url, **(options | changes))  # type: ignore[arg-type]


def ids(pages: list[StudiesPage]) -> list[str]:
    return [nct_id_of(one) for page in pages for one in page.studies]


class TestGoodWeather:
    def test_version(self, client: RegistryClient) -> None:
        assert client.version() == RegistryVersion("2.0.5", "2026-06-09T09:00:05")

    def test_pages_bring_every_study_once_and_the_total_first(self, client: RegistryClient) -> None:
        pages = list(client.iter_pages(Named()))
        assert [(page.number, page.total, len(page.studies)) for page in pages] == [
            (1, 25, 10),
            (2, None, 10),
            (3, None, 5),
        ]
        assert sorted(ids(pages)) == [f"NCT{90000000 + at:08d}" for at in range(25)]
        assert not any(page.restarted for page in pages)

    def test_each_study_is_the_json_of_one_record(self, client: RegistryClient) -> None:
        [page, *_] = client.iter_pages(Named())
        assert page.studies[0] == encoded(studies(1)[0])
        assert parse_study(page.studies[0]).protocol.conditions.conditions == ("Multiple Sclerosis",)

    def test_every_page_has_the_same_parameters_and_only_the_first_counts(
        self, client: RegistryClient, registry: RegistryEmulator
    ) -> None:
        list(client.iter_pages(Named()))
        first, *others = [dict(request.params) for request in registry.requests]
        assert first.pop("countTotal") == "true"
        assert "sort" in first
        assert "pageToken" not in first
        assert len(others) == 2
        for other in others:
            assert other.pop("pageToken")
            assert other == first

    def test_token_to_an_empty_page_is_the_end(self, registry: RegistryEmulator, clock: Clock) -> None:
        with make_client(registry, clock, page_size=25) as client:
            pages = list(client.iter_pages(Named()))
        assert [len(page.studies) for page in pages] == [25]
        assert registry.count("/studies") == 2

    def test_query_without_hits_is_one_empty_page(self, client: RegistryClient) -> None:
        assert list(client.iter_pages(Named(params={"query.cond": "whooping"}))) == [StudiesPage(1, 0, ())]

    @pytest.mark.parametrize(("asked", "sent"), [(0, "1"), (-5, "1"), (500, "500"), (99999, "1000")])
    def test_page_size_is_brought_into_the_registrys_bounds(
        self, registry: RegistryEmulator, clock: Clock, asked: int, sent: str
    ) -> None:
        with make_client(registry, clock, page_size=asked) as client:
            next(client.iter_pages(Named()))
        assert registry.requests[0].params["pageSize"] == sent

    def test_says_who_asks_and_takes_gzip(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        client.version()
        headers = registry.requests[0].headers
        assert headers["User-Agent"] == "trialtracker/0.1.0 (+https://example.org/about/)"
        assert headers["Accept-Encoding"] == "gzip"
        assert headers["Accept"] == "application/json"
        assert "Authorization" not in headers

    def test_credentials_of_the_machine_are_not_sent(
        self, client: RegistryClient, registry: RegistryEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
        (tmp_path / "netrc").chmod(0o600)
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        assert requests.get(f"{registry.url}/version", timeout=5).ok
        client.version()
        careless, ours = registry.requests
        assert "Authorization" in careless.headers
        assert "Authorization" not in ours.headers

    def test_counts_requests_and_bytes_over_the_wire(self, client: RegistryClient) -> None:
        pages = list(client.iter_pages(Named()))
        assert client.requests == 3
        assert 0 < client.bytes < sum(len(one) for page in pages for one in page.studies) / 2

    def test_repeated_study_on_two_pages_is_handed_on(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.order("repeated_study", after=1)
        found = ids(list(client.iter_pages(Named())))
        assert len(found) == 26
        assert len(set(found)) == 25


class TestPace:
    def test_one_request_an_interval(self, registry: RegistryEmulator, clock: Clock) -> None:
        with make_client(registry, clock, min_interval=1.0) as client:
            list(client.iter_pages(Named()))
        assert clock.slept == [1.0, 1.0]

    def test_time_that_passed_anyway_is_not_slept(self, registry: RegistryEmulator, clock: Clock) -> None:
        with make_client(registry, clock, min_interval=1.0) as client:
            client.version()
            clock.now += 0.75
            client.version()
            clock.now += 30
            client.version()
        assert clock.slept == [0.25]

    def test_real_clock(self, registry: RegistryEmulator) -> None:
        with RegistryClient(registry.url, user_agent="test", min_interval=0.2, page_size=10) as client:
            began = time.monotonic()
            list(client.iter_pages(Named()))
        assert time.monotonic() - began >= 0.4


class TestPassingFaults:
    """Once or twice wrong, then right: the caller sees nothing."""

    @pytest.mark.parametrize(
        "fault", ["rate_limited", "server_error", "unavailable", "reset", "truncated", "bad_json", "html", "stalled"]
    )
    def test_tried_again(self, client: RegistryClient, registry: RegistryEmulator, clock: Clock, fault: str) -> None:
        registry.order(fault, times=2, after=1, path="/studies", seconds=1)
        pages = list(client.iter_pages(Named()))
        assert len(set(ids(pages))) == 25
        assert client.requests == 5
        assert clock.slept == [1.5, 2.5]

    def test_slow_answer_is_waited_for(self, registry: RegistryEmulator, clock: Clock) -> None:
        registry.order("slow", seconds=0.3)
        with make_client(registry, clock, read_timeout=5) as client:
            assert client.version().api_version == "2.0.5"
        assert client.requests == 1

    @pytest.mark.parametrize("fault", ["rate_limited", "unavailable"])
    def test_retry_after_in_seconds_is_honoured(
        self, client: RegistryClient, registry: RegistryEmulator, clock: Clock, fault: str
    ) -> None:
        registry.order(fault, retry_after=17)
        client.version()
        assert clock.slept == [17]

    def test_retry_after_as_a_date_is_honoured(
        self, client: RegistryClient, registry: RegistryEmulator, clock: Clock
    ) -> None:
        registry.order("rate_limited", retry_after=email.utils.formatdate(time.time() + 30, usegmt=True))
        client.version()
        assert clock.slept == [pytest.approx(30, abs=2)]

    def test_short_retry_after_does_not_undercut_the_back_off(
        self, client: RegistryClient, registry: RegistryEmulator, clock: Clock
    ) -> None:
        registry.order("rate_limited", retry_after=0)
        client.version()
        assert clock.slept == [1.5]

    @pytest.mark.parametrize("header", ["soon", "-5", "9" * 5000, "1.5"])
    def test_unreadable_retry_after_is_ignored(
        self, client: RegistryClient, registry: RegistryEmulator, clock: Clock, header: str
    ) -> None:
        registry.order("rate_limited", retry_after=header)
        client.version()
        assert clock.slept == [1.5]

    def test_token_that_dies_midway_starts_again_at_page_1(
        self, client: RegistryClient, registry: RegistryEmulator
    ) -> None:
        seen = []
        for page in client.iter_pages(Named()):
            seen.append((page.number, page.total, page.restarted))
            if len(seen) == 2:
                registry.registry.refresh()
        assert seen == [(1, 25, False), (2, None, False), (1, 25, True), (2, None, False), (3, None, False)]


class TestLastingFaults:
    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ("rate_limited", errors.RateLimited),
            ("server_error", errors.ServerFault),
            ("unavailable", errors.ServerFault),
            ("reset", errors.Unreachable),
            ("truncated", errors.Unreachable),
            ("stalled", errors.Unreachable),
            ("bad_json", errors.BadAnswer),
            ("html", errors.BadAnswer),
        ],
    )
    def test_given_up_after_the_last_try(
        self, registry: RegistryEmulator, clock: Clock, fault: str, error: type[errors.RegistryError]
    ) -> None:
        registry.order(fault, times=None, seconds=0.4)
        with make_client(registry, clock, attempts=3, read_timeout=0.2) as client, pytest.raises(error) as raised:
            client.version()
        assert client.requests == 3
        assert clock.slept == [1.5, 2.5]
        assert raised.value.sentence.endswith(".")
        assert str(raised.value) == raised.value.sentence

    def test_back_off_doubles_up_to_its_cap(self, registry: RegistryEmulator, clock: Clock) -> None:
        registry.order("server_error", times=None)
        with make_client(registry, clock, attempts=7, max_backoff=10) as client, pytest.raises(errors.ServerFault):
            client.version()
        assert clock.slept == [1.5, 2.5, 4.5, 8.5, 10.5, 10.5]

    def test_absurd_retry_after_is_not_slept(
        self, client: RegistryClient, registry: RegistryEmulator, clock: Clock
    ) -> None:
        registry.order("rate_limited", retry_after=86_400)
        with pytest.raises(errors.RateLimited) as raised:
            client.version()
        assert raised.value.retry_after == 86_400
        assert clock.slept == []
        assert client.requests == 1

    def test_refusal_is_not_tried_again(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.order("forbidden", times=None)
        with pytest.raises(errors.Blocked):
            client.version()
        assert client.requests == 1

    def test_bad_request_quotes_the_registry(self, client: RegistryClient) -> None:
        with pytest.raises(errors.BadRequest, match=r"`filter\.phase` is unknown parameter"):
            list(client.iter_pages(Named(params={"filter.phase": "PHASE3"})))
        assert client.requests == 1

    def test_wrong_address_is_no_missing_study(self, registry: RegistryEmulator, clock: Clock) -> None:
        with (
            RegistryClient(registry.url + "/wrong", user_agent="test", min_interval=0) as client,
            pytest.raises(errors.BadAnswer, match="CTGOV_BASE_URL"),
        ):
            client.study("NCT90000001")

    def test_nobody_listens(self, clock: Clock) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with (
            RegistryClient(
                f"http://127.0.0.1:{port}/api/v2", user_agent="test", sleep=clock.sleep, clock=clock
            ) as client,
            pytest.raises(errors.Unreachable, match=f"127.0.0.1:{port}.*refused"),
        ):
            client.version()
        assert client.requests == 5

    @pytest.mark.parametrize("address", ["clinicaltrials.gov/api/v2", "ftp://example.org", "http://", ""])
    def test_address_that_is_none(self, address: str) -> None:
        with pytest.raises(errors.Unreachable, match="no http or https address"):
            RegistryClient(address, user_agent="test")

    def test_run_away_answer_is_cut(self, registry: RegistryEmulator, clock: Clock) -> None:
        registry.order("oversized", times=None, megabytes=3)
        with (
            make_client(registry, clock, max_answer_bytes=1_000_000) as client,
            pytest.raises(errors.BadAnswer, match="1000000 bytes"),
        ):
            client.version()
        assert client.requests == 1

    def test_answer_that_never_ends_is_left(self, registry: RegistryEmulator) -> None:
        registry.order("oversized", times=None)
        ticking = iter(range(0, 10_000, 7))
        with (
            RegistryClient(
                registry.url,
                user_agent="test",
                attempts=1,
                min_interval=0,
                answer_timeout=10,
                clock=lambda: next(ticking),
            ) as client,
            pytest.raises(errors.Unreachable, match="more than 10 s"),
        ):
            client.version()

    def test_other_major_version(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.order("wrong_version", version="3.1.0")
        with pytest.raises(errors.BadAnswer, match=r"3\.1\.0"):
            client.version()

    def test_version_without_time_stamp(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.order("no_timestamp")
        with pytest.raises(errors.BadAnswer, match="time stamp"):
            client.version()

    def test_redirect_of_a_page_is_not_followed(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.order("redirected", location="https://example.org/elsewhere")
        with pytest.raises(errors.BadAnswer, match=r"https://example\.org/elsewhere"):
            client.version()
        assert client.requests == 1


class TestTotals:
    @pytest.mark.parametrize("fault", ["wrong_total", "lost_study", "empty_page"])
    def test_fewer_than_counted(self, client: RegistryClient, registry: RegistryEmulator, fault: str) -> None:
        registry.order(fault)
        with pytest.raises(errors.Incomplete, match=r"25|26"):
            list(client.iter_pages(Named()))

    def test_empty_page_is_the_end_whatever_its_token_says(
        self, client: RegistryClient, registry: RegistryEmulator
    ) -> None:
        registry.order("empty_page", times=None, after=1)
        with pytest.raises(errors.Incomplete, match=r"sent 10"):
            list(client.iter_pages(Named()))
        assert client.requests == 2

    def test_repeats_do_not_make_up_for_losses(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.order("lost_study")
        registry.order("repeated_study", times=2)
        with pytest.raises(errors.Incomplete, match=r"counted 25 .* sent 24"):
            list(client.iter_pages(Named()))

    def test_pages_are_handed_out_before_the_count_is_known_to_be_short(
        self, client: RegistryClient, registry: RegistryEmulator
    ) -> None:
        registry.order("lost_study", after=2)
        pages = client.iter_pages(Named())
        assert [len(next(pages).studies) for _ in range(3)] == [10, 10, 4]
        with pytest.raises(errors.Incomplete):
            next(pages)

    def test_zero_total_is_an_answer(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.order("zero_total")
        assert list(client.iter_pages(Named())) == [StudiesPage(1, 0, ())]

    def test_no_total_cannot_be_checked(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.order("no_total")
        with pytest.raises(errors.BadAnswer, match="no total"):
            list(client.iter_pages(Named()))

    @pytest.mark.parametrize("band", [{"max_total": 24}, {"min_total": 26}])
    def test_total_outside_the_band_stops_before_the_first_page(
        self, registry: RegistryEmulator, clock: Clock, band: dict[str, int]
    ) -> None:
        with (
            make_client(registry, clock, **band) as client,
            pytest.raises(errors.OutOfBand, match="matches 25 studies"),
        ):
            next(client.iter_pages(Named()))
        assert client.requests == 1


class TestEndlessPaging:
    def test_token_that_leads_back(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.order("same_token", times=None)
        with pytest.raises(errors.BadAnswer, match="no end"):
            list(client.iter_pages(Named()))
        assert client.requests < 5

    def test_ever_new_tokens(self, registry: RegistryEmulator, clock: Clock) -> None:
        registry.order("endless", times=None)
        with make_client(registry, clock, page_size=1000) as client, pytest.raises(errors.BadAnswer, match="no end"):
            list(client.iter_pages(Named()))
        assert client.requests < 150

    def test_token_refused_twice(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.order("invalid_token", times=None)
        pages = client.iter_pages(Named())
        assert [next(pages).restarted, next(pages).restarted] == [False, True]
        with pytest.raises(errors.BadAnswer, match="refused its own page token twice"):
            next(pages)

    def test_bad_request_on_page_1_of_the_restart_is_ours(
        self, client: RegistryClient, registry: RegistryEmulator
    ) -> None:
        registry.order("invalid_token")
        registry.order("bad_request", after=1)
        with pytest.raises(errors.BadRequest):
            list(client.iter_pages(Named()))


class TestSingleStudy:
    @pytest.mark.parametrize("spelling", ["NCT90000003", "nct90000003", " NCT0090000003 "])
    def test_by_any_spelling(self, client: RegistryClient, registry: RegistryEmulator, spelling: str) -> None:
        found = client.study(spelling)
        assert found.nct_id == "NCT90000003"
        assert nct_id_of(found.payload) == "NCT90000003"
        assert registry.requests[0].path == "/studies/NCT90000003"

    def test_alias_gives_the_record_that_it_is_now(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.registry.merge("NCT90000003", into="NCT90000007")
        found = client.study("NCT90000003")
        assert found.nct_id == "NCT90000007"
        assert "NCT90000003" in parse_study(found.payload).protocol.identification.nct_id_aliases
        assert client.requests == 2

    def test_vanished(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.registry.vanish("NCT90000003")
        with pytest.raises(errors.NotFound, match="NCT90000003"):
            client.study("NCT90000003")
        assert client.requests == 1

    @pytest.mark.parametrize("text", ["", "NCT", "NCT123456789", "NCT00000000", "../version", "NCT9000000٣"])
    def test_what_is_no_id_is_not_asked_for(self, client: RegistryClient, text: str) -> None:
        with pytest.raises(errors.NotFound):
            client.study(text)
        assert client.requests == 0

    def test_another_record_than_asked_for(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.order("wrong_study")
        with pytest.raises(errors.BadAnswer, match="Asked for NCT90000003"):
            client.study("NCT90000003")

    @pytest.mark.parametrize(
        "location",
        [
            "https://example.org/api/v2/studies/NCT90000004",
            "/api/v2/version",
            "/studies/NCT90000004",
            "//example.org/api/v2/studies/NCT90000004",
            "",
        ],
    )
    def test_redirect_elsewhere_is_not_followed(
        self, client: RegistryClient, registry: RegistryEmulator, location: str
    ) -> None:
        registry.order("redirected", location=location)
        with pytest.raises(errors.BadAnswer, match="not followed"):
            client.study("NCT90000003")
        assert client.requests == 1

    def test_redirects_in_a_circle(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.order("redirected", times=None, location="/api/v2/studies/NCT90000003")
        with pytest.raises(errors.BadAnswer, match="without end"):
            client.study("NCT90000003")
        assert client.requests == 4


class TestOddRecords:
    def test_drifted_records_arrive_whole(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.registry.drift("extra_keys")
        registry.registry.drift("unknown_enum")
        registry.registry.drift("missing_module")
        arrived = [one for page in client.iter_pages(Named()) for one in page.studies]
        assert len(arrived) == 25
        for one in arrived:
            assert parse_study(one).protocol.status.overall_status == "PAUSED_BY_REGULATOR"
            assert len(oddities(one)) == 4

    @pytest.mark.parametrize("spoilt", ["lone surrogate", "nesting"])
    def test_record_that_spoils_the_page_does_not_take_the_others_with_it(
        self, client: RegistryClient, registry: RegistryEmulator, spoilt: str
    ) -> None:
        if spoilt == "lone surrogate":
            bad = situation("nul_and_lone_surrogate").strip()
        else:
            bad = encoded(study("NCT90000023", {"deep": 1})).replace(
                b'"deep":1', b'"deep":' + b"[" * 5000 + b"]" * 5000
            )
        registry.registry.add(bad)
        registry.registry.match_all = True
        arrived = [one for page in client.iter_pages(Named()) for one in page.studies]
        assert {nct_id_of(one) for one in arrived} == {*registry.registry.nct_ids}
        assert bad in arrived
        assert client.requests == 3
        if spoilt == "nesting":
            with pytest.raises(ParseError, match="nested too deeply"):
                parse_study(bad)
        assert client.study("NCT90000023").payload == bad

    def test_record_without_id_counts_as_one(self, client: RegistryClient, registry: RegistryEmulator) -> None:
        registry.registry.drift("no_id", ["NCT90000003", "NCT90000004"])
        pages = list(client.iter_pages(Named()))
        assert sum(len(page.studies) for page in pages) == 25


class TestTheRoomsDoor:
    def test_no_foreign_type_or_cause_leaves(self, registry: RegistryEmulator, clock: Clock) -> None:
        for fault in ("reset", "truncated", "bad_json", "stalled"):
            registry.clear()
            registry.order(fault, times=None, seconds=0.3)
            with make_client(registry, clock, attempts=1, read_timeout=0.1) as client:
                with pytest.raises(errors.RegistryError) as raised:
                    client.version()
                assert not isinstance(raised.value, requests.RequestException)
                assert raised.value.__cause__ is None
                assert raised.value.__suppress_context__ or raised.value.__context__ is None

    @pytest.mark.parametrize(
        "error",
        [
            errors.Blocked("It refuses."),
            errors.RateLimited("Slower.", 30.0),
            errors.ServerFault("A fault.", None),
            errors.ParseError("a.b", "x", "no"),
        ],
    )
    def test_errors_survive_pickling(self, error: Exception) -> None:
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert vars(again) == vars(error)
        assert str(again) == str(error)

    def test_kinds_are_distinct(self) -> None:
        named = [
            error for error in vars(errors).values() if isinstance(error, type) and not error.__name__.startswith("_")
        ]
        kinds = [error.kind for error in named if issubclass(error, errors.RegistryError) and error.kind != "registry"]
        assert len(set(kinds)) == len(kinds) == 9


@pytest.mark.slow
def test_memory_stays_flat_however_many_pages() -> None:
    """Fifty pages of 2 MB each, 100 MB in all; what the process holds grows by a tenth of that at most."""
    padding = "The same words again and again. " * 600
    heavy = [
        study(f"NCT{90000000 + at:08d}", {"protocolSection.descriptionModule.detailedDescription": padding})
        for at in range(1000)
    ]
    with RegistryEmulator(heavy, match_all=True) as registry:
        del heavy
        with RegistryClient(registry.url, user_agent="test", min_interval=0, page_size=100) as client:
            process = psutil.Process()

            def walk() -> int:
                return sum(len(page.studies) for page in client.iter_pages(Named()))

            assert walk() == 1000
            gc.collect()
            before = process.memory_info().rss
            for _ in range(5):
                assert walk() == 1000
            gc.collect()
            assert process.memory_info().rss - before < 10_000_000
