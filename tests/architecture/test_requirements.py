"""The pinned requirements are what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(settings.BASE_DIR)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED = {
    "requirements.txt": PROJECT["project"]["dependencies"],
    "requirements-dev.txt": PROJECT["dependency-groups"]["dev"],
}


def pins(name: str) -> dict[str, str]:
    lines = re.findall(r"^([A-Za-z0-9][\w.-]*)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in lines}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_for_is_pinned(name: str) -> None:
    pinned = pins(name)
    for text in ASKED[name]:
        asked = Requirement(text)
        assert asked.specifier.contains(pinned[canonicalize_name(asked.name)]), text


@pytest.mark.parametrize("name", ASKED)
def test_every_line_is_a_pin_or_a_comment(name: str) -> None:
    for line in (ROOT / name).read_text().splitlines():
        assert re.match(r"\s*#|[A-Za-z0-9][\w.-]*==\S+( ; .+)?$", line), line


def test_both_files_agree() -> None:
    run, test = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: run[name] for name in run.keys() & test.keys()} == {
        name: test[name] for name in run.keys() & test.keys()
    }


def test_no_file_names_a_package_index() -> None:
    for name in ASKED:
        assert "://" not in (ROOT / name).read_text()
