"""Eider's warehouses as PyIceberg sees them."""

import pathlib

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable

import program
from storage import samples


class WarehouseTest(program.ScratchTest):
    """A test with a warehouse in its scratch folder."""

    NAME = "shop"

    def setUp(self):
        super().setUp()
        self.warehouse = self.folder / self.NAME

    def sql(self, *statements):
        """Runs statements with `eider sql` on the warehouse."""
        script = ";\n".join(statements) + ";"
        return self.succeed("sql", "--warehouse", self.warehouse, "--format", "ndjson", stdin=script)

    def eider_rows(self, select):
        """What Eider answers, with types: by way of a Parquet file."""
        import pyarrow.parquet

        target = self.folder / "answer.parquet"
        self.sql("set timezone = 'UTC'", f"copy ({select}) to '{target}' (format parquet)")
        return samples.rows_of_arrow(pyarrow.parquet.ParquetFile(target).read())

    def catalog(self):
        """The same catalog file, opened by PyIceberg."""
        return SqlCatalog(self.NAME, uri=f"sqlite:///{self.warehouse}/catalog.db",
                          warehouse=f"file://{self.warehouse}")

    def static_table(self, *identifier):
        """The table as PyIceberg finds it without the catalog, by the version hint of its folder."""
        return table_in_folder(self.warehouse.joinpath(*identifier))

    def both(self, *identifier):
        """A table by way of the catalog and by way of its folder."""
        return [self.catalog().load_table(identifier), self.static_table(*identifier)]

    def assert_rows(self, select, *identifier):
        """The table holds just the rows of a SELECT that DuckDB runs without us. Its folder is looked for where the
        catalog says: the name has an ending where another creation of the table had taken the folder."""
        expected = samples.reference(select)
        table = self.catalog().load_table(identifier)
        for table in (table, table_in_folder(local_path(table.location()))):
            self.assertEqual(samples.rows_of_arrow(table.scan().to_arrow()), expected)

    def assert_healthy(self):
        self.succeed("catalog", "check", "--warehouse", self.warehouse)


def table_in_folder(folder):
    metadata = folder / "metadata"
    version = (metadata / "version-hint.text").read_text()
    return StaticTable.from_metadata(f"file://{metadata}/v{version}.metadata.json")


def local_path(location):
    return pathlib.Path(location.removeprefix("file://"))
