"""Eider as a client of a REST catalog whose tables lie on an object store, with keys that the catalog lends or its own."""

import json
import unittest

import object_store
import program
from lending_catalog import LendingCatalog
from server.serving import Server

if not object_store.available():
    program.skip_all("there is no moto, which plays the object store")

NOTHING = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_ENDPOINT_URL_S3": "",
           "AWS_ENDPOINT_URL": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "", **object_store.STRANGER}
SECRETS = ("LENT-SECRET", "LENT-TOKEN", "OWN-SECRET", "SERVER-SECRET")


class RestOnS3(object_store.StoreTest):
    storage = "s3.access-key-id: server, s3.secret-access-key: SERVER-SECRET"

    def setUp(self):
        super().setUp()
        self.write("eider.yaml", f"""
warehouses:
  - name: shop
    location: {self.location}
    catalog: sqlite://{self.folder}/catalog.db
    storage: {{s3.endpoint: "{self.store.endpoint}", {self.storage}}}
""")
        self.server = self.enterContext(Server("--config", self.folder / "eider.yaml"))
        self.uri = f"http://{self.server.host}:{self.server.port}/iceberg"

    def sql(self, text, *, fails=False, options="", environment=None):
        """Rows of statements in a process of their own; what they failed with where they are to fail."""
        attach = f"ATTACH '{self.uri}' AS shop (TYPE eider, CATALOG 'rest', WAREHOUSE 'shop'{options})"
        done = self.eider("sql", "--warehouse", self.folder / "local", "--format", "json", "-c",
                          f"{attach}; USE shop; {text}", environment={**NOTHING, **(environment or {})})
        for secret in SECRETS:
            self.assertNotIn(secret, done.stdout + done.stderr)
        if fails:
            self.assertNotEqual(done.returncode, 0, done.stdout)
            return done.stderr
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else []

    def build(self):
        """The example through the catalog, twice: anew, and over what stands."""
        project = program.copy_project(program.EXAMPLE, self.folder / "jaffle_shop")
        (project / "profiles.yml").write_text(f"""
jaffle_shop:
  target: remote
  outputs:
    remote:
      type: eider
      catalog: rest
      uri: {self.uri}
      warehouse: shop
      database: jaffle_iceberg
      schema: main
      threads: 4
""")
        for _ in range(2):
            output = self.succeed("build", "--profiles-dir", ".", cwd=project, environment=NOTHING)
            self.assertIn("PASS=36 WARN=0 ERROR=0 SKIP=0", output)
        for path in (project / "logs" / "dbt.log", *(project / "target").glob("*.json")):
            for secret in SECRETS:
                self.assertNotIn(secret, path.read_text(), path)
        self.assertGreater(self.sql("SELECT count(*) AS n FROM marts.customers")[0]["n"], 50)


