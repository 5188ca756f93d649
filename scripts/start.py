#!/usr/bin/env python3
"""Start everything on this machine: database, Supabase API, functions, scheduler, ЮKassa simulator, mail, web.

Needs nothing but Python 3.11 or newer. The first start installs and builds (minutes); the next ones take seconds and
find the data as it was. Ctrl-C stops everything; with --detach, or started as `nohup … &`, scripts/stop.py does.

With SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY and SUPABASE_SECRET_KEY in the environment that project is used instead of an
embedded one: it is told nothing and none of its jobs are run unless --configure and --schedule say so (its migrations are
applied when SUPABASE_DB_URL names its database too). AUTH_CONFIRM_EMAIL=off lets people sign up at the embedded one without
confirming their e-mail address. With YOOKASSA_API_URL, YOOKASSA_SHOP_ID and YOOKASSA_SECRET_KEY that
ЮKassa is used instead of the simulator. YOOKASSA_WEBHOOK_SECRET sets the last part of the webhook's path.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import bootstrap

if TYPE_CHECKING:
    from stack.parts import Addresses

LOCAL = bootstrap.ROOT / ".local"
LONGEST_START = 900  # seconds, with a slow network


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--detach", action="store_true", help="return when all is up; scripts/stop.py stops it"
    )
    parser.add_argument("--reset", action="store_true", help="forget all data first")
    parser.add_argument(
        "--empty", action="store_true", help="a fresh database gets the demo accounts and no producers"
    )
    parser.add_argument("--data", type=Path, default=LOCAL, metavar="DIR", help="where data is kept (.local)")
    parser.add_argument(
        "--port-base", type=int, metavar="N", help="use the ten ports from N on (8600, or the next free ten)"
    )
    parser.add_argument(
        "--configure",
        action="store_true",
        help="tell another project where this site is and whose payments to believe",
    )
    parser.add_argument(
        "--schedule", action="store_true", help="run another project's jobs from this machine"
    )
    parser.add_argument("--background", action="store_true", help=argparse.SUPPRESS)  # what --detach starts
    options = parser.parse_args()
    options.data = options.data.resolve()
    if options.port_base is not None and not 1024 <= options.port_base <= 65520:
        parser.error("--port-base has to be between 1024 and 65520")
    return options


def main() -> None:
    options = arguments()
    check_outside()
    bootstrap.enter()
    from stack import running, stack

    if options.reset and not options.background:
        if running.stop(options.data):
            say("stopped the stack that was up")
        stack.reset(options.data)
    elif (found := running.addresses(options.data)) is not None:
        say(f"A stack is up already in {options.data}.")
        show(found)
        return
    if options.detach:
        detach(options)
    else:
        run(options)


def check_outside() -> None:
    """Half of another project's address and keys would start a mixture nobody meant."""
    for names in (
        ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY"),
        ("YOOKASSA_API_URL", "YOOKASSA_SHOP_ID", "YOOKASSA_SECRET_KEY"),
    ):
        missing = [name for name in names if not os.environ.get(name)]
        if missing and len(missing) < len(names):
            sys.exit(f"{', '.join(names)} go together; missing: {', '.join(missing)}.")


def run(options: argparse.Namespace) -> None:
    """Start the stack and stay with it until a signal comes."""
    from stack import ports
    from stack.stack import Stack, StackError

    signal.signal(signal.SIGTERM, interrupt)
    for number in (signal.SIGINT, signal.SIGHUP):
        if not is_ignored(number):
            signal.signal(number, interrupt)
    began = time.monotonic()
    stack = Stack(
        options.data,
        options.port_base,
        fill="people" if options.empty else "platform",
        outside=os.environ,
        configure=options.configure,
        schedule=options.schedule,
        choice=ports.FOR_PEOPLE,
        say=say,
    )
    say("Starting …")
    try:
        addresses = stack.start()
        say(f"Everything is up after {time.monotonic() - began:.1f} s.")
        if not options.background:
            show(addresses)
            say(how_to_stop(options.data) if is_ignored(signal.SIGINT) else "Ctrl-C stops it.")
        while True:
            signal.pause()
    except StackError as error:
        say(f"It does not start.\n{error}")
        leave(1)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave things half stopped
        say("\nStopping …")
        stack.stop()
        say("Stopped; the data is kept.")
        leave(0)


def detach(options: argparse.Namespace) -> None:
    """Start the stack in a process of its own, show what it says, and return when it is up."""
    from stack import private, running, stack

    stack.make_data_folder(options.data)
    (options.data / "stack.json").unlink(missing_ok=True)  # of a run that was killed: we wait for a new one
    log = options.data / "start.log"
    command = [sys.executable, __file__, "--background", "--data", str(options.data)]
    if options.port_base is not None:
        command += ["--port-base", str(options.port_base)]
    command += [f"--{name}" for name in ("configure", "schedule", "empty") if getattr(options, name)]
    with open(log, "wb", opener=private.opener) as file:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    show_more = follow(log)
    deadline = time.monotonic() + LONGEST_START
    while (addresses := running.addresses(options.data)) is None:
        show_more()
        if child.poll() is not None or time.monotonic() > deadline:
            child.terminate()
            show_more()
            sys.exit(child.wait() or 1)
        time.sleep(0.1)
    show_more()
    show(addresses)
    say(how_to_stop(options.data))


def follow(log: Path) -> Callable[[], None]:
    """A function that shows what the log got since it was last called."""
    file = open(log, encoding="utf-8", errors="replace")  # noqa: SIM115 - open as long as the function lives

    def show_more() -> None:
        sys.stderr.write(file.read())
        sys.stderr.flush()

    return show_more


def show(addresses: Addresses) -> None:
    """Print where everything is, and who can sign in."""
    from stack import demo

    rows = [
        ("Web", addresses.web),
        ("Mail", addresses.mail),
        ("ЮKassa", addresses.yookassa),
        ("Supabase API", addresses.api),
        ("Functions", addresses.functions),
        ("Database", addresses.database_url or "–"),
    ]
    width = max(len(name) for name, _ in rows)
    print()
    for name, address in rows:
        print(f"  {name:<{width}}  {address}")
    if not os.environ.get("SUPABASE_URL"):
        print(f"\n  Sign in with the password {demo.PASSWORD}:")
        for account in demo.ACCOUNTS:
            print(f"  {account.email:<24}{account.full_name}, {account.role}")
    print(flush=True)


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def how_to_stop(data: Path) -> str:
    """What stops it when no Ctrl-C reaches it."""
    return f"scripts/stop.py{'' if data == LOCAL else f' --data {data}'} stops it."


def is_ignored(number: signal.Signals) -> bool:
    """Whether whoever started us wants this signal to pass us by: `nohup` does (SIGHUP), a shell's `&` too (SIGINT)."""
    return signal.getsignal(number) == signal.SIG_IGN


def interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def leave(code: int) -> NoReturn:
    """End at once: an installation that still runs in a thread is ended, not waited for."""
    bootstrap.abandon()
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
