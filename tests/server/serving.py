"""Starting `eider serve` in a test, and speaking to it. Standard library only."""

import http.client
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time

import program


class Server:
    """A running `eider serve`. Port 0 is asked for unless the arguments name an address."""

    def __init__(self, *arguments, cwd=None, environment=None, listen="127.0.0.1:0"):
        full = {key: value for key, value in os.environ.items()
                if not key.startswith(("DBT_", "EIDER_", "NOTIFY_"))}
        full.update(environment or {})
        where = ["--listen", listen] if listen else []
        self.process = subprocess.Popen(
            [program.EIDER, "serve", *where, *map(str, arguments)], cwd=cwd, env=full, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = queue.Queue()
        self.errors = []
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.lines.put), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, self.errors.append), daemon=True)]
        for reader in self._readers:
            reader.start()
        self.ready_line = self.line()
        self.scheme, self.host, port = re.search(
            r" at (https?)://(\S+):(\d+)/iceberg$", self.ready_line).groups()
        self.port = int(port)

    @staticmethod
    def _read(stream, take):
        for line in stream:
            take(line.rstrip("\n"))

    def line(self, timeout=30):
        """The next line of its output."""
        try:
            return self.lines.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"no line came; standard error has {self.errors}") from None

    def connect(self):
        """A new connection."""
        return http.client.HTTPConnection(self.host, self.port, timeout=30)

    def get(self, path, method="GET", body=None, headers=None):
        """One request on a connection of its own: status, headers and text of the answer."""
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def get_json(self, path, **options):
        status, _, text = self.get(path, **options)
        return status, json.loads(text)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=30):
        """Waits for its end; returns the exit code."""
        code = self.process.wait(timeout)
        for reader in self._readers:
            reader.join()
        return code

    def stop(self):
        """Ends it as a service manager does; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()


def wait_until(condition, what, timeout=30):
    """Polls until `condition()` holds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.02)
