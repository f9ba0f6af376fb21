"""Damaged and missing files: the error names the file, other tables are not concerned, and the check finds them."""

import json
import shutil
import unittest

import program


class Damage(program.ScratchTest):
    def setUp(self):
        super().setUp()
        self.warehouse = self.folder / "shop"
        self.sql("create schema s; create table s.t as select 1 as n; insert into s.t values (2); "
                 "create table s.other as select 7 as n; create view s.v as select 8 as n")

    def run_sql(self, script):
        return self.eider("sql", "--warehouse", self.warehouse, "--format", "ndjson", "-c", script)

    def sql(self, script):
        done = self.run_sql(script)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def file(self, pattern, table="t"):
        """The newest file of that kind."""
        return max((self.warehouse / "s" / table).glob(pattern), key=lambda path: (path.stat().st_mtime_ns, path.name))

    def assert_only_t_fails(self, path):
        failed = self.run_sql("select sum(n) from s.t")
        self.assertNotEqual(failed.returncode, 0, failed.stdout)
        self.assertIn(path.name, failed.stderr, "the error names the file")
        self.assertEqual(self.sql("select n from s.other"), [{"n": 7}])
        checked = self.eider("catalog", "check", "--warehouse", self.warehouse, "--format", "json")
        self.assertEqual(checked.returncode, 1)
        damage = [finding for finding in json.loads(checked.stdout)["findings"] if finding["kind"] != "leftover-file"]
        self.assertIn(str(path), [finding["path"] for finding in damage], damage)
        self.assertTrue(all(finding["object"] == "table s.t" for finding in damage), damage)

    def test_each_kind_of_file(self):
        for pattern in ("metadata/0*.metadata.json", "metadata/snap-*.avro", "metadata/*-m0.avro", "data/*.parquet"):
            path = self.file(pattern)
            content = path.read_bytes()
            broken = {"missing": None, "empty": b"", "cut": content[:len(content) // 2], "no such thing": b"x" * len(content)}
            for how, replacement in broken.items():
                with self.subTest(pattern=pattern, how=how):
                    # A file of its own: the folder's links share the old one.
                    path.unlink(missing_ok=True)
                    if replacement is not None:
                        path.write_bytes(replacement)
                    self.assert_only_t_fails(path)
                    path.unlink(missing_ok=True)
                    path.write_bytes(content)
                    self.assertEqual(self.sql("select sum(n) as n from s.t"), [{"n": 3}])

    def test_lost_metadata_is_found_again_by_its_link(self):
        self.file("metadata/0*.metadata.json").unlink()
        self.assertNotEqual(self.run_sql("select n from s.t").returncode, 0)
        self.succeed("catalog", "rebuild", "--warehouse", self.warehouse, "--replace")
        self.assertEqual(self.sql("select sum(n) as n from s.t"), [{"n": 3}])
        self.assertEqual(self.sql("select n from s.other"), [{"n": 7}])
        self.sql("insert into s.t values (4)")
        self.assertEqual(self.sql("select sum(n) as n from s.t"), [{"n": 7}])

    def test_catalog(self):
        catalog = self.warehouse / "catalog.db"
        content = catalog.read_bytes()
        for how, replacement in {"no database": b"x" * len(content), "cut": content[:len(content) // 2],
                                 "torn": content[:4096] + b"x" * 4096 + content[8192:]}.items():
            with self.subTest(how=how):
                catalog.write_bytes(replacement)
                failed = self.run_sql("select n from s.t")
                self.assertNotEqual(failed.returncode, 0)
                self.assertIn(str(catalog), failed.stderr)
                self.assertIn("catalog rebuild", failed.stderr)
                checked = self.eider("catalog", "check", "--warehouse", self.warehouse)
                self.assertEqual(checked.returncode, 1)
                self.succeed("catalog", "rebuild", "--warehouse", self.warehouse)
                self.assertEqual(self.sql("select sum(n) as n from s.t"), [{"n": 3}])
                self.assertEqual(self.sql("select n from s.v"), [{"n": 8}])
                self.succeed("catalog", "check", "--warehouse", self.warehouse)

    def test_lost_catalog_is_not_made_anew_in_silence(self):
        for file in self.warehouse.glob("catalog.db*"):
            file.unlink()
        failed = self.run_sql("create schema s")
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("catalog rebuild", failed.stderr)
        self.assertFalse((self.warehouse / "catalog.db").exists())
        self.succeed("catalog", "rebuild", "--warehouse", self.warehouse)
        self.assertEqual(self.sql("select sum(n) as n from s.t"), [{"n": 3}])

    def test_healthy_catalog_is_not_rebuilt_unasked(self):
        refused = self.eider("catalog", "rebuild", "--warehouse", self.warehouse)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("healthy", refused.stderr)
        self.succeed("catalog", "rebuild", "--warehouse", self.warehouse, "--replace")
        self.assertEqual(self.sql("select sum(n) as n from s.t"), [{"n": 3}])

    def test_empty_folder_is_a_new_warehouse(self):
        fresh = self.folder / "fresh"
        fresh.mkdir()
        shutil.copytree(self.warehouse / "s" / "t" / "data", fresh / "parquet")
        self.succeed("sql", "--warehouse", fresh, "-c", "create schema s; create table s.t as select 1 as n")
        self.succeed("catalog", "check", "--warehouse", fresh)


if __name__ == "__main__":
    unittest.main()
