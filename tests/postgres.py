"""A real PostgreSQL of the tests' own, in a folder below /tmp, reached by a Unix socket, or by a port of the loopback too.
Standard library only."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse


def programs():
    """The folder of PostgreSQL's programs, the newest; None where there are none."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts[-3].zfill(4))
    return found[-1].parent if found else None


class Postgres:
    """A running server. It refuses to run as root, so that another user runs it then."""

    def __init__(self, port=None):
        self.network = ["-c", "listen_addresses="] if port is None else ["-c", "listen_addresses=127.0.0.1", "-p", port]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="eider-postgres-", dir="/tmp"))
        self.user = None
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self.user = "postgres" if "postgres" in names else "nobody"
            shutil.chown(self.folder, self.user)
        self._run("initdb", "-D", self.folder / "data", "-U", "eider", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync").wait()
        self.start()

    def _run(self, name, *arguments):
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen([programs() / name, *map(str, arguments)], stdout=log, stderr=log, user=self.user,
                                    group=self.user, extra_groups=[] if self.user else None, cwd=self.folder)

    def run_script(self, script):
        """Runs a file of SQL, of the kind that psql takes."""
        done = subprocess.run([programs() / "psql", "-q", "-v", "ON_ERROR_STOP=1", self.url, "-f", script],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{script}: {done.stderr}")

    def start(self):
        self.process = self._run("postgres", "-D", self.folder / "data", "-k", self.folder, *self.network,
                                 "-c", "max_connections=100")
        deadline = time.monotonic() + 30
        while subprocess.run([programs() / "pg_isready", "-q", "-d", self.url], check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.05)

    def crash(self):
        """Ends it at once, as after a crash: it has to recover when it is started."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    @property
    def url(self):
        port = f"&port={self.network[-1]}" if "-p" in self.network else ""
        return f"postgresql://eider@/postgres?host={urllib.parse.quote(str(self.folder), safe='')}{port}"

    def close(self):
        if self.process.poll() is None:
            self.crash()  # nobody needs it in order
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
