"""An S3 store for tests: moto behind a door of our own, on a free port.

The door lets one write in at a time, since moto looks and then writes where S3 does both at once, and
fails as a network does where a test asks for it: `PUT /_faults?rate=0.2` loses that share of requests,
a third of them refused with 503, a third cut off before they are done, a third after. It remembers with which
keys it was asked (`GET /_asked`), and refuses those that have ended (`PUT /_end?key=..`). A `guarded` store also
refuses what S3 would (guard.py).
"""

import contextlib
import json
import os
import random
import re
import secrets
import subprocess
import sys
import threading
import urllib.parse
import urllib.request

import guard
import program

KEYS = {"s3.access-key-id": "test-id", "s3.secret-access-key": "test-secret", "s3.region": "us-east-1"}
BUCKET = "eider-test"
# What the AWS tools of this machine's user know does not count.
STRANGER = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "AWS_CONFIG_FILE": "/nowhere"}


def available():
    """Whether this Python has what the store is made of."""
    try:
        import flask_cors  # noqa: F401
        import moto.server  # noqa: F401
    except ImportError:
        return False
    return True


class Store:
    """A running store with an empty bucket."""

    def __init__(self, guarded=False):
        self.owner = secrets.token_hex(8)
        self.process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), *([self.owner] if guarded else [])], stdout=subprocess.PIPE,
            text=True)
        self.endpoint = self.process.stdout.readline().strip()
        assert self.endpoint.startswith("http://"), "the store did not start"
        self.request("PUT", f"/{BUCKET}")

    def request(self, method, path, body=None):
        request = urllib.request.Request(self.endpoint + path, data=body, method=method, headers={
            # What has the type of a form, moto reads as one.
            "Content-Type": "application/octet-stream",
            # moto shows objects to nobody who does not seem to be somebody.
            "X-Owner": self.owner, "Authorization": "AWS4-HMAC-SHA256 Credential=test-id/20260101/us-east-1/s3/aws4_request"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def fail(self, rate):
        """Lets that share of the requests fail from now on."""
        self.request("PUT", f"/_faults?rate={rate}")

    def read(self, key):
        return self.request("GET", f"/{BUCKET}/{urllib.parse.quote(key)}")

    def sessions(self):
        """Of a guarded store: the keys that STS has handed out, each with its policy."""
        return {id: session for id, session in json.loads(self.request("GET", "/_sessions")).items() if session["policy"]}

    def refusals(self):
        """Of a guarded store: what it has refused, and why."""
        return json.loads(self.request("GET", "/_refusals"))

    def asked(self):
        """Method, path and access key of the requests since this was last called."""
        return [tuple(request) for request in json.loads(self.request("GET", "/_asked"))]

    def end(self, key):
        """That access key is refused as expired from now on."""
        self.request("PUT", f"/_end?key={key}")

    def keys(self, prefix=""):
        """The names of all objects of the bucket that begin with `prefix`."""
        import xml.etree.ElementTree as xml
        found, token = [], ""
        while True:
            query = urllib.parse.urlencode(
                {"list-type": 2, "prefix": prefix, **({"continuation-token": token} if token else {})})
            page = xml.fromstring(self.request("GET", f"/{BUCKET}?{query}"))
            space = {"s3": "http://s3.amazonaws.com/doc/2006-03-01/"}
            found += [key.text for key in page.iterfind("s3:Contents/s3:Key", space)]
            token = page.findtext("s3:NextContinuationToken", None, space)
            if not token:
                return found

    @property
    def properties(self):
        """How it is reached, with Iceberg's names."""
        return {"s3.endpoint": self.endpoint, **KEYS}

    def environment(self, token=""):
        """How it is reached, as AWS's tools are told."""
        return {"AWS_ACCESS_KEY_ID": "test-id", "AWS_SECRET_ACCESS_KEY": "TEST-SECRET", "AWS_SESSION_TOKEN": token,
                "AWS_ENDPOINT_URL_S3": self.endpoint, "AWS_REGION": "us-east-1", **STRANGER}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class StoreTest(program.ScratchTest):
    """A test on a store that it shares with those of its class, where `self.location` is its own."""

    GUARDED = False

    @classmethod
    def setUpClass(cls):
        cls.store = Store(guarded=cls.GUARDED)
        cls.addClassCleanup(cls.store.__exit__)

    def setUp(self):
        super().setUp()
        self.prefix = self.id().rpartition(".")[2]
        self.location = f"s3://{BUCKET}/{self.prefix}"


class Cut(BaseException):
    """Ends the connection; no server's handling of errors comes in between."""


class Door:
    def __init__(self, application):
        self.application = application
        self.writing = threading.Lock()
        self.rate = 0.0
        self.random = random.Random(20261125)
        self.asked = []
        self.ended = set()

    def tell(self, environ, start_response):
        """What the door itself is asked."""
        query = urllib.parse.parse_qs(environ["QUERY_STRING"])
        answer = b""
        if environ["PATH_INFO"] == "/_faults":
            self.rate = float(query["rate"][0])
        elif environ["PATH_INFO"] == "/_end":
            self.ended.update(query["key"])
        else:
            asked, self.asked = self.asked, []
            answer = json.dumps(asked).encode()
        start_response("200 OK", [("Content-Length", str(len(answer)))])
        return [answer]

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].startswith("/_"):
            return self.tell(environ, start_response)
        signed = re.search("Credential=([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        key = signed[1] if signed else ""
        if key:
            self.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], key))
        if key in self.ended:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response("400 Bad Request", [("Content-Type", "application/xml")])
            return [b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"]
        fate = self.random.random() / self.rate if self.rate else 1
        if fate < 1 / 3:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response("503 Slow Down", [("Content-Type", "application/xml")])
            return [b"<Error><Code>SlowDown</Code><Message>less</Message></Error>"]
        if fate < 2 / 3:
            raise Cut
        writes = environ["REQUEST_METHOD"] != "GET" and environ["REQUEST_METHOD"] != "HEAD"
        with self.writing if writes else contextlib.nullcontext():
            answer = self.application(environ, start_response)
        if fate < 1:
            raise Cut
        return answer


def main():
    import logging

    import moto.server
    import werkzeug.serving

    class Handler(werkzeug.serving.WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def run_wsgi(self):
            try:
                super().run_wsgi()
            except Cut:
                self.close_connection = True

        def log_request(self, *_):
            pass

    logging.disable(logging.CRITICAL)
    application = Door(moto.server.DomainDispatcherApplication(moto.server.create_backend_app))
    if len(sys.argv) > 1:
        application = guard.Guard(
            application, {KEYS["s3.access-key-id"]: KEYS["s3.secret-access-key"]}, sys.argv[1])
    server = werkzeug.serving.make_server(
        "127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    print(f"http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
