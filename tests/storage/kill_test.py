"""kill -9 at any moment, again and again: what was acknowledged stays, what was not is there whole or not at all."""

import json
import os
import random
import subprocess
import time
import unittest

import program

SECONDS = 15


class Kill(program.ScratchTest):
    def setUp(self):
        super().setUp()
        self.warehouse = self.folder / "shop"
        self.acknowledged = self.folder / "acknowledged"
        self.acknowledged.mkdir()

    def rows(self, select):
        answer = self.succeed("sql", "--warehouse", self.warehouse, "--format", "ndjson", "-c", select)
        return [json.loads(line) for line in answer.splitlines()]

    def script(self, start):
        """Commits to several tables at once, numbered; each is acknowledged by a file."""
        statements = ["drop table if exists s.passing"]
        for n in range(start, start + 200):
            statements += [
                "begin", f"insert into s.a values ({n})", f"insert into s.b values ({n}, 'row {n}')",
                f"create or replace table s.latest as select {n} as n",
                f"create or replace view s.v as select {n} as n", "commit",
                f"copy (select {n} as n) to '{self.acknowledged}/{n}' (format csv)"]
            if n % 3 == 0:
                statements += [f"create table s.passing as select {n} as n", "drop table s.passing"]
        return ";\n".join(statements) + ";"

    def test_killed_again_and_again(self):
        seed = int(os.environ.get("EIDER_SEED") or time.time_ns() % 1_000_000)
        print(f"EIDER_SEED={seed}", flush=True)
        chance = random.Random(seed)
        self.succeed("sql", "--warehouse", self.warehouse, "-c",
                     "create schema s; create table s.a (n bigint); create table s.b (n bigint, t varchar); "
                     "create table s.latest as select -1 as n; create view s.v as select -1 as n")
        end = time.monotonic() + SECONDS
        following, kills = 0, 0
        while time.monotonic() < end:
            script = self.write("script.sql", self.script(following))
            process = subprocess.Popen(
                [program.EIDER, "sql", "--warehouse", str(self.warehouse), "-f", str(script)],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            try:
                complaint = process.communicate(timeout=chance.uniform(0.03, 0.9))[1]
                self.assertEqual(process.returncode, 0, complaint)
            except subprocess.TimeoutExpired:
                process.kill()
                complaint = process.communicate()[1]
                kills += 1
            self.assertEqual(complaint, "")
            following = self.check(following)
        print(f"{kills} kills, {following} commits")
        self.assertGreater(kills, 0)
        self.assertGreater(following, 0)

    def check(self, start):
        """What a reader finds after the kill; returns the number to go on with."""
        [state] = self.rows("""
            select (select count(*) from s.a) as a, (select count(*) from s.b) as b,
                   (select count(distinct n) from s.a) as distinct_a,
                   (select coalesce(max(n), -1) from s.a) as top, (select n from s.latest) as latest,
                   (select n from s.v) as seen,
                   (select count(*) from s.a join s.b using (n) where t = 'row ' || n) as same""")
        for name in ("b", "distinct_a", "same"):
            self.assertEqual(state[name], state["a"], f"commits to several tables are whole: {state}")
        self.assertEqual((state["latest"], state["seen"]), (state["top"], state["top"]), state)
        self.assertEqual(state["a"], state["top"] + 1, "no number is left out")
        promised = max((int(file.name) for file in self.acknowledged.iterdir()), default=-1)
        self.assertGreaterEqual(state["top"], promised, "an acknowledged commit is lost")

        report = self.eider("catalog", "check", "--warehouse", self.warehouse, "--format", "json")
        self.assertEqual(report.returncode, 0, report.stdout)
        found = json.loads(report.stdout)
        for finding in found["findings"]:
            self.assertEqual(finding["kind"], "leftover-file", finding)
            # What is listed as left over is not needed by anything.
            os.remove(finding["path"])
        return state["top"] + 1


if __name__ == "__main__":
    unittest.main()
