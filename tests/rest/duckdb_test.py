"""DuckDB's iceberg extension at `eider serve`, with `eider sql` on the same warehouse: each reads what the other writes."""

import unittest

import duckdb
import duckdb_wheel

from server.serving import Server
from storage import samples
from storage.pyiceberg_warehouse import WarehouseTest


class DuckDb(WarehouseTest):
    def setUp(self):
        super().setUp()
        self.warehouse.mkdir()
        self.server = self.enterContext(Server("--warehouse", f"{self.NAME}={self.warehouse}"))
        self.duckdb = self.attached()

    def attached(self):
        connection = self.enterContext(duckdb.connect())
        for needed in ("httpfs", "avro", "iceberg"):
            connection.execute(f"load '{duckdb_wheel.extension(needed)}'")
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{self.NAME}' as shop (type iceberg, authorization_type none, "
                           f"endpoint 'http://{self.server.host}:{self.server.port}/iceberg')")
        return connection

    def theirs(self, select):
        return samples.sorted_rows(self.duckdb.execute(select).fetchall())

    def test_what_duckdb_writes_eider_reads(self):
        self.duckdb.execute("create schema shop.s")
        # Staged, and committed with its rows; the extension expects the folder to be there.
        self.duckdb.execute("create table shop.s.t as select i, 'name ' || i as n from range(100) r(i)")
        self.duckdb.execute("insert into shop.s.t values (1000, 'more')")
        self.assertEqual(self.eider_rows("select count(*), max(i) from s.t"), samples.reference("select 101::bigint, 1000::bigint"))
        self.duckdb.execute("update shop.s.t set n = 'changed' where i = 1000")
        self.duckdb.execute("delete from shop.s.t where i < 90")
        self.assertEqual(self.eider_rows("select * from s.t"), self.theirs("select * from shop.s.t"))
        self.assertEqual(self.eider_rows("select count(*) from s.t"), samples.reference("select 11::bigint"))
        self.duckdb.execute("drop table shop.s.t")
        self.duckdb.execute("drop schema shop.s")
        self.assertNotIn("s.t", self.sql("show all tables"))
        self.assert_healthy()

    def test_what_eider_writes_duckdb_reads(self):
        select = samples.query(200)
        self.sql("create schema s", f"create table s.t as {select}")
        self.assertEqual(self.theirs("select * from shop.s.t"), samples.reference(select))
        self.sql("insert into s.t select * from s.t")
        self.assertEqual(self.theirs("select count(*) from shop.s.t"), samples.reference("select 400::bigint"))

    def test_a_transaction_over_two_tables_is_one(self):
        self.duckdb.execute("create schema shop.s")
        for name in ("a", "b"):
            self.duckdb.execute(f"create table shop.s.{name} (i bigint)")
        self.duckdb.execute("begin")
        self.duckdb.execute("insert into shop.s.a values (1)")
        self.duckdb.execute("insert into shop.s.b values (2)")
        self.assertEqual(self.eider_rows("select count(*) from s.a"), samples.reference("select 0::bigint"))
        self.duckdb.execute("commit")
        self.assertEqual(self.eider_rows("select * from s.a union all select * from s.b"),
                         samples.reference("select * from (values (1::bigint), (2))"))


if __name__ == "__main__":
    unittest.main()
