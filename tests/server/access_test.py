"""Who `eider serve` answers: tokens from `eider token`, roles of eider.yaml, PyIceberg with both."""

import base64
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import ssl
import stat
import subprocess
import threading
import time
import unittest
import urllib.parse
import warnings

import pyarrow as pa
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import ForbiddenError, OAuthError, UnauthorizedError

from serve_test import ServeTest
from serving import wait_until

# PyIceberg would have the token endpoint named; here it is to find it by itself.
warnings.simplefilter("ignore", DeprecationWarning)

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "eider.yaml"


class AccessTest(ServeTest):
    def setUp(self):
        super().setUp()
        self.tokens = self.folder / "tokens.json"

    def token(self, name, *options):
        """Makes a token; returns its text."""
        made = self.eider("token", "create", "--tokens", self.tokens, "--name", name, *options)
        self.assertEqual(made.returncode, 0, made.stderr)
        return made.stdout.strip()

    def ask(self, server, path, token=None, method="GET", body=None):
        """The status alone."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return server.get(path, method=method, body=body, headers=headers)[0]

    def catalog(self, server, **properties):
        return RestCatalog("shop", uri=f"http://{server.host}:{server.port}/iceberg", warehouse="shop", **properties)


class Tokens(AccessTest):
    def test_made_listed_used_and_revoked(self):
        token = self.token("ci", "--scope", "read:shop", "--scope", "write:shop/a", "--expires", "90d")
        self.assertRegex(token, r"^eider_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$")
        self.assertEqual(stat.S_IMODE(os.stat(self.tokens).st_mode), 0o600)
        self.assertNotIn(token[19:], self.tokens.read_text())
        listed = json.loads(self.eider("token", "list", "--tokens", self.tokens, "--format", "json").stdout)
        self.assertEqual([(one["name"], one["id"], one["scopes"], one["expired"]) for one in listed],
                         [("ci", token[6:18], ["read:shop", "write:shop/a"], False)])
        table = self.eider("token", "list", "--tokens", self.tokens).stdout
        self.assertRegex(table, r"ci +.*read:shop write:shop/a")
        server = self.serve("-w", "shop", "--tokens", self.tokens)
        self.assertEqual(self.ask(server, "/iceberg/v1/config"), 401)
        self.assertEqual(self.ask(server, "/iceberg/v1/config", token), 200)
        self.assertEqual(self.ask(server, "/healthz"), 200)
        self.assertEqual(self.eider("token", "revoke", "--tokens", self.tokens, "ci").returncode, 0)
        wait_until(lambda: self.ask(server, "/iceberg/v1/config", token) == 401, "the end of the token", timeout=5)
        later = self.token("later")
        wait_until(lambda: self.ask(server, "/iceberg/v1/config", later) == 200, "a new token", timeout=5)

    def test_what_is_wrong_is_said(self):
        def refused(*arguments):
            done = self.eider("token", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            return done.stderr
        self.token("a")
        self.assertIn("already", refused("create", "--tokens", self.tokens, "--name", "a"))
        self.assertIn("'a b' cannot be the name", refused("create", "--tokens", self.tokens, "--name", "a b"))
        self.assertIn("'own' ", refused("create", "--tokens", self.tokens, "--name", "b", "--scope", "own"))
        self.assertIn("no time", refused("create", "--tokens", self.tokens, "--name", "b", "--expires", "soon"))
        self.assertIn("no token 'x'", refused("revoke", "--tokens", self.tokens, "x"))
        self.assertIn("--tokens", refused("list"))
        self.tokens.chmod(0o644)
        self.assertIn("chmod 600", refused("list", "--tokens", self.tokens))
        self.assertIn("chmod 600", self.refuse("-w", self.warehouse, "--tokens", self.tokens))

    def test_to_ask_and_not_to_ask_exclude_each_other(self):
        self.token("a")
        self.assertIn("contradict", self.refuse("-w", self.warehouse, "--tokens", self.tokens, "--allow-anonymous"))
        self.write("eider.yaml", "roles: {a: {grants: [admin]}}\n")
        self.assertIn("authentication", self.refuse("-w", self.warehouse, "--config", self.folder / "eider.yaml"))

    def test_with_tokens_other_machines_are_answered(self):
        token = self.token("a")
        server = self.serve("-w", "shop", "--tokens", self.tokens, listen="0.0.0.0:0")
        server.host = "127.0.0.1"
        headers = {"Host": "catalog.example.org"}
        self.assertEqual(server.get("/iceberg/v1/config", headers=headers)[0], 401)
        headers["Authorization"] = f"Bearer {token}"
        self.assertEqual(server.get("/iceberg/v1/config", headers=headers)[0], 200)
        wait_until(lambda: any("in the clear" in line for line in server.errors), "the warning")

    def test_no_token_stands_in_a_log(self):
        token = self.token("a")
        server = self.serve("-w", "shop", "--tokens", self.tokens, "--access-log", "-")
        self.ask(server, "/iceberg/v1/config", token)
        self.ask(server, "/iceberg/v1/config", token[:-1] + "x")
        for _ in range(2):
            self.assertNotIn(token[19:40], server.line())


class Roles(AccessTest):
    def example(self):
        """The example of the documentation, on a free port."""
        self.folder.joinpath("warehouse").mkdir(exist_ok=True)
        shutil.copy(EXAMPLE, self.folder / "eider.yaml")
        return self.serve("--config", "eider.yaml")

    def test_the_example_grants_what_it_says(self):
        admin, superset, nightly = self.token("admin"), self.token("superset", "--scope", "read:shop"), self.token("dbt-nightly")
        prometheus = self.token("prometheus", "--scope", "read")
        server = self.example()
        tables = "/iceberg/v1/shop/namespaces/{}/tables"
        for name in "raw", "staging", "marts", "scratch":
            self.assertEqual(self.ask(server, "/iceberg/v1/shop/namespaces", admin, "POST",
                                      json.dumps({"namespace": [name]})), 200)
        def create(token, namespace, name):
            body = {"name": name, "schema": {"type": "struct", "fields": []}}
            return self.ask(server, tables.format(namespace), token, "POST", json.dumps(body))
        self.assertEqual([create(nightly, name, "stg_a") for name in ("raw", "staging", "marts", "scratch")],
                         [403, 200, 200, 403])
        self.assertEqual(create(nightly, "staging", "other"), 200)
        self.assertEqual([create(superset, name, "b") for name in ("raw", "staging", "marts", "scratch")], [403] * 4)
        listed = json.loads(server.get(tables.format("staging"), headers={"Authorization": f"Bearer {superset}"})[2])
        self.assertEqual([one["name"] for one in listed["identifiers"]], ["stg_a"])
        listed = json.loads(server.get("/iceberg/v1/shop/namespaces", headers={"Authorization": f"Bearer {superset}"})[2])
        self.assertEqual(listed["namespaces"], [["marts"], ["scratch"], ["staging"]])
        self.assertEqual([self.ask(server, "/metrics", one) for one in (None, superset, prometheus)], [401, 403, 200])

    def test_a_reload_takes_a_right_away(self):
        token = self.token("dbt-nightly")
        server = self.example()
        self.assertEqual(self.ask(server, "/iceberg/v1/shop/namespaces", token), 200)
        config = self.folder / "eider.yaml"
        config.write_text(config.read_text().replace("token:dbt-*", "token:other"))
        server.signal(signal.SIGHUP)
        self.assertIn("Serving", server.line())
        self.assertEqual(self.ask(server, "/iceberg/v1/shop/namespaces", token), 404)


class PyIceberg(AccessTest):
    def test_reads_and_writes_with_a_token(self):
        token = self.token("ci", "--scope", "write:shop/a")
        server = self.serve("-w", "shop", "--tokens", self.tokens)
        catalog = self.catalog(server, token=token)
        catalog.create_namespace("a")
        rows = pa.table({"id": pa.array([1, 2], pa.int64())})
        table = catalog.create_table("a.t", rows.schema)
        table.append(rows)
        self.assertEqual(catalog.load_table("a.t").scan().to_arrow().to_pydict(), {"id": [1, 2]})
        with self.assertRaises(ForbiddenError):
            catalog.create_namespace("b")
        with self.assertRaises(ForbiddenError):
            catalog.load_table("b.t")
        with self.assertRaises(UnauthorizedError):
            self.catalog(server, token=token + "x")
        with self.assertRaises(UnauthorizedError):
            self.catalog(server)


class ClientCredentials(AccessTest):
    def form(self, server, **fields):
        body = urllib.parse.urlencode(fields)
        return server.get("/iceberg/v1/oauth/tokens", method="POST", body=body,
                          headers={"Content-Type": "application/x-www-form-urlencoded"})

    def test_pyiceberg_gets_its_token_by_itself(self):
        token = self.token("ci")
        server = self.serve("-w", "shop", "--tokens", self.tokens)
        for credential in f"ci:{token}", token:
            catalog = self.catalog(server, credential=credential)
            catalog.create_namespace_if_not_exists("a")
            self.assertEqual(catalog.list_namespaces(), [("a",)])
        catalog = self.catalog(server, credential=f"ci:{token}", scope="read:shop")
        with self.assertRaises(ForbiddenError):
            catalog.create_namespace("b")
        with self.assertRaises(OAuthError):
            self.catalog(server, credential=f"ci:{token}x")

    def test_a_token_lasts_for_its_time_and_is_had_anew(self):
        token = self.token("ci")
        self.write("eider.yaml", "warehouses: [{location: shop}]\n"
                   "authentication: {tokens: tokens.json, session_time: 2s}\n")
        server = self.serve("--config", "eider.yaml")
        status, _, text = self.form(server, grant_type="client_credentials", client_id="ci", client_secret=token)
        self.assertEqual(status, 200)
        session = json.loads(text)["access_token"]
        self.assertEqual(self.ask(server, "/iceberg/v1/config", session), 200)
        catalog = self.catalog(server, credential=f"ci:{token}")
        wait_until(lambda: self.ask(server, "/iceberg/v1/config", session) == 401, "its end", timeout=5)
        time.sleep(2)
        self.assertEqual(catalog.list_namespaces(), [])

    def test_a_token_outlives_the_server_and_falls_with_the_other(self):
        token = self.token("ci")
        server = self.serve("-w", "shop", "--tokens", self.tokens)
        _, _, text = self.form(server, grant_type="client_credentials", client_id="ci", client_secret=token)
        session = json.loads(text)["access_token"]
        server.signal(signal.SIGKILL)
        server.wait()
        server = self.serve("-w", "shop", "--tokens", self.tokens)
        self.assertEqual(self.ask(server, "/iceberg/v1/config", session), 200)
        self.eider("token", "revoke", "--tokens", self.tokens, "ci")
        wait_until(lambda: self.ask(server, "/iceberg/v1/config", session) == 401, "the end of both", timeout=5)


class Guessing(AccessTest):
    def test_is_slowed_down(self):
        token = self.token("ci")
        server = self.serve("-w", "shop", "--tokens", self.tokens)
        self.assertEqual(self.ask(server, "/iceberg/v1/config", token), 200)
        guesses = [self.ask(server, "/iceberg/v1/config", f"eider_{number:012x}_{'x' * 43}") for number in range(30)]
        self.assertEqual(guesses, [401] * 20 + [429] * 10)
        # Who was known goes on.
        self.assertEqual(self.ask(server, "/iceberg/v1/config", token), 200)


class AuditLog(AccessTest):
    def lines(self, path):
        return [json.loads(line) for line in path.read_text().splitlines()]

    def test_changes_and_refusals_have_a_line_each(self):
        writer, reader = self.token("writer"), self.token("reader", "--scope", "read:shop")
        log = self.folder / "audit.log"
        server = self.serve("-w", "shop", "--tokens", self.tokens, "--audit-log", log)
        new = json.dumps({"namespace": ["a"]})
        self.assertEqual(self.ask(server, "/iceberg/v1/shop/namespaces", writer, "POST", new), 200)
        self.assertEqual(self.ask(server, "/iceberg/v1/shop/namespaces", reader), 200)
        self.assertEqual(self.ask(server, "/iceberg/v1/shop/namespaces/a", reader, "DELETE"), 403)
        self.assertEqual(self.ask(server, "/iceberg/v1/shop/namespaces", writer, "POST", new), 409)
        # What a client sends cannot break a line, or look like another.
        evil = 'x","outcome":"done"}\n{"a":"'
        self.assertEqual(self.ask(server, "/iceberg/v1/shop/namespaces", reader, "POST",
                                  json.dumps({"namespace": [evil.replace("\n", "")]})), 403)
        self.assertEqual(self.ask(server, "/%0a%22x/../y", "wrong"), 401)
        self.assertEqual(
            [(one["principal"], one["outcome"], one["status"], one["objects"]) for one in self.lines(log)],
            [("token:writer", "done", 200, [{"warehouse": "shop", "namespace": ["a"]}]),
             ("token:reader", "refused", 403, [{"warehouse": "shop", "namespace": ["a"]}]),
             ("token:writer", "rejected", 409, [{"warehouse": "shop", "namespace": ["a"]}]),
             ("token:reader", "refused", 403, [{"warehouse": "shop", "namespace": [evil.replace("\n", "")]}]),
             (None, "refused", 401, [])])
        self.assertNotIn(writer[19:], log.read_text())
        log.rename(self.folder / "audit.log.1")
        server.signal(signal.SIGHUP)
        server.line()
        self.ask(server, "/iceberg/v1/shop/namespaces/a", reader, "DELETE")
        self.assertEqual(len(self.lines(log)), 1)


class Outsiders(AccessTest):
    """JSON Web Tokens and certificates, made by openssl."""

    def setUp(self):
        super().setUp()
        if not shutil.which("openssl"):
            self.skipTest("there is no openssl to make keys with")

    def openssl(self, *arguments, **options):
        return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, cwd=self.folder,
                              **options).stdout

    @staticmethod
    def encoded(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    def issuer(self, name):
        """An RSA key; returns the member of a key set, and what signs claims."""
        self.openssl("genrsa", "-out", f"{name}.pem", "2048")
        modulus = self.openssl("rsa", "-in", f"{name}.pem", "-noout", "-modulus").decode().strip().split("=")[1]
        key = {"kty": "RSA", "kid": name, "n": self.encoded(bytes.fromhex(modulus)), "e": "AQAB"}

        def sign(**claims):
            full = {"iss": "https://id.example.org", "aud": "eider", "sub": "alice", "exp": time.time() + 600, **claims}
            text = ".".join(self.encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": name}, full))
            return text + "." + self.encoded(
                self.openssl("dgst", "-sha256", "-sign", f"{name}.pem", input=text.encode()))
        return key, sign

    def test_pyiceberg_with_a_json_web_token_while_keys_rotate(self):
        first, sign_first = self.issuer("first")
        second, sign_second = self.issuer("second")
        published = {"keys": [first]}
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                if self.path == "/moved":
                    self.send_response(302)
                    self.send_header("Location", "/keys")
                    self.end_headers()
                    return
                body = json.dumps(published).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        keys = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=keys.serve_forever, daemon=True).start()
        self.addCleanup(keys.server_close)
        self.addCleanup(keys.shutdown)
        def config(path):
            return self.write("eider.yaml", f"""