class LentKeys(RestOnS3):
    def setUp(self):
        super().setUp()
        self.catalog = self.enterContext(LendingCatalog(self.server, self.store.endpoint))
        self.uri = self.catalog.uri
        self.store.asked()

    def keys_of_client(self):
        """The keys that Eider as a client used, by table."""
        used = {}
        for _, path, key in self.store.asked():
            if key not in ("server", "test-id"):  # what serves the catalog, and the store's own
                levels = path.removeprefix(f"/{object_store.BUCKET}/{self.prefix}/").split("/")
                used.setdefault("/".join(levels[:2]), set()).add(key.rsplit("-", 1)[0])
        return used

    def test_each_table_is_reached_with_its_own_keys(self):
        for apart in (True, False):
            self.catalog.apart = apart
            name = "apart" if apart else "inside"
            self.sql(f"CREATE SCHEMA IF NOT EXISTS s; CREATE TABLE s.{name} AS SELECT range AS a FROM range(50000)")
            self.sql(f"INSERT INTO s.{name} VALUES (-1); CREATE TABLE s.{name}2 (a BIGINT)")
            self.sql(f"INSERT INTO s.{name}2 SELECT a FROM s.{name} WHERE a < 5")
            rows = self.sql(f"SELECT (SELECT count(*) FROM s.{name}) AS n, (SELECT sum(a) FROM s.{name}2) AS t")
            self.assertEqual(rows, [{"n": 50001, "t": 9}])
            self.assertEqual(self.keys_of_client(), {f"s/{name}": {f"lent-{name}"}, f"s/{name}2": {f"lent-{name}2"}})
        self.assertEqual({delegation for _, _, delegation in self.catalog.asked}, {"vended-credentials"})

    def test_statements(self):
        self.sql("CREATE SCHEMA s; BEGIN; CREATE TABLE s.t AS SELECT 1 AS a; CREATE TABLE s.u AS SELECT 2 AS a; COMMIT")
        self.sql("INSERT INTO s.t VALUES (5); ALTER TABLE s.t ADD COLUMN b VARCHAR; CREATE VIEW s.v AS FROM s.t")
        self.assertEqual(self.sql("SELECT * FROM s.v ORDER BY a"), [{"a": 1, "b": None}, {"a": 5, "b": None}])
        self.assertEqual(self.sql('SELECT count(*) AS n FROM s."t$files"'), [{"n": 2}])
        self.sql("CREATE OR REPLACE TABLE s.t AS SELECT 'x' AS only; BEGIN; INSERT INTO s.u VALUES (9); ROLLBACK")
        self.assertEqual(self.sql("SELECT (FROM s.t) AS t, (SELECT count(*) FROM s.u) AS n"), [{"t": "x", "n": 1}])
        self.assertEqual(self.sql("SELECT count(*) AS n FROM duckdb_secrets()"), [{"n": 0}])
        self.sql("SELECT * FROM duckdb_databases()")
        self.sql("DROP VIEW s.v; DROP TABLE s.t; DROP TABLE s.u")
        # Dropping a view removes no file of it.
        self.assertEqual([key for key in self.store.keys(self.prefix + "/") if not key.startswith(f"{self.prefix}/s/v/")], [])

    def test_keys_that_end_are_renewed(self):
        self.sql("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT range AS a FROM range(10)")
        for apart, route, times in ((False, "", 2), (True, "/credentials", 1)):
            self.catalog.apart = apart
            self.catalog.lives = [-1]  # they have ended before they come
            self.catalog.asked.clear()
            self.assertEqual(self.sql("SELECT count(*) AS n, sum(a) AS s FROM s.t"), [{"n": 10, "s": 45}])
            asked = [path for method, path, _ in self.catalog.asked if method == "GET" and path.endswith("/t" + route)]
            self.assertEqual(len(asked), times, self.catalog.asked)

    def test_keys_that_the_store_refuses_are_renewed(self):
        self.sql("CREATE SCHEMA s; CREATE TABLE s.refused AS SELECT 1 AS a")
        given = self.catalog.given["refused"]
        self.store.end(f"lent-refused-{given + 1}")
        self.assertEqual(self.sql("FROM s.refused"), [{"a": 1}])
        self.assertEqual(self.catalog.given["refused"], given + 2)

    def test_a_new_table_whose_keys_end(self):
        self.catalog.lives = [-1]
        self.sql("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT range AS a FROM range(1000)")
        self.assertEqual(self.sql("SELECT count(*) AS n FROM s.t"), [{"n": 1000}])

    def test_own_keys(self):
        self.catalog.lends = False
        own = {"AWS_ACCESS_KEY_ID": "own", "AWS_SECRET_ACCESS_KEY": "OWN-SECRET"}
        # Not to an address that the catalog names.
        refusal = self.sql("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1 AS a", fails=True, environment=own)
        self.assertIn("your own are not sent to an address that a catalog names", refusal)
        self.assertIn("s3.endpoint", refusal)
        self.assertEqual(self.keys_of_client(), {})
        # To the user's own.
        own["AWS_ENDPOINT_URL_S3"] = self.store.endpoint
        self.sql("CREATE TABLE s.t AS SELECT 1 AS a", environment=own)
        options = (f""", "s3.endpoint" '{self.store.endpoint}', "s3.access-key-id" 'own', """
                   """"s3.secret-access-key" 'OWN-SECRET'""")
        self.sql("INSERT INTO s.t VALUES (2)", options=options)
        self.assertEqual(self.sql("SELECT sum(a) AS s FROM s.t", options=options), [{"s": 3}])
        self.assertEqual(self.keys_of_client(), {"s/t": {"own"}})

    def test_signing_by_the_catalog_is_refused(self):
        self.sql("CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1 AS a")
        self.catalog.lends, self.catalog.extra = False, {"s3.remote-signing-enabled": "true"}
        self.assertIn("the catalog signs requests to its store and lends no keys", self.sql("FROM s.t", fails=True))
        self.assertEqual(self.sql("SHOW ALL TABLES")[0]["name"], "t")

    def test_the_example(self):
        self.build()
        for table, keys in self.keys_of_client().items():
            self.assertEqual(keys, {"lent-" + table.split("/")[1]})


class LentByEider(RestOnS3):
    """Keys that reach one table, by `eider serve`; the store lets nobody do more than their policy (guard.py)."""

    GUARDED = True
    storage = ", ".join(f'{name}: "{value}"' for name, value in {
        **object_store.KEYS, "client.assume-role.arn": "arn:aws:iam::123456789012:role/tables"}.items())

    def test_the_example(self):
        self.build()
        self.assertGreater(len(self.store.sessions()), 5)
        self.assertEqual(self.store.refusals(), [])

    def test_statements(self):
        self.sql("CREATE SCHEMA s; BEGIN; CREATE TABLE s.t AS SELECT 1 AS a; CREATE TABLE s.u AS SELECT 2 AS a; COMMIT")
        self.sql("INSERT INTO s.t SELECT a FROM s.u; ALTER TABLE s.t ADD COLUMN b VARCHAR")
        self.assertEqual(self.sql("SELECT * FROM s.t ORDER BY a"), [{"a": 1, "b": None}, {"a": 2, "b": None}])
        self.sql("CREATE OR REPLACE TABLE s.t AS SELECT 'x' AS only; BEGIN; INSERT INTO s.u VALUES (9); ROLLBACK")
        self.assertEqual(self.sql("SELECT (FROM s.t) AS t, (SELECT count(*) FROM s.u) AS n"), [{"t": "x", "n": 1}])
        self.sql("DROP TABLE s.t")
        self.assertEqual([refusal for refusal in self.store.refusals() if self.prefix in refusal], [])


if __name__ == "__main__":
    unittest.main()
