"""A Hive Metastore, from Apache's own distribution, on the loopback with a Derby in its process."""

import contextlib
import shutil
import socket
import subprocess

import program

from interop import java, servers

HOME = program.PROJECT / ".interop" / "hive"
# What writes the tables of the metastore's database, by the metastore's version.
SCHEMA_TOOLS = {"4.0.1": "org.apache.hadoop.hive.metastore.tools.schematool.MetastoreSchemaTool",
                "3.1.3": "org.apache.hadoop.hive.metastore.tools.MetastoreSchemaTool"}


def configure(version, folder, port, warehouse, database):
    settings = {
        "metastore.thrift.uris": "",
        "metastore.thrift.bind.host": "127.0.0.1",  # Hive 4's; Hive 3 listens everywhere
        "metastore.thrift.port": port,
        # Hive 4 wants no external table where it keeps its own; Hive 3 has one folder for both.
        "metastore.warehouse.dir": f"file:{folder}/managed" if version.startswith("4") else f"file:{warehouse}",
        "metastore.warehouse.external.dir": f"file:{warehouse}",
        "javax.jdo.option.ConnectionURL": f"jdbc:derby:{database};create=true",
        "javax.jdo.option.ConnectionDriverName": "org.apache.derby.jdbc.EmbeddedDriver",
        "metastore.task.threads.always": "org.apache.hadoop.hive.metastore.events.EventCleanerTask",
        "metastore.expression.proxy": "org.apache.hadoop.hive.metastore.DefaultPartitionExpressionProxy",
    }
    folder.mkdir(parents=True, exist_ok=True)
    properties = "".join(f"<property><name>{name}</name><value>{value}</value></property>\n"
                         for name, value in settings.items())
    (folder / "metastore-site.xml").write_text(f"<configuration>\n{properties}</configuration>\n")


def command(version, folder, main, *arguments):
    classes = f"{folder}:{HOME / version}/lib/*:{HOME}/hadoop/*"
    return [java.find(17, 21) / "bin" / "java", "-Xmx512m", f"-Dderby.stream.error.file={folder}/derby.log",
            "-cp", classes, main, *arguments]


def database(version, scratch):
    """A folder with an empty database of that version, which is made once and then only copied."""
    made = HOME / version / "database"
    if not made.exists():
        new = scratch / "database.new"
        configure(version, scratch, 0, scratch, new)
        done = subprocess.run(list(map(str, command(version, scratch, SCHEMA_TOOLS[version], "-dbType", "derby",
                                                    "-initSchema"))),
                              env={"METASTORE_HOME": str(HOME / version)}, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        shutil.move(new, made)
    return made


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def metastore(version, folder, warehouse):
    """Gives the URI. Schemas without a location go into the folder `warehouse`."""
    shutil.copytree(database(version, folder), folder / "database")
    port = servers.free_port()
    configure(version, folder, port, warehouse, folder / "database")
    log = folder / "metastore.log"
    main = "org.apache.hadoop.hive.metastore.HiveMetaStore"
    with servers.running(command(version, folder, main), log) as process:
        servers.wait_for(lambda: listens(port), process, log, 120)
        yield f"thrift://127.0.0.1:{port}"
