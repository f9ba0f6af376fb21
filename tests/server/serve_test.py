"""`eider serve`: start, health, log, signals, configuration, and what it refuses."""

import json
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import time
import unittest

import postgres
import program
from serving import Server, wait_until


class ServeTest(program.ScratchTest):
    def setUp(self):
        super().setUp()
        self.warehouse = self.folder / "shop"
        self.warehouse.mkdir()

    def serve(self, *arguments, **options):
        options.setdefault("cwd", self.folder)
        server = Server(*arguments, **options)
        self.addCleanup(server.__exit__)
        return server

    def refuse(self, *arguments, **options):
        """`eider serve` must end with exit code 2; returns what it says."""
        done = self.eider("serve", *arguments, timeout=30, **options)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr


class Serving(ServeTest):
    def test_the_ready_line_says_what_is_where(self):
        server = self.serve("--warehouse", "shop")
        self.assertEqual(server.ready_line,
                         f"Serving shop from {self.warehouse} at http://127.0.0.1:{server.port}/iceberg")

    def test_several_warehouses_under_names(self):
        (self.folder / "b").mkdir()
        server = self.serve("--warehouse", f"first={self.warehouse}", "-w", f"second=file://{self.folder}/b")
        self.assertIn(f"Serving first from {self.warehouse}, second from {self.folder}/b at", server.ready_line)
        status, answer = server.get_json("/readyz")
        self.assertEqual((status, answer), (200, {"status": "ready", "warehouses": {"first": "ready", "second": "ready"}}))

    def test_health_and_metrics(self):
        server = self.serve("-w", "shop")
        self.assertEqual(server.get("/healthz")[0], 200)
        self.assertEqual(server.get("/no/such/thing")[0], 404)
        # A request is counted when its answer is out.
        wait_until(lambda: server.get("/metrics")[2].count('_total{route="/healthz"') == 1
                   and 'route="other"' in server.get("/metrics")[2], "the counts")
        status, headers, text = server.get("/metrics")
        self.assertEqual(status, 200)
        self.assertTrue(headers["Content-Type"].startswith("text/plain"))
        self.assertIn('eider_http_requests_total{route="/healthz",method="GET",status="200"} 1\n', text)
        self.assertIn('eider_http_requests_total{route="other",method="GET",status="404"} 1\n', text)
        self.assertRegex(text, r"(?m)^process_resident_memory_bytes \d+")
        self.assertNotIn("/no/such/thing", text)

    def test_a_warehouse_that_breaks_is_not_ready(self):
        server = self.serve("-w", "shop")
        self.assertEqual(server.get("/readyz")[0], 200)
        shutil.rmtree(self.warehouse)
        status, answer = server.get_json("/readyz")
        self.assertEqual(status, 503)
        self.assertIn(str(self.warehouse), answer["warehouses"]["shop"])
        self.assertEqual(server.get("/healthz")[0], 200)

    def test_the_profile_says_which_warehouse(self):
        self.write("dbt_project.yml", "name: shop\nversion: '1'\nprofile: shop\n")
        self.write("profiles.yml", "shop:\n  target: dev\n  outputs:\n    dev: {type: eider, warehouse: shop, schema: x}\n")
        server = self.serve("--profiles-dir", ".")
        self.assertIn(f" from {self.warehouse} at ", server.ready_line)

    def test_a_browser_or_a_borrowed_name_is_no_client(self):
        server = self.serve("-w", "shop")
        self.assertEqual(server.get("/healthz", headers={"Origin": "https://evil.example"})[0], 403)
        self.assertEqual(server.get("/healthz", headers={"Host": "evil.example"})[0], 403)
        self.assertEqual(server.get("/healthz", headers={"Host": f"localhost:{server.port}"})[0], 200)

    def test_it_is_small(self):
        server = self.serve("-w", "shop")
        connections = [server.connect() for _ in range(300)]
        for connection in connections:
            connection.request("GET", "/healthz")
            self.assertEqual(connection.getresponse().read(), b'{"status":"alive"}\n')
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        resident = int(status.split("VmRSS:")[1].split()[0])
        for connection in connections:
            connection.close()
        if not program.is_sanitized():
            self.assertLess(resident, 60 * 1024, "kB: the promise for an idle server")


