"""A disk that is full, and one that cannot be written: clear errors, and nothing that was committed suffers."""

import json
import os
import subprocess
import sys
import unittest

import program

INSIDE = "EIDER_INSIDE_MOUNT_NAMESPACE"


class Disk(program.ScratchTest):
    def setUp(self):
        super().setUp()
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", self.disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)
        self.warehouse = self.disk / "shop"
        self.sql("create schema s", "create table s.t as select 0 as n, '' as filling")

    def remount(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", self.disk], check=True)

    def run_sql(self, *statements):
        return self.eider("sql", "--warehouse", self.warehouse, "--format", "ndjson", stdin=";\n".join(statements) + ";")

    def sql(self, *statements):
        done = self.run_sql(*statements)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def rows(self):
        return sorted(json.loads(line)["n"] for line in self.sql("select n from s.t").splitlines())

    def assert_nothing_is_damaged(self):
        report = json.loads(self.succeed("catalog", "check", "--warehouse", self.warehouse, "--format", "json"))
        self.assertEqual([finding for finding in report["findings"] if finding["kind"] != "leftover-file"], [])
        return report["findings"]

    def test_full(self):
        committed = [0]
        failures = []
        for n in range(1, 200):
            # Random text, so that it takes its space whatever the compression.
            done = self.run_sql(f"insert into s.t select {n}, string_agg(md5((i * {n})::varchar), '') from range(6000) r(i)")
            if done.returncode == 0:
                committed.append(n)
                continue
            failures.append(done.stderr)
            self.assertRegex(done.stderr.lower(), "no space|disk is full|database or disk is full")
            if len(failures) == 5:
                break
        self.assertEqual(len(failures), 5, "the disk never filled up")
        self.remount("size=40m")
        self.assertEqual(self.rows(), committed)
        self.assertEqual(self.assert_nothing_is_damaged(), [], "failed commits take their files with them")
        self.sql("insert into s.t values (1000, '')")
        self.assertEqual(self.rows(), [*committed, 1000])

    def test_read_only(self):
        self.sql("insert into s.t values (1, '')")
        self.remount("ro")
        failed = self.run_sql("insert into s.t values (2, '')")
        self.assertNotEqual(failed.returncode, 0, failed.stdout)
        self.assertIn(str(self.warehouse), failed.stderr)
        self.assertRegex(failed.stderr.lower(), "read-only|readonly")
        # Reading is not writing.
        self.assertEqual(self.rows(), [0, 1])
        self.assert_nothing_is_damaged()
        self.remount("rw")
        self.sql("insert into s.t values (3, '')")
        self.assertEqual(self.rows(), [0, 1, 3])


if __name__ == "__main__":
    # Mounts are made in a namespace of the test's own, where that is allowed.
    if INSIDE not in os.environ:
        enter = ["unshare", "--map-root-user", "--mount"]
        try:
            allowed = subprocess.run([*enter, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode == 0
        except FileNotFoundError:
            allowed = False
        if not allowed:
            program.skip_all("file systems cannot be mounted here")
        os.execvpe(enter[0], [*enter, sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})
    unittest.main()
