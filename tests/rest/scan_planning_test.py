"""Scan planning by `eider serve`: PyIceberg reads the same rows as when it plans itself, and as row by row."""

import datetime
import decimal
import json
import math
import unittest

import pyarrow as pa
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.expressions import (
    AlwaysTrue, And, EqualTo, GreaterThan, GreaterThanOrEqual, In, IsNaN, IsNull, LessThan, LessThanOrEqual, Not,
    NotEqualTo, NotIn, NotNaN, NotNull, NotStartsWith, Or, StartsWith)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform, MonthTransform, TruncateTransform
from pyiceberg.types import (
    BinaryType, BooleanType, DateType, DecimalType, DoubleType, FloatType, IntegerType, LongType, NestedField, StringType,
    TimestampType, TimestamptzType)

from foreign import spark_test
from server.serving import Server
from storage import samples
from storage.pyiceberg_warehouse import WarehouseTest

DAY = datetime.date(2026, 1, 30)
NOON = datetime.datetime(2026, 1, 30, 12, 0, 0, 250)

SCHEMA = Schema(
    NestedField(1, "id", LongType()), NestedField(2, "number", IntegerType()), NestedField(3, "name", StringType()),
    NestedField(4, "day", DateType()), NestedField(5, "at", TimestampType()), NestedField(6, "zoned", TimestamptzType()),
    NestedField(7, "price", DecimalType(9, 2)), NestedField(8, "real", DoubleType()), NestedField(9, "single", FloatType()),
    NestedField(10, "flag", BooleanType()), NestedField(11, "bytes", BinaryType()))

SPECS = {
    "plain": [],
    "by_identity": [(2, IdentityTransform()), (3, IdentityTransform())],
    "by_date": [(4, IdentityTransform())],
    "by_bucket": [(1, BucketTransform(4)), (3, BucketTransform(3))],
    "by_truncation": [(1, TruncateTransform(7)), (3, TruncateTransform(2))],
    "by_time": [(4, MonthTransform()), (5, DayTransform())],
}


def row(i, with_nulls):
    made = {
        "id": i, "number": None if i % 5 == 3 else i % 4, "name": None if i % 7 == 2 else "abc"[i % 3] * (i % 4) + "x",
        "day": None if i % 6 == 1 else DAY + datetime.timedelta(days=i % 9 * 11),
        "at": None if i % 9 == 4 else NOON + datetime.timedelta(hours=i * 5),
        "zoned": (NOON + datetime.timedelta(hours=i)).replace(tzinfo=datetime.timezone.utc),
        "price": decimal.Decimal(i * 125 - 900).scaleb(-2), "real": math.nan if i % 8 == 5 else i * 0.25, "single": i * 0.1,
        "flag": None if i % 10 == 0 else i % 2 == 0, "bytes": bytes([i % 3, 255])}
    if not with_nulls:
        made.update((name, row(i + 1, True)[name]) for name in ("number", "name", "day", "at") if made[name] is None)
    return made


def compare(test):
    return lambda value: value is not None and test(value)


