"""`eider serve` beside Iceberg's own REST server on SQLite, both on this machine, under the load of rest_bench."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

from interop import java

JARS = pathlib.Path(__file__).resolve().parent.parent / ".bench-java"
MANY_TABLES = 10_000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(command, port, log, environment=None):
    """A server that accepts connections, and the seconds it took to; stopped with the context."""
    begin = time.perf_counter()
    with open(log, "w") as output:
        process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=subprocess.STDOUT,
                                   env={**os.environ, **(environment or {})})
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - begin > 60:
                    sys.exit(f"{command[0]} did not start:\n{pathlib.Path(log).read_text()}")
                time.sleep(0.0005)
        yield process, time.perf_counter() - begin
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def eider_server(eider, folder):
    folder.mkdir(exist_ok=True)
    port = free_port()
    command = [eider, "serve", "--warehouse", folder, "--listen", f"127.0.0.1:{port}"]
    with server(command, port, folder.with_suffix(".log")) as (process, seconds):
        yield f"http://127.0.0.1:{port}/iceberg", process, seconds


@contextlib.contextmanager
def java_server(folder):
    folder.mkdir()
    port = free_port()
    home = java.find(17, 21)
    command = [home / "bin" / "java", "-Xmx512m", "-cp", f"{JARS}/*", "org.apache.iceberg.rest.RESTCatalogServer"]
    environment = {"CATALOG_CATALOG__IMPL": "org.apache.iceberg.jdbc.JdbcCatalog",
                   "CATALOG_URI": f"jdbc:sqlite:{folder}/catalog.db", "CATALOG_JDBC_SCHEMA__VERSION": "V1",
                   "CATALOG_WAREHOUSE": f"file://{folder}", "CATALOG_REST_PORT": str(port)}
    with server(command, port, folder.with_suffix(".log"), environment) as (process, seconds):
        yield f"http://127.0.0.1:{port}", process, seconds


def resident_megabytes(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def rest_bench(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def bench(report, eider, program, scratch):
    if java.find(17, 21) is None or not JARS.is_dir():
        print("the Iceberg REST catalog: skipped, its peer needs a JDK 17 or 21 and Maven")
        return
    with eider_server(eider, scratch / "eider-small") as (ours, process, our_start), \
            java_server(scratch / "java") as (peer, peer_process, peer_start):
        report.add("serve: from the command to the first connection", our_start, peer_start, 10)
        report.add("  memory, idle", resident_megabytes(process), resident_megabytes(peer_process), 0.33, "MB",
                   faster=False)
        for name, times in rest_bench(program, ours, peer).items():
            report.add(f"  {name}", times["eider"], times["peer"], 10 if "64 connections" in name else 5)
    with eider_server(eider, scratch / "eider-large") as (ours, process, _):
        page = rest_bench(program, ours, "fill", MANY_TABLES)["page"]
        report.absolute(f"  a page of 1,000 of {MANY_TABLES:,} tables", page * 1000, 20, "ms")
        report.absolute(f"  memory after {MANY_TABLES:,} tables were made", resident_megabytes(process), 200, "MB")
    report.absolute("  start", our_start * 1000, 50, "ms")
