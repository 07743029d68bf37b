"""Our own ClinicalTrials.gov API v2, on this machine, over real HTTP, with faults to order.

    with RegistryEmulator(studies) as registry:
        client = RegistryClient(registry.url, user_agent="tests")
        registry.order("rate_limited", times=2, retry_after=1)

By hand: `manage.py run_ctgov_emulator --data PATH`.

What it does follows the registry's OpenAPI description (2.0.5) and what users of the registry have reported of its
behaviour. Wordings of errors are the registry's where they are known (unknown parameter, invalid field name, format of
a sort item, parse errors of a query); the others are ours in the same style.
"""

from __future__ import annotations

from tests.ctgov_emulator.faults import FAULTS, Fault
from tests.ctgov_emulator.registry import Registry
from tests.ctgov_emulator.server import Received, RegistryEmulator

__all__ = ["FAULTS", "Fault", "Received", "Registry", "RegistryEmulator"]