class AccessLog(ServeTest):
    def test_a_line_a_request_and_none_is_forged(self):
        server = self.serve("-w", "shop", "--access-log", "access.log")
        server.get("/healthz", headers={"X-Request-Id": "mine-1", "Authorization": "Bearer hidden"})
        with socket.create_connection((server.host, server.port)) as raw:
            raw.sendall(b'GET /x","status":200}\x0b{"y":"?token=hidden HTTP/1.1\r\nHost: localhost\r\n'
                        b'X-Request-Id: a"b\r\nConnection: close\r\n\r\n')
            while raw.recv(4096):
                pass
        log = self.folder / "access.log"
        wait_until(lambda: log.read_text().count("\n") == 2, "two lines")
        text = log.read_text()
        first, second = [json.loads(line) for line in text.splitlines()]
        self.assertEqual((first["id"], first["method"], first["path"], first["status"], first["peer"]),
                         ("mine-1", "GET", "/healthz", 200, "127.0.0.1"))
        self.assertGreater(first["bytes"], 0)
        self.assertGreater(first["micros"], 0)
        self.assertIn(second["status"], (400, 404))
        self.assertNotEqual(second["id"], 'a"b')
        self.assertNotIn("hidden", text)

    def test_to_standard_output(self):
        server = self.serve("-w", "shop", "--access-log", "-")
        server.get("/healthz")
        self.assertEqual(json.loads(server.line())["path"], "/healthz")

    def test_a_moved_log_is_begun_anew_by_sighup(self):
        server = self.serve("-w", "shop", "--access-log", "access.log")
        server.get("/healthz")
        wait_until(lambda: (self.folder / "access.log").read_text().count("\n") == 1, "the first line")
        (self.folder / "access.log").rename(self.folder / "access.log.1")
        server.signal(signal.SIGHUP)
        self.assertEqual(server.line(), server.ready_line)
        server.get("/healthz")
        wait_until(lambda: (self.folder / "access.log").read_text().count("\n") == 1, "the new log's line")


