# SPDX-License-Identifier: MIT
"""Every attack of the list, on the machine, under each backend.

    hostile_test.py [pku|pt|none|latency] [number]

One check for each number, HOST<number><backend>: 01 pku, 02 pt, 03 none, where only those are tried
that need no wall between cells, and 04 the latency of others: a slice of all attacks with instructions
for a clock, so that the bound depends on nothing else.  One CPU: Comb runs cells on one
(docs/caveats.md).  Numbers that cells cannot try are checked elsewhere, see ELSEWHERE.
"""
import pathlib
import sys

import suite

sys.path.insert(0, str(suite.ROOT / "test" / "qemu"))
from harness import check, expect, expect_equal, verdict  # noqa: E402

NUMBERS = range(1, 47)  # 47 to 50 are another processor's

# Number -> the test that has it, where it is not, or not only, one of the judge's.
ELSEWHERE = {
    7: "test/hostile/load_test.py",
    8: "test/hostile/load_test.py",
    9: "test/hostile/load_test.py",
    10: "test/hostile/load_test.py",
    11: "test/hostile/load_test.py",
    12: "test/hostile/load_test.py",
    39: "test/hostile/ring_host.c",
    42: "test/hostile/bypass_test.py",
    45: "test/bench/leak_host.c",
    46: "test/hostile/speculation_test.py",
}

# Number -> why nothing can try it; each is said in every run.
SKIPPED = {
    23: "needs a second CPU that runs cells, and Comb runs them on one (docs/caveats.md)",
}

BACKENDS = {"pku": 1, "pt": 2, "none": 3, "latency": 4}
SLICE = 29           # a prime, so that it meets every way and every place
GAP_US_MAX = 3000    # of a beat each 1,000: two may be late, whatever is killed and started meanwhile


def number_rows(run, number):
    return {group: row for (at, group), row in sorted(run.rows.items()) if at == number}


def row_check(number, group, row):
    what = "the machine did not survive it" if row.verdict is None else row.name
    expect(row.verdict == "held", f"{number}.{group}: {what}\n" + "\n".join(row.notes))


def skip_tell(identifier, row):
    print(f"SKIP {identifier} {row.name}: {'; '.join(row.notes)}", flush=True)


def late_check(rows):
    late = {group: row.gap_us for group, row in rows.items() if row.gap_us > GAP_US_MAX}
    expect_equal(late, {}, "groups in which the metronome waited longer than it may (us)")


def number_check(run, number, backend):
    identifier = f"HOST{number:02}{BACKENDS[backend]:02}"
    rows = number_rows(run, number)
    for row in rows.values():
        if row.verdict == "SKIP":
            skip_tell(identifier, row)
    rows = {group: row for group, row in rows.items() if row.verdict != "SKIP"}
    if not rows and any(at == number for at, _ in run.rows):
        return
    words = "; ".join(row.name for row in rows.values()) or "not reached"
    tried = sum(row.judged for row in rows.values())
    with check(identifier, f"{backend}: {words}: {tried} variants"):
        expect(rows, "never tried: " + "\n".join(run.ends))
        for group, row in rows.items():
            row_check(number, group, row)
        if backend == "latency":
            late_check(rows)


def backend_check(backend, number):
    is_latency = backend == "latency"
    run = suite.run("pku" if is_latency else backend, number,
                    words=[f"slice={SLICE}"] if is_latency else [], icount=is_latency)
    for wanted in sorted({at for at, _ in run.rows} if number is None else {number}):
        number_check(run, wanted, backend)
    with check(f"HOST00{50 + BACKENDS[backend]}", f"{backend}: the judge came to its last line"):
        expect(not run.ends, "\n".join(run.ends))
        if number is None:
            expect_equal(missing(run), [], "numbers that nothing tries")
    for skipped, why in SKIPPED.items():
        if number in (None, skipped):
            print(f"SKIP HOST{skipped:02}{BACKENDS[backend]:02} {why}", flush=True)


def missing(run):
    """Numbers with neither a row of the judge's nor a test of their own that knows them by name."""
    tried = {number for number, _ in run.rows}
    return [number for number in NUMBERS
            if number not in tried and number not in SKIPPED and not is_elsewhere(number)]


def is_elsewhere(number):
    path = suite.ROOT / ELSEWHERE.get(number, "")
    return path.is_file() and f"HOST{number:02}" in path.read_text(encoding="utf-8")


def main():
    backends = [word for word in sys.argv[1:] if word in BACKENDS]
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    if len(backends) + len(numbers) != len(sys.argv[1:]):
        sys.exit(__doc__)
    if not pathlib.Path(suite.IMAGE).exists():
        sys.exit(f"FAIL {suite.IMAGE} is missing; build it with:  scripts/comb exec version")
    for backend in backends or BACKENDS:
        backend_check(backend, numbers[0] if numbers else None)
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
