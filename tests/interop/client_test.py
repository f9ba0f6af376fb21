"""Eider as a client of Iceberg's own REST server: the tests of tests/rest/client_test.py, against a catalog that is not ours."""

import os
import unittest

import program
from rest import client_test

from interop import java, servers

JARS = program.PROJECT / ".bench-java"


class Reference(client_test.ClientTest):
    def serve(self):
        port = servers.free_port()
        environment = {**os.environ, "CATALOG_CATALOG__IMPL": "org.apache.iceberg.jdbc.JdbcCatalog",
                       "CATALOG_URI": f"jdbc:sqlite:{self.folder}/catalog.db", "CATALOG_JDBC_SCHEMA__VERSION": "V1",
                       "CATALOG_WAREHOUSE": f"file://{self.warehouse}", "CATALOG_REST_PORT": str(port)}
        command = [java.find(17, 21) / "bin" / "java", "-Xmx512m", "-cp", f"{JARS}/*",
                   "org.apache.iceberg.rest.RESTCatalogServer"]
        log = self.folder / "reference.log"
        process = self.enterContext(servers.running(command, log, env=environment))
        servers.wait_for(lambda: servers.fetch(f"http://127.0.0.1:{port}/v1/config"), process, log, 60)
        return f"http://127.0.0.1:{port}"


class Example(Reference, client_test.Example):
    pass


class Sql(Reference, client_test.Sql):
    # It knows one warehouse, by any name.
    test_attach_says_what_is_wrong_and_no_secret = None

    def test_transactions(self):
        self.sql("CREATE SCHEMA s")
        creates = "CREATE TABLE s.a AS SELECT 1 AS id; CREATE TABLE s.b AS SELECT 2 AS id"
        self.assertIn("creates no tables together with other changes", self.sql(f"BEGIN; {creates}; COMMIT", fails=True))
        self.sql(creates)
        self.sql("BEGIN; INSERT INTO s.a VALUES (3); INSERT INTO s.b VALUES (4); COMMIT")
        self.assertEqual(self.sql("SELECT list(id ORDER BY id) AS ids FROM (FROM s.a UNION ALL FROM s.b)"),
                         [{"ids": [1, 2, 3, 4]}])


if __name__ == "__main__":
    unittest.main()