NAN = compare(math.isnan)
# PyIceberg's filter, what it says of a row. Comparisons with NaN are PyArrow's own, and left out.
FILTERS = [
    (EqualTo("id", 17), lambda r: r["id"] == 17),
    (NotEqualTo("number", 2), lambda r: r["number"] != 2 and r["number"] is not None),
    (LessThan("number", 2), lambda r: compare(lambda v: v < 2)(r["number"])),
    (LessThanOrEqual("id", 9), lambda r: r["id"] <= 9),
    (GreaterThan("name", "b"), lambda r: compare(lambda v: v > "b")(r["name"])),
    (GreaterThanOrEqual("name", "bbx"), lambda r: compare(lambda v: v >= "bbx")(r["name"])),
    (In("id", {3, 4, 50, 1000}), lambda r: r["id"] in {3, 4, 50, 1000}),
    (NotIn("name", {"x", "bx"}), lambda r: r["name"] not in {"x", "bx"}),
    (StartsWith("name", "bb"), lambda r: compare(lambda v: v.startswith("bb"))(r["name"])),
    (StartsWith("name", "c"), lambda r: compare(lambda v: v.startswith("c"))(r["name"])),
    (NotStartsWith("name", "aaa"), lambda r: compare(lambda v: not v.startswith("aaa"))(r["name"])),
    (IsNull("number"), lambda r: r["number"] is None),
    (NotNull("at"), lambda r: r["at"] is not None),
    (IsNaN("real"), None),  # PyArrow loses rows of it, by Parquet's statistics
    (NotNaN("real"), lambda r: not NAN(r["real"])),
    (EqualTo("day", DAY), lambda r: r["day"] == DAY),
    (LessThan("day", DAY + datetime.timedelta(days=30)),
     lambda r: compare(lambda v: v < DAY + datetime.timedelta(days=30))(r["day"])),
    (GreaterThan("at", NOON + datetime.timedelta(days=2)),
     lambda r: compare(lambda v: v > NOON + datetime.timedelta(days=2))(r["at"])),
    (EqualTo("at", NOON), lambda r: r["at"] == NOON),
    (LessThan("zoned", "2026-01-30T14:00:00+00:00"), lambda r: r["id"] < 2),
    (EqualTo("price", decimal.Decimal("3.50")), lambda r: r["price"] == decimal.Decimal("3.50")),
    (LessThan("price", decimal.Decimal("-5.25")), lambda r: r["price"] < decimal.Decimal("-5.25")),
    (EqualTo("single", 0.5), lambda r: r["id"] == 5),
    (EqualTo("flag", True), lambda r: r["flag"] is True),
    (And(GreaterThan("id", 20), Not(Or(EqualTo("number", 1), IsNull("name")))),
     lambda r: r["id"] > 20 and r["number"] not in (1, None) and r["name"] is not None),
    (Or(And(LessThan("id", 5), NotNull("name")), And(GreaterThan("id", 55), StartsWith("name", "a"))),
     lambda r: r["name"] is not None and (r["id"] < 5 or (r["id"] > 55 and r["name"].startswith("a")))),
]


class ScanPlanningTest(WarehouseTest):
    def setUp(self):
        super().setUp()
        self.warehouse.mkdir(exist_ok=True)
        self.server = self.enterContext(Server("--warehouse", f"{self.NAME}={self.warehouse}"))
        self.rest = self.client()
        self.planned = self.client(**{"scan-planning-mode": "server"})

    def client(self, **properties):
        return RestCatalog(self.NAME, uri=f"http://{self.server.host}:{self.server.port}/iceberg", warehouse=self.NAME,
                           **properties)

    def plan(self, table, **request):
        """The tasks of a plan, and its delete files."""
        path = f"/iceberg/v1/{self.NAME}/namespaces/{table[0]}/tables/{table[1]}/plan"
        status, answer = self.server.get_json(path, method="POST", body=json.dumps(request))
        self.assertEqual(status, 200, answer)
        self.assertNotIn("plan-tasks", answer)
        return answer["file-scan-tasks"], answer.get("delete-files", [])


