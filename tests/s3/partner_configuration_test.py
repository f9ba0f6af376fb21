"""What Eider prints for PyIceberg and DuckDB about tables on S3 is used as it stands: both write and read through `eider
serve`, with the keys of their own environment."""

import os
import subprocess
import sys
import unittest

import object_store
import program

if not object_store.available():
    program.skip_all("there is no moto, which plays the object store")

import duckdb  # noqa: E402
import duckdb_wheel  # noqa: E402

from server.serving import Server  # noqa: E402

PYICEBERG = """
import pyarrow
from pyiceberg.catalog import load_catalog
catalog = load_catalog("jaffle_iceberg")
rows = pyarrow.table({"i": pyarrow.array([1, 2], pyarrow.int64())})
catalog.create_table("s.theirs", rows.schema).append(rows)
print(catalog.load_table("s.ours").scan().to_arrow().column("i").to_pylist(), catalog.load_table("s.theirs").location())
"""


class Printed(program.ScratchTest):
    def test_pyiceberg_and_duckdb(self):
        store = self.enterContext(object_store.Store())
        keys = {"AWS_ACCESS_KEY_ID": "test-id", "AWS_SECRET_ACCESS_KEY": "test-secret", "AWS_SESSION_TOKEN": "",
                **object_store.STRANGER}
        ours = {**keys, "AWS_ENDPOINT_URL_S3": store.endpoint, "AWS_REGION": "us-east-1"}
        place = ["--warehouse", f"s3://{object_store.BUCKET}/shop", "--catalog", f"sqlite://{self.folder}/catalog.db"]
        self.succeed("sql", *place, environment=ours,
                     stdin="create schema s; create table s.ours as select 7::bigint as i;")
        server = self.enterContext(Server(*place, environment=ours))
        address = ["--server", f"http://{server.host}:{server.port}", "--s3-endpoint", store.endpoint]

        self.write(".pyiceberg.yaml", self.succeed("pyiceberg", "conf", *address))
        done = subprocess.run([sys.executable, "-c", PYICEBERG], capture_output=True, text=True, timeout=60,
                              env={**os.environ, **keys, "PYICEBERG_HOME": str(self.folder)})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("[7] s3://", done.stdout)

        connection = self.enterContext(duckdb.connect())
        for name in ("httpfs", "avro", "iceberg"):
            connection.execute(f"load '{duckdb_wheel.extension(name)}'")
        # Only the shell has it.
        connection.execute("create macro getenv(name) as map {" + ", ".join(
            f"'{name}': '{value}'" for name, value in keys.items() if name.startswith("AWS_S") or "KEY" in name) + "}[name]")
        # The extension that INSTALL would fetch is loaded already.
        connection.execute(self.succeed("duckdb", "attach", *address).replace("INSTALL iceberg;", ""))
        self.assertEqual(connection.execute("select i from jaffle_iceberg.s.theirs order by i").fetchall(), [(1,), (2,)])
        connection.execute("insert into jaffle_iceberg.s.ours values (8)")
        self.assertEqual(self.succeed("sql", *place, "--format", "csv", "-c", "select i from s.ours order by i",
                                      environment=ours).split(), ["i", "7", "8"])


if __name__ == "__main__":
    unittest.main()
