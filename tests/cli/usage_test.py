"""Arguments: what is understood, what is refused and how."""

import subprocess
import unittest

import program

COMMANDS = ["build", "run", "seed", "snapshot", "test", "ls", "show", "compile", "parse", "deps", "debug", "run-operation",
            "clean", "sql", "serve", "catalog", "trino", "spark", "flink", "pyiceberg", "duckdb"]


class Usage(program.ScratchTest):
    def test_version(self):
        self.assertRegex(self.succeed("--version"), r"^eider \d+\.\d+\.\d+ \(DuckDB v1\.5\.5\)\n$")

    def test_called_dbt_it_answers_as_dbt(self):
        link = self.folder / "dbt"
        link.symlink_to(program.EIDER)
        text = program.run("--version", program=str(link)).stdout
        self.assertRegex(text, r"^Core:\n  - installed: 1\.11\.\d+\n")
        self.assertIn("Usage: dbt build", program.run("build", "--help", program=str(link)).stdout)

    def test_every_command_has_help(self):
        for command in COMMANDS:
            text = self.succeed(command, "--help")
            self.assertIn(f"Usage: eider {command}", text)
        for command in COMMANDS:
            self.assertIn(f"  {command}", self.succeed("--help"))

    def refuse(self, *arguments, environment=None):
        done = self.eider(*arguments, environment=environment)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        return done.stderr

    def test_what_is_not_understood_is_refused(self):
        self.assertIn("No such command 'buidl'. Did you mean 'build'?", self.refuse("buidl"))
        self.assertIn("No such option '--selct'. Did you mean '--select'?", self.refuse("build", "--selct", "x"))
        self.assertIn("unexpected extra argument (x)", self.refuse("build", "x"))
        self.assertIn("is not one of 'text', 'debug', 'json', 'default'", self.refuse("run", "--log-format", "x"))
        self.assertIn("not a valid integer", self.refuse("run", "--threads", "x"))
        self.assertIn("eider run --help", self.refuse("run", "--nonsense"))
        self.assertIn("not a valid boolean", self.refuse("run", environment={"DBT_FULL_REFRESH": "x"}))
        self.assertEqual(self.eider().returncode, 2)

    def test_what_is_not_there_yet_is_named(self):
        text = self.eider("run", "--defer", "--state", "x")
        self.assertEqual(text.returncode, 2)
        self.assertIn("--defer is not supported yet", text.stdout + text.stderr)

    def test_bash_completes(self):
        script = self.write("completion.sh", self.succeed("completion", "bash"))
        for words, wanted in [("eider bu", "build"), ("eider build --sel", "--select --selector"),
                              ("eider catalog re", "rebuild"), ("eider -q run --full", "--full-refresh")]:
            command = (f". {script}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
                       "_eider_complete; echo ${COMPREPLY[@]}")
            done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.stdout.strip(), wanted, done.stderr)

    def test_a_reader_that_leaves_does_no_harm(self):
        command = f"'{program.EIDER}' --help | head -1"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
        self.assertTrue(done.stdout.startswith("Usage:"))


if __name__ == "__main__":
    unittest.main()
