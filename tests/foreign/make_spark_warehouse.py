"""Makes spark_warehouse.tar.xz and spark_rows.json anew: tables as Spark writes them, and their rows as Spark reads them.

Made with pyspark 4.1.4, pyarrow 26.0.1, org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0 and Java 17:

    pip install pyspark==4.1.4 pyarrow && python make_spark_warehouse.py

Metadata holds absolute paths, so that the tables are made, and later read, in WAREHOUSE. Spark's SQL does not write
equality deletes: their files are pyarrow's, committed by Iceberg's Java library, and read back by Spark.
"""

import datetime
import json
import pathlib
import shutil
import tarfile

import pyarrow
import pyarrow.parquet
from pyspark.sql import SparkSession

HERE = pathlib.Path(__file__).resolve().parent
WAREHOUSE = pathlib.Path("/tmp/eider_spark_warehouse")
IMPORTED = WAREHOUSE / "import"
PROPERTIES = ("'write.delete.mode'='merge-on-read', 'write.update.mode'='merge-on-read', "
              "'write.merge.mode'='merge-on-read', 'write.parquet.compression-codec'='zstd'")

shutil.rmtree(WAREHOUSE, ignore_errors=True)
spark = (SparkSession.builder.master("local[2]")
         .config("spark.jars.packages", "org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.12.0")
         .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
         .config("spark.sql.catalog.local", "org.apache.iceberg.spark.SparkCatalog")
         .config("spark.sql.catalog.local.type", "hadoop")
         .config("spark.sql.catalog.local.warehouse", str(WAREHOUSE))
         .config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false")
         .config("spark.sql.shuffle.partitions", "1").getOrCreate())


def sql(*statements):
    for statement in statements:
        result = spark.sql(statement)
    return result


def create(name, columns, version, partitions=""):
    sql(f"create table local.d.{name} ({columns}) using iceberg {partitions} "
        f"tblproperties ('format-version'='{version}', {PROPERTIES})")


def delete_equal(name, columns, rows, ids):
    """Commits an equality delete file; `columns` are (name, type, field id), nested ones below their struct."""
    def field(column):
        name, kind, identifier = column
        kind = pyarrow.struct([field(child) for child in kind]) if isinstance(kind, list) else kind
        return pyarrow.field(name, kind, metadata={"PARQUET:field_id": str(identifier)})

    gateway = spark.sparkContext._gateway
    java = spark._jvm.org.apache.iceberg
    table = java.hadoop.HadoopTables(spark._jsc.hadoopConfiguration()).load(str(WAREHOUSE / "d" / name))
    path = WAREHOUSE / "d" / name / "data" / f"equality-{len(list((WAREHOUSE / 'd' / name / 'data').iterdir()))}.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=pyarrow.schema(map(field, columns))), path)
    array = gateway.new_array(gateway.jvm.int, len(ids))
    for i, identifier in enumerate(ids):
        array[i] = identifier
    file = (java.FileMetadata.deleteFileBuilder(table.spec()).ofEqualityDeletes(array).withPath(str(path))
            .withFormat("PARQUET").withFileSizeInBytes(path.stat().st_size).withRecordCount(len(rows)).build())
    table.newRowDelta().addDeletes(file).commit()
    sql(f"refresh table local.d.{name}")


sql("create namespace local.d")
for version in (2, 3):
    name = f"changed_v{version}"
    create(name, "id bigint, name string, price decimal(9,2), region string", version, "partitioned by (region)")
    sql(f"insert into local.d.{name} select id, concat('n', id), cast(id * 1.25 as decimal(9,2)), "
        "if(id % 2 = 0, 'eu', null) from range(0, 60)",
        f"delete from local.d.{name} where id % 7 = 0",
        f"update local.d.{name} set name = 'changed' where id % 10 = 3",
        f"insert into local.d.{name} values (7, 'again', 1.0, null)")
create("upgraded", "id bigint, x int", 2)
sql("insert into local.d.upgraded select id, cast(id as int) from range(0, 50)",
    "delete from local.d.upgraded where x % 5 = 2",
    "alter table local.d.upgraded set tblproperties ('format-version'='3')",
    "insert into local.d.upgraded select id, cast(id as int) from range(50, 70)",
    "delete from local.d.upgraded where x % 5 = 1")
create("lineage", "id bigint, x int", 3)
sql("insert into local.d.lineage select id, cast(id as int) from range(0, 20)",
    "alter table local.d.lineage set tblproperties ('write.merge.mode'='copy-on-write')",
    "merge into local.d.lineage t using (select id from range(15, 25)) s on t.id = s.id "
    "when matched then update set x = -2 when not matched then insert (id, x) values (s.id, -3)")
