from __future__ import annotations

import pytest

from apps.core.templatetags.figures import grouped


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (999, "999"), (1203, "1,203"), (1_000_000, "1,000,000")])
def test_grouped(value: int, text: str) -> None:
    assert grouped(value) == text
