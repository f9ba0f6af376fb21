"""read_back.py WAREHOUSE CATALOG: counts every table's rows with PyIceberg and with DuckDB's iceberg extension.

Fails when the two disagree.
"""

import sys

import duckdb
import duckdb_wheel
from pyiceberg.catalog.sql import SqlCatalog

warehouse, name = sys.argv[1:]
catalog = SqlCatalog(name, uri=f"sqlite:///{warehouse}/catalog.db", warehouse=f"file://{warehouse}")
connection = duckdb.connect()
for needed in ("avro", "iceberg"):
    connection.execute(f"load '{duckdb_wheel.extension(needed)}'")

print(f"{'table':32} {'PyIceberg':>10} {'DuckDB iceberg':>15}")
for namespace in sorted(catalog.list_namespaces()):
    for identifier in sorted(catalog.list_tables(namespace)):
        rows = catalog.load_table(identifier).scan().to_arrow().num_rows
        folder = f"{warehouse}/{'/'.join(identifier)}"
        counted = connection.execute("select count(*) from iceberg_scan(?)", [folder]).fetchone()[0]
        print(f"{'.'.join(identifier):32} {rows:10} {counted:15}")
        if rows != counted:
            sys.exit(f"{'.'.join(identifier)}: PyIceberg reads {rows} rows, DuckDB {counted}")
