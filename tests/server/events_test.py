"""What `eider serve` tells of commits, to a file and to webhooks: its clients' and those of other processes, over crashes
and failing receivers."""

import base64
import hashlib
import hmac
import http.server
import json
import signal
import threading
import unittest

import program

from server.serving import Server, wait_until

SCHEMA = {"type": "struct", "fields": [{"id": 1, "name": "id", "type": "long", "required": False}]}


class Receiver:
    """A webhook that keeps what it gets; `answers` are the statuses it gives first."""

    def __init__(self):
        self.requests = []
        self.answers = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.path, dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self):
        return [json.loads(body) for _, _, body in self.requests]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Events(program.ScratchTest):
    def setUp(self):
        super().setUp()
        (self.folder / "shop").mkdir()
        self.file = self.folder / "events.jsonl"

    def serve(self, events, environment=None):
        self.write("eider.yaml", f"warehouses: [{{name: shop, location: shop}}]\nevents:\n{events}")
        self.server = Server("--config", "eider.yaml", cwd=self.folder, environment=environment)
        self.addCleanup(self.server.__exit__)

    def send(self, method, path, body=None, request_id=""):
        status, _, text = self.server.get(f"/iceberg/v1/shop/{path}", method=method,
                                          body=body and json.dumps(body), headers={"X-Request-Id": request_id})
        self.assertLess(status, 300, text)
        return json.loads(text) if text else None

    def sql(self, *statements):
        self.succeed("sql", "--warehouse", "shop", stdin=";\n".join(statements) + ";")

    def told(self):
        if not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def types(self):
        return [event["type"] for event in self.told()]

    def wait_for(self, *types):
        wait_until(lambda: len(self.types()) >= len(types), f"{types}, after {self.types()}")
        self.assertEqual(self.types(), list(types))

    def test_a_line_for_each_commit_whoever_made_it(self):
        self.serve("  file: events.jsonl\n")
        self.send("POST", "namespaces", {"namespace": ["s"]}, request_id="one")
        created = self.send("POST", "namespaces/s/tables", {"name": "t", "schema": SCHEMA}, request_id="two")
        self.wait_for("namespace.create", "table.create")
        self.assertEqual([event["request-id"] for event in self.told()], ["one", "two"])
        self.assertEqual(self.told()[1]["metadata-location"], created["metadata-location"])
        self.assertEqual((self.told()[1]["warehouse"], self.told()[1]["namespace"], self.told()[1]["name"]),
                         ("shop", ["s"], "t"))

        self.sql("insert into s.t values (1)", "insert into s.t values (2), (3)", "create table s.u as select 1 as i",
                 "create view s.v as select 1 as i", "drop table s.u")
        self.send("POST", "tables/rename", {"source": {"namespace": ["s"], "name": "t"},
                                            "destination": {"namespace": ["s"], "name": "renamed"}})
        wait_until(lambda: "table.rename" in self.types() and "view.create" in self.types(), "all that was done")
        appended = [event for event in self.told() if event["type"] == "table.update"]
        self.assertEqual([(event["operation"], event["sequence-number"], event["summary"]["added-records"])
                          for event in appended], [("append", 1, "1"), ("append", 2, "2")])
        self.assertNotIn("request-id", appended[0])
        self.assertEqual(len({event["id"] for event in self.told()}), len(self.told()))
        loaded = self.send("GET", "namespaces/s/tables/renamed")
        self.assertEqual(loaded["metadata"]["current-snapshot-id"], appended[1]["snapshot-id"])

    def test_a_crash_loses_nothing_and_what_others_did_meanwhile_is_made_up_for(self):
        self.serve("  file: events.jsonl\n")
        self.send("POST", "namespaces", {"namespace": ["s"]})
        for name in ("a", "b"):
            self.send("POST", "namespaces/s/tables", {"name": name, "schema": SCHEMA})
        self.wait_for("namespace.create", "table.create", "table.create")
        self.send("POST", "namespaces", {"namespace": ["last"]})
        self.server.process.kill()
        self.server.wait()
        self.sql("insert into s.a values (1)", "drop table s.b")
        self.serve("  file: events.jsonl\n")
        self.sql("insert into s.a values (2)")
        wait_until(lambda: self.types().count("table.update") == 2, "both rows")
        # Sent once more, an event has the id it had.
        events = list({event["id"]: event for event in self.told()}.values())
        self.assertEqual([(event["type"], event.get("name")) for event in events],
                         [("namespace.create", None), ("table.create", "a"), ("table.create", "b"),
                          ("namespace.create", None), ("table.drop", "b"), ("table.update", "a"), ("table.update", "a")])

    def test_the_last_commit_is_in_the_file_when_the_server_has_ended_and_a_signal_opens_another(self):
        self.serve("  file: events.jsonl\n")
        self.send("POST", "namespaces", {"namespace": ["s"]})
        self.wait_for("namespace.create")
        self.file.rename(self.folder / "old.jsonl")
        self.server.signal(signal.SIGHUP)
        self.server.line()
        self.send("POST", "namespaces", {"namespace": ["t"]})
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(self.types(), ["namespace.create"])
        self.assertEqual(self.told()[0]["namespace"], ["t"])

    def test_webhooks_are_signed_and_sent_until_they_are_taken(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        # A redirect is not followed: it would take the event to a place that nobody named.
        receiver.answers = [500, 302]
        self.serve(f"  file: events.jsonl\n  webhooks:\n  - url: http://127.0.0.1:{receiver.port}/hook?key=hidden\n"
                   "    secret_env: HOOK_SECRET\n    allow_private_addresses: true\n",
                   environment={"HOOK_SECRET": "whsec_" + base64.b64encode(b"secret").decode()})
        for name in ("a", "b"):
            self.send("POST", "namespaces", {"namespace": [name]})
        wait_until(lambda: len(receiver.requests) == 4, "four tries")
        ids = [headers["webhook-id"] for _, headers, _ in receiver.requests]
        self.assertEqual(ids[:3], [ids[0]] * 3)
        self.assertEqual([event["namespace"] for event in receiver.events()], [["a"], ["a"], ["a"], ["b"]])
        self.assertEqual([event["id"] for event in self.told()], [ids[0], ids[3]])
        for path, headers, body in receiver.requests:
            self.assertEqual(path, "/hook?key=hidden")
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            expected = base64.b64encode(hmac.new(b"secret", signed, hashlib.sha256).digest()).decode()
            self.assertEqual(headers["webhook-signature"], "v1," + expected)
        self.assertEqual(self.server.stop(), 0)
        [line] = self.server.errors
        self.assertIn(f"Events to '127.0.0.1:{receiver.port}' wait: ", line)
        self.assertNotIn("hidden", line)

    def test_a_webhook_does_not_reach_into_the_private_network_unless_told(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        self.serve(f"  webhooks:\n  - url: http://127.0.0.1:{receiver.port}/\n")
        self.send("POST", "namespaces", {"namespace": ["s"]})
        wait_until(lambda: self.server.errors, "a word about it")
        self.assertEqual(receiver.requests, [])
        # What waits is still sent once it may be.
        self.assertEqual(self.server.stop(), 0)
        self.serve(f"  webhooks:\n  - url: http://127.0.0.1:{receiver.port}/\n    allow_private_addresses: true\n")
        wait_until(lambda: receiver.requests, "the event")
        self.assertNotIn("webhook-signature", receiver.requests[0][1])

    def test_wrong_configuration(self):
        for events, words in [("  {}\n", "'file' or 'webhooks'"),
                              ("  webhooks: [{url: 'ftp://h'}]\n", "has no URL"),
                              ("  webhooks: [{url: 'https://h', secret_env: UNSET_X}]\n", "the secret of a webhook"),
                              ("  webhooks: [{url: 'https://h/a'}, {url: 'https://h/b'}]\n", "called 'h'"),
                              ("  file: nowhere/events.jsonl\n", "cannot write the events file")]:
            self.write("eider.yaml", f"warehouses: [{{location: shop}}]\nevents:\n{events}")
            done = self.eider("serve", "--config", "eider.yaml", "--listen", "127.0.0.1:0", timeout=20)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
