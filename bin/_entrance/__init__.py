"""The entrances behind bin/: standard library only, since they make the environment that the rest runs in."""

from __future__ import annotations
