"""The matrix once more, where nothing is open: the tables lie on S3, the server wants to know who asks, and no
program but Eider has keys. Trino, DuckDB and Spark are given keys for one table at a time, PyIceberg and another Spark have
their requests signed; the store checks every signature, and holds keys to their policy."""

import os
import sys
import unittest

import program

sys.path.insert(0, str(program.PROJECT / "tests" / "s3"))

# PyIceberg 0.12 sends a request unsigned now and then where several of its threads begin at once.
os.environ["PYICEBERG_MAX_WORKERS"] = "1"

import object_store  # noqa: E402

from interop import java, partners, servers  # noqa: E402
from interop.builder import Builder  # noqa: E402
from interop.partners import rounded, row  # noqa: E402

KEYS, SIGNATURES = ("--delegation", "vended-credentials"), ("--delegation", "remote-signing")
TOKEN = ("--token-env", "EIDER_TOKEN")

PROFILE = """
jaffle_shop:
  target: dev
  outputs:
    dev: {{type: eider, warehouse: "{warehouse}", catalog: "{catalog}", schema: main, threads: 4}}
"""


class OnS3(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(servers.scratch())
        self.store = self.enterContext(object_store.Store(guarded=True))
        self.tokens = {name: self.token(name) for name in ("trino", "spark", "pyiceberg", "duckdb", "reader")}
        self.location = f"s3://{object_store.BUCKET}/shop"
        catalog = f"sqlite://{self.folder}/catalog.db"
        keys = "".join(f"      {name}: {value}\n" for name, value in self.store.properties.items())
        config = self.folder / "eider.yaml"
        config.write_text(f"""
authentication:
  tokens: tokens.json
roles:
  writers: {{members: ["token:trino", "token:spark", "token:pyiceberg", "token:duckdb"], grants: [write]}}
  readers: {{members: ["token:reader"], grants: [read]}}
warehouses:
  - name: jaffle_iceberg
    location: {self.location}
    catalog: {catalog}
    storage:
{keys}      client.assume-role.arn: arn:aws:iam::123456789012:role/tables
""")
        self.rest = self.enterContext(servers.eider_of(self.folder, "--config", config))
        own_keys = {"AWS_ACCESS_KEY_ID": "test-id", "AWS_SECRET_ACCESS_KEY": "test-secret", "AWS_REGION": "us-east-1",
                    "AWS_ENDPOINT_URL_S3": self.store.endpoint}
        self.eider = partners.Eider(self.location, "--catalog", catalog, environment=own_keys)
        self.builder = Builder(self.folder, own_keys, PROFILE.format(warehouse=self.location, catalog=catalog))
        self.eider.execute("CREATE SCHEMA lab")

    def token(self, name):
        made = program.run("token", "create", "--tokens", self.folder / "tokens.json", "--name", name)
        self.assertEqual(made.returncode, 0, made.stderr)
        return made.stdout.strip()

    def spark(self, name, way, who="spark"):
        # With credentials Spark asks for tokens, and renews them; Iceberg's signer does too.
        return partners.Spark(self.rest, name, catalog=name, more=way,
                              settings={"credential": f"{who}:{self.tokens[who]}"})

    def everybody(self):
        # Trino cannot take the address of the store from the server.
        trino = self.enterContext(servers.trino(
            self.folder, self.rest, "--s3-endpoint", self.store.endpoint, *KEYS,
            settings={"iceberg.rest-catalog.security": "OAUTH2",
                      "iceberg.rest-catalog.oauth2.credential": f"trino:{self.tokens['trino']}"}))
        return [
            self.eider, partners.Trino(trino),
            partners.PyIceberg(self.rest, *SIGNATURES, token=self.tokens["pyiceberg"]),
            partners.DuckDb(self.rest, *KEYS, *TOKEN, environment={"EIDER_TOKEN": self.tokens["duckdb"]}),
            self.spark("spark_with_keys", KEYS), self.spark("spark_signed", SIGNATURES)]

    def check(self, step, table, expected):
        for reader in self.everybody_there:
            with self.subTest(step=step, table=table, reader=reader.name):
                self.assertEqual(rounded(reader.rows(table)), rounded(expected))

    def test_everyone_reads_what_everyone_writes(self):
        self.everybody_there = self.everybody()
        self.builder.start()
        for writer in self.everybody_there:
            table = f"lab.by_{writer.name}"
            with self.subTest(writer=writer.name):
                writer.create(table)
                expected = [row(1, "one"), row(2, None), row(3, "three")]
                writer.append(table, expected)
                if "update" in writer.can:
                    writer.update(table, 1, "uno")
                    expected = [row(1, "uno")] + expected[1:]
                if "delete" in writer.can:
                    writer.delete(table, 3)
                    expected = expected[:2]
                self.check("written", table, expected)
                if "add_column" in writer.can:
                    writer.add_column(table)
                    writer.append(table, [row(5, "five", "new")])
                    self.check("added column", table, [(*line, None) for line in expected] + [row(5, "five", "new")])
        # Many objects are deleted by one request, which is signed for what it lists.
        signed, table = self.everybody_there[-1], "lab.by_spark_signed"
        before = self.store.keys(f"shop/{table.replace('.', '/')}/")
        signed.execute(f"CALL {signed.prefix}system.expire_snapshots(table => '{table}', "
                       "older_than => TIMESTAMP '2100-01-01 00:00:00', retain_last => 1)")
        self.assertLess(len(self.store.keys(f"shop/{table.replace('.', '/')}/")), len(before))
        table = "lab.of_everyone"
        self.eider.create(table)
        expected = []
        for number, writer in enumerate(self.everybody_there):
            writer.append(table, [row(number, writer.name)])
            expected.append(row(number, writer.name))
        self.check("by everyone", table, expected)
        self.builder.stop.set()
        self.builder.join()
        self.assertIsNone(self.builder.failure)
        self.assertGreater(self.builder.builds, 0)
        self.assertEqual(self.store.refusals(), [])
        # Each table was opened by keys of its own. Trino adds to the names of its folders.
        folders = {session["policy"].split("shop/")[1].split("/*")[0].split("-")[0]
                   for session in self.store.sessions().values()}
        self.assertLessEqual({"lab/by_trino", "lab/by_duckdb", "lab/by_spark_with_keys", "lab/of_everyone"}, folders)

    def test_who_may_only_read_writes_nothing(self):
        self.eider.create("lab.t")
        self.eider.append("lab.t", [row(1, "one")])
        with_keys, signed = (self.spark(f"reader_{name}", way, "reader") for name, way in (("keys", KEYS), ("signed", SIGNATURES)))
        before = self.store.keys()
        for spark in (with_keys, signed):
            self.assertEqual(rounded(spark.rows("lab.t")), rounded([row(1, "one")]))
            with self.assertRaises(Exception) as raised:
                spark.append("lab.t", [row(2, "two")])
            self.assertIn("403", str(raised.exception).replace("Forbidden", "403"))
        self.assertEqual(self.store.keys(), before)


if __name__ == "__main__":
    if java.find(24) is None or java.find(17, 21) is None:
        program.skip_all("needs a JDK 17 for Spark and one of 24 or newer for Trino")
    unittest.main()
