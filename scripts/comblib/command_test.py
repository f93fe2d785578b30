# SPDX-License-Identifier: MIT
"""comb test: builds everything and runs every test."""
import json
import os
import re
import subprocess

from . import arguments, build, packages
from .project import BUILD, Failure, say

SUMMARY = "build everything and run all tests"
DESCRIPTION = """\
Builds the image (release and debug) and the native tests (with address and
undefined-behaviour sanitizers), then runs every test with a line of progress
each.  The last line counts:  N passed, N failed

labels: static  sources: style, layers, size
        unit    host programs per module
        model   exhaustive interleavings of the ring
        proof   every state, or every input, of what everything leans on
        fuzz    random input for every parser
        qemu    the image, booted; those also labelled slow are left out by --quick
        long    minutes each; only with --long

examples:
  comb test --quick            what takes a minute or two
  comb test --label unit
  comb test --name GATE0003    one test, by a part of its name
"""

# A line of ctest:  12/40 Test #12: unit.ring ........   Passed    0.02 sec
LINE = re.compile(r"\s*(\d+)/(\d+) Test\s+#\d+: (\S+) \.*\s*(\*\*\*)?(.+?)\s+([\d.]+) sec")
SKIPPED = ("Skipped", "Not Run (Disabled)")


def add(parser):
    parser.add_argument("--quick", action="store_true", help="no debug build, few boots, short fuzzing")
    parser.add_argument("--long", action="store_true", help="the long tests too")
    parser.add_argument("--label", action="append", default=[], metavar="L", help="only these labels")
    parser.add_argument("--name", metavar="REGEX", help="only tests whose name matches")
    parser.add_argument("--jobs", type=arguments.cpu_count, default=min(os.cpu_count() or 1, 64), metavar="N",
                        help="tests at once")


def selection(parsed):
    """The flags that make ctest run what was asked for."""
    excluded = [] if parsed.long else ["long"]
    if parsed.quick:
        excluded += ["slow", "long"]
    flags = ["-LE", "^(" + "|".join(excluded) + ")$"] if excluded else []
    if parsed.label:
        flags += ["-L", "^(" + "|".join(map(re.escape, parsed.label)) + ")$"]
    if parsed.name:
        flags += ["-R", parsed.name]
    return flags


def has_tests(folder, flags):
    result = subprocess.run(["ctest", "--test-dir", str(folder), "--show-only=json-v1", *flags],
                            capture_output=True, text=True, check=False)
    if result.returncode:
        raise Failure(f"ctest cannot list the tests:\n{result.stderr.strip()}")
    return bool(json.loads(result.stdout)["tests"])


def tests_run(folder, flags, jobs, environment):
    """Runs ctest, prints a line per test; returns (passed, failed names, skipped)."""
    passed, failed, skipped = 0, [], 0
    command = ["ctest", "--test-dir", str(folder), f"-j{jobs}", "--output-on-failure", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", env=environment) as process:
        for line in process.stdout:
            match = LINE.match(line)
            if not match:
                if not line.lstrip().startswith("Start ") and failed:
                    print(f"    {line}", end="")  # the output of what failed
                continue
            number, total, name, _, outcome, seconds = match.groups()
            if outcome == "Passed":
                passed, word = passed + 1, "ok"
            elif outcome in SKIPPED:
                skipped, word = skipped + 1, "skip"
            else:
                failed.append(name)
                word = f"FAIL ({outcome})"
            print(f"[{number:>3}/{total}] {word:5} {name}  {seconds} s", flush=True)
    if process.returncode and not failed:
        raise Failure(f"ctest ended with status {process.returncode}, though no test failed")
    return passed, failed, skipped


def main(parsed):
    packages.ensure(packages.BUILD + packages.RUN + packages.TEST)
    build.build("release", "COMB_PLUGIN:STRING=ON")
    for preset in ("host-test",) if parsed.quick else ("debug", "host-test"):
        build.build(preset)
    folder = BUILD / "host-test"
    flags = selection(parsed)
    if not has_tests(folder, flags):
        raise Failure("no test matches", 2)

    environment = os.environ | ({"COMB_QUICK": "1"} if parsed.quick else {})
    passed, failed, skipped = tests_run(folder, flags, parsed.jobs, environment)
    if failed:
        say("failed: " + ", ".join(failed))
    print(f"{passed} passed, {len(failed)} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0
