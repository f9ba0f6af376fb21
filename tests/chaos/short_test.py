"""The short form of `make chaos`: a few seconds of it on each kind of store."""

import pathlib
import subprocess
import sys
import unittest

import postgres

RUN = pathlib.Path(__file__).with_name("run.py")


class Chaos(unittest.TestCase):
    def run_chaos(self, *arguments):
        done = subprocess.run([sys.executable, RUN, *arguments], capture_output=True, text=True, timeout=120, check=False)
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_sqlite(self):
        self.run_chaos("--clients", "50", "--seconds", "2.5", "--kills", "2")

    @unittest.skipIf(postgres.programs() is None, "PostgreSQL is not installed")
    def test_two_servers_on_postgres(self):
        self.run_chaos("--store", "postgres", "--servers", "2", "--clients", "50", "--seconds", "3", "--kills", "2")


if __name__ == "__main__":
    unittest.main()
