"""Clients without keys of their own, at `eider serve` with a warehouse on S3: with keys for one table, and with requests that
are signed for them. The store checks every signature, and holds keys to their policy (guard.py)."""

import json
import os
import unittest

import object_store
import program
from server.serving import Server

if not object_store.available():
    program.skip_all("there is no moto, which plays the object store")

# Where two of its threads begin at once, PyIceberg 0.12 takes the signer out to put it in again, and sends what the other sends
# meanwhile unsigned.
os.environ["PYICEBERG_MAX_WORKERS"] = "1"

import boto3  # noqa: E402
import botocore.config  # noqa: E402
import botocore.exceptions  # noqa: E402
import duckdb  # noqa: E402
import duckdb_wheel  # noqa: E402
import guard  # noqa: E402
import pyarrow  # noqa: E402
from pyiceberg.catalog.rest import RestCatalog  # noqa: E402

try:
    import s3fs  # noqa: F401
except ImportError:
    s3fs = None

ROLE = "arn:aws:iam::123456789012:role/tables"
# Names that have a meaning in patterns, in policies, in URLs.
ODD = ["*", "?", "${aws:username}", "$*?", "100%", "a%2Fb", "a b", "a+b", "it's", 'say "x"', "ü", "..", "[a]"]


class Delegation(object_store.StoreTest):
    GUARDED = True
    storage = f"      client.assume-role.arn: {ROLE}\n"

    def setUp(self):
        super().setUp()
        keys = "".join(f"      {name}: {value}\n" for name, value in self.store.properties.items())
        self.tokens = {name: self.succeed("token", "create", "--tokens", self.folder / "tokens.json", "--name", name).strip()
                       for name in ("owner", "writer", "reader")}
        self.write("eider.yaml", f"""
authentication:
  tokens: tokens.json
roles:
  owners: {{members: ["token:owner"], grants: [admin]}}
  writers: {{members: ["token:writer"], grants: [write:shop/s]}}
  readers: {{members: ["token:reader"], grants: [read:shop/s]}}
access_log: access.log
audit_log: audit.log
warehouses:
  - name: shop
    location: {self.location}
    catalog: sqlite://{self.folder}/catalog.db
    storage:
{keys}{self.storage}""")
        self.server = self.enterContext(Server("--config", self.folder / "eider.yaml"))
        self.uri = f"http://{self.server.host}:{self.server.port}/iceberg"
        self.pyiceberg("owner").create_namespace("s")
        self.addCleanup(self.assert_no_secret_was_written)

    def assert_no_secret_was_written(self):
        secrets = [object_store.KEYS["s3.secret-access-key"]]
        for session in self.store.sessions().values():
            secrets += [session["secret"], session["token"]]
        written = [path for path in self.folder.rglob("*") if path.is_file() and path.name != "eider.yaml"]
        self.assertIn("access.log", [path.name for path in written])
        for path in written:
            content = path.read_bytes()
            self.assertFalse([secret for secret in secrets if secret.encode() in content], path)
        self.assertFalse([secret for secret in secrets if secret in "\n".join(self.server.errors)])
        for key in self.store.keys(self.prefix + "/"):
            if key.endswith(".metadata.json"):
                text = self.store.read(key).decode()
                self.assertFalse([secret for secret in secrets if secret in text], key)

    def refusals(self):
        """What the store has refused below this test's prefix."""
        return [refusal for refusal in self.store.refusals() if self.prefix in refusal]

    def pyiceberg(self, who, **properties):
        return RestCatalog("shop", uri=self.uri, warehouse="shop", token=self.tokens[who], **properties)

    def ask(self, who, path, method="GET", body=None, ways="vended-credentials"):
        headers = {"Authorization": f"Bearer {self.tokens[who]}", "X-Iceberg-Access-Delegation": ways}
        status, fields, text = self.server.get(f"/iceberg/v1/shop{path}", method,
                                               json.dumps(body) if body is not None else None, headers)
        return status, json.loads(text) if text else None

    def make_tables(self):
        """Two tables a and b with three rows each; made by Eider with its own keys."""
        self.sql("create table s.a as select range as id from range(3); create table s.b as select range as id from range(3)")

    def sql(self, text):
        environment = {"AWS_ACCESS_KEY_ID": "test-id", "AWS_SECRET_ACCESS_KEY": "test-secret",
                       "AWS_ENDPOINT_URL_S3": self.store.endpoint, "AWS_REGION": "us-east-1"}
        return json.loads(self.succeed("sql", "--warehouse", self.location, "--catalog",
                                       f"sqlite://{self.folder}/catalog.db", "--format", "json", "-c", text,
                                       environment=environment) or "[]")

    def s3(self, config):
        """A client of S3 with what a table's answer told."""
        return boto3.client(
            "s3", endpoint_url=config["s3.endpoint"], region_name=config["client.region"],
            aws_access_key_id=config["s3.access-key-id"], aws_secret_access_key=config["s3.secret-access-key"],
            aws_session_token=config.get("s3.session-token"),
            config=botocore.config.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))

    def refused(self, action, *arguments, **options):
        with self.assertRaises(botocore.exceptions.ClientError) as raised:
            action(*arguments, **options)
        self.assertEqual(raised.exception.response["ResponseMetadata"]["HTTPStatusCode"], 403)


