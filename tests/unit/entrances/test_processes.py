from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from _entrance import processes
from _entrance.console import Refusal
from _entrance.places import Places
from _entrance.processes import Recipe, Stopped, Supervisor, birth, end_leftovers, ending

FOREVER = "import time\nwhile True: time.sleep(1)"
DEAF = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\n{FOREVER}"
PARENT = (
    "import subprocess, sys\n"
    f"print(subprocess.Popen([sys.executable, '-c', '''{FOREVER}''']).pid, flush=True)\n"
    f"{FOREVER}"
)
LAST_WORD = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *arguments: (print({0!r}, flush=True), sys.exit()))
print("up", flush=True)
"""


def python(name: str, code: str, **options: object) -> Recipe:
    return Recipe(name, [sys.executable, "-c", code], os.environ, Path("/"), **options)  # type: ignore[arg-type]


def gone(pid: int) -> bool:
    """Within two seconds; a zombie, which some other process has yet to collect, is gone."""
    deadline = time.monotonic() + 2
    while birth(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not birth(pid)


def test_lines_carry_the_name_of_the_child(places: Places, capfd: pytest.CaptureFixture[str]) -> None:
    with Supervisor(places) as supervisor:
        code = supervisor.run(
            python("web", "import sys; print('one'); print('two', file=sys.stderr); print('end', end='')")
        )
    assert code == 0
    assert sorted(capfd.readouterr().out.splitlines()) == ["web      | end", "web      | one", "web      | two"]


def test_hidden_lines_are_kept_for_the_reason(places: Places, capfd: pytest.CaptureFixture[str]) -> None:
    recipe = python(
        "redis", "print('a fine day'); print('FATAL: no room'); raise SystemExit(1)", hide=lambda line: True
    )
    with Supervisor(places) as supervisor, pytest.raises(Refusal, match=r"redis did not start: FATAL: no room"):
        supervisor.wait_until(lambda: False, supervisor.start(recipe), seconds=20)
    assert capfd.readouterr().out == ""


def test_a_child_that_must_live_is_started_again(places: Places, capfd: pytest.CaptureFixture[str]) -> None:
    with Supervisor(places) as supervisor:
        first = supervisor.start(python("worker", FOREVER, keep=True))
        first.process.kill()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not (supervisor.children and supervisor.children[0] is not first):
            supervisor.pump(0.1)
        again = supervisor.children[0].process.pid
        assert again != first.process.pid
    assert not psutil.pid_exists(again)
    assert "ended (SIGKILL; without a word); starting it again in 1 s" in capfd.readouterr().out


def test_pauses_between_starts_grow(places: Places, capfd: pytest.CaptureFixture[str]) -> None:
    with Supervisor(places) as supervisor:
        supervisor.start(python("worker", "raise SystemExit(3)", keep=True))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and "in 2 s" not in (said := capfd.readouterr().out):
            supervisor.pump(0.1)
    assert "ended (exit code 3; without a word); starting it again in 2 s" in said


def test_a_deaf_child_is_gone_after_the_grace(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.5)
    with Supervisor(places) as supervisor:
        heard: list[str] = []
        child = supervisor.start(python("web", DEAF, on_line=heard.append))
        supervisor.wait_until(lambda: bool(heard), child, seconds=20)
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    assert not psutil.pid_exists(child.process.pid)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_grandchildren_go_with_the_child(places: Places, how: signal.Signals) -> None:
    with Supervisor(places) as supervisor:
        heard: list[str] = []
        child = supervisor.start(python("web", PARENT, on_line=heard.append))
        supervisor.wait_until(lambda: bool(heard), child, seconds=20)
        child.signal(how)
        supervisor.wait(child)
        assert gone(int(heard[0]))


@pytest.mark.parametrize("number", processes.STOP_SIGNALS)
def test_a_signal_ends_the_wait_and_handlers_are_put_back(places: Places, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with Supervisor(places) as supervisor:
        child = supervisor.start(python("web", FOREVER))
        os.kill(os.getpid(), number)
        with pytest.raises(Stopped):
            supervisor.wait(child)
    assert not psutil.pid_exists(child.process.pid)
    assert signal.getsignal(number) == before


def test_services_go_last(places: Places) -> None:
    """The web server may still need its database while it ends."""
    said: list[str] = []
    with Supervisor(places) as supervisor:
        for name in ("postgres", "web"):
            code = LAST_WORD.format(name) + FOREVER
            child = supervisor.start(python(name, code, service=name == "postgres", on_line=said.append))
            supervisor.wait_until(
                lambda name=name: said.count("up") == (1 if name == "postgres" else 2), child, seconds=20
            )
    assert said == ["up", "up", "web", "postgres"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_children_go_when_the_entrance_is_killed(places: Places) -> None:
    code = (
        f"import sys, os\nsys.path.insert(0, {str(Path(processes.__file__).parent.parent)!r})\n"
        "from pathlib import Path\n"
        "from _entrance.places import Places\n"
        "from _entrance.processes import Recipe, Supervisor\n"
        f"with Supervisor(Places('site', root=Path({str(places.root)!r}))) as s:\n"
        f"    c = s.start(Recipe('web', [sys.executable, '-c', {FOREVER!r}], os.environ, Path('/')))\n"
        "    print(c.process.pid, flush=True)\n    s.wait(c)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as entrance:
        assert entrance.stdout
        pid = int(entrance.stdout.readline())
        entrance.kill()
    assert gone(pid)


def test_a_leftover_is_ended_only_when_it_is_provably_ours(tmp_path: Path) -> None:
    ours, stranger = (subprocess.Popen(["sleep", "60"], start_new_session=True) for _ in range(2))
    try:
        record = tmp_path / "children.json"
        record.write_text(json.dumps([["web", ours.pid, birth(ours.pid)], ["worker", stranger.pid, "some other time"]]))
        end_leftovers(record)
        assert ours.wait(timeout=10) == -signal.SIGINT
        assert stranger.poll() is None
        assert not record.exists()
    finally:
        for process in (ours, stranger):
            process.kill()
            process.wait()


@pytest.mark.parametrize("text", ["", "half a fi"])
def test_a_broken_record_of_children_is_no_obstacle(tmp_path: Path, text: str) -> None:
    record = tmp_path / "children.json"
    record.write_text(text)
    end_leftovers(record)


def test_birth_of_nobody_is_empty() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
        assert birth(process.pid) == ""
    assert birth(os.getpid()) == birth(os.getpid()) != birth(os.getppid())


def test_endings_in_words() -> None:
    assert ending(3) == "exit code 3"
    assert ending(-9) == "SIGKILL"
