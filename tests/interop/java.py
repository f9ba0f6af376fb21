"""Which Java of this machine fits a partner."""

import os
import pathlib
import re
import subprocess


def find(lowest, highest=999):
    """The home of a JDK of that range of major versions, the newest first; None where there is none."""
    homes = [os.environ.get("JAVA_HOME", "")] + sorted(map(str, pathlib.Path("/usr/lib/jvm").glob("*")), reverse=True)
    for home in homes:
        program = pathlib.Path(home) / "bin" / "java"
        if not home or not program.exists():
            continue
        text = subprocess.run([program, "-version"], capture_output=True, text=True).stderr
        found = re.search(r'version "(\d+)', text)
        if found and lowest <= int(found[1]) <= highest:
            return pathlib.Path(home)
    return None
