# SPDX-License-Identifier: MIT
"""Follows a guide of docs/ to the letter.

Everything happens in a copy of the tree, in the order of the text:

  ```c PATH        (any language, then a path) the block becomes the content of that file
  ```console       lines that begin with "$ " are run by bash at the top of the copy; the lines
                   below one must stand in its output, in that order; "..." stands for anything,
                   in a line or, alone, for lines
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HANG_S = 900
FENCE = re.compile(r"^```(\w+)(?: +(\S+))?\n(.*?)^```$", re.M | re.S)


class Wrong(Exception):
    """The text and the machine do not agree."""


def tree_copy(target):
    """What git tracks or would track, as it is now."""
    listing = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], check=True,
                             capture_output=True, text=True).stdout
    for name in listing.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def file_write(tree, name, text):
    path = (tree / name).resolve()
    if tree.resolve() not in path.parents:
        raise Wrong(f"the text writes outside the tree: {name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii")
    print(f"wrote {name}")


def console_steps(text):
    """[(command, expected lines)]; a command may go on in lines that end in a backslash."""
    steps = []
    lines = iter(text.splitlines())
    for line in lines:
        if not line.startswith("$ "):
            if not steps:
                raise Wrong(f"output without a command: {line}")
            steps[-1][1].append(line)
            continue
        command = line[2:]
        while command.endswith("\\"):
            command += "\n" + next(lines, "")
        steps.append((command, []))
    return steps


def line_matches(expected, line):
    parts = [re.escape(part.strip()) for part in " ".join(expected.split()).split("...")]
    return re.fullmatch(".*".join(parts), " ".join(line.split())) is not None


def output_check(command, expected, output):
    """Every expected line, in order; one that is not below "..." must follow directly."""
    lines, at, may_skip = output.splitlines(), 0, True
    for wanted in expected:
        if wanted.strip() == "...":
            may_skip = True
            continue
        end = len(lines) if may_skip else at + 1
        found = next((i for i in range(at, min(end, len(lines))) if line_matches(wanted, lines[i])), None)
        if found is None:
            raise Wrong(f"'{command}' does not print, where it should:\n  {wanted}\nbut:\n{output}")
        at, may_skip = found + 1, False


def command_run(tree, command, expected):
    print(f"$ {command}", flush=True)
    # What ctest set for its own tests is nothing the reader has.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COMB_")}
    result = subprocess.run(["bash", "-c", command], cwd=tree, env=environment, stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, errors="replace", timeout=HANG_S, check=False)
    if result.returncode:
        raise Wrong(f"'{command}' ended with status {result.returncode}:\n{result.stdout}{result.stderr}")
    output_check(command, expected, result.stdout)


def guide_follow(tree, guide):
    blocks = FENCE.findall(guide.read_text(encoding="utf-8"))
    files = commands = 0
    for language, name, text in blocks:
        if language == "console":
            for command, expected in console_steps(text):
                command_run(tree, command, expected)
                commands += 1
        elif name:
            file_write(tree, name, text)
            files += 1
        else:
            raise Wrong(f"a block of {language} that is neither a file nor commands")
    if files < 2 or commands < 4:
        raise Wrong(f"only {files} files and {commands} commands: is the text still written as expected?")
    return files, commands


def guide_test(identifier, name):
    """Follows docs/`name` in a copy of the tree; the exit status of the test."""
    guide = ROOT / "docs" / name
    parser = argparse.ArgumentParser(description=f"{identifier}: docs/{name} works, to the letter")
    parser.add_argument("--build", help="not needed: the copy is built by itself")
    parser.add_argument("--keep", type=pathlib.Path, help="use this folder and leave it there")
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="comb-docs-") as scratch:
        tree = parsed.keep or pathlib.Path(scratch) / "comb"
        tree.mkdir(parents=True, exist_ok=True)
        tree_copy(tree)
        try:
            files, commands = guide_follow(tree, guide)
        except (Wrong, subprocess.TimeoutExpired) as error:
            print(f"FAIL {identifier} {error}")
            return 1
    print(f"OK   {identifier} {files} files written, {commands} commands run, all as {name} says")
    return 0
