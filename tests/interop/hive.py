"""A Hive Metastore, from Apache's own distribution, on the loopback, with a PostgreSQL of its own below it."""

import contextlib
import socket

import postgres
import program

from interop import java, servers

HOME = program.PROJECT / ".interop" / "hive"
# What makes the tables of the metastore's database, by the metastore's version.
SCHEMAS = {"4.0.1": "hive-schema-4.0.0.postgres.sql", "3.1.3": "hive-schema-3.1.0.postgres.sql"}


def configure(version, folder, port, warehouse, database_port):
    settings = {
        "metastore.thrift.uris": "",
        "metastore.thrift.bind.host": "127.0.0.1",  # Hive 4's; Hive 3 listens everywhere
        "metastore.thrift.port": port,
        # Hive 4 wants no external table where it keeps its own; Hive 3 has one folder for both.
        "metastore.warehouse.dir": f"file:{folder}/managed" if version.startswith("4") else f"file:{warehouse}",
        "metastore.warehouse.external.dir": f"file:{warehouse}",
        "javax.jdo.option.ConnectionURL": f"jdbc:postgresql://127.0.0.1:{database_port}/postgres",
        "javax.jdo.option.ConnectionDriverName": "org.postgresql.Driver",
        "javax.jdo.option.ConnectionUserName": "eider",
        "javax.jdo.option.ConnectionPassword": "",
        "metastore.task.threads.always": "org.apache.hadoop.hive.metastore.events.EventCleanerTask",
        "metastore.expression.proxy": "org.apache.hadoop.hive.metastore.DefaultPartitionExpressionProxy",
    }
    properties = "".join(f"<property><name>{name}</name><value>{value}</value></property>\n"
                         for name, value in settings.items())
    (folder / "metastore-site.xml").write_text(f"<configuration>\n{properties}</configuration>\n")


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def metastore(version, folder, warehouse):
    """Gives the URI. Schemas without a location go into the folder `warehouse`."""
    home = HOME / version
    with postgres.Postgres(servers.free_port()) as database:
        database.run_script(home / "scripts" / "metastore" / "upgrade" / "postgres" / SCHEMAS[version])
        port = servers.free_port()
        configure(version, folder, port, warehouse, database.network[-1])
        log = folder / "metastore.log"
        command = [java.find(17, 21) / "bin" / "java", "-Xmx512m", "-cp", f"{folder}:{home}/lib/*:{HOME}/hadoop/*",
                   "org.apache.hadoop.hive.metastore.HiveMetaStore"]
        with servers.running(command, log) as process:
            servers.wait_for(lambda: listens(port), process, log, 120)
            yield f"thrift://127.0.0.1:{port}"