warehouses: [{{location: shop}}]
authentication:
  jwt:
    - {{issuer: 'https://id.example.org', audience: [eider], keys: 'http://127.0.0.1:{keys.server_port}{path}', claims: [groups]}}
roles:
  staff: {{members: ['jwt/groups:staff'], grants: [write]}}
""")
        config("/keys")
        server = self.serve("--config", "eider.yaml")
        token = sign_first(groups=["staff"])
        catalog = self.catalog(server, token=token)
        catalog.create_namespace("a")
        self.assertEqual(self.ask(server, "/iceberg/v1/shop/namespaces", sign_first(groups=["others"])), 404)
        self.assertEqual(self.ask(server, "/iceberg/v1/config", sign_first(exp=time.time() - 60)), 401)
        self.assertEqual(self.ask(server, "/iceberg/v1/config", sign_first(aud="other")), 401)
        head, claims, signature = token.split(".")
        self.assertEqual(self.ask(server, "/iceberg/v1/config", f"{self.encoded(b'{}')}.{claims}.{signature}"), 401)
        none = self.encoded(json.dumps({"alg": "none"}).encode())
        self.assertEqual(self.ask(server, "/iceberg/v1/config", f"{none}.{claims}."), 401)
        # A key that is not known yet: fetched at once where the last time is a while ago, else refused without asking.
        published["keys"].append(second)
        for _ in range(5):
            self.assertEqual(self.ask(server, "/iceberg/v1/config", sign_second(groups=["staff"])), 401)
        self.assertEqual(asked, ["/keys"])
        server.signal(signal.SIGHUP)
        server.line()
        self.assertEqual(self.ask(server, "/iceberg/v1/config", sign_second(groups=["staff"])), 200)
        # Nobody is sent elsewhere for keys.
        config("/moved")
        server.signal(signal.SIGHUP)
        server.line()
        asked.clear()
        self.assertEqual(self.ask(server, "/iceberg/v1/config", token), 401)
        self.assertEqual(asked, ["/moved"])

    def test_certificates_name_principals(self):
        def certificate(name, *more):
            self.openssl("req", "-x509" if not more else "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                         "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.crt" if not more else f"{name}.csr",
                         "-subj", f"/CN={name}", *(() if more else ("-addext", "subjectAltName=DNS:localhost")))
            if more:
                self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{more[0]}.crt", "-CAkey", f"{more[0]}.key",
                             "-CAcreateserial", "-out", f"{name}.crt")
        for name in "localhost", "authority", "other":
            certificate(name)
        certificate("spark", "authority")
        certificate("stranger", "authority")
        certificate("forged", "other")
        self.write("eider.yaml", """
warehouses: [{location: shop}]
tls: {certificate: localhost.crt, key: localhost.key, client_authorities: authority.crt, client_certificates: required}
roles:
  engines: {members: ['certificate:CN=spark'], grants: [read]}
""")
        server = self.serve("--config", "eider.yaml", listen="localhost:0")

        def status(name):
            context = ssl.create_default_context(cafile=self.folder / "localhost.crt")
            if name:
                context.load_cert_chain(self.folder / f"{name}.crt", self.folder / f"{name}.key")
            connection = http.client.HTTPSConnection("localhost", server.port, context=context, timeout=30)
            try:
                connection.request("GET", "/iceberg/v1/shop/namespaces")
                return connection.getresponse().status
            except OSError:
                return "refused"
            finally:
                connection.close()
        self.assertEqual([status(name) for name in ("spark", "stranger", "forged", None)], [200, 404, "refused", "refused"])


if __name__ == "__main__":
    unittest.main()
