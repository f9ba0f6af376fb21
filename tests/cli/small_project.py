"""A project of a few lines, for tests that break one thing in it."""

import program

PROJECT = """\
name: shop
version: "1.0"
config-version: 2
profile: shop
flags: {send_anonymous_usage_stats: false}
"""

PROFILES = """\
shop:
  target: dev
  outputs:
    dev: {type: eider, warehouse: warehouse, schema: main, threads: 2}
"""


class ProjectTest(program.ScratchTest):
    """A test in a scratch folder that holds the project: model a, model b on top of it."""

    def setUp(self):
        super().setUp()
        self.write("dbt_project.yml", PROJECT)
        self.write("profiles.yml", PROFILES)
        self.write("models/a.sql", "{{ config(materialized='table') }}\nselect 1 as id, 'x' as name\n")
        self.write("models/b.sql", "{{ config(materialized='table') }}\nselect * from {{ ref('a') }}\n")

    def refuse(self, *arguments, code=2, **options):
        """Runs Eider, which must exit with `code`; returns all it printed."""
        done = self.eider(*arguments, **options)
        text = done.stdout + done.stderr
        self.assertEqual(done.returncode, code, f"{arguments}\n{text}")
        return text
