"""`eider serve` with a warehouse on an object store, to clients of other makes that have keys of their own."""

import json
import unittest

import object_store
import program
from server.serving import Server

if not object_store.available():
    program.skip_all("there is no moto, which plays the object store")

import duckdb  # noqa: E402
import duckdb_wheel  # noqa: E402
import pyarrow  # noqa: E402
from pyiceberg.catalog.rest import RestCatalog  # noqa: E402

SCHEMA = {"type": "struct", "fields": [{"id": 1, "name": "id", "type": "long", "required": False}]}


class ServedS3(object_store.StoreTest):
    def setUp(self):
        super().setUp()
        keys = "".join(f"      {name}: {value}\n" for name, value in self.store.properties.items())
        self.write("eider.yaml", f"""
warehouses:
  - name: shop
    location: {self.location}
    catalog: sqlite://{self.folder}/catalog.db
    storage:
{keys}""")
        self.server = self.enterContext(Server("--config", self.folder / "eider.yaml"))
        self.uri = f"http://{self.server.host}:{self.server.port}/iceberg"

    def test_pyiceberg(self):
        rest = RestCatalog("shop", uri=self.uri, warehouse="shop", **self.store.properties)
        rest.create_namespace("s")
        data = pyarrow.table({"id": [1, 2, 3], "name": ["x", None, "z"]})
        rest.create_table("s.t", data.schema).append(data)
        rest.load_table("s.t").delete("id = 2")
        table = rest.load_table("s.t")
        self.assertEqual(table.location(), self.location + "/s/t")
        self.assertEqual(sorted(table.scan().to_arrow()["id"].to_pylist()), [1, 3])
        rest.purge_table("s.t")
        self.assertEqual(self.store.keys(self.prefix + "/"), [])

    def test_duckdb(self):
        connection = self.enterContext(duckdb.connect())
        for needed in ("httpfs", "avro", "iceberg"):
            connection.execute(f"load '{duckdb_wheel.extension(needed)}'")
        connection.execute(f"create secret (type s3, key_id 'test-id', secret 'x', region 'us-east-1', url_style 'path', "
                           f"use_ssl false, endpoint '{self.store.endpoint.removeprefix('http://')}')")
        connection.execute(f"attach 'shop' as shop (type iceberg, authorization_type none, endpoint '{self.uri}', "
                           "access_delegation_mode 'none')")
        connection.execute("create schema shop.s")
        connection.execute("create table shop.s.t as select i, 'n' || i as n from range(100) r(i)")
        connection.execute("insert into shop.s.t values (1000, 'more')")
        self.assertEqual(connection.execute("select count(*), max(i) from shop.s.t").fetchall(), [(101, 1000)])
        environment = {"AWS_ACCESS_KEY_ID": "test-id", "AWS_SECRET_ACCESS_KEY": "x",
                       "AWS_ENDPOINT_URL_S3": self.store.endpoint}
        ours = self.succeed("sql", "--warehouse", self.location, "--catalog", f"sqlite://{self.folder}/catalog.db",
                            "--format", "json", "-c", "select count(*) as n from s.t", environment=environment)
        self.assertEqual(json.loads(ours), [{"n": 101}])

    def test_locations_are_confined(self):
        def create(name, location):
            body = {"name": name, "schema": SCHEMA, "location": location}
            return self.server.get("/iceberg/v1/shop/namespaces/s/tables", "POST", json.dumps(body))[0]
        self.server.get("/iceberg/v1/shop/namespaces", "POST", json.dumps({"namespace": ["s"]}))
        for location, status in ((f"s3://{object_store.BUCKET}/elsewhere", 403), ("s3://other/x", 403),
                                 (f"{self.location}/../x", 400), (f"{self.location}//x", 400), ("file:///tmp/x", 403),
                                 (f"{self.location}x/y", 403), ("gs://b/x", 400)):
            self.assertEqual(create("t", location), status, location)
        self.assertEqual(create("t", f"{self.location}/s/elsewhere"), 200)


if __name__ == "__main__":
    unittest.main()
