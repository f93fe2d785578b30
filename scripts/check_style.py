#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The style, as a test, so that nobody has to argue about it.

usage: check_style.py [text|format|tidy|all]...      (default: text format)

  text     every file: licence line, length of lines, tabs, blanks at line ends, words that
           have no business in a finished tree
  format   C files as clang-format would write them
  tidy     C files through clang-tidy, as far as a configured build knows them
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINE_MAX = 110
PLUGIN_FLAGS = re.compile(r" -fplugin\S*")
LICENCE = "SPDX-License-Identifier: MIT"

# Formats without comments, texts for people, and the licence itself.
NO_LICENCE = {".json", ".jsonl", ".svg", ".md"}
NO_LICENCE_NAMES = {"LICENSE", ".gitignore"}
LONG_LINES = {".md", ".json", ".jsonl", ".svg"}

# Written in pieces where this file would otherwise find itself.
WORDS = (
    (re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"), "unfinished business"),
    (re.compile(r"(?<![\w.])/(home|root|work|mnt)/\w"), "a path of somebody's machine"),
    (re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|alloca|setjmp)\s*\("), "a function to avoid"),
    (re.compile(r"[^\x00-\x7F]"), "a character outside ASCII"),
)
AVOIDED_ALLOWED = ("test/",)


def files():
    """What git tracks or would track."""
    listing = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], check=True,
                             capture_output=True, text=True).stdout
    return [name for name in listing.splitlines() if (ROOT / name).is_file()]


def line_problems(name, number, line):
    suffix = Path(name).suffix
    where = f"{name}:{number}"
    if len(line) > LINE_MAX and suffix not in LONG_LINES:
        yield f"{where}: {len(line)} columns, at most {LINE_MAX}"
    if "\t" in line:
        yield f"{where}: a tab"
    if line != line.rstrip():
        yield f"{where}: blanks at the end of the line"
    for pattern, what in WORDS:
        match = pattern.search(line)
        is_excused = (what == "a function to avoid" and (name.startswith(AVOIDED_ALLOWED) or
                                                        suffix not in (".c", ".h"))) or \
                     (what.endswith("ASCII") and suffix in (".md", ".svg"))
        if match and not is_excused:
            yield f"{where}: {what}: {match.group()}"


def text_problems(name):
    data = (ROOT / name).read_bytes()
    if b"\0" in data:
        yield f"{name}: binary"
        return
    text = data.decode(errors="replace")
    lines = text.split("\n")
    suffix = Path(name).suffix
    if suffix not in NO_LICENCE and Path(name).name not in NO_LICENCE_NAMES and \
            not any(LICENCE in line for line in lines[:3]):
        yield f"{name}:1: no licence line ({LICENCE})"
    if text and not text.endswith("\n"):
        yield f"{name}: the last line does not end"
    for number, line in enumerate(lines, 1):
        yield from line_problems(name, number, line)


def tool_find(name):
    return shutil.which(f"{name}-19") or shutil.which(f"{name}-18") or shutil.which(name)


def c_files():
    return [name for name in files() if name.endswith((".c", ".cpp", ".h"))]


def check_text():
    return [problem for name in files() for problem in text_problems(name)]


def check_format():
    if not (ROOT / ".clang-format").exists():
        return []
    tool = tool_find("clang-format")
    if tool is None:
        return ["clang-format is not installed (apt-get install clang-format-19)"]
    result = subprocess.run([tool, "--dry-run", "-Werror", "--ferror-limit=1", *c_files()], cwd=ROOT,
                            capture_output=True, text=True, check=False)
    lines = [line for line in result.stderr.splitlines() if ": error: " in line]
    return lines or (["clang-format: " + result.stderr.strip()] if result.returncode else [])


def tidy_one(tool, build, name):
    result = subprocess.run([tool, "--quiet", "-p", str(build), name], cwd=ROOT, capture_output=True,
                            text=True, check=False)
    lines = sorted({line for line in result.stdout.splitlines() if re.search(r": (error|warning): ", line)})
    if result.returncode and not lines:
        return [f"{name}: clang-tidy failed: {result.stderr.strip()[-400:]}"]
    return lines


def commands_copy(database, build):
    """Puts the compile commands into `build` without our plugin, which has had its say in the build."""
    entries = json.loads(database.read_text()) if database.exists() else []
    for entry in entries:
        entry["command"] = PLUGIN_FLAGS.sub("", entry["command"])
    build.mkdir()
    (build / "compile_commands.json").write_text(json.dumps(entries))
    return entries


def check_tidy():
    """Each C file once, with the flags of the first build that compiles it."""
    tool = tool_find("clang-tidy")
    if tool is None:
        return ["clang-tidy is not installed (apt-get install clang-tidy-19)"]
    with tempfile.TemporaryDirectory(prefix="comb-tidy-") as folder:
        owners = {}
        for name in ("release", "host-test"):
            build = Path(folder, name)
            for entry in commands_copy(ROOT / "build" / name / "compile_commands.json", build):
                path = Path(entry["directory"], entry["file"]).resolve()
                if path.suffix == ".c" and path.is_relative_to(ROOT):
                    source = path.relative_to(ROOT).as_posix()
                    if not source.startswith(("build/", "test/")):
                        owners.setdefault(source, build)
        if not owners:
            return ["no configured build knows any C file (cmake --preset release)"]
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            parts = pool.map(lambda item: tidy_one(tool, item[1], item[0]), sorted(owners.items()))
            return [line for part in parts for line in part]


CHECKS = {"text": check_text, "format": check_format, "tidy": check_tidy}


def main():
    wanted = sys.argv[1:] or ["text", "format"]
    wanted = list(CHECKS) if wanted == ["all"] else wanted
    if not set(wanted) <= set(CHECKS):
        print(__doc__, file=sys.stderr)
        return 2
    problems = [problem for check in wanted for problem in CHECKS[check]()]
    print("\n".join(problems + [f"{' '.join(wanted)}: {len(problems)} problems in {len(files())} files"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
