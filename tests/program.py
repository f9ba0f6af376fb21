"""What the whole-program tests share: running Eider, and scratch folders. Standard library only."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

EIDER = os.environ.get("EIDER", str(pathlib.Path(__file__).parent.parent / "build" / "eider"))
PROJECT = pathlib.Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared"
EXAMPLE = PROJECT / "examples" / "jaffle_shop"


def run(*arguments, cwd=None, environment=None, stdin=None, timeout=120, program=EIDER):
    """Runs `eider ARGUMENTS` and returns the finished process with its text output."""
    full = {key: value for key, value in os.environ.items() if not key.startswith("DBT_")}
    full.update(environment or {})
    return subprocess.run(
        [program, *map(str, arguments)], cwd=cwd, env=full, input=stdin, timeout=timeout,
        capture_output=True, text=True)


def is_sanitized():
    """Whether the program is a sanitizer's build, whose memory says nothing of the program's."""
    linked = subprocess.run(["ldd", EIDER], capture_output=True, text=True, check=True).stdout
    return "libasan" in linked or "libtsan" in linked


def copy_project(source, target):
    """A writable copy of a project."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("target", "logs", "warehouse", "dbt_packages"))
    for path in [target, *target.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)
    return target


def skip_all(reason):
    """Ends the script; ctest shows it as skipped."""
    print(f"skipped: {reason}")
    sys.exit(77)


class ScratchTest(unittest.TestCase):
    """A test with a folder of its own, `self.folder`, that goes when it ends."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="eider-test-")).resolve()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def eider(self, *arguments, **options):
        """Runs Eider in the scratch folder."""
        options.setdefault("cwd", self.folder)
        return run(*arguments, **options)

    def succeed(self, *arguments, **options):
        """Runs Eider, which must exit with 0; returns what it printed."""
        done = self.eider(*arguments, **options)
        self.assertEqual(done.returncode, 0, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def sql_rows(self, place, text, *, fails=False):
        """Rows of statements in a process of their own, on the warehouse that the options `place` name; what it says
        where it has to fail."""
        done = self.eider("sql", *place, "--format", "ndjson", "-c", text)
        if fails:
            self.assertNotEqual(done.returncode, 0, done.stdout)
            return done.stderr
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def write(self, path, text):
        """Writes a file below the scratch folder."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target
