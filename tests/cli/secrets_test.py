"""Secrets of profiles and environment stand in no output, log or artifact."""

import unittest

import small_project

SECRETS = {
    "DBT_ENV_SECRET_TOKEN": "tok-8f3a1c77",
    "SHOP_PASSWORD": "pw-5512ee90",
    "SHOP_KEY": "key-a07b33d1",
}

PROFILES = """\
shop:
  target: dev
  outputs:
    dev:
      type: eider
      warehouse: warehouse
      schema: main
      password: "{{ env_var('SHOP_PASSWORD') }}"
      settings:
        s3_secret_access_key: "{{ env_var('SHOP_KEY') }}"
        s3_session_token: "{{ env_var('DBT_ENV_SECRET_TOKEN') }}"
"""


class Secrets(small_project.ProjectTest):
    def setUp(self):
        super().setUp()
        self.write("profiles.yml", PROFILES)

    def check(self, *arguments):
        done = self.eider(*arguments, environment=SECRETS)
        for secret in SECRETS.values():
            self.assertNotIn(secret, done.stdout + done.stderr, arguments)
            for path in self.folder.rglob("*"):
                if path.is_file():
                    self.assertNotIn(secret.encode(), path.read_bytes(), f"{arguments}: {path}")
        return done

    def test_runs_and_their_errors(self):
        # A model that fails with a password in its SQL, as a careless template may.
        self.write("models/c.sql", "select '{{ env_var('SHOP_PASSWORD') }}' as a from missing_table")
        self.write("models/d.sql", "select '{{ target.get('password', 'hidden') }}' as a")
        self.assertEqual(self.check("build").returncode, 1)
        self.check("build", "--log-format", "json", "--debug")
        self.check("debug")
        self.check("compile")
        self.check("show", "--inline", "select '{{ env_var('SHOP_KEY') }}' as a")
        self.check("build", "--vars", "{a: tok-8f3a1c77}")

    def test_secret_variables_are_for_profiles_only(self):
        self.write("models/c.sql", "select '{{ env_var('DBT_ENV_SECRET_TOKEN') }}' as a")
        self.assertNotEqual(self.check("build").returncode, 0)

    def test_sql(self):
        self.check("sql", "-c", "select * from pw_5512ee90", "-c", "select 'pw-5512ee90' from nothing")


if __name__ == "__main__":
    unittest.main()
