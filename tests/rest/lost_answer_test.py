"""A commit whose answer is lost, because its server was killed, is sent again with its key and lands just once."""

import http.client
import json
import random
import threading
import time
import unittest
import uuid

import program

from server.serving import Server

COMMITS = 15
KILLS = 6
SCHEMA = {"type": "struct", "fields": [{"id": 1, "name": "id", "type": "long", "required": False}]}


class LostAnswers(program.ScratchTest):
    def setUp(self):
        super().setUp()
        self.warehouse = self.folder / "shop"
        self.warehouse.mkdir()
        self.server = Server("--warehouse", self.warehouse)
        self.address = f"127.0.0.1:{self.server.port}"
        self.addCleanup(lambda: self.server.__exit__())
        self.lost = 0

    def restart(self):
        self.server.process.kill()
        self.server.wait()
        self.server.__exit__()
        self.server = Server("--warehouse", self.warehouse, listen=self.address)

    def send(self, method, path, body=None, key=None):
        """One request, sent again until an answer comes; returns status and body."""
        headers = {"Idempotency-Key": key} if key else {}
        while True:
            connection = http.client.HTTPConnection(self.address, timeout=60)
            try:
                connection.request(method, f"/iceberg/v1/{path}", body and json.dumps(body), headers)
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read() or "null")
            except (OSError, http.client.HTTPException):
                self.lost += 1
                time.sleep(0.01)
            finally:
                connection.close()

    def table(self, name):
        status, body = self.send("GET", f"namespaces/s/tables/{name}")
        self.assertEqual(status, 200, body)
        return body["metadata"]

    def test_servers_that_are_killed_lose_and_repeat_nothing(self):
        self.assertEqual(self.send("POST", "namespaces", {"namespace": ["s"]})[0], 200)
        names = ["a", "b", "c"]
        for name in names + ["shared"]:
            body = {"name": name, "schema": SCHEMA, "properties": {"write.metadata.previous-versions-max": "1000"}}
            self.assertEqual(self.send("POST", "namespaces/s/tables", body)[0], 200)
        problems = []

        def write(name):
            for number in range(COMMITS):
                for table in (name, "shared"):
                    update = {"action": "set-properties", "updates": {f"{name}.{number}": "done"}}
                    answer = self.send("POST", f"namespaces/s/tables/{table}",
                                       {"requirements": [], "updates": [update]}, key=str(uuid.uuid4()))
                    if answer[0] != 200:
                        problems.append(answer)
                answer = self.send("POST", "namespaces/s/tables", {"name": f"{name}{number}", "schema": SCHEMA},
                                   key=str(uuid.uuid4()))
                if answer[0] != 200:
                    problems.append(answer)

        writers = [threading.Thread(target=write, args=(name,)) for name in names]
        for writer in writers:
            writer.start()
        chance = random.Random(7)
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.02, 0.15))
            self.restart()
        for writer in writers:
            writer.join()
        self.assertEqual(problems, [])
        self.assertGreater(self.lost, 0)
        for name in names:
            # Each commit adds the metadata before it to the log.
            self.assertEqual(len(self.table(name)["metadata-log"]), COMMITS)
        shared = self.table("shared")
        self.assertEqual(len(shared["metadata-log"]), COMMITS * len(names))
        self.assertEqual(sum(value == "done" for value in shared["properties"].values()), COMMITS * len(names))
        _, listed = self.send("GET", "namespaces/s/tables")
        self.assertEqual(len(listed["identifiers"]), len(names) * (COMMITS + 1) + 1)
        self.succeed("catalog", "check", "--warehouse", self.warehouse)


if __name__ == "__main__":
    unittest.main()
