"""How soon a page stands on a poor phone: the largest part of it painted, in Chromium with a slowed processor and line.

The line is Chromium's "Slow 4G" as its developer tools have it (models/trace/lantern/simulation/Constants.ts in their
front_end): a round trip of 150 ms and 1.6 Mbit/s. Since it slows whole requests and not packets, the tools themselves
put 3.75 times the round trip before each request and take a tenth off the throughput. Both are measured and told apart.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from statistics import median
from typing import Any

from bench.figures import Benchmark, figure, fresh_database
from bench.pages import BASE, DATABASE, fill, serving

CPU_SLOWDOWN = 4
ROUND_TRIP_MS, DOWN, UP = 150, 1.6 * 1024 * 1024 / 8, 750 * 1024 / 8  # octets a second
# Latency of a request (ms), and share of the throughput.
LINES: Mapping[str, tuple[float, float]] = {
    "round trip once a request": (ROUND_TRIP_MS, 1),
    "as developer tools apply it": (ROUND_TRIP_MS * 3.75, 0.9),
}
PAGES = {
    "home": "/",
    "disease": "/diseases/multiple-sclerosis/",
    "find": "/find/",
    "found": "/find/?disease=multiple-sclerosis&age=34&near=Valencia,+ES",
    "list": "/trials/",
    "detail": "/trials/NCT90000097/",
}
LIMIT = 1.5
ROUNDS = 5
_LARGEST = """
() => new Promise(done => {
    let last = 0;
    const observer = new PerformanceObserver(list => { for (const one of list.getEntries()) last = one.startTime; });
    observer.observe({type: 'largest-contentful-paint', buffered: true});
    setTimeout(() => done(last), 500);
})
"""


def phone() -> None:
    """Seconds to the largest contentful paint, first visit, nothing in the browser's cache."""
    from playwright.sync_api import sync_playwright

    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))), None
    )
    if found is None:
        print("   no Chromium or Chrome on the PATH: not measured", file=sys.stderr)
        return
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with fresh_database(DATABASE):
        fill(BASE)
        with serving("trialtracker.wsgi") as port, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=found, args=flags)
            for line, (latency, share) in LINES.items():
                for name, path in PAGES.items():
                    taken = [
                        _largest(chromium, f"http://127.0.0.1:{port}{path}", latency, share) for _ in range(ROUNDS)
                    ]
                    beside = {"line": line, "worst": round(max(taken), 3), "limit": LIMIT}
                    figure(f"phone_{name}", median(taken), "s to the largest paint", **beside)
            chromium.close()


def _largest(chromium: Any, url: str, latency: float, share: float) -> float:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True)
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency, "downloadThroughput": DOWN * share, "uploadThroughput": UP * share},
    )
    tools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    page.goto(url)
    taken = page.evaluate(_LARGEST) / 1000
    context.close()
    if not taken:
        raise RuntimeError(f"{url}: nothing was painted")
    return taken


BENCHMARKS: dict[str, Benchmark] = {"phone": phone}
