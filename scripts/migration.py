"""Join sql/ into the schema migration, or check that it is joined.

Until the first production deployment the rules in sql/ are the migration: this script writes them, file after
file, into supabase/migrations. After that deployment both are frozen and deltas follow.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "sql"
MIGRATION = ROOT / "supabase" / "migrations" / "20261120000100_schema.sql"


def joined() -> str:
    """The schema migration as sql/ says it now."""
    header = "-- Written by scripts/migration.py from sql/. Change the rules there, then run it again.\n"
    parts = [f"\n\n-- sql/{file.name}\n\n{file.read_text()}" for file in sorted(RULES.glob("*.sql"))]
    return header + "".join(parts)


def is_joined() -> bool:
    """Whether the migration is byte for byte what sql/ says."""
    return MIGRATION.exists() and MIGRATION.read_text() == joined()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail when the migration is out of date"
    )
    if parser.parse_args().check:
        if is_joined():
            return 0
        print("The schema migration is not what sql/ says: run scripts/migration.py.", file=sys.stderr)
        return 1
    MIGRATION.write_text(joined())
    print(f"{MIGRATION.relative_to(ROOT)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
