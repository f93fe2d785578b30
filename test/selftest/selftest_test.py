# SPDX-License-Identifier: MIT
"""The tests that run on the machine itself, in cells, under each backend.

The appliance "selftest" starts them by itself; what they found is in the log.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "qemu"))
from harness import booted, check, expect, expect_equal, verdict  # noqa: E402

BACKENDS = ((1, "pku"), (21, "pt"), (41, "none"))
SETS = ("memory", "call numbers", "pointers", "handles", "query", "log", "wait", "budget",
        "capabilities", "gates", "channels", "block", "text", "crash")
ENDED = ("crashed", "restarting", "stopped", "failed")
SET_LINE = re.compile(r'(OK|FAIL): "([a-z ]+)" (?:(\d+) of )?(\d+) tests$')
LAST_LINE = re.compile(r"selftest: (\d+) passed, (\d+) failed$")


def log_until_done(guest):
    """What the cell has said once it has said its last line."""
    def texts_of(rows):
        return [row["text"] for row in rows]

    def is_done(rows):
        state = guest.cells()["selftest"]["state"]
        expect(state not in ENDED, f"selftest is {state}; it said {texts_of(rows)}")
        return any(LAST_LINE.match(text) for text in texts_of(rows))

    return texts_of(guest.until("log selftest --json", is_done, "the last line of selftest"))


def sets_of(lines):
    """set -> (tests, wrong, what was found otherwise)"""
    sets = {}
    for match in filter(None, map(SET_LINE.match, lines)):
        verdict_word, name, wrong, tests = match.groups()
        found = [line for line in lines if line.startswith(f'FAIL: "{name}" ') and not SET_LINE.match(line)]
        expect_equal(verdict_word == "OK", wrong is None, f"the verdict on {name}")
        sets[name] = (int(tests), int(wrong or 0), found)
    return sets


def backend_checks(base, backend):
    lines, sets = [], {}
    with check(f"SELF{base:04}", f"{backend}: selftest ends, and its totals are those of its sets"), \
            booted(["appliance=selftest", f"backend={backend}"]) as guest:
        lines = log_until_done(guest)
        sets = sets_of(lines)
        expect_equal(guest.json("backend --json")[0]["backend"], backend)
        expect_equal(set(sets), set(SETS), "sets")
        passed, failed = map(int, next(filter(None, map(LAST_LINE.match, lines))).groups())
        expect_equal(passed + failed, sum(tests for tests, _, _ in sets.values()), "tests")
        expect_equal(failed, sum(wrong for _, wrong, _ in sets.values()), "failures")
        with check(f"SELF{base + 1:04}", f"{backend}: nobody crashed but echo, once, as it was asked to"):
            crashes = {name: row["crashes"] for name, row in guest.cells().items() if row["crashes"]}
            expect_equal(crashes, {"echo": 1}, "crashes")
    for number, name in enumerate(SETS, base + 2):
        with check(f"SELF{number:04}", f"{backend}: {name}"):
            tests, wrong, found = sets.get(name, (0, 0, ["the set did not run"]))
            expect(tests > 0 and wrong == 0, "\n".join(found) or f"{wrong} of {tests} tests")


def main():
    wanted = sys.argv[1:]
    for base, backend in BACKENDS:
        if not wanted or backend in wanted:
            backend_checks(base, backend)
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
