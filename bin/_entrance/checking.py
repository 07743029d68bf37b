"""bin/check: what can be known without running the tests. Needs no database."""

from __future__ import annotations

from _entrance import packages
from _entrance.console import Refusal, say
from _entrance.places import ROOT, VENV, VENV_PYTHON, Places, only_one
from _entrance.processes import Recipe, Stopped, Supervisor

BUSY = "Another bin/check is running in this checkout (process {process}): wait for it to end, or end it."
PYTHON = str(VENV_PYTHON)
STEPS: dict[str, list[str]] = {
    "ruff": [PYTHON, "-m", "ruff", "check", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "mypy": [PYTHON, "-m", "mypy", "apps", "trialtracker", "bin/_entrance"],
    "floors": [PYTHON, "-c", "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"],
    "templates": [PYTHON, "-m", "djlint", "templates", "--lint", "--quiet"],
    "migrations": [PYTHON, "-W", "ignore::RuntimeWarning", "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "dockerfile": [str(VENV / "bin" / "hadolint"), "Dockerfile"],
}
# As in production, and without services: nothing here connects.
PRODUCTION = {
    "SECRET_KEY": "a key for the checks alone, as long and as varied as a real one: 0123456789",
    "DATABASE_URL": "postgresql:///none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "SITE_URL": "https://trials.example.org",
    "ALLOWED_HOSTS": "trials.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://trials.example.org",
    "HTTPS": "1",
}


def main(arguments: list[str]) -> int:
    if unknown := [name for name in arguments if name not in STEPS]:
        raise Refusal(f"bin/check knows no step {unknown[0]!r}: choose from {', '.join(STEPS)}.")
    places = Places("check")
    places.make()
    failed: list[str] = []
    with only_one(places, BUSY), Supervisor(places) as supervisor:
        try:
            packages.prepare(supervisor, "requirements.txt", "requirements-dev.txt")
            failed = [name for name in arguments or STEPS if not _passes(supervisor, name)]
        except Stopped:
            return 130
    if failed:
        say(f"bin/check: {', '.join(failed)} failed.")
    return 1 if failed else 0


def _passes(supervisor: Supervisor, name: str) -> bool:
    lines: list[str] = []
    env = packages.environment() | PRODUCTION
    code = supervisor.run(Recipe(name, STEPS[name], env, ROOT, on_line=lines.append))
    say(f"{name:<12} {'ok' if code == 0 else 'FAILED'}")
    if code != 0:
        for line in lines:
            say(f"    {line}")
    return code == 0
