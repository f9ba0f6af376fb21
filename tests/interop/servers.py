"""Eider's and Trino's servers, each on a free port of the loopback, stopped with their context."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import program
import trino as client

from interop import java

TRINO = program.PROJECT / ".interop" / "trino-server-476"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(answers, process, log, seconds):
    """Returns when `answers()` is true; fails with the log's end when the process ends or time runs out."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if answers():
            return
        time.sleep(0.05)
    raise AssertionError(f"{process.args[0]} did not start:\n{pathlib.Path(log).read_text()[-4000:]}")


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None


@contextlib.contextmanager
def running(command, log, **options):
    with open(log, "w") as output:
        process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=subprocess.STDOUT,
                                   start_new_session=True, **options)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def eider(folder, warehouse, *options):
    """`eider serve` of one warehouse, which is called jaffle_iceberg; gives the address of its REST catalog."""
    with eider_of(folder, "--warehouse", f"jaffle_iceberg={warehouse}", *options) as rest:
        yield rest


@contextlib.contextmanager
def eider_of(folder, *options):
    """`eider serve`; gives the address of its REST catalog."""
    port = free_port()
    log = folder / "eider.log"
    command = [program.EIDER, "serve", "--listen", f"127.0.0.1:{port}", *options]
    with running(command, log) as process:
        wait_for(lambda: fetch(f"http://127.0.0.1:{port}/readyz"), process, log, 10)
        yield f"http://127.0.0.1:{port}/iceberg"


def answers_queries(port):
    """Whether a Trino has not only started but knows itself as a node that can work."""
    if '"starting":false' not in (fetch(f"http://127.0.0.1:{port}/v1/info") or ""):
        return False
    cursor = client.dbapi.connect(host="127.0.0.1", port=port, user="eider").cursor()
    try:
        cursor.execute("SELECT count(DISTINCT n) FROM UNNEST(sequence(1, 1)) t (n)")
        return cursor.fetchone() == [1]
    except client.exceptions.TrinoQueryError:
        return False


@contextlib.contextmanager
def trino(folder, rest, *options, settings=None, variables=None):
    """A Trino as `eider trino init` sets it up, with the REST catalog as jaffle_iceberg; gives its port. `settings` are the
    catalog's, beside those that `eider` writes; `variables` of its environment."""
    home = java.find(24)
    port = free_port()
    done = program.run("trino", "init", "--server", rest, "--warehouse", "jaffle_iceberg", "--out", folder / "trino",
                       "--port", port, *options)
    assert done.returncode == 0, done.stderr
    etc = folder / "trino" / "etc"
    with open(etc / "catalog" / "jaffle_iceberg.properties", "a") as configuration:
        configuration.writelines(f"{key}={value}\n" for key, value in (settings or {}).items())
    plugins = folder / "trino" / "plugin"
    plugins.mkdir()
    (plugins / "iceberg").symlink_to(TRINO / "plugin" / "iceberg")

    # Of its many plugins only the one that is used, for a quick start.
    with open(etc / "config.properties", "a") as configuration:
        configuration.write(f"plugin.dir={plugins}\n")
    (etc / "log.properties").write_text("io.trino=WARN\n")
    environment = {**os.environ, **(variables or {}), "JAVA_HOME": str(home), "PATH": f"{home}/bin:{os.environ['PATH']}"}
    log = folder / "trino.log"
    command = [TRINO / "bin" / "launcher", "run", f"--etc-dir={etc}"]
    with running(command, log, env=environment) as process:
        wait_for(lambda: answers_queries(port), process, log, 180)
        yield port


@contextlib.contextmanager
def scratch():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="eider-interop-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
