#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each mechanism of the language profile fires, and is not inert: docs/profile.md.

usage: fires_test.py TOP_OF_SOURCES

Every file of fires/ breaks one rule, with the very flags that cells are compiled with:

  refused/   does not compile, with that complaint at the line marked HERE
  traps/     is compiled and run natively; stops in the trap of that check, at that line
  quiet/     runs through, and leaves nothing behind

Without the flag it names each must come out otherwise: else it would show nothing.  And a flag of
the profile that no file is about is a failure, too.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(sys.argv.pop()).resolve()
FIRES = TOP / "test" / "profile" / "fires"
sys.path.insert(0, str(TOP / "scripts"))
from comblib import traps  # noqa: E402  (its folder is known only now)

HEAD = re.compile(r"/\* (PRF\d+): ([^\n]*)\n \* flag: ([^\n]*)\n \* says: ([^\n]*) \*/")
MARK = "/* HERE */"
NO_FLAG = "none"                          # an assertion is part of the source
NATIVE = ("-fuse-ld=lld", "-no-pie", "-Wl,--emit-relocs")
POISON = "poison.h"
MEMORY_KINDS = ("SHARED", "MMIO", "DMA")  # taken out of the source, not of the flags
SOME_SOURCE = "/cells/clock/clock.c"
# What shapes code and checks nothing in the source: layout, optimisation, debugging, what keeps traps apart.
# The thunks have tests of their own (test/unit/thunk_test.c).
SHAPING = re.compile(r"-(O2|g|std=.*|f(no-|PIE|visibility|omit-|function-|data-|file-|freestanding|"
                     r"cf-protection|sanitize-minimal).*|m(general|stack|llvm|retpoline|function).*|"
                     r"enable-tail.*|bounds-checking.*|Werror|-target.*|I.*)$")


def profile_flags(folder):
    """(compiler, options) of a C file of a cell, as a build has them that is configured into `folder`."""
    subprocess.run(["cmake", "-S", TOP, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                    f"--toolchain={TOP / 'toolchain.cmake'}", "-DCOMB_PLUGIN=OFF"], check=True,
                   capture_output=True)
    commands = json.loads(pathlib.Path(folder, "compile_commands.json").read_text())
    command = next(entry["command"] for entry in commands if entry["file"].endswith(SOME_SOURCE))
    words = shlex.split(command)
    return words[0], [word for word in words[1:words.index("-o")] if "plugin" not in word]


def option_words(options):
    """Each option with its value: ('-mllvm', '-x'), ('-include', 'y'), ('-O2',)."""
    words = iter(options)
    for word in words:
        yield (word, next(words)) if word in ("-mllvm", "-include", "-Xclang") else (word,)


def option_without(option, flag):
    """The words of one option without what `flag` asks for; [] when that is all of it."""
    if flag == POISON:
        return [] if option[-1].endswith(POISON) else list(option)
    name, _, wanted = flag.partition("=")
    if name != "-fsanitize":
        return [] if option[0] == flag or option[0].startswith(flag + "-") else list(option)
    if not option[0].startswith("-fsanitize="):
        return list(option)
    kept = [kind for kind in option[0].partition("=")[2].split(",") if kind not in wanted.split(",")]
    return [f"-fsanitize={','.join(kept)}"] if kept else []


def options_without(options, flag):
    return [word for option in option_words(options) for word in option_without(option, flag)]


class Case:
    """One file of fires/."""

    def __init__(self, path):
        self.path, self.kind = path, path.parent.name
        self.source = path.read_text()
        self.id, self.what, self.flag, self.says = HEAD.search(self.source).groups()
        lines = self.source.splitlines()
        self.line = next((number for number, line in enumerate(lines, 1) if MARK in line), 0)

    def __str__(self):
        return f"{self.id}: {self.what} ({self.flag})"


CASES = [Case(path) for path in sorted(FIRES.glob("*/*.c"))]


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


