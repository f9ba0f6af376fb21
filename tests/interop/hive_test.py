"""Eider on real Hive Metastores 4 and 3, beside PyIceberg and Spark: each reads what the others wrote, and nobody loses
a commit."""

import concurrent.futures
import datetime
import decimal
import fcntl
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

import postgres
import program
import pyarrow
import pyiceberg.exceptions
from hive_metastore.ttypes import GetTableRequest
from pyiceberg.catalog.hive import Client, HiveCatalog

from interop import hive, java

VERSION = os.environ.get("EIDER_HIVE_VERSION", "4.0.1")

PROFILES = """
jaffle_shop:
  target: hive
  outputs:
    hive:
      type: eider
      catalog: hive
      uri: "{{ env_var('METASTORE') }}"
      warehouse: hive
      database: jaffle_iceberg
      schema: main
      threads: 4
    local:
      type: eider
      warehouse: local/jaffle_shop
      catalog: jaffle_iceberg
      schema: main
      threads: 4
"""

# A column of every type that both know, and the values of two rows.
COLUMNS = [
    ("id", "BIGINT", 1, 2), ("flag", "BOOLEAN", True, None), ("small", "INTEGER", -5, None),
    ("real", "DOUBLE", 1.5, None), ("price", "DECIMAL(10, 2)", decimal.Decimal("12.30"), None),
    ("name", "VARCHAR", "Zoë's", None), ("day", "DATE", datetime.date(2026, 2, 28), None),
    ("at", "TIMESTAMP", datetime.datetime(2026, 2, 28, 12, 30, 1, 5), None),
    ("tags", "VARCHAR[]", ["a", "b"], None), ("pair", "STRUCT(x INTEGER, y VARCHAR)", {"x": 1, "y": "z"}, None),
]


def setUpModule():
    if postgres.programs() is None:
        raise unittest.SkipTest("PostgreSQL is not installed, which the metastores keep their tables in")
    global folder, warehouse, uri
    folder = pathlib.Path(tempfile.mkdtemp(prefix="eider-hive-")).resolve()
    unittest.addModuleCleanup(shutil.rmtree, folder, ignore_errors=True)
    warehouse = folder / "warehouse"
    warehouse.mkdir()
    uri = unittest.enterModuleContext(hive.metastore(VERSION, folder, warehouse))
    if VERSION.startswith("4"):
        # Hive 4.0.1 has not the call that PyIceberg 0.12 reads tables with, but the one that was added beside it.
        Client.get_table = lambda self, dbname, tbl_name: self.get_table_req(
            GetTableRequest(dbName=dbname, tblName=tbl_name)).table


def pyiceberg_catalog():
    # Left alone, it sleeps for seconds while it is at the head of those who wait for a lock.
    waits = {"lock-check-min-wait-time": "0.1", "lock-check-max-wait-time": "0.1", "lock-check-retries": "600"}
    return HiveCatalog("hive", uri=uri, **waits)


class HiveTest(program.ScratchTest):
    def sql(self, text, *, place=None, fails=False):
        return self.sql_rows(place or ["--warehouse", uri, "--catalog", "hive"], text, fails=fails)


class Example(HiveTest):
    def build(self, target):
        done = self.eider("build", "--target", target, "--profiles-dir", self.folder, cwd=self.folder / "project",
                          environment={"METASTORE": uri})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("PASS=36 WARN=0 ERROR=0 SKIP=0", done.stdout)

    def test_it_is_built_on_the_metastore_as_in_a_folder(self):
        program.copy_project(program.EXAMPLE, self.folder / "project")
        self.write("profiles.yml", PROFILES)
        for target in ("local", "hive", "hive"):  # the second time over what stands
            self.build(target)
        local = ["--warehouse", "project/local/jaffle_shop"]
        names = ("SELECT table_schema, table_name, table_type FROM information_schema.tables "
                 "WHERE table_schema IN ('seeds', 'staging', 'marts', 'ddi') ORDER BY ALL")
        tables = self.sql(names)
        self.assertEqual(tables, self.sql(names, place=local))
        self.assertGreater(len(tables), 8)
        catalog = pyiceberg_catalog()
        for table in tables:
            name = f"{table['table_schema']}.{table['table_name']}"
            query = f"SELECT * FROM {name} ORDER BY ALL"
            rows = self.sql(query)
            self.assertEqual(rows, self.sql(query, place=local), name)
            if table["table_type"] != "VIEW":
                self.assertEqual(catalog.load_table(name).scan().to_arrow().num_rows, len(rows), name)


