# SPDX-License-Identifier: MIT
"""The gate timed on this machine's own processor, where it has protection keys."""
import json
import subprocess

from . import build
from .project import BUILD, ROOT, Failure, say

TARGET = "gate_host"
STATUS_SKIP = 77
TIMEOUT_S = 300
FIGURES = ("min", "p50", "p90", "p99", "p999", "max")


def program():
    """Builds it, and nothing else of the preset."""
    folder = BUILD / "host-test"
    if not (folder / "build.ninja").exists():
        build.step(["cmake", "--preset", "host-test"], "configuration")
    build.step(["ninja", "-C", str(folder), TARGET], "build")
    return folder / "test" / "bench" / TARGET


def run(samples):
    """The records; empty, having said why, where there are no protection keys."""
    command = [str(program()), "--json", "--samples", str(samples)]
    try:
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S,
                                check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"{TARGET}: {error}") from None
    if result.returncode == STATUS_SKIP:
        say(f"gate on this processor: {result.stderr.strip()}")
        return []
    if result.returncode:
        raise Failure(f"{TARGET} ended with status {result.returncode}:\n{result.stderr.strip()}")
    try:
        return [json.loads(line) for line in result.stdout.splitlines()]
    except ValueError:
        raise Failure(f"{TARGET} wrote no JSON:\n{result.stdout}") from None


def measure(folder, samples):
    """Times the gate, prints a table, and writes native.jsonl."""
    records = run(samples)
    path = folder / "native.jsonl"
    path.unlink(missing_ok=True)  # of a run on another machine
    if not records:
        return
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="ascii")
    print(f"\nnative, {records[0]['cpu']}, Linux {records[0]['kernel']}: cycles")
    for record in records:
        print(f"{record['path']:10}{'pku':9}{record['unit']:14}" +
              "".join(f"{record[name]:>9}" for name in FIGURES))
