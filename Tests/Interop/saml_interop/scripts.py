"""The peers that are a library: one step, one run of a script."""
import json
import os
import subprocess
import sys

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "saml")
# Lasso comes with Debian, and so with Debian's Python.
SYSTEM_PYTHON = "/usr/bin/python3"


class Failed(AssertionError):
    """What the library said against it, in its own words."""


def run(program, script, job):
    command = [sys.executable if program is None else program, os.path.join(FOLDER, script)]
    done = subprocess.run(
        command, input=json.dumps(job), capture_output=True, text=True, timeout=90,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"})
    if done.returncode != 0:
        raise Failed(f"{script} {job['step']}: {done.stderr.strip()[-600:]}")
    return json.loads(done.stdout)
