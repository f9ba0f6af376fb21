"""Projects with something wrong in them: a clear message with its place, exit code 2, nothing lost."""

import os
import unittest

import program
import small_project


class NoProject(program.ScratchTest):
    def test_an_empty_folder(self):
        for command in ["build", "parse", "ls", "debug"]:
            done = self.eider(command)
            text = done.stdout + done.stderr
            self.assertIn("dbt_project.yml", text)
            self.assertIn(done.returncode, [1] if command == "debug" else [2], text)
            if command == "debug":
                self.assertIn("dbt_project.yml file [ERROR not found]", text)
        self.assertEqual(list(self.folder.iterdir()), [], "an empty folder stays empty")

    def test_a_folder_that_does_not_exist(self):
        done = self.eider("build", "--project-dir", "nowhere")
        self.assertEqual(done.returncode, 2)
        self.assertIn("nowhere", done.stdout + done.stderr)


class BadProject(small_project.ProjectTest):
    def test_no_profiles_file(self):
        (self.folder / "profiles.yml").unlink()
        text = self.refuse("build", environment={"HOME": str(self.folder / "home")})
        self.assertIn("profile", text)
        self.assertIn("profiles.yml", text)

    def test_unknown_profile(self):
        text = self.refuse("build", "--profile", "shopp")
        self.assertIn("Could not find profile named 'shopp'", text)
        self.assertIn("Did you mean 'shop'?", text)

    def test_unknown_target(self):
        text = self.refuse("build", "--target", "prod")
        self.assertIn("does not have a target named 'prod'", text)
        self.assertIn("dev", text)

    def test_broken_yaml(self):
        self.write("models/schema.yml", "version: 2\nmodels:\n  - name: a\n   description: x\n")
        text = self.refuse("build")
        self.assertRegex(text, r"models/schema\.yml:[34]")

    def test_broken_project_file(self):
        self.write("dbt_project.yml", "name: [shop\n")
        self.assertIn("dbt_project.yml", self.refuse("build"))

    def test_a_newer_dbt_is_wanted(self):
        self.write("dbt_project.yml", small_project.PROJECT + 'require-dbt-version: ">=9.0.0"\n')
        self.assertIn("which requires >=9.0.0", self.refuse("parse"))
        self.assertIn("dbt_project.yml:6", self.refuse("parse"))
        self.succeed("parse", "--no-version-check")

    def test_a_python_model(self):
        self.write("models/c.py", "def model(dbt, session):\n    return None\n")
        self.assertIn("models/c.py", self.refuse("build", code=1))

    def test_show_names_the_node_that_failed(self):
        self.write("models/c.sql", "select nothing_such")
        self.assertIn("Runtime Error in model c (models/c.sql)", self.refuse("show", "--select", "c"))

    def test_jinja_syntax(self):
        self.write("models/c.sql", "select 1\n\n{% if true %}\n")
        text = self.refuse("build")
        self.assertIn("models/c.sql:3", text)

    def test_undefined_macro(self):
        self.write("models/c.sql", "select {{ no_such_macro() }}\n")
        done = self.eider("build")
        self.assertNotEqual(done.returncode, 0)
        text = done.stdout + done.stderr
        self.assertIn("no_such_macro", text)
        self.assertIn("models/c.sql", text)

    def test_missing_ref(self):
        self.write("models/c.sql", "select * from {{ ref('aa') }}\n")
        text = self.refuse("build")
        self.assertIn("models/c.sql", text)
        self.assertIn("aa", text)
        self.assertIn("Did you mean 'a'?", text)

    def test_cycle(self):
        self.write("models/a.sql", "select * from {{ ref('b') }}\n")
        text = self.refuse("build")
        self.assertIn("cycle", text)
        self.assertIn("model.shop.a", text)
        self.assertIn("model.shop.b", text)

    def test_duplicate_model(self):
        self.write("models/more/a.sql", "select 2 as id\n")
        text = self.refuse("build")
        self.assertIn("models/a.sql", text)
        self.assertIn("models/more/a.sql", text)

    def test_vars_that_are_no_mapping(self):
        self.assertIn("vars", self.refuse("build", "--vars", "[1, 2]").lower())

    def test_bad_csv(self):
        self.write("seeds/s.csv", "id,name\n1,x\n2,y,z\n")
        text = self.refuse("seed", code=1)
        self.assertIn("s.csv", text)
        self.assertRegex(text, r"\b3\b")

    def test_what_worked_before_stays(self):
        self.succeed("build")
        self.write("models/a.sql", "select 1 as id, {{ }}\n")
        self.refuse("build")
        rows = self.succeed("sql", "--format", "csv", "-c", "select id, name from main.a")
        self.assertEqual(rows, "id,name\n1,x\n")

    def test_warnings_become_errors_on_demand(self):
        self.succeed("run", "--select", "nothing_of_this_name")
        text = self.refuse("run", "--select", "nothing_of_this_name", "--warn-error")
        self.assertIn("nothing_of_this_name", text)


class BadWarehouse(small_project.ProjectTest):
    def test_a_file_where_the_warehouse_should_be(self):
        self.write("warehouse", "not a folder")
        text = self.refuse("build")
        self.assertIn(str(self.folder / "warehouse"), text)

    def test_a_warehouse_that_is_not_writable(self):
        if os.geteuid() == 0:
            self.skipTest("root may write anywhere")
        (self.folder / "warehouse").mkdir(mode=0o555)
        self.assertIn("warehouse", self.refuse("build"))


if __name__ == "__main__":
    unittest.main()
