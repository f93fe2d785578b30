# SPDX-License-Identifier: MIT
"""The host program that judges code: scripts/scan, made of the sources that do it on the machine."""
import collections
import subprocess

from . import build, packages
from .project import BUILD, Failure

TARGET = "comb_scan"
TIMEOUT_S = 300

# at: address; code: hexadecimal
Find = collections.namedtuple("Find", "level at code why")
Verdict = collections.namedtuple("Verdict", "policy text_bytes finds")


def program():
    """Builds it, and nothing else of the preset."""
    packages.ensure(packages.BUILD + packages.TEST)
    folder = BUILD / "host-test"
    if not (folder / "build.ninja").exists():
        build.step(["cmake", "--preset", "host-test"], "configuration")
    build.step(["ninja", "-C", str(folder), TARGET], "build")
    return folder / "test" / "scan" / TARGET


def parse(text, source):
    policy, finds = "-", []
    text_bytes = len(source.data) if source.kind == "text" else 0
    for line in text.splitlines():
        kind, *words = line.split("\t")
        if kind == "policy":
            policy = words[0]
        elif kind == "text":
            text_bytes = int(words[0])
        elif kind == "find":
            level, at, code, why = words
            finds.append(Find(level, source.begin + int(at, 16), code, why))
    return Verdict(policy, text_bytes, finds)


def judge(path, source, scan_only):
    """What the program at `path` says of a source."""
    question = "scan-only" if scan_only and source.kind == "image" else source.kind
    try:
        result = subprocess.run([path, question], input=source.data, capture_output=True, timeout=TIMEOUT_S,
                                check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"{TARGET}: {error}") from None
    if result.returncode:
        said = result.stderr.decode(errors="replace").strip()
        raise Failure(f"{TARGET} ended with status {result.returncode}: {said}")
    return parse(result.stdout.decode("ascii"), source)
