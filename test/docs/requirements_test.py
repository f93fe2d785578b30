#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""DOC0002: docs/requirements.md is complete, and what it calls done is shown by a test that runs.

Every test that is named in docs/requirements.md, or in the table of invariants of
docs/architecture.md, must be one that ctest lists.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "requirements.md"
INVARIANTS = ROOT / "docs" / "architecture.md"
COUNT = 162
STATUSES = ("done", "partial", "planned", "not applicable")
ROW = re.compile(r"^\| (R\d{3}) \|(.*)\|$")
TEST = re.compile(r"`([A-Za-z0-9]+\.[A-Za-z0-9_.]+|[A-Z]+\d{4})`")
PATH = re.compile(r"`((?:include|src|cells|efi|scripts|test|docs)/[\w./-]*)`")
SUITES = ("static", "unit", "model", "fuzz", "QEMU", "DOC", "BENCH", "selftest")


def tests_listed(build):
    """The names of all tests, as ctest knows them."""
    result = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1"], check=True,
                            capture_output=True, text=True)
    return {test["name"] for test in json.loads(result.stdout)["tests"]}


def tests_named(text):
    """What looks like the name of a test, and not like that of a file."""
    return [name for name in TEST.findall(text) if name.startswith(SUITES)]


def unknown(names, listed, where):
    return [f"{where}: no test is called {name}" for name in names if name not in listed]


def row_problems(identifier, cells, listed):
    if len(cells) != 4:
        return [f"{identifier}: {len(cells) + 1} columns instead of 5"]
    what, status, where, shown = cells
    problems = [] if what else [f"{identifier}: says nothing"]
    if status not in STATUSES:
        return problems + [f"{identifier}: '{status}' is none of {', '.join(STATUSES)}"]
    tests = tests_named(shown)
    if status in ("done", "partial") and not tests:
        problems.append(f"{identifier}: {status}, but no test is named")
    if status in ("planned", "not applicable") and not shown:
        problems.append(f"{identifier}: {status} without a reason")
    problems += unknown(tests, listed, identifier)
    problems += [f"{identifier}: there is no {path}" for path in PATH.findall(where)
                 if not (ROOT / path).exists()]
    return problems


def table_problems(text, listed):
    rows = [match for match in map(ROW.match, text.splitlines()) if match]
    identifiers = [row[1] for row in rows]
    wanted = [f"R{number:03}" for number in range(1, COUNT + 1)]
    problems = [f"{name} is missing" for name in wanted if name not in identifiers]
    problems += [f"{name} stands {identifiers.count(name)} times" for name in sorted(set(identifiers))
                 if identifiers.count(name) > 1 or name not in wanted]
    for row in rows:
        problems += row_problems(row[1], [cell.strip() for cell in row[2].split("|")], listed)
    return problems, rows


def invariant_problems(text, listed):
    section = text.partition("\n## Invariants\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    if len(rows) < 9:
        return [f"{INVARIANTS.name}: only {len(rows)} invariants"]
    problems = [f"{INVARIANTS.name}: no test named: {row}" for row in rows if not tests_named(row)]
    return problems + unknown(tests_named(section), listed, INVARIANTS.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "host-test",
                        help="where ctest finds the tests")
    parsed = parser.parse_args()
    listed = tests_listed(parsed.build)
    problems, rows = table_problems(TABLE.read_text(encoding="utf-8"), listed)
    problems += invariant_problems(INVARIANTS.read_text(encoding="utf-8"), listed)
    for problem in problems:
        print(f"FAIL DOC0002 {problem}")
    if not problems:
        counts = [f"{sum(f'| {status} |' in row[0] for row in rows)} {status}" for status in STATUSES]
        print(f"OK   DOC0002 {len(rows)} requirements: {', '.join(counts)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
