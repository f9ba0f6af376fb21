"""What a hostile client of `eider serve` may try: names and locations that lead elsewhere, and addresses for the server to ask."""

import json
import os
import socket
import threading
import unittest
import urllib.parse
import uuid

from serve_test import ServeTest

SCHEMA = {"type": "struct", "fields": [{"id": 1, "name": "i", "required": False, "type": "int"}]}


class Listener:
    """An address that nobody should ask anything."""

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self._socket.getsockname()[1]
        self.calls = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            connection.close()

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Hostile(ServeTest):
    def setUp(self):
        super().setUp()
        self.secret = self.folder / "secret"
        self.secret.mkdir()
        (self.secret / "0.metadata.json").write_text('{"password": "hidden-word"}')
        self.server = self.serve("-w", "shop")
        self.assertEqual(self.send("POST", "namespaces", {"namespace": ["s"]})[0], 200)

    def send(self, method, path, body=None):
        """The status and text of an answer to a request for a route of the warehouse."""
        text = None if body is None else json.dumps(body)
        status, _, answer = self.server.get(f"/iceberg/v1/shop/{path}", method=method, body=text)
        self.assertNotIn("hidden-word", answer)
        return status, answer

    def create(self, name, **more):
        return self.send("POST", "namespaces/s/tables", {"name": name, "schema": SCHEMA, **more})

    def files_outside(self):
        return sorted(str(path) for path in self.folder.rglob("*") if self.warehouse not in path.parents)

    def test_names_are_no_paths(self):
        before = self.files_outside()
        for name in ("..", ".", "../../secret/t", "/etc/t", "a/../../../t", "..%2f..%2ft", "t\0u", "t\nu", "\\..\\t"):
            status, answer = self.create(name)
            self.assertIn(status, (200, 400), answer)
            quoted = urllib.parse.quote(name, safe="")
            self.assertIn(self.send("GET", f"namespaces/s/tables/{quoted}")[0], (200,) if status == 200 else (400, 404))
            status, answer = self.send("POST", "namespaces", {"namespace": [name]})
            self.assertIn(status, (200, 400), answer)
        self.assertEqual(self.files_outside(), before)
        for folder, _, _ in os.walk(self.warehouse):
            self.assertTrue(os.path.realpath(folder).startswith(os.path.realpath(self.warehouse)))

    def test_paths_lead_to_no_file(self):
        for path in ("/ui/../secret/0.metadata.json", "/ui/..%2fsecret/0.metadata.json", "/ui/%2e%2e/secret/0.metadata.json",
                     "/ui//etc/passwd", "/iceberg/v1/../../secret/0.metadata.json", "/ui/api/../../secret/0.metadata.json",
                     "/ui/api/files?warehouse=../secret&table=0.metadata.json"):
            with socket.create_connection((self.server.host, self.server.port), timeout=30) as raw:
                raw.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                answer = b"".join(iter(lambda: raw.recv(65536), b"")).decode()
            self.assertRegex(answer.splitlines()[0], "HTTP/1.1 40[04] ", path)
            self.assertNotIn("hidden-word", answer)
            self.assertNotIn("root:", answer)

    def test_links_lead_to_no_table(self):
        (self.warehouse / "way").symlink_to(self.secret)
        way = f"file://{self.warehouse}/way"
        self.assertEqual(self.create("t", location=f"{way}/t")[0], 403)
        self.assertEqual(self.send("POST", "namespaces/s/register",
                                   {"name": "r", "metadata-location": f"{way}/0.metadata.json"})[0], 403)
        self.assertEqual(sorted(path.name for path in self.secret.iterdir()), ["0.metadata.json"])

    def test_what_is_elsewhere_stays_there(self):
        for location in (f"file://{self.secret}/t", f"{self.secret}/t", f"file://{self.warehouse}/../secret/t",
                         f"file://localhost{self.secret}/t", f"FILE://{self.secret}/t", "//etc/t"):
            self.assertIn(self.create("t", location=location)[0], (400, 403), location)
        for location in (f"file://{self.secret}/0.metadata.json", f"{self.secret}/0.metadata.json", "file:///etc/passwd"):
            self.assertEqual(self.send("POST", "namespaces/s/register", {"name": "r", "metadata-location": location})[0], 403)
        self.assertEqual(self.send("GET", "namespaces/s/tables")[1], '{"identifiers":[],"next-page-token":null}')

    def test_no_depth_of_json_ends_it(self):
        levels = 1_000_000
        deep = "[" * levels + "]" * levels
        status, answer = self.create("t")
        self.assertEqual(status, 200, answer)
        metadata = json.loads(answer)["metadata"]
        metadata |= {"location": f"file://{self.warehouse}/s/u", "table-uuid": str(uuid.uuid4())}
        path = self.warehouse / "s" / "u" / "metadata" / "00000-deep.metadata.json"
        path.parent.mkdir(parents=True)
        path.write_text(f'{json.dumps(metadata)[:-1]}, "custom": {deep}}}')
        status, answer = self.send("POST", "namespaces/s/register", {"name": "u", "metadata-location": f"file://{path}"})
        self.assertEqual(status, 400, answer)
        self.assertIn("nested deeper than 500 levels", answer)
        status, _, _ = self.server.get("/iceberg/v1/shop/namespaces", method="POST", body=f'{{"namespace": {deep}}}')
        self.assertEqual(status, 400)
        self.assertEqual(self.server.get("/healthz")[0], 200)

    def test_nobody_is_asked_on_a_clients_word(self):
        listener = Listener()
        self.addCleanup(listener.close)
        properties = {"s3.endpoint": listener.url, "s3.signer.uri": listener.url, "sts.endpoint": listener.url,
                      "uri": listener.url, "rest.uri": listener.url, "io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
                      "write.data.path": listener.url, "write.metadata.path": listener.url}
        self.assertEqual(self.send("POST", "namespaces", {"namespace": ["p"], "properties": {
            **properties, "location": f"file://{self.warehouse}/p"}})[0], 200)
        status, answer = self.create("t", properties=properties)
        if status == 200:
            self.assertNotIn(listener.url, json.dumps(json.loads(answer)["config"]))
        self.assertEqual(self.create("u")[0], 200)
        for location in (f"{listener.url}/t", "s3://bucket/t", f"s3://{listener.url[7:]}/t", f"hdfs://{listener.url[7:]}/t"):
            self.assertIn(self.create("v", location=location)[0], (400, 403), location)
            self.assertIn(self.send("POST", "namespaces/s/register",
                                    {"name": "r", "metadata-location": f"{location}/0.metadata.json"})[0], (400, 403), location)
            for update in ({"action": "set-location", "location": location},
                           {"action": "add-snapshot", "snapshot": {
                               "snapshot-id": 1, "sequence-number": 1, "timestamp-ms": 1, "schema-id": 0,
                               "manifest-list": f"{location}/snap.avro", "summary": {"operation": "append"}}}):
                self.assertIn(self.send("POST", "namespaces/s/tables/u", {"requirements": [], "updates": [update]})[0],
                              (400, 403), update)
        status, answer = self.send("POST", "namespaces/s/tables/u", {
            "requirements": [], "updates": [{"action": "set-properties", "updates": properties}]})
        self.send("GET", "namespaces/s/tables/u")
        self.send("GET", "namespaces/s/tables/u/credentials")
        self.send("POST", "namespaces/s/tables/u/plan", {})
        self.assertEqual(self.send("DELETE", "namespaces/s/tables/u?purgeRequested=true")[0], 204)
        self.assertEqual(listener.calls, 0)


if __name__ == "__main__":
    unittest.main()
