"""dbt-core with dbt-duckdb, from the test environment, and the comparison of what it builds with what Eider does."""

import json
import os
import pathlib
import subprocess
import sys

import duckdb

import program

DBT = pathlib.Path(sys.executable).parent / "dbt"


def corpus(name):
    """The folder of a public project; ends the script where ../shared is absent."""
    folder = program.SHARED / "corpus" / name
    if not folder.is_dir():
        program.skip_all(f"{folder} is not here")
    return folder


def dbt(*arguments, cwd):
    """Runs real dbt; returns the finished process."""
    environment = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "NO_COLOR": "1"}
    return subprocess.run([DBT, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True,
                          timeout=600)


def statuses(project):
    """Unique id -> status, of the last run in a project's folder."""
    results = json.loads((project / "target" / "run_results.json").read_text())["results"]
    return {result["unique_id"]: result["status"] for result in results}


def relations(project):
    """Unique id -> (schema, alias) of every model and seed that is a relation."""
    manifest = json.loads((project / "target" / "manifest.json").read_text())
    return {
        unique_id: (node["schema"], node["alias"])
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed") and node["config"]["materialized"] != "ephemeral"
    }


def difference(connection, left, right):
    """How many rows of one of two relations are not in the other, by count; -1 where the columns differ."""
    columns = [connection.execute(f"describe select * from {side}").fetchall() for side in (left, right)]
    if [column[0] for column in columns[0]] != [column[0] for column in columns[1]]:
        return -1
    return connection.execute(
        f"select (select count(*) from (select * from {left} except all select * from {right}))"
        f" + (select count(*) from (select * from {right} except all select * from {left}))").fetchone()[0]


def export_relation(test, warehouse, schema, name, target):
    """Writes an Iceberg relation, read by Eider, to a Parquet file."""
    test.succeed("sql", "--warehouse", warehouse, "-c",
                 f'copy (select * from "{schema}"."{name}") to \'{target}\' (format parquet)')


def connect():
    return duckdb.connect()