class Keys(Delegation):
    def test_pyiceberg_writes_and_reads(self):
        writer = self.pyiceberg("writer")
        rows = pyarrow.table({"id": [1, 2, 3], "name": ["x", None, "z"]})
        table = writer.create_table("s.t", rows.schema)
        table.append(rows)
        table.delete("id = 2")
        with writer.create_table_transaction("s.staged", rows.schema) as transaction:
            transaction.append(rows)
        reader = self.pyiceberg("reader")
        self.assertEqual(sorted(reader.load_table("s.t").scan().to_arrow()["id"].to_pylist()), [1, 3])
        self.assertEqual(len(reader.load_table("s.staged").scan().to_arrow()), 3)
        self.assertEqual(self.refusals(), [])
        with self.assertRaises(OSError):
            reader.load_table("s.t").append(rows)
        self.assertIn("s3:PutObject", self.refusals()[-1])

    def test_duckdb_writes_and_reads(self):
        self.make_tables()
        refused = len(self.refusals())
        writer, reader = self.duckdb("writer"), self.duckdb("reader")
        writer.execute("insert into shop.s.a values (10)")
        writer.execute("create table shop.s.t as select range as id from range(5)")
        writer.execute("delete from shop.s.t where id = 2")
        self.assertEqual(reader.execute("select sum(id) from shop.s.a").fetchall(), [(13,)])
        self.assertEqual(reader.execute("select sum(id) from shop.s.t").fetchall(), [(8,)])
        self.assertEqual(self.sql("select sum(id)::int as n from s.t"), [{"n": 8}])
        self.assertEqual(len(self.refusals()), refused)
        with self.assertRaises(duckdb.Error):
            reader.execute("insert into shop.s.a values (11)")
        self.assertIn("s3:PutObject", self.refusals()[-1])

    def duckdb(self, who):
        connection = self.enterContext(duckdb.connect())
        for needed in ("httpfs", "avro", "iceberg"):
            connection.execute(f"load '{duckdb_wheel.extension(needed)}'")
        connection.execute(f"create secret server (type iceberg, token '{self.tokens[who]}')")
        connection.execute(f"attach 'shop' as shop (type iceberg, secret server, endpoint '{self.uri}')")
        return connection

    def test_keys_open_one_table_and_no_more_than_the_right(self):
        self.make_tables()
        objects = {name: [key for key in self.store.keys(f"{self.prefix}/s/{name}/")] for name in "ab"}
        for who in ("reader", "writer"):
            config = self.ask(who, "/namespaces/s/tables/a")[1]["config"]
            s3 = self.s3(config)
            place = {"Bucket": object_store.BUCKET}
            s3.get_object(Key=objects["a"][0], **place)
            s3.list_objects_v2(Prefix=f"{self.prefix}/s/a/", **place)
            s3.list_objects_v2(Prefix=f"{self.prefix}/s/a/data/", **place)
            new = f"{self.prefix}/s/a/data/by-{who}"
            if who == "writer":
                s3.put_object(Key=new, Body=b"x", **place)
                s3.delete_object(Key=new, **place)
            else:
                self.refused(s3.put_object, Key=new, Body=b"x", **place)
                self.refused(s3.delete_object, Key=objects["a"][0], **place)
            self.refused(s3.get_object, Key=objects["b"][0], **place)
            self.refused(s3.put_object, Key=f"{self.prefix}/s/b/data/x", Body=b"x", **place)
            self.refused(s3.put_object, Key=f"{self.prefix}/s/a", Body=b"x", **place)
            self.refused(s3.put_object, Key=f"{self.prefix}/s/a2/x", Body=b"x", **place)
            self.refused(s3.copy_object, Key=f"{self.prefix}/s/a/x", CopySource=f"{object_store.BUCKET}/{objects['b'][0]}", **place)
            for listing in ({}, {"Prefix": ""}, {"Prefix": self.prefix}, {"Prefix": f"{self.prefix}/s/a"},
                            {"Prefix": f"{self.prefix}/s/b/"}):
                self.refused(s3.list_objects_v2, **place, **listing)
            self.refused(s3.get_object, Key=objects["a"][0], Bucket="other")
            self.refused(s3.delete_object, Key=objects["b"][0], **place)
            self.refused(s3.get_bucket_policy, **place)
        self.assertEqual(sorted(self.store.keys(f"{self.prefix}/s/")), sorted(objects["a"] + objects["b"]))

    def test_no_name_widens_a_policy(self):
        self.make_tables()
        schema = {"type": "struct", "fields": [{"id": 1, "name": "id", "type": "long", "required": False}]}
        other = self.store.keys(f"{self.prefix}/s/a/")[0]
        for number, name in enumerate(ODD):
            where = [{"name": name}]
            if "/" not in name and ".." not in name:
                # Where the catalog chooses, odd characters are encoded; who creates a table may choose otherwise.
                where.append({"name": f"t{number}", "location": f"{self.location}/s/{name}"})
            for table in where:
                with self.subTest(table):
                    status, answer = self.ask("writer", "/namespaces/s/tables", "POST", {"schema": schema, **table})
                    self.assertEqual(status, 200, answer)
                    location = answer["metadata"]["location"]
                    self.assertEqual(table.get("location", location), location)
                    own = location.split("/", 3)[3]
                    s3 = self.s3(answer["config"])
                    s3.put_object(Bucket=object_store.BUCKET, Key=f"{own}/data/x", Body=b"x")
                    s3.list_objects_v2(Bucket=object_store.BUCKET, Prefix=f"{own}/")
                    self.refused(s3.get_object, Bucket=object_store.BUCKET, Key=other)
                    for key in (f"{self.prefix}/s/x/data/x", f"{self.prefix}/x", f"{self.prefix}/s/aXb/x", "x"):
                        self.refused(s3.put_object, Bucket=object_store.BUCKET, Key=key, Body=b"x")
                    for prefix in (f"{self.prefix}/s/", f"{self.prefix}/s/a/", ""):
                        self.refused(s3.list_objects_v2, Bucket=object_store.BUCKET, Prefix=prefix)

    def test_the_audit_log_says_who_was_given_keys(self):
        self.make_tables()
        self.ask("reader", "/namespaces/s/tables/a")
        self.ask("reader", "/namespaces/s/tables/a", ways="")
        self.ask("writer", "/namespaces/s/tables/b/credentials")
        lines = [json.loads(line) for line in (self.folder / "audit.log").read_text().splitlines()]
        given = [(line["principal"], line["objects"][0]["name"]) for line in lines if line["action"].startswith("GET")]
        self.assertEqual(given, [("token:reader", "a"), ("token:writer", "b")])
        metrics = self.server.get("/metrics", headers={"Authorization": f"Bearer {self.tokens['owner']}"})[2]
        self.assertIn('eider_keys_told_total{warehouse="shop"} 2', metrics)

    def test_without_the_service_there_are_no_keys_and_no_table(self):
        self.make_tables()
        self.server.stop()
        config = self.folder / "eider.yaml"
        config.write_text(config.read_text() + "      sts.endpoint: http://127.0.0.1:9\n")
        self.server = self.enterContext(Server("--config", config))
        status, answer = self.ask("writer", "/namespaces/s/tables/a")
        self.assertEqual(status, 500, answer)
        self.assertIn(ROLE, answer["error"]["message"])
        body = {"name": "new", "schema": {"type": "struct", "fields": []}}
        self.assertEqual(self.ask("writer", "/namespaces/s/tables", "POST", body)[0], 500)
        self.assertEqual(self.ask("writer", "/namespaces/s/tables/new")[0], 404)
        self.assertEqual(self.ask("writer", "/namespaces/s/tables/a", ways="")[0], 200)


