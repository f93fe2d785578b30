#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Breaks each rule of the static checks in a tree of its own and sees that it is noticed.

usage: checks_test.py FOLDER_OF_SCRIPTS
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(sys.argv.pop()).resolve()
sys.path.insert(0, str(SCRIPTS))
import check_style  # noqa: E402  (its folder is known only now)

# Path, content, part of the complaint; each alone is one breach.
LAYER_BREACHES = (
    ("include/rt/a.h", "#include <abi/x.h>\n", "rt must not include include/abi/x.h"),
    ("include/abi/a.h", "#include <sdk/x.h>\n", "abi must not include include/sdk/x.h"),
    ("include/sdk/a.h", "#include <core/x.h>\n", "sdk must not include src/core/x.h"),
    ("src/rt/a.c", "#include <abi/x.h>\n", "rt body must not include include/abi/x.h"),
    ("src/core/a.c", "#include <sdk/x.h>\n", "core must not include include/sdk/x.h"),
    ("src/core/b.c", '#include "../arch/x86_64/x.h"\n', "core must not include src/arch/x86_64/x.h"),
    ("src/core/c.c", "int x86_read(void);\n", 'core must not contain "x86_read"'),
    ("src/core/d.c", 'void f(void) { __asm__("nop"); }\n', 'core must not contain "__asm__"'),
    ("cells/one/a.c", "#include <cells/two/x.h>\n", "cell must not include cells/two/x.h"),
    ("cells/one/b.c", '#include "../lib/x.h"\n', "cell must not include cells/lib/x.h"),
    ("cells/one/c.c", "#include <core/x.h>\n", "cell must not include src/core/x.h"),
    ("cells/one/d.c", 'void f(void) { asm("nop"); }\n', 'cell must not contain "asm"'),
    ("cells/one/e.c", "#include <stdio.h>\n", "stdio.h is neither in the tree"),
    ("efi/a.c", "#include <core/x.h>\n", "efi must not include src/core/x.h"),
    ("src/core/e.c", "#include <test/x.h>\n", "core must not include test/x.h"),
    ("src/other.c", "\n", "belongs to no layer"),
    ("src/plugin/a.cpp", "#include <abi/x.h>\n", "plugin must not include include/abi/x.h"),
    ("src/plugin/b.cpp", "#include <set>\n#include <boost/x.hpp>\n", "boost/x.hpp is neither in the tree"),
)
TARGETS = ("include/abi/x.h", "include/sdk/x.h", "src/core/x.h", "src/arch/arch.h", "src/arch/x86_64/x.h",
           "src/arch/x86_64/arch_x.h", "cells/one/x.h", "cells/two/x.h", "cells/lib/x.h", "test/x.h")
LAYER_SOUND = (
    ("src/core/a.c", '#include "x.h"\n#include <abi/x.h>\n#include <arch/arch.h>\n#include <arch_x.h>\n'
                     "/* x86 and __asm__ in a comment */\n"),
    ("src/plugin/a.cpp", "#include <clang/AST/Expr.h>\n#include <llvm/ADT/StringRef.h>\n#include <set>\n"),
    ("cells/one/a.c", '#include "x.h"\n#include <sdk/x.h>\n#include <stdint.h>\n'),
    ("test/a.c", "#include <core/x.h>\n#include <cells/one/x.h>\n#include <stdio.h>\n"),
)


def write(root, path, text):
    file = Path(root, path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def run(script, root):
    result = subprocess.run([sys.executable, SCRIPTS / script, root], capture_output=True, text=True,
                            check=False)
    return result.returncode, result.stdout


class Layers(unittest.TestCase):
    def tree(self, folder, files):
        for path in TARGETS:
            write(folder, path, "\n")
        for path, text in files:
            write(folder, path, text)
        return run("check_layers.py", folder)

    def test_sound(self):
        with tempfile.TemporaryDirectory() as folder:
            status, output = self.tree(folder, LAYER_SOUND)
            self.assertEqual(status, 0, output)

    def test_breaches(self):
        for path, text, complaint in LAYER_BREACHES:
            with self.subTest(complaint), tempfile.TemporaryDirectory() as folder:
                status, output = self.tree(folder, ((path, text),))
                self.assertEqual(status, 1, output)
                self.assertIn(complaint, output)
                self.assertIn(" 1 problems", output)


class Size(unittest.TestCase):
    FUNCTION = "void f%d(void)\n{\n%s}\n\n"

    def tree(self, folder, lengths, monitor_lines=1, scanner_lines=1):
        write(folder, "cells/a.c", "".join(self.FUNCTION % (i, "    g();\n" * length)
                                           for i, length in enumerate(lengths)))
        write(folder, "src/core/a.c", "int a;\n\n/* not\n   counted */\n" * monitor_lines)
        write(folder, "src/core/scan.c", "\n" * scanner_lines)
        return run("check_size.py", folder)

    def check(self, expected, *arguments, **named):
        with tempfile.TemporaryDirectory() as folder:
            status, output = self.tree(folder, *arguments, **named)
            self.assertEqual(status, expected, output)

    def test_limits(self):
        self.check(0, [67] * 100, monitor_lines=6500, scanner_lines=150)
        self.check(1, [67] * 100 + [68])
        self.check(1, [1] * 100, monitor_lines=6501)
        self.check(1, [1] * 100, scanner_lines=151)
        self.check(1, [1] * 99)


class Style(unittest.TestCase):
    def problems(self, line, name="src/a.c"):
        return list(check_style.line_problems(name, 1, line))

    def test_lines(self):
        self.assertEqual(self.problems("x" * 110), [])
        for line in ("x" * 111, "\tx", "x ", "/* TO" "DO */", "// FIX" "ME", "strcpy" "(a, b);", "caf\u00e9",
                     '"/ho' 'me/somebody/x"'):
            self.assertEqual(len(self.problems(line)), 1, line)
        self.assertEqual(self.problems("strcpy" "(a, b);", "test/a.c"), [])
        self.assertEqual(self.problems("x" * 200, "docs/a.md"), [])


if __name__ == "__main__":
    unittest.main()