class Sql(HiveTest):
    def test_tables_views_and_time_travel(self):
        self.sql("CREATE SCHEMA shop; CREATE TABLE shop.t (id BIGINT, name VARCHAR); INSERT INTO shop.t VALUES (1, 'a')")
        self.sql("INSERT INTO shop.T VALUES (2, 'b'); CREATE VIEW shop.v AS SELECT count(*) AS n FROM shop.t")
        self.assertEqual(self.sql("SELECT n FROM shop.v"), [{"n": 2}])
        first = self.sql('SELECT snapshot_id FROM shop."t$snapshots" ORDER BY committed_at LIMIT 1')[0]["snapshot_id"]
        self.assertEqual(self.sql(f"SELECT * FROM shop.t AT (VERSION => {first})"), [{"id": 1, "name": "a"}])
        self.sql("ALTER TABLE shop.t ADD COLUMN note VARCHAR; ALTER TABLE shop.t RENAME TO u")
        self.sql("CREATE OR REPLACE VIEW shop.v AS SELECT max(id) AS n FROM shop.u; CREATE TABLE shop.copy AS FROM shop.u")
        self.assertEqual(self.sql("SELECT n FROM shop.v"), [{"n": 2}])
        self.assertEqual(self.sql("SELECT * FROM shop.copy ORDER BY id")[1], {"id": 2, "name": "b", "note": None})
        self.sql("DROP VIEW shop.v; DROP TABLE shop.copy; DROP TABLE shop.u; DROP SCHEMA shop")
        self.assertEqual(list((warehouse / "shop.db").rglob("*.parquet")), [])

    def test_several_tables_in_one_transaction_are_refused(self):
        self.sql("CREATE SCHEMA two; CREATE TABLE two.a AS SELECT 1 AS id; CREATE TABLE two.b AS SELECT 2 AS id")
        refusal = self.sql("BEGIN; INSERT INTO two.a VALUES (5); INSERT INTO two.b VALUES (6); COMMIT", fails=True)
        self.assertIn("a Hive Metastore takes one change at a time", refusal)
        self.assertEqual(self.sql("FROM two.a UNION ALL FROM two.b ORDER BY id"), [{"id": 1}, {"id": 2}])
        self.assertEqual(len(list(warehouse.glob("two.db/*/data/*.parquet"))), 2)

    def test_what_it_cannot_be_says_so(self):
        self.assertIn("schemas of one", self.sql('CREATE SCHEMA "a.b"', fails=True))
        self.assertIn("already exists", self.sql("CREATE SCHEMA one; CREATE SCHEMA one", fails=True).replace(
            "exists already", "already exists"))
        place = ["--warehouse", "thrift://127.0.0.1:1", "--catalog", "hive"]
        self.assertIn("cannot connect to thrift://127.0.0.1:1", self.sql("SELECT 1", place=place, fails=True))

    def test_a_folder_beside_the_metastore_holds_its_new_schemas(self):
        place = ["--warehouse", self.folder / "beside", "--catalog", uri]
        self.sql("CREATE SCHEMA aside; CREATE TABLE aside.t AS SELECT 7 AS id", place=place)
        self.assertEqual(len(list(self.folder.glob("beside/aside.db/t/data/*.parquet"))), 1)
        self.assertEqual(self.sql("FROM aside.t"), [{"id": 7}])


