#!/usr/bin/env python3
"""Stop what scripts/start.py --detach started. The data is kept. Also cleans up after a stack that was killed."""

from __future__ import annotations

import argparse
from pathlib import Path

import bootstrap


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=bootstrap.ROOT / ".local", metavar="DIR", help="its data folder (.local)"
    )
    options = parser.parse_args()
    bootstrap.enter()
    from stack import running

    print("Stopped." if running.stop(options.data.resolve()) else "Nothing was running.")


if __name__ == "__main__":
    main()
