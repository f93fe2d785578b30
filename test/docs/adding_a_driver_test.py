#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""DOC0004: docs/adding_a_driver.md works, to the letter; guide.py says how that is tried."""
import sys

from guide import guide_test

if __name__ == "__main__":
    sys.exit(guide_test("DOC0004", "adding_a_driver.md"))