class Bench:
    """The compiler, the flags, and a folder to work in."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.clang, self.flags = profile_flags(self.folder / "build")
        self.host = []
        for source in (FIRES / "host.c", FIRES / "host.S", TOP / "cells" / "lib" / "trap.S"):
            self.host.append(self.folder / f"{source.name}.o")
            subprocess.run([self.clang, "-std=gnu23", "-O1", f"-I{TOP / 'include'}", "-c", source,
                            "-o", self.host[-1]], check=True)

    def compile(self, case, is_whole):
        """(what the compiler says, the object)"""
        flags = self.flags if is_whole else options_without(self.flags, case.flag)
        target, source = self.folder / f"{case.id}{'' if is_whole else '-without'}.o", case.path
        if case.flag in MEMORY_KINDS and not is_whole:
            source = self.folder / case.path.name
            source.write_text(re.sub(rf"\b({'|'.join(MEMORY_KINDS)}) ", "", case.source))
        done = run([self.clang, *flags, "-c", source, "-o", target])
        return done.stderr if done.returncode else "", target

    def outcome(self, case, is_whole):
        """What comes of it with all flags, or without that of the case; in a line."""
        said, target = self.compile(case, is_whole)
        if case.kind == "refused" or said:
            return said
        program = target.with_suffix("")
        subprocess.run([self.clang, *NATIVE, target, *self.host, "-o", program], check=True)
        data = program.read_bytes()
        program.write_bytes(traps.calls_replaced(data))
        return ran(run([program]), data)

    def both(self, case):
        """(with the profile, without the flag)"""
        return self.outcome(case, True), "" if case.flag == NO_FLAG else self.outcome(case, False)


def ran(done, data):
    """What a run of the ELF `data` came to: its output, or the trap it ended in."""
    where = re.search(r"signal \d+ at 0x([0-9a-f]+)", done.stdout)
    if where is None:
        return done.stdout.strip() if done.returncode == 0 else f"ended by {done.returncode}"
    return next((f"{check} at {file}:{line}" for at, file, line, check in traps.traps_of(data)
                 if at == int(where[1], 16)), "a signal")


def is_wanted(case, outcome):
    if case.kind == "traps":
        return outcome == f"{case.says} at {case.path.relative_to(TOP)}:{case.line}"
    if case.kind == "quiet":
        return outcome == case.says
    errors = [line for line in outcome.splitlines() if " error: " in line]
    return all(error.startswith(f"{case.path}:{case.line}:") for error in errors) and \
        any(case.says in error for error in errors)


class Fires(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="comb-fires-") as folder, \
                concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            bench = Bench(folder)
            cls.flags = bench.flags
            cls.outcomes = list(pool.map(bench.both, CASES))

    def test_each_fires(self):
        for case, (fired, _) in zip(CASES, self.outcomes):
            with self.subTest(str(case)):
                self.assertTrue(is_wanted(case, fired), f"{case.path.name}: {fired}")

    def test_none_is_inert(self):
        """Without its flag a rule can be broken: so it is the flag that the other test saw."""
        for case, (_, without) in zip(CASES, self.outcomes):
            with self.subTest(str(case)):
                self.assertFalse(is_wanted(case, without), without)
                self.assertTrue(case.kind != "refused" or without == "", without)

    def test_every_flag_has_a_case(self):
        flags = {case.flag for case in CASES}
        sanitizers = {kind for flag in flags if flag.startswith("-fsanitize=")
                      for kind in flag.partition("=")[2].split(",")}
        for option in option_words(self.flags):
            with self.subTest(" ".join(option)):
                if option[0].startswith("-fsanitize="):
                    self.assertLessEqual(set(option[0].partition("=")[2].split(",")), sanitizers)
                elif option[-1].endswith(POISON):
                    self.assertIn(POISON, flags)
                else:
                    self.assertTrue(option[0] in flags or SHAPING.match(option[0]), "no file is about it")

    def test_table(self):
        """docs/profile.md has a row for each, which says its flag."""
        ids = [case.id for case in CASES]
        self.assertEqual(len(set(ids)), len(ids))
        text = (TOP / "docs" / "profile.md").read_text()
        rows = [line for line in text.splitlines() if line.startswith("|")]
        for case in CASES:
            with self.subTest(str(case)):
                row = next((line for line in rows if case.id in line), "")
                self.assertIn(case.flag if case.flag != NO_FLAG else case.says, row)


if __name__ == "__main__":
    unittest.main()
