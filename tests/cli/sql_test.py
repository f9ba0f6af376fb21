"""eider sql outside its shell."""

import csv
import io
import json
import signal
import subprocess
import time
import unittest

import program


class Sql(program.ScratchTest):
    def setUp(self):
        super().setUp()
        self.sql("-c", "create schema marts; create table marts.customers as "
                       "select 1 as id, 'Ada' as name, 12.50::decimal(9,2) as spent, null::date as left_on "
                       "union all select 2, 'Bob, \"the\" second', 0.10, date '2026-01-31'")

    def sql(self, *arguments, **options):
        return self.succeed("sql", "--warehouse", "shop", *arguments, **options)

    def refuse(self, *arguments, code=1, **options):
        done = self.eider("sql", "--warehouse", "shop", *arguments, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    QUERY = "select * from marts.customers order by id"

    def test_a_table(self):
        self.assertEqual(self.sql(self.QUERY), (
            " id | name              | spent | left_on\n"
            "----+-------------------+-------+------------\n"
            "  1 | Ada               | 12.50 | NULL\n"
            "  2 | Bob, \"the\" second |  0.10 | 2026-01-31\n"
            "(2 rows)\n"))

    def test_csv(self):
        rows = list(csv.reader(io.StringIO(self.sql("--format", "csv", "-c", self.QUERY))))
        self.assertEqual(rows, [["id", "name", "spent", "left_on"], ["1", "Ada", "12.50", ""],
                                ["2", 'Bob, "the" second', "0.10", "2026-01-31"]])

    def test_json(self):
        rows = json.loads(self.sql("--format", "json", "-c", self.QUERY), parse_float=str)
        self.assertEqual(rows, [{"id": 1, "name": "Ada", "spent": "12.50", "left_on": None},
                                {"id": 2, "name": 'Bob, "the" second', "spent": "0.10", "left_on": "2026-01-31"}])
        lines = self.sql("--format", "ndjson", "-c", self.QUERY).splitlines()
        self.assertEqual([json.loads(line)["id"] for line in lines], [1, 2])

    def test_markdown(self):
        self.assertTrue(self.sql("--format", "markdown", "-c", "select 1 as a").startswith("|   a |\n| --: |\n"))

    def test_nested_values(self):
        text = self.sql("--format", "json", "-c", "select [1, 2] as l, {'a': {'b': null}} as s")
        self.assertEqual(json.loads(text), [{"l": [1, 2], "s": {"a": {"b": None}}}])
        text = self.sql("--format", "ndjson", "-c", "select [0.10::decimal(9,2), 1] as l, {'a': 2.50} as s")
        self.assertEqual(text, '{"l":[0.10,1.00],"s":{"a":2.50}}\n')

    def test_the_places_sql_comes_from(self):
        self.write("q.sql", "-- a comment; with a semicolon\nselect 1 as one;\nselect ';' as two;\n")
        self.assertEqual(self.sql("--format", "csv", "-f", "q.sql"), "one\n1\ntwo\n;\n")
        self.assertEqual(self.sql("--format", "csv", stdin="select 3 as three"), "three\n3\n")
        self.assertEqual(self.sql("--format", "csv", "-c", "select 1 as a", "-c", "select 2 as b"), "a\n1\nb\n2\n")
        # The catalog bears the warehouse's own name.
        self.assertEqual(self.sql("--format", "csv", "select count(*) as n from shop.marts.customers"), "n\n2\n")

    def test_changes_are_told_in_tables_only(self):
        self.sql("-c", "create table marts.t (a int)")
        self.assertEqual(self.sql("-c", "insert into marts.t values (1), (2)"), "2 rows changed\n")
        self.assertEqual(self.sql("--format", "csv", "-c", "insert into marts.t values (3)"), "")

    def test_a_transaction_left_open_is_told_of(self):
        done = self.eider("sql", "--warehouse", "shop", "begin; create table marts.lost as select 1 as a")
        self.assertEqual(done.returncode, 0)
        self.assertIn("was not committed", done.stderr)
        self.assertIn("lost", self.refuse("select * from marts.lost"))

    def test_errors(self):
        text = self.refuse("-c", "select * form marts.customers")
        self.assertIn("Error:", text)
        self.assertIn("LINE 1: select * form marts.customers", text)
        self.assertRegex(text, r"\n +\^")
        self.assertIn("nothing_here", self.refuse("-c", "select * from marts.nothing_here"))
        self.write("q.sql", "select 1 as one;\n\nselect\n  no_column\nfrom marts.customers;\n")
        text = self.refuse("-f", "q.sql", "--format", "csv")
        self.assertIn("one\n1\n", text, "what came before the error was done")
        self.assertIn("q.sql:4", text)
        self.assertIn("no_such_file.sql", self.refuse("-f", "no_such_file.sql", code=2))

    def test_a_folder_that_is_no_warehouse_is_not_made_by_reading(self):
        done = self.eider("sql", "--warehouse", "nowhere", "--read-only", "-c", "select 1")
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse((self.folder / "nowhere").exists())
        done = self.eider("sql", "-c", "select 1")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--warehouse", done.stderr)

    def test_read_only(self):
        self.assertIn("read", self.refuse("--read-only", "-c", "create table marts.u (a int)").lower())
        self.assertEqual(self.sql("--read-only", "--format", "csv", "-c", "select count(*) as n from marts.customers"),
                         "n\n2\n")

    def test_interrupt(self):
        process = subprocess.Popen(
            [program.EIDER, "sql", "--warehouse", "shop", "-c",
             "select count(*) from range(1000000000000) r where hash(r.range) = 1"],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, errors)

    def test_a_reader_that_leaves_ends_the_program(self):
        command = f"'{program.EIDER}' sql --warehouse shop --format csv -c 'from range(100000000)' | head -2"
        done = subprocess.run(["sh", "-c", command], cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout, "range\n0\n")

    def test_checking_the_catalog(self):
        self.assertIn("Catalog and folder agree.", self.succeed("catalog", "check", "--warehouse", "shop"))
        stray = self.folder / "shop" / "marts" / "customers" / "data" / "stray.parquet"
        stray.write_text("x")
        text = self.succeed("catalog", "check", "--warehouse", "shop")
        self.assertIn("leftover-file", text)
        self.assertIn("stray.parquet", text)
        report = json.loads(self.succeed("catalog", "check", "--warehouse", "shop", "--format", "json"))
        self.assertEqual([finding["kind"] for finding in report["findings"]], ["leftover-file"])
        for file in (self.folder / "shop").glob("catalog.db*"):
            file.unlink()
        self.succeed("catalog", "rebuild", "--warehouse", "shop")
        self.assertEqual(self.sql("--format", "csv", "-c", "select count(*) as n from marts.customers"), "n\n2\n")


if __name__ == "__main__":
    unittest.main()