create("equality", "id int, name string, day date, s struct<a:int,b:string>", 2)
sql("insert into local.d.equality select cast(id as int), if(id % 4 = 0, null, concat('n', id % 3)), "
    "if(id % 5 = 0, null, date'2026-01-01'), if(id % 7 = 0, null, named_struct('a', cast(id as int), 'b', 'x')) "
    "from range(0, 40)")
delete_equal("equality", [("id", pyarrow.int32(), 1)], [{"id": 3}, {"id": 4}, {"id": 200}], [1])
sql("insert into local.d.equality values (3, 'late', null, null)")
delete_equal("equality", [("day", pyarrow.date32(), 3), ("other_name", pyarrow.string(), 2)],
             [{"other_name": "n1", "day": datetime.date(2026, 1, 1)}, {"other_name": None, "day": None}], [2, 3])
sql("alter table local.d.equality drop column day", "alter table local.d.equality alter column id type bigint")
delete_equal("equality", [("id", pyarrow.int64(), 1)], [{"id": 30}], [1])
delete_equal("equality", [("s", [("a", pyarrow.int32(), 5)], 4)], [{"s": {"a": 11}}], [5])
create("evolved", "id int, f float, d decimal(5,2), s struct<a:int,b:string>, l array<struct<x:int>>, gone string", 2)
sql("insert into local.d.evolved values (1, 1.5, 1.25, named_struct('a', 1, 'b', 'one'), array(named_struct('x', 1)), "
    "'g'), (2, null, null, null, null, null)",
    "alter table local.d.evolved alter column id type bigint", "alter table local.d.evolved alter column f type double",
    "alter table local.d.evolved alter column d type decimal(12,2)", "alter table local.d.evolved rename column s to st",
    "alter table local.d.evolved add column st.c double", "alter table local.d.evolved drop column st.b",
    "alter table local.d.evolved add column l.element.y string", "alter table local.d.evolved drop column gone",
    "alter table local.d.evolved add column gone date first",
    "insert into local.d.evolved values (date'2026-05-05', 5000000000, 2.5, 12345678.25, "
    "named_struct('a', 3, 'c', 2.5), array(named_struct('x', 3, 'y', 'why')))")
create("respecified", "id int, region string, day date", 1, "partitioned by (region)")
sql("insert into local.d.respecified values (1, 'a', date'2026-01-01'), (2, 'b', date'2026-01-02')",
    "alter table local.d.respecified add partition field days(day)",
    "insert into local.d.respecified values (3, 'a', date'2026-01-03')",
    "alter table local.d.respecified drop partition field region",
    "insert into local.d.respecified values (4, null, null)")
# Files of Spark's own writer, taken over: no field ids, INT96 timestamps, a column that only the folders name.
sql("set spark.sql.parquet.outputTimestampType=INT96")
spark.range(0, 8).selectExpr(
    "id", "timestamp'2026-01-01 00:00:00.123456' + make_interval(0,0,0,0,cast(id as int)) as ts",
    "struct(id as a, cast(id as string) as b) as st", "array(id) as li",
    "if(id % 2 = 0, 'even', 'odd') as kind").coalesce(1).write.partitionBy("kind").parquet(str(IMPORTED))
create("imported", "id bigint, ts timestamp, st struct<a:bigint,b:string>, li array<bigint>, kind string", 2,
       "partitioned by (kind)")
sql(f"call local.system.add_files(table => 'd.imported', source_table => '`parquet`.`{IMPORTED}`')",
    "delete from local.d.imported where id = 4", "alter table local.d.imported rename column id to ident")

rows = {}
for name in sorted(path.name for path in (WAREHOUSE / "d").iterdir()):
    lineage = ", _row_id, _last_updated_sequence_number" if name in ("lineage", "changed_v3", "upgraded") else ""
    timestamps = ", cast(ts as string) as ts" if name == "imported" else ""
    columns = "* except (ts)" if timestamps else "*"
    rows[name] = [json.loads(row) for row in
                  sql(f"select {columns}{timestamps}{lineage} from local.d.{name}").toJSON().collect()]
spark.stop()
(HERE / "spark_rows.json").write_text(
    "{\n" + ",\n".join(f'  "{name}": {json.dumps(found, separators=(",", ":"))}' for name, found in rows.items()) + "\n}\n")

# What nobody reads is not kept: checksums of Hadoop's file system, metadata files of older versions.
for path in WAREHOUSE.rglob("*.crc"):
    path.unlink()
for name in rows:
    versions = sorted((WAREHOUSE / "d" / name / "metadata").glob("v*.metadata.json"),
                      key=lambda path: int(path.name[1:].split(".")[0]))
    for path in versions[:-1]:
        path.unlink()
with tarfile.open(HERE / "spark_warehouse.tar.xz", "w:xz") as archive:
    for name in ("d", "import"):
        archive.add(WAREHOUSE / name, name)
