"""Mend what can be mended by itself: the schema migration, what is written from the database, style."""

from __future__ import annotations

import argparse
import subprocess
import sys

from bootstrap import ROOT, enter, node_environment, npm, npm_install

PYTHON = ["functions", "scripts", "tests"]


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    enter()
    import migration
    import sql_order
    from generated import from_database, migrated_database

    migration.MIGRATION.write_text(migration.joined())
    sql_order.ARCHITECTURE.write_text(sql_order.drawn(sql_order.ARCHITECTURE.read_text()))
    with migrated_database() as url:
        for path, text in from_database(url):
            path.write_text(text)
    for ruff in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *ruff, *PYTHON], cwd=ROOT, check=False)
    npm_install(ROOT / "web")
    web = subprocess.run(
        [*npm(), "run", "--silent", "fix"], cwd=ROOT / "web", env=node_environment(), check=False
    )
    return web.returncode


if __name__ == "__main__":
    sys.exit(main())
