"""Builds the web when its sources changed. One build serves every stack: addresses come from /config.json."""

from __future__ import annotations

import bootstrap

WEB = bootstrap.ROOT / "web"
DIST = WEB / "dist"
WORDS = bootstrap.ROOT / "functions" / "mail" / "words.json"
NOT_SOURCES = {"node_modules", "dist"}


def build() -> None:
    """`npm ci` and `npm run build` in web/, each when what it depends on changed.

    Raises bootstrap.InstallError; a build that fails leaves an earlier one in place.
    """
    bootstrap.npm_install(WEB)
    stamp = WEB / "node_modules" / ".built.sha256"
    if DIST.is_dir() and bootstrap.read(stamp) == sources():
        return
    with bootstrap.lock("web"):
        wanted = sources()
        if DIST.is_dir() and bootstrap.read(stamp) == wanted:
            return
        environment = bootstrap.node_environment()
        bootstrap.run_shown("web build", [*bootstrap.npm(), "run", "build"], cwd=WEB, env=environment)
        stamp.write_text(wanted)


def sources() -> str:
    """A hash of every file the build reads."""
    files = [
        path
        for top in sorted(WEB.iterdir())
        if top.name not in NOT_SOURCES
        for path in ([top] if top.is_file() else sorted(top.rglob("*")))
        if path.is_file() and path.suffix != ".tsbuildinfo"
    ]
    common = bootstrap.ROOT / "supabase" / "common_passwords.json"
    return bootstrap.fingerprint([*files, WORDS, common], *(path.relative_to(WEB) for path in files))
