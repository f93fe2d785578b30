# SPDX-License-Identifier: MIT
"""What crossing a wall may cost, in counted instructions: exact, so no run differs from the next."""
import sys

from harness import booted, check, expect, verdict

SAMPLES = 1000
BARS = {  # backend -> path -> instructions at the median; docs/performance.md says where they come from
    "pku": {"plain": 3, "monitor": 40, "gate0": 52, "ring1": 20, "ring32": 9, "doorbell": 350, "timer": 300},
    "pt": {"plain": 3, "monitor": 40, "gate0": 130, "ring1": 20, "ring32": 9},
}
# Between strict cells: what the thunks of caller and callee cost on top (decision 0018).
STRICT_BARS = {
    "pku": {"plain": 12, "monitor": 49, "gate0": 70, "gate4": 78, "ring1": 20},
    "pt": {"gate0": 124},
}
BOOT_INSTRUCTIONS = 40_000_000


def measured(guest, path):
    rows = [row for row in guest.json(f"ipc {path} -n {SAMPLES} --json") if row["unit"] == "instructions"]
    expect(len(rows) == 1 and rows[0]["n"] == SAMPLES, f"{rows}")
    return rows[0]


def bar_checks(base, backend):
    with booted([f"backend={backend}", "icount"], icount=True) as guest:
        with check(f"QEMU0{base}", f"{backend}: hand-over to prompt in {BOOT_INSTRUCTIONS} instructions"):
            spent = guest.json("version --json")[0]["boot_instructions"]
            print(f"     {spent} instructions")
            expect(0 < spent <= BOOT_INSTRUCTIONS, f"{spent}")
        for number, (path, bar) in enumerate(BARS[backend].items(), 1):
            with check(f"QEMU0{base + number}", f"{backend}: {path} takes at most {bar} instructions"):
                row = measured(guest, path)
                print(f"     {path}: min {row['min']}, p50 {row['p50']}, p99 {row['p99']}, max {row['max']}")
                expect(0 < row["p50"] <= bar, f"{row['p50']}")
                expect(sum(row["hist"]) == row["n"], "the histogram does not hold all samples")
        with check(f"QEMU0{base + 9}", f"{backend}: measuring twice gives the same"):
            expect(measured(guest, "gate0")["p50"] == measured(guest, "gate0")["p50"], "it does not")


def strict_checks(base, backend):
    with booted([f"backend={backend}", "appliance=strict", "icount"], icount=True) as guest:
        with check(f"QEMU0{base}", f"{backend}: caller and callee are strict"):
            policies = {name: row["policy"] for name, row in guest.cells().items()}
            expect((policies["ipcbench"], policies["echo"]) == ("strict", "strict"), f"{policies}")
        for number, (path, bar) in enumerate(STRICT_BARS[backend].items(), 1):
            with check(f"QEMU0{base + number}", f"{backend}, strict: {path} takes at most {bar}"):
                row = measured(guest, path)
                print(f"     {path}: min {row['min']}, p50 {row['p50']}, p99 {row['p99']}, max {row['max']}")
                expect(0 < row["p50"] <= bar, f"{row['p50']}")


def main():
    bar_checks(801, "pku")
    bar_checks(811, "pt")
    strict_checks(821, "pku")
    strict_checks(831, "pt")
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
