"""Runs: their lines, their artifacts, failures, interrupts, a full disk."""

import json
import os
import re
import signal
import subprocess
import time
import unittest

import program
import small_project

# Runs until it is stopped, in any case longer than the test waits.
ENDLESS = "select count(*) as n from range(1000000000000) r where hash(r.range) = 1"


class Lines(small_project.ProjectTest):
    def test_a_run_reads_like_dbts(self):
        self.write("seeds/s.csv", "id\n1\n")
        self.write("models/schema.yml", "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n")
        text = self.succeed("build")
        self.assertNotIn("\033", text, "no control codes where there is no terminal")
        self.assertNotIn("\r", text)
        lines = text.splitlines()
        for line in lines:
            self.assertRegex(line, r"^\d\d:\d\d:\d\d  ")
        said = [line[10:] for line in lines]
        self.assertRegex(said[0], r"^Running with eider=\d+\.\d+\.\d+ \(dbt 1\.11\)$")
        self.assertIn("Concurrency: 2 threads (target='dev')", said)
        self.assertTrue(any(re.match(r"Found 2 models, 1 seed, 2 data tests, \d+ macros$", s) for s in said), text)
        start = next(s for s in said if "START sql table model main.a " in s)
        self.assertRegex(start, r"^\d of 5 START sql table model main\.a \.+ \[RUN\]$")
        self.assertEqual(start.index("["), 81, "dots end where dbt's end")
        self.assertTrue(any(re.match(r"\d of 5 OK created sql table model main\.a \.+ \[OK in \d+\.\d\ds\]$", s)
                            for s in said), text)
        self.assertTrue(any(re.match(r"Finished running 1 seed, 2 table models, 2 data tests in 0 hours 0 minutes "
                                     r"and \d+\.\d\d seconds \(\d+\.\d\ds\)\.$", s) for s in said), text)
        self.assertIn("Completed successfully", said)
        self.assertEqual(said[-1], "Done. PASS=5 WARN=0 ERROR=0 SKIP=0 NO-OP=0 TOTAL=5")

    def test_json_lines(self):
        text = self.succeed("build", "--log-format", "json")
        events = [json.loads(line) for line in text.splitlines()]
        for event in events:
            self.assertEqual(set(event), {"info", "data"})
            self.assertLessEqual({"name", "code", "level", "msg", "ts", "invocation_id", "thread", "pid"},
                                 set(event["info"]))
        names = [event["info"]["name"] for event in events]
        for name in ["MainReportVersion", "FoundStats", "LogStartLine", "LogModelResult", "StatsLine"]:
            self.assertIn(name, names)
        self.assertEqual(events[-1]["data"]["stats"]["pass"], 2)

    def test_quiet_says_nothing(self):
        self.assertEqual(self.succeed("build", "--quiet"), "")
        self.assertEqual(self.succeed("ls", "--quiet"), "shop.a\nshop.b\n")

    def test_colours_on_demand(self):
        self.assertIn("\033[32mOK\033[0m", self.succeed("--use-colors", "run"))

    def test_the_log_file_has_everything(self):
        self.succeed("build", "--log-level", "none")
        log = (self.folder / "logs" / "dbt.log").read_text()
        self.assertRegex(log, r"=+ \d\d:\d\d:\d\d\.\d{6} \| [0-9a-f-]{36} =+")
        self.assertRegex(log, r"\[info \] \[MainThread\]: Running with eider")
        self.assertIn("[debug]", log)
        self.succeed("build", "--log-path", "elsewhere")
        self.assertTrue((self.folder / "elsewhere" / "dbt.log").is_file())

    def test_listing(self):
        self.assertEqual(self.succeed("ls", "-q", "--output", "name", "-s", "a+"), "a\nb\n")
        self.assertEqual(self.succeed("ls", "-q", "--output", "path", "-s", "b"), "models/b.sql\n")
        entry = json.loads(self.succeed("ls", "-q", "-s", "b", "--output", "json", "--output-keys", "name",
                                        "config.materialized"))
        self.assertEqual(entry, {"name": "b", "config.materialized": "table"})

    def test_show_and_compile(self):
        self.succeed("run")
        shown = json.loads(self.succeed("show", "-q", "-s", "b", "--output", "json"))
        self.assertEqual(shown, {"node": "b", "show": [{"id": 1, "name": "x"}]})
        text = self.succeed("show", "--inline", "select id + 1 as next from {{ ref('a') }}")
        self.assertIn("Previewing inline node:", text)
        self.assertIn("next", text)
        self.assertIn("Compiled node 'b' is:", self.succeed("compile", "-s", "b"))
        self.assertTrue((self.folder / "target" / "compiled" / "shop" / "models" / "b.sql").is_file())

    def test_clean(self):
        self.write("dbt_project.yml", small_project.PROJECT + "clean-targets: [target]\n")
        self.succeed("build")
        self.assertTrue((self.folder / "target").is_dir())
        self.succeed("clean")
        self.assertFalse((self.folder / "target").exists())
        self.write("dbt_project.yml", small_project.PROJECT + "clean-targets: [warehouse]\n")
        self.assertIn("holds a warehouse", self.refuse("clean"))
        self.assertTrue((self.folder / "warehouse" / "catalog.db").is_file())
        self.write("dbt_project.yml", small_project.PROJECT + "clean-targets: [models]\n")
        self.refuse("clean")
        self.assertTrue((self.folder / "models" / "a.sql").is_file())

    def test_debug(self):
        text = self.succeed("debug")
        self.assertIn("All checks passed!", text)
        self.assertIn("adapter type: eider", text)

    def test_folders_and_targets_from_outside(self):
        outside = self.folder / "outside"
        outside.mkdir()
        self.succeed("build", "--project-dir", "..", "--profiles-dir", "..", "--target-path", "artifacts", cwd=outside)
        self.assertTrue((self.folder / "artifacts" / "run_results.json").is_file())
        self.assertTrue((self.folder / "warehouse" / "catalog.db").is_file())
        # The nearest project above the current folder is meant, and variables count as flags do.
        self.succeed("ls", cwd=self.folder / "models", environment={"DBT_PROFILES_DIR": str(self.folder)})


