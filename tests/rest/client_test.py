"""Eider as a client of a REST catalog that another process serves: the example, SQL, and what is there afterwards."""

import concurrent.futures
import json
import unittest

import program
from pyiceberg.catalog.rest import RestCatalog

from server.serving import Server

PROFILES = """
jaffle_shop:
  target: remote
  outputs:
    remote:
      type: eider
      catalog: rest
      uri: "{{ env_var('CATALOG_URI') }}"
      warehouse: jaffle_iceberg
      database: jaffle_iceberg
      token: "{{ env_var('DBT_ENV_SECRET_TOKEN', 'none-is-needed') }}"
      schema: main
      threads: 4
    local:
      type: eider
      warehouse: local/jaffle_shop
      catalog: jaffle_iceberg
      schema: main
      threads: 4
"""


class ClientTest(program.ScratchTest):
    def setUp(self):
        super().setUp()
        self.warehouse = self.folder / "served"
        self.uri = self.serve()

    def serve(self):
        """Starts a catalog on the warehouse; returns its address."""
        self.warehouse.mkdir()
        server = self.enterContext(Server("--warehouse", f"jaffle_iceberg={self.warehouse}"))
        return f"http://{server.host}:{server.port}/iceberg"

    def sql(self, text, *, remote=True, fails=False):
        """Rows of a statement in a process of its own, through the catalog or on the local warehouse."""
        place = (["--catalog", self.uri, "--warehouse", "jaffle_iceberg"] if remote
                 else ["--warehouse", "project/local/jaffle_shop"])
        return self.sql_rows(place, text, fails=fails)


class Example(ClientTest):
    def build(self, target):
        return self.eider("build", "--target", target, "--profiles-dir", self.folder, cwd=self.folder / "project",
                          environment={"CATALOG_URI": self.uri})

    def test_it_is_built_through_the_catalog_as_in_a_folder(self):
        program.copy_project(program.EXAMPLE, self.folder / "project")
        self.write("profiles.yml", PROFILES)
        for target in ("local", "remote", "remote"):  # the second time over what stands
            done = self.build(target)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("PASS=36 WARN=0 ERROR=0 SKIP=0", done.stdout)
        names = "SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL"
        tables = self.sql(names)
        self.assertEqual(tables, self.sql(names, remote=False))
        self.assertGreater(len(tables), 8)
        rest = RestCatalog("r", uri=self.uri, warehouse="jaffle_iceberg")
        views = {".".join(name) for space in rest.list_namespaces() for name in rest.list_views(space)}
        for table in tables:
            name = f"{table['table_schema']}.{table['table_name']}"
            query = f"SELECT * FROM {name} ORDER BY ALL"
            rows = self.sql(query)
            self.assertEqual(rows, self.sql(query, remote=False), name)
            if name not in views:
                loaded = rest.load_table(name)
                self.assertEqual(loaded.scan().to_arrow().num_rows, len(rows), name)
                self.assertEqual(loaded.location(), f"file://{self.warehouse}/{name.replace('.', '/')}")


