"""Many clients of `eider serve`, which is killed and started again under their hands, behind a proxy that loses answers.

  run.py --store sqlite|postgres [--servers N] [--clients N] [--seconds N] [--kills N] [--seed N] [--keep FILE]

What they did and were told is judged by checker.py. Exits with 1 where anything is wrong with it; --keep writes it down.
"""

import argparse
import asyncio
import collections
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import postgres
import program

from chaos import checker, clients

SHARED_TABLES = 8
LOSS = 0.01


class Server:
    """An `eider serve` at one port, however often it is started."""

    def __init__(self, warehouse, store):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.command = [program.EIDER, "serve", "--listen", f"127.0.0.1:{self.port}", "--warehouse", str(warehouse)]
        if store:
            self.command += ["--catalog", store]
        self.errors = tempfile.TemporaryFile("w+")
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("Serving"):
            raise AssertionError(f"the server did not start: {self.text()}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def text(self):
        self.errors.seek(0)
        return self.errors.read()


class Chaos:
    def __init__(self, options, folder, stack):
        self.options = options
        self.warehouse = folder / "shop"
        self.warehouse.mkdir()
        self.chance = random.Random(options.seed)
        self.postgres = stack.enter_context(postgres.Postgres()) if options.store == "postgres" else None
        store = self.postgres.url if self.postgres else None
        self.where = ["--warehouse", self.warehouse, *(["--catalog", store] if store else [])]
        self.servers = []
        for _ in range(options.servers):
            self.servers.append(Server(self.warehouse, store))
            stack.callback(self.servers[-1].kill)
        proxy = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).with_name("proxy.py"), str(options.seed), str(LOSS),
             *(f"127.0.0.1:{server.port}" for server in self.servers)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stack.enter_context(proxy)
        stack.callback(proxy.kill)
        self.port = int(proxy.stdout.readline())
        self.recorder = clients.Recorder()
        self.shared = [f"shared{number}" for number in range(SHARED_TABLES)]

    async def prepare(self):
        straight = clients.Client("setup", self.servers[0].port, self.recorder, [], self.options.seed)
        status, body = await straight.connection.send("POST", "namespaces", {"namespace": [clients.NAMESPACE]})
        assert status == 200, body
        for table in self.shared:
            assert await straight.create(table)
        straight.connection.close()

    async def disturb(self):
        """Kills the servers, one after another, at times that are spread over the run."""
        loop = asyncio.get_running_loop()
        begun = time.monotonic()
        part = self.options.seconds / max(self.options.kills, 1)
        for number in range(self.options.kills):
            when = begun + (number + self.chance.uniform(0.2, 0.9)) * part
            await asyncio.sleep(max(0, when - time.monotonic()))
            if self.postgres and number == self.options.kills // 2:
                # The store itself too, once.
                await loop.run_in_executor(None, self.postgres.crash)
                await loop.run_in_executor(None, self.postgres.start)
            server = self.servers[number % len(self.servers)]
            await loop.run_in_executor(None, server.kill)
            await loop.run_in_executor(None, server.start)
        await asyncio.sleep(max(0, begun + self.options.seconds - time.monotonic()))

    async def run(self):
        await self.prepare()
        crowd = [clients.Client(number, self.port, self.recorder, self.shared, self.options.seed)
                 for number in range(self.options.clients)]
        tasks = [asyncio.create_task(client.run()) for client in crowd]
        await self.disturb()
        for client in crowd:
            client.stopping = True
        await asyncio.gather(*tasks)

    async def versions(self):
        """The states of every table: the current one, and those before it, back to the first."""
        connection = clients.Connection(self.servers[0].port)
        _, listed = await connection.send("GET", f"namespaces/{clients.NAMESPACE}/tables")
        versions = {}
        for identifier in listed["identifiers"]:
            name = identifier["name"]
            _, table = await connection.send("GET", f"namespaces/{clients.NAMESPACE}/tables/{name}")
            states = []
            location = table["metadata-location"]
            while location:
                metadata = json.loads(pathlib.Path(re.sub("^file://", "", location)).read_text())
                states.append(metadata["properties"]["commit"])
                log = metadata["metadata-log"]
                location = log[-1]["metadata-file"] if log else None
            versions[name] = states[::-1]
        connection.close()
        return versions


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--keep", help="write the history to this file")
    options = parser.parse_args()
    if options.store == "postgres" and postgres.programs() is None:
        program.skip_all("PostgreSQL is not installed")

    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="eider-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        chaos = Chaos(options, folder, stack)
        asyncio.run(chaos.run())
        versions = asyncio.run(chaos.versions())
        problems = checker.check(chaos.recorder.history, versions) + chaos.recorder.surprises
        found = json.loads(program.run("catalog", "check", "--fast", "--format", "json", *chaos.where).stdout)
        # The snapshots of this test have no files.
        problems += [f"catalog check: {finding}" for finding in found["findings"]
                     if finding["damage"] and not finding["path"].endswith("/none.avro")]
        said = [line for server in chaos.servers for line in server.text().splitlines() if line]

    counts = collections.Counter((operation["kind"], operation["outcome"]) for operation in chaos.recorder.history)
    told = ", ".join(f"{count} {kind}s {outcome}" for (kind, outcome), count in sorted(counts.items()))
    print(f"{options.store}, {options.servers} server(s), {options.clients} clients, {options.seconds:g} s, {options.kills} "
          f"kills, seed {options.seed}: {told}; {chaos.recorder.sent_again} requests sent again")
    if options.keep:
        pathlib.Path(options.keep).write_text(json.dumps({"history": chaos.recorder.history, "versions": versions}))
    for problem in problems[:20]:
        print(f"WRONG: {problem}")
    if problems:
        print(f"{len(problems)} problems. The servers said: " + "\n".join(said[-20:]))
    enough = counts["commit", "done"] > options.clients and counts["load", "done"] > options.clients
    if not enough:
        print("WRONG: hardly anything was done")
    return 0 if not problems and enough else 1


if __name__ == "__main__":
    sys.exit(main())