class Signals(ServeTest):
    def test_sigterm_ends_it_in_peace(self):
        server = self.serve("-w", "shop")
        idle = server.connect()
        idle.request("GET", "/healthz")
        idle.getresponse().read()
        self.assertEqual(server.stop(), 0)
        idle.close()
        self.assertEqual(server.errors, [])

    def test_a_request_under_way_is_answered_first(self):
        server = self.serve("-w", "shop")
        with socket.create_connection((server.host, server.port)) as raw:
            begin_request(raw)
            server.signal(signal.SIGTERM)
            wait_until(lambda: not can_connect(server), "the port to close")
            self.assertIsNone(server.process.poll(), "it waits for the request")
            raw.sendall(b"cd")
            answer = b""
            while part := raw.recv(4096):
                answer += part
        self.assertTrue(answer.startswith(b"HTTP/1.1 405 "), answer)
        self.assertIn(b"Connection: close\r\n", answer)
        self.assertEqual(server.wait(), 0)

    def test_who_asks_twice_does_not_wait(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            server = self.serve("-w", "shop")
            with socket.create_connection((server.host, server.port)) as raw:
                begin_request(raw)
                server.signal(number)
                wait_until(lambda: not can_connect(server), "the port to close")
                server.signal(number)
                self.assertEqual(server.wait(), 128 + number)

    def test_who_never_finishes_is_cut_off(self):
        self.write("eider.yaml", "warehouses: [{location: shop}]\nlimits: {drain_time: 200ms}\n")
        server = self.serve("--config", "eider.yaml")
        with socket.create_connection((server.host, server.port)) as raw:
            begin_request(raw)
            self.assertEqual(server.stop(), 0)
        self.assertEqual(server.errors, ["Cutting off 1 connections that did not finish."])

    def test_nobody_has_to_read_what_it_prints(self):
        process = subprocess.Popen([program.EIDER, "serve", "-w", "shop", "--listen", "127.0.0.1:0"],
                                   cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        port = int(process.stdout.readline().split(b":")[-1].split(b"/")[0])
        process.stdout.close()
        process.stderr.close()
        shutil.rmtree(self.warehouse)
        process.send_signal(signal.SIGHUP)
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 200 "))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0)

    def test_systemd_is_told(self):
        path = str(self.folder / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(30)
            server = self.serve("-w", "shop", environment={"NOTIFY_SOCKET": path})
            self.assertEqual(manager.recv(1000), b"READY=1")
            server.signal(signal.SIGHUP)
            self.assertRegex(manager.recv(1000).decode(), r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
            self.assertEqual(manager.recv(1000), b"READY=1")
            self.assertEqual(server.stop(), 0)
            self.assertEqual(manager.recv(1000), b"STOPPING=1")


def begin_request(connection):
    """Sends half of a request. The server has read its header when this returns, so that it waits for the rest."""
    connection.sendall(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
                       b"Expect: 100-continue\r\n\r\n")
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += connection.recv(1)
    connection.sendall(b"ab")


def can_connect(server):
    try:
        socket.create_connection((server.host, server.port), timeout=5).close()
        return True
    except OSError:
        return False


class Configuration(ServeTest):
    def test_sighup_takes_up_what_changed(self):
        (self.folder / "b").mkdir()
        self.write("eider.yaml", "warehouses:\n  - location: shop\n")
        server = self.serve("--config", "eider.yaml")
        self.assertEqual(list(server.get_json("/readyz")[1]["warehouses"]), ["shop"])
        kept = server.connect()
        kept.request("GET", "/healthz")
        kept.getresponse().read()

        self.write("eider.yaml", "warehouses:\n  - location: shop\n  - name: other\n    location: b\n")
        server.signal(signal.SIGHUP)
        self.assertIn("other from", server.line())
        self.assertEqual(list(server.get_json("/readyz")[1]["warehouses"]), ["shop", "other"])
        kept.request("GET", "/healthz")
        self.assertEqual(kept.getresponse().status, 200, "connections outlive a reload")
        kept.close()

        self.write("eider.yaml", "warehouses:\n  - locaton: shop\n")
        server.signal(signal.SIGHUP)
        wait_until(lambda: any("Did you mean 'location'?" in line for line in server.errors), "the refusal")
        self.assertEqual(list(server.get_json("/readyz")[1]["warehouses"]), ["shop", "other"])
        self.assertEqual(server.stop(), 0)

    def test_a_wrong_file_is_refused_with_its_place(self):
        self.write("eider.yaml", "listen: 127.0.0.1:0\nwarehouse:\n  - location: shop\n")
        text = self.refuse("--config", "eider.yaml")
        self.assertIn("eider.yaml:2", text)
        self.assertIn("Did you mean 'warehouses'?", text)
        self.assertIn("none.yaml", self.refuse("--config", "none.yaml"))

    def test_the_command_line_goes_before_the_file(self):
        self.write("eider.yaml", "listen: nowhere.invalid:1\nwarehouses: [{location: none}]\n")
        server = self.serve("--config", "eider.yaml", "-w", "mine=shop")
        self.assertIn("Serving mine from", server.ready_line)


@unittest.skipUnless(postgres.programs(), "there is no PostgreSQL")
class CatalogAway(ServeTest):
    def timed(self, *arguments, **options):
        """A request of `server`, and how many seconds its answer took."""
        began = time.monotonic()
        answer = self.server.get(*arguments, **options)
        return answer, time.monotonic() - began

    def test_a_database_that_is_away_is_told_soon(self):
        database = self.enterContext(postgres.Postgres())
        self.server = self.serve("-w", "shop", "--catalog", database.url)
        self.assertEqual(self.server.get("/readyz")[0], 200)
        self.assertEqual(self.server.get("/iceberg/v1/namespaces")[0], 200)
        database.crash()
        (status, _, text), took = self.timed("/readyz")
        self.assertEqual(status, 503, text)
        self.assertLess(took, 5)
        (status, _, text), took = self.timed("/iceberg/v1/namespaces")
        self.assertEqual(status, 500)
        self.assertIn("cannot open the catalog postgresql://", json.loads(text)["error"]["message"])
        self.assertLess(took, 8)
        # It was waited for long enough: nobody else is held up.
        for _ in range(3):
            (status, _, _), took = self.timed("/iceberg/v1/namespaces")
            self.assertEqual(status, 500)
            self.assertLess(took, 3)
        body = json.dumps({"namespace": ["s"]})
        self.assertEqual(self.timed("/iceberg/v1/namespaces", method="POST", body=body)[0][0], 500)
        database.start()
        wait_until(lambda: self.server.get("/readyz")[0] == 200, "the server to be ready again")
        self.assertEqual(self.server.get("/iceberg/v1/namespaces", method="POST", body=body)[0], 200)


class Refused(ServeTest):
    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            text = self.refuse("-w", "shop", "--listen", address)
        self.assertIn(f"cannot listen at {address}", text)
        self.assertIn("Another program has the port", text)

    def test_addresses_that_are_none(self):
        self.assertIn("no address to listen at", self.refuse("-w", "shop", "--listen", "8181"))
        self.assertIn("no host to listen at", self.refuse("-w", "shop", "--listen", "no.such.host.invalid:1"))

    def test_other_machines_without_a_word(self):
        text = self.refuse("-w", "shop", "--listen", "0.0.0.0:0")
        self.assertIn("--allow-anonymous", text)
        server = self.serve("-w", "shop", "--allow-anonymous", listen="0.0.0.0:0")
        self.assertEqual(server.get("/healthz", headers={"Host": "any.example"})[0], 200)

    def test_no_warehouse(self):
        self.assertIn("--warehouse", self.refuse())
        text = self.refuse("-w", "shap")
        self.assertIn("there is no folder", text)
        self.assertFalse((self.folder / "shap").exists(), "a mistyped name makes nothing")
        self.assertIn("two warehouses are named 'shop'", self.refuse("-w", "shop", "-w", "shop=shop"))


class Tls(ServeTest):
    def certificate(self, name):
        if not shutil.which("openssl"):
            self.skipTest("there is no openssl to make a certificate with")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", f"/CN={name}", "-days", "1", "-keyout", "server.key", "-out", "server.crt"],
            cwd=self.folder, check=True, capture_output=True)

    def subject(self, server):
        context = ssl.create_default_context(cafile=str(self.folder / "server.crt"))
        context.check_hostname = False
        with socket.create_connection((server.host, server.port)) as raw:
            with context.wrap_socket(raw) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                answer = b""
                while part := connection.recv(4096):
                    answer += part
                self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer)
                return dict(pair[0] for pair in connection.getpeercert()["subject"])["commonName"]

    def test_certificates_are_read_anew(self):
        self.certificate("one")
        server = self.serve("-w", "shop", "--tls-cert", "server.crt", "--tls-key", "server.key")
        self.assertEqual(server.scheme, "https")
        self.assertEqual(self.subject(server), "one")
        self.certificate("two")
        server.signal(signal.SIGHUP)
        server.line()
        self.assertEqual(self.subject(server), "two")
        (self.folder / "server.key").write_text("nonsense")
        server.signal(signal.SIGHUP)
        wait_until(lambda: any("holds no key" in line for line in server.errors), "the refusal")
        self.assertEqual(self.subject(server), "two")

    def test_files_that_cannot_be_used(self):
        self.assertIn("belong together", self.refuse("-w", "shop", "--tls-cert", "x"))
        text = self.refuse("-w", "shop", "--listen", "127.0.0.1:0", "--tls-cert", "x.crt", "--tls-key", "x.key")
        self.assertIn("cannot read the TLS certificate x.crt", text)


if __name__ == "__main__":
    unittest.main()