class Sql(ClientTest):
    def test_tables_views_and_time_travel(self):
        self.sql("CREATE SCHEMA s; CREATE TABLE s.t (id BIGINT, name VARCHAR); INSERT INTO s.t VALUES (1, 'a')")
        self.sql("INSERT INTO s.t VALUES (2, 'b'); CREATE VIEW s.v AS SELECT count(*) AS n FROM s.t")
        self.assertEqual(self.sql("SELECT n FROM s.v"), [{"n": 2}])
        first = self.sql('SELECT snapshot_id FROM s."t$snapshots" ORDER BY committed_at LIMIT 1')[0]["snapshot_id"]
        self.assertEqual(self.sql(f"SELECT * FROM s.t AT (VERSION => {first})"), [{"id": 1, "name": "a"}])
        self.sql("ALTER TABLE s.t ADD COLUMN note VARCHAR; ALTER TABLE s.t RENAME TO u")
        self.sql("CREATE OR REPLACE VIEW s.v AS SELECT max(id) AS n FROM s.U; CREATE TABLE s.copy AS FROM s.u")
        self.assertEqual(self.sql("SELECT n FROM s.v"), [{"n": 2}])
        self.assertEqual(self.sql("SELECT * FROM s.copy ORDER BY id")[1], {"id": 2, "name": "b", "note": None})
        self.sql("DROP VIEW s.v; DROP TABLE s.copy; DROP TABLE s.u; DROP SCHEMA s")
        self.assertEqual(list(self.warehouse.glob("s/*/*/*.parquet")), [])

    def test_transactions(self):
        self.sql("BEGIN; CREATE SCHEMA s; CREATE TABLE s.a AS SELECT 1 AS id; CREATE TABLE s.b AS SELECT 2 AS id; "
                 "COMMIT")
        self.assertEqual(self.sql("FROM s.a UNION ALL FROM s.b ORDER BY id"), [{"id": 1}, {"id": 2}])
        refusal = self.sql("BEGIN; INSERT INTO s.a VALUES (5); DROP TABLE s.b; COMMIT", fails=True)
        self.assertIn("a REST catalog takes one change at a time", refusal)
        self.sql("BEGIN; INSERT INTO s.a VALUES (5); INSERT INTO s.b VALUES (6); ROLLBACK")
        self.assertEqual(self.sql("FROM s.a UNION ALL FROM s.b ORDER BY id"), [{"id": 1}, {"id": 2}])
        self.assertEqual(len(list(self.warehouse.glob("s/*/data/*.parquet"))), 2)

    def test_processes_that_insert_at_once_lose_nothing(self):
        self.sql("CREATE SCHEMA s; CREATE TABLE s.t (writer BIGINT, number BIGINT)")

        def insert(writer):
            for number in range(4):
                self.sql(f"INSERT INTO s.t VALUES ({writer}, {number})")

        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(insert, range(3)))
        self.assertEqual(self.sql("SELECT count(*) AS n, count(DISTINCT (writer, number)) AS d FROM s.t"),
                         [{"n": 12, "d": 12}])

    def test_attach_says_what_is_wrong_and_no_secret(self):
        attach = f"ATTACH '{self.uri}' AS other (TYPE eider, CATALOG 'rest'"
        self.sql(f"{attach}, WAREHOUSE 'jaffle_iceberg', TOKEN 'hush-hush'); CREATE TABLE other.main.t AS SELECT 3 AS x")
        self.assertEqual(self.sql("FROM main.t"), [{"x": 3}])
        self.assertIn("no warehouse absent", self.sql(f"{attach}, WAREHOUSE 'absent')", fails=True))
        self.assertIn("Did you mean scope?", self.sql(f"{attach}, SCOPES 'a')", fails=True))
        shown = self.sql(f"{attach}, TOKEN 'hush-hush'); SELECT options::VARCHAR AS o FROM duckdb_databases()")
        self.assertNotIn("hush-hush", json.dumps(shown))
        refusal = self.sql(f"{attach}, READ_ONLY); CREATE TABLE other.main.u (x INT)", fails=True)
        self.assertIn("read-only", refusal)


class Reader(ClientTest):
    """Who may read a part of the warehouse only."""

    def serve(self):
        self.warehouse.mkdir()
        self.write("eider.yaml", "authentication:\n  tokens: tokens.json\n"
                                 "roles:\n  readers:\n    members: [token:reader]\n    grants: [read:jaffle_iceberg/open]\n"
                                 "  admins:\n    members: [token:admin]\n    grants: [admin]\n")
        self.tokens = {name: self.eider("token", "create", "--config", "eider.yaml", "--name", name,
                                        cwd=self.folder).stdout.strip() for name in ("reader", "admin")}
        server = self.enterContext(Server("--warehouse", f"jaffle_iceberg={self.warehouse}",
                                          "--config", self.folder / "eider.yaml"))
        return f"http://{server.host}:{server.port}/iceberg"

    def sql(self, text, *, who="reader", fails=False):
        attach = f"ATTACH '{self.uri}' AS lake (TYPE eider, CATALOG 'rest', TOKEN '{self.tokens[who]}')"
        return self.sql_rows(["--warehouse", self.folder], f"{attach}; USE lake; {text}", fails=fails)

    def test_names_that_are_not_its_own_are_found_all_the_same(self):
        self.sql("CREATE SCHEMA open; CREATE TABLE open.t AS SELECT 7 AS n; "
                 "CREATE SCHEMA shut; CREATE TABLE shut.t AS SELECT 8 AS n", who="admin")
        self.write("numbers.csv", "n\n9\n")
        self.assertEqual(self.sql("SHOW ALL TABLES")[0]["name"], "t")
        self.assertEqual(self.sql(f"FROM '{self.folder}/numbers.csv'"), [{"n": 9}])
        self.assertEqual(self.sql("USE lake.open; FROM t"), [{"n": 7}])
        self.assertIn("may read nothing in jaffle_iceberg/shut", self.sql("FROM shut.t", fails=True))


