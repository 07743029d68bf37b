"""Passwords of tests: Argon2id as the site has it, at a cost that hundreds of sign-ins can pay."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher

# Those of the settings, before `tests/conftest.py` puts the one below in the first one's place.
OF_THE_SITE: list[str] = []


class QuickArgon2PasswordHasher(Argon2PasswordHasher):
    """One pass over eight kibibytes."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
