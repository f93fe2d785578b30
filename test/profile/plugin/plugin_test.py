#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The plugin refuses what it should, where it should and in these words, and nothing else.

usage: plugin_test.py ROOT BUILD

Compiles the files of this folder with the very flags of a cell.  In a _bad.c a line that is refused
ends in a comment that says with what error; a _good.c is compiled without one.
"""

import json
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD = Path(sys.argv.pop()).resolve()
ROOT = Path(sys.argv.pop()).resolve()
HERE = Path(__file__).resolve().parent
ERROR = re.compile(r"^(?:.*/)?([\w.]+):(\d+):\d+: (?:fatal )?error: (.*)$", re.M)
EXPECTED = re.compile(r"/\* refused: (.*?) \*/")
# What the plugin says, by the word in the comment, with what else stands there put in.
TEXTS = {
    "assembly":
        "{} in cell code: call what the SDK offers, or write a function of an assembly file",
    "number":
        "a number becomes a pointer: take the pointer from who owns the memory (cell_memory, "
        "cell_pages, an array) and index it",
    "number-to":
        "a number becomes a pointer to {}: take it from the SDK (channel_pool_at, mmio_open, "
        "dma_take)",
    "union":
        "a union of a pointer and something else is a cast: use a struct",
    "space":
        "a pointer to {} becomes one to {}: copy with shared_copy_in or dma_copy_in, or read with"
        " an accessor",
    "space-number":
        "a pointer to {} becomes a number: keep an offset into the memory instead",
    "foreign":
        "nothing on this path bounds '{}', a number of the other side's, and '{}' has no size: "
        "compare it with the size first, or index an array",
    "bounds":
        "nothing on this path bounds '{}' and '{}' has no size: compare it with the size first, "
        "or index an array",
    "walk":
        "nothing on this path bounds '{}': compare the pointer with its end, or what it points at"
        " with the end of the text, or index an array",
    "fetch":
        "double fetch: '{}' was read before and the other side may have changed it: keep the "
        "first value, or fence to look again",
    "fetch-at":
        "double fetch: '{}' at '{}' was read before and the other side may have changed it: keep "
        "the first value, or fence to look again",
    "loop":
        "only the device ends this loop: poll with mmio_poll32 or mmio_wait32, or count the "
        "turns, or compare tsc_read with a deadline",
    "unchecked":
        "the checks of the profile stay on in cell code: make them pass, or put the function into"
        " the SDK and its ledger",
}
RULES = ("assembly", "number", "space", "bounds", "fetch", "loops", "unchecked")
# Of a test that stands alone: functions without a prototype, empty loops, a function that never returns.
LENIENT = ("-Wno-missing-prototypes", "-Wno-missing-variable-declarations", "-Wno-null-dereference",
           "-Wno-thread-safety", "-ferror-limit=0", "-Wno-unused-function")


def commands():
    return json.loads((BUILD / "compile_commands.json").read_text())


def cell_command():
    """The compiler and the flags of a cell, without its files."""
    entry = next(entry for entry in commands() if entry["file"].endswith("cells/echo/echo.c"))
    words = shlex.split(entry["command"])
    at = words.index("-o")
    del words[at:at + 2]
    return [word for word in words if word not in ("-c", entry["file"]) and not word.startswith("-M")
            and not word.endswith((".obj", ".obj.d"))]


def compile_file(path, *flags, without=()):
    words = [word for word in cell_command() if not word.startswith(tuple(without))] if without \
        else cell_command()
    return subprocess.run([*words, *LENIENT, *flags, "-fsyntax-only", path], cwd=BUILD, capture_output=True,
                          text=True, check=False)


def errors_of(result):
    return {(int(line), text) for _, line, text in ERROR.findall(result.stderr)}


def expected_of(path):
    expected = set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = EXPECTED.search(line)
        if match:
            key, *words = match[1].split(" | ")
            expected.add((number, TEXTS[key].format(*words)))
    return expected


class Rules(unittest.TestCase):
    def test_bad(self):
        for rule in RULES:
            with self.subTest(rule):
                path = HERE / f"{rule}_bad.c"
                expected = expected_of(path)
                self.assertTrue(expected)
                result = compile_file(path)
                self.assertEqual(errors_of(result), expected, result.stderr)
                self.assertNotEqual(result.returncode, 0)

    def test_good(self):
        for rule in RULES:
            with self.subTest(rule):
                result = compile_file(HERE / f"{rule}_good.c")
                self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_only_the_plugin_refuses(self):
        """Without it the bad files compile: nothing else would have found these."""
        for rule in RULES:
            with self.subTest(rule):
                result = compile_file(HERE / f"{rule}_bad.c", without=("-fplugin",))
                self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_implicit(self):
        """Without a cast, no kind of memory becomes another: that is the compiler's own."""
        for source, target in (("SHARED", ""), ("", "DMA"), ("MMIO", "SHARED")):
            with self.subTest(f"{source} to {target}"), tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "implicit.c")
                path.write_text("#include <sdk/pointer.h>\n"
                                f"void {target} *f(void {source} *from) {{ return from; }}\n")
                result = compile_file(path)
                self.assertIn("changes address space of pointer", result.stderr)
                self.assertNotEqual(result.returncode, 0)


