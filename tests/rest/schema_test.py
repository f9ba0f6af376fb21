"""Requests made up from Iceberg's own OpenAPI (iceberg-rest-catalog-open-api.yaml, of apache/iceberg, Apache License 2.0)
by schemathesis, right ones and wrong ones, on every route: no crash, no 5xx, every answer as the specification has it.

EIDER_SCHEMA_EXAMPLES says how many requests an operation gets in the random phase (10), and EIDER_SCHEMA_PHASES which
phases there are ("fuzzing"; "coverage,fuzzing" makes some ten thousand requests)."""

import json
import os
import pathlib
import subprocess
import sys
import threading
import unittest

import program
from server.serving import Server

SCHEMATHESIS = pathlib.Path(sys.executable).parent / "st"
if not SCHEMATHESIS.exists():
    program.skip_all("schemathesis is not in the test environment")

import yaml  # noqa: E402 (comes with schemathesis)

SPECIFICATION = pathlib.Path(__file__).parent / "iceberg-rest-catalog-open-api.yaml"
SCHEMA = {"type": "struct", "schema-id": 0, "fields": [{"id": 1, "name": "id", "required": False, "type": "long"}]}
VIEW = {"version-id": 1, "timestamp-ms": 1, "schema-id": 0, "summary": {}, "default-namespace": ["n"],
        "representations": [{"type": "sql", "sql": "select 1", "dialect": "duckdb"}]}
MEGABYTE = 1 << 20


def wrap_errors(part):
    if isinstance(part, dict):
        schema = part.get("schema")
        if isinstance(schema, dict) and schema.get("$ref", "").endswith("/ErrorModel"):
            schema["$ref"] = "#/components/schemas/IcebergErrorResponse"
        for member in part.values():
            wrap_errors(member)


def specification():
    """The OpenAPI with names that exist for its path parameters: made-up ones would get no further than a 404."""
    document = yaml.safe_load(SPECIFICATION.read_text())
    known = {"prefix": ["w"], "namespace": ["n", "n%1Fm"], "table": ["t", "u"], "view": ["v"]}
    for name, values in known.items():
        parameter = document["components"]["parameters"][name]
        parameter["schema"]["enum"] = values
        parameter.pop("example", None)
        parameter.pop("examples", None)
    # Some errors are described bare there; servers and clients, Iceberg's own too, wrap them as all others.
    wrap_errors(document)
    return document


class SchemaTest(program.ScratchTest):
    def send(self, path, body):
        status, _, text = self.server.get(f"/iceberg/v1/w/{path}", "POST", json.dumps(body),
                                          {"Content-Type": "application/json"})
        self.assertLess(status, 500, text)

    def furnish(self):
        """What the names in the paths stand for; requests drop it all the time."""
        for levels in (["n"], ["n", "m"]):
            self.send("namespaces", {"namespace": levels})
        for space in ("n", "n%1Fm"):
            for table in ("t", "u"):
                self.send(f"namespaces/{space}/tables", {"name": table, "schema": SCHEMA})
            self.send(f"namespaces/{space}/views", {"name": "v", "schema": SCHEMA, "view-version": VIEW, "properties": {}})

    def keep_furnishing(self, ended):
        while not ended.wait(0.1):
            self.furnish()

    def test_every_answer_is_as_the_specification_has_it(self):
        (self.folder / "w").mkdir()
        log = self.folder / "access.log"
        with Server("--warehouse", f"w={self.folder}/w", "--access-log", log) as self.server:
            self.request_all()
            memory = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
            peak = int(memory.split("VmHWM:")[1].split()[0]) * 1024
            if not program.is_sanitized():
                self.assertLess(peak, 300 * MEGABYTE)
            self.assertEqual(self.server.stop(), 0)
        statuses = [json.loads(line)["status"] for line in log.read_text().splitlines()]
        self.assertFalse([status for status in statuses if status >= 500])
        self.assertGreater(len([status for status in statuses if status < 300]), 100, "the requests reached something")
        # However odd what was committed, it can be read.
        self.succeed("catalog", "check", "--warehouse", self.folder / "w")

    def request_all(self):
        self.furnish()
        ended = threading.Event()
        furnisher = threading.Thread(target=self.keep_furnishing, args=(ended,), daemon=True)
        furnisher.start()
        document = self.write("open-api.json", json.dumps(specification()))
        try:
            done = subprocess.run(
                [SCHEMATHESIS, "run", document, "--url", f"http://127.0.0.1:{self.server.port}/iceberg",
                 "--phases", os.environ.get("EIDER_SCHEMA_PHASES", "fuzzing"),
                 "--max-examples", os.environ.get("EIDER_SCHEMA_EXAMPLES", "10"), "--generation-deterministic",
                 "--checks", "not_a_server_error,response_schema_conformance,content_type_conformance",
                 "--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", "--no-color",
                 "--request-timeout", "30"],
                cwd=self.folder, capture_output=True, text=True, timeout=1800)
        finally:
            ended.set()
            furnisher.join()
        self.assertEqual(done.returncode, 0, done.stdout[-20000:] + done.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
