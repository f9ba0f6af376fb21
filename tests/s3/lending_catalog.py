"""A REST catalog that lends keys: it stands before `eider serve` and adds to what that says of a table.

Each table has keys of its own, which an object store of ours tells apart. Standard library only.
"""

import http.client
import http.server
import json
import re
import threading
import time
import urllib.parse

LOADED = re.compile("/namespaces/([^/]+)/tables(?:/([^/]+))?$")
CREDENTIALS = re.compile("/namespaces/([^/]+)/tables/([^/]+)/credentials$")


class LendingCatalog:
    """Serves until it is closed. How it lends, a test changes as it runs:

    `lives`: seconds for which the next keys hold; all others hold for ever. `apart`: in storage-credentials,
    else in config. `extra`: what else `config` says. `lends`: whether it lends at all."""

    def __init__(self, server, endpoint):
        self.server, self.endpoint = server, endpoint
        self.lives, self.apart, self.lends, self.extra = [], True, True, {}
        self.given = {}  # by table: how many keys it was lent
        self.asked = []  # method, path and whether keys were asked for
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                outer.handle(self)

            do_GET = do_POST = do_DELETE = do_HEAD = answer

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.uri = f"http://127.0.0.1:{self.http.server_port}/iceberg"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def key_of(self, table):
        return f"lent-{table}-{self.given[table]}"

    def lend(self, table):
        self.given[table] = self.given.get(table, 0) + 1
        keys = {"s3.access-key-id": self.key_of(table), "s3.secret-access-key": "LENT-SECRET",
                "s3.session-token": "LENT-TOKEN"}
        if self.lives:
            keys["s3.session-token-expires-at-ms"] = str(int((time.time() + self.lives.pop(0)) * 1000))
        return keys

    def with_keys(self, table, answer):
        config = answer.setdefault("config", {})
        config.update({"s3.endpoint": self.endpoint, "s3.region": "us-east-1", **self.extra})
        if self.lends and self.apart:
            answer["storage-credentials"] = [
                {"prefix": "s3://", "config": {"s3.access-key-id": "lent-too-wide", "s3.secret-access-key": "LENT-SECRET"}},
                {"prefix": answer["metadata"]["location"], "config": self.lend(table)}]
        elif self.lends:
            config.update(self.lend(table))

    def handle(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        path = urllib.parse.urlsplit(request.path).path
        self.asked.append((request.command, path, request.headers.get("X-Iceberg-Access-Delegation")))
        credentials = CREDENTIALS.search(path)
        if credentials and request.command == "GET":
            location = self.location(path.removesuffix("/credentials"))
            answer = {"storage-credentials": [{"prefix": location, "config": self.lend(credentials[2])}]}
            return self.reply(request, 200, {}, json.dumps(answer).encode())
        headers = {name: value for name, value in request.headers.items()
                   if name.lower() not in ("host", "connection", "content-length")}
        # What is not changed since has keys that are: they come with each answer.
        headers.pop("If-None-Match", None)
        status, fields, text = self.forward(request.command, request.path, body, headers)
        loaded = LOADED.search(path)
        is_load = loaded and (request.command == "GET" and loaded[2] or
                              request.command == "POST" and not loaded[2])
        if status == 200 and is_load:
            answer = json.loads(text)
            self.with_keys(loaded[2] or json.loads(body)["name"], answer)
            text = json.dumps(answer).encode()
        return self.reply(request, status, fields, text)

    def location(self, path):
        return json.loads(self.forward("GET", path, b"", {})[2])["metadata"]["location"]

    def forward(self, method, path, body, headers):
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=60)
        try:
            connection.request(method, path, body=body or None, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    @staticmethod
    def reply(request, status, fields, text):
        request.send_response(status)
        for name in ("ETag", "Content-Type", "Retry-After"):
            if name in fields:
                request.send_header(name, fields[name])
        if status != 204:
            request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()