class PyIceberg(HiveTest):
    def test_reads_what_eider_wrote_and_the_other_way_round(self):
        columns = ", ".join(f'"{name}" {kind}' for name, kind, _, _ in COLUMNS)
        self.sql(f"CREATE SCHEMA lab; CREATE TABLE lab.ours ({columns}); INSERT INTO lab.ours VALUES "
                 "(1, true, -5, 1.5, 12.30, 'Zoë''s', '2026-02-28', '2026-02-28 12:30:01.000005', ['a', 'b'], "
                 "{'x': 1, 'y': 'z'}); INSERT INTO lab.ours (id) VALUES (2)")
        catalog = pyiceberg_catalog()
        expected = [{name: values[row] for name, _, *values in COLUMNS} for row in range(2)]
        ours = catalog.load_table("lab.ours")
        self.assertEqual(ours.scan().to_arrow().sort_by("id").to_pylist(), expected)
        self.assertTrue(ours.location().startswith("file:"), ours.location())

        # PyIceberg on Eider's table.
        third = {**expected[1], "id": 3, "name": "third"}
        ours.append(pyarrow.Table.from_pylist([third], schema=ours.schema().as_arrow()))
        with ours.update_schema() as change:
            change.rename_column("name", "title")
        self.assertEqual(self.sql("SELECT id, title FROM lab.ours ORDER BY id"),
                         [{"id": 1, "title": "Zoë's"}, {"id": 2, "title": None}, {"id": 3, "title": "third"}])
        self.sql("INSERT INTO lab.ours (id, title) VALUES (4, 'fourth')")
        self.assertEqual(catalog.load_table("lab.ours").scan().to_arrow().column("id").to_pylist().__len__(), 4)

        # Eider on PyIceberg's.
        arrow = ours.scan().to_arrow()
        theirs = catalog.create_table("lab.theirs", arrow.schema)
        theirs.append(arrow)
        query = "SELECT * FROM {} ORDER BY id"
        self.assertEqual(self.sql(query.format("lab.theirs")),
                         self.sql(query.format("lab.ours") .replace("ORDER", "WHERE id < 4 ORDER")))
        self.sql("INSERT INTO lab.theirs (id, title) VALUES (9, 'nine')")
        theirs = catalog.load_table("lab.theirs")
        self.assertEqual(sorted(theirs.scan().to_arrow()["id"].to_pylist()), [1, 2, 3, 9])
        catalog.drop_table("lab.theirs")
        self.assertIn("does not exist", self.sql("FROM lab.theirs", fails=True))
        with self.assertRaises(pyiceberg.exceptions.NoSuchTableError):
            self.sql("DROP TABLE lab.ours")
            catalog.load_table("lab.ours")

    def test_writers_of_both_kinds_at_once_lose_nothing(self):
        self.sql("CREATE SCHEMA busy; CREATE TABLE busy.t (writer BIGINT, number BIGINT)")

        def eider(writer):
            for number in range(4):
                self.sql(f"INSERT INTO busy.t VALUES ({writer}, {number})")

        def pyiceberg_writer(writer):
            catalog = pyiceberg_catalog()
            for number in range(4):
                while True:
                    table = catalog.load_table("busy.t")
                    try:
                        table.append(pyarrow.table({"writer": [writer], "number": [number]}))
                        break
                    except pyiceberg.exceptions.CommitFailedException:
                        pass  # somebody was first: PyIceberg leaves the next try to its caller

        with concurrent.futures.ThreadPoolExecutor() as pool:
            writers = [pool.submit(eider, 1), pool.submit(eider, 2), pool.submit(pyiceberg_writer, 3),
                       pool.submit(pyiceberg_writer, 4)]
        for writer in writers:
            writer.result()
        expected = [(writer, number) for writer in range(1, 5) for number in range(4)]
        rows = [tuple(row.values()) for row in self.sql("SELECT writer, number FROM busy.t ORDER BY ALL")]
        self.assertEqual(rows, expected)
        read = pyiceberg_catalog().load_table("busy.t").scan().to_arrow().sort_by([("writer", "ascending"),
                                                                                     ("number", "ascending")])
        self.assertEqual([tuple(row.values()) for row in read.to_pylist()], expected)


