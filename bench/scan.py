"""Planning scans of tables of many files: in the engine, and by the plan route of `eider serve`."""

import json
import subprocess
import sys

import catalog

FILES = 10_000
# What the plan asks of a table of 10,000 files, in milliseconds.
GOAL = 50


def bench(report, eider, scan_bench, rest_bench, scratch):
    folder = scratch / "scans"
    done = subprocess.run([scan_bench, folder, str(FILES)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    for name, seconds in json.loads(done.stdout).items():
        report.absolute(f"{FILES:,} files: {name}", seconds * 1000, GOAL if "warm" in name else 10 * GOAL, "ms")
    with catalog.eider_server(eider, folder) as (uri, _, _):
        for name, seconds in catalog.rest_bench(rest_bench, uri, "plan", FILES).items():
            report.absolute(f"  plan route: {name}", seconds * 1000, GOAL if "warm" in name else 10 * GOAL, "ms")
