"""bin/lock: resolves what pyproject.toml asks for, for Python 3.11 to 3.13 on every platform, and pins it."""

from __future__ import annotations

from _entrance import packages
from _entrance.places import ROOT, VENV_PYTHON, Places, only_one
from _entrance.processes import Recipe, Stopped, Supervisor

BUSY = "Another bin/lock is running in this checkout (process {process}): wait for it to end."
COMPILE = [
    str(VENV_PYTHON), "-m", "uv", "pip", "compile", "--universal", "--python-version", "3.11",
    "--only-binary", ":all:", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet",
]  # fmt: skip


def main(arguments: list[str]) -> int:
    """The arguments go to `uv pip compile`: --upgrade moves every pin, without it they move only where they must."""
    places = Places("lock")
    places.make()
    with only_one(places, BUSY), Supervisor(places) as supervisor:
        try:
            packages.prepare(supervisor, "requirements.txt", "requirements-dev.txt")
            for options in (
                ["pyproject.toml", "-o", "requirements.txt"],
                ["--group", "dev", "-c", "requirements.txt", "-o", "requirements-dev.txt"],
            ):
                recipe = Recipe("uv", [*COMPILE, *options, *arguments], packages.environment(), ROOT)
                if code := supervisor.run(recipe):
                    return code
        except Stopped:
            return 130
    return 0
