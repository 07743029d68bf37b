"""bin/up: from a fresh checkout to the running site, and everything gone again when it is told to stop."""

from __future__ import annotations

import argparse
import errno
import http.client
import os
import socket
from collections.abc import Mapping
from dataclasses import replace

from _entrance import packages, services
from _entrance.console import Refusal, say
from _entrance.places import ROOT, VENV_PYTHON, Places, only_one
from _entrance.processes import Recipe, Stopped, Supervisor
from _entrance.services import has_command, manage

BUSY = "bin/up is already running in this checkout (process {process}): use the site it serves, or end it with Ctrl-C."
SAMPLE_STUDIES = ROOT / "apps" / "ingest" / "sample"
NOWHERE = "http://127.0.0.1:9/api/v2"  # the discard port: a sample contacts no registry
ADMINISTRATOR = "admin@localhost"


def main(arguments: list[str]) -> int:
    sample = _options(arguments)
    places = Places("sample" if sample else "site")
    host, port = _address()
    places.make()
    with only_one(places, BUSY):
        _check_free(host, port)
        try:
            with Supervisor(places) as supervisor:
                try:
                    _serve(supervisor, places, host, port, sample=sample)
                except Stopped:
                    say("Stopping.")
        finally:
            services.forget(places)
    say("Stopped.")
    return 0


def _options(arguments: list[str]) -> bool:
    parser = argparse.ArgumentParser(
        prog="bin/up",
        description="Sets everything up, runs the site and keeps it current. Ctrl-C ends it; the data stay in .local/.",
        epilog="Environment: PORT (8000), CTGOV_BASE_URL, DATABASE_URL, REDIS_URL; the rest is in .env.example.",
    )
    parser.add_argument(
        "--sample", action="store_true", help="a dozen fictional trials, in a database of their own, without network"
    )
    return parser.parse_args(arguments).sample


def _serve(supervisor: Supervisor, places: Places, host: str, port: int, *, sample: bool) -> None:
    packages.prepare(supervisor, "requirements.txt")
    env = services.start(supervisor, places)
    env |= {"BIND": host, "PORT": str(port)}
    env.setdefault("SITE_URL", f"http://localhost:{port}")
    if sample:
        env |= {"SAMPLE": "1", "CTGOV_BASE_URL": NOWHERE}
    services.announce(places, env)
    _prepare_site(supervisor, env)
    _start_web(supervisor, env, host, port)
    _greet(supervisor, env)
    if sample:
        _run_if_there(supervisor, env, "sync_studies", "--replay", str(SAMPLE_STUDIES))
    else:
        _keep_current(supervisor, places, env)
    while True:
        supervisor.pump()


def _prepare_site(supervisor: Supervisor, env: Mapping[str, str]) -> None:
    """The database's tables and the static files, side by side."""
    steps = [
        supervisor.start(manage("migrate", "migrate", "--noinput", "--verbosity", "0", env=env)),
        supervisor.start(manage("static", "collectstatic", "--noinput", "--verbosity", "0", env=env)),
    ]
    for child in steps:
        if supervisor.wait(child) != 0:
            raise Refusal(
                f"The site could not be prepared: '{' '.join(child.recipe.argv[1:3])}' failed, as its lines above say."
            )


def _start_web(supervisor: Supervisor, env: Mapping[str, str], host: str, port: int) -> None:
    argv = [str(VENV_PYTHON), "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "trialtracker.wsgi"]
    child = supervisor.start(Recipe("web", argv, env, ROOT, keep=True))
    supervisor.wait_until(lambda: _answers(host, port), child, seconds=60)
    say(f"The site is at {env['SITE_URL']}/ (Ctrl-C ends it).")


def _greet(supervisor: Supervisor, env: Mapping[str, str]) -> None:
    """A way in for the first administrator, as long as there is none."""
    if not has_command("create_curator"):
        return
    lines: list[str] = []
    recipe = manage(
        "curator", "create_curator", "--email", ADMINISTRATOR, "--role", "admin", "--if-none", "--path-only", env=env
    )
    code = supervisor.run(replace(recipe, on_line=lines.append))
    if code != 0:
        say(
            f"No sign-in link could be made ({lines[-1] if lines else code}): "
            f"make one with 'manage.py create_curator' in another shell."
        )
    elif path := next((line for line in lines if line.startswith("/")), ""):
        say(f"Sign in as the first administrator, once, at {env['SITE_URL']}{path}")


def _keep_current(supervisor: Supervisor, places: Places, env: Mapping[str, str]) -> None:
    """Re-processes what a new parser or new rules ask for, syncs once in sight, then leaves it to the clock."""
    # Run by root it says so at length at each start; whoever runs bin/up as root knows.
    python = [str(VENV_PYTHON), "-W", "ignore:You're running the worker"]
    celery = [*python, "-m", "celery", "--quiet", "--app", "trialtracker"]
    worker = [*celery, "worker", "--concurrency", "1", "--without-gossip", "--without-mingle"]
    supervisor.start(Recipe("worker", worker, env, ROOT, keep=True))
    _run_if_there(supervisor, env, "process_snapshots")
    if _run_if_there(supervisor, env, "sync_studies") != 0:
        say("The sync did not succeed; the site stays up with what it has, and it is tried again by itself.")
    beat = [*celery, "beat", "--schedule", str(places.run / "beat"), "--pidfile", ""]
    supervisor.start(Recipe("beat", beat, env, ROOT, keep=True))


def _run_if_there(supervisor: Supervisor, env: Mapping[str, str], command: str, *arguments: str) -> int:
    if not has_command(command):
        return 0
    # On a terminal the command draws its own progress bar; elsewhere its lines are named as everyone's.
    shared = os.isatty(1) and os.isatty(2)
    return supervisor.run(manage(command.partition("_")[0], command, *arguments, env=env, shared=shared))


def _address() -> tuple[str, int]:
    raw = os.environ.get("PORT") or "8000"
    if not raw.isdecimal() or not 0 < int(raw) < 65536:
        raise Refusal(f"PORT is {raw!r}: write a number from 1 to 65535, as in PORT=8001 bin/up.")
    return os.environ.get("BIND") or "127.0.0.1", int(raw)


def _check_free(host: str, port: int) -> None:
    try:
        socket.create_server((host, port)).close()
    except PermissionError:
        raise Refusal(f"Port {port} is for root alone: choose one above 1023, as in PORT=8000 bin/up.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Refusal(
                f"Port {port} is in use by another program: end that, or choose another, as in PORT={port + 1} bin/up."
            ) from None
        raise Refusal(f"{host}:{port} cannot be served on ({error.strerror}): choose another BIND or PORT.") from None


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=5)  # noqa: S104
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True
    finally:
        connection.close()
