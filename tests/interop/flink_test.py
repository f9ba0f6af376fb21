"""Flink reads what Eider wrote and writes what Eider reads, set up by what `eider flink conf` prints."""

import datetime
import decimal
import json
import os
import pathlib
import subprocess
import unittest

import program
import pyflink
import pyspark

from interop import java, partners, servers

# Flink reaches into these packages; its own start script opens them to it.
OPENED = ["java.lang", "java.util", "java.net", "java.io", "java.nio", "java.text", "java.time", "java.util.concurrent", "sun.nio.ch"]
CONFIGURATION = """
execution.target: local
execution.attached: true
execution.runtime-mode: batch
parallelism.default: 1
table.dml-sync: true
table.local-time-zone: UTC
"""


class Flink:
    """Its SQL client; each call is a process with a cluster of its own."""

    def __init__(self, folder, rest):
        self.folder = folder
        self.create_catalog = partners.configuration("flink", "conf", rest)
        (folder / "config.yaml").write_text(CONFIGURATION)
        home = pathlib.Path(pyflink.__path__[0])
        # Iceberg's runtime expects Hadoop's classes, which come with Spark.
        hadoop = (pathlib.Path(pyspark.__path__[0]) / "jars").glob("hadoop-client-*.jar")
        jars = [*(home / "lib").glob("*.jar"), *(home / "opt").glob("*.jar"), *hadoop,
                *(program.PROJECT / ".interop").glob("*flink*.jar")]
        self.command = [java.find(17, 21) / "bin" / "java", "-Xmx1g",
                        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED),
                        "-cp", ":".join(map(str, jars)), "org.apache.flink.table.client.SqlClient", "-f"]

    def run(self, text):
        script = self.folder / "script.sql"
        script.write_text(f"{self.create_catalog}\nUSE CATALOG jaffle_iceberg;\n{text}")
        done = subprocess.run([*map(str, self.command), str(script)], capture_output=True, text=True, timeout=300,
                              env={**os.environ, "FLINK_CONF_DIR": str(self.folder)})
        # The client ends well where a statement failed.
        if done.returncode != 0 or "[ERROR]" in done.stdout:
            raise AssertionError(f"flink: {text}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")

    def rows_of(self, name, columns):
        """A statement that writes a table's rows as JSON, for read_rows."""
        return (f"CREATE TEMPORARY TABLE `rows_{name}` ({columns}) WITH ('connector' = 'filesystem', 'format' = 'json', "
                f"'path' = '{self.folder}/rows_{name}');\nINSERT INTO `rows_{name}` SELECT * FROM {name};")

    def read_rows(self, name):
        files = [file for file in (self.folder / f"rows_{name}").rglob("*") if file.is_file()]
        rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
        return sorted(rows, key=lambda row: row["id"])


class FlinkTest(unittest.TestCase):
    def test_it_writes_and_reads_beside_eider(self):
        folder = self.enterContext(servers.scratch())
        warehouse = folder / "jaffle_shop"
        eider = partners.Eider(warehouse)
        eider.execute("CREATE SCHEMA lab")
        eider.create("lab.ours")
        day = datetime.date(2026, 3, 1)
        ours = [(1, "one", decimal.Decimal("1.25"), day), (2, None, decimal.Decimal("-3.50"), datetime.date(1969, 12, 31))]
        eider.append("lab.ours", ours)
        rest = self.enterContext(servers.eider(folder, warehouse))
        flink = Flink(folder, rest)

        theirs = ("id BIGINT, name STRING, at_time TIMESTAMP(6), instant TIMESTAMP_LTZ(6), half DOUBLE, flag BOOLEAN, "
                  "tags ARRAY<STRING>, place ROW<x INT, y INT>, counts MAP<STRING, INT>")
        flink.run(f"""
            USE lab;
            {flink.rows_of("ours", "id BIGINT, name STRING, amount DECIMAL(10, 2), `day` DATE")}
            INSERT INTO ours VALUES (3, 'flink', 9.99, DATE '2026-05-05');
            CREATE TABLE theirs ({theirs}, PRIMARY KEY (id) NOT ENFORCED) PARTITIONED BY (id) WITH ('format-version' = '2');
            INSERT INTO theirs VALUES
              (1, 'a', TIMESTAMP '2026-01-01 01:02:03.456789', TO_TIMESTAMP_LTZ(1767229323456, 3), 0.5, TRUE,
               ARRAY['x', 'y'], ROW(1, 2), MAP['k', 1]),
              (2, 'b', TIMESTAMP '1969-12-31 23:59:59.9', TO_TIMESTAMP_LTZ(-100, 3), -0.5, FALSE, ARRAY['z'], ROW(3, 4), MAP['k', 2]);
            INSERT INTO theirs /*+ OPTIONS('upsert-enabled' = 'true') */ VALUES
              (2, 'bb', TIMESTAMP '2026-01-01 00:00:00', TO_TIMESTAMP_LTZ(0, 3), 2.5, TRUE, ARRAY['w'], ROW(5, 6), MAP['l', 3]);
            CREATE TABLE dropped (id BIGINT);
            DROP TABLE dropped;
            {flink.rows_of("theirs", theirs)}
        """)

        self.assertEqual([(row["id"], row["name"], decimal.Decimal(str(row["amount"])), row["day"])
                          for row in flink.read_rows("ours")],
                         [(*row[:3], row[3].isoformat()) for row in ours])
        self.assertEqual(eider.rows("lab.ours"), [*ours, (3, "flink", decimal.Decimal("9.99"), datetime.date(2026, 5, 5))])
        self.assertEqual(partners.PyIceberg(rest).rows("lab.ours"), eider.rows("lab.ours"))

        read = program.run("sql", "--warehouse", warehouse, "--format", "ndjson", "SELECT * FROM lab.theirs ORDER BY id")
        self.assertEqual(read.returncode, 0, read.stderr)
        rows = [json.loads(line) for line in read.stdout.splitlines()]
        self.assertEqual(rows, [
            {"id": 1, "name": "a", "at_time": "2026-01-01 01:02:03.456789", "instant": "2026-01-01 01:02:03.456+00", "half": 0.5,
             "flag": True, "tags": ["x", "y"], "place": {"x": 1, "y": 2}, "counts": {"k": 1}},
            {"id": 2, "name": "bb", "at_time": "2026-01-01 00:00:00", "instant": "1970-01-01 00:00:00+00", "half": 2.5,
             "flag": True, "tags": ["w"], "place": {"x": 5, "y": 6}, "counts": {"l": 3}}])
        self.assertEqual([(row["id"], row["name"], row["tags"], row["place"], row["counts"]) for row in flink.read_rows("theirs")],
                         [(row["id"], row["name"], row["tags"], row["place"], row["counts"]) for row in rows])
        # The upsert was an equality delete, or this says less than it seems to.
        deletes = program.run("sql", "--warehouse", warehouse, "--format", "csv",
                              "SELECT count(*) FROM lab.\"theirs$files\" WHERE content = 2")
        self.assertEqual(deletes.stdout.split()[-1], "1", deletes.stderr)

        # Hadoop's checksums beside the files are no leftovers.
        check = program.run("catalog", "check", "--warehouse", warehouse)
        self.assertIn("Catalog and folder agree.", check.stdout)


if __name__ == "__main__":
    unittest.main()
