#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks who includes whom: contracts know nobody, cells know contracts, nobody knows the tests.

usage: check_layers.py [ROOT]

Every #include of every C and assembly file is resolved to a file of the tree and compared with
what the layer of the including file may see.  Also: src/core names no processor, and no cell
contains inline assembly.
"""

import re
import sys
from pathlib import Path

# Layer of a file by its path, most specific first.
LAYERS = (
    ("include/rt/", "rt"),
    ("include/abi/", "abi"),
    ("include/hw/", "hw"),
    ("include/sdk/", "sdk"),
    ("src/rt/", "rt body"),
    ("src/arch/arch.h", "arch contract"),
    ("src/arch/", "arch"),
    ("src/core/", "core"),
    ("src/verify/", "verify"),
    ("src/plugin/", "plugin"),
    ("cells/lib/", "cell library"),
    ("cells/", "cell"),
    ("efi/", "efi"),
    ("test/", "test"),
)

# What a layer may include besides itself.  "cell" is meant per folder; "test" may do all.
ALLOWED = {
    "rt": set(),
    "abi": {"rt"},
    "hw": {"rt"},
    "sdk": {"rt", "abi"},
    "rt body": {"rt"},
    "arch contract": {"rt", "abi"},
    "arch": {"rt", "abi", "hw", "core", "arch contract"},
    "core": {"rt", "abi", "hw", "arch contract"},
    "cell library": {"rt", "abi", "hw", "sdk"},
    "cell": {"rt", "abi", "hw", "sdk"},
    "verify": {"rt", "abi"},
    "plugin": set(),
    "efi": {"rt", "abi", "hw", "verify"},
}

# Headers of the compiler that freestanding code may use, and who may use others.
FREESTANDING = {"stdint.h", "stddef.h", "stdarg.h", "stdbool.h", "limits.h"}
# The plugin is C++ for the machine that builds: clang's headers, and those of the language.
HOST = re.compile(r"(clang|llvm)/[\w/]+\.h|[a-z_]+")
FOREIGN = {"efi": {"efi.h", "cpuid.h", "immintrin.h"}, "arch": {"cpuid.h"}}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)
PROCESSOR = re.compile(r"\b(x86\w*|amd64\w*|aarch64\w*|arm64\w*|arm_\w+|i386|riscv\w*|__asm__|asm)\b", re.I)
ASSEMBLY = re.compile(r"\b(__asm__|__asm|asm)\b")


def layer_of(path):
    return next((layer for prefix, layer in LAYERS if path.startswith(prefix)), None)


def resolve(root, source, name, is_quoted):
    """Path of the included file inside the tree, or None for one from elsewhere."""
    folders = [(root / source).parent] if is_quoted else []
    folders += [root / "include", root / "src", root, *sorted((root / "src/arch").glob("*/"))]
    for folder in folders:
        candidate = (folder / name).resolve()
        if candidate.is_file() and candidate.is_relative_to(root):
            return candidate.relative_to(root).as_posix()
    return None


def is_allowed(source, layer, target):
    other = layer_of(target)
    if layer == "test":
        return True
    # arch_*.h is found by include order: each processor's part of the contract.
    if layer == "core" and other == "arch":
        return Path(target).name.startswith("arch_")
    if layer == "cell" and other == "cell":
        return source.split("/")[1] == target.split("/")[1]
    return other == layer or other in ALLOWED[layer]


def include_problem(root, source, layer, name, is_quoted):
    target = resolve(root, source, name, is_quoted)
    if target is not None:
        return None if is_allowed(source, layer, target) else f"{layer} must not include {target}"
    if layer == "plugin" and HOST.fullmatch(name):
        return None
    if layer == "test" or name in FREESTANDING or name in FOREIGN.get(layer, ()):
        return None
    return f"{name} is neither in the tree nor a freestanding header"


def text_problems(layer, text):
    """What a file says about processors, comments and texts left out."""
    code = COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    pattern = {"core": PROCESSOR, "cell": ASSEMBLY, "cell library": ASSEMBLY, "sdk": ASSEMBLY}.get(layer)
    for match in pattern.finditer(code) if pattern else ():
        yield code.count("\n", 0, match.start()) + 1, f"{layer} must not contain \"{match.group()}\""


def file_problems(root, source):
    layer = layer_of(source)
    if layer is None:
        yield f"{source}: belongs to no layer"
        return
    text = (root / source).read_text(errors="replace")
    for match in INCLUDE.finditer(text):
        problem = include_problem(root, source, layer, match.group(2), match.group(1) == '"')
        if problem:
            line = text.count("\n", 0, match.start(1)) + 1
            yield f"{source}:{line}: {problem}"
    if not source.endswith(".S"):
        for line, problem in text_problems(layer, text):
            yield f"{source}:{line}: {problem}"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    sources = [path.relative_to(root).as_posix() for folder in ("include", "src", "cells", "efi", "test")
               for path in sorted((root / folder).rglob("*")) if path.suffix in (".c", ".cpp", ".h", ".S")]
    if not sources:
        print(f"no sources under {root}")
        return 1
    problems = [problem for source in sources for problem in file_problems(root, source)]
    print("\n".join(problems + [f"{len(sources)} files, {len(problems)} problems"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
