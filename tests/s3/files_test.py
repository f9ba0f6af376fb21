"""The files of an object store, as src/io has them, against a store of another make."""

import os
import subprocess
import sys

import object_store
import program


def main():
    if not object_store.available():
        program.skip_all("there is no moto, which plays the object store")
    with object_store.Store() as store:
        for rate in (0, 0.15):
            store.fail(rate)
            print(f"with {rate:.0%} of the requests failing", flush=True)
            done = subprocess.run(
                [os.environ["EIDER_IO_TEST"], "--gtest_filter=S3FileSystemTest.*"],
                env={**os.environ, "EIDER_TEST_S3": store.endpoint}, capture_output=True, text=True, timeout=100)
            if done.returncode != 0 or "SKIPPED" in done.stdout or "6 tests ran" not in done.stdout.replace(
                    " from 1 test suite", ""):
                print(done.stdout, done.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
