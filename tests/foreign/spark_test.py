"""Eider reads what Spark wrote: the same rows as Spark itself (make_spark_warehouse.py)."""

import decimal
import fcntl
import json
import pathlib
import shutil
import tarfile
import unittest

from storage.pyiceberg_warehouse import WarehouseTest

HERE = pathlib.Path(__file__).resolve().parent
# The metadata holds absolute paths.
WRITTEN = pathlib.Path("/tmp/eider_spark_warehouse")
EXPECTED = json.loads((HERE / "spark_rows.json").read_text(), parse_float=decimal.Decimal)
LINEAGE = ("_row_id", "_last_updated_sequence_number")


def normal(value):
    """Spark leaves members that are null out of its JSON."""
    if isinstance(value, dict):
        return {key: normal(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [normal(member) for member in value]
    if isinstance(value, (int, float, decimal.Decimal)):
        return str(decimal.Decimal(str(value)).normalize())
    return value


def in_order(rows):
    return sorted(json.dumps(normal(row), sort_keys=True) for row in rows)


class Spark(WarehouseTest):
    @classmethod
    def setUpClass(cls):
        # One place for the tables, so one test at a time.
        cls.lock = open(f"{WRITTEN}.lock", "w")
        fcntl.flock(cls.lock, fcntl.LOCK_EX)
        cls.addClassCleanup(cls.lock.close)

    def setUp(self):
        super().setUp()
        shutil.rmtree(WRITTEN, ignore_errors=True)
        self.addCleanup(shutil.rmtree, WRITTEN, ignore_errors=True)
        with tarfile.open(HERE / "spark_warehouse.tar.xz") as archive:
            archive.extractall(WRITTEN)
        self.sql("create schema d")
        catalog = self.catalog()
        for name in EXPECTED:
            [metadata] = (WRITTEN / "d" / name / "metadata").glob("v*.metadata.json")
            catalog.register_table(("d", name), f"file://{metadata}")

    def rows(self, select):
        return [json.loads(line, parse_float=decimal.Decimal)
                for line in self.sql("set timezone = 'UTC'", select).splitlines()]

    def test_every_row_and_no_other(self):
        for name, expected in EXPECTED.items():
            with self.subTest(name):
                columns = "* replace (strftime(ts, '%Y-%m-%d %H:%M:%S.%f') as ts)" if name == "imported" else "*"
                if LINEAGE[0] in expected[0]:
                    columns += ", " + ", ".join(LINEAGE)
                self.assertEqual(in_order(self.rows(f"select {columns} from d.{name}")), in_order(expected))
                self.assertEqual(self.rows(f"select count(*) as n from d.{name}"), [{"n": len(expected)}])

    def test_filters_and_deletes_together(self):
        for name in ("changed_v2", "changed_v3"):
            expected = EXPECTED[name]
            for condition, wanted in (("id > 30", lambda row: row["id"] > 30),
                                      ("name = 'changed'", lambda row: row["name"] == "changed"),
                                      ("region = 'eu' and id < 20", lambda row: row.get("region") == "eu" and row["id"] < 20),
                                      ("region is null", lambda row: "region" not in row),
                                      ("id % 7 = 0", lambda row: row["id"] % 7 == 0)):
                with self.subTest(f"{name} where {condition}"):
                    found = self.rows(f"select id from d.{name} where {condition}")
                    self.assertEqual(sorted(row["id"] for row in found),
                                     sorted(row["id"] for row in expected if wanted(row)))

    def test_files_of_deletes_are_listed(self):
        for name, formats in (("changed_v2", {"PARQUET"}), ("changed_v3", {"PUFFIN"})):
            files = self.rows(f'select content, file_format, record_count from d."{name}$files"')
            deletes = [file for file in files if file["content"] == 1]
            self.assertEqual({file["file_format"] for file in deletes}, formats)
            remaining = sum(file["record_count"] for file in files if file["content"] == 0)
            self.assertEqual(remaining - sum(file["record_count"] for file in deletes), len(EXPECTED[name]))
        equality = self.rows('select equality_ids as ids from d."equality$files" where content = 2')
        self.assertEqual(sorted(file["ids"] for file in equality), [[1], [1], [2, 3], [5]])

    def test_rows_are_added_and_older_ones_stay_deleted(self):
        for name in ("upgraded", "equality", "evolved"):
            with self.subTest(name):
                before = in_order(self.rows(f"select * from d.{name}"))
                self.sql(f"insert into d.{name} select * from d.{name}")
                self.assertEqual(in_order(self.rows(f"select distinct * from d.{name}")), before)
                self.assertEqual(self.rows(f"select count(*) as n from d.{name}"), [{"n": 2 * len(before)}])

    def test_older_versions(self):
        snapshots = self.rows('select snapshot_id as id, summary[\'total-records\'] as n from d."changed_v3$snapshots" '
                              "order by committed_at")
        self.assertEqual(self.rows(f"select count(*) as n from d.changed_v3 at (version => {snapshots[0]['id']})"),
                         [{"n": 60}])
        self.assertEqual(self.rows(f"select count(*) as n from d.changed_v3 at (version => {snapshots[1]['id']})"),
                         [{"n": 51}])


if __name__ == "__main__":
    unittest.main()
