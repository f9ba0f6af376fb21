"""Eider and PyIceberg on one catalog in PostgreSQL: each reads what the other writes."""

import unittest

import postgres
import program
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

PASSWORD = "geheim-7"


class PostgresTest(program.ScratchTest):
    @classmethod
    def setUpClass(cls):
        cls.server = postgres.Postgres()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        super().setUp()
        self.name = self._testMethodName
        self.warehouse = self.folder / self.name
        # The server trusts its own machine; the password is there to be kept a secret.
        self.store = self.server.url.replace("eider@", f"eider:{PASSWORD}@")
        self.where = ["--warehouse", self.warehouse, "--catalog", self.store]

    def sql(self, *statements):
        return self.succeed("sql", *self.where, "--format", "csv", stdin=";\n".join(statements) + ";")

    def theirs(self):
        uri = f"postgresql+psycopg2://eider@/postgres?host={self.server.folder}"
        return SqlCatalog(self.name, uri=uri, warehouse=f"file://{self.warehouse}")

    def test_both_ways(self):
        self.sql("create schema s", "create table s.t as select range as i, 'ours' as who from range(3)",
                 "create view s.v as select 1 as one")
        theirs = self.theirs()
        table = theirs.load_table(("s", "t"))
        self.assertEqual(sorted(table.scan().to_arrow().to_pydict()["i"]), [0, 1, 2])
        table.append(pa.Table.from_pylist([{"i": 3, "who": "theirs"}], schema=table.schema().as_arrow()))
        self.assertEqual(self.sql("select i, who from s.t where i > 1 order by i"), "i,who\n2,ours\n3,theirs\n")
        theirs.create_namespace(("raw",))
        theirs.create_table(("raw", "u"), schema=table.schema())
        self.assertEqual(self.sql("select count(*) as n from raw.u", "select * from s.v"), "n\n0\none\n1\n")
        self.assertNotIn(PASSWORD, self.succeed("catalog", "check", *self.where))

    def test_the_password_is_shown_nowhere(self):
        shown = self.sql(f"ATTACH '{self.folder}/other' AS other (TYPE eider, CATALOG '{self.store}')",
                         "select * from duckdb_databases()", "select * from duckdb_settings()")
        self.assertIn("other", shown)
        self.assertNotIn(PASSWORD, shown)
        gone = self.eider("sql", "--warehouse", self.warehouse, "--catalog",
                          f"postgresql://eider:{PASSWORD}@127.0.0.1:1/db", "-c", "select 1")
        self.assertNotEqual(gone.returncode, 0)
        self.assertIn("127.0.0.1", gone.stderr)
        self.assertNotIn(PASSWORD, gone.stderr + gone.stdout)

    def test_a_project_builds_on_it(self):
        self.write("p/dbt_project.yml", "name: p\nprofile: p\n")
        self.write("p/models/a.sql", "select 1 as x")
        self.write("p/models/b.sql", "{{ config(materialized='table') }} select x, '{{ target.catalog }}' as c from {{ ref('a') }}")
        self.write("p/profiles.yml", f"p: {{target: d, outputs: {{d: {{type: eider, warehouse: '{self.warehouse}', "
                                     f"catalog: '{self.store}', schema: s}}}}}}\n")
        done = self.succeed("build", cwd=self.folder / "p")
        self.assertIn("PASS=2", done)
        self.assertFalse((self.warehouse / "catalog.db").exists())
        self.assertIn("postgresql://eider@", self.sql("select c from s.b"))
        for path in self.folder.rglob("*"):
            if path.is_file() and path.name != "profiles.yml":
                self.assertNotIn(PASSWORD.encode(), path.read_bytes(), path)


if __name__ == "__main__":
    if postgres.programs() is None:
        program.skip_all("PostgreSQL is not installed")
    unittest.main()
