"""Every materialization and incremental strategy, run again and again: after each run the database is as dbt-duckdb
leaves it. In an Iceberg warehouse it is so too, but for what changes single rows, which is refused by name."""

import unittest

import duckdb

import peer
import program

PROFILE = """
materializations:
  target: dev
  outputs:
    dev: {{type: {type}, {location}, schema: main, threads: 1}}
"""
RUNS = (("--vars", "{step: 1}"), ("--vars", "{step: 2}"), ("--vars", "{step: 3}", "--full-refresh"))
SNAPSHOTS = {"by_timestamp", "by_columns", "by_all_columns"}
CHANGES_ROWS = SNAPSHOTS | {"deletes_and_inserts", "deletes_and_inserts_by_two_keys", "merges", "merges_by_clauses",
                            "merges_using", "merges_with_expressions"}


def name_of(unique_id):
    return unique_id.split(".")[2]


def shown(column, table):
    """A column as it is compared: of what holds the time of the run, whether it is there."""
    timed = column in ("dbt_scd_id", "dbt_valid_to") or (
        table in ("by_columns", "by_all_columns") and column in ("dbt_valid_from", "dbt_updated_at"))
    return f'"{column}" is null as "{column}"' if timed else f'"{column}"'


def state(path):
    """Everything in a DuckDB file that a run has to do with."""
    out = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        def rows(query):
            return connection.execute(query).fetchall()

        for schema, table, kind in rows(
                "select table_schema, table_name, table_type from information_schema.tables order by all"):
            columns = rows("select column_name, data_type, is_nullable from information_schema.columns"
                           f" where table_schema = '{schema}' and table_name = '{table}' order by ordinal_position")
            fields = ", ".join(shown(column[0], table) for column in columns)
            out[f"{schema}.{table}"] = (kind, columns, rows(f'select {fields} from "{schema}"."{table}" order by all'))
        for catalog, fields in (("tables", "table_name, comment"), ("views", "view_name, comment"),
                                ("columns", "table_name, column_name, comment"),
                                ("indexes", "table_name, expressions, is_unique"),
                                ("constraints", "table_name, constraint_type, constraint_text")):
            out[catalog] = rows(f"select {fields} from duckdb_{catalog}() where database_name <> 'system' order by all")
    return out


class Materializations(program.ScratchTest):
    def project(self, name, kind, location):
        folder = program.copy_project(program.PROJECT / "tests" / "dbt" / "materializations", self.folder / name)
        (folder / "profiles.yml").write_text(PROFILE.format(type=kind, location=location))
        return folder

    def test_as_dbt_leaves_the_database(self):
        theirs = self.project("dbt", "duckdb", f"path: {self.folder}/theirs.db")
        ours = self.project("plain", "duckdb", f"path: {self.folder}/ours.db")
        iceberg = self.project("iceberg", "eider", f"warehouse: {self.folder}/warehouse")
        for number, options in enumerate(RUNS):
            with self.subTest(run=options):
                peer.dbt("build", "--profiles-dir", ".", *options, cwd=theirs)
                self.eider("build", "--profiles-dir", ".", *options, cwd=ours)
                self.eider("build", "--profiles-dir", ".", *options, cwd=iceberg)

                expected = peer.statuses(theirs)
                self.assertEqual(len(expected), 31)
                self.assertEqual(peer.statuses(ours), expected)
                left, right = state(self.folder / "theirs.db"), state(self.folder / "ours.db")
                for key in sorted(left.keys() | right.keys()):
                    self.assertEqual(left.get(key), right.get(key), key)

                grows_again = number > 0 and "--full-refresh" not in options
                refused = (CHANGES_ROWS if grows_again else SNAPSHOTS if number > 0 else set())
                self.assertEqual(
                    {name_of(node) for node, status in peer.statuses(iceberg).items() if status != expected[node]},
                    refused)
                self.compare_iceberg(iceberg, refused)

    def compare_iceberg(self, project, refused):
        """The models in the warehouse hold the rows that dbt's hold."""
        connection = peer.connect()
        connection.execute(f"attach '{self.folder}/theirs.db' as theirs (read_only)")
        failed = {"fails_on_new_columns"}
        for schema, name in peer.relations(project).values():
            if name in refused | failed:
                continue
            exported = self.folder / f"{name}.parquet"
            peer.export_relation(self, self.folder / "warehouse", schema, name, exported)
            self.assertEqual(peer.difference(connection, f'theirs."{schema}"."{name}"', f"'{exported}'"), 0, name)


if __name__ == "__main__":
    unittest.main()
