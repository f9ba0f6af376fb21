"""PyIceberg reads every kind of table that Eider writes."""

import unittest
import uuid

import duckdb
from pyiceberg.conversions import from_bytes
from pyiceberg.expressions import EqualTo, GreaterThanOrEqual
from pyiceberg.types import DateType, TimestampType, TimestamptzType, TimeType, UUIDType
from pyiceberg.utils.datetime import days_to_date, micros_to_time, micros_to_timestamp, micros_to_timestamptz

from storage import samples
from storage.pyiceberg_warehouse import WarehouseTest, local_path


class Reads(WarehouseTest):
    def test_every_type(self):
        select = samples.query(300)
        self.sql("create schema s", f"create table s.t as {select}")
        self.assert_rows(select, "s", "t")

    def test_schema_has_field_ids_types_and_documentation(self):
        self.sql("create schema s", f"create table s.t as {samples.query(1)}",
                 "comment on table s.t is 'About the table'", "comment on column s.t.a_text is 'About the text'",
                 "create table s.required (id bigint not null, name varchar)")
        for table in self.both("s", "t"):
            fields = table.schema().fields
            self.assertEqual([field.name for field in fields], list(samples.COLUMNS))
            self.assertEqual([field.field_id for field in fields], list(range(1, len(fields) + 1)))
            types = {field.name: str(field.field_type) for field in fields}
            for name, expected in {
                    "id": "long", "a_boolean": "boolean", "a_tinyint": "int", "a_smallint": "int", "an_integer": "int",
                    "a_bigint": "long", "an_unsigned": "long", "a_ubigint": "decimal(20, 0)",
                    "a_hugeint": "decimal(38, 0)", "a_float": "float", "a_double": "double",
                    "a_decimal4": "decimal(4, 2)", "a_decimal38": "decimal(38, 10)", "a_date": "date", "a_time": "time",
                    "a_timestamp": "timestamp", "a_timestamptz": "timestamptz", "a_text": "string", "a_uuid": "uuid",
                    "a_blob": "binary", "a_list": "list<int>"}.items():
                self.assertEqual(types[name], expected, name)
            nested = [field.field_id for name in ("a_list", "a_struct", "a_map", "a_list_of_structs", "a_map_of_lists")
                      for field in _below(table.schema().find_field(name).field_type)]
            self.assertEqual(len(nested), len(set(nested)))
            self.assertTrue(all(one > len(fields) for one in nested), nested)
            self.assertEqual(table.schema().find_field("a_text").doc, "About the text")
            self.assertEqual(table.properties.get("comment"), "About the table")
            self.assertTrue(all(field.optional for field in fields))
        for table in self.both("s", "required"):
            self.assertEqual([field.required for field in table.schema().fields], [True, False])

    def test_bounds_and_counts_are_those_of_the_rows(self):
        primitive = [name for name in samples.COLUMNS if not name.startswith(("a_list", "a_map", "a_struct"))]
        select = samples.query(300, primitive)
        self.sql("create schema s", f"create table s.t as {select}")
        connection = duckdb.connect()
        connection.execute("set timezone = 'UTC'")
        for table in self.both("s", "t"):
            [data_file] = data_files(table)
            self.assertEqual(data_file.record_count, 300)
            for name in primitive:
                low, high, nulls = connection.execute(
                    f"select min({name}), max({name}), count(*) - count({name}) from ({select})"
                    f"{' where not isnan(' + name + ')' if name in ('a_float', 'a_double') else ''}").fetchone()
                field = table.schema().find_field(name)
                self.assertEqual(data_file.null_value_counts[field.field_id], nulls, name)
                self.assertEqual(data_file.value_counts[field.field_id], 300, name)
                lower, upper = bounds(data_file, field)
                if name in ("a_text", "a_blob"):
                    # They may be cut, but must enclose.
                    self.assertLessEqual(lower, low, name)
                    if upper is not None:
                        self.assertGreaterEqual(upper, high, name)
                elif name in ("a_float", "a_double"):
                    # A column with NaN may have bounds without it, or none.
                    if lower is not None:
                        self.assertLessEqual(lower, low, name)
                        self.assertGreaterEqual(upper, high, name)
                elif lower is not None or upper is not None:
                    self.assertEqual((samples.normal(lower), samples.normal(upper)),
                                     (samples.normal(low), samples.normal(high)), name)
            for name in ("id", "an_integer", "a_bigint", "a_decimal18", "a_date", "a_timestamp", "a_timestamptz",
                         "a_text"):
                self.assertIsNotNone(bounds(data_file, table.schema().find_field(name))[0], name)

    def test_scans_that_prune_by_bounds_find_every_row(self):
        self.sql("create schema s", "create table s.t as select i, 'name ' || i as n from range(0, 100) r(i)",
                 *(f"insert into s.t select i, 'name ' || i from range({at}, {at + 100}) r(i)"
                   for at in range(100, 1000, 100)))
        for table in self.both("s", "t"):
            self.assertEqual(len(list(table.scan().plan_files())), 10)
            scan = table.scan(row_filter=GreaterThanOrEqual("i", 950))
            self.assertEqual(len(list(scan.plan_files())), 1)
            self.assertEqual(scan.to_arrow().num_rows, 50)
            self.assertEqual(table.scan(row_filter=EqualTo("n", "name 123")).to_arrow()["i"].to_pylist(), [123])

    def test_snapshots_tell_the_history(self):
        self.sql("create schema s", "create table s.t as select 1 as i", "insert into s.t values (2), (3)",
                 "create or replace table s.t as select 4 as i", "insert into s.t values (5)")
        for table in self.both("s", "t"):
            snapshots = sorted(table.snapshots(), key=lambda snapshot: snapshot.sequence_number)
            self.assertEqual([snapshot.sequence_number for snapshot in snapshots], [1, 2, 3, 4])
            totals = [snapshot.summary["total-records"] for snapshot in snapshots]
            self.assertEqual(totals, ["1", "3", "1", "2"])
            self.assertEqual(table.current_snapshot(), snapshots[-1])
            self.assertEqual(table.metadata.refs["main"].snapshot_id, snapshots[-1].snapshot_id)
            self.assertEqual([entry.snapshot_id for entry in table.history()],
                             [snapshot.snapshot_id for snapshot in snapshots])
            read = [sorted(table.scan(snapshot_id=snapshot.snapshot_id).to_arrow()["i"].to_pylist())
                    for snapshot in snapshots]
            self.assertEqual(read, [[1], [1, 2, 3], [4], [4, 5]])
            self.assertTrue(all(local_path(entry.metadata_file).exists() for entry in table.metadata.metadata_log))
        uuids = {str(table.metadata.table_uuid) for table in self.both("s", "t")}
        self.assertEqual(len(uuids), 1)

    def test_properties(self):
        self.sql("create schema s", "create table s.t (i integer)",
                 "alter table s.t set ('owner'='me', 'write.parquet.compression-codec'='zstd')",
                 "alter table s.t set tblproperties ('tier'='gold', 'gone'='x')", "alter table s.t reset ('gone')")
        for table in self.both("s", "t"):
            self.assertEqual(table.properties["owner"], "me")
            self.assertEqual(table.properties["tier"], "gold")
            self.assertNotIn("gone", table.properties)

    def test_tables_without_rows(self):
        self.sql("create schema s", "create table s.never (i integer, t varchar)",
                 "create table s.none as select 1 as i, 'x' as t where false",
                 "create table s.emptied as select 1 as i", "create or replace table s.emptied as select 1 as i where false")
        for name in ("never", "none", "emptied"):
            for table in self.both("s", name):
                self.assertEqual(table.scan().to_arrow().num_rows, 0)
                self.assertEqual(table.schema().column_names[0], "i")

    def test_big_table(self):
        select = "select i, hash(i)::ubigint % 1000000 as h, 'value ' || (i % 1000) as v from range(3_000_000) r(i)"
        self.sql("create schema s", f"create table s.t as {select}")
        for table in self.both("s", "t"):
            arrow = table.scan().to_arrow()
            self.assertEqual(arrow.num_rows, 3_000_000)
            mine = duckdb.connect()
            mine.register("arrow", arrow)
            self.assertEqual(mine.execute("select sum(i), sum(h), count(distinct v), bit_xor(hash(i, h, v)) from arrow").fetchone(),
                             mine.execute(f"select sum(i), sum(h), count(distinct v), bit_xor(hash(i, h::decimal(20, 0), v)) from ({select})").fetchone())

    def test_many_commits(self):
        self.sql("create schema s", "create table s.t (i integer)", *(f"insert into s.t values ({i})" for i in range(120)))
        self.assert_rows("select i::integer as i from range(120) r(i)", "s", "t")
        self.assertEqual(len(self.catalog().load_table(("s", "t")).snapshots()), 120)

    def test_altered_tables(self):
        self.sql("create schema s", "create table s.t as select 1::integer as i, 'a' as t, 1.5::float as f, {'x': 1} as st",
                 "alter table s.t add column added varchar", "insert into s.t values (2, 'b', 2.5, {'x': 2}, 'new')",
                 "alter table s.t rename column t to renamed", "alter table s.t drop column f",
                 "alter table s.t alter column i type bigint", "alter table s.t add column st.y integer",
                 "insert into s.t select 3000000000, 'c', {'x': 3, 'y': 4}, 'newer'")
        self.assert_rows("""
            select * from (values (1::bigint, 'a', {'x': 1, 'y': null::integer}, null), (2, 'b', {'x': 2, 'y': null}, 'new'),
            (3000000000, 'c', {'x': 3, 'y': 4}, 'newer')) v(i, renamed, st, added)""", "s", "t")
        for table in self.both("s", "t"):

            self.assertEqual([field.name for field in table.schema().fields], ["i", "renamed", "st", "added"])
            self.assertEqual(table.schema().find_field("i").field_id, 1)

    def test_replaced_with_another_schema(self):
        self.sql("create schema s", "create table s.t as select 1 as i, 'a' as t",
                 "create or replace table s.t as select 'text' as i, 2 as other, 'b' as t")
        self.assert_rows("select 'text' as i, 2::integer as other, 'b' as t", "s", "t")

    def test_names(self):
        self.sql('create schema "odd schéma"',
                 '''create table "odd schéma"."tab/le %1" as select 1 as "a b", 2 as "ü.x", 3 as "select", 4 as "1st"''')
        table = self.catalog().load_table(("odd schéma", "tab/le %1"))
        self.assertEqual([field.name for field in table.schema().fields], ["a b", "ü.x", "select", "1st"])
        self.assertEqual([list(row.values()) for row in table.scan().to_arrow().to_pylist()], [[1, 2, 3, 4]])

    def test_renamed_dropped_and_views(self):
        self.sql("create schema s", "create table s.t as select 1 as i", "alter table s.t rename to u",
                 "create table s.gone as select 1 as i", "drop table s.gone", "create view s.v as select 2 as i",
                 "create schema empty")
        catalog = self.catalog()
        self.assertEqual(catalog.list_tables("s"), [("s", "u")])
        self.assertEqual(catalog.load_table(("s", "u")).scan().to_arrow()["i"].to_pylist(), [1])
        self.assertIn(("empty",), catalog.list_namespaces())
        self.assertFalse(catalog.table_exists(("s", "gone")))

    def test_transactions_are_one_commit(self):
        self.sql("create schema s", "create table s.a as select 1 as i", "begin", "insert into s.a values (2)",
                 "create table s.b as select * from s.a", "commit", "begin", "insert into s.a values (9)", "rollback")
        self.assert_rows("select * from (values (1), (2)) v(i)", "s", "a")
        self.assert_rows("select * from (values (1), (2)) v(i)", "s", "b")
        self.assert_healthy()


def data_files(table):
    """The live data files of the current snapshot, as its manifests describe them."""
    return [entry.data_file for manifest in table.current_snapshot().manifests(table.io)
            for entry in manifest.fetch_manifest_entry(table.io)]


def bounds(data_file, field):
    """The decoded lower and upper bound of a column; None where there is none."""
    # PyIceberg decodes days and microseconds, but does not name the day.
    as_time = {DateType: days_to_date, TimeType: micros_to_time, TimestampType: micros_to_timestamp,
               TimestamptzType: micros_to_timestamptz,
               UUIDType: lambda value: uuid.UUID(bytes=value)}.get(type(field.field_type), lambda value: value)
    return tuple(
        as_time(from_bytes(field.field_type, encoded[field.field_id])) if field.field_id in (encoded or {}) else None
        for encoded in (data_file.lower_bounds, data_file.upper_bounds))


def _below(field_type):
    """Every field below a nested type."""
    fields = getattr(field_type, "fields", None)
    if not fields:
        return []
    return [one for field in fields for one in (field, *_below(field.field_type))]


if __name__ == "__main__":
    unittest.main()
