"""The registry's emulator in a process of its own: `python -m bench.registry`, studies as msgpack on standard input."""

from __future__ import annotations

import sys

import msgspec

from tests.ctgov_emulator import RegistryEmulator


def main() -> None:
    studies = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[bytes])
    with RegistryEmulator(studies, match_all=True) as emulator:
        print(emulator.url, flush=True)
        emulator._thread.join()


if __name__ == "__main__":
    main()
