"""Eider reads, and goes on with, what PyIceberg writes into the same catalog file."""

import datetime
import decimal
import unittest
import uuid

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform, TruncateTransform
from pyiceberg.types import (
    BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType, IntegerType, ListType, LongType,
    MapType, NestedField, StringType, StructType, TimestampType, TimestamptzType, TimeType, UUIDType)

from storage import samples
from storage.pyiceberg_warehouse import WarehouseTest

UTC = datetime.timezone.utc


class Writes(WarehouseTest):
    def setUp(self):
        super().setUp()
        # The warehouse is Eider's; PyIceberg opens its catalog file.
        self.sql("create schema s", "create table s.ours as select 1 as i")

    def create(self, name, schema, rows, **options):
        """A table of PyIceberg's with these rows (dictionaries)."""
        table = self.catalog().create_table(("s", name), schema, **options)
        if rows:
            table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))
        return table

    def assert_same_rows(self, name):
        """Eider reads just what PyIceberg reads."""
        table = self.catalog().load_table(("s", name))
        columns = ", ".join(f'"{field.name}"' for field in table.schema().fields)
        self.assertEqual(self.eider_rows(f'select {columns} from s."{name}"'),
                         samples.rows_of_arrow(table.scan().to_arrow()))

    def test_every_type(self):
        schema = Schema(
            NestedField(1, "id", LongType(), required=True),
            NestedField(2, "b", BooleanType()), NestedField(3, "i", IntegerType()), NestedField(4, "f", FloatType()),
            NestedField(5, "d", DoubleType()), NestedField(6, "dec", DecimalType(9, 2)),
            NestedField(7, "big", DecimalType(38, 9)), NestedField(8, "day", DateType()),
            NestedField(9, "t", TimeType()), NestedField(10, "ts", TimestampType()),
            NestedField(11, "tz", TimestamptzType()), NestedField(12, "txt", StringType()),
            NestedField(13, "u", UUIDType()), NestedField(14, "bin", BinaryType()), NestedField(15, "fix", FixedType(4)),
            NestedField(16, "l", ListType(20, IntegerType(), element_required=False)),
            NestedField(17, "st", StructType(NestedField(21, "x", IntegerType()), NestedField(22, "y", StringType()))),
            NestedField(18, "m", MapType(23, StringType(), 24, DoubleType(), value_required=False)),
            NestedField(19, "deep", ListType(25, StructType(
                NestedField(26, "k", MapType(27, IntegerType(), 28, ListType(29, StringType(), element_required=False),
                                             value_required=False))), element_required=False)))
        full = {
            "id": 1, "b": True, "i": -5, "f": 1.5, "d": float("nan"), "dec": decimal.Decimal("-12.34"),
            "big": decimal.Decimal("12345678901234567890.123456789"), "day": datetime.date(1950, 2, 3),
            "t": datetime.time(23, 59, 59, 999999), "ts": datetime.datetime(1969, 12, 31, 23, 0, 0, 1),
            "tz": datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "txt": "é🦆", "u": uuid.UUID(int=7).bytes,
            "bin": b"\x00\xff", "fix": b"abcd", "l": [1, None, 3], "st": {"x": 1, "y": None},
            "m": [("a", 1.0), ("b", None)], "deep": [{"k": [(1, ["x", None])]}, None]}
        table = self.create("t", schema, [full, {"id": 2}])
        for number in range(3, 30):
            if number % 9 == 0:
                table.append(pa.Table.from_pylist([dict(full, id=number)], schema=table.schema().as_arrow()))
        self.assert_same_rows("t")

    def test_evolved_schema(self):
        table = self.create("t", Schema(NestedField(1, "i", IntegerType()), NestedField(2, "f", FloatType()),
                                        NestedField(3, "dec", DecimalType(5, 2)), NestedField(4, "gone", StringType()),
                                        NestedField(5, "st", StructType(NestedField(6, "x", IntegerType())))),
                            [{"i": 1, "f": 0.5, "dec": decimal.Decimal("1.25"), "gone": "g", "st": {"x": 1}}])
        with table.update_schema() as update:
            update.add_column("added", StringType(), doc="added later")
            update.add_column(("st", "y"), LongType())
            update.rename_column("f", "renamed")
            update.delete_column("gone")
            update.update_column("i", LongType())
            update.update_column("dec", DecimalType(12, 2))
        with table.update_schema() as update:
            update.update_column("renamed", DoubleType())
            update.move_first("dec")
        # The old name comes back as another column.
        with table.update_schema() as update:
            update.add_column("gone", IntegerType())
        table = self.catalog().load_table(("s", "t"))
        table.append(pa.Table.from_pylist(
            [{"i": 2**40, "renamed": 2.5, "dec": decimal.Decimal("1234567.89"), "added": "a", "gone": 7,
              "st": {"x": 2, "y": 3}}], schema=table.schema().as_arrow()))
        self.assert_same_rows("t")
        self.assertEqual(self.eider_rows("select count(*) from s.t where gone is null and added is null"),
                         samples.sorted_rows([(1,)]))

    def test_partitioned_tables_are_read(self):
        schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "region", StringType()),
                        NestedField(3, "ts", TimestampType()), NestedField(4, "name", StringType()))
        spec = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "region"),
                             PartitionField(3, 1001, DayTransform(), "ts_day"),
                             PartitionField(1, 1002, BucketTransform(4), "id_bucket"),
                             PartitionField(4, 1003, TruncateTransform(2), "name_prefix"))
        rows = [{"id": i, "region": None if i == 5 else f"r{i % 3}", "name": f"n{i % 4}ame",
                 "ts": datetime.datetime(2026, 1, 1 + i % 5, 12)} for i in range(40)]
        self.create("t", schema, rows, partition_spec=spec)
        self.assert_same_rows("t")
        for predicate, count in (("region = 'r1'", 13), ("region is null", 1), ("ts >= timestamp '2026-01-05'", 8),
                                 ("id = 17", 1), ("name like 'n1%'", 10), ("ts < timestamp '2020-01-01'", 0)):
            self.assertEqual(self.eider_rows(f"select count(*) from s.t where {predicate}"),
                             samples.sorted_rows([(count,)]), predicate)

    def test_deleted_and_overwritten_rows_are_gone(self):
        table = self.create("t", Schema(NestedField(1, "i", LongType())), [{"i": i} for i in range(10)])
        table.delete("i < 5")
        table.overwrite(pa.Table.from_pylist([{"i": 100}], schema=table.schema().as_arrow()), overwrite_filter="i = 9")
        self.assert_same_rows("t")

    def test_time_travel_to_their_snapshots(self):
        table = self.create("t", Schema(NestedField(1, "i", LongType())), [{"i": 1}])
        first = table.current_snapshot().snapshot_id
        table.append(pa.Table.from_pylist([{"i": 2}], schema=table.schema().as_arrow()))
        self.assertEqual(self.eider_rows(f"select i from s.t at (version => {first})"), samples.sorted_rows([(1,)]))
        self.assertEqual(self.eider_rows('select count(*) from s."t$snapshots"'), samples.sorted_rows([(2,)]))

    def test_both_write_one_table_in_turn(self):
        table = self.create("t", Schema(NestedField(1, "i", LongType()), NestedField(2, "t", StringType())),
                            [{"i": 1, "t": "theirs"}])
        self.sql("insert into s.t values (2, 'ours')")
        table.refresh()
        table.append(pa.Table.from_pylist([{"i": 3, "t": "theirs"}], schema=table.schema().as_arrow()))
        self.sql("alter table s.t rename column t to who", "insert into s.t values (4, 'ours')")
        self.assert_same_rows("t")
        self.assertEqual(self.eider_rows("select i from s.t"), samples.sorted_rows([(1,), (2,), (3,), (4,)]))
        # What they committed is shown to readers of the folder with our next commit.
        self.assertEqual(self.static_table("s", "t").scan().to_arrow().num_rows, 4)
        self.assert_healthy()

    def test_their_stale_append_lands_on_ours(self):
        self.create("t", Schema(NestedField(1, "i", LongType())), [{"i": 1}])
        stale = self.catalog().load_table(("s", "t"))
        self.sql("create or replace table s.t as select 2::bigint as i")
        # PyIceberg is refused by the catalog, loads what is there now, and tries again.
        stale.append(pa.Table.from_pylist([{"i": 9}], schema=stale.schema().as_arrow()))
        self.assertEqual(self.eider_rows("select i from s.t"), samples.sorted_rows([(2,), (9,)]))
        self.assert_same_rows("t")

    def test_their_stale_schema_change_loses(self):
        self.create("t", Schema(NestedField(1, "i", LongType())), [{"i": 1}])
        stale = self.catalog().load_table(("s", "t"))
        self.sql("alter table s.t add column ours integer")
        with self.assertRaises(CommitFailedException):
            with stale.update_schema() as update:
                update.add_column("theirs", StringType())
        self.assertEqual([field.name for field in self.catalog().load_table(("s", "t")).schema().fields], ["i", "ours"])

    def test_renamed_and_dropped_by_them(self):
        self.create("t", Schema(NestedField(1, "i", LongType())), [{"i": 1}])
        self.create("u", Schema(NestedField(1, "i", LongType())), [{"i": 2}])
        catalog = self.catalog()
        catalog.rename_table(("s", "t"), ("s", "renamed"))
        catalog.drop_table(("s", "u"))
        self.assertEqual(self.eider_rows("select i from s.renamed"), samples.sorted_rows([(1,)]))
        failed = self.eider("sql", "--warehouse", self.warehouse, "-c", "select * from s.u")
        self.assertNotEqual(failed.returncode, 0)
        self.sql("create table s.u as select 3::bigint as i")
        self.assertEqual(self.catalog().load_table(("s", "u")).scan().to_arrow()["i"].to_pylist(), [3])

    def test_their_tags_and_branches(self):
        self.sql("create table s.t as select 1::bigint as i")
        table = self.catalog().load_table(("s", "t"))
        first = table.current_snapshot().snapshot_id
        table.manage_snapshots().create_tag(first, "v1.0 rc").create_branch(first, "dev").commit()
        self.sql("insert into s.t values (2)", "alter table s.t rename column i to j", "insert into s.t values (3)")
        # A tag keeps the schema of its time; a branch is read with the table's.
        for query, rows in [
                ("select i from s.t at (version => 'v1.0 rc')", [(1,)]),
                ("select i from s.t for version as of 'v1.0 rc'", [(1,)]),
                ("select j from s.t at (version => 'dev')", [(1,)]),
                ("select j from s.t version as of 'main'", [(1,), (2,), (3,)]),
                ("select name, type from s.\"t$refs\" where snapshot_id = " + str(first),
                 [("dev", "BRANCH"), ("v1.0 rc", "TAG")])]:
            self.assertEqual(self.eider_rows(query), samples.sorted_rows(rows), query)
        unknown = self.eider("sql", "--warehouse", self.warehouse, "-c", "select * from s.t at (version => 'v2')")
        self.assertNotEqual(unknown.returncode, 0)
        self.assertIn("no snapshot, branch or tag v2", unknown.stderr)
        # Our commits keep their references.
        refs = self.catalog().load_table(("s", "t")).refs()
        self.assertEqual({name: ref.snapshot_id for name, ref in refs.items() if name != "main"},
                         {"v1.0 rc": first, "dev": first})

    def test_rebuilt_catalog_keeps_their_commits(self):
        table = self.create("t", Schema(NestedField(1, "i", LongType())), [{"i": 1}])
        table.append(pa.Table.from_pylist([{"i": 2}], schema=table.schema().as_arrow()))
        self.sql("insert into s.ours values (2)")
        ours = self.catalog().load_table(("s", "ours"))
        ours.append(pa.Table.from_pylist([{"i": 3}], schema=ours.schema().as_arrow()))
        for file in self.warehouse.glob("catalog.db*"):
            file.unlink()
        self.succeed("catalog", "rebuild", "--warehouse", self.warehouse)
        self.assertEqual(self.eider_rows("select i from s.t"), samples.sorted_rows([(1,), (2,)]))
        self.assertEqual(self.eider_rows("select i from s.ours"), samples.sorted_rows([(1,), (2,), (3,)]))
        self.assertEqual(self.catalog().load_table(("s", "ours")).scan().to_arrow().num_rows, 3)


if __name__ == "__main__":
    unittest.main()
