"""DuckDB's extensions as they come in wheels (`duckdb-extension-NAME` of PyPI)."""

import importlib.util
import pathlib


def extension(name):
    """The file to LOAD."""
    folder = pathlib.Path(importlib.util.find_spec(f"duckdb_extension_{name}").origin).parent
    return next(folder.rglob(f"{name}.duckdb_extension"))
