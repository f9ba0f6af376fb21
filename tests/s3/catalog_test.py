"""`eider catalog check` and `rebuild` of warehouses on an object store: what they find, and what comes back."""

import json
import sqlite3
import unittest
import xml.etree.ElementTree as xml

import object_store
import program

if not object_store.available():
    program.skip_all("there is no moto, which plays the object store")


class CatalogOnS3(object_store.StoreTest):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "catalog.db"
        self.environment = self.store.environment()

    def run_eider(self, *arguments, code=0):
        done = self.eider(*arguments, "--warehouse", self.location, "--catalog", f"sqlite://{self.file}",
                          environment=self.environment)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def rows(self, text):
        output = self.run_eider("sql", "--format", "json", "-c", text)
        return json.loads(output) if output.strip() else []

    def check(self, *, damaged=False):
        report = json.loads(self.run_eider("catalog", "check", "--format", "json", code=1 if damaged else 0))
        self.assertEqual(report["damaged"], damaged)
        found = sorted((finding["kind"], finding["object"], finding["path"].removeprefix(self.location + "/"))
                       for finding in report["findings"])
        return report, found

    def key(self, name):
        return f"/{object_store.BUCKET}/{self.prefix}/{name}"

    def keys(self, beginning):
        return [key.removeprefix(self.prefix + "/") for key in self.store.keys(f"{self.prefix}/{beginning}")]

    def make(self):
        self.rows("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT range AS a FROM range(1000); "
                  "CREATE TABLE s.u AS SELECT 1 AS a; CREATE VIEW s.v AS SELECT sum(a) AS a FROM s.t")
        self.rows("INSERT INTO s.t VALUES (-1); CREATE OR REPLACE VIEW s.v AS SELECT count(*) AS n FROM s.t")

    def test_what_check_finds(self):
        self.make()
        report, found = self.check()
        self.assertEqual(found, [])
        self.assertEqual((report["tables"], report["views"], report["unfinished_unknown"]), (2, 1, ""))
        # Metadata files of each commit, manifest lists, manifests, data files: all that is there.
        self.assertEqual(report["files"], len(self.keys("")))

        self.store.request("PUT", self.key("s/t/data/left.parquet"), b"left")
        self.store.request("PUT", self.key("s/t/metadata/00009-left.metadata.json"), b"{}")
        self.store.request("PUT", self.key("s/dropped/data/1.parquet"), b"dropped")
        self.store.request("PUT", self.key("notes/readme.txt"), b"the user's own")
        begun = xml.fromstring(self.store.request("POST", self.key("s/t/data/broken-off.parquet") + "?uploads"))
        upload = begun.findtext("{http://s3.amazonaws.com/doc/2006-03-01/}UploadId") or begun.findtext("UploadId")
        self.store.request("POST", f"/{object_store.BUCKET}/another/prefix.parquet?uploads")
        report, found = self.check()
        self.assertEqual(found, [
            ("leftover-file", "", "s/dropped/data/1.parquet"),
            ("leftover-file", "table s.t", "s/t/data/left.parquet"),
            ("leftover-file", "table s.t", "s/t/metadata/00009-left.metadata.json"),
            ("unfinished-file", "table s.t", "s/t/data/broken-off.parquet")])
        self.assertEqual(report["leftover_bytes"], 13)
        self.assertTrue(upload)

        data, manifest = self.keys("s/u/data/")[0], next(key for key in self.keys("s/t/metadata/") if "-m" in key)
        self.store.request("PUT", self.key(data), b"short")
        self.store.request("DELETE", self.key(manifest))
        _, found = self.check(damaged=True)
        self.assertEqual([item for item in found if item[0] not in ("leftover-file", "unfinished-file")], [
            ("damaged-file", "table s.u", data), ("missing-file", "table s.t", manifest)])

    def test_a_lost_catalog_is_rebuilt(self):
        self.make()
        before = self.rows("SELECT (SELECT sum(a) FROM s.t) AS t, (FROM s.u) AS u, (FROM s.v) AS v")
        history = self.rows('SELECT snapshot_id FROM s."t$history" ORDER BY made_current_at')
        with sqlite3.connect(self.file) as catalog:
            pointers = dict(catalog.execute("SELECT table_name, metadata_location FROM iceberg_tables"))
        # What an aborted commit left: newer, and its files are not there.
        newest = pointers["t"]
        torn = json.loads(self.store.request("GET", "/" + newest.removeprefix("s3://")))
        torn["metadata-log"].append({"metadata-file": newest, "timestamp-ms": torn["last-updated-ms"]})
        torn["last-updated-ms"] += 1
        torn["snapshots"][-1]["manifest-list"] += ".none"
        self.store.request("PUT", self.key("s/t/metadata/00007-torn.metadata.json"), json.dumps(torn).encode())
        self.file.unlink()
        output = self.run_eider("catalog", "rebuild")
        self.assertIn("holds 3 tables and views", output)
        self.assertIn("left out", output)
        self.assertIn("00007-torn.metadata.json", output)
        with sqlite3.connect(self.file) as catalog:
            self.assertEqual(dict(catalog.execute("SELECT table_name, metadata_location FROM iceberg_tables")), pointers)
        self.assertEqual(self.rows("SELECT (SELECT sum(a) FROM s.t) AS t, (FROM s.u) AS u, (FROM s.v) AS v"), before)
        self.assertEqual(self.rows('SELECT snapshot_id FROM s."t$history" ORDER BY made_current_at'), history)
        self.rows("INSERT INTO s.t VALUES (7)")

    def test_a_healthy_catalog_is_left_alone(self):
        self.make()
        done = self.eider("catalog", "rebuild", "--warehouse", self.location, "--catalog", f"sqlite://{self.file}",
                          environment=self.environment)
        self.assertIn("is healthy and holds 3 tables and views", done.stderr)
        for command in ("check", "rebuild"):
            done = self.eider("catalog", command, "--warehouse", self.location, environment=self.environment)
            self.assertIn("Say what keeps it", done.stderr)
        output = self.run_eider("catalog", "rebuild", "--replace", "--only-proven")
        self.assertIn("holds 3 tables and views", output)


if __name__ == "__main__":
    unittest.main()
