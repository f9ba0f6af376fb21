"""PyIceberg's REST client at `eider serve`, with `eider sql` on the same warehouse: each reads what the other writes."""

import threading
import unittest

import pyarrow as pa
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import (
    CommitFailedException, ForbiddenError, NamespaceAlreadyExistsError, NamespaceNotEmptyError, NoSuchNamespaceError,
    NoSuchTableError, NoSuchViewError, TableAlreadyExistsError)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType
from pyiceberg.view.metadata import SQLViewRepresentation, ViewVersion

from server.serving import Server
from storage import samples
from storage.pyiceberg_warehouse import WarehouseTest, local_path

SCHEMA = Schema(
    NestedField(1, "id", LongType(), required=False), NestedField(2, "name", StringType(), required=False))


def rows(*pairs):
    return pa.table({"id": pa.array([one for one, _ in pairs], pa.int64()), "name": [two for _, two in pairs]})


class RestTest(WarehouseTest):
    def setUp(self):
        super().setUp()
        self.warehouse.mkdir()
        self.server = self.enterContext(Server("--warehouse", f"{self.NAME}={self.warehouse}"))

    def rest(self):
        """A client of its own."""
        return RestCatalog(self.NAME, uri=f"http://{self.server.host}:{self.server.port}/iceberg", warehouse=self.NAME)

    def rows_of(self, *identifier):
        return samples.rows_of_arrow(self.rest().load_table(identifier).scan().to_arrow())


class Namespaces(RestTest):
    def test_they_nest_and_have_properties(self):
        rest = self.rest()
        rest.create_namespace("a", {"owner": "Ada"})
        rest.create_namespace(("a", "b"))
        self.assertEqual(rest.list_namespaces(), [("a",)])
        self.assertEqual(rest.list_namespaces("a"), [("a", "b")])
        summary = rest.update_namespace_properties("a", removals={"owner", "none"}, updates={"k": "v"})
        self.assertEqual((summary.removed, summary.updated, summary.missing), (["owner"], ["k"], ["none"]))
        self.assertEqual(rest.load_namespace_properties("a"), {"k": "v", "location": f"file://{self.warehouse}/a"})
        with self.assertRaises(NamespaceAlreadyExistsError):
            rest.create_namespace("a")
        with self.assertRaises(NamespaceNotEmptyError):
            rest.drop_namespace("a")
        rest.drop_namespace(("a", "b"))
        rest.drop_namespace("a")
        with self.assertRaises(NoSuchNamespaceError):
            rest.load_namespace_properties("a")

    def test_tables_lie_in_nested_ones(self):
        rest = self.rest()
        rest.create_namespace("a")
        rest.create_namespace(("a", "b"))
        rest.create_table(("a", "b", "t"), SCHEMA).append(rows((1, "x")))
        self.assertEqual(rest.list_tables(("a", "b")), [("a", "b", "t")])
        self.assertEqual(self.rows_of("a", "b", "t"), samples.reference("select 1::bigint, 'x'"))
        self.assert_healthy()


