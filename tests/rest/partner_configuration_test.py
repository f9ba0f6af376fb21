"""What Eider prints for PyIceberg and DuckDB is used as it stands, at a running `eider serve`; what it writes for Trino
is written with care. (`make interop` uses what is printed for Spark and written for Trino.)"""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import duckdb
import duckdb_wheel

from server.serving import Server
from storage import samples
from storage.pyiceberg_warehouse import WarehouseTest

ROWS = "select i, 'name ' || i as n from range(10) r(i)"
PYICEBERG = """
import sys
from pyiceberg.catalog import load_catalog
catalog = load_catalog(sys.argv[1])
print(catalog.load_table("s.t").scan().to_arrow().num_rows, catalog.properties.get("token"))
"""


class Printed(WarehouseTest):
    def setUp(self):
        super().setUp()
        self.sql("create schema s", f"create table s.t as {ROWS}")
        # A name that has to be quoted.
        self.server = self.enterContext(Server("--warehouse", f"it's one={self.warehouse}"))
        self.address = ["--server", f"http://{self.server.host}:{self.server.port}", "--warehouse", "it's one"]

    def pyiceberg(self, catalog, configuration, environment):
        (self.folder / ".pyiceberg.yaml").write_text(configuration)
        done = subprocess.run([sys.executable, "-c", PYICEBERG, catalog], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PYICEBERG_HOME": str(self.folder), **environment})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def test_pyiceberg(self):
        text = self.succeed("pyiceberg", "conf", *self.address)
        self.assertEqual(self.pyiceberg("jaffle_iceberg", text, {}), ["10", "None"])

    def test_pyiceberg_with_a_token(self):
        text = self.succeed("pyiceberg", "conf", *self.address, "--token-env", "EIDER_TOKEN")
        [line] = [line for line in text.splitlines() if "export " in line]
        name = line.split("export ")[1].split("=")[0]
        self.assertEqual(self.pyiceberg("jaffle-iceberg", text, {name: "secret"}), ["10", "secret"])

    def duckdb(self):
        """A DuckDB that finds the extensions installed, as a user has them."""
        connection = self.enterContext(duckdb.connect())
        connection.execute(f"set extension_directory = '{self.folder}/extensions'")
        version, platform = connection.execute("select library_version from pragma_version()").fetchone() + \
            connection.execute("pragma platform").fetchone()
        installed = self.folder / "extensions" / version / platform
        installed.mkdir(parents=True)
        for name in ("httpfs", "avro", "iceberg"):
            (installed / f"{name}.duckdb_extension").symlink_to(duckdb_wheel.extension(name))
        return connection

    def test_duckdb(self):
        connection = self.duckdb()
        connection.execute(self.succeed("duckdb", "attach", *self.address, "--catalog", "shop"))
        self.assertEqual(samples.sorted_rows(connection.execute("select * from shop.s.t").fetchall()),
                         samples.reference(ROWS))

    def test_duckdb_with_a_token(self):
        connection = self.duckdb()
        text = self.succeed("duckdb", "attach", *self.address, "--token-env", "EIDER_TOKEN")
        # Only the shell has it.
        connection.execute("create macro getenv(name) as 'value of ' || name")
        connection.execute(text)
        self.assertEqual(connection.execute("select count(*) from jaffle_iceberg.s.t").fetchone(), (10,))


class TrinoInit(WarehouseTest):
    def test_never_overwrites_unless_told(self):
        out = self.folder / "trino"
        printed = self.succeed("trino", "init", "--out", out).split()
        self.assertEqual([pathlib.Path(path) for path in printed],
                         [out / "etc" / name for name in ("node.properties", "jvm.config", "config.properties",
                                                          "catalog/jaffle_iceberg.properties")])
        before = {path: pathlib.Path(path).read_text() for path in printed}
        self.succeed("trino", "init", "--out", out)  # nothing differs

        refused = self.eider("trino", "init", "--out", out, "--port", "9999", "--catalog", "other")
        self.assertEqual(refused.returncode, 2)
        self.assertIn(f"something else in {out}/etc/config.properties", refused.stderr)
        self.assertEqual(before, {path: pathlib.Path(path).read_text() for path in printed})
        self.assertFalse((out / "etc" / "catalog" / "other.properties").exists())

        self.succeed("trino", "init", "--out", out, "--port", "9999", "--force")
        self.assertIn("http-server.http.port=9999\n", (out / "etc" / "config.properties").read_text())

    def test_wrong_options_write_nothing(self):
        out = self.folder / "trino"
        for options in (["--server", "somewhere"], ["--catalog", "../x"], ["--port", "0"], ["--heap", "big"],
                        ["--warehouse", "a\nb"], ["--warehouse", "${ENV:HOME}"], ["--token-env", "not a name"]):
            done = self.eider("trino", "init", "--out", out, *options)
            self.assertEqual(done.returncode, 2, options)
            self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main()
