"""Clients of an Iceberg REST catalog that note what they do and what they are told.

Every commit bears its own name in the property "commit" of each table it changes. Most also replace the table's only
snapshot, and say so in the property "marked", so that another can require what it was shown.
"""

import asyncio
import itertools
import json
import random
import time
import uuid

NAMESPACE = "s"
SCHEMA = {"type": "struct", "fields": [{"id": 1, "name": "id", "type": "long", "required": False}]}
# One that is still not answered then is given up.
PATIENCE = 20


class Connection:
    """HTTP/1.1 to one address, kept alive."""

    def __init__(self, port):
        self.port = port
        self.streams = None

    async def send(self, method, path, body=None, key=None):
        """Status and body. Raises OSError where the connection ends."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        text = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} /iceberg/v1/{path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(text)}"]
        if key:
            lines.append(f"Idempotency-Key: {key}")
        try:
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + text)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            length = int(fields.get("content-length", 0))
            answer = await reader.readexactly(length)
            if fields.get("connection") == "close":
                self.close()
            return int(head[0].split()[1]), json.loads(answer or b"null")
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("the connection ended") from error

    def close(self):
        if self.streams is not None:
            self.streams[1].transport.abort()
            self.streams = None


class Recorder:
    """The history of all clients."""

    def __init__(self):
        self.history = []
        self.sent_again = 0
        self.surprises = []

    def begin(self, operation):
        operation.update(begin=time.monotonic(), end=None, outcome="unknown")
        self.history.append(operation)
        return operation

    @staticmethod
    def end(operation, outcome):
        operation.update(end=time.monotonic(), outcome=outcome)


class Client:
    def __init__(self, number, port, recorder, shared, seed):
        self.number = number
        self.connection = Connection(port)
        self.recorder = recorder
        self.shared = shared
        self.own = f"own{number}"
        self.chance = random.Random(f"{seed} {number}")
        self.numbers = itertools.count()
        self.stopping = False

    def _name(self, kind):
        return f"{kind}{self.number}.{next(self.numbers)}"

    async def _send(self, method, path, body=None, key=None):
        """Sends until an answer comes that says what has happened; None where none comes in time."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                status, answer = await asyncio.wait_for(self.connection.send(method, path, body, key), PATIENCE)
                if status < 500:
                    return status, answer
                if status not in (500, 502, 503, 504):
                    self.recorder.surprises.append(f"{method} {path}: {status} {answer}")
            except (OSError, asyncio.TimeoutError):
                pass
            self.connection.close()
            self.recorder.sent_again += 1
            await asyncio.sleep(self.chance.uniform(0.005, 0.05))
        return None

    async def load(self, table):
        """The table's metadata, or None."""
        operation = self.recorder.begin({"id": self._name("load"), "kind": "load", "table": table})
        answer = await self._send("GET", f"namespaces/{NAMESPACE}/tables/{table}")
        if answer is None:
            return None
        status, body = answer
        if status != 200:
            self.recorder.end(operation, "refused")
            self.recorder.surprises.append(f"load of {table}: {status} {body}")
            return None
        metadata = body["metadata"]
        operation["seen"] = metadata["properties"]["commit"]
        self.recorder.end(operation, "done")
        return metadata

    async def create(self, table):
        operation = self.recorder.begin(
            {"id": self._name("create"), "kind": "commit", "marks": True, "tables": {table: None}})
        body = {"name": table, "schema": SCHEMA,
                "properties": {"commit": operation["id"], "marked": operation["id"], "write.metadata.previous-versions-max": "1"}}
        return await self._commit(operation, f"namespaces/{NAMESPACE}/tables", body)

    def _change(self, name, table, metadata):
        """A change of one table; on top of `metadata`, where that is given."""
        updates = [{"action": "set-properties", "updates": {"commit": name}}]
        requirements = []
        if metadata is not None:
            before = metadata.get("current-snapshot-id") or None
            before = None if before == -1 else before
            snapshot = {
                "snapshot-id": self.chance.getrandbits(62) + 1, "timestamp-ms": int(time.time() * 1000),
                "sequence-number": metadata["last-sequence-number"] + 1, "schema-id": 0,
                "summary": {"operation": "append"}, "manifest-list": f"{metadata['location']}/metadata/none.avro"}
            if before is not None:
                snapshot["parent-snapshot-id"] = before
            updates += [{"action": "add-snapshot", "snapshot": snapshot},
                        {"action": "set-snapshot-ref", "ref-name": "main", "type": "branch",
                         "snapshot-id": snapshot["snapshot-id"]}]
            if before is not None:
                updates.append({"action": "remove-snapshots", "snapshot-ids": [before]})
            updates[0]["updates"]["marked"] = name
            requirements = [{"type": "assert-table-uuid", "uuid": metadata["table-uuid"]},
                            {"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": before}]
        return {"identifier": {"namespace": [NAMESPACE], "name": table}, "requirements": requirements, "updates": updates}

    async def commit(self, tables, on_top):
        """Changes one or several tables at once, with `on_top` of what they are now."""
        loaded = {table: await self.load(table) if on_top else None for table in tables}
        if on_top and None in loaded.values():
            return
        operation = self.recorder.begin({
            "id": self._name("commit"), "kind": "commit", "marks": on_top,
            "tables": {table: metadata and metadata["properties"]["marked"] for table, metadata in loaded.items()}})
        changes = [self._change(operation["id"], table, metadata) for table, metadata in loaded.items()]
        if len(changes) == 1:
            await self._commit(operation, f"namespaces/{NAMESPACE}/tables/{tables[0]}", changes[0])
        else:
            await self._commit(operation, "transactions/commit", {"table-changes": changes})

    async def _commit(self, operation, path, body):
        answer = await self._send("POST", path, body, key=str(uuid.UUID(int=self.chance.getrandbits(128), version=4)))
        if answer is None:
            return False
        status, body = answer
        self.recorder.end(operation, "done" if status < 300 else "refused")
        if status not in (200, 204, 409):
            self.recorder.surprises.append(f"{operation['id']}: {status} {body}")
        if status == 200 and operation["id"] not in json.dumps(body):
            self.recorder.surprises.append(f"{operation['id']} was answered with another's state: {body}")
        return status < 300

    async def run(self):
        while not await self.create(self.own):
            if self.stopping:
                return
        while not self.stopping:
            dice = self.chance.random()
            shared = self.chance.choice(self.shared)
            if dice < 0.4:
                await self.load(self.chance.choice([self.own, shared]))
            elif dice < 0.65:
                await self.commit([self.own], on_top=True)
            elif dice < 0.85:
                await self.commit([shared], on_top=True)
            elif dice < 0.92:
                await self.commit([self.chance.choice([self.own, shared])], on_top=False)
            else:
                several = self.chance.sample(self.shared, 2) + [self.own]
                await self.commit(several[self.chance.randrange(2):], on_top=self.chance.random() < 0.5)
        self.connection.close()
