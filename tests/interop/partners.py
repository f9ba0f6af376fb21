"""One face for every program that reads and writes the warehouse: SQL where it speaks SQL, its own calls where not.

A partner has a `name`, what it `can` do, and the methods create, append, update, delete, add_column and rows. Rows
are lists of (id, name, amount, day) and, once the column was added, note; sorted by id.
"""

import datetime
import decimal
import json

import duckdb
import duckdb_wheel
import program
import pyarrow
import pyiceberg.catalog
import strictyaml
import trino

from interop import java

COLUMNS = "id, name, amount, day"
DAY = datetime.date(2026, 11, 24)


def row(number, name, *more):
    """A row that the number decides, and what it has in a column that was added."""
    return (number, name, decimal.Decimal(number) / 4 + decimal.Decimal("0.00"), DAY + datetime.timedelta(number), *more)


def rounded(rows):
    """Rows with amounts of one scale, as which some readers give them and others not."""
    cent = decimal.Decimal("0.01")
    return [(number, name, decimal.Decimal(amount).quantize(cent), *rest) for number, name, amount, *rest in rows]


def configuration(partner, verb, rest, *options):
    """What `eider` prints for another program."""
    done = program.run(partner, verb, "--server", rest, "--warehouse", "jaffle_iceberg", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def literal(row):
    number, name, amount, day = row[:4]
    values = [str(number), "NULL" if name is None else f"'{name}'", f"CAST('{amount}' AS decimal(10,2))",
              f"DATE '{day}'"]
    values += [f"'{text}'" for text in row[4:]]
    return "(" + ", ".join(values) + ")"


class Sql:
    """The partners that speak SQL differ in how a statement is sent and what a table is called."""
    can = {"create", "append", "update", "delete", "add_column"}
    text = "varchar"
    prefix = "jaffle_iceberg."
    options = ""

    def execute(self, statement):
        raise NotImplementedError

    def query(self, statement):
        raise NotImplementedError

    def create(self, table):
        self.execute(f"CREATE TABLE {self.prefix}{table} (id bigint, name {self.text}, amount decimal(10,2), "
                     f"day date){self.options}")

    def append(self, table, rows):
        self.execute(f"INSERT INTO {self.prefix}{table} VALUES {', '.join(map(literal, rows))}")

    def update(self, table, number, name):
        self.execute(f"UPDATE {self.prefix}{table} SET name = '{name}' WHERE id = {number}")

    def delete(self, table, number):
        self.execute(f"DELETE FROM {self.prefix}{table} WHERE id = {number}")

    def add_column(self, table):
        self.execute(f"ALTER TABLE {self.prefix}{table} ADD COLUMN note {self.text}")

    def rows(self, table):
        return [tuple(row) for row in self.query(f"SELECT * FROM {self.prefix}{table} ORDER BY id")]


class Eider(Sql):
    """A process of its own each time, on the folder: the server is not asked."""
    name = "eider"
    can = {"create", "append", "add_column"}
    prefix = ""

    def __init__(self, warehouse, *options, environment=None):
        self.where = ["--warehouse", warehouse, *options]
        self.environment = environment

    def execute(self, statement):
        return self._run(statement)

    def _run(self, statement):
        done = program.run("sql", *self.where, "--format", "ndjson", "-c", statement, environment=self.environment)
        if done.returncode != 0:
            raise AssertionError(f"eider: {statement}\n{done.stderr}")
        return done.stdout

    def query(self, statement):
        rows = [json.loads(line, parse_float=decimal.Decimal) for line in self._run(statement).splitlines()]
        for row in rows:
            row["amount"] = decimal.Decimal(row["amount"]).quantize(decimal.Decimal("0.01"))
            row["day"] = datetime.date.fromisoformat(row["day"])
        return [tuple(row.values()) for row in rows]


class Trino(Sql):
    name = "trino"

    def __init__(self, port):
        self.connection = trino.dbapi.connect(host="127.0.0.1", port=port, user="eider", catalog="jaffle_iceberg",
                                              schema="lab")

    def query(self, statement):
        cursor = self.connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall()

    execute = query


class Spark(Sql):
    """`more`: options of `eider spark conf`. `catalog`: what Spark calls it; one session has any number of them."""
    name = "spark"
    text = "string"

    def __init__(self, rest, name="spark", options="", catalog="jaffle_iceberg", more=(), settings=None):
        import os
        from pyspark.sql import SparkSession
        os.environ["JAVA_HOME"] = str(java.find(17, 21))
        self.name = name
        self.prefix = catalog + "."
        self.options = f" USING iceberg{options}"
        jars = [program.PROJECT / ".interop" / f"{jar}-1.12.0.jar"
                for jar in ("iceberg-spark-runtime-4.1_2.13", *(["iceberg-aws-bundle"] if more else []))]
        lines = configuration("spark", "conf", rest, "--catalog", catalog, *more).splitlines()
        settings = dict(line.split(" ", 1) for line in lines) | {
            f"spark.sql.catalog.{catalog}.{key}": value for key, value in (settings or {}).items()}
        # The runtime that Spark would fetch is here already.
        del settings["spark.jars.packages"]
        settings |= {"spark.jars": ",".join(map(str, jars)), "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1",
                     "spark.driver.memory": "1g", "spark.log.level": "ERROR", "spark.sql.session.timeZone": "UTC"}
        builder = SparkSession.builder.master("local[2]")
        for key, value in settings.items():
            builder = builder.config(key, value)
        self.session = builder.getOrCreate()

    def query(self, statement):
        return [tuple(row) for row in self.session.sql(statement).collect()]

    execute = query


class DuckDb(Sql):
    name = "duckdb"
    can = {"create", "append", "update", "delete"}

    def __init__(self, rest, *options, environment=None):
        self.connection = duckdb.connect()
        for extension in ("httpfs", "avro", "iceberg"):
            self.connection.execute(f"LOAD '{duckdb_wheel.extension(extension)}'")
        # Only the shell has it.
        variables = ", ".join(f"'{name}': '{value}'" for name, value in (environment or {"": ""}).items())
        self.connection.execute(f"CREATE MACRO getenv(name) AS map {{{variables}}}[name]")
        # The extensions that INSTALL would fetch are loaded already.
        self.connection.execute(configuration("duckdb", "attach", rest, *options).replace("INSTALL iceberg;", ""))

    def query(self, statement):
        return self.connection.execute(statement).fetchall()

    execute = query


class PyIceberg:
    name = "pyiceberg"
    can = {"create", "append", "update", "delete", "add_column"}
    schema = pyarrow.schema([("id", pyarrow.int64()), ("name", pyarrow.string()),
                             ("amount", pyarrow.decimal128(10, 2)), ("day", pyarrow.date32())])

    def __init__(self, rest, *options, **more):
        text = configuration("pyiceberg", "conf", rest, *options)
        [(name, properties)] = strictyaml.load(text).data["catalog"].items()
        self.catalog = pyiceberg.catalog.load_catalog(name, **properties, **more)

    def _arrow(self, rows, width):
        schema = self.schema if width == 4 else self.schema.append(pyarrow.field("note", pyarrow.string()))
        columns = list(zip(*rows))
        return pyarrow.table([pyarrow.array(column, field.type) for column, field in zip(columns, schema)],
                             schema=schema)

    def create(self, table):
        self.catalog.create_table(table, self.schema)

    def append(self, table, rows):
        self.catalog.load_table(table).append(self._arrow(rows, len(rows[0])))

    def update(self, table, number, name):
        loaded = self.catalog.load_table(table)
        found = loaded.scan(row_filter=f"id = {number}").to_arrow()
        index = found.schema.get_field_index("name")
        changed = found.set_column(index, "name", pyarrow.array([name] * len(found), found.schema.field(index).type))
        loaded.overwrite(changed, overwrite_filter=f"id = {number}")

    def delete(self, table, number):
        self.catalog.load_table(table).delete(f"id = {number}")

    def add_column(self, table):
        from pyiceberg.types import StringType
        with self.catalog.load_table(table).update_schema() as change:
            change.add_column("note", StringType())

    def rows(self, table):
        found = self.catalog.load_table(table).scan().to_arrow().sort_by("id")
        return [tuple(row.values()) for row in found.to_pylist()]
