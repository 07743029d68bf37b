"""What the site's programs lean on: PostgreSQL, Redis, a secret; and how others in this checkout find them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from _entrance import postgres, redis
from _entrance.console import Refusal
from _entrance.packages import environment
from _entrance.places import ROOT, VENV_PYTHON, Places, write_private
from _entrance.processes import Recipe, Supervisor

# Asks a real server whether it lets us in; the answer is one line.
_KNOCK = """
import sys, os
try:
    if sys.argv[1] == "DATABASE_URL":
        import psycopg2
        psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=5).close()
    else:
        import redis
        redis.Redis.from_url(os.environ["REDIS_URL"], socket_connect_timeout=5).ping()
except Exception as error:
    sys.exit(" ".join(str(error).split()))
"""


def start(supervisor: Supervisor, places: Places, *, durable: bool = True, plain: bool = False) -> dict[str, str]:
    """The environment of the site's programs, every service in it running; `plain`: without our own settings."""
    env = environment()
    if plain:
        for name in set(variables()) - {"DATABASE_URL", "REDIS_URL"}:
            env.pop(name, None)
    for name, own in (("DATABASE_URL", lambda: postgres.start(supervisor, places, durable=durable)),
                      ("REDIS_URL", lambda: redis.start(supervisor, places))):  # fmt: skip
        if env.get(name):
            _knock(name, env)
        else:
            env[name] = own()
    if not env.get("SECRET_KEY"):
        env["SECRET_KEY"] = places.secret("secret_key")
    env.setdefault("STATIC_ROOT", str(places.static))
    env.setdefault("SNAPSHOT_ROOT", str(places.snapshots))
    return env


def variables() -> list[str]:
    """Every variable that .env.example describes."""
    return re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)


def announce(places: Places, env: Mapping[str, str]) -> None:
    """Lets `manage.py` in another shell find what runs here."""
    write_private(places.services, json.dumps({name: env[name] for name in variables() if env.get(name)}))


def forget(places: Places) -> None:
    places.services.unlink(missing_ok=True)
    postgres.remove_sockets(places)


def manage(name: str, *arguments: str, env: Mapping[str, str], shared: bool = False) -> Recipe:
    """`manage.py` with these arguments, its lines named `name`."""
    return Recipe(name, [str(VENV_PYTHON), "manage.py", *arguments], env, ROOT, shared=shared)


def has_command(name: str) -> bool:
    return any(ROOT.glob(f"apps/*/management/commands/{name}.py"))


def _knock(name: str, env: Mapping[str, str]) -> None:
    asked = subprocess.run(
        [VENV_PYTHON, "-c", _KNOCK, name], env=dict(env), cwd=Path("/"), capture_output=True, text=True, check=False
    )
    if asked.returncode != 0:
        reason = asked.stderr.strip().splitlines()[-1] if asked.stderr.strip() else "no reason given"
        raise Refusal(
            f"The server in {name} does not let us in ({reason}): "
            f"start it, or unset {name} to use the one that comes with this."
        )
