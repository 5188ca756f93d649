"""`python -m yookassa_simulator --port P --data DIR [--notify URL]`.

The shop's id and key come from YOOKASSA_SHOP_ID and YOOKASSA_SECRET_KEY; YOOKASSA_NOTIFY_URL is another way to say
--notify, for an address that holds a secret.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .server import serve


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="yookassa_simulator", description="A local ЮKassa, on 127.0.0.1 only."
    )
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one and prints it")
    parser.add_argument("--data", type=Path, required=True, help="folder of the state; it survives kill -9")
    parser.add_argument("--notify", metavar="URL", help="where notifications go; kept for the next start")
    arguments = parser.parse_args()
    account_id, secret_key = os.environ.get("YOOKASSA_SHOP_ID"), os.environ.get("YOOKASSA_SECRET_KEY")
    if not account_id or not secret_key:
        print("Set YOOKASSA_SHOP_ID and YOOKASSA_SECRET_KEY: the shop this simulator plays.", file=sys.stderr)
        return 2
    try:
        serve(
            arguments.port,
            arguments.data,
            account_id,
            secret_key,
            arguments.notify or os.environ.get("YOOKASSA_NOTIFY_URL"),
        )
    except OSError as error:
        print(f"Cannot listen on 127.0.0.1:{arguments.port}: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