class Listing(ClientTest):
    TABLES = 12

    def serve(self):
        self.warehouse.mkdir()
        self.log = self.folder / "access.log"
        server = self.enterContext(Server("--warehouse", f"jaffle_iceberg={self.warehouse}", "--access-log", self.log))
        return f"http://{server.host}:{server.port}/iceberg"

    def asked(self, text, **options):
        """Rows of a statement, or what it failed with, and how many tables and views it had the catalog load."""
        before = len(self.log.read_text().splitlines())
        rows = self.sql(text, **options)
        requests = [json.loads(line) for line in self.log.read_text().splitlines()[before:]]
        loads = [request["path"] for request in requests if request["method"] == "GET" and request["status"] == 200
                 and request["path"].rsplit("/", 2)[1] in ("tables", "views")]
        return rows, len(loads)

    def test_names_are_listed_without_a_look_at_each_table(self):
        self.sql("CREATE SCHEMA s; CREATE VIEW s.v AS SELECT 1 AS one")
        self.sql(";".join(f"CREATE TABLE s.t{i} AS SELECT {i} AS n" for i in range(self.TABLES)))
        names = sorted([f"t{i}" for i in range(self.TABLES)] + ["v"])

        rows, loads = self.asked("USE s; SHOW TABLES")
        self.assertEqual([row["name"] for row in rows], names)
        self.assertEqual(loads, 0)
        rows, loads = self.asked("SELECT table_schema AS s, table_name AS n, table_type AS t FROM information_schema.tables "
                                 "WHERE table_catalog = current_database() ORDER BY n")
        self.assertEqual([row["n"] for row in rows], names)
        self.assertEqual({row["t"] for row in rows}, {"BASE TABLE", "VIEW"})
        self.assertEqual(loads, 0)
        rows, loads = self.asked("SELECT count(*) AS n FROM duckdb_tables()")
        self.assertEqual((rows, loads), ([{"n": self.TABLES}], 0))
        failure, loads = self.asked("SELECT * FROM s.t99", fails=True)
        self.assertIn("Did you mean", failure)
        self.assertEqual(loads, 0)

        # What metadata alone tells is there as ever, asked for beside the names or not.
        rows, loads = self.asked("SELECT table_name AS n, column_count AS c, estimated_size AS e, sql FROM duckdb_tables()")
        self.assertEqual({(row["n"], row["c"], row["e"]) for row in rows}, {(f"t{i}", 1, 1) for i in range(self.TABLES)})
        self.assertIn("CREATE TABLE s.t0(n INTEGER)", [row["sql"].rstrip(";") for row in rows])
        self.assertEqual(loads, self.TABLES + 1)  # the view stands among the tables
        rows, _ = self.asked("SELECT view_name AS n, sql FROM duckdb_views() WHERE NOT internal")
        self.assertEqual([row["n"] for row in rows], ["v"])
        self.assertIn("SELECT 1 AS one", rows[0]["sql"])
        rows, _ = self.asked("SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_name = 't3'")
        self.assertEqual(rows, [{"t": "t3", "c": "n"}])
        rows, _ = self.asked("BEGIN; CREATE TABLE s.u AS SELECT 1 AS x; SELECT count(*) AS n FROM duckdb_tables()")
        self.assertEqual(rows, [{"n": self.TABLES + 1}])


if __name__ == "__main__":
    unittest.main()