class PyIceberg(ScanPlanningTest):
    def make(self, name, fields):
        spec = PartitionSpec(*(
            PartitionField(source, 1000 + i, transform, f"p{i}") for i, (source, transform) in enumerate(fields)))
        table = self.rest.create_table(("s", name), SCHEMA, partition_spec=spec)
        for begin in range(0, 60, 20):
            # PyIceberg's client does not take null for a partition value.
            rows = [row(i, with_nulls=not fields) for i in range(begin, begin + 20)]
            table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))

    def ids(self, catalog, name, condition=AlwaysTrue()):
        scan = catalog.load_table(("s", name)).scan(condition, selected_fields=("id",))
        return sorted(scan.to_arrow().column("id").to_pylist()), len(list(scan.plan_files()))

    def test_filters_of_every_kind_on_partitions_of_every_kind(self):
        self.assertTrue(self.planned.supports_server_side_planning())
        self.rest.create_namespace("s")
        fewer = 0
        for name, fields in SPECS.items():
            self.make(name, fields)
            rows = [row(i, with_nulls=not fields) for i in range(60)]
            for condition, matches in FILTERS:
                with self.subTest(f"{name}: {condition}"):
                    ours, our_files = self.ids(self.planned, name, condition)
                    theirs, their_files = self.ids(self.rest, name, condition)
                    self.assertEqual(ours, theirs)
                    if matches:
                        self.assertEqual(ours, [r["id"] for r in rows if matches(r)])
                    fewer += their_files - our_files
        self.assertGreaterEqual(fewer, 0)

    def test_evolution_and_deletes(self):
        self.rest.create_namespace("s")
        self.make("t", [(3, IdentityTransform())])
        table = self.rest.load_table(("s", "t"))
        first = table.current_snapshot().snapshot_id
        table.delete(EqualTo("number", 1))
        with table.update_schema() as update:
            update.update_column("number", LongType())
            update.rename_column("number", "count")
        with table.update_spec() as update:
            update.add_field("id", BucketTransform(2), "bucket")
            update.remove_field("p0")
        table.append(pa.Table.from_pylist(
            [{"id": 100 + i, "count": 2**40 + i, "name": "n"} for i in range(4)], schema=table.schema().as_arrow()))
        for condition in (AlwaysTrue(), GreaterThan("count", 2), LessThan("count", 2**40 + 2), EqualTo("name", "bx"),
                          In("id", {3, 101}), IsNull("name")):
            with self.subTest(condition):
                self.assertEqual(self.ids(self.planned, "t", condition)[0], self.ids(self.rest, "t", condition)[0])
        past = self.planned.load_table(("s", "t")).scan(snapshot_id=first)
        self.assertEqual(samples.rows_of_arrow(past.to_arrow()),
                         samples.rows_of_arrow(self.rest.load_table(("s", "t")).scan(snapshot_id=first).to_arrow()))


class SparkTables(spark_test.Spark, ScanPlanningTest):
    """What reads the files is tested with Spark (tests/interop); here, that files and deletes are those of the snapshot."""

    test_every_row_and_no_other = test_filters_and_deletes_together = test_files_of_deletes_are_listed = None
    test_rows_are_added_and_older_ones_stay_deleted = test_older_versions = None

    def test_files_and_their_deletes(self):
        for name in ("changed_v2", "changed_v3", "equality", "upgraded", "respecified", "imported", "evolved", "lineage"):
            with self.subTest(name):
                tasks, deletes = self.plan(("d", name))
                listed = self.rows(f'select content, file_path, record_count from d."{name}$files"')
                self.assertEqual(sorted(task["data-file"]["file-path"] for task in tasks),
                                 sorted(file["file_path"] for file in listed if file["content"] == 0))
                referenced = {reference for task in tasks for reference in task.get("delete-file-references", [])}
                self.assertEqual(referenced, set(range(len(deletes))))
                self.assertLessEqual({file["file-path"] for file in deletes},
                                     {file["file_path"] for file in listed if file["content"] > 0})
                for task in tasks:
                    self.assertIs(task["residual-filter"], True)

    def test_partitions_decide(self):
        tasks, _ = self.plan(("d", "changed_v3"), filter={"type": "is-null", "term": "region"})
        self.assertEqual({json.dumps(task["data-file"]["partition"]) for task in tasks}, {"[null]"})
        tasks, _ = self.plan(("d", "respecified"), filter={"type": "eq", "term": "day", "value": "2026-01-03"})
        self.assertEqual([task["data-file"]["partition"][1:] for task in tasks if task["data-file"]["spec-id"] == 1],
                         [["2026-01-03"]])


if __name__ == "__main__":
    unittest.main()
