"""bin/test: pytest with a database and a Redis of its own, also beside a running bin/up."""

from __future__ import annotations

import signal

from _entrance import packages, services
from _entrance.console import say
from _entrance.places import ROOT, VENV_PYTHON, Places, only_one
from _entrance.processes import Recipe, Stopped, Supervisor

BUSY = "Another bin/{kind} is running in this checkout (process {{process}}): wait for it to end, or end it."
# Two at a time for the whole suite; one file or one test is quicker, and easier to read, alone.
WHOLE_SUITE = ("-n", "2")


def main(arguments: list[str]) -> int:
    return run_beside("test", ["pytest", *(arguments or WHOLE_SUITE)])


def run_beside(kind: str, module: list[str], *, durable: bool = False) -> int:
    """`python -m module...` with the terminal to itself and services of its own; its exit code."""
    places = Places(kind)
    places.make()
    code = 130
    with only_one(places, BUSY.format(kind=kind)):
        try:
            with Supervisor(places) as supervisor:
                try:
                    packages.prepare(supervisor, "requirements.txt", "requirements-dev.txt")
                    env = services.start(supervisor, places, durable=durable, plain=True)
                    argv = [str(VENV_PYTHON), "-m", *module]
                    code = supervisor.run(Recipe(kind, argv, env, ROOT, stop=signal.SIGINT, shared=True))
                except Stopped:
                    say("Stopping.")
        finally:
            services.forget(places)
    return code if code >= 0 else 1
