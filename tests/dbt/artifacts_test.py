"""manifest.json and run_results.json validate against the JSON schemas that dbt-core itself publishes."""

import json
import unittest

import jsonschema
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.run import RunResultsArtifact

import program


class Artifacts(program.ScratchTest):
    def check(self, project):
        for name, artifact in (("manifest", WritableManifest), ("run_results", RunResultsArtifact)):
            content = json.loads((project / "target" / f"{name}.json").read_text())
            validator = jsonschema.Draft202012Validator(artifact.json_schema())
            errors = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(content)]
            self.assertEqual(errors[:5], [], f"{name}.json of {project.name}")
            # dbt's own reader takes it, too.
            artifact.from_dict(content)

    def test_example(self):
        project = program.copy_project(program.EXAMPLE, self.folder / "jaffle_shop")
        self.succeed("build", "--profiles-dir", ".", cwd=project)
        self.check(project)

    def test_failures(self):
        project = program.copy_project(program.EXAMPLE, self.folder / "jaffle_shop")
        (project / "models" / "marts" / "orders.sql").write_text("select no_such_column from {{ ref('stg_orders') }}")
        self.assertEqual(self.eider("build", "--profiles-dir", ".", cwd=project).returncode, 1)
        self.check(project)

    def test_dbt_utils(self):
        source = program.SHARED / "corpus" / "dbt_utils"
        if not source.is_dir():
            self.skipTest(f"{source} is not here")
        project = program.copy_project(source, self.folder / "dbt_utils") / "integration_tests"
        (project / "profiles.yml").write_text(
            "integration_tests:\n  target: dev\n  outputs:\n"
            f"    dev: {{type: eider, warehouse: {self.folder}/warehouse, schema: main, threads: 2}}\n")
        self.succeed("deps", "--profiles-dir", ".", cwd=project)
        self.eider("build", "--profiles-dir", ".", cwd=project)
        self.check(project)


if __name__ == "__main__":
    unittest.main()
