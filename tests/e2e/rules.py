"""The rules of accessibility (axe), held against a page as it stands in the browser."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

WIDTHS = (390, 1280)
# What passes is not told at length: putting that together takes a good part of a run.
_BROKEN_ALONE = {"resultTypes": ["violations"]}
# The rules that a theme can break: it changes colours and nothing else.
_OF_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
_SCRIPT = Axe().axe_script
_RUN = "options => axe.run(options).then(results => results.violations)"


def broken_rules(page: Any, name: str = "") -> list[tuple[str, ...]]:
    """Every rule that the page breaks, as (name, theme, rule, element, what is wrong).

    On a phone in light, and again in dark what a theme can break; on a desk, where the same colours stand, in dark.
    """
    page.evaluate(_SCRIPT)
    broken = []
    runs = [("light", _BROKEN_ALONE), ("dark", _BROKEN_ALONE | _OF_COLOURS)]
    if page.viewport_size["width"] == max(WIDTHS):
        runs = [("dark", _BROKEN_ALONE)]
    for theme, options in runs:
        page.emulate_media(color_scheme=theme)
        for violation in page.evaluate(_RUN, options):
            broken += [
                (name, theme, violation["id"], node["html"][:160], node["failureSummary"])
                for node in violation["nodes"]
            ]
    return broken