@unittest.skipIf(VERSION.startswith("4"), "Spark's own client is of Hive 2, and asks Hive 4 for calls that it has no more")
class Spark(HiveTest):
    def session(self):
        from pyspark.sql import SparkSession
        os.environ |= {"JAVA_HOME": str(java.find(17, 21)), "SPARK_LOCAL_IP": "127.0.0.1"}
        catalog = "spark.sql.catalog.hive"
        settings = {
            "spark.jars": program.PROJECT / ".interop" / "iceberg-spark-runtime-4.1_2.13-1.12.0.jar",
            "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
            catalog: "org.apache.iceberg.spark.SparkCatalog", f"{catalog}.type": "hive", f"{catalog}.uri": uri,
            f"{catalog}.cache-enabled": "false", "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
            "spark.sql.shuffle.partitions": "1", "spark.driver.memory": "1g", "spark.log.level": "ERROR"}
        builder = SparkSession.builder.master("local[2]")
        for key, value in settings.items():
            builder = builder.config(key, str(value))
        return self.enterContext(builder.getOrCreate())

    def test_it_reads_and_changes_what_eider_wrote_and_the_other_way_round(self):
        self.sql("CREATE SCHEMA spark; CREATE TABLE spark.ours AS SELECT range AS id, 'n' || range AS name FROM range(3)")
        self.sql("CREATE VIEW spark.v AS SELECT max(id) AS id FROM spark.ours")
        spark = self.session()
        rows = [tuple(row) for row in spark.sql("SELECT * FROM hive.spark.ours ORDER BY id").collect()]
        self.assertEqual(rows, [(0, "n0"), (1, "n1"), (2, "n2")])
        self.assertEqual([row.viewName for row in spark.sql("SHOW VIEWS IN hive.spark").collect()], ["v"])
        spark.sql("ALTER TABLE hive.spark.ours ADD COLUMN note STRING")
        spark.sql("INSERT INTO hive.spark.ours VALUES (3, 'n3', 'of Spark')")
        spark.sql("DELETE FROM hive.spark.ours WHERE id = 1")
        self.sql("INSERT INTO spark.ours VALUES (4, 'n4', 'of Eider')")
        expected = [(0, "n0", None), (2, "n2", None), (3, "n3", "of Spark"), (4, "n4", "of Eider")]
        self.assertEqual([tuple(row.values()) for row in self.sql("FROM spark.ours ORDER BY id")], expected)
        self.assertEqual(self.sql("FROM spark.v"), [{"id": 4}])
        query = "SELECT * FROM hive.spark.ours ORDER BY id"
        self.assertEqual([tuple(row) for row in spark.sql(query).collect()], expected)

        spark.sql("CREATE TABLE hive.spark.theirs (id BIGINT, part STRING) USING iceberg PARTITIONED BY (part)")
        spark.sql("INSERT INTO hive.spark.theirs VALUES (1, 'a'), (2, 'b')")
        self.assertEqual(self.sql("FROM spark.theirs ORDER BY id"), [{"id": 1, "part": "a"}, {"id": 2, "part": "b"}])
        self.sql("ALTER TABLE spark.theirs RENAME TO renamed")
        rows = [tuple(row) for row in spark.sql("SELECT * FROM hive.spark.renamed ORDER BY id").collect()]
        self.assertEqual(rows, [(1, "a"), (2, "b")])


@unittest.skipIf(VERSION.startswith("3"), "Hive 3 compares no pointers")
class WithoutLocks(HiveTest):
    def test_writers_lose_nothing_by_the_comparison_alone(self):
        self.sql("CREATE SCHEMA free; CREATE TABLE free.t (writer BIGINT, number BIGINT); "
                 "ALTER TABLE free.t SET TBLPROPERTIES ('engine.hive.lock-enabled' = 'false')")

        def write(writer):
            for number in range(3):
                self.sql(f"INSERT INTO free.t VALUES ({writer}, {number})")

        with concurrent.futures.ThreadPoolExecutor() as pool:
            for done in [pool.submit(write, writer) for writer in range(3)]:
                done.result()
        self.assertEqual(self.sql("SELECT count(DISTINCT (writer, number)) AS n FROM free.t"), [{"n": 9}])


@unittest.skipIf(VERSION.startswith("3"), "this is Hive 3")
class Hive3(unittest.TestCase):
    def test_all_of_it_on_hive_3(self):
        # Hive 3 listens on every address of the machine: it gets a network of its own.
        private = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-current-user", "--keep-caps", "--net"]
        if subprocess.run([*private, "true"], capture_output=True).returncode != 0:
            self.skipTest("there is no network namespace to be had here for Hive 3, which listens on every address")
        done = subprocess.run([*private, sys.executable, __file__], capture_output=True, text=True, timeout=600,
                              env={**os.environ, "EIDER_HIVE_VERSION": "3.1.3"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


def raise_loopback():
    """In a network of one's own it is down at first."""
    set_flags, up = 0x8914, 0x1  # SIOCSIFFLAGS, IFF_UP
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sH14x", b"lo", up))


if __name__ == "__main__":
    if VERSION.startswith("3"):
        raise_loopback()
    unittest.main()
