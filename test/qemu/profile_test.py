# SPDX-License-Identifier: MIT
"""A trap of the language profile names its check, its file and its line: in reports and in the log."""
import sys

from harness import ROOT, booted, check, expect_equal, expect_in, verdict

SOURCE = "cells/lib/fault.c"
# What `cell break` calls it: the check that a comment marks in the source.
TRAPS = {"trap": "bounds", "overflow": "add-overflow", "call": "kcfi", "assert": "assert"}


def line_of(trap):
    """Where SOURCE says that this check traps."""
    lines = (ROOT / SOURCE).read_text().splitlines()
    marked = [number for number, line in enumerate(lines, 1) if f"/* trap: {trap} */" in line]
    expect_equal(len(marked), 1, f"lines marked as {trap}")
    return marked[0]


def trap_checks(base, backend):
    with booted([f"backend={backend}"]) as guest:
        for number, (kind, trap) in enumerate(TRAPS.items()):
            with check(f"QEMU20{base + number}", f"{backend}: {trap} is named with its file and line"):
                guest.ok("cell restart echo")
                guest.until_running("echo")
                guest.command(f"cell break echo {kind}")
                crash = guest.json("crash show echo --json")[0]
                expect_equal((crash.get("check"), crash.get("file"), crash.get("line")),
                             (trap, SOURCE, line_of(trap)), "check, file and line")
                place = f"{trap} at {SOURCE}:{line_of(trap)}"
                expect_in(f"check   {place}\n", guest.ok("crash show echo"), "report")
                guest.until("log --json", lambda rows, line=f"echo crashed, {place} ": any(
                    line in row["text"] for row in rows), "a line in the log")


def other_check():
    with check("QEMU2020", "a crash that is no trap names no check"), booted() as guest:
        guest.command("cell break echo null")
        crash = guest.json("crash show echo --json")[0]
        expect_equal([field for field in ("check", "file", "line") if field in crash], [])


def main():
    trap_checks(10, "pku")
    trap_checks(14, "pt")
    other_check()
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
