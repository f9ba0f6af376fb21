"""The example, built again and again beside others' work."""

import threading

import program


class Builder(threading.Thread):
    """`eider build` of the example, over and over, until it is told to stop."""

    def __init__(self, folder, environment, profile=None):
        """`environment`: of the builds, beside our own. `profile`: instead of the example's own, a text."""
        super().__init__(daemon=True)
        self.project = program.copy_project(program.EXAMPLE, folder / "example")
        if profile is not None:
            (self.project / "profiles.yml").write_text(profile)
        self.environment = environment
        self.stop = threading.Event()
        self.builds = 0
        self.failure = None

    def build(self):
        done = program.run("build", "--profiles-dir", ".", cwd=self.project, environment=self.environment)
        self.builds += 1
        if done.returncode != 0:
            self.failure = done.stdout + done.stderr

    def run(self):
        while not self.stop.is_set() and self.failure is None:
            self.build()
            self.stop.wait(1)
