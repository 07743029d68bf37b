"""Requests run in turn: one of an address, one sweep; whoever has too many is refused, and everyone else is not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from apps.web import middleware
from apps.web.middleware import InTurn
from apps.web.turns import MOST_IN_LANE, MOST_OF_ONE, Lane, Turns, Visit

ENOUGH = 10


def visit(turns: Turns, who: str, lane: Lane = "") -> Visit:
    let_in = turns.visit(who, lane=lane)
    assert isinstance(let_in, Visit)
    return let_in


class Runner:
    """A request in a thread of its own, which runs until it is told to end."""

    def __init__(self, turns: Turns, who: str, ran: list[str], name: str = "", lane: Lane = "") -> None:
        self.visit, self.name, self._ran = visit(turns, who, lane), name or who, ran
        self.began, self.end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._turns = turns
        before = len(turns._waiting)
        self._thread.start()
        while not self.began.is_set() and len(turns._waiting) == before:
            threading.Event().wait(0.001)

    def _run(self) -> None:
        with self.visit.turn():
            self._ran.append(self.name)
            self.began.set()
            self.end.wait(ENOUGH)
        self.visit.leave()

    def over(self) -> None:
        self.end.set()
        self._thread.join(ENOUGH)
        assert not self._thread.is_alive()


def test_of_one_address_one_runs_beside_others_and_they_do_not_wait_for_it():
    turns, ran = Turns(), []
    one = Runner(turns, "a", ran, "a1")
    other = Runner(turns, "b", ran)
    two = Runner(turns, "a", ran, "a2")
    assert ran == ["a1", "b"]
    one.over()
    assert two.began.wait(ENOUGH)
    two.over()
    other.over()
    assert len(turns) == 0


def test_who_is_alone_has_one_at_a_time_so_that_whoever_comes_waits_for_one():
    turns, ran = Turns(), []
    alone = [Runner(turns, "a", ran, f"a{number}", lane="lists") for number in range(3)]
    assert ran == ["a0"]
    reader = Runner(turns, "reader", ran)
    assert ran[-1] == "reader"
    reader.over()
    for one in alone:
        assert one.began.wait(ENOUGH)
        one.over()
    assert ran == ["a0", "reader", "a1", "a2"]
    assert len(turns) == 0


def test_of_a_lane_one_runs_and_neither_the_other_lane_nor_pages_wait_for_it():
    turns, ran = Turns(), []
    first, second = Runner(turns, "a", ran, lane="lists"), Runner(turns, "b", ran, lane="lists")
    file, page = Runner(turns, "c", ran, lane="files"), Runner(turns, "d", ran)
    assert ran == ["a", "c", "d"]
    first.over()
    assert second.began.wait(ENOUGH)
    for one in (second, file, page):
        one.over()


def test_who_has_had_fewer_turns_goes_first():
    turns, ran = Turns(), []
    somebody = visit(turns, "somebody")
    crawler = [Runner(turns, "crawler", ran, f"crawler{number}", lane="lists") for number in range(4)]
    reader = Runner(turns, "reader", ran, lane="lists")
    crawler[0].over()
    assert reader.began.wait(ENOUGH)
    reader.over()
    for one in crawler[1:]:
        assert one.began.wait(ENOUGH)
        one.over()
    assert ran == ["crawler0", "reader", "crawler1", "crawler2", "crawler3"]
    somebody.leave()


def test_an_address_has_so_many_inside_and_no_more():
    turns = Turns()
    inside = [visit(turns, "a") for _ in range(MOST_OF_ONE)]
    assert turns.visit("a") == "too many of one"
    assert isinstance(turns.visit("b"), Visit)
    inside.pop().leave()
    visit(turns, "a")


@pytest.mark.parametrize("lane", MOST_IN_LANE)
def test_a_lane_holds_so_many_and_leaves_room_for_the_others(lane: Lane):
    turns = Turns()
    inside = [visit(turns, str(number), lane) for number in range(MOST_IN_LANE[lane])]
    assert turns.visit("reader", lane=lane) == "too many"
    for other in {"", *MOST_IN_LANE} - {lane}:
        visit(turns, "reader", other)
    inside.pop().leave()
    visit(turns, "reader", lane)


def test_leaving_twice_is_leaving_once_and_a_lost_visit_leaves_by_itself():
    turns = Turns()
    first, second = visit(turns, "a"), visit(turns, "a")
    first.leave()
    first.leave()
    assert len(turns) == 1
    del second
    assert len(turns) == 0


def test_an_error_gives_the_turn_back():
    turns = Turns()
    broken = visit(turns, "a")
    with pytest.raises(ZeroDivisionError), broken.turn():
        raise ZeroDivisionError
    broken.leave()
    after = visit(turns, "a")
    with after.turn():
        pass


def test_many_threads_end_with_nobody_inside():
    turns, running, most = Turns(100, {"lists": 100}), [0], [0]

    def work(who: str) -> None:
        for _ in range(50):
            one = visit(turns, who, "lists")
            with one.turn():
                running[0] += 1
                most[0] = max(most[0], running[0])
                running[0] -= 1
            one.leave()

    threads = [threading.Thread(target=work, args=(str(number % 3),)) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(ENOUGH)
    assert (len(turns), running) == (0, [0])
    assert most[0] == 1


# The door of the process.


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    turns = Turns()
    monkeypatch.setattr(InTurn, "turns", turns)
    return turns


def answer(view: Callable[[HttpRequest], object], path: str = "/") -> HttpResponse:
    return InTurn(view)(RequestFactory().get(path))  # type: ignore[arg-type, return-value]


def test_a_request_is_inside_while_it_is_answered(turns: Turns):
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(len(turns)))

    assert answer(view).content == b"1"
    assert len(turns) == 0


def test_a_request_that_fails_leaves(turns: Turns):
    def view(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answer(view)
    assert len(turns) == 0


@pytest.mark.django_db
def test_a_file_stays_inside_until_it_is_sent_and_holds_nobody_up_between_its_pieces(turns: Turns):
    def pieces() -> Iterator[bytes]:
        yield b"one "
        yield b"two"

    response = answer(lambda request: StreamingHttpResponse(pieces()), "/trials/export.csv")
    stream = iter(response.streaming_content)  # type: ignore[attr-defined]
    assert next(stream) == b"one "
    assert len(turns) == 1
    assert answer(lambda request: HttpResponse("meanwhile")).content == b"meanwhile"
    assert b"".join(stream) == b"two"
    response.close()
    assert len(turns) == 0


@pytest.mark.django_db
def test_a_file_that_nobody_reads_to_its_end_leaves_when_it_is_closed(turns: Turns):
    closed = []

    def pieces() -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            closed.append(True)

    response = answer(lambda request: StreamingHttpResponse(pieces()), "/trials/export.csv")
    next(iter(response.streaming_content))  # type: ignore[attr-defined]
    response.close()
    assert closed == [True]
    assert len(turns) == 0


@pytest.mark.django_db
def test_one_too_many_of_an_address_is_told_to_wait(client: Client, turns: Turns):
    client.defaults["REMOTE_ADDR"] = "198.51.100.9"
    with ExitStack() as stack:
        for _ in range(MOST_OF_ONE):
            stack.callback(visit(turns, "198.51.100.9").leave)
        refused = client.get("/trials/")
        assert (refused.status_code, refused["Retry-After"], refused["Cache-Control"]) == (429, "5", "no-store")
        assert "Ask for one after the other" in refused.content.decode()
        assert client.get("/trials/", REMOTE_ADDR="198.51.100.7").status_code == 200
        problem = client.get("/api/v1/studies/")
        assert (problem.status_code, problem["Content-Type"]) == (429, "application/problem+json")
        assert json.loads(problem.content)["status"] == 429
        assert problem["Access-Control-Allow-Origin"] == "*"
        assert client.get("/api/ctgov/v2/version")["Content-Type"].startswith("text/plain")
        # Machines that look whether the process lives are always answered.
        assert client.get("/healthz").status_code == 200
    assert client.get("/trials/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("own", ["127.0.0.1", "::1"])
def test_requests_from_the_machine_itself_do_not_wait_for_each_other(turns: Turns, own: str):
    def view(request: HttpRequest) -> HttpResponse:
        if len(turns) > MOST_OF_ONE:
            return HttpResponse(str(len(turns)))
        return InTurn(view)(RequestFactory(REMOTE_ADDR=own).get("/"))  # type: ignore[arg-type, return-value]

    assert InTurn(view)(RequestFactory(REMOTE_ADDR=own).get("/")).content == str(MOST_OF_ONE + 1).encode()


LISTS = (
    *("/trials/?page=2", "/?utm_source=x", "/trials/values/sponsor/", "/api/v1/studies/", "/api/ctgov/v2/studies"),
    *("/trials/cite.txt", "/trials/about.json"),
)
FILES = ("/trials/export.csv", "/data/snapshots/2026-01/manifest.json")


@pytest.mark.django_db
@pytest.mark.parametrize(("lane", "paths", "others"), [("lists", LISTS, FILES), ("files", FILES, LISTS)])
def test_where_a_lane_is_full_its_addresses_are_told_to_wait_and_others_are_not(
    client: Client, turns: Turns, lane: Lane, paths: tuple[str, ...], others: tuple[str, ...]
):
    with ExitStack() as stack:
        for number in range(MOST_IN_LANE[lane]):
            stack.callback(visit(turns, f"198.51.100.{number}", lane).leave)
        for path in paths:
            refused = client.get(path)
            assert (path, refused.status_code, refused["Retry-After"]) == (path, 429, "5")
        for path in ("/", "/trials/", "/about/", *others):
            response = client.get(path)
            assert response.getvalue() is not None
            assert response.headers.get("Retry-After") != "5"


def test_the_web_server_has_threads_left_when_the_lanes_or_one_address_have_all_they_can(
    monkeypatch: pytest.MonkeyPatch,
):
    import runpy
    from pathlib import Path

    monkeypatch.delenv("WEB_THREADS", raising=False)
    conf = runpy.run_path(str(Path(middleware.__file__).parents[2] / "deploy" / "gunicorn.conf.py"))
    assert conf["worker_class"] == "gthread"
    assert conf["threads"] >= max(MOST_OF_ONE, sum(MOST_IN_LANE.values())) + 4
