"""Called by launch.sh as `python bin/_entrance NAME ARGUMENTS`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from _entrance.console import Refusal, complain  # noqa: E402

ENTRANCES = {"up": "up", "test": "testing", "check": "checking", "bench": "benching", "lock": "locking"}


def main() -> int:
    name, *arguments = sys.argv[1:]
    try:
        return importlib.import_module(f"_entrance.{ENTRANCES[name]}").main(arguments)
    except Refusal as refusal:
        complain(str(refusal))
    except PermissionError as error:
        complain(f"bin/{name} may not use {error.filename}: it belongs to another user; run bin/{name} as that user.")
    except KeyboardInterrupt:
        pass
    return 1


if __name__ == "__main__":
    sys.exit(main())
