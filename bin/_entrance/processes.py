"""Children of an entrance: each in a session of its own, its lines named, none left behind.

One thread and one loop (`pump`) reads the children's lines, sees them end, starts again those that must live,
and notices a wish to stop (SIGINT, SIGTERM, SIGHUP), which it raises as `Stopped`.
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _entrance.console import Refusal, say
from _entrance.places import Places, write_private

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE = 8.0  # seconds between asking a child to stop and ending its whole group
LONGEST_PAUSE = 30.0  # seconds between two starts of a child that keeps ending
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Stopped(BaseException):
    """Someone wishes the entrance to end."""


@dataclass(frozen=True)
class Recipe:
    """How a child is started, and started again."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    owner: tuple[int, int] | None = None  # uid and gid, for root's database
    stop: signal.Signals = signal.SIGTERM
    urgent: signal.Signals | None = None  # sent when half the grace has gone
    service: bool = False  # others lean on it: it goes last
    keep: bool = False  # start it again when it ends by itself
    shared: bool = False  # writes to our own terminal, for a progress bar
    feed: str = ""  # its standard input
    hide: Callable[[str], bool] = lambda line: False
    on_line: Callable[[str], None] | None = None  # instead of printing
    before: Callable[[], None] = lambda: None


@dataclass
class Child:
    recipe: Recipe
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=30))
    rest: bytes = b""

    @property
    def name(self) -> str:
        return self.recipe.name

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    def end_group(self) -> None:
        """Nothing of it, its children included, lives after this."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    def __init__(self, places: Places) -> None:
        self.places = places
        self.children: list[Child] = []
        self.stopping = False
        self._again: dict[str, tuple[float, Recipe]] = {}  # what is to be started again, and when
        self._pauses: dict[str, float] = {}
        self._selector = selectors.DefaultSelector()
        self._record = places.run / "children.json"

    def __enter__(self) -> Supervisor:
        self._wake, self._waker = os.pipe()
        for end in (self._wake, self._waker):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        self._selector.register(self._wake, selectors.EVENT_READ)
        handlers = dict.fromkeys(STOP_SIGNALS, self._wish_to_stop) | {signal.SIGCHLD: lambda number, frame: None}
        self._former = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        end_leftovers(self._record)
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop_all()
        self._record.unlink(missing_ok=True)
        for number, handler in self._former.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        self._selector.close()
        os.close(self._wake)
        os.close(self._waker)

    def _wish_to_stop(self, number: int, frame: Any) -> None:
        if self.stopping:
            self.end_at_once()
        self.stopping = True

    # Starting

    def start(self, recipe: Recipe) -> Child:
        recipe.before()
        pipe = None if recipe.shared else subprocess.PIPE
        uid, gid = recipe.owner or (None, None)
        process = subprocess.Popen(
            list(recipe.argv),
            env=dict(recipe.env),
            cwd=recipe.cwd,
            stdin=subprocess.PIPE if recipe.feed else subprocess.DEVNULL,
            stdout=pipe,
            stderr=None if recipe.shared else subprocess.STDOUT,
            start_new_session=True,
            user=uid,
            group=gid,
            extra_groups=[] if recipe.owner else None,
            preexec_fn=_die_with(os.getpid(), recipe.stop) if _libc else None,
        )
        child = Child(recipe, process)
        self.children.append(child)
        self._write_record()
        if recipe.feed and process.stdin:
            with suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(recipe.feed.encode())
        if process.stdout:
            os.set_blocking(process.stdout.fileno(), False)
            self._selector.register(process.stdout, selectors.EVENT_READ, child)
        return child

    def run(self, recipe: Recipe) -> int:
        """Starts it and keeps everything else going until it has ended; its exit code."""
        return self.wait(self.start(recipe))

    def wait(self, child: Child) -> int:
        while child in self.children:
            self.pump()
        return child.process.returncode

    def wait_until(self, ready: Callable[[], bool], child: Child, seconds: float) -> None:
        """Until `ready()`; `Refusal` with the child's last lines when it ends before, or takes longer."""
        deadline = time.monotonic() + seconds
        while not ready():
            if child not in self.children:
                raise Refusal(f"{child.name} did not start: {last_words(child)}")
            if time.monotonic() > deadline:
                raise Refusal(f"{child.name} did not answer within {seconds:.0f} seconds: {last_words(child)}")
            self.pump(0.05)

    # The loop

    def pump(self, timeout: float = 1.0) -> None:
        if self.stopping:
            raise Stopped
        for name, (due, recipe) in list(self._again.items()):
            if due <= time.monotonic():
                del self._again[name]
                self.start(recipe)
            else:
                timeout = min(timeout, max(0.0, due - time.monotonic()))
        self._read(timeout)
        self._see_ended()
        if self.stopping:
            raise Stopped

    def _read(self, timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                with suppress(BlockingIOError):
                    os.read(self._wake, 4096)
            else:
                self._take(key.data)

    def _take(self, child: Child) -> bool:
        """One read of a child's output; False when there is no more for now."""
        assert child.process.stdout is not None
        try:
            data = os.read(child.process.stdout.fileno(), 65536)
        except BlockingIOError:
            return False
        if not data:
            self._forget_output(child)
            return False
        *lines, child.rest = (child.rest + data).split(b"\n")
        for line in lines:
            self._line(child, line)
        return True

    def _line(self, child: Child, raw: bytes) -> None:
        line = raw.decode(errors="replace").rstrip()
        child.tail.append(line)
        if child.recipe.on_line:
            child.recipe.on_line(line)
        elif not child.recipe.hide(line):
            say(f"{child.name:<8} | {line}")

    def _forget_output(self, child: Child) -> None:
        if child.process.stdout and not child.process.stdout.closed:
            self._selector.unregister(child.process.stdout)
            child.process.stdout.close()
            if child.rest:
                self._line(child, child.rest)

    def _see_ended(self) -> None:
        for child in [child for child in self.children if not child.running]:
            if child.process.stdout and not child.process.stdout.closed:
                while self._take(child):
                    pass
            child.end_group()
            self._forget_output(child)
            self.children.remove(child)
            self._write_record()
            if child.recipe.keep and not self.stopping:
                self._start_later(child)

    def _start_later(self, child: Child) -> None:
        lived = time.monotonic() - child.started
        pause = 1.0 if lived > 60 else min(self._pauses.get(child.name, 0.5) * 2, LONGEST_PAUSE)
        self._pauses[child.name] = pause
        self._again[child.name] = (time.monotonic() + pause, child.recipe)
        how = f"{ending(child.process.returncode)}; {last_words(child)}"
        say(f"{child.name:<8} | ended ({how}); starting it again in {pause:.0f} s")

    # Ending

    def stop_all(self) -> None:
        """The last started first; the services that the others lean on when those have gone. Under 20 s."""
        self._again.clear()
        self.stopping = True
        services = [child for child in self.children if child.recipe.service]
        self.stop([child for child in self.children if child not in services])
        self.stop(services)

    def stop(self, children: Sequence[Child]) -> None:
        waiting = list(reversed(children))
        for child in waiting:
            child.signal(child.recipe.stop)
        begun = time.monotonic()
        urged = False
        while any(child in self.children for child in waiting):
            waited = time.monotonic() - begun
            if waited > GRACE + 1:
                break  # the kernel does not let go of it; nothing more can be asked
            if waited > GRACE / 2 and not urged:
                urged = True
                for child in waiting:
                    if child.running and child.recipe.urgent:
                        child.signal(child.recipe.urgent)
            if waited > GRACE:
                for child in waiting:
                    child.end_group()
            self._read(0.1)
            self._see_ended()

    def end_at_once(self) -> None:
        for child in self.children:
            child.end_group()

    def _write_record(self) -> None:
        living = [[child.name, child.process.pid, birth(child.process.pid)] for child in self.children]
        write_private(self._record, json.dumps(living))


def end_leftovers(record: Path) -> None:
    """Ends what an entrance that was killed left running: only processes that are provably those it started."""
    try:
        entries = json.loads(record.read_text())
    except (OSError, ValueError):
        return
    for name, pid, born in entries:
        if born and birth(pid) == born:
            end_process(pid, signal.SIGINT)
            say(f"Ended {name} (process {pid}), left over from a run that was killed.")
        with suppress(ProcessLookupError, PermissionError):
            if born and os.getpgid(pid) == pid and birth(pid) == born:
                os.killpg(pid, signal.SIGKILL)
    record.unlink(missing_ok=True)


def end_process(pid: int, first: signal.Signals, grace: float = 5.0) -> None:
    """Asks it to end with `first`, then makes it."""
    born = birth(pid)
    for number, seconds in ((first, grace), (signal.SIGKILL, grace)):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if birth(pid) != born or not born:
                return
            time.sleep(0.05)


def birth(pid: int) -> str:
    """When this process began, in words that no other process of the same number shares; empty when it has ended."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return ""
        return "" if fields[0] in "ZX" else f"{boot} {fields[19]}"
    found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


def last_words(child: Child) -> str:
    lines = [line for line in child.tail if line.strip()]
    faults = [line for line in lines if "FATAL" in line or "Error" in line or "error" in line]
    return (faults or lines or ["without a word"])[-1]


def _die_with(parent: int, number: signal.Signals) -> Callable[[], None]:
    """For the child before its program begins: if the entrance is killed outright, the kernel ends the child too."""

    def arrange() -> None:
        assert _libc is not None
        _libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)

    return arrange
