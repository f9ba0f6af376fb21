"""PyIceberg and Eider write into one warehouse at the same time: no row of a commit that was acknowledged is lost."""

import subprocess
import threading
import unittest

import program
import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException

from storage import samples
from storage.pyiceberg_warehouse import WarehouseTest

ROUNDS = 12


class Concurrent(WarehouseTest):
    def test_appends_to_one_table(self):
        self.sql("create schema s", "create table s.t (who varchar, i bigint)")
        acknowledged = []
        problems = []

        def theirs():
            for i in range(ROUNDS):
                table = self.catalog().load_table(("s", "t"))
                rows = pa.Table.from_pylist([{"who": "theirs", "i": i}], schema=table.schema().as_arrow())
                try:
                    table.append(rows)
                    acknowledged.append(("theirs", i))
                except CommitFailedException:
                    pass

        def ours(who):
            for i in range(ROUNDS):
                done = self.eider("sql", "--warehouse", self.warehouse, "-c", f"insert into s.t values ('{who}', {i})")
                if done.returncode == 0:
                    acknowledged.append((who, i))
                elif "s.t" not in done.stderr:
                    problems.append(done.stderr)

        threads = [threading.Thread(target=theirs), *(threading.Thread(target=ours, args=(who,)) for who in ("a", "b"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(problems, [], "a loser names the table")
        expected = samples.sorted_rows(acknowledged)
        self.assertEqual(self.eider_rows("select who, i from s.t"), expected)
        self.assertEqual(samples.rows_of_arrow(self.catalog().load_table(("s", "t")).scan().to_arrow()), expected)
        # Appends of ours are redone until they land.
        self.assertEqual(sum(who != "theirs" for who, _ in acknowledged), 2 * ROUNDS)
        self.assert_healthy()

    def test_creating_one_table_at_once_leaves_one(self):
        self.sql("create schema s")
        for number in range(4):
            running = [subprocess.Popen(
                [program.EIDER, "sql", "--warehouse", str(self.warehouse), "-c",
                 f"create table s.t{number} as select {writer} as writer from range(10)"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for writer in range(3)]
            finished = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
            winners = [writer for writer, (_, code) in enumerate(finished) if code == 0]
            self.assertEqual(len(winners), 1, finished)
            for stderr, code in finished:
                if code != 0:
                    self.assertRegex(stderr, rf"s\.t{number}\b")
            self.assert_rows(f"select {winners[0]}::integer as writer from range(10)", "s", f"t{number}")
        self.assert_healthy()


if __name__ == "__main__":
    unittest.main()