class Tables(RestTest):
    def setUp(self):
        super().setUp()
        self.rest().create_namespace("s")

    def test_what_pyiceberg_writes_eider_reads(self):
        table = self.rest().create_table("s.t", SCHEMA, properties={"k": "v"})
        table.append(rows((1, "a"), (2, "b")))
        table.append(rows((3, "c")))
        self.assertEqual(self.eider_rows("select * from s.t"),
                         samples.reference("select * from (values (1::bigint, 'a'), (2, 'b'), (3, 'c'))"))
        table.overwrite(rows((9, "z")))
        self.assertEqual(self.eider_rows("select * from s.t"), samples.reference("select 9::bigint, 'z'"))
        table.delete("id = 9")
        self.assertEqual(self.eider_rows("select count(*) from s.t"), samples.reference("select 0::bigint"))
        self.assert_healthy()

    def test_what_eider_writes_pyiceberg_reads(self):
        select = samples.query(200)
        self.sql(f"create table s.t as {select}")
        self.assertEqual(self.rows_of("s", "t"), samples.reference(select))
        table = self.rest().load_table("s.t")
        self.sql("insert into s.t select * from s.t", "alter table s.t add column extra integer")
        table.refresh()
        self.assertEqual(table.scan().to_arrow().num_rows, 400)
        self.assertIn("extra", table.schema().column_names)

    def test_a_table_is_evolved(self):
        table = self.rest().create_table("s.t", SCHEMA)
        table.append(rows((1, "a")))
        with table.update_schema() as update:
            update.add_column("score", LongType())
            update.rename_column("name", "label")
        with table.update_spec() as update:
            update.add_field("score", IdentityTransform(), "score_part")
        table.append(pa.table({"id": pa.array([2], pa.int64()), "label": ["b"], "score": pa.array([7], pa.int64())}))
        with table.transaction() as transaction:
            transaction.set_properties(owner="Ada")
            transaction.update_schema().delete_column("label").commit()
        self.assertEqual(self.eider_rows("select * from s.t"),
                         samples.reference("select * from (values (1::bigint, null::bigint), (2, 7))"))
        loaded = self.rest().load_table("s.t")
        self.assertEqual(loaded.properties["owner"], "Ada")
        self.assertEqual(loaded.spec().fields[0].name, "score_part")
        self.assertEqual(self.rows_of("s", "t"), self.eider_rows("select * from s.t"))

    def test_a_partitioned_table(self):
        spec = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "name"))
        table = self.rest().create_table("s.t", SCHEMA, partition_spec=spec)
        table.append(rows(*((i, f"p{i % 3}") for i in range(30))))
        self.assertEqual(self.eider_rows("select name, count(*) from s.t group by name"),
                         samples.reference("select 'p' || i, 10::bigint from range(3) r(i)"))

    def test_a_table_that_is_created_with_its_rows(self):
        with self.rest().create_table_transaction("s.t", SCHEMA) as transaction:
            with self.assertRaises(NoSuchTableError):
                self.rest().load_table("s.t")
            transaction.append(rows((1, "a")))
        self.assertEqual(self.eider_rows("select * from s.t"), samples.reference("select 1::bigint, 'a'"))
        self.assertEqual(len(self.rest().load_table("s.t").history()), 1)

    def test_branches_and_tags(self):
        table = self.rest().create_table("s.t", SCHEMA)
        table.append(rows((1, "a")))
        first = table.current_snapshot().snapshot_id
        table.manage_snapshots().create_tag(first, "before").create_branch(first, "side").commit()
        table.append(rows((2, "b")))
        loaded = self.rest().load_table("s.t")
        self.assertEqual(loaded.refs()["before"].snapshot_id, first)
        self.assertEqual(loaded.scan(snapshot_id=loaded.refs()["side"].snapshot_id).to_arrow().num_rows, 1)
        loaded.manage_snapshots().remove_branch("side").remove_tag("before").commit()
        loaded.maintenance.expire_snapshots().by_id(first).commit()
        self.assertEqual(len(self.rest().load_table("s.t").snapshots()), 1)
        self.assertEqual(self.eider_rows("select count(*) from s.t"), samples.reference("select 2::bigint"))

    def test_names_are_changed_dropped_and_registered(self):
        rest = self.rest()
        table = rest.create_table("s.t", SCHEMA)
        table.append(rows((1, "a")))
        with self.assertRaises(TableAlreadyExistsError):
            rest.create_table("s.t", SCHEMA)
        rest.rename_table("s.t", "s.u")
        self.assertEqual(rest.list_tables("s"), [("s", "u")])
        self.assertEqual(self.eider_rows("select * from s.u"), samples.reference("select 1::bigint, 'a'"))
        location = rest.load_table("s.u").metadata_location
        rest.drop_table("s.u")
        self.assertFalse(rest.table_exists("s.u"))
        rest.register_table("s.again", location)
        self.assertEqual(self.rows_of("s", "again"), samples.reference("select 1::bigint, 'a'"))
        rest.purge_table("s.again")
        self.assertFalse(local_path(location).exists())
        self.assert_healthy()

    def test_a_client_cannot_leave_the_warehouse(self):
        with self.assertRaises(ForbiddenError):
            self.rest().create_table("s.t", SCHEMA, location=f"file://{self.folder}/outside")

    def test_two_writers_lose_no_row(self):
        self.rest().create_table("s.t", SCHEMA)
        acknowledged = []

        def write(who):
            for i in range(8):
                table = self.rest().load_table("s.t")
                try:
                    table.append(rows((i, who)))
                    acknowledged.append((i, who))
                except CommitFailedException:
                    pass

        def insert():
            for i in range(8):
                self.sql(f"insert into s.t values ({i}, 'eider')")
                acknowledged.append((i, "eider"))

        threads = [threading.Thread(target=write, args=(who,)) for who in ("a", "b")] + [threading.Thread(target=insert)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.rows_of("s", "t"), samples.sorted_rows(acknowledged))
        self.assertEqual(self.eider_rows("select * from s.t"), samples.sorted_rows(acknowledged))
        self.assert_healthy()


class Views(RestTest):
    def test_eider_and_pyiceberg_share_them(self):
        rest = self.rest()
        rest.create_namespace("s")
        version = ViewVersion(
            version_id=1, schema_id=0, timestamp_ms=1, summary={},
            representations=[SQLViewRepresentation(type="sql", sql="SELECT 7::BIGINT AS id, 'x' AS name",
                                                   dialect="duckdb")],
            default_namespace=["s"])
        rest.create_view("s.v", SCHEMA, version)
        self.assertEqual(self.eider_rows("select * from s.v"), samples.reference("select 7::bigint, 'x'"))
        self.sql("create view s.ours as select 1 as one")
        self.assertEqual(sorted(rest.list_views("s")), [("s", "ours"), ("s", "v")])
        loaded = rest.load_view("s.ours")
        self.assertEqual([field.name for field in loaded.schema().fields], ["one"])
        rest.drop_view("s.v")
        self.assertFalse(rest.view_exists("s.v"))
        with self.assertRaises(NoSuchViewError):
            rest.load_view("s.v")


if __name__ == "__main__":
    unittest.main()
