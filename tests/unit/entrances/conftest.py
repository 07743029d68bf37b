from __future__ import annotations

import sys
from pathlib import Path

import pytest
from django.conf import settings

sys.path.insert(0, str(Path(settings.BASE_DIR) / "bin"))

from _entrance.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places("site", root=tmp_path)
    made.make()
    return made
