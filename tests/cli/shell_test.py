"""The shell of `eider sql`, on a terminal."""

import os
import pty
import re
import select
import signal
import time
import unittest

import program

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r|\x07|\x08")


class Terminal:
    """A program that runs on a terminal of its own."""

    def __init__(self, arguments, folder, environment):
        self.text = ""
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execve(arguments[0], arguments, environment)

    def send(self, text):
        # The editor takes the keyboard over just after it has shown its prompt.
        time.sleep(0.2)
        os.write(self.descriptor, text.encode())

    def wait_for(self, wanted, timeout=60):
        """Reads until `wanted` appears after what was waited for before; returns all that came."""
        begin = len(self.text)
        deadline = time.monotonic() + timeout
        while not re.search(wanted, self.text[begin:]):
            if time.monotonic() > deadline:
                raise AssertionError(f"{wanted!r} did not come:\n{self.text}")
            if select.select([self.descriptor], [], [], 0.2)[0]:
                try:
                    piece = os.read(self.descriptor, 65536)
                except OSError:
                    piece = b""
                if not piece:
                    if re.search(wanted, self.text[begin:]):
                        break
                    raise AssertionError(f"the program ended before {wanted!r}:\n{self.text}")
                self.text += CONTROL.sub("", piece.decode(errors="replace"))
        return self.text[begin:]

    def exit_code(self, timeout=60):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            done, status = os.waitpid(self.process, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            if select.select([self.descriptor], [], [], 0.1)[0]:
                try:
                    os.read(self.descriptor, 65536)
                except OSError:
                    pass
        os.kill(self.process, signal.SIGKILL)
        raise AssertionError(f"the program does not end:\n{self.text}")


class Shell(program.ScratchTest):
    def setUp(self):
        super().setUp()
        self.succeed("sql", "--warehouse", "shop", "-c",
                     "create schema marts; create table marts.customers as select 7 as customer_id, 'Ada' as name")
        environment = {**os.environ, "HOME": str(self.folder), "TERM": "xterm", "PAGER": "cat", "LANG": "C.UTF-8"}
        environment.pop("XDG_STATE_HOME", None)
        self.terminal = Terminal([program.EIDER, "sql", "--warehouse", "shop"], self.folder, environment)
        self.terminal.wait_for("shop> ")

    def ask(self, text, wanted):
        self.terminal.send(text + "\n")
        return self.terminal.wait_for(wanted)

    def leave(self):
        self.terminal.send(".quit\n")
        self.assertEqual(self.terminal.exit_code(), 0)

    def test_statements_and_commands(self):
        self.ask("select customer_id + 1 as next", r"\.\.\.> ")
        self.ask("from marts.customers;", r"8\n\(1 row\)")
        self.assertIn("customers", self.ask(".tables", r"\(1 row\)"))
        self.assertIn("customer_id", self.ask(".schema marts.customers", r"rows\)"))
        self.ask(".mode csv", "csv")
        self.ask("select 1 as a, 'x,y' as b;", 'a,b\n1,"x,y"')
        self.ask(".timer on", "shop> ")
        self.ask("select 2;", r"Time: \d+\.\d+ s")
        self.assertIn(".timer", self.ask(".help", "Ctrl-C"))
        self.ask(".tabels", "Did you mean .tables?")
        # An error is told, and the shell goes on.
        self.ask("select * from nothing_here;", "nothing_here")
        self.ask("select 40 + 2 as answer;", "answer\n42")
        self.leave()
        history = self.folder / ".local" / "state" / "eider" / "sql_history"
        self.assertIn("marts.customers", history.read_text())

    def test_completion(self):
        self.terminal.send("select customer_\t")
        self.terminal.wait_for("customer_id ")
        self.terminal.send("from mar\t")
        self.terminal.wait_for("marts ")
        self.terminal.send("\x7f.cust\t")
        self.terminal.wait_for("customers ")
        self.ask(";", r"7\n\(1 row\)")
        self.leave()

    def test_ctrl_c_drops_the_line(self):
        self.ask("select 1,", r"\.\.\.> ")
        self.terminal.send("nonsense\x03")
        self.terminal.wait_for("shop> ")
        self.ask("select 5 as five;", r"5\n\(1 row\)")
        self.leave()

    def test_ctrl_c_stops_the_query(self):
        self.terminal.send("select count(*) from range(1000000000000) r where hash(r.range) = 1;\n")
        time.sleep(1)
        self.terminal.send("\x03")
        self.terminal.wait_for("Interrupted")
        self.ask("select 6 as six;", r"6\n\(1 row\)\nshop> ")
        self.terminal.send("\x04")
        self.assertEqual(self.terminal.exit_code(), 0)


class Progress(program.ScratchTest):
    def test_a_run_on_a_terminal_shows_what_runs(self):
        self.write("dbt_project.yml", "name: shop\nprofile: shop\nversion: '1'\nconfig-version: 2\n")
        self.write("profiles.yml", "shop: {target: dev, outputs: {dev: {type: eider, warehouse: w, threads: 1}}}\n")
        self.write("models/slow.sql", "{{ config(materialized='table') }} select count(*) as n "
                                      "from range(1000000000000) r where hash(r.range) = 1")
        environment = {**os.environ, "TERM": "xterm"}
        environment.pop("NO_COLOR", None)
        terminal = Terminal([program.EIDER, "run"], self.folder, environment)
        terminal.wait_for(r"0 of 1 \| running 1: slow 0s")
        terminal.wait_for(r"0 of 1 \| running 1: slow 1s")
        terminal.send("\x03")
        terminal.wait_for("keyboard interrupt")
        self.assertEqual(terminal.exit_code(), 1)


if __name__ == "__main__":
    unittest.main()