class OwnKeys(Delegation):
    storage = "      client.vended-credentials: static\n"

    def test_are_for_who_may_do_everything(self):
        rows = pyarrow.table({"id": [1, 2]})
        self.pyiceberg("owner").create_table("s.t", rows.schema).append(rows)
        self.assertEqual(len(self.pyiceberg("owner").load_table("s.t").scan().to_arrow()), 2)
        for who in ("writer", "reader"):
            self.assertEqual(self.ask(who, "/namespaces/s/tables/t")[1]["config"], {})
            self.assertEqual(self.ask(who, "/namespaces/s/tables/t/credentials")[1], {"storage-credentials": []})
        self.assertEqual(self.store.sessions(), {})


@unittest.skipIf(s3fs is None, "there is no s3fs, by which PyIceberg has requests signed")
class Signatures(Delegation):
    storage = ""

    def pyiceberg(self, who, **properties):
        return super().pyiceberg(who, **{"header.X-Iceberg-Access-Delegation": "remote-signing"}, **properties)

    def test_pyiceberg_writes_and_reads(self):
        writer = self.pyiceberg("writer")
        rows = pyarrow.table({"id": [1, 2, 3], "name": ["x", None, "z"]})
        table = writer.create_table("s.t", rows.schema)
        table.append(rows)
        table.append(rows)
        table.overwrite(rows.slice(0, 1), overwrite_filter="id > 1")
        with writer.create_table_transaction("s.staged", rows.schema) as transaction:
            transaction.append(rows)
        reader = self.pyiceberg("reader")
        self.assertEqual(sorted(reader.load_table("s.t").scan().to_arrow()["id"].to_pylist()), [1, 1, 1])
        self.assertEqual(len(reader.load_table("s.staged").scan().to_arrow()), 3)
        self.assertEqual(self.refusals(), [])
        self.assertEqual(self.store.sessions(), {})
        self.assertEqual(self.sql("select count(*)::int as n from s.staged"), [{"n": 3}])

    def test_tables_side_by_side(self):
        # PyIceberg keeps one client for all stores that look alike, and with it the signer of the table that came last.
        self.make_tables()
        catalog = self.pyiceberg("writer")
        a, b = catalog.load_table("s.a"), catalog.load_table("s.b")
        for _ in range(2):
            b.append(a.scan().to_arrow())
            a.append(b.scan().to_arrow().slice(0, 1))
        self.assertEqual(len(a.scan().to_arrow()) + len(b.scan().to_arrow()), 15)

    def test_readers_write_nothing_and_nobody_reaches_another_table(self):
        self.make_tables()
        rows = pyarrow.table({"id": [7]})
        before = sorted(self.store.keys(self.prefix))
        with self.assertRaises(Exception) as raised:
            self.pyiceberg("reader").load_table("s.a").append(rows)
        self.assertIn("403", str(raised.exception))
        writer = self.pyiceberg("writer").load_table("s.a")
        for key in (self.store.keys(f"{self.prefix}/s/b/")[0], f"{self.prefix}/s/b/new"):
            place = f"s3://{object_store.BUCKET}/{key}"
            with self.assertRaises(Exception) as raised:
                writer.io.new_input(place).open().read()
            with self.assertRaises(Exception) as raised:
                with writer.io.new_output(place).create(overwrite=True) as output:
                    output.write(b"x")
            self.assertIn("403", str(raised.exception))
        self.assertEqual(sorted(self.store.keys(self.prefix)), before)
        self.assertEqual(self.refusals(), [], "nothing got as far as the store")

    def test_large_files_are_sent_in_parts(self):
        self.make_tables()
        table = self.pyiceberg("writer").load_table("s.a")
        content = bytes(range(256)) * (48 << 10)
        place = f"{self.location}/s/a/data/large"
        with table.io.new_output(place).create() as output:
            output.write(content)
        with self.pyiceberg("reader").load_table("s.a").io.new_input(place).open() as read:
            self.assertEqual(read.read(), content)

    def test_odd_names(self):
        rows = pyarrow.table({"id": [1, 2]})
        writer = self.pyiceberg("writer")
        for number, name in enumerate(ODD):
            chosen = {"location": f"{self.location}/s/at {name}"}
            for identifier, where in ((("s", name), {}), (("s", f"t{number}"), chosen)):
                # PyIceberg itself cannot do these.
                if name == ".." or (where and "?" in name):
                    continue
                with self.subTest(name, **where):
                    writer.create_table(identifier, rows.schema, **where).append(rows)
                    self.assertEqual(len(self.pyiceberg("reader").load_table(identifier).scan().to_arrow()), 2)

    def test_what_is_not_signed(self):
        self.make_tables()
        b = self.store.keys(f"{self.prefix}/s/b/")[0]
        bucket = f"{self.store.endpoint}/{object_store.BUCKET}"
        own = f"{bucket}/{self.prefix}/s/a"
        delete = "<Delete><Object><Key>{}</Key></Object></Delete>"

        def sign(who, method, uri, headers=None, **more):
            body = {"region": "us-east-1", "method": method, "uri": uri, "headers": headers or {}, **more}
            return self.ask(who, "/namespaces/s/tables/a/sign", "POST", body)[0]
        self.assertEqual(sign("reader", "GET", f"{own}/x"), 200)
        self.assertEqual(sign("writer", "PUT", f"{own}/x"), 200)
        self.assertEqual(sign("writer", "POST", f"{bucket}?delete", body=delete.format(f"{self.prefix}/s/a/x")), 200)
        for who, method, uri, more in (
                ("reader", "PUT", f"{own}/x", {}), ("reader", "DELETE", f"{own}/x", {}),
                ("reader", "POST", f"{bucket}?delete", {"body": delete.format(f"{self.prefix}/s/a/x")}),
                ("writer", "GET", f"{bucket}/{b}", {}), ("writer", "GET", f"{own}/../b/x", {}),
                ("writer", "GET", f"{own}/%2e%2e/b/x", {}), ("writer", "GET", f"{own}/x?acl", {}),
                ("writer", "GET", f"{bucket}?policy", {}), ("writer", "GET", f"{bucket}?list-type=2", {}),
                ("writer", "GET", f"{bucket}?prefix={self.prefix}/s/", {}),
                ("writer", "POST", f"{bucket}?delete", {"body": delete.format(b)}),
                ("writer", "PUT", f"{own}/x", {"headers": {"x-amz-copy-source": [f"/{object_store.BUCKET}/{b}"]}}),
                ("writer", "GET", f"http://127.0.0.1:9/{object_store.BUCKET}/{self.prefix}/s/a/x", {}),
                ("writer", "GET", "http://169.254.169.254/latest/meta-data", {})):
            with self.subTest(f"{who} {method} {uri}"):
                self.assertEqual(sign(who, method, uri, **more), 403)