class Ledger(unittest.TestCase):
    SOURCE = "#include <stdint.h>\nuint8_t *made(uint64_t at) { return (uint8_t *)at; }\n"

    def run_with(self, line):
        with tempfile.TemporaryDirectory() as folder:
            source, ledger = Path(folder, "made.c"), Path(folder, "ledger.txt")
            source.write_text(self.SOURCE)
            ledger.write_text(f"# a comment\n\n{line}\n")
            return compile_file(source, f"-fplugin-arg-comb-root={folder}",
                                f"-fplugin-arg-comb-ledger={ledger}", without=("-fplugin-arg-comb",))

    def test_exact(self):
        self.assertEqual(self.run_with("made.c made pointer-from-number 1").returncode, 0)

    def test_none(self):
        for line in ("", "made.c other pointer-from-number 1", "other.c made pointer-from-number 1",
                     "made.c made leave-space 1"):
            with self.subTest(line):
                self.assertIn("a number becomes a pointer", self.run_with(line).stderr)

    def test_too_many(self):
        result = self.run_with("made.c made pointer-from-number 2")
        text = "the ledger allows this function 2 of 'pointer-from-number', it has 1: correct the ledger"
        self.assertEqual(errors_of(result), {(2, text)})

    def test_unreadable(self):
        for line in ("made.c made pointer-from-number", "made.c made pointer-from-number 0"):
            with self.subTest(line):
                result = self.run_with(line)
                self.assertIn(f"comb plugin: not a line of a ledger: {line}", result.stderr)
                self.assertNotEqual(result.returncode, 0)

    def test_missing(self):
        result = compile_file(HERE / "number_good.c", "-fplugin-arg-comb-ledger=/nonexistent",
                              without=("-fplugin-arg-comb-ledger",))
        self.assertIn("comb plugin: cannot read the ledger /nonexistent", result.stderr)
        self.assertNotEqual(result.returncode, 0)

    def test_of_the_tree(self):
        """Only the SDK stands in it, each line once, and no file or function that is gone."""
        lines = [line.split() for line in (ROOT / "src/plugin/ledger.txt").read_text().splitlines()
                 if line and not line.startswith("#")]
        self.assertTrue(lines)
        self.assertEqual(len({tuple(line[:3]) for line in lines}), len(lines))
        for path, function, _, _ in lines:
            with self.subTest(f"{path} {function}"):
                self.assertTrue(path.startswith(("cells/lib/", "include/sdk/", "src/rt/")))
                self.assertRegex((ROOT / path).read_text(), rf"\b{function}\(")


class Build(unittest.TestCase):
    def test_every_cell(self):
        """Each C file of a cell is compiled with the plugin and the whole ledger."""
        cells = [entry for entry in commands() if Path(entry["file"]).suffix == ".c" and
                 "/cells/" in entry["file"]]
        self.assertGreater(len(cells), 100)
        for entry in cells:
            with self.subTest(entry["file"]):
                self.assertIn("-fplugin=", entry["command"])
                self.assertIn("-fplugin-arg-comb-ledger=", entry["command"])

    def test_absent(self):
        result = compile_file(HERE / "number_good.c", "-fplugin=/nonexistent/plugin.so")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("unable to load plugin", result.stderr)

    def test_strange_argument(self):
        result = compile_file(HERE / "number_good.c", "-fplugin-arg-comb-ledgre=x")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("comb plugin: no argument 'ledgre=x'", result.stderr)

    def configure(self, mode, version):
        """What comb_plugin_flags says to a compiler for which there are no headers."""
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "configure.cmake")
            script.write_text(f"include({ROOT}/src/plugin/plugin.cmake)\ncomb_plugin_flags()\n")
            return subprocess.run(["cmake", f"-DCOMB_PLUGIN={mode}", "-DCMAKE_C_COMPILER=/usr/bin/clang-19",
                                   f"-DCMAKE_C_COMPILER_VERSION={version}", "-P", script],
                                  capture_output=True, text=True, check=False)

    def test_other_compiler(self):
        needed = self.configure("ON", "99.1.0")
        self.assertNotEqual(needed.returncode, 0)
        self.assertIn("apt-get install libclang-99-dev llvm-99-dev", needed.stderr)
        offered = self.configure("AUTO", "99.1.0")
        self.assertEqual(offered.returncode, 0, offered.stderr)
        self.assertIn("plugin is off: apt-get install libclang-99-dev llvm-99-dev", offered.stdout)


if __name__ == "__main__":
    unittest.main()
