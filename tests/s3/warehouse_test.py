"""A warehouse on an object store: `eider build` and `eider sql` write it, PyIceberg reads it back."""

import json
import unittest

import object_store
import program

if not object_store.available():
    program.skip_all("there is no moto, which plays the object store")

from pyiceberg.catalog.sql import SqlCatalog  # noqa: E402

ODD = """o d%d*?'"&+=#é"""


class S3Warehouse(object_store.StoreTest):
    def setUp(self):
        super().setUp()
        self.catalog = f"sqlite://{self.folder}/catalog.db"
        self.environment = self.store.environment(token="TEST-TOKEN")

    def sql(self, text, **options):
        options.setdefault("environment", self.environment)
        return self.eider("sql", "--warehouse", self.location, "--catalog", self.catalog, "--format", "json",
                          "-c", text, **options)

    def rows(self, text):
        done = self.sql(text)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else []

    def pyiceberg(self):
        return SqlCatalog(self.rows("SELECT database_name AS n FROM duckdb_databases() WHERE type = 'eider'")[0]["n"],
                          uri=f"sqlite:///{self.folder}/catalog.db", warehouse=self.location, **self.store.properties)

    @staticmethod
    def comparable(rows):
        """Numbers as numbers: JSON has decimals as text or not, as it likes."""
        def plain(value):
            try:
                return round(float(value), 6)
            except (TypeError, ValueError):
                return str(value)
        return sorted([(name, plain(row[name])) for name in sorted(row)] for row in rows)

    def keys(self, below=""):
        prefix = self.location.split("/", 3)[3] + "/"
        return sorted(key.removeprefix(prefix) for key in self.store.keys(prefix + below))

    def test_the_example_is_built_and_read_back(self):
        project = program.copy_project(program.EXAMPLE, self.folder / "jaffle_shop")
        (project / "profiles.yml").write_text(f"""
jaffle_shop:
  target: s3
  outputs:
    s3:
      type: eider
      warehouse: {self.location}
      catalog: {self.catalog}
      schema: main
      threads: 4
      storage:
        s3.endpoint: {self.store.endpoint}
        s3.access-key-id: test-id
        s3.secret-access-key: TEST-SECRET
""")
        for _ in range(2):
            output = self.succeed("build", "--profiles-dir", ".", cwd=project, environment=object_store.STRANGER)
            self.assertIn("PASS=36 WARN=0 ERROR=0 SKIP=0", output)
        for path in (project / "logs" / "dbt.log", *(project / "target").glob("*.json")):
            self.assertNotIn("TEST-SECRET", path.read_text(), path)
        catalog = self.pyiceberg()
        for schema, table in (("marts", "customers"), ("marts", "orders"), ("staging", "stg_payments")):
            arrow = catalog.load_table((schema, table)).scan().to_arrow().to_pylist()
            ours = self.rows(f"SELECT * FROM {schema}.{table}")
            self.assertGreater(len(ours), 0)
            self.assertEqual(self.comparable(arrow), self.comparable(ours))

    def test_statements(self):
        self.rows("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT range AS a, 'x' || range AS b FROM range(100000)")
        self.rows("INSERT INTO s.t VALUES (-1, 'minus')")
        self.assertEqual(self.rows("SELECT count(*) AS n, min(a) AS a, sum(a) AS s FROM s.t"),
                         [{"n": 100001, "a": -1, "s": 4999949999}])
        self.assertEqual(self.rows("SELECT b FROM s.t WHERE a = 77777"), [{"b": "x77777"}])
        self.assertEqual(self.rows('SELECT count(*) AS n FROM s."t$snapshots"'), [{"n": 2}])
        for row in self.rows('SELECT file_path FROM s."t$files"'):
            self.assertTrue(row["file_path"].startswith(self.location + "/s/t/data/"), row)
        self.rows("CREATE OR REPLACE TABLE s.t AS SELECT 1 AS only")
        self.assertEqual(self.rows("SELECT * FROM s.t"), [{"only": 1}])
        self.rows("BEGIN; CREATE TABLE s.u AS SELECT 1 AS a; CREATE VIEW s.v AS SELECT * FROM s.u; COMMIT")
        self.assertEqual(self.rows("SELECT * FROM s.v"), [{"a": 1}])
        # No folder projection: names of objects are not changed after the fact.
        self.assertFalse([key for key in self.keys() if key.endswith("version-hint.text")])
        self.assertEqual(self.pyiceberg().load_table("s.t").scan().to_arrow().to_pylist(), [{"only": 1}])
        self.rows("DROP TABLE s.u")
        self.assertEqual(self.sql("SELECT * FROM s.u").returncode, 1)

    def test_a_statement_that_fails_leaves_no_file(self):
        self.rows("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1 AS a")
        before = self.keys()
        done = self.sql("INSERT INTO s.t SELECT CASE WHEN range = 299999 THEN error('no') ELSE range END "
                        "FROM range(300000)")
        self.assertEqual(done.returncode, 1)
        done = self.sql("BEGIN; INSERT INTO s.t VALUES (2); ROLLBACK")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.keys(), before)

    def test_odd_names(self):
        name = '"' + ODD.replace('"', '""') + '"'
        self.rows(f"CREATE SCHEMA {name}; CREATE TABLE {name}.{name} AS SELECT 1 AS {name}")
        self.rows(f"INSERT INTO {name}.{name} VALUES (2)")
        self.assertEqual(self.rows(f"SELECT * FROM {name}.{name} ORDER BY 1"), [{ODD: 1}, {ODD: 2}])
        table = self.pyiceberg().load_table((ODD, ODD))
        self.assertEqual(sorted(r[ODD] for r in table.scan().to_arrow().to_pylist()), [1, 2])

    def test_what_pyiceberg_writes_is_read(self):
        import pyarrow
        self.rows("CREATE SCHEMA s")
        data = pyarrow.table({"a": [1, 2, 3], "b": ["x", None, "z"]})
        table = self.pyiceberg().create_table("s.p", data.schema)
        table.append(data)
        table.delete("a = 2")
        self.assertEqual(self.rows("SELECT * FROM s.p ORDER BY a"), [{"a": 1, "b": "x"}, {"a": 3, "b": "z"}])
        self.rows("INSERT INTO s.p VALUES (9, 'ours')")
        self.assertEqual(len(table.refresh().scan().to_arrow()), 3)

    def test_keys_are_never_shown(self):
        self.rows("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1 AS a")
        self.assertEqual(self.rows("SELECT count(*) AS n FROM duckdb_secrets()"), [{"n": 0}])
        shown = self.sql("SELECT * FROM duckdb_databases(); SELECT * FROM s.t")
        failed = self.sql(f"SELECT * FROM read_parquet('{self.location}/s/none.parquet')")
        self.assertEqual(failed.returncode, 1)
        attached = self.eider("sql", "--format", "json", "-c", f"""
            ATTACH '{self.location}' AS x (TYPE eider, CATALOG '{self.catalog}', "s3.endpoint" '{self.store.endpoint}',
                "s3.access-key-id" 'test-id', "s3.secret-access-key" 'TEST-SECRET');
            SELECT * FROM x.s.t; SELECT * FROM duckdb_databases()""", "--warehouse", self.folder / "local")
        self.assertEqual(attached.returncode, 0, attached.stderr)
        for done in (shown, failed, attached):
            self.assertNotIn("TEST-SECRET", done.stdout + done.stderr)
            self.assertNotIn("TEST-TOKEN", done.stdout + done.stderr)

    def test_errors_say_what_to_do(self):
        done = self.eider("sql", "--warehouse", self.location, "-c", "SELECT 1", environment=self.environment)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("Say what keeps it", done.stderr)
        keyless = {**self.environment, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        done = self.sql("CREATE TABLE main.t AS SELECT 1 AS a", environment=keyless)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("there are no credentials for S3", done.stderr)
        missing = self.sql("SELECT 1", environment={**self.environment, "EIDER_HTTPFS": "/nowhere/httpfs.duckdb_extension"})
        self.assertNotEqual(missing.returncode, 0)
        self.assertIn("httpfs", missing.stderr)
        self.assertIn("has to be that of DuckDB v1.5.5", missing.stderr)
        self.location = "s3://no-such-bucket/w"
        done = self.sql("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1 AS a")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no-such-bucket", done.stderr)

    def test_the_store_may_fail_now_and_then(self):
        self.store.fail(0.05)
        self.addCleanup(self.store.fail, 0)
        self.rows("CREATE SCHEMA s; CREATE TABLE s.t (a BIGINT)")
        landed = 0
        for i in range(10):
            # The part of it that is DuckDB's may give up; then nothing has happened.
            landed += self.sql(f"INSERT INTO s.t VALUES ({i})").returncode == 0
        self.store.fail(0)
        self.assertGreater(landed, 5)
        self.assertEqual(self.rows("SELECT count(*) AS n FROM s.t"), [{"n": landed}])


if __name__ == "__main__":
    unittest.main()
