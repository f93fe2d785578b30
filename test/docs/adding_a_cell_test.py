#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""DOC0001: docs/adding_a_cell.md works, to the letter; guide.py says how that is tried."""
import sys

from guide import guide_test

if __name__ == "__main__":
    sys.exit(guide_test("DOC0001", "adding_a_cell.md"))
