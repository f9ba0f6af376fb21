"""Writes foreign_warehouse, with PyIceberg 0.12: python foreign_warehouse.py [folder to copy it to].

Iceberg metadata holds absolute paths, so the warehouse is written where the tests put their copy.
"""

import datetime
import decimal
import os
import shutil
import sys
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import *

ROOT = "/tmp/eider_foreign_warehouse"


def evolved(catalog):
    """Two files of different schemas: promoted, renamed, dropped, added and moved columns."""
    schema = Schema(
        NestedField(1, "id", IntegerType()),
        NestedField(2, "price", FloatType()),
        NestedField(3, "gone", StringType()),
        NestedField(4, "amount", DecimalType(9, 2)),
        NestedField(5, "place", StructType(NestedField(6, "city", StringType()),
                                           NestedField(7, "zip", IntegerType()))),
        NestedField(8, "tags", ListType(9, StringType(), False)),
        NestedField(10, "scores", MapType(11, StringType(), 12, IntegerType(), False)),
    )
    table = catalog.create_table("py.evolved", schema=schema)
    table.append(pa.table({
        "id": pa.array([1, 2], pa.int32()),
        "price": pa.array([1.5, None], pa.float32()),
        "gone": ["x", "y"],
        "amount": pa.array([decimal.Decimal("12.34"), decimal.Decimal("-0.01")],
                           pa.decimal128(9, 2)),
        "place": pa.array([{"city": "Oslo", "zip": 150}, None],
                          pa.struct([("city", pa.string()), ("zip", pa.int32())])),
        "tags": pa.array([["a", "b"], []], pa.list_(pa.string())),
        "scores": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int32())),
    }))
    with table.update_schema() as update:
        update.update_column("id", LongType())
        update.update_column("price", DoubleType())
        update.update_column("amount", DecimalType(12, 2))
        update.update_column(("place", "zip"), LongType())
    table = catalog.load_table("py.evolved")
    with table.update_schema() as update:
        update.rename_column("id", "key")
        update.delete_column("gone")
        update.add_column("added", StringType())
        update.rename_column("place.city", "town")
        update.add_column(("place", "country"), StringType())
        update.move_first("amount")
    catalog.load_table("py.evolved").append(pa.table({
        "amount": pa.array([decimal.Decimal("9999999999.99")], pa.decimal128(12, 2)),
        "key": pa.array([5000000000], pa.int64()),
        "price": pa.array([2.5], pa.float64()),
        "place": pa.array([{"town": "Rome", "zip": 6000000000, "country": "IT"}],
                          pa.struct([("town", pa.string()), ("zip", pa.int64()),
                                     ("country", pa.string())])),
        "tags": pa.array([["c"]], pa.list_(pa.string())),
        "scores": pa.array([[("z", 26)]], pa.map_(pa.string(), pa.int32())),
        "added": ["new"],
    }))


def types(catalog):
    """A value and a null of every primitive type."""
    schema = Schema(
        NestedField(1, "b", BooleanType()),
        NestedField(2, "i", IntegerType()),
        NestedField(3, "l", LongType()),
        NestedField(4, "f", FloatType()),
        NestedField(5, "d", DoubleType()),
        NestedField(6, "dec", DecimalType(38, 10)),
        NestedField(7, "day", DateType()),
        NestedField(8, "time", TimeType()),
        NestedField(9, "ts", TimestampType()),
        NestedField(10, "tz", TimestamptzType()),
        NestedField(11, "s", StringType()),
        NestedField(12, "u", UUIDType()),
        NestedField(13, "fixed", FixedType(3)),
        NestedField(14, "bin", BinaryType()),
    )
    noon = datetime.datetime(2026, 1, 31, 12)
    catalog.create_table("py.types", schema=schema).append(pa.table({
        "b": [True, None],
        "i": pa.array([-1, None], pa.int32()),
        "l": pa.array([1 << 40, None], pa.int64()),
        "f": pa.array([0.5, None], pa.float32()),
        "d": pa.array([float("nan"), None], pa.float64()),
        "dec": pa.array([decimal.Decimal("-1234567890123456789012345678.0123456789"), None],
                        pa.decimal128(38, 10)),
        "day": pa.array([datetime.date(1969, 12, 31), None]),
        "time": pa.array([datetime.time(1, 2, 3, 456789), None], pa.time64("us")),
        "ts": pa.array([noon.replace(microsecond=1), None], pa.timestamp("us")),
        "tz": pa.array([noon.replace(tzinfo=datetime.timezone.utc), None],
                       pa.timestamp("us", "UTC")),
        "s": ["naïve", None],
        "u": pa.array([uuid.UUID("550e8400-e29b-41d4-a716-446655440000").bytes, None], pa.uuid()),
        "fixed": pa.array([b"abc", None], pa.binary(3)),
        "bin": pa.array([b"\x00\xff", None], pa.binary()),
    }))


def partitioned(catalog):
    """Three partitions by identity, one of them null."""
    schema = Schema(
        NestedField(1, "region", StringType()),
        NestedField(2, "at", TimestampType()),
        NestedField(3, "n", IntegerType()),
    )
    spec = PartitionSpec(PartitionField(1, 1000, IdentityTransform(), "region"))
    days = [datetime.datetime(2026, 1, 31), datetime.datetime(2026, 2, 1)]
    catalog.create_table("py.partitioned", schema=schema, partition_spec=spec).append(pa.table({
        "region": ["eu", "eu", "us", None],
        "at": pa.array([days[0], days[1], days[1], None], pa.timestamp("us")),
        "n": pa.array([1, 2, 3, 4], pa.int32()),
    }))


def imported(catalog):
    """A file without field ids, found by the table's name mapping, with columns renamed since."""
    schema = Schema(
        NestedField(1, "n", IntegerType()),
        NestedField(2, "name", StringType()),
        NestedField(3, "nested", StructType(NestedField(4, "x", IntegerType()))),
        NestedField(5, "items", ListType(6, IntegerType(), False)),
    )
    table = catalog.create_table("py.imported", schema=schema)
    os.makedirs(ROOT + "/imported")
    pq.write_table(pa.table({
        "n": pa.array([1, 2], pa.int32()),
        "name": ["a", "b"],
        "nested": pa.array([{"x": 1}, None], pa.struct([("x", pa.int32())])),
        "items": pa.array([[1], [2, 3]], pa.list_(pa.int32())),
    }), ROOT + "/imported/part.parquet")
    table.add_files([f"file://{ROOT}/imported/part.parquet"])
    with table.update_schema() as update:
        update.rename_column("name", "label")
        update.rename_column("nested.x", "y")


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    os.makedirs(ROOT)
    catalog = SqlCatalog("foreign", uri=f"sqlite:///{ROOT}/catalog.db", warehouse=f"file://{ROOT}")
    catalog.create_namespace("py")
    for write in [evolved, types, partitioned, imported]:
        write(catalog)
    catalog.close()
    if len(sys.argv) > 1:
        shutil.copytree(ROOT, sys.argv[1], dirs_exist_ok=True)


main()
