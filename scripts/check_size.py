#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures the code and holds it to its limits.

usage: check_size.py [ROOT]

The monitor is what everybody has to trust: it may have 6500 lines of C and assembly, headers
included, that are neither blank nor only comment (explaining must not cost anything).  It is all of
src/ but what is not linked into it: the verifier, which runs in the EFI stub, and the compiler's
plugin.  The scanner may have 150 lines of all kinds.  No function may have more than 70 lines from its
name to its closing brace.
"""

import re
import statistics
import sys
from pathlib import Path

MONITOR_LINES_MAX = 6500
SCANNER_LINES_MAX = 150
FUNCTION_LINES_MAX = 70
NOT_MONITOR = ("src/verify", "src/plugin")

# The layout is clang-format's: a function's braces stand alone in the first column.
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
BEFORE = ("#", "}", "*/", " */")
NAME = re.compile(r"(\w+)\(")

ATTRIBUTES = ("__attribute__", "format", "no_sanitize", "section")


def lines_of(path):
    return path.read_text(errors="replace").splitlines()


def code_lines(path):
    text = path.read_text(errors="replace")
    code = COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)
    return sum(1 for line in code.splitlines() if line.strip())


def functions(path):
    """(name, first line, number of lines) of each function."""
    lines = lines_of(path)
    for start, line in enumerate(lines):
        if line != "{":
            continue
        head = start
        while head > 0 and lines[head - 1].strip() and not lines[head - 1].startswith(BEFORE):
            head -= 1
        signature = " ".join(lines[head:start])
        if "(" not in signature or signature.rstrip().endswith(("=", ";")):
            continue
        end = next((i for i in range(start, len(lines)) if lines[i].startswith("}")), len(lines) - 1)
        names = [name for name in NAME.findall(signature) if name not in ATTRIBUTES]
        yield names[0] if names else "?", head + 1, end - head + 1


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    problems = []

    sources = [path for path in sorted((root / "src").rglob("*")) if path.suffix in (".c", ".h", ".S")]
    monitor = [path for path in sources if not path.relative_to(root).as_posix().startswith(NOT_MONITOR)]
    monitor_lines = sum(map(code_lines, monitor))
    if not 0 < monitor_lines <= MONITOR_LINES_MAX:
        problems.append(f"src: {monitor_lines} lines, at most {MONITOR_LINES_MAX}")
    scanner_lines = len(lines_of(root / "src/core/scan.c"))
    if scanner_lines > SCANNER_LINES_MAX:
        problems.append(f"src/core/scan.c: {scanner_lines} lines, at most {SCANNER_LINES_MAX}")

    lengths = []
    for folder in ("include", "src", "cells", "efi", "test"):
        for path in sorted((root / folder).rglob("*.[ch]")):
            for name, line, length in functions(path):
                lengths.append((length, f"{path.relative_to(root)}:{line}: {name}"))
    problems += [f"{where} has {length} lines, at most {FUNCTION_LINES_MAX}"
                 for length, where in lengths if length > FUNCTION_LINES_MAX]
    if len(lengths) < 100:
        problems.append(f"only {len(lengths)} functions recognized: the measure itself is broken")

    by_folder = {}
    for path in sources:
        folder = path.parent.relative_to(root).as_posix()
        by_folder[folder] = by_folder.get(folder, 0) + code_lines(path)

    lengths.sort()
    sizes = [length for length, _ in lengths] or [0]
    print("\n".join(problems))
    print(f"monitor {monitor_lines} of {MONITOR_LINES_MAX} lines, "
          f"scanner {scanner_lines} of {SCANNER_LINES_MAX}")
    print("  " + ", ".join(f"{folder} {count}" for folder, count in sorted(by_folder.items())))
    print(f"{len(sizes)} functions: median {statistics.median(sizes):g} lines, "
          f"p90 {sizes[len(sizes) * 9 // 10]}, longest {sizes[-1]}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