class TheGuardItself(unittest.TestCase):
    def test_patterns(self):
        for text, name, fits in (("a/*", "a/b/c", True), ("a/*", "b/a/", False), ("a?c", "abc", True), ("a?c", "ac", False),
                                 ("${*}/*", "*/x", True), ("${*}/*", "a/x", False), ("${?}", "?", True), ("${?}", "a", False),
                                 ("${$}{a}", "${a}", True), ("a.c", "abc", False)):
            self.assertEqual(bool(guard.pattern(text).fullmatch(name)), fits, (text, name))
        self.assertRaises(ValueError, guard.pattern, "${aws:username}")

    def test_what_is_signed_wrongly_is_refused(self):
        store = self.enterContext(object_store.Store(guarded=True))
        config = botocore.config.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1})

        def put(id, secret):
            boto3.client("s3", endpoint_url=store.endpoint, region_name="us-east-1", aws_access_key_id=id,
                         aws_secret_access_key=secret, config=config).put_object(
                             Bucket=object_store.BUCKET, Key="a b/%*", Body=b"x")
        put("test-id", "test-secret")
        for id, secret in (("test-id", "other"), ("other", "test-secret")):
            self.assertRaises(botocore.exceptions.ClientError, put, id, secret)
        self.assertEqual(store.keys(), ["a b/%*"])


if __name__ == "__main__":
    unittest.main()
