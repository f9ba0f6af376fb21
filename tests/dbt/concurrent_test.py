"""Two processes build into one warehouse at once: both succeed, or the loser says which table and why."""

import json
import re
import subprocess
import unittest

import program

ROUNDS = 4


class Concurrent(program.ScratchTest):
    def test_two_builds_at_once(self):
        warehouse = self.folder / "warehouse"
        projects = [program.copy_project(program.EXAMPLE, self.folder / name)
                    for name in ("one", "two")]
        succeeded = 0
        for _ in range(ROUNDS):
            running = [subprocess.Popen([program.EIDER, "build", "--profiles-dir", "."], cwd=project,
                                        env={"JAFFLE_WAREHOUSE": str(warehouse), "PATH": "/usr/bin:/bin"},
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                       for project in projects]
            for process, project in zip(running, projects):
                output = process.communicate(timeout=120)[0]
                if process.returncode == 0:
                    succeeded += 1
                    continue
                self.assertEqual(process.returncode, 1, output)
                results = json.loads((project / "target" / "run_results.json").read_text())["results"]
                for failed in (result for result in results if result["status"] == "error"):
                    table = failed["unique_id"].split(".")[2]
                    self.assertIn(table, failed["message"])
                    self.assertRegex(failed["message"], re.compile("conflict|changed|another|concurrent", re.I))
        self.assertGreaterEqual(succeeded, ROUNDS, "in every round at least one build succeeds")

        for table, rows in (("seeds.raw_orders", 99), ("staging.stg_payments", 113), ("marts.customers", 100)):
            counted = self.succeed("sql", "--warehouse", warehouse, "--format", "csv", "-c",
                                   f"select count(*) from {table}")
            self.assertEqual(counted.split()[-1], str(rows), table)
        schema, name = "marts", "customers"
        snapshots = self.succeed("sql", "--warehouse", warehouse, "--format", "csv", "-c",
                                 f'select count(*) from {schema}."{name}$snapshots"')
        self.assertGreaterEqual(int(snapshots.split()[-1]), succeeded, "no committed snapshot is lost")
        self.succeed("catalog", "check", "--warehouse", warehouse)


if __name__ == "__main__":
    unittest.main()
