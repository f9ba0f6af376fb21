"""dbt_utils' own integration tests: every node ends as it ends with dbt-duckdb."""

import unittest

import peer
import program

PROFILE = """
integration_tests:
  target: dev
  outputs:
    dev: {{type: {type}, {location}, schema: main, threads: 4}}
"""


class DbtUtils(program.ScratchTest):
    @classmethod
    def setUpClass(cls):
        cls.source = peer.corpus("dbt_utils")

    def project(self, name, kind, location):
        folder = program.copy_project(self.source, self.folder / name) / "integration_tests"
        (folder / "profiles.yml").write_text(PROFILE.format(type=kind, location=location))
        return folder

    def differences(self, expected, actual):
        return {node: (expected.get(node), actual.get(node))
                for node in sorted(expected.keys() | actual.keys()) if expected.get(node) != actual.get(node)}

    def test_same_outcome_as_dbt(self):
        theirs = self.project("dbt", "duckdb", f"path: {self.folder}/theirs.db")
        peer.dbt("deps", "--profiles-dir", ".", cwd=theirs)
        peer.dbt("build", "--profiles-dir", ".", cwd=theirs)
        expected = peer.statuses(theirs)
        self.assertEqual(len(expected), 237)

        for kind, location in (("duckdb", f"path: {self.folder}/ours.db"),
                               ("eider", f"warehouse: {self.folder}/warehouse")):
            with self.subTest(type=kind):
                ours = self.project(kind, kind, location)
                self.succeed("deps", "--profiles-dir", ".", cwd=ours)
                self.eider("build", "--profiles-dir", ".", cwd=ours)
                self.assertEqual(self.differences(expected, peer.statuses(ours)), {})


if __name__ == "__main__":
    unittest.main()
