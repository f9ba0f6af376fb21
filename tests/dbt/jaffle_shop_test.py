"""`eider build` in dbt-labs' jaffle_shop_duckdb: the same nodes pass as with dbt, with the same rows."""

import unittest

import peer
import program

PROFILE = """
jaffle_shop:
  target: dev
  outputs:
    dev: {{type: {type}, {location}, schema: main, threads: 4}}
"""


class JaffleShop(program.ScratchTest):
    @classmethod
    def setUpClass(cls):
        cls.source = peer.corpus("jaffle_shop_duckdb")

    def project(self, name, kind, location):
        folder = program.copy_project(self.source, self.folder / name)
        (folder / "profiles.yml").write_text(PROFILE.format(type=kind, location=location))
        return folder

    def test_same_nodes_and_rows_as_dbt(self):
        theirs = self.project("dbt", "duckdb", f"path: {self.folder}/theirs.db")
        done = peer.dbt("build", "--profiles-dir", ".", cwd=theirs)
        self.assertEqual(done.returncode, 0, done.stdout)
        expected = peer.statuses(theirs)
        self.assertEqual(len(expected), 28)

        iceberg = self.project("iceberg", "eider", f"warehouse: {self.folder}/warehouse")
        self.succeed("build", "--profiles-dir", ".", cwd=iceberg)
        self.assertEqual(peer.statuses(iceberg), expected)

        plain = self.project("plain", "duckdb", f"path: {self.folder}/plain.db")
        self.succeed("build", "--profiles-dir", ".", cwd=plain)
        self.assertEqual(peer.statuses(plain), expected)

        connection = peer.connect()
        connection.execute(f"attach '{self.folder}/theirs.db' as theirs (read_only)")
        connection.execute(f"attach '{self.folder}/plain.db' as plain (read_only)")
        compared = peer.relations(theirs)
        self.assertEqual(len(compared), 8)
        for schema, name in compared.values():
            with self.subTest(relation=name):
                their_relation = f'theirs."{schema}"."{name}"'
                exported = self.folder / f"{name}.parquet"
                peer.export_relation(self, self.folder / "warehouse", schema, name, exported)
                self.assertEqual(peer.difference(connection, their_relation, f"'{exported}'"), 0)
                self.assertEqual(peer.difference(connection, their_relation, f'plain."{schema}"."{name}"'), 0)

    def test_a_second_build_replaces_and_keeps_history(self):
        project = self.project("again", "eider", f"warehouse: {self.folder}/warehouse")
        self.succeed("build", "--profiles-dir", ".", cwd=project)
        self.succeed("build", "--profiles-dir", ".", cwd=project)
        history = self.succeed("sql", "--warehouse", self.folder / "warehouse", "--format", "csv", "-c",
                               'select count(*) as snapshots from main."customers$snapshots"')
        self.assertEqual(history.split(), ["snapshots", "2"])


if __name__ == "__main__":
    unittest.main()
