#!/usr/bin/env python3
"""Measure what is promised (docs/benchmarks.md), each thing beside its rivals in one run, and say whether the bars hold.

Every subcommand starts what it needs on free ports, leaves no trace, and ends with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import sys

from bootstrap import enter

SUBCOMMANDS = {
    "status": ("bench_status", "status levels at size: the daily job, and what row level security costs"),
    "qr-scans": ("bench_qr_scans", "codes and scans at size: import, timelines, recording, folding"),
    "qr-functions": ("bench_qr_functions", "the functions of QR codes: scans through q, a ZIP of pictures"),
    "scan": ("bench_scan", "scans at size: what one more costs at a million"),
    "billing": ("bench_billing", "notifications and charges: round trips, servers, a slow and a hung ЮKassa"),
    "qr": ("bench_qr", "codes as pictures, beside other packages that draw them"),
    "stories": ("bench_stories", "stories: looking into their films, and a million of them"),
    "web": ("bench_web", "the web: what a first visit weighs, and when it is painted"),
    "public": ("bench_public", "what buyers and search engines meet at a million organizations"),
    "desk": ("bench_desk", "the lists of platform admins at a million organizations"),
    "cold-start": ("bench_cold_start", "a cold start of the webhook: time and memory"),
    "billing-year": ("bench_billing_year", "a year of many organizations, and whether the books agree"),
}


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] in SUBCOMMANDS:
        enter()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    subparsers = parser.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
    chosen = sys.argv[1] if len(sys.argv) > 1 else None
    for name, (module_name, words) in SUBCOMMANDS.items():
        subparser = subparsers.add_parser(name, help=words)
        if name == chosen:  # the others' modules need not be there to run this one
            module = __import__(module_name)
            subparser.description = module.__doc__
            subparser.formatter_class = argparse.RawDescriptionHelpFormatter
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)
    options = vars(parser.parse_args())
    del options["subcommand"]
    sys.exit(options.pop("run")(**options))


if __name__ == "__main__":
    main()
