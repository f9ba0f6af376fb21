"""DuckDB's iceberg extension reads the folder of every kind of table that Eider writes, without the catalog."""

import unittest

import duckdb
import duckdb_wheel
import program

from storage import samples


class Reads(program.ScratchTest):
    def setUp(self):
        super().setUp()
        self.warehouse = self.folder / "shop"
        self.duckdb = duckdb.connect()
        for needed in ("avro", "iceberg"):
            self.duckdb.execute(f"load '{duckdb_wheel.extension(needed)}'")
        self.duckdb.execute("set timezone = 'UTC'")

    def sql(self, *statements):
        script = ";\n".join(statements) + ";"
        return self.succeed("sql", "--warehouse", self.warehouse, "--format", "ndjson", stdin=script)

    def scan(self, *identifier, columns="*"):
        folder = self.warehouse.joinpath(*identifier)
        return samples.sorted_rows(self.duckdb.execute(f"select {columns} from iceberg_scan('{folder}')").fetchall())

    def assert_rows(self, select, *identifier):
        self.assertEqual(self.scan(*identifier), samples.reference(select))

    def test_every_type(self):
        select = samples.query(300)
        self.sql("create schema s", f"create table s.t as {select}")
        self.assert_rows(select, "s", "t")
        described = self.duckdb.execute(f"describe select * from iceberg_scan('{self.warehouse}/s/t')").fetchall()
        types = {name: kind for name, kind, *_ in described}
        self.assertEqual(list(types), list(samples.COLUMNS))
        self.assertEqual(types["a_decimal38"], "DECIMAL(38,10)")
        self.assertEqual(types["a_timestamptz"], "TIMESTAMP WITH TIME ZONE")
        self.assertEqual(types["a_uuid"], "UUID")

    def test_filters_that_prune_find_every_row(self):
        self.sql("create schema s", "create table s.t as select i, 'name ' || i as n, date '2026-01-01' + i::integer as d from range(0, 100) r(i)",
                 *(f"insert into s.t select i, 'name ' || i, date '2026-01-01' + i::integer from range({at}, {at + 100}) r(i)"
                   for at in range(100, 1000, 100)))
        scan = f"select count(*) from iceberg_scan('{self.warehouse}/s/t') where "
        for predicate, count in (("i >= 950", 50), ("i = 123", 1), ("n = 'name 777'", 1), ("d < date '2026-01-11'", 10),
                                 ("i is null", 0), ("i between 95 and 104", 10), ("i > 5000", 0)):
            self.assertEqual(self.duckdb.execute(scan + predicate).fetchone(), (count,), predicate)

    def test_metadata_and_snapshots(self):
        self.sql("create schema s", "create table s.t as select 1 as i", "insert into s.t values (2), (3)",
                 "create or replace table s.t as select 4 as i")
        snapshots = self.duckdb.execute(
            f"select sequence_number, snapshot_id from iceberg_snapshots('{self.warehouse}/s/t') order by 1").fetchall()
        self.assertEqual([number for number, _ in snapshots], [1, 2, 3])
        files = self.duckdb.execute(
            f"select status, content, record_count from iceberg_metadata('{self.warehouse}/s/t')").fetchall()
        live = [count for status, _, count in files if status != "DELETED"]
        self.assertEqual(live, [1], files)
        for (_, snapshot), expected in zip(snapshots, ([1], [1, 2, 3], [4])):
            rows = self.duckdb.execute(
                f"select i from iceberg_scan('{self.warehouse}/s/t', snapshot_from_id => {snapshot}) order by i").fetchall()
            self.assertEqual([value for value, in rows], expected)

    def test_tables_without_rows(self):
        self.sql("create schema s", "create table s.never (i integer, t varchar)",
                 "create table s.none as select 1 as i, 'x' as t where false")
        self.assertEqual(self.scan("s", "none"), [])
        self.assertEqual(self.scan("s", "never"), [])

    def test_big_table(self):
        select = "select i, hash(i) % 1000000 as h, 'value ' || (i % 1000) as v from range(3_000_000) r(i)"
        self.sql("create schema s", f"create table s.t as {select}")
        sums = "count(*), sum(i), sum(h), count(distinct v)"
        self.assertEqual(self.scan("s", "t", columns=sums), samples.reference(f"select {sums} from ({select})"))

    def test_many_commits(self):
        self.sql("create schema s", "create table s.t (i integer)", *(f"insert into s.t values ({i})" for i in range(100)))
        self.assert_rows("select i::integer as i from range(100) r(i)", "s", "t")

    def test_altered_and_replaced_tables(self):
        self.sql("create schema s", "create table s.t as select 1::integer as i, 'a' as t, 1.5::float as f",
                 "alter table s.t add column added varchar", "insert into s.t values (2, 'b', 2.5, 'new')",
                 "alter table s.t rename column t to renamed", "alter table s.t drop column f",
                 "alter table s.t alter column i type bigint", "insert into s.t values (3000000000, 'c', 'newer')")
        self.assert_rows("select * from (values (1::bigint, 'a', null), (2, 'b', 'new'), (3000000000, 'c', 'newer')) v",
                         "s", "t")
        self.sql("create or replace table s.t as select 'text' as i, 2 as other")
        self.assert_rows("select 'text' as i, 2 as other", "s", "t")

    def test_names(self):
        self.sql('create schema "odd schéma"',
                 '''create table "odd schéma"."tab/le" as select 1 as "a b", 2 as "ü.x", 3 as "select", 4 as "1st"''')
        [folder] = [path.parent for path in self.warehouse.rglob("metadata")]
        rows = self.duckdb.execute(f"select * from iceberg_scan('{folder}')")
        self.assertEqual([column[0] for column in rows.description], ["a b", "ü.x", "select", "1st"])
        self.assertEqual(rows.fetchall(), [(1, 2, 3, 4)])

    def test_folder_shows_only_what_was_committed(self):
        self.sql("create schema s", "create table s.t as select 1 as i", "begin", "insert into s.t values (2)",
                 "create table s.u as select 3 as i", "rollback", "create view s.v as select 1 as i",
                 "create table s.gone as select 1 as i", "drop table s.gone")
        self.assertEqual(self.scan("s", "t"), samples.sorted_rows([(1,)]))
        for absent in ("u", "v", "gone"):
            with self.assertRaises(duckdb.Error, msg=absent):
                self.scan("s", absent)


if __name__ == "__main__":
    unittest.main()
