"""Eider beside its peers: every figure of both sides from one run, the sides taking turns, medians, as ratios.

bench.py --eider PROGRAM [--engine-bench PROGRAM] [--rest-bench PROGRAM] [--models N] [--scale SF] [--only WORD]
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import catalog
import duckdb_wheel
import scan

PROJECT = pathlib.Path(__file__).resolve().parent.parent
DBT = pathlib.Path(sys.executable).parent / "dbt"
ENVIRONMENT = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "NO_COLOR": "1"}


def measure(command, cwd):
    """Seconds and peak memory (MiB) of one run, which must succeed."""
    begin = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), cwd=cwd, env=ENVIRONMENT, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{output}")
    return seconds, usage.ru_maxrss / 1024


class Report:
    """Prints a line a figure: both sides, their ratio, the goal, whether it is met."""

    def __init__(self):
        self.missed = []
        print(f"{'':58} {'Eider':>10} {'peer':>10} {'ratio':>9}  goal")

    def add(self, name, ours, peer, goal, unit="s", faster=True):
        # `faster`: the ratio is peer/ours, to be at least the goal; else ours/peer, to be at most the goal.
        ratio = peer / ours if faster else ours / peer
        met = ratio >= goal if faster else ratio <= goal
        sign = ">=" if faster else "<="
        scale, unit = (1000, "ms") if unit == "s" and max(ours, peer) < 1 else (1, unit)
        print(f"{name:58} {ours * scale:8.2f}{unit:2} {peer * scale:8.2f}{unit:2} {ratio:8.2f}x  {sign} {goal}x"
              f"{'' if met else '  MISSED'}", flush=True)
        if not met:
            self.missed.append(name)

    def absolute(self, name, ours, goal, unit):
        print(f"{name:58} {ours:8.2f}{unit:2} {'':10} {'':9}  <= {goal} {unit}{'' if ours <= goal else '  MISSED'}",
              flush=True)
        if ours > goal:
            self.missed.append(name)


def alternate(ours, peer, our_rounds, peer_rounds, cwd):
    """Medians of (seconds, memory) of both commands, warmed up once."""
    measure(ours, cwd), measure(peer, cwd)
    our_runs, peer_runs = [], []
    for turn in range(max(our_rounds, peer_rounds)):
        if turn < our_rounds:
            our_runs.append(measure(ours, cwd))
        if turn < peer_rounds:
            peer_runs.append(measure(peer, cwd))
    return [[statistics.median(run[i] for run in runs) for i in (0, 1)] for runs in (our_runs, peer_runs)]


def write_profiles(folder, profile, scratch):
    (folder / "profiles.yml").write_text(f"""
{profile}:
  target: eider
  outputs:
    eider: {{type: eider, warehouse: {scratch}/warehouse, schema: main, threads: 4}}
    dbt: {{type: duckdb, path: {scratch}/dbt.db, schema: main, threads: 4}}
""")


def commands(eider, verb):
    """The same verb for both sides; Eider's tables go to Iceberg, dbt-duckdb's to its file."""
    return ([eider, verb, "--profiles-dir", ".", "--target", "eider", "--target-path", "target-eider"],
            [DBT, verb, "--profiles-dir", ".", "--target", "dbt", "--target-path", "target-dbt", "--no-partial-parse"])


def bench_jaffle_shop(report, eider, scratch):
    source = PROJECT.parent / "shared" / "corpus" / "jaffle_shop_duckdb"
    if not source.is_dir():
        source = PROJECT / "examples" / "jaffle_shop"
    folder = scratch / "jaffle_shop"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("warehouse", "target", "logs"))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    write_profiles(folder, "jaffle_shop", scratch)
    ours, peer = alternate(*commands(eider, "build"), 15, 5, folder)
    report.add("build of jaffle_shop, beside dbt-duckdb", ours[0], peer[0], 25)
    report.add("  its peak memory", ours[1], peer[1], 0.33, "MB", faster=False)


def bench_start(report, eider, scratch):
    ours, peer = alternate([eider, "--version"], [DBT, "--version"], 31, 3, scratch)
    report.add("--version, beside dbt", ours[0], peer[0], 100)
    report.absolute("  alone", ours[0] * 1000, 20, "ms")


def bench_models(report, eider, scratch, count):
    folder = scratch / "many"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(
        "name: many\nversion: '1.0'\nprofile: many\nmodels: {many: {+materialized: view}}\n")
    properties = ["version: 2", "models:"]
    for index in range(count):
        parent = f"{{{{ ref('m{index - 10}') }}}}" if index >= 10 else "(select 1 as id)"
        (folder / "models" / f"m{index}.sql").write_text(f"select id from {parent} as parent\n")
        properties += [f"  - name: m{index}", f"    description: Model {index}", "    columns:", "      - name: id"]
    (folder / "models" / "schema.yml").write_text("\n".join(properties) + "\n")
    write_profiles(folder, "many", scratch)
    ours, peer = alternate(*commands(eider, "parse"), 5, 3, folder)
    report.add(f"parse of {count} models, beside dbt", ours[0], peer[0], 25)
    ours, peer = alternate(*commands(eider, "run"), 3, 1, folder)
    report.add(f"run of {count} models, beside dbt-duckdb", ours[0], peer[0], 10)
    report.add("  its peak memory", ours[1], peer[1], 0.33, "MB", faster=False)


def bench_engine(report, engine_bench, scratch, scale):
    extension = duckdb_wheel.extension("tpch")
    done = subprocess.run([engine_bench, scratch / "engine", extension, str(scale)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    for name, times in json.loads(done.stdout).items():
        goal = 8 if "100 rows" in name else 1.10
        report.add(f"{name} (sf {scale})" if "100 rows" not in name else name, times["eider"], times["peer"], goal,
                   faster=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eider", type=pathlib.Path, required=True)
    parser.add_argument("--engine-bench", type=pathlib.Path)
    parser.add_argument("--rest-bench", type=pathlib.Path)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    eider = options.eider.resolve()
    rest_bench = (options.rest_bench or eider.parent / "rest_bench").resolve()
    scan_bench = rest_bench.parent / "scan_bench"
    engine_bench = (options.engine_bench or eider.parent / "engine_bench").resolve()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="eider-bench-"))
    try:
        report = Report()
        for word, bench in (("start", lambda: bench_start(report, eider, scratch)),
                            ("jaffle", lambda: bench_jaffle_shop(report, eider, scratch)),
                            ("engine", lambda: bench_engine(report, engine_bench, scratch, options.scale)),
                            ("catalog", lambda: catalog.bench(report, eider, rest_bench, scratch)),
                            ("scan", lambda: scan.bench(report, eider, scan_bench, rest_bench, scratch)),
                            ("models", lambda: bench_models(report, eider, scratch, options.models))):
            if options.only in word:
                bench()
        if report.missed:
            print("missed: " + "; ".join(name.strip() for name in report.missed))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
