"""The example project, with both of its targets, as the plan describes it."""

import json
import unittest

import program

LAYERS = {
    "seeds": {"raw_customers": 100, "raw_orders": 99, "raw_payments": 113},
    "staging": {"stg_customers": 100, "stg_orders": 99, "stg_payments": 113},
    "marts": {"customers": 100, "orders": 99},
    "ddi": {"at_risk_customers": None, "rolling_30_day_orders": None},
}


class Example(program.ScratchTest):
    def setUp(self):
        super().setUp()
        self.project = program.copy_project(program.EXAMPLE, self.folder / "jaffle_shop")

    def run_here(self, *arguments):
        return self.succeed(*arguments, "--profiles-dir", ".", cwd=self.project)

    def query(self, warehouse, sql):
        return json.loads(self.succeed("sql", "--warehouse", warehouse, "--format", "json", "-c", sql))

    def check_layers(self, warehouse):
        for schema, tables in LAYERS.items():
            for table, rows in tables.items():
                counted = self.query(warehouse, f"select count(*) as n from {schema}.{table}")[0]["n"]
                self.assertGreater(counted, 0)
                if rows is not None:
                    self.assertEqual(counted, rows, f"{schema}.{table}")
                self.assertTrue((warehouse / schema / table / "metadata" / "version-hint.text").is_file())

    def test_iceberg_target(self):
        output = self.run_here("build")
        self.assertIn("PASS=36 WARN=0 ERROR=0 SKIP=0", output)
        warehouse = self.project / "warehouse" / "jaffle_shop"
        self.check_layers(warehouse)

    def test_target_of_the_plan(self):
        output = self.run_here("build", "--target", "duckdb")
        self.assertIn("PASS=36 WARN=0 ERROR=0 SKIP=0", output)
        self.check_layers(self.project / "warehouse" / "jaffle_shop")

    def test_commands_of_the_plan(self):
        self.run_here("debug")
        self.run_here("seed")
        self.run_here("run", "--select", "staging")
        self.run_here("run", "--select", "marts")
        self.run_here("run", "--select", "ddi")
        self.run_here("test")
        warehouse = self.project / "warehouse" / "jaffle_shop"
        self.check_layers(warehouse)
        # The plan's validation queries, its catalog name included.
        customers = "jaffle_iceberg.marts.customers"
        self.assertEqual(len(self.query(warehouse, f"select * from {customers} limit 10")), 10)
        snapshots = self.query(warehouse, 'select * from jaffle_iceberg.marts."customers$snapshots"')
        self.assertEqual(len(snapshots), 1)
        self.assertEqual(len(self.query(warehouse, 'select * from jaffle_iceberg.marts."customers$history"')), 1)
        self.assertEqual(len(self.query(warehouse, 'select * from jaffle_iceberg.marts."customers$files"')), 1)
        joined = self.query(warehouse, f"""
            select c.customer_id, c.customer_lifetime_value, count(o.order_id) as order_count
            from {customers} c left join jaffle_iceberg.marts.orders o on c.customer_id = o.customer_id
            group by c.customer_id, c.customer_lifetime_value""")
        self.assertEqual(len(joined), 100)
        version = snapshots[0]["snapshot_id"]
        then = self.query(warehouse, f"select count(*) as n from {customers} for version as of {version}")
        self.assertEqual(then, [{"n": 100}])

    def test_option_2_of_the_plan(self):
        """A pre-hook with CREATE TABLE .. USING ICEBERG LOCATION, as the plan writes it."""
        location = self.project / "elsewhere"
        (self.project / "models" / "staging" / "stg_customers.sql").write_text(
            "{{ config(pre_hook=\"create or replace table staging.hooked as (select * from "
            "{{ ref('raw_customers') }}) using iceberg location '" + str(location) + "'\") }}\n"
            "select id as customer_id, first_name, last_name from {{ ref('raw_customers') }}")
        self.run_here("build", "--select", "+stg_customers")
        self.assertTrue(list((location / "metadata").glob("*.metadata.json")))


if __name__ == "__main__":
    unittest.main()