class Failures(small_project.ProjectTest):
    def test_a_failed_model_skips_its_children(self):
        self.succeed("build")
        self.write("models/a.sql", "{{ config(materialized='table') }}\nselect * from missing_table\n")
        self.write("models/c.sql", "{{ config(materialized='table') }}\nselect 1 as one\n")
        text = self.refuse("build", code=1)
        self.assertIn("ERROR creating sql table model main.a", text)
        self.assertIn("SKIP", text)
        self.assertIn("Completed with 1 error, 0 partial successes, and 0 warnings:", text)
        self.assertIn("Failure in model a (models/a.sql)", text)
        self.assertIn("missing_table", text)
        self.assertIn("compiled code at target/compiled/shop/models/a.sql", text)
        self.assertIn("Done. PASS=1 WARN=0 ERROR=1 SKIP=1 NO-OP=0 TOTAL=3", text)
        results = json.loads((self.folder / "target" / "run_results.json").read_text())
        self.assertEqual({result["unique_id"].split(".")[-1]: result["status"] for result in results["results"]},
                         {"a": "error", "b": "skipped", "c": "success"})
        # The table it would have replaced is as it was.
        self.assertEqual(self.succeed("sql", "--format", "csv", "-c", "select name from main.a"), "name\nx\n")

    def test_tests_that_fail_or_warn(self):
        self.write("tests/fails.sql", "select 1 as a union all select 2")
        self.write("tests/warns.sql", "{{ config(severity='warn') }} select 1 as a")
        text = self.refuse("test", code=1)
        self.assertIn("FAIL 2 fails", text)
        self.assertIn("WARN 1 warns", text)
        self.assertIn("Done. PASS=0 WARN=1 ERROR=1 SKIP=0 NO-OP=0 TOTAL=2", text)
        self.succeed("test", "--exclude", "fails")

    def test_nothing_selected_is_no_failure(self):
        self.assertIn("Nothing to do", self.succeed("run", "--select", "tag:none"))

    def test_a_failed_test_holds_back_what_comes_after_it(self):
        self.write("models/a.sql", "{{ config(materialized='table') }}\nselect cast(null as integer) as id\n")
        self.write("models/schema.yml",
                   "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests: [not_null]\n")
        text = self.refuse("build", code=1)
        self.assertIn("FAIL 1 not_null_a_id", text)
        self.assertIn("SKIP relation main.b", text)
        self.assertIn("Done. PASS=1 WARN=0 ERROR=1 SKIP=1 NO-OP=0 TOTAL=3", text)
        # Alone, `run` and a build without the test know nothing of it.
        self.assertIn("PASS=2", self.succeed("run"))
        self.assertIn("PASS=2", self.succeed("build", "--exclude", "resource_type:test"))


class Interrupts(small_project.ProjectTest):
    def start(self):
        self.succeed("build")
        self.write("models/a.sql", f"{{{{ config(materialized='table') }}}}\n{ENDLESS}\n")
        process = subprocess.Popen([program.EIDER, "build"], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.kill)
        self.said = []
        for line in process.stdout:
            self.said.append(line)
            if "START sql table model main.a" in line:
                break
        else:
            self.fail("".join(self.said))
        time.sleep(0.3)
        return process

    def end(self, process):
        try:
            rest, _ = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.fail("the interrupt stopped nothing")
        return "".join(self.said) + rest

    def check(self, process):
        text = self.end(process)
        self.assertEqual(process.returncode, 1, text)
        results = json.loads((self.folder / "target" / "run_results.json").read_text())
        self.assertNotIn("success", [result["status"] for result in results["results"]])
        self.assertEqual(self.succeed("sql", "--format", "csv", "-c", "select name from main.a"), "name\nx\n")
        return text

    def test_ctrl_c(self):
        process = self.start()
        process.send_signal(signal.SIGINT)
        self.assertIn("keyboard interrupt", self.check(process))

    def test_terminate(self):
        process = self.start()
        process.send_signal(signal.SIGTERM)
        self.check(process)


class FullDisk(small_project.ProjectTest):
    def test_a_full_disk_is_named_and_costs_nothing(self):
        warehouse = self.folder / "warehouse"
        warehouse.mkdir()
        mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(warehouse)], capture_output=True).returncode == 0
        if not mounted:
            self.skipTest("a small file system cannot be mounted")
        self.addCleanup(subprocess.run, ["umount", "-l", str(warehouse)], capture_output=True)
        self.succeed("build")
        self.write("models/a.sql", "{{ config(materialized='table') }}\nselect i as id, md5(i::varchar) as name "
                                   "from range(1000000) r(i)\n")
        text = self.refuse("build", code=1)
        self.assertIn("No space left on device", text)
        self.assertEqual(self.succeed("sql", "--format", "csv", "-c", "select name from main.a"), "name\nx\n")


if __name__ == "__main__":
    unittest.main()
