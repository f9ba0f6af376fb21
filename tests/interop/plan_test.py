"""The plan's validation queries, in real Trino, on the example that `eider build` made."""

import unittest

import program

from interop import java, partners, servers


class Plan(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(servers.scratch())
        cls.warehouse = cls.folder / "jaffle_shop"
        cls.project = cls.folder / "example"
        program.copy_project(program.EXAMPLE, cls.project)
        cls.build()
        cls.build()
        rest = cls.enterClassContext(servers.eider(cls.folder, cls.warehouse))
        cls.trino = partners.Trino(cls.enterClassContext(servers.trino(cls.folder, rest)))

    @classmethod
    def build(cls):
        done = program.run("build", "--profiles-dir", ".", cwd=cls.project,
                           environment={"JAFFLE_WAREHOUSE": str(cls.warehouse)})
        assert done.returncode == 0, done.stdout + done.stderr

    def query(self, statement):
        return self.trino.query(statement)

    def eider(self, statement):
        done = program.run("sql", "--warehouse", self.warehouse, "--format", "csv", "-c", statement)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()[1:]

    def test_schemas(self):
        schemas = {row[0] for row in self.query("SHOW SCHEMAS FROM jaffle_iceberg")}
        self.assertLessEqual({"seeds", "staging", "marts", "ddi"}, schemas)
        self.assertEqual({row[0] for row in self.query("SHOW TABLES FROM jaffle_iceberg.seeds")},
                         {"raw_customers", "raw_orders", "raw_payments"})

    def test_rows(self):
        self.assertEqual(len(self.query("SELECT * FROM jaffle_iceberg.marts.customers LIMIT 10")), 10)
        ours = self.eider("select count(*), sum(customer_lifetime_value) from marts.customers")
        theirs = self.query("SELECT count(*), sum(customer_lifetime_value) FROM jaffle_iceberg.marts.customers")
        self.assertEqual([float(value) for value in ours[0].split(",")], [float(value) for value in theirs[0]])

    def test_join(self):
        joined = self.query("SELECT c.customer_id, count(o.order_id) FROM jaffle_iceberg.marts.customers c "
                            "LEFT JOIN jaffle_iceberg.marts.orders o ON c.customer_id = o.customer_id "
                            "GROUP BY c.customer_id")
        self.assertEqual(sum(row[1] for row in joined), int(self.eider("select count(*) from marts.orders")[0]))

    def test_metadata_tables(self):
        snapshots = self.query('SELECT snapshot_id, operation FROM jaffle_iceberg.marts."customers$snapshots" '
                               'ORDER BY committed_at')
        self.assertEqual([str(row[0]) for row in snapshots],
                         self.eider('select snapshot_id from marts."customers$snapshots" order by committed_at'))
        history = self.query('SELECT snapshot_id, is_current_ancestor FROM jaffle_iceberg.marts."customers$history"')
        self.assertEqual(len(history), len(snapshots))
        files = self.query('SELECT file_path, record_count FROM jaffle_iceberg.marts."customers$files"')
        self.assertEqual([f"{path},{count}" for path, count in files],
                         self.eider('select file_path, record_count from marts."customers$files"'))

    def test_time_travel(self):
        first = self.query('SELECT snapshot_id FROM jaffle_iceberg.marts."customers$snapshots" '
                           'ORDER BY committed_at LIMIT 1')[0][0]
        count = self.query(f"SELECT count(*) FROM jaffle_iceberg.marts.customers FOR VERSION AS OF {first}")
        self.assertEqual(count, [[100]])
        count = self.query("SELECT count(*) FROM jaffle_iceberg.marts.customers "
                           "FOR TIMESTAMP AS OF current_timestamp - interval '1' second")
        self.assertEqual(count, [[100]])

    def test_maintenance(self):
        self.query("ALTER TABLE jaffle_iceberg.marts.orders EXECUTE optimize")
        self.query("SET SESSION jaffle_iceberg.expire_snapshots_min_retention = '0s'")
        self.query("ALTER TABLE jaffle_iceberg.marts.orders EXECUTE expire_snapshots(retention_threshold => '0s')")
        self.assertEqual(self.query('SELECT count(*) FROM jaffle_iceberg.marts."orders$snapshots"'), [[1]])
        self.assertEqual(self.eider("select count(*) from marts.orders"), ["99"])

    def test_views(self):
        self.query("CREATE VIEW jaffle_iceberg.marts.good_customers AS SELECT customer_id FROM "
                   "jaffle_iceberg.marts.customers WHERE customer_lifetime_value > 50")
        found = self.query("SELECT count(*) FROM jaffle_iceberg.marts.good_customers")
        self.assertEqual(str(found[0][0]),
                         self.eider("select count(*) from marts.customers where customer_lifetime_value > 50")[0])

    def test_merge(self):
        self.query("CREATE TABLE jaffle_iceberg.ddi.merged AS SELECT order_id, status FROM jaffle_iceberg.marts.orders")
        self.query("MERGE INTO jaffle_iceberg.ddi.merged t USING (VALUES (1, 'gone'), (1000, 'new')) s (order_id, "
                   "status) ON t.order_id = s.order_id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT "
                   "VALUES (s.order_id, s.status)")
        self.assertEqual(self.eider("select count(*) from ddi.merged"), ["99"])
        self.assertEqual(self.eider("select status from ddi.merged where order_id in (1, 1000)"), ["new"])


if __name__ == "__main__":
    if java.find(24) is None:
        program.skip_all("needs a JDK of version 24 or newer for Trino")
    unittest.main()
